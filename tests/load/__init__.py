"""Measurements of speed and memory; run by hand and by `make bench`, never timed inside the tests."""
