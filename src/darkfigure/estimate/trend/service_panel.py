"""Counts by reporting service over time: the services present throughout, and what each of them does to a change."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from darkfigure.errors import EstimateError
from darkfigure.records.aggregate import NotEstimable, Reason

METHOD = "service-panel"


@dataclass(frozen=True, slots=True, eq=False)
class ServiceCounts:
    """Reports by service and period.

    Parameters
    ----------
    services : tuple of str
        Names, each once.
    periods : tuple of str
        Names in order of time, each once; periods of equal length.
    counts : ndarray of int, shape (services, periods)
        Reports received.

    Raises
    ------
    EstimateError (E-EST-70)
        Names repeat, shapes differ, or a count is negative or no whole number.

    Examples
    --------
    >>> ServiceCounts(("A", "B"), ("2016", "2017"), np.array([[10, 20], [0, 7]])).totals.tolist()
    [10, 27]
    """

    services: tuple[str, ...]
    periods: tuple[str, ...]
    counts: NDArray[np.int64]

    def __post_init__(self) -> None:
        counts = np.asarray(self.counts)
        whole = counts.dtype.kind in "iu" or (
            counts.dtype.kind == "f" and bool((np.isfinite(counts) & (counts == np.floor(counts))).all())
        )
        unique = len(set(self.services)) == len(self.services) and len(set(self.periods)) == len(self.periods)
        if not (unique and whole and counts.shape == (len(self.services), len(self.periods)) and (counts >= 0).all()):
            raise EstimateError(
                "E-EST-70",
                where="service counts",
                problem="the table is no table of counts by service and period",
                allowed="whole numbers from 0, one row a service and one column a period, each name once",
                remedy="Count reports by service and period; write 0 where a service made none.",
            )
        kept = counts.astype(np.int64)
        kept.setflags(write=False)
        object.__setattr__(self, "counts", kept)

    @property
    def totals(self) -> NDArray[np.int64]:
        """Reports of all services by period."""
        return np.asarray(self.counts.sum(axis=0), dtype=np.int64)

    def position(self, period: str) -> int:
        """Column of a period.

        Raises
        ------
        EstimateError (E-EST-71)
            There is no such period.
        """
        if period not in self.periods:
            raise _no_period()
        return self.periods.index(period)


def _no_period() -> EstimateError:
    return EstimateError(
        "E-EST-71",
        where="period",
        problem="the table has no period of this name, or the two periods are not in order of time",
        allowed="two names of periods of the table, the earlier one first",
        remedy="Use the names in `periods`.",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """The change of the panel without one service.

    Parameters
    ----------
    service : str
        Left out.
    factor : float
        Reports of the other panel services, later over earlier.
    """

    service: str
    factor: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelChange:
    """How reports changed from one period to another, at the same services.

    Parameters
    ----------
    first, last : str
        The periods.
    services : tuple of str
        Those that reported in every period from ``first`` to ``last``.
    joined, left : tuple of str
        Services with reports only in ``last`` or only in ``first``; others that are not in the panel came and went.
    total : tuple of int
        Reports of all services, then and later.
    panel : tuple of int
        Reports of the panel, then and later.
    left_out : tuple of LeftOut
        The change without each panel service; empty for a panel of one.

    Examples
    --------
    >>> table = ServiceCounts(("A", "B"), ("2016", "2017"), np.array([[10, 20], [0, 7]]))
    >>> panel_change(table, first="2016", last="2017").joined
    ('B',)
    """

    first: str
    last: str
    services: tuple[str, ...]
    joined: tuple[str, ...]
    left: tuple[str, ...]
    total: tuple[int, int]
    panel: tuple[int, int]
    left_out: tuple[LeftOut, ...]

    @property
    def total_factor(self) -> float:
        """Reports of all services, later over earlier."""
        return self.total[1] / self.total[0]

    @property
    def panel_factor(self) -> float:
        """Reports of the panel, later over earlier."""
        return self.panel[1] / self.panel[0]

    @property
    def services_factor(self) -> float:
        """What services that came or went did to the number of reports: an identity, no estimate."""
        return self.total_factor / self.panel_factor

    def decisive(self) -> tuple[str, ...]:
        """Services without which the panel changed in the other direction.

        Examples
        --------
        >>> table = ServiceCounts(("A", "B"), ("1", "2"), np.array([[10, 90], [50, 40]]))
        >>> panel_change(table, first="1", last="2").decisive()
        ('A',)
        """
        way = math.log(self.panel_factor)
        return tuple(o.service for o in self.left_out if math.log(o.factor) * way < 0)

    def sentences(self) -> tuple[str, ...]:
        """What the panel says, in words."""
        said = [
            f"Reports of all services changed by a factor of {self.total_factor:.2f} from {self.first} to {self.last}; "
            f"at the {len(self.services)} services that reported throughout, by {self.panel_factor:.2f}."
        ]
        if self.left_out:
            factors = [o.factor for o in self.left_out]
            said.append(
                f"Leaving out one service at a time gives factors from {min(factors):.2f} to {max(factors):.2f}."
            )
        if self.decisive():
            said.append(f"The direction rests on one service: {', '.join(self.decisive())}.")
        return tuple(said)

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers, texts and lists."""
        return {
            "first": self.first,
            "last": self.last,
            "services": list(self.services),
            "joined": list(self.joined),
            "left": list(self.left),
            "total": list(self.total),
            "panel": list(self.panel),
            "total_factor": self.total_factor,
            "panel_factor": self.panel_factor,
            "services_factor": self.services_factor,
            "left_out": [{"service": o.service, "factor": o.factor} for o in self.left_out],
            "decisive": list(self.decisive()),
        }


