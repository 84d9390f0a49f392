"""What MWAA adds to Airflow's web server: the paths below /aws_mwaa/.

plugin      the Airflow plugin that brings the paths into the web server
paths       the Flask blueprint: /aws_mwaa/cli, /aws_mwaa/login, /aws_mwaa/aws-console-sso
tokens      the tokens that the service API hands out, valid for 60 s
commands    the body of a CLI request, and the 36 commands that MWAA allows
running     runs a command for a request: four at once, ended when the client goes or after ten minutes
warm        a process with Airflow imported, of which each command is a fork
login       a user of Airflow for an identity of IAM
certificates  a certificate of this install for the web server, for clients that write https://
worker      gunicorn's worker: threads, and http and https on one port

docs/mwaa-api.md is the user's page, with the source of each fact.
"""
