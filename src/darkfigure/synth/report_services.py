"""The reporting services of the synthetic world: how completely and how quickly each detects and reports."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportingService:
    """One organisation that detects and reports.

    Parameters
    ----------
    name : str
    rate : tuple of (float, float)
        Knots (year, expected captures of an address in use for a year), joined by straight lines. Detection grows,
        starts, jumps or stops; use does not.
    delay_days : float
        Median days from incident to receipt.
    states_time, states_zone : float
        Share of address entries with their own time; share of those with a time zone.
    states_proxy : float
        Share of entries that say whether the address may be a proxy.
    foreign : float
        Relative number of other addresses in its reports.
    text : tuple of float
        Shares of reports whose text is: boilerplate, a pointer to something else, in another language, redacted,
        informative; the rest is empty.
    """

    name: str
    rate: tuple[tuple[float, float], ...]
    delay_days: float
    states_time: float
    states_zone: float
    states_proxy: float
    foreign: float
    text: tuple[float, float, float, float, float]


SERVICES = (
    ReportingService(
        name="Service A", rate=((2009, 0.170), (2014, 0.215), (2018, 0.230)), delay_days=4, states_time=0.95,
        states_zone=0.99, states_proxy=0.1, foreign=1.2, text=(0.42, 0.03, 0.01, 0.0, 0.028),
    ),
    ReportingService(
        name="Service B", rate=((2009, 0.100), (2014, 0.085), (2018, 0.070)), delay_days=9, states_time=0.88,
        states_zone=0.97, states_proxy=0.0, foreign=0.6, text=(0.10, 0.10, 0.02, 0.01, 0.05),
    ),
    ReportingService(
        name="Service C", rate=((2009, 0.050), (2014, 0.070), (2018, 0.090)), delay_days=3, states_time=0.97,
        states_zone=1.0, states_proxy=0.5, foreign=0.7, text=(0.70, 0.0, 0.0, 0.02, 0.01),
    ),
    ReportingService(
        name="Service D", rate=((2013.25, 0.0), (2013.3, 0.035), (2016, 0.075), (2018, 0.095)), delay_days=6,
        states_time=0.93, states_zone=0.98, states_proxy=0.2, foreign=1.7, text=(0.15, 0.02, 0.03, 0.0, 0.1),
    ),
    ReportingService(
        name="Service E", rate=((2009, 0.020), (2015.7, 0.030), (2016.2, 0.085), (2018, 0.085)), delay_days=5,
        states_time=0.96, states_zone=0.99, states_proxy=0.3, foreign=0.8, text=(0.25, 0.05, 0.01, 0.0, 0.03),
    ),
    ReportingService(
        name="Service F", rate=((2009, 0.030), (2018, 0.020)), delay_days=14, states_time=0.75,
        states_zone=0.85, states_proxy=0.0, foreign=2.2, text=(0.05, 0.08, 0.06, 0.02, 0.18),
    ),
    ReportingService(
        name="Service G", rate=((2009, 0.040), (2016.45, 0.040), (2016.5, 0.0)), delay_days=8, states_time=0.90,
        states_zone=0.80, states_proxy=0.0, foreign=0.5, text=(0.02, 0.25, 0.0, 0.0, 0.01),
    ),
    ReportingService(
        name="Service H", rate=((2009, 0.020), (2018, 0.030)), delay_days=20, states_time=0.70,
        states_zone=0.75, states_proxy=0.05, foreign=0.9, text=(0.08, 0.10, 0.04, 0.03, 0.14),
    ),
    ReportingService(
        name="Service I", rate=((2014.65, 0.0), (2014.7, 0.012), (2018, 0.030)), delay_days=7, states_time=0.92,
        states_zone=0.98, states_proxy=0.4, foreign=1.3, text=(0.30, 0.02, 0.02, 0.0, 0.08),
    ),
)  # fmt: skip
"""The services, in the order of their names."""


def rates(year: NDArray[np.float64]) -> NDArray[np.float64]:
    """Expected captures a year of an address in use, by service (rows) and time (columns).

    Examples
    --------
    >>> rates(np.array([2012.0]))[3].tolist()
    [0.0]
    """
    knots = [np.array(service.rate) for service in SERVICES]
    return np.stack([np.interp(year, k[:, 0], k[:, 1]) for k in knots])
