"""Days of the year that come round, and ages: whole-number arithmetic, alike on every engine."""

from calendar import isleap
from collections.abc import Mapping
from datetime import UTC, date, datetime

import narwhals as nw

from unified_customer.core.errors import SchemaError
from unified_customer.engines.portable import Lazy, civil
from unified_customer.segmentation.audiences.compiling.looked_up import as_day, looked_up

_PARTS = ("year", "month", "day")


def with_dates(lazy: Lazy, fields: Mapping[str, str], *, zone: str, name: str) -> Lazy:
    """Return a frame with the year, month and day of dates: `<key>_year`, `<key>_month`, `<key>_day`.

    Args:
        lazy: The frame.
        fields: For each key the column of the date, or the path to it in JSON.
        zone: The shop's zone, for instants.
        name: What the table is called if a column is missing.

    Raises:
        SchemaError: There is no such column, or it holds no dates.
    """
    frame = lazy
    for key, field in fields.items():
        dtype = frame.collect_schema().get(field)
        if isinstance(dtype, nw.Date | nw.Datetime):
            frame = civil(frame.with_columns(nw.col(field).alias(f"{key}_on")), f"{key}_on", zone=zone)
            on = nw.col(f"{key}_on").dt
            frame = frame.with_columns(_named(key, on.year(), on.month(), on.day()))
        elif dtype is None or isinstance(dtype, nw.String):
            frame = _from_text(frame, key, field, name)
        else:
            raise SchemaError(f"{field!r} of {name!r} holds {dtype}, not dates.")
    return frame


def _from_text(lazy: Lazy, key: str, field: str, name: str) -> Lazy:
    found = looked_up(lazy, [field], as_of=datetime(1970, 1, 1, tzinfo=UTC), zone="UTC", name=name, mark=f"{key}_text")
    text = as_day(found.value(field)).str
    return found.lazy.with_columns(_named(key, text.slice(0, 4), text.slice(5, 2), text.slice(8, 2)))


def _named(key: str, *parts: nw.Expr) -> list[nw.Expr]:
    return [part.cast(nw.Int64).alias(f"{key}_{word}") for word, part in zip(_PARTS, parts, strict=True)]


def years_old(key: str, today: date) -> nw.Expr:
    """Return whole years since a date up to `today`; null where it is still to come."""
    year, month, day = (nw.col(f"{key}_{word}") for word in _PARTS)
    to_come = month * 100 + day > today.month * 100 + today.day
    years = today.year - year - nw.when(to_come).then(nw.lit(1)).otherwise(nw.lit(0))
    return nw.when(years >= 0).then(years)


def days_until(key: str, today: date) -> nw.Expr:
    """Return in how many days the day of the year comes round, 0 for today; 29 February comes on 1 March if need be."""
    this = _number(key, today.year) - today.toordinal()
    return nw.when(this >= 0).then(this).otherwise(_number(key, today.year + 1) - today.toordinal())


def _number(key: str, year: int) -> nw.Expr:
    """Return the number of the day in a year, as `date.toordinal` counts.

    References:
        J. Meeus (1998): Astronomical algorithms, chapter 7, the day of the year.
    """
    month, day = nw.col(f"{key}_month"), nw.col(f"{key}_day")
    after_february = nw.when(month > 2).then(nw.lit(2 - isleap(year))).otherwise(nw.lit(0))
    return (month * 367 - 362) // 12 - after_february + day + date(year, 1, 1).toordinal() - 1
