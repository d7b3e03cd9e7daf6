"""Telephone numbers in E.164."""

import polars as pl

from unified_customer.identity.normalise.distinct import as_text, each_distinct
from unified_customer.identity.normalise.numbering import (
    Plan,
    calling_code_pattern,
    plan_of_calling_code,
    plan_of_region,
)

_USUAL = r"^\(?\+?[0-9(][0-9 ().\-/\x{a0}]{4,30}$"
_PUNCTUATION = r"[ ().\-/\x{a0}]"
_USUAL_DIGITS = r"^\+?[0-9]{5,17}$"
_DIGITS = pl.col("digits")


def phones(values: pl.Series, regions: "pl.Series | str | None" = None) -> pl.Series:
    """Bring telephone numbers to E.164.

    A number passes when it is *possible*: its country calling code exists and it has a number of digits that complete
    numbers of that country have. Whether it is also *valid* (a range in use) is not asked, because ranges come into
    use before the library learns of them, and those set aside for fiction and tests would be refused. Numbers that
    can be dialled only within an area are null: they name a different line in every area.

    An extension is part of who answers, so it stays, as RFC 3966 writes it: "+493012345678;ext=12".

    Args:
        values: Numbers as found.
        regions: ISO 3166-1 alpha-2 code of the country in which each number without "+" is dialled; one for all, or
            a series of the length of `values`. Null and unknown codes leave only numbers with "+".

    Returns:
        String of the same length and order; null where the value is null, blank or no possible number. What comes out
        is stable: giving it back in gives the same.

    References:
        ITU-T E.164; RFC 3966; phonenumbers, the port of Google's libphonenumber.

    Examples:
        >>> phones(pl.Series(["(212) 555-0123", "+49 (0)30 1234567 ext. 8", "12"]), "US").to_list()
        ['+12125550123', '+49301234567;ext=8', None]
    """
    text = as_text(values)
    if len(text) == 1:
        region = regions[0] if isinstance(regions, pl.Series) else regions
        found = None if text[0] is None else phone_by_library(text[0], region and region.upper())
        return pl.Series(values.name, [found], dtype=pl.String)
    frame = pl.DataFrame({"raw": text, "region": _regions(values, regions)}).with_row_index("row")
    usual, other = _apart(frame)
    answers, undecided = _read(usual)
    rest = pl.concat([other, frame[undecided["row"]]])
    asked = rest.select("row", pl.Series("phone", _ask(rest), dtype=pl.String))
    complete = frame.select("row").join(pl.concat([answers, asked]), on="row", how="left", maintain_order="left")
    return complete["phone"].alias(values.name)


def _regions(values: pl.Series, regions: "pl.Series | str | None") -> pl.Series:
    if isinstance(regions, pl.Series):
        return each_distinct(as_text(regions), lambda distinct: distinct.str.to_uppercase())
    return pl.Series([regions and regions.upper()], dtype=pl.String).new_from_index(0, len(values))


