"""How is an estimator called in plain words? A dated list beside the short names of the registry."""

from __future__ import annotations

from types import MappingProxyType

METHOD_NAMES = MappingProxyType(
    {
        "lincoln-petersen": "Lincoln-Petersen, two samples",
        "chapman": "Chapman, two samples",
        "chao": "Chao",
        "chao-bc": "Chao, bias-corrected",
        "zelterman": "Zelterman",
        "M0": "All alike",
        "Mt": "Occasions differ",
        "Mh-chao": "Units differ, Chao",
        "Mh-poisson2": "Units differ, Poisson",
        "Mh-darroch": "Units differ, Darroch",
        "Mh-gamma3.5": "Units differ, gamma",
        "Mth-chao": "Both differ, Chao",
        "Mth-poisson2": "Both differ, Poisson",
        "Mth-darroch": "Both differ, Darroch",
        "Mth-gamma3.5": "Both differ, gamma",
        "Mh-normal": "Units differ, normal",
        "Mth-normal": "Both differ, normal",
        "Mb": "First sighting differs",
        "Mbh": "First sighting and units differ",
        "Mtb": "First sighting and occasions differ",
        "loglinear-main": "Log-linear, independent lists",
        "loglinear-pairs": "Log-linear, pairs of lists",
        "loglinear-stepwise": "Log-linear, stepwise choice",
        "loglinear-bic": "Log-linear, choice by BIC",
    }
)
"""Readable names; "differ" says which chances of being seen a method lets differ."""


def method_in_words(name: str) -> str:
    """Write a method's readable name with its short name; an unknown one stays as it is.

    Examples
    --------
    >>> method_in_words("chapman"), method_in_words("new-method")
    ('Chapman, two samples (chapman)', 'new-method')
    """
    return f"{METHOD_NAMES[name]} ({name})" if name in METHOD_NAMES else name
