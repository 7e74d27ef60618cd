"""Log-linear models whose dependence between lists is declared beforehand, not chosen by the data."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from darkfigure.errors import EstimateError
from darkfigure.estimate.lists.hierarchical_models import Model, Term
from darkfigure.estimate.lists.list_dependence import ALIKE, SOURCE, fit_terms, labels_of
from darkfigure.estimate.lists.list_tables import cells_of
from darkfigure.estimate.outcomes import CLOSED_ASSUMPTIONS, Fit, Method
from darkfigure.records.aggregate import CaptureTable

Declared = str | Sequence[Sequence[str]]


def log_linear(terms: Declared) -> Method:
    """How many units, if exactly these lists depend on each other?

    Declaring the dependence from what is known of the lists (one refers units to another; two serve the same district)
    before looking at the counts keeps the range honest. Misleads when the declaration is wrong. Nearest alternatives:
    ``loglinear-stepwise-bca`` and ``loglinear-bic-bca``, which let the data choose.

    Parameters
    ----------
    terms : str or sequence of sequences of str
        ``"[12,23]"``: numbers of lists, counted from 1 (up to nine lists); ``"police*clinic, clinic*shelter"``: names
        of lists; or ``[("police", "clinic"), ("clinic", "shelter")]``. Every smaller term inside a term is part of the
        model. A list alone may be named and changes nothing; ``"[]"`` declares independent lists.

    Returns
    -------
    Method
        To be given to ``estimate``.

    Raises
    ------
    EstimateError (E-EST-56)
        The terms cannot be read. A name that no list of the table has raises the same code when the method is used.

    Source
    ------
    Fienberg (1972), Biometrika 59, 591, doi 10.1093/biomet/59.3.591.

    Examples
    --------
    >>> from darkfigure.estimate import estimate
    >>> histories = [[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 0], [1, 0, 1], [0, 1, 1], [1, 1, 1]]
    >>> table = CaptureTable.from_histories(histories, [40, 40, 40, 60, 8, 8, 12], labels=("x", "y", "z"))
    >>> round(estimate(log_linear("[12,3]"), table).n_unseen)
    200
    >>> round(estimate(log_linear("x*y"), table).n_unseen)
    200
    """
    model = _Declaration(_read(terms))
    return Method(
        name=f"loglinear {model.text}",
        question="How many units, if exactly the declared lists depend on each other?",
        assumptions=(
            *CLOSED_ASSUMPTIONS,
            ALIKE,
            f"Lists depend on each other as declared ({model.text}) and in no other way.",
        ),
        source=SOURCE,
        needs="histories of two to twelve lists",
        formula="log mu(w) = sum of c_S over the declared sets S of lists that w holds, and all sets inside them; "
        "n_unseen = exp(c_0)",
        misleads=(
            "The number follows the declaration: a dependence left out, or one that all lists share, is not seen by "
            "any check of fit when the overlaps are small."
        ),
        fit=model.fit,
    )


@dataclass(frozen=True, slots=True)
class _Declaration:
    """Sets of lists by name; a number in brackets is the place of a list, counted from 1."""

    sets: tuple[tuple[str | int, ...], ...]

    @property
    def text(self) -> str:
        numbered = all(isinstance(x, int) for s in self.sets for x in s)
        if numbered:
            return "[" + ",".join("".join(str(x) for x in s) for s in self.sets) + "]"
        return ", ".join("*".join(str(x) for x in s) for s in self.sets)

    def fit(self, table: CaptureTable, level: float) -> Fit:
        model = self._model(labels_of(table))
        order = max((len(s) for s in model), default=1)
        counts, histories = cells_of(table, at_least=max(2, order + 1))
        return fit_terms(table, histories, counts, model, level=level)

    def _model(self, labels: tuple[str, ...]) -> Model:
        place = {name: i for i, name in enumerate(labels)}
        found: set[Term] = set()
        for declared in self.sets:
            numbers = [x - 1 if isinstance(x, int) else place.get(x, -1) for x in declared]
            if any(not 0 <= i < len(labels) for i in numbers):
                raise _fault("a term names a list the table does not have", "names or numbers of the table's lists")
            whole = sorted(numbers)
            found.update(s for size in range(2, len(whole) + 1) for s in itertools.combinations(whole, size))
        return tuple(sorted(found, key=lambda s: (len(s), s)))


def _read(terms: Declared) -> tuple[tuple[str | int, ...], ...]:
    sets: list[tuple[str | int, ...]]
    if not isinstance(terms, str):
        sets = [tuple(s) for s in terms]
    elif terms.strip().startswith("["):
        inside = terms.strip().removeprefix("[").removesuffix("]")
        parts = [p.strip() for p in inside.split(",") if p.strip()]
        if not terms.strip().endswith("]") or not all(p.isdecimal() and "0" not in p for p in parts):
            raise _fault("the terms cannot be read", "numbers of lists from 1 to 9 in brackets, such as [12,23]")
        sets = [tuple(int(digit) for digit in p) for p in parts]
    else:
        sets = [tuple(name.strip() for name in p.split("*")) for p in terms.split(",")]
    if any(not s or "" in s or len(set(s)) < len(s) for s in sets):
        raise _fault("a term is empty or names a list twice", "one or more different lists in every term")
    return tuple(sets)


def _fault(problem: str, allowed: str) -> EstimateError:
    return EstimateError(
        "E-EST-56",
        where="terms",
        problem=problem,
        allowed=allowed,
        remedy='Write terms such as "[12,23]" or "police*clinic, clinic*shelter".',
    )
