#!/usr/bin/env bash
# What is deployed to MWAA as startup script (optional). It is sourced by bash as user airflow in every scheduler, worker
# and web server, before requirements.txt is installed, and has 300 seconds. Variables exported here reach Airflow, except
# those that MWAA reserves. So: no `exit`, no `set -e`, both would act on the shell that sources this.

case "${MWAA_AIRFLOW_COMPONENT:-}" in
  scheduler | worker)
    # DAGs and the tasks they start see this one.
    ;;
  webserver) ;;
esac

echo "startup.sh: nothing to prepare for ${MWAA_AIRFLOW_COMPONENT:-this component}"
