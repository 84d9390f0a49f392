"""`make check-requirements`: what a requirements.txt would do on MWAA 2.2.2, and whether it would work there.

lines.py      the file itself: what can be said of it without asking pip
ask.py        pip 21.3.1 in Airflow's interpreter, asked (mwaa_airflow.check.resolve)
judge.py      pip's answer against MWAA's own packages
report.py     all of it as a text, as JSON, as an exit code
"""

from mwaa_local.requirements.report import run

__all__ = ["run"]
