"""One capture table, many estimators side by side: the answer of ``darkfigure estimate``."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from darkfigure.errors import EstimateError
from darkfigure.estimate.compare import Multiverse, Placed, Reliability, examine, multiverse, spread_page, spread_svg
from darkfigure.estimate.compare.record import quantity_to_dict
from darkfigure.estimate.covariates.strata import stratified
from darkfigure.estimate.outcomes import Method
from darkfigure.intake.capture_table import read_capture_table
from darkfigure.records.aggregate import CaptureTable, Interval, NotEstimable, SurvivalEstimate
from darkfigure.records.aggregate.capture_operations import split_by
from darkfigure.study.estimate_options import Changes, changed_table, chosen_methods
from darkfigure.study.estimate_words import UNBOUNDED, render_estimates
from darkfigure.study.progress import Progress, silent

UNCHANGED = Changes()
WITHIN = "stratified-"
"""Methods of the registry that begin so add up strata by themselves; they make no sense within a stratum."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EstimateRun:
    """Everything one call of ``darkfigure estimate`` found.

    Parameters
    ----------
    table : CaptureTable
        After the changes asked for.
    found : Multiverse
        Every answer.
    together : bool
        Whether all methods were asked, so that the comparison is part of the answer.
    groups : mapping of str to Multiverse
        The same methods in each group of units.
    checks : tuple of Reliability
        How firm the answers are, by method.

    Examples
    --------
    >>> table = CaptureTable.from_frequencies([25, 22, 13])
    >>> run = EstimateRun(table=table, found=multiverse(table, ("chao",)), together=False, groups={}, checks=())
    >>> run.to_json()["table"]["n_observed"]
    60
    """

    table: CaptureTable
    found: Multiverse
    together: bool
    groups: Mapping[str, Multiverse]
    checks: tuple[Reliability, ...]

    def to_json(self) -> dict[str, Any]:
        """Answer as text, numbers and lists, at full precision."""
        told: dict[str, Any] = {"table": _table(self.table), "estimates": [_told(a) for a in self.found.answers]}
        if self.groups:
            told["groups"] = {
                level: {"n_observed": g.n_observed, "estimates": [_told(a) for a in g.answers]}
                for level, g in self.groups.items()
            }
        if self.together:
            told["multiverse"] = _together(self.found)
        if self.checks:
            told["reliability"] = [check.to_dict() for check in self.checks]
        return told

    def to_text(self) -> str:
        """Answer as text of 80 columns."""
        return "\n\n".join([render_estimates(self.to_json()), *(check.summary() for check in self.checks)])

    def figure(self, path: Path) -> None:
        """Write the spread of all answers as a drawing (``.svg``) or a page (``.html``).

        Raises
        ------
        EstimateError (E-EST-86)
            The name ends otherwise, or the file cannot be written.
        """
        check_figure(path)
        text = spread_svg(self.found) if path.suffix == ".svg" else spread_page(self.found, title=_title(self.found))
        try:
            path.write_text(text, encoding="utf-8")
        except OSError:
            raise _figure_fault("the figure cannot be written there") from None


def run_estimate(
    path: Path,
    *,
    methods: Sequence[str] | None = None,
    ordered: bool = False,
    occasions: int | Literal["inf"] | None = None,
    level: float = 0.95,
    changes: Changes = UNCHANGED,
    by: str | None = None,
    reliability: bool = False,
    progress: Progress = silent,
) -> EstimateRun:
    """How many units does a capture table leave out, by the estimators asked for, and how firm is that?

    Parameters
    ----------
    path : Path
        A CSV in one of the shapes of ``read_capture_table``.
    methods : sequence of str, optional
        Names of the registry; all when not given.
    ordered : bool
        Whether the lists are occasions in order of time.
    occasions : int, "inf" or None
        Occasions behind a table of numbers of captures.
    level : float
        Of the intervals.
    changes : Changes
        Lists to join or drop, covariates to keep, options of the methods.
    by : str or None
        Covariate whose groups are estimated one by one and added up.
    reliability : bool
        Whether to examine each method named; of all methods, the first of each family that answers.
    progress : callable
        Told what is being done.

    Returns
    -------
    EstimateRun
        Answers, comparison and checks.

    Raises
    ------
    IntakeError (E-INTAKE-60 to E-INTAKE-68)
        The table cannot be read.
    EstimateError (E-EST-01, E-EST-02, E-EST-83 to E-EST-85)
        A method or covariate is unknown, the level impossible, or an option does not fit.
    RecordError (E-RECORD-07)
        A list or group is not in the table.
    """
    table = changed_table(read_capture_table(path, occasions=occasions, ordered=ordered), changes)
    entries = chosen_methods(methods, changes)
    groups: dict[str, Multiverse] = {}
    asked = entries
    if by is not None:
        inner = [m for m in entries if not m.name.startswith(WITHIN)]
        parts = split_by(table, by)
        groups = {
            key: multiverse(part, inner, level=level, progress=_named(progress, by)) for key, part in parts.items()
        }
        asked = [stratified(m, by=by) for m in inner]
    found = multiverse(table, asked, level=level, progress=_named(progress, "methods"))
    checks: tuple[Reliability, ...] = ()
    if reliability:
        examined = _examined(asked, found, together=methods is None)
        seed = 1 if changes.seed is None else changes.seed
        checks = tuple(examine(table, m, level=level, seed=seed, progress=progress) for m in examined)
    return EstimateRun(table=table, found=found, together=methods is None, groups=groups, checks=checks)


