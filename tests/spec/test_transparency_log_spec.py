"""Laws of the tree over a log: it is that of RFC 9162, and its proofs show what they say and nothing else."""

from collections.abc import Sequence

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from unified_customer.methods.transparency_log import (
    EMPTY_ROOT,
    Frontier,
    consistency_path,
    inclusion_path,
    is_consistent,
    leaf_hash,
    node_hash,
    root,
    root_above,
)

hashes = st.binary(min_size=32, max_size=32)
logs = st.lists(hashes, min_size=1, max_size=40)


def root_by_the_rfc(leaves: Sequence[bytes]) -> bytes:
    """The recursion of section 2.1.1, word by word."""
    if len(leaves) < 2:
        return leaves[0] if leaves else EMPTY_ROOT
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return node_hash(root_by_the_rfc(leaves[:split]), root_by_the_rfc(leaves[split:]))


@given(st.lists(hashes, max_size=40))
def test_the_root_is_that_of_the_rfc(leaves: list[bytes]) -> None:
    assert root(leaves) == root_by_the_rfc(leaves)


def test_the_roots_are_those_of_the_reference_log() -> None:
    """The entries and roots of the test vectors of Certificate Transparency's reference implementation."""
    entries = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
    roots = [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ]
    leaves = [leaf_hash(bytes.fromhex(entry)) for entry in entries]
    assert [root(leaves[: size + 1]).hex() for size in range(len(leaves))] == roots


@given(st.lists(hashes, max_size=40), st.integers(0, 40))
def test_a_tree_that_grows_in_steps_is_the_tree_over_all(leaves: list[bytes], cut: int) -> None:
    assert Frontier().extended(leaves[:cut]).extended(leaves[cut:]) == Frontier().extended(leaves)


@given(logs, st.data())
def test_an_entry_is_proved_to_be_where_it_is_and_nowhere_else(leaves: list[bytes], data: st.DataObject) -> None:
    index, other = (data.draw(st.integers(0, len(leaves) - 1)) for _ in range(2))
    path = inclusion_path(leaves, index)
    assert root_above(leaves[index], index, len(leaves), path) == root(leaves)
    assume(leaves[index] != leaves[other])
    assert root_above(leaves[other], index, len(leaves), path) != root(leaves)
    assert root_above(leaves[index], other, len(leaves), path) != root(leaves)


@given(logs, st.data())
def test_a_spoilt_path_proves_nothing(leaves: list[bytes], data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(leaves) - 1))
    path = inclusion_path(leaves, index)
    place = data.draw(st.integers(0, len(path)))
    spoilt = data.draw(st.sampled_from([[*path[:place], bytes(32), *path[place:]], [*path[:-1]], [*path, bytes(32)]]))
    assume(tuple(spoilt) != path)
    assert root_above(leaves[index], index, len(leaves), spoilt) != root(leaves)


@given(logs, st.data())
def test_a_log_is_proved_to_have_grown_from_its_own_beginnings(leaves: list[bytes], data: st.DataObject) -> None:
    old = data.draw(st.integers(0, len(leaves)))
    path = consistency_path(leaves, old)
    assert is_consistent(old, root(leaves[:old]), len(leaves), root(leaves), path)


@given(logs, logs, st.data())
def test_a_log_is_never_proved_to_have_grown_from_another(
    leaves: list[bytes], others: list[bytes], data: st.DataObject
) -> None:
    old = data.draw(st.integers(1, len(leaves)))
    path = data.draw(st.sampled_from([consistency_path(leaves, old), consistency_path(leaves, old)[1:], ()]))
    assume(root(others) != root(leaves[:old]))
    assert not is_consistent(old, root(others), len(leaves), root(leaves), path)
    assert not is_consistent(old, root(leaves[:old]), len(leaves), root(others), path) or root(others) == root(leaves)


@given(logs, st.integers(-3, 60))
def test_there_are_no_proofs_of_what_is_not_there(leaves: list[bytes], place: int) -> None:
    assume(not 0 <= place < len(leaves))
    with pytest.raises(IndexError):
        inclusion_path(leaves, place)
    assert root_above(leaves[0], place, len(leaves), ()) is None
    assume(place != len(leaves))
    with pytest.raises(IndexError):
        consistency_path(leaves, place)


def test_growth_is_proved_for_every_pair_of_sizes_and_for_no_other_roots() -> None:
    leaves = [leaf_hash(bytes([number])) for number in range(20)]
    other = leaf_hash(b"other")
    for size in range(2, len(leaves)):
        now = root(leaves[:size])
        for old in range(1, size):
            then, path = root(leaves[:old]), consistency_path(leaves[:size], old)
            assert is_consistent(old, then, size, now, path)
            assert not is_consistent(old, other, size, now, path)
            assert not is_consistent(old, then, size, other, path)
            assert not is_consistent(old, then, size, now, path[:-1])
