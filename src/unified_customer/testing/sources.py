"""The conformance kit for sources: an author's whole test is a class that writes some rows in the source's format.

class TestVcard(SourceConformance):
    kind = "vcard"

    def options(self, folder, rows):
        (folder / "people.vcf").write_text(as_vcards(rows), encoding="utf-8")
        return {"location": folder / "people.vcf"}
"""

# ruff: noqa: S101 (checks of a test kit)

import json
import logging
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, SecretStr

from unified_customer.connectors import Batch, BoundSource, Column, State
from unified_customer.connectors import source as bind
from unified_customer.connectors.parsing import as_text
from unified_customer.connectors.protocol import PROTOCOL_VERSION, REJECT_COLUMNS
from unified_customer.connectors.registry import source_class
from unified_customer.core.errors import UnifiedCustomerError

Row = dict[str, str | None]

CANARY: Final = "canary.person.7f3a"
"""A value of a person that must not show in any message."""
SECRET: Final = "canary-secret-91c4"  # noqa: S105 (invented)
SECRET_NAMES: Final = ("password", "secret", "token", "api_key", "apikey", "credential", "private_key")
HARD_TEXTS: Final = (
    "Zoë Müller-Łukasiewicz",
    "山田太郎",
    "\U0001f600 a\u0301 \u200f",
    "92233720368547758079223372036854775807",
    "0007",
    "1.10",
    "2024-01-02T03:04:05",
    'a"b,c;d\te|f',
    "line one\nline two",
    "true",
    "null",
    "x" * 20_000,
)
FRAGILE_TEXTS: Final = ("nul \0 inside", "\ufeffmark")
"""Texts that not every format can hold: they come through unchanged, or their row is rejected."""


SHARED: Final = (HealthCheck.differing_executors,)
"""A law of the kit is one method that runs in the class of each source."""


class SourceConformance:
    """Checks that a source keeps the Protocol; inherit it in a test class and name the source.

    Attributes:
        kind: The name that the source is registered by.
        columns: The columns that the source yields; the first holds a different text in each row.
    """

    kind: ClassVar[str]
    columns: ClassVar[tuple[str, ...]] = ("id", "name", "note")

    def options(self, folder: Path, rows: Sequence[Row]) -> Mapping[str, Any]:
        """Write `rows` into `folder` in the source's format; return `location` and the other options that read them."""
        raise NotImplementedError

    def same(self, value: str | None) -> str | None:
        """Return what must come out where `value` went in; by default an empty text is a missing value."""
        return value or None

    def test_its_spec_is_a_valid_schema(self) -> None:
        """The spec names this version of the Protocol, and its options are a JSON schema."""
        spec = source_class(self.kind).spec()
        schema = json.loads(json.dumps(spec.config_schema))
        assert schema["type"] == "object"
        assert spec.protocol == PROTOCOL_VERSION
        assert spec.capabilities.rights <= {"access", "erase", "rectify"}

    def test_its_secrets_are_declared_as_secrets(self) -> None:
        """An option that sounds like a secret is a `SecretStr`."""
        config = source_class(self.kind).spec().config
        open_secrets = [name for name in config.model_fields if _sounds_secret(name) and name not in _secrets(config)]
        assert open_secrets == []

    def test_its_secrets_are_never_shown(self) -> None:
        """Neither the source nor the description of it shows a secret."""
        with _folder() as folder:
            options = {**self.options(folder, []), **dict.fromkeys(_secrets(self._config()), SECRET)}
            found = self._bound(options)
            assert SECRET not in repr(found) + repr(found.source) + str(vars(found.source).get("config", ""))

    def test_discover_is_stable_and_changes_nothing(self) -> None:
        """`discover` gives the same columns twice, touches no file and holds no value."""
        with self._source(_numbered(self.columns, 5, CANARY)) as (folder, found):
            before = _contents(folder)
            first, second = found.source.discover(), found.source.discover()
            assert first == second
            assert all(isinstance(column, Column) for column in first)
            assert _contents(folder) == before
            assert CANARY not in repr(first)

    def test_check_passes_for_a_source_that_is_there(self) -> None:
        """`check` returns without an error."""
        with self._source(_numbered(self.columns, 2)) as (_, found):
            found.check()

    def test_an_empty_source_has_no_rows(self) -> None:
        """No rows are no error."""
        with self._source([]) as (_, found):
            assert sum(len(batch) for batch in _batches(found)) == 0

    @settings(suppress_health_check=SHARED)
    @given(data=st.data(), batch_rows=st.integers(1, 7))
    def test_every_row_is_yielded_exactly_once(self, data: st.DataObject, batch_rows: int) -> None:
        """Each row is in one batch, as it was written, whatever the size of the batches."""
        rows = data.draw(_rows(self.columns))
        with self._source(rows) as (_, found):
            batches = list(_batches(found, batch_rows=batch_rows))
            assert all(batch.frame.height <= batch_rows for batch in batches)
            assert sorted(_numbers(batches)) == list(range(1, len(rows) + 1))
            assert self._read(batches) == self._written(rows)

    @settings(suppress_health_check=SHARED)
    @given(data=st.data(), batch_rows=st.integers(1, 3))
    def test_reading_goes_on_from_every_state(self, data: st.DataObject, batch_rows: int) -> None:
        """What came before a state and what is read from it are together all rows, each once."""
        rows = data.draw(_rows(self.columns))
        with self._source(rows) as (_, found):
            whole = self._read(_batches(found, batch_rows=batch_rows))
            before: list[Batch] = []
            for item in found.read(None, batch_rows=batch_rows):
                if isinstance(item, Batch):
                    before.append(item)
                else:
                    stored = State.from_json(item.to_json())
                    assert stored == item
                    rest = list(_batches(found, stored, batch_rows=batch_rows))
                    assert self._read([*before, *rest]) == whole

    def test_hard_values_come_through_unchanged(self) -> None:
        """Other alphabets, long texts and huge numbers are neither changed nor lost."""
        rows = [self._row(index, text) for index, text in enumerate(HARD_TEXTS)]
        with self._source(rows) as (_, found):
            assert self._read(_batches(found)) == self._written(rows)

    def test_what_a_format_cannot_hold_is_rejected_with_a_reason(self) -> None:
        """A row is either read as it was written or rejected with its position and a reason."""
        rows = [self._row(index, text) for index, text in enumerate(FRAGILE_TEXTS)]
        try:
            with self._source(rows) as (_, found):
                batches = list(_batches(found))
        except (ValueError, OSError):
            return  # the format's own writer refuses such texts
        assert sum(len(batch) for batch in batches) == len(rows)
        assert not self._read(batches) - self._written(rows)
        for batch in batches:
            assert dict(batch.rejects.schema) == dict(REJECT_COLUMNS)
            assert (
                batch.rejects.select("row", "position", "reason", "payload").null_count().sum_horizontal().item() == 0
            )

    def test_missing_values_stay_missing(self) -> None:
        """A missing value comes as null, or as an empty text."""
        rows: list[Row] = [{**dict.fromkeys(self.columns), self.columns[0]: "1"}]
        with self._source(rows) as (_, found):
            assert self._read(_batches(found)) == self._written(rows)

    def test_values_are_in_no_message(self, caplog: pytest.LogCaptureFixture) -> None:
        """However a file is damaged, no error, reason or log line shows a value."""
        caplog.set_level(logging.DEBUG)
        with self._source(_numbered(self.columns, 20, CANARY)) as (folder, found):
            shown = [_damaged_reading(folder, found, part) for part in range(1, 8)]
        assert CANARY not in "".join(shown) + caplog.text

    def test_a_batch_does_not_show_its_values(self) -> None:
        """The repr of a batch, a source and a description hold no value."""
        with self._source(_numbered(self.columns, 2, CANARY)) as (_, found):
            shown = [repr(found), repr(found.source), *(repr(batch) for batch in _batches(found))]
            assert CANARY not in "".join(shown)

    def _config(self) -> type[BaseModel]:
        return source_class(self.kind).spec().config

    def _bound(self, options: Mapping[str, Any]) -> BoundSource:
        given_options = dict(options)
        location = given_options.pop("location", None)
        return bind(self.kind, location, table="records", name="conformance", **given_options)

    @contextmanager
    def _source(self, rows: Sequence[Row]) -> Iterator[tuple[Path, BoundSource]]:
        with _folder() as folder:
            yield folder, self._bound(self.options(folder, rows))

    def _row(self, index: int, text: str) -> Row:
        return {**dict.fromkeys(self.columns, text), self.columns[0]: str(index)}

    def _written(self, rows: Sequence[Row]) -> Counter[tuple[str | None, ...]]:
        return Counter(tuple(self.same(row[name]) for name in self.columns) for row in rows)

    def _read(self, batches: Any) -> Counter[tuple[str | None, ...]]:
        found: Counter[tuple[str | None, ...]] = Counter()
        for batch in batches:
            whole = batch.filled(self.columns) if batch.frame.width else batch
            texts = [as_text(whole.frame[name]).to_list() for name in self.columns if name in whole.frame.columns]
            found.update(tuple(self.same(value) for value in row) for row in zip(*texts, strict=True))
        return found


