"""Canonical addresses agree with the standard library where it is sure, and never raise."""

import ipaddress

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from darkfigure.intake.addresses import AddressRefusal, CanonicalAddress, canonical_address

IPV4 = st.ip_addresses(v=4)
IPV6 = st.ip_addresses(v=6)
NEAR = st.text(alphabet="0123456789abcdefABCDEF.:[]%x/ -", max_size=45)
SPACES = st.text(alphabet=" \t\u00a0", max_size=3)


@given(st.one_of(st.text(), NEAR))
@example("::ffff:1.2.3.4%1")
@example("[::]:00443")
@example("\ud800")
def test_any_text_gives_an_address_or_a_rule_and_the_canonical_form_is_stable(text):
    found = canonical_address(text)
    if isinstance(found, AddressRefusal):
        assert found.rule.startswith("address-")
    else:
        again = canonical_address(found.text)
        assert (again.packed, again.family, again.aliased) == (found.packed, found.family, False)
        assert len(found.packed) == (4 if found.family == 4 else 16)


@given(st.one_of(NEAR, IPV4.map(str), IPV6.map(str), IPV6.map(lambda a: a.exploded)))
def test_bare_spellings_are_accepted_exactly_when_the_standard_library_accepts_them(text):
    assume(text.strip() == text and "%" not in text and "[" not in text)
    assume(not ("." in text and text.count(":") == 1))
    try:
        expected = ipaddress.ip_address(text)
    except ValueError:
        assert isinstance(canonical_address(text), AddressRefusal)
    else:
        mapped = getattr(expected, "ipv4_mapped", None)
        assert canonical_address(text).packed == (mapped or expected).packed


@given(IPV4, SPACES, SPACES, st.integers(1, 65535), st.sampled_from(["{}", "{}:{}", "::ffff:{}", "[::FFFF:{}]:{}"]))
def test_spellings_of_ipv4_join(address, before, after, port, form):
    found = canonical_address(before + form.format(address, port) + after)
    assert (found.family, found.packed, found.number) == (4, address.packed, int(address))


@given(IPV6, st.integers(1, 65535), st.data())
def test_spellings_of_ipv6_join(address, port, data):
    assume(address.ipv4_mapped is None)
    parts = address.exploded.split(":")
    spelt = ":".join(data.draw(st.sampled_from((p, p.upper(), p.lstrip("0") or "0"))) for p in parts)
    form = data.draw(st.sampled_from(("{}", " {}", "[{}]", "[{}]:{}")))
    found = canonical_address(form.format(spelt, port))
    assert (found.family, found.packed) == (6, address.packed)


@given(st.one_of(IPV4, IPV6), st.one_of(IPV4, IPV6))
def test_different_addresses_stay_apart(first, second):
    one, other = canonical_address(str(first)), canonical_address(str(second))
    mapped = [getattr(a, "ipv4_mapped", None) or a for a in (first, second)]
    assert (one.packed == other.packed) == (mapped[0] == mapped[1])


@pytest.mark.parametrize("place", range(4))
@given(IPV4, st.integers(1, 3))
def test_leading_zeros_never_pass(place, address, zeros):
    parts = str(address).split(".")
    parts[place] = "0" * zeros + parts[place]
    assert not isinstance(canonical_address(".".join(parts)), CanonicalAddress)
