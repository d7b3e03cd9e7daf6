"""The look of cards and of the handbook: light or dark on a screen, light on paper, a card a page."""

from html import escape
from typing import Final

from unified_customer.methods.charting import DARK, LIGHT

ACCENTS: Final = len(LIGHT.kinds)
"""So many colours cards have in turn."""


def _variables(name: str) -> str:
    look = DARK if name == "dark" else LIGHT
    veil = "rgba(255,255,255,.05)" if name == "dark" else "#F5F6F7"
    colours = {
        "paper": look.background, "ink": look.ink, "soft": look.soft, "line": look.grid, "veil": veil,
        "rise": look.rise, **{f"kind-{place}": colour for place, colour in enumerate(look.kinds)},
    }  # fmt: skip
    return "".join(f"--uc-{name}:{colour};" for name, colour in colours.items()) + f"color-scheme:{name}"


_RULES: Final = """
.uc-page{background:var(--uc-paper);color:var(--uc-ink);
 font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,Arial,sans-serif;-webkit-print-color-adjust:exact;
 print-color-adjust:exact}
.uc-page *{box-sizing:border-box}
.uc-page section{max-width:860px;margin:0 auto;padding:34px 28px}
.uc-page h1{font-size:34px;line-height:1.15;margin:0 0 10px;letter-spacing:-.01em;font-weight:700;color:inherit}
.uc-page h2{font-size:28px;line-height:1.2;margin:2px 0 0;letter-spacing:-.01em;font-weight:700;color:inherit}
.uc-page h3{font-size:12px;text-transform:uppercase;letter-spacing:.07em;color:var(--uc-soft);margin:0 0 6px;
 font-weight:600}
.uc-page p{margin:0 0 10px}
.uc-page a{color:inherit;text-decoration-color:var(--uc-soft);text-underline-offset:3px}
.uc-page table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
.uc-page th{font-weight:600;text-align:left;color:var(--uc-soft);font-size:12px}
.uc-page td,.uc-page th{padding:6px 10px 6px 0;border-bottom:1px solid var(--uc-line);vertical-align:top}
.uc-page .uc-number{text-align:right;white-space:nowrap}
.uc-page .uc-soft{color:var(--uc-soft)}
.uc-page .uc-small{color:var(--uc-soft);font-size:12px;line-height:1.45}
.uc-page .uc-chart{display:block;margin:0 auto}
.uc-cover{border-top:6px solid var(--uc-rise)}
.uc-meta{display:flex;flex-wrap:wrap;gap:4px 28px;margin:14px 0 22px;padding:0}
.uc-meta div{min-width:0}
.uc-meta dt,.uc-facts dt{color:var(--uc-soft);font-size:12px}
.uc-page .uc-meta dd{margin:0;font-weight:600}
.uc-card{border-top:6px solid var(--uc-accent)}
.uc-kicker{color:var(--uc-soft);font-size:13px}
.uc-facts{display:flex;flex-wrap:wrap;gap:8px 30px;margin:14px 0 16px}
.uc-facts div{display:flex;flex-direction:column-reverse}
.uc-page .uc-facts dd{margin:0;font-size:23px;line-height:1.2;font-weight:650;font-variant-numeric:tabular-nums}
.uc-story{font-size:16px;max-width:46em}
.uc-columns{display:grid;grid-template-columns:1fr 1fr;gap:18px 30px;margin:16px 0 18px}
.uc-box{background:var(--uc-veil);border-radius:8px;padding:12px 16px}
.uc-box p:last-child{margin-bottom:0}
.uc-action{border-left:4px solid var(--uc-accent)}
.uc-page blockquote{margin:0;font:italic 17px/1.5 Georgia,"Times New Roman",serif}
.uc-lines{height:26px;border-bottom:1px dotted var(--uc-soft)}
.uc-list{display:grid;grid-template-columns:auto 1fr;gap:3px 14px;margin:0}
.uc-list dt{color:var(--uc-soft)}
.uc-page .uc-list dd{margin:0;font-weight:600;overflow-wrap:anywhere}
.uc-list dd small{font-weight:400;color:var(--uc-soft)}
.uc-bar{display:grid;grid-template-columns:8.5em 1fr 3.6em;gap:10px;align-items:center;margin:3px 0}
.uc-bar span:first-child{overflow-wrap:anywhere}
.uc-track{background:var(--uc-line);border-radius:4px;height:9px;overflow:hidden}
.uc-track i{display:block;height:100%;background:var(--uc-accent);border-radius:4px}
.uc-list+.uc-small{margin-top:8px}
.uc-stack{display:flex;flex-direction:column;gap:14px}
.uc-lead{font-size:18px;color:var(--uc-soft);margin:0 0 18px}
@media (max-width:620px){.uc-columns{grid-template-columns:1fr}.uc-page section{padding:24px 16px}}
@media print{
 @page{size:A4;margin:10mm 12mm}
 .uc-page{font-size:9.3pt;line-height:1.4}
 .uc-page section{max-width:none;padding:8px 0 0;break-after:page}
 .uc-page section:last-child{break-after:auto}
 .uc-page h1{font-size:24pt}
 .uc-page h2{font-size:19pt;margin:0}
 .uc-page h3{font-size:7.5pt;margin-bottom:3px}
 .uc-page a{text-decoration:none}
 .uc-page td,.uc-page th{padding:3px 10px 3px 0}
 .uc-page th,.uc-page .uc-small,.uc-facts dt,.uc-meta dt{font-size:7.5pt}
 .uc-page blockquote{font-size:10.5pt}
 .uc-lead{font-size:12pt;margin-bottom:12px}
 .uc-story{font-size:10pt;max-width:none}
 .uc-facts{margin:8px 0 10px;gap:4px 22px}
 .uc-page .uc-facts dd{font-size:15pt}
 .uc-columns{margin:10px 0;gap:10px 26px}
 .uc-stack{gap:9px}
 .uc-box{padding:8px 12px}
 .uc-lines{height:21px}
 .uc-list{gap:1px 12px}
 .uc-bar{margin:0}
 .uc-page svg{max-height:110mm}
 .uc-card svg{max-height:66mm}
 .uc-columns,.uc-page tr,.uc-page svg,.uc-box{break-inside:avoid}
}
"""


def styles() -> str:
    """Return the style sheet of a page or a card."""
    light, dark = _variables("light"), _variables("dark")
    turned = (
        f"@media screen and (prefers-color-scheme:dark){{:root:not([data-theme=light]) .uc-page{{{dark}}}}}"
        f"@media screen{{:root[data-theme=dark] .uc-page{{{dark}}}}}"
    )
    accents = "".join(f".uc-accent-{place}{{--uc-accent:var(--uc-kind-{place})}}" for place in range(ACCENTS))
    return f"<style>.uc-page{{{light}}}{turned}{accents}{_RULES}</style>"


def whole_page(title: str, body: str) -> str:
    """Return a page that stands alone: it loads nothing and runs nothing."""
    policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(title)}</title>{styles()}<style>body{{margin:0}}</style></head>"
        f'<body class="uc-page">{body}</body></html>\n'
    )
