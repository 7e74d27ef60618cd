import copy
import hashlib
import hmac
import pickle

import pytest

from darkfigure.errors import IntakeError
from darkfigure.intake.pseudonyms import Pseudonymiser, load_key, synthetic_key

KEY = bytes(range(16))


def test_it_is_hmac_sha_256_with_the_domain_in_front():
    expected = hmac.new(KEY, b"address\x1f192.0.2.1", hashlib.sha256).hexdigest()[:32]
    assert Pseudonymiser(KEY).of("address", "192.0.2.1") == expected
    assert Pseudonymiser(KEY).of_bytes("address", b"192.0.2.1") == expected


def test_domain_key_and_text_all_matter():
    first = Pseudonymiser(KEY)
    made = {first.of("a", "1"), first.of("b", "1"), first.of("a", "2"), Pseudonymiser(KEY + b"x").of("a", "1")}
    assert len(made) == 4
    assert first.of("a", "1") == Pseudonymiser(KEY).of("a", "1")


def test_no_two_of_many_addresses_share_a_pseudonym():
    pseudonymiser = Pseudonymiser(KEY)
    assert (
        len({pseudonymiser.of("address", f"240.{n >> 16}.{n >> 8 & 255}.{n & 255}") for n in range(100_000)}) == 100_000
    )


def test_short_keys_are_refused_without_showing_them():
    with pytest.raises(IntakeError) as caught:
        Pseudonymiser(b"shortsecret")
    assert caught.value.code == "E-INTAKE-10"
    assert "shortsecret" not in str(caught.value)


def test_the_key_does_not_show_and_cannot_be_copied():
    pseudonymiser = Pseudonymiser(b"a-very-secret-key")
    assert repr(pseudonymiser) == "Pseudonymiser(<secret key>)"
    for copier in (copy.copy, copy.deepcopy, pickle.dumps):
        with pytest.raises(TypeError):
            copier(pseudonymiser)


def test_key_files_must_be_private_and_hexadecimal(tmp_path):
    path = tmp_path / "key"
    path.write_text(KEY.hex() + "\n")
    path.chmod(0o600)
    assert load_key(path) == KEY
    path.chmod(0o640)
    with pytest.raises(IntakeError, match="E-INTAKE-11"):
        load_key(path)
    path.chmod(0o600)
    for content in ("00" * 15, "not hexadecimal secret", "é" * 40):
        path.write_text(content)
        with pytest.raises(IntakeError, match="E-INTAKE-10") as caught:
            load_key(path)
        assert content not in str(caught.value)
    path.write_text("00" * 4000)
    with pytest.raises(IntakeError, match="E-INTAKE-11"):
        load_key(path)
    with pytest.raises(IntakeError, match="E-INTAKE-11"):
        load_key(tmp_path / "absent")


def test_synthetic_keys_differ_by_study():
    assert synthetic_key("a") == synthetic_key("a") != synthetic_key("b")
    assert len(synthetic_key("a")) == 32
