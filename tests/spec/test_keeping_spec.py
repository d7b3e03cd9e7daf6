"""Saved recommenders: what comes back is what was saved, and nothing else is ever read."""

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from unified_customer.core.errors import ConfigurationError, SignatureError, UnifiedCustomerError
from unified_customer.core.keys import MemoryKeyProvider
from unified_customer.recommendations import (
    Recommender,
    erase_saved,
    load_customers,
    load_manifest,
    load_recommender,
    save_recommender,
)
from unified_customer.recommendations.keeping.folders import files_in
from unified_customer.recommendations.keeping.manifest import Manifest
from unified_customer.testing.recommendation_strategies import NOON, SHOP, all_models, interactions

KEY = MemoryKeyProvider(b"k" * 32)
FILES = ("manifest.json", "arrays.npz", "catalogue.parquet")
LATER = NOON + timedelta(days=3)
NAMED = {name: f"{name}@example.org" for name in ("ann", "bob", "cid", "dan", "eve", "fay")}

models = st.booleans().flatmap(lambda repeats: st.sampled_from(all_models(repeats)))
frames = interactions().map(lambda frame: frame.with_columns(pl.col("customer_id").replace(NAMED)))
keys = st.sampled_from((None, KEY))
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 99) | st.floats(allow_nan=False) | st.sampled_from(("once", "ALS")),
    lambda inside: (
        st.lists(inside, max_size=3)
        | st.dictionaries(st.sampled_from(("array", "value", "spec", "same", "names", "rows", "fields")), inside)
    ),
    max_leaves=4,
)


fits = st.tuples(models, frames).map(
    lambda drawn: partial(drawn[0].fit, {"interactions": drawn[1], "items": SHOP}, as_of=NOON)
)


@contextmanager
def saved(recommender: Recommender, **how: Any) -> Iterator[Path]:
    with TemporaryDirectory() as parent:
        save_recommender(recommender, Path(parent) / "model", **how)
        yield Path(parent) / "model"


def raw(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.parent.rglob("*")) if path.is_file())


def same(one: Recommender, other: Recommender) -> None:
    """Hold that both answer all questions alike, to the last digit."""
    people, items = one.customers, list(one.items)
    assert other.customers.equals(people)
    assert other.recommend(n=9).table.equals(one.recommend(n=9).table)
    assert other.recommend(context=items[:2], n=9).table.equals(one.recommend(context=items[:2], n=9).table)
    assert_frame_equal(other.similar(items), one.similar(items), check_exact=True)
    assert other.rank(None, [*items, "?"]).equals(one.rank(None, [*items, "?"]))
    if len(people):
        assert other.rank(people[0], items).equals(one.rank(people[0], items))
        assert_frame_equal(other.explain(people[-1], items[0]), one.explain(people[-1], items[0]), check_exact=True)


@given(fits)
def test_what_was_saved_answers_as_before(fit: Any) -> None:
    recommender = fit()
    with saved(recommender) as folder:
        found = load_recommender(folder)
    assert (found.model, found.as_of) == (recommender.model, recommender.as_of)
    assert found.catalogue.equals(recommender.catalogue)
    same(recommender, found)


@given(fits, frames)
def test_what_was_saved_learns_and_forgets_as_before(fit: Any, more: pl.DataFrame) -> None:
    recommender = fit()
    with saved(recommender) as folder:
        found = load_recommender(folder)
    gone = list(recommender.customers[:1])
    same(recommender.without(gone), found.without(gone))
    later = {"interactions": more.with_columns(pl.col("occurred_at") + timedelta(days=92))}
    at = NOON + timedelta(days=100)
    same(recommender.updated(later, as_of=at), found.updated(later, as_of=at))


@given(fits, keys)
def test_equal_recommenders_give_equal_files(fit: Any, key: Any) -> None:
    recommender = fit()
    with saved(recommender, key=key) as one, saved(load_recommender(one, key=key), key=key) as other:
        assert raw(one) == raw(other)


@given(fits, keys, st.lists(st.sampled_from(("analytics", "personalize.content"))))
def test_the_manifest_says_how_many_and_for_what_and_names_nobody(fit: Any, key: Any, purposes: Any) -> None:
    recommender = fit()
    with saved(recommender, key=key, purposes=purposes) as folder:
        told = load_manifest(folder, key=key)
        assert (told.customers, set(told.purposes)) == (len(recommender.customers), set(purposes))
        assert not any(name in (folder / "manifest.json").read_text() for name in recommender.customers)
        assert load_customers(folder, key=key).equals(recommender.customers)


