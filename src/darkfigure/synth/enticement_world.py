"""Synthetic online-enticement reports that were made available to law enforcement in two or more countries.

Each report touches one, two or three regions, and one or more countries in each. Reports are drawn until every region
has exactly the published number of distinct reports touching it, so the overlaps between regions are real.
"""

from __future__ import annotations

import csv
import datetime
import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from darkfigure.synth.partner_targets import Size, target

_REGIONS = {
    "North America": "na",
    "Europe": "eu",
    "Asia/Pacific": "ap",
    "Latin America": "la",
    "Middle East": "me",
}
_COUNTRY_WEIGHTS: Mapping[str, Mapping[str, float]] = {
    "North America": {"US": 0.82, "CA": 0.18},
    "Europe": {
        "GB": 0.3, "DE": 0.11, "FR": 0.1, "NL": 0.08, "SE": 0.07, "IT": 0.06, "ES": 0.06, "NO": 0.05, "PL": 0.05,
        "RO": 0.04, "IE": 0.03, "DK": 0.03, "TR": 0.02,
    },
    "Asia/Pacific": {
        "PH": 0.24, "AU": 0.22, "IN": 0.14, "ID": 0.07, "TH": 0.06, "NZ": 0.06, "MY": 0.05, "JP": 0.05, "VN": 0.04,
        "SG": 0.03, "KR": 0.02, "HK": 0.01, "KH": 0.01,
    },
    "Latin America": {"MX": 0.36, "BR": 0.28, "CO": 0.11, "AR": 0.11, "CL": 0.08, "PE": 0.06},
    "Middle East": {"AE": 0.45, "IL": 0.35, "SA": 0.2},
}  # fmt: skip
_NO_REGION_WEIGHTS = {"ZA": 0.4, "NG": 0.3, "GH": 0.2, "KE": 0.1}
_FIRST_DAY = datetime.date(2010, 1, 1)
_DAYS = (datetime.date(2017, 12, 31) - _FIRST_DAY).days + 1
_P_REGIONS = (0.24, 0.66, 0.1)
_P_SECOND_COUNTRY = 0.08
_P_NO_REGION = 0.04
_REPEATED, _ONE_COUNTRY, _UNKNOWN_CODE = 3, 4, 2
COLUMNS = ("report_id", "received", "countries")


@dataclass(frozen=True, slots=True, kw_only=True)
class EnticementWorld:
    """Rows of the delivery, in file order, and the truth.

    Parameters
    ----------
    rows : tuple of (str, str, str)
        Report id, date and countries as written.
    truth : mapping of str to object
        Distinct reports in all and touching each region, and rows the reader must refuse.
    """

    rows: tuple[tuple[str, str, str], ...]
    truth: Mapping[str, object]


def simulate_enticement(*, seed: int, size: Size) -> EnticementWorld:
    """What does a delivery of multi-country reports look like, with the published number touching each region?

    Parameters
    ----------
    seed : int
    size : {"full", "small"}
        ``full``: 3,225 reports touch North America; ``small``: about a tenth.

    Returns
    -------
    EnticementWorld

    Examples
    --------
    >>> simulate_enticement(seed=2020, size="small").truth["by_region"]["Europe"]
    165
    """
    rng = np.random.default_rng([seed, 702])
    quota = {region: target(f"fig8-{key}", size=size) for region, key in _REGIONS.items()}
    reports = _reports(rng, quota)
    days = np.sort((_DAYS * rng.beta(2.6, 1.1, size=len(reports))).astype(int))
    numbers = 4_000_000 + np.cumsum(rng.integers(1, 4_000, size=len(reports)))
    order = rng.permutation(len(reports))
    rows = [
        (str(number), _date(int(day)), ";".join(reports[place]))
        for number, day, place in zip(numbers, days, order, strict=True)
    ]
    truth = {
        "distinct": len(reports),
        "by_region": quota,
        "rows_to_refuse": {
            "report-repeated": _REPEATED, "too-few-countries": _ONE_COUNTRY, "country-unknown": _UNKNOWN_CODE
        },
    }  # fmt: skip
    return EnticementWorld(rows=tuple(_with_faulty_rows(rng, rows)), truth=truth)


def _date(day: int) -> str:
    return (_FIRST_DAY + datetime.timedelta(days=min(day, _DAYS - 1))).isoformat()


def _reports(rng: np.random.Generator, quota: Mapping[str, int]) -> list[tuple[str, ...]]:
    """Draw the countries of reports until each region's number is used up."""
    left = dict(quota)
    reports = []
    while any(left.values()):
        open_regions = [region for region, number in left.items() if number]
        n_regions = min(1 + int(rng.choice(3, p=_P_REGIONS)), len(open_regions))
        weights = np.array([left[region] for region in open_regions], dtype=float)
        chosen = rng.choice(len(open_regions), size=n_regions, replace=False, p=weights / weights.sum())
        regions = [open_regions[place] for place in sorted(chosen)]
        for region in regions:
            left[region] -= 1
        reports.append(_countries(rng, regions))
    return reports


def _countries(rng: np.random.Generator, regions: list[str]) -> tuple[str, ...]:
    elsewhere = rng.random() < _P_NO_REGION
    countries: list[str] = []
    for region in regions:
        alone = len(regions) == 1 and not elsewhere
        countries += _drawn(rng, _COUNTRY_WEIGHTS[region], 2 if alone or rng.random() < _P_SECOND_COUNTRY else 1)
    if elsewhere:
        countries += _drawn(rng, _NO_REGION_WEIGHTS, 1)
    return tuple(countries)


def _drawn(rng: np.random.Generator, weights: Mapping[str, float], number: int) -> list[str]:
    return [str(code) for code in rng.choice(list(weights), size=number, replace=False, p=list(weights.values()))]


def _with_faulty_rows(rng: np.random.Generator, rows: list[tuple[str, str, str]]) -> list[tuple[str, str, str]]:
    """Repeat a few rows later in the delivery, and add reports for one country or with a code nobody knows."""
    written = list(rows)
    for place in rng.choice(len(rows), size=_REPEATED, replace=False):
        written.append(rows[int(place)])
    last = int(rows[-1][0])
    for number in range(_ONE_COUNTRY):
        written.append((str(last + 10 + number), _date(_DAYS - 40 + number), "US"))
    for number, codes in enumerate(["US;AN", "GB;XX"][:_UNKNOWN_CODE]):
        written.append((str(last + 100 + number), _date(_DAYS - 20 + number), codes))
    return written


def write_enticement(world: EnticementWorld, study: Path) -> None:
    """Write the delivery as ``input/enticement/multi-country-reports.csv``.

    Parameters
    ----------
    world : EnticementWorld
    study : Path
        Study folder; folders inside it are made.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(world.rows)
    folder = study / "input" / "enticement"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "multi-country-reports.csv").write_bytes(text.getvalue().encode())
