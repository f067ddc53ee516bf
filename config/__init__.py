"""Plumbing without tables: settings, access, workflow, the beat table, the embedded launcher."""
