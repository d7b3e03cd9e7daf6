"""`demo`: the main job on an invented shop, shown and measured."""

from unified_customer.cli.demo.running import run_demo

__all__ = ["run_demo"]
