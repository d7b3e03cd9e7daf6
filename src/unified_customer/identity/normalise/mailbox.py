"""E-mail addresses in one canonical form."""

import re
import unicodedata

import polars as pl

from unified_customer.identity.normalise.distinct import as_text, ask_each, settle

_ATEXT = r"[a-z0-9_!#$%&'*+\-/=?^`{|}~]+"
_LABEL = r"[a-z0-9]+(?:-[a-z0-9]+)*"
# Only lower-case ASCII without "--" (which may be punycode): everything else is for the library.
_USUAL = rf"^{_ATEXT}(?:\.{_ATEXT})*@{_LABEL}(?:\.{_LABEL})*\.(?:{_LABEL}-)?[a-z0-9]*[a-z]$"
# So short that no limit of RFC 5321 (63 for a label, 254 in all) can be passed.
_USUAL_LENGTH = 64

_SPACE = "".join(map(chr, [*range(0x21), *range(0x7F, 0xA1), 0xAD, 0x1680, *range(0x2000, 0x2010)]))
_JUNK = _SPACE + "\u2028\u2029\u202f\u205f\u2060\u3000\ufeff,;:"
_BRACKETED = re.compile(r"[^<>]*<([^<>]*)>?", re.DOTALL)
_RESERVED = re.compile(r"(?<=[.\u3002])(arpa|invalid|local|localhost|onion|test)\Z")
_LONGEST = 4096


def emails(values: pl.Series) -> pl.Series:
    """Bring e-mail addresses to one canonical form.

    Unicode is folded (NFKC), surrounding spaces, `mailto:`, angle brackets, a display name, quotes and trailing
    punctuation go, the domain becomes lower-case ASCII (IDNA 2008). The local part becomes lower-case too: RFC 5321
    lets a server tell `Ann@` from `ann@`, but no provider of note does, and people type both for one mailbox. Tags
    ("+shop") and dots stay; see `email_mailbox`. Reserved domains such as `example.com`, `.test`, `.invalid` and
    `.local` pass, since only the syntax is judged; nothing is looked up.

    Args:
        values: Addresses as found.

    Returns:
        String of the same length and order; null where the value is null, blank or not the syntax of an address.

    References:
        RFC 5321, RFC 5322, RFC 6531 (internationalised addresses), RFC 5891 (IDNA 2008), UTS 46.

    Examples:
        >>> emails(pl.Series([" Ann@Example.COM ", "<mailto:bob+x@bücher.example>", "nobody"])).to_list()
        ['ann@example.com', 'bob+x@xn--bcher-kva.example', None]
    """
    text = as_text(values)
    if len(text) == 1:
        return ask_each(text, email_by_library)
    # Lower-casing can make ASCII of a letter that is none (the Kelvin sign), so only ASCII is taken as usual.
    stripped = text.str.strip_chars()
    lowered = stripped.str.to_lowercase()
    usual = (stripped.str.len_bytes() == stripped.str.len_chars()) & (lowered.str.len_bytes() <= _USUAL_LENGTH)
    usual &= lowered.str.contains(_USUAL)
    undecided = ~usual.fill_null(value=True) & (stripped != "").fill_null(value=False)
    answers = lowered.replace("", None)
    return settle(answers, undecided, lambda rows: ask_each(text.gather(rows), email_by_library)).alias(values.name)


def email_by_library(value: str) -> str | None:
    """Normalise one address with email-validator; the oracle of `emails`.

    Args:
        value: Any text.

    Returns:
        The canonical address, or None.
    """
    address = _unwrapped(value)
    local, at, domain = address.rpartition("@")
    if not (local and at and domain) or len(address) > _LONGEST:
        return None
    # The library refuses reserved names as undeliverable; a stand-in of equal length leaves only the syntax to judge.
    reserved = _RESERVED.search(domain)
    if reserved is None:
        return _validated(f"{local}@{domain}")
    stand_in = "x" * len(reserved[1])
    answer = _validated(f"{local}@{domain[: reserved.start()]}{stand_in}")
    return answer and answer.removesuffix(stand_in) + reserved[1]


def _validated(address: str) -> str | None:
    from email_validator import EmailNotValidError, validate_email

    try:
        found = validate_email(address, check_deliverability=False, allow_smtputf8=True, test_environment=False)
    except EmailNotValidError:
        return None
    return f"{found.local_part}@{found.ascii_domain}"


def _unwrapped(value: str) -> str:
    text = _lowered(value)
    while True:
        before = text
        text = text.strip(_JUNK).rstrip(_JUNK + ".")
        if text.startswith("mailto:"):
            text = text.removeprefix("mailto:").partition("?")[0]
        if bracketed := _BRACKETED.fullmatch(text):
            text = bracketed[1]
        if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"":
            text = text[1:-1]
        if text == before:
            return text


def _lowered(value: str) -> str:
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", value).lower())


def email_mailbox(values: pl.Series) -> pl.Series:
    """Give the mailbox behind each address: what is left without tags and decoration.

    The tag after "+" is dropped everywhere; for Gmail the dots of the local part too, and `googlemail.com` becomes
    `gmail.com`. Good as a comparison key, not as an address to write to: a few servers read "+" as an ordinary letter.

    Args:
        values: Addresses, normalised or not.

    Returns:
        String of the same length and order; null where `emails` gives null.

    Examples:
        >>> email_mailbox(pl.Series(["A.Nn+shop@googlemail.com", "bob.x+1@example.com"])).to_list()
        ['ann@gmail.com', 'bob.x@example.com']
    """
    address = (
        emails(values)
        .to_frame("address")
        .select(
            pl.col("address").str.extract(r"^(.[^+]*)").str.replace("@.*$", "").alias("local"),
            pl.col("address").str.extract(r"@([^@]*)$").replace("googlemail.com", "gmail.com").alias("domain"),
        )
    )
    local = pl.col("local")
    dotless = pl.when(pl.col("domain") == "gmail.com").then(local.str.replace_all(".", "", literal=True))
    joined = pl.concat_str(dotless.otherwise(local), pl.lit("@"), pl.col("domain"))
    return address.select(joined.alias(values.name)).to_series()
