import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest
from rich.console import Console
from typer.testing import Result

from unified_customer.cli.demo.accuracy import accuracy, joined_to_truth
from unified_customer.cli.demo.findings import Findings
from unified_customer.cli.demo.person import before_and_after
from unified_customer.cli.demo.planted import held_sound_rows, outcomes
from unified_customer.cli.demo.recommending import PURPOSE, recommended
from unified_customer.cli.demo.running import find
from unified_customer.cli.demo.showing import bar, show
from unified_customer.cli.demo.sources import MAPPINGS, OTHERS, demo_mapping, demo_policy
from unified_customer.cli.demo.stages import Stages, peak_mb
from unified_customer.cli.exits import ExitCode
from unified_customer.cli.output import Output
from unified_customer.hub import CustomerHub

Run = Callable[..., Result]


@pytest.fixture(scope="module")
def findings(tmp_path_factory: pytest.TempPathFactory) -> Findings:
    return find(Output(), tmp_path_factory.mktemp("demo"), customers=60, seed=3)


def test_every_row_of_every_source_is_accounted_for(findings: Findings) -> None:
    rows = {report.source: report.rows for report in findings.loads}
    assert rows == dict(findings.shop.rows)
    for report in findings.loads:
        assert report.rows == report.accepted + report.duplicates + report.quarantined


def test_every_planted_row_is_held_or_about_nobody(findings: Findings) -> None:
    lost = findings.planted().filter(pl.col("held") < pl.col("rows"))
    assert lost.select("source", "planted").rows() == [("web_events", "missing_identity")]
    assert findings.nobody["events"] == lost["rows"].sum()


def test_what_is_held_and_sound_is_a_time_that_the_clock_showed_twice(findings: Findings) -> None:
    for row in findings.held_sound().to_dicts():
        assert all("ambiguous_time" in reason for reason in row["reasons"])


def test_messages_that_came_twice_are_known(findings: Findings) -> None:
    (web,) = (report for report in findings.loads if report.source == "web_events")
    assert web.duplicates == findings.shop.repeated


def test_nearly_nobody_is_joined_with_somebody_else(findings: Findings) -> None:
    assert findings.linkable.precision > 0.97
    assert findings.linkable.recall > 0.5
    assert findings.everything.records > findings.linkable.records


def test_the_customer_that_is_shown_is_known_to_several_sources(findings: Findings) -> None:
    assert findings.person is not None
    assert len(findings.person.customer.sources) >= 3
    assert len(findings.person.said) >= 2


def test_consent_reaches_fewer_than_the_contract(findings: Findings) -> None:
    service, analytics, marketing = findings.coverage
    assert service.allowed == service.customers
    assert 0 < marketing.allowed < analytics.allowed < service.allowed


def test_nobody_who_said_no_is_in_the_marketing_audience(findings: Findings) -> None:
    groups = {each.said: each for each in findings.noes.groups}
    assert list(groups) == ["never said yes", "withdrew", "objected", "were erased"]
    assert all(each.people and each.after == 0 for each in groups.values())
    assert [groups[name].before for name in ("withdrew", "objected", "were erased")] == [5, 5, 5]
    reasons = {reason for each in groups.values() for reason in each.reason.split(", ")}
    assert reasons <= {"no_statement", "refused", "objected", "nothing is held"}
    before, after = findings.noes.audience
    assert before - after == 15
    assert (dict(findings.noes.open_steps), findings.noes.audit_ok) == ({}, True)


def test_stages_have_times_and_memory(findings: Findings) -> None:
    assert len(findings.stages) == 14
    assert all(stage.seconds >= 0 for stage in findings.stages)


@pytest.mark.parametrize("width", [80, 120])
def test_it_is_shown_within_the_width_of_the_terminal(findings: Findings, width: int) -> None:
    out = Output()
    console = Console(width=width, record=True, markup=False, emoji=False, highlight=False, quiet=True)
    out.__dict__["results"] = console
    with console.capture() as shown:
        console.quiet = False
        show(out, findings)
    text = shown.get()
    assert max(map(len, text.splitlines())) <= width
    for title in (
        "Everybody here is invented",
        "as the sources say it",
        "Measured against the truth",
        "Held in quarantine",
    ):
        assert title in text


@pytest.mark.slow
def test_the_command_prints_json_and_keeps_what_it_is_told_to(command: Run, tmp_path: Path) -> None:
    folder = tmp_path / "kept"
    result = command("demo", "--customers", "20", "--json", "--keep", str(folder))
    assert result.exit_code == ExitCode.OK, result.stderr
    kinds = {json.loads(line)["kind"] for line in result.stdout.splitlines()}
    assert {"load", "resolve", "coverage", "accuracy", "planted", "stage", "person"} <= kinds
    assert (folder / "shop.duckdb.key").is_file()
    assert sorted(path.stem for path in (folder / "mappings").iterdir()) == sorted([*MAPPINGS, *OTHERS])
    again = command("demo", "--customers", "20", "--keep", str(folder))
    assert (again.exit_code, "not empty" in again.stderr) == (ExitCode.FAILED, True)


@pytest.mark.slow
def test_the_command_shows_the_demo(command: Run) -> None:
    result = command("demo", "--customers", "10")
    assert (result.exit_code, "--keep FOLDER" in result.stdout) == (ExitCode.OK, True)


def test_the_mappings_are_written_as_people_would() -> None:
    for name in MAPPINGS:
        mapping = demo_mapping(name)
        assert type(mapping).from_toml(mapping.to_toml()) == mapping
    assert demo_policy().basis_of("analytics") == "legitimate_interests"


