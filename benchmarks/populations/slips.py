"""How writing goes wrong: fingers, scanners, ears and forms."""

from typing import Final

import numpy as np
import polars as pl

from benchmarks.populations.chance import Flags, Floats, Ints, Rng, changed, draw, flags

_KEYS: Final = {
    "q": "wa", "w": "qes", "e": "wrd", "r": "etf", "t": "ryg", "y": "tuh", "u": "yij", "i": "uok", "o": "ipl", "p": "ol",
    "a": "qsz", "s": "adwx", "d": "sfec", "f": "dgrv", "g": "fhtb", "h": "gjyn", "j": "hkum", "k": "jli", "l": "kop",
    "z": "xas", "x": "zcd", "c": "xvf", "v": "cbg", "b": "vnh", "n": "bmj", "m": "nk",
    "1": "24", "2": "13", "3": "246", "4": "351", "5": "468", "6": "579", "7": "684", "8": "795", "9": "80", "0": "96",
    " ": "-", "-": " ", "ä": "aö", "ö": "oä", "ü": "uö", "é": "eè", "ß": "sz", "ł": "lk", "\u0131": "i",
}  # fmt: skip
_SCANNED: Final = (
    ("rn", "m"), ("m", "rn"), ("cl", "d"), ("d", "cl"), ("l", "1"), ("I", "l"), ("O", "0"), ("o", "0"), ("S", "5"),
    ("B", "8"), ("vv", "w"), ("w", "vv"), ("h", "b"), ("e", "c"), ("nn", "m"), ("li", "h"), ("G", "C"), ("ü", "ii"),
)  # fmt: skip
_HEARD: Final = (
    ("ph", "f"), ("f", "ph"), ("ck", "k"), ("k", "ck"), ("c", "k"), ("ee", "ea"), ("ea", "ee"), ("ie", "y"), ("y", "ie"),
    ("ey", "y"), ("ll", "l"), ("l", "ll"), ("tt", "t"), ("t", "tt"), ("nn", "n"), ("n", "nn"), ("ss", "s"), ("s", "z"),
    ("ei", "ie"), ("ai", "ay"), ("th", "t"), ("w", "v"), ("v", "w"), ("sch", "sh"), ("x", "ks"), ("gh", ""), ("oo", "u"),
    ("ou", "u"), ("mc", "mac"), ("Mc", "Mac"), ("Mac", "Mc"), ("er", "or"), ("i", "y"), ("dt", "d"), ("e", ""), ("tz", "z"),
)  # fmt: skip
_LETTERS: Final = tuple("etaoinshrdlu")
# What a hand does: neighbouring key, letter left out, letter too many, doubled, two swapped, cut off, broken in two.
_BY_HAND: Final = (0.26, 0.24, 0.10, 0.12, 0.20, 0.03, 0.05)
_MANNERS: Final = (0.76, 0.08, 0.16)


def slips(rng: Rng, texts: pl.Series, rate: float | Floats) -> pl.Series:
    """Return the texts with a slip of the hand, the scanner or the ear in some rows; nulls stay."""
    where = flags(rng, len(texts), rate) & texts.is_not_null().to_numpy()
    if not where.any():
        return texts
    return changed(texts, where, slipped(rng, texts.filter(pl.Series(where))))


def slipped(rng: Rng, texts: pl.Series) -> pl.Series:
    """Return each text with one slip; what a scanner or an ear cannot mistake, the hand does."""
    manner = draw(rng, _MANNERS, len(texts))
    for number, rules in ((1, _SCANNED), (2, _HEARD)):
        before = texts
        for _ in range(3):
            texts = _replaced(rng, texts, rules, (manner == number) & (texts == before).to_numpy())
        manner[(manner == number) & (texts == before).to_numpy()] = 0
    return changed(texts, manner == 0, by_hand(rng, texts.filter(pl.Series(manner == 0))))


def _replaced(rng: Rng, texts: pl.Series, rules: tuple[tuple[str, str], ...], where: Flags) -> pl.Series:
    rule = np.where(where, rng.integers(0, len(rules), len(texts)), -1)
    for number, (old, new) in enumerate(rules):
        rows = rule == number
        if rows.any():
            texts = changed(texts, rows, texts.filter(pl.Series(rows)).str.replace(old, new, literal=True))
    return texts


