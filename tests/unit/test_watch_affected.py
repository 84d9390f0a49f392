"""`make watch`: what a save affects, what counts as a save, and what is said of a round."""

from __future__ import annotations

import os

import pytest

from mwaa_local.watch.affected import Affected, affected, at_start, within
from mwaa_local.watch.events import Contents, Save
from mwaa_local.watch.imports import Imports
from mwaa_local.watch.memory import Memory
from mwaa_local.watch.places import Places
from mwaa_local.watch.verdict import Verdict
from mwaa_local.watch.warm import request

FILES = {
    "dags/loads.py": "from common.steps import step\n",
    "dags/team/relative.py": "from . import shared\n",
    "dags/team/__init__.py": "",
    "dags/team/shared.py": "import importlib\nimportlib.import_module('on_the_path')\n",
    "dags/alone.py": "import json\n",
    "dags/common/__init__.py": "",
    "dags/common/steps.py": "from common import names\n",
    "dags/common/names.py": "",
    "dags/query.sql": "select 1",
    "plugins/on_the_path.py": "",
    "tests/conftest.py": "",
    "tests/test_loads.py": "",
    "tests/test_names.py": "from common.names import x\n",
    "tests/more/helper.py": "",
    "tests/more/test_more.py": "",
    "glue/clean/job.yaml": "Name: cleaning\n",
    "glue/clean/script.py": "",
    "glue/other/job.yaml": "Command: {}\n",
    "glue/data/sample.csv": "",
    "seed.yaml": "",
    "requirements.txt": "",
}


@pytest.fixture
def places(tmp_path):
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return Places(tmp_path, (tmp_path / "tests",))


@pytest.fixture
def memory(places, tmp_path):
    memory = Memory(tmp_path / "state", places.project, places.tests)

    def read(name, dags, failed=False):
        event = {"file": str(places.dags / name), "dags": dags, "modules": [str(places.dags / name)], "failed": failed}
        memory.note_report(event)

    read("loads.py", {"loads": ["cleaning"]})
    read("team/relative.py", {"relative": []})
    read("alone.py", {"alone": ["other"]})
    for name, module, dags in (
        ("of_loads", "test_loads.py", ["loads"]),
        ("of_alone", "test_loads.py", ["alone"]),
        ("of_all", "test_loads.py", ["*"]),
        ("of_none", "more/test_more.py", []),
    ):
        about = {"id": f"tests/{module}::{name}", "module": str(places.project / "tests" / module), "dags": dags}
        memory.note_test(about | {"slow": False, "outcome": "passed"})
    return memory


def short(what, places):
    """(files, whole modules, tests) by names."""
    files = None if what.files is None else {str(path.relative_to(places.dags)) for path in what.files}
    whole = {str(path.relative_to(places.project / "tests")) for path in what.whole}
    return files, whole, {name.rpartition("::")[2] for name in what.tests}


def save(places, name, **more):
    path = places.project / name
    return Save(frozenset([path]), **more)


@pytest.mark.parametrize(
    ("saved", "wanted"),
    [
        ("dags/alone.py", ({"alone.py"}, set(), {"of_alone", "of_all"})),
        (
            "dags/common/names.py",
            ({"common/names.py", "common/steps.py", "loads.py"}, {"test_names.py"}, {"of_loads", "of_all"}),
        ),
        ("dags/team/shared.py", ({"team/shared.py", "team/relative.py"}, set(), {"of_all"})),
        ("plugins/on_the_path.py", ({"team/shared.py", "team/relative.py"}, set(), {"of_all"})),
        ("dags/query.sql", (None, set(), {"of_loads", "of_alone", "of_all"})),
        ("tests/test_loads.py", (set(), {"test_loads.py"}, set())),
        ("tests/more/helper.py", (set(), {"more/test_more.py"}, set())),
        ("glue/clean/script.py", ({"loads.py"}, set(), {"of_loads", "of_all"})),
        ("glue/other/job.yaml", ({"alone.py"}, set(), {"of_alone", "of_all"})),
        ("glue/data/sample.csv", (set(), set(), set())),
    ],
)
def test_a_save_affects_what_depends_on_it_and_nothing_else(places, memory, saved, wanted):
    what = affected(save(places, saved), places, memory, Imports([places.dags, places.plugins, *places.tests]))
    assert short(what, places) == wanted
    assert not what.unseen


@pytest.mark.parametrize("saved", ["seed.yaml", "requirements.txt", "tests/conftest.py", "conftest.py", "pytest.ini"])
def test_what_decides_all_runs_everything(places, memory, saved):
    what = affected(save(places, saved), places, memory, Imports([places.dags]))
    assert what.files is None and what.unseen
    assert what.whole == frozenset(places.test_modules())


def test_a_deleted_file_affects_the_tests_of_its_dags_and_those_of_all(places, memory):
    path = places.dags / "loads.py"
    path.unlink()
    save = Save(frozenset(), gone=frozenset([path]))
    what = affected(save, places, memory, Imports([places.dags]))
    assert short(what, places) == (set(), set(), {"of_loads", "of_all"})
    assert what.unseen and what.gone == {path}


def test_a_deleted_module_affects_those_that_import_it(places, memory):
    imports = Imports([places.dags])
    path = places.dags / "common" / "names.py"
    path.unlink()
    imports.look_at(path)
    what = affected(Save(frozenset(), gone=frozenset([path])), places, memory, imports)
    assert places.dags / "loads.py" in what.files


