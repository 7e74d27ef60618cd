"""A small delivery of every format, cut to a few files, with planted markers; and what each damage may touch."""

from __future__ import annotations

import csv
import io
import os
import re
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from canary_marks import Marks
from canary_world import plant
from damage_archives import ARCHIVE, DOCUMENT, JSON, XML
from damage_counts import delegation_rows, lines_below_header, report_rows, workbook_rows
from damage_folders import FOLDER, UNPACKED
from damage_kinds import FILE, ROWS, Damage, csv_damages, of_bytes, of_lines
from damage_workbooks import PARTS, SHEETS, TICKS

from darkfigure.classify import draw_sample
from darkfigure.study.inputs import StudyInputs, read_inputs
from darkfigure.study.spec import StudySpec, read_spec
from darkfigure.study.world import write_world
from darkfigure.synth.coders import adjudicate, code_as_synthetic_coder, write_codes

STUDY = Path(__file__).parents[2] / "studies" / "philippines"
DELEGATIONS = "input/addresses/delegated-extended.txt"
FORM = "input/cases/case-review-form.xlsx"
KEPT_FILES = {"2010-2013": 12, "2014-2016": 4, "2017": 2}
KEPT_RANGES = 150
PANEL = ("lincoln-petersen", "chapman", "chao", "chao-bc", "M0")
"""Estimators that are quick: here the files are tested, and they say what they say to any estimator."""

Counted = Mapping[tuple[str, str], int]
"""Rows by source and unit."""


@dataclass(frozen=True)
class Target:
    """One format: the files that make up a delivery of it, which of them to damage, and how to count it.

    Parameters
    ----------
    name : str
    sources : tuple of str
        Sources declared in study.toml that the delivery answers to.
    files : tuple of str
        Files and folders of the delivery, inside the study.
    damaged : str
        Pattern of the files that are damaged.
    damages : tuple of Damage
    count : callable
        Rows in by source and unit, counted without the readers.
    kept : callable
        Rows accepted by source or unit, as the tables hold them.
    """

    name: str
    sources: tuple[str, ...]
    files: tuple[str, ...]
    damaged: str
    damages: tuple[Damage, ...]
    count: Callable[[Path], Counted]
    kept: Callable[[StudyInputs], Counted]
    with_codes: bool = False

    def spec(self, whole: StudySpec) -> StudySpec:
        """The study with this delivery alone, and windows far apart so that questions are answered quickly."""
        chosen = tuple(source for source in whole.source if source.name in self.sources)
        wide = whole.prevalence.model_copy(update={"step_days": 364, "panel_step_days": 364, "panel": PANEL})
        codes = whole.classification if self.with_codes else None
        return whole.model_copy(update={"source": chosen, "prevalence": wide, "classification": codes})


def make_delivery(folder: Path) -> Marks:
    """Write a small synthetic study, cut it to a few files a format, and plant markers everywhere."""
    write_world(STUDY, out=folder, size="small", quiet=True)
    for name, kept in KEPT_FILES.items():
        _keep_some(folder / "input" / "reports" / name, kept)
    _keep_some_ranges(folder / DELEGATIONS)
    marks = plant(folder)
    _code_anew(folder)
    return marks


def _code_anew(study: Path) -> None:
    """Let synthetic coders code the sample that a study of the CSV reports alone draws, under the planted names."""
    spec = TARGETS["codes"].spec(read_spec(study))
    inputs = read_inputs(spec, folder=study, key=b"0" * 32, progress=lambda *_: None)
    if inputs.reports is None or spec.classification is None:
        raise LookupError("no reports to code")
    size, seed = spec.classification.sample_size, spec.study.seed
    sample = draw_sample(inputs.reports.texts, inputs.reports.reports, size=size, seed=seed)
    read = sample.readable()
    names = {}
    for name in ("a", "b", "adjudicated"):
        with (study / f"hand/codes-{name}.csv").open(encoding="utf-8", newline="") as stream:
            names[name] = next(csv.DictReader(stream))["coder"]
    first, second = (
        code_as_synthetic_coder(read, coder=names[name], seed=seed + place, sample_id=sample.sample_id)
        for place, name in enumerate(("a", "b"))
    )
    third = adjudicate(read, first, second, coder=names["adjudicated"], sample_id=sample.sample_id)
    if not third:
        raise LookupError("no text that the two coders read differently")
    for name, rows in (("a", first), ("b", second), ("adjudicated", third)):
        write_codes(rows, study / f"hand/codes-{name}.csv")