def test_a_hub_without_people_has_no_customer_to_show() -> None:
    with CustomerHub(policy=demo_policy()) as hub:
        assert before_and_after(hub) is None


@pytest.mark.parametrize(
    ("person", "customer", "expected"),
    [
        ("aabb", "1122", (1.0, 1.0, 1.0, 1.0, 1.0, 1.0)),
        ("aabb", "1234", (1.0, 0.0, 0.0, 1.0, 0.5, 2 / 3)),
        ("abcd", "1111", (0.0, 1.0, 0.0, 0.25, 1.0, 0.4)),
        ("aaab", "1112", (1.0, 1.0, 1.0, 1.0, 1.0, 1.0)),
        ("aaab", "1122", (0.5, 1 / 3, 0.4, 0.75, 2 / 3, 12 / 17)),
    ],
)
def test_accuracy_is_counted_by_hand(person: str, customer: str, expected: tuple[float, ...]) -> None:
    found = accuracy(pl.DataFrame({"person": list(person), "customer": list(customer)}))
    measured = (found.precision, found.recall, found.f1, found.b3_precision, found.b3_recall, found.b3_f1)
    assert measured == pytest.approx(expected)


def test_accuracy_of_nothing_is_perfect() -> None:
    found = accuracy(pl.DataFrame(schema={"person": pl.String, "customer": pl.String}))
    assert (found.records, found.precision, found.recall, found.b3_f1) == (0, 1.0, 1.0, 1.0)


def test_records_of_nobody_and_records_that_are_missing_count_as_alone() -> None:
    truth = pl.DataFrame(
        {
            "source": ["crm"] * 4,
            "source_id": list("1234"),
            "person_id": ["p", "p", None, "q"],
            "linkable": [True, True, True, False],
            "broken": [None, None, None, None],
        },
        schema_overrides={"broken": pl.String},
    )
    found = pl.DataFrame({"source": ["crm", "crm"], "source_id": ["1", "3"], "customer_id": ["c", "c"]})
    joined = joined_to_truth(truth, found, linkable_only=True)
    assert joined.height == 3
    assert joined["person"].n_unique() == 2
    assert joined["customer"].n_unique() == 2
    assert joined_to_truth(truth, found, linkable_only=False).height == 4


def test_planted_rows_are_found_by_their_position() -> None:
    planted = pl.DataFrame(
        {"source": ["crm", "crm"], "reason": ["ragged", "nul"], "row": [3, 4], "source_id": ["a", "b"]}
    )
    quarantine = pl.DataFrame(
        {
            "source": ["crm", "crm", "crm"],
            "position": ["row 3 (line 5)", "Sheet1, row 3", "row 30"],
            "reason": ["fields", "other", "sound"],
        }
    )
    assert outcomes(planted, quarantine).rows() == [
        ("crm", "nul", 1, 0, []),
        ("crm", "ragged", 1, 1, ["fields", "other"]),
    ]
    assert held_sound_rows(planted, quarantine).rows() == [("crm", 30, ["sound"])]


def test_a_stage_is_measured_by_the_clock_it_is_given() -> None:
    ticks: Iterator[float] = iter([1.0, 3.5])
    stages = Stages(clock=lambda: next(ticks))
    with stages.stage("work"):
        pass
    assert (stages.done[0].name, stages.done[0].seconds) == ("work", 2.5)


def test_memory_is_told_where_the_system_tells_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from unified_customer.cli.demo import stages

    assert peak_mb() is None or peak_mb() > 1  # type: ignore[operator]  # None was asked for before
    monkeypatch.setattr(stages, "STATUS", tmp_path / "none")
    monkeypatch.setattr(stages, "RESET", tmp_path / "none" / "deeper")
    stages.reset_peak()
    assert peak_mb() is None or peak_mb() > 1  # type: ignore[operator]  # None was asked for before
    (tmp_path / "empty").write_text("Name: python\n", encoding="ascii")
    monkeypatch.setattr(stages, "STATUS", tmp_path / "empty")
    assert peak_mb() is None


def test_a_bar_is_as_long_as_the_share() -> None:
    assert bar(0.3).plain == "███░░░░░░░"


def test_a_customer_is_told_of_what_is_new_to_them_with_the_reason(findings: Findings) -> None:
    told = findings.recommended
    assert told is not None
    had = {each["item"] for each in told.history}
    assert [each["rank"] for each in told.items] == [1, 2, 3, 4, 5]
    assert not had & {each["item"] for each in told.items}
    assert any(each["because"] for each in told.items)
    assert {each["model"] for each in told.trials} == {"popularity", "neighbours", "graph", "content", "blend"}


def test_who_may_not_be_seen_for_it_teaches_nothing(tmp_path: Path) -> None:
    find(Output(), tmp_path, customers=40, seed=5)
    with CustomerHub(f"duckdb:///{(tmp_path / 'shop.duckdb').as_posix()}") as hub:
        allowed = hub.consent.coverage(PURPOSE).allowed
        told = recommended(hub, to="nobody", as_of=datetime(2026, 1, 1, tzinfo=UTC))
    assert told is not None
    assert 0 < told.customers <= allowed


def test_a_shop_without_purchases_recommends_nothing() -> None:
    with CustomerHub(policy=demo_policy()) as hub:
        assert recommended(hub, to=None, as_of=datetime(2026, 1, 1, tzinfo=UTC)) is None
