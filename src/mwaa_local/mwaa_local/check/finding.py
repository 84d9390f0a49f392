"""The rules, each with its id, level, source and way out; and what one of them says about a line.

Levels: an `error` cannot work on MWAA 2.2.2, or does what nobody means; a `warning` depends on what is not in the file.

Sources: UG is the MWAA user guide of the 2.2.2 era (awsdocs/amazon-mwaa-user-guide, doc_source/<page>). Files are those of
Airflow 2.2.2 and Amazon provider 2.4.0, below site-packages.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

ERROR, WARNING = "error", "warning"


@dataclass(frozen=True)
class Rule:
    """`what` is the rule in a sentence, `fix` what to write instead, `source` the page or file that says so."""

    id: str
    level: str
    what: str
    fix: str
    source: str


@dataclass(frozen=True, order=True)
class Finding:
    """What a rule says about a place: `line` and `column` count from 1; `hint` is the rule's fix, or one for this very place."""

    line: int
    column: int
    rule: str
    message: str
    hint: str
    bytes_before: int = -1
    """Of a finding at a node: how many bytes of UTF-8 are in front of it, from which `in_characters` makes the column."""

    @property
    def level(self) -> str:
        return RULES[self.rule].level

    def in_characters(self, lines: list[str]) -> Finding:
        """The same with a column that counts characters: the tree counts bytes."""
        if self.bytes_before < 0 or self.line > len(lines):
            return replace(self, bytes_before=-1)
        before = lines[self.line - 1].encode(errors="surrogatepass")[: self.bytes_before]
        return replace(self, column=len(before.decode(errors="replace")) + 1, bytes_before=-1)


