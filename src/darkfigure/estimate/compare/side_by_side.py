"""All estimators on one table side by side: how far they lie apart, and how much of that is the choice of model."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from darkfigure.errors import EstimateError
from darkfigure.estimate.compare import record, wording
from darkfigure.estimate.compare.families import Kind, family_of, is_lower_bound
from darkfigure.estimate.compare.spread import Placed, Result, Spread, sizes_of, spread_of
from darkfigure.estimate.outcomes import Method
from darkfigure.estimate.registry import REGISTRY, answer
from darkfigure.records.aggregate import CaptureTable, NotEstimable, SurvivalEstimate

Progress = Callable[[str, int, int], None]
"""Called with what is being done, steps done, steps in all."""


def _silent(what: str, done: int, total: int) -> None:
    """Report nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Multiverse:
    """Every answer that a choice of estimators gives to one table.

    Parameters
    ----------
    n_observed : int
        Units seen.
    n_occasions : int or None
        Lists or occasions.
    ordered : bool
        Whether they have an order in time.
    unit : str
        What is counted, in the plural.
    level : float
        Of the intervals.
    answers : tuple of Placed
        In the order asked.
    operations : tuple of str
        What was done to the lists before.

    Examples
    --------
    >>> table = CaptureTable.from_histories([[1, 0], [0, 1], [1, 1]], [37, 52, 3])
    >>> found = multiverse(table, methods=("chapman", "Mb"))
    >>> [(a.method, a.kind) for a in found.answers]
    [('chapman', 'estimate'), ('Mb', 'refusal')]
    >>> Multiverse.from_dict(found.to_dict()) == found
    True
    """

    n_observed: int
    n_occasions: int | None
    ordered: bool
    unit: str
    level: float
    answers: tuple[Placed, ...]
    operations: tuple[str, ...] = field(default=())

    @property
    def estimates(self) -> tuple[Placed, ...]:
        """Answers with a size that claims to be the size."""
        return tuple(a for a in self.answers if a.kind == "estimate")

    @property
    def bounds(self) -> tuple[Placed, ...]:
        """Answers with a size that the truth may exceed."""
        return tuple(a for a in self.answers if a.kind == "lower-bound")

    @property
    def rates(self) -> tuple[Placed, ...]:
        """Answers without a size."""
        return tuple(a for a in self.answers if a.kind == "rates")

    @property
    def refusals(self) -> tuple[Placed, ...]:
        """Answers that are reasons why there is none."""
        return tuple(a for a in self.answers if a.kind == "refusal")

    @property
    def spread(self) -> Spread | None:
        """How far the estimates lie apart; ``None`` when no method gave one."""
        return spread_of(self.estimates)

    @property
    def contradicted(self) -> tuple[str, ...]:
        """Methods whose estimate lies below the intervals of all lower bounds."""
        ends = [r.interval.lower for r in sizes_of(self.bounds) if r.interval is not None]
        return tuple(r.method for r in sizes_of(self.estimates) if ends and r.n_total < min(ends))

    def sentences(self) -> tuple[str, ...]:
        """Say in words, with numbers, what the methods say together."""
        return wording.sentences(self)

    def summary(self) -> str:
        """Lines of at most 80 columns for a reader."""
        return wording.summary(self)

    def tidy(self) -> tuple[Mapping[str, Any], ...]:
        """One row a method: its name, family, kind, numbers, and reason."""
        return tuple(record.tidy_row(a.family, a.kind, a.result) for a in self.answers)

    def to_dict(self) -> dict[str, Any]:
        """Everything as text, numbers and lists, ready for JSON, read back by ``from_dict`` without loss."""
        return {
            "version": record.VERSION,
            "n_observed": self.n_observed,
            "n_occasions": self.n_occasions,
            "ordered": self.ordered,
            "unit": self.unit,
            "level": self.level,
            "operations": list(self.operations),
            "answers": [{"family": a.family, "kind": a.kind, **record.to_dict(a.result)} for a in self.answers],
        }

    @classmethod
    def from_dict(cls, told: Mapping[str, Any]) -> Multiverse:
        """Read back what ``to_dict`` wrote.

        Raises
        ------
        EstimateError (E-EST-81)
            The version is not the one this library writes.
        """
        if told.get("version") != record.VERSION:
            raise EstimateError(
                "E-EST-81",
                where="multiverse",
                problem="the saved comparison has another version than this library reads",
                allowed=f"version {record.VERSION}",
                remedy="Compute it again from the table.",
            )
        answers = tuple(Placed(family=a["family"], kind=a["kind"], result=record.from_dict(a)) for a in told["answers"])
        plain = {name: told[name] for name in ("n_observed", "n_occasions", "ordered", "unit", "level")}
        return cls(**plain, operations=tuple(told["operations"]), answers=answers)


