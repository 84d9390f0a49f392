"""Triggers and workflows: what is started without anybody calling StartJobRun, and what follows from it.

triggers.py      triggers on disk                  trigger_rules.py  what one must look like
activation.py    one is started, stopped           predicates.py     when a conditional one is met
firing.py        triggers fire, and what follows   chains.py         what follows from one start
definitions.py   workflows on disk                 runs.py           their runs: start, stop, resume, statistics
graphs.py        workflows as graphs
"""
