"""Every command the pages show is run, in a reader's order, without a network, and prints what they say."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from doc_pages import PAGES, ROOT, blocks
from doc_workspace import follow, furnish, refuse_network, shared_demo

BEFORE = {
    "docs/tutorials/03-reading-the-report.md": "docs/tutorials/01-a-report-from-a-synthetic-country.md",
    "docs/how-to/destroy-the-key.md": "docs/tutorials/02-your-own-study-folder.md",
}
"""Pages that begin where another ends."""

TUTORIALS = [
    p for p in PAGES if p.parent.name in ("tutorials", "how-to") and any(b.language == "sh" for b in blocks(p))
]


@pytest.mark.parametrize("page", TUTORIALS, ids=lambda p: p.stem)
def test_commands_of_page(
    page: Path, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = page.relative_to(ROOT).as_posix()
    text = page.read_text(encoding="utf-8")
    demo = shared_demo(tmp_path_factory.getbasetemp()) if "demo/" in text else tmp_path / "none"
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.delenv("DARKFIGURE_KEY_FILE", raising=False)
    (tmp_path / "reader").mkdir()
    monkeypatch.chdir(tmp_path / "reader")
    furnish(tmp_path / "reader")
    refuse_network(monkeypatch)
    if name in BEFORE:
        only = [b for b in blocks(ROOT / BEFORE[name]) if "darkfigure run" not in b.text]
        follow([b for b in only if "check demo" not in b.text], demo, tmp_path / "reader")
        (tmp_path / "reader" / "referrals" / "work").mkdir(parents=True, exist_ok=True)
    assert follow(blocks(page), demo, tmp_path / "reader") >= 1
    if name.endswith("destroy-the-key.md"):
        assert not list((tmp_path / "config" / "darkfigure").glob("*.key"))
        assert not (tmp_path / "reader" / "referrals" / "work").exists()


def test_the_tutorials_are_numbered_without_a_gap_and_lead_on() -> None:
    pages = [p for p in PAGES if p.parent.name == "tutorials"]
    assert [p.name[:3] for p in pages] == [f"{n:02}-" for n in range(1, len(pages) + 1)]
    for page, following in pairwise(pages):
        assert f"({following.name})" in page.read_text(encoding="utf-8")
