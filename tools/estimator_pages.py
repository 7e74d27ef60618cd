"""Write a page for each family of estimators: what each asks, assumes and gives, beside what other programs give."""

from __future__ import annotations

import functools
import json
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

from darkfigure.estimate import REGISTRY, answer
from darkfigure.estimate.compare.families import family_of, is_lower_bound
from darkfigure.estimate.outcomes import Method
from darkfigure.intake.capture_table import read_capture_table
from darkfigure.records.aggregate import Interval, NotEstimable, PopulationEstimate, SurvivalEstimate
from darkfigure.records.aggregate.capture_operations import drop_list

ROOT = Path(__file__).parents[1]
TABLES = ROOT / "src/darkfigure/reference/data/capture-tables"
CASES = tomllib.loads((ROOT / "tests/reference/estimator-cases.toml").read_text(encoding="utf-8"))["peer"]
GENERAL = {"multiverse.md", "reliability.md", "refusals.md", "coverage.md", "headline-choice.md"}
"""Pages about all methods, not about one."""
EXAMPLES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("hare.csv", ("--ordered",)),
    ("kosovo.csv", ()),
    ("netherlands_immigrants.csv", ("--occasions", "inf")),
    ("dipper.csv", ("--ordered",)),
    ("new_orleans_5.csv", ()),
    ("eider_ducks_open.csv", ("--ordered",)),
    ("kosovo.csv", ("--drop", "OSCE", "--drop", "HRW")),
)
"""Bundled tables with what must be said of each, in the order in which an example is looked for."""
ABOUT_LISTS = {"lists that depend", "averaged graphs", "latent classes", "coverage"}
"""Families whose example is a table of lists rather than of occasions."""
EQUAL = 1e-9


def pages() -> dict[str, str]:
    """Every page below ``docs/methods/estimators``, by file name."""
    return {f"{slug(family)}.md": _page(family, methods) for family, methods in families().items()}


def families() -> dict[str, list[Method]]:
    """Estimators by family, in the order of the registry."""
    found: dict[str, list[Method]] = {}
    for method in REGISTRY.values():
        found.setdefault(family_of(method), []).append(method)
    return found


def slug(family: str) -> str:
    """File name of a family."""
    return re.sub(r"\W+", "-", family)


def anchor(name: str) -> str:
    """Anchor of a method's heading, as code hosts make it."""
    return re.sub(r"[^\w\- ]", "", name.lower()).replace(" ", "-")


def index() -> Iterator[str]:
    """Tables of all estimators by family, with links, for the reference."""
    for family, methods in families().items():
        page = f"../methods/estimators/{slug(family)}.md"
        yield from (f"## {family.capitalize()}", "", "| method | question | needs |", "| --- | --- | --- |")
        for m in methods:
            yield f"| [`{m.name}`]({page}#{anchor(m.name)}) | {m.question} | {m.needs} |".replace("||", r"\|\|")
        yield ""


def _page(family: str, methods: Sequence[Method]) -> str:
    common = [a for a in methods[0].assumptions if all(a in m.assumptions for m in methods)]
    lines = [f"# {family.capitalize()}", "", _about(family, methods), ""]
    if len(methods) > 1 and common:
        lines += ["All of them assume:", "", *(f"- {a}" for a in common), ""]
    for method in methods:
        lines += _section(method, common if len(methods) > 1 else [])
    return "\n".join(lines).rstrip("\n") + "\n"


def _about(family: str, methods: Sequence[Method]) -> str:
    told = "One method" if len(methods) == 1 else f"{len(methods)} methods that assume much the same about the unseen"
    weight = "It has one vote" if len(methods) == 1 else "Together they have one vote"
    return (
        f"{told}. {weight} in the [comparison of all methods](../multiverse.md). [All estimators]"
        f"(../../reference/estimators.md). Generated from the code by `make docs`, which runs the methods too."
    )


def _section(method: Method, common: Sequence[str]) -> Iterator[str]:
    yield from (f"## `{method.name}`", "", method.question, "")
    if is_lower_bound(method):
        yield from ("A lower bound: it never counts as an estimate of the number itself.", "")
    yield f"- Needs: {method.needs}"
    yield f"- Formula: `{method.formula}`" if method.formula else "- Formula: in the source"
    yield from (f"- Assumes: {a}" for a in method.assumptions if a not in common)
    if method.misleads:
        yield f"- Misleads: {method.misleads}"
    yield from (f"- Source: {method.source}", "")
    yield from _example(method)
    yield from _compared(method)
    yield from _further(method)


@cache
def _answered(
    name: str, file: str, ordered: bool, occasions: int | Literal["inf"] | None, dropped: tuple[str, ...] = ()
) -> Any:
    table = read_capture_table(TABLES / file, ordered=ordered, occasions=occasions)
    return answer(name, functools.reduce(drop_list, dropped, table))


