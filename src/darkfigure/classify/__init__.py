"""Free-text coding: coder sample, agreement, bounds or a refusal."""

from darkfigure.classify.analyse import analyse_text
from darkfigure.classify.codebook import TextCode, TextReason
from darkfigure.classify.codes import CodeFile, read_codes
from darkfigure.classify.sample import CoderSample, draw_sample, write_coder_sheet

__all__ = [
    "CodeFile",
    "CoderSample",
    "TextCode",
    "TextReason",
    "analyse_text",
    "draw_sample",
    "read_codes",
    "write_coder_sheet",
]
