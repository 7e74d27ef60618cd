"""Seeded worlds with known truth, written in partners' own formats."""
