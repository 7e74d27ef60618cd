"""The one error tree: every refusal a caller can mend, with a code, an exit code and a remedy.

A message says where, what is wrong, what is allowed and what to do next. It never carries a value taken from a
record: field names, row numbers and rule names only. A question that the data cannot answer is not an error; it is
a result (``NotEstimable``, ``NotClassifiable``) with a reason code.
"""

from __future__ import annotations

from typing import ClassVar


class DarkfigureError(Exception):
    """Root of every error this package raises on purpose.

    Parameters
    ----------
    code : str
        Stable code such as ``"E-INTAKE-03"``; each has an entry in ``docs/errors.md``.
    where : str
        File, row and field, or the option that is wrong. Never a record's value.
    problem : str
        What is wrong.
    allowed : str
        What would be accepted.
    remedy : str
        What to do next.

    Examples
    --------
    >>> error = IntakeError("E-INTAKE-01", where="a.csv", problem="no header", allowed="a header row", remedy="Add it.")
    >>> str(error)
    'E-INTAKE-01 a.csv: no header. Allowed: a header row. Next: Add it.'
    >>> error.exit_code
    10
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, code: str, *, where: str, problem: str, allowed: str, remedy: str) -> None:
        self.code = code
        self.where = where
        self.problem = problem
        self.allowed = allowed
        self.remedy = remedy
        super().__init__(f"{code} {where}: {problem}. Allowed: {allowed}. Next: {remedy}")


class RecordError(DarkfigureError):
    """A record that crosses a stage was built in an impossible state (a fault in the calling code)."""

    exit_code = 2


class IntakeError(DarkfigureError):
    """A partner's file cannot be read as a whole."""

    exit_code = 10


class LinkageError(DarkfigureError):
    """Entities cannot be linked as asked."""

    exit_code = 20


class HistoriesError(DarkfigureError):
    """Occasions, windows or capture tables are inconsistent."""

    exit_code = 30


class EstimateError(DarkfigureError):
    """An estimator was called with inputs it does not take."""

    exit_code = 40


class DisclosureError(DarkfigureError):
    """A release would break the declared protection policy."""

    exit_code = 50


class StudyError(DarkfigureError):
    """A study folder or ``study.toml`` is wrong."""

    exit_code = 60
