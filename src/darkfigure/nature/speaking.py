"""How does a number become a finding: with its base, its unknown, its interval and its cautions?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from darkfigure.estimate.proportions import clustered_mean_interval
from darkfigure.nature.cautions import AVAILABLE_FILES, base_cautions, share_cautions
from darkfigure.nature.medians import median_interval, median_of
from darkfigure.nature.options import UnknownConvention
from darkfigure.nature.review import Review
from darkfigure.nature.shares import Share, by_case
from darkfigure.nature.units import Numbers
from darkfigure.records.aggregate import Caution, Finding, Interval, Question, Reason, Refusal

FILES_LIKE_THESE = "interval: files like these are taken as drawn independently, case by case"
STATED_AT_RANDOM = "files that state the property are like those that do not"
CODED_RIGHT = "the coder read the file rightly"

DETAIL = "{detail}"
"""Marks where a statement takes its numerator, denominator and interval; filled in before a finding is made."""


def those_known(noun: str, words: str, *, unknown: int) -> str:
    """Name the units of known property with their base, or the base alone when nothing is unknown.

    Examples
    --------
    >>> those_known("victims", "whose sex is known", unknown=3)
    '{known} victims whose sex is known (of {base})'
    >>> those_known("victims", "whose sex is known", unknown=0)
    '{base} victims'
    """
    return f"{{known}} {noun} {words} (of {{base}})" if unknown else f"{{base}} {noun}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """What findings about one kind of unit have in common.

    Parameters
    ----------
    review : Review
        Records, options, digests.
    unit : str
        Unit of counts, such as ``"victims"``.
    base_label : str
        The base in words, such as ``"victims named in the reviewed files"``.
    """

    review: Review
    unit: str
    base_label: str

    def count(
        self,
        finding_id: str,
        statement: str,
        value: int,
        *,
        estimand: str,
        contributors: int,
        base: int | None = None,
        known: int | None = None,
        unit: str = "",
        headline: bool = False,
        cautions: tuple[Caution, ...] = (),
    ) -> Finding:
        """Make a finding of a whole number of units."""
        return Finding(
            id=finding_id,
            question=Question.NATURE,
            statement=statement,
            value=value,
            unit=unit or self.unit,
            estimand=estimand,
            base=base,
            base_label=self.base_label,
            known=known,
            unknown=None if known is None or base is None else base - known,
            contributors=contributors,
            assumptions=(CODED_RIGHT,),
            cautions=(*cautions, AVAILABLE_FILES),
            source_digests=self.review.digests,
            headline=headline,
        )

    def year(self, finding_id: str, statement: str, years: Sequence[int], *, last: bool = False) -> Finding:
        """Make a finding of the first or last calendar year of cases; the year is text, so that no rule rounds it."""
        year = max(years) if last else min(years)
        return Finding(
            id=finding_id,
            question=Question.NATURE,
            statement=statement,
            value=str(year),
            unit="calendar year",
            estimand=f"{'last' if last else 'first'} calendar year of referral or investigation: {self.base_label}",
            base=len(years),
            base_label=self.base_label,
            contributors=years.count(year),
            assumptions=(CODED_RIGHT,),
            cautions=(AVAILABLE_FILES,),
            source_digests=self.review.digests,
        )

    def share(
        self,
        finding_id: str,
        statement: str,
        share: Share,
        *,
        estimand: str,
        headline: bool = False,
        cautions: tuple[Caution, ...] = (),
    ) -> Finding:
        """Make a finding of a share; ``{detail}`` in the statement becomes count, denominator and interval."""
        excluded = share.convention is UnknownConvention.EXCLUDE
        divisor = "{known}" if excluded else "{base}"
        span = "; interval {interval}" if share.interval else ""
        refusal = None if share.denominator else _nothing(self.unit)
        return Finding(
            id=finding_id,
            question=Question.NATURE,
            statement=statement.replace(DETAIL, f" ({{numerator}} of {divisor}{span})"),
            value=share.value,
            unit="share",
            estimand=estimand,
            base=share.base,
            base_label=self.base_label,
            numerator=share.count,
            known=share.known,
            unknown=share.unknown,
            interval=share.interval,
            contributors=share.contributors,
            assumptions=(CODED_RIGHT, FILES_LIKE_THESE, *((STATED_AT_RANDOM,) if excluded and share.unknown else ())),
            cautions=(*share_cautions(share), *cautions, AVAILABLE_FILES),
            refusal=refusal,
            source_digests=self.review.digests,
            headline=headline,
        )

    def measure(
        self,
        finding_id: str,
        statement: str,
        value: float | None,
        *,
        unit: str,
        estimand: str,
        base: int,
        known: int,
        contributors: int,
        case_base: int,
        interval: Interval | None = None,
        headline: bool = False,
        cautions: tuple[Caution, ...] = (),
    ) -> Finding:
        """Make a finding of a measured number such as an age; ``{detail}`` becomes the interval, if there is one."""
        return Finding(
            id=finding_id,
            question=Question.NATURE,
            statement=statement.replace(DETAIL, " (interval {interval})" if interval else ""),
            value=value,
            unit=unit,
            estimand=estimand,
            base=base,
            base_label=self.base_label,
            known=known,
            unknown=base - known,
            interval=interval if value is not None else None,
            contributors=contributors,
            assumptions=(CODED_RIGHT, *((FILES_LIKE_THESE,) if interval else ())),
            cautions=(*base_cautions(base=base, known=known, used=known, cases=case_base), *cautions, AVAILABLE_FILES),
            refusal=None if value is not None else _nothing(self.unit),
            source_digests=self.review.digests,
            headline=headline,
        )

    def median(
        self,
        finding_id: str,
        statement: str,
        numbers: Numbers,
        *,
        unit: str,
        estimand: str,
        headline: bool = False,
        cautions: tuple[Caution, ...] = (),
    ) -> Finding:
        """Make a finding of a median with its case-clustered interval."""
        behind = numbers.behind()
        return self.measure(
            finding_id,
            statement,
            median_of(numbers),
            unit=unit,
            estimand=estimand,
            base=len(numbers.cases),
            known=len(numbers.known.cases),
            contributors=behind,
            case_base=behind,
            interval=median_interval(numbers, level=self.review.options.level),
            headline=headline,
            cautions=cautions,
        )

    def mean(
        self,
        finding_id: str,
        statement: str,
        numbers: Numbers,
        *,
        unit: str,
        estimand: str,
        cautions: tuple[Caution, ...] = (),
    ) -> Finding:
        """Make a finding of a mean over known units with its case-clustered interval."""
        known, behind = numbers.known, numbers.behind()
        sums, sizes = by_case(known.cases, known.array.tolist())
        return self.measure(
            finding_id,
            statement,
            float(sums.sum() / sizes.sum()) if behind else None,
            unit=unit,
            estimand=estimand,
            base=len(numbers.cases),
            known=len(known.cases),
            contributors=behind,
            case_base=behind,
            interval=clustered_mean_interval(sums, sizes, level=self.review.options.level),
            cautions=cautions,
        )

    def extremes(
        self,
        numbers: Numbers,
        *,
        ids: tuple[str, str],
        statements: tuple[str, str],
        estimands: tuple[str, str],
        unit: str,
        cautions: tuple[Caution, ...] = (),
    ) -> tuple[Finding, Finding]:
        """Make findings of the smallest and the largest number; behind each stand the cases that hold it."""
        known = [v for v in numbers.known.values if v is not None]
        ends = (min(known), max(known)) if known else (None, None)
        made = [
            self.measure(
                ids[i],
                statements[i],
                None if ends[i] is None else float(ends[i] or 0),
                unit=unit,
                estimand=estimands[i],
                base=len(numbers.cases),
                known=len(known),
                contributors=numbers.behind(ends[i]) if known else 0,
                case_base=numbers.behind(),
                cautions=cautions,
            )
            for i in (0, 1)
        ]
        return made[0], made[1]


def _nothing(unit: str) -> Refusal:
    return Refusal(Reason.NO_DATA, f"The reviewed files hold no {unit} for whom this is known.")
