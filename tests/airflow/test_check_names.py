"""`make check` against the environment that it speaks of: its index, and the verdicts of Airflow's own DagBag."""

import gzip
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CORPUS = ROOT / "tests" / "dags" / "corpus" / "dags"
DATA = ROOT / "src" / "mwaa_local" / "mwaa_local" / "check" / "data" / "names.json.gz"
CLI = Path(sys.prefix).parent / "cli" / "bin" / "python"
EXAMPLES = Path(sys.prefix) / "lib" / "python3.7" / "site-packages" / "airflow"
# What a rule says of an example, and rightly: the file loads, and does on MWAA what the rule says.
OF_MWAA = {
    ("example_python_operator.py", "MW213"),  # does not even load where virtualenv is on the path only
    ("tutorial_taskflow_api_etl_virtualenv.py", "MW213"),
    ("example_time_delta_sensor_async.py", "MW210"),
}
LOAD = """
import json, logging, sys
logging.disable(logging.CRITICAL)
from airflow.models import DagBag, dagcode, renderedtifields, serialized_dag
from airflow import settings
from airflow.models.base import Base
Base.metadata.create_all(settings.engine)
verdicts = {}
for file in json.loads(sys.argv[1]):
    bag = DagBag(file, include_examples=False, read_dags_from_db=False, safe_mode=False)
    verdicts[file] = "import error" if bag.import_errors else "loads" if bag.dags else "no DAG"
print(json.dumps(verdicts))
"""


def run(command, **environment):
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AIRFLOW", "AWS_"))}
    done = subprocess.run(
        [str(part) for part in command],
        env=dict(kept, **environment),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        universal_newlines=True,
    )
    assert done.stdout or done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def dag_bag(files, home):
    """{file: "loads", "no DAG" or "import error"}, as Airflow 2.2.2 has it."""
    printed = run(
        [sys.executable, "-W", "ignore", "-c", LOAD, json.dumps([str(file) for file in files])],
        AIRFLOW_HOME=str(home),
        AIRFLOW__CORE__SQL_ALCHEMY_CONN="sqlite:///{}/airflow.db".format(home),
        AIRFLOW__CORE__LOAD_EXAMPLES="False",
        AWS_DEFAULT_REGION="us-east-1",
        AWS_ACCESS_KEY_ID="test",
        AWS_SECRET_ACCESS_KEY="test",
        AWS_EC2_METADATA_DISABLED="true",
        PYTHONPATH=os.pathsep.join([str(ROOT / "src" / "mwaa_airflow"), str(CORPUS)]),
    )
    return json.loads(printed.splitlines()[-1])


def findings(paths, home):
    """{file: {rule: level}} of `make check`, by the command line's own Python."""
    printed = run(
        [CLI, "-m", "mwaa_local", "check", "--format", "json"] + list(paths),
        MWAA_STATE=str(home),
        PYTHONPATH=str(ROOT / "src" / "mwaa_local"),
    )
    found = {}
    for each in json.loads(printed)["findings"]:
        found.setdefault(Path(each["path"]).name, {})[each["rule"]] = each["level"]
    return found


def test_the_index_is_what_the_environment_holds(tmp_path):
    made = tmp_path / "names.json.gz"
    run(
        [sys.executable, "-W", "ignore", "-m", "mwaa_airflow.names", made],
        PYTHONPATH=str(ROOT / "src" / "mwaa_airflow"),
    )
    now, kept = (json.loads(gzip.decompress(path.read_bytes()).decode()) for path in (made, DATA))
    if now["versions"].pop("python") != kept["versions"].pop("python"):
        # another 3.7.x: the standard library's own names may differ by a few
        standard = set(now["standard"]) | set(kept["standard"])
        for document in (now, kept):
            document["modules"] = {k: v for k, v in document["modules"].items() if k.split(".")[0] not in standard}
            del document["standard"]
    assert sorted(now) == sorted(kept)
    for part in sorted(now):
        if isinstance(now[part], dict):
            assert sorted(set(now[part]) ^ set(kept[part])) == [], part
            changed = [name for name in now[part] if now[part][name] != kept[part][name]]
            assert changed == [], "{}: make lock makes the index anew".format(part)
        else:
            assert now[part] == kept[part], part


def test_airflow_makes_of_the_corpus_what_its_files_say(tmp_path):
    """The second line of each file; a right one loads, so no verdict of the corpus is only an opinion."""
    said, needy = {}, set()
    for file in sorted(CORPUS.glob("*.py")):
        found = re.search(rb"^# in Airflow 2\.2\.2: (loads|no DAG|import error)( without)?", file.read_bytes(), re.M)
        assert found, file.name
        said[str(file)] = found.group(1).decode()
        if found.group(2):
            needy.add(file.name)
    assert dag_bag(sorted(said), tmp_path) == said
    for file, verdict in said.items():
        right = b"# expect: ok" in Path(file).read_bytes()[:20]
        if right and Path(file).name not in needy | {"shared_code.py"}:
            assert verdict == "loads", file


@pytest.fixture(scope="module")
def examples():
    files = [
        file for file in sorted(EXAMPLES.rglob("*.py")) if "example_dags" in file.parts and file.stem != "__init__"
    ]
    assert len(files) > 50
    return files


def test_no_example_of_airflow_and_the_provider_is_refused_that_loads(examples, tmp_path):
    verdicts = dag_bag(examples, tmp_path)
    found = findings(examples, tmp_path)
    assert sum(verdict == "loads" for verdict in verdicts.values()) > 40
    wrong = []
    for file, verdict in verdicts.items():
        rules = set(found.get(Path(file).name, {}).items())
        if verdict != "import error":
            wrong += [(file, rule) for rule, _ in rules if (Path(file).name, rule) not in OF_MWAA]
        elif not rules:
            wrong.append((file, "is clean, but does not load"))
    assert wrong == []


def test_no_module_of_airflow_itself_is_refused_but_for_packages_that_are_not_there(tmp_path):
    """A thousand files that work with these very versions."""
    found = findings(
        [EXAMPLES / name for name in ("models", "operators", "sensors", "hooks", "providers", "utils")], tmp_path
    )
    wrong = [(file, rule) for file, rules in found.items() for rule in rules if rule not in ("MW103", "MW109")]
    assert [(file, rule) for file, rule in wrong if (file, rule) not in OF_MWAA | {("time_sensor.py", "MW210")}] == []
