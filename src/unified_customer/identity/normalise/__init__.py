"""Personal values in one form each: pure functions from a column as found to a column of the same length and order.

Null stays null, and what cannot be read becomes null: a value that is not blank and whose normal form is null could not
be read. The value as found is never changed; keep both. Each distinct value is worked on once; the usual shapes take a
vectorised path, and all else goes to the library that is the authority on it.

    emails, email_mailbox                       e-mail addresses (email-validator)
    phones                                      telephone numbers as E.164 (phonenumbers)
    names, name_key                             display form and match key of names (anyascii)
    split_full_names, honorifics, genders       the person behind a name (nameparser)
    dates, infer_date_format, timestamps        days and points in time
    postcodes, street_key, city_key             addresses
    countries, languages, currencies            ISO codes (pycountry)
    is_junk, junk_values                        values that identify nobody
"""

from unified_customer.identity.normalise.address import city_key, postcodes, street_key
from unified_customer.identity.normalise.calendar_dates import DateFormat, dates, infer_date_format
from unified_customer.identity.normalise.codes import countries, currencies, languages
from unified_customer.identity.normalise.instants import timestamps
from unified_customer.identity.normalise.junk import JunkPattern, is_junk, junk_values
from unified_customer.identity.normalise.lettering import name_key, names
from unified_customer.identity.normalise.mailbox import email_mailbox, emails
from unified_customer.identity.normalise.people import NAME_PARTS, genders, honorifics, split_full_names
from unified_customer.identity.normalise.telephone import phones

__all__ = [
    "NAME_PARTS",
    "DateFormat",
    "JunkPattern",
    "city_key",
    "countries",
    "currencies",
    "dates",
    "email_mailbox",
    "emails",
    "genders",
    "honorifics",
    "infer_date_format",
    "is_junk",
    "junk_values",
    "languages",
    "name_key",
    "names",
    "phones",
    "postcodes",
    "split_full_names",
    "street_key",
    "timestamps",
]
