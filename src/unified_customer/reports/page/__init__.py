"""One page about the customer base: figures, charts and tables in sections, as one file of HTML.

Nothing on the page is fetched and no script runs: charts are drawn beforehand. It follows the reader's choice of light
or dark, and prints on white.
"""

from unified_customer.reports.page.html import page_html
from unified_customer.reports.page.parts import Block, Figure, Page, Section, Tile

__all__ = ["Block", "Figure", "Page", "Section", "Tile", "page_html"]
