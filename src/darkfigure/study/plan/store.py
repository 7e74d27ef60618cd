"""Finished worlds on disk: what a stopped run leaves, and what the next one need not do again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, fields
from pathlib import Path

import numpy as np
import scipy

from darkfigure import __version__
from darkfigure.errors import StudyError
from darkfigure.study.plan.analysis import Answered
from darkfigure.study.plan.code_digest import code_digest
from darkfigure.study.plan.plan_spec import Plan

_NAMES = tuple(f.name for f in fields(Answered))


def key_of_worlds(plan: Plan) -> str:
    """Digest of everything the worlds and answers depend on: not of their number, nor of the rules for publication.

    The source of the analysis and the versions of numpy and scipy are part of it: pieces that an edited or updated
    program finds are not mixed with its own.

    Parameters
    ----------
    plan : Plan

    Returns
    -------
    str
    """
    told = plan.model_dump(mode="json", exclude={"plan": {"worlds", "title", "date", "id"}, "publish": True})
    told["changes"].pop("rank_by")
    return hashlib.sha256(
        json.dumps([__version__, code_digest(), np.__version__, scipy.__version__, told], sort_keys=True).encode()
    ).hexdigest()


class WorldStore:
    """A folder with one file for each piece of finished worlds.

    Parameters
    ----------
    folder : Path
        Made when absent.
    plan : Plan

    Raises
    ------
    StudyError (E-STUDY-74)
        The folder cannot be made.
    """

    def __init__(self, folder: Path, plan: Plan) -> None:
        self._key = key_of_worlds(plan)
        self._folder = folder / self._key[:16]
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise cannot_write(folder) from error

    def load(self, first: int, count: int) -> tuple[Answered, ...] | None:
        """Answers of a piece; ``None`` when it is absent, damaged, of another plan or of another size.

        Parameters
        ----------
        first, count : int
            Number of the first world, and worlds.

        Returns
        -------
        tuple of Answered, or None
        """
        try:
            kept = json.loads(self._path(first).read_text(encoding="utf-8"))
            body = kept["answers"]
            if kept["key"] != self._key or kept["count"] != count or kept["sha256"] != _digest(body):
                return None
            return tuple(Answered(**dict(zip(_NAMES, row, strict=True))) for row in body)
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def save(self, first: int, count: int, answers: Sequence[Answered]) -> None:
        """Keep a piece, whole or not at all.

        Parameters
        ----------
        first, count : int
            Number of the first world, and worlds.
        answers : sequence of Answered

        Raises
        ------
        StudyError (E-STUDY-74)
            The folder cannot be written to.
        """
        body = [list(asdict(a).values()) for a in answers]
        kept = {"key": self._key, "first": first, "count": count, "sha256": _digest(body), "answers": body}
        draft = self._path(first).with_suffix(".new")
        try:
            draft.write_text(json.dumps(kept, allow_nan=False) + "\n", encoding="utf-8")
            draft.replace(self._path(first))
        except OSError as error:
            raise cannot_write(self._folder) from error

    def _path(self, first: int) -> Path:
        return self._folder / f"worlds-{first:06d}.json"


def cannot_write(folder: Path) -> StudyError:
    """The error of a folder that cannot be written to."""
    return StudyError(
        "E-STUDY-74",
        where=str(folder),
        problem="results cannot be written there",
        allowed="a folder that can be written to, or that does not exist yet",
        remedy="Give another folder with --out.",
    )


def _digest(body: object) -> str:
    return hashlib.sha256(json.dumps(body).encode()).hexdigest()