_ALL = (
    Rule(
        "MW001",
        ERROR,
        "The file is no Python: not UTF-8, a NUL byte, a syntax error",
        "mend the line named; save the file as UTF-8",
        "Python 3.7, Parser/tokenizer.c; airflow/models/dagbag.py (an import error per file)",
    ),
    Rule(
        "MW002",
        ERROR,
        "Syntax that came after Python 3.7: :=, match, positional-only parameters, f'{x=}', except*, parentheses round `with`",
        "write it as Python 3.7 reads it",
        "UG airflow-versions (MWAA 2.2.2 runs Python 3.7); docs.python.org, What's New in Python 3.8 to 3.12",
    ),
    Rule(
        "MW003",
        ERROR,
        "Types written as values only later Pythons have: list[str], dict[str, int], X | None",
        "from typing import List, Optional; or `from __future__ import annotations`, if it is an annotation",
        "PEP 585 (3.9), PEP 604 (3.10)",
    ),
    Rule(
        "MW004",
        WARNING,
        "The file is too large or too deeply nested to be checked, or for Python 3.7's parser",
        "let a program make the tasks in a loop; keep data in a file beside the DAG",
        "Python 3.7, Parser/parser.c (MAXSTACK), Python/compile.c; UG best-practices-tuning (30 s for a DAG file)",
    ),
    Rule(
        "MW101",
        ERROR,
        "A module that Airflow 2.2.2, or an installed provider, does not have",
        "use what 2.2.2 has",
        "the environment itself (names.json.gz); UG connections-packages",
    ),
    Rule(
        "MW102",
        ERROR,
        "A name that its module does not have in Airflow 2.2.2 or provider 2.4.0: GlueJobOperator, EmptyOperator, Dataset",
        "use what 2.2.2 has",
        "the environment itself (names.json.gz)",
    ),
    Rule(
        "MW103",
        ERROR,
        "A provider, or what a module needs, that MWAA 2.2.2 does not install, and requirements.txt does not name",
        "name the package in requirements.txt, with the version of constraints-2.2.2",
        "UG connections-packages (amazon, postgres, celery, ftp, http, imap, sqlite, and nothing else)",
    ),
    Rule(
        "MW104",
        ERROR,
        "An argument that does not exist in this version: schedule=, verbose=, deferrable=",
        "leave it out, or use the argument that 2.2.2 has",
        "airflow/models/baseoperator.py (Invalid arguments were passed); the signatures in names.json.gz",
    ),
    Rule(
        "MW105",
        ERROR,
        "An argument that must be given is not",
        "give it",
        "airflow/models/baseoperator.py (Argument ... is required)",
    ),
    Rule(
        "MW106",
        ERROR,
        "Positional arguments for an operator",
        "give every argument its name: task_id=...",
        "airflow/models/baseoperator.py (Use keyword arguments when initializing operators)",
    ),
    Rule(
        "MW107",
        ERROR,
        "A method or attribute that came later: .expand(), .partial(), .override(), dag.test()",
        "use what 2.2.2 has; instead of .expand() a loop over what is known when the file is read",
        "the classes in names.json.gz",
    ),
    Rule(
        "MW108",
        ERROR,
        "A task decorator that 2.2.2 does not have: @task.branch, @task.short_circuit, @task.sensor, @task.external_python",
        "use the operator: BranchPythonOperator, ShortCircuitOperator, PythonSensor",
        "airflow/decorators/__init__.py (python and virtualenv)",
    ),
    Rule(
        "MW109",
        WARNING,
        "A module that neither MWAA, nor the project, nor requirements.txt has",
        "name its package in requirements.txt, or put the module into dags/ or plugins/",
        "UG working-dags-dependencies",
    ),
    Rule(
        "MW110",
        WARNING,
        "A module or name that a package of MWAA's own list does not have in the version installed there",
        "use what that version has, or name another version in requirements.txt",
        "the environment itself (names.json.gz); stack/locks/airflow.in",
    ),
    Rule(
        "MW111",
        ERROR,
        "A module or name of a later Python's standard library: zoneinfo, functools.cache, typing.Literal",
        "MWAA has typing_extensions, importlib_metadata, cached_property and pendulum for some of them",
        "the standard library of 3.7 (names.json.gz); docs.python.org, What's New in Python 3.8 to 3.13",
    ),
    Rule(
        "MW112",
        ERROR,
        "A trigger rule that 2.2.2 does not have: one_done, all_skipped",
        "use one of the rules that 2.2.2 has",
        "airflow/utils/trigger_rule.py",
    ),
    Rule(
        "MW201",
        ERROR,
        "queue= with a name: MWAA has one queue, and a task sent to another fails without a log",
        "leave queue= out",
        "UG t-cloudwatch-cloudtrail-logs; kombu/transport/SQS.py (UndefinedQueueException)",
    ),
    Rule(
        "MW202",
        WARNING,
        "A task that may run longer than 12 hours: after that SQS hands its message to another worker",
        "split the task, let a service do the work and look at it with a sensor in mode='reschedule'",
        "UG t-cloudwatch-cloudtrail-logs; UG accessing-metrics-cw-container-queue-db (visibility timeout of 12 hours)",
    ),
    Rule(
        "MW203",
        WARNING,
        "Writing below dags/ or plugins/: the next synchronisation, 30 seconds later, takes it away",
        "write to /tmp, and to S3 what shall stay",
        "UG configuring-dag-folder; UG samples-dbt",
    ),
    Rule(
        "MW204",
        WARNING,
        "A local file handed from one task to another: the next task may run on another worker",
        "hand it over in S3 (S3Hook), or do both in one task",
        "UG mwaa-faqs (10 GB of storage per container, not shared)",
    ),
    Rule(
        "MW205",
        WARNING,
        "Airflow's REST API: MWAA 2.2.2 refuses every request to it (deny_all)",
        "create_cli_token and /aws_mwaa/cli, or TriggerDagRunOperator inside the environment",
        "UG airflow-versions; aws/aws-mwaa-local-runner, airflow.cfg (auth_backend)",
    ),
    Rule(
        "MW206",
        ERROR,
        "A command for /aws_mwaa/cli that MWAA does not take, or that 2.2.2 does not have",
        "one of the commands that MWAA takes",
        "UG airflow-cli-command-reference",
    ),
    Rule(
        "MW207",
        WARNING,
        "`airflow ...` in a task with a command that MWAA does not support, or that 2.2.2 does not have",
        "an operator (TriggerDagRunOperator), or Airflow's Python interface",
        "UG airflow-cli-command-reference",
    ),
    Rule(
        "MW208",
        WARNING,
        "A plugin sets the environment when it is loaded, but MWAA loads plugins only when something asks for them",
        "core.lazy_load_plugins: False in the Airflow configuration options, or the startup script",
        "UG configuring-env-variables; airflow/config_templates/default_airflow.cfg (lazy_load_plugins)",
    ),
    Rule(
        "MW209",
        WARNING,
        "A plugin file with the name of another, or of an installed module: one takes the other's place",
        "give the file a name of its own",
        "airflow/plugins_manager.py (each file becomes the module of its bare name)",
    ),
    Rule(
        "MW210",
        ERROR,
        "A deferrable operator: MWAA 2.2.2 has no triggerer, so the task stays deferred for ever",
        "the operator without Async, with mode='reschedule'",
        "AWS Big Data Blog on MWAA 2.7.2, which brought deferrable operators; airflow/sensors/time_delta.py",
    ),
    Rule(
        "MW211",
        ERROR,
        "A DAG without a name at the top of the file: 2.2.2 finds only those that are in a global variable",
        "with DAG(...) as dag:, or dag = my_dag()",
        "airflow/models/dagbag.py (_process_modules)",
    ),
    Rule(
        "MW212",
        WARNING,
        "A query at the top of a DAG file: it is made again every 30 seconds, and whenever a task starts",
        "put it into the task, or into a template: {{ var.value.name }}",
        "UG best-practices-tuning; airflow/config_templates/default_airflow.cfg (min_file_process_interval)",
    ),
    Rule(
        "MW213",
        WARNING,
        "PythonVirtualenvOperator: on MWAA virtualenv is not on the path, so it fails unless a plugin mends it",
        "name the packages in requirements.txt and use PythonOperator, or install the plugin of the guide",
        "UG samples-virtualenv",
    ),
    Rule(
        "MW301",
        ERROR,
        "AwsGlueJobOperator that may create its job, with retry_limit None: botocore refuses MaxRetries=None",
        "retry_limit=0",
        "airflow/providers/amazon/aws/hooks/glue.py (MaxRetries=self.retry_limit)",
    ),
    Rule(
        "MW302",
        WARNING,
        "A Glue run that somebody stops is green: the operator counts STOPPED as finished, and no sensor follows",
        "AwsGlueJobSensor(job_name=..., run_id=run.output): it fails on STOPPED",
        "airflow/providers/amazon/aws/hooks/glue.py (finished_states)",
    ),
    Rule(
        "MW303",
        ERROR,
        "WorkerType, NumberOfWorkers or MaxCapacity together with AllocatedCapacity, which this operator always sends",
        "create the job outside of Airflow; or num_of_dpus= alone",
        "airflow/providers/amazon/aws/hooks/glue.py (AllocatedCapacity=self.num_of_dpus); AWS Glue API, CreateJob",
    ),
    Rule(
        "MW304",
        ERROR,
        "create_job_kwargs or run_job_kwargs repeats what the hook gives itself: Command, Role, MaxRetries, JobName, Arguments",
        "the operator's own arguments; another Command needs a job created outside of Airflow",
        "airflow/providers/amazon/aws/hooks/glue.py (create_job, start_job_run)",
    ),
    Rule(
        "MW305",
        ERROR,
        "script_args with something that is no text: botocore takes only strings",
        'quote it: {"--limit": "5"}, or str(limit)',
        "airflow/providers/amazon/aws/hooks/glue.py (Arguments=script_arguments); botocore, glue 2017-03-31 (GenericMap)",
    ),
    Rule(
        "MW306",
        WARNING,
        "A key of script_args without --: the job does not find it",
        'write it with two hyphens: {"--day": "{{ ds }}"}',
        "AWS Glue Developer Guide, getResolvedOptions",
    ),
    Rule(
        "MW307",
        ERROR,
        "iam_role_name with an ARN: the hook asks IAM for a role of that name",
        "the name alone, what follows the last slash",
        "airflow/providers/amazon/aws/hooks/glue.py (get_role(RoleName=...))",
    ),
    Rule(
        "MW308",
        ERROR,
        "s3_bucket with a URI or a path: it is the name of a bucket",
        "the bucket's name alone",
        "airflow/providers/amazon/aws/hooks/glue.py (s3://{self.s3_bucket}/); operators/glue.py (bucket_name=)",
    ),
    Rule(
        "MW309",
        ERROR,
        "['JobRunId'] on what AwsGlueJobOperator returns: that is the run id itself, a string",
        "run_id=run.output, or xcom_pull(task_ids=...) without a key",
        "airflow/providers/amazon/aws/operators/glue.py (return glue_job_run['JobRunId'])",
    ),
    Rule(
        "MW310",
        ERROR,
        "AwsGlueJobSensor without run_id, or with None",
        "run_id=run.output, of the operator that started the run",
        "airflow/providers/amazon/aws/sensors/glue.py",
    ),
    Rule(
        "MW311",
        WARNING,
        "A Glue run that is started and not waited for: the task is green whatever becomes of it",
        "AwsGlueJobSensor(job_name=..., run_id=run.output) after it, or wait_for_completion=True",
        "airflow/providers/amazon/aws/operators/glue.py (wait_for_completion)",
    ),
    Rule(
        "MW312",
        ERROR,
        "do_xcom_push=False on an AwsGlueJobOperator whose output is used: the sensor gets None",
        "leave do_xcom_push out",
        "airflow/models/taskinstance.py (_execute_task); airflow/providers/amazon/aws/sensors/glue.py",
    ),
)
RULES = {rule.id: rule for rule in _ALL}


def at(node: object, rule: str, message: str, hint: str = "") -> Finding:
    """A finding at a node of the tree."""
    line, before = getattr(node, "lineno", 1), getattr(node, "col_offset", 0)
    return Finding(line, before + 1, rule, message, hint or RULES[rule].fix, before)
