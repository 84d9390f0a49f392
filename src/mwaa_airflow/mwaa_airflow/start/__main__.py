"""python -I -S <this file> scheduler|worker|webserver: the steps of a role, called by stack/bin/airflow-role.

Leaves $MWAA_STATE/run/<role>.env, shell code with every variable that the steps changed, and <role>.start.json, the record.
"""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))

from mwaa_airflow.start import steps

if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1] not in steps.COMPONENTS:
        sys.exit("usage: start {}".format("|".join(sorted(steps.COMPONENTS))))
    steps.run(sys.argv[1])