def copy_delivery(target: Target, study: Path, to: Path) -> None:
    """Copy what one target needs; files are copied for good, so that a damage touches the copy only."""
    to.mkdir(parents=True)
    for name in ("study.toml", *target.files):
        source, copy = study / name, to / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, copy)
        elif name == DELEGATIONS and target.name != "delegations":
            os.link(source, copy)
        else:
            shutil.copyfile(source, copy)


def _keep_some(folder: Path, kept: int) -> None:
    """Keep a few files of middling size, and the lines of the delivery note that name them."""
    files = sorted(folder.glob("reports-*"), key=lambda p: (p.stat().st_size, p.name))
    first = (len(files) - kept) // 2
    left = {path.name for path in files[first : first + kept]}
    for path in files:
        if path.name not in left:
            path.unlink()
    note = folder / "manifest.csv"
    rows = list(csv.reader(io.StringIO(note.read_text(encoding="utf-8"))))
    lines = [",".join(row) for row in rows if row[0] in left | {"file"}]
    note.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")


def _keep_some_ranges(path: Path) -> None:
    lines = path.read_text(encoding="ascii").splitlines()
    place = next(number for number, line in enumerate(lines) if not line.startswith("#"))
    records = [line for line in lines[place + 1 :] if line.count("|") >= 6 and not line.startswith("#")]
    step = max(1, len(records) // KEPT_RANGES)
    kept = [line for number, line in enumerate(records) if number % step == 0 or "|PH|ipv4|" in line]
    version = re.sub(r"^([^|]*\|[^|]*\|[^|]*\|)\d+", rf"\g<1>{len(kept)}", lines[place])
    text = "\n".join([version, "# a comment", *kept])
    path.write_text(text + "\n", encoding="ascii", newline="\n")


def _report_target(name: str, kind: str, unit: str, damaged: str, damages: tuple[Damage, ...]) -> Target:
    folder = f"input/reports/{name}"
    source = f"reports-{name}"

    def count(study: Path) -> Counted:
        rows = {(source, unit): report_rows(study / folder, unit)}
        return rows | {("delegations", "delegation rows"): delegation_rows(study / DELEGATIONS)}

    def kept(inputs: StudyInputs) -> Counted:
        intake = inputs.reports
        if intake is None:
            return {}
        return {(source, "reports"): len(intake.reports), (source, "addresses"): len(intake.events)}

    return Target(kind, (source, "delegations"), (folder, DELEGATIONS), f"{folder}/{damaged}", damages, count, kept)


def _first(name: str, old: bytes, new: bytes) -> Damage:
    """Replace the first place that fits a pattern."""
    return of_bytes(name, lambda data, rng: re.sub(old, new, data, count=1))


def _csv_target(
    name: str, path: str, unit: str, damages: tuple[Damage, ...], size: Callable[[StudyInputs], int]
) -> Target:
    return Target(
        name,
        (name,),
        (path,),
        path,
        damages,
        lambda study: {(name, unit): lines_below_header(study / path)},
        lambda inputs: {(name, unit): size(inputs)},
    )


def _codes_target() -> Target:
    reports = _report_target("2010-2013", "codes", "rows", "", ())
    files = (*reports.files, "hand")
    damages = (*FILE, *ROWS, *csv_damages(date_column=6))
    return replace(reports, files=files, damaged="hand/codes-[ab].csv", damages=damages, with_codes=True)


def _case_target(name: str, path: str, *, damaged: str = "") -> Target:
    units = {"cases": "cases", "victims": "victims", "traffickers": "traffickers", "customers": "customers"}

    def count(study: Path) -> Counted:
        return {(name, "*"): sum(workbook_rows(study / path).values())}

    def kept(inputs: StudyInputs) -> Counted:
        found = inputs.cases[0]
        return {(name, unit): len(getattr(found, field)) for unit, field in units.items()} | {
            (name, "ties"): len(found.links)
        }

    # The rows of a form are in an order that matters: groups open and close.
    damages = (*FILE, *SHEETS, *PARTS)
    if name == "case-review-second":
        damages = (*damages, *TICKS)
    if damaged:
        damages = tuple(replace(damage, same=False) for damage in damages)
    return Target(f"{name}-form" if damaged else name, (name,), (path, FORM), damaged or path, damages, count, kept)


def _referral_book(name: str, path: str) -> Target:
    def count(study: Path) -> Counted:
        return {(name, "*"): sum(workbook_rows(study / path).values())}

    def kept(inputs: StudyInputs) -> Counted:
        return {(name, "referrals"): 0 if inputs.referrals is None else len(inputs.referrals.referrals)}

    return Target(name, (name,), (path,), path, (*FILE, *SHEETS, *PARTS), count, kept)


def _referral_csv(name: str, path: str, delimiter: str) -> Target:
    damages = (*FILE, *ROWS, *csv_damages(delimiter))
    return _csv_target(
        name, path, "referrals", damages, lambda i: 0 if i.referrals is None else len(i.referrals.referrals)
    )


def _decisions_target() -> Target:
    sources = ("referrals-fbi", "referrals-rcmp", "referrals-nca", "referrals-nlo")
    path = "hand/referral-decisions.csv"
    name = "referral-decisions"
    return Target(
        name,
        sources,
        ("input/referrals", path),
        path,
        (*FILE, *ROWS, *csv_damages(date_column=6)),
        lambda study: {(name, "decisions"): lines_below_header(study / path)} if (study / path).exists() else {},
        lambda inputs: {(name, "decisions"): len(inputs.decisions)},
    )


def _delegations_target() -> Target:
    damages = (
        *FILE,
        *ROWS,
        _first("fewer records announced", rb"^(.+?\|.+?\|.+?)\|\d+", rb"\1|3"),
        of_lines("comments in between", lambda lines, rng: [*lines[:9], b"# zz", b"", *lines[9:]], same=True),
        of_bytes("another separator", lambda data, rng: data.replace(b"|", b";")),
        _first("an address above 255", rb"\|ipv4\|2", b"|ipv4|9"),
        _first("a country that is none", rb"\|[A-Z]{2}\|ipv4", b"|ph|ipv4"),
        _first("a range too long", rb"(\|ipv4\|[^|]*)\|\d+", rb"\1|9999999999"),
        _first("a date that is none", rb"\|(\d{4})\d{4}\|allo", rb"|\g<1>0230|allo"),
        _first("a status that is none", rb"\|allocated", b"|given"),
    )

    def kept(inputs: StudyInputs) -> Counted:
        return {}

    return Target(
        "delegations",
        ("delegations", "reports-2010-2013"),
        (DELEGATIONS, "input/reports/2010-2013"),
        DELEGATIONS,
        damages,
        lambda study: {("delegations", "delegation rows"): delegation_rows(study / DELEGATIONS)},
        kept,
    )


_PLAIN = (*FILE, *ROWS, *csv_damages())
_ARCHIVED = (*FILE, *FOLDER, UNPACKED, *ARCHIVE, *DOCUMENT)


def _practice(name: str, unit: str, field: str) -> Target:
    def size(inputs: StudyInputs) -> int:
        return 0 if inputs.practice is None else len(getattr(inputs.practice, field))

    return _csv_target(name, f"input/practice/{name}.csv", unit, _PLAIN, size)


NOTE = (
    *FILE,
    *ROWS,
    *csv_damages(),
    _first("a count changed", rb"(\.\w+),\d+,", rb"\1,999,"),
    _first("a digest changed", rb"[0-9a-f]{64}", b"0" * 64),
    _first("a file renamed in the note", rb"reports-", b"report-"),
)

TARGETS = {
    target.name: target
    for target in (
        _report_target("2010-2013", "reports-csv", "rows", "reports-*.csv", (*_PLAIN, *FOLDER)),
        _report_target("2014-2016", "reports-json", "reports", "*.zip", (*_ARCHIVED, *JSON)),
        _report_target("2017", "reports-xml", "reports", "*.zip", (*_ARCHIVED, *XML)),
        _report_target("2017", "delivery-note", "reports", "manifest.csv", NOTE),
        _delegations_target(),
        _case_target("case-review", "input/cases/case-review.xlsx"),
        _case_target("case-review-second", "input/cases/case-review-second-coder.xlsx"),
        _case_target("case-review", "input/cases/case-review.xlsx", damaged=FORM),
        _referral_csv("referrals-fbi", "input/referrals/fbi.csv", ","),
        _referral_csv("referrals-rcmp", "input/referrals/rcmp.csv", ";"),
        _referral_book("referrals-nca", "input/referrals/nca.xlsx"),
        _referral_book("referrals-nlo", "input/referrals/nlo.xlsx"),
        _csv_target(
            "enticement",
            "input/enticement/multi-country-reports.csv",
            "multi-country reports",
            _PLAIN,
            lambda inputs: 0 if inputs.multi_country is None else len(inputs.multi_country.reports),
        ),
        _practice("convictions", "convictions", "convictions"),
        _practice("interviews", "interviews", "interviews"),
        _practice("trainings", "trainings", "trainings"),
        _practice("programme", "years", "programme"),
        _decisions_target(),
        _codes_target(),
    )
}
