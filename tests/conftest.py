"""How hard Hypothesis searches, and Spark for the tests that need it."""

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from unified_customer.engines.spark import Session

settings.register_profile("dev", max_examples=25, deadline=None)
settings.register_profile("ci", max_examples=25, deadline=None, derandomize=True, print_blob=True)
settings.register_profile("deep", max_examples=2000, deadline=None, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "dev"))


@pytest.fixture(scope="session")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator["Session"]:
    """Spark on this machine, in a zone that is not UTC; a test that asks for it is marked `needs_java`."""
    from unified_customer.engines.spark import local_session

    folder = str(tmp_path_factory.mktemp("spark"))
    options = {
        "spark.local.dir": folder,
        "spark.sql.warehouse.dir": folder,
        "spark.sql.shuffle.partitions": "2",
        # What runs for seconds is better not compiled twice.
        "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TZ", "America/New_York")
        session = local_session(cores=2, options=options, name="tests")
    yield session
    session.stop()
