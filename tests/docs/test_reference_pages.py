"""Reference pages: the generated ones are current, the raw formats name every field kept and every rule."""

from __future__ import annotations

import ast
import re
import runpy
from pathlib import Path
from typing import get_args

import pytest

from darkfigure.classify import codes
from darkfigure.classify.codebook import TextCode, TextReason
from darkfigure.estimate import REGISTRY
from darkfigure.intake import cybertipline_csv, delivery_notes, multi_country, referral_decisions
from darkfigure.intake.case_review_answers import ASKED
from darkfigure.intake.referral_survey import ReferralLayout
from darkfigure.records.restricted import Channel
from darkfigure.study.spec import SourceKind, StudySpec

ROOT = Path(__file__).parents[2]
TOOL = runpy.run_path(str(ROOT / "tools" / "make_reference_docs.py"))
PAGES = TOOL["PAGES"]
ESTIMATORS = TOOL["ESTIMATORS"]
REFERENCE = ROOT / "docs" / "reference"
RAW = (REFERENCE / "raw-formats.md").read_text(encoding="utf-8")
RULES = RAW[RAW.index("## Rules of refusal") :]


@pytest.mark.parametrize("name", PAGES)
def test_generated_page_is_current(name: str) -> None:
    assert (REFERENCE / name).read_text(encoding="utf-8") == PAGES[name](), "run make docs"


def test_generated_pages_hold_what_they_are_for() -> None:
    made = {name: make() for name, make in PAGES.items()}
    assert all(
        f"| `{key}` |" in made["study-toml.md"] for key in ("window_days", "rounding_base", "date_format", "panel")
    )
    assert all(
        f"## darkfigure {verb}\n" in made["commands.md"] for verb in ("demo", "synth", "check", "run", "methods")
    )
    assert "| `--quiet`, `-q` |" in made["commands.md"] and "| `--all` |" in made["commands.md"]
    assert all(f"| [`{method}`](" in made["estimators.md"] for method in REGISTRY)
    assert all(f"| `{ask.name}` |" in made["case-review-form.md"] for asks in ASKED.values() for ask in asks)


@pytest.fixture(scope="module")
def families() -> dict[str, str]:
    """The pages of the estimators as they would be made now; every method runs for it."""
    made: dict[str, str] = ESTIMATORS["pages"]()
    return made


def test_every_family_of_estimators_has_its_page_and_it_is_current(families: dict[str, str]) -> None:
    folder = ROOT / "docs" / "methods" / "estimators"
    assert {p.name for p in folder.glob("*.md")} == set(families), "run make docs"
    for name, text in families.items():
        assert (folder / name).read_text(encoding="utf-8") == text, f"{name}: run make docs"


def test_every_estimator_has_one_section_with_all_that_is_promised(families: dict[str, str]) -> None:
    sections = {}
    for text in families.values():
        for section in text.split("\n## `")[1:]:
            name, _, rest = section.partition("`")
            assert name not in sections
            sections[name] = rest
    assert set(sections) == set(REGISTRY)
    for name, method in REGISTRY.items():
        assert method.formula and method.misleads, name
        for part in (method.question, method.needs, method.formula, method.misleads, method.source):
            assert part in sections[name], name
        assert f"--method {name}\n" in sections[name] or "None of the bundled tables" in sections[name], name


def test_numbers_of_other_programs_are_those_stored_and_close_to_ours(families: dict[str, str]) -> None:
    rows = re.findall(
        r"^\| (\w+) \| ([^|]+) \| ([\d,.]+) \| ([\d,.]+) \| ([^|]+) \|$", "\n".join(families.values()), re.M
    )
    assert len(rows) > 60
    by_hand = {
        ("hare", "Rcapture 1.4-4, closedp.t", "75.0662"),
        ("kosovo", "MultipleSystemsEstimation 1.2.0", "10,356.5190"),
    }
    assert by_hand <= {row[:3] for row in rows}
    for table, program, theirs, ours, gap in rows:
        near = abs(float(ours.replace(",", "")) / float(theirs.replace(",", "")) - 1)
        assert near < 1e-3 if gap.startswith("below") else near >= 1e-3, (table, program)


