"""Saved recommenders: folders that were damaged, exchanged or forged, step by step."""

import importlib
import json
import pickle
import pkgutil
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, is_dataclass, replace
from datetime import UTC, datetime, timedelta
from inspect import isabstract
from pathlib import Path
from typing import Any, Final
from zipfile import ZIP_DEFLATED, ZipFile

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

import unified_customer.recommendations as package
from unified_customer.core.errors import ConfigurationError, SchemaVersionError, SignatureError
from unified_customer.core.keys import FileKeyProvider, MemoryKeyProvider
from unified_customer.recommendations import (
    ALS,
    Hybrid,
    Neighbours,
    Popularity,
    Recommender,
    erase_saved,
    load_customers,
    load_manifest,
    load_recommender,
    save_recommender,
)
from unified_customer.recommendations.content import WithContent
from unified_customer.recommendations.keeping import folders
from unified_customer.recommendations.keeping.arrays import StoredArrays, write_arrays
from unified_customer.recommendations.keeping.folders import files_in
from unified_customer.recommendations.keeping.known import SPECS, VALUES
from unified_customer.recommendations.keeping.manifest import Manifest
from unified_customer.recommendations.models.popularity import Popular
from unified_customer.recommendations.models.spec import RecommenderSpec
from unified_customer.testing.recommendation_strategies import SHOP, all_models

AT: Final = datetime(2026, 3, 1, tzinfo=UTC)
BOUGHT: Final = pl.DataFrame(
    [("ann", "tea", 9), ("ann", "cup", 8), ("bob", "tea", 7), ("cid", "oil", 6), ("cid", "tea", 2)],
    schema=["customer_id", "item_id", "days"],
    orient="row",
).select("customer_id", "item_id", occurred_at=pl.lit(AT) - pl.duration(days="days"))
SPEC: Final = ALS(repeats=False, factors=2, iterations=3, threads=1)
MANIFEST, ARRAYS, CATALOGUE = "manifest.json", "arrays.npz", "catalogue.parquet"


@pytest.fixture
def recommender() -> Recommender:
    return SPEC.fit({"interactions": BOUGHT}, as_of=AT)


@pytest.fixture
def folder(recommender: Recommender, tmp_path: Path) -> Path:
    save_recommender(recommender, tmp_path / "model")
    return tmp_path / "model"


def refused(folder: Path, *, match: str, error: type[Exception] = ConfigurationError, **how: Any) -> None:
    with pytest.raises(error, match=match) as caught:
        load_recommender(folder, **how)
    assert caught.value.__cause__ is None
    assert not any(name in str(caught.value) for name in ("ann", "bob", "cid"))


def anew(folder: Path, **changed: Any) -> None:
    """Write the manifest as somebody does who knows the format."""
    told = Manifest.model_validate_json((folder / MANIFEST).read_text())
    (folder / MANIFEST).unlink()
    forged = told.model_copy(update={"files": files_in(folder)} | changed).sealed(None)
    (folder / MANIFEST).write_text(forged.text())


def with_arrays(folder: Path, change: Callable[[dict[str, np.ndarray]], Any]) -> None:
    """Change arrays, and write the manifest anew."""
    with np.load(folder / ARRAYS) as stored:
        arrays = dict(stored)
    change(arrays)
    np.savez(folder / ARRAYS, **arrays)
    anew(folder)


def content_of(folder: Path) -> Any:
    return json.loads((folder / MANIFEST).read_text())["content"]


# ------------------------------------------------------------------------------------------------------ what is written


def test_the_manifest_tells_what_it_is(recommender: Recommender, tmp_path: Path) -> None:
    told = save_recommender(recommender, tmp_path / "model", purposes=["b", "a", "b"])
    assert (told.customers, told.items, told.purposes, told.as_of) == (3, 3, ("a", "b"), AT)
    assert told.window is not None
    assert (AT - told.window.first, AT - told.window.last) == (timedelta(days=9), timedelta(days=2))
    assert {"unified-customer", "numpy", "polars"} <= set(told.written_by)
    assert told.spec["spec"] == "ALS"
    assert told == load_manifest(tmp_path / "model")


