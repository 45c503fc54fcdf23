"""Benchmarks: each prints its figure as a ratio to a named baseline of the same run, since one run
on a noisy machine says nothing by itself. `make bench` runs all; `python -m bench NAME` runs one.
"""
