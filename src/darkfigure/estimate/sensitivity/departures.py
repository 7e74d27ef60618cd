"""What a size becomes when one assumption fails by a stated amount."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from darkfigure.estimate.closed.two_samples import lincoln_petersen, two_samples_of
from darkfigure.estimate.intervals import log_normal_interval
from darkfigure.estimate.outcomes import UnanswerableError
from darkfigure.estimate.sensitivity.linkage_evidence import declared_errors
from darkfigure.estimate.sensitivity.linkage_two_lists import LinkModel
from darkfigure.records.aggregate import CaptureTable, Interval, PopulationEstimate, Reason, TwoSamples

Scale = Literal["times", "share"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A size as the assumptions stand, with what departures need.

    Parameters
    ----------
    seen, unseen : float
    error : float or None
        Standard error of the size.
    singles : float or None
        Units seen once, ``f_1``.
    samples : TwoSamples or None
        When the size is ``n_1 n_2 / m``.

    Examples
    --------
    >>> round(Standing(seen=92, unseen=641.33, error=400.0).total)
    733
    """

    seen: float
    unseen: float
    error: float | None
    singles: float | None = None
    samples: TwoSamples | None = None

    @property
    def total(self) -> float:
        """Seen and unseen."""
        return self.seen + self.unseen

    def interval(self, level: float) -> Interval | None:
        """Log-normal on the unseen number; ``None`` without a standard error."""
        if self.error is None:
            return None
        made = log_normal_interval(0, max(self.unseen, 0.0), self.error, level)
        return Interval(self.seen + made.lower, self.seen + made.upper, level, made.method)