def test_without_times_there_is_no_window(tmp_path: Path) -> None:
    rows = BOUGHT.drop("occurred_at")
    told = save_recommender(SPEC.fit({"interactions": rows}, as_of=AT), tmp_path / "model")
    assert told.window is None
    assert not load_recommender(tmp_path / "model").histories.timed


def test_numpy_reads_the_arrays_and_needs_no_pickle(folder: Path) -> None:
    with np.load(folder / ARRAYS, allow_pickle=False) as stored:
        assert all(stored[name].dtype != object for name in stored)


def test_names_may_be_any_text(tmp_path: Path) -> None:
    odd = {"ann": "", "bob": "b\no/b", "cid": "çıд🙂"}
    rows = BOUGHT.with_columns(pl.col("customer_id").replace(odd))
    save_recommender(Popularity(repeats=False).fit({"interactions": rows}, as_of=AT), tmp_path / "model")
    assert set(load_customers(tmp_path / "model")) == set(odd.values())


def test_a_key_makes_the_digest_of_customers_one_that_cannot_be_guessed(
    recommender: Recommender, tmp_path: Path
) -> None:
    key, other = MemoryKeyProvider(b"k" * 32), MemoryKeyProvider(b"x" * 32)
    told = [save_recommender(recommender, tmp_path / "model", key=each) for each in (None, key, other)]
    assert len({each.customers_digest for each in told}) == 3


@pytest.mark.parametrize(
    "array",
    [
        np.arange(6, dtype=np.float32).reshape(2, 3),
        np.asfortranarray(np.arange(6, dtype=np.int64).reshape(2, 3)),
        np.arange(6.0)[::2],
        np.zeros((0, 4), np.int32),
        np.array([True, False]),
        np.array(1.5),
    ],
)
def test_an_array_comes_back_as_it_was(array: np.ndarray, tmp_path: Path) -> None:
    write_arrays(tmp_path / ARRAYS, [np.zeros(1), array])
    with (tmp_path / ARRAYS).open("rb") as file:
        found = StoredArrays(file, size=(tmp_path / ARRAYS).stat().st_size)[1]
    assert (found.dtype, found.shape, found.tolist()) == (array.dtype, array.shape, array.tolist())
    assert found.flags.writeable


# ------------------------------------------------------------------------------------------------------ where it is put


def test_a_saved_recommender_is_replaced(folder: Path) -> None:
    popular = Popularity(repeats=False).fit({"interactions": BOUGHT}, as_of=AT)
    save_recommender(popular, folder)
    assert load_recommender(folder).model == popular.model
    assert [path.name for path in folder.parent.iterdir()] == ["model"]


def test_an_empty_folder_is_taken_and_another_one_is_not(recommender: Recommender, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    save_recommender(recommender, tmp_path / "empty")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "manifest.json").write_text("{}")
    (tmp_path / "file").write_text("")
    for name in ("mine", "file"):
        with pytest.raises(ConfigurationError, match="something else"):
            save_recommender(recommender, tmp_path / name)
    assert (tmp_path / "mine" / "manifest.json").read_text() == "{}"


