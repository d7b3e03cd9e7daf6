"""The usual written form of postcodes, country by country.

Patterns are of the bare code: capitals and digits, without spaces, dots and hyphens. What stands before it to name the
country ("D-10115", "NL-1234 AB") is let pass and dropped.

References:
    Universal Postal Union, POST*CODE addressing guides.
"""

from functools import lru_cache

_DIGITS_ONLY = {
    3: "FO IS LS MG OM PG",
    4: "AF AL AM AT AU BD BE BG CC CH CV CX CY DK ET GE GL GW HM HT HU LI LR LU MK MZ NE NF NO NP NZ PH PY SI SJ TN VE ZA",
    5: "AX BA BT CR CU DE DO DZ EE EG ES FI FR GF GP GT HN HR ID IQ IT JO KE KH KR KW LA LK MA MC ME MM MN MQ MX MY MU "
    "NC NI PE PF PK PM RE RS SD SM SN TH TR UA UY VA WF XK YT ZM",
    6: "BY CN CO EC IN KG KZ NG RO RU SG TJ TM TT UZ",
    7: "CL IL",
}
# The letters of the plate, which are written before the code in letters that cross a border.
_BEFORE = {
    "AT": "A", "BE": "B", "DE": "D", "ES": "E", "FI": "FIN", "FR": "F", "HU": "H", "IT": "I", "LU": "L", "NO": "N",
    "PT": "P", "SE": "S",
}  # fmt: skip
_BRITISH = (r"(GIR|[A-Z]{1,2}\d[A-Z\d]?)(\d[A-Z]{2})", "${1} ${2}")
_AMERICAN = ((r"(\d{5})", "${1}"), (r"(\d{5})(\d{4})", "${1}-${2}"))
_SPACED_3_2 = ((r"(\d{3})(\d{2})", "${1} ${2}"),)
_OTHER = {
    "AD": (("AD(\\d{3})", "AD${1}"),),
    "AR": ((r"(\d{4})", "${1}"), (r"([A-Z]\d{4}[A-Z]{3})", "${1}")),
    "AZ": ((r"(?:AZ)?(\d{4})", "AZ${1}"),),
    "BB": ((r"(?:BB)?(\d{5})", "BB${1}"),),
    "BN": ((r"([A-Z]{2}\d{4})", "${1}"),),
    "BR": ((r"(\d{5})(\d{3})", "${1}-${2}"),),
    "BM": ((r"([A-Z]{2})([A-Z\d]{2})", "${1} ${2}"),),
    "CA": ((r"([ABCEGHJ-NPRSTVXY]\d[ABCEGHJ-NPRSTV-Z])(\d[ABCEGHJ-NPRSTV-Z]\d)", "${1} ${2}"),),
    "CZ": _SPACED_3_2,
    "FK": ((r"(FIQQ)(1ZZ)", "${1} ${2}"),),
    "GB": (_BRITISH,),
    "GG": (_BRITISH,),
    "GI": ((r"(GX11)(1AA)", "${1} ${2}"),),
    "GR": _SPACED_3_2,
    "GS": ((r"(SIQQ)(1ZZ)", "${1} ${2}"),),
    "IE": ((r"([AC-FHKNPRTV-Y]\d[\dW])([AC-FHKNPRTV-Y\d]{4})", "${1} ${2}"),),
    "IM": (_BRITISH,),
    "IR": ((r"(\d{5})(\d{5})", "${1}-${2}"),),
    "JE": (_BRITISH,),
    "JP": ((r"(\d{3})(\d{4})", "${1}-${2}"),),
    "KY": ((r"(KY\d)(\d{4})", "${1}-${2}"),),
    "LB": ((r"(\d{4})", "${1}"), (r"(\d{4})(\d{4})", "${1} ${2}")),
    "LT": ((r"(?:LT)?(\d{5})", "LT-${1}"),),
    "LV": ((r"(?:LV)?(\d{4})", "LV-${1}"),),
    "MD": ((r"(?:MD)?(\d{4})", "MD-${1}"),),
    "MT": ((r"([A-Z]{3})(\d{4})", "${1} ${2}"),),
    "NL": ((r"(\d{4})([A-Z]{2})", "${1} ${2}"),),
    "PL": ((r"(\d{2})(\d{3})", "${1}-${2}"),),
    "PT": ((r"(\d{4})", "${1}"), (r"(\d{4})(\d{3})", "${1}-${2}")),
    "SA": _AMERICAN,
    "SE": _SPACED_3_2,
    "SK": _SPACED_3_2,
    "SZ": ((r"([A-Z]\d{3})", "${1}"),),
    "TW": ((r"(\d{3})", "${1}"), (r"(\d{5,6})", "${1}")),
    "VN": ((r"(\d{5,6})", "${1}"),),
    **dict.fromkeys(("AS", "FM", "GU", "MH", "MP", "PR", "PW", "UM", "US", "VI"), _AMERICAN),
}


@lru_cache(maxsize=1)
def postal_forms() -> dict[str, tuple[tuple[str, str], ...]]:
    """For each ISO 3166-1 alpha-2 code, patterns of the bare postcode and how each is written."""
    plain = {
        country: ((rf"(\d{{{length}}})", "${1}"),)
        for length, listed in _DIGITS_ONLY.items()
        for country in listed.split()
    }
    return {
        country: tuple((rf"^(?:{_before(country)})?{bare}$", written) for bare, written in forms)
        for country, forms in (plain | _OTHER).items()
    }


def _before(country: str) -> str:
    return f"{country}|{_BEFORE[country]}" if country in _BEFORE else country
