"""`make watch`: on save the checks of what changed, then the tests that are affected; the last verdict stays on the screen.

places     the folders and files of a project that are watched, and what a path is among them
events     saves: what really changed, once an editor or git has finished
imports    which DAG files import which helper module, from their text
memory     what the last rounds have shown: each file's DAGs, jobs and modules, each test's DAGs
affected   from changed paths to the files and tests of a round
warm       the process of Airflow's side that runs the rounds (mwaa_airflow.dagtest.warm)
aws        LocalStack for the tests that need it, started when the first of them is due
verdict    what came out of a round
screen     how it is shown: on a terminal, or as plain lines
session    all of it together
"""

from mwaa_local.watch.session import run

__all__ = ["run"]
