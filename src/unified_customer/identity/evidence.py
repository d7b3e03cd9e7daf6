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
        if pairs.is_empty():
            return pairs
        asked, masters = pairs.lazy(), self.masters.lazy()
        led = asked.join(masters, left_on="a", right_on="code", how="semi")
        led = led.join(masters, left_on="b", right_on="code", how="semi")
        return pl.concat([led, self._disagreeing(asked)]).unique().collect()

    def told_apart(self, pairs: pl.DataFrame) -> pl.DataFrame:
        """Return those of `pairs` that somebody said are different people."""
        return pairs.join(self.apart, on=["a", "b"], how="semi")

    def _disagreeing(self, pairs: pl.LazyFrame) -> pl.LazyFrame:
        people = pairs
        for side in ("a", "b"):
            named = self.aliases.lazy().rename({name: f"{name}_{side}" for name in PERSON})
            people = people.join(named, left_on=side, right_on="code")
        both = people.collect()
        judged = both.lazy().select("a", "b", apart=disagree(both))
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
    alike = people.group_by(PERSON).agg("record").with_row_index("code", offset=1)
    plain = alike.select("code", *PERSON)
    coded = alike.select("record", "code").explode("record")
    named = coded.select("record", groups["told"].gather(coded["record"]), "code")
    led = groups.join(masters.cast(pl.UInt32).rename("record").to_frame(), on="record", how="semi")
    apart = both_ways(_groups_of(cannot, groups))
    special = _special(groups, named, led, apart, offset=len(plain) + 1)
    return Evidence(
        codes=_codes(groups, named, special),
        aliases=pl.concat([plain.select("code", *PERSON), _aliases(special, plain)]),
        masters=special.filter(pl.col("master").is_not_null()).select("code").unique(),
        apart=_apart(special, apart),
    )


def _groups_of(pairs: pl.DataFrame, groups: pl.DataFrame) -> pl.DataFrame:
    left = pairs.join(groups.rename({"record": "a"}), on="a")
    return left.join(groups.rename({"record": "b"}), on="b", suffix="_b").select(a="told", b="told_b").unique()


def _special(
    groups: pl.DataFrame, named: pl.DataFrame, led: pl.DataFrame, apart: pl.DataFrame, *, offset: int
) -> pl.DataFrame:
    """Give a code to each group of records that is more than a name: equal content, equal code.

    Returns `told`, `code`, and what it stands for: `aliases` (codes of names), `master` (a record) and `others` (the
    groups that are different people).
    """
    several = groups.filter(pl.col("told").is_duplicated())
    which = pl.concat([several.select("told"), led.select("told"), apart.select(told="a")]).unique().lazy()
    said = named.lazy().join(which, on="told", how="semi")
    content = (
        which.join(said.group_by("told").agg(aliases=pl.col("code").unique().sort()), on="told", how="left")
        .join(led.lazy().group_by("told").agg(master=pl.col("record").min()), on="told", how="left")
        .join(apart.lazy().group_by(told="a").agg(others=pl.col("b").unique().sort()), on="told", how="left")
        .filter(~pl.all_horizontal(pl.col("aliases", "master", "others").is_null()))
    )
    lists = [pl.col(name).cast(pl.List(pl.String)).list.join(",").fill_null("") for name in ("aliases", "others")]
    key = pl.concat_str(*lists, pl.col("master").cast(pl.String).fill_null(""), separator=";")
    return content.with_columns(code=(key.rank("dense") + (offset - 1)).cast(pl.UInt32)).collect()


def _aliases(special: pl.DataFrame, plain: pl.DataFrame) -> pl.DataFrame:
    names = special.select("code", plain="aliases").unique("code").explode("plain")
    return names.join(plain.rename({"code": "plain"}), on="plain", how="left").select("code", *PERSON)


def _apart(special: pl.DataFrame, apart: pl.DataFrame) -> pl.DataFrame:
    left = apart.join(special.select("code", a="told"), on="a")
    both = left.join(special.select("code", b="told"), on="b", suffix="_b")
    return both.select(a="code", b="code_b").unique()


def _codes(groups: pl.DataFrame, named: pl.DataFrame, special: pl.DataFrame) -> pl.Series:
    plain = pl.repeat(SILENT, len(groups), dtype=pl.UInt32, eager=True).scatter(named["record"], named["code"])
    if special.is_empty():
        return plain.alias("code")
    codes = groups.join(special.select("told", "code"), on="told", how="left", maintain_order="left")["code"]
    return codes.zip_with(codes.is_not_null(), plain)
