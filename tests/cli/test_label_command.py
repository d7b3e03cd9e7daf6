"""`unified-customer label`: pairs one by one, answers kept at once, and gone on with later."""

import json
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner, Result

from benchmarks.populations import population
from unified_customer.cli.app import app
from unified_customer.cli.exits import ExitCode
from unified_customer.cli.labelling import read_records
from unified_customer.identity.matching import FittedMatcher, Matcher


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    records = population("plain", rows=120, seed=2).drop("cluster_id", "source")
    records.write_csv("people.csv")
    records.write_parquet("people.parquet")
    records.write_ndjson("people.jsonl")
    return tmp_path


def label(*arguments: str, keys: str) -> Result:
    return CliRunner().invoke(app, ["label", *arguments], input="".join(f"{key}\n" for key in keys))


def kept() -> list[str]:
    return Path("pairs.csv").read_text(encoding="utf-8").splitlines()[1:]


@pytest.mark.usefixtures("folder")
def test_answers_are_kept_and_gone_on_with() -> None:
    first = label("people.csv", "--judged", "pairs.csv", keys="ynuq")
    assert first.exit_code == ExitCode.OK
    assert [line.rsplit(",", 1)[1] for line in kept()] == ["true", "false", ""]
    assert "3 pairs judged, 1 one person, 1 two, 1 unsure" in " ".join(first.stdout.split())
    assert first.stdout.count("One person?") == 4
    second = label("people.csv", "--judged", "pairs.csv", keys="y")
    assert second.exit_code == ExitCode.OK
    assert "Pair 4" in second.stdout
    assert len(kept()) == 4
    assert len({line.rsplit(",", 1)[0] for line in kept()}) == 4


@pytest.mark.usefixtures("folder")
def test_both_records_are_shown_with_their_values() -> None:
    shown = label("people.csv", "--judged", "pairs.csv", keys="q").stdout
    assert "family_name" in shown
    assert "=" in shown
    assert not Path("pairs.csv").exists()


@pytest.mark.usefixtures("folder")
def test_other_keys_are_asked_again_and_values_stay_off_stderr() -> None:
    result = label("people.csv", "--judged", "pairs.csv", keys="x q")
    assert result.exit_code == ExitCode.OK
    assert "There is no answer 'x'" in result.stderr
    values = pl.read_csv("people.csv", infer_schema=False).unpivot()["value"].drop_nulls()
    assert not [value for value in values if len(value) > 4 and value in result.stderr]


@pytest.mark.usefixtures("folder")
def test_a_fitted_matcher_is_read_and_the_refined_one_written() -> None:
    records = read_records(Path("people.csv"), "record_id")
    Path("model.json").write_text(Matcher().fit(records).to_json(), encoding="utf-8")
    arguments = ["people.csv", "--judged", "pairs.csv", "--fitted", "model.json", "--save", "refined.json"]
    assert label(*arguments, "--limit", "2", keys="nnnnnn").exit_code == ExitCode.OK
    assert len(kept()) == 2
    refined = FittedMatcher.from_json(Path("refined.json").read_text(encoding="utf-8"))
    assert refined.unrefined().to_json() == Path("model.json").read_text(encoding="utf-8")
    assert refined.unjudged is not None


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("file", ["people.parquet", "people.jsonl"])
def test_other_formats_give_the_same_pairs(file: str) -> None:
    one, other = (label(each, "--judged", "pairs.csv", "--json", keys="q").stdout for each in ("people.csv", file))
    assert json.loads(one.splitlines()[0])["record_a"] == json.loads(other.splitlines()[0])["record_a"]


@pytest.mark.usefixtures("folder")
def test_json_is_one_object_a_line() -> None:
    result = label("people.csv", "--judged", "pairs.csv", "--json", keys="yq")
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert [line["kind"] for line in lines] == ["pair", "pair", "label"]
    assert {"record_a", "record_b", "rows"} < set(lines[0])
    assert lines[-1] == {"kind": "label", "judged": "pairs.csv", "saved": None, "same": 1, "different": 0, "unsure": 0}


@pytest.mark.usefixtures("folder")
def test_ids_may_have_another_name_and_the_pairs_an_end() -> None:
    pl.read_csv("people.csv", infer_schema=False).head(12).rename({"record_id": "No"}).write_csv("few.csv")
    result = label("few.csv", "--judged", "pairs.csv", "--id", "No", keys="u" * 400)
    assert result.exit_code == ExitCode.OK
    assert "no pair left" in result.stderr


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["people.txt"], "is no .csv"),
        (["nowhere.csv"], "cannot be read"),
        (["people.csv", "--id", "No"], "no column 'No'"),
        (["people.csv", "--fitted", "people.csv"], "no fitted matcher"),
        (["people.csv", "--save", "nowhere/model.json"], "cannot be written"),
    ],
)
def test_what_cannot_be_done_is_told(arguments: list[str], words: str) -> None:
    result = label(*arguments, "--judged", "pairs.csv", keys="q")
    assert result.exit_code == ExitCode.FAILED
    assert words in result.stderr


@pytest.mark.usefixtures("folder")
def test_a_key_is_read_where_there_is_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    from unified_customer.cli import labelling

    class Terminal:
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr("sys.stdin", Terminal())
    monkeypatch.setattr("typer.getchar", lambda: "Y")
    assert labelling._key() == "y"
