"""Charts from frames, drawn with Altair: `pip install "unified-customer[charts]"`.

    waterfall    numbers that add up, step by step
    levels       how much each level weighs, and how often it is seen
    curve        a share that rises along an axis, with the place where one stands
    network      points and links, in parts
    grid         a value for every pair of two scores: the RFM grid
    heatmap      a value for every pair of two names: how complete the fields of sources are
    treemap      parts of a whole as tiles: segments
    bars         shares side by side: segments by size and by revenue
    matrix       how many go from where to where
    triangle     cohorts by the periods of their life, blank where nothing is known yet
    bands        curves with confidence bands: retention
    trend        a KPI over periods, with its interval
    tracking     what came against what was expected, in calibration and holdout
    funnel       ordered steps, and how many are left
    forest       estimates with their intervals
    scatter      two numbers of each of a few named things
    landscape    many things, those that are alike near each other: the map of a catalogue

    saved        write a chart to a file: SVG, PNG, HTML or JSON
    as_svg       a chart as SVG for a page that has light and dark
    LIGHT, DARK  the colours of the two looks, for the page around

Each takes frames with the columns that its docstring names and returns an Altair chart, which displays itself in a
notebook, saves with `saved(chart, "chart.png")` and tells its data with `.to_dict()`. Colours are told apart by the
colour-blind, every axis has a title with its unit, and the same frames always give the same picture; `dark=True` gives
it on a dark ground. From `grid` on they take aggregates alone: they refuse columns that tell people apart, and more
rows than one can see.
"""

from unified_customer.methods.charting.bands import bands
from unified_customer.methods.charting.bars import bars
from unified_customer.methods.charting.curve import curve
from unified_customer.methods.charting.drawing import Chart
from unified_customer.methods.charting.export import as_svg, saved
from unified_customer.methods.charting.forest import forest
from unified_customer.methods.charting.funnel import funnel
from unified_customer.methods.charting.grid import grid
from unified_customer.methods.charting.heatmap import heatmap
from unified_customer.methods.charting.landscape import landscape
from unified_customer.methods.charting.levels import levels
from unified_customer.methods.charting.looks import DARK, LIGHT, Look
from unified_customer.methods.charting.matrix import matrix
from unified_customer.methods.charting.network import network
from unified_customer.methods.charting.scatter import scatter
from unified_customer.methods.charting.tracking import tracking
from unified_customer.methods.charting.treemap import treemap
from unified_customer.methods.charting.trend import trend
from unified_customer.methods.charting.triangle import triangle
from unified_customer.methods.charting.waterfall import waterfall

__all__ = [
    "DARK",
    "LIGHT",
    "Chart",
    "Look",
    "as_svg",
    "bands",
    "bars",
    "curve",
    "forest",
    "funnel",
    "grid",
    "heatmap",
    "landscape",
    "levels",
    "matrix",
    "network",
    "saved",
    "scatter",
    "tracking",
    "treemap",
    "trend",
    "triangle",
    "waterfall",
]
