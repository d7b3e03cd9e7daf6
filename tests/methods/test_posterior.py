"""Posterior distributions of models of purchases: what is told from draws, and that they are of the right model."""

import re
import sys
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import polars as pl
import pytest

from unified_customer.core.errors import ConfigurationError, MissingDependencyError
from unified_customer.methods.buy_till_die import (
    Histories,
    PosteriorPurchases,
    draw_histories,
    fit_posterior,
    fit_purchases,
)

TRUTH = {"r": 0.5, "alpha": 5.0, "a": 0.8, "b": 2.5}
SEEN = draw_histories("bg_nbd", TRUTH, ages=[52.0] * 600, seed=1)
GUIDE = Path(__file__).parents[2] / "docs" / "how-to" / "predict-lifetime-value.md"
with_pymc = pytest.mark.skipif(
    find_spec("pymc_marketing") is None, reason="pymc-marketing is not installed here: it is in the extra `bayes`"
)


def posterior(draws: Any, **r_hat: float) -> PosteriorPurchases:
    names = ("r", "alpha", "a", "b")
    return PosteriorPurchases("bg_nbd", np.asarray(draws), names, dict.fromkeys(names, 1.0) | r_hat, customers=600)


def test_a_posterior_that_is_sure_tells_what_the_fitted_model_tells() -> None:
    fitted = fit_purchases("bg_nbd", SEEN)
    sure = posterior([list(fitted.parameters.values())] * 3)
    alive, expected = sure.p_alive(SEEN), sure.expected_purchases(SEEN, time=13)
    for told, wanted in ((alive, fitted.p_alive(SEEN)), (expected, fitted.expected_purchases(SEEN, time=13))):
        for column in ("mean", "low", "high"):
            assert told[column].to_numpy() == pytest.approx(wanted)


def test_more_confidence_is_a_wider_interval_about_the_mean() -> None:
    generator = np.random.default_rng(0)
    unsure = posterior(np.array(list(TRUTH.values())) * generator.uniform(0.8, 1.2, size=(200, 4)))
    half, most = (unsure.expected_purchases(SEEN, time=13, confidence=share) for share in (0.5, 0.95))
    assert (most["low"] <= half["low"]).all()
    assert (half["low"] < half["high"]).all()
    assert (half["high"] <= most["high"]).all()
    assert half["mean"].equals(most["mean"])


def test_parameters_are_told_with_their_intervals() -> None:
    told = posterior([[1.0, 10.0, 1.0, 2.0], [3.0, 10.0, 1.0, 2.0]], r=1.2).parameters(confidence=0.5)
    assert told.row(0, named=True) == {"parameter": "r", "mean": 2.0, "low": 1.5, "high": 2.5, "r_hat": 1.2}
    assert told["parameter"].to_list() == ["r", "alpha", "a", "b"]


def test_chains_that_do_not_agree_are_told() -> None:
    draws = [list(TRUTH.values())]
    assert posterior(draws).diagnosis == ()
    (finding,) = posterior(draws, alpha=1.3).diagnosis
    assert finding.kind == "chains_disagree"
    assert "alpha (R-hat 1.30)" in finding.message


class BetaGeo:
    """Stands in for the model of pymc-marketing, and finds what it is told to."""

    asked: dict[str, Any]

    def __init__(self, model_config: Any) -> None:
        type(self).asked = {"priors": model_config}

    def fit(self, data: Any, **how: Any) -> None:
        type(self).asked |= {"data": pl.from_pandas(data), **how}
        sample = {
            name: SimpleNamespace(transpose=lambda *_, value=value: np.full((how["chains"], how["draws"]), value))
            for name, value in TRUTH.items()
        }
        self.idata = SimpleNamespace(posterior=sample)


def test_each_customer_is_a_row_and_each_draw_another(monkeypatch: pytest.MonkeyPatch) -> None:
    clv, arviz = ModuleType("pymc_marketing.clv"), ModuleType("arviz")
    monkeypatch.setattr(clv, "BetaGeoModel", BetaGeo, raising=False)
    monkeypatch.setattr(arviz, "rhat", lambda sampled: float(sampled.shape == (2, 5)), raising=False)
    for module in (ModuleType("pymc_marketing"), clv, arviz):
        monkeypatch.setitem(sys.modules, module.__name__, module)
    some = Histories.of(frequency=[2, 0], recency=[30, 0], age=[40, 35], weight=[2, 1])
    found = fit_posterior("bg_nbd", some, draws=5, chains=2, seed=7, priors={"alpha": "wide"})
    asked = BetaGeo.asked
    assert asked["data"].rows() == [(0, 2.0, 30.0, 40.0), (1, 2.0, 30.0, 40.0), (2, 0.0, 0.0, 35.0)]
    assert asked["data"].columns == ["customer_id", "frequency", "recency", "T"]
    assert (asked["priors"], asked["random_seed"], asked["method"]) == ({"alpha": "wide"}, 7, "mcmc")
    assert (found.draws == [list(TRUTH.values())] * 10).all()
    assert (found.customers, found.r_hat) == (3, dict.fromkeys(TRUTH, 1.0))


def test_what_cannot_be_drawn_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigurationError, match="no model of purchases called 'poisson'"):
        fit_posterior("poisson", SEEN)  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError, match="two chains"):
        fit_posterior("bg_nbd", SEEN, chains=1)
    with pytest.raises(ConfigurationError, match="a time from 0 on"):
        posterior([list(TRUTH.values())]).expected_purchases(SEEN, time=-1)
    monkeypatch.setitem(sys.modules, "pymc_marketing", None)
    with pytest.raises(MissingDependencyError, match=re.escape("unified-customer[bayes]")):
        fit_posterior("bg_nbd", SEEN)


@with_pymc
@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("name", "truth", "draws"),
    [
        ("bg_nbd", TRUTH, 300),
        ("mbg_nbd", TRUTH, 300),
        ("pareto_nbd", {"r": 0.55, "alpha": 10.6, "s": 0.6, "beta": 11.7}, 4000),
    ],
)
def test_intervals_hold_the_truth_and_the_forecast_is_that_of_maximum_likelihood(
    name: Any, truth: dict[str, float], draws: int
) -> None:
    seen = draw_histories(name, truth, ages=[52.0] * 600, seed=2)
    found = fit_posterior(name, seen, draws=draws, chains=2, seed=1)
    told = found.parameters(confidence=0.999)
    assert {row["parameter"]: row["low"] <= truth[row["parameter"]] <= row["high"] for row in told.to_dicts()} == (
        dict.fromkeys(truth, True)
    )
    expected = found.expected_purchases(seen, time=13)
    wanted = fit_purchases(name, seen).expected_purchases(seen, time=13)
    assert expected["mean"].sum() == pytest.approx(wanted.sum(), rel=0.1)


@with_pymc
@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_the_example_of_the_guide_runs() -> None:
    (code,) = re.findall(r"```python\n(.*?)```", GUIDE.read_text(encoding="utf-8"), flags=re.DOTALL)
    names: dict[str, Any] = {"histories": SEEN}
    exec(code, names)  # noqa: S102 (our own page)
    assert names["forecast"].columns == ["mean", "low", "high"]
