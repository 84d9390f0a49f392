"""Log groups and log streams by MWAA's names, and the settings that switch the groups on and set their levels.

    setting               LoggingConfiguration    group
    DAG_PROCESSING_LOGS   DagProcessingLogs       airflow-<environment>-DAGProcessing
    SCHEDULER_LOGS        SchedulerLogs           airflow-<environment>-Scheduler
    TASK_LOGS             TaskLogs                airflow-<environment>-Task
    WEBSERVER_LOGS        WebserverLogs           airflow-<environment>-WebServer
    WORKER_LOGS           WorkerLogs              airflow-<environment>-Worker

Each setting is a level of the API (CRITICAL, ERROR, WARNING, INFO, DEBUG), or `off`.
"""

import os

KINDS = {
    "DAGProcessing": "DAG_PROCESSING_LOGS",
    "Scheduler": "SCHEDULER_LOGS",
    "Task": "TASK_LOGS",
    "WebServer": "WEBSERVER_LOGS",
    "Worker": "WORKER_LOGS",
}
COMPONENTS = {"scheduler": "Scheduler", "worker": "Worker", "webserver": "WebServer"}
LEVELS = ("CRITICAL", "ERROR", "WARNING", "INFO", "DEBUG")
OFF = "off"


def group(kind):
    """The log group of a kind, such as airflow-local-Task."""
    return "airflow-{}-{}".format(os.environ["ENV_NAME"], kind)


def is_on(kind):
    return _setting(kind) != OFF


def level(kind):
    """The level of a kind's logger: that of the setting; INFO where the group is off, for the files are still written."""
    wanted = _setting(kind)
    return wanted if wanted in LEVELS else "INFO"


def _setting(kind):
    return os.environ.get(KINDS[kind], "INFO")


def stream_name(path):
    """A path as the name of a stream, in which no colon and no asterisk may stand."""
    return path.replace(":", "_").replace("*", "_")


def component_stream(component, host):
    """Standard output of a component, such as scheduler_ip-10-0-1-2.log."""
    return stream_name("{}_{}.log".format(component, host))
