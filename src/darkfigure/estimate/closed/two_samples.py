"""Two samples and their overlap: Lincoln-Petersen and Chapman."""

from __future__ import annotations

import math

from darkfigure.estimate.intervals import log_normal_interval
from darkfigure.estimate.nesting import require_both_alone
from darkfigure.estimate.outcomes import CLOSED_ASSUMPTIONS, Fit, Method, UnanswerableError
from darkfigure.records.aggregate import CaptureTable, Caution, Reason, TwoSamples

NEEDS = "two samples: halves of a period, or two lists"


def two_samples_of(table: CaptureTable) -> TwoSamples:
    """Which two samples does a table hold: its halves, or its only two lists?

    Parameters
    ----------
    table : CaptureTable
        With ``halves``, or with exactly two occasions and their totals.

    Returns
    -------
    TwoSamples
        Units: those of the table.

    Raises
    ------
    UnanswerableError
        The table holds neither, or the samples share no unit.

    Examples
    --------
    >>> two_samples_of(CaptureTable.from_histories([[1, 0], [0, 1], [1, 1]], [37, 52, 3]))
    TwoSamples(n_first=40, n_second=55, n_both=3)
    """
    samples = table.halves
    if samples is None and table.n_occasions == 2 and table.occasion_totals is not None:
        samples = TwoSamples(table.occasion_totals[0], table.occasion_totals[1], table.frequencies[1])
    if samples is None:
        reason = Reason.TOO_FEW_LISTS if table.n_occasions == 1 else Reason.WRONG_TABLE
        raise UnanswerableError(
            reason,
            "This method compares exactly two samples; the table has neither two halves of a period nor exactly two "
            "lists.",
        )
    if samples.n_both == 0:
        raise UnanswerableError(
            Reason.NO_OVERLAP,
            "The two samples share no unit, so they set no upper limit to how many were missed. Larger samples would "
            "be needed.",
            {"n_first": samples.n_first, "n_second": samples.n_second},
        )
    return samples


def lincoln_petersen(table: CaptureTable, level: float = 0.95) -> Fit:
    """How many units, if the share of the first sample seen again holds for everyone?

    Misleads when being in one sample changes the chance of being in the other, and when units appear or vanish
    between samples. With a small overlap it is biased upwards: prefer ``chapman``.

    Parameters
    ----------
    table : CaptureTable
        Two halves or two lists.
    level : float
        Of the interval.

    Returns
    -------
    Fit
        Maximum likelihood ``N = n_1 n_2 / m``.

    Raises
    ------
    UnanswerableError
        Reason ``wrong-table``, ``too-few-lists``, ``no-overlap``; ``boundary`` when a list lies inside the other.

    Notes
    -----
    ``var = n_1 n_2 (n_1 - m)(n_2 - m) / m^3``; log-normal interval on the unseen number.

    Source
    ------
    Sekar and Deming (1949), JASA 44, 101, doi 10.1080/01621459.1949.10483294; Seber (1982), The Estimation of Animal
    Abundance, section 3.1.

    Examples
    --------
    >>> table = CaptureTable.from_histories([[1, 0], [0, 1], [1, 1]], [37, 52, 3])
    >>> round(92 + lincoln_petersen(table).n_unseen, 2)
    733.33
    """
    s = _compared(table)
    unseen = (s.n_first - s.n_both) * (s.n_second - s.n_both) / s.n_both
    variance = s.n_first * s.n_second * unseen / s.n_both**2
    return _wrap(table, s, unseen, variance, level)


def chapman(table: CaptureTable, level: float = 0.95) -> Fit:
    """How many units, by the two-sample ratio with its small-sample bias taken out?

    Misleads for the same reasons as ``lincoln-petersen``; nearest alternative for more than two samples: ``Mt``.

    Parameters
    ----------
    table : CaptureTable
        Two halves or two lists.
    level : float
        Of the interval.

    Returns
    -------
    Fit
        ``N = (n_1 + 1)(n_2 + 1) / (m + 1) - 1``.

    Raises
    ------
    UnanswerableError
        As in ``lincoln_petersen``.

    Notes
    -----
    ``var = (n_1 + 1)(n_2 + 1)(n_1 - m)(n_2 - m) / ((m + 1)^2 (m + 2))``; log-normal interval on the unseen number.

    Source
    ------
    Chapman (1951), University of California Publications in Statistics 1, 131; variance: Seber (1970), Biometrika 57,
    645, doi 10.1093/biomet/57.3.645.

    Examples
    --------
    >>> table = CaptureTable.from_histories([[1, 0], [0, 1], [1, 1]], [37, 52, 3])
    >>> 92 + chapman(table).n_unseen
    573.0
    """
    s = _compared(table)
    only_first, only_second = s.n_first - s.n_both, s.n_second - s.n_both
    unseen = only_first * only_second / (s.n_both + 1)
    variance = (s.n_first + 1) * (s.n_second + 1) * only_first * only_second / ((s.n_both + 1) ** 2 * (s.n_both + 2))
    return _wrap(table, s, unseen, variance, level)


def _compared(table: CaptureTable) -> TwoSamples:
    samples = two_samples_of(table)
    require_both_alone(samples, table)
    return samples


def _wrap(table: CaptureTable, s: TwoSamples, unseen: float, variance: float, level: float) -> Fit:
    cautions: tuple[Caution, ...] = ()
    if s.n_both < 7:
        # Below seven shared units Chapman's estimator is no longer nearly unbiased (Robson and Regier 1964).
        cautions = (
            Caution(
                "C-SMALL-OVERLAP", "The samples share very few units, so the estimate may be far off; see its range."
            ),
        )
    if unseen == 0:
        text = "One half of the period holds every unit of the other, so no unseen unit is indicated."
        cautions += (Caution("C-NESTED", text),)
    error = math.sqrt(variance)
    return Fit(
        n_unseen=unseen,
        standard_error=error,
        interval=log_normal_interval(table.n_observed, unseen, error, level),
        diagnostics={"n_first": s.n_first, "n_second": s.n_second, "n_both": s.n_both},
        cautions=cautions,
    )


_ASSUMPTIONS = (
    *CLOSED_ASSUMPTIONS,
    "Being seen in the first sample does not change the chance of being seen in the second.",
    "In at least one of the two samples every unit had the same chance of being seen.",
)

_MISLEADS = (
    "Samples that feed each other, or units that are easy to see in both, make it too low; units that come and go, or "
    "that are not recognised when seen again, make it too high. Two samples cannot show either."
)

METHODS = (
    Method(
        name="lincoln-petersen",
        question="How many units, if the share of the first sample seen again holds for everyone?",
        assumptions=_ASSUMPTIONS,
        source="Sekar and Deming (1949), doi 10.1080/01621459.1949.10483294",
        needs=NEEDS,
        formula="N = n_1 n_2/m",
        misleads=_MISLEADS + " With few units in both it is too high on average: use chapman.",
        fit=lincoln_petersen,
    ),
    Method(
        name="chapman",
        question="How many units, by the two-sample ratio with its small-sample bias taken out?",
        assumptions=_ASSUMPTIONS,
        source="Chapman (1951); Seber (1970), doi 10.1093/biomet/57.3.645",
        needs=NEEDS,
        formula="N = (n_1 + 1)(n_2 + 1)/(m + 1) - 1",
        misleads=_MISLEADS + " With fewer than seven units in both it is too low on average.",
        fit=chapman,
    ),
)
