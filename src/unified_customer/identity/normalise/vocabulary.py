"""What columns of gender, salutation, country, language and currency say, word by word."""

HONORIFICS = {
    "mr": "mr, mister, herr, herrn, hr, dhr, heer, meneer, monsieur, senor, sr, signor, sig, senhor, pan",
    "mrs": "mrs, missus, frau, fr, mevrouw, mevr, mw, madame, mme, senora, sra, signora, senhora, pani, rouva",
    "ms": "ms",
    "miss": "miss, mlle, mademoiselle, fraulein, frl, senorita, srta, signorina, mej",
    "mx": "mx",
    "dr": "dr, doctor, doktor, drs, dott, dottore, dottoressa, docteur, dra",
    "prof": "prof, professor, professeur, professore, profesor, profesora",
    "sir": "sir",
    "dame": "dame",
    "lord": "lord",
    "lady": "lady",
    "rev": "rev, revd, reverend, pfarrer",
    "hon": "hon, honourable, honorable",
    "ing": "ing, ir",
    "dipl": "dipl, diplom",
    "mag": "mag, magister, magistra",
}

# ISO/IEC 5218 digits are left out: 1 and 2 mean male and female there, and the reverse or 0 and 1 elsewhere.
GENDERS = {
    "female": "female, f, fem, w, woman, girl, lady, madam, mrs, ms, miss, weiblich, frau, madame, mme, mlle, "
    "mademoiselle, femme, feminin, feminine, femenino, femenina, femminile, feminino, mujer, donna, mulher, mevrouw, "
    "mevr, mw, vrouw, vrouwelijk, kvinna, kvinde, kvinne, nainen, kobieta, zena",
    "male": "male, m, masc, man, boy, mr, mister, sir, mannlich, maennlich, herr, herrn, h, homme, monsieur, masculin, "
    "masculine, masculino, maschile, hombre, uomo, homem, meneer, dhr, heer, mannelijk, mand, mann, mies, mezczyzna, muz",
    "other": "other, d, x, divers, diverse, mx, nb, nonbinary, non binary, enby, intersex, inter, third gender, "
    "genderqueer, autre, otro, altro, anders, overig",
}

# Beside the names that ISO 3166-1 gives; XK is not in the standard, but set aside there and in general use.
COUNTRIES = {
    "AE": "uae, emirates",
    "BA": "bosnia",
    "BN": "brunei",
    "CD": "drc, dr congo, congo kinshasa, democratic republic of congo, zaire",
    "CG": "congo brazzaville, republic of congo, congo",
    "CI": "ivory coast",
    "CV": "cape verde",
    "CZ": "czech republic",
    "FK": "falkland islands, falklands",
    "FM": "micronesia",
    "GB": "uk, great britain, britain, england, scotland, wales, cymru, northern ireland",
    "GR": "el, hellas",
    "HK": "hong kong sar",
    "IE": "republic of ireland, eire",
    "KP": "north korea",
    "KR": "south korea, korea, republic of korea",
    "LA": "laos",
    "MK": "macedonia, fyrom",
    "MM": "burma",
    "MO": "macau, macao sar",
    "NL": "holland, netherlands",
    "PS": "palestine",
    "RU": "russia, rossiya, rossia",
    "SK": "slovenska republika",
    "ST": "sao tome",
    "SX": "sint maarten",
    "SZ": "swaziland",
    "TL": "east timor",
    "TR": "turkey, turkiye",
    "US": "usa, us of a, america, united states of america, united states",
    "VA": "vatican, vatican city",
    "VG": "british virgin islands",
    "VI": "us virgin islands",
    "XK": "xk, xkx, kosovo, kosova",
}

# The languages into which iso-codes is translated with care; some others hold names of the wrong country.
TRANSLATIONS = (
    "ar bg bs ca cs cy da de el es et eu fa fi fr ga gl he hr hu id is it ja ko lt lv mk mt nb_NO nl nn pl pt pt_BR ro "
    "ru sk sl sq sr sr@latin sv th tr uk vi zh_CN zh_HK zh_TW"
)

# What speakers call their language, where ISO 639 gives only the English name.
LANGUAGES = {
    "ar": "al arabiyya, arabiy, alrby",
    "bg": "balgarski",
    "ca": "catala, valencia",
    "cs": "cestina, cesky",
    "cy": "cymraeg",
    "da": "dansk",
    "de": "deutsch",
    "el": "ellinika, greek",
    "es": "espanol, castellano",
    "et": "eesti",
    "eu": "euskara",
    "fa": "farsi, persian, farsy",
    "fi": "suomi",
    "fr": "francais",
    "ga": "gaeilge",
    "gl": "galego",
    "he": "ivrit",
    "hr": "hrvatski",
    "hu": "magyar",
    "id": "bahasa indonesia",
    "is": "islenska",
    "it": "italiano",
    "ja": "nihongo",
    "lt": "lietuviu",
    "lv": "latviesu",
    "ms": "bahasa melayu, malay",
    "nb": "norsk bokmal, bokmal",
    "nl": "nederlands, flemish, vlaams",
    "nn": "nynorsk",
    "no": "norsk",
    "pl": "polski",
    "pt": "portugues",
    "ro": "romana",
    "ru": "russkiy, russkii",
    "sk": "slovencina",
    "sl": "slovenscina",
    "sq": "shqip",
    "sr": "srpski",
    "sv": "svenska",
    "sw": "kiswahili, swahili",
    "tr": "turkce",
    "uk": "ukrainska, ukrayinska",
    "vi": "tieng viet",
    "zh": "mandarin, zhongwen",
}

# Only signs that one currency has to itself: "$" and the yen sign have several, and stay unknown. The bare pound sign
# is sterling's; other pounds are written with a letter before it.
CURRENCY_SIGNS = {
    "AUD": "A$, AU$",
    "BRL": "R$",
    "CAD": "C$, CA$",
    "CZK": "Kč",
    "EUR": "€",
    "GBP": "£",
    "GEL": "₾",
    "HKD": "HK$",
    "ILS": "₪",
    "INR": "₹",
    "KZT": "₸",
    "NGN": "₦",
    "NZD": "NZ$",
    "PHP": "₱",
    "PLN": "zł",
    "RUB": "₽",
    "THB": "฿",
    "TRY": "₺",
    "TWD": "NT$",
    "UAH": "₴",
    "USD": "US$",
    "VND": "₫",
}


def by_word(groups: dict[str, str]) -> dict[str, str]:
    """Turn meaning -> words into word -> meaning."""
    return {word: meaning for meaning, words in groups.items() for word in words.split(", ")}
