"""Airflow's logging as MWAA sets it up: `[logging] logging_config_class = mwaa_airflow.logging_config.LOGGING_CONFIG`.

Airflow's own configuration, with three changes: task logs go to CloudWatch too; each kind of log has the level of its
group; which is also the level of a component's standard output.
"""

import copy
import os
import sys

from airflow.config_templates.airflow_local_settings import DEFAULT_DAG_PARSING_LOGGING_CONFIG, DEFAULT_LOGGING_CONFIG

from mwaa_airflow.cloudwatch import names


def logging_config(component):
    """The configuration of a process of `component`: scheduler, worker, webserver, or "" of a command."""
    config = copy.deepcopy(DEFAULT_LOGGING_CONFIG)
    if os.environ.get("CONFIG_PROCESSOR_MANAGER_LOGGER") == "True":
        # The process that manages DAG parsing sets this and loads this module anew, but not Airflow's own.
        for part, more in DEFAULT_DAG_PARSING_LOGGING_CONFIG.items():
            config[part].update(copy.deepcopy(more))
        os.makedirs(os.path.dirname(config["handlers"]["processor_manager"]["filename"]), exist_ok=True)
    loggers = config["loggers"]
    loggers["airflow.task"]["level"] = names.level("Task")
    for name in ("airflow.processor", "airflow.processor_manager"):
        if name in loggers:
            loggers[name]["level"] = names.level("DAGProcessing")
    if component in names.COMPONENTS:
        config["root"]["level"] = names.level(names.COMPONENTS[component])
    # One or the other, in any case: with `remote_logging` Airflow has put the provider's handler there.
    task = config["handlers"]["task"]
    config["handlers"]["task"] = {
        "class": "airflow.utils.log.file_task_handler.FileTaskHandler",
        "formatter": "airflow",
        "base_log_folder": task["base_log_folder"],
        "filename_template": task["filename_template"],
        "filters": ["mask_secrets"],
    }
    if names.is_on("Task"):
        config["handlers"]["task"].update(
            {
                "class": "mwaa_airflow.cloudwatch.task_handler.CloudWatchTaskHandler",
                "log_group": names.group("Task"),
            }
        )
    return config


LOGGING_CONFIG = logging_config(os.environ.get("MWAA_AIRFLOW_COMPONENT", ""))

# Processes that fork tasks: each task would import it anew.
_FORKS_TASKS = sys.argv[1:3] == ["celery", "worker"] or (
    sys.argv[1:2] == ["scheduler"] and os.environ.get("EXECUTOR") == "local"
)
if _FORKS_TASKS and names.is_on("Task"):
    import watchtower  # noqa: F401
