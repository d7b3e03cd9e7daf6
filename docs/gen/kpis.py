"""Write the reference page of the KPIs from their catalogue."""

import mkdocs_gen_files

from unified_customer.analytics import KPI, KPIS

PAGE = "reference/kpis.md"
HEAD = """# KPIs

What `Scorecard` tells. This page is written from the catalogue, `unified_customer.analytics.KPIS`.

A KPI whose denominator is zero is null. Units: `share` lies between 0 and 1, `rate` is seldom above 1 and can be, `score` lies
between -100 and 100. Intervals: `wilson` of a share; `t` of a mean, by Student's distribution; `delta` of a ratio of two means,
over customers; `nps` by the variance of the NPS; `none`: a count or sum that is known, or an estimate whose error is not.
"""


def table(family: str) -> str:
    """Return the table of one family."""
    rows = [row(kpi) for kpi in KPIS.values() if kpi.family == family]
    head = ["| KPI | formula | unit | interval | good | needs | source |", "|---|---|---|---|---|---|---|"]
    return "\n".join([*head, *rows])


def row(kpi: KPI) -> str:
    """Return the row of one KPI."""
    needs = ", ".join(f"`{name}`" for name in kpi.needs).replace("|", "` or `")
    said = f"{kpi.title}<br>`{kpi.name}`"
    return f"| {said} | {kpi.formula} | {kpi.unit} | {kpi.interval} | {kpi.good or ''} | {needs} | {kpi.source} |"


with mkdocs_gen_files.open(PAGE, "w") as page:
    page.write(HEAD)
    for family in dict.fromkeys(kpi.family for kpi in KPIS.values()):
        page.write(f"\n## {family.capitalize()}\n\n{table(family)}\n")
