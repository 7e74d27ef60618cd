"""Synthetic small tables of a programme: convictions, recorded interviews, trainings, yearly totals."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from darkfigure.synth.partner_targets import Size, target

_FIRST_YEAR, _LAST_YEAR = 2011, 2019
_TRAINING_FROM = (2018, 3)
_SESSIONS = {"prosecutors": 5, "law enforcers": 3}

Row = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PracticeWorld:
    """Rows of the four small tables, with the header first, and the truth."""

    convictions: tuple[Row, ...]
    interviews: tuple[Row, ...]
    trainings: tuple[Row, ...]
    programme: tuple[Row, ...]
    truth: Mapping[str, object]


def simulate_practice(*, seed: int, size: Size) -> PracticeWorld:
    """What do the tables of a programme with the published totals look like?

    Parameters
    ----------
    seed : int
    size : {"full", "small"}
        ``full``: 76 convictions and 111 interviews; ``small``: about a tenth.

    Returns
    -------
    PracticeWorld

    Examples
    --------
    >>> len(simulate_practice(seed=2020, size="full").convictions) - 1
    76
    """
    rng = np.random.default_rng([seed, 703])
    counts = {
        "plea": target("pp-plea", size=size),
        "trial": target("pp-trial", size=size),
        "trained": target("pp-pose-conv", size=size),
        "interviewed_cases": target("pp-vidi-cases", size=size),
        "interviews": target("pp-vidi-int", size=size),
        "interviews_used": target("pp-vidi-children", size=size),
        "prosecutors": target("pp-pose-pros", size=size),
        "law enforcers": target("pp-pose-le", size=size),
        "cases": target("prog-cases", size=size),
        "victims": target("prog-victims", size=size),
        "charged": target("prog-charged", size=size),
    }
    return PracticeWorld(
        convictions=_convictions(rng, counts),
        interviews=_interviews(rng, counts),
        trainings=_trainings(rng, counts),
        programme=_programme(rng, counts),
        truth=counts,
    )


def _convictions(rng: np.random.Generator, counts: Mapping[str, int]) -> tuple[Row, ...]:
    total = counts["plea"] + counts["trial"]
    modes = rng.permutation(["plea"] * counts["plea"] + ["trial"] * counts["trial"])
    after = _months(_TRAINING_FROM, (_LAST_YEAR, 12))
    ever = _months((_FIRST_YEAR, 4), (_LAST_YEAR, 12))
    years = np.array([int(month[:4]) - _FIRST_YEAR + 1 for month in ever], dtype=float)
    months = [str(m) for m in rng.choice(after, size=counts["trained"])]
    months += [str(m) for m in rng.choice(ever, size=total - counts["trained"], p=years / years.sum())]
    trained = ["yes"] * counts["trained"] + ["no"] * (total - counts["trained"])
    drawn = sorted(zip(months, map(str, modes), trained, strict=True))
    rows = [(f"C-{n:03d}", *row) for n, row in enumerate(drawn, start=1)]
    return (("conviction", "month", "mode", "trained_prosecutor"), *rows)


def _months(first: tuple[int, int], last: tuple[int, int]) -> list[str]:
    numbers = range(first[0] * 12 + first[1] - 1, last[0] * 12 + last[1])
    return [f"{n // 12:04d}-{n % 12 + 1:02d}" for n in numbers]


def _interviews(rng: np.random.Generator, counts: Mapping[str, int]) -> tuple[Row, ...]:
    n_cases, n = counts["interviewed_cases"], counts["interviews"]
    cases = sorted([*range(n_cases), *(int(c) for c in rng.integers(0, n_cases, size=n - n_cases))])
    used = rng.permutation(["yes"] * counts["interviews_used"] + ["no"] * (n - counts["interviews_used"]))
    rows = [(f"V-{k + 1:03d}", f"case {case + 1:02d}", str(used[k])) for k, case in enumerate(cases)]
    return (("interview", "case", "used_at_inquest"), *rows)


def _trainings(rng: np.random.Generator, counts: Mapping[str, int]) -> tuple[Row, ...]:
    later = _months((_TRAINING_FROM[0], _TRAINING_FROM[1] + 1), (_LAST_YEAR, 12))
    drawn: list[tuple[str, str, int]] = []
    for audience, sessions in _SESSIONS.items():
        months = [str(m) for m in rng.choice(later, size=sessions, replace=False)]
        if audience == "prosecutors":
            months[0] = f"{_TRAINING_FROM[0]}-{_TRAINING_FROM[1]:02d}"
        people = _split(rng, counts[audience], np.ones(sessions))
        drawn += [(month, audience, number) for month, number in zip(months, people, strict=True) if number]
    rows = [
        (f"T-{k:02d}", month, audience, str(number)) for k, (month, audience, number) in enumerate(sorted(drawn), 1)
    ]
    return (("training", "month", "audience", "people"), *rows)


def _programme(rng: np.random.Generator, counts: Mapping[str, int]) -> tuple[Row, ...]:
    years = range(_FIRST_YEAR, _LAST_YEAR + 1)
    growth = np.array([year - _FIRST_YEAR + 1 for year in years], dtype=float)
    columns = [_split(rng, counts[name], growth) for name in ("cases", "victims", "charged")]
    rows = [(str(year), *(str(column[k]) for column in columns)) for k, year in enumerate(years)]
    return (("year", "cases", "victims", "charged"), *rows)


def _split(rng: np.random.Generator, total: int, weights: np.ndarray[tuple[int], np.dtype[np.float64]]) -> list[int]:
    """Share a total out at random, at least 1 to each as long as it lasts."""
    parts = np.zeros(len(weights), dtype=int)
    parts[: min(total, len(weights))] = 1
    return [int(n) for n in parts + rng.multinomial(total - parts.sum(), weights / weights.sum())]


def write_practice(world: PracticeWorld, study: Path) -> None:
    """Write the four tables under ``input/practice``.

    Parameters
    ----------
    world : PracticeWorld
    study : Path
        Study folder; folders inside it are made.
    """
    folder = study / "input" / "practice"
    folder.mkdir(parents=True, exist_ok=True)
    tables = {
        "convictions": world.convictions,
        "interviews": world.interviews,
        "trainings": world.trainings,
        "programme": world.programme,
    }
    for name, rows in tables.items():
        (folder / f"{name}.csv").write_bytes(_csv(rows))


def _csv(rows: Sequence[Row]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()
