"""Faults of the program itself: whatever a library's message carries, the user sees a place and no value."""

import contextlib
import io
import json
import shutil

import numpy as np
import pytest
from damage_fixtures import made_delivery
from damage_study import TARGETS

import darkfigure.study.inputs as inputs_module
import darkfigure.study.pipeline as pipeline_module
import darkfigure.study.resume as resume_module
from darkfigure.cli import INTERNAL_EXIT, main
from darkfigure.study.inputs import read_inputs
from darkfigure.study.progress import silent
from darkfigure.study.spec import read_spec

READERS = (
    "read_case_review", "read_convictions", "read_delegations", "read_interviews", "read_multi_country",
    "read_programme", "read_referral_decisions", "read_referrals", "read_reports", "read_trainings",
)  # fmt: skip
STAGES = ("answer_questions", "make_release", "publish", "read_inputs", "write_refused_rows", "write_stage_manifest")
SECRET = "zqsecretnameinamessage"


def decoding():
    return UnicodeDecodeError("utf-8", SECRET.encode(), 0, 1, SECRET)


def parsing():
    return json.JSONDecodeError(SECRET, SECRET, 0)


def chained():
    error = RuntimeError("a message of its own")
    error.__cause__ = ValueError(SECRET)
    return error


FAULTS = {
    "value": lambda: ValueError(SECRET),
    "key": lambda: KeyError(SECRET),
    "decoding": decoding,
    "parsing": parsing,
    "file": lambda: OSError(5, SECRET, SECRET),
    "chained": chained,
    "assertion": lambda: AssertionError(SECRET),
    "memory": lambda: MemoryError(SECRET),
    "recursion": lambda: RecursionError(SECRET),
    "group": lambda: ExceptionGroup(SECRET, [ValueError(SECRET)]),
}


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    return made_delivery(tmp_path_factory)[0]


@pytest.fixture(scope="module")
def failing(study, tmp_path_factory):
    """One study for all runs: each of them fails, and none may touch its input."""
    folder = tmp_path_factory.mktemp("faults") / "study"
    return shutil.copytree(study, folder)


@pytest.fixture(scope="module")
def read(study):
    spec = read_spec(study)
    return read_inputs(spec, folder=study, key=b"0" * 32, progress=silent)


@pytest.mark.parametrize("kind", FAULTS)
@pytest.mark.parametrize("function", [*READERS, *STAGES])
def test_a_fault_shows_its_place_and_no_value(function, kind, failing, read, monkeypatch):
    def fail(*args, **named):
        raise FAULTS[kind]()

    if function in READERS:
        monkeypatch.setattr(inputs_module, function, fail)
    else:
        monkeypatch.setattr(pipeline_module, "read_inputs", lambda *args, **named: read)
        monkeypatch.setattr(pipeline_module, "answer_questions", lambda *args, **named: None)
        monkeypatch.setattr(pipeline_module, "make_release", lambda *args, **named: None)
        monkeypatch.setattr(pipeline_module, "compare_with_published", lambda *args: ())
        monkeypatch.setattr(pipeline_module, function, fail)
    heard = io.StringIO()
    with contextlib.redirect_stdout(heard), contextlib.redirect_stderr(heard), pytest.raises(SystemExit) as end:
        main(["run", str(failing), "-q"])
    told = heard.getvalue()
    assert end.value.code == INTERNAL_EXIT
    assert told.startswith("E-INTERNAL ")
    assert "Next:" in told
    assert len(told.splitlines()) == 1
    assert SECRET not in told
    assert not list(failing.glob("release*"))


class KilledError(BaseException):
    """Stands in for a signal that nobody can catch."""


@pytest.fixture
def reports(study, tmp_path):
    """The CSV reports alone, the study they belong to, and the first and the second state of its files."""
    target = TARGETS["reports-csv"]
    folder = tmp_path / "study"
    shutil.copytree(study, folder)
    return folder, target.spec(read_spec(study))


def again(folder, spec, *, store=True):
    where = folder / "work" / "reports" if store else None
    return read_inputs(spec, folder=folder, key=b"0" * 32, progress=silent, store=where)


def test_a_reading_killed_while_it_is_kept_is_never_mixed_with_the_one_before(reports, monkeypatch):
    folder, spec = reports
    again(folder, spec)
    path = max((folder / "input" / "reports" / "2010-2013").glob("reports-*.csv"), key=lambda p: p.stat().st_size)
    whole = path.read_bytes()
    path.write_bytes(b"\n".join(whole.split(b"\n")[:2]) + b"\n")
    real = resume_module.save_tables

    def killed(*args, **named):
        real(*args, **named)
        raise KilledError

    with monkeypatch.context() as patch:
        patch.setattr(resume_module, "save_tables", killed)
        with pytest.raises(KilledError):
            again(folder, spec)
    path.write_bytes(whole)
    resumed, fresh = again(folder, spec).reports, again(folder, spec, store=False).reports
    assert np.array_equal(resumed.reports.report_key, fresh.reports.report_key)
    assert resumed.audit == fresh.audit


def test_a_file_moved_within_the_delivery_is_read_anew(reports):
    folder, spec = reports
    assert not again(folder, spec).reports.problems
    # The last file into a folder that sorts last: the files come in the same order as before.
    path = sorted((folder / "input" / "reports" / "2010-2013").glob("reports-*.csv"))[-1]
    (path.parent / "zz").mkdir()
    path.rename(path.parent / "zz" / path.name)
    assert again(folder, spec).reports.problems == again(folder, spec, store=False).reports.problems
    assert again(folder, spec).reports.problems
