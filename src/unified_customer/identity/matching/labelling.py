"""Labelling: a person judges the pairs from which a matcher learns most."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl

from unified_customer.core.errors import ConfigurationError
from unified_customer.identity.matching.encoding import encode
from unified_customer.identity.matching.judged_file import JudgedFile
from unified_customer.identity.matching.judgements import known_from, no_judgements, read_judged
from unified_customer.identity.matching.matcher import FittedMatcher, Matcher
from unified_customer.identity.matching.normal_forms import NormalForms
from unified_customer.identity.matching.proposed_pair import ProposedPair, show
from unified_customer.identity.matching.questions import Question, Questions


class Labelling:
    """Proposes pairs of records to judge, one at a time, and keeps the answers.

    The next pair is the one whose answer is expected to say most about all the others. It depends on the records and on
    what was judged alone: the same answers bring the same pairs, whatever the order of the records, and a labelling
    that is gone on with later goes on as if it had never stopped. No pair comes twice.

    Examples:
        >>> import polars as pl
        >>> from unified_customer.identity.matching import Labelling, Matcher
        >>> names = [
        ...     "Ann Lee",
        ...     "Ann Lea",
        ...     "Bo Berg",
        ...     "Cy Orr",
        ...     "Di Fox",
        ...     "Ed Poe",
        ...     "Flo Day",
        ...     "Gus May",
        ...     "Hal Roe",
        ...     "Ida Sun",
        ... ]
        >>> people = pl.DataFrame({"record_id": range(20), "name": names + [name.upper() for name in names]})
        >>> labelling = Labelling(Matcher(), people)
        >>> pair = next(labelling)
        >>> labelling.answer(same=True)
        >>> labelling.judged["same"].to_list()
        [True]
        >>> refined = labelling.refined()
    """

    def __init__(
        self,
        matcher: Matcher | FittedMatcher,
        records: pl.DataFrame | NormalForms,
        *,
        judged: pl.DataFrame | None = None,
        file: Path | str | None = None,
    ) -> None:
        """Begin, or go on.

        Args:
            matcher: What is to be refined. A matcher that is not fitted is fitted on the records.
            records: The records to judge, as for `Matcher.fit`.
            judged: What was judged before: `record_a`, `record_b`, `same` (null: not sure).
            file: A CSV file in which answers are kept, each at once; what it has already was judged before.

        Raises:
            SchemaError: `judged`, or the file, has other columns or types.
            ConfigurationError: The file cannot be read, or what was judged contradicts itself.
        """
        normal = records if isinstance(records, NormalForms) else matcher.read(records)
        fitted = matcher.fit(normal) if isinstance(matcher, Matcher) else matcher
        encoded = encode(normal, fitted.rarity.levels)
        record_id = encoded.record_ids.dtype
        self._records = records
        self._questions = Questions(fitted, encoded)
        self._file = None if file is None else JudgedFile(file)
        before = no_judgements(record_id) if judged is None else read_judged(judged, record_id)
        kept = no_judgements(record_id) if self._file is None else self._file.read(record_id)
        self._judged = pl.concat([before, kept])
        known_from(self._judged)
        self._open: Question | None = None
        self._passed: set[int] = set()

    def __iter__(self) -> Iterator[ProposedPair]:
        """Return the labelling itself: each step of a loop proposes a pair."""
        return self

    def __next__(self) -> ProposedPair:
        """Propose the next pair. One that was left without an answer is passed over for this time."""
        if self._open is not None:
            self._passed.add(self._open.pair)
        self._open = self._questions.next(self._judged, passed=self._passed)
        if self._open is None:
            raise StopIteration
        return self._shown(self._open)

    def answer(self, *, same: bool) -> None:
        """Say whether the pair proposed last is one person.

        Raises:
            ConfigurationError: No pair is waiting for an answer.
        """
        self._keep(same)

    def skip(self) -> None:
        """Say that one cannot be sure of the pair proposed last: it teaches nothing, and does not come again.

        Raises:
            ConfigurationError: No pair is waiting for an answer.
        """
        self._keep(None)

    @property
    def judged(self) -> pl.DataFrame:
        """All that was judged so far: `record_a`, `record_b`, `same` (null: not sure)."""
        return self._judged

    def doubtful(self) -> pl.DataFrame:
        """Return the judgements that all the others make look wrong: to look at again.

        Returns:
            `record_a`, `record_b`, `same` (as it was judged), `wrong` (how likely that is wrong, more than one half),
            the most doubtful first.
        """
        return self._questions.doubtful(self._judged)

    def refined(self) -> FittedMatcher:
        """Return the matcher, refined by all that was judged so far."""
        return self._questions.refined(self._judged)

    def _keep(self, same: bool | None) -> None:  # noqa: FBT001 (an answer)
        if self._open is None:
            raise ConfigurationError(
                "No pair is waiting for an answer. Take the next one first: `pair = next(labelling)`."
            )
        ends = self._ids(self._open.pair)
        if self._file is not None:
            self._file.write(*ends, same)
        row = pl.DataFrame([(*ends, same)], schema=self._judged.schema, orient="row")
        self._judged, self._open = pl.concat([self._judged, row]), None

    def _ids(self, pair: int) -> tuple[Any, Any]:
        ids = self._questions.records.record_ids
        first, second = divmod(pair, len(ids))
        one, other = sorted((ids[first], ids[second]))
        return one, other

    def _shown(self, question: Question) -> ProposedPair:
        record_a, record_b = self._ids(question.pair)
        return ProposedPair(
            record_a=record_a,
            record_b=record_b,
            rows=show(self._records, record_a, record_b),
            probability=question.probability,
            alike=question.alike,
        )
