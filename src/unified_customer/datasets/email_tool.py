"""The list of the e-mail tool: semicolons, one row per address, epoch milliseconds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from unified_customer.datasets.catalogue import CATEGORIES
from unified_customer.datasets.membership import NEWSLETTER, answer_at
from unified_customer.datasets.mess import JUNK_EMAILS, Scribe
from unified_customer.datasets.plan import DAY, ShopPlan
from unified_customer.datasets.text_files import RAW_BYTE, write_delimited
from unified_customer.datasets.written import CONSENTS, Bad, Written, broken_records, interleave, records

if TYPE_CHECKING:
    from pathlib import Path

HEADER: Final = ("address", "name", "status", "opens", "clicks", "last_open", "unsubscribed_at", "tags")
_ADDRESS, _NAME, _STATUS, _OPENED = (HEADER.index(name) for name in ("address", "name", "status", "last_open"))
_REASONS: Final = (
    "unparseable_date", "ragged_line", "nul_character", "bad_encoding", "unknown_value", "missing_key",
)  # fmt: skip


def write_email_tool(path: Path, people: pl.DataFrame, plan: ShopPlan) -> Written:
    """Write a row for every address that ever had the newsletter."""
    rng = plan.rng("email_tool")
    members = _members(rng, people, plan)
    rows = _rows(Scribe(rng, plan.mess), members, plan)
    owners: list[int | None] = members["person"].to_list()
    bad = _broken(rng, rows, owners, plan)
    nobody = _nobody(rng, plan) if rows and plan.mess.junk_email else []
    written, planted = interleave(rng, rows + nobody, bad)
    write_delimited(path, HEADER, written, separator=";")
    truth = records(
        [row[_ADDRESS] for row in rows + nobody],
        owners + [None] * len(nobody),
        kind="email",
        shared=[*members["shared"].to_list(), *(True for _ in nobody)],
    )
    return Written(len(written), pl.concat([truth, broken_records(bad, kind="email")]), planted, _consents(members))


def _members(rng: np.random.Generator, people: pl.DataFrame, plan: ShopPlan) -> pl.DataFrame:
    """Return the people with the newsletter now or before, one per address, in a random order."""
    draw = pl.Series(rng.random(people.height))
    now, since = answer_at(people, np.full(people.height, plan.end))
    main = pl.when(draw < 0.85).then("email").otherwise(pl.coalesce("email_2", "email"))
    known = pl.col("crm") | pl.col("web")
    members = people.with_columns(
        to=pl.when(draw > 0.7).then(pl.coalesce("mailbox", main)).otherwise(main),
        now=now,
        since=since,
        order=pl.Series(rng.random(people.height)),
    ).filter(known & (pl.col("newsletter") | pl.col("now")))
    members = members.with_columns(shared=pl.col("to") == pl.col("mailbox").fill_null(""))
    return members.unique("to", keep="first", maintain_order=True).sort("order")


def _rows(scribe: Scribe, members: pl.DataFrame, plan: ShopPlan) -> list[list[str]]:
    rng, rows = scribe.rng, members.height
    begun = members["answered"].to_numpy()
    until = members.select(pl.when("now").then(plan.end).otherwise("since")).to_series().to_numpy()
    weeks = np.maximum((until - begun) / (7 * DAY), 0)
    opens = rng.poisson(weeks * rng.beta(1.0, 3.0, rows))
    clicks = rng.binomial(opens, 0.15)
    last = (begun + (until - begun) * rng.random(rows) ** (1 / np.maximum(opens, 1))) // 1000
    names = scribe.full_names(members, begun)
    short = scribe.chosen(rows, 0.15 if plan.mess.nickname else 0.0)
    left = members.select(pl.when(pl.col("now").not_()).then("since")).to_series().cast(pl.Datetime("us"))
    return [
        [to, name.split(" ")[0] if brief else name, "subscribed" if gone is None else "unsubscribed", str(o), str(c),
         str(int(opened)) if o else "", gone or "", tags]
        for to, name, brief, gone, o, c, opened, tags in zip(
            members["to"].to_list(), names, short, left.dt.strftime("%Y-%m-%dT%H:%M:%SZ").to_list(), opens, clicks,
            last, _tags(members, rng), strict=True,
        )
    ]  # fmt: skip


def _tags(members: pl.DataFrame, rng: np.random.Generator) -> list[str]:
    codes = [category.name.lower().split(" ")[0] for category in CATEGORIES]
    tagged, vip = rng.random(members.height) < 0.5, members["rate"].to_numpy() > 5
    return [
        "|".join([*([codes[taste]] if known else []), *(["vip"] if often else [])])
        for taste, known, often in zip(members["taste"].to_list(), tagged, vip, strict=True)
    ]


def _nobody(rng: np.random.Generator, plan: ShopPlan) -> list[list[str]]:
    """Return the mailboxes of nobody that somebody once typed in."""
    opened = str(int(rng.integers(plan.start, plan.end)) // 1000)
    return [[address, "Test Test", "subscribed", "1", "0", opened, "", ""] for address in JUNK_EMAILS[:2]]


def _broken(
    rng: np.random.Generator, rows: list[list[str]], owners: list[int | None], plan: ShopPlan
) -> list[Bad[list[str]]]:
    turns = [(reason, turn) for reason in _REASONS for turn in range(plan.broken(len(rows)))]
    return [_break(rng, reason, turn, rows, owners, number=number) for number, (reason, turn) in enumerate(turns)]


def _break(
    rng: np.random.Generator, reason: str, turn: int, rows: list[list[str]], owners: list[int | None], *, number: int
) -> Bad[list[str]]:
    """Copy a row under an address of its own and break the copy."""
    chosen = int(rng.integers(0, len(rows)))
    row = list(rows[chosen])
    row[_ADDRESS] = f"list.{number + 1}@lists.example.org"
    if reason == "missing_key":
        row[_ADDRESS] = ""
        return Bad(reason, row)
    if reason == "ragged_line":
        row = row[:4] if turn % 2 else [*row, "x"]
    elif reason == "unparseable_date":
        row[_OPENED] = ("yesterday", "1.2.2025", "NaT")[turn % 3]
    elif reason == "unknown_value":
        row[_STATUS] = "perhaps"
    else:
        row[_NAME] += "\0" if reason == "nul_character" else RAW_BYTE
    return Bad(reason, row, row[_ADDRESS], owners[chosen])


def _consents(members: pl.DataFrame) -> pl.DataFrame:
    """Return the subscription of every address, and its end where there was one."""
    begun = members.select(
        "person", pl.col("to").alias("source_id"), pl.lit(NEWSLETTER).alias("purpose"),
        granted=pl.lit(True),
        stated=pl.when("newsletter").then("answered").otherwise("changed"),
    )  # fmt: skip
    ended = members.filter(pl.col("now").not_()).select(
        "person", pl.col("to").alias("source_id"), pl.lit(NEWSLETTER).alias("purpose"),
        granted=pl.lit(False),
        stated=pl.col("since"),
    )  # fmt: skip
    return pl.concat([begun, ended]).cast(CONSENTS)
