"""Referrals of synthetic cases by four agencies, some of one case by two of them.

A case happens; one agency refers it, sometimes a second or third one does a few days later and counts a little
differently. Each agency keeps its own list. Reviewers then look at every pair of referrals that could be one case and
decide, knowing the truth, except for a few pairs they leave open.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np

from darkfigure.records.restricted import DefinitionMet
from darkfigure.synth.partner_targets import Size, target

AGENCIES = ("FBI", "RCMP", "NCA", "NLO")
"""NLO stands for five Nordic countries that refer through shared liaison officers."""

_AGENCY_WEIGHTS = (0.44, 0.13, 0.26, 0.17)
_COUNTRIES = {"PH": "ph", "MX": "mx", "BR": "br", "IN": "in", "TH": "th", "RO": "ro", "KH": "kh"}
_CHANNELS = ("liaison-officer", "interpol", "embassy", "joint-operation", "other")
_CHANNEL_WEIGHTS = (0.46, 0.27, 0.09, 0.1, 0.08)
_FIRST_DAY = datetime.date(2010, 1, 1)
_DAYS = (datetime.date(2017, 12, 31) - _FIRST_DAY).days + 1
_REVIEW_DAYS = 14
_LONGEST_LAG_DAYS = 9
_TWICE = {"full": 28, "small": 3}
_THRICE = {"full": 2, "small": 1}
_UNCLEAR = {"full": 8, "small": 2}
_AFTER_PERIOD = {"full": 4, "small": 1}
_LEFT_OPEN = {"full": 2, "small": 1}

Damage = str
"""What is wrong with a row on purpose: ``""`` or the rule the reader must refuse it by."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferralRow:
    """One row of one agency's list.

    Parameters
    ----------
    agency, token : str
    date : datetime.date
    country : str
        Two-letter code; the writer spells it as the agency does.
    definition : DefinitionMet
    victims, suspects : int or None
    channel : str
    case : int
        Number of the true case; never written.
    damage : str
        Rule by which the reader must refuse the row, or empty.
    """

    agency: str
    token: str
    date: datetime.date
    country: str
    definition: DefinitionMet
    victims: int | None
    suspects: int | None
    channel: str
    case: int
    damage: Damage = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferralWorld:
    """Four agencies' lists, the reviewers' decisions, and the truth.

    Parameters
    ----------
    lists : mapping of str to tuple of ReferralRow
        Rows of each agency, in the order of its file.
    decisions : tuple of tuple of str
        Rows of the decision file.
    truth : mapping of str to object
        Distinct cases by country that meet the definition in the period, and what was planted.
    """

    lists: Mapping[str, tuple[ReferralRow, ...]]
    decisions: tuple[tuple[str, ...], ...]
    truth: Mapping[str, object]


def simulate_referrals(*, seed: int, size: Size) -> ReferralWorld:
    """What do four agencies' referral lists look like, when the published number of distinct cases lies behind them?

    Parameters
    ----------
    seed : int
    size : {"full", "small"}
        ``full``: 313 distinct cases; ``small``: about a tenth.

    Returns
    -------
    ReferralWorld

    Examples
    --------
    >>> world = simulate_referrals(seed=2020, size="small")
    >>> world.truth["distinct_by_country"]["MX"]
    3
    """
    rng = np.random.default_rng([seed, 701])
    by_country = {code: target(f"fig7-{key}", size=size) for code, key in _COUNTRIES.items()}
    cases = [_case(rng, country) for country, number in by_country.items() for _ in range(number)]
    rows = _referred(rng, cases, twice=_TWICE[size], thrice=_THRICE[size])
    n_extra = _UNCLEAR[size] + _AFTER_PERIOD[size]
    extra = [_case(rng, str(rng.choice(["PH", "PH", "MX", "CO"]))) for _ in range(n_extra)]
    for number, row in enumerate(extra):
        late = number >= _UNCLEAR[size]
        date = datetime.date(2018, 1, 5) + datetime.timedelta(days=9 * number) if late else row.date
        meaning = DefinitionMet.YES if late else DefinitionMet.UNCLEAR
        rows.append(replace(row, agency=_agency(rng), case=len(cases) + number, date=date, definition=meaning))
    lists = _lists(rng, rows)
    decisions, left_open = _review(rng, lists, left_open=_LEFT_OPEN[size])
    truth = {
        "distinct_by_country": by_country,
        "distinct": sum(by_country.values()),
        "referred_twice": _TWICE[size],
        "referred_thrice": _THRICE[size],
        "unclear": _UNCLEAR[size],
        "after_period": _AFTER_PERIOD[size],
        "pairs_left_open": left_open,
        "rows_to_refuse": sum(bool(r.damage) for rows in lists.values() for r in rows),
        "rows": {agency: len(rows) for agency, rows in lists.items()},
    }
    return ReferralWorld(lists=lists, decisions=decisions, truth=truth)


def _case(rng: np.random.Generator, country: str) -> ReferralRow:
    """Draw a case of a country, later years more often; the agency comes later."""
    day = int(_DAYS * rng.beta(2.2, 1.0))
    return ReferralRow(
        agency="",
        token="",
        date=_FIRST_DAY + datetime.timedelta(days=min(day, _DAYS - 1)),
        country=country,
        definition=DefinitionMet.YES if rng.random() < 0.8 else DefinitionMet.PROBABLE,
        victims=None if rng.random() < 0.15 else int(1 + rng.poisson(1.7)),
        suspects=None if rng.random() < 0.1 else int(1 + rng.poisson(0.6)),
        channel=str(rng.choice(_CHANNELS, p=_CHANNEL_WEIGHTS)),
        case=-1,
    )


