"""The base of the boundary models."""

from pydantic import BaseModel, ConfigDict


class Model(BaseModel):
    """A frozen value that refuses unknown fields; built on first use so that the import stays light."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)