@given(fits)
def test_the_window_holds_all_interactions_to_the_minute(fit: Any) -> None:
    recommender = fit()
    with saved(recommender) as folder:
        window = load_manifest(folder).window
    assert window is not None
    pairs = recommender.histories.pairs()
    assert (NOON - window.last).days == round(pairs["age"].min())
    assert (NOON - window.first).days == round((pairs["age"] + pairs["span"]).max())


@given(fits, keys, st.data())
def test_of_who_is_erased_no_byte_is_left(fit: Any, key: Any, data: st.DataObject) -> None:
    recommender = fit()
    people = list(recommender.customers)
    gone = data.draw(st.lists(st.sampled_from(people), unique=True))
    with saved(recommender, key=key, purposes=["analytics"]) as folder:
        assert erase_saved(folder, [*gone, "nobody"], key=key) == len(gone)
        assert not any(name.encode() in raw(folder) for name in gone)
        assert all(name.encode() in raw(folder) for name in set(people) - set(gone))
        assert load_manifest(folder, key=key).purposes == ("analytics",)
        same(recommender.without(gone), load_recommender(folder, key=key))


@given(fits, st.lists(st.sampled_from(sorted(NAMED.values())), unique=True, min_size=1))
def test_erasing_before_saving_and_after_it_leaves_the_same_files(fit: Any, gone: list[str]) -> None:
    recommender = fit()
    with saved(recommender) as folder, saved(recommender.without(gone)) as never:
        erase_saved(folder, gone)
        assert raw(folder) == raw(never)


@given(fits, keys, st.sampled_from(FILES), st.integers(0), st.integers(1, 255))
def test_no_byte_can_be_changed_unseen(fit: Any, key: Any, name: str, place: int, change: int) -> None:
    recommender = fit()
    with saved(recommender, key=key) as folder:
        content = bytearray((folder / name).read_bytes())
        content[place % len(content)] ^= change
        (folder / name).write_bytes(content)
        with pytest.raises(UnifiedCustomerError):
            load_recommender(folder, key=key)


@given(fits, keys, st.sampled_from(FILES), st.integers(0))
def test_no_file_can_be_cut_off_unseen(fit: Any, key: Any, name: str, size: int) -> None:
    recommender = fit()
    with saved(recommender, key=key) as folder:
        content = (folder / name).read_bytes()
        (folder / name).write_bytes(content[: size % len(content)])
        with pytest.raises(UnifiedCustomerError):
            load_recommender(folder, key=key)


def written_anew(folder: Path, key: Any = None, **changed: Any) -> None:
    """Change a saved recommender as somebody does who knows the format."""
    told = Manifest.model_validate_json((folder / "manifest.json").read_text())
    (folder / "manifest.json").unlink()
    forged = told.model_copy(update={"files": files_in(folder)} | changed).sealed(key)
    (folder / "manifest.json").write_text(forged.text())


@given(fits, st.sampled_from((None, MemoryKeyProvider(b"x" * 32))))
def test_with_a_key_nobody_else_can_write_all_of_it_anew(fit: Any, other: Any) -> None:
    recommender = fit()
    with saved(recommender, key=KEY) as folder:
        written_anew(folder, other)
        with pytest.raises(SignatureError):
            load_recommender(folder, key=KEY)


def places(tree: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    inside = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for key, each in inside:
        yield from places(each, (*path, key))


def put(tree: Any, path: tuple[Any, ...], value: Any) -> Any:
    if not path:
        return value
    changed = dict(tree) if isinstance(tree, dict) else list(tree)
    changed[path[0]] = put(tree[path[0]], path[1:], value)
    return changed


@given(fits, st.sampled_from(("content", "spec")), st.integers(0), json_values)
def test_whatever_the_manifest_says_is_read_or_refused_in_words(fit: Any, part: str, place: int, value: Any) -> None:
    recommender = fit()
    with saved(recommender) as folder:
        tree = json.loads((folder / "manifest.json").read_text())[part]
        paths = list(places(tree))
        written_anew(folder, **{part: put(tree, paths[place % len(paths)], value)})
        with suppress(ConfigurationError):
            load_recommender(folder)


@given(fits, st.integers(0), st.integers(1, 255))
def test_whatever_arrays_hold_is_read_or_refused_in_words(fit: Any, place: int, change: int) -> None:
    recommender = fit()
    with saved(recommender) as folder:
        content = bytearray((folder / "arrays.npz").read_bytes())
        content[place % len(content)] ^= change
        (folder / "arrays.npz").write_bytes(content)
        written_anew(folder)
        with suppress(ConfigurationError):
            load_recommender(folder)
