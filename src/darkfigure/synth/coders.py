"""Synthetic coders: they read texts by the codebook, with slips of their own, and write code files.

They see what a coder sees, a sample number and a text, and never the truth of the world.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path

import numpy as np

COLUMNS = ("sample_number", "sample_id", "code", "reason", "live_video", "coder", "coded_on")
"""Header of a code file."""

SLIP = 0.05
"""Chance that a coder gives another code, or another reason, than the text calls for."""

_FIRST_DAY = date(2019, 3, 4)
_MONEY = ("payment discussed", "money", "paid", "remittance")
_NO_MONEY = ("no payment", "no money")
_OTHER = ("enticement", "threat", "material in a group", "exchanged material", "stored known material", "grooming")
_LIVE = ("live video", "livestream", "live stream", "webcam")
_POINTER = ("see attached", "refer to", "details in attached", "see uploaded")
_FOREIGN = ("awtomatikong", "detección", "tingnan", "automatisch", "detectado")
_CODES = ("osec_indicated", "other_cse_indicated", "not_determinable")
_REASONS = ("boilerplate", "pointer_only", "other_language", "redacted")


def read_like_a_coder(text: str) -> tuple[str, str, str]:
    """Which code, reason and live-video mark does the codebook give a text?

    Examples
    --------
    >>> read_like_a_coder("Online enticement indicated.")
    ('other_cse_indicated', '', 'no')
    >>> read_like_a_coder("Automated detection; no further detail.")
    ('not_determinable', 'boilerplate', 'no')
    """
    lower = text.lower()
    live = "yes" if any(word in lower for word in _LIVE) else "no"
    if not lower.strip():
        return "not_determinable", "empty", live
    if any(word in lower for word in _MONEY) and not any(word in lower for word in _NO_MONEY):
        return "osec_indicated", "", live
    if any(word in lower for word in _OTHER):
        return "other_cse_indicated", "", live
    for words, reason in ((("redacted",), "redacted"), (_POINTER, "pointer_only"), (_FOREIGN, "other_language")):
        if any(word in lower for word in words):
            return "not_determinable", reason, live
    return "not_determinable", "boilerplate", live


def code_as_synthetic_coder(
    texts: Sequence[tuple[int, str]], *, coder: str, seed: int, sample_id: str = ""
) -> tuple[Mapping[str, str], ...]:
    """What would one coder write about the sampled texts?

    Parameters
    ----------
    texts : sequence of (int, str)
        Sample numbers and texts.
    coder : str
        Name of the coder; coders with different names slip on different texts.
    seed : int
    sample_id : str
        Digest of the sample, copied to every row.

    Returns
    -------
    tuple of mapping
        Rows of a code file, in the order of ``texts``.
    """
    rng = np.random.default_rng([seed, 63, *coder.encode("utf-8")])
    rows = []
    for position, (number, text) in enumerate(texts):
        code, reason, live = read_like_a_coder(text)
        if rng.random() < SLIP:
            code, reason = _slip(code, reason, rng)
        day = _FIRST_DAY + timedelta(days=position // 60)
        rows.append({
            "sample_number": str(number), "sample_id": sample_id, "code": code, "reason": reason, "live_video": live,
            "coder": coder, "coded_on": day.isoformat(),
        })  # fmt: skip
    return tuple(rows)


def _slip(code: str, reason: str, rng: np.random.Generator) -> tuple[str, str]:
    """Half of the slips on an undeterminable text touch the reason only; informative texts are missed or confused."""
    if code == "not_determinable" and rng.random() < 0.5:
        return code, str(rng.choice([r for r in _REASONS if r != reason]))
    other = str(rng.choice([c for c in _CODES if c != code]))
    return other, "boilerplate" if other == "not_determinable" else ""


def adjudicate(
    texts: Sequence[tuple[int, str]], first: Sequence[Mapping[str, str]], second: Sequence[Mapping[str, str]],
    *, coder: str, sample_id: str = "",
) -> tuple[Mapping[str, str], ...]:  # fmt: skip
    """What would a careful third reader decide where two coders gave different codes?"""
    differ = {a["sample_number"] for a, b in zip(first, second, strict=True) if a["code"] != b["code"]}
    rows = []
    for number, text in texts:
        if str(number) in differ:
            code, reason, live = read_like_a_coder(text)
            rows.append({
                "sample_number": str(number), "sample_id": sample_id, "code": code, "reason": reason,
                "live_video": live, "coder": coder, "coded_on": (_FIRST_DAY + timedelta(days=30)).isoformat(),
            })  # fmt: skip
    return tuple(rows)


def write_codes(rows: Sequence[Mapping[str, str]], path: Path) -> None:
    """Write rows as ``hand/codes-*.csv``."""
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, fieldnames=COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(buffer.getvalue(), encoding="utf-8", newline="\n")
