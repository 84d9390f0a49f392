"""The MWAA service API (`boto3.client("mwaa")`, `aws mwaa`) for the one environment that the replica is.

plugin        what LocalStack finds through its entry point
provider      the service: every operation of botocore's model, validated; the only module that knows LocalStack
operations    what each operation does
environment   the environment as GetEnvironment shows it: what runs, overlaid by what was updated; kept on disk
updates       UpdateEnvironment: checked, written, applied by a restart of Airflow, rolled back when that fails
options       configuration options that MWAA protects
identity      who calls, and which roles of Airflow that caller may have
tokens        the 60 s tokens for Airflow's web server
validation    requests against the model, with AWS's sentences
errors        AWS's error codes
"""
