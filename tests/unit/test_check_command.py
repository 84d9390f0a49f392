"""The command: paths, formats, exit codes, processes, cache."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile

import pytest

from mwaa_local.check import files, project
from mwaa_local.check.cache import Cache
from mwaa_local.check.finding import RULES

RIGHT = "from airflow import DAG\ndag = DAG('d')\n"
WRONG = "from airflow.operators.empty import EmptyOperator\n"
DOUBTFUL = "import company_secrets\n"


@pytest.fixture
def home(tmp_path):
    """A project with a DAG of each kind; the command runs in it."""
    (tmp_path / "dags").mkdir()
    for name, text in (("right", RIGHT), ("wrong", WRONG), ("doubtful", DOUBTFUL)):
        (tmp_path / "dags" / f"{name}.py").write_text(text)
    return tmp_path


def check(home, *arguments, **environment):
    return subprocess.run(
        [sys.executable, "-m", "mwaa_local", "check", *arguments], cwd=home, capture_output=True, text=True,
        env=os.environ | {"MWAA_STATE": str(home / "state"), "MWAA_PROJECT": str(home)} | environment,
    )  # fmt: skip


def test_without_paths_the_projects_files_are_checked(home):
    (home / "plugins").mkdir()
    (home / "plugins" / "sets.py").write_text("import os\nos.environ['A'] = '1'\n")
    done = check(home)
    assert done.returncode == 1 and done.stderr == ""
    assert [line.split(" ")[1] for line in done.stdout.splitlines() if line[0] != " "][:3] == [
        "MW109",
        "MW101",
        "MW208",
    ]
    assert "4 files in " in done.stdout and ": 1 error, 2 warnings\n" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["dags/right.py"], 0),
        (["dags/wrong.py"], 1),
        (["dags/doubtful.py"], 0),
        (["dags/doubtful.py", "--strict"], 1),
        (["dags/wrong.py", "--ignore", "MW101"], 0),
        (["dags/wrong.py", "--select", "MW2,mw3"], 0),
        (["dags", "--select", "MW1"], 1),
    ],
)
def test_exit_codes(home, arguments, code):
    assert check(home, *arguments).returncode == code


@pytest.mark.parametrize("arguments", [["nowhere.py"], ["dags", "--select", "XY1"]])
def test_a_known_error_is_one_clear_text(home, arguments):
    done = check(home, *arguments)
    assert done.returncode == 1 and done.stderr.startswith("error: There is no ") and "Next: " in done.stderr
    assert "Traceback" not in done.stderr and done.stdout == ""


def test_json(home):
    document = json.loads(check(home, "--format", "json").stdout)
    assert (document["files"], document["errors"], document["warnings"]) == (3, 1, 1)
    (wrong,) = (finding for finding in document["findings"] if finding["rule"] == "MW101")
    assert wrong["path"] == "dags/wrong.py" and (wrong["line"], wrong["column"]) == (1, 1)
    assert (
        wrong["fix"] == "from airflow.operators.dummy import DummyOperator" and wrong["source"] == RULES["MW101"].source
    )


def test_sarif_has_the_rules_and_a_place_for_each_result(home):
    (home / "dags" / "한 글.py").write_text(WRONG)
    log = json.loads(check(home, "--format", "sarif").stdout)
    (run,) = log["runs"]
    assert log["version"] == "2.1.0" and [rule["id"] for rule in run["tool"]["driver"]["rules"]] == list(RULES)
    for result in run["results"]:
        assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] == RULES[result["ruleId"]].level and result["message"]["text"]
        region = result["locations"][0]["physicalLocation"]["region"]
        assert region["startLine"] >= 1 and region["startColumn"] >= 1
    places = {result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for result in run["results"]}
    assert places == {"dags/doubtful.py", "dags/wrong.py", "dags/%ED%95%9C%20%EA%B8%80.py"}


def test_what_is_known_is_not_read_again_until_something_changes(home):
    assert "unchanged" not in check(home).stdout
    assert "(3 unchanged)" in check(home).stdout
    (home / "dags" / "right.py").write_text(RIGHT + "\n")
    assert "(2 unchanged)" in check(home).stdout
    (home / "requirements.txt").write_text("company-secrets==1.0\n")
    done = check(home)
    assert "unchanged" not in done.stdout and "MW109" not in done.stdout


@pytest.mark.parametrize("content", ["no json", "[]", '{"program": 1}', '{"program": "x", "entries": [1]}'])
def test_a_cache_that_cannot_be_used_is_made_anew(home, content):
    (home / "state" / "check").mkdir(parents=True)
    (home / "state" / "check" / "cache.json").write_text(content)
    assert check(home).returncode == 1
    assert "(3 unchanged)" in check(home).stdout


def test_a_link_to_a_folder_above_ends(home):
    (home / "dags" / "again").symlink_to(home / "dags")
    assert "3 files in " in check(home).stdout


def test_the_project_of_a_file_is_the_nearest_folder_with_dags(home):
    done = check(home, "dags", MWAA_PROJECT="")
    assert "3 files in " in done.stdout and "dags/wrong.py" in done.stdout


def jobs(folder, number, text=RIGHT):
    for name in range(number):
        (folder / f"f{name}.py").write_text(text + f"# {name}\n" + "#" * 2000 + "\n")
    own = project.read(folder)
    return [files.Job(path, "dags", own) for path in sorted(folder.glob("*.py"))]


def test_processes_give_the_same_in_the_same_order(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "WORTH_A_POOL", 1)
    (tmp_path / "dags").mkdir()
    todo = jobs(tmp_path / "dags", 40, WRONG)
    alone = files.check_all(todo, Cache(tmp_path / "a"), processes=1)
    shared = files.check_all(todo, Cache(tmp_path / "b"), processes=2)
    assert shared == alone and [each.path for each in alone] == [job.path for job in todo]
    assert all([finding.rule for finding in each.findings] == ["MW101"] for each in alone)


def test_a_file_that_ends_its_process_is_named_and_the_others_are_checked(tmp_path, monkeypatch):
    """As a tree does that is too deep for C's stack, in the Pythons that do not notice."""
    monkeypatch.setattr(files, "HARMLESS", 0)
    check_one = files.one.check

    def ends(content, *arguments):
        if b"deadly" in content:
            os._exit(11)
        return check_one(content, *arguments)

    monkeypatch.setattr(files.one, "check", ends)
    (tmp_path / "dags").mkdir()
    todo = jobs(tmp_path / "dags", 6, WRONG)
    todo[2].path.write_text("deadly = 1\n")
    found = files.check_all(todo, Cache(tmp_path / "state"), processes=2)
    assert [[finding.rule for finding in each.findings] for each in found] == [
        ["MW004"] if number == 2 else ["MW101"] for number in range(6)
    ]


