"""The codebook for free text: three outcomes, and why a text cannot be classed."""

from __future__ import annotations

from enum import StrEnum


class TextCode(StrEnum):
    """What a text lets a coder say about the activity reported."""

    OSEC = "osec_indicated"
    OTHER = "other_cse_indicated"
    NOT_DETERMINABLE = "not_determinable"


class TextReason(StrEnum):
    """Why a text does not let a coder say it."""

    EMPTY = "empty"
    BOILERPLATE = "boilerplate"
    POINTER_ONLY = "pointer_only"
    OTHER_LANGUAGE = "other_language"
    REDACTED = "redacted"


CODE_LABELS = {
    TextCode.OSEC: "Online sexual exploitation of children indicated",
    TextCode.OTHER: "Other child sexual exploitation or abuse indicated",
    TextCode.NOT_DETERMINABLE: "Not determinable",
}
"""How codes read in a report."""

REASON_LABELS = {
    TextReason.EMPTY: "No text",
    TextReason.BOILERPLATE: "Standard wording only",
    TextReason.POINTER_ONLY: "Points to another document only",
    TextReason.OTHER_LANGUAGE: "In a language the coders do not read",
    TextReason.REDACTED: "Redacted by the reporting service",
}
"""How reasons read in a report."""
