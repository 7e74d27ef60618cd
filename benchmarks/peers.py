"""Peers in R, timed in the same run where R and the package are installed.

The calls are the packages' own, as their manuals give them. Without R, or without the package, seconds measured
elsewhere stand beside ours instead.
"""

from __future__ import annotations

import csv
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from darkfigure.records.aggregate import CaptureTable

_PATIENCE_SECONDS = 900
_FRAME = """
if (!requireNamespace("{package}", quietly = TRUE)) quit(status = 3)
suppressMessages(library({package}))
cells <- as.matrix(read.csv(commandArgs(trailingOnly = TRUE)[1], check.names = FALSE))
started <- proc.time()
invisible({call})
taken <- proc.time() - started
cat(sum(taken[c(1, 2, 4, 5)]))
"""


@dataclass(frozen=True, slots=True)
class Peer:
    """A package and the call to time; ``cells`` holds one row a history: 0 and 1 by list, and how many units."""

    package: str
    call: str


STEPWISE = Peer("SparseMSE", "estimatepopulation(cells, nboot = 1000, pthresh = 0.02, iseed = 1234)")
GRAPHS = Peer(
    "dga",
    "{data(graphs5); k <- ncol(cells) - 1; Y <- array(0, rep(2, k)); "
    "for (i in seq_len(nrow(cells))) Y[matrix(cells[i, seq_len(k)] + 1, 1)] <- cells[i, k + 1]; "
    "bma.cr(Y, Nmissing = 1:150000, delta = 2^-5, graphs = graphs5)}",
)
CLASSES = Peer(
    "LCMCR",
    "{k <- ncol(cells) - 1; d <- as.data.frame(lapply(as.data.frame(cells[, seq_len(k)]), factor, levels = 0:1)); "
    "d$Freq <- cells[, k + 1]; s <- lcmCR(captures = d, tabular = TRUE, in_list_label = '1', not_in_list_label = '0', "
    "K = 10, seed = 11, verbose = FALSE); lcmCR_PostSampl(s, burnin = 10000, samples = 10000, thinning = 10)}",
)
CHAO_PROFILE = Peer(
    "Rcapture",
    "{s <- rowSums(cells[, -ncol(cells), drop = FALSE]); f <- tapply(cells[, ncol(cells)], s, sum); "
    "closedpCI.0(cbind(as.numeric(names(f)), f), dfreq = TRUE, dtype = 'nbcap', t = ncol(cells) - 1, m = 'Mh', "
    "h = 'Chao')}",
)


def peer_seconds(peer: Peer, table: CaptureTable) -> float | None:
    """CPU seconds of the peer on this table; nothing where R or the package is missing, or the call fails."""
    rscript = shutil.which("Rscript")
    if rscript is None or table.cells is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        cells, script = Path(folder) / "cells.csv", Path(folder) / "peer.R"
        with cells.open("w", encoding="utf-8", newline="") as file:
            rows = csv.writer(file)
            rows.writerow([f"list{j + 1}" for j in range(table.cells.histories.shape[1])] + ["count"])
            rows.writerows([*h, int(c)] for h, c in zip(table.cells.histories, table.cells.counts, strict=True))
        script.write_text(_FRAME.format(package=peer.package, call=peer.call), encoding="utf-8")
        try:
            done = subprocess.run(
                [rscript, "--vanilla", str(script), str(cells)], capture_output=True, text=True, check=False,
                timeout=_PATIENCE_SECONDS,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            return None
    try:
        return float(done.stdout.split()[-1]) if done.returncode == 0 else None
    except (IndexError, ValueError):
        return None


def beside(peer: Peer, table: CaptureTable, ours: float) -> str:
    """What the peer took in this run, and how many times ours; empty where it could not run."""
    theirs = peer_seconds(peer, table)
    return "" if theirs is None else f"; {peer.package} in this run: {theirs:.2f} s CPU, {theirs / ours:.0f} x ours"
