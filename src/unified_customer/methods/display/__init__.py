"""What people see of a result: numbers as they read them, and small pieces of HTML.

    COUNT, SHARE, DAYS, NUMBER, TEXT, money    how a column is written
    as_html_table    a frame as a table, its first rows
    card             a title with a few facts
    result_html      both: what a result shows of itself in a notebook

Nothing here needs a package or the network. Text takes its colour from the page that it stands in, so it follows the
light or dark theme of any notebook. Everything that comes from data is escaped.
"""

from unified_customer.methods.display.html import as_html_table, card, result_html
from unified_customer.methods.display.numbers import COUNT, DAYS, NUMBER, SHARE, TEXT, Format, money

__all__ = ["COUNT", "DAYS", "NUMBER", "SHARE", "TEXT", "Format", "as_html_table", "card", "money", "result_html"]
