"""Messages of other systems, read into models: what is wrong is said without quoting what they hold."""

import json
from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import ConfigDict, ValidationError

from unified_customer.core.errors import ConfigurationError
from unified_customer.core.models.base import Model


class Message(Model):
    """A message of another system; what it says beside is left alone."""

    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True, hide_input_in_errors=True)


MessageT = TypeVar("MessageT", bound=Message)


def read_message(model: type[MessageT], body: Mapping[str, Any] | str | bytes, *, what: str) -> MessageT:
    """Return `body` as `model`.

    Args:
        model: The shape that it must have.
        body: The decoded JSON object, or its text.
        what: What it is, for the error.

    Raises:
        ConfigurationError: It does not have the shape; the message names the fields and quotes nothing.
    """
    try:
        content = body if isinstance(body, Mapping) else json.loads(body)
        return model.model_validate(content)
    except ValidationError as error:
        message = f"This is no {what}: {'; '.join(map(_fault, error.errors()))}."
        raise ConfigurationError(message) from None
    except ValueError:
        message = f"This is no {what}: it is not a JSON object."
        raise ConfigurationError(message) from None


def _fault(error: Any) -> str:
    said = "is missing" if error["type"] == "missing" else str(error["msg"])
    return f"{'.'.join(map(str, error['loc'])) or 'body'}: {said[:1].lower()}{said[1:]}"
