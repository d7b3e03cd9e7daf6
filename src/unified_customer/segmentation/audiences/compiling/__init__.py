"""From rules to expressions over tables, on any engine."""
