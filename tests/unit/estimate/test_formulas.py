"""Formulas make the design a reader expects, and refuse what they cannot read without showing a value."""

from __future__ import annotations

import numpy as np
import pytest

from darkfigure.errors import EstimateError
from darkfigure.estimate.formulas import design

COLUMNS = {"sex": np.array(["m", "f", "f"]), "place": np.array(["a", "b", "c"]), "age": np.array([1.5, 2.0, 4.0])}


def test_main_effects_and_interactions_are_coded_against_the_first_level() -> None:
    made = design("~ age:sex + sex*place", COLUMNS, n_rows=3)
    assert made.names == (
        "(Intercept)",
        "sex=m",
        "place=b",
        "place=c",
        "age:sex=m",
        "sex=m:place=b",
        "sex=m:place=c",
    )
    assert made.matrix[:, 1].tolist() == [1, 0, 0]
    assert made.matrix[:, 4].tolist() == [1.5, 0, 0]
    assert made.matrix[:, 5].tolist() == [0, 0, 0]


def test_without_intercept_the_first_factor_is_whole() -> None:
    made = design("~ 0 + place + sex", COLUMNS, n_rows=3)
    assert made.names == ("place=a", "place=b", "place=c", "sex=m")
    assert np.linalg.matrix_rank(made.matrix) == 3


@pytest.mark.parametrize("formula", ["~ sex +", "~ sex**2", "~ log(age)", "~ a*b:c", "~ unknown"])
def test_what_cannot_be_read_is_refused_without_its_text(formula: str) -> None:
    with pytest.raises(EstimateError) as caught:
        design(formula, COLUMNS, n_rows=3)
    assert caught.value.code == "E-EST-10"
    assert "log" not in str(caught.value) and "unknown" not in str(caught.value)
