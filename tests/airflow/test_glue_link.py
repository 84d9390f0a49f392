"""The button "Glue run (local)": from the task instances of unmodified operator and sensor to the page of their run."""

import json

import pytest
from conftest import Replica

DAG = """
from datetime import datetime
from airflow import DAG
from airflow.operators.bash import BashOperator
from airflow.providers.amazon.aws.operators.glue import AwsGlueJobOperator
from airflow.providers.amazon.aws.sensors.glue import AwsGlueJobSensor

class Ours(AwsGlueJobOperator):
    pass

with DAG("linked", start_date=datetime(2022, 1, 1), schedule_interval=None) as dag:
    run = AwsGlueJobOperator(task_id="run", job_name="a", script_args={})
    AwsGlueJobSensor(task_id="wait", job_name="a", run_id=run.output)
    Ours(task_id="ours", job_name="a")
    BashOperator(task_id="other", bash_command="true")
"""
# The links as the web server gets them: from the serialized DAG, at several moments of one run.
LINKS = """
import json, sys
from airflow.models import DagBag, XCom
from airflow.models.dagrun import DagRun
from airflow.models.renderedtifields import RenderedTaskInstanceFields
from airflow.models.serialized_dag import SerializedDagModel
from airflow.utils import timezone
from airflow.utils.session import create_session

dag = DagBag(sys.argv[1], include_examples=False).dags["linked"]
moment = timezone.datetime(2022, 1, 2)
with create_session() as session:
    dag.sync_to_db(session=session)
    SerializedDagModel.write_dag(dag, session=session)
    run = dag.create_dagrun(run_id="r", run_type="manual", execution_date=moment, state="running", session=session)
served = DagBag(read_dags_from_db=True).get_dag("linked")

def links():
    name = "Glue run (local)"
    return {task.task_id: (task.extra_links, task.get_extra_links(moment, name)) for task in served.tasks}

seen = [links()]
with create_session() as session:
    ti = session.query(DagRun).filter(DagRun.dag_id == "linked").one().get_task_instance("run", session=session)
    ti.start_date, ti.end_date = timezone.datetime(2022, 1, 3), timezone.datetime(2022, 1, 3, 1)
seen.append(links())
XCom.set(key="return_value", value="jr_0123", task_id="run", dag_id="linked", execution_date=moment)
with create_session() as session:
    ti = session.query(DagRun).filter(DagRun.dag_id == "linked").one().get_task_instance("wait", session=session)
    ti.task = dag.get_task("wait")
    session.merge(RenderedTaskInstanceFields(ti=ti))
seen.append(links())
XCom.set(key="return_value", value="<script>/../", task_id="run", dag_id="linked", execution_date=moment)
seen.append(links())
operators = [dag.get_task(name).extra_links for name in ("run", "wait", "other")]
print(json.dumps([seen, operators]))
"""


@pytest.fixture(scope="module")
def replica(tmp_path_factory):
    replica = Replica(tmp_path_factory.mktemp("links"))
    (replica.settings["MWAA_PROJECT"] / "dags" / "linked.py").write_text(DAG)
    replica.redirect()
    replica.start("postgres")
    code, said = replica.run("migrate")
    assert code == 0, said
    yield replica
    replica.close()


@pytest.fixture(scope="module")
def seen(replica):
    printed = replica.python(LINKS, replica.settings["MWAA_PROJECT"] / "dags")
    return json.loads(printed.splitlines()[-1])


def test_operator_and_sensor_have_the_button_and_no_other_task_has_it(seen):
    (first, *_), (operator, sensor, other) = seen
    wanted = {"run": ["Glue run (local)"], "wait": ["Glue run (local)"], "ours": [], "other": []}
    assert {task: names for task, (names, _) in first.items()} == wanted
    assert (operator, sensor, other) == (["Glue run (local)"], ["Glue run (local)"], [])


def test_it_leads_to_the_run_or_to_the_runs_that_began_while_the_task_ran(seen, replica):
    home = replica.endpoint + "/_aws/glue"
    before, while_it_ran, returned, nonsense = seen[0]
    assert (before["run"][1], before["wait"][1]) == (home, home)
    assert while_it_ran["run"][1] == home + "?started_from=1641168000.000&started_until=1641171600.000"
    assert (returned["run"][1], returned["wait"][1]) == (home + "/runs/jr_0123", home + "/runs/jr_0123")
    assert nonsense["run"][1].startswith(home + "?started_from=")


def test_the_plugins_are_the_only_ones_and_cost_no_boto3(replica):
    code = (
        "import json, sys; from airflow import plugins_manager as p; p.initialize_extra_operators_links_plugins();"
        "print(json.dumps([[plugin.name for plugin in p.plugins], p.import_errors, 'boto3' in sys.modules]))"
    )
    assert json.loads(replica.python(code).splitlines()[-1]) == [["aws_mwaa", "mwaa_local"], {}, False]


def test_the_address_is_the_one_that_a_browser_on_the_host_reaches(replica):
    code = (
        "import os; os.environ['AWS_URL'] = 'http://127.0.0.1:4999'\n"
        "from types import SimpleNamespace as N; from datetime import datetime, timezone\n"
        "from mwaa_airflow.glue_link import GlueRunLink\n"
        "task = N(template_fields=('script_args',), dag_id='none', task_id='none')\n"
        "print(GlueRunLink().get_link(task, datetime(2022, 1, 2, tzinfo=timezone.utc)))"
    )
    assert replica.python(code).splitlines()[-1] == "http://127.0.0.1:4999/_aws/glue"
