"""Operator and sensor of Amazon provider 2.4.0, unmodified, in Airflow's interpreter (3.7), driven from another process.

    with Provider(python, endpoint) as provider:
        provider.operator(job_name="x", wait_for_completion=True)     {"outcome": "success", "value": "jr_..."}
        provider.sensor(job_name="x", run_id="jr_...")                {"outcome": "raises", "type": ..., "text": ...}
        provider.waits(job_name="x", run_id="jr_...")                 what the operator does once it has started that run

`{"outcome": "asks", "state": "ERROR"}`: PATIENCE looks one after the other have found that state, and it would look again.
Only the pause between two looks is shortened. The other side is this file again, run by Airflow's interpreter.
"""

import json
import os
import subprocess
import sys
import tempfile
import threading

PATIENCE = 25  # looks that find the same state, one which no longer changes
PAUSE = 0.05  # seconds, instead of the hook's 6
CHANGING = ("STARTING", "RUNNING", "STOPPING")


class Provider:
    """Each call is answered when the task is over; several may be under way, from several threads."""

    def __init__(self, python, endpoint, region="us-east-1"):
        self._python, self._home = str(python), tempfile.TemporaryDirectory()
        inherited = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "AIRFLOW", "PYTHON"))}
        self._environment = dict(
            inherited,
            AIRFLOW_HOME=self._home.name,
            AIRFLOW__CORE__LOAD_EXAMPLES="False",
            AIRFLOW_CONN_AWS_DEFAULT="aws://test:test@/?host={}&region_name={}".format(endpoint, region),
            AWS_EC2_METADATA_DISABLED="true",
            AWS_SHARED_CREDENTIALS_FILE=os.devnull,
            AWS_CONFIG_FILE=os.devnull,
            GLUE_LOGS_IN_TASK_LOG="0",
        )

    def __enter__(self):
        self._process = subprocess.Popen(
            [self._python, "-W", "ignore", __file__],
            env=self._environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            universal_newlines=True,
        )
        self._answers, self._arrived, self._last = {}, threading.Condition(), 0
        threading.Thread(target=self._listen, daemon=True).start()
        return self

    def __exit__(self, *_):
        self._process.stdin.close()
        self._process.wait(20)
        self._home.cleanup()

    def operator(self, **arguments):
        return self._ask("operator", arguments)

    def sensor(self, **arguments):
        return self._ask("sensor", arguments)

    def waits(self, **arguments):
        return self._ask("waits", arguments)

    def _ask(self, what, arguments, seconds=120):
        with self._arrived:
            self._last += 1
            number = self._last
            self._process.stdin.write(json.dumps([number, what, arguments]) + "\n")
            self._process.stdin.flush()
            done = self._arrived.wait_for(lambda: number in self._answers or self._process.poll() is not None, seconds)
            assert done and number in self._answers, "no answer to {} {}".format(what, arguments)
            return self._answers.pop(number)

    def _listen(self):
        for line in self._process.stdout:
            if line.startswith("["):
                number, answer = json.loads(line)
                with self._arrived:
                    self._answers[number] = answer
                    self._arrived.notify_all()


class AskedEnough(BaseException):
    """Ends what would not end."""


def serve():
    import logging

    from airflow.providers.amazon.aws.hooks.glue import AwsGlueJobHook
    from airflow.providers.amazon.aws.operators.glue import AwsGlueJobOperator
    from airflow.providers.amazon.aws.sensors.glue import AwsGlueJobSensor

    logging.getLogger().handlers[:] = [logging.NullHandler()]
    AwsGlueJobHook.JOB_POLL_INTERVAL = PAUSE
    looks = threading.local()
    get_job_state = AwsGlueJobHook.get_job_state

    def counted(self, job_name, run_id):
        state = get_job_state(self, job_name, run_id)
        looks.same = looks.same + 1 if getattr(looks, "state", None) == state not in CHANGING else 1
        looks.state = state
        if looks.same > PATIENCE:
            raise AskedEnough
        return state

    AwsGlueJobHook.get_job_state = counted

    def perform(what, arguments):
        if what == "operator":
            return AwsGlueJobOperator(task_id="run_glue_job", **arguments).execute({})
        if what == "sensor":
            return AwsGlueJobSensor(task_id="get_glue_job_status", poke_interval=PAUSE, **arguments).execute({})
        return AwsGlueJobHook(aws_conn_id="aws_default").job_completion(**arguments)["JobRunId"]

    def answer(number, what, arguments):
        looks.state = None
        try:
            told = {"outcome": "success", "value": perform(what, arguments)}
        except AskedEnough:
            told = {"outcome": "asks", "state": looks.state}
        except Exception as error:
            told = {"outcome": "raises", "type": type(error).__name__, "text": str(error)}
        sys.stdout.write(json.dumps([number, told]) + "\n")
        sys.stdout.flush()

    tasks = []
    for line in sys.stdin:
        tasks.append(threading.Thread(target=answer, args=json.loads(line), daemon=True))
        tasks[-1].start()


if __name__ == "__main__":
    serve()
