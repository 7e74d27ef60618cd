"""Under which rules may numbers be published?"""

from __future__ import annotations

from dataclasses import dataclass

from darkfigure.errors import DisclosureError


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Threshold and rounding rules of one release.

    Parameters
    ----------
    name : str
        What the report calls these rules.
    threshold : int
        Smallest protected count that may be published; zero may be published, ``1 .. threshold - 1`` may not.
        1 withholds nothing.
    rounding_base : int
        Protected counts are rounded to a multiple of it after suppression; 1 leaves them.
    complementary : int
        Fewest cells withheld in a column once one is: with 2, no single withheld cell can be found by subtraction.
    reason : str
        Why a study departs from the default, in words; printed in the report.

    Raises
    ------
    DisclosureError (E-DISC-01)
        A rule is impossible.
    DisclosureError (E-DISC-02)
        The default is weakened without a reason.

    Examples
    --------
    >>> Policy.default().threshold
    10
    """

    name: str
    threshold: int
    rounding_base: int
    complementary: int
    reason: str = ""

    def __post_init__(self) -> None:
        if min(self.threshold, self.rounding_base, self.complementary) < 1:
            raise DisclosureError(
                "E-DISC-01",
                where="[disclosure]",
                problem="a threshold, rounding base or number of complementary cells is below 1",
                allowed="whole numbers of 1 or more",
                remedy="Correct the [disclosure] section of study.toml.",
            )
        weaker = self.threshold < DEFAULT_THRESHOLD or self.rounding_base < DEFAULT_ROUNDING_BASE
        if weaker and not self.reason:
            raise DisclosureError(
                "E-DISC-02",
                where="[disclosure]",
                problem="rules weaker than the default have no reason",
                allowed=f"threshold {DEFAULT_THRESHOLD} and rounding base {DEFAULT_ROUNDING_BASE} or more, or a reason",
                remedy="Add reason = '...' to the [disclosure] section of study.toml, or use the default rules.",
            )

    @classmethod
    def default(cls) -> Policy:
        """Rules used when a study declares none."""
        return cls(
            name="default policy",
            threshold=DEFAULT_THRESHOLD,
            rounding_base=DEFAULT_ROUNDING_BASE,
            complementary=2,
        )

    def in_words(self) -> tuple[tuple[str, str], ...]:
        """Rules as (name, setting) pairs for the report."""
        rounding = "not rounded" if self.rounding_base == 1 else f"rounded to the nearest {self.rounding_base}"
        threshold = "nothing" if self.threshold == 1 else f"counts from 1 to {self.threshold - 1}"
        rules = [
            ("Policy", self.name),
            ("Withheld", threshold),
            ("Published counts", rounding),
            ("Fewest cells withheld in a column once one is", str(self.complementary)),
            ("Not yet checked", NOT_YET_CHECKED),
        ]
        return tuple([*rules, ("Reason for departing from the default", self.reason)] if self.reason else rules)


NOT_YET_CHECKED = (
    "whether withheld numbers can be worked out from several tables together, from an earlier release of the same "
    "study, or back from an estimate"
)
"""What these rules do not promise; printed with every release."""

DEFAULT_THRESHOLD = 10
"""Smallest publishable count by default; the least of the counts and the cases behind them is compared."""

DEFAULT_ROUNDING_BASE = 5
"""Default rounding base."""
