"""Who is involved and how: the structured review of case files."""

from darkfigure.nature.answer import analyse_nature
from darkfigure.nature.options import NatureOptions, UnknownConvention

__all__ = ["NatureOptions", "UnknownConvention", "analyse_nature"]