def _apart(frame: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Split off what the fast path can read, as digits with or without "+", from all else that is not blank."""
    raw = pl.col("raw").str.strip_chars()
    digits = pl.when(raw.str.contains(_USUAL)).then(raw.str.replace_all(_PUNCTUATION, ""))
    read = frame.lazy().filter(raw.str.len_bytes() > 0).with_columns(digits.alias("digits")).collect()
    usual = read["digits"].str.contains(_USUAL_DIGITS).fill_null(value=False)
    return read.filter(usual).drop("raw"), read.filter(~usual).drop("digits")


def _read(usual: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Read the usual shapes; return (row, phone) of what is decided and the (row) of what is not."""
    plus = usual["digits"].str.starts_with("+")
    wanted = pl.concat(
        [usual.filter(plus).select("row", "digits", final=pl.lit(False)), *_national(usual.filter(~plus))]
    )
    sure = wanted.filter(_DIGITS.is_not_null())
    first = _international(sure)
    # A result counts only if it reads as itself, as what the library answers must.
    changed = first.filter((pl.col("phone") != _DIGITS) & ~pl.col("final"))
    again = _international(changed.select("row", digits="phone", final="final"))
    unstable = again.filter(pl.col("phone").is_null() | (pl.col("phone") != _DIGITS))
    unsure = first.filter(~pl.col("decided") | (pl.col("final") & (pl.col("phone") != _DIGITS)))
    undecided = pl.concat([wanted.filter(_DIGITS.is_null()), unsure, unstable], how="diagonal").select("row")
    return first.join(undecided, on="row", how="anti").select("row", "phone"), undecided


def _national(usual: pl.DataFrame) -> list[pl.DataFrame]:
    """Rewrite numbers without "+" as numbers with it, region by region; digits are null where undecided."""
    return [
        part.select("row", _with_plus(plan).alias("digits"), _is_national(plan).alias("final"))
        for (region,), part in usual.filter(pl.col("region").is_not_null()).partition_by("region", as_dict=True).items()
        if (plan := plan_of_region(str(region)))
    ]


def _dials_out(plan: Plan) -> pl.Expr:
    # No country calling code begins with 0.
    length = plan.dial_out_length(_DIGITS)
    return (length > 0) & ~_DIGITS.str.slice(length).str.starts_with("0")


def _has_calling_code(plan: Plan) -> pl.Expr:
    return _DIGITS.str.starts_with(str(plan.calling_code)) & ~_dials_out(plan)


def _is_national(plan: Plan) -> pl.Expr:
    return ~_dials_out(plan) & ~(_has_calling_code(plan) & plan.is_too_long(_DIGITS))


def _with_plus(plan: Plan) -> pl.Expr:
    code = str(plan.calling_code)
    after_code = _DIGITS.str.slice(len(code))
    read_after_code = pl.when(plan.trunk_length(after_code) == 0).then(pl.lit("+") + _DIGITS)
    national = pl.when(~plan.is_rewritten(_DIGITS)).then(pl.lit(f"+{code}") + plan.without_trunk(_DIGITS))
    return (
        pl.when(_dials_out(plan))
        .then(pl.lit("+") + _DIGITS.str.slice(plan.dial_out_length(_DIGITS)))
        .when(_has_calling_code(plan) & plan.is_too_long(_DIGITS))
        .then(read_after_code)
        .when(_has_calling_code(plan) & ~plan.has_shape(_DIGITS))
        .then(None)
        .otherwise(national)
    )


def _international(numbers: pl.DataFrame) -> pl.DataFrame:
    """Read numbers with "+", calling code by calling code: adds phone (null: not possible) and decided."""
    coded = numbers.with_columns(_DIGITS.str.extract(calling_code_pattern(), 1).alias("code"))
    unknown = coded.filter(pl.col("code").is_null()).with_columns(phone=pl.lit(None, pl.String), decided=pl.lit(False))
    known = coded.filter(pl.col("code").is_not_null()).partition_by("code", as_dict=True)
    return pl.concat([unknown, *(_of_plan(part, str(code)) for (code,), part in known.items())])


def _of_plan(part: pl.DataFrame, code: str) -> pl.DataFrame:
    plan = plan_of_calling_code(int(code))
    national = _DIGITS.str.slice(len(code) + 1)
    number = plan.without_trunk(national)
    phone = pl.when(plan.is_possible(number)).then(pl.lit(f"+{code}") + number)
    decided = ~plan.is_rewritten(national)
    return part.with_columns(pl.when(decided).then(phone).alias("phone"), decided.alias("decided"))


def _ask(rest: pl.DataFrame) -> list[str | None]:
    pairs = list(rest.select("raw", "region").iter_rows())
    known = {pair: phone_by_library(*pair) for pair in set(pairs)}
    return [known[pair] for pair in pairs]


def phone_by_library(value: str, region: str | None = None) -> str | None:
    """Normalise one number with phonenumbers; the oracle of `phones`.

    Args:
        value: Any text.
        region: ISO 3166-1 alpha-2 code in upper case, or None.

    Returns:
        E.164, with the extension if there is one, or None.
    """
    readings = [_parsed(value, region)]
    # The library may take off a second national prefix when it reads its own answer.
    while (latest := readings[-1]) and latest not in readings[:-1]:
        readings.append(_parsed(latest, None))
    return readings[-1] if readings[-2:-1] == readings[-1:] else None


def _parsed(value: str, region: str | None) -> str | None:
    import phonenumbers
    from phonenumbers import NumberParseException, PhoneNumberFormat, ValidationResult

    try:
        number = phonenumbers.parse(value, region)
    except NumberParseException:
        return None
    if phonenumbers.is_possible_number_with_reason(number) != ValidationResult.IS_POSSIBLE:
        return None
    extension = f";ext={phonenumbers.normalize_digits_only(number.extension)}" if number.extension else ""
    return phonenumbers.format_number(number, PhoneNumberFormat.E164) + extension
