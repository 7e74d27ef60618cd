"""Write the generated reference pages under docs/reference from the code itself."""

from __future__ import annotations

import inspect
import re
import runpy
import tomllib
import types
import typing
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from pydantic import BaseModel
from pydantic_core import PydanticUndefined
from typer.models import ArgumentInfo, ParameterInfo

from darkfigure import cli
from darkfigure.intake.case_review_answers import ASKED, Ask
from darkfigure.records.aggregate import Reason
from darkfigure.study.spec import StudySpec

ROOT = Path(__file__).parents[1]
MEANINGS: Mapping[str, Mapping[str, str]] = tomllib.loads(
    (ROOT / "tools" / "study-toml-words.toml").read_text(encoding="utf-8")
)
ESTIMATORS = runpy.run_path(str(ROOT / "tools" / "estimator_pages.py"))
MOST_CODES_SHOWN = 12
EXAMPLE = re.compile(r"Example: (darkfigure .+)$")
WORDS = {"ge": "{} or more", "gt": "above {}", "le": "at most {}", "lt": "below {}"}
PLAIN = {"str": "text", "int": "whole number", "float": "number", "bool": "true or false", "Path": "path"}


def in_words(annotation: object) -> str:
    """Say what values an annotation allows, for a reader who does not know Python."""
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Literal:
        return " / ".join(f"`{a}`" for a in arguments)
    if origin in (tuple, list):
        return f"list of {in_words(arguments[0])}"
    if origin in (types.UnionType, typing.Union):
        return " or ".join(in_words(a) for a in arguments if a is not type(None))
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return "a section"
    name = getattr(annotation, "__name__", str(annotation))
    return PLAIN.get(name, name)


def page(title: str, about: str, lines: Iterator[str]) -> str:
    """Put a page together: heading, what it is about, body."""
    return "\n".join([f"# {title}", "", f"{about} Generated from the code by `make docs`.", "", *lines]) + "\n"


def table(head: tuple[str, ...], rows: Iterator[tuple[str, ...]]) -> Iterator[str]:
    """Write the lines of a table, with pipes escaped."""
    yield f"| {' | '.join(head)} |"
    yield f"|{' --- |' * len(head)}"
    for row in rows:
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |"
    yield ""


def study_toml_page() -> str:
    """Reference of every key of study.toml."""
    about = "Every key a study may declare; any other is an error (E-STUDY-02)."
    return page("study.toml", about, _sections(StudySpec, seen=set())).rstrip("\n") + "\n"


def _sections(model: type[BaseModel], *, seen: set[type]) -> Iterator[str]:
    for field in model.model_fields.values():
        for part in (field.annotation, *typing.get_args(field.annotation)):
            if not (isinstance(part, type) and issubclass(part, BaseModel)) or part in seen:
                continue
            seen.add(part)
            summary = (part.__doc__ or "").strip().splitlines()[0].rstrip(".").replace("``", "`")
            yield from (f"## {summary}", "")
            section = summary.split("`")[1].strip("[]")
            yield from table(("key", "value", "default", "meaning"), _keys(part, MEANINGS[section]))
            yield from _sections(part, seen=seen)


def _keys(model: type[BaseModel], meanings: Mapping[str, str]) -> Iterator[tuple[str, ...]]:
    for name, field in model.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            continue
        value = in_words(field.annotation) + _bounds(field.metadata)
        yield f"`{name}`", value, _default(field.default), meanings[name]


def _bounds(rules: list[object]) -> str:
    """Say the limits that a key declares."""
    found = {name: value for rule in rules for name in WORDS if (value := getattr(rule, name, None)) is not None}
    return "".join(f", {WORDS[name].format(value)}" for name, value in found.items())


def _default(value: object) -> str:
    if value is PydanticUndefined:
        return "required"
    if value is None or value in ("", ()):
        return "none"
    if isinstance(value, tuple):
        return ", ".join(f"`{v}`" for v in value)
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def commands_page() -> str:
    """Reference of every command of the command line."""
    about = "One verb for each thing a user does. Exit codes are in [errors](../errors.md)."
    return page("Commands", about, _commands()).rstrip("\n") + "\n"


def _commands() -> Iterator[str]:
    for command in cli.app.registered_commands:
        if command.callback is None:
            continue
        yield f"## darkfigure {command.name or command.callback.__name__}"
        yield ""
        yield from _told(inspect.getdoc(command.callback) or "")
        parameters = inspect.signature(command.callback).parameters
        hints = typing.get_type_hints(command.callback, include_extras=True)
        head = ("argument or option", "value", "default", "meaning")
        yield from table(head, (_parameter(p, hints[p.name]) for p in parameters.values()))


