"""Closed populations: nobody joins or leaves while the records are made."""