def _agency(rng: np.random.Generator) -> str:
    return str(rng.choice(AGENCIES, p=_AGENCY_WEIGHTS))


def _referred(rng: np.random.Generator, cases: list[ReferralRow], *, twice: int, thrice: int) -> list[ReferralRow]:
    """Let agencies refer each case once, and some of them again by another agency."""
    again = rng.choice(len(cases), size=twice + thrice, replace=False)
    referrals = {int(case): 3 if place < thrice else 2 for place, case in enumerate(again)}
    rows = []
    for number, case in enumerate(cases):
        n_agencies = referrals.get(number, 1)
        chosen = rng.choice(AGENCIES, size=n_agencies, replace=False, p=_AGENCY_WEIGHTS)
        first = replace(case, case=number, agency=str(chosen[0]))
        rows += [first, *(_seen_again(rng, first, str(agency)) for agency in chosen[1:])]
    return rows


def _seen_again(rng: np.random.Generator, first: ReferralRow, agency: str) -> ReferralRow:
    """State the same case a few days later, by another agency that counts one victim more or does not count."""
    latest = _FIRST_DAY + datetime.timedelta(days=_DAYS - 1)
    date = min(first.date + datetime.timedelta(days=int(rng.integers(0, _LONGEST_LAG_DAYS + 1))), latest)
    victims = first.victims
    if victims is not None:
        victims = None if rng.random() < 0.1 else victims + int(rng.random() < 0.2)
    channel = str(rng.choice(_CHANNELS, p=_CHANNEL_WEIGHTS))
    return replace(first, agency=agency, date=date, victims=victims, channel=channel)


def _lists(rng: np.random.Generator, rows: list[ReferralRow]) -> dict[str, tuple[ReferralRow, ...]]:
    """Put rows into each agency's list by date, number them in its own way and plant one faulty row in each."""
    lists = {}
    for agency, damage in zip(
        AGENCIES, ("token-repeated", "country-unknown", "date-malformed", "count-malformed"), strict=True
    ):
        own = sorted((r for r in rows if r.agency == agency), key=lambda r: (r.date, r.case))
        numbered = [replace(r, token=_token(agency, n, r.date)) for n, r in enumerate(own, start=1)]
        place = int(rng.integers(1, len(numbered)))
        faulty = replace(numbered[place - 1], damage=damage, case=-1)
        if damage != "token-repeated":
            faulty = replace(faulty, token=_token(agency, len(numbered) + 1, faulty.date))
        lists[agency] = (*numbered[:place], faulty, *numbered[place:])
    return lists


def _token(agency: str, number: int, date: datetime.date) -> str:
    written = {
        "FBI": f"VC-{date.year}-{number:05d}",
        "RCMP": f"{date.year}/NCECC/{number:04d}",
        "NCA": f"OP{number:06d}",
        "NLO": f"{number:04d}-{date.year % 100:02d}",
    }
    return written[agency]


def _review(
    rng: np.random.Generator, lists: Mapping[str, tuple[ReferralRow, ...]], *, left_open: int
) -> tuple[tuple[tuple[str, ...], ...], int]:
    """Decide every pair that could be one case, but leave some pairs of different cases open."""
    pairs = list(_pairs_to_review(lists))
    pairs_a_case = {case: sum(case in (a.case, b.case) for (_, a), (_, b) in pairs) for case in _cases(pairs)}
    doubtful = [
        number
        for number, ((_, a), (_, b)) in enumerate(pairs)
        if a.case != b.case and pairs_a_case[a.case] == pairs_a_case[b.case] == 1
    ]
    open_pairs = {int(n) for n in rng.permutation(doubtful)[:left_open]}
    decisions = []
    for number, ((row_a, a), (row_b, b)) in enumerate(pairs):
        if number in open_pairs:
            continue
        same = a.case == b.case
        why = "case summaries agree" if same else str(rng.choice(["other suspects", "other place", "other victims"]))
        when = (datetime.date(2018, 9, 3) + datetime.timedelta(days=number % 40)).isoformat()
        said = "same" if same else "different"
        decisions.append((a.agency, str(row_a), b.agency, str(row_b), said, "reviewer 1", when, why))
    return tuple(decisions), len(open_pairs)


_Place = tuple[int, ReferralRow]


def _cases(pairs: list[tuple[_Place, _Place]]) -> set[int]:
    return {row.case for pair in pairs for _, row in pair}


def _pairs_to_review(lists: Mapping[str, tuple[ReferralRow, ...]]) -> Iterator[tuple[_Place, _Place]]:
    """Yield pairs of rows of two agencies that could be one case; row numbers as a spreadsheet shows them."""
    places = {
        agency: [(n, r) for n, r in enumerate(rows, start=2) if not r.damage] for agency, rows in lists.items()
    }  # fmt: skip
    for first, second in combinations(AGENCIES, 2):
        for a in places[first]:
            for b in places[second]:
                near = abs((a[1].date - b[1].date).days) <= _REVIEW_DAYS
                if near and a[1].country == b[1].country and _counts_agree(a[1], b[1]):
                    yield a, b


def _counts_agree(a: ReferralRow, b: ReferralRow) -> bool:
    both = ((a.victims, b.victims), (a.suspects, b.suspects))
    return all(x is None or y is None or abs(x - y) <= 1 for x, y in both)
