"""Decides what may be published; the only maker of Released records."""
