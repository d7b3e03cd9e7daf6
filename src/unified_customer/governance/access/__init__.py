"""Access and portability: everything that is held about a person, with what the law asks to be told beside it.

    collect          all of it, from one state of a store (GDPR Art. 15)
    portable         the part of it that a person may take elsewhere (GDPR Art. 20)
    PersonalData     the answer: tables, information, what was withheld; as JSON, as a page, as a folder
    GATHERED         how the rows about a person are found, by table
    ABOUT_NOBODY     the tables that have none, and why

Nothing about another person is handed out with it: see `others`.
"""

from unified_customer.governance.access.collecting import collect, portable
from unified_customer.governance.access.gathering import ABOUT_NOBODY, GATHERED
from unified_customer.governance.access.information import Information
from unified_customer.governance.access.others import Withheld
from unified_customer.governance.access.personal_data import PersonalData

__all__ = ["ABOUT_NOBODY", "GATHERED", "Information", "PersonalData", "Withheld", "collect", "portable"]
