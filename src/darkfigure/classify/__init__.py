"""Free-text coding: coder sample, agreement, bounds or a refusal."""
