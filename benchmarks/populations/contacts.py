"""Mailboxes and telephone numbers of invented people, and how they are written down.

Domains are reserved ones (`.example`). Mobile numbers are ordinary looking ones drawn without knowledge of whom they
belong to: never dial or text them.
"""

from typing import Final

import numpy as np
import polars as pl

from benchmarks.populations.chance import (
    Flags,
    Floats,
    Ints,
    Rng,
    altered,
    by_number,
    changed,
    draw,
    falling,
    flags,
    replacing,
)
from benchmarks.populations.countries import Country
from benchmarks.populations.names import nicknames
from benchmarks.populations.slips import digit_slips, folded, slips

FREE_DOMAINS: Final = tuple(
    f"{name}.example"
    for name in [
        "gomail",
        "outpost",
        "yourmail",
        "freepost",
        "webbox",
        "bluemail",
        "telenet",
        "citymail",
        "onlinehome",
        "postfach",
        "fastbox",
        "netline",
        "mailhub",
        "skypost",
        "lettermail",
        "homecable",
        "kabelmail",
        "gogo",
        "inboxly",
        "proton-post",
        "campus",
        "alumni",
    ]
)
_FIRST: Final = [
    "blue",
    "red",
    "happy",
    "lucky",
    "mad",
    "big",
    "little",
    "sunny",
    "dark",
    "silver",
    "golden",
    "crazy",
    "sweet",
    "wild",
    "cool",
    "old",
    "true",
    "super",
    "magic",
    "funny",
]
_SECOND: Final = [
    "tiger",
    "fox",
    "star",
    "rose",
    "moon",
    "bear",
    "cat",
    "dog",
    "rider",
    "gamer",
    "dancer",
    "fish",
    "bird",
    "angel",
    "wolf",
    "garden",
    "runner",
    "cook",
    "baker",
    "storm",
]
_SHARES: Final = (0.26, 0.10, 0.14, 0.10, 0.07, 0.09, 0.08, 0.10, 0.06)
_WAY_EDGES: Final = np.cumsum((0.34, 0.20, 0.16, 0.08, 0.04, 0.07, 0.03, 0.03))
_TYPED_DOMAINS: Final = (
    ("gomail", "gmoail"), ("gomail", "goamil"), ("gomail", "gomial"), ("example", "exmaple"), ("mail", "mial"),
    ("post", "psot"), (".example", ".exampel"), (".example", ""), ("home", "hom"), ("net", "ent"),
)  # fmt: skip


def own_domains(families: pl.Series) -> pl.Series:
    """Return a domain made of each family name."""
    return _letters(families) + ".example"


def _letters(names: pl.Series) -> pl.Series:
    return folded(names.fill_null("")).str.to_lowercase().str.replace_all("[^a-z]", "")


def mailboxes(rng: Rng, given: pl.Series, family: pl.Series, years: Ints) -> pl.Series:
    """Return a mailbox for each person, made of the name in one of nine ways, no two alike."""
    size = len(given)
    domain = pl.Series(FREE_DOMAINS).gather(draw(rng, falling(len(FREE_DOMAINS), exponent=1.1, shift=1), size))
    own = flags(rng, size, 0.05)
    domain = changed(domain, own, own_domains(family.filter(pl.Series(own))))
    number = pl.Series(np.where(flags(rng, size, 0.5), years % 100, rng.integers(1, 999, size))).cast(pl.String)
    handle = pl.Series(_FIRST).gather(rng.integers(0, len(_FIRST), size)) + pl.Series(_SECOND).gather(
        rng.integers(0, len(_SECOND), size)
    )
    frame = pl.DataFrame(
        {
            "g": _letters(given), "f": _letters(family), "n": number, "h": handle, "k": draw(rng, _SHARES, size),
            "s": _letters(nicknames(rng, given)), "digits": flags(rng, size, 0.3),
        }
    )  # fmt: skip
    g, f, n, h, s, kind = (pl.col(name) for name in "gfnhsk")
    ways = (
        g + "." + f, g + f, g.str.slice(0, 1) + f, g + n, f + "." + g, s + "." + f, h + n, s + f.str.slice(0, 1) + n,
        g + "_" + f,
    )  # fmt: skip
    more = pl.when(pl.col("digits") & ~kind.is_in([3, 6, 7])).then(n).otherwise(pl.lit(""))
    return unlike(frame.select(by_number(kind, ways) + more).to_series(), domain)


