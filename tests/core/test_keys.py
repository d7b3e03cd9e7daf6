"""Keys and the names that are made with them."""

import hashlib
import os
import stat
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from unified_customer.core.errors import ConfigurationError
from unified_customer.core.keys import FileKeyProvider, KeyProvider, Keyring, MemoryKeyProvider, check_key

KEY = b"k" * 32
RING = Keyring(KEY)
texts = st.text(max_size=8)


@given(texts, texts, texts, texts)
def test_different_things_have_different_names(source: str, name: str, other_source: str, other: str) -> None:
    same = (source, name) == (other_source, other)
    assert (RING.record_id(source, name) == RING.record_id(other_source, other)) is same


@given(texts, texts)
def test_a_record_and_a_value_never_have_one_name(scope: str, name: str) -> None:
    assert RING.record_id(scope, name) != RING.value_key(scope, name)


@given(st.lists(st.none() | texts))
def test_a_series_is_named_like_its_values_and_null_stays_null(values: list[str | None]) -> None:
    expected = [None if value is None else RING.value_key("email", value) for value in values]
    series = pl.Series("mail", values, dtype=pl.String)
    assert RING.value_key_series("email", series).to_list() == expected
    assert RING.record_id_series("crm", series).name == "mail"


def test_a_name_is_the_keyed_blake2b_of_the_standard() -> None:
    state = hashlib.blake2b(b"3\x1fcrm\x1f4711", key=KEY, digest_size=12, person=b"uc:record")
    assert RING.record_id("crm", "4711") == state.hexdigest()


def test_names_are_the_same_in_every_process() -> None:
    code = (
        "from unified_customer.core.keys import Keyring; print(Keyring(b'k' * 32).value_key('email', 'a@example.com'))"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "7"}
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    assert found.stdout.strip() == RING.value_key("email", "a@example.com")


def test_another_key_gives_other_names() -> None:
    assert Keyring(b"x" * 32).record_id("crm", "1") != RING.record_id("crm", "1")


def test_a_lone_surrogate_has_a_name_too() -> None:
    assert len(RING.record_id("crm", "\ud800")) == 24


@pytest.mark.parametrize("length", [0, 31, 33])
def test_a_key_has_its_length(length: int) -> None:
    for use in (check_key, Keyring, MemoryKeyProvider):
        with pytest.raises(ConfigurationError, match=f"32 bytes; this one has {length}"):
            use(b"k" * length)


def test_a_key_in_memory_is_drawn_once() -> None:
    provider = MemoryKeyProvider()
    assert isinstance(provider, KeyProvider)
    assert provider.key() == provider.key()
    assert provider.key() != MemoryKeyProvider().key()


def test_a_key_file_is_made_on_first_use_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "hub.key"
    provider = FileKeyProvider(path)
    assert not path.exists()
    key = provider.key()
    assert FileKeyProvider(str(path)).key() == key
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [each.name for each in tmp_path.iterdir()] == ["hub.key"]


def test_the_first_of_two_processes_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "hub.key"
    first = FileKeyProvider(path).key()
    late = FileKeyProvider(path)
    late._create()  # as if it had looked before the other wrote
    assert late.key() == first


@pytest.mark.parametrize("content", ["", "zz", "ab" * 31, "é" * 64])
def test_a_damaged_key_file_is_refused_without_showing_it(content: str, tmp_path: Path) -> None:
    path = tmp_path / "hub.key"
    path.write_text(content, encoding="utf-8")
    path.chmod(0o600)
    with pytest.raises(ConfigurationError, match=r"hub\.key must hold 64 hexadecimal digits") as caught:
        FileKeyProvider(path).key()
    assert not content or content not in str(caught.value)


@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_a_key_file_that_others_may_read_is_refused(mode: int, tmp_path: Path) -> None:
    path = tmp_path / "hub.key"
    FileKeyProvider(path).key()
    path.chmod(mode)
    with pytest.raises(ConfigurationError, match="chmod 600"):
        FileKeyProvider(path).key()


@given(st.lists(st.sampled_from(["a@example.com", "b@example.com", "", None]), min_size=1), st.integers(1, 20))
def test_values_that_repeat_have_the_keys_that_they_have_alone(values: list[str | None], times: int) -> None:
    series = pl.Series("mail", values * times, dtype=pl.String)
    alone = [None if value is None else RING.value_key("email", value) for value in values]
    assert RING.value_key_series("email", series).to_list() == alone * times
