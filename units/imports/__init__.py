"""Imports of the units' small tables; registered with config.excel.kinds in units.apps."""
