"""Which column is what: roles inferred from the names and the values of columns, printable and overridable."""

from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, Final, get_args

import polars as pl
from pydantic import model_validator

from unified_customer.connectors.naming import listed
from unified_customer.connectors.synonyms import plain_name
from unified_customer.core.errors import ConfigurationError
from unified_customer.core.spec import Spec
from unified_customer.identity.matching.role_names import Named, Role, is_half, named
from unified_customer.identity.matching.role_values import LEGAL_FORM, Profile, Verdict, agrees, role_of_values

__all__ = ["NEVER_INPUTS", "SEVERAL_VALUES", "Role", "Roles", "infer_roles"]

NEVER_INPUTS: Final = ("record_id", "source", "cluster_id")
"""Columns that say which record this is, where it is from, or the truth that a matcher is judged by."""

SEVERAL_VALUES: Final[tuple[Role, ...]] = ("email", "phone", "identifier")
"""Roles of which one row may hold several values, in a column of lists."""

_KEPT: Final[frozenset[Role]] = frozenset(
    ("given_name", "family_name", "full_name", "birth_date", "email", "phone", "street", "identifier", "organisation")
)
"""Roles in which one and the same value on a few rows is rather one person than a constant."""
_CONSTANT: Final = 10
_OF_ORGANISATIONS: Final = (
    "cuisine", "website", "domain", "industry", "branche", "sector", "employees", "vat", "vat_id", "vat_number", "ust_id",
    "siret", "siren", "duns", "kvk", "company_number",
)  # fmt: skip
"""Columns that organisations have and people have not."""


class Roles(Spec):
    """The role of each column, and why.

    Examples:
        >>> roles = Roles(by_column={"dob": "birth_date", "memo": "text"}, reasons={"dob": "named so"})
        >>> print(roles.with_roles({"memo": "ignored"}))
        column  role        why
        dob     birth_date  named so
        memo    ignored     as told
    """

    by_column: Mapping[str, Role]
    """Every column but `record_id`, `source` and `cluster_id`, in the order of the table."""
    reasons: Mapping[str, str] = {}
    """Why a column has its role: a short phrase without any value."""
    columns: tuple[str, ...] = ()
    """The columns in the order of the table: JSON does not keep that of `by_column`, and the order tells."""

    @model_validator(mode="before")
    @classmethod
    def _keep_the_order(cls, given: dict[str, Any]) -> dict[str, Any]:
        by_column = given.get("by_column", {})
        columns = tuple(given.get("columns") or by_column)
        if sorted(columns) != sorted(by_column):
            raise ValueError("`columns` are those of `by_column`, each once.")
        return {**given, "columns": columns, "by_column": {column: by_column[column] for column in columns}}

    def of(self, role: Role) -> tuple[str, ...]:
        """Return the columns of a role, in the order of the table."""
        return tuple(column for column, found in self.by_column.items() if found == role)

    def with_roles(self, changes: Mapping[str, Role]) -> "Roles":
        """Return the roles with some of them changed.

        Raises:
            ConfigurationError: There is no such column or role.
        """
        checked = _checked(changes, list(self.by_column))
        reasons = dict(self.reasons) | dict.fromkeys(checked, "as told")
        return Roles(by_column=dict(self.by_column) | checked, reasons=reasons)

    def explain(self) -> str:
        """Return an aligned table of columns, roles and reasons."""
        rows = [(column, role, self.reasons.get(column, "")) for column, role in self.by_column.items()]
        return _aligned([("column", "role", "why"), *rows])

    def __str__(self) -> str:
        return self.explain()


def _aligned(rows: Sequence[tuple[str, str, str]]) -> str:
    widths = [max(len(row[place]) for row in rows) for place in range(2)]
    return "\n".join(f"{a:<{widths[0]}}  {b:<{widths[1]}}  {c}".rstrip() for a, b, c in rows)


