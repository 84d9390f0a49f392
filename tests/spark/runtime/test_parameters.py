"""Each job parameter, by what the script sees of it."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.glue.service.conftest import processes
from tests.spark.runtime.conftest import A_SESSION, DATA, SparkAccount, zipped
from tests.support.wheels import wheel


def test_names_of_job_and_run_reach_the_script(aws: SparkAccount) -> None:
    name = aws.spark_job(
        "import json, sys\nprint(json.dumps(sys.argv))", DefaultArguments={"--a": "1", "--JOB_NAME": "other"}
    )
    run = aws.ended(name, aws.start(name, Arguments={"--b": "x y", "--TempDir": f"s3://{DATA}/tmp/"}), 60)
    script, *words = json.loads(aws.output(run))
    assert script.endswith(f"/{name}.py")
    given = dict(zip(words[::2], words[1::2], strict=True))
    assert given.pop("--JOB_ID").startswith("j_")
    assert given == {
        "--a": "1", "--b": "x y", "--TempDir": f"s3://{DATA}/tmp/", "--JOB_NAME": name, "--JOB_RUN_ID": run["Id"],
    }  # fmt: skip


def test_conf_takes_several_settings(aws: SparkAccount) -> None:
    script = A_SESSION + (
        "for key in ('spark.sql.shuffle.partitions', 'spark.my.words', 'spark.master', 'spark.ui.enabled'):\n"
        "    print(key, spark.conf.get(key))\n"
        "print(spark._jvm.System.getProperty('mine'), spark._jvm.Runtime.getRuntime().maxMemory() >> 20)\n"
    )
    conf = (
        "spark.sql.shuffle.partitions=7 --conf spark.my.words=one two --conf spark.master=yarn --conf spark.driver.memory=700m "
        "--conf spark.driver.extraJavaOptions=-Dmine=yes"
    )
    run = aws.result(script, Arguments={"--conf": conf})
    assert run["JobRunState"] == "SUCCEEDED", aws.why(run)
    lines = aws.output(run).splitlines()
    assert lines[:2] == ["spark.sql.shuffle.partitions 7", "spark.my.words one two"]
    assert lines[2].startswith("spark.master local[") and lines[3] == "spark.ui.enabled false"
    mine, heap = lines[4].split()
    assert mine == "yes" and 600 < int(heap) <= 700


def test_conf_that_cannot_be_read_is_refused(aws: SparkAccount) -> None:
    run = aws.result("print('never')", Arguments={"--conf": "spark.my.words"})
    assert run["JobRunState"] == "FAILED" and "--conf has 'spark.my.words'" in run["ErrorMessage"]


def test_extra_py_files_are_there_in_driver_and_workers(aws: SparkAccount) -> None:
    libraries = [
        aws.put("lib/packed.zip", zipped(packed="NAME = 'packed'")),
        aws.put("lib/single.py", b"NAME = 'single'"),
    ]
    script = A_SESSION + (
        "import packed, single\n"
        "def look(n):\n    import packed, single\n    return packed.NAME, single.NAME\n"
        "print(packed.NAME, single.NAME, spark.sparkContext.parallelize([1]).map(look).collect())\n"
    )
    run = aws.result(script, Arguments={"--extra-py-files": ",".join(libraries)})
    assert aws.output(run) == "packed single [('packed', 'single')]", aws.why(run)


def test_extra_files_lie_where_the_script_works(aws: SparkAccount) -> None:
    files = [aws.put("files/a.json", b"{}"), aws.put("files/b.txt", b"text")]
    script = "import os\nprint(sorted(n for n in os.listdir('.') if not n.startswith('.')), open('b.txt').read())"
    run = aws.result(script, Arguments={"--extra-files": ",".join(files)})
    assert aws.output(run) == "['a.json', 'b.txt'] text", aws.why(run)


@pytest.mark.parametrize("first", ["true", "false"])
def test_extra_jars_are_on_the_class_path_in_front_if_wanted(aws: SparkAccount, tmp_path: Path, first: str) -> None:
    source = tmp_path / "mine" / "Greeter.java"
    source.parent.mkdir()
    source.write_text('package mine; public class Greeter { public static String greet() { return "hello"; } }')
    subprocess.run(["javac", "--release", "8", "-d", tmp_path / "out", source], check=True, capture_output=True)
    subprocess.run(["jar", "cf", tmp_path / "greeter.jar", "-C", tmp_path / "out", "."], check=True)
    uri = aws.put("jars/greeter.jar", (tmp_path / "greeter.jar").read_bytes())
    script = A_SESSION + (
        "print(spark._jvm.mine.Greeter.greet())\n"
        "names = [n.split('/')[-1] for n in spark._jvm.System.getProperty('java.class.path').split(':')]\n"
        "spark_jar = next(i for i, n in enumerate(names) if n.startswith('spark-core'))\n"
        "print(names.index('greeter.jar') < spark_jar)\n"
    )
    run = aws.result(script, Arguments={"--extra-jars": uri, "--user-jars-first": first})
    assert aws.output(run).splitlines() == ["hello", str(first == "true")], aws.why(run)


@pytest.mark.parametrize("parameter", ["--extra-jars", "--extra-py-files", "--extra-files"])
def test_what_is_not_in_s3_is_said(aws: SparkAccount, parameter: str) -> None:
    name = {"--extra-jars": "none.jar", "--extra-py-files": "none.py", "--extra-files": "none.txt"}[parameter]
    run = aws.result("print('never')", Arguments={parameter: f"s3://{DATA}/{name}"})
    assert run["JobRunState"] == "FAILED" and f"key: {name}" in run["ErrorMessage"], run["ErrorMessage"]


def test_additional_python_modules_are_there_in_driver_and_workers(aws: SparkAccount) -> None:
    greeter = wheel("spark_greeter", "1.0", "def greet():\n    return 'from a wheel'\n")
    uri = aws.put(f"wheels/{greeter.file_name}", greeter.content)
    script = A_SESSION + (
        "import spark_greeter\n"
        "def look(n):\n    import spark_greeter\n    return spark_greeter.greet()\n"
        "print(spark_greeter.greet(), spark.sparkContext.parallelize([1]).map(look).collect())\n"
    )
    run = aws.result(script, Arguments={"--additional-python-modules": uri})
    assert aws.output(run).splitlines()[-1] == "from a wheel ['from a wheel']", aws.why(run)


def test_scala_is_refused(aws: SparkAccount) -> None:
    run = aws.result("object Job", Arguments={"--job-language": "scala", "--class": "Job"})
    assert run["JobRunState"] == "FAILED" and "--job-language is scala" in run["ErrorMessage"]


def test_what_changes_nothing_here_is_accepted(aws: SparkAccount) -> None:
    run = aws.result(
        "print('fine')",
        Arguments={
            "--enable-metrics": "",
            "--enable-continuous-cloudwatch-log": "true",
            "--enable-job-insights": "true",
            "--job-bookmark-option": "job-bookmark-enable",
            "--job-language": "python",
        },
    )
    assert run["JobRunState"] == "SUCCEEDED" and aws.output(run) == "fine", aws.why(run)


def test_the_run_says_how_large_it_is(aws: SparkAccount) -> None:
    run = aws.result("print('fine')", WorkerType="G.1X", NumberOfWorkers=5)
    assert "5 workers G.1X on AWS are 16 cores" in aws.output(run, "error")


def test_bookmarks_are_handed_over_and_taken_back(aws: SparkAccount) -> None:
    script = (
        "import json, os\npath = os.environ['GLUE_JOB_BOOKMARK_FILE']\nstate = json.load(open(path))['JobBookmark']\n"
        "print(state)\njson.dump({'JobBookmark': {'n': state.get('n', 0) + 1}}, open(path, 'w'))\n"
    )
    name = aws.spark_job(script, DefaultArguments={"--job-bookmark-option": "job-bookmark-enable"})
    first, second = (aws.ended(name, aws.start(name), 60) for _ in range(2))
    assert (aws.output(first), aws.output(second)) == ("{}", "{'n': 1}")


def test_temporary_files_of_a_run_are_its_own_and_gone_with_it(aws: SparkAccount) -> None:
    script = A_SESSION + (
        "import tempfile, os\nprint(tempfile.gettempdir() == os.getcwd(), os.getcwd())\nopen('left', 'w').write('x')\n"
        "print(spark.range(4).repartition(2).count())\n"
    )
    run = aws.result(script)
    assert run["JobRunState"] == "SUCCEEDED", aws.why(run)
    same, place = aws.output(run).splitlines()[0].split()
    assert same == "True" and not Path(place).exists()
    assert processes(run["Id"]) == set()
