"""How Splink is configured for each set of people: the values that its documentation states, as data.

A recipe is plain values, so that it can be read, printed and handed to a process of its own as JSON. Sources, all in
the repository moj-analytical-services/splink, under docs/demos: `tutorials/04` (fake_1000, "tutorial"),
`examples/duckdb/accuracy_analysis_from_labels_column` (fake_1000), `examples/duckdb/febrl3` (febrl3, and febrl1, which
has the same columns), `examples/duckdb/febrl4` (its detailed model), `examples/duckdb/deduplicate_50k_synthetic`.

Three things differ from the documents. What they leave to chance is seeded. Columns kept only for charts are left out,
which costs Splink less and changes no score. All sets are clustered at the same thresholds.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final

Rule = str | tuple[str, ...]
"""An SQL condition on `l` and `r`, or the columns and expressions in which the two agree."""


@dataclass(frozen=True)
class Comparison:
    """One entry of Splink's comparison library: its name, what it is called with, whether rare values weigh more."""

    kind: str
    columns: tuple[str, ...]
    options: Mapping[str, Any] = field(default_factory=dict)
    frequencies: bool = False


@dataclass(frozen=True)
class Recipe:
    """All that is told to Splink.

    `derived` are columns made by an SQL expression before anything else, put in place of those of the same name. Of
    `blocking`, rules that make more than `budget` pairs are left out where a budget is given, and so are rules that one
    kept before covers. `fixed_frequencies` trains without weighing rare values, as some of the documents do.
    """

    label: str
    comparisons: tuple[Comparison, ...]
    blocking: tuple[Rule, ...]
    certain: tuple[Rule, ...]
    recall: float
    random_pairs: float
    training: tuple[tuple[str, ...], ...]
    fixed_frequencies: bool = True
    training_pairs: float | None = None
    seed: int = 0
    link: bool = False
    derived: Mapping[str, str] = field(default_factory=dict)
    budget: int | None = None

    def plain(self) -> dict[str, Any]:
        """Return the recipe as values that JSON knows."""
        return asdict(self)


def exact(column: str) -> Comparison:
    """Compare a column for equality, rare values weighing more."""
    return Comparison("ExactMatch", (column,), frequencies=True)


_FAKE_TYPED: Final = {"dob": "try_cast(dob AS DATE)"}

FAKE_ACCURACY: Final = Recipe(
    label="accuracy example",
    comparisons=(
        Comparison("ForenameSurnameComparison", ("first_name", "surname")),
        Comparison("DateOfBirthComparison", ("dob",), {"input_is_string": False}),
        exact("city"),
        Comparison("EmailComparison", ("email",)),
    ),
    blocking=(("first_name",), ("surname",), ("dob",), ("email",)),
    certain=(
        "l.first_name = r.first_name AND levenshtein(l.dob::VARCHAR, r.dob::VARCHAR) <= 1",
        "l.surname = r.surname AND levenshtein(l.dob::VARCHAR, r.dob::VARCHAR) <= 1",
        "l.first_name = r.first_name AND levenshtein(l.surname, r.surname) <= 2",
        ("email",),
    ),
    recall=0.7,
    random_pairs=1e6,
    seed=5,
    training=(("dob",), ("email",), ("first_name", "surname")),
    derived=_FAKE_TYPED,
)

FAKE_TUTORIAL: Final = Recipe(
    label="tutorial",
    comparisons=(
        Comparison("NameComparison", ("first_name",)),
        Comparison("NameComparison", ("surname",)),
        Comparison("LevenshteinAtThresholds", ("dob",), {"distance_threshold_or_thresholds": 1}),
        exact("city"),
        Comparison("EmailComparison", ("email",)),
    ),
    blocking=(("first_name", "city"), ("surname",), ("dob",)),
    certain=(
        ("first_name", "dob"),
        "l.first_name = r.first_name AND levenshtein(l.surname, r.surname) <= 2",
        ("email",),
    ),
    recall=0.7,
    random_pairs=2e6,
    training=(("first_name", "surname"), ("dob",)),
    fixed_frequencies=False,
)

