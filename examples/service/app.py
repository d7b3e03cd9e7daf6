"""A customer service over HTTP: whose is this, what do we know of them, what did they agree to.

    UNIFIED_CUSTOMER_STORE=duckdb:///hub.duckdb UNIFIED_CUSTOMER_TOKENS=tokens.json uvicorn examples.service.app:service --factory

The hub does what matters: a read takes a purpose, the default answer is no, and each read is in the audit under the name
of whoever asked. The service adds who that is: each caller has a token, which stands for an actor with roles.
"""

import json
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import date
from hmac import compare_digest
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, ConfigDict

import unified_customer as uc
from unified_customer.core.errors import ConfigurationError, ConsentError, UnknownCustomerError
from unified_customer.hub import Identification

Tokens = Mapping[str, uc.Actor]
Status = Literal["granted", "denied", "withdrawn", "objected", "restricted", "unrestricted"]


class Question(BaseModel):
    """Somebody who is at the till, at the counter or on the page."""

    model_config = ConfigDict(extra="forbid")

    record: dict[str, str | date | None] = {}
    """Fields of a person, as they were written."""
    identifiers: dict[str, str] = {}
    """Further identifiers by kind."""
    purpose: str


class Statement(BaseModel):
    """What somebody said about a purpose."""

    model_config = ConfigDict(extra="forbid")

    kind: str
    """The kind of identifier that it is about, such as `email`."""
    value: str
    purpose: str
    status: Status
    channel: str | None = None
    method: str | None = None


def create(hub: uc.CustomerHub, tokens: Tokens) -> FastAPI:
    """Return the service over a hub.

    Args:
        hub: The hub; the service closes it when it ends.
        tokens: Who may call, by token.
    """

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        hub.prepare()
        yield
        hub.close()

    app = FastAPI(title="Customers", lifespan=lifespan)
    bearer = HTTPBearer()

    def caller(sent: Annotated[HTTPAuthorizationCredentials, Depends(bearer)]) -> uc.Actor:
        """Return whose token it is; all are compared, so that time tells nothing."""
        found = [actor for token, actor in tokens.items() if compare_digest(token.encode(), sent.credentials.encode())]
        if not found:
            raise HTTPException(401, "Unknown token.")
        return found[0]

    Caller = Annotated[uc.Actor, Depends(caller)]  # noqa: N806 - a type

    # Endpoints are plain functions: FastAPI runs them in threads, and the hub takes calls from several threads.

    @app.post("/identify")
    def identify(question: Question, actor: Caller) -> Identification:
        """Say whose a record is."""
        return hub.identify(question.record, identifiers=question.identifiers, purpose=question.purpose, actor=actor)

    @app.get("/customers/{customer_id}")
    def profile(customer_id: str, purpose: str, actor: Caller, events: int = 0) -> dict[str, Any]:
        """Return what the purpose may see of a customer."""
        found = hub.profile(customer_id, purpose=purpose, events=events, actor=actor)
        return found.model_dump(mode="json")

    @app.post("/consents", status_code=201)
    def consent(statement: Statement, actor: Caller) -> dict[str, int]:
        """Record what somebody said; it counts from the next read on."""
        recorded = hub.consent.record(
            statement.purpose,
            statement.status,
            identifier=(statement.kind, statement.value),
            channel=statement.channel,
            method=statement.method,
            actor=actor,
        )
        return {"recorded": len(recorded)}

    @app.exception_handler(RequestValidationError)
    def unreadable(_: Request, error: RequestValidationError) -> JSONResponse:
        """Say where a call is wrong, not what was in it: that may be personal."""
        return JSONResponse({"detail": [{"where": each["loc"], "why": each["type"]} for each in error.errors()]}, 422)

    for error, status in ((UnknownCustomerError, 404), (ConsentError, 403), (ConfigurationError, 422)):
        app.add_exception_handler(error, _answering(status))
    return app


def _answering(status: int) -> Any:
    def answer(_: Request, error: Exception) -> JSONResponse:
        # The messages of the library hold no personal value.
        return JSONResponse({"detail": str(error)}, status)

    return answer


def service() -> FastAPI:
    """Return the service over the store and for the callers that the environment names."""
    tokens = json.loads(Path(os.environ["UNIFIED_CUSTOMER_TOKENS"]).read_text(encoding="utf-8"))
    hub = uc.CustomerHub(
        os.environ["UNIFIED_CUSTOMER_STORE"], policy=uc.Policy.quickstart(), identity=uc.MatchedIdentity()
    )
    return create(hub, {token: uc.Actor(**actor) for token, actor in tokens.items()})
