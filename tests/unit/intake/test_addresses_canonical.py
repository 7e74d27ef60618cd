import ipaddress

import numpy as np
import pytest

from darkfigure.intake.addresses import AddressRefusal, CanonicalAddress, canonical_address
from darkfigure.records.restricted import AddressSpace


def aliases_of_ipv4(dotted):
    high, low = divmod(int(ipaddress.IPv4Address(dotted)), 65536)
    return (
        f"  {dotted}",
        f"{dotted}\t",
        f"{dotted}:443",
        f"::ffff:{dotted}",
        f"::FFFF:{dotted}",
        f"[::ffff:{dotted}]",
        f"[::ffff:{dotted}]:80",
        f"0:0:0:0:0:ffff:{dotted}",
        f"::ffff:{high:x}:{low:x}",
        f"0000:0000:0000:0000:0000:FFFF:{high:04X}:{low:04X}",
    )


def aliases_of_ipv6(compressed):
    full = ipaddress.IPv6Address(compressed).exploded
    return (
        compressed.upper(),
        full,
        full.upper(),
        f" {compressed} ",
        f"[{compressed}]",
        f"[{compressed}]:65535",
        f"[{full}]:1",
        full.replace(":0000", ":0"),
        f"\u00a0{compressed}",
        f"{full}\r\n",
    )


RNG = np.random.default_rng(1)
IPV4 = [str(ipaddress.IPv4Address(int(n))) for n in RNG.integers(0x0B000000, 0xFFFFFFFF, 10)]
IPV6 = [str(ipaddress.IPv6Address((0x20010DB8 << 96) | (int(n) << 20))) for n in RNG.integers(1, 2**60, 10)]
PAIRS = [(a, alias) for a in IPV4 for alias in aliases_of_ipv4(a)]
PAIRS += [(a, alias) for a in IPV6 for alias in aliases_of_ipv6(a)]


def test_there_are_two_hundred_pairs():
    assert len(set(PAIRS)) == 200


@pytest.mark.parametrize(("address", "alias"), PAIRS)
def test_every_alias_joins(address, alias):
    plain, other = canonical_address(address), canonical_address(alias)
    assert isinstance(plain, CanonicalAddress)
    assert isinstance(other, CanonicalAddress)
    assert (plain.packed, plain.family, plain.space) == (other.packed, other.family, other.space)
    assert plain.packed == ipaddress.ip_address(address).packed
    assert (plain.aliased, other.aliased) == (False, True)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("", "address-blank"),
        (" \t", "address-blank"),
        ("1" * 81, "address-too-long"),
        ("192.0.2.01", "address-leading-zero"),
        ("00.1.2.3", "address-leading-zero"),
        ("::ffff:192.0.2.010", "address-leading-zero"),
        ("192.0.2.256", "address-out-of-range"),
        ("999.1.1.1", "address-out-of-range"),
        ("::ffff:192.0.2.300", "address-out-of-range"),
        ("fe80::1%eth0", "address-zone"),
        ("[fe80::1%25eth0]:80", "address-zone"),
        ("192.0.2.1:0", "address-port"),
        ("192.0.2.1:65536", "address-port"),
        ("[2001:db8::1]:99999", "address-port"),
        ("192.0.2", "address-malformed"),
        ("192.0.2.1.1", "address-malformed"),
        ("192.0.2.1/24", "address-malformed"),
        ("3221225985", "address-malformed"),
        ("0xC0.0.2.1", "address-malformed"),
        ("0xC0000201", "address-malformed"),
        ("192.0.2.1:", "address-malformed"),
        ("192.0.2.-1", "address-malformed"),
        ("192,0,2,1", "address-malformed"),
        ("192.0.2.1 192.0.2.2", "address-malformed"),
        ("192. 0.2.1", "address-malformed"),
        ("１92.0.2.1", "address-malformed"),
        ("٣.0.2.1", "address-malformed"),
        ("2001:db8::1::2", "address-malformed"),
        ("2001:db8::12345", "address-malformed"),
        ("2001:db8:1:2:3:4:5", "address-malformed"),
        ("[2001:db8::1", "address-malformed"),
        ("[[2001:db8::1]]", "address-malformed"),
        ("[192.0.2.1]", "address-malformed"),
        ("g::1", "address-malformed"),
        ("unknown", "address-malformed"),
        ("n/a", "address-malformed"),
        (":", "address-malformed"),
        ("\x00", "address-malformed"),
    ],
)
def test_anything_else_is_refused_by_rule(text, rule):
    assert canonical_address(text) == AddressRefusal(rule)


@pytest.mark.parametrize(
    ("text", "space"),
    [
        ("8.8.8.8", AddressSpace.PUBLIC),
        ("10.0.0.1", AddressSpace.PRIVATE),
        ("172.15.255.255", AddressSpace.PUBLIC),
        ("172.16.0.0", AddressSpace.PRIVATE),
        ("172.31.255.255", AddressSpace.PRIVATE),
        ("172.32.0.0", AddressSpace.PUBLIC),
        ("192.168.1.1", AddressSpace.PRIVATE),
        ("100.64.0.1", AddressSpace.SHARED_NAT),
        ("100.128.0.0", AddressSpace.PUBLIC),
        ("127.0.0.1", AddressSpace.LOOPBACK),
        ("169.254.7.7", AddressSpace.LINK_LOCAL),
        ("224.0.0.1", AddressSpace.MULTICAST),
        ("0.0.0.0", AddressSpace.RESERVED),
        ("198.51.100.7", AddressSpace.RESERVED),
        ("240.0.0.1", AddressSpace.RESERVED),
        ("255.255.255.255", AddressSpace.RESERVED),
        ("::ffff:10.0.0.1", AddressSpace.PRIVATE),
        ("::1", AddressSpace.LOOPBACK),
        ("::", AddressSpace.RESERVED),
        ("fe80::1", AddressSpace.LINK_LOCAL),
        ("fc00::1", AddressSpace.PRIVATE),
        ("fec0::1", AddressSpace.PRIVATE),
        ("ff02::1", AddressSpace.MULTICAST),
        ("2400:cb00::1", AddressSpace.PUBLIC),
        ("2001:db8::1", AddressSpace.RESERVED),
        ("64:ff9b::102:304", AddressSpace.PUBLIC),
        ("4000::1", AddressSpace.RESERVED),
    ],
)
def test_the_kind_of_address(text, space):
    assert canonical_address(text).space is space


def test_the_synthetic_block_is_public_only_when_declared():
    for text in ("240.0.0.1", "255.255.255.254", "2001:db8::1", "::ffff:250.1.1.1"):
        assert canonical_address(text).space is AddressSpace.RESERVED
        assert canonical_address(text, synthetic_space="240.0.0.0/4").space is AddressSpace.PUBLIC
    for text in ("255.255.255.255", "203.0.113.9"):
        assert canonical_address(text, synthetic_space="240.0.0.0/4").space is AddressSpace.RESERVED


def test_translated_addresses_stay_what_they_are():
    for text in ("64:ff9b::192.0.2.1", "2002:c000:201::1", "::192.0.2.1"):
        assert canonical_address(text).family == 6


def test_number_and_text():
    address = canonical_address("::ffff:192.0.2.1")
    assert (address.number, address.text) == (0xC0000201, "192.0.2.1")
    address = canonical_address("2001:0DB8:0:0:0:0:0:1")
    assert (address.number, address.text) == (0, "2001:db8::1")


def test_repr_shows_no_address():
    assert "192" not in repr(canonical_address("192.0.2.1"))
    assert "192" not in repr(canonical_address("192.0.2.1.9"))
