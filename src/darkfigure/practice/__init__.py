"""Prosecution practice, programme figures and recommendations."""