def _rows(columns: tuple[str, ...]) -> st.SearchStrategy[list[Row]]:
    marks = st.text(st.sampled_from("\n\t,;:\"'\\|= aé"), max_size=6)
    text = st.none() | marks | st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=6)
    values = st.lists(st.tuples(*(text for _ in columns[1:])), max_size=12)
    return values.map(
        lambda drawn: [
            {columns[0]: str(index), **dict(zip(columns[1:], each, strict=True))} for index, each in enumerate(drawn)
        ]
    )


def _numbered(columns: tuple[str, ...], count: int, text: str = "text") -> list[Row]:
    return [{**dict.fromkeys(columns, f"{text} {index}"), columns[0]: str(index)} for index in range(count)]


def _batches(found: BoundSource, state: State | None = None, *, batch_rows: int = 100) -> Iterator[Batch]:
    return (item for item in found.read(state, batch_rows=batch_rows) if isinstance(item, Batch))


def _numbers(batches: Sequence[Batch]) -> list[int]:
    return [number for batch in batches for number in (*batch.rows.to_list(), *batch.rejects["row"].to_list())]


@contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


def _contents(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def _damaged_reading(folder: Path, found: BoundSource, part: int) -> str:
    """Return all messages of reading the files after a piece was cut out of each and another overwritten."""
    for path in folder.rglob("*"):
        if path.is_file():
            whole = path.read_bytes()
            at = len(whole) * part // 8
            path.write_bytes(whole[: at - 3] + b'"\xff\x00{' + whole[at:])
    try:
        batches = list(_batches(found))
    except UnifiedCustomerError as error:
        return f"{error} {error.__cause__ if isinstance(error.__cause__, UnifiedCustomerError) else ''}"
    return " ".join(str(reason) for batch in batches for reason in batch.rejects["reason"])


def _secrets(config: type[BaseModel]) -> list[str]:
    fields = config.model_fields.items()
    return [name for name, each in fields if SecretStr in (each.annotation, *getattr(each.annotation, "__args__", ()))]


def _sounds_secret(name: str) -> bool:
    return any(word in name.lower() for word in SECRET_NAMES)
