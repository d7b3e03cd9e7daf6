"""How well a typing tool does on people whom it has not seen."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from unified_customer.methods.learning import Chosen, Floats, Ints, canonical_order, chosen_columns, folds_of
from unified_customer.methods.statistics import wilson
from unified_customer.segmentation.needs.asked import Asked, blocks_of
from unified_customer.segmentation.needs.predictor import Predictor, fit_predictor
from unified_customer.segmentation.numbers import learned_scales

Question = tuple[str, str]


@dataclass(frozen=True, eq=False)
class Research:
    """People whose segment is known.

    Attributes:
        values: What they answered, one row each; nan where they did not.
        segments: The number of the segment of each.
        asked: What each column is.
        of: How many segments there are.
    """

    values: Floats
    segments: Ints
    asked: tuple[Asked, ...]
    of: int

    def in_order(self) -> "Research":
        """Return them in an order that their content decides."""
        order = canonical_order(np.column_stack([self.segments, self.values]))
        return self.part(order)

    def part(self, rows: Ints) -> "Research":
        """Return some of them."""
        return Research(self.values[rows], self.segments[rows], self.asked, self.of)

    def short(self, columns: Sequence[int]) -> "Research":
        """Return what they answered to some of it."""
        return Research(self.values[:, columns], self.segments, tuple(self.asked[each] for each in columns), self.of)

    def fitted(self, penalty: float) -> Predictor:
        """Return what tells their segments."""
        return fit_predictor(self.values, self.segments, self.asked, of=self.of, penalty=penalty)


@dataclass(frozen=True)
class Rule:
    """How questions are chosen and weighed."""

    questions: int
    folds: int
    penalty: float
    seed: int

    @property
    def longest(self) -> str:
        """The name of the longest short set."""
        return _named(self.questions)


def chosen_questions(research: Research, rule: Rule) -> tuple[list[Question], Chosen]:
    """Choose the questions that tell segments best, the most telling first."""
    points = np.nan_to_num(learned_scales(research.values, logarithmic=False).scaled(research.values), nan=0.0)
    blocks = blocks_of(research.asked)
    chosen = chosen_columns(
        points,
        research.segments,
        blocks=list(blocks.values()),
        at_most=rule.questions,
        folds=rule.folds,
        seed=rule.seed,
    )
    return [list(blocks)[place] for place in chosen.columns], chosen


def columns_for(asked: Sequence[Asked], questions: Sequence[Question]) -> list[int]:
    """Return the columns of some questions, in order."""
    blocks = blocks_of(asked)
    return sorted(place for question in questions for place in blocks[question])


Guess = tuple[str, Ints]
Guesses = dict[str, Ints]


def held_out(research: Research, rule: Rule) -> Guesses:
    """Tell the segment of each person by a tool that was made from the others, questions chosen anew each time.

    Returns:
        The `truth`, and for each tool a guess a person: `majority` (the largest segment of the others), the short sets
        by their number of questions, and `all questions`. Where fewer questions help, longer sets are the same.
    """
    return _crossed(research, rule, lambda others, persons: _by_questions(others, persons, rule))


def held_out_by_all(research: Research, rule: Rule, *, tool: str) -> Guesses:
    """Tell the segment of each person by a tool that was made from all that is known of the others."""

    def told(others: Research, persons: Research) -> list[Guess]:
        found = guess(others, persons, range(len(others.asked)), rule.penalty)
        return [(f"majority, of {tool}", _naive(others, persons)), (tool, found)]

    return _crossed(research, rule, told)


def _crossed(research: Research, rule: Rule, told: Callable[[Research, Research], list[Guess]]) -> Guesses:
    research = research.in_order()
    folds = folds_of(research.segments, folds=rule.folds, seed=rule.seed)
    guesses: Guesses = {"truth": research.segments}
    for fold in np.unique(folds):
        inside, others = np.flatnonzero(folds == fold), np.flatnonzero(folds != fold)
        for name, found in told(research.part(others), research.part(inside)):
            guesses.setdefault(name, np.zeros_like(research.segments))[inside] = found
    return guesses


def _named(number: int) -> str:
    return f"{number} question{'s' if number > 1 else ''}"


def _by_questions(others: Research, persons: Research, rule: Rule) -> list[Guess]:
    questions, _ = chosen_questions(others, rule)
    told = [("majority", _naive(others, persons))]
    for number in range(1, rule.questions + 1):
        columns = columns_for(others.asked, questions[:number])
        more = number <= len(questions)
        told.append((_named(number), guess(others, persons, columns, rule.penalty) if more else told[-1][1]))
    return [*told, ("all questions", guess(others, persons, range(len(others.asked)), rule.penalty))]


def _naive(others: Research, persons: Research) -> Ints:
    """Name the largest segment of the others for each person."""
    return np.full(len(persons.segments), np.argmax(np.bincount(others.segments, minlength=others.of)), dtype=np.int64)


def guess(others: Research, persons: Research, columns: Sequence[int], penalty: float) -> Ints:
    """Return the likeliest segment of some persons, by a tool that was made from others."""
    places = list(columns)
    probable = others.short(places).fitted(penalty).probabilities(persons.values[:, places])
    found: Ints = np.argmax(np.round(probable, 12), axis=1)
    return found


def accuracy_of(guesses: Guesses) -> pl.DataFrame:
    """Return `tool`, `customers`, `accuracy` and its 95 % interval `low` to `high`, one row a tool."""
    truth = guesses["truth"]
    rows = []
    for tool, found in guesses.items():
        share = wilson(int((found == truth).sum()), len(truth)) if tool != "truth" else None
        if share is not None:
            rows.append((tool, len(truth), *share))
    schema = {
        "tool": pl.String(),
        "customers": pl.Int64(),
        "accuracy": pl.Float64(),
        "low": pl.Float64(),
        "high": pl.Float64(),
    }
    return pl.DataFrame(rows, schema=schema, orient="row")


def confusion_of(guesses: Guesses, segments: Sequence[str], *, tool: str) -> pl.DataFrame:
    """Return `segment`, `told`, `customers` and `share` (of the segment), one row a pair of segments."""
    pairs = np.zeros((len(segments), len(segments)), dtype=np.int64)
    np.add.at(pairs, (guesses["truth"], guesses[tool]), 1)
    rows = [(one, other, int(pairs[a, b])) for a, one in enumerate(segments) for b, other in enumerate(segments)]
    schema = {"segment": pl.String(), "told": pl.String(), "customers": pl.Int64()}
    counted = pl.DataFrame(rows, schema=schema, orient="row")
    whole = pl.col("customers").sum().over("segment")
    return counted.with_columns(share=pl.col("customers") / pl.when(whole > 0).then(whole))
