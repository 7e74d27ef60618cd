"""Were these very files read before? Keeps the slowest stage, the reports, for a run with ``--resume``."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from darkfigure import __version__
from darkfigure.errors import IntakeError
from darkfigure.intake.delivery_notes import FileProblem
from darkfigure.intake.report_store import load_tables, save_tables
from darkfigure.intake.reports import ReportIntake, ReportSource
from darkfigure.records.aggregate import FileAccount, IntakeAudit, RefusalCount, RefusedRow
from darkfigure.study.manifest import digest_file

ACCOUNTS = "accounts.json"


def reading_fingerprint(sources: Sequence[ReportSource], *, delegations: str, space: str, key: bytes) -> str:
    """Digest of everything that the tables of reports depend on.

    Parameters
    ----------
    sources : sequence of ReportSource
    delegations : str
        Digest of the delegations file.
    space : str
        Synthetic address block, or empty.
    key : bytes
        Secret of the pseudonyms; the digest is keyed by it and tells nothing about it.

    Returns
    -------
    str
        Hexadecimal. Any changed, added or removed file, option, version or key gives another one.
    """
    digest = hmac.new(key, f"{__version__}\0{delegations}\0{space}".encode(), hashlib.sha256)
    for source in sources:
        files = sorted(p for p in source.path.rglob("*") if p.is_file()) if source.path.is_dir() else [source.path]
        for path in files:
            place = path.relative_to(source.path).as_posix()
            digest.update(f"{source.name}\0{source.kind}\0{place}\0{digest_file(path)}\n".encode())
    return digest.hexdigest()


def save_reading(intake: ReportIntake, folder: Path, *, fingerprint: str) -> None:
    """Keep the tables and accounts of a reading, readable by their owner alone.

    Parameters
    ----------
    intake : ReportIntake
    folder : Path
        A folder of the restricted ``work``.
    fingerprint : str
    """
    path = folder / ACCOUNTS
    # Gone before the tables change: a run stopped in between must not leave the accounts of one reading beside the
    # tables of another.
    path.unlink(missing_ok=True)
    save_tables(intake.reports, intake.events, intake.texts, folder=folder)
    kept = {
        "fingerprint": fingerprint,
        "accounts": [asdict(a) for a in intake.audit.accounts],
        "refused_rows": [asdict(r) for r in intake.audit.refused_rows],
        "problems": [asdict(p) for p in intake.problems],
    }
    path.touch(mode=0o600)
    path.write_text(json.dumps(kept), encoding="utf-8")


def load_reading(folder: Path, *, fingerprint: str) -> ReportIntake | None:
    """Take up an earlier reading of the very same files.

    Parameters
    ----------
    folder : Path
    fingerprint : str

    Returns
    -------
    ReportIntake or None
        ``None`` when there is none, when anything it depends on has changed, or when what was kept is damaged: the
        files are then read again.
    """
    try:
        kept = json.loads((folder / ACCOUNTS).read_text(encoding="utf-8"))
        if not hmac.compare_digest(kept["fingerprint"], fingerprint):
            return None
        reports, events, texts = load_tables(folder)
        accounts = tuple(
            FileAccount(**{**a, "refusals": tuple(RefusalCount(**r) for r in a["refusals"])}) for a in kept["accounts"]
        )
        refused = tuple(RefusedRow(**r) for r in kept["refused_rows"])
        problems = tuple(FileProblem(**p) for p in kept["problems"])
    except (OSError, ValueError, KeyError, TypeError, IntakeError):
        return None
    return ReportIntake(reports, events, texts, IntakeAudit(accounts, refused), problems)
