"""Sources active at a time behind identifiers of a file: the answer of ``darkfigure lagged``."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal

from darkfigure.errors import StudyError
from darkfigure.estimate.lagged import active_sources
from darkfigure.intake.events_table import read_events_table
from darkfigure.records.aggregate import Interval, LaggedEstimate, NotEstimable
from darkfigure.study.lagged_figure import lag_words, lagged_page, lagged_svg, pooled_points
from darkfigure.study.progress import Progress, silent

WIDTH = 80
_BAR = 30
_LINES = 14
_SHAPES = {
    "exponential": "given up at any time with the same chance",
    "fixed": "given up after a fixed time",
    "uniform": "of varying length between two limits",
    "gamma": "of varying length, neither fixed nor memoryless",
    "lognormal": "of varying length, a few of them very long",
    "fixed-with-exit": "given up after a fixed time, by sources that may leave earlier",
    "mixture": "some kept for short, some for long",
    "fixed-mixture": "of two fixed lengths",
    "none": "kept for the whole period",
}


def lagged_table(
    path: Path,
    *,
    level: float = 0.95,
    interval: Literal["sandwich", "bootstrap"] = "sandwich",
    seed: int = 1,
    session_cut_days: float | None = None,
    progress: Progress = silent,
) -> dict[str, Any]:
    """How many sources are active at a time behind the identifiers of this file?

    Parameters
    ----------
    path : Path
        CSV or Parquet with the columns ``entity`` and ``time``; see ``read_events_table``.
    level : float
        Of the interval.
    interval : str
        ``"sandwich"`` or ``"bootstrap"``.
    seed : int
    session_cut_days : float, optional
        Sightings of one identifier within such a gap count once; chosen from the data when not given.
    progress : callable

    Returns
    -------
    dict
        ``status``, ``n_active``, ``interval``, ``decay``, ``floor``, ``diagnostics`` and more; for a refusal
        ``status``, ``reason``, ``explanation`` and ``diagnostics``.
    """
    events = read_events_table(path)
    answer = active_sources(
        events.entity,
        events.days,
        level=level,
        interval=interval,
        seed=seed,
        session_cut_days=session_cut_days,
        progress=progress,
    )
    return lagged_to_dict(answer)


def lagged_to_dict(answer: LaggedEstimate | NotEstimable) -> dict[str, Any]:
    """The answer as plain values for JSON."""
    if isinstance(answer, NotEstimable):
        return {
            "status": answer.status,
            "reason": answer.reason.value,
            "explanation": answer.explanation,
            "diagnostics": dict(answer.diagnostics),
        }
    decay = answer.decay
    return {
        "status": answer.status,
        "n_active": answer.n_active,
        "interval": _interval(answer.interval),
        "decay": {
            "shape": decay.shape,
            "mean_days": decay.mean_days,
            "interval": None if decay.interval is None else _interval(decay.interval),
        },
        "floor": answer.floor,
        "diagnostics": dict(answer.diagnostics),
        "estimand": answer.estimand,
        "session_cut_days": answer.session_cut_days,
        "n_sightings": answer.n_sightings,
        "n_entities": answer.n_entities,
        "n_matches": answer.n_matches,
        "readings": [asdict(reading) for reading in answer.readings],
        "assumptions": list(answer.assumptions),
        "cautions": [asdict(caution) for caution in answer.cautions],
        "curve": [asdict(point) for point in answer.curve],
    }


def _interval(interval: Interval) -> dict[str, Any]:
    return {"lower": interval.lower, "upper": interval.upper, "level": interval.level, "method": interval.method}


def render_lagged(result: Mapping[str, Any]) -> str:
    """The answer in plain words, with the observed and fitted lag curve, in 80 columns.

    Examples
    --------
    >>> print(render_lagged({"status": "not-estimable", "reason": "no-overlap", "explanation": "Nothing came back."}))
    No answer: no-overlap. Nothing came back.
    """
    if result["status"] != "estimated":
        return "\n".join(_wrap(f"No answer: {result['reason']}. {result['explanation']}"))
    return "\n".join([*_answer(result), "", *_curve(result), "", *_small_print(result)])


def check_lagged_figure(path: Path) -> None:
    """Refuse a name for a figure that says no kind, before anything is computed.

    Raises
    ------
    StudyError (E-STUDY-85)
        The name ends in neither ``.svg`` nor ``.html``, or its folder does not exist.
    """
    if path.suffix not in (".svg", ".html"):
        raise _figure_fault("the name says no kind of figure")
    if not path.parent.is_dir():
        raise _figure_fault("the folder does not exist")


def write_lagged_figure(result: Mapping[str, Any], path: Path) -> None:
    """Write the lag curve of an answer: ``.svg`` for the drawing alone, ``.html`` for a page.

    Raises
    ------
    StudyError (E-STUDY-85)
        The name says no kind of figure, or the file cannot be written.
    """
    check_lagged_figure(path)
    text = lagged_svg(result) if path.suffix == ".svg" else lagged_page(result)
    try:
        path.write_text(text, encoding="utf-8")
    except OSError:
        raise _figure_fault("the figure cannot be written there") from None


def _figure_fault(problem: str) -> StudyError:
    return StudyError(
        "E-STUDY-85", where="--figure", problem=problem, allowed="a .svg or .html file in an existing folder",
        remedy="Choose another name, or leave the option out.",
    )  # fmt: skip


def _answer(result: Mapping[str, Any]) -> Iterator[str]:
    interval, decay = result["interval"], result["decay"]
    yield from _wrap(
        f"{result['n_active']:,.0f} sources active at a time "
        f"({interval['level'] * 100:g}% interval {interval['lower']:,.0f} to {interval['upper']:,.0f}),"
    )
    cut = result["session_cut_days"]
    within = f" (repeats within {lag_words(cut)} count once)" if cut > 0 else ""
    yield from _wrap(
        f"behind {result['n_entities']:,} identifiers in {result['n_sightings']:,} sightings{within}; "
        f"{result['n_matches']:,} pairs show one identifier."
    )
    kept = "" if decay["mean_days"] is None else f" for {decay['mean_days']:.3g} days on average"
    yield from _wrap(f"Identifiers are kept{kept}: {_SHAPES[decay['shape']]}.")
    yield from _wrap(f"What is counted: {result['estimand']}")
    for reading in result["readings"]:
        yield from _wrap(f"{reading['name']}: {reading['n_active']:,.0f}. {reading['words']}", indent="  ")


def _curve(result: Mapping[str, Any]) -> Iterator[str]:
    points = pooled_points(result["curve"])
    step = max(1, -(-len(points) // _LINES))
    shown = points[::step]
    top = max(max(p["rate"], p["fitted"]) for p in shown)
    yield "Pairs with one identifier, per million pairs (# observed, | fitted)"
    yield f"{'lag':>8} {'observed':>10} {'fitted':>10}"
    for p in shown:
        bar = list(("#" * round(p["rate"] / top * _BAR)).ljust(_BAR + 1))
        bar[round(p["fitted"] / top * _BAR)] = "|"
        line = f"{lag_words(p['lag_days']):>8} {p['rate'] * 1e6:>10.4g} {p['fitted'] * 1e6:>10.4g}  {''.join(bar)}"
        yield line.rstrip()


def _small_print(result: Mapping[str, Any]) -> Iterator[str]:
    yield "Holds if"
    for assumption in result["assumptions"]:
        yield from _wrap(f"- {assumption}", indent="  ")
    if result["cautions"]:
        yield "Cautions"
        for caution in result["cautions"]:
            yield from _wrap(f"- {caution['text']} ({caution['code']})", indent="  ")


def _wrap(text: str, *, indent: str = "") -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent=indent, subsequent_indent=indent + "  ", break_on_hyphens=False)
