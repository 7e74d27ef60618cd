"""Time the readers of the three report shapes against each other and against reading the same bytes.

The same synthetic reports are written in each shape. A byte read is a plain copy of all files into memory: what reading
costs besides is parsing, checking each field, canonical addresses and keyed pseudonyms.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal

import numpy as np
from benchmarks.windows import best_of
from numpy.typing import NDArray

from darkfigure.intake.pseudonyms import Pseudonymiser, synthetic_key
from darkfigure.intake.reports import ReportIntake, ReportSource, read_reports
from darkfigure.synth.report_process import simulate_reports
from darkfigure.synth.report_writers import write_report_csv, write_report_json, write_report_xml

Shape = Literal["cybertipline-csv", "cybertipline-json", "cybertipline-xml"]
WRITERS: dict[Shape, Callable[..., object]] = {
    "cybertipline-csv": write_report_csv,
    "cybertipline-json": write_report_json,
    "cybertipline-xml": write_report_xml,
}
REPEATS = 3


class OneCountry:
    """Every address in one country, so that the lookup of countries is not part of the time."""

    def country_of(self, addresses: NDArray[np.uint32]) -> NDArray[np.bytes_]:
        return np.full(addresses.shape, b"PH", dtype="S2")


def read(folder: Path, shape: Shape) -> ReportIntake:
    """Read one folder of reports as a study does."""
    return read_reports(
        [ReportSource(name="bench", kind=shape, path=folder)],
        pseudonymiser=Pseudonymiser(synthetic_key("bench")),
        countries=OneCountry(),
        synthetic_space="240.0.0.0/4",
    )


def rows() -> Iterator[tuple[str, str]]:
    """Measure each shape: thousand reports a second, and ratios."""
    reports = simulate_reports(seed=1, size="small").reports
    first = 0.0
    for shape, write in WRITERS.items():
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            write(reports, folder)
            paths = [p for p in folder.iterdir() if p.is_file()]
            size = sum(p.stat().st_size for p in paths)
            plain = best_of(REPEATS, lambda: sum(len(p.read_bytes()) for p in paths))  # noqa: B023
            took = best_of(REPEATS, lambda: read(folder, shape))  # noqa: B023
        first = first or took
        told = f"{len(reports) / took / 1000:.1f} thousand reports/s, {size / took / 1e6:.1f} MB/s as delivered"
        yield f"read {shape}", f"{took / first:.2f} x CSV; {took / plain:,.0f} x a read of the bytes ({told})"
