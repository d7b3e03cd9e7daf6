"""Benchmarks: each module prints one JSON object a line. `python -m benchmarks.ingest --scale 0.01` is a quick look."""