def test_a_writer_that_fails_leaves_what_was_there(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(path: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(folders, "_flush", fails)
    before = (folder / MANIFEST).read_bytes()
    with pytest.raises(OSError, match="space"):
        erase_saved(folder, ["ann"])
    assert (folder / MANIFEST).read_bytes() == before
    assert [path.name for path in folder.parent.iterdir()] == ["model"]


def test_a_writer_that_was_stopped_between_two_names_is_made_good(folder: Path) -> None:
    folder.rename(folder.with_name(".model.old"))
    assert set(load_customers(folder)) == {"ann", "bob", "cid"}
    assert [path.name for path in folder.parent.iterdir()] == ["model"]


def test_what_a_stopped_writer_left_goes_with_the_next(folder: Path) -> None:
    shutil.copytree(folder, folder.with_name(".model.old"))
    shutil.copytree(folder, folder.with_name(".model.new"))
    assert erase_saved(folder, ["ann"]) == 1
    assert [path.name for path in folder.parent.iterdir()] == ["model"]


def test_a_link_to_a_folder_stays_one(folder: Path) -> None:
    link = folder.with_name("now")
    link.symlink_to(folder, target_is_directory=True)
    assert erase_saved(link, ["ann"]) == 1
    assert link.is_symlink()
    assert set(load_customers(folder)) == {"bob", "cid"}


# -------------------------------------------------------------------------------------------- what is not read: the folder


def test_a_folder_that_is_none(tmp_path: Path) -> None:
    refused(tmp_path / "nowhere", match="does not hold the files")
    refused(tmp_path, match="does not hold the files")


@pytest.mark.parametrize("name", [MANIFEST, ARRAYS, CATALOGUE])
def test_a_file_that_is_missing(folder: Path, name: str) -> None:
    (folder / name).unlink()
    refused(folder, match="does not hold the files")


def test_a_file_too_many(folder: Path) -> None:
    (folder / "model.pkl").write_bytes(pickle.dumps(1))
    refused(folder, match="and those alone")


def test_a_file_that_is_elsewhere(folder: Path) -> None:
    (folder / ARRAYS).rename(folder.parent / ARRAYS)
    (folder / ARRAYS).symlink_to(folder.parent / ARRAYS)
    refused(folder, match="and those alone")


@pytest.mark.parametrize("name", [ARRAYS, CATALOGUE])
def test_a_file_of_another_recommender(folder: Path, name: str) -> None:
    other = folder.with_name("other")
    rows = BOUGHT.with_columns(pl.col("item_id").replace("tea", "sea"))
    save_recommender(SPEC.fit({"interactions": rows}, as_of=AT), other)
    shutil.copy(other / name, folder / name)
    refused(folder, match=f"{name} is not the file that was saved")


def test_a_catalogue_of_other_items(folder: Path) -> None:
    pl.DataFrame({"item_id": ["a", "b", "c"]}).write_parquet(folder / CATALOGUE)
    anew(folder)
    refused(folder, match="catalogue is of other items")


@pytest.mark.parametrize("raw", [b"", b"PAR1", b"PAR1" * 99])
def test_a_catalogue_that_is_none(folder: Path, raw: bytes) -> None:
    (folder / CATALOGUE).write_bytes(raw)
    anew(folder)
    refused(folder, match="not as a recommender is saved")


# ------------------------------------------------------------------------------------------ what is not read: the manifest


@pytest.mark.parametrize("raw", [b"", b"[]", b"{", b"\xff", b'{"format": "other"}', b"[" * 100_000])
def test_a_manifest_of_something_else(folder: Path, raw: bytes) -> None:
    (folder / MANIFEST).write_bytes(raw)
    refused(folder, match="something else")


def test_a_manifest_that_was_edited(folder: Path) -> None:
    text = (folder / MANIFEST).read_text()
    for old, new in (('"items": 3', '"items": 4'), ('"items": 3', '"items":  3'), ('"ALS"', '"EASE"')):
        (folder / MANIFEST).write_text(text.replace(old, new))
        refused(folder, match="was changed since")


def test_a_format_of_tomorrow(folder: Path) -> None:
    anew(folder, format_version=2)
    refused(folder, match="another version of the format", error=SchemaVersionError)


@pytest.mark.parametrize("changed", [{"customers": 2}, {"customers_digest": "0" * 64}])
def test_a_manifest_that_says_other_than_is_there(folder: Path, changed: dict[str, Any]) -> None:
    anew(folder, **changed)
    refused(folder, match="than its manifest says")


@pytest.mark.parametrize("spec", [{"spec": "os.system", "fields": {}}, {"spec": ["ALS"], "fields": {}}])
def test_a_spec_that_is_not_known(folder: Path, spec: Any) -> None:
    anew(folder, spec=spec)
    refused(folder, match="does not know")


def test_a_spec_with_a_value_that_it_cannot_have(folder: Path) -> None:
    anew(folder, spec={"spec": "ALS", "fields": {"repeats": False, "factors": -1}})
    refused(folder, match="not as a recommender is saved")


def test_a_spec_that_is_none_of_a_recommender(folder: Path) -> None:
    anew(folder, spec={"spec": "Interactions", "fields": {}})
    refused(folder, match="do not go together: spec")


def test_a_model_that_is_not_known(folder: Path) -> None:
    content = content_of(folder)
    content["scorer"]["value"] = "subprocess.Popen"
    anew(folder, content=content)
    refused(folder, match="does not know")


def test_a_model_with_a_field_too_few(folder: Path) -> None:
    content = content_of(folder)
    del content["scorer"]["fields"]["people"]
    anew(folder, content=content)
    refused(folder, match="fields that it should have")


def test_a_model_that_is_a_text(folder: Path) -> None:
    content = content_of(folder)
    content["scorer"] = "LeastSquares"
    anew(folder, content=content)
    refused(folder, match="not as a recommender is saved")


# -------------------------------------------------------------------------------------------- what is not read: the arrays


def number_of(folder: Path, name: str, *, part: str = "scorer") -> str:
    return str(content_of(folder)[part]["fields"][name]["array"])


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("people", lambda array: array[:1]),
        ("people", lambda array: array[:, :1]),
        ("people", lambda array: array.ravel()),
        ("items", lambda array: array[:-1]),
        ("extra", lambda array: array[:1]),
        ("items", lambda array: array.astype(np.float64)),
        ("items", lambda array: array.astype(">f4")),
    ],
)
def test_what_was_learned_in_another_shape_or_type(folder: Path, name: str, change: Any) -> None:
    number = number_of(folder, name)
    with_arrays(folder, lambda arrays: arrays.update({number: change(arrays[number])}))
    refused(folder, match=r"type or shape|plain numbers|not as a recommender")


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("places", lambda array: array + 1),
        ("places", lambda array: array - 1),
        ("places", lambda array: array * 0),
        ("starts", lambda array: array[::-1].copy()),
        ("starts", lambda array: array[:-1]),
        ("origin", lambda array: array - 2),
        ("origin", lambda array: array + 1),
        ("origin", lambda array: array[:1]),
    ],
)
def test_histories_that_do_not_go_together(folder: Path, name: str, change: Any) -> None:
    number = number_of(folder, name, part="histories")
    with_arrays(folder, lambda arrays: arrays.update({number: change(arrays[number])}))
    refused(folder, match=r"do not go together|not as a recommender")