def standing(data: CaptureTable | PopulationEstimate) -> Standing:
    """The size that departures start from: Lincoln-Petersen of a table with two samples, or a given estimate.

    Parameters
    ----------
    data : CaptureTable or PopulationEstimate
        A table must hold two lists or two halves.

    Raises
    ------
    UnanswerableError
        The table holds no two samples with an overlap.

    Examples
    --------
    >>> round(standing(CaptureTable.from_histories([[1, 0], [0, 1], [1, 1]], [37, 52, 3])).total, 1)
    733.3
    """
    if isinstance(data, PopulationEstimate):
        return Standing(seen=float(data.n_observed), unseen=data.n_unseen, error=data.standard_error)
    samples = two_samples_of(data)
    fit = lincoln_petersen(data)
    return Standing(
        seen=float(samples.n_observed),
        unseen=float(fit.n_unseen or 0.0),
        error=fit.standard_error,
        singles=float(samples.n_observed - samples.n_both),
        samples=samples,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Departure:
    """One way in which a size can be wrong.

    Parameters
    ----------
    key : str
        Stable name.
    symbol : str
    scale : str
        ``"times"``: a factor from 1 up (or down); ``"share"``: from 0 to 1.
    title : str
        For a table, in a few words.
    formula : str
        What the size becomes.
    lowers, raises : bool
        What the departure can do to the size. A factor that does both is taken below 1 to lower and above 1 to raise.
    apply : callable
        ``apply(standing, amount)`` gives the size as it would be.
    most : callable
        ``most(standing)``: the largest amount the data leave possible.
    """

    key: str
    symbol: str
    scale: Scale
    title: str
    formula: str
    lowers: bool
    raises: bool
    apply: Callable[[Standing, float], Standing]
    most: Callable[[Standing], float]

    @property
    def neutral(self) -> float:
        """The amount at which nothing departs."""
        return 1.0 if self.scale == "times" else 0.0


def _scaled(s: Standing, factor: float) -> Standing:
    return Standing(seen=factor * s.seen, unseen=factor * s.unseen, error=None if s.error is None else factor * s.error)


def _dependence(s: Standing, alpha: float) -> Standing:
    return Standing(seen=s.seen, unseen=alpha * s.unseen, error=None if s.error is None else alpha * s.error)


def _churn(s: Standing, share: float) -> Standing:
    _two(s)
    return _scaled(s, 1 - share)


def _sharing(s: Standing, factor: float) -> Standing:
    return _scaled(s, factor)


def _missed(s: Standing, share: float) -> Standing:
    return _relinked(s, 1 - share, 0.0)


def _false(s: Standing, beta: float) -> Standing:
    return _relinked(s, 1.0, beta)


def _relinked(s: Standing, gamma: float, beta: float) -> Standing:
    """The size with these chances of linking; ``seen`` is what is certain, so that the rest errs log-normally."""
    samples = _two(s)
    n1, n2 = samples.n_first, samples.n_second
    link = LinkModel(n1, n2, "unmatched")
    pairs = float(link.pairs(samples.n_both, gamma, beta))
    total = n1 * n2 / pairs
    exact = declared_errors(gamma=gamma, beta=beta)
    error = total / pairs * link.slope(gamma, beta) * math.sqrt(link.variance(total, exact, gamma, beta))
    seen = min(n1 + n2 - pairs, total)
    return Standing(seen=seen, unseen=total - seen, error=None if s.error is None else error)


def _most_missed(s: Standing) -> float:
    """No more pairs than units: beyond that share the links found could not be."""
    samples = _two(s)
    return 1 - samples.n_both / min(samples.n_first, samples.n_second)


def _most_false(s: Standing) -> float:
    samples = _two(s)
    return samples.n_both / samples.n_first * (1 - 1e-9)


def _whole(s: Standing) -> float:
    del s
    return 1.0


def _any(s: Standing) -> float:
    del s
    return 1e6


def _one_inflation(s: Standing, share: float) -> Standing:
    if s.singles is None:
        raise UnanswerableError(Reason.WRONG_TABLE, "The number of units seen once is not known for this estimate.")
    kept = (1 - share) ** 2
    return Standing(
        seen=s.seen - share * s.singles,
        unseen=kept * s.unseen,
        error=None if s.error is None else kept * s.error,
    )


def _two(s: Standing) -> TwoSamples:
    if s.samples is None:
        raise UnanswerableError(
            Reason.WRONG_TABLE, "This needs the two samples and their overlap, not an estimate alone."
        )
    return s.samples


_ALL = (
    Departure(
        key="dependence",
        symbol="alpha",
        scale="times",
        title="Lists that depend on each other",
        formula="N = n + alpha n_00",
        lowers=True,
        raises=True,
        apply=_dependence,
        most=_any,
    ),
    Departure(
        key="churn",
        symbol="c",
        scale="share",
        title="Units replaced between the samples",
        formula="N at a time = (1 - c) n_1 n_2/m",
        lowers=True,
        raises=False,
        apply=_churn,
        most=_most_missed,
    ),
    Departure(
        key="missed-links",
        symbol="1 - gamma",
        scale="share",
        title="True matches that were missed",
        formula="N = gamma n_1 n_2/m*",
        lowers=True,
        raises=False,
        apply=_missed,
        most=_most_missed,
    ),
    Departure(
        key="false-links",
        symbol="beta",
        scale="share",
        title="False matches",
        formula="N = n_1 n_2 (1 - beta)/(m* - beta n_1)",
        lowers=False,
        raises=True,
        apply=_false,
        most=_most_false,
    ),
    Departure(
        key="one-inflation",
        symbol="u",
        scale="share",
        title="Single sightings that are spurious",
        formula="N = n - u f_1 + (1 - u)^2 f_0",
        lowers=True,
        raises=False,
        apply=_one_inflation,
        most=_whole,
    ),
    Departure(
        key="sharing",
        symbol="s",
        scale="times",
        title="Sources behind one identifier",
        formula="N of sources = s N of identifiers",
        lowers=True,
        raises=True,
        apply=_sharing,
        most=_any,
    ),
)
DEPARTURES: Mapping[str, Departure] = MappingProxyType({d.key: d for d in _ALL})
"""Every way in which a size can be wrong that the table of breakdown values asks about."""


def ratio_interval(earlier: Standing, later: Standing, level: float) -> tuple[float, float] | None:
    """How far can the ratio of two independent sizes be off?

    Parameters
    ----------
    earlier, later : Standing
    level : float

    Returns
    -------
    (float, float) or None
        Ends of the interval of ``later / earlier``; ``None`` without standard errors.

    Notes
    -----
    Method of variance estimates recovery on the log scale, from the two log-normal intervals.

    Source
    ------
    Donner and Zou (2012), Statistical Methods in Medical Research 21, 347, doi 10.1177/0962280210383082.

    Examples
    --------
    >>> a, b = Standing(seen=100, unseen=900, error=100), Standing(seen=200, unseen=1800, error=200)
    >>> [round(x, 2) for x in ratio_interval(a, b, 0.95) or ()]
    [1.52, 2.64]
    """
    one, two = earlier.interval(level), later.interval(level)
    if one is None or two is None or earlier.total <= 0 or later.total <= 0 or min(one.lower, two.lower) <= 0:
        return None
    centre = math.log(later.total / earlier.total)
    down = math.hypot(math.log(later.total / two.lower), math.log(one.upper / earlier.total))
    up = math.hypot(math.log(two.upper / later.total), math.log(earlier.total / one.lower))
    return math.exp(centre - down), math.exp(centre + up)
