# The front door: every target is one sentence here and one command in src/mwaa_local. Plain `make` prints them.
.DEFAULT_GOAL := help
SHELL := /bin/bash
# `make up WEB_PORT=8081`: variables of the command line reach the command as its environment
MAKEFLAGS += --no-print-directory
RUN := @python3 stack/bin/mwaa-local

##@ Every day
up: ## Install what is missing, start the stack, wait until it is healthy (GLUE=4.0: Spark jobs too)
	$(RUN) up
down: ## Stop everything; state is kept
	$(RUN) down
status: ## What runs, whether it is healthy, which DAG files are broken
	$(RUN) status
deploy: ## Deploy as to real MWAA: upload to the environment's bucket, update the environment (ROLLBACK=1: the deploy before)
	$(RUN) deploy $(if $(ROLLBACK),--rollback)
package: ## Make dist/plugins.zip, the same bytes each time (WHEELS=1: with the wheels of requirements.txt; OUT=folder)
	$(RUN) package $(if $(WHEELS),--wheels) $(if $(OUT),--out "$(OUT)")
demo: ## Run the sample DAG for real and judge it (DATE=2023-05-01)
	$(RUN) demo $(if $(DATE),--date $(DATE))
run: ## Run a DAG in one process, no scheduler, real Glue and S3 (DAG=impressions DATE=2023-05-01 CONF='{}' TASK=name PDB=1 JSON=1)
	$(RUN) run "$(DAG)" $(if $(DATE),--date "$(DATE)") $(if $(CONF),--conf '$(CONF)') $(if $(TASK),--task "$(TASK)") \
	  $(if $(PDB),--pdb) $(if $(WAIT),--wait) $(if $(JSON),--json)
logs: ## Follow the logs of all services, or of one (SERVICE=worker)
	$(RUN) logs $(SERVICE)
seed: ## Apply changed glue/*/job.yaml, sample data and seed.yaml to the running stack
	$(RUN) seed

##@ Look and poke
shell: ## A shell in Airflow's environment: airflow, python 3.7
	$(RUN) shell
airflow: ## Airflow's command line (CMD="dags list")
	$(RUN) airflow "$(CMD)"
aws: ## AWS's command line against the local endpoint (CMD="glue get-jobs")
	$(RUN) aws "$(CMD)"
trace-lookup: ## Which secrets backend answers for a variable or a connection (VAR=name or CONN=name; SHOW=1)
	$(RUN) trace-lookup $(if $(VAR),--var "$(VAR)") $(if $(CONN),--conn "$(CONN)") $(if $(SHOW),--show)
spark-history: ## Spark's web interface over the event logs of the jobs, until Ctrl-C (EVENTS=s3://bucket/prefix/)
	$(RUN) spark-history $(if $(EVENTS),--events $(EVENTS))
metrics: ## Airflow's metrics as CloudWatch has them (WATCH=1: until Ctrl-C)
	$(RUN) metrics $(if $(WATCH),--watch)
restart: ## Apply airflow-config.yaml and restart Airflow's services; or restart one (SERVICE=scheduler)
	$(RUN) restart $(SERVICE)
worker: ## Bring the Celery workers to a number (SCALE=3), in Docker mode
	$(RUN) worker --scale $(or $(SCALE),1)
scale-in: ## Drill: end one worker as MWAA's scale-in does, see what its tasks become (WORKER_STOP_TIMEOUT=120; FOLLOW=0)
	$(RUN) scale-in $(if $(filter 0,$(FOLLOW)),--no-follow)
worker-loss: ## Drill: lose one worker with its tasks, see what they become (FOLLOW=0: do not wait for Airflow to notice)
	$(RUN) worker-loss $(if $(filter 0,$(FOLLOW)),--no-follow)
reset: ## Stop everything and delete all state (YES=1: do not ask; ALL=1: installed environments too)
	$(RUN) reset $(if $(YES),--yes) $(if $(ALL),--all)

##@ Check
check: ## Check DAG files against Airflow 2.2.2, provider 2.4.0 and MWAA, without running them (PATHS="dags x.py"; FORMAT=json|sarif; STRICT=1)
	$(RUN) check $(if $(FORMAT),--format $(FORMAT)) $(if $(STRICT),--strict) $(PATHS)
watch: ## On save: the checks of what changed, then the DAG tests it affects, until Ctrl-C (PATHS="dags/x.py"; ONCE=1)
	$(RUN) watch $(if $(ONCE),--once) $(PATHS)
test: ## Run the tests (MODE=native|docker; SUITE=unit|airflow|dags|glue|spark|e2e|native|e2e-docker|docker|parity; PYTEST="-k name")
	$(RUN) test --suite $(or $(SUITE),all) $(PYTEST)
lint: ## Check our own code: ruff, mypy, shellcheck, hadolint
	$(RUN) lint
bench: ## Measure speed and memory, each against a baseline in the same run (ONLY=start)
	$(RUN) bench $(if $(ONLY),--only $(ONLY)) $(if $(ROUNDS),--rounds $(ROUNDS))
check-requirements: ## What requirements.txt would do on MWAA, as its pip resolves it: changes, conflicts, missing wheels (JSON=1)
	$(RUN) check-requirements $(if $(JSON),--json)
parity: ## Compare the running environment with MWAA 2.2.2, item by item (ALL=1: what is the same, too; JSON=1)
	$(RUN) parity $(if $(ALL),--all) $(if $(JSON),--json)
doctor: ## What is wrong with this machine
	$(RUN) doctor
lock: ## Rebuild the locks and the database dump from their short inputs
	$(RUN) lock

help: ## This list
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} \
	  /^[a-z-]+:.*## / {printf "  make %-18s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@printf '\nSettings (in .env or on the command line: make up WEB_PORT=8081) are in docs/settings.md.\n'

.PHONY: up down status deploy package demo logs seed shell airflow aws trace-lookup spark-history metrics restart worker scale-in worker-loss reset check watch run test lint bench check-requirements parity doctor lock help
