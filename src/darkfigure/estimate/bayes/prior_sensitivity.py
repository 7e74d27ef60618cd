"""How far the answer of graph averaging moves with its prior alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from darkfigure.estimate import cells
from darkfigure.estimate.bayes.growing_grid import SettledPosterior, settled_posterior
from darkfigure.estimate.bayes.missing_posterior import Array, Prior, check_priors
from darkfigure.estimate.lists.list_dependence import labels_of
from darkfigure.estimate.outcomes import UnanswerableError, require_occasions, require_overlap
from darkfigure.records.aggregate import CaptureTable, Reason

FEWEST_LISTS, MOST_LISTS = 3, 6
FACTOR = 16.0
"""From the smallest to the largest prior weight that is looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SensitivityRow:
    """The answer under one prior.

    Parameters
    ----------
    delta : float
        Prior weight of a cell.
    prior : str
        On the number missing.
    median, lower, upper : float
        Posterior median and interval of the total.
    top_model : str
        Cliques of the most probable graph, such as ``"A*B*C, C*D"``.
    top_probability : float
        Its posterior probability.
    mass_at_end : float
        Probability of the last tenth of the grid; above 0.001 the numbers are set by where the grid ends.
    """

    delta: float
    prior: str
    median: float
    lower: float
    upper: float
    top_model: str
    top_probability: float
    mass_at_end: float


def counts_of(table: CaptureTable) -> Array:
    """Cells of a table of three to six lists with some overlap; refuses others.

    Raises
    ------
    UnanswerableError
        Reason ``too-few-lists``, ``no-overlap`` or ``wrong-table``.

    Examples
    --------
    >>> counts_of(CaptureTable.from_histories([[1, 0, 0], [1, 1, 0], [0, 0, 1]], [3, 2, 4])).tolist()
    [4.0, 0.0, 0.0, 3.0, 0.0, 2.0, 0.0]
    """
    t = require_occasions(table, FEWEST_LISTS)
    require_overlap(table)
    if t > MOST_LISTS:
        raise UnanswerableError(
            Reason.WRONG_TABLE,
            f"Averaging over decomposable graphs takes at most {MOST_LISTS} lists: more have over half a million "
            "graphs. Use latent classes (lcmcr) or loglinear-stepwise, or merge lists that work alike.",
            {"lists": t, "most": MOST_LISTS},
        )
    if table.cells is None:
        raise UnanswerableError(Reason.WRONG_TABLE, "This model needs to know which lists each unit was on.")
    return cells.full_counts(table.cells)


def model_names(table: CaptureTable, found: SettledPosterior, n: int) -> tuple[tuple[str, float], ...]:
    """Cliques in the names of the lists, and probability, of the ``n`` most probable graphs."""
    labels, posterior = labels_of(table), found.posterior
    order = (-posterior.graph_probability).argsort(kind="stable")[:n]
    return tuple(
        (
            ", ".join("*".join(labels[j] for j in clique) for clique in posterior.family.cliques(int(g))),
            float(posterior.graph_probability[g]),
        )
        for g in order
    )


def customary_deltas(n_lists: int, delta: float | None = None) -> tuple[float, ...]:
    """Which prior weights of a cell would somebody else have taken?

    Parameters
    ----------
    n_lists : int
        ``k``.
    delta : float or None
        The weight in use.

    Returns
    -------
    tuple of float
        ``2^-k`` (all cells together weigh as much as one unit), 4 and 16 times that; for a weight outside that range,
        a quarter of it, itself and four times it.

    Examples
    --------
    >>> customary_deltas(4), customary_deltas(4, 4.0)
    ((0.0625, 0.25, 1.0), (1.0, 4.0, 16.0))
    """
    low = 2.0**-n_lists
    if delta is not None and not low <= delta <= FACTOR * low:
        low = delta / FACTOR**0.5
    return (low, low * FACTOR**0.5, low * FACTOR)


def prior_sensitivity(
    table: CaptureTable,
    *,
    deltas: Sequence[float] | None = None,
    priors: Sequence[Prior] = ("1/n_total",),
    level: float = 0.95,
) -> tuple[SensitivityRow, ...]:
    """How far does the answer move with the prior alone?

    Parameters
    ----------
    table : CaptureTable
        Of three to six lists.
    deltas : sequence of float or None
        Prior weights of a cell; ``None`` for ``2^-k`` times 1, 2, 4, 8 and 16.
    priors : sequence of {"1/n_total", "1/n_missing", "flat"}
        On the number missing.
    level : float
        Of the intervals.

    Returns
    -------
    tuple of SensitivityRow
        One for each prior on the number missing and each weight.

    Raises
    ------
    EstimateError (E-EST-40)
        A weight or a prior that cannot be.
    UnanswerableError
        The table cannot be used: see ``counts_of``.

    Source
    ------
    Madigan and York (1997), doi 10.1093/biomet/84.1.19.

    Examples
    --------
    >>> table = CaptureTable.from_histories(cells.all_histories(3).astype(int), [90, 80, 44, 70, 31, 24, 12])
    >>> [(row.delta, row.median) for row in prior_sensitivity(table, deltas=(0.125, 2.0))]
    [(0.125, 546.0), (2.0, 519.0)]
    """
    counts = counts_of(table)
    n_lists = (len(counts) + 1).bit_length() - 1
    if deltas is None:
        deltas = tuple(2.0 ** (power - n_lists) for power in range(5))
    for prior in priors:
        for delta in deltas:
            check_priors(delta, prior)
    return tuple(
        row_of(table, settled_posterior(table, counts, delta=delta, prior=prior), delta=delta, prior=prior, level=level)
        for prior in priors
        for delta in deltas
    )


def row_of(table: CaptureTable, found: SettledPosterior, *, delta: float, prior: str, level: float) -> SensitivityRow:
    """One posterior as a row of the table of priors."""
    posterior, n = found.posterior, table.n_observed
    ((top, probability),) = model_names(table, found, 1)
    return SensitivityRow(
        delta=delta,
        prior=prior,
        median=n + posterior.quantile(0.5),
        lower=n + posterior.quantile((1 - level) / 2),
        upper=n + posterior.quantile((1 + level) / 2),
        top_model=top,
        top_probability=probability,
        mass_at_end=found.mass_at_end,
    )