def unlike(local: pl.Series, domain: pl.Series) -> pl.Series:
    """Return mailboxes, with a number after each that was taken before."""
    frame = pl.DataFrame({"local": local, "domain": domain})
    while True:
        taken = pl.int_range(pl.len()).over("local", "domain")
        frame = frame.with_columns(again=taken)
        if not frame["again"].max():
            return frame.select(pl.format("{}@{}", "local", "domain")).to_series()
        frame = frame.with_columns(
            local=pl.col("local") + pl.when(taken > 0).then(taken.cast(pl.String)).otherwise(pl.lit(""))
        )


def mobiles(rng: Rng, country: Country, size: int) -> pl.Series:
    """Return mobile numbers in the national form, no two alike up to chance."""
    return pl.Series([country.mobile]).gather(np.zeros(size, dtype=np.int64)) + pl.Series(
        rng.integers(10**8, 10**9, size)
    ).cast(pl.String)


def landlines(rng: Rng, areas: pl.Series) -> pl.Series:
    """Return a number in each area."""
    return "0" + areas + pl.Series(rng.integers(200_000, 999_999, len(areas))).cast(pl.String)


def phones_written(
    rng: Rng, numbers: pl.Series, country: Country, *, habit: Floats, wrong: float | Floats
) -> pl.Series:
    """Return national numbers as people write them.

    Args:
        rng: Randomness.
        numbers: National numbers with their leading 0; nulls stay.
        country: Whose dialling code stands before them at times.
        habit: From 0 to 1 for each, which of the ways it is written in.
        wrong: Rate of wrong digits.
    """
    frame = pl.DataFrame({"number": digit_slips(rng, numbers, wrong), "way": np.searchsorted(_WAY_EDGES, habit)})
    number, code = pl.col("number"), country.dial
    rest = number.str.slice(1)
    ways = (
        number, number.str.slice(0, 5) + " " + number.str.slice(5),
        pl.format(f"+{code}{{}}", rest), pl.format(f"+{code} {{}} {{}}", rest.str.slice(0, 4), rest.str.slice(4)),
        pl.format(f"00{code} {{}}-{{}}", rest.str.slice(0, 4), rest.str.slice(4)),
        pl.format("{}-{}-{}", number.str.slice(0, 5), number.str.slice(5, 3), number.str.slice(8)),
        pl.format(f"+{code} (0) {{}}", rest), rest, number.str.slice(0, 4) + "/" + number.str.slice(4),
    )  # fmt: skip
    return frame.select(by_number(pl.col("way"), ways)).to_series()


def mails_written(rng: Rng, mails: pl.Series, *, wrong: float | Floats) -> pl.Series:
    """Return mailboxes as people type them: a slip before the @, a domain typed wrong, capitals, a tag."""
    parts = pl.DataFrame({"mail": mails}).select(
        local=pl.col("mail").str.extract("^(.*)@"), domain=pl.col("mail").str.extract("@(.*)$")
    )
    local, domain = slips(rng, parts["local"], wrong), parts["domain"]
    local = altered(local, flags(rng, len(mails), 0.01), lambda some: some + "+shop")
    domain = _typed(rng, domain, flags(rng, len(mails), np.asarray(wrong) * 0.4))
    said = pl.DataFrame({"l": local, "d": domain}).select(pl.format("{}@{}", "l", "d")).to_series()
    return altered(said, flags(rng, len(mails), 0.03), lambda some: some.str.to_uppercase())


def _typed(rng: Rng, domains: pl.Series, where: Flags) -> pl.Series:
    rule = np.where(where, rng.integers(0, len(_TYPED_DOMAINS), len(domains)), -1)
    for number, (old, new) in enumerate(_TYPED_DOMAINS):
        domains = altered(domains, rule == number, replacing(old, new))
    return domains
