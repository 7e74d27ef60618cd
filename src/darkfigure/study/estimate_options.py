"""What a user asks of ``darkfigure estimate`` beyond a method's name, turned into tables and methods."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from darkfigure.errors import EstimateError
from darkfigure.estimate import REGISTRY
from darkfigure.estimate.compare.list_changes import named
from darkfigure.estimate.open_populations import cormack_jolly_seber, super_population
from darkfigure.estimate.outcomes import Method
from darkfigure.records.aggregate import CaptureTable
from darkfigure.records.aggregate.capture_operations import drop_list, merge_lists


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What is done to the table, and which options the methods take.

    Parameters
    ----------
    merge : tuple of str
        ``"A+B=AB"``: lists to join, and the name of the new one.
    drop : tuple of str
        Lists to leave out, after joining.
    covariates : tuple of str or None
        Those to keep; ``None`` for all, empty for none.
    formula : str or None
        For the methods that take one.
    seed : int or None
        For the methods that draw random numbers.

    Examples
    --------
    >>> Changes(drop=("A",)).merge
    ()
    """

    merge: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()
    covariates: tuple[str, ...] | None = None
    formula: str | None = None
    seed: int | None = None


def changed_table(table: CaptureTable, changes: Changes) -> CaptureTable:
    """Join lists, then drop lists, then keep the covariates asked for.

    Parameters
    ----------
    table : CaptureTable
        As it was read; never changed.
    changes : Changes
        What to do.

    Returns
    -------
    CaptureTable
        With one line in ``operations`` for each list joined or dropped.

    Raises
    ------
    EstimateError (E-EST-83)
        What to join is not written ``A+B=AB``.
    EstimateError (E-EST-84)
        A covariate is not in the table.
    RecordError (E-RECORD-07)
        A list is not in the table, or the table has no histories.

    Examples
    --------
    >>> table = CaptureTable.from_histories([[1, 0, 0], [0, 1, 1], [1, 0, 1]], [5, 2, 4], labels=("A", "B", "C"))
    >>> changed_table(table, Changes(merge=("A+B=AB",))).labels
    ('AB', 'C')
    """
    changed = named(table) if changes.merge or changes.drop else table
    for text in changes.merge:
        lists, equals, into = text.partition("=")
        names = [name.strip() for name in lists.split("+")]
        if not equals or not into.strip() or len(names) < 2 or not all(names):
            raise EstimateError(
                "E-EST-83",
                where="--merge",
                problem="it does not say which lists to join under which name",
                allowed="two or more lists and a new name, such as GO+NG=GONG",
                remedy="Write the lists as the header of the table does.",
            )
        changed = merge_lists(changed, names, into=into.strip())
    for name in changes.drop:
        changed = drop_list(changed, name)
    return changed if changes.covariates is None else _with_covariates(changed, changes.covariates)


def _with_covariates(table: CaptureTable, names: Sequence[str]) -> CaptureTable:
    rows = table.rows
    known = () if rows is None else tuple(rows.covariates)
    if not set(names) <= set(known):
        raise EstimateError(
            "E-EST-84",
            where="--covariates",
            problem="the table has no covariate of this name",
            allowed=", ".join(known) or "none, since the table has no covariates",
            remedy="Name columns of the table that are neither lists nor counts, or say none.",
        )
    if rows is None or not names:
        return dataclasses.replace(table, rows=None)
    kept = {name: rows.covariates[name] for name in names}
    return dataclasses.replace(table, rows=dataclasses.replace(rows, covariates=kept))


def chosen_methods(names: Sequence[str] | None, changes: Changes) -> list[Method]:
    """Which methods, with the options asked for?

    Parameters
    ----------
    names : sequence of str or None
        Names of the registry; ``None`` for all.
    changes : Changes
        With the formula and the seed.

    Returns
    -------
    list of Method
        In the order of the registry when all are asked for.

    Raises
    ------
    EstimateError (E-EST-01)
        No estimator has this name.
    EstimateError (E-EST-85)
        A formula was given, and a method named takes none (of all methods: none takes one).

    Examples
    --------
    >>> [m.name for m in chosen_methods(["M0", "Mt"], Changes(seed=7))]
    ['M0', 'Mt']
    """
    entries = [_entry(name) for name in (REGISTRY if names is None else dict.fromkeys(names))]
    if changes.formula is not None:
        deaf = [entry.name for entry in entries if not takes(entry, "formula")]
        if deaf and (names is not None or len(deaf) == len(entries)):
            raise EstimateError(
                "E-EST-85",
                where="--formula",
                problem="a method that was named takes no formula",
                allowed=", ".join(m.name for m in REGISTRY.values() if takes(m, "formula")) or "no method yet",
                remedy="Name a method that takes one, or leave the formula out.",
            )
    options = {"formula": changes.formula, "seed": changes.seed}
    return [with_options(entry, **{k: v for k, v in options.items() if v is not None}) for entry in entries]


def _entry(name: str) -> Method:
    if name not in REGISTRY:
        raise EstimateError(
            "E-EST-01",
            where="method",
            problem="no estimator has this name",
            allowed=", ".join(REGISTRY),
            remedy="Choose a name from `darkfigure methods`.",
        )
    return REGISTRY[name]


_BY_FORMULA: Mapping[str, Callable[[str], Method]] = {
    "cjs": lambda formula: cormack_jolly_seber.cjs(formula, formula),
    "popan": lambda formula: super_population.popan(formula, formula),
}
"""Open models have several formulas: the one given is that of staying and of being seen."""


def takes(entry: Method, option: str) -> bool:
    """Does this method have an option of this name?

    Options are the fields of the frozen object that is the method's ``fit``, or whose ``fit`` it calls.

    Examples
    --------
    >>> takes(REGISTRY["Mt"], "seed")
    False
    """
    if option == "formula" and entry.name in _BY_FORMULA:
        return True
    return option in {field.name for field in _fields(_owner(entry))}


def with_options(entry: Method, **options: Any) -> Method:
    """The same method with these options, as far as it has them.

    Examples
    --------
    >>> with_options(REGISTRY["Mt"], seed=1) is REGISTRY["Mt"]
    True
    """
    if "formula" in options and entry.name in _BY_FORMULA:
        return _BY_FORMULA[entry.name](options["formula"])
    owner = _owner(entry)
    known = {name: value for name, value in options.items() if takes(entry, name)}
    if not known:
        return entry
    changed = dataclasses.replace(owner, **known)
    return dataclasses.replace(entry, fit=changed if owner is entry.fit else changed.fit)


def _owner(entry: Method) -> Any:
    return entry.fit if dataclasses.is_dataclass(entry.fit) else getattr(entry.fit, "__self__", None)


def _fields(owner: Any) -> tuple[dataclasses.Field[Any], ...]:
    return dataclasses.fields(owner) if dataclasses.is_dataclass(owner) else ()
