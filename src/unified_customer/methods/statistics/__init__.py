"""Estimates with the intervals that belong to them.

    wilson, wilson_columns              a share
    difference_of_shares                two shares
    mean_interval, mean_columns         a mean
    ratio_interval, ratio_columns, Sums a ratio of two means of the same units (delta method)
    bootstrap                           any statistic
    resampled_ratios, percentile_ends   many means or ratios at once, and their paired differences
    weighted_trend, Trend               a straight line through estimates that weigh differently

Each function that takes numbers returns an `Interval`, or None where there is nothing to estimate from; each that ends
in `_columns` takes Polars expressions and returns two of them, null where there is nothing.
"""

from unified_customer.methods.statistics.intervals import Interval, normal_quantile, student_quantile
from unified_customer.methods.statistics.means import Sums, mean_columns, mean_interval, ratio_columns, ratio_interval
from unified_customer.methods.statistics.resampling import bootstrap, percentile_ends, resampled_ratios
from unified_customer.methods.statistics.shares import difference_of_shares, wilson, wilson_columns
from unified_customer.methods.statistics.trends import Trend, weighted_trend

__all__ = [
    "Interval",
    "Sums",
    "Trend",
    "bootstrap",
    "difference_of_shares",
    "mean_columns",
    "mean_interval",
    "normal_quantile",
    "percentile_ends",
    "ratio_columns",
    "ratio_interval",
    "resampled_ratios",
    "student_quantile",
    "weighted_trend",
    "wilson",
    "wilson_columns",
]