def test_every_method_named_beside_another_programs_number_exists() -> None:
    assert {name for peer in ESTIMATORS["CASES"] for name in peer["methods"]} <= set(REGISTRY)


def test_every_key_of_study_toml_is_told_and_no_other() -> None:
    keys = set(re.findall(r"^\| `(\w+)` \|", (REFERENCE / "study-toml.md").read_text(encoding="utf-8"), re.M))
    declared = {name for name in StudySpec.model_fields if name not in ("study", "source")}
    tool = runpy.run_path(str(ROOT / "tools" / "make_reference_docs.py"))["MEANINGS"]
    assert declared <= set(tool) and keys == {key for section in tool.values() for key in section}


@pytest.mark.parametrize("kind", get_args(SourceKind))
def test_every_kind_of_source_is_described(kind: str) -> None:
    if kind.startswith("cybertipline-"):
        assert f"`{kind}`" in RAW[: RAW.index("## `address-delegations`")]
    else:
        assert f"\n## `{kind}`\n" in RAW


def test_every_column_that_is_read_is_named() -> None:
    layout = [f for f in ReferralLayout.__dataclass_fields__ if f.split("_")[0] not in ("date", "country")]
    columns = [
        *cybertipline_csv.REPORT_COLUMNS,
        *cybertipline_csv.ADDRESS_COLUMNS,
        cybertipline_csv.TEXT_COLUMN,
        delivery_notes.NOTE_NAME,
        *multi_country.COLUMNS,
        *referral_decisions.COLUMNS,
        *codes.REQUIRED_COLUMNS,
        *(name for name in layout if name not in ("delimiter", "sheet")),
        "date",
        "country",
    ]
    assert not [name for name in columns if f"`{name}`" not in RAW]
    practice = Constants(ROOT / "src/darkfigure/intake/practice_tables.py")
    tuples = [t for t in practice.tuples if len(t) >= 3]
    assert len(tuples) >= 4
    assert not [name for columns in tuples for name in columns if f"`{name}`" not in RAW]


class Constants:
    """Constants of a module: pieces of text outside docstrings, and tuples of text."""

    def __init__(self, path: Path) -> None:
        nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
        said = {id(n.value) for n in nodes if isinstance(n, ast.Expr)}
        self.texts = [
            n.value for n in nodes if isinstance(n, ast.Constant) and isinstance(n.value, str) and id(n) not in said
        ]
        self.tuples = [
            tuple(e.value for e in n.elts)
            for n in nodes
            if isinstance(n, ast.Tuple)
            and all(isinstance(e, ast.Constant) and isinstance(e.value, str) for e in n.elts)
        ]


NO_RULES = {*get_args(SourceKind), *Channel, *TextCode, *TextReason, "liaison-officer", "joint-operation"}
ENCODINGS = {"utf-8", "utf-8-sig", "latin-1"}
GATE = [*sorted((ROOT / "src/darkfigure/intake").glob("*.py")), ROOT / "src/darkfigure/reference/delegations.py"]
FOUND = {
    text
    for path in GATE
    for text in Constants(path).texts
    if re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)+", text) and text not in NO_RULES | ENCODINGS
}
ONE_WORD = {"formula", "missing"}


@pytest.mark.parametrize("rule", sorted(FOUND | ONE_WORD))
def test_every_rule_of_refusal_is_documented(rule: str) -> None:
    assert re.search(rf"^\| (?:`[\w-]+`, )*`{rule}`(?:, `[\w-]+`)* \| .{{5,}} \|$", RULES, re.M)


def test_no_rule_is_documented_that_is_gone() -> None:
    cells = re.findall(r"^\| (`.+?) \| ", RULES, re.M)
    documented = {rule for cell in cells for rule in re.findall(r"`([\w-]+)`", cell)}
    assert len(FOUND) > 80
    assert documented <= FOUND | ONE_WORD
