"""The pytest plugin of the kit: it lets failed checks of the conformance classes show their values. Imports no more."""

import pytest

pytest.register_assert_rewrite("unified_customer.testing.sources", "unified_customer.testing.stores")
