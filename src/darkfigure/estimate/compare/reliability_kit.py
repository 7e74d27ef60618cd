"""All checks of one estimator on one table together: what they found, in words and as a record."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from darkfigure.estimate.compare import record, reliability
from darkfigure.estimate.compare.influence import CellInfluence, influence, jackknife_error
from darkfigure.estimate.compare.reliability import HiddenList, Progress, Variant, silent
from darkfigure.estimate.compare.spread import Result
from darkfigure.estimate.compare.wording import WIDTH, ends, short, units
from darkfigure.estimate.outcomes import Method
from darkfigure.estimate.registry import answer
from darkfigure.records.aggregate import CaptureTable, NotEstimable, PopulationEstimate

MOST_CELLS = 400
"""A table with more cells is not fitted anew without one unit of each."""

_SHOWN = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Reliability:
    """How firmly does the answer of one estimator stand on this table?

    Parameters
    ----------
    full : PopulationEstimate, SurvivalEstimate or NotEstimable
        The answer from the whole table.
    omitted, joined : tuple of Variant
        Without each list; with each pair of lists joined. Empty without histories.
    by_lists, by_units : tuple of Variant
        As lists, or units, come in.
    hidden : tuple of HiddenList
        Each list's size as the others tell it. Empty with fewer than three lists.
    influences : tuple of CellInfluence
        How much one unit of each cell moves the number. Empty with more than ``MOST_CELLS`` cells.

    Examples
    --------
    >>> found = examine(CaptureTable.from_histories([[1, 0], [0, 1], [1, 1]], [37, 52, 3]), "chapman")
    >>> found.full.n_total, len(found.omitted), found.influences[0].cell
    (573.0, 2, 'list 1+list 2')
    """

    full: Result
    omitted: tuple[Variant, ...]
    joined: tuple[Variant, ...]
    by_lists: tuple[Variant, ...]
    by_units: tuple[Variant, ...]
    hidden: tuple[HiddenList, ...]
    influences: tuple[CellInfluence, ...]

    def sentences(self) -> tuple[str, ...]:
        """Say in words, with numbers, what the checks found."""
        return tuple(_sentences(self))

    def summary(self) -> str:
        """Lines of at most 80 columns for a reader."""
        return "\n".join(_summary(self))

    def to_dict(self) -> dict[str, Any]:
        """Everything as text, numbers and lists, ready for JSON."""
        return {
            "method": self.full.method,
            "sentences": list(self.sentences()),
            "omission": [_variant(v) for v in self.omitted],
            "merging": [_variant(v) for v in self.joined],
            "trajectory_lists": [_variant(v) for v in self.by_lists],
            "trajectory_units": [_variant(v) for v in self.by_units],
            "consistency": [_hidden(h) for h in self.hidden],
            "influence": [{"cell": c.cell, "units": c.units, "change": c.change} for c in self.influences],
            "jackknife_error": jackknife_error(self.influences),
        }


def examine(
    table: CaptureTable, method: str | Method, *, level: float = 0.95, seed: int = 1, progress: Progress = silent
) -> Reliability:
    """How firmly does the answer of one estimator stand: all checks that this table allows?

    Misleads when every check holds and all lists miss the same units: no check on the lists can see those.

    Parameters
    ----------
    table : CaptureTable
        Who was seen when; never changed.
    method : str or Method
        The estimator.
    level : float
        Of the intervals.
    seed : int
        Of the draw of units.
    progress : callable
        Told of each fit.

    Returns
    -------
    Reliability
        Parts that the table does not allow are empty: without histories no list can be changed.

    Raises
    ------
    EstimateError (E-EST-01, E-EST-02)
        The method is unknown or the level impossible.

    Source
    ------
    Binette and Steorts (2021), arXiv 2112.01594.

    Examples
    --------
    >>> table = CaptureTable.from_frequencies([25, 22, 13, 5, 1, 2], n_occasions=6)
    >>> print(examine(table, "chao").sentences()[-1])
    Leaving out one of the 25 units seen once moves the number most, from 79.8 to 77.9.
    """
    lists = table.n_occasions if table.cells is not None and table.n_occasions is not None else 0
    cells = len(table.frequencies) if table.cells is None else len(table.cells.counts)

    def run(check: Any, least: int) -> Any:
        return check(table, method, level=level, progress=progress) if lists >= least else ()

    full = answer(method, table, level=level)
    return Reliability(
        full=full,
        omitted=run(reliability.omission, 2),
        joined=run(reliability.merging, 3),
        by_lists=run(reliability.trajectory, 3),
        by_units=reliability.trajectory(table, method, by="units", seed=seed, level=level, progress=progress),
        hidden=run(reliability.consistency, 3),
        influences=influence(table, method, progress=progress) if cells <= MOST_CELLS else (),
    )


def _sentences(found: Reliability) -> Iterator[str]:
    whole = found.full.n_total if isinstance(found.full, PopulationEstimate) else None
    if whole is not None:
        yield f"From the whole table {found.full.method} says {units(whole)}."
    elif isinstance(found.full, NotEstimable):
        yield f"From the whole table {found.full.method} refuses to answer: {found.full.reason.value}."
    yield from _range_words("Without one list it says", found.omitted, whole)
    yield from _range_words("With two lists joined it says", found.joined, whole)
    yield from _hidden_words(found.hidden)
    yield from _growth_words(found.by_units)
    yield from _influence_words(found.influences, whole)


def _range_words(start: str, variants: Sequence[Variant], whole: float | None) -> Iterator[str]:
    known = [(v.n_total, v.change) for v in variants if v.n_total is not None]
    if known:
        (low, low_change), (high, high_change) = min(known), max(known)
        far = "" if not whole else f", {low / whole:.2f} to {high / whole:.2f} times as many"
        yield f"{start} {units(low)} ({low_change}) to {units(high)} ({high_change}){far}."
    refused = [f"{v.change}: {v.result.reason.value}" for v in variants if isinstance(v.result, NotEstimable)]
    if refused:
        told = "; ".join(refused[:_SHOWN]) + ("; ..." if len(refused) > _SHOWN else "")
        yield f"{start.split(' it ')[0]} it refuses {len(refused)} of {len(variants)} times ({told})."


def _hidden_words(hidden: Sequence[HiddenList]) -> Iterator[str]:
    known = [(h.ratio, h.label) for h in hidden if h.ratio is not None]
    if not hidden:
        return
    if not known:
        yield "Asked for the size of each list from the others, it refuses every time."
        return
    (low, low_label), (high, high_label) = min(known), max(known)
    covered = [h.covered for h in hidden if h.covered is not None]
    hold = f"; {sum(covered)} of {len(covered)} ranges hold the truth" if covered else ""
    yield (
        f"Asked for the known size of each list from the others, it says {low:.2f} ({low_label}) to {high:.2f} "
        f"({high_label}) times the truth{hold}."
    )


def _growth_words(by_units: Sequence[Variant]) -> Iterator[str]:
    known = [v for v in by_units if v.n_total is not None]
    if len(known) > 1 and known[-1].share == 1.0:
        half = min(known, key=lambda v: abs(v.share - 0.5))
        yield (
            f"From {half.change}, drawn at random and scaled up, it says {units(half.n_total or 0.0)}; from all "
            f"{units(known[-1].n_total or 0.0)}."
        )


def _influence_words(influences: Sequence[CellInfluence], whole: float | None) -> Iterator[str]:
    top = next((c for c in influences if c.change is not None), None)
    if top is not None and top.change is not None and whole is not None:
        seen = top.cell if top.cell.startswith("seen") else f"on {top.cell} and no other list"
        who = f"one of the {top.units:,} units" if top.units > 1 else "the one unit"
        yield (f"Leaving out {who} {seen} moves the number most, from {short(whole)} to {short(whole - top.change)}.")
    breaks = [c.cell for c in influences if c.change is None]
    if breaks:
        yield f"Without one unit of {len(breaks)} cells it refuses to answer ({'; '.join(breaks[:_SHOWN])})."


def _summary(found: Reliability) -> Iterator[str]:
    yield f"How firm is {found.full.method}?"
    yield ""
    for sentence in found.sentences():
        yield from textwrap.wrap(sentence, WIDTH, initial_indent="  ", subsequent_indent="    ", break_on_hyphens=False)
    for title, variants in (
        ("without a list", found.omitted),
        ("two lists joined", found.joined),
        ("as lists come in", found.by_lists),
        ("as units come in", found.by_units),
    ):
        if variants:
            yield from ("", _line(title, "seen", "all units", "range"), "-" * WIDTH)
            yield from (_variant_line(v) for v in variants)
    if found.hidden:
        yield from ("", _line("hidden list", "true size", "told", "range"), "-" * WIDTH)
        yield from (_line(h.label, f"{h.size:,}", *_told(h.result, 1.0)) for h in found.hidden)


def _variant_line(variant: Variant) -> str:
    return _line(variant.change, f"{variant.n_observed:,}", *_told(variant.result, variant.share))


def _told(result: Result, share: float) -> tuple[str, str]:
    if isinstance(result, NotEstimable):
        return "-", result.reason.value
    if not isinstance(result, PopulationEstimate):
        return "-", "no size"
    # A range of a part of the units belongs to that part and is not scaled up.
    return short(result.n_total / share), ends(result.interval) if share == 1.0 else ""


def _line(name: str, seen: str, total: str, reach: str) -> str:
    fitted = name if len(name) <= 34 else name[:31] + "..."
    return f"{fitted:<34}{seen:>10}{total:>12}{reach:>24}".rstrip()


def _variant(variant: Variant) -> dict[str, Any]:
    return {
        "change": variant.change,
        "share": variant.share,
        "n_observed": variant.n_observed,
        "n_total_scaled": variant.n_total,
        "answer": record.to_dict(variant.result),
    }


def _hidden(hidden: HiddenList) -> dict[str, Any]:
    return {
        "list": hidden.label,
        "size": hidden.size,
        "seen_by_others": hidden.seen_by_others,
        "ratio": hidden.ratio,
        "covered": hidden.covered,
        "answer": record.to_dict(hidden.result),
    }
