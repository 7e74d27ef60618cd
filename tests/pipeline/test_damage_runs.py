"""Whole commands on damaged studies: told what to do, nothing of a record in it, the last release untouched."""

import contextlib
import hashlib
import io
import os
import random
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
from damage_fixtures import made_delivery
from damage_study import TARGETS

import darkfigure.study.publish as publish_module
from darkfigure.cli import main
from darkfigure.study.inputs import read_inputs
from darkfigure.study.progress import silent
from darkfigure.study.publish import make_release, publish, recover_release
from darkfigure.study.questions import answer_questions
from darkfigure.study.spec import read_spec

CERTAIN = ("empty the file", "random bytes instead", "a folder instead")
"""Damages that no reader can take: the command has to fail."""
RUNS = [(name, damage) for name in TARGETS if name != "codes" for damage in CERTAIN]
"""Codes are read by no ``check``, and those of this small delivery fit its CSV reports alone."""
OLD = {"report.html": "the last report", "tables/a.csv": "a\n1\n"}
REFUSED = {10, 20, 60}


@pytest.fixture(scope="module")
def delivery(tmp_path_factory):
    return made_delivery(tmp_path_factory)


def copy_with_release(study, folder):
    shutil.copytree(study, folder)
    for name, text in OLD.items():
        path = folder / "release" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def files(folder):
    return {str(p.relative_to(folder)): p.read_text() for p in folder.rglob("*") if p.is_file()}


def run(*words):
    """Run a command in this process; its exit code and everything it wrote."""
    heard = io.StringIO()
    with contextlib.redirect_stdout(heard), contextlib.redirect_stderr(heard):
        try:
            main([str(word) for word in words])
            code = 0
        except SystemExit as end:
            code = end.code
    return code, heard.getvalue()


def damage(folder, name, kind):
    target = TARGETS[name]
    chosen = next(d for d in target.damages if d.name == kind)
    chosen.apply(sorted(folder.glob(target.damaged))[0], random.Random(kind))


@pytest.mark.parametrize(("name", "kind"), RUNS)
def test_a_failed_run_tells_why_and_changes_nothing(name, kind, delivery, tmp_path, monkeypatch):
    study, scanner = delivery
    folder = copy_with_release(study, tmp_path / "study")
    temp = tmp_path / "temp"
    temp.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temp))
    damage(folder, name, kind)
    command = "run" if kind == CERTAIN[0] else "check"
    code, told = run(command, folder)
    if code == 0:
        # A file that became a folder is a missing file: the delivery note tells.
        assert kind == "a folder instead"
        assert "Differs: " in told
    else:
        assert code in REFUSED, told
        assert "Next:" in told
        assert "Traceback" not in told
        assert str(tmp_path) not in told
    assert not scanner.scan_bytes(told.encode(), file="output")
    assert files(folder / "release") == OLD
    assert not list(temp.iterdir())
    assert {p.name for p in folder.iterdir()} <= {"study.toml", "truth.json", "input", "hand", "release", "work"}
    assert not scanner.scan_files(folder, leave_out=("input", "hand", "work"))


@pytest.fixture(scope="module")
def released(delivery, tmp_path_factory):
    """A release of the cases alone: quick to make."""
    study, _ = delivery
    target = TARGETS["case-review"]
    spec = target.spec(read_spec(study))
    inputs = read_inputs(spec, folder=study, key=b"0" * 32, progress=silent)
    answer = answer_questions(spec, inputs, folder=study, truth=None, progress=silent)
    return make_release(answer, spec, digests=inputs.audit.digests()), spec


def old_release(tmp_path):
    folder = tmp_path / "release"
    for name, text in OLD.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def write_little(released, folder):
    """Stand in for the report: quick, and enough to see whether a release is whole."""
    for name in ("report.html", "report.pdf"):
        (folder / name).write_text("new")


@pytest.mark.parametrize("step", ["write_report", "write_json", "_write_suppressions", "write_release_manifest"])
@pytest.mark.parametrize("fault", [OSError(28, "no space left"), MemoryError(), KeyboardInterrupt(), SystemExit(1)])
def test_a_fault_while_the_report_is_written_leaves_the_last_release(step, fault, released, tmp_path, monkeypatch):
    folder = old_release(tmp_path)

    def fail(*args, **named):
        for leftover in tmp_path.glob("release.new"):
            (leftover / "half-written").write_text("half")
        raise fault

    monkeypatch.setattr(publish_module, "write_report", write_little)
    monkeypatch.setattr(publish_module, step, fail)
    with pytest.raises(type(fault)):
        publish(released[0], folder, spec=released[1], digests=())
    assert files(folder) == OLD
    assert [p.name for p in tmp_path.iterdir()] == ["release"]


