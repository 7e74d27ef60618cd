"""Dated public reference tables with sources, and their readers."""