@pytest.mark.parametrize("part", [1, 2])
def test_a_sparse_matrix_that_points_outside(tmp_path: Path, part: int) -> None:
    save_recommender(Neighbours(repeats=False).fit({"interactions": BOUGHT}, as_of=AT), tmp_path / "model")
    number = str(content_of(tmp_path / "model")["scorer"]["fields"]["weights"]["rows"] + part)
    with_arrays(tmp_path / "model", lambda arrays: arrays.update({number: arrays[number] + 9}))
    refused(tmp_path / "model", match="not as a recommender")


def test_texts_of_other_lengths(folder: Path) -> None:
    number = content_of(folder)["histories"]["fields"]["customers"]["fields"]["listed"]["names"] + 1
    with_arrays(folder, lambda arrays: arrays.update({str(number): np.array([9, -3, 3])}))
    refused(folder, match="Texts are not as long")


def test_pickled_objects_are_never_read(folder: Path) -> None:
    number = number_of(folder, "items")
    with_arrays(folder, lambda arrays: arrays.update({number: np.array([{"a": 1}], dtype=object)}))
    refused(folder, match="no plain numbers")


def test_an_array_that_says_it_is_of_objects(folder: Path) -> None:
    raw = (folder / ARRAYS).read_bytes()
    (folder / ARRAYS).write_bytes(raw.replace(b"'<i8'", b"'|O8'"))
    with ZipFile(folder / ARRAYS) as archive:
        held = {each: (folder / ARRAYS).read_bytes()[each.header_offset :] for each in archive.infolist()}
    with ZipFile(folder / ARRAYS, "w") as archive:
        for each, content in held.items():
            archive.writestr(each.filename, content[content.index(b"\x93NUMPY") :][: each.file_size])
    anew(folder)
    refused(folder, match="no plain numbers")


