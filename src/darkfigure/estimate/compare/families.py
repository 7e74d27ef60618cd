"""Which estimators make the same assumption about the unseen, and which give a lower bound?"""

from __future__ import annotations

import re
from typing import Literal

from darkfigure.estimate.outcomes import Method

Kind = Literal["estimate", "lower-bound", "rates", "refusal"]
"""What an answer is: a size, a size that the truth may exceed, rates without a size, or a refusal."""

_FAMILIES: tuple[tuple[str, str], ...] = (
    ("covariates", r"stratified-.*|huggins.*|doubly-robust.*"),
    ("coverage", r"sample-coverage.*|ace|chao-lee"),
    ("lower bounds", r".*chao.*"),
    ("two samples", r"lincoln-petersen|chapman"),
    ("alike units", r"(M0|Mt)(-bc)?|loglinear-main"),
    ("behaviour", r"(Mb|Mbh|Mtb)(-.*)?"),
    ("units that differ", r"(Mh|Mth)-.*"),
    ("lists that depend", r"loglinear-.*"),
    ("jackknife", r"jackknife.*"),
    ("averaged graphs", r"dga.*"),
    ("latent classes", r"lcmcr.*"),
    ("repeated counts", r"zelterman.*|(zt|zot|oneinflated|hurdle)-.*"),
    ("open population", r"cjs.*|jolly-seber.*|popan.*|robust-design.*|open-loglinear.*"),
)
"""Names by what they assume about the unseen; the first pattern that fits the whole name counts."""


def family_of(method: Method) -> str:
    """Which family of assumptions does this estimator belong to?

    An estimator that no pattern names is a family of its own, so that one a user adds counts once.

    Parameters
    ----------
    method : Method
        Of the registry, or made with options.

    Returns
    -------
    str
        In words.

    Examples
    --------
    >>> from darkfigure.estimate import REGISTRY
    >>> family_of(REGISTRY["Mth-darroch"]), family_of(REGISTRY["Mt"]) == family_of(REGISTRY["loglinear-main"])
    ('units that differ', True)
    """
    return next((family for family, names in _FAMILIES if re.fullmatch(names, method.name)), method.name)


def is_lower_bound(method: Method) -> bool:
    """Does this estimator say that its number is a lower bound?

    It is one when its own list of assumptions says so in these two words, which makes the statement part of every
    answer and keeps the two from drifting apart.

    Examples
    --------
    >>> from darkfigure.estimate import REGISTRY
    >>> [name for name in ("chao", "Mth-chao", "Mt") if is_lower_bound(REGISTRY[name])]
    ['chao', 'Mth-chao']
    """
    return any("lower bound" in assumption for assumption in method.assumptions)
