"""The front door of linkage errors: a method for ``estimate`` made of declared or measured chances of linking."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from darkfigure.estimate.closed.two_samples import two_samples_of
from darkfigure.estimate.outcomes import CLOSED, REAL, Fit, Method, UnanswerableError
from darkfigure.estimate.sensitivity.linkage_cells import Linking
from darkfigure.estimate.sensitivity.linkage_evidence import LinkageErrors, declared_errors
from darkfigure.estimate.sensitivity.linkage_many_lists import corrected_many_lists
from darkfigure.estimate.sensitivity.linkage_two_lists import FalseLinks, corrected_two_lists
from darkfigure.estimate.sensitivity.uncertain import Number
from darkfigure.records.aggregate import CaptureTable, Caution, Reason

_FEW = 0.05
"""Squared relative error of the true links above which the ratio is noticeably too high on average."""

_ASSUMPTIONS = (
    CLOSED,
    REAL,
    "Each true pair is linked with chance gamma, whoever it is and however often it was seen.",
    "Each unit without a true link is linked falsely with chance beta, to any unit of the other list alike.",
    "The lists are independent of each other, or depend in the declared way.",
)


def linkage_corrected(
    *,
    gamma: Number | None = None,
    beta: Number = 0.0,
    errors: LinkageErrors | None = None,
    false_links: FalseLinks = "unmatched",
    pairs: Sequence[tuple[int, int]] = (),
    linking: Linking = "at-once",
    seed: int = 1,
) -> Method:
    """How many units, if links between lists are missed and false that often?

    Parameters
    ----------
    gamma, beta : float or Uncertain
        Chance of a true link being found, and of a unit without one being linked falsely.
    errors : LinkageErrors or None
        Both from ``checked_sample`` or ``lease_errors``, instead of ``gamma`` and ``beta``.
    false_links : str
        For two lists, see ``corrected_two_lists``.
    pairs : sequence of (int, int)
        For three lists or more: those that depend on each other, counted from 1.
    linking : str
        For three lists or more: ``"at-once"`` or ``"in-turn"``, see ``corrected_many_lists``.
    seed : int
        Of the check by drawing.

    Returns
    -------
    Method
        To be given to ``estimate``; it has no name in the registry, since no chance of linking is right for everybody.

    Raises
    ------
    EstimateError (E-EST-62)
        A chance is no probability, or neither ``gamma`` nor ``errors`` is given.

    Source
    ------
    Ding and Fienberg (1994), Survey Methodology 20, 149; Di Consiglio and Tuoto (2015), doi 10.1515/jos-2015-0025.

    Examples
    --------
    >>> from darkfigure.estimate import estimate
    >>> table = CaptureTable.from_histories([[1, 0], [0, 1], [1, 1]], [1606, 1606, 394])
    >>> round(estimate(linkage_corrected(gamma=0.9, beta=0.02), table).n_total)
    9944
    """
    made = errors if errors is not None else declared_errors(gamma=-1.0 if gamma is None else gamma, beta=beta)
    options = _Corrected(made, false_links, tuple(pairs), linking, seed)
    return Method(
        name="linkage-corrected",
        question="How many units, if links between lists are missed and false that often?",
        assumptions=_ASSUMPTIONS,
        source="Ding and Fienberg (1994); Di Consiglio and Tuoto (2015), doi 10.1515/jos-2015-0025",
        needs="two lists or two halves with their overlap, or the cells of three to seven lists",
        formula="two lists: N = n_1 n_2 (gamma - beta)/(m* - beta n_1); more: apparent cells = G(exp(X b)), N = sum + "
        "exp(b_0)",
        misleads="When units that are seen often are also linked better, when gamma and beta were measured on easier "
        "records than these, and when links are missed because units left: that is no error of linkage.",
        fit=options.fit,
    )


@dataclass(frozen=True, slots=True)
class _Corrected:
    errors: LinkageErrors
    false_links: FalseLinks
    pairs: tuple[tuple[int, int], ...]
    linking: Linking
    seed: int

    def fit(self, table: CaptureTable, level: float) -> Fit:
        several = table.n_occasions is not None and table.n_occasions > 2 and table.halves is None
        return self._many(table, level) if several or self.pairs else self._two(table, level)

    def _two(self, table: CaptureTable, level: float) -> Fit:
        samples = two_samples_of(table)
        found = corrected_two_lists(samples, self.errors, false_links=self.false_links, level=level, seed=self.seed)
        squared = (found.standard_error / found.n_total) ** 2
        cautions = (
            (Caution("C-SMALL-OVERLAP", "Few links are true, so the estimate is likely too high; see its range."),)
            if squared > _FEW
            else ()
        )
        return Fit(
            n_unseen=_unseen(table, found.n_total),
            standard_error=found.standard_error,
            interval=found.interval,
            parameters=_chances(self.errors),
            diagnostics={
                "naive": found.naive,
                "naive_error_percent": found.naive_error_percent,
                "n_seen_corrected": found.n_seen,
                "true_links": found.links,
                "drawn_lower": found.drawn.lower,
                "drawn_upper": found.drawn.upper,
                "bias_reduced": found.n_total / (1 + squared),
            },
            cautions=cautions,
        )

    def _many(self, table: CaptureTable, level: float) -> Fit:
        found = corrected_many_lists(table, self.errors, pairs=self.pairs, linking=self.linking, level=level)
        return Fit(
            n_unseen=_unseen(table, found.n_total),
            standard_error=found.standard_error,
            interval=found.interval,
            parameters=_chances(self.errors),
            diagnostics={
                "n_seen_corrected": found.n_seen,
                "sampling_error": found.sampling_error,
                "chi_squared": found.chi_squared,
            },
        )


def _chances(errors: LinkageErrors) -> dict[str, float]:
    return {"gamma": errors.gamma.value, "beta": errors.beta.value}


def _unseen(table: CaptureTable, total: float) -> float:
    if total < table.n_observed:
        raise UnanswerableError(
            Reason.BOUNDARY,
            "Corrected for missed links there are fewer units in all than the table shows: it holds many units twice. "
            "The correction itself has an answer (corrected_two_lists), but not as an addition to the units shown.",
            {"n_total": total, "n_observed": table.n_observed},
        )
    return total - table.n_observed
