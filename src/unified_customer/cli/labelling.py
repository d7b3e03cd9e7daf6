"""`label`: a person judges pairs of records, one key each."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import polars as pl
import typer
from pydantic import ValidationError
from rich.text import Text

from unified_customer.cli.output import Output, readable
from unified_customer.cli.progress import working
from unified_customer.cli.tables import cell, plain_table
from unified_customer.cli.tomlfile import read_text
from unified_customer.core.errors import ConfigurationError, SourceError
from unified_customer.identity.matching import FittedMatcher, Labelling, Matcher, ProposedPair

QUESTION: Final = "One person?  y yes   n no   u unsure   q quit"
_ANSWERS: Final = {"y": True, "n": False, "u": None}
_SIGNS: Final = {True: "=", False: "≠", None: ""}


@dataclass(frozen=True)
class Asked:
    """What is to be labelled.

    Attributes:
        records: A CSV, Parquet or JSONL file of records.
        judged: The CSV file of the judgements; it is made if it is not there.
        record_id: The column that names each record.
        fitted: A fitted matcher as JSON; by default one is fitted on the records.
        save: Where the refined matcher is written when it is done.
        limit: No more than so many pairs; by default as many as wanted.
    """

    records: Path
    judged: Path
    record_id: str
    fitted: Path | None
    save: Path | None
    limit: int | None


def label(out: Output, asked: Asked) -> None:
    """Show pair after pair until the person quits, and keep every answer at once.

    Raises:
        SourceError: The records cannot be read, or the matcher cannot be written.
        ConfigurationError: The fitted matcher or the judgements cannot be read.
    """
    records, matcher = read_records(asked.records, asked.record_id), _matcher(asked.fitted)
    with working(out, "Learning"):
        labelling = Labelling(matcher, records, file=asked.judged)
    before = labelling.judged.height
    while asked.limit is None or labelling.judged.height - before < asked.limit:
        pair = next(labelling, None)
        if pair is None:
            out.note("There is no pair left to ask about.")
            break
        out.result("pair", _values(pair), *pair_view(pair, number=labelling.judged.height + 1))
        if not _answered(labelling, out):
            break
    if asked.save is not None:
        _save(labelling, asked.save)
    _summary(out, labelling, asked)


def read_records(path: Path, record_id: str) -> pl.DataFrame:
    """Return the records of a file; values of a CSV file stay text.

    Raises:
        SourceError: It cannot be read, or has no such column.
    """
    readers: dict[str, Any] = {
        ".csv": lambda: pl.read_csv(path, infer_schema=False),
        ".parquet": lambda: pl.read_parquet(path),
        ".jsonl": lambda: pl.read_ndjson(path),
    }
    if path.suffix not in readers:
        message = f"{path.name} is no {', '.join(readers)} file."
        raise SourceError(message)
    try:
        found: pl.DataFrame = readers[path.suffix]()
    except (OSError, pl.exceptions.PolarsError) as error:
        # The message of the reader may quote a value.
        message = f"{path} cannot be read ({type(error).__name__})."
        raise SourceError(message) from None
    if record_id not in found.columns:
        message = f"{path.name} has no column {record_id!r}. Name the column of the ids with --id; there are: "
        raise SourceError(message + ", ".join(found.columns))
    return found.rename({record_id: "record_id"})


def pair_view(pair: ProposedPair, *, number: int) -> list[Any]:
    """Return a pair for people: both records side by side."""
    table = plain_table("", readable(str(pair.record_a)), "", readable(str(pair.record_b)), title=f"\nPair {number}")
    for row in pair.rows:
        style = "" if row.agree is None else "green" if row.agree else "yellow"
        sign = Text(_SIGNS[row.agree], style=style)
        table.add_row(cell(row.column, "dim"), cell(row.value_a, style), sign, cell(row.value_b, style))
    return [table, Text(QUESTION, style="dim")]


def _matcher(fitted: Path | None) -> Matcher | FittedMatcher:
    if fitted is None:
        return Matcher()
    try:
        return FittedMatcher.from_json(read_text(fitted))
    except ValidationError:
        message = f"{fitted.name} is no fitted matcher. Write one with FittedMatcher.to_json()."
        raise ConfigurationError(message) from None


def _answered(labelling: Labelling, out: Output) -> bool:
    """Take an answer; say whether to go on."""
    while (key := _key()) != "q":
        if key in _ANSWERS:
            answer = _ANSWERS[key]
            if answer is None:
                labelling.skip()
            else:
                labelling.answer(same=answer)
            return True
        out.note(f"There is no answer {key!r}: y, n, u or q.")
    return False


def _key() -> str:
    """Return the key that was pressed, or the first letter of a line where no terminal is read; at its end, q."""
    if sys.stdin.isatty():
        return typer.getchar().lower()
    line = sys.stdin.readline()
    return (line.strip()[:1] or " ").lower() if line else "q"


def _values(pair: ProposedPair) -> dict[str, Any]:
    rows = [{"column": row.column, "a": row.value_a, "b": row.value_b} for row in pair.rows]
    return {"record_a": pair.record_a, "record_b": pair.record_b, "rows": rows}


def _save(labelling: Labelling, path: Path) -> None:
    try:
        path.write_text(labelling.refined().to_json(), encoding="utf-8")
    except OSError as error:
        message = f"{path} cannot be written: {error.strerror}."
        raise SourceError(message) from error


def _summary(out: Output, labelling: Labelling, asked: Asked) -> None:
    same = labelling.judged["same"]
    counts = {"same": int(same.sum()), "different": int((~same).sum()), "unsure": same.null_count()}
    told = f"{asked.judged}: {same.len()} pairs judged, {counts['same']} one person, {counts['different']} two"
    lines = [Text(f"{told}, {counts['unsure']} unsure")]
    if asked.save is not None:
        lines.append(Text(f"{asked.save}: the refined matcher"))
    out.result("label", {"judged": asked.judged, "saved": asked.save, **counts}, *lines)
