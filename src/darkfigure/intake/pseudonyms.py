"""Keyed pseudonyms made at the gate, so that no later stage sees an address or a report id.

An unkeyed digest of an IPv4 address is plain text: all of them can be tried in minutes. A keyed one (HMAC-SHA-256)
cannot be tried without the key, and 128 bits keep two addresses from sharing a pseudonym.
"""

from __future__ import annotations

import hashlib
import hmac
import stat
from pathlib import Path
from typing import Final

from darkfigure.errors import IntakeError

MIN_KEY_BYTES: Final = 16
PSEUDONYM_CHARACTERS: Final = 32
"""128 bits in hexadecimal."""

_MAX_KEY_BYTES: Final = 4096
_SEPARATOR: Final = b"\x1f"


class Pseudonymiser:
    """Replaces a value by its keyed pseudonym; the key never shows.

    Parameters
    ----------
    key : bytes
        Secret of at least 16 bytes. The same key gives the same pseudonyms, in every source and every run.

    Raises
    ------
    IntakeError (E-INTAKE-10)
        The key is shorter than 16 bytes.

    Notes
    -----
    ``of(domain, text)`` is the first 128 bits of HMAC-SHA-256(key, domain, 0x1F, text). The domain ("address",
    "report", "bundle") keeps equal texts of different kinds apart.

    Examples
    --------
    >>> pseudonymiser = Pseudonymiser(b"a key of 16 byte")
    >>> len(pseudonymiser.of("address", "192.0.2.1"))
    32
    >>> pseudonymiser.of("address", "1") == pseudonymiser.of("report", "1")
    False
    >>> pseudonymiser
    Pseudonymiser(<secret key>)
    """

    __slots__ = ("__inner", "__prefixes")

    def __init__(self, key: bytes) -> None:
        if len(key) < MIN_KEY_BYTES:
            raise _too_short()
        self.__inner = hmac.new(key, digestmod=hashlib.sha256)
        self.__prefixes: dict[str, hmac.HMAC] = {}

    def of(self, domain: str, text: str) -> str:
        """Give the pseudonym of ``text`` in ``domain``: 32 hexadecimal characters."""
        return self.of_bytes(domain, text.encode())

    def of_bytes(self, domain: str, value: bytes) -> str:
        """Give the pseudonym of ``value`` in ``domain``; ``of`` is this on the UTF-8 bytes of the text."""
        prefix = self.__prefixes.get(domain)
        if prefix is None:
            prefix = self.__inner.copy()
            prefix.update(domain.encode() + _SEPARATOR)
            self.__prefixes[domain] = prefix
        digest = prefix.copy()
        digest.update(value)
        return digest.hexdigest()[:PSEUDONYM_CHARACTERS]

    def __repr__(self) -> str:
        return "Pseudonymiser(<secret key>)"

    def __reduce__(self) -> str:
        """Refuse to be written to disk."""
        raise TypeError("a pseudonymiser is not to be copied or stored")


def load_key(path: Path) -> bytes:
    """Read a pseudonym key from a private file.

    Parameters
    ----------
    path : Path
        File that its owner alone may read (mode 0600 or 0400), holding at least 32 hexadecimal characters.

    Returns
    -------
    bytes

    Raises
    ------
    IntakeError (E-INTAKE-10)
        The file holds no hexadecimal text, or fewer than 16 bytes of it.
    IntakeError (E-INTAKE-11)
        The file is missing, too large, or others may read it.
    """
    if not path.is_file() or path.stat().st_size > _MAX_KEY_BYTES or stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise IntakeError(
            "E-INTAKE-11", where="pseudonym key file", problem="the file is missing, too large or open to others",
            allowed=f"a file of at most {_MAX_KEY_BYTES} bytes with mode 0600", remedy="Run chmod 600 on the key file.",
        )  # fmt: skip
    try:
        key = bytes.fromhex(path.read_bytes().decode("ascii"))
    except ValueError:
        key = b""
    if len(key) < MIN_KEY_BYTES:
        raise _too_short()
    return key


def synthetic_key(study_id: str) -> bytes:
    """Give the fixed key of a synthetic study, so that two runs of it agree.

    It is public and protects nothing: use it only where every record is invented.

    Parameters
    ----------
    study_id : str
        ``id`` of the study.

    Returns
    -------
    bytes
        32 bytes.

    Examples
    --------
    >>> synthetic_key("a") == synthetic_key("a"), synthetic_key("a") == synthetic_key("b")
    (True, False)
    """
    return hashlib.sha256(b"darkfigure synthetic study" + _SEPARATOR + study_id.encode()).digest()


def _too_short() -> IntakeError:
    return IntakeError(
        "E-INTAKE-10", where="pseudonym key", problem="the key is too short or not hexadecimal",
        allowed=f"at least {MIN_KEY_BYTES} bytes", remedy="Make a longer random key and keep it apart from the data.",
    )  # fmt: skip
