"""Readers of partners' files: allow-lists, refusals, row accounting."""
