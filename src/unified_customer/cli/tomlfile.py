"""TOML files that people write: read, checked, and complained about by key."""

import tomllib
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from unified_customer.core.errors import ConfigurationError

M = TypeVar("M", bound=BaseModel)


def read_toml(path: Path) -> dict[str, Any]:
    """Return the document in a TOML file.

    Raises:
        ConfigurationError: The file cannot be read or is no TOML.
    """
    try:
        return tomllib.loads(read_text(path))
    except tomllib.TOMLDecodeError as error:
        message = f"{path.name} is no TOML: {error}"
        raise ConfigurationError(message) from error


def read_text(path: Path) -> str:
    """Return the text of a file.

    Raises:
        ConfigurationError: It cannot be read, or is not UTF-8.
    """
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        message = f"{path} cannot be read: {error.strerror}."
        raise ConfigurationError(message) from error
    except UnicodeDecodeError as error:
        message = f"{path} is not UTF-8 text. Save it as UTF-8."
        raise ConfigurationError(message) from error


def checked(model: type[M], document: Any, *, where: str) -> M:
    """Return a document as a value of `model`.

    Raises:
        ConfigurationError: It is none; the message names every wrong key, and quotes no value.
    """
    try:
        return model.model_validate(document)
    except ValidationError as error:
        message = f"{where}: {'; '.join(complaints(error))}."
        raise ConfigurationError(message) from error


def complaints(error: ValidationError) -> list[str]:
    """Return what is wrong with which key, without the values that were given."""
    found = error.errors(include_input=False, include_url=False)
    return [f"{key_of(each['loc'])}: {_said(each)}" for each in found]


def key_of(location: tuple[int | str, ...]) -> str:
    """Return the way to a key as people write it, counting from 1.

    Examples:
        >>> key_of(("sources", 0, "kind"))
        'sources[1].kind'
    """
    parts = (f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in location)
    return "".join(parts).removeprefix(".") or "the file"


def _said(error: Any) -> str:
    if error["type"] == "missing":
        return "is missing"
    if error["type"] == "extra_forbidden":
        return "is not a key that is known here"
    text = str(error["msg"]).removeprefix("Value error, ")
    return text[:1].lower() + text[1:]
