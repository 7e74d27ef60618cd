"""Which code gave an answer? A digest of the source that analyses and simulates, so that an edit shows."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

_PACKAGE = Path(__file__).parents[2]
_PARTS = ("estimate", "study/plan", "records/aggregate")
"""Everything between the draw of a world and its answer."""


@cache
def code_digest(package: Path = _PACKAGE) -> str:
    """SHA-256 of the names and contents of all modules that the answers of a plan depend on; computed once.

    Parameters
    ----------
    package : Path
        Folder of the package.

    Returns
    -------
    str

    Examples
    --------
    >>> code_digest() == code_digest(), len(code_digest())
    (True, 64)
    """
    total = hashlib.sha256()
    for part in _PARTS:
        folder = package / part
        for path in sorted(folder.rglob("*.py"), key=lambda p: p.relative_to(package).as_posix()):
            # Line ends may differ between installations of the same source.
            body = path.read_bytes().replace(b"\r\n", b"\n")
            name = path.relative_to(package).as_posix().encode()
            total.update(b"%d %s %d " % (len(name), name, len(body)))
            total.update(body)
    return total.hexdigest()
