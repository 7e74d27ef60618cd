"""What came of a damage: a clear refusal, or rows that add up; and nothing of a record in any message."""

from __future__ import annotations

import contextlib
import hashlib
import io
import logging
import re
import signal
import traceback
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from canary_scan import Scanner
from damage_study import Target

from darkfigure.errors import DarkfigureError
from darkfigure.records.aggregate import Answer, IntakeAudit, NotEstimable, Question
from darkfigure.study.checking import render_audit
from darkfigure.study.inputs import StudyInputs, read_inputs
from darkfigure.study.publish import make_release
from darkfigure.study.questions import answer_questions
from darkfigure.study.spec import StudySpec

LONGEST_SECONDS = 10
CODE = re.compile(r"E-(INTAKE|LINK|HIST|EST|DISC|STUDY|RECORD)-\d\d")
KEY = hashlib.sha256(b"damage").digest()
QUESTIONS_ABOUT_FILES = (Question.ACCOUNTING,)


class TooSlowError(BaseException):
    """A damage made a reader run on and on."""


@dataclass
class Outcome:
    """What came of reading, checking and asking questions of one damaged delivery."""

    status: str = "read"
    code: str = ""
    complaints: list[str] = field(default_factory=list)
    told: str = ""
    audit: IntakeAudit = field(default_factory=IntakeAudit)
    facts: dict[str, object] = field(default_factory=dict)
    differences: int = 0

    def refuses_more_than(self, before: Outcome) -> bool:
        """Whether a row is refused that was not."""
        return not set(self.audit.refused_rows) <= set(before.audit.refused_rows)


def examine(study: Path, target: Target, spec: StudySpec, *, scanner: Scanner, asks: bool = True) -> Outcome:
    """Read one delivery, ask the study's questions of it (``asks``) and say what is wrong with how it was taken."""
    outcome = Outcome()
    with _listening() as heard, _time_limit():
        try:
            inputs = _read(study, target, spec, outcome)
            if asks:
                _ask(study, spec, inputs, outcome)
        except DarkfigureError as error:
            _judge_refusal(error, outcome)
        except (Exception, TooSlowError) as error:
            place = traceback.extract_tb(error.__traceback__)[-1]
            outcome.status = "crashed"
            outcome.complaints.append(f"{type(error).__name__} in {Path(place.filename).name}:{place.lineno}")
    told = outcome.told + heard.getvalue()
    shown = {f"shows a {canary.kind} of {canary.place}" for canary, _ in scanner.find(told.encode())}
    outcome.complaints += sorted(shown)
    return outcome


def _read(study: Path, target: Target, spec: StudySpec, outcome: Outcome) -> StudyInputs:
    inputs = read_inputs(spec, folder=study, key=KEY, progress=lambda *_: None)
    outcome.audit = inputs.audit
    _judge_accounts(study, target, inputs, outcome)
    return inputs


def _ask(study: Path, spec: StudySpec, inputs: StudyInputs, outcome: Outcome) -> None:
    answer = answer_questions(spec, inputs, folder=study, truth=None, progress=lambda *_: None)
    outcome.facts = facts(answer)
    released = make_release(answer, spec, digests=inputs.audit.digests())
    outcome.told += repr((answer, released))


def facts(answer: Answer) -> dict[str, object]:
    """Everything an answer says that does not depend on the order of rows or the spelling of files."""
    said: dict[str, object] = {}
    for finding in answer.findings:
        value = finding.value.reason if isinstance(finding.value, NotEstimable) else finding.value
        if finding.question not in QUESTIONS_ABOUT_FILES:
            numbers = (value, finding.numerator, finding.base, finding.known, finding.unknown, finding.interval)
            said[f"finding {finding.id}"] = numbers
    for table in answer.tables:
        if table.question not in QUESTIONS_ABOUT_FILES:
            said[f"table {table.id}"] = sorted(map(repr, table.rows))
    return said


