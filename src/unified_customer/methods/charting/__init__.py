"""Charts from frames, drawn with Altair: `pip install "unified-customer[charts]"`.

    waterfall    numbers that add up, step by step
    levels       how much each level weighs, and how often it is seen
    curve        a share that rises along an axis, with the place where one stands
    network      points and links, in parts

Each takes frames with the columns that its docstring names and returns an Altair chart, which displays itself in a notebook,
saves with `.save("chart.html")` and tells its data with `.to_dict()`. Colours are told apart by the colour-blind, every
axis has a title with its unit, and the same frames always give the same picture.
"""

from unified_customer.methods.charting.curve import curve
from unified_customer.methods.charting.drawing import Chart
from unified_customer.methods.charting.levels import levels
from unified_customer.methods.charting.network import network
from unified_customer.methods.charting.waterfall import waterfall

__all__ = ["Chart", "curve", "levels", "network", "waterfall"]
