"""Changes of the reports app."""