def _checked(changes: Mapping[str, Role], columns: Sequence[str]) -> dict[str, Role]:
    for column, role in changes.items():
        if column in NEVER_INPUTS:
            message = f"Column {column!r} has no role: it says which record this is, or the truth. Leave it out."
            raise ConfigurationError(message)
        if column not in columns:
            near = _near(column, columns)
            raise ConfigurationError(f"There is no column {column!r} to give a role.{near} Columns: {listed(columns)}.")
        if role not in get_args(Role):
            near = _near(str(role), get_args(Role))
            raise ConfigurationError(f"Column {column!r}: no role {role!r}.{near} Roles: {', '.join(get_args(Role))}.")
    return dict(changes)


def _near(word: str, known: Sequence[str]) -> str:
    near = get_close_matches(word, known, n=1)
    return f" Did you mean {near[0]!r}?" if near else ""


def infer_roles(records: pl.DataFrame, roles: Mapping[str, Role] | None = None) -> Roles:
    """Say what each column is, from its name and its values.

    A name counts where the values agree with it; a column whose name says nothing is judged by its values. What tells
    no two people apart, or everybody, is `ignored`: constants, flags, measures, time stamps of loading, numbers of
    rows. The order of the rows does not matter.

    Args:
        records: A row for each record, with any columns. `record_id`, `source` and `cluster_id` are never inputs.
        roles: Roles that are known; they overrule, and the rest is inferred in their light.

    Returns:
        The roles, with a reason for each.

    Raises:
        ConfigurationError: `roles` names a column or a role that there is not.

    Examples:
        >>> people = pl.DataFrame({"record_id": [1, 2], "Vorname": ["Anna", "Jan"], "geb.": ["3.1.1970", "4.2.1981"]})
        >>> print(infer_roles(people))
        column   role        why
        Vorname  given_name  named so
        geb.     birth_date  named so
    """
    columns = [column for column in records.columns if column not in NEVER_INPUTS]
    told = _checked(roles or {}, columns)
    found: dict[str, Verdict] = {column: (role, "as told") for column, role in told.items()}
    open_names: dict[str, Profile] = {}
    for column in columns:
        if column not in found:
            found[column] = _role(column, records, open_names)
    for column, profile in open_names.items():
        found[column] = _person_or_organisation(profile, column, found)
    return Roles(
        by_column={column: found[column][0] for column in columns},
        reasons={column: found[column][1] for column in columns},
    )


def _role(column: str, records: pl.DataFrame, open_names: dict[str, Profile]) -> Verdict:
    """Return the role of one column; put a name of a person or an organisation, which takes the others, aside."""
    values, name = records[column], named(column)
    if refused := _not_read(values, name):
        return refused
    profile = Profile.of(_plain(values))
    if nothing := _tells_nothing(profile, name):
        return nothing
    if name is not None and (name.kind == "name" or is_half(column)):
        open_names[column] = profile
    if name is not None and name.kind == "record key":
        return _record_key(profile, name, records.select(value=column, source=_source(records)))
    if name is not None and (said := _by_name(profile, name)):
        return said
    return _by_values(profile, name)


def _source(records: pl.DataFrame) -> pl.Expr:
    return pl.col("source").cast(pl.String) if "source" in records.columns else pl.lit("")


def _plain(values: pl.Series) -> pl.Series:
    """Return the values of lists one by one, and numbers that are none as missing."""
    flat = values.explode() if isinstance(values.dtype, pl.List) else values
    return flat.fill_nan(None) if flat.dtype.is_float() else flat


def _not_read(values: pl.Series, name: Named | None) -> Verdict | None:
    dtype = values.dtype
    if dtype == pl.Boolean:
        return "ignored", "a flag"
    if isinstance(dtype, pl.List):
        return None if name is not None and name.role in SEVERAL_VALUES and _flat(dtype) else ("ignored", "lists")
    if dtype.is_nested() or dtype in (pl.Binary, pl.Object, pl.Duration, pl.Time):
        return "ignored", "not text, a number or a date"
    if dtype == pl.Datetime and (name is None or name.role != "birth_date"):
        return "ignored", "times, not days"
    if dtype.is_float() and bool((values != values.round()).any()):
        return "ignored", "numbers that count or measure"
    return None


def _flat(dtype: pl.List) -> bool:
    return not pl.Series([], dtype=dtype).explode().dtype.is_nested()


