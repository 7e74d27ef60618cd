"""Which reports do coders read? A sample spread evenly over reporting services and years, and its sheet."""

from __future__ import annotations

import csv
import hashlib
import io
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from darkfigure.records.restricted import ReportTable, ReportText

SHEET_COLUMNS = ("sample_number", "sample_id", "text", "code", "reason", "live_video", "coder", "coded_on")
"""Header of the sheet coders fill in."""

_FORMULA_STARTS = ("=", "+", "-", "@", "\t")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class CoderSample:
    """Sampled reports; entry ``i`` has sample number ``i + 1``. Restricted: it holds texts.

    Parameters
    ----------
    report : ndarray of int64
        Row of each sampled report in the report table.
    service : tuple of str
        Name of the reporting service of each.
    year : ndarray of int64
        Year (UTC) in which each was received.
    text : tuple of str
        Free text of each, empty where there is none.
    population : int
        Reports the sample was drawn from.
    seed : int
        Seed it was drawn with; also seeds intervals computed from it.
    sample_id : str
        Digest of the whole sample: codes of another sample do not fit this one.
    """

    report: NDArray[np.int64]
    service: tuple[str, ...]
    year: NDArray[np.int64]
    text: tuple[str, ...]
    population: int
    seed: int
    sample_id: str

    def __len__(self) -> int:
        return len(self.text)

    def __repr__(self) -> str:
        return f"CoderSample(<{len(self)} restricted texts>)"

    def readable(self) -> tuple[tuple[int, str], ...]:
        """Sample numbers and texts that coders read: those that are not empty."""
        return tuple((i, text) for i, text in enumerate(self.text, start=1) if text.strip())


def draw_sample(texts: Sequence[ReportText], reports: ReportTable, *, size: int, seed: int) -> CoderSample:
    """Which reports shall coders read?

    Every report has the same chance, so shares in the sample need no weights. Services and years are represented in
    proportion, because the sample walks in equal steps through the reports sorted by service and year.

    Parameters
    ----------
    texts : sequence of ReportText
        Free texts; reports without one count as empty.
    reports : ReportTable
        All reports, in the order read.
    size : int
        Reports to sample; all when there are fewer.
    seed : int

    Returns
    -------
    CoderSample
        Depends on the order of the reports, the seed and the texts, never on a pseudonym.

    Notes
    -----
    Systematic sampling with a random start from a sorted frame: positions floor((u + i) N / n), i = 0 ... n - 1.

    Source: Madow and Madow (1944), Ann. Math. Stat. 15, 1-24, doi:10.1214/aoms/1177731312.
    """
    rng = np.random.default_rng([seed, 61])
    n = len(reports)
    size = min(size, n)
    year = reports.received.astype("datetime64[s]").astype("datetime64[Y]").astype(np.int64) + 1970
    order = np.lexsort((np.arange(n), year, reports.service))
    steps = np.floor((rng.random() + np.arange(size)) * n / max(size, 1)).astype(np.int64)
    # Numbers are given out at random, so that a coder cannot tell service or year from the number.
    row = rng.permutation(order[np.minimum(steps, n - 1)]) if size else np.zeros(0, dtype=np.int64)
    by_report = {t.report: t.text for t in texts}
    chosen = tuple(by_report.get(r, "") for r in row.tolist())
    service = tuple(reports.services[s] for s in reports.service[row].tolist())
    return CoderSample(
        report=row, service=service, year=year[row], text=chosen, population=n, seed=seed,
        sample_id=_digest(service, year[row].tolist(), chosen),
    )  # fmt: skip


def _digest(service: Sequence[str], year: Sequence[int], text: Sequence[str]) -> str:
    lines = "\x1e".join(f"{s}\x1f{y}\x1f{t}" for s, y, t in zip(service, year, text, strict=True))
    return hashlib.sha256(lines.encode("utf-8")).hexdigest()[:16]


def write_coder_sheet(sample: CoderSample, path: Path) -> None:
    """Write the sheet that a coder fills in; it holds texts and belongs in ``work/`` only.

    Parameters
    ----------
    sample : CoderSample
    path : Path
        Written whole or not at all, readable by its owner only. Texts that a spreadsheet could take for a formula get
        an apostrophe in front; line breaks become spaces.
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(SHEET_COLUMNS)
    for number, text in sample.readable():
        writer.writerow((number, sample.sample_id, _inert(text), "", "", "", "", ""))
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as stream:
        stream.write(buffer.getvalue())
    part.replace(path)


def _inert(text: str) -> str:
    flat = " ".join(text.replace("\0", " ").split())
    return f"'{flat}" if flat.startswith(_FORMULA_STARTS) else flat
