"""The last gate before a number leaves the library: can these data carry an estimate that large?"""

from __future__ import annotations

import math
from dataclasses import replace

from darkfigure.estimate.nesting import nesting_caution
from darkfigure.estimate.outcomes import Fit, UnanswerableError
from darkfigure.records.aggregate import CaptureTable, Caution, Reason

LARGEST_MULTIPLE = 20.0
"""How many times the homogeneous size an estimate may be (see ``carrying_limit``)."""


def carrying_limit(table: CaptureTable) -> float:
    """Above which total would an estimate rest on the model's shape alone?

    Parameters
    ----------
    table : CaptureTable
        With at least one repeated capture.

    Returns
    -------
    float
        In units.

    Notes
    -----
    With ``C`` captures of ``n`` units, ``r = C - n`` captures were repeats. If all units were alike, ``C`` captures of
    ``N`` units would repeat about ``C^2 / (2 N)`` times, so the repeats speak for about ``C^2 / (2 r)`` units. Units
    that differ raise that by ``1 + g^2`` with ``g`` the coefficient of variation of their chances. An estimate above
    ``LARGEST_MULTIPLE`` times the homogeneous size claims ``g^2`` above 19: nearly all units would have to be beyond
    reach of the records, and nothing in the records could tell so.

    Source
    ------
    Homogeneous size: Darroch (1958), Biometrika 45, 343, doi 10.1093/biomet/45.3-4.343; factor ``1 + g^2``: Chao and
    Lee (1992), JASA 87, 210, doi 10.1080/01621459.1992.10475194. The multiple is this library's own rule.

    Examples
    --------
    >>> round(carrying_limit(CaptureTable.from_frequencies([25, 22, 13, 5, 1, 2], n_occasions=6)))
    2731
    """
    repeats = table.n_captures - table.n_observed
    if repeats == 0:
        return math.inf
    return LARGEST_MULTIPLE * max(table.n_captures**2 / (2 * repeats), float(table.n_observed))


def check_plausible(fit: Fit, table: CaptureTable) -> Fit:
    """Refuse a fit that is not finite or above what the data can carry; add cautions: very wide, nested lists.

    Parameters
    ----------
    fit : Fit
        As the family gave it.
    table : CaptureTable
        The data behind it.

    Returns
    -------
    Fit
        The same, with cautions.

    Raises
    ------
    UnanswerableError
        Reason ``diverged`` or ``boundary``.

    Examples
    --------
    >>> table = CaptureTable.from_frequencies([25, 22, 13, 5, 1, 2], n_occasions=6)
    >>> check_plausible(Fit(n_unseen=1e19), table)
    Traceback (most recent call last):
    ...
    darkfigure.estimate.outcomes.UnanswerableError: The fitted number is more than twenty times what ...
    """
    unseen, error = fit.n_unseen, fit.standard_error
    if unseen is None:
        return fit
    limit = carrying_limit(table)
    if not math.isfinite(unseen) or table.n_observed + unseen > limit:
        raise UnanswerableError(
            Reason.DIVERGED,
            "The fitted number is more than twenty times what the repeated sightings speak for: it comes from the "
            "shape of the model, not from the data. Another model, or fewer and longer occasions, would be needed.",
            {"carrying_limit": limit, "log10_n_total": math.log10(table.n_observed + unseen)}
            if math.isfinite(unseen)
            else {"carrying_limit": limit},
        )
    if unseen < 0:
        raise UnanswerableError(
            Reason.BOUNDARY,
            "The model's best number of unseen units is below zero: the data contradict the model.",
            {"n_unseen": unseen},
        )
    if error is not None and not math.isfinite(error):
        raise UnanswerableError(
            Reason.NOT_IDENTIFIED, "The data leave the number undetermined: its standard error has no finite value."
        )
    return _with_cautions(fit, table)


def _with_cautions(fit: Fit, table: CaptureTable) -> Fit:
    found = []
    if fit.standard_error is not None and fit.n_unseen and fit.standard_error > fit.n_unseen > 0:
        found.append(
            Caution(
                "C-UNCERTAIN",
                "The standard error is larger than the number of unseen units itself: the data say little about it.",
            )
        )
    lower = 0.0 if fit.interval is None else max(fit.interval.lower, float(table.n_observed))
    if fit.interval is not None and not fit.interval.upper <= 4 * lower:
        found.append(
            Caution(
                "C-WIDE",
                "The range has no upper end: the data do not exclude any larger number."
                if math.isinf(fit.interval.upper)
                else "The upper end of the range is more than four times its lower end.",
            )
        )
    return replace(fit, cautions=(*fit.cautions, *found, *nesting_caution(table)))
