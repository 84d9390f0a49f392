"""What a Spark job's definition and arguments mean, as far as no Spark is needed for it."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from localstack_glue.service.runners import CannotStart
from localstack_glue.service.runners.spark import configuration, parameters, sizes, versions
from localstack_glue.service.settings import Settings

GB = 1 << 30
WITH_SPARK = Settings.from_environment({"GLUE_SPARK_INSTALLER": "/somewhere/glue-spark"})


@pytest.mark.parametrize(("glue", "spark"), [("5.1", "3.5.6"), ("5.0", "3.5.4"), ("4.0", "3.3.0"), ("3.0", "3.1.1")])
def test_a_version_has_its_own_spark(glue, spark):
    assert versions.choose(glue, WITH_SPARK).spark == spark


@pytest.mark.parametrize(
    ("glue", "words"),
    [
        ("0.9", "GlueVersion 0.9 has come to its end of life"),
        ("2.0", "GlueVersion 2.0 has come to its end of life"),
        ("6.0", r"GlueVersion 6.0 \(Spark 4.1.1\) is not available"),
        ("4.1", "GlueVersion 4.1 is not available"),
        (None, "GlueVersion None is not available"),
    ],
)
def test_any_other_version_is_refused_by_name(glue, words):
    with pytest.raises(CannotStart, match=words + '.*Nothing was run. Set .* "5.1".*"4.0"'):
        versions.choose(glue, WITH_SPARK)


def test_without_an_installer_there_is_what_has_been_made_before(tmp_path):
    settings = Settings.from_environment({"GLUE_SPARK_ENVIRONMENTS": str(tmp_path)})
    made = settings.spark.place("4.0")
    made.mkdir()
    with pytest.raises(CannotStart, match=r"Spark for Glue 4.0 is not in the image.*make up MODE=docker GLUE=4.0"):
        versions.choose("4.0", settings)
    (made / "spark.json").write_text("{}")
    assert versions.choose("4.0", settings).spark == "3.3.0"
    with pytest.raises(CannotStart, match=r"Spark for Glue 5.1 is not in the image"):
        versions.choose("5.1", settings)


@pytest.mark.parametrize(
    ("text", "settings"),
    [
        ("", {}),
        ("a.b=c", {"a.b": "c"}),
        ("a=b --conf c=d=e", {"a": "b", "c": "d=e"}),
        ("--conf a=b --conf c=two words", {"a": "b", "c": "two words"}),
        ('a="b c"', {"a": "b c"}),
        ("a=\n--conf b=1", {"a": "", "b": "1"}),
    ],
)
def test_settings_of_conf(text, settings):
    assert parameters.configuration({"--conf": text}) == settings


@pytest.mark.parametrize("text", ["a", "a=b --conf c", "=b"])
def test_a_setting_that_cannot_be_read_is_refused(text):
    with pytest.raises(CannotStart, match="wanted: key=value"):
        parameters.configuration({"--conf": text})


@pytest.fixture
def machine(monkeypatch):
    """One with 2 cores and 24 GB."""
    monkeypatch.setattr(sizes.os, "sched_getaffinity", lambda pid: {0, 1})
    monkeypatch.setattr(sizes, "machine_memory", lambda: 24 * GB)


@pytest.mark.parametrize(
    ("record", "conf", "asked", "heap"),
    [
        ({"WorkerType": "G.1X", "NumberOfWorkers": 5}, {}, 16, 10 * 1024),
        ({"WorkerType": "G.2X", "NumberOfWorkers": 2}, {}, 8, 12 * 1024),
        ({"MaxCapacity": 10.0}, {}, 36, 5 * 1024),
        ({"MaxCapacity": 2.0}, {"spark.driver.memory": "3g"}, 4, 3 * 1024),
        ({"MaxCapacity": 2.0}, {"spark.driver.memory": "700MB"}, 4, 700),
    ],
)
def test_a_run_is_as_large_as_workers_and_machine_allow(machine, record, conf, asked, heap):
    size = sizes.of_run(record, conf)
    assert (size.cores, size.heap) == (2, heap)
    assert f"are {asked} cores" in size.said and f"up to {heap} MB" in size.said


@pytest.mark.parametrize(
    ("record", "conf", "all_of_it"),
    [
        ({"WorkerType": "G.1X", "NumberOfWorkers": 5}, {}, 16 * 1024),  # as on AWS
        ({"WorkerType": "G.2X", "NumberOfWorkers": 2}, {}, 18 * 1024),  # three quarters of the machine
        ({"WorkerType": "G.025X", "NumberOfWorkers": 2}, {"spark.driver.memory": "512m"}, 512 + 2 * 1024),
    ],
)
def test_what_a_run_may_hold_in_all(machine, record, conf, all_of_it):
    assert sizes.of_run(record, conf).memory == all_of_it


def test_a_run_that_needs_one_core_takes_no_more(monkeypatch):
    monkeypatch.setattr(sizes.os, "sched_getaffinity", lambda pid: set(range(64)))
    assert sizes.of_run({"WorkerType": "G.025X", "NumberOfWorkers": 2}, {}).cores == 2


@pytest.mark.parametrize("text", ["much", "1", "12k", "-3g"])
def test_a_size_that_cannot_be_is_refused(machine, text):
    with pytest.raises(CannotStart, match=f"spark.driver.memory is '{text}'"):
        sizes.of_run({}, {"spark.driver.memory": text})


def test_the_jvm_gets_what_the_job_asks_for_in_its_own_way(tmp_path):
    pyspark = tmp_path / "pyspark"
    (pyspark / "jars").mkdir(parents=True)
    settings = {
        "spark.a": "back\\slash",
        "spark.driver.memory": "1g",
        "spark.driver.extraJavaOptions": "-Dx='a b' -Dy=z",
    }
    old = configuration.Jvm(tmp_path / "java", 8, 1024, ["first.jar", "jars/*"])
    configuration.make_home(tmp_path / "home", pyspark, settings, old)
    assert (tmp_path / "home/conf/spark-defaults.conf").read_text().splitlines()[0] == "spark.a back\\\\slash"
    submit = (tmp_path / "home/bin/spark-submit").read_text()
    assert "-Xmx1024m" in submit and "'-Dx=a b' -Dy=z" in submit and "'first.jar:jars/*'" in submit
    assert "add-opens" not in submit  # which Java 8 does not know
    configuration.make_home(tmp_path / "newer", pyspark, settings, replace(old, version=17))
    assert re.search("--add-opens=java.base/java.lang=ALL-UNNAMED", (tmp_path / "newer/bin/spark-submit").read_text())


@pytest.mark.parametrize("arguments", [{"--job-language": "scala"}, {"--enable-spark-ui": "true"}])
def test_what_cannot_be_honoured_is_refused(arguments):
    with pytest.raises(CannotStart, match="Nothing was run"):
        parameters.refuse(arguments)
