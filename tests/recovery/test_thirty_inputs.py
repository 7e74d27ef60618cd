"""Questions that data cannot answer end in a refusal that names the cause; comparable good ones are answered."""

from __future__ import annotations

import functools

import pytest
import thirty_inputs
from thirty_inputs import ANSWERABLE, UNANSWERABLE, Number, Outcome, Refusal

from darkfigure.records.aggregate import NotEstimable, Reason


@functools.cache
def outcome(name: str) -> tuple[Outcome, float]:
    return ANSWERABLE[name].ask()


def test_there_are_thirty_of_each() -> None:
    assert len(UNANSWERABLE) >= 30
    assert len(ANSWERABLE) >= 30
    known = {r.value for r in Reason} | {"confounded", "cannot-be-told-apart"}
    assert all(case.reasons and case.reasons <= known for case in UNANSWERABLE.values())


@pytest.mark.parametrize("name", list(UNANSWERABLE))
def test_what_the_data_cannot_tell_is_refused_by_its_cause(name: str) -> None:
    case = UNANSWERABLE[name]
    result = case.ask()
    assert isinstance(result, Refusal), f"answered with {result}"
    assert result.reason in case.reasons, result
    assert case.word.lower() in result.words.lower(), result


@pytest.mark.parametrize("name", list(ANSWERABLE))
def test_what_the_data_can_tell_is_answered(name: str) -> None:
    result, _ = outcome(name)
    assert isinstance(result, Number), result
    assert result.lower <= result.upper


def test_the_truth_lies_in_nine_ranges_out_of_ten() -> None:
    outside = []
    for name in ANSWERABLE:
        result, truth = outcome(name)
        if not (isinstance(result, Number) and result.lower <= truth <= result.upper):
            outside.append(name)
    assert len(outside) <= len(ANSWERABLE) // 10, outside


def test_ranges_of_good_inputs_say_something() -> None:
    """An interval from nothing to everything would hold every truth."""
    wide = []
    for name in ANSWERABLE:
        result, truth = outcome(name)
        if isinstance(result, Number) and abs(result.upper - result.lower) > 1.5 * abs(truth):
            wide.append(name)
    assert not wide


def test_a_window_compared_with_itself_never_shows_a_change() -> None:
    found = thirty_inputs.identical_windows()
    assert isinstance(found, NotEstimable) or (found.p_value == 1 and found.ratio == pytest.approx(1))
