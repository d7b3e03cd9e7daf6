"""An answer to a person as a folder: a page to read, JSON and CSV to load elsewhere, a contact card, a manifest."""

import hashlib
import json
from pathlib import Path
from typing import Any, Final

import polars as pl

from unified_customer.core.errors import ConfigurationError
from unified_customer.governance.access.as_json import plain
from unified_customer.governance.access.personal_data import PersonalData
from unified_customer.governance.access.vcard import vcard

MANIFEST: Final = "manifest.json"
FORMAT: Final = "unified_customer personal data folder"


def to_folder(data: PersonalData, path: Path) -> Path:
    """Write `data` into a new or empty folder; see `PersonalData.to_folder`."""
    path.mkdir(parents=True, exist_ok=True)
    if any(path.iterdir()):
        message = f"{path.name} is not empty. Write into a new folder, so that nothing of another person stands in it."
        raise ConfigurationError(message)
    files = files_of(data)
    for name, content in files.items():
        target = path / name
        target.parent.mkdir(exist_ok=True)
        target.write_bytes(content)
    (path / MANIFEST).write_bytes(_manifest(data, files))
    return path


def files_of(data: PersonalData) -> dict[str, bytes]:
    """Return the content of each file by its name, without the manifest."""
    texts = {"index.html": data.to_html(), "data.json": data.to_json()}
    texts |= {f"tables/{name}.csv": csv_of(frame) for name, frame in data.tables.items()}
    card = vcard(data)
    texts |= {} if card is None else {"contact.vcf": card}
    return {name: text.encode() for name, text in texts.items()}


def csv_of(frame: pl.DataFrame) -> str:
    r"""Return a frame as CSV (RFC 4180): times in ISO 8601, lists as JSON, an empty field for what is missing.

    A text that is empty stands in quotes.

    Examples:
        >>> csv_of(pl.DataFrame({"a": ["x", "", None], "b": [True, False, None]}))
        'a,b\r\nx,true\r\n"",false\r\n,\r\n'
    """
    columns = frame.to_dict(as_series=False)
    texts = {
        column: pl.Series([_cell(value) for value in values], dtype=pl.String) for column, values in columns.items()
    }
    return pl.DataFrame(texts).write_csv(line_terminator="\r\n", quote_style="necessary")


def _cell(value: Any) -> str | None:
    known = plain(value)
    return known if known is None or isinstance(known, str) else json.dumps(known, ensure_ascii=False)


def _manifest(data: PersonalData, files: dict[str, bytes]) -> bytes:
    told = {
        "format": FORMAT,
        "kind": data.kind,
        "made_at": plain(data.made_at),
        "rows": data.rows,
        "files": {
            name: {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
            for name, content in sorted(files.items())
        },
    }
    return (json.dumps(told, indent=2) + "\n").encode()