def _judge_refusal(error: DarkfigureError, outcome: Outcome) -> None:
    outcome.status, outcome.code = "refused", error.code
    outcome.told += "".join(traceback.format_exception(error)) + repr(error)
    parts = {"where": error.where, "problem": error.problem, "allowed": error.allowed, "remedy": error.remedy}
    outcome.complaints += [f"{error.code} has no {name}" for name, text in parts.items() if not text.strip()]
    if not CODE.fullmatch(error.code):
        outcome.complaints.append(f"no code: {error.code}")
    if error.code.startswith("E-RECORD"):
        outcome.complaints.append(f"{error.code} is a fault of the program, not of a file")


def _judge_accounts(study: Path, target: Target, inputs: StudyInputs, outcome: Outcome) -> None:
    problems = inputs.reports.problems if inputs.reports is not None else ()
    outcome.differences = sum(problem.severity == "difference" for problem in problems)
    shown = render_audit(inputs.audit)
    outcome.told += "\n".join([shown, repr(problems), *(str(p.error()) for p in problems)])
    outcome.told += repr(inputs) + repr(inputs.audit)
    outcome.told += repr((inputs.reports, inputs.cases, inputs.referrals, inputs.multi_country, inputs.practice))
    for (source, unit), counted in target.count(study).items():
        said = _sum(inputs.audit, source, unit, "rows_in")
        if said != counted:
            outcome.complaints.append(f"{source}: {counted} {unit} in the files, {said} in the accounts")
    for (source, unit), held in target.kept(inputs).items():
        said = _sum(inputs.audit, source, unit, "rows_accepted")
        if said != held:
            outcome.complaints.append(f"{source}: {said} {unit} accepted, {held} in the tables")
    outcome.complaints += _not_shown(inputs.audit, shown)
    refused = sum(account.rows_refused for account in inputs.audit.accounts if account.unit not in _COUNTED_ELSEWHERE)
    if refused != len(inputs.audit.refused_rows):
        outcome.complaints.append(f"{refused} rows refused, {len(inputs.audit.refused_rows)} of them with a place")
    for problem in problems:
        if not (CODE.fullmatch(problem.code) and problem.where and problem.remedy):
            outcome.complaints.append("a problem without code, place or remedy")


_COUNTED_ELSEWHERE = ("files", "announced reports", "announced addresses")


def _sum(audit: IntakeAudit, source: str, unit: str, name: str) -> int:
    return sum(getattr(a, name) for a in audit.accounts if a.source == source and unit in (a.unit, "*"))


def _not_shown(audit: IntakeAudit, shown: str) -> Iterator[str]:
    """Totals that the text of ``check`` does not state."""
    for source, unit in {(a.source, a.unit) for a in audit.accounts}:
        numbers = [f"{_sum(audit, source, unit, f'rows_{name}'):,}" for name in ("in", "accepted", "refused")]
        told = [re.escape(source), re.escape(unit), r"[\d,]+", *numbers]
        if not re.search(rf"^{' +'.join(told)}$", shown, re.MULTILINE):
            yield f"check does not show {unit} of {source}"


def losses(before: Outcome, after: Outcome) -> list[str]:
    """Rows that were accepted before the damage and are not now, and that nobody is told about."""
    silent = []
    for source, unit in {(a.source, a.unit) for a in before.audit.accounts}:
        was, now = (
            {name: _sum(o.audit, source, unit, name) for name in ("rows_in", "rows_accepted", "rows_refused")}
            for o in (before, after)
        )
        lost = was["rows_accepted"] - now["rows_accepted"]
        told = max(0, now["rows_refused"] - was["rows_refused"]) + max(0, was["rows_in"] - now["rows_in"])
        if lost > told:
            silent.append(f"{source}: {lost - told} {unit} gone without a word")
    return silent


@contextlib.contextmanager
def _time_limit() -> Iterator[None]:
    def stop(number: int, frame: FrameType | None) -> None:
        raise TooSlowError

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, LONGEST_SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@contextlib.contextmanager
def _listening() -> Iterator[io.StringIO]:
    """Catch what is printed, logged or warned about."""
    heard = io.StringIO()
    handler = logging.StreamHandler(heard)
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        with (
            warnings.catch_warnings(record=True) as warned,
            contextlib.redirect_stdout(heard),
            contextlib.redirect_stderr(heard),
        ):
            warnings.simplefilter("always")
            yield heard
            for warning in warned:
                heard.write(str(warning.message))
    finally:
        root.removeHandler(handler)
        root.setLevel(level)
