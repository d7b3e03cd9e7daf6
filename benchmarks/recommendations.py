"""Recommendations: models fitted on the interactions of a folder, and held to what came later.

The folder holds `train.parquet` and `test.parquet` with the columns `user`, `item`, and if they are there `timestamp` and
`weight`. Everything is chosen on the training part; the test part is read when all is fitted. Each model is fitted in a
process of its own, so that CPU seconds and memory are its own; one line a model, and one for the choice of the selector.
Where customers took the same item more than once, lists with repeats and lists of new items alone are told apart.
"""

import argparse
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import polars as pl

from benchmarks.measuring import report
from unified_customer.recommendations.evaluation import Metrics
from unified_customer.recommendations.models.spec import RecommenderSpec

_NAMES: Final = {"user": "customer_id", "item": "item_id", "timestamp": "occurred_at"}
