"""Matching of more records than one machine holds: on Spark, with the same links and the same ids.

    match_on_spark, SparkMatches     who is who among the rows of a Spark frame, by a fitted matcher
    fit_on_spark                     a fitted matcher, learned from the rows of a Spark frame

Every step that looks at values is the one that `matching` uses on one machine, sent to the workers; what brings rows
together is left to Spark. See `docs/how-to/match-beyond-one-machine.md`.
"""

from unified_customer.identity.distributed.learning import fit_on_spark
from unified_customer.identity.distributed.matching import SparkMatches, match_on_spark

__all__ = ["SparkMatches", "fit_on_spark", "match_on_spark"]
