"""The kit for tests: conformance classes for authors of plugins, and Hypothesis strategies for the laws.

Nothing is imported here, so that the pytest plugin stays light: import `unified_customer.testing.sources`,
`unified_customer.testing.stores` or `unified_customer.testing.strategies`.
"""
