"""Logs and metrics of the environment in the local CloudWatch, as MWAA has them in AWS's.

api           the few calls that this takes, without boto3
names         log groups, log streams, and the settings that switch them
task_handler  Airflow's handler for task logs: sends them with watchtower, reads them back for the web page
unsent        what a task could not send, kept in files until the agent can
agent         the process that ships log files and receives statsd: stack/bin/cloudwatch-agent
journal       what the agent has taken from which file, and what it has yet to deliver
follow        log files as events, over rotation and restarts
statsd        datagrams as counters, gauges and timers
metrics       Airflow's names of metrics as those of the namespace AmazonMWAA

docs/logs-and-metrics.md says what MWAA does, and where we know it from. The agent runs these modules without
site-packages, so nothing here but task_handler imports more than the standard library.
"""
