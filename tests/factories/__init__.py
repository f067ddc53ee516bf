"""Rows for tests, written directly; what the product would refuse can be made here too."""
