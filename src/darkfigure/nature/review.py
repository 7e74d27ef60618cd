"""One reviewed set of case files with the options and inputs that every topic of this package needs."""

from __future__ import annotations

from dataclasses import dataclass

from darkfigure.nature.options import NatureOptions
from darkfigure.records.restricted import CaseReviewTable

SOURCE = "structured review of case files"
"""Where every table of this package comes from, in words."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Review:
    """What one topic works on.

    Parameters
    ----------
    table : CaseReviewTable
        The records of the first coder. Restricted.
    options : NatureOptions
        Conventions.
    digests : tuple of str
        SHA-256 of the input files, copied into every finding.
    """

    table: CaseReviewTable
    options: NatureOptions
    digests: tuple[str, ...]

    def __repr__(self) -> str:
        return f"Review({self.table!r})"

    @property
    def victim_cases(self) -> frozenset[int]:
        """Numbers of the cases that name at least one victim."""
        return frozenset(v.case for v in self.table.victims)

    @property
    def trafficker_cases(self) -> frozenset[int]:
        """Numbers of the cases that name at least one trafficker."""
        return frozenset(t.case for t in self.table.traffickers)