def test_the_modules_of_a_zip_are_checked(home):
    packaged(
        home / "dags" / "team.zip",
        {"report.py": "import helpers, lib.sums\n" + WRONG, "lib/sums.py": WRONG, "helpers.py": "", "../out.py": WRONG},
    )
    done = check(home, "dags/team.zip", "--format", "json")
    document = json.loads(done.stdout)
    assert (done.returncode, document["files"]) == (1, 3)
    assert [(each["path"], each["line"], each["rule"]) for each in document["findings"]] == [
        ("dags/team.zip/lib/sums.py", 1, "MW101"),
        ("dags/team.zip/report.py", 2, "MW101"),
    ]
    assert "\n6 files in " in check(home).stdout, "and with the folder they are in"


def test_a_zip_with_more_than_a_file_may_have(home):
    packaged(home / "dags" / "bomb.zip", {"zeros.py": " " * 200_000_000}, zipfile.ZIP_DEFLATED)
    done = check(home, "dags/bomb.zip")
    assert done.returncode == 0 and "MW004" in done.stdout


@pytest.mark.parametrize("damage", ["content", "password"])
def test_a_zip_that_cannot_be_read_is_named(home, damage):
    archive = home / "dags" / "team.zip"
    packaged(archive, {"report.py": WRONG})
    content = bytearray(archive.read_bytes())
    if damage == "content":
        place = content.index(b"EmptyOperator")
        content[place : place + 5] = b"XXXXX"
    else:
        content[6] |= 1
        content[content.index(b"PK\x01\x02") + 8] |= 1
    archive.write_bytes(content)
    done = check(home)
    assert done.returncode == 1
    assert "dags/team.zip" in done.stderr and "the zip is damaged or locked" in done.stderr


def packaged(path, texts, compression=zipfile.ZIP_STORED):
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, text in texts.items():
            archive.writestr(name, text)


def test_what_is_no_file_is_not_waited_for(home):
    os.mkfifo(home / "dags" / "pipe.py")
    assert "3 files in " in check(home).stdout
