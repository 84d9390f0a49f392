"""The command line of the local MWAA 2.2.2.

cli         the commands, one function each
settings    what a user may change, read once
interpreters, environments   find the Pythons, make an environment from each lock
native/     the roles under one supervisor, without a container engine
stack       up and down: order, readiness, what a person sees
seed, glue_jobs   what the local AWS account holds
demo        runs the sample DAG and judges it
"""
