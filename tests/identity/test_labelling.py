"""Labelling: how it helps, how a pair is shown, and what is refused."""

import logging
from functools import cache
from itertools import islice
from pathlib import Path

import polars as pl
import pytest

from benchmarks.populations import population
from unified_customer.core.errors import ConfigurationError, SchemaError
from unified_customer.identity.accuracy import accuracy
from unified_customer.identity.matching import FittedMatcher, Labelling, Matcher, known_from
from unified_customer.identity.matching import proposals as asking
from unified_customer.identity.matching.judgements import check_judged

PAIRS = 30


@cache
def companies() -> tuple[pl.DataFrame, FittedMatcher]:
    records = population("companies", rows=1500, seed=4)
    return records, Matcher().fit(records)


@cache
def judged(*, wrong: int = 0) -> pl.DataFrame:
    """Return what a person judged who is wrong once in `wrong` times."""
    records, matcher = companies()
    labelling = Labelling(matcher, records)
    cluster = dict(records.select("record_id", "cluster_id").iter_rows())
    for count, pair in enumerate(islice(labelling, PAIRS), start=1):
        slip = bool(wrong) and count % wrong == 0
        labelling.answer(same=(cluster[pair.record_a] == cluster[pair.record_b]) is not slip)
    return labelling.judged


def closure(matcher: FittedMatcher, held: pl.DataFrame | None = None) -> float:
    records = companies()[0]
    found = matcher.match(records, judged=held).partition
    return accuracy(found, records.select("record_id", "cluster_id")).closure.f1


def frame(*rows: tuple[str | None, str | None, bool | None]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema={"record_a": pl.String, "record_b": pl.String, "same": pl.Boolean}, orient="row")


# ------------------------------------------------------------------------------------------------------- what it does


@pytest.mark.slow
def test_a_few_judgements_help_where_there_is_room() -> None:
    records, matcher = companies()
    before, after = closure(matcher), closure(matcher.refined(records, judged()))
    assert after > before + 0.02
    assert closure(matcher.refined(records, judged()), judged()) > before + 0.02


@pytest.mark.slow
def test_one_wrong_answer_in_twenty_does_no_harm() -> None:
    records, matcher = companies()
    assert closure(matcher.refined(records, judged(wrong=20))) > closure(matcher) + 0.01


def test_answers_are_of_both_kinds_and_the_pairs_are_not_all_of_one_pattern() -> None:
    same = judged()["same"]
    assert 0.1 < (same.mean() or 0) < 0.9  # type: ignore[operator]  # it is a number
    assert judged().select("record_a", "record_b").is_unique().all()


def test_a_judgement_that_all_others_speak_against_is_doubtful() -> None:
    records, matcher = companies()
    certain = matcher.match(records).pairs.head(1)
    record_a, record_b = certain.select("record_a", "record_b").row(0)
    told = pl.concat([judged(), frame((record_a, record_b, False))])
    doubtful = Labelling(matcher, records, judged=told).doubtful()
    assert (record_a, record_b, False) in doubtful.select("record_a", "record_b", "same").rows()
    assert doubtful["wrong"].is_between(0.5, 1).all()
    assert Labelling(matcher, records).doubtful().is_empty()


def test_a_pair_that_nobody_is_sure_of_does_not_come_again() -> None:
    labelling = Labelling(companies()[1], companies()[0])
    seen = []
    for pair in islice(labelling, 4):
        seen.append((pair.record_a, pair.record_b))
        labelling.skip()
    assert len(set(seen)) == 4
    assert labelling.judged["same"].null_count() == 4
    again = next(Labelling(companies()[1], companies()[0], judged=labelling.judged))
    assert (again.record_a, again.record_b) not in seen


def test_a_threshold_that_was_asked_for_stays() -> None:
    records = companies()[0]
    matcher = Matcher(threshold=0.7).fit(records)
    assert matcher.refined(records, judged()).threshold == 0.7


