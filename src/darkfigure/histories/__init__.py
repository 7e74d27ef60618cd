"""Occasions, windows and capture tables from sightings."""
