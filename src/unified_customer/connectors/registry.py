"""Sources by name: what is registered, and how a name and a location become a source."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, SecretStr, ValidationError

from unified_customer.connectors.protocol import GROUP, PROTOCOL_VERSION, Source, SourceSpec
from unified_customer.core.errors import ConfigurationError, PluginError
from unified_customer.core.plugins import Plugin, check_plugins, load_plugin, plugins


def connectors(*, check: bool = False) -> list[Plugin]:
    """Return the registered sources by name.

    Args:
        check: Import each, so that `error` says why those that do not load do not; else nothing is imported.
    """
    return list((check_plugins(GROUP) if check else plugins(GROUP)).values())


def source_class(kind: str) -> type[Source]:
    """Return the class registered as `kind`.

    Raises:
        PluginError: There is none, it does not load, or it was written for another version of the Protocol.
    """
    found = load_plugin(GROUP, kind)
    for method in ("spec", "check", "discover", "read"):
        if not callable(getattr(found, method, None)):
            message = f"The source {kind!r} has no method {method}(); it is not a Source."
            raise PluginError(message)
    version = found.spec().protocol
    if version != PROTOCOL_VERSION:
        message = f"The source {kind!r} is for version {version} of the Source Protocol; this is {PROTOCOL_VERSION}."
        raise PluginError(message)
    return found  # type: ignore[no-any-return]  # plugins have no common type


def make_source(kind: str, location: Any, options: Mapping[str, Any]) -> Source:
    """Return the source `kind` made with its checked config; nothing is read.

    Raises:
        ConfigurationError: An option is unknown, missing or has the wrong form.
    """
    made = source_class(kind)
    return made(_config(kind, made.spec(), location, options))  # type: ignore[call-arg]  # plugins have no common type


def _config(kind: str, spec: SourceSpec, location: Any, options: Mapping[str, Any]) -> BaseModel:
    given = {name: _from_environment(kind, name, value, spec) for name, value in options.items()}
    if location is not None:
        given["location"] = location
    try:
        return spec.config.model_validate(given)
    except ValidationError as error:
        # Pydantic prints the input, which may be a secret or a person's.
        wrong = "; ".join(_complaint(each) for each in error.errors(include_input=False, include_url=False))
    known = ", ".join(name for name in spec.config.model_fields if name != "location")
    message = f"The source {kind!r} cannot be made: {wrong}. Its options are: {known or 'none'}."
    raise ConfigurationError(message)


def _complaint(error: Any) -> str:
    where = ".".join(str(part) for part in error["loc"]) or "options"
    # The texts of the errors of validators may quote a value; those of pydantic's own types do not.
    what = "not accepted" if error["type"] in {"value_error", "assertion_error"} else error["msg"]
    return f"{where}: {what}"


def _from_environment(kind: str, name: str, value: Any, spec: SourceSpec) -> Any:
    if not (isinstance(value, Mapping) and set(value) == {"env"} and _is_secret(spec.config, name)):
        return value
    variable = str(value["env"])
    if variable not in os.environ:
        message = f"The source {kind!r} takes {name} from the environment variable {variable}, which is not set."
        raise ConfigurationError(message)
    return os.environ[variable]


def _is_secret(config: type[BaseModel], name: str) -> bool:
    annotation = config.model_fields[name].annotation if name in config.model_fields else None
    return SecretStr in (annotation, *getattr(annotation, "__args__", ()))


def default_name(kind: str, location: Any) -> str:
    """Return the stem of a file's name, or the kind where the location is no file."""
    if not isinstance(location, (str, Path)):
        return kind
    stem = Path(location).name
    for _ in Path(location).suffixes:
        stem = Path(stem).stem
    return stem or kind
