"""What open-population models share in their answers: named columns, cautions, refusals."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from darkfigure.estimate.open_populations.identification import Curvature, NamedRate, not_told_apart
from darkfigure.estimate.open_populations.maximum import Maximum
from darkfigure.estimate.outcomes import UnanswerableError
from darkfigure.records.aggregate import Caution, Quantity, Reason


def column_values(names: Sequence[str], maximum: Maximum, found: Curvature) -> dict[str, float]:
    """Coefficients of the formulas that the data determine, each with its standard error as ``se(...)``.

    Examples
    --------
    >>> import numpy as np
    >>> top = Maximum(np.array([1.0]), 0.0, np.array([[4.0]]))
    >>> column_values(["p:(Intercept)"], top, Curvature(np.array([[0.25]]), np.zeros((1, 0)), ()))
    {'p:(Intercept)': 1.0, 'se(p:(Intercept))': 0.5}
    """
    size = len(names)
    left_open = not_told_apart({name: np.eye(size)[i] for i, name in enumerate(names)}, found)
    values: dict[str, float] = {}
    for i, name in enumerate(names):
        if name in left_open:
            continue
        values[name] = float(maximum.beta[i])
        error = math.sqrt(max(float(found.covariance[i, i]), 0.0))
        if error > 0:
            values[f"se({name})"] = error
    return values


def edge_cautions(edges: Sequence[NamedRate], maximum: Maximum) -> tuple[Caution, ...]:
    """Say which rates stand at 0 or 1, and why.

    Examples
    --------
    >>> import numpy as np
    >>> top = Maximum(np.array([20.0]), 0.0, np.eye(1))
    >>> edge_cautions([NamedRate("Phi[4]", np.array([1.0]))], top)[0].code
    'C-BOUNDARY'
    """
    upper = [edge.name for edge in edges if edge.row @ maximum.beta > 0]
    lower = [edge.name for edge in edges if edge.row @ maximum.beta <= 0]
    texts = []
    if upper:
        texts.append(
            f"{', '.join(upper)} stands at its upper limit of 1: the counts would be best explained by a value of 1 "
            "or more, which no chance can have. Chance, units that come back, or units that differ do this; it has no "
            "standard error."
        )
    if lower:
        texts.append(
            f"{', '.join(lower)} stands at its lower limit of 0: nothing in the counts calls for more than that. It "
            "has no standard error."
        )
    return tuple(Caution("C-BOUNDARY", text) for text in texts)


def open_cautions(quantities: Sequence[Quantity]) -> tuple[Caution, ...]:
    """Say which quantities the data cannot tell apart.

    Examples
    --------
    >>> open_cautions([Quantity(name="Phi[6]", value=None, confounded_with=("p[7]",))])[0].code
    'C-CONFOUNDED'
    """
    names = [quantity.name for quantity in quantities if quantity.value is None]
    if not names:
        return ()
    return (
        Caution(
            "C-CONFOUNDED",
            f"These data cannot tell {', '.join(names)} apart: other values fit equally well, so none is given.",
        ),
    )


def require_converged_rates(quantities: Sequence[Quantity]) -> None:
    """Refuse an answer in which no rate is identified.

    Examples
    --------
    >>> require_converged_rates([Quantity(name="p", value=0.5)])
    """
    if all(quantity.value is None for quantity in quantities):
        raise UnanswerableError(
            Reason.NOT_IDENTIFIED,
            "None of the rates of this model can be told from the others with these data; fewer rates, or more "
            "recaptures, would be needed.",
        )
