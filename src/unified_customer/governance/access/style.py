"""How the page of an answer looks, on a screen and printed."""

from typing import Final

STYLE: Final = """
:root { color-scheme: light dark; --ink: #1d2430; --soft: #5b6675; --line: #d8dee6; --back: #fff; --fill: #f4f6f9;
  --yes: #17683a; --no: #9c2b23; }
@media (prefers-color-scheme: dark) { :root { --ink: #e7ebf0; --soft: #a3afbd; --line: #3a4450; --back: #14181d;
  --fill: #1d232a; --yes: #74d29c; --no: #f0948c; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 2rem 1.25rem 4rem; max-width: 68rem; color: var(--ink); background: var(--back);
  font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 .5rem; }
h2 { font-size: 1.35rem; margin: 2.75rem 0 .5rem; padding-top: .75rem; border-top: 2px solid var(--line); }
h3 { font-size: 1.05rem; margin: 1.75rem 0 .25rem; }
p { margin: .4rem 0 .8rem; max-width: 46rem; }
.lead, .soft { color: var(--soft); }
.facts { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1.25rem; margin: 1rem 0; }
.facts dt { color: var(--soft); } .facts dd { margin: 0; overflow-wrap: anywhere; }
nav { background: var(--fill); border-radius: .5rem; padding: .75rem 1.25rem; margin: 1.5rem 0; }
nav h2 { border: 0; margin: 0; padding: 0; font-size: 1rem; }
nav ol { margin: .4rem 0 .2rem; padding-left: 1.4rem; } nav ol ol { list-style: none; padding-left: .2rem; }
nav a { color: inherit; }
nav .count, h3 .count { color: var(--soft); font-weight: normal; font-size: .875rem; }
.wide { overflow-x: auto; margin: .6rem 0; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; }
th, td { text-align: left; vertical-align: top; padding: .35rem .75rem .35rem 0; border-bottom: 1px solid var(--line); }
th { color: var(--soft); font-weight: 600; white-space: nowrap; }
th:empty { padding: 0; border: 0; }
td { overflow-wrap: break-word; min-width: 4.5rem; } td:last-child { overflow-wrap: anywhere; }
td ul { margin: 0; padding-left: 1.1rem; }
time { white-space: nowrap; }
.grid tr:not(:last-child) td { border-bottom: 0; padding-bottom: .1rem; }
.also ul ul, .also ul ul li { display: inline; padding: 0; } .also ul ul li:not(:last-child)::after { content: "; "; }
.grid tr + tr td { padding-top: 0; overflow-wrap: anywhere; }
.also { display: inline-block; vertical-align: top; margin-right: .9rem; color: var(--soft); font-size: .82rem; }
.also b { font-weight: 600; } .also bdi, .also time { color: var(--ink); }
.card { border: 1px solid var(--line); border-radius: .5rem; padding: .4rem 1rem; margin: .75rem 0; break-inside: avoid; }
.card td:first-child { width: 14rem; color: var(--soft); } .card td:nth-child(3) { width: 16rem; color: var(--soft); }
.card tr:last-child td { border: 0; }
.yes { color: var(--yes); font-weight: 600; } .no { color: var(--no); font-weight: 600; }
details { margin: .4rem 0 1rem; font-size: .875rem; } summary { cursor: pointer; color: var(--soft); }
.legend { display: grid; grid-template-columns: 14rem 1fr; gap: .15rem 1rem; margin: .5rem 0; }
.legend dt { font-weight: 600; } .legend dd { margin: 0; }
@media (max-width: 40rem) { .legend, .facts { grid-template-columns: 1fr; } .card td:first-child { width: 8rem; } }
@media print {
  :root { --ink: #000; --soft: #444; --line: #bbb; --back: #fff; --fill: #fff; --yes: #000; --no: #000; }
  :root { font-size: 9pt; } body { padding: 0; max-width: none; } h2 { break-after: avoid; } h3 { break-after: avoid; }
  tr, .grid tbody { break-inside: avoid; } .wide { overflow: visible; } details::details-content { content-visibility: visible; }
  a { color: inherit; text-decoration: none; }
  .also ul, .also li { display: inline; padding: 0; } .also li:not(:last-child)::after { content: "; "; }
}
"""
"""One sheet for all of it; nothing in it is fetched from elsewhere."""