@pytest.mark.parametrize("renames", [0, 1, 2])
def test_a_kill_between_two_steps_leaves_a_whole_release(renames, released, tmp_path, monkeypatch):
    folder = old_release(tmp_path)
    monkeypatch.setattr(publish_module, "write_report", write_little)
    real, done = Path.rename, []

    class KilledError(BaseException):
        pass

    def rename(path, target):
        if len(done) == renames:
            raise KilledError
        done.append(target)
        return real(path, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", rename)
        patch.setattr(
            publish_module.shutil, "rmtree", kill_after(renames, done, publish_module.shutil.rmtree, KilledError)
        )
        with pytest.raises(KilledError):
            publish(released[0], folder, spec=released[1], digests=())
    recover_release(folder)
    now = files(folder)
    assert now == OLD or now["report.html"] == "new"
    assert "manifest.json" in now or now == OLD
    assert [p.name for p in tmp_path.iterdir()] == ["release"]


def kill_after(renames, done, rmtree, error):
    """Let folders be removed until both names are changed, then stop."""

    def remove(path, **named):
        if renames == 2 and len(done) == 2:
            raise error
        return rmtree(path, **named)

    return remove


def test_leftovers_of_a_killed_run_are_gone_after_the_next(released, tmp_path, monkeypatch):
    folder = old_release(tmp_path)
    for name in ("release.new", "release.old"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "half-written").write_text("half")
    monkeypatch.setattr(publish_module, "write_report", write_little)
    publish(released[0], folder, spec=released[1], digests=())
    assert [p.name for p in tmp_path.iterdir()] == ["release"]
    assert "half-written" not in files(folder)
    assert files(folder)["report.html"] == "new"


def test_a_release_set_aside_by_a_killed_run_comes_back_even_when_the_next_run_fails(delivery, tmp_path):
    study, _ = delivery
    folder = copy_with_release(study, tmp_path / "study")
    (folder / "release").rename(folder / "release.old")
    (folder / "release.new").mkdir()
    damage(folder, "convictions", "empty the file")
    code, _ = run("run", folder)
    assert code in REFUSED
    assert files(folder / "release") == OLD
    assert not list(folder.glob("release.*"))


@pytest.mark.parametrize("resume", [False, True])
def test_a_failed_run_leaves_work_private_and_input_as_it_was(resume, delivery, tmp_path):
    study, _ = delivery
    folder = copy_with_release(study, tmp_path / "study")
    damage(folder, "convictions", "empty the file")
    before = digests(folder / "input")
    code, _ = run("run", folder, *(["--resume"] if resume else []))
    assert code in REFUSED
    assert digests(folder / "input") == before
    places = [folder / "work", *(folder / "work").rglob("*")]
    assert {oct(stat.S_IMODE(p.stat().st_mode)) for p in places if p.is_dir()} == {"0o700"}
    assert {oct(stat.S_IMODE(p.stat().st_mode)) for p in places if p.is_file()} <= {"0o600"}
    assert any(p.is_file() for p in places) is resume


def digests(folder):
    return {
        str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest() for p in folder.rglob("*") if p.is_file()
    }


@pytest.mark.slow
@pytest.mark.parametrize("seconds", [1.5, 3, 5, 7, 9, 11, 13, 15])
def test_a_killed_process_leaves_the_last_release_and_the_next_run_is_whole(seconds, delivery, tmp_path):
    study, scanner = delivery
    folder = copy_with_release(study, tmp_path / "study")
    shutil.rmtree(folder / "hand")
    temp = tmp_path / "temp"
    temp.mkdir()
    command = [sys.executable, "-m", "darkfigure.cli", "run", str(folder), "-q"]
    process = subprocess.Popen(
        command, env=os.environ | {"TMPDIR": str(temp)}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    time.sleep(seconds)
    process.send_signal(signal.SIGKILL)
    process.wait()
    recover_release(folder / "release")
    left = {p.name for p in (folder / "release").rglob("*") if p.is_file()}
    assert left == {Path(name).name for name in OLD} or {"report.html", "report.pdf", "manifest.json"} <= left
    assert not scanner.scan_files(folder, leave_out=("input", "hand", "work"))
    assert not scanner.scan_files(temp)
