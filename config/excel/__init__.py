"""Workbooks in and out: guards, typed columns, plans of imports, templates, exports (no tables)."""
