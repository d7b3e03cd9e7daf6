"""Who is who among more records than one machine holds."""

from dataclasses import dataclass

from unified_customer.engines.spark import Frame, grouped, kept, settled
from unified_customer.identity.distributed.clusters import component_of_each, link
from unified_customer.identity.distributed.forms import Layout, Model, count_records, read
from unified_customer.identity.distributed.known import Table, with_known
from unified_customer.identity.distributed.pairs import candidate_pairs, keys_of, score
from unified_customer.identity.matching.expectation import Expected, Tally
from unified_customer.identity.matching.linkage import FORBIDDEN
from unified_customer.identity.matching.matcher import FittedMatcher


@dataclass(frozen=True)
class SparkMatches:
    """Who is who, on Spark: what `Matches` is on one machine. Rows have no order.

    Attributes:
        partition: `record_id`, `customer_id`, `probability`, as in `Matches`.
        scored: `record_a`, `record_b`, `bits`, `probability`: all pairs that were compared.
        matcher: The matcher that said so.
        records: How many records there are.
    """

    partition: Frame
    scored: Frame
    matcher: FittedMatcher
    records: int

    @property
    def pairs(self) -> Frame:
        """The compared pairs that are more likely one person than the threshold says, as in `Matches`."""
        bits = self.scored["bits"]
        return self.scored.filter((bits > self.matcher.bits) & (bits > FORBIDDEN))

    @property
    def threshold(self) -> float:
        """The probability that was asked for."""
        return self.matcher.threshold

    def pairs_scored(self) -> int:
        """Count the pairs that were compared."""
        return self.scored.count()

    def expected(self) -> Expected:
        """Work out how good the pairs are expected to be."""
        told = self._candidates() | self._implied()
        tally = Tally(**{name: float(value or 0) for name, value in told.items()})
        return tally.expected(self.matcher.matches_among(self.records * (self.records - 1) / 2))

    def _candidates(self) -> dict[str, float | None]:
        found = self.scored
        for end in ("a", "b"):
            customers = self.partition.selectExpr(f"record_id AS record_{end}", f"customer_id AS customer_{end}")
            found = found.join(customers, f"record_{end}")
        taken, within = f"bits > {self.matcher.bits!r}D", "customer_a = customer_b"
        (told,) = grouped(
            found,
            likely="sum(probability)",
            spread="sum(probability * (1 - probability))",
            taken=f"count_if({taken})",
            right=f"sum(probability) FILTER (WHERE {taken})",
            within=f"count_if({within})",
            taken_within=f"count_if({within} AND {taken})",
        ).collect()
        return told.asDict()

    def _implied(self) -> dict[str, float | None]:
        sizes = grouped(self.partition, "customer_id", size="CAST(count(1) AS double)")
        (told,) = grouped(sizes, implied="sum(size * (size - 1) / 2)").collect()
        return told.asDict()


def match_on_spark(
    matcher: FittedMatcher, frame: Frame, *, together: "Table | None" = None, apart: "Table | None" = None
) -> SparkMatches:
    """Say who is who among the rows of a Spark frame: what `matcher.match` says of the same records.

    All is worked out before it returns. What it returns is kept by the executors or, where the session has one, in its
    checkpoint folder. Every worker needs this package, of the same version, with the same version of Polars.

    Args:
        matcher: The fitted matcher.
        frame: `record_id` (unique), optionally `source`, and the columns that the matcher was fitted on.
        together: `record_id`, `group`: records of one group are one person. A frame of Polars or of Spark.
        apart: `record_a`, `record_b`: two people. A frame of Polars or of Spark.

    Raises:
        SchemaError: `record_id` is missing, null or not unique; a column is missing, or holds what has no form.
        ConfigurationError: Two records are said to be one person and to be two.
    """
    model = Model(matcher.to_json(), Layout.of(frame, matcher.roles, matcher.reading))
    count = count_records(frame)
    with (
        kept(read(frame, model.layout)) as forms,
        kept(with_known(forms, together=together, apart=apart)) as records,
    ):
        with kept(keys_of(model, records)) as keys:
            scored = settled(score(model, records, candidate_pairs(model, records, keys)))
        partition = settled(link(model, records, component_of_each(scored)))
    return SparkMatches(partition=partition, scored=scored, matcher=matcher, records=count)
