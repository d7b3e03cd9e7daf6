"""Who is in which research segment, as a tool tells that was fitted and saved."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import numpy as np
import polars as pl

from unified_customer.core.clock import as_utc
from unified_customer.core.models.base import Model
from unified_customer.engines.portable import Native, brought, collected, given_back, opened
from unified_customer.methods.learning import Floats
from unified_customer.segmentation.needs.answers import features_as_answers, latest_answers, native_answers
from unified_customer.segmentation.needs.predictor import Predictor

FEATURES: Final = "features"


class SegmentClassifier(Model):
    """A typing tool: the research segment of everybody who answers a few questions, or of whom something else is known.

    It is plain numbers, and holds nobody: `SegmentClassifier.from_body(fitted.to_body())` is the same tool.
    """

    segments: tuple[str, ...]
    """The research segments."""
    by_answers: Predictor
    """Of the short question set."""
    by_features: Predictor | None = None
    """Of the table `features`; None: there was none."""
    instruments: tuple[str, ...] = ()
    """Questions of which surveys, polls or quizzes; none: all."""
    zone: str = "UTC"
    """IANA time zone of times that name none."""

    @classmethod
    def from_body(cls, body: Mapping[str, Any]) -> "SegmentClassifier":
        """Return the tool that `to_body` of a fitted typing tool holds.

        Raises:
            pydantic.ValidationError: The body is of something else.
        """
        return cls.model_validate(body["classifier"])

    @property
    def questions(self) -> list[str]:
        """The questions to ask."""
        return list(dict.fromkeys(each.question for each in self.by_answers.asked))

    def assign(self, tables: Mapping[str, Native], *, as_of: datetime) -> Native:
        """Return the likeliest segment of everybody in `answers` and `features`.

        Who answered any question of the short set is told by that, with an average answer to what was left out; others
        by `features`, where there are some and the tool knows them. Of whom neither is known the segment is null.

        Args:
            tables: `answers` as for `TypingTool`, perhaps `features`, on any engine.
            as_of: Only what was answered strictly before.

        Returns:
            `customer_id`, `segment`, `probability` and `known_by` (`answers`, `features` or null), one row a customer,
            as the kind of frame that `answers` is.

        Raises:
            SchemaError: A table or column is missing.
        """
        return self._back(self._told(self._probable(tables, as_of)), tables)

    def probabilities(self, tables: Mapping[str, Native], *, as_of: datetime) -> Native:
        """Return the probability of each segment: `customer_id`, `segment`, `probability`, of all whom `assign` can tell.

        Args:
            tables: As for `assign`.
            as_of: Only what was answered strictly before.

        Raises:
            SchemaError: A table or column is missing.
        """
        known = self._probable(tables, as_of).filter(pl.col("known_by").is_not_null())
        long = known.select("customer_id", *self._columns).unpivot(
            self._columns, index="customer_id", variable_name="place", value_name="probability"
        )
        named = pl.col("place").replace_strict(
            dict(zip(self._columns, self.segments, strict=True)), return_dtype=pl.String
        )
        return self._back(long.select("customer_id", segment=named, probability="probability"), tables)

    @property
    def _columns(self) -> list[str]:
        return [f"p{place}" for place in range(len(self.segments))]

    def _back(self, frame: pl.DataFrame, tables: Mapping[str, Native]) -> Native:
        like = native_answers(tables)
        return given_back(brought(frame, like=opened(like)), like=like)

    def _told(self, probable: pl.DataFrame) -> pl.DataFrame:
        rows = probable.select(self._columns).to_numpy()
        # Of segments that are equally likely it is the first.
        best = np.argmax(np.round(np.nan_to_num(rows, nan=-1.0), 12), axis=1) if len(rows) else np.arange(0)
        known = pl.col("known_by").is_not_null()
        told = probable.select(
            "customer_id",
            segment=pl.Series(np.array(self.segments, dtype=object)[best], dtype=pl.String),
            probability=pl.max_horizontal(self._columns),
            known_by="known_by",
        )
        return told.with_columns(pl.when(known).then(name).alias(name) for name in ("segment", "probability"))

    def _probable(self, tables: Mapping[str, Native], as_of: datetime) -> pl.DataFrame:
        """Return everybody with the probability of each segment and what it is known by."""
        answers = collected(latest_answers(tables, as_of=as_utc(as_of), zone=self.zone, instruments=self.instruments))
        parts = [self._part(self.by_answers, answers, "answers")]
        everybody = [answers.select("customer_id")]
        if FEATURES in tables:
            features = collected(opened(tables[FEATURES], columns=["customer_id"], name=FEATURES)).drop_nulls(
                "customer_id"
            )
            everybody.append(features.select("customer_id"))
            if self.by_features is not None:
                parts.append(self._part(self.by_features, features_as_answers(features), "features"))
        told = pl.concat(parts).unique("customer_id", keep="first", maintain_order=True)
        return (
            pl.concat(everybody)
            .unique()
            .sort("customer_id")
            .join(told, on="customer_id", how="left", maintain_order="left")
        )

    def _part(self, predictor: Predictor, answers: pl.DataFrame, known_by: str) -> pl.DataFrame:
        customers, probable = predictor.told(answers)
        columns = [
            pl.Series(name, column, dtype=pl.Float64)
            for name, column in zip(self._columns, _columns(probable), strict=True)
        ]
        return customers.with_columns(*columns, known_by=pl.lit(known_by))


def _columns(probable: Floats) -> list[Floats]:
    return [probable[:, place] for place in range(probable.shape[1])]
