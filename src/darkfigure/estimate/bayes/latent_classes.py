"""Latent classes of units with a stick-breaking prior, as in the R package LCMCR."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import numpy as np

from darkfigure.errors import EstimateError
from darkfigure.estimate.bayes.convergence import quantile_error
from darkfigure.estimate.bayes.latent_class_chains import (
    Draws,
    Progress,
    Sampler,
    n_groups,
    sample_missing,
)
from darkfigure.estimate.bayes.latent_class_model import Array, LatentClassModel
from darkfigure.estimate.outcomes import (
    CLOSED_ASSUMPTIONS,
    Fit,
    Method,
    UnanswerableError,
    require_occasions,
    require_overlap,
)
from darkfigure.records.aggregate import CaptureTable, Caution, Interval, Reason

FEWEST_LISTS, MOST_LISTS = 3, 20
_MOST_ORDERS = 720


@dataclass(frozen=True, slots=True, kw_only=True)
class _LatentClasses:
    classes: int
    a_alpha: float
    b_alpha: float
    chains: int
    draws: int
    extensions: int
    seed: int
    sampler: Sampler
    progress: Progress

    def fit(self, table: CaptureTable, level: float) -> Fit:
        histories, counts = _cells_in_own_order(table)
        model = LatentClassModel(histories, counts, classes=self.classes, a_alpha=self.a_alpha, b_alpha=self.b_alpha)
        found = sample_missing(
            model,
            chains=self.chains,
            groups=n_groups(self.chains),
            draws=self.draws,
            seed=self.seed,
            extensions=self.extensions,
            sampler=self.sampler,
            progress=self.progress,
        )
        if not found.settled:
            raise UnanswerableError(
                Reason.NOT_CONVERGED,
                "The chains have not come to the same distribution, and at the rate at which they drew near they would "
                "not in the longest run allowed, so their draws are no answer. Often several patterns of classes fit "
                "alike and give different totals: see the lowest and the highest median of the groups of chains. More "
                "extensions, or fewer classes, may help.",
                {**_worth(found), **_group_medians(found, n_groups(self.chains), table.n_observed)},
            )
        return _told(table, found, self, level)


def _cells_in_own_order(table: CaptureTable) -> tuple[Array, Array]:
    """Histories that some unit has, lists and cells in an order that the labels do not matter for."""
    t = require_occasions(table, FEWEST_LISTS)
    require_overlap(table)
    if table.cells is None or t > MOST_LISTS:
        raise UnanswerableError(Reason.WRONG_TABLE, f"Latent classes need the histories of at most {MOST_LISTS} lists.")
    kept = table.cells.counts > 0
    histories = table.cells.histories[kept].astype(np.float64)
    counts = table.cells.counts[kept].astype(np.float64)
    size = histories.sum(axis=1)
    profile = [tuple((counts * histories[:, j]) @ (size[:, None] == np.arange(1, t + 1))) for j in range(t)]
    ranked = sorted(range(t), key=lambda j: profile[j])
    ties = [tuple(group) for _, group in itertools.groupby(ranked, key=lambda j: profile[j])]
    orders = [ranked]
    if 1 < math.prod(math.factorial(len(tie)) for tie in ties) <= _MOST_ORDERS:
        choices = itertools.product(*(itertools.permutations(tie) for tie in ties))
        orders = [list(itertools.chain.from_iterable(choice)) for choice in choices]
    return min(
        (_sorted_cells(histories[:, order], counts) for order in orders), key=lambda c: (c[0].tolist(), c[1].tolist())
    )


def _sorted_cells(histories: Array, counts: Array) -> tuple[Array, Array]:
    order = np.lexsort(histories.T)
    return np.ascontiguousarray(histories[order]), counts[order]


def _worth(found: Draws) -> dict[str, float]:
    return {
        "r_hat": found.r_hat,
        "effective_draws_bulk": found.bulk,
        "effective_draws_tail": found.tail,
        "draws": float(found.missing.size),
        "chains": float(found.missing.shape[1]),
        "burn_in_per_chain": float(found.burn_in),
        "accepted": found.accepted,
    }


def _group_medians(found: Draws, groups: int, n_observed: int) -> dict[str, float]:
    of_groups = found.missing.reshape(len(found.missing), groups, -1).transpose(1, 0, 2).reshape(groups, -1)
    medians = np.median(of_groups, axis=1) + n_observed
    return {"lowest_group_median": float(medians.min()), "highest_group_median": float(medians.max())}


def _told(table: CaptureTable, found: Draws, options: _LatentClasses, level: float) -> Fit:
    low, high = (1 - level) / 2, (1 + level) / 2
    lower, median, upper = (float(x) for x in np.quantile(found.missing, [low, 0.5, high]))
    n = table.n_observed
    few = Caution(
        "C-FEW-LISTS",
        "Three lists can hardly show which classes of units there are: how many the prior allows decides much.",
    )
    return Fit(
        n_unseen=median,
        standard_error=float(found.missing.std()),
        interval=Interval(n + lower, n + upper, level, "posterior-quantiles"),
        parameters={"classes": options.classes, "a_alpha": options.a_alpha, "b_alpha": options.b_alpha},
        diagnostics={
            "posterior_mean": n + float(found.missing.mean()),
            "posterior_median": n + median,
            "mc_error_median": quantile_error(found.missing, 0.5),
            "mc_error_lower": quantile_error(found.missing, low),
            "mc_error_upper": quantile_error(found.missing, high),
            **_worth(found),
            "seed": options.seed,
        },
        cautions=(few,) if table.n_occasions == FEWEST_LISTS else (),
    )


def latent_classes(
    *,
    classes: int = 10,
    a_alpha: float = 0.25,
    b_alpha: float = 0.25,
    chains: int = 192,
    draws: int = 10_000,
    extensions: int = 3,
    seed: int = 1,
    sampler: Sampler = "marginal",
    progress: Progress = lambda stage, done, total: None,
) -> Method:
    """How many units, if they come in classes unknown to us and the lists are independent within a class?

    Parameters
    ----------
    classes : int
        Most classes allowed, ``K``.
    a_alpha, b_alpha : float
        Shape and rate of the gamma prior of the concentration ``alpha``.
    chains : int
        Chains side by side, at least 4. With the marginal sampler many short ones are fastest.
    draws : int
        Draws kept from the first run, all chains together.
    extensions : int
        How often a run that has not settled is thrown away as burn-in of one twice as long; fewer when the chains draw
        near too slowly for the last to settle (``latent_class_chains.hopeless``).
    seed : int
        Same seed and table, same answer.
    sampler : {"marginal", "gibbs"}
        Hamiltonian hops with classes and missing units integrated out and a Gibbs sweep now and then, or the plain
        Gibbs sampler on cell counts (the same answer, about ten times slower for the same precision).
    progress : callable
        ``progress(stage, done, total)``.

    Returns
    -------
    Method
        Named ``"lcmcr"``.

    Raises
    ------
    EstimateError (E-EST-41)
        An option that cannot be.

    Notes
    -----
    ``p(x) = sum_k pi_k prod_j lambda_jk^x_j (1 - lambda_jk)^(1 - x_j)``, ``pi_k = V_k prod_{h<k} (1 - V_h)``,
    ``V_k ~ Beta(1, alpha)``, ``V_K = 1``, ``alpha ~ Gamma(a, b)``, ``lambda_jk ~ Beta(1, 1)``, ``p(N) ~ 1 / N``. The
    total is the posterior median. Refused as ``not-converged`` when R-hat is above 1.05, or the middle or a tail is
    worth fewer than 150 independent draws, after the last extension that can help.

    Source
    ------
    Manrique-Vallier (2016), Biometrics 72, 1246, doi 10.1111/biom.12502. Verified in
    tests/reference/test_lcmcr_peers.py.

    Examples
    --------
    >>> latent_classes(classes=5).name
    'lcmcr'
    """
    numbers = (a_alpha, b_alpha)
    if classes < 1 or not all(math.isfinite(x) and x > 0 for x in numbers) or extensions < 0 or seed < 0:
        raise _fault("a number of classes, a prior, a number of extensions or a seed is impossible")
    if chains < 4 or draws < 8 * chains or sampler not in ("marginal", "gibbs"):
        raise _fault("there are fewer than four chains, fewer than eight draws a chain, or an unknown sampler")
    options = _LatentClasses(
        classes=classes,
        a_alpha=a_alpha,
        b_alpha=b_alpha,
        chains=chains,
        draws=draws,
        extensions=extensions,
        seed=seed,
        sampler=sampler,
        progress=progress,
    )
    return Method(
        name="lcmcr",
        question="How many units, if they come in classes unknown to us and lists are independent within a class?",
        assumptions=(
            *CLOSED_ASSUMPTIONS,
            "Units belong to classes; within a class being on one list does not change the chance of being on another.",
            "Before the data, every chance of being on a list is as probable as any other, few classes are more "
            "probable than many, and a total is as probable as one over it.",
        ),
        source="Manrique-Vallier (2016), doi 10.1111/biom.12502",
        needs="histories of three to twenty lists",
        formula="p(x) = sum_k pi_k prod_j lambda_jk^x_j (1 - lambda_jk)^(1 - x_j), pi_k = V_k prod_{h<k} (1 - V_h), "
        "V_k ~ Beta(1, alpha), alpha ~ Gamma(a, b), lambda_jk ~ Beta(1, 1), p(N) ~ 1/N; n_total: posterior median",
        misleads="A class that no list reaches leaves no trace: the prior alone then says how large it is. Lists that "
        "send units to each other look like classes.",
        fit=options.fit,
    )


def _fault(problem: str) -> EstimateError:
    return EstimateError(
        "E-EST-41",
        where="latent classes",
        problem=problem,
        allowed="classes >= 1, priors above 0, chains >= 4, draws >= 8 * chains, sampler 'marginal' or 'gibbs'",
        remedy="Correct the option and try again.",
    )


METHODS = (latent_classes(),)
