"""`make parity`: the running environment against what is known of MWAA 2.2.2, item by item.

facts.yaml, packages.txt   what MWAA is, with source and mark of confidence; and why an item is different here
facts.py                   reads them
comparison.py              facts against what mwaa_airflow.parity saw in Airflow's environment
report.py                  the result as a table, as JSON, as a page
"""

from mwaa_local.parity.report import run

__all__ = ["run"]
