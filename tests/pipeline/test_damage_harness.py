"""The damage tests must be able to fail: each fault they look for is built in once and has to be found."""

import time

import pytest
from damage_fixtures import made_delivery
from damage_study import TARGETS, copy_delivery
from damage_verdict import examine, losses

import darkfigure.study.inputs as inputs_module
from darkfigure.errors import IntakeError
from darkfigure.records.aggregate import IntakeAudit
from darkfigure.study.spec import read_spec

TARGET = TARGETS["convictions"]
REAL = inputs_module.read_convictions


@pytest.fixture(scope="module")
def delivery(tmp_path_factory):
    return made_delivery(tmp_path_factory)


@pytest.fixture
def verdict(delivery, tmp_path, monkeypatch):
    study, scanner = delivery
    copy_delivery(TARGET, study, tmp_path / "a")
    spec = TARGET.spec(read_spec(study))

    def judge(reader=REAL):
        monkeypatch.setattr(inputs_module, "read_convictions", reader)
        return examine(tmp_path / "a", TARGET, spec, scanner=scanner)

    return judge


def test_an_honest_reader_gets_no_complaint(verdict):
    assert not verdict().complaints


def test_a_row_that_vanishes_from_the_table_is_found(verdict):
    def reader(path, *, source):
        rows, audit = REAL(path, source=source)
        return rows[:-1], audit

    assert verdict(reader).complaints == ["convictions: 7 convictions accepted, 6 in the tables"]


def test_a_row_that_vanishes_from_the_account_is_found(verdict, tmp_path):
    path = tmp_path / "a" / "input" / "practice" / "convictions.csv"
    whole = path.read_bytes()

    def reader(path, *, source):
        path.write_bytes(whole[: whole.removesuffix(b"\n").rindex(b"\n") + 1])
        try:
            return REAL(path, source=source)
        finally:
            path.write_bytes(whole)

    assert verdict(reader).complaints == ["convictions: 7 convictions in the files, 6 in the accounts"]


def test_a_loss_that_nobody_is_told_of_is_found(verdict):
    before = verdict()

    def reader(path, *, source):
        rows, _ = REAL(path, source=source)
        return rows, IntakeAudit()

    after = verdict(reader)
    assert "convictions: 7 convictions in the files, 0 in the accounts" in after.complaints
    after.audit = before.audit
    assert not losses(before, after)


@pytest.mark.parametrize("way", ["message", "print", "field", "context"])
def test_a_value_in_a_message_is_found(verdict, way, capsys):
    def reader(path, *, source):
        value = path.read_text(encoding="utf-8").splitlines()[1].split(",")[0]
        if way == "print":
            print(value)
        if way == "context":
            try:
                int(value)
            except ValueError as error:
                raise IntakeError("E-INTAKE-01", where="a", problem="b", allowed="c", remedy="d") from error
        if way in ("message", "field"):
            field = {"message": "problem", "field": "where"}[way]
            words = {"where": "a", "problem": "b", "allowed": "c", "remedy": "d"} | {field: f"row of {value}"}
            raise IntakeError("E-INTAKE-01", **words)
        return REAL(path, source=source)

    assert verdict(reader).complaints == ["shows a case number of table convictions"]


@pytest.mark.parametrize("error", [ValueError("x"), KeyError("x"), RecursionError(), MemoryError(), AssertionError()])
def test_any_other_exception_is_a_crash(verdict, error):
    def reader(path, *, source):
        raise error

    judged = verdict(reader)
    assert judged.status == "crashed"
    assert type(error).__name__ in judged.complaints[0]


def test_a_reader_that_hangs_is_stopped(verdict, monkeypatch):
    monkeypatch.setattr("damage_verdict.LONGEST_SECONDS", 0.2)

    def reader(path, *, source):
        time.sleep(5)
        return REAL(path, source=source)

    assert verdict(reader).complaints[0].startswith("TooSlowError")


def test_a_refusal_without_remedy_is_found(verdict):
    def reader(path, *, source):
        raise IntakeError("E-INTAKE-01", where="a", problem="b", allowed="c", remedy=" ")

    assert verdict(reader).complaints == ["E-INTAKE-01 has no remedy"]