def test_arrays_that_numpy_compressed(folder: Path) -> None:
    with np.load(folder / ARRAYS) as stored:
        np.savez_compressed(folder / ARRAYS, **dict(stored))
    anew(folder)
    refused(folder, match="compressed")


def test_compressed_arrays_are_never_unpacked(folder: Path) -> None:
    with ZipFile(folder / ARRAYS, "w", ZIP_DEFLATED) as archive:
        archive.writestr("0.npy", bytes(50_000_000))
    anew(folder)
    refused(folder, match="compressed")


def test_an_archive_with_other_names(folder: Path) -> None:
    with ZipFile(folder / ARRAYS, "w") as archive:
        archive.writestr("../0.npy", b"")
    anew(folder)
    refused(folder, match="not those that were saved")


def test_an_array_that_says_it_is_larger_than_it_is(folder: Path) -> None:
    raw = (folder / ARRAYS).read_bytes()
    (folder / ARRAYS).write_bytes(raw.replace(b"'shape': (3, 2)", b"'shape': (9, 2)"))
    anew(folder)
    refused(folder, match="not as")


# ------------------------------------------------------------------------------------------------------------------ keys


def test_a_signed_folder_is_read_with_its_key_alone(recommender: Recommender, tmp_path: Path) -> None:
    key = FileKeyProvider(tmp_path / "key")
    save_recommender(recommender, tmp_path / "model", key=key)
    assert set(load_recommender(tmp_path / "model", key=key).customers) == {"ann", "bob", "cid"}
    for other, match in ((None, "with a key"), (MemoryKeyProvider(), "not saved with this key")):
        refused(tmp_path / "model", match=match, error=SignatureError, key=other)
        with pytest.raises(SignatureError):
            erase_saved(tmp_path / "model", ["ann"], key=other)


def test_with_a_key_what_is_not_signed_is_not_read(folder: Path) -> None:
    refused(folder, match="without a key", error=SignatureError, key=MemoryKeyProvider())


# --------------------------------------------------------------------------------------------------------------- erasing


def test_erasing_tells_how_many_were_in_it(folder: Path) -> None:
    before = (folder / MANIFEST).read_bytes()
    assert erase_saved(folder, ["nobody"]) == 0
    assert (folder / MANIFEST).read_bytes() == before
    assert erase_saved(folder, pl.Series(["ann", "ann", "nobody"])) == 1
    found = load_recommender(folder)
    assert set(found.customers) == {"bob", "cid"}
    assert found.scorer.people.shape == (2, 2)  # type: ignore[attr-defined]


def test_erasing_everybody_leaves_what_was_learned_of_items(folder: Path) -> None:
    assert erase_saved(folder, ["ann", "bob", "cid"]) == 3
    found = load_recommender(folder)
    assert found.customers.is_empty()
    assert found.recommend(context=["tea"], n=1).table.height == 1
    assert load_manifest(folder).window is None


def test_a_text_is_no_list_of_customers(folder: Path) -> None:
    with pytest.raises(ConfigurationError, match="list of ids"):
        erase_saved(folder, "ann")


