"""Where somebody lives, as a policy names places: a country, or a region of it where the policy has a rule for that."""

from collections.abc import Collection
from functools import cache


def place_of(country: str | None, region: str | None, *, named: Collection[str]) -> str | None:
    """Return which of the places that are `named` somebody lives in; None where it is none of them, or not known.

    Args:
        country: ISO 3166-1 code, two capital letters.
        region: Its ISO 3166-2 code, with or without the country, or its name in English or the language of the place.
        named: Countries (`US`) and regions (`US-CA`).

    Examples:
        >>> named = ("US-CA", "DE")
        >>> (
        ...     place_of("US", "California", named=named),
        ...     place_of("US", "TX", named=named),
        ...     place_of("DE", None, named=named),
        ... )
        ('US-CA', None, 'DE')
    """
    if country is None:
        return None
    spelled = "" if region is None else region.strip().casefold()
    for place in named:
        if place.startswith(f"{country}-") and spelled in spellings(place):
            return place
    return country if country in named else None


@cache
def spellings(place: str) -> frozenset[str]:
    """Return how the region `place` may be written, in small letters: its code, short or whole, and its name.

    Examples:
        >>> sorted(spellings("US-CA"))
        ['ca', 'california', 'us-ca']
    """
    import pycountry

    found = pycountry.subdivisions.get(code=place)  # type: ignore[no-untyped-call]  # the package has no types
    names = () if found is None else (found.name,)
    return frozenset(each.casefold() for each in (place, place.partition("-")[2], *names))