def _told(text: str) -> Iterator[str]:
    """Give a command's own words as paragraphs, with its example as a command to copy."""
    for paragraph in text.split("\n\n"):
        joined = " ".join(paragraph.split())
        example = EXAMPLE.search(joined)
        words = joined[: example.start()].strip() if example else joined
        if words:
            yield from (words, "")
        if example:
            yield from ("```sh", example.group(1), "```", "")


def _parameter(parameter: inspect.Parameter, hint: object) -> tuple[str, ...]:
    kind, info = typing.get_args(hint)[:2]
    if not isinstance(info, ParameterInfo):
        raise TypeError(parameter.name)
    value = (getattr(info, "metavar", None) or in_words(kind)) if kind is not bool else "flag"
    required = parameter.default is inspect.Parameter.empty
    default = "required" if required else _default(None if kind is bool else parameter.default)
    return _called(parameter.name, info), value + _limits(info), default, info.help or ""


def _called(name: str, info: ParameterInfo) -> str:
    if isinstance(info, ArgumentInfo):
        return f"`{name.upper()}`"
    # Beside an annotation, the first declared name stands where a default would.
    declared = [d for d in (info.default, *(info.param_decls or ())) if isinstance(d, str)]
    return ", ".join(f"`{d}`" for d in declared or (f"--{name.replace('_', '-')}",))


def _limits(info: ParameterInfo) -> str:
    if info.min is None:
        return ""
    return f", {info.min} or more" if info.max is None else f", {info.min} to {info.max}"


def estimators_page() -> str:
    """Reference of every estimator of the registry and every reason for a refusal."""
    about = (
        "Every estimator of the registry by family of assumptions, with a link to what it assumes, when it misleads "
        "and what other programs say. How to choose among them is in "
        "[tutorial 4](../tutorials/04-from-a-csv-to-a-defended-number.md); how they differ on one table in "
        "[the comparison of all methods](../methods/multiverse.md)."
    )
    return page("Estimators", about, _estimators()).rstrip("\n") + "\n"


def _estimators() -> Iterator[str]:
    yield from ESTIMATORS["index"]()
    yield from ("## Reasons for a refusal", "", ", ".join(f"`{reason.value}`" for reason in Reason), "")


def case_review_page() -> str:
    """Reference of every question of the case review that is read."""
    about = (
        "The questions of the structured case review that are read, sheet by sheet; a column for anything else is "
        "counted and dropped. Column names may have groups before them (`rescue/rescued`). The workbook is described "
        "in [raw formats](raw-formats.md#case-review)."
    )
    return page("Case review: questions that are read", about, _questions()).rstrip("\n") + "\n"


def _questions() -> Iterator[str]:
    for section, asks in ASKED.items():
        yield from (f"## {'main sheet' if section == 'case' else f'sheet `{section}`'}", "")
        yield from table(("column", "answers", "must be filled"), (_question(ask) for ask in asks))


def _question(ask: Ask) -> tuple[str, ...]:
    return f"`{ask.name}`", _answers(ask), "yes" if ask.required else "no"


def _answers(ask: Ask) -> str:
    if ask.codes is None:
        return f"whole number, {ask.low} to {ask.high}"
    if len(ask.codes) > MOST_CODES_SHOWN:
        return f"one of {len(ask.codes)} codes, such as `{min(ask.codes)}`"
    codes = ", ".join(f"`{code}`" for code in sorted(ask.codes))
    return f"any of {codes}" if ask.multiple else codes


PAGES: Mapping[str, Callable[[], str]] = {
    "study-toml.md": study_toml_page,
    "commands.md": commands_page,
    "estimators.md": estimators_page,
    "case-review-form.md": case_review_page,
}
"""Generated pages of docs/reference."""


def main() -> None:
    """Write all pages."""
    for name, make in PAGES.items():
        (ROOT / "docs" / "reference" / name).write_text(make(), encoding="utf-8")
    folder = ROOT / "docs" / "methods" / "estimators"
    folder.mkdir(exist_ok=True)
    made = ESTIMATORS["pages"]()
    for name, text in made.items():
        (folder / name).write_text(text, encoding="utf-8")
    for stale in set(folder.glob("*.md")) - {folder / name for name in made}:
        stale.unlink()


if __name__ == "__main__":
    main()