def test_the_next_pairs_are_found_among_the_rest_once_those_looked_at_first_are_used_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    records = companies()[0].head(60)
    every = [(pair.record_a, pair.record_b) for pair in Labelling(companies()[1], records)]
    monkeypatch.setattr(asking, "ASKED", 2)
    few = [(pair.record_a, pair.record_b) for pair in Labelling(companies()[1], records)]
    assert len(few) == len(set(few))
    assert set(few) == set(every)


# ------------------------------------------------------------------------------------------------------ how it is shown


def people() -> pl.DataFrame:
    names = ["Ann <b>Lee</b>", "Bo Berg", "Cy Orr", "Di Fox", "Ed Poe", "Flo Day", "Gus May", "Hal Roe", "Ida Sun"]
    twice = [*names, *(name.upper() for name in names)]
    mails = [["a@x.org", "b@x.org"]] * 2 + [None] * 16
    return pl.DataFrame({"record_id": range(18), "name": twice, "mail": mails, "note": [" "] * 18})


def first_pair(records: pl.DataFrame) -> str:
    pair = next(Labelling(Matcher(roles={"name": "full_name"}), records))
    return str(pair)


def test_both_records_stand_side_by_side() -> None:
    shown = first_pair(people())
    head, *rows = shown.splitlines()
    assert len(head.split()) == 2
    assert rows[0].startswith("name")
    assert " = " in rows[0] or " ≠ " in rows[0]
    assert "note" not in shown


def test_the_html_of_a_pair_is_escaped() -> None:
    labelling = Labelling(Matcher(roles={"name": "full_name"}), people())
    pages = [pair._repr_html_() for pair in labelling]
    assert any("&lt;b&gt;Lee" in page for page in pages)
    assert not any("<b>" in page for page in pages)


def test_lists_are_shown_as_text_and_what_neither_says_is_left_out() -> None:
    pairs = list(Labelling(Matcher(roles={"name": "full_name"}), people()))
    said = {row.column: row for pair in pairs for row in pair.rows if row.value_a and row.value_b}
    assert all(row.column in {"name", "mail"} for pair in pairs for row in pair.rows)
    assert said["name"].agree in {True, False}


def test_what_was_read_already_is_shown_in_normal_form() -> None:
    matcher = Matcher(roles={"name": "full_name"})
    pair = next(Labelling(matcher, matcher.read(people())))
    assert {row.column for row in pair.rows} <= {"given_name", "family_name", "mail"}


def test_the_probability_is_not_shown_but_there() -> None:
    pair = next(Labelling(companies()[1], companies()[0]))
    assert 0 < pair.probability < 1
    assert pair.alike >= 1
    assert f"{pair.probability:.2f}" not in repr(pair)


def test_no_value_of_a_person_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        labelling = Labelling(Matcher(), people())
        next(labelling)
        labelling.answer(same=True)
    assert not caplog.records


# ------------------------------------------------------------------------------------------------------------- errors


def test_there_is_no_answer_without_a_question() -> None:
    labelling = Labelling(Matcher(), people())
    with pytest.raises(ConfigurationError, match="next"):
        labelling.answer(same=True)
    next(labelling)
    labelling.skip()
    with pytest.raises(ConfigurationError, match="next"):
        labelling.skip()


