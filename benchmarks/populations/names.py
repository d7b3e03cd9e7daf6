"""Names: common ones, long tails of composed ones, fashions of given names by year of birth, and short forms."""

from collections.abc import Callable
from functools import cache
from itertools import product
from typing import Final, TypeAlias

import numpy as np
import polars as pl

from benchmarks.populations.chance import Flags, Floats, Ints, Rng, draw, falling, scattered
from unified_customer.datasets.names import CULTURES, SHORT_FORMS

_STEMS: Final = (
    (
        "Al Ar Bas Bel Ben Bick Bol Bram Bren Brock Bux Cal Cas Chad Chil Cod Col Cor Crom Dar Den Dray Dun East Eg Fen Gart "
        "Gil Hal Ham Hazel Hed Hut Il Kel Kirk Lam Led Lin Lock Mar Mel Mid Nor Or Pax Pen Ply Pres Quin Raw Red Rip Rock "
        "Sand Sel Ship Sil Stock Strat Sut Tam Til Tor Up War Wes Whit Win Wool Yard"
    ),
    (
        "Ahl Alt Amsel Bären Brei Brun Dorn Drei Ehren Erl Falken Feuer Fried Geis Grün Hasel Heid Hell Hirsch Hoch Holl "
        "Kalt Kron Lang Lauter Lich Maul Mitter Neu Pfeif Reich Rhein Roth Sand Schön Schwal Sieben Spiel Tann Weiden Wies"
    ),
    "Ar Aube Bar Bour Bre Car Char Chau Cor Cour Del Des Dor Fau For Gar Gau Gui Lan La Le Ma Mar Mau Per Pi Ra Re Sau Ver",
    "Al Ara Bar Ben Caba Cal Cam Can Cer Cor Esco Fer Gal Gar Ibar Lo Man Mar Men Mira Mon Pa Pe Que Re Sal San Sola Val",
    "Bana Bare Boro Bro Buko Chmie Czar Dob Gaj Gła Ja Jan Ka Klim Kos Kra Lip Ma Micha Mi Olsza Pa Pie Ra Sa Sie Sta Wil",
    "Ad Bal Bhar Chau Dha Gan Gos Hari Jag Kal Kara Lal Madh Maha Nag Pan Par Pra Raj Sah Sar Sen Sub Sur Tha Up Var Yad",
    "Ou Si Zhu Shang",
    "Acar Al Alp Ar Baş Boz Bul Can Çağ Deli Dur Ek Gök Güç Iş\u0131k İn Kap Kav Kes Kork Kut Ok Ön Sar Sev Taş Tek Uç Uz Yal",
)
_ENDINGS: Final = (
    ("bridge bury by cott croft dale den don ey ford gate ham hurst land ley low man mere more ock ridge shaw son ston "
    "ton wald ward way well wick wood worth"),
    ("acker auer bauer becker berger born brunn burger dorf eder egger er felder gruber hammer huber lein mayer müller "
    "rieder steiner stetter wald wieser"),
    ("aud ault beau bert blanc bois champs chet din douin dry eau el in let lier lin mont nay net nier quet rand ret reux "
    "sson tier tin vin vier"),
    ("bajo bero cedo dero dillo dona guera iz jano larga lejo lino llano lta mero nado nero nilla ños queda rales rera "
    "rrano ta tero varro vedo zuela"),
    "kowski lak lczyk liński lski nek niak nowicz ński rek rski siak szek szewski wicki wiec wski zak zur",
    "dar das deep dhry esh gopal hari ia ja jee kant karan kumar ma mani mal nathan pathi pal rajan ran sai shi tha war wal",
    "ming yu jia dao", "alan bay demir doğan er eren gil göz gül kaya koç lar man oğlu öz polat su şen tan tekin tuna yol",
)  # fmt: skip
_GIVEN_STEMS: Final = (
    "Ad Al Ash Bri Cai Cor Dar Dev Ev Gwen Jac Jay Ka Kel Kris Lin Lo Mar Mer Nor Ro Ros Sha Shel Tam Tay Tre Val Zay"
)
_GIVEN_ENDINGS: Final = (("elle", "ia", "leen", "lyn", "na", "ra", "sie", "anne"), ("den", "don", "ian", "lan", "rick", "son", "vin", "ley"))  # fmt: skip
_MORE_SHORT: Final = """
Sarah:Sal,Sadie Emily:Em,Emmie Amelia:Millie,Mia Isabella:Izzy,Bella Georgia:George Helen:Nell Martha:Mattie Hannah:Han
Lauren:Loz Olivia:Liv,Livvy Megan:Meg Evelyn:Evie Florence:Flo,Flossie Bethany:Beth Grace:Gracie Laura:Lolly
George:Geo,Georgie Stephen:Stevie Oliver:Ollie Simon:Si Dominic:Dom Callum:Cal Nathan:Nat Lewis:Lew Martin:Marty
Graham:Gray Edward:Ned,Teddy William:Liam Donald:Donnie Stuart:Stu Harry:Hal Joseph:Jo,Joey Samuel:Sammy
Julia:Jule Sophie:Sophia Charlotte:Lotte Claudia:Claudi Stefanie:Steffi Andrea:Andi Brigitte:Gitte Annika:Anni
Michael:Michi Thomas:Thommy Andreas:Andi Stefan:Steff Markus:Mac Christian:Chris Alexander:Lex Benedikt:Bene Tobias:Tobi
Florian:Flo Klaus:Claus Karl:Charly Nathalie:Nath Isabelle:Isa Dominique:Dom Laurent:Lolo Philippe:Phil Rafael:Rafa
Cristina:Cris,Tina Beatriz:Bea Patricia:Patri Fernando:Nando Sergio:Checo Andrzej:Jędrek Barbara:Basia Krystyna:Krysia
"""
Drawn: TypeAlias = Callable[[int, int], pl.Series]
_YOUNGEST: Final = 2012
_OLDEST: Final = 1925


