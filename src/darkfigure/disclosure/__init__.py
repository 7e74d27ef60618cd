"""Decides what may be published; the only maker of Released records."""

from darkfigure.disclosure.policy import Policy
from darkfigure.disclosure.release import default_policy_table, release
from darkfigure.disclosure.released import (
    SUPPRESSED,
    Release,
    ReleasedCell,
    ReleasedFinding,
    ReleasedTable,
    StudyFace,
    Suppressed,
    Suppression,
)

__all__ = [
    "SUPPRESSED",
    "Policy",
    "Release",
    "ReleasedCell",
    "ReleasedFinding",
    "ReleasedTable",
    "StudyFace",
    "Suppressed",
    "Suppression",
    "default_policy_table",
    "release",
]