def _tells_nothing(profile: Profile, name: Named | None) -> Verdict | None:
    if not profile.filled:
        return "ignored", "no values"
    least = _CONSTANT if name is not None and name.role in _KEPT else 2
    if profile.distinct == 1 and profile.filled >= least:
        return "ignored", "one and the same value everywhere"
    if profile.is_flag and (name is None or name.role not in ("gender", "house_number")):
        return "ignored", "a flag"
    return None


def _by_name(profile: Profile, name: Named) -> Verdict | None:
    if name.role == "ignored":
        return ("ignored", f"named as a {name.kind}") if name.sure or _is_stamp_or_measure(profile) else None
    if agrees(name.role, profile):
        return name.role, "named so" if name.sure else "a word of its name says so"
    return None


def _is_stamp_or_measure(profile: Profile) -> bool:
    return role_of_values(profile)[0] in ("birth_date", "ignored") or profile.share(r"^[\d.,:/ TZ+-]+$") >= 0.9


def _by_values(profile: Profile, name: Named | None) -> Verdict:
    role, why = role_of_values(profile)
    if profile.is_key and role in ("identifier", "text", "ignored") and profile.share(r"^\S+$") == 1:
        return "ignored", "different on every row"
    return role, why if name is None else f"its values do not agree with its name; {why}"


def _record_key(profile: Profile, name: Named, rows: pl.DataFrame) -> Verdict:
    """Tell numbers of rows from numbers of customers, which come on several rows."""
    if profile.is_key:
        return "ignored", "different on every row"
    shaped = role_of_values(profile)
    if not name.sure and shaped[0] not in ("identifier", "ignored"):
        return shaped
    if _counts_rows(rows.drop_nulls()):
        return "ignored", "numbers the rows of each source"
    return "identifier", "named as a key, and the same on several rows"


def _counts_rows(rows: pl.DataFrame) -> bool:
    """Say whether values are small whole numbers, each once in each source."""
    numbers = rows["value"].cast(pl.String).str.to_integer(strict=False)
    if rows.is_duplicated().any() or numbers.null_count():
        return False
    largest = rows.select(numbers.alias("number"), "source").group_by("source").agg(pl.max("number"), size=pl.len())
    return bool((largest["number"] <= 10 * largest["size"]).all())


def _person_or_organisation(profile: Profile, column: str, found: Mapping[str, Verdict]) -> Verdict:
    """Decide what a name is the name of, from its values and the roles of the other columns."""
    others = {other: role for other, (role, _) in found.items() if other != column}
    if is_half(column) and not {"given_name", "family_name"}.isdisjoint(others.values()):
        return found[column]
    return _by_form(profile) or _by_company(profile, others, found[column] if is_half(column) else None)


def _by_form(profile: Profile) -> Verdict | None:
    legal, known = profile.share(LEGAL_FORM), profile.known_given_names
    if legal >= 0.1:
        return "organisation", f"a name; {legal:.0%} of the values have a legal form or an ampersand"
    if known >= 0.2 and profile.word_share(2, 6) >= 0.5:
        return "full_name", f"a name; {known:.0%} of the values begin with a known given name"
    return None


def _by_company(profile: Profile, others: Mapping[str, Role], half: Verdict | None) -> Verdict:
    """Decide by the company that a column keeps; `half` is what it is if it names no whole."""
    if not {"birth_date", "gender", "given_name", "family_name"}.isdisjoint(others.values()):
        return half or ("full_name", "a name beside columns of persons")
    if profile.share(LEGAL_FORM) >= 0.03 or profile.share(r"\d") >= 0.1 or _of_organisations(others):
        return "organisation", "a name in a table of organisations"
    if half and profile.word_share(1, 1) >= 0.5:
        return half
    if profile.word_share(2, 4) >= 0.8:
        return "full_name", "a name of two to four words"
    return "organisation", "a name, and not formed as those of persons"


def _of_organisations(columns: Iterable[str]) -> bool:
    return any(plain_name(column) in _OF_ORGANISATIONS for column in columns)
