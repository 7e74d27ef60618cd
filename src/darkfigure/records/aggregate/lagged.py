"""What lagged identification answers: sources active at a time behind changing identifiers."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from darkfigure.errors import RecordError
from darkfigure.records.aggregate.estimates import Caution, Interval


@dataclass(frozen=True, slots=True)
class LeaseDecay:
    """How long an identifier stays with its source.

    Parameters
    ----------
    shape : str
        ``"exponential"``, ``"fixed"``, ``"uniform"``, ``"gamma"``, ``"lognormal"``, ``"fixed-with-exit"``,
        ``"mixture"``, ``"fixed-mixture"``, or ``"none"`` when identifiers do not change within the period.
    mean_days : float or None
        Mean time until the identifier or its source is gone; ``None`` for ``"none"``.
    interval : Interval or None
        Of the mean.
    """

    shape: str
    mean_days: float | None
    interval: Interval | None = None


@dataclass(frozen=True, slots=True)
class LagPoint:
    """One lag bin of the observed and the fitted curve.

    Parameters
    ----------
    lag_days : float
        Mean lag of its pairs.
    pairs, same : float
        Pairs of sightings, and those of one identifier, weighted for effort.
    fitted : float
        Expected pairs of one identifier.
    """

    lag_days: float
    pairs: float
    same: float
    fitted: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """The same data read under another assumption.

    Parameters
    ----------
    name : str
        Stable name such as ``"lower-bound"``.
    n_active : float
        Sources active at a time under it.
    words : str
        What is assumed, in a sentence.
    """

    name: str
    n_active: float
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LaggedEstimate:
    """Sources active at a time behind identifiers that change hands.

    Parameters
    ----------
    n_active : float
        Mean number of sources active at a time over the period, weighted by activity: with unequal activity a lower
        bound, ``K / (1 + CV^2)``.
    interval : Interval
        Of ``n_active``.
    decay : LeaseDecay
    floor : float
        Probability that two unrelated sightings share an identifier: sharing and chance.
    session_cut_days : float
        Sightings of one identifier that close together count once.
    n_sightings, n_entities, n_matches : int
        Sightings after that, distinct identifiers, and pairs of one identifier beyond the cut.
    curve : tuple of LagPoint
        Observed against fitted.
    readings : tuple of Reading
        Under other assumptions.
    estimand : str
        What ``n_active`` counts, in a sentence.
    diagnostics : mapping of str to float
    assumptions : tuple of str
    cautions : tuple of Caution

    Raises
    ------
    RecordError (E-RECORD-02)
        A number is impossible.
    """

    n_active: float
    interval: Interval
    decay: LeaseDecay
    floor: float
    session_cut_days: float
    n_sightings: int
    n_entities: int
    n_matches: int
    curve: tuple[LagPoint, ...]
    readings: tuple[Reading, ...]
    estimand: str
    diagnostics: Mapping[str, float] = field(default_factory=dict)
    assumptions: tuple[str, ...] = ()
    cautions: tuple[Caution, ...] = ()

    def __post_init__(self) -> None:
        if not (math.isfinite(self.n_active) and self.n_active > 0 and 0 <= self.floor <= 1):
            raise RecordError(
                "E-RECORD-02",
                where="lagged estimate",
                problem="a number of sources or a probability is impossible",
                allowed="finite positive sources and a floor between 0 and 1",
                remedy="Report this as a fault in darkfigure.",
            )

    @property
    def status(self) -> str:
        """Always ``"estimated"``."""
        return "estimated"