def test_a_file_that_failed_is_read_again_with_every_change_of_code(places, memory):
    event = {"file": str(places.dags / "loads.py"), "dags": {}, "modules": [], "failed": True}
    memory.note_report(event)
    what = affected(save(places, "dags/alone.py"), places, memory, Imports([places.dags]))
    assert short(what, places) == ({"alone.py", "loads.py"}, set(), {"of_alone", "of_loads", "of_all"})


def test_a_file_that_does_not_parse_keeps_its_imports(places):
    imports = Imports([places.dags])
    (places.dags / "loads.py").write_text("from common.steps import (\n")
    imports.look_at(places.dags / "loads.py")
    assert places.dags / "loads.py" in imports.importers([places.dags / "common" / "names.py"])


def test_what_was_cancelled_is_done_with_the_next_save(places):
    first = Affected(frozenset([places.dags / "a.py"]), tests=frozenset(["x"]), gone=frozenset([places.dags / "b.py"]))
    second = Affected(frozenset([places.dags / "b.py"]), tests=frozenset(["y"]))
    both = first | second
    assert both == Affected(frozenset([places.dags / "a.py", places.dags / "b.py"]), tests=frozenset("xy"))
    assert (both | Affected(None)).files is None


def test_only_dag_files_below_the_paths_given(places):
    what = Affected(None)
    files = [places.dags / "alone.py", places.dags / "team" / "relative.py"]
    assert within(what, [places.dags / "team"], files).files == {files[1]}
    assert within(what, [], files).files is None


def test_at_the_start_new_modules_and_failed_tests_run(places, memory):
    failing = {"id": "tests/test_loads.py::bad", "module": str(places.project / "tests" / "test_loads.py")}
    memory.note_test(failing | {"dags": ["alone"], "slow": False, "outcome": "failed"})
    assert short(at_start(places, memory), places) == (None, {"test_names.py"}, {"bad"})


def test_the_notes_outlive_the_command(places, memory, tmp_path):
    memory.write()
    again = Memory(tmp_path / "state", places.project, places.tests)
    assert again.tests == memory.tests
    (tests,) = {test.module for name, test in again.tests.items() if name.endswith("of_none")}
    what = request(Affected(tests=frozenset(["tests/test_loads.py::of_loads"]), unseen=True), places, again, None)
    assert what["dags"] == ["loads"] and tests in what["modules"]
    assert set(what["seen"]) == set(again.tests)


# what counts as a save


def test_a_write_to_a_temporary_file_and_a_rename_are_one_save(places):
    contents = Contents(places)
    target, temporary = places.dags / "alone.py", places.dags / ".alone.py.x1"
    temporary.write_text("import os\n")
    temporary.replace(target)
    found = contents.save([temporary, target, places.dags])
    assert (found.changed, found.gone, found.added) == ({target}, set(), set())


def test_what_changes_nothing_is_no_save(places):
    contents = Contents(places)
    path = places.dags / "alone.py"
    path.touch()
    assert contents.save([path]) is None
    path.write_text("import os\n")
    assert contents.save([path]).changed == {path}
    assert contents.save([path]) is None


def test_a_file_that_came_and_went_is_no_save(places):
    contents = Contents(places)
    assert contents.save([places.dags / "new.py"]) is None


def test_a_renamed_folder_is_gone_and_added(places):
    contents = Contents(places)
    (places.dags / "team").rename(places.dags / "squad")
    found = contents.save([places.dags / "team", places.dags / "squad"])
    assert (
        {path.name for path in found.gone}
        == {path.name for path in found.added}
        == {path.name for path in found.changed}
    )
    assert all("squad" in path.parts for path in found.added) and len(found.added) == 3


@pytest.mark.parametrize(
    "name", [".alone.py.swp", "alone.py~", "4913", "__pycache__/alone.pyc", ".git/index", "#alone.py#"]
)
def test_what_editors_and_python_write_is_no_save(places, name):
    contents = Contents(places)
    path = places.dags / name
    path.parent.mkdir(exist_ok=True)
    path.write_text("x")
    assert contents.save([path]) is None


def test_the_moment_of_a_save_is_the_files_own_unless_that_is_old(places):
    contents = Contents(places)
    path = places.dags / "alone.py"
    path.write_text("import os\n")
    assert contents.save([path]).at == path.stat().st_mtime
    path.write_text("import sys\n")
    os.utime(path, (1, 1))
    assert contents.save([path]).at > 1000


# the verdict


def test_the_verdict_names_files_lines_and_seconds(places):
    verdict = Verdict(places.project, ["dags/alone.py"], saved=100.0, ended=101.25)
    verdict.add({"outcome": "passed"})
    failed = {
        "outcome": "failed",
        "id": "tests/test_loads.py::bad",
        "where": str(places.project / "tests/test_loads.py:7"),
    }
    verdict.add(failed | {"text": "long", "message": "assert 1 == 2\n\x1b[31m", "own": False})
    lines = [text for _, text in verdict.lines()]
    assert lines[0].startswith("FAILED dags/alone.py after 1.2 s")
    assert "  tests/test_loads.py:7 tests/test_loads.py::bad" in lines
    assert "      assert 1 == 2" in lines and "\x1b" not in "".join(lines)
    assert lines[-1] == "  tests: 1 failed, 1 passed"
