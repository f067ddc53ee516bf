"""Benchmarks: `./shouze bench NAME` runs bench_<name>.py; not part of the suite."""
