"""What sources and people's records say of organisations: namings, each with a name, a domain, a country, a tax id.

A naming is one way in which an organisation is named: an account of a source, or a name and a mail domain that stand
together on records of people. Mailbox providers are no organisations of those who have a mailbox there, and neither is
"self-employed".
"""

import json
from typing import Any, Final

import polars as pl

from unified_customer.identity.matching.value_forms import form_of

NAMINGS: Final[dict[str, pl.DataType]] = {
    "naming": pl.String(),
    "source": pl.String(),
    "source_account_id": pl.String(),
    "said": pl.String(),
    "name": pl.String(),
    "domain": pl.String(),
    "country": pl.String(),
    "tax_id": pl.String(),
    "records": pl.Int64(),
    "seq": pl.Int64(),
}
"""Columns of namings. `naming` names the row; `source` is null for what records say; `said` is the name as written,
`name` its normal form; `records` is how many records say it, and `seq` when it was first seen."""

_BETWEEN: Final = "\x1f"

FREE_MAIL: Final = frozenset(
    [
        "126.com",
        "139.com",
        "163.com",
        "189.cn",
        "aol.com",
        "arcor.de",
        "att.net",
        "bellsouth.net",
        "bigpond.com",
        "bigpond.net.au",
        "bk.ru",
        "bluewin.ch",
        "bol.com.br",
        "btinternet.com",
        "centrum.cz",
        "charter.net",
        "chello.at",
        "chello.nl",
        "comcast.net",
        "cox.net",
        "daum.net",
        "duck.com",
        "earthlink.net",
        "fastmail.com",
        "fastmail.fm",
        "foxmail.com",
        "free.fr",
        "freemail.hu",
        "freenet.de",
        "hanmail.net",
        "hey.com",
        "hispeed.ch",
        "hushmail.com",
        "icloud.com",
        "inbox.lv",
        "inbox.ru",
        "interia.pl",
        "juno.com",
        "kpnmail.nl",
        "laposte.net",
        "libero.it",
        "list.ru",
        "mac.com",
        "mail.com",
        "mail.de",
        "mail.ee",
        "mail.ru",
        "mailbox.org",
        "me.com",
        "msn.com",
        "naver.com",
        "netscape.net",
        "netzero.net",
        "ntlworld.com",
        "o2.pl",
        "onet.pl",
        "op.pl",
        "optonline.net",
        "optusnet.com.au",
        "orange.fr",
        "passport.com",
        "planet.nl",
        "pm.me",
        "posteo.de",
        "proton.me",
        "protonmail.ch",
        "protonmail.com",
        "qq.com",
        "rambler.ru",
        "rediffmail.com",
        "rocketmail.com",
        "rogers.com",
        "sapo.pt",
        "sbcglobal.net",
        "seznam.cz",
        "sfr.fr",
        "shaw.ca",
        "sina.com",
        "sky.com",
        "skynet.be",
        "sympatico.ca",
        "t-online.de",
        "talktalk.net",
        "telenet.be",
        "telus.net",
        "terra.com.br",
        "tin.it",
        "tiscali.co.uk",
        "tiscali.it",
        "tuta.io",
        "tutanota.com",
        "uol.com.br",
        "ukr.net",
        "verizon.net",
        "videotron.ca",
        "virgilio.it",
        "virginmedia.com",
        "wanadoo.fr",
        "web.de",
        "windstream.net",
        "wp.pl",
        "xs4all.nl",
        "xtra.co.nz",
        "ya.ru",
        "yandex.com",
        "yandex.ru",
        "yeah.net",
        "ymail.com",
        "ziggo.nl",
        "zoho.com",
        "zonnet.nl",
    ]
)
"""Where anybody can have a mailbox."""

_FREE_EVERYWHERE: Final = r"^(gmail|googlemail|yahoo|hotmail|outlook|live|gmx|windowslive)\.[a-z]{2,3}(\.[a-z]{2})?$"

NOBODYS: Final = frozenset(
    {
        "self employed", "selfemployed", "self", "freelance", "freelancer", "none", "private", "privat", "privatperson",
        "particulier", "individual", "personal", "home", "student", "retired", "rentner", "unemployed", "not applicable",
        "na", "n a", "no company", "own company", "selbstandig", "selbststandig", "independant", "autonomo",
    }
)  # fmt: skip
"""What people write where they belong to no organisation."""

TAX_IDS: Final = (
    "vat_id", "vatId", "vat_number", "vatNumber", "vat", "tax_id", "taxId", "tax_number", "taxNumber", "ein", "company_number",
    "companyNumber", "registration_number", "registrationNumber", "lei", "duns",
)  # fmt: skip
"""Traits of an account that hold a number which no other organisation has, by their usual names."""