FEBRL3: Final = Recipe(
    label="febrl3 example",
    comparisons=(
        Comparison("NameComparison", ("given_name",)),
        Comparison("NameComparison", ("surname",)),
        Comparison("DateOfBirthComparison", ("date_of_birth",), {"input_is_string": True, "datetime_format": "%Y%m%d"}),
        Comparison("DamerauLevenshteinAtThresholds", ("soc_sec_id",), {"distance_threshold_or_thresholds": [2]}),
        exact("street_number"),
        exact("postcode"),
    ),
    blocking=(("soc_sec_id",), ("given_name",), ("surname",), ("date_of_birth",), ("postcode",)),
    certain=(
        ("soc_sec_id",),
        ("given_name", "surname", "date_of_birth"),
        "l.given_name = r.surname AND l.surname = r.given_name AND l.date_of_birth = r.date_of_birth",
    ),
    recall=0.9,
    random_pairs=1e6,
    seed=2,
    training=(("date_of_birth",), ("postcode",)),
    fixed_frequencies=False,
)

FEBRL4: Final = Recipe(
    label="febrl4 example",
    comparisons=(
        Comparison("NameComparison", ("given_name",), frequencies=True),
        Comparison("NameComparison", ("surname",), frequencies=True),
        Comparison("DateOfBirthComparison", ("date_of_birth",), {"input_is_string": True, "datetime_format": "%Y%m%d"}),
        Comparison("DamerauLevenshteinAtThresholds", ("soc_sec_id",), {"distance_threshold_or_thresholds": [1, 2]}),
        exact("street_number"),
        Comparison(
            "DamerauLevenshteinAtThresholds",
            ("postcode",),
            {"distance_threshold_or_thresholds": [1, 2]},
            frequencies=True,
        ),
    ),
    blocking=(
        ("given_name", "surname"),
        "l.given_name = r.surname AND l.surname = r.given_name",
        ("date_of_birth",),
        ("soc_sec_id",),
        ("state", "address_1"),
        ("street_number", "address_1"),
        ("postcode",),
    ),
    certain=(("soc_sec_id",), ("given_name", "surname", "date_of_birth")),
    recall=0.8,
    random_pairs=1e6,
    training=(("date_of_birth",), ("postcode",)),
    link=True,
)

HISTORICAL: Final = Recipe(
    label="historical 50k example",
    comparisons=(
        Comparison(
            "ForenameSurnameComparison",
            ("first_name", "surname"),
            {"forename_surname_concat_col_name": "first_name_surname_concat"},
        ),
        Comparison("DateOfBirthComparison", ("dob",), {"input_is_string": True}),
        Comparison("PostcodeComparison", ("postcode_fake",)),
        exact("birth_place"),
        exact("occupation"),
    ),
    blocking=(
        ("substr(first_name,1,3)", "substr(surname,1,4)"),
        ("surname", "dob"),
        ("first_name", "dob"),
        ("postcode_fake", "first_name"),
        ("postcode_fake", "surname"),
        ("dob", "birth_place"),
        ("substr(postcode_fake,1,3)", "dob"),
        ("substr(postcode_fake,1,3)", "first_name"),
        ("substr(postcode_fake,1,3)", "surname"),
        ("substr(first_name,1,2)", "substr(surname,1,2)", "substr(dob,1,4)"),
    ),
    certain=(
        ("first_name", "surname", "dob"),
        ("substr(first_name,1,2)", "surname", "substr(postcode_fake,1,2)"),
        ("dob", "postcode_fake"),
    ),
    recall=0.6,
    random_pairs=1e7,
    training=(("first_name", "surname"), ("dob",)),
    derived={"first_name_surname_concat": "first_name || ' ' || surname"},
)

DOCUMENTED: Final[Mapping[str, tuple[Recipe, ...]]] = {
    "fake_1000": (FAKE_ACCURACY, FAKE_TUTORIAL),
    "febrl1": (FEBRL3,),
    "febrl3": (FEBRL3,),
    "febrl4": (FEBRL4,),
    "historical_50k": (HISTORICAL,),
}
"""The documented configurations of a set, the better one first."""