def panel_change(counts: ServiceCounts, *, first: str, last: str) -> PanelChange | NotEstimable:
    """How did reports change at the services that reported throughout, and does one service make the change?

    Parameters
    ----------
    counts : ServiceCounts
        Reports.
    first, last : str
        Periods, the earlier one first.

    Returns
    -------
    PanelChange or NotEstimable
        A refusal when no service reported in every period from ``first`` to ``last``.

    Raises
    ------
    EstimateError (E-EST-71)
        A period is unknown, or they are not in order.

    Notes
    -----
    ``log(T_2 / T_1) = log(P_2 / P_1) + log((T_2 / P_2) / (T_1 / P_1))`` with ``T`` all reports and ``P`` those of the
    panel; the last term is what services that came and went did.

    Examples
    --------
    >>> table = ServiceCounts(("A", "B", "C"), ("1", "2"), np.array([[10, 20], [30, 45], [0, 25]]))
    >>> found = panel_change(table, first="1", last="2")
    >>> found.services, found.panel_factor, [o.factor for o in found.left_out]
    (('A', 'B'), 1.625, [1.5, 2.0])
    """
    a, b = counts.position(first), counts.position(last)
    if a >= b:
        raise _no_period()
    inside = (counts.counts[:, a : b + 1] > 0).all(axis=1)
    early, late = counts.counts[:, a], counts.counts[:, b]
    if not inside.any():
        return NotEstimable(
            method=METHOD,
            reason=Reason.NO_DATA,
            explanation="No service reported in every period, so there is no panel whose reporting can be followed. "
            "Longer periods, or the counts of a service that reported throughout, would be needed.",
            n_observed=int(early.sum() + late.sum()),
        )
    panel = int(early[inside].sum()), int(late[inside].sum())
    names = np.array(counts.services, dtype=object)
    rows = np.flatnonzero(inside) if inside.sum() > 1 else np.zeros(0, dtype=np.int64)
    return PanelChange(
        first=first,
        last=last,
        services=tuple(names[inside]),
        joined=tuple(names[(early == 0) & (late > 0)]),
        left=tuple(names[(early > 0) & (late == 0)]),
        total=(int(early.sum()), int(late.sum())),
        panel=panel,
        left_out=tuple(
            LeftOut(
                service=counts.services[i],
                factor=float((panel[1] - late[i]) / (panel[0] - early[i])),
            )
            for i in rows
        ),
    )
