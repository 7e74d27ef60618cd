"""The measurements of ``make bench`` run; how fast is for people to read, not for a test."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from doc_pages import ROOT


def test_estimators_are_timed_beside_the_peer() -> None:
    code = "from benchmarks.panel import rows\nfor name, told in rows(): print(name, '|', told)"
    printed = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    lines = printed.splitlines()
    assert len(lines) >= 5 and " x one Mh-chao " in lines[0]
    assert all("peer measured elsewhere" in line for line in lines[1:])


def test_every_shape_is_read_whole_when_timed(tmp_path: Path) -> None:
    code = (
        "import sys\nfrom pathlib import Path\n"
        "from benchmarks.reading import WRITERS, read\n"
        "from darkfigure.synth.report_process import simulate_reports\n"
        "reports = simulate_reports(seed=1, size='small').reports[:20]\n"
        "for shape, write in WRITERS.items():\n"
        "    write(reports, Path(sys.argv[1], shape))\n"
        "    print(shape, len(read(Path(sys.argv[1], shape), shape).reports))\n"
    )
    words = [sys.executable, "-c", code, str(tmp_path)]
    printed = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert printed.split() == ["cybertipline-csv", "20", "cybertipline-json", "20", "cybertipline-xml", "20"]
