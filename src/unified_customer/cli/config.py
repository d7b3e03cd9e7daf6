"""The configuration of `run`: which sources go into which store, and what comes out."""

from pathlib import Path
from typing import Any, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from unified_customer.cli.policyfile import policy_of
from unified_customer.cli.storefile import relative_to
from unified_customer.cli.tomlfile import checked, read_text, read_toml
from unified_customer.connectors import Mapping
from unified_customer.connectors.tomltext import toml_text
from unified_customer.core.errors import MappingError
from unified_customer.policy import Policy

SUGGEST: Final = "suggest"


class SourceConfig(BaseModel):
    """One source to load."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: str
    """The connector."""
    location: str
    """The file, relative to the configuration; or whatever the connector calls a location."""
    table: str = "records"
    """The table to fill."""
    name: str | None = None
    """What the source is called; by default the name of the file."""
    mapping: str | dict[str, Any] | None = None
    """A table, the path of a TOML file, `"suggest"`, or nothing where the connector needs none."""
    accept_suggested: bool = False
    """Load by a mapping that nobody has read."""
    options: dict[str, Any] = {}
    """Options of the connector, such as `delimiter`."""

    @model_validator(mode="after")
    def _suggestions_are_read(self) -> Self:
        if self.mapping == SUGGEST and not self.accept_suggested:
            message = (
                "a suggested mapping is not loaded unread. Run `unified-customer suggest`, edit what it prints, save it "
                "and name the file here; or set accept_suggested = true"
            )
            raise ValueError(message)
        return self


class OutputConfig(BaseModel):
    """A file to write, read under a purpose."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    to: Path
    """A `.parquet` or `.csv` file, relative to the configuration."""
    purpose: str
    """What it is for."""
    recipient: str | None = None
    """Who gets it: it holds those whom the purpose may see for this recipient, and an incident there knows of it."""
    table: Literal["customers"] = "customers"
    """The single customer view."""
    columns: tuple[str, ...] | None = None
    """By default all that the purpose may see."""
    provenance: bool = False
    """Also where each value came from."""

    @field_validator("to")
    @classmethod
    def _known_format(cls, to: Path) -> Path:
        if to.suffix not in {".parquet", ".csv"}:
            message = "the name must end in .parquet or .csv"
            raise ValueError(message)
        return to


class RunConfig(BaseModel):
    """What `run` does; everything relative in it is relative to its file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    store: str
    """URL of the store."""
    policy: str | dict[str, Any] | None = None
    """A table, or the path of a TOML file; by default the one that is in force in the store."""
    resolve: bool = True
    """Give every record its customer after loading."""
    sources: tuple[SourceConfig, ...] = Field(min_length=1)
    """What to load, in this order."""
    outputs: tuple[OutputConfig, ...] = ()
    """What to write afterwards."""


def read_config(path: Path) -> RunConfig:
    """Return the configuration in a file.

    Raises:
        ConfigurationError: The file cannot be read, or a key is wrong; the message names it.
    """
    return checked(RunConfig, read_toml(path), where=path.name)


def store_of(config: RunConfig, path: Path) -> str:
    """Return the URL of the store, a relative file taken from the configuration's folder."""
    return relative_to(config.store, path.absolute().parent)


def run_policy(config: RunConfig, path: Path) -> Policy | None:
    """Return the policy of a configuration."""
    return policy_of(config.policy, path)


def location_of(source: SourceConfig, path: Path) -> str | Path:
    """Return where the source is: a file relative to the configuration, or what it says where it is an address."""
    return source.location if "://" in source.location else path.parent / source.location


def mapping_of(source: SourceConfig, path: Path) -> Mapping | None:
    """Return the mapping of a source, or None where it names none or is to be suggested.

    Raises:
        MappingError: It is no mapping; the message says where.
    """
    given = source.mapping
    if given is None or given == SUGGEST:
        return None
    if isinstance(given, str):
        return _mapping(read_text(path.parent / given), where=given)
    return _mapping(toml_text({"table": source.table, **given}), where=f"{path.name}, mapping of {source.location}")


def _mapping(text: str, *, where: str) -> Mapping:
    try:
        return Mapping.from_toml(text)
    except MappingError as error:
        message = f"{where}: {error}"
        raise MappingError(message) from error
