"""JSON read without trust: size, depth, repeated keys and non-numbers are refused, and no error carries the input."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, NoReturn

from darkfigure.intake.archives import MAX_DOCUMENT_BYTES

MAX_DEPTH: Final = 100


@dataclass(frozen=True, slots=True)
class DocumentRefusal:
    """Why a document, or one field of it, is refused; never what it holds.

    Parameters
    ----------
    rule : str
        Code of the rule.
    field : str
        Field as the format names it, or ``"(document)"``.
    """

    rule: str
    field: str = "(document)"


@dataclass(frozen=True, slots=True, repr=False)
class JsonDocument:
    """A parsed document: ``root`` is what ``json`` makes of it."""

    root: object

    def __repr__(self) -> str:
        return "JsonDocument(<restricted>)"


class _RuleBrokenError(Exception):
    """Carries the name of a rule out of the decoder."""


def parse_json(content: bytes) -> JsonDocument | DocumentRefusal:
    """Parse one JSON document, or say which rule of safety it breaks.

    Parameters
    ----------
    content : bytes
        UTF-8, with or without byte order mark.

    Returns
    -------
    JsonDocument | DocumentRefusal
        Rules: ``document-too-big``, ``document-encoding``, ``json-malformed``, ``json-repeated-key``,
        ``json-not-a-number``, ``document-too-deep``. Never an exception.

    Examples
    --------
    >>> parse_json(b'{"a": 1, "a": 2}')
    DocumentRefusal(rule='json-repeated-key', field='(document)')
    >>> parse_json(b'{"a": ')
    DocumentRefusal(rule='json-malformed', field='(document)')
    """
    if len(content) > MAX_DOCUMENT_BYTES:
        return DocumentRefusal("document-too-big")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return DocumentRefusal("document-encoding")
    try:
        root = _DECODE(text)
    except _RuleBrokenError as error:
        return DocumentRefusal(str(error))
    except RecursionError:
        return DocumentRefusal("document-too-deep")
    except ValueError:
        return DocumentRefusal("json-malformed")
    brackets = text.count("{") + text.count("[")
    if brackets > MAX_DEPTH and _depth(root) > MAX_DEPTH:
        return DocumentRefusal("document-too-deep")
    return JsonDocument(root)


def _pairs(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _RuleBrokenError("json-repeated-key")
    return found


def _constant(name: str) -> NoReturn:
    raise _RuleBrokenError("json-not-a-number")


def _float(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise _RuleBrokenError("json-not-a-number")
    return number


_DECODE: Callable[[str], object] = json.JSONDecoder(
    object_pairs_hook=_pairs, parse_constant=_constant, parse_float=_float
).decode


def _depth(root: object) -> int:
    deepest = 0
    waiting: list[tuple[object, int]] = [(root, 1)]
    while waiting:
        value, depth = waiting.pop()
        if isinstance(value, dict):
            waiting.extend((child, depth + 1) for child in value.values())
        elif isinstance(value, list):
            waiting.extend((child, depth + 1) for child in value)
        else:
            continue
        deepest = max(deepest, depth)
    return deepest
