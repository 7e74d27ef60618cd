"""One spelling for each address: every alias joins, and what is ambiguous is refused.

Two spellings of one address that stay apart lose a recapture; two addresses that join invent one. So a spelling is
either brought to its canonical form without doubt or refused with the name of a rule.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from darkfigure.records.restricted import AddressSpace

SYNTHETIC_SPACE = "240.0.0.0/4"
"""Block from which synthetic worlds take public IPv4 addresses; it is assigned to nobody."""

MAX_CHARACTERS = 80

_V4_SHAPE = re.compile(r"\d{1,3}(\.\d{1,3}){3}", re.ASCII)
_V4_PORT = re.compile(r"(\d{1,3}(?:\.\d{1,3}){3}):(\d{1,5})", re.ASCII)
_V6_BRACKET = re.compile(r"\[([^\[\]]*)\](?::(\d{1,5}))?", re.ASCII)
_SPACES = " \t\r\n\f\v\u00a0"


@dataclass(frozen=True, slots=True, repr=False)
class CanonicalAddress:
    """An address in its one canonical form.

    Parameters
    ----------
    family : int
        4 or 6; a v4-mapped v6 address is 4.
    packed : bytes
        Network byte order, 4 or 16 bytes.
    space : AddressSpace
        What kind of address it is, by the address alone.
    aliased : bool
        Whether the text was not the canonical spelling (spaces, case, compression, mapping, port).
    """

    family: int
    packed: bytes
    space: AddressSpace
    aliased: bool

    @property
    def text(self) -> str:
        """Canonical spelling: dotted decimal for IPv4, RFC 5952 for IPv6."""
        if self.family == 4:
            return ".".join(map(str, self.packed))
        return str(ipaddress.IPv6Address(self.packed))

    @property
    def number(self) -> int:
        """The address as an unsigned 32-bit number; 0 for IPv6."""
        return int.from_bytes(self.packed, "big") if self.family == 4 else 0

    def __repr__(self) -> str:
        return f"CanonicalAddress(<restricted IPv{self.family}>)"


@dataclass(frozen=True, slots=True)
class AddressRefusal:
    """A spelling that is no address, or not surely one.

    Parameters
    ----------
    rule : str
        ``address-blank``, ``address-too-long``, ``address-leading-zero``, ``address-zone``, ``address-port``,
        ``address-out-of-range`` or ``address-malformed``.
    """

    rule: str


def canonical_address(text: str, *, synthetic_space: str | None = None) -> CanonicalAddress | AddressRefusal:
    """Bring one spelling of an address to its canonical form, or refuse it by rule.

    Joined: upper and lower case, compressed and full IPv6, dotted tails, v4-mapped IPv6 (which is IPv4), surrounding
    spaces, ``[v6]``, ``[v6]:port`` and ``v4:port``. Kept as they are: NAT64, 6to4 and Teredo addresses, because the
    address inside them is not the one that was seen. Refused: leading zeros (octal for some programs, decimal for
    others), numbers above 255, zone ids, whole-number and hexadecimal IPv4, ports above 65535 and anything else.

    Parameters
    ----------
    text : str
        As the reporting service wrote it.
    synthetic_space : str, optional
        IPv4 block to be counted as public although it is reserved, such as ``"240.0.0.0/4"`` in a synthetic study; the
        IPv6 documentation block 2001:db8::/32 is then public too.

    Returns
    -------
    CanonicalAddress | AddressRefusal
        Never an exception, and never the text itself.

    Examples
    --------
    >>> address = canonical_address(" ::FFFF:192.0.2.1 ")
    >>> address.family, address.text, address.aliased
    (4, '192.0.2.1', True)
    >>> canonical_address("192.0.2.01")
    AddressRefusal(rule='address-leading-zero')
    >>> [canonical_address("240.0.0.9", synthetic_space=s).space.name for s in (None, "240.0.0.0/4")]
    ['RESERVED', 'PUBLIC']
    """
    bare = text.strip(_SPACES)
    if not bare:
        return AddressRefusal("address-blank")
    if len(bare) > MAX_CHARACTERS:
        return AddressRefusal("address-too-long")
    aliased = bare != text
    if ":" not in bare:
        return _version_4(bare, aliased=aliased, synthetic_space=synthetic_space)
    with_port = _V4_PORT.fullmatch(bare)
    if with_port:
        if not _port_is_valid(with_port.group(2)):
            return AddressRefusal("address-port")
        return _version_4(with_port.group(1), aliased=True, synthetic_space=synthetic_space)
    bracketed = _V6_BRACKET.fullmatch(bare)
    if bracketed:
        if bracketed.group(2) is not None and not _port_is_valid(bracketed.group(2)):
            return AddressRefusal("address-port")
        bare, aliased = bracketed.group(1), True
    return _version_6(bare, aliased=aliased, synthetic_space=synthetic_space)


def _port_is_valid(digits: str) -> bool:
    return 1 <= int(digits) <= 65535


def _version_4(bare: str, *, aliased: bool, synthetic_space: str | None) -> CanonicalAddress | AddressRefusal:
    if not _V4_SHAPE.fullmatch(bare):
        return AddressRefusal("address-malformed")
    parts = bare.split(".")
    if any(len(part) > 1 and part[0] == "0" for part in parts):
        return AddressRefusal("address-leading-zero")
    octets = [int(part) for part in parts]
    if max(octets) > 255:
        return AddressRefusal("address-out-of-range")
    packed = bytes(octets)
    number = int.from_bytes(packed, "big")
    return CanonicalAddress(4, packed, _space_4(synthetic_space)(number), aliased)


def _version_6(bare: str, *, aliased: bool, synthetic_space: str | None) -> CanonicalAddress | AddressRefusal:
    if "%" in bare:
        return AddressRefusal("address-zone")
    try:
        address = ipaddress.IPv6Address(bare)
    except ValueError:
        return AddressRefusal(_why_not_6(bare))
    number = int(address)
    if number >> 32 == 0xFFFF:
        packed = (number & 0xFFFFFFFF).to_bytes(4, "big")
        return CanonicalAddress(4, packed, _space_4(synthetic_space)(number & 0xFFFFFFFF), True)
    return CanonicalAddress(6, address.packed, _space_6(synthetic_space)(number), aliased or str(address) != bare)


def _why_not_6(bare: str) -> str:
    tail = bare.rpartition(":")[2]
    if _V4_SHAPE.fullmatch(tail):
        parts = tail.split(".")
        if any(len(part) > 1 and part[0] == "0" for part in parts):
            return "address-leading-zero"
        if any(int(part) > 255 for part in parts):
            return "address-out-of-range"
    return "address-malformed"


_SPACES_4: tuple[tuple[str, AddressSpace], ...] = (
    ("10.0.0.0/8", AddressSpace.PRIVATE),
    ("172.16.0.0/12", AddressSpace.PRIVATE),
    ("192.168.0.0/16", AddressSpace.PRIVATE),
    ("100.64.0.0/10", AddressSpace.SHARED_NAT),
    ("127.0.0.0/8", AddressSpace.LOOPBACK),
    ("169.254.0.0/16", AddressSpace.LINK_LOCAL),
    ("224.0.0.0/4", AddressSpace.MULTICAST),
    ("0.0.0.0/8", AddressSpace.RESERVED),
    ("192.0.0.0/24", AddressSpace.RESERVED),
    ("192.0.2.0/24", AddressSpace.RESERVED),
    ("198.18.0.0/15", AddressSpace.RESERVED),
    ("198.51.100.0/24", AddressSpace.RESERVED),
    ("203.0.113.0/24", AddressSpace.RESERVED),
    ("240.0.0.0/4", AddressSpace.RESERVED),
)
"""Special-purpose IPv4 blocks (IANA registry, RFC 6890 and its updates)."""

_SPACES_6: tuple[tuple[str, AddressSpace], ...] = (
    ("::1/128", AddressSpace.LOOPBACK),
    ("fe80::/10", AddressSpace.LINK_LOCAL),
    ("fc00::/7", AddressSpace.PRIVATE),
    ("fec0::/10", AddressSpace.PRIVATE),
    ("ff00::/8", AddressSpace.MULTICAST),
    ("64:ff9b::/96", AddressSpace.PUBLIC),
    ("2001:2::/48", AddressSpace.RESERVED),
    ("2001:db8::/32", AddressSpace.RESERVED),
    ("3fff::/20", AddressSpace.RESERVED),
    ("2000::/3", AddressSpace.PUBLIC),
    ("::/0", AddressSpace.RESERVED),
)
"""Special-purpose IPv6 blocks; the first that holds the address decides, and only 2000::/3 is handed out."""

_DOCUMENTATION_6 = "2001:db8::/32"
_BROADCAST = ("255.255.255.255/32", AddressSpace.RESERVED)


def _space_finder(blocks: tuple[tuple[str, AddressSpace], ...]) -> Callable[[int], AddressSpace]:
    networks = [(ipaddress.ip_network(block), space) for block, space in blocks]
    ranges = [(int(n.network_address), int(n.broadcast_address), space) for n, space in networks]

    def space(number: int) -> AddressSpace:
        for low, high, kind in ranges:
            if low <= number <= high:
                return kind
        return AddressSpace.PUBLIC

    return space


@lru_cache(maxsize=8)
def _space_4(synthetic_space: str | None) -> Callable[[int], AddressSpace]:
    public = () if synthetic_space is None else ((synthetic_space, AddressSpace.PUBLIC),)
    return _space_finder((_BROADCAST, *public, *_SPACES_4))


@lru_cache(maxsize=8)
def _space_6(synthetic_space: str | None) -> Callable[[int], AddressSpace]:
    public = () if synthetic_space is None else ((_DOCUMENTATION_6, AddressSpace.PUBLIC),)
    return _space_finder((*public, *_SPACES_6))
