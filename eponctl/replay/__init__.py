"""Stored history under other rules: the polls of a time, judged and told anew. Pure, no I/O.

What was settled then stays settled: a replay decides what belongs together and who is told what.
"""
