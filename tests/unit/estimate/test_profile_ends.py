"""The search for the end of a profile interval stops also where the profile breaks off."""

from __future__ import annotations

import math

from darkfigure.estimate.intervals import profile_interval


def test_a_profile_that_breaks_off_is_not_searched_for_ever() -> None:
    """A search within the profile that fails far out leaves a cliff with the slope pointing the other way."""
    looked = []

    def broken(unseen: float) -> tuple[float, float]:
        looked.append(unseen)
        if unseen > 700:
            return -50.0, 1e-6
        gap = math.log(unseen / 100)
        return -0.05 * gap**2, -0.1 * gap / unseen

    interval, best = profile_interval(broken, n_observed=50, start=90.0, relative_error=0.5, level=0.95)
    assert abs(best - 100) < 0.01
    assert abs(interval.upper - 750) < 0.1
    assert len(looked) < 80