@pytest.mark.parametrize(
    ("judged", "error", "words"),
    [
        (frame(("a", "b", True), ("b", "a", False)), ConfigurationError, "both as one person and as two.*Rows: 1, 2"),
        (frame(("a", "a", True)), ConfigurationError, "against itself.*Rows: 1"),
        (frame(("a", None, True)), SchemaError, "some are null"),
        (frame(("a", "b", True)).drop("same"), SchemaError, "missing: same"),
        (frame(("a", "b", True)).with_columns(same=pl.lit("yes")), SchemaError, "found String"),
    ],
)
def test_what_is_no_judgement_is_refused(judged: pl.DataFrame, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        check_judged(judged)


def test_a_contradiction_names_rows_and_no_record() -> None:
    chain = frame(("ann", "bob", True), ("bob", "cy", True), ("cy", "dee", False), ("ann", "cy", False))
    with pytest.raises(ConfigurationError, match="Rows: 4") as caught:
        known_from(chain)
    assert "ann" not in str(caught.value)


def test_many_contradictions_are_not_all_named() -> None:
    with pytest.raises(ConfigurationError, match=r"12 rows.*Rows: 1, 2, 3, 4, 5, \.\.\."):
        check_judged(frame(*[("a", "a", True)] * 12))


def test_pairs_of_other_records_are_refused_if_there_are_no_others() -> None:
    records, matcher = companies()
    elsewhere = frame(("x", "y", True))
    with pytest.raises(ConfigurationError, match="none of them"):
        matcher.refined(records, elsewhere)
    assert matcher.refined(records, pl.concat([judged(), elsewhere])) == matcher.refined(records, judged())


def test_what_is_known_beside_may_be_given_too() -> None:
    beside = pl.DataFrame({"record_id": ["c", "d"], "group": [1, 1]})
    known = known_from(frame(("a", "b", False), ("b", "c", True)), together=beside, apart=frame(("a", "e", None)))
    assert known.together["record_id"].to_list() == ["b", "c", "d"]
    assert known.together["group"].n_unique() == 1
    assert known.apart.rows() == [("a", "b"), ("a", "e")]


# -------------------------------------------------------------------------------------------------------------- files


def test_answers_are_kept_at_once_and_gone_on_with(tmp_path: Path) -> None:
    file = tmp_path / "pairs.csv"
    labelling = Labelling(Matcher(), people(), file=file)
    pair = next(labelling)
    assert not file.exists()
    labelling.answer(same=True)
    assert file.read_text(encoding="utf-8") == f"record_a,record_b,same\n{pair.record_a},{pair.record_b},true\n"
    next(labelling)
    labelling.skip()
    assert file.read_text(encoding="utf-8").endswith(",\n")
    again = Labelling(Matcher(), people(), file=str(file))
    assert again.judged.equals(labelling.judged)
    assert again.judged["record_a"].dtype == pl.Int64


def test_a_file_without_an_end_of_line_is_gone_on_with(tmp_path: Path) -> None:
    file = tmp_path / "pairs.csv"
    file.write_text("record_a,record_b,same\n0,9,TRUE", encoding="utf-8")
    labelling = Labelling(Matcher(), people(), file=file)
    next(labelling)
    labelling.answer(same=False)
    assert file.read_text(encoding="utf-8").count("\n") == 3
    assert Labelling(Matcher(), people(), file=file).judged.equals(labelling.judged)


@pytest.mark.parametrize(
    ("text", "error", "words"),
    [
        ("a,b,c\n", SchemaError, "begins with the line"),
        ("record_a,record_b,same\n1,2,perhaps\n", SchemaError, "judgement 1"),
        ("record_a,record_b,same\n1,2\n", SchemaError, "judgement 1"),
        ("record_a,record_b,same\nx,2,true\n", SchemaError, "no Int64"),
        ("record_a,record_b,same\n1,2,true\n1,2,false\n", ConfigurationError, "both"),
    ],
)
def test_a_file_that_holds_no_judgements_is_refused(
    tmp_path: Path, text: str, error: type[Exception], words: str
) -> None:
    file = tmp_path / "pairs.csv"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(error, match=words):
        Labelling(Matcher(), people(), file=file)


def test_files_that_cannot_be_read_or_written_are_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be read"):
        Labelling(Matcher(), people(), file=tmp_path)
    broken = tmp_path / "broken.csv"
    broken.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigurationError, match="UTF-8"):
        Labelling(Matcher(), people(), file=broken)
    labelling = Labelling(Matcher(), people(), file=tmp_path / "nowhere" / "pairs.csv")
    next(labelling)
    with pytest.raises(ConfigurationError, match="cannot be written"):
        labelling.answer(same=True)
    assert labelling.judged.is_empty()
