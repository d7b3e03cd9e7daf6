"""Learners against what scikit-learn and plain counting give."""

import numpy as np
import pytest
from pydantic import ValidationError

from unified_customer.methods.learning import (
    Classes,
    GroupSearch,
    canonical_order,
    chosen_columns,
    evidence_frame,
    fit_classes,
    folds_of,
    leading_directions,
    leading_parts,
    nearest,
    normal_chance,
    parts_of,
    sparse_of,
)
from unified_customer.methods.learning.groups import centres_of, distances_between, silhouette

RANDOM = np.random.default_rng(0)


def test_the_silhouette_is_that_of_scikit_learn() -> None:
    from sklearn.metrics import silhouette_score

    points = RANDOM.standard_normal((60, 3))
    labels = np.append(RANDOM.integers(0, 4, 59), 9)
    assert silhouette(distances_between(points), labels) == pytest.approx(silhouette_score(points, labels))
    assert silhouette(distances_between(points), np.zeros(60, dtype=np.int64)) is None


def test_there_are_no_more_groups_than_different_points() -> None:
    points = np.repeat([[0.0], [1.0]], 10, axis=0)
    assert centres_of(points, groups=5, seed=0).tolist() == [[0.0], [1.0]]
    found = GroupSearch(exactly=5, least_size=1).find(points, chance=normal_chance(points), seed=0)
    assert found.centres.tolist() == [[0.0], [1.0]]
    assert found.finding.startswith("2 groups, as asked")


@pytest.mark.parametrize("sizes", [(5, 9, 7), (9, 7, 5), (7, 5, 9), (5, 7, 9)])
def test_the_largest_group_comes_first(sizes: tuple[int, int, int]) -> None:
    points = np.concatenate([np.full((size, 1), 5.0 * place) for place, size in enumerate(sizes)])
    centres = centres_of(points, groups=3, seed=0).ravel().tolist()
    expected = [5.0 * place for place in sorted(range(3), key=lambda place: -sizes[place])]
    assert centres == pytest.approx(expected)


def test_equal_points_are_in_one_group_in_whatever_batch() -> None:
    points, centres = RANDOM.standard_normal((100, 7)), RANDOM.standard_normal((4, 7))
    whole = nearest(points, centres)
    alone = [nearest(points[place : place + 1], centres) for place in range(100)]
    assert whole[0].tolist() == [each[0][0] for each in alone]
    assert whole[1].tolist() == [each[1][0] for each in alone]


def test_too_few_rows_are_one_group() -> None:
    points = np.array([[0.0], [9.0]])
    found = GroupSearch().find(points, chance=normal_chance(points), seed=0)
    assert found.finding == "One group: there are too few rows to look for more."
    assert evidence_frame(found.evidence).is_empty()


def test_values_that_are_missing_take_those_of_their_group() -> None:
    points = np.concatenate([RANDOM.normal(0, 0.5, (60, 3)), RANDOM.normal(8, 0.5, (60, 3))])
    lacking = points.copy()
    lacking[RANDOM.random(points.shape) < 0.2] = np.nan
    lacking[:, 0] = points[:, 0]
    ordered = lacking[canonical_order(lacking)]
    found = GroupSearch(at_most=4, resamples=3, draws=2).find(ordered, chance=normal_chance(ordered), seed=0)
    assert sorted(np.round(found.centres.mean(axis=1)).tolist()) == [0.0, 8.0]


def test_draws_by_chance_vary_as_the_points_do_and_lack_what_they_lack() -> None:
    points = RANDOM.standard_normal((4000, 2)) @ np.array([[2.0, 1.0], [0.0, 0.5]])
    points[::7, 1] = np.nan
    drawn = normal_chance(points)(np.random.default_rng(1), np.arange(4000))
    assert np.array_equal(np.isnan(drawn), np.isnan(points))
    whole = ~np.isnan(points[:, 1])
    assert np.cov(drawn[whole].T) == pytest.approx(np.cov(points[whole].T), abs=0.25)


def test_directions_are_those_of_the_whole_decomposition_with_fixed_signs() -> None:
    dense = RANDOM.random((30, 8)) * (RANDOM.random((30, 8)) < 0.5)
    rows, columns = np.nonzero(dense)
    sparse = sparse_of(dense[rows, columns], rows=rows, columns=columns, shape=dense.shape)
    found = leading_directions(sparse, columns=3, seed=0)
    exact = np.linalg.svd(dense)[2][:3].T
    assert np.abs(found) == pytest.approx(np.abs(exact), abs=1e-6)
    assert all(column[np.abs(column).argmax()] > 0 for column in found.T)


def test_parts_are_not_negative_and_tell_rows_apart() -> None:
    dense = np.repeat([[4.0, 2.0, 0.0, 0.0], [0.0, 0.0, 3.0, 3.0]], 10, axis=0)
    rows, columns = np.nonzero(dense)
    sparse = sparse_of(dense[rows, columns], rows=rows, columns=columns, shape=dense.shape)
    amounts = parts_of(sparse, leading_parts(sparse, columns=2, seed=0))
    assert (amounts >= 0).all()
    assert (amounts[:10].argmax(axis=1) != amounts[10:].argmax(axis=1)).all()


def test_probabilities_of_classes_are_those_of_scikit_learn() -> None:
    from sklearn.linear_model import LogisticRegression

    points, classes = RANDOM.standard_normal((120, 3)), RANDOM.integers(0, 3, 120)
    for of in (2, 3):
        some = classes < of
        ours = fit_classes(points[some], classes[some], of=of, penalty=2.0).probabilities(points)
        theirs = LogisticRegression(C=0.5, tol=1e-7).fit(points[some], classes[some]).predict_proba(points)
        assert ours == pytest.approx(theirs, abs=1e-4)


def test_a_class_of_nobody_is_never_told() -> None:
    points, classes = RANDOM.standard_normal((20, 2)), np.repeat([0, 2], 10)
    probable = fit_classes(points, classes, of=4, penalty=1.0).probabilities(points)
    assert probable[:, [1, 3]].max() < 1e-9
    assert fit_classes(points, np.ones(20, dtype=np.int64), of=2, penalty=1.0).probabilities(points)[0, 1] > 0.999


def test_weights_of_several_shapes_are_refused() -> None:
    with pytest.raises(ValidationError, match="as many weights"):
        Classes(weights=((1.0,), (1.0, 2.0)), offsets=(0.0, 0.0))


def test_folds_hold_a_like_part_of_each_class() -> None:
    classes = np.repeat([0, 1], [40, 20])
    folds = folds_of(classes, folds=4, seed=3)
    assert np.bincount(folds[:40]).tolist() == [10] * 4
    assert np.bincount(folds[40:]).tolist() == [5] * 4


def test_the_column_that_tells_is_chosen_and_what_helps_nothing_is_not() -> None:
    classes = np.repeat([0, 1], 50)
    points = np.column_stack([RANDOM.standard_normal(100), classes * 8.0 + RANDOM.standard_normal(100)])
    chosen = chosen_columns(points, classes, blocks=[[0], [1]], at_most=2, folds=5, seed=0)
    assert chosen.columns[0] == 1
    assert chosen.accuracy[0] == 1.0