def domains_of_mailboxes(emails: pl.Series, *, free: frozenset[str] = FREE_MAIL) -> pl.Series:
    """Return the domain of each e-mail address that is the domain of an organisation, else null.

    Examples:
        >>> domains_of_mailboxes(pl.Series(["ann@acme.com", "bob@mail.acme.com", "cy@gmail.com", None])).to_list()
        ['acme.com', 'mail.acme.com', None, None]
    """
    return _owned(emails.cast(pl.String).str.to_lowercase().str.extract(r"@([^@\s]+\.[^@\s.]+)$"), free)


def _owned(domains: pl.Series, free: frozenset[str]) -> pl.Series:
    everybodys = domains.is_in(list(free)) | domains.str.contains(_FREE_EVERYWHERE)
    return domains.set(everybodys.fill_null(value=False), None)


def organisation_names(texts: pl.Series) -> pl.Series:
    """Return the normal form of names of organisations, without their legal form; null where there is none.

    Examples:
        >>> organisation_names(pl.Series(["Acme GmbH", "ACME", "self-employed", None])).to_list()
        ['acme', 'acme', None, None]
    """
    form = form_of("organisation", texts.cast(pl.String))
    return form.set(form.is_in(list(NOBODYS)).fill_null(value=False), None)


def namings_of_sources(accounts: pl.DataFrame, memberships: pl.DataFrame, *, free: frozenset[str]) -> pl.DataFrame:
    """Return a naming for each account of a source, those too that only memberships name.

    Args:
        accounts: Rows of the table `accounts`, with `seq`.
        memberships: Rows of the table `account_links`, with `seq`.
        free: Domains of nobody.
    """
    key = ["source", "account_id"]
    named_only = memberships.group_by(key).agg(pl.col("seq").min()).join(accounts, on=key, how="anti")
    rows = pl.concat([accounts, named_only], how="diagonal").rename({"account_id": "source_account_id", "name": "said"})
    traits = pl.Series([_tax_id(text) for text in rows["traits"]], dtype=pl.String)
    found = rows.with_columns(
        naming=pl.concat_str("source", "source_account_id", separator=_BETWEEN),
        name=organisation_names(rows["said"]),
        domain=_owned(form_of("website", rows["website"]), free),
        tax_id=form_of("identifier", traits),
        records=pl.lit(0, dtype=pl.Int64),
    )
    return found.select(pl.col(name).cast(dtype) for name, dtype in NAMINGS.items())


def _tax_id(text: str | None) -> str | None:
    traits: dict[str, Any] = json.loads(text) if text else {}
    return next((str(traits[name]) for name in TAX_IDS if isinstance(traits.get(name), (str, int))), None)


def said_by_records(records: pl.DataFrame, *, free: frozenset[str]) -> pl.DataFrame:
    """Return what each version of each record says of an organisation.

    A version that is silent says what the one before it said; one that the source deleted says nothing. Of several
    versions of one time the last counts.

    Args:
        records: `record_id`, `organisation`, `email`, `observed_at`, `recorded_at`, `deleted`, `seq` of all versions.
        free: Domains of nobody.

    Returns:
        `record_id`, `at` (when it was said, or learned), `seq`, `said`, `name`, `domain`; ordered by record and time.
    """
    ordered = records.with_columns(at=pl.coalesce("observed_at", "recorded_at")).sort("record_id", "at", "seq")
    kept = ordered.with_columns(pl.col("organisation", "email").forward_fill().over("record_id"))
    told = kept.with_columns(
        said="organisation",
        name=organisation_names(kept["organisation"]),
        domain=domains_of_mailboxes(kept["email"], free=free),
    )
    living = (pl.when(~pl.col("deleted")).then(name).alias(name) for name in ("said", "name", "domain"))
    return told.select("record_id", "at", "seq", *living).unique(["record_id", "at"], keep="last", maintain_order=True)


def namings_of_records(said: pl.DataFrame) -> pl.DataFrame:
    """Return a naming for each name and domain that stand together in what `said_by_records` returns."""
    told = said.filter(pl.any_horizontal(pl.col("name", "domain").is_not_null())).with_columns(naming=naming_of())
    spelt = told.drop_nulls("said").group_by("naming", "said").len().sort("len", "said", descending=[True, False])
    most_said = spelt.unique("naming", keep="first", maintain_order=True).select("naming", "said")
    found = told.group_by("naming").agg(
        pl.first("name", "domain"), records=pl.n_unique("record_id").cast(pl.Int64), seq=pl.min("seq")
    )
    named = found.join(most_said, on="naming", how="left")
    blank = {
        name: pl.lit(None, dtype=dtype).alias(name) for name, dtype in NAMINGS.items() if name not in named.columns
    }
    return named.with_columns(*blank.values()).select(*NAMINGS)


def naming_of() -> pl.Expr:
    """Return the expression that names what a record says, by `name` and `domain`."""
    return pl.concat_str(pl.lit(""), pl.col("name").fill_null(""), pl.col("domain").fill_null(""), separator=_BETWEEN)
