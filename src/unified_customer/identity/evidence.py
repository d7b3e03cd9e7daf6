"""What each record says about who it is, reduced to codes, and which codes cannot be one person."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from unified_customer.identity.people import PERSON, disagree

Labels = NDArray[np.int32]
"""For each record, by its number, the number of the group that it is in."""

SILENT: Final = 0
"""The code of a record that says nothing of who it is."""


@dataclass(frozen=True)
class Evidence:
    """The codes of the records, and what speaks against what.

    Attributes:
        codes: Code of each record, by its number; equal codes speak for nothing but against the same.
        aliases: `code`, `given`, `family`, `birth`: the person of each code; several rows where somebody said that
            differently named records are one person.
        masters: `code` of each record of the master source.
        apart: `a`, `b`: codes that somebody said are different people, both directions.
    """

    codes: pl.Series
    aliases: pl.DataFrame
    masters: pl.DataFrame
    apart: pl.DataFrame

    def conflicts(self, pairs: pl.DataFrame) -> pl.DataFrame:
        """Return those of `pairs` (`a`, `b`, with `a < b`) that cannot be one person, in both directions."""
        return both_ways(pl.concat([self.clashing_people(pairs), self.told_apart(pairs)]).unique())

    def clashing_people(self, pairs: pl.DataFrame) -> pl.DataFrame:
        """Return those of `pairs` whose people disagree, or that are two ids of the master source."""
        led = pairs.join(self.masters, left_on="a", right_on="code", how="semi").join(
            self.masters, left_on="b", right_on="code", how="semi"
        )
        return pl.concat([led, self._disagreeing(pairs)]).unique()

    def told_apart(self, pairs: pl.DataFrame) -> pl.DataFrame:
        """Return those of `pairs` that somebody said are different people."""
        return pairs.join(self.apart, on=["a", "b"], how="semi")

    def _disagreeing(self, pairs: pl.DataFrame) -> pl.DataFrame:
        people = pairs
        for side in ("a", "b"):
            named = self.aliases.rename({name: f"{name}_{side}" for name in PERSON})
            people = people.join(named, left_on=side, right_on="code")
        judged = people.select("a", "b", apart=disagree(people))
        return judged.group_by("a", "b").agg(pl.col("apart").all()).filter("apart").select("a", "b")


def both_ways(pairs: pl.DataFrame) -> pl.DataFrame:
    """Return `pairs` (`a`, `b`) followed by the same with the sides changed."""
    return pl.concat([pairs, pairs.select(a="b", b="a")])


def gather(people: pl.DataFrame, *, told: Labels, cannot: pl.DataFrame, masters: pl.Series) -> Evidence:
    """Reduce what records say to codes.

    Records that say the same have one code, so that a thousand of them cost as much as one. Records that somebody put
    together share a code that stands for all their names; a cannot-link or an id of the master source makes the code
    differ too.

    Args:
        people: `record` (its number), `given`, `family`, `birth`; records without any may be missing.
        told: For each record the number of the group that must-links put it in.
        cannot: `a`, `b`: numbers of records that somebody said are different people.
        masters: Numbers of the records of the master source.

    Returns:
        The evidence, one code per record.
    """
    groups = pl.DataFrame({"record": np.arange(len(told), dtype=np.uint32), "told": told.astype(np.uint32)})
    people = people.filter(pl.any_horizontal(pl.col(name).is_not_null() for name in PERSON))
    plain = people.select(PERSON).unique().with_row_index("code", offset=1)
    named = groups.join(people.join(plain, on=PERSON, nulls_equal=True), on="record").select("record", "told", "code")
    led = groups.join(masters.cast(pl.UInt32).rename("record").to_frame(), on="record", how="semi")
    apart = both_ways(_groups_of(cannot, groups))
    special = _special(groups, named, led, apart, offset=len(plain) + 1)
    names = special.select(pl.col("special").alias("code"), pl.col("aliases").alias("plain")).explode("plain")
    aliases = names.join(plain.rename({"code": "plain"}), on="plain", how="left").select("code", *PERSON)
    code_of = special.select("told", "special")
    return Evidence(
        codes=_codes(groups, named, code_of),
        aliases=pl.concat([plain.select("code", *PERSON), aliases.unique()]),
        masters=special.filter(pl.col("master").is_not_null()).select(code="special").unique(),
        apart=apart.join(code_of.rename({"told": "a"}), on="a")
        .join(code_of.rename({"told": "b"}), on="b", suffix="_b")
        .select(a="special", b="special_b")
        .unique(),
    )


def _groups_of(pairs: pl.DataFrame, groups: pl.DataFrame) -> pl.DataFrame:
    left = pairs.join(groups.rename({"record": "a"}), on="a")
    return left.join(groups.rename({"record": "b"}), on="b", suffix="_b").select(a="told", b="told_b").unique()


def _special(
    groups: pl.DataFrame, named: pl.DataFrame, led: pl.DataFrame, apart: pl.DataFrame, *, offset: int
) -> pl.DataFrame:
    """Give a code to each group of records that is more than a name: equal content, equal code."""
    several = groups.filter(pl.col("told").is_duplicated())
    which = pl.concat([several.select("told"), led.select("told"), apart.select(told="a")]).unique()
    content = (
        which.join(named.group_by("told").agg(aliases=pl.col("code").unique().sort()), on="told", how="left")
        .join(led.group_by("told").agg(master=pl.col("record").min()), on="told", how="left")
        .join(apart.group_by("a").agg(others=pl.col("b").unique().sort()), left_on="told", right_on="a", how="left")
    )
    says = content.filter(~pl.all_horizontal(pl.col("aliases", "master", "others").is_null()))
    key = pl.concat_str(
        pl.col("aliases").cast(pl.List(pl.String)).list.join(",").fill_null(""),
        pl.col("master").cast(pl.String).fill_null(""),
        pl.col("others").cast(pl.List(pl.String)).list.join(",").fill_null(""),
        separator=";",
    )
    return says.with_columns(special=(key.rank("dense") + (offset - 1)).cast(pl.UInt32))


def _codes(groups: pl.DataFrame, named: pl.DataFrame, special: pl.DataFrame) -> pl.Series:
    each = groups.join(special, on="told", how="left").join(named.select("record", "code"), on="record", how="left")
    code = pl.coalesce("special", "code", pl.lit(SILENT)).cast(pl.UInt32)
    return each.sort("record").select(code.alias("code"))["code"]
