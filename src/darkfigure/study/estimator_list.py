"""Every estimator in words: the answer of ``darkfigure methods``."""

from __future__ import annotations

from typing import Any

from darkfigure.errors import EstimateError
from darkfigure.estimate import REGISTRY
from darkfigure.estimate.compare.families import family_of, is_lower_bound
from darkfigure.estimate.outcomes import Method
from darkfigure.study.estimate_words import wrapped


def list_methods(name: str | None = None) -> list[dict[str, Any]]:
    """What does each estimator ask, assume and need, how is it computed, and when does it mislead?

    Parameters
    ----------
    name : str, optional
        One estimator; all when not given.

    Returns
    -------
    list of dict
        In the order of the registry.

    Raises
    ------
    EstimateError (E-EST-01)
        No estimator has this name.

    Examples
    --------
    >>> list_methods()[0]["name"]
    'lincoln-petersen'
    """
    return [
        {
            "name": m.name,
            "family": family_of(m),
            "lower_bound": is_lower_bound(m),
            "question": m.question,
            "needs": m.needs,
            "formula": m.formula,
            "assumptions": list(m.assumptions),
            "misleads": m.misleads,
            "source": m.source,
        }
        for m in _asked(name)
    ]


def render_methods(name: str | None = None) -> str:
    """The same as text of 80 columns.

    Parameters
    ----------
    name : str, optional
        One estimator; all when not given.

    Returns
    -------
    str
        Lines without a trailing newline.

    Raises
    ------
    EstimateError (E-EST-01)
        No estimator has this name.

    Examples
    --------
    >>> render_methods("Mt").splitlines()[:2]
    ['Mt', '  How many units, if occasions differ and all units are alike?']
    """
    blocks = []
    for method in _asked(name):
        lines = [method.name]
        for label, text in (
            ("", method.question),
            ("Needs: ", method.needs),
            ("Formula: ", method.formula),
            *(("Assumes: ", a) for a in method.assumptions),
            ("Misleads: ", method.misleads),
            ("Source: ", method.source),
        ):
            lines += wrapped(label + text) if text else []
        if name is not None:
            lines += wrapped(f"Family: {family_of(method)}")
            lines += wrapped(f"Try: darkfigure estimate TABLE.csv --method {method.name}")
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks)


def _asked(name: str | None) -> list[Method]:
    if name is None:
        return list(REGISTRY.values())
    if name not in REGISTRY:
        raise EstimateError(
            "E-EST-01",
            where="method",
            problem="no estimator has this name",
            allowed=", ".join(REGISTRY),
            remedy="Choose a name from `darkfigure methods`.",
        )
    return [REGISTRY[name]]
