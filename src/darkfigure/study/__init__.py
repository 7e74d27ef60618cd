"""Composition root: reads study.toml, walks the path from raw files to the report, writes manifests."""