def estimate_table(
    path: Path,
    *,
    methods: Sequence[str] | None = None,
    ordered: bool = False,
    occasions: int | Literal["inf"] | None = None,
    level: float = 0.95,
) -> dict[str, Any]:
    """How many units does a capture table leave out, as the mapping that ``--json`` prints?

    Parameters
    ----------
    path, methods, ordered, occasions, level
        As for ``run_estimate``.

    Returns
    -------
    dict
        ``table`` and ``estimates``, with numbers at full precision, ready for JSON; an unbounded upper end
        is ``None`` with a note.

    Raises
    ------
    IntakeError (E-INTAKE-60 to E-INTAKE-68)
        The table cannot be read.
    EstimateError (E-EST-01, E-EST-02)
        A method is unknown or the level impossible.
    """
    return run_estimate(path, methods=methods, ordered=ordered, occasions=occasions, level=level).to_json()


def check_figure(path: Path) -> None:
    """Refuse a name for a figure that says no kind, before anything is computed.

    Raises
    ------
    EstimateError (E-EST-86)
        The name ends in neither ``.svg`` nor ``.html``, or its folder does not exist.
    """
    if path.suffix not in (".svg", ".html"):
        raise _figure_fault("the name says no kind of figure")
    if not path.parent.is_dir():
        raise _figure_fault("the folder does not exist")


def _named(progress: Progress, what: str) -> Progress:
    """One bar for all methods, not one for each."""
    return lambda _, done, total: progress(what, done, total)


def _examined(asked: Sequence[Method], found: Multiverse, *, together: bool) -> list[Method]:
    """Every method named; of all methods, the first of each family that answers."""
    if not together:
        return list(asked)
    first: dict[str, str] = {}
    for answer in (*found.estimates, *found.bounds):
        first.setdefault(answer.family, answer.method)
    return [m for m in asked if m.name in first.values()]


def _title(found: Multiverse) -> str:
    return f"How many {found.unit}? {len(found.answers)} methods on one table"


def _figure_fault(problem: str) -> EstimateError:
    return EstimateError(
        "E-EST-86",
        where="--figure",
        problem=problem,
        allowed="a file in an existing folder, named .svg (drawing) or .html (page with the table beside it)",
        remedy="Give another name or folder.",
    )


def _table(table: CaptureTable) -> dict[str, Any]:
    told: dict[str, Any] = {"n_observed": table.n_observed, "lists": table.n_occasions, "ordered": table.ordered}
    if table.operations:
        told["operations"] = list(table.operations)
    if table.rows is not None and table.rows.covariates:
        told["covariates"] = list(table.rows.covariates)
    return told


def _together(found: Multiverse) -> dict[str, Any]:
    families: dict[str, list[str]] = {}
    for a in found.estimates:
        families.setdefault(a.family, []).append(a.method)
    return {
        "sentences": list(found.sentences()),
        "spread": None if found.spread is None else dataclasses.asdict(found.spread),
        "families": families,
        "lower_bounds": [a.method for a in found.bounds],
        "below_all_bounds": list(found.contradicted),
        "rates": [a.method for a in found.rates],
        "refused": [a.method for a in found.refusals],
    }


def _told(placed: Placed) -> dict[str, Any]:
    result = placed.result
    if isinstance(result, NotEstimable):
        return {
            "method": result.method,
            "status": result.status,
            "reason": result.reason.value,
            "explanation": result.explanation,
            "n_observed": result.n_observed,
            "diagnostics": _numbers(result.diagnostics),
        }
    size = None if isinstance(result, SurvivalEstimate) else result
    told = {
        "method": result.method,
        "status": result.status,
        "kind": placed.kind,
        "n_observed": result.n_observed,
        "n_total": result.n_total,
        "n_unseen": None if size is None else size.n_unseen,
        "standard_error": None if size is None else size.standard_error,
        "interval": None if size is None or size.interval is None else _interval(size.interval),
        "deviance": result.deviance,
        "df": result.df,
        "aic": result.aic,
        "bic": result.bic,
        "parameters": _numbers(result.parameters),
        "diagnostics": _numbers(result.diagnostics),
        "assumptions": list(result.assumptions),
        "cautions": [{"code": c.code, "text": c.text} for c in result.cautions],
    }
    if result.quantities:
        told["quantities"] = [
            {**quantity_to_dict(q), "interval": None if q.interval is None else _interval(q.interval)}
            for q in result.quantities
        ]
    return told


def _interval(interval: Interval) -> dict[str, Any]:
    bounded = math.isfinite(interval.upper)
    return {
        "level": interval.level,
        "lower": interval.lower,
        "upper": interval.upper if bounded else None,
        "method": interval.method,
        **({} if bounded else {"note": UNBOUNDED}),
    }


def _numbers(values: Mapping[str, float]) -> dict[str, float | None]:
    return {name: value if math.isfinite(value) else None for name, value in values.items()}
