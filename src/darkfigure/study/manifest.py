"""Which inputs, options and versions made these files? Manifests beside the work and the release."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from darkfigure import __version__
from darkfigure.study.spec import StudySpec


def digest_file(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def digest_all(digests: Iterable[str]) -> str:
    """One SHA-256 over many digests, whatever their order.

    Examples
    --------
    >>> digest_all(["b", "a"]) == digest_all(["a", "b"])
    True
    """
    return hashlib.sha256("\n".join(sorted(digests)).encode()).hexdigest()


def options_digest(spec: StudySpec) -> str:
    """SHA-256 of everything the study declares."""
    return hashlib.sha256(spec.model_dump_json().encode()).hexdigest()


def write_stage_manifest(folder: Path, *, spec: StudySpec, inputs: Iterable[str]) -> None:
    """Write ``manifest.json`` of one stage of ``work/``, with private permissions.

    Parameters
    ----------
    folder : Path
        Stage folder; made when absent.
    spec : StudySpec
    inputs : iterable of str
        Digests of what the stage read.
    """
    for private in (folder.parent, folder):
        private.mkdir(parents=True, exist_ok=True, mode=0o700)
        private.chmod(0o700)
    path = folder / "manifest.json"
    write_json(
        path,
        {
            "darkfigure": __version__,
            "stage": folder.name,
            "seed": spec.study.seed,
            "options": options_digest(spec),
            "inputs": digest_all(inputs),
        },
    )
    path.chmod(0o600)


def write_release_manifest(
    folder: Path, *, spec: StudySpec, inputs: Iterable[str], registered: Mapping[str, object] | None = None
) -> None:
    """Write ``release/manifest.json``: digest of every released file, of the inputs and of the options.

    Parameters
    ----------
    folder : Path
        The release folder.
    spec : StudySpec
    inputs : iterable of str
        Digests of all input files.
    registered : mapping or None
        What was announced, and every departure from it.
    """
    files = sorted(p for p in folder.rglob("*") if p.is_file() and p.name != "manifest.json")
    write_json(
        folder / "manifest.json",
        {
            "darkfigure": __version__,
            "study": spec.study.id,
            "synthetic": spec.study.synthetic,
            "seed": spec.study.seed,
            "options": options_digest(spec),
            "inputs": digest_all(inputs),
            **({} if registered is None else {"preregistration": dict(registered)}),
            "files": {p.relative_to(folder).as_posix(): digest_file(p) for p in files},
        },
    )


def write_json(path: Path, value: object) -> None:
    """Write JSON that is the same for the same value: sorted where order has no meaning, no NaN, final newline."""
    path.write_text(json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False) + "\n", encoding="utf-8")
