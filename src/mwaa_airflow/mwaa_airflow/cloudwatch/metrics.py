"""Airflow's statsd names as metrics of the namespace AmazonMWAA.

Names, units and dimensions: MWAA's user guide, access-metrics-cw-202 (revision of the 2.2.2 era), table by table. Every
metric also has the dimension Environment. A name that the guide does not have, such as a DAG's own Stats.incr, is kept as
it is, with Environment alone: whether MWAA shows it is not known.
"""

import re
import time

NAMESPACE = "AmazonMWAA"
PREFIX = "airflow."
AGAIN = 60.0  # seconds after which a gauge that has not changed is put again
KEPT = 5000  # data that wait for a CloudWatch that does not answer; the oldest go first

_SCHEDULER, _PROCESSING = {"Function": "Scheduler"}, {"Function": "DAG Processing"}
_SMART = {"Function": "Smart Sensor Operator"}
_ALL = {"DAG": "All", "Task": "All"}
_COUNT, _SECONDS, _MILLISECONDS = "Count", "Seconds", "Milliseconds"

# Of each: Airflow's name, a regular expression whose groups are values of dimensions; name, unit, dimensions in CloudWatch.
COUNTERS = [
    (r"scheduler\.critical_section_busy", "CriticalSectionBusy", _COUNT, _SCHEDULER),
    (r"dag\.callback_exceptions", "DagCallbackExceptions", _COUNT, {"DAG": "All"}),
    (r"sla_email_notification_failure", "FailedSLAEmailAttempts", _COUNT, _SCHEDULER),
    (r"ti\.finish\..+\.([^.]+)", "FinishedTaskInstances", _COUNT, dict(_ALL, State=1)),
    (r"(.+)_heartbeat_failure", "JobHeartbeatFailure", _COUNT, {"Job": 1}),
    (r"dag_processing\.manager_stalls", "ManagerStalls", _COUNT, _PROCESSING),
    (r"operator_failures_(.+)", "OperatorFailures", _COUNT, {"Operator": 1}),
    (r"operator_successes_(.+)", "OperatorSuccesses", _COUNT, {"Operator": 1}),
    (r"dag_processing\.processes", "Processes", _COUNT, _PROCESSING),
    (r"scheduler_heartbeat", "SchedulerHeartbeat", _COUNT, _SCHEDULER),
    (r"ti\.start\..+", "StartedTaskInstances", _COUNT, _ALL),
    (r"scheduler\.tasks\.killed_externally", "TasksKilledExternally", _COUNT, _SCHEDULER),
    (r"celery\.task_timeout_error", "TaskTimeoutError", _COUNT, {"Function": "Celery"}),
    (r"task_instance_created-(.+)", "TaskInstanceCreatedUsingOperator", _COUNT, {"Operator": 1}),
    (r"previously_succeeded", "TaskInstancePreviouslySucceeded", _COUNT, _ALL),
    (r"ti_failures", "TaskInstanceFailures", _COUNT, _ALL),
    (r"ti_successes", "TaskInstanceSuccesses", _COUNT, _ALL),
    (r"task_removed_from_dag\.(.+)", "TaskRemovedFromDAG", _COUNT, {"DAG": 1}),
    (r"task_restored_to_dag\.(.+)", "TaskRestoredToDAG", _COUNT, {"DAG": 1}),
    (r"zombies_killed", "ZombiesKilled", _COUNT, _ALL),
    (r"dag_file_refresh_error", "DAGFileRefreshError", _COUNT, _PROCESSING),
    (r"scheduler\.orphaned_tasks\.adopted", "OrphanedTasksAdopted", _COUNT, _SCHEDULER),
    (r"scheduler\.orphaned_tasks\.cleared", "OrphanedTasksCleared", _COUNT, _SCHEDULER),
    (r"dag_processing\.processor_timeouts", "ProcessorTimeouts", _COUNT, _PROCESSING),
    (r"([A-Za-z]+job)_end", "JobEnd", _COUNT, {"Job": 1}),
    (r"([A-Za-z]+job)_start", "JobStart", _COUNT, {"Job": 1}),
]
GAUGES = [
    (r"dagbag_size", "DagBagSize", _COUNT, _PROCESSING),
    (r"dag_processing\.import_errors", "ImportErrors", _COUNT, _PROCESSING),
    (r"smart_sensor_operator\.exception_failures", "ExceptionFailures", _COUNT, _SMART),
    (r"smart_sensor_operator\.executed_tasks", "ExecutedTasks", _COUNT, _SMART),
    (r"smart_sensor_operator\.infra_failures", "InfraFailures", _COUNT, _SMART),
    (r"smart_sensor_operator\.loaded_tasks", "LoadedTasks", _COUNT, _SMART),
    (r"smart_sensor_operator\.poked_exception", "PokedExceptions", _COUNT, _SMART),
    (r"smart_sensor_operator\.poked_success", "PokedSuccess", _COUNT, _SMART),
    (r"smart_sensor_operator\.poked_tasks", "PokedTasks", _COUNT, _SMART),
    (r"dag_processing\.total_parse_time", "TotalParseTime", _SECONDS, _PROCESSING),
    (
        r"dag_processing\.last_run\.seconds_ago\.(.+)",
        "DAGFileProcessingLastRunSecondsAgo",
        _SECONDS,
        {"DAG Filename": 1},
    ),
    (r"executor\.open_slots", "OpenSlots", _COUNT, {"Function": "Executor"}),
    (r"executor\.queued_tasks", "QueuedTasks", _COUNT, {"Function": "Executor"}),
    (r"executor\.running_tasks", "RunningTasks", _COUNT, {"Function": "Executor"}),
    (r"pool\.starving_tasks\.(.+)", "PoolStarvingTasks", _COUNT, {"Pool": 1}),
    (r"pool\.open_slots\.(.+)", "PoolOpenSlots", _COUNT, {"Pool": 1}),
    (r"pool\.queued_slots\.(.+)", "PoolQueuedSlots", _COUNT, {"Pool": 1}),
    (r"pool\.running_slots\.(.+)", "PoolRunningSlots", _COUNT, {"Pool": 1}),
    (r"scheduler\.tasks\.executable", "TasksExecutable", _COUNT, _SCHEDULER),
    (r"scheduler\.tasks\.pending", "TasksPending", _COUNT, _SCHEDULER),
    (r"scheduler\.tasks\.running", "TasksRunning", _COUNT, _SCHEDULER),
    (r"scheduler\.tasks\.starving", "TasksStarving", _COUNT, _SCHEDULER),
    (r"scheduler\.tasks\.without_dagrun", "TasksWithoutDagRun", _COUNT, _SCHEDULER),
]
TIMERS = [
    (r"collect_db_dags", "CollectDBDags", _MILLISECONDS, _PROCESSING),
    (r"scheduler\.critical_section_duration", "CriticalSectionDuration", _MILLISECONDS, _SCHEDULER),
    (r"dagrun\.dependency-check\.(.+)", "DAGDependencyCheck", _MILLISECONDS, {"DAG": 1}),
    (r"dagrun\.duration\.failed\.(.+)", "DAGDurationFailed", _MILLISECONDS, {"DAG": 1}),
    (r"dagrun\.duration\.success\.(.+)", "DAGDurationSuccess", _MILLISECONDS, {"DAG": 1}),
    # Airflow sends this timer in seconds (dag_processing/manager.py), whatever statsd's `ms` says.
    (r"dag_processing\.last_duration\.(.+)", "DAGFileProcessingLastDuration", _SECONDS, {"DAG Filename": 1}),
    (r"dagrun\.schedule_delay\.(.+)", "DAGScheduleDelay", _MILLISECONDS, {"DAG": 1}),
    (r"dagrun\.(.+)\.first_task_scheduling_delay", "FirstTaskSchedulingDelay", _MILLISECONDS, {"DAG": 1}),
    # A task of a group has a dot in its name; so may a DAG, which statsd's name does not tell apart.
    (r"dag\.([^.]+)\.(.+)\.duration", "TaskInstanceDuration", _MILLISECONDS, {"DAG": 1, "Task": 2}),
]
KINDS = {name: kind for kind, table in (("c", COUNTERS), ("g", GAUGES), ("ms", TIMERS)) for _, name, _, _ in table}
"""The kind, in statsd's words, of each metric of the guide; Airflow 2.2.2's own, where the guide has another."""
UNITS = {name: unit for table in (COUNTERS, GAUGES, TIMERS) for _, name, unit, _ in table}
_TABLE = [
    (re.compile(pattern + r"\Z"), name, unit, dimensions)
    for table in (COUNTERS, GAUGES, TIMERS)
    for pattern, name, unit, dimensions in table
]


