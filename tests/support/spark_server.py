"""Runs in the interpreter of a Glue version (Python 3.7 or later), started by tests.support.spark: one Spark session, and a
line of JSON for each call and for each answer."""

import importlib.util
import json
import os
import sys
import traceback


def main():
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what Spark and the functions print goes to the log
    spec = importlib.util.spec_from_file_location("jobs", sys.argv[1])
    jobs = importlib.util.module_from_spec(spec)
    sys.modules["jobs"] = jobs
    spec.loader.exec_module(jobs)

    from pyspark.sql import SparkSession

    spark = SparkSession.builder.getOrCreate()
    for line in sys.stdin:
        name, arguments = json.loads(line)
        print("--- {}({})".format(name, arguments), file=sys.stderr, flush=True)
        try:
            answer = {"result": getattr(jobs, name)(spark, **arguments)}
        except Exception:
            answer = {"error": traceback.format_exc()}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
