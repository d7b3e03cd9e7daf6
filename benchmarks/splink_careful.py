"""A careful configuration of Splink for people whose columns are known by their names alone.

It follows Splink's own guidance. Values are first made alike: case, spaces and accents of text, digits of phone
numbers, typed dates. Names are compared together, with the frequency of the whole name; birth dates, e-mail addresses
and British postcodes with the comparisons made for them; identifiers and phone numbers by typing errors; streets by
Jaro-Winkler; what else tells people apart for equality, rare values weighing more. Town, region and country are left
out beside a postcode, which says the same.

Blocking starts from every single column and goes on to pairs of columns. Each rule may make five pairs a record, or a
million in a small set, and one that a looser rule covers is left out: that is what an analyst who counts the pairs of
each rule would do. Training blocks on birth date and on the whole name, and on an identifier where one of these is
missing, never on what a household shares where that can be helped; a session sees five million pairs at most, and ten
million random pairs say how often strangers agree. The prior comes from equality of a given name and of what hardly any
namesakes share, assumed to find six in ten of the true pairs.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import polars as pl

from benchmarks.splink_recipes import Comparison, Recipe, exact

ROLES: Final = {
    "given": ("given_name", "first_name", "forename", "fname"),
    "family": ("family_name", "surname", "last_name", "lname"),
    "full": ("full_name", "name", "display_name"),
    "birth": ("birth_date", "date_of_birth", "dob", "birthdate", "birthday"),
    "email": ("email", "email_address", "mail"),
    "phone": ("phone", "phone_number", "mobile", "mobile_phone", "telephone"),
    "number": ("street_number", "house_number"),
    "street": ("street", "address", "address_line_1", "address_line1", "address_line", "address_1", "street_address"),
    "city": ("city", "town", "suburb", "locality"),
    "postcode": ("postcode", "postal_code", "zip", "zip_code", "zipcode", "postcode_fake"),
    "id": ("national_id", "soc_sec_id", "ssn", "tax_id", "passport", "customer_number", "loyalty_id", "account_id"),
    "birth_place": ("birth_place", "place_of_birth"),
    "occupation": ("occupation", "profession"),
    "gender": ("gender", "sex"),
}
BRITISH: Final = r"(?i)^\s*[a-z]{1,2}[0-9][a-z0-9]?\s*[0-9][a-z]{2}\s*$"
DATES: Final = ["%Y-%m-%d", "%Y%m%d", "%d.%m.%Y", "%d/%m/%Y", "%d-%m-%Y", "%m/%d/%Y", "%Y/%m/%d"]
PAIRS_A_RECORD: Final = 5
FEWEST_PAIRS: Final = 1_000_000


@dataclass(frozen=True)
class Columns:
    """Which columns a set has, by what they mean; the names are those after preparation."""

    found: dict[str, str]
    british: bool

    def has(self, *roles: str) -> bool:
        """Say whether all are there."""
        return set(roles) <= self.names

    @property
    def names(self) -> set[str]:
        """What can be compared: given and family name can be had from the whole one."""
        return set(self.found) | ({"given", "family"} if "full" in self.found else set())


def careful(records: pl.DataFrame, *, link: bool = False) -> Recipe:
    """Return a configuration for `records`; see the module for how it is chosen."""
    columns = find(records)
    return Recipe(
        label="careful, by column names",
        comparisons=tuple(_comparisons(columns)),
        blocking=tuple(_only(columns, BLOCKS)),
        certain=tuple(_only(columns, CERTAIN)) or tuple(_only(columns, LESS_CERTAIN)),
        recall=0.6,
        random_pairs=1e7 if len(records) > 10_000 else 1e6,
        training=tuple(_training(columns)),
        training_pairs=5e6,
        link=link,
        derived=_derived(columns),
        budget=max(FEWEST_PAIRS, PAIRS_A_RECORD * len(records)),
    )


def find(records: pl.DataFrame) -> Columns:
    """Find the columns that say something of a person: of each kind the first one there that is not empty."""
    filled = [column for column in records.columns if records[column].null_count() < len(records)]
    lower = {column.lower(): column for column in reversed(filled)}
    found = {role: lower[known[0]] for role, names in ROLES.items() if (known := [n for n in names if n in lower])}
    return Columns(found=found, british="postcode" in found and _mostly_british(records[found["postcode"]]))


def _mostly_british(postcodes: pl.Series) -> bool:
    known = postcodes.drop_nulls().cast(pl.String)
    return 2 * int(known.str.contains(BRITISH).sum()) > len(known)


def _derived(columns: Columns) -> dict[str, str]:
    found = sorted(columns.found, key=lambda role: role != "full")
    made = {f"p_{role}": _prepared(role, f'"{columns.found[role]}"', british=columns.british) for role in found}
    if "full" in columns.found:
        made["p_given"] = _coalesced(made.get("p_given"), "split_part(p_full, ' ', 1)")
        made["p_family"] = _coalesced(
            made.get("p_family"), "CASE WHEN contains(p_full, ' ') THEN split_part(p_full, ' ', -1) END"
        )
    if columns.has("given", "family"):
        made["p_whole"] = "p_given || ' ' || p_family"
    return made


def _coalesced(own: str | None, other: str) -> str:
    return f"coalesce({own}, {other})" if own else other


def _prepared(role: str, column: str, *, british: bool) -> str:
    text = f"nullif(trim(regexp_replace(lower(strip_accents({column}::VARCHAR)), '\\s+', ' ', 'g')), '')"
    if role == "birth":
        return f"coalesce(try_cast({column} AS DATE), try_strptime({column}::VARCHAR, {DATES})::DATE)"
    if role == "phone":
        return f"nullif(right(regexp_replace({column}::VARCHAR, '\\D', '', 'g'), 9), '')"
    if role == "postcode" and british:
        return f"regexp_replace(upper({text}), '\\s*(\\d[A-Z]{{2}})$', ' \\1')"
    return text


def _comparisons(columns: Columns) -> Iterable[Comparison]:
    if columns.has("given", "family"):
        yield Comparison(
            "ForenameSurnameComparison", ("p_given", "p_family"), {"forename_surname_concat_col_name": "p_whole"}
        )
    else:
        yield from (Comparison("NameComparison", (f"p_{role}",)) for role in ("given", "family") if columns.has(role))
    for role, comparison in SINGLE.items():
        if columns.has(role):
            yield comparison
    if columns.has("postcode"):
        yield BRITISH_POSTCODE if columns.british else POSTCODE
    elif columns.has("city"):
        yield exact("p_city")


def _typing_errors(column: str, distances: list[int], *, frequencies: bool = True) -> Comparison:
    options = {"distance_threshold_or_thresholds": distances}
    return Comparison("DamerauLevenshteinAtThresholds", (column,), options, frequencies=frequencies)


SINGLE: Final = {
    "birth": Comparison("DateOfBirthComparison", ("p_birth",), {"input_is_string": False}),
    "email": Comparison("EmailComparison", ("p_email",)),
    "phone": _typing_errors("p_phone", [1, 2]),
    "id": _typing_errors("p_id", [1, 2], frequencies=False),
    "number": exact("p_number"),
    "street": Comparison(
        "JaroWinklerAtThresholds", ("p_street",), {"score_threshold_or_thresholds": [0.9, 0.7]}, frequencies=True
    ),
    "birth_place": exact("p_birth_place"),
    "occupation": exact("p_occupation"),
    "gender": exact("p_gender"),
}
POSTCODE: Final = _typing_errors("p_postcode", [1, 2])
BRITISH_POSTCODE: Final = Comparison("PostcodeComparison", ("p_postcode",))

GIVEN_START: Final = "substr(p_given,1,3)"
FAMILY_START: Final = "substr(p_family,1,4)"
YEAR: Final = "year(p_birth)"
LOCAL_PART: Final = "split_part(p_email,'@',1)"
BLOCKS: Final[tuple[tuple[str, ...], ...]] = (
    ("p_email",), ("p_phone",), ("p_id",), ("p_birth",), ("p_family",), ("p_given",), ("p_postcode",), (LOCAL_PART,),
    ("p_given", "p_family"), ("p_family", "p_birth"), ("p_given", "p_birth"), ("p_postcode", "p_birth"),
    ("p_postcode", "p_given"), ("p_postcode", "p_family"), ("p_street", "p_given"), ("p_street", "p_family"),
    ("p_number", "p_street"), (GIVEN_START, FAMILY_START), ("p_birth", "p_birth_place"),
    (GIVEN_START, FAMILY_START, YEAR), ("p_given", "p_family", YEAR), ("p_given", "p_family", "p_postcode"),
    ("p_given", "p_family", "p_city"), ("p_email", "p_given"), ("p_phone", "p_given"), ("p_phone", "p_birth"),
    ("p_email", "p_birth"), ("p_birth", "p_postcode", "p_given"),
)  # fmt: skip
CERTAIN: Final[tuple[tuple[str, ...], ...]] = (
    ("p_given", "p_family", "p_birth"), ("p_given", "p_email"), ("p_given", "p_phone"), ("p_given", "p_id"),
    ("p_given", "p_birth", "p_postcode"),
)  # fmt: skip
LESS_CERTAIN: Final[tuple[tuple[str, ...], ...]] = (
    ("p_given", "p_family", "p_postcode"), ("p_given", "p_family", "p_street"), ("p_given", "p_family"), ("p_email",),
)  # fmt: skip


def _only(columns: Columns, rules: Iterable[tuple[str, ...]]) -> Iterable[tuple[str, ...]]:
    absent = [f"p_{role}" for role in ROLES if role not in columns.names]
    return (rule for rule in rules if not any(_reads(part, each) for part in rule for each in absent))


def _reads(expression: str, column: str) -> bool:
    return column in expression.replace("(", ",").replace(")", ",").split(",")


def _training(columns: Columns) -> Iterable[tuple[str, ...]]:
    wanted: list[tuple[str, ...]] = [("p_birth",), ("p_given", "p_family")]
    there = list(_only(columns, wanted))
    others = _only(columns, [("p_id",), ("p_email",), ("p_phone",), ("p_postcode",), ("p_family",), ("p_given",)])
    return (there + list(others))[:2]
