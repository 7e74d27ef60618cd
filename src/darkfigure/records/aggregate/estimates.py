"""What an estimator answers: an estimate with its interval, or a refusal with its reason."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from darkfigure.errors import RecordError


def _fault(problem: str, allowed: str) -> RecordError:
    return RecordError(
        "E-RECORD-02",
        where="estimate",
        problem=problem,
        allowed=allowed,
        remedy="Report this as a fault in darkfigure.",
    )


class Reason(StrEnum):
    """Why a question cannot be answered from the data given."""

    NO_OVERLAP = "no-overlap"
    DOES_NOT_EXIST = "does-not-exist"
    NOT_IDENTIFIED = "not-identified"
    BOUNDARY = "boundary"
    DIVERGED = "diverged"
    UNORDERED_LISTS = "unordered-lists"
    TOO_FEW_LISTS = "too-few-lists"
    PRIOR_DOMINATED = "prior-dominated"
    NOT_CONVERGED = "not-converged"
    NO_DATA = "no-data"
    WRONG_TABLE = "wrong-table"
    TOO_WIDE = "too-wide"
    CHECK_FAILED = "check-failed"
    NO_SIZE = "no-size"
    CHURN = "churning"


@dataclass(frozen=True, slots=True)
class Interval:
    """An interval with its level and the method that made it; ``upper`` may be infinite, ``lower`` may not.

    Raises
    ------
    RecordError (E-RECORD-02)
        The bounds are out of order, not numbers, or the level is not between 0 and 1.
    """

    lower: float
    upper: float
    level: float
    method: str

    def __post_init__(self) -> None:
        if not (math.isfinite(self.lower) and not math.isnan(self.upper) and self.lower <= self.upper):
            raise _fault("interval bounds are out of order", "finite lower <= upper")
        if not 0 < self.level < 1:
            raise _fault("interval level is impossible", "a level between 0 and 1")


@dataclass(frozen=True, slots=True)
class Caution:
    """A coded warning that travels beside a number.

    Parameters
    ----------
    code : str
        Stable code such as ``"C-CHURN"``.
    text : str
        One sentence a reader without statistics understands. Holds no record value.
    """

    code: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantity:
    """One named number of a model with several answers: a survival rate, a detection probability, a yearly size.

    Parameters
    ----------
    name : str
        Stable name such as ``"Phi"``, ``"p[3]"`` or ``"N[2]"``.
    value : float or None
        ``None`` when the data cannot tell this quantity from others.
    standard_error : float or None
        Of the value.
    interval : Interval or None
        Of the value.
    confounded_with : tuple of str
        Names of the quantities it cannot be told apart from; empty when it is identified.

    Raises
    ------
    RecordError (E-RECORD-02)
        A value stands although it is confounded, or is not finite.

    Examples
    --------
    >>> Quantity(name="Phi[6]", value=None, confounded_with=("p[7]",)).confounded_with
    ('p[7]',)
    """

    name: str
    value: float | None
    standard_error: float | None = None
    interval: Interval | None = None
    confounded_with: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.value is not None and (self.confounded_with or not math.isfinite(self.value)):
            raise _fault("a quantity that is confounded or not finite carries a value", "None, or an identified number")


@dataclass(frozen=True, slots=True, kw_only=True)
class SurvivalEstimate:
    """What a model without a population size answers: rates of staying and of being seen.

    Parameters
    ----------
    method : str
        Registry name of the estimator, such as ``"cjs"``.
    n_observed : int
        Units seen.
    quantities : tuple of Quantity
        The rates, with standard errors and intervals.
    deviance, df, aic, bic : float or None
        Fit statistics.
    parameters, diagnostics : mapping of str to float
        Named numbers.
    assumptions : tuple of str
        What must hold for the numbers to mean what they say.
    cautions : tuple of Caution
        What looked wrong.

    Raises
    ------
    RecordError (E-RECORD-02)
        A fit statistic is not finite.
    """

    method: str
    n_observed: int
    quantities: tuple[Quantity, ...]
    deviance: float | None = None
    df: int | None = None
    aic: float | None = None
    bic: float | None = None
    parameters: Mapping[str, float] = field(default_factory=dict)
    diagnostics: Mapping[str, float] = field(default_factory=dict)
    assumptions: tuple[str, ...] = ()
    cautions: tuple[Caution, ...] = ()

    def __post_init__(self) -> None:
        if any(x is not None and not math.isfinite(x) for x in (self.deviance, self.aic, self.bic)):
            raise _fault("an estimate holds a number that is not finite", "finite numbers, or a NotEstimable")

    @property
    def n_total(self) -> None:
        """No size: the model says nothing about units never seen."""
        return

    @property
    def status(self) -> str:
        """Always ``"estimated"``."""
        return "estimated"


@dataclass(frozen=True, slots=True, kw_only=True)
class PopulationEstimate:
    """An estimated number of units, seen and unseen.

    Parameters
    ----------
    method : str
        Registry name of the estimator, such as ``"Mth-chao"``.
    n_observed, n_total : float
        Units seen, and units in all; ``n_total >= n_observed``.
    standard_error : float or None
        Of ``n_total``.
    interval : Interval or None
        Of ``n_total``.
    deviance, df, aic, bic : float or None
        Fit statistics for likelihood models.
    parameters : mapping of str to float
        Named model parameters.
    diagnostics : mapping of str to float
        Numbers that let a reader judge the fit.
    assumptions : tuple of str
        What must hold for the number to mean what it says.
    cautions : tuple of Caution
        What looked wrong.
    quantities : tuple of Quantity
        Further answers of the model, such as the size at each occasion of an open population.

    Raises
    ------
    RecordError (E-RECORD-02)
        A value is not finite, or fewer units in all than seen.
    """

    method: str
    n_observed: int
    n_total: float
    standard_error: float | None = None
    interval: Interval | None = None
    deviance: float | None = None
    df: int | None = None
    aic: float | None = None
    bic: float | None = None
    parameters: Mapping[str, float] = field(default_factory=dict)
    diagnostics: Mapping[str, float] = field(default_factory=dict)
    assumptions: tuple[str, ...] = ()
    cautions: tuple[Caution, ...] = ()
    quantities: tuple[Quantity, ...] = ()

    def __post_init__(self) -> None:
        numbers = [self.n_total, self.standard_error, self.deviance, self.aic, self.bic]
        if any(x is not None and not math.isfinite(x) for x in numbers):
            raise _fault("an estimate holds a number that is not finite", "finite numbers, or a NotEstimable")
        if self.n_observed < 0 or self.n_total < self.n_observed * (1 - 1e-9):
            raise _fault("fewer units in all than were seen", "n_total >= n_observed")

    @property
    def n_unseen(self) -> float:
        """Units that no record shows (``f_0``)."""
        return self.n_total - self.n_observed

    @property
    def status(self) -> str:
        """Always ``"estimated"``."""
        return "estimated"


@dataclass(frozen=True, slots=True, kw_only=True)
class NotEstimable:
    """A refusal: the method cannot answer from these data, and why.

    Parameters
    ----------
    method : str
        Registry name of the estimator.
    reason : Reason
        The coded reason.
    explanation : str
        One or two sentences for a reader, with what would be needed.
    n_observed : int
        Units seen.
    diagnostics : mapping of str to float
        Numbers that show the reason.
    """

    method: str
    reason: Reason
    explanation: str
    n_observed: int = 0
    diagnostics: Mapping[str, float] = field(default_factory=dict)

    @property
    def status(self) -> str:
        """Always ``"not-estimable"``."""
        return "not-estimable"


EstimateResult = PopulationEstimate | NotEstimable
