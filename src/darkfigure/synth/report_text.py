"""Free text of synthetic reports: short and clinical, mostly empty or boilerplate; none mentions live video."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from darkfigure.synth.report_services import SERVICES

TextKind = Literal["osec", "other", "not_determinable"]
"""What the text of a report lets a reader determine."""

BOILERPLATE = (
    "Automated detection; no further detail.",
    "Account flagged by automated system.",
    "Report submitted in line with legal duty.",
    "Matched a list of known files; not viewed.",
    "Automated detection; file not viewed; account closed.",
)
POINTERS = (
    "See attached file.",
    "Refer to earlier report on this account.",
    "Details in attached spreadsheet.",
    "See uploaded item list.",
)
OTHER_LANGUAGE = (
    "Awtomatikong natukoy; walang ibang detalye.",
    "Detección automática; sin más detalles.",
    "Tingnan ang kalakip na ulat.",
    "Automatisch erkannt; keine weiteren Angaben.",
)
REDACTED = ("[redacted]", "[redacted by reporting service]", "Text removed before sending: [redacted].")
OSEC = (
    "Payment discussed; adult offers material of a child in exchange for money.",
    "Adult asks for money transfer from abroad for material made to order.",
    "Money transfer requested by an adult for access to a child.",
)
OTHER = (
    "Online enticement indicated.",
    "User shared known material in a group; no payment indicated.",
    "Threat to share images indicated.",
    "User exchanged material with another user; no payment indicated.",
    "Account stored known material; no contact with a child indicated.",
)
OSEC_SHARE = {"osec": 0.16, "other": 0.84}
"""Kinds of activity behind reports; the text of an informative report says the kind."""

_CLASSES = (BOILERPLATE, POINTERS, OTHER_LANGUAGE, REDACTED)


def write_texts(
    service: NDArray[np.int64], *, silent: NDArray[np.bool_], seed: int
) -> tuple[list[str], list[TextKind], list[TextKind]]:
    """What do services write in the free-text field, and what is true?

    Parameters
    ----------
    service : ndarray of int64
        Row of the service, one entry for each report.
    silent : ndarray of bool
        Reports that can hold no text (batched ones).
    seed : int

    Returns
    -------
    tuple
        The texts; what each text lets a reader determine; what kind of activity is behind each report.
    """
    rng = np.random.default_rng([seed, 46])
    shares = np.array([s.text for s in SERVICES])[service]
    bounds = np.cumsum(shares, axis=1)
    draw = rng.random(service.size)
    group = np.where(silent, 5, (draw[:, None] >= bounds).sum(axis=1))
    pick = rng.random(service.size)
    is_osec = rng.random(service.size) < OSEC_SHARE["osec"]
    texts, readable = [], []
    for g, p, o in zip(group.tolist(), pick.tolist(), is_osec.tolist(), strict=True):
        text, kind = _text(g, pick=p, is_osec=o)
        texts.append(text)
        readable.append(kind)
    return texts, readable, ["osec" if o else "other" for o in is_osec.tolist()]


def _text(group: int, *, pick: float, is_osec: bool) -> tuple[str, TextKind]:
    if group < len(_CLASSES):
        return _choose(_CLASSES[group], pick), "not_determinable"
    if group == len(_CLASSES):
        return (_choose(OSEC, pick), "osec") if is_osec else (_choose(OTHER, pick), "other")
    return "", "not_determinable"


def _choose(options: Sequence[str], pick: float) -> str:
    return options[int(pick * len(options))]
