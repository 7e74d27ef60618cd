"""HTML and PDF pages, tables and figures, made from released results only."""

from darkfigure.report.write import write_report

__all__ = ["write_report"]
