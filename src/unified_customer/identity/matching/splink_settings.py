"""Exchange of models with Splink 5, by its settings JSON: the comparison levels that both understand.

Splink itself is not needed. What one side says and the other cannot is listed, never dropped in silence.

References:
    R. Linacre et al. (2022): Splink: free software for probabilistic record linkage at scale. IJPDS 7 (3).
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import polars as pl

from unified_customer.core.errors import ConfigurationError
from unified_customer.identity.matching.matcher import FittedMatcher, Matcher
from unified_customer.identity.matching.normal_forms import NormalForms
from unified_customer.identity.matching.seeding import seeded
from unified_customer.identity.matching.shared_model import (
    LeftOut,
    Measure,
    SharedField,
    SharedKeyPart,
    SharedLevel,
    SharedModel,
    shared_model,
)

LinkType = Literal["dedupe_only", "link_only", "link_and_dedupe"]

_FUNCTIONS: Final[Mapping[Measure, tuple[str, str, str]]] = {
    "jaro_winkler": ("jaro_winkler_similarity", ">=", "Jaro-Winkler similarity"),
    "damerau_levenshtein": ("damerau_levenshtein", "<=", "Damerau-Levenshtein distance"),
    "levenshtein": ("levenshtein", "<=", "Levenshtein distance"),
}
_SPELT: Final[Mapping[str, Measure]] = {
    "jaro_winkler_similarity": "jaro_winkler",
    "jaro_winkler": "jaro_winkler",
    "damerau_levenshtein": "damerau_levenshtein",
    "levenshtein": "levenshtein",
}
_COLUMN: Final = r'(?:"(?P<{0}q>(?:[^"]|"")+)_{1}"|`(?P<{0}b>[^`]+)_{1}`|(?P<{0}p>[A-Za-z_]\w*)_{1}\b)'
_EXACT: Final = re.compile(rf"^{_COLUMN.format('a', 'l')}\s*=\s*{_COLUMN.format('b', 'r')}$", re.IGNORECASE)
_GRADED: Final = re.compile(
    rf"^(?P<function>\w+)\(\s*{_COLUMN.format('a', 'l')}\s*,\s*{_COLUMN.format('b', 'r')}\s*\)\s*(?P<sign>[<>]=)\s*(?P<bound>[\d.]+)$",
    re.IGNORECASE,
)
_SIDE: Final = r'(?:{0}\.(?:"(?P<{0}q>(?:[^"]|"")+)"|`(?P<{0}b>[^`]+)`|(?P<{0}p>[A-Za-z_]\w*)))'
_PREFIX: Final = r"SUBSTR(?:ING)?\(\s*{0}\s*,\s*1\s*,\s*(?P<{1}>\d+)\s*\)"
_SAME: Final = re.compile(rf"^{_SIDE.format('l')}\s*=\s*{_SIDE.format('r')}$", re.IGNORECASE)
_BEGINNING: Final = re.compile(
    rf"^{_PREFIX.format(_SIDE.format('l'), 'one')}\s*=\s*{_PREFIX.format(_SIDE.format('r'), 'other')}$", re.IGNORECASE
)
_MOST: Final = 1 - 1e-9


@dataclass(frozen=True)
class SplinkSettings:
    """A matcher as Splink settings.

    Attributes:
        settings: For `splink.Linker(table, settings)`, or to write as JSON.
        left_out: What of the matcher is not in them, or coarser.
    """

    settings: Mapping[str, Any]
    left_out: tuple[LeftOut, ...]

    def to_json(self) -> str:
        """Return the settings as JSON, as Splink saves a model."""
        return json.dumps(self.settings, indent=4)


@dataclass(frozen=True)
class SplinkModel:
    """A model of Splink, as far as it is understood.

    Attributes:
        model: The part that both sides understand.
        left_out: What is not in it.
    """

    model: SharedModel
    left_out: tuple[LeftOut, ...]

    def fit(self, records: pl.DataFrame, *, matcher: Matcher | None = None) -> "SeededMatcher":
        """Return a fitted matcher with these weights.

        Args:
            records: As for `Matcher.fit`, with the columns of the model; further ones are not compared.
            matcher: How to fit, and the roles of columns where others are wanted than are inferred.

        Raises:
            ConfigurationError: The records have none of the columns, or are too few.
        """
        found, left = seeded(self.model, records, matcher=matcher or Matcher())
        return SeededMatcher(found, (*self.left_out, *left))


@dataclass(frozen=True)
class SeededMatcher:
    """A fitted matcher with the weights of others.

    Attributes:
        matcher: The matcher.
        left_out: What of their model is not in it, or coarser.
    """

    matcher: FittedMatcher
    left_out: tuple[LeftOut, ...]


def to_splink(
    matcher: FittedMatcher,
    *,
    link_type: LinkType = "dedupe_only",
    unique_id: str = "record_id",
    frequencies: bool = True,
) -> SplinkSettings:
    """Write a fitted matcher as settings for Splink 5 on DuckDB.

    The columns are those of the normal forms: give Splink the table that `splink_table` makes.

    Args:
        matcher: The matcher.
        link_type: As Splink has it.
        unique_id: The column of ids.
        frequencies: Whether Splink adjusts equal values by their frequency, as nearest to rarity.

    Returns:
        The settings, and what is not in them.
    """
    shared = shared_model(matcher)
    settings: dict[str, Any] = {
        "link_type": link_type,
        "sql_dialect": "duckdb",
        "unique_id_column_name": unique_id,
        "probability_two_random_records_match": shared.model.prior,
        "retain_matching_columns": False,
        "retain_intermediate_calculation_columns": False,
        "blocking_rules_to_generate_predictions": [
            {"blocking_rule": rule, "sql_dialect": "duckdb"} for rule in dict.fromkeys(map(_rule, shared.model.keys))
        ],
        "comparisons": [_comparison(field, frequencies=frequencies) for field in shared.model.fields],
    }
    return SplinkSettings(settings, shared.left_out)


def splink_table(
    matcher: FittedMatcher, records: pl.DataFrame | NormalForms, *, unique_id: str = "record_id"
) -> pl.DataFrame:
    """Return records as the settings of `to_splink` expect them: normal forms, of several values the first."""
    normal = records if isinstance(records, NormalForms) else matcher.read(records)
    first = [
        values.list.first().alias(values.name) if isinstance(values.dtype, pl.List) else values
        for values in normal.values.iter_columns()
    ]
    return pl.DataFrame([normal.record_ids.alias(unique_id), normal.sources.alias("source_dataset"), *first])


def _comparison(field: SharedField, *, frequencies: bool) -> dict[str, Any]:
    left, right = _quoted(f"{field.name}_l"), _quoted(f"{field.name}_r")
    null = {
        "sql_condition": f"{left} IS NULL OR {right} IS NULL",
        "label_for_charts": f"{field.name} is NULL",
        "is_null_level": True,
    }
    return {
        "output_column_name": field.name,
        "comparison_description": f"{field.name} as unified_customer compares it",
        "comparison_levels": [
            null,
            *(_level(field.name, level, left, right, adjusted=frequencies) for level in field.levels),
        ],
    }


def _level(name: str, level: SharedLevel, left: str, right: str, *, adjusted: bool) -> dict[str, Any]:
    found: dict[str, Any] = {"m_probability": min(level.m, _MOST), "u_probability": min(level.u, _MOST)}
    if level.measure == "exact":
        found |= {"sql_condition": f"{left} = {right}", "label_for_charts": f"Exact match on {name}"}
        found |= {"tf_adjustment_column": name, "tf_adjustment_weight": 1.0} if level.frequencies and adjusted else {}
    elif level.measure == "else":
        found |= {"sql_condition": "ELSE", "label_for_charts": "All other comparisons"}
    else:
        function, sign, label = _FUNCTIONS[level.measure]
        found["sql_condition"] = f"{function}({left}, {right}) {sign} {level.bound}"
        found["label_for_charts"] = f"{label} of {name} {sign} {level.bound}"
    return found


def _rule(key: Sequence[SharedKeyPart]) -> str:
    sides = []
    for part in key:
        column = _quoted(part.field)
        one, other = (f"{side}.{column}" for side in "lr")
        if part.first is not None:
            one, other = (f"SUBSTRING({each}, 1, {part.first})" for each in (one, other))
        sides.append(f"({one} = {other})" if len(key) > 1 else f"{one} = {other}")
    return " AND ".join(sides)


def _quoted(name: str) -> str:
    doubled = name.replace('"', '""')
    return f'"{doubled}"'


def from_splink(settings: Mapping[str, Any] | str) -> SplinkModel:
    """Read the settings of a trained Splink model.

    Args:
        settings: What `linker.misc.save_model_to_json()` returns, or the text that it writes.

    Returns:
        What both sides understand, and what not. `fit(records)` makes a matcher of it.

    Raises:
        ConfigurationError: The text is no JSON object, nothing in it is a comparison that both understand, or the prior
            is no probability.
    """
    said = _parsed(settings)
    prior = said.get("probability_two_random_records_match", 0.0001)
    if not isinstance(prior, (int, float)) or not 0 < prior < 1:
        raise ConfigurationError(
            "`probability_two_random_records_match` of the Splink settings is not between 0 and 1."
        )
    left: list[LeftOut] = []
    fields = [field for each in said.get("comparisons", []) if (field := _read_comparison(each, left)) is not None]
    once = {field.name: field for field in reversed(fields)}
    left += [
        LeftOut(field.name, "a further comparison", "a field is compared once")
        for field in fields
        if once[field.name] is not field
    ]
    if not once:
        told = "; ".join(f"{each.place}: {each.what} ({each.why})" for each in left)
        raise ConfigurationError(f"The Splink settings have no trained comparison that both understand. {told}")
    keys = [
        key
        for rule in said.get("blocking_rules_to_generate_predictions", [])
        if (key := _read_rule(rule, left)) is not None
    ]
    model = SharedModel(prior=prior, fields=tuple(reversed(once.values())), keys=tuple(dict.fromkeys(keys)))
    return SplinkModel(model, tuple(sorted(left)))


def _parsed(settings: Mapping[str, Any] | str) -> Mapping[str, Any]:
    if not isinstance(settings, str):
        return settings
    try:
        found = json.loads(settings)
    except json.JSONDecodeError as error:
        raise ConfigurationError(f"The Splink settings are no JSON: {error}.") from error
    if not isinstance(found, dict):
        raise ConfigurationError("The Splink settings are no JSON object.")
    return found


def _read_comparison(comparison: Mapping[str, Any], left: list[LeftOut]) -> SharedField | None:
    """Read one comparison; levels that are not understood are added up with the next below that is."""
    said = [each for each in comparison.get("comparison_levels", []) if not each.get("is_null_level")]
    name = comparison.get("output_column_name") or ""
    read = [_read_level(each) for each in said]
    columns = {column for column, _ in read if column}
    if len(columns) == 1:
        name = columns.pop()
    elif len(columns) > 1:
        left.append(LeftOut(name, "the comparison", f"compares several columns: {', '.join(sorted(columns))}"))
        return None
    if any(each.get("m_probability") is None or each.get("u_probability") is None for each in said):
        left.append(LeftOut(name, "the comparison", "has levels that were not trained"))
        return None
    levels = list(_levels(name, said, read, left))
    if not levels or levels[-1].measure != "else":
        left.append(LeftOut(name, "the comparison", "has no level for all else"))
        return None
    if len(levels) == 1:
        left.append(LeftOut(name, "the comparison", "has no level that both understand"))
        return None
    return SharedField(name=name, levels=tuple(levels))


def _levels(
    name: str,
    said: Sequence[Mapping[str, Any]],
    read: Sequence[tuple[str | None, SharedLevel | None]],
    left: list[LeftOut],
) -> Iterator[SharedLevel]:
    m = u = 0.0
    for each, (_, level) in zip(said, read, strict=True):
        m, u = m + each["m_probability"], u + each["u_probability"]
        if level is None:
            left.append(LeftOut(name, str(each["sql_condition"]), "not understood: added up with the next level below"))
            continue
        if each.get("tf_adjustment_column") not in (None, name) or each.get("tf_adjustment_weight", 1.0) != 1.0:
            left.append(
                LeftOut(
                    name, "the term frequency adjustment", "of another column or weight: taken as of its own, whole"
                )
            )
        if each.get("tf_adjustment_column") and level.measure != "exact":
            left.append(LeftOut(name, "the term frequency adjustment", "of a level that is not exact"))
        frequencies = level.measure == "exact" and bool(each.get("tf_adjustment_column"))
        yield level.model_copy(update={"m": m, "u": u, "frequencies": frequencies})
        m = u = 0.0


def _read_level(level: Mapping[str, Any]) -> tuple[str | None, SharedLevel | None]:
    """Return the column and the level; what is known of neither is None."""
    condition = str(level.get("sql_condition", "")).strip()
    if condition.upper() == "ELSE":
        return None, SharedLevel(measure="else", m=0, u=0)
    if (found := _EXACT.match(condition)) and _one(found, "a", "b"):
        return _one(found, "a", "b"), SharedLevel(measure="exact", m=0, u=0)
    if (found := _GRADED.match(condition)) and (column := _one(found, "a", "b")):
        measure = _SPELT.get(found["function"].lower())
        if measure is not None and found["sign"] == _FUNCTIONS[measure][1]:
            return column, SharedLevel(measure=measure, bound=float(found["bound"]), m=0, u=0)
        return column, None
    return None, None


def _one(found: re.Match[str], left: str, right: str) -> str | None:
    """Return the column if both sides name the same."""
    names = {next(filter(None, (found[f"{side}{form}"] for form in "qbp")), "") for side in (left, right)}
    return names.pop().replace('""', '"') if len(names) == 1 else None


def _read_rule(rule: Mapping[str, Any] | str, left: list[LeftOut]) -> tuple[SharedKeyPart, ...] | None:
    text = rule if isinstance(rule, str) else str(rule.get("blocking_rule", ""))
    parts: list[SharedKeyPart] = []
    for each in re.split(r"\s+AND\s+", text.strip(), flags=re.IGNORECASE):
        bare = each.strip()
        bare = bare[1:-1].strip() if bare.startswith("(") and bare.endswith(")") else bare
        found = _SAME.match(bare) or _BEGINNING.match(bare)
        groups = found.groupdict() if found else {}
        if not found or not _one(found, "l", "r") or groups.get("one") != groups.get("other"):
            left.append(LeftOut("blocking", text, "not an equal value or beginning"))
            return None
        first = groups.get("one")
        parts.append(SharedKeyPart(field=str(_one(found, "l", "r")), first=int(first) if first else None))
    return tuple(parts)
