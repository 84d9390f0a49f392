"""The Glue service: job definitions, job runs, and the processes behind them.

    provider.py     the service inside LocalStack (the only module that imports LocalStack)
    engine.py       the parts, wired                  api/           the operations, a module for each kind of resource
    validation.py   requests against Glue's model     errors.py      AWS's codes and texts
    jobs.py         job definitions                   documents.py   definitions of any kind, on disk
    starts.py       starts runs                       capacity.py    sizes, timeouts, versions: rules and defaults
    quotas.py       may another run start             bookmarks.py   how far a job has come in its sources
    runs.py         runs, on disk                     states.py      which state may follow which
    runner.py       a run from STARTING to its end    process.py     its processes: start, recognise, wait, end
    supervision.py  the threads of runs and crawls    arguments.py   who wins, and argv
    runners/        how each kind of job is run
    logs.py         output as events                  aws.py         S3 and CloudWatch Logs for a run
    late_logs.py    what could not be shipped in time
    schedules.py    cron expressions, and the clock   classifiers.py custom classifiers of crawlers
    workflows/      triggers and workflows            crawlers/      crawlers, and their crawls
    catalog/        the Data Catalog, on moto's objects
    pages.py        NextToken                         files.py       JSON in one step
    memory.py       how much memory a run takes       owner.py       account and region
    settings.py     environment variables
    coverage.py     what is done with each operation, as docs/glue-coverage.md

Everything but provider.py imports the standard library alone, catalog/ also moto, when it is first
needed, and coverage.py the model of botocore. Jobs and runs persist themselves: a platform that saves
and loads the state of services has nothing to do for them (moto's part of Glue is offered to state visitors).

`provider.create_service()` is all that LocalStack's plugin calls. The service looks after its own life:

    start     when LocalStack starts the service, it goes on with every run that an earlier one left unfinished, in
              threads. Start it with LocalStack, not with its first call, and after S3 and Logs, which it calls.
    stop      an orderly stop of LocalStack ends all processes of all runs (3 s grace, then SIGKILL), before the
              services stop: what they printed is shipped, and the runs are FAILED with an ErrorMessage that says why.
              Takes 10 s at most.
    SIGKILL   changes nothing for a run: see docs/decisions/0004-job-runs-survive-the-service.md
"""
