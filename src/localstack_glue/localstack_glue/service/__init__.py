"""The Glue service: job definitions, job runs, and the processes behind them.

    provider.py     the API inside LocalStack (the only module that imports LocalStack)
    validation.py   requests against Glue's model     errors.py      AWS's codes and texts
    jobs.py         job definitions, on disk          capacity.py    sizes, timeouts, versions: rules and defaults
    runs.py         runs, on disk                     states.py      which state may follow which
    runner.py       a run from STARTING to its end    process.py     its processes: start, recognise, wait, end
    runners/        how each kind of job is run       arguments.py   who wins, and argv
    logs.py         output to CloudWatch Logs         pages.py       NextToken
    settings.py     environment variables             files.py       JSON in one step

Everything but provider.py imports the standard library alone. Jobs and runs persist themselves: a platform that saves
and loads the state of services has nothing to do for them (moto's part of Glue is offered to state visitors).

LocalStack's hooks call, through plugin.py:

    create_service()  from the provider plugin `glue:default`
    start()           on_infra_ready: the gateway must answer, since runs that are taken over ship logs through it.
                      Goes on with every run that an earlier LocalStack left unfinished; returns at once.
    shutdown()        on_infra_shutdown, while the gateway and the services still answer (a priority above -10):
                      ends all processes of all runs (3 s grace, then SIGKILL), which then are FAILED with an
                      ErrorMessage that says why; ships what they printed. Takes at most about 10 s.

`from localstack_glue.service.provider import create_service, start, shutdown`
"""