@cache
def families(culture: int) -> pl.Series:
    """Return the family names of a culture, the most common first."""
    tail = [a + b for a, b in product(_STEMS[culture].split(), _ENDINGS[culture].split())]
    order = scattered(np.arange(len(tail)), salt=culture, below=2**40).argsort(kind="stable")
    patronymics = [f"{name}son" for name in CULTURES[0].male] if culture == 0 else []
    known = [*CULTURES[culture].family, *patronymics, *(tail[at] for at in order)]
    return pl.Series(list(dict.fromkeys(known)))


@cache
def given(culture: int, *, male: bool) -> pl.Series:
    """Return the given names of a culture, the most common of all years first."""
    common = CULTURES[culture].male if male else CULTURES[culture].female
    tail = [a + b for a, b in product(_GIVEN_STEMS.split(), _GIVEN_ENDINGS[male])] if culture == 0 else []
    return pl.Series(list(dict.fromkeys([*common, *tail])))


def _fashion(count: int, year: int, *, salt: int) -> Floats:
    """Return the frequencies of given names in one year: each name has its best time, some are always in use."""
    best = _OLDEST + scattered(np.arange(count), salt=salt, below=_YOUNGEST - _OLDEST)
    steady = scattered(np.arange(count), salt=salt + 1, below=100) / 150
    return falling(count, exponent=0.9, shift=4) * (steady + np.exp(-(((year - best) / 14.0) ** 2)))


def family_names(rng: Rng, cultures: Ints) -> pl.Series:
    """Return a family name for each culture number."""
    return _by_group(cultures, lambda culture, size: _drawn(rng, families(culture), size))


def _drawn(rng: Rng, pool: pl.Series, size: int) -> pl.Series:
    return pool.gather(draw(rng, falling(len(pool), exponent=1.0, shift=6), size))


def given_names(rng: Rng, cultures: Ints, male: Flags, years: Ints) -> pl.Series:
    """Return a given name for each culture number, sex and year of birth."""

    def drawn(group: int, size: int) -> pl.Series:
        decade, rest = divmod(group, 16)
        culture, sex = divmod(rest, 2)
        pool = given(culture, male=bool(sex))
        return pool.gather(draw(rng, _fashion(len(pool), decade * 10 + 5, salt=rest * 7), size))

    return _by_group(years // 10 * 16 + cultures * 2 + male, drawn)


def _by_group(groups: Ints, drawn: Drawn) -> pl.Series:
    """Return what `drawn` gives for each number, in the order of the rows."""
    order = np.argsort(groups, kind="stable")
    kinds, counts = np.unique(groups, return_counts=True)
    parts = [drawn(int(kind), int(count)) for kind, count in zip(kinds, counts, strict=True)]
    back = np.empty(len(groups), dtype=np.int64)
    back[order] = np.arange(len(groups))
    return pl.concat([pl.Series(dtype=pl.String), *parts]).gather(back)


@cache
def short_forms() -> pl.DataFrame:
    """Return `name` and the list of its `short` forms."""
    more = (entry.partition(":") for entry in _MORE_SHORT.split())
    known = {name: list(short) for name, short in SHORT_FORMS.items()}
    for name, _, short in more:
        known[name] = [*dict.fromkeys([*known.get(name, []), *short.split(",")])]
    return pl.DataFrame({"name": list(known), "short": list(known.values())})


def nicknames(rng: Rng, names: pl.Series) -> pl.Series:
    """Return a short form of each name: a usual one, or where there is none, its beginning, with or without an -y."""
    frame = names.alias("name").to_frame().join(short_forms(), on="name", how="left", maintain_order="left")
    pick = pl.Series(rng.random(len(names)))
    usual = pl.col("short").list.get((pick * pl.col("short").list.len()).cast(pl.Int64), null_on_oob=True)
    start = pl.col("name").str.slice(0, 3)
    cut = pl.when(pick < 0.3).then(start).when(pick < 0.5).then(start + "ie").otherwise("name")
    return frame.select(pl.coalesce(usual, cut)).to_series()