def multiverse(
    table: CaptureTable,
    methods: Sequence[str | Method] | None = None,
    *,
    level: float = 0.95,
    progress: Progress = _silent,
) -> Multiverse:
    """What do all admissible estimators say about this table, side by side?

    Misleads when the spread is read as an interval: methods are not drawn from anything, one more bad method widens
    it, and all of them can be wrong together (about matching, about closure).

    Parameters
    ----------
    table : CaptureTable
        Who was seen when; never changed.
    methods : sequence of str or Method, optional
        The whole registry when not given.
    level : float
        Of the intervals.
    progress : callable
        Told of each method.

    Returns
    -------
    Multiverse
        One answer a method, a refusal among them with its reason.

    Raises
    ------
    EstimateError (E-EST-01, E-EST-02)
        A method is unknown or the level impossible.
    EstimateError (E-EST-80)
        No method, or one method twice.

    Notes
    -----
    Estimates and lower bounds are kept apart: a bound never counts as an estimate. For families ``g = 1..G`` with
    ``m_g`` estimates, method ``i`` has weight ``w_i = 1 / (G m_g)``, so that five variants of one model count as one.
    With ``y_i = log N_i`` and ``s_i^2`` its sampling variance, ``between = sum w_i (y_i - sum w y)^2``, ``within`` is
    the weighted mean of ``s_i^2``, and ``model_share = between / (between + within)``: the law of total variance over
    a method drawn at random. ``s_i = se_i / N_i``, or the width of the interval of ``log N`` over ``2 z`` for a method
    without a standard error. All methods read the same data, so part of ``between`` is chance too: with few units the
    share is somewhat too high.

    Source
    ------
    Side by side: Binette and Steorts (2021), arXiv 2112.01594; Simonsohn, Simmons and Nelson (2020),
    doi 10.1038/s41562-020-0912-z. The share is this library's own definition.

    Examples
    --------
    >>> table = CaptureTable.from_frequencies([25, 22, 13, 5, 1, 2], n_occasions=6)
    >>> print(multiverse(table, methods=("M0", "Mh-darroch", "chao")).sentences()[1])
    47% of the variation among the 2 families of assumptions is the choice of model, not chance.
    """
    entries = [_entry(m) for m in (REGISTRY.values() if methods is None else methods)]
    if not entries or len({m.name for m in entries}) < len(entries):
        raise EstimateError(
            "E-EST-80",
            where="methods",
            problem="there is no method to compare, or one stands twice",
            allowed="different names of the registry, at least one",
            remedy="Name each method once.",
        )
    answers = []
    for done, entry in enumerate(entries):
        progress(entry.name, done, len(entries))
        answers.append(_placed(entry, answer(entry, table, level=level)))
    progress("", len(entries), len(entries))
    return Multiverse(
        n_observed=table.n_observed,
        n_occasions=table.n_occasions,
        ordered=table.ordered,
        unit=table.unit,
        level=level,
        answers=tuple(answers),
        operations=table.operations,
    )


def _entry(method: str | Method) -> Method:
    if isinstance(method, Method):
        return method
    if method not in REGISTRY:
        # The front door's own error names the known methods.
        answer(method, CaptureTable.from_frequencies([1]))
    return REGISTRY[method]


def _placed(entry: Method, result: Result) -> Placed:
    kind: Kind = "lower-bound" if is_lower_bound(entry) else "estimate"
    if isinstance(result, NotEstimable):
        kind = "refusal"
    elif isinstance(result, SurvivalEstimate):
        kind = "rates"
    return Placed(family=family_of(entry), kind=kind, result=result)
