"""Measurements that anyone can run: `python -m bench` for all, `python -m bench database live` for some.

A bench is a module here with a `main()`, plain or async, that prints a table; a number it returns other than 0 says that a target
was missed. Wall clock on a shared machine says little, so costs are CPU time, beside the calibration loop (`bench.calibration`).
"""
