# What the tests of start order look for in Airflow's environment.
export SEEN_BY_AIRFLOW="by $MWAA_AIRFLOW_COMPONENT" AIRFLOW__CORE__PARALLELISM=1