def test_erasing_goes_on_after_it_was_brought_up_to_date(recommender: Recommender, tmp_path: Path) -> None:
    later = pl.DataFrame({"customer_id": ["ann", "dan"], "item_id": ["oil", "oil"], "occurred_at": [AT, AT]})
    now = recommender.updated({"interactions": later}, as_of=AT + timedelta(days=1))
    save_recommender(now, tmp_path / "model")
    assert erase_saved(tmp_path / "model", ["ann"]) == 1
    found = load_recommender(tmp_path / "model")
    # Of ann there was still the vector from before: it is gone too.
    assert found.scorer.people.shape == (2, 2)  # type: ignore[attr-defined]
    assert found.recommend(n=3).table.equals(now.without(["ann"]).recommend(n=3).table)


# --------------------------------------------------------------------------------------------------- what can be saved


@dataclass(frozen=True, eq=False)
class Foreign(Popular):
    """A model that is not on the list."""

    secret: Any = field(default=None)


def test_what_is_not_on_the_list_cannot_be_saved(recommender: Recommender, tmp_path: Path) -> None:
    for scorer in (Foreign(np.zeros(3, np.float32)), Popular(lambda: 1)):  # type: ignore[arg-type]
        with pytest.raises(ConfigurationError, match=r"cannot be saved|is not of the type"):
            save_recommender(replace(recommender, scorer=scorer), tmp_path / "model")
    assert not list(tmp_path.iterdir())


def test_purposes_are_names(recommender: Recommender, tmp_path: Path) -> None:
    for purposes in ("analytics", ["a", ""]):
        with pytest.raises(ConfigurationError, match="Purposes"):
            save_recommender(recommender, tmp_path / "model", purposes=purposes)


def classes() -> Iterator[type[Any]]:
    """Yield every class of the package."""
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        found = vars(importlib.import_module(module.name)).values()
        yield from (each for each in found if isinstance(each, type) and each.__module__ == module.name)


def test_every_spec_and_every_model_of_the_package_is_on_the_list() -> None:
    specs = {each for each in classes() if issubclass(each, RecommenderSpec) and not isabstract(each)}
    ways = ("scores", "similar", "evidence", "kept", "arrays")
    models = {each for each in classes() if is_dataclass(each) and all(hasattr(each, way) for way in ways)}
    assert specs <= set(SPECS.values())
    assert models <= set(VALUES.values())


def test_every_spec_on_the_list_is_held_by_the_laws() -> None:
    held = {type(each) for each in all_models(repeats=True)}
    assert {each for each in SPECS.values() if issubclass(each, RecommenderSpec)} == held


def test_what_was_tried_is_read_back(tmp_path: Path) -> None:
    pairs = [(f"c{who}", f"i{what}") for who in range(30) for what in range(9) if (who * 7 + what * who) % 4 == 0]
    rows = pl.DataFrame(pairs, schema=["customer_id", "item_id"], orient="row")
    spec = Hybrid(repeats=False, parts={"popular": Popularity(repeats=False), "near": Neighbours(repeats=False)}, k=3)
    tried = spec.fit({"interactions": rows}, as_of=AT)
    save_recommender(tried, tmp_path / "model")
    assert_frame_equal(load_recommender(tmp_path / "model").trials, tried.trials, check_exact=True)


def test_what_is_there_twice_is_saved_once(tmp_path: Path) -> None:
    spec = WithContent(repeats=False, model=SPEC, folds=2)
    fitted = spec.fit({"interactions": BOUGHT, "items": SHOP}, as_of=AT)
    save_recommender(fitted, tmp_path / "model")
    scorer: Any = load_recommender(tmp_path / "model").scorer
    assert scorer.space is scorer.inner


def test_a_plain_spec_is_read_back_with_all_its_values(tmp_path: Path) -> None:
    spec = Neighbours.model_validate(
        {"repeats": True, "interactions": {"weights": {"view": 0.5}, "names": {"Angesehen": "view"}, "window_days": 90}}
    )
    save_recommender(spec.fit({"interactions": BOUGHT}, as_of=AT), tmp_path / "model")
    assert load_recommender(tmp_path / "model").model == spec
