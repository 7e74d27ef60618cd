"""Importing the estimators must not load the slow parts of SciPy; a first estimate does."""

from __future__ import annotations

import subprocess
import sys


def test_slow_parts_of_scipy_wait_for_the_first_estimate() -> None:
    code = (
        "import sys, darkfigure.estimate as e, darkfigure.estimate.proportions, darkfigure.estimate.agreement\n"
        "slow = lambda: [m for m in ('scipy.special', 'scipy.optimize', 'scipy.linalg', 'scipy.stats') "
        "if m in sys.modules]\n"
        "print(slow())\n"
        "from darkfigure.records.aggregate import CaptureTable\n"
        "e.estimate('M0', CaptureTable.from_frequencies([25, 22, 13, 5, 1, 2], n_occasions=6))\n"
        "print('scipy.special' in slow())"
    )
    lines = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split("\n")
    assert lines[0] == "[]"
    assert lines[1] == "True"
