"""What an estimate counts, in words that travel with the number, and what came of turning one count into another."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from darkfigure.errors import RecordError
from darkfigure.records.aggregate.estimates import Interval


class EstimandKind(StrEnum):
    """What can be counted; no two of them are the same number."""

    ADDRESSES_USED = "addresses-used"
    SOURCES_ACTIVE = "sources-active"
    ACCOUNTS = "accounts"
    REPORTS = "reports"
    PERSONS = "persons"
    LISTED_PEOPLE = "listed-people"
    CASES = "cases"


_K = EstimandKind
_WORDS: Mapping[EstimandKind, tuple[str, str, str]] = MappingProxyType(
    {
        _K.ADDRESSES_USED: (
            "addresses",
            "Internet addresses used at least once for the activity, whether or not a record shows them",
            "One source can use many addresses, and many people can share one.",
        ),
        _K.SOURCES_ACTIVE: (
            "sources",
            "devices or connections active at one time, on average",
            "A household can hold several people behind one source, and one person can use several.",
        ),
        _K.ACCOUNTS: (
            "accounts",
            "accounts used at least once for the activity, whether or not a record shows them",
            "One person can hold many accounts, and an account can change hands.",
        ),
        _K.REPORTS: (
            "reports",
            "reports received",
            "One event can be reported many times, and most events are never reported.",
        ),
        _K.PERSONS: (
            "persons",
            "people behind the recorded activity, whether or not a record shows them",
            "The records do not tell what anyone was convicted of, or how many children were harmed.",
        ),
        _K.LISTED_PEOPLE: (
            "listed people",
            "people who could stand in at least one of the lists, whether or not they do",
            "People whom no list could ever hold are not in it.",
        ),
        _K.CASES: (
            "cases",
            "cases opened",
            "One case can hold several children and several suspects, and most events never become a case.",
        ),
    }
)
IS_NOT = "It is not the number of offenders or children."


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimand:
    """What does a number count?

    Parameters
    ----------
    kind : EstimandKind
        The coded kind; conversions check it.
    unit : str
        What is counted, in the plural, such as ``"addresses"``.
    counts : str
        What is counted, as a clause that can follow "It counts".
    window : str
        When, such as ``"in the 365 days to 31 December 2017"``.
    is_not : str
        What it must not be read as, one or two sentences.

    Raises
    ------
    RecordError (E-RECORD-02)
        A text is empty.

    Examples
    --------
    >>> Estimand.of(EstimandKind.CASES, window="in 2017").sentence().split('. ')[1]
    'It is not the number of offenders or children'
    """

    kind: EstimandKind
    unit: str
    counts: str
    window: str
    is_not: str

    def __post_init__(self) -> None:
        if not all(text.strip() for text in (self.unit, self.counts, self.window, self.is_not)):
            raise RecordError(
                "E-RECORD-02",
                where="estimand",
                problem="a text that says what a number counts is empty",
                allowed="a unit, a clause, a window and what it is not",
                remedy="Say what the number counts and when.",
            )

    @classmethod
    def of(cls, kind: EstimandKind | str, *, window: str) -> Estimand:
        """Make the estimand of one kind with the standard words.

        Parameters
        ----------
        kind : EstimandKind or str
            Such as ``"addresses-used"``.
        window : str
            When, in words.

        Raises
        ------
        RecordError (E-RECORD-02)
            No such kind, or an empty window.
        """
        try:
            known = EstimandKind(kind)
        except ValueError:
            raise RecordError(
                "E-RECORD-02",
                where="estimand",
                problem="no estimand is of this kind",
                allowed=", ".join(k.value for k in EstimandKind),
                remedy="Choose the kind that says what the number counts.",
            ) from None
        unit, counts, warning = _WORDS[known]
        return cls(kind=known, unit=unit, counts=counts, window=window, is_not=f"{IS_NOT} {warning}")

    def sentence(self) -> str:
        """What the number counts, when, and what it is not: to be printed beside it."""
        return f"It counts {self.counts}, {self.window}. {self.is_not}"

    def to_dict(self) -> dict[str, str]:
        """All fields as text, for JSON."""
        return {
            "kind": self.kind.value,
            "unit": self.unit,
            "counts": self.counts,
            "window": self.window,
            "is_not": self.is_not,
        }

    @classmethod
    def from_dict(cls, fields: Mapping[str, str]) -> Estimand:
        """Read back what ``to_dict`` wrote."""
        return cls(**{**fields, "kind": EstimandKind(fields["kind"])})  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True, kw_only=True)
class Converted:
    """A count turned into another count, under assumptions that are said.

    Parameters
    ----------
    value : float
        In units of ``after``.
    interval : Interval
        Holds sampling errors and, as a union, the declared ranges.
    before, after : Estimand
        What was counted, and what is counted now.
    formula : str
        In plain text, with the symbols of ``inputs``.
    inputs : mapping of str to str
        Each symbol, in words with its number and how sure it is.
    assumptions : tuple of str
        What must hold, in sentences.
    parts : mapping of str to float
        Further numbers of the conversion, such as addresses for each source.

    Raises
    ------
    RecordError (E-RECORD-02)
        The value is not finite, negative or outside its interval.
    """

    value: float
    interval: Interval
    before: Estimand
    after: Estimand
    formula: str
    inputs: Mapping[str, str]
    assumptions: tuple[str, ...]
    parts: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        low, high = self.interval.lower, self.interval.upper
        slack = 1e-9 * abs(self.value)
        if not (math.isfinite(self.value) and self.value >= 0 and low - slack <= self.value <= high + slack):
            raise RecordError(
                "E-RECORD-02",
                where="conversion",
                problem="a converted count is impossible or outside its interval",
                allowed="a finite count of 0 or more inside its interval",
                remedy="Report this as a fault in darkfigure.",
            )

    def sentence(self) -> str:
        """The number, its range, what it counted before and what it counts now."""
        upper = "no upper end" if math.isinf(self.interval.upper) else f"{self.interval.upper:,.0f}"
        return (
            f"{self.value:,.0f} {self.after.unit} ({self.interval.lower:,.0f} to {upper}), turned from a number of "
            f"{self.before.unit}. {self.after.sentence()}"
        )

    def to_dict(self) -> dict[str, object]:
        """All fields as plain values, for JSON; an interval without an upper end has ``None`` there."""
        i = self.interval
        return {
            "value": self.value,
            "interval": {
                "lower": i.lower,
                "upper": None if math.isinf(i.upper) else i.upper,
                "level": i.level,
                "method": i.method,
            },
            "before": self.before.to_dict(),
            "after": self.after.to_dict(),
            "formula": self.formula,
            "inputs": dict(self.inputs),
            "assumptions": list(self.assumptions),
            "parts": dict(self.parts),
        }
