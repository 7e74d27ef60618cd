"""The synthetic case review: drawn person by person, under the margins that the published review reports."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from darkfigure.records.restricted import CaseReviewTable
from darkfigure.synth.case_customers import SPOTLIGHT_SUSPECTS, draw_customers, spotlight_links
from darkfigure.synth.case_files import draw_files
from darkfigure.synth.case_second_coder import DISAGREEMENT, differing_share, read_again
from darkfigure.synth.case_targets import CaseTargets, Size, case_targets
from darkfigure.synth.case_traffickers import draw_traffickers
from darkfigure.synth.case_victims import draw_victims


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class CaseWorld:
    """Two readings of a synthetic set of case files, and the settings they were drawn under.

    Parameters
    ----------
    first : CaseReviewTable
        What coder A found in every file.
    second : CaseReviewTable
        What coder B found in some of them; numbers of files and people agree with the first reading.
    truth : dict
        Settings and margins, ready for JSON.
    """

    first: CaseReviewTable
    second: CaseReviewTable
    truth: dict[str, object]

    def __repr__(self) -> str:
        return f"CaseWorld(<{len(self.first.cases)} synthetic cases>)"


def simulate_case_review(*, seed: int, size: Size) -> CaseWorld:
    """What would a review of case files hold, if it had the published margins?

    Files, victims, traffickers and customers are drawn one by one under quotas: every margin holds in the rows, and
    no result is written down anywhere.

    Parameters
    ----------
    seed : int
    size : {"full", "small"}
        92 files, or 12 of the same structure.

    Returns
    -------
    CaseWorld

    Raises
    ------
    RecordError (E-RECORD-40)
        The margins exclude each other.

    Examples
    --------
    >>> world = simulate_case_review(seed=7, size="small")
    >>> len(world.first.cases), len(world.second.cases)
    (12, 4)
    """
    rng = np.random.default_rng([seed, 92])
    targets = case_targets(size)
    files = draw_files(targets, rng=rng)
    victims = draw_victims(files, targets, rng=rng)
    traffickers = draw_traffickers(files, victims, targets, rng=rng)
    first = CaseReviewTable(
        coder="A",
        cases=tuple(file.as_record() for file in files),
        victims=tuple(victim.as_record() for victim in victims),
        traffickers=tuple(trafficker.as_record() for trafficker in traffickers),
        customers=tuple(draw_customers(files, targets, rng=rng)),
        links=tuple(spotlight_links(files)),
    )
    second = read_again(first, coder="B", files=targets.second_coder_files, rng=rng)
    return CaseWorld(first=first, second=second, truth=_truth(targets, first, second, seed=seed, size=size))


def _truth(
    targets: CaseTargets, first: CaseReviewTable, second: CaseReviewTable, *, seed: int, size: Size
) -> dict[str, object]:
    """Give the settings of the draw: what was asked of it, not what an analysis should find."""
    return {
        "seed": seed,
        "size": size,
        "files": targets.files,
        "cases_by_year": {str(year): count for year, count in targets.cases_by_year.items()},
        "victims": targets.victims,
        "traffickers": targets.traffickers,
        "age_bands": [[band.low, band.high, band.victims] for band in targets.age_bands],
        "victim_provinces": targets.victim_provinces,
        "arrest_provinces": targets.arrest_provinces,
        "lead_country": dict(targets.lead_country),
        "spotlight_suspects": SPOTLIGHT_SUSPECTS,
        "spotlight_case": next(case.number for case in first.cases if case.spotlight),
        "second_coder_files": len(second.cases),
        "chance_of_disagreement": dict(DISAGREEMENT),
        "differing_share": round(differing_share(first, second), 4),
    }
