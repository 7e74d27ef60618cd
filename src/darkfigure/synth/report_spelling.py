"""How services write addresses down: plain or mapped, padded, with a port, compressed, private, or malformed."""

from __future__ import annotations

import ipaddress

import numpy as np
from numpy.typing import NDArray


def spell_ipv4(address: NDArray[np.int64], *, rng: np.random.Generator) -> list[str]:
    """In which text does a service write each IPv4 address?

    Most are dotted; about one in forty is v4-mapped IPv6, has spaces around it or a port behind it, and names the
    same address.

    Examples
    --------
    >>> spell_ipv4(np.array([240 * 2**24 + 1]), rng=np.random.default_rng(0))
    ['240.0.0.1']
    """
    a, b, c, d = ((address >> shift) & 255 for shift in (24, 16, 8, 0))
    plain = [f"{w}.{x}.{y}.{z}" for w, x, y, z in zip(a.tolist(), b.tolist(), c.tolist(), d.tolist(), strict=True)]
    draw = rng.random(address.size)
    for i in np.flatnonzero(draw > 0.975).tolist():
        plain[i] = _alias(plain[i], int(address[i]), float(draw[i]))
    return plain


def _alias(dotted: str, number: int, draw: float) -> str:
    if draw > 0.998:
        return f" {dotted} "
    if draw > 0.996:
        return f"{dotted}:{1024 + number % 60000}"
    if draw > 0.993:
        return f"::FFFF:{dotted}"
    if draw > 0.988:
        return f"::ffff:{number >> 16:x}:{number & 0xFFFF:x}"
    return f"::ffff:{dotted}"


def spell_ipv6(number: int, *, rng: np.random.Generator) -> str:
    """In which text does a service write an IPv6 address: compressed, in full, or in capitals?"""
    address = ipaddress.IPv6Address(number)
    form = rng.random()
    if form < 0.7:
        return address.compressed
    return address.exploded if form < 0.85 else address.compressed.upper()


def local_addresses(count: int, *, rng: np.random.Generator) -> list[str]:
    """Addresses that name no public host: private, shared by a carrier, link-local, loopback."""
    prefix = rng.choice(["10.{}", "192.168", "172.16", "100.64", "169.254", "127.0"], count,
                        p=[0.3, 0.35, 0.1, 0.15, 0.03, 0.07])  # fmt: skip
    rest = rng.integers(1, 255, (count, 3)).tolist()
    return [f"{p.format(x)}.{y}.{z}" for p, (x, y, z) in zip(prefix.tolist(), rest, strict=True)]


def malformed_addresses(count: int, *, rng: np.random.Generator) -> list[str]:
    """Texts that are no address: leading zeros, octets out of range, too few or many parts, words."""
    forms = ("240.0{}.{}.{}", "240.{}.256.{}{}", "240.{}.{}", "240.{}.{}.{}.1", "unknown", "n/a", "2001:db8::{}::{}{}",
             "240,{},{},{}", "0x{}{}{}")  # fmt: skip
    form = rng.integers(0, len(forms), count).tolist()
    rest = rng.integers(1, 99, (count, 3)).tolist()
    return [forms[f].format(*numbers) for f, numbers in zip(form, rest, strict=True)]
