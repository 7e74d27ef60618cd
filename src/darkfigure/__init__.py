"""Measure hidden crime against children from administrative records; release only what may be released."""

__version__ = "0.1.0"
