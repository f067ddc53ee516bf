"""Imports of the archive (B118, F29): machines by the thousand, judged and written in sets."""
