"""Which findings of a section are printed in full? A declared list, else a rule; all others stand in its table."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase

from darkfigure.disclosure.released import ReleasedFinding

MOST_UNDECLARED = 5
"""How many findings a section prints in full when none of those its plan declares was released."""


def leading_of(findings: Sequence[ReleasedFinding], declared: Sequence[str]) -> tuple[ReleasedFinding, ...]:
    """Choose the findings of a section that carry its message.

    Parameters
    ----------
    findings : sequence of ReleasedFinding
        Of one section, in the order of the release.
    declared : sequence of str
        Ids; one with ``*`` stands for the first and the last finding of a series.

    Returns
    -------
    tuple of ReleasedFinding
        Key findings and refusals always, then the declared ones in their order. Where no declared one was released:
        those with an interval, then the others, up to ``MOST_UNDECLARED``. Of withheld ones only key findings.
    """
    always = [f for f in findings if f.headline or f.refusal is not None]
    said = [f for f in findings if not f.suppressed]
    wanted = [f for pattern in declared for f in _ends(said, pattern)]
    if not wanted:
        rest = sorted((f for f in said if f not in always), key=lambda f: f.interval is None)
        wanted = rest[: max(0, MOST_UNDECLARED - len(always))]
    return tuple({f.id: f for f in (*always, *wanted)}.values())


def _ends(findings: Sequence[ReleasedFinding], pattern: str) -> list[ReleasedFinding]:
    found = [f for f in findings if fnmatchcase(f.id, pattern)]
    return [found[0], found[-1]] if len(found) > 1 else found
