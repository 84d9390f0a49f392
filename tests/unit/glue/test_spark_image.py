"""GLUE_RUNTIME=image: the command line of a run in AWS's image, and what is said where there is no engine."""

from __future__ import annotations

from pathlib import Path

from localstack_glue.service.runners.spark import image, versions
from localstack_glue.service.settings import Settings

RUN = Path("/runs/jr_1")


def container(**more):
    parts = {
        "run_id": "jr_1",
        "image": image.IMAGES["5.1"],
        "script": RUN / "script/totals.py",
        "endpoint": "http://127.0.0.1:4566",
        "region": "eu-west-1",
        "access_key": "test",
        "cores": 2,
        "heap": 2048,
        "argv": ["--JOB_NAME", "totals", "--day", "2023-05-01"],
    }
    return image.Container(**{**parts, **more})


def after(words, option):
    """The values of an option, of all its occurrences."""
    return [value for word, value in zip(words, words[1:]) if word == option]


def test_every_version_that_runs_has_an_image():
    assert set(image.IMAGES) == set(versions.VERSIONS)


def test_the_image_runs_the_script_with_its_arguments():
    words = container(
        path=[RUN / "libraries/0/tools.zip"], jars=[RUN / "jars/0/x.jar"], files=[RUN / "work/limits.json"]
    ).command(linux=True)
    assert words[:3] == ["docker", "run", "--rm"] and words[4:6] == ["--pull", "never"]
    assert after(words, "--volume") == [
        "/runs/jr_1/script/totals.py:/tmp/totals.py:ro",
        "/runs/jr_1/libraries/0/tools.zip:/tmp/tools.zip:ro",
        "/runs/jr_1/jars/0/x.jar:/tmp/x.jar:ro",
        "/runs/jr_1/work/limits.json:/tmp/limits.json:ro",
    ]
    at = words.index("spark-submit")
    assert words[at - 1] == "public.ecr.aws/glue/aws-glue-libs:5.1.0"
    assert after(words[at:], "--py-files") == ["/tmp/tools.zip"] and after(words[at:], "--jars") == ["/tmp/x.jar"]
    assert words[-5:] == ["/tmp/totals.py", "--JOB_NAME", "totals", "--day", "2023-05-01"]


def test_the_container_can_be_found_by_its_run_and_has_the_memory_of_the_run():
    words = container(labels={"mwaa-local.env": "e1"}).command(linux=True)
    assert after(words, "--name") == ["glue-jr_1"]
    assert after(words, "--label") == ["mwaa-local.glue-run=jr_1", "mwaa-local.env=e1"]
    assert after(words, "--memory") == ["3072m"]
    assert "spark.driver.memory=2048m" in words and "spark.master=local[2]" in words


def test_it_reaches_the_local_endpoint_and_knows_no_other_name():
    words = container().command(linux=True)
    assert after(words, "--network") == ["host"] and after(words, "--dns") == ["127.0.0.1"]
    assert "AWS_ENDPOINT_URL=http://127.0.0.1:4566" in words and "AWS_SECRET_ACCESS_KEY=test" in words
    assert "spark.hadoop.fs.s3a.endpoint=http://127.0.0.1:4566" in words
    assert "AWS_DEFAULT_REGION=eu-west-1" in words


def test_an_engine_in_a_machine_of_its_own_knows_this_one_by_name():
    words = container().command(linux=False)
    assert after(words, "--network") == [] and after(words, "--add-host") == ["host.docker.internal:host-gateway"]
    assert "AWS_ENDPOINT_URL=http://host.docker.internal:4566" in words and after(words, "--dns") == ["127.0.0.1"]


def test_a_script_may_leave_where_that_is_allowed():
    assert "--dns" not in container(may_leave=True).command(linux=True)


def test_the_jobs_own_settings_do_not_move_it_to_another_cluster():
    conf = after(
        container(conf={"spark.master": "yarn", "spark.sql.shuffle.partitions": "7"}).command(linux=True), "--conf"
    )
    assert "spark.sql.shuffle.partitions=7" in conf and "spark.master=local[2]" in conf
    assert not any("yarn" in one for one in conf)


def test_a_module_path_becomes_files(tmp_path):
    (tmp_path / "0").mkdir()
    (tmp_path / "0/a.py").touch()
    (tmp_path / "b.zip").touch()
    assert image.importable([str(tmp_path / "0"), str(tmp_path / "b.zip")]) == [
        tmp_path / "0/a.py",
        tmp_path / "b.zip",
    ]


def test_without_the_command_docker_there_is_no_image(tmp_path):
    assert image.cannot_be_had("any", {"PATH": str(tmp_path)}) == "there is no command `docker`"


def test_settings_of_the_service():
    assert not Settings.from_environment({}).spark.in_image
    settings = Settings.from_environment({"GLUE_RUNTIME": "image", "GLUE_IMAGE_5_1": "mirror/glue:5.1"})
    assert settings.spark.in_image and settings.spark.images == (("5.1", "mirror/glue:5.1"),)
