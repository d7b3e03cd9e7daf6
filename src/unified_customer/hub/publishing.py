"""Publishing for BI tools what a purpose may see; `hub.publish`."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from threading import RLock
from typing import Final

import polars as pl

from unified_customer.core.clock import Clock, as_utc
from unified_customer.core.errors import ConfigurationError
from unified_customer.core.models import Actor
from unified_customer.engines.portable import Calendar
from unified_customer.governance.audit import Entry, write_entry
from unified_customer.governance.door import Door
from unified_customer.governance.erasure.erasures import Erasures
from unified_customer.hub.looking import Look, queries
from unified_customer.hub.outdated import OUTDATED, outdated_row
from unified_customer.hub.publications import Publication, forget, known, remember, remembered
from unified_customer.reports.publishing import (
    READ,
    Naming,
    Published,
    Schema,
    Target,
    Withheld,
    Writing,
    chosen_tables,
    documents,
    schema_for,
    target_of,
)
from unified_customer.store import Store

LISTED: Final = {
    "where": pl.String(),
    "purpose": pl.String(),
    "recipient": pl.String(),
    "as_of": pl.Datetime("us", "UTC"),
    "tables": pl.Int64(),
    "people": pl.Int64(),
    "artifact_id": pl.String(),
}


class Publishing:
    """Writes star schemas for BI tools, keeps them fresh, and knows whose data is in each.

    Everything is read through the door of the hub under the purpose, from one state of the store. Who may not be seen
    is in no table; what may not be seen is in no column, and is named in the dictionary.
    """

    def __init__(self, store: Store, *, door: Door, erasures: Erasures, key: bytes, clock: Clock, actor: Actor) -> None:
        """Read through `door`, remember in `store`; keys are named by `key`."""
        self._store = store
        self._door = door
        self._erasures = erasures
        self._key = key
        self._clock = clock
        self._actor = actor
        self._one_at_a_time = RLock()

    def __call__(
        self,
        *,
        purpose: str,
        to: str | Path,
        as_of: datetime | None = None,
        tables: Sequence[str] | None = None,
        calendar: Calendar | None = None,
        channel: str | None = None,
        recipient: str | None = None,
        actor: Actor | None = None,
    ) -> Published:
        """Publish what a purpose may see as a star schema, in the place of what was published there before.

        A data dictionary, LookML and a Power BI model are written with it. It is on record, so that `refresh`,
        withdrawals and erasures reach it.

        Args:
            purpose: What it is for.
            to: A path or `parquet:///bi`: a folder of Parquet files; `duckdb:///bi.duckdb`; `hyper:///bi.hyper`.
            as_of: Only what happened strictly before; None: everything, also what comes by the next refresh.
            tables: Tables of the star schema; what they refer to comes along. None: all.
            calendar: Zone, first day of the week and first month of the fiscal year of the shop; None: UTC, Monday,
                January.
            channel: For this channel.
            recipient: For this recipient: only who may be seen for it, and with keys of its own.
            actor: Who publishes; None: the hub's actor. What is refreshed later is seen by the same eyes.

        Raises:
            ConfigurationError: Something lies there that is no publication, the place or a table cannot be meant, or it
                is the hub's own.
            ConsentError: The actor may not use the purpose.
            MissingDependencyError: The target needs a package that is not installed.

        Examples:
            >>> import tempfile, unified_customer as uc
            >>> people = pl.DataFrame({"id": ["1"], "mail": ["ann@example.com"]})
            >>> mapping = uc.Mapping(table="records", key="id", fields={"email": "mail"})
            >>> folder = tempfile.TemporaryDirectory()
            >>> with folder as name, uc.CustomerHub(policy=uc.Policy.quickstart()) as hub:
            ...     report = hub.load(uc.source("dataframe", people, table="records", name="crm", mapping=mapping))
            ...     resolved = hub.resolve()
            ...     published = hub.publish(purpose="analytics", to=Path(name, "bi"), tables=["dim_customer"])
            ...     pl.read_parquet(Path(name, "bi", "dim_customer.parquet"), columns=["is_known", "email"]).rows()
            [(False, None), (True, 'ann@example.com')]
        """
        asked = Publication(
            url=target_of(to).url,
            purpose=purpose,
            recipient=recipient,
            channel=channel,
            as_of=None if as_of is None else as_utc(as_of),
            tables=None if tables is None else tuple(tables),
            calendar=calendar or Calendar(),
            actor=actor or self._actor,
        )
        chosen_tables(asked.tables)
        return self._publish(asked, anew=True)

    def refresh(self, to: str | Path, *, as_of: datetime | None = None, actor: Actor | None = None) -> Published:
        """Bring a publication up to date: only tables whose sources, people or columns changed are read and written.

        It holds afterwards what publishing anew would write.

        Args:
            to: Where it was published.
            as_of: What happened strictly before; None: as it was published.
            actor: Whose eyes it is seen by from now on; None: as it was published.

        Raises:
            ConfigurationError: This hub published nothing there, or something else lies there now.
            ConsentError: The actor may not use the purpose any more.
        """
        found = known(self._store, target_of(to).url)
        given = {"as_of": None if as_of is None else as_utc(as_of), "actor": actor}
        changes = {name: value for name, value in given.items() if value is not None}
        return self._publish(found.model_copy(update=changes), anew=False)

    def retract(self, to: str | Path, *, actor: Actor | None = None) -> None:
        """Delete a publication and what is remembered of it; steps of erasures that waited for it are done.

        Raises:
            ConfigurationError: This hub published nothing there, or something else lies there now.
        """
        target = target_of(to)
        with self._one_at_a_time:
            found = known(self._store, target.url)
            target.heal()
            target.remove()
            self._erasures.removed(target.path)
            with self._store.transaction(recorded_at=(at := self._clock())) as writer:
                forget(writer, found.url)
                detail = {"artifact": found.artifact_id}
                write_entry(writer, actor or self._actor, Entry("retract", purpose=found.purpose, detail=detail), at=at)

    def listing(self) -> pl.DataFrame:
        """List the publications: `where`, `purpose`, `recipient`, `as_of`, `tables`, `people` in it, `artifact_id`."""
        found = remembered(self._store)
        rows = [
            (each.url, each.purpose, each.recipient, each.as_of, len(each.parts), each.people, each.artifact_id)
            for each in found
        ]
        return pl.DataFrame(rows, schema=LISTED, orient="row")

    def outdated(self) -> pl.DataFrame:
        """List the publications that are not what publishing anew would write, and why.

        Returns:
            `where`, `purpose`, `recipient`, `artifact_id`; `reasons`: `erasure` (somebody in it was erased),
            `withdrawal` (somebody in it may not be seen any more), `change` (there is more, or other, to tell),
            `refused` (its actor may not use its purpose any more), `altered` (what lies there is not what was written)
            and `gone`; the `tables` that a refresh would write; and how many `erased` people and customers
            `no_longer_allowed` are in it.
        """
        rows = [row for each in remembered(self._store) if (row := outdated_row(self._store, self._look, each))]
        return pl.DataFrame(rows, schema=OUTDATED)

    def customers_of(
        self, to: str | Path, keys: Sequence[str] | pl.Series, *, actor: Actor | None = None
    ) -> pl.DataFrame:
        """Return which customers some keys of a publication stand for, as far as its purpose may see them now.

        Args:
            to: Where it was published.
            keys: Values of `customer_key`.
            actor: Who asks; None: who published it.

        Returns:
            `customer_key`, `customer_id`, sorted; keys that stand for nobody are left out.

        Raises:
            ConfigurationError: This hub published nothing there.
        """
        found = known(self._store, target_of(to).url)
        asking = found if actor is None else found.model_copy(update={"actor": actor})
        customers = self._door.read(queries(asking, {"customers": []})["customers"])
        named = self._naming(found.purpose, found.recipient).key("customer", customers, "customer_id")
        asked = pl.Series(keys, dtype=pl.String)
        keyed = customers.select(named.alias("customer_key"), "customer_id")
        return keyed.filter(pl.col("customer_key").is_in(asked.implode())).sort("customer_key")

    def follow_up(self, place: Path) -> None:
        """Write what was published to a place anew, if something was; nobody who was erased is in it then."""
        for each in remembered(self._store):
            target = target_of(each.url)
            if target.path == place:
                target.heal()
                if target.path.exists() and each.artifact_id is not None:
                    self._publish(each, anew=False, aloud=False)

    # ---------------------------------------------------------------------------------------------------------- doing

    def _publish(self, asked: Publication, *, anew: bool, aloud: bool = True) -> Published:
        target = target_of(asked.url)
        with self._one_at_a_time:
            self._refuse_own(target.path)
            target.heal()
            target.check()
            with self._look(asked, aloud=aloud) as look:
                stale = look.names if anew else look.stale(target.digests(), together=not target.takes_over)
                tables, people = look.tables(stale)
            if not stale and target.path.exists() and asked.artifact_id is not None:
                return self._kept(asked, look)
            return self._write(asked, target, look, tables, people)

    def _write(
        self, asked: Publication, target: Target, look: Look, tables: Mapping[str, pl.DataFrame], people: pl.Series
    ) -> Published:
        rows = {name: tables[name].height if name in tables else asked.parts[name].rows for name in look.names}
        manifest = {**asked.head.said(), "published_at": self._clock().isoformat(), "tables": rows}
        kept = [name for name in look.names if name not in tables]
        told = documents(look.schema, asked.head, target.kind)
        writing = Writing(look.schema, tables, kept, told, json.dumps(manifest, indent=2, ensure_ascii=False) + "\n")
        with self._registered(asked, target, look.schema, people) as artifact_id:
            target.write(writing)
        digests = target.digests()
        parts = {name: look.part(name, rows=rows[name], digest=digests[name]) for name in look.names}
        done = asked.model_copy(update={"artifact_id": artifact_id, "parts": parts, "people": len(people)})
        self._remember(done)
        return _published(done, look, written=tuple(tables))

    @contextmanager
    def _registered(
        self, asked: Publication, target: Target, schema: Schema, people: pl.Series
    ) -> Iterator[str | None]:
        spec = {
            "publication": target.kind,
            "tables": {table.name: table.names for table in schema},
            "channel": asked.channel,
            "as_of": None if asked.as_of is None else asked.as_of.isoformat(),
        }
        erasures = self._erasures
        with erasures.exporting(
            target.path,
            people,
            purpose=asked.purpose,
            recipient=asked.recipient,
            spec=spec,
            even_of_nobody=True,
            actor=asked.actor,
        ) as artifact_id:
            yield artifact_id

    def _kept(self, asked: Publication, look: Look) -> Published:
        parts = {name: part.model_copy(update={"position": look.position}) for name, part in asked.parts.items()}
        self._remember(asked.model_copy(update={"parts": parts}))
        return _published(asked, look, written=())

    def _remember(self, publication: Publication) -> None:
        at = self._clock()
        with self._store.transaction(recorded_at=at) as writer:
            remember(writer, publication, at=at)

    @contextmanager
    def _look(self, asked: Publication, *, aloud: bool = False) -> Iterator[Look]:
        asking = queries(asked, dict.fromkeys(READ))
        visible = {name: frozenset(self._door.columns(each)) for name, each in asking.items()}
        schema = schema_for(chosen_tables(asked.tables), visible, past=asked.as_of is not None)
        with self._door.deciding(list(asking.values()), aloud=aloud) as opened:
            reader, naming = opened.reader, self._naming(asked.purpose, asked.recipient)
            counts = {name: reader.count(name) for name in {source for table in schema for source in table.reads}}
            yield Look(asked, schema, opened, naming, reader.last_seq(), counts)

    def _naming(self, purpose: str, recipient: str | None) -> Naming:
        return Naming(self._key, purpose=purpose, recipient=recipient)

    def _refuse_own(self, path: Path) -> None:
        own = self._store.path
        if own is None:
            return
        beside = path.parent == own.parent and path.name.startswith(f"{own.name}.")
        if path == own or beside or (path.exists() and path.samefile(own)):
            message = f"{path.name!r} belongs to the hub itself. Publish to another place."
            raise ConfigurationError(message)


def _published(publication: Publication, look: Look, *, written: tuple[str, ...]) -> Published:
    schema = look.schema
    return Published(
        where=publication.url,
        purpose=publication.purpose,
        recipient=publication.recipient,
        tables=publication.rows,
        written=written,
        people=publication.people,
        withheld=Withheld(look.opened.admission.withheld, schema.withheld, schema.withheld_tables),
        artifact_id=str(publication.artifact_id),
    )