def by_hand(rng: Rng, texts: pl.Series) -> pl.Series:
    """Return each text with one slip of the hand; the first letter is spared more often than the others."""
    size = len(texts)
    length = texts.str.len_chars().to_numpy().astype(np.int64)
    at = np.minimum((rng.random(size) ** 0.7 * length).astype(np.int64), np.maximum(length - 1, 0))
    frame = pl.DataFrame(
        {
            "text": texts, "at": at, "kind": draw(rng, _BY_HAND, size), "pick": rng.random(size),
            "letter": pl.Series(_LETTERS).gather(rng.integers(0, len(_LETTERS), size)),
        }
    )  # fmt: skip
    text, here = pl.col("text"), pl.col("at")
    frame = frame.with_columns(
        head=text.str.slice(0, here), letter_here=text.str.slice(here, 1), next=text.str.slice(here + 1, 1),
        tail=text.str.slice(here + 1),
    ).with_columns(near=_near())  # fmt: skip
    head, now, tail, kind = pl.col("head"), pl.col("letter_here"), pl.col("tail"), pl.col("kind")
    shorter = pl.when(text.str.len_chars() > 2).then(head + tail).otherwise(text + now)
    return frame.select(
        pl.when(kind == 0).then(head + pl.col("near") + tail)
        .when(kind == 1).then(shorter)
        .when(kind == 2).then(head + now + pl.col("letter") + tail)
        .when(kind == 3).then(head + now + now + tail)
        .when(kind == 4).then(head + pl.col("next") + now + tail.str.slice(1))
        .when((kind == 5) & (here > 2)).then(head)
        .when((kind == 6) & (here > 0)).then(head + " " + now + tail)
        .otherwise(shorter)
    ).to_series()  # fmt: skip


def _near() -> pl.Expr:
    """Return a neighbour of the letter on the keyboard, as large as the letter."""
    now = pl.col("letter_here")
    keys = now.str.to_lowercase().replace_strict(list(_KEYS), list(_KEYS.values()), default=None)
    near = keys.str.slice((pl.col("pick") * keys.str.len_chars()).cast(pl.Int64), 1)
    large = (now == now.str.to_uppercase()) & (now != now.str.to_lowercase())
    return pl.coalesce(pl.when(large).then(near.str.to_uppercase()).otherwise(near), "letter")


def digit_slips(rng: Rng, texts: pl.Series, rate: float | Floats) -> pl.Series:
    """Return the texts with one digit wrong, or two swapped, in some rows."""
    where = flags(rng, len(texts), rate) & texts.is_not_null().to_numpy()
    some = texts.filter(pl.Series(where))
    size = len(some)
    at = (rng.random(size) * np.maximum(some.str.len_chars().to_numpy(), 1)).astype(np.int64)
    frame = pl.DataFrame(
        {"text": some, "at": at, "digit": rng.integers(0, 10, size).astype(str), "kind": rng.random(size)}
    )
    text, here = pl.col("text"), pl.col("at")
    head, now, tail = text.str.slice(0, here), text.str.slice(here, 1), text.str.slice(here + 1)
    wrong = head + pl.when(now.str.contains(r"^\d$")).then("digit").otherwise(now) + tail
    swapped = head + tail.str.slice(0, 1) + now + tail.str.slice(1)
    less = head + tail
    kind = pl.col("kind")
    return changed(
        texts,
        where,
        frame.select(pl.when(kind < 0.5).then(wrong).when(kind < 0.88).then(swapped).otherwise(less)).to_series(),
    )


def misdated(rng: Rng, dates: pl.Series, rate: float | Floats) -> pl.Series:
    """Return the dates with day and month swapped, a digit wrong, or 1 January in some rows."""
    where = flags(rng, len(dates), rate) & dates.is_not_null().to_numpy()
    some = dates.filter(pl.Series(where)).alias("date").to_frame()
    kind = pl.Series(draw(rng, (0.30, 0.17, 0.13, 0.16, 0.08, 0.10, 0.06), some.height))
    few = pl.Series(_nonzero(rng, some.height, 3))
    year, month = pl.col("date").dt.year(), pl.col("date").dt.month()
    day = pl.min_horizontal(pl.col("date").dt.day(), 28)
    turned = year // 100 * 100 + year % 10 * 10 + year % 100 // 10
    said = (
        pl.when((kind == 0) & (day <= 12)).then(pl.date(year, day, month))
        .when(kind == 1).then(pl.date(year, month, (day + few - 1) % 28 + 1))
        .when(kind == 2).then(pl.date(year, (month + few - 1) % 12 + 1, day))
        .when(kind == 3).then(pl.date(year + few, month, day))
        .when(kind == 4).then(pl.date(year + few.sign() * 10, month, day))
        .when((kind == 5) & (turned < 2020)).then(pl.date(turned, month, day))
        .otherwise(pl.date(year, 1, 1))
    )  # fmt: skip
    return changed(dates, where, some.select(said).to_series())


def _nonzero(rng: Rng, size: int, most: int) -> Ints:
    return np.asarray(rng.integers(1, most + 1, size) * rng.choice([-1, 1], size), dtype=np.int64)


def folded(texts: pl.Series) -> pl.Series:
    """Return the texts without accents, as a form that knows ASCII alone keeps them."""
    plain = texts.str.replace_many(["ß", "ł", "Ł", "\u0131", "ø", "æ"], ["ss", "l", "L", "i", "o", "ae"])
    return plain.str.normalize("NFD").str.replace_all(r"\p{M}", "")
