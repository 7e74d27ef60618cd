"""Were more addresses seen once than their repeats account for?"""

from __future__ import annotations

from dataclasses import dataclass

import scipy

from darkfigure.estimate import estimate
from darkfigure.estimate.counts.zero_truncated import zero_truncated
from darkfigure.prevalence.checks import Check
from darkfigure.records.aggregate import CaptureTable, PopulationEstimate, Reason

PLAIN, INFLATED = "zt-poisson", "zt-oneinflated-poisson"
LEAST_CHANCE = 0.01
"""A smaller chance than this speaks against plain counts."""


MOST_EXTRA = 0.05
"""Share of extra singletons from which they matter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OneInflation:
    """A likelihood ratio test of one-inflated against plain zero-truncated Poisson counts.

    Parameters
    ----------
    share : float
        Share of the addresses seen that are extra singletons.
    chance : float
        Probability of so many under plain counts.
    """

    share: float
    chance: float


def one_inflation(table: CaptureTable) -> OneInflation | None:
    """Were more units captured once than a constant rate of captures explains?

    Churn makes such singletons (an address given up after one use is never seen again), and so do units that differ in
    how easily they are seen; the test cannot tell the two apart and decides nothing alone.

    Parameters
    ----------
    table : CaptureTable

    Returns
    -------
    OneInflation or None
        ``None`` where the counts carry neither law.

    Notes
    -----
    Twice the gain of the log-likelihood, compared with an even mixture of 0 and chi-squared with one degree of freedom,
    because the plain law lies on the edge of the inflated one.

    Source
    ------
    Godwin and Boehning (2017), Journal of the Royal Statistical Society C 66, 425, doi 10.1111/rssc.12192, for the
    inflated law; Self and Liang (1987), Journal of the American Statistical Association 82, 605, for the mixture.

    Examples
    --------
    >>> found = one_inflation(CaptureTable.from_frequencies([600, 120, 35, 8, 2]))
    >>> found.chance < 0.001, round(found.share, 2)
    (True, 0.44)
    >>> one_inflation(CaptureTable.from_frequencies([303, 152, 51, 13, 3])).chance > 0.2
    True
    """
    plain, inflated = (estimate(zero_truncated(name), table) for name in (PLAIN, INFLATED))
    if not isinstance(plain, PopulationEstimate):
        return None
    if not isinstance(inflated, PopulationEstimate):
        return OneInflation(share=0.0, chance=1.0) if inflated.reason is Reason.BOUNDARY else None
    gain = 2 * (inflated.diagnostics["log_likelihood"] - plain.diagnostics["log_likelihood"])
    share = float(scipy.special.expit(inflated.parameters["logit(one-inflation)"]))
    if gain <= 0:
        return OneInflation(share=share, chance=1.0)
    return OneInflation(share=share, chance=0.5 * float(scipy.stats.chi2.sf(gain, 1)))


def one_inflation_check(table: CaptureTable) -> Check:
    """Does the number of units captured once become a caution?"""
    found = one_inflation(table)
    fires = found is not None and found.chance < LEAST_CHANCE and found.share > MOST_EXTRA
    return Check(
        name="Share of the addresses seen that are extra singletons",
        value=None if found is None else found.share,
        limit=MOST_EXTRA,
        code="C-ONE-INFLATED" if fires else "",
    )
