"""Invented people and events in bulk: fast to make, with the mess that costs time when it is cleaned."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl

GIVEN: Final = ["Anna", "Ben", "Chloé", "David", "Emma", "Farid", "Grace", "Hugo", "Irène", "Jack", "Kate", "Liam"]
FAMILY: Final = ["Smith", "Müller", "García", "Rossi", "Nowak", "Patel", "O'Brien", "de Vries", "Chen", "Silva"]
SYLLABLES: Final = ["ba", "do", "ki", "lu", "me", "no", "ra", "sa", "ti", "vo", "we", "za", "pe", "fi", "go", "hu"]
DOMAINS: Final = ["example.com", "example.org", "mail.example.net", "shop.example.com"]
NAMES: Final = ["Product Viewed", "Product Added", "Cart Viewed", "Checkout Started", "Order Completed"]
EVENT_ROWS: Final = 250_000


def family_names(numbers: np.ndarray) -> pl.Series:
    """Return a surname for each number: one in ten is common, the others are made of syllables."""
    parts = [pl.Series(np.array(SYLLABLES)[(numbers >> shift) % 16]) for shift in (0, 4, 8)]
    composed = parts[0].str.to_titlecase() + parts[1] + parts[2]
    common = pl.Series(np.array(FAMILY)[numbers % len(FAMILY)])
    return pl.select(pl.when(pl.Series(numbers % 10 == 0)).then(common).otherwise(composed)).to_series()


def make_records(path: Path, *, rows: int, seed: int) -> int:
    """Write raw person records, about 1.4 to a person, none of their values normalised; return the number of people."""
    random = np.random.Generator(np.random.PCG64(seed))
    people = max(1, int(rows / 1.4))
    who = np.concatenate([np.arange(people), random.integers(0, people, rows - people)])[:rows]
    random.shuffle(who)
    frame = pl.DataFrame(
        {
            "id": np.arange(rows),
            "who": who,
            "case": random.integers(0, 4, rows),
            "shape": random.integers(0, 4, rows),
            "gap": random.random(rows),
            "day": random.integers(0, 1500, rows),
        }
    )
    given = pl.Series(np.array(GIVEN)[(who * 7919) % len(GIVEN)])
    family = family_names(who * 2654435761 % 2**31)
    domain = pl.Series(np.array(DOMAINS)[who % len(DOMAINS)])
    frame = frame.with_columns(given=given, family=family, domain=domain)
    mail = pl.format(
        "{}.{}{}@{}",
        pl.col("given").str.to_lowercase().str.replace_all("[^a-z]", "x"),
        pl.col("family").str.to_lowercase().str.replace_all("[^a-z]", ""),
        "who",
        "domain",
    )
    number = 7_400_000_000 + pl.col("who") * 97 % 500_000_000
    raw = frame.select(
        pl.col("id").cast(pl.String),
        given_name=_cased(pl.col("given")),
        family_name=_cased(pl.col("family")),
        email=pl.when(pl.col("gap") < 0.85).then(_cased(mail)),
        phone=pl.when(pl.col("gap") > 0.25).then(_phone(number)),
        birth_date=(pl.date(1950, 1, 1) + pl.duration(days=pl.col("who") * 31 % 20_000)).dt.strftime("%d.%m.%Y"),
        postcode=pl.format("sw{}a {}aa", pl.col("who") % 20 + 1, pl.col("who") % 9 + 1),
        country=pl.lit("United Kingdom"),
        updated=pl.datetime(2022, 1, 1, time_zone="UTC") + pl.duration(days="day"),
    )
    raw.write_parquet(path, row_group_size=EVENT_ROWS)
    return people


def _cased(text: pl.Expr) -> pl.Expr:
    return (
        pl.when(pl.col("case") == 0).then(text.str.to_uppercase())
        .when(pl.col("case") == 1).then(pl.format(" {} ", text))
        .otherwise(text)
    )  # fmt: skip


def _phone(number: pl.Expr) -> pl.Expr:
    digits = number.cast(pl.String)
    return (
        pl.when(pl.col("shape") == 0).then(pl.format("+44{}", digits))
        .when(pl.col("shape") == 1).then(pl.format("0{} {} {}", digits.str.slice(0, 4), digits.str.slice(4, 3), digits.str.slice(7)))
        .when(pl.col("shape") == 2).then(pl.format("(0{}) {}", digits.str.slice(0, 4), digits.str.slice(4)))
        .otherwise(pl.format("0044 {}", digits))
    )  # fmt: skip


def make_events(path: Path, *, rows: int, people: int, seed: int) -> None:
    """Write events of `people` in columns, in row groups, in the order of time, a thousandth of them twice."""
    import pyarrow.parquet as pq

    random = np.random.Generator(np.random.PCG64(seed))
    start = datetime(2025, 1, 1, tzinfo=UTC)
    writer: pq.ParquetWriter | None = None
    for offset in range(0, rows, EVENT_ROWS):
        count = min(EVENT_ROWS, rows - offset)
        table = _events(random, offset=offset, count=count, rows=rows, people=people, start=start).to_arrow()
        writer = writer or pq.ParquetWriter(path, table.schema)
        writer.write_table(table)
    if writer is not None:
        writer.close()


def _events(
    random: np.random.Generator, *, offset: int, count: int, rows: int, people: int, start: datetime
) -> pl.DataFrame:
    numbers = np.arange(offset, offset + count)
    places = np.arange(count)
    places[1:] -= random.random(count - 1) < 0.001
    known = random.random(count) < 0.6
    who = random.integers(0, people, count)
    name = np.array(NAMES)[random.choice(5, count, p=[0.6, 0.2, 0.1, 0.06, 0.04])]
    step = 30_000_000 * 1_000_000 // rows
    return pl.DataFrame({
        "message_id": pl.Series(numbers * 2654435761 % 2**40),
        "number": numbers,
        "name": name,
        "user_id": pl.Series(np.where(known, who, -1)),
        "anonymous_id": pl.Series(who * 3 % (people * 2 + 1)),
        "price": pl.Series(np.round(random.random(count) * 100, 2)),
    })[places].select(
        message_id=pl.format("{}-{}", "message_id", "number"),
        name="name",
        user_id=pl.when(pl.col("user_id") >= 0).then(pl.format("user-{}", "user_id")),
        anonymous_id=pl.format("anon-{}", "anonymous_id"),
        occurred_at=(pl.lit(start) + pl.duration(microseconds=pl.col("number") * step)),
        url=pl.format("https://shop.example.com/p/{}", pl.col("number") % 997),
        amount=pl.when(pl.col("name") == "Order Completed").then(pl.col("price").cast(pl.Decimal(18, 4))),
        currency=pl.when(pl.col("name") == "Order Completed").then(pl.lit("EUR")),
        utm_source=pl.when(pl.col("number") % 7 == 0).then(pl.lit("newsletter")),
        properties=pl.struct(product_id=pl.format("p{}", pl.col("number") % 997), price="price").struct.json_encode(),
    )  # fmt: skip
