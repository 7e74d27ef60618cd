"""Write the generated reference pages under docs/reference from the code itself."""

from __future__ import annotations

import types
import typing
from pathlib import Path

from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from darkfigure.study.spec import StudySpec

ROOT = Path(__file__).parents[1]


def _in_words(annotation: object) -> str:
    if isinstance(annotation, type) and annotation.__module__ == "builtins":
        return {"str": "text", "int": "whole number", "float": "number", "bool": "true or false"}[annotation.__name__]
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Literal:
        return " / ".join(f"`{a}`" for a in arguments)
    if origin is tuple:
        return f"list of {_in_words(arguments[0])}"
    if origin is types.UnionType:
        return " or ".join(_in_words(a) for a in arguments if a is not type(None))
    return getattr(annotation, "__name__", str(annotation))


def study_toml_page() -> str:
    """Reference of every key of study.toml."""
    lines = [
        "# study.toml",
        "",
        "Every key a study may declare; any other is an error (E-STUDY-02). Generated from the code by `make docs`.",
        "",
    ]
    models = [StudySpec]
    for field in StudySpec.model_fields.values():
        for part in [field.annotation, *typing.get_args(field.annotation)]:
            if isinstance(part, type) and issubclass(part, BaseModel):
                models.append(part)
                models += [
                    nested
                    for inner in part.model_fields.values()
                    for nested in typing.get_args(inner.annotation)
                    if isinstance(nested, type) and issubclass(nested, BaseModel)
                ]
    for model in models[1:]:
        summary = (model.__doc__ or "").strip().splitlines()[0]
        lines += [f"## {summary}", "", "| key | value | default |", "| --- | --- | --- |"]
        for name, field in model.model_fields.items():
            default = "required" if field.default is PydanticUndefined else f"`{field.default!r}`"
            lines.append(f"| `{name}` | {_in_words(field.annotation).replace('|', chr(92) + '|')} | {default} |")
        lines.append("")
    return "\n".join(lines)


def main() -> None:
    """Write all pages."""
    (ROOT / "docs" / "reference" / "study-toml.md").write_text(study_toml_page(), encoding="utf-8")


if __name__ == "__main__":
    main()