def named(statsd_name):
    """(name, unit or None, {dimension: value}) in CloudWatch of a name in statsd."""
    name = statsd_name[len(PREFIX) :] if statsd_name.startswith(PREFIX) else statsd_name
    for pattern, metric, unit, dimensions in _TABLE:
        match = pattern.match(name)
        if match:
            values = {d: match.group(v) if isinstance(v, int) else v for d, v in dimensions.items()}
            return metric, unit, values
    return name, None, {}


class Publisher:
    """Puts what a Statsd has received into CloudWatch."""

    def __init__(self, cloudwatch, environment):
        self._cloudwatch, self._environment = cloudwatch, environment
        self._said = {}  # gauge: (value, when)
        self._waiting = []

    def publish(self, statsd):
        """Raises api.Unreachable and api.Refused; what could not be put waits for the next time."""
        self._waiting = (self._waiting + self._data(*statsd.take()))[-KEPT:]
        while self._waiting:
            self._cloudwatch.put_metrics(NAMESPACE, self._waiting[:200])
            del self._waiting[:200]

    def _data(self, counters, gauges, timers):
        now = time.monotonic()
        data = [self._datum(name, _COUNT, Value=value) for name, value in counters.items()]
        for name, value in gauges.items():
            said, when = self._said.get(name, (None, 0.0))
            if value != said or now - when >= AGAIN:
                self._said[name] = value, now
                data.append(self._datum(name, None, Value=value))
        for name, (count, total, least, most) in timers.items():
            values = {"SampleCount": count, "Sum": total, "Minimum": least, "Maximum": most}
            data.append(self._datum(name, _MILLISECONDS, StatisticValues=values))
        return data

    def _datum(self, statsd_name, unit, **values):
        name, own_unit, dimensions = named(statsd_name)
        pairs = sorted(dict(dimensions, Environment=self._environment).items())
        return dict(
            MetricName=name[:255],
            Dimensions=[{"Name": key, "Value": value[:255]} for key, value in pairs],
            Timestamp=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            Unit=own_unit or unit or "None",
            **values,
        )