def _example(method: Method) -> Iterator[str]:
    """The first bundled table that the method can answer, with its answer."""
    by_lists = family_of(method) in ABOUT_LISTS
    for file, options in sorted(EXAMPLES, key=lambda example: by_lists and example[0] != "kosovo.csv"):
        dropped = tuple(name for option, name in pairwise(options) if option == "--drop")
        result = _answered(method.name, file, "--ordered" in options, "inf" if "inf" in options else None, dropped)
        if isinstance(result, NotEstimable):
            continue
        words = " ".join((f"src/darkfigure/reference/data/capture-tables/{file}", *options, "--method", method.name))
        yield from ("```sh", f"darkfigure estimate {words}", "```", "", _says(result), "")
        return
    yield from ("None of the bundled tables holds what this method needs.", "")


def _says(result: PopulationEstimate | SurvivalEstimate) -> str:
    if isinstance(result, SurvivalEstimate):
        known = [q for q in result.quantities if q.value is not None][:4]
        told = "; ".join(f"`{q.name}` {q.value:.3f}{_reach(q.interval, 3)}" for q in known)
        return f"It says {told}."
    return f"It says {_short(result.n_total)}{_reach(result.interval, None)}; seen: {result.n_observed:,}."


def _reach(interval: Interval | None, decimals: int | None) -> str:
    if interval is None:
        return ""
    low, high = (_short(x) if decimals is None else f"{x:.{decimals}f}" for x in (interval.lower, interval.upper))
    return f" ({low} to {'no upper end' if high == 'inf' else high})"


def _short(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:,.1f}"


def _compared(method: Method) -> Iterator[str]:
    rows = [row for peer in CASES if method.name in peer["methods"] for row in _rows(peer, method.name)]
    if rows:
        yield from ("| table | program | theirs | ours | relative difference |", "| --- | --- | --- | --- | --- |")
        yield from rows
        yield ""


@cache
def _oracle(file: str) -> Mapping[str, Any]:
    entries = json.loads((ROOT / "tests/reference/oracles" / file).read_text(encoding="utf-8"))
    return {entry["id"]: entry for entry in entries}


def _rows(peer: Mapping[str, Any], name: str) -> Iterator[str]:
    row = peer["methods"][name]
    for pattern, file in peer["entries"].items():
        entry = _oracle(peer["oracle"]).get(pattern.replace("{row}", row))
        if entry is None:
            continue
        theirs = _number(entry["results"], [part.replace("{row}", row) for part in peer["number"]])
        ours = _ours(name, file, peer)
        mine = _digits(ours) if isinstance(ours, float) else f"refused: {ours}"
        told, gap = entry["status"].replace("_", " "), ""
        if entry["status"] == "ok" and isinstance(theirs, int | float):
            told = _digits(theirs)
            gap = _gap(ours, theirs) if isinstance(ours, float) else ""
        yield f"| {file.removesuffix('.csv')} | {peer['name']} | {told} | {mine} | {gap} |"


def _number(results: Any, path: Sequence[str]) -> Any:
    for part in path:
        if not isinstance(results, dict):
            return None
        results = next(iter(results.values())) if part == "*" else results.get(part)
    return results


def _ours(name: str, file: str, peer: Mapping[str, Any]) -> float | str:
    result = _answered(name, file, peer.get("ordered", False), peer.get("occasions"))
    if isinstance(result, NotEstimable):
        return result.reason.value
    if "quantity" in peer:
        return next(float(q.value) for q in result.quantities if q.name == peer["quantity"] and q.value is not None)
    return float(result.n_total)


def _digits(value: float) -> str:
    return f"{value:,.4f}" if abs(value) < 1e6 else f"{value:.3g}"


def _gap(ours: float, theirs: float) -> str:
    """Relative difference, as the smallest power of ten it lies below, or in per cent where it is large."""
    gap = abs(ours / theirs - 1)
    if gap < EQUAL:
        return "below 1e-9"
    power = next(p for p in range(-9, 3) if gap < 10.0**p)
    return f"below 1e{power}" if power <= -3 else f"{gap:.1%}"


def _further(method: Method) -> Iterator[str]:
    """Pages that tell more of the method, and tests against numbers of others that name it."""
    named = f"`{method.name}`"
    told = [p for p in sorted((ROOT / "docs/methods").glob("*.md")) if p.name not in GENERAL]
    links = [f"[{p.stem.replace('-', ' ')}](../{p.name})" for p in told if named in p.read_text(encoding="utf-8")]
    quoted = re.compile(rf"[\"']{re.escape(method.name)}[\"']")
    tests = [
        p for p in sorted((ROOT / "tests").glob("reference/test_*.py")) if quoted.search(p.read_text(encoding="utf-8"))
    ]
    if links:
        yield f"- More: {', '.join(links)}"
    if tests:
        yield f"- Tested in: {', '.join(f'`{p.relative_to(ROOT).as_posix()}`' for p in tests)}"
    if (ROOT / "docs/methods/coverage.md").exists() and named in (ROOT / "docs/methods/coverage.md").read_text("utf-8"):
        yield "- How often its interval holds the truth in simulations: [coverage](../coverage.md)"
    if links or tests:
        yield ""
