"""The button "Glue run (local)" on the tasks that run a Glue job or wait for one. Local only: MWAA has nothing of the kind.

An Airflow plugin, found through this package's entry point `airflow.plugins`: the user's plugins folder holds only what is
the user's. The link leads to the run's page at the AWS endpoint (/_aws/glue/runs/<id>), by

    AwsGlueJobOperator    what the task returned (XCom `return_value`)
    AwsGlueJobSensor      its `run_id`, as it was rendered

A task that has returned nothing (it still waits, or has failed) is led to the list of runs that began while it ran.
"""

import os
import re
from urllib.parse import quote, urlencode

from airflow.models.baseoperator import BaseOperatorLink
from airflow.plugins_manager import AirflowPlugin

PROVIDER = "airflow.providers.amazon.aws"
RUN_ID = re.compile(r"^[\w.-]{1,255}$")


class _ByName(list):
    """Operator classes known by module and name. Importing them would cost every process that loads plugins boto3."""

    def __init__(self, *names):
        super().__init__(type(name, (), {"__module__": module}) for module, name in names)

    def __contains__(self, kind):
        return any((kind.__module__, kind.__name__) == (one.__module__, one.__name__) for one in self)


class GlueRunLink(BaseOperatorLink):
    """Leads from a task instance to its Glue run."""

    name = "Glue run (local)"
    operators = _ByName(
        (PROVIDER + ".operators.glue", "AwsGlueJobOperator"),
        (PROVIDER + ".sensors.glue", "AwsGlueJobSensor"),
    )

    def get_link(self, operator, dttm):
        """The address of the page, as a browser on this machine reaches it. Always one that exists."""
        home = "{}/_aws/glue".format(os.environ.get("AWS_URL", ""))
        waits = "run_id" in operator.template_fields
        run_id = _rendered_run_id(operator, dttm) if waits else _returned(operator, dttm)
        if isinstance(run_id, str) and RUN_ID.match(run_id):
            return "{}/runs/{}".format(home, quote(run_id, safe=""))
        return "{}{}".format(home, "" if waits else _while_it_ran(operator, dttm))


def _returned(operator, dttm):
    from airflow.models import XCom

    return XCom.get_one(execution_date=dttm, dag_id=operator.dag_id, task_id=operator.task_id)


def _rendered_run_id(operator, dttm):
    from airflow.models.renderedtifields import RenderedTaskInstanceFields as Fields
    from airflow.utils.session import create_session

    with create_session() as session:
        of_task = (Fields.dag_id == operator.dag_id, Fields.task_id == operator.task_id, Fields.execution_date == dttm)
        row = session.query(Fields.rendered_fields).filter(*of_task).one_or_none()
    return row[0].get("run_id") if row else None


def _while_it_ran(operator, dttm):
    """The part of the address that chooses the runs that began during the task's last try."""
    from airflow.models import DagRun, TaskInstance
    from airflow.utils.session import create_session

    with create_session() as session:
        row = (
            session.query(TaskInstance.start_date, TaskInstance.end_date)
            .join(DagRun, (DagRun.dag_id == TaskInstance.dag_id) & (DagRun.run_id == TaskInstance.run_id))
            .filter(TaskInstance.dag_id == operator.dag_id, TaskInstance.task_id == operator.task_id)
            .filter(DagRun.execution_date == dttm)
            .one_or_none()
        )
    if row is None or row[0] is None:
        return ""
    times = {"started_from": row[0], "started_until": row[1]}
    return "?" + urlencode({name: "{:.3f}".format(time.timestamp()) for name, time in times.items() if time})


class MwaaLocalPlugin(AirflowPlugin):
    """What the local replica adds to Airflow's pages."""

    name = "mwaa_local"
    operator_extra_links = [GlueRunLink()]
