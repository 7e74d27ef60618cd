"""Which secret makes the pseudonyms? A key kept outside the study, so that data and key never lie together."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from darkfigure.errors import StudyError
from darkfigure.intake.pseudonyms import load_key, synthetic_key
from darkfigure.study.spec import StudySpec

KEY_BYTES = 32


def study_key(spec: StudySpec, *, folder: Path, key_file: Path | None) -> bytes:
    """Find the key of a study, or make it on the first run.

    A synthetic study uses a public key derived from its name, since it protects nobody. A real study reads
    ``key_file``, else the file that ``DARKFIGURE_KEY_FILE`` names, else one in the user's configuration folder, made
    with private permissions when absent.

    Parameters
    ----------
    spec : StudySpec
    folder : Path
        Study folder; a key inside it is refused.
    key_file : Path or None

    Returns
    -------
    bytes
        At least 16 secret bytes; 32 in a key made here.

    Raises
    ------
    StudyError (E-STUDY-04)
        The key file lies inside the study folder.
    IntakeError (E-INTAKE-10, E-INTAKE-11)
        The file holds no key, or others may read it.
    """
    if spec.study.synthetic:
        return synthetic_key(spec.study.id)
    named = os.environ.get("DARKFIGURE_KEY_FILE")
    home = Path(os.environ.get("XDG_CONFIG_HOME", Path.home() / ".config")) / "darkfigure" / f"{spec.study.id}.key"
    path = key_file or (Path(named) if named else home)
    if path.resolve().is_relative_to(folder.resolve()):
        raise StudyError(
            "E-STUDY-04",
            where=str(path),
            problem="the key lies inside the study folder",
            allowed="a key kept away from the data",
            remedy="Give another file with --key-file or DARKFIGURE_KEY_FILE.",
        )
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as handle:
            handle.write(secrets.token_hex(KEY_BYTES) + "\n")
    return load_key(path)
