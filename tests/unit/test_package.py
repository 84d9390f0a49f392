"""plugins.zip and the offline set: equal files give equal bytes, nothing foreign is replaced, nothing unusable is packed."""

import hashlib
import os
import subprocess
import zipfile
from pathlib import Path

import pytest

from mwaa_local import package, plugins_zip
from mwaa_local.errors import LocalError
from mwaa_local.requirements import ask, report
from mwaa_local.requirements.judge import Judgement
from mwaa_local.settings import Settings
from tests.support.wheels import wheel


@pytest.fixture
def project(tmp_path):
    folder = tmp_path / "project"
    for name in ("dags", "plugins/sub"):
        (folder / name).mkdir(parents=True)
    (folder / "plugins" / "a.py").write_text("A = 1\n")
    (folder / "plugins" / "sub" / "run.sh").write_text("true\n")
    (folder / "plugins" / "sub" / "run.sh").chmod(0o755)
    return folder


def settings(project):
    return Settings(mwaa_project=project, mwaa_state=project.parent / "state")


def contents(archive):
    with zipfile.ZipFile(archive) as opened:
        return {entry.filename: opened.read(entry) for entry in opened.infolist()}


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


# --- plugins.zip


def test_equal_contents_give_equal_bytes_whenever_and_by_whatever_order_they_came(project):
    first = plugins_zip.packed(project / "plugins")
    os.utime(project / "plugins" / "a.py", (1, 1))
    moved = project / "moved"
    moved.mkdir()
    (moved / "sub").mkdir()
    for path in ("sub/run.sh", "a.py"):
        (moved / path).write_bytes((project / "plugins" / path).read_bytes())
    (moved / "sub" / "run.sh").chmod(0o700)
    (moved / "__pycache__").mkdir()
    (moved / "__pycache__" / "a.cpython-37.pyc").touch()
    (moved / ".gitkeep").touch()
    assert plugins_zip.packed(moved) == first
    (moved / "a.py").write_text("A = 2\n")
    assert plugins_zip.packed(moved) != first


def test_what_may_be_executed_still_may_be_and_the_folder_itself_is_not_in_it(project):
    assert package.run(settings(project), "", False) == 0
    with zipfile.ZipFile(project / "dist" / "plugins.zip") as opened:
        modes = {entry.filename: entry.external_attr >> 16 & 0o777 for entry in opened.infolist()}
    assert modes == {"a.py": 0o644, "sub/run.sh": 0o755}


def test_dist_is_ignored_by_git_and_listed_and_made_again_equal(project):
    package.run(settings(project), "", False)
    dist = project / "dist"
    before = {path.name: path.read_bytes() for path in dist.iterdir()}
    assert sorted(before) == [".gitignore", "SHA256SUMS", "plugins.zip"]
    assert before["SHA256SUMS"].decode() == f"{digest(dist / 'plugins.zip')}  plugins.zip\n"
    package.run(settings(project), "", False)
    assert {path.name: path.read_bytes() for path in dist.iterdir()} == before
    subprocess.run(["git", "init", "-q", project], check=True)
    status = subprocess.run(["git", "-C", project, "status", "--short"], capture_output=True, text=True, check=True)
    assert "dist" not in status.stdout and "plugins/" in status.stdout


def test_a_zip_of_the_project_is_taken_as_it_is(project):
    (project / "plugins.zip").write_bytes(b"PK\x05\x06" + bytes(18))
    package.run(settings(project), "", False)
    assert (project / "dist" / "plugins.zip").read_bytes() == (project / "plugins.zip").read_bytes()


def test_another_folder_gets_nothing_but_the_package(project, tmp_path):
    package.run(settings(project), str(tmp_path / "out" / "deep"), False)
    assert sorted(path.name for path in (tmp_path / "out" / "deep").iterdir()) == ["SHA256SUMS", "plugins.zip"]
    assert not (project / "dist").exists()


@pytest.mark.parametrize("name", ["plugins.zip", "requirements.txt", "wheels.txt", "SHA256SUMS"])
def test_a_file_that_is_not_ours_is_not_replaced(project, name):
    (project / "dist").mkdir()
    (project / "dist" / name).write_text("mine\n")
    with pytest.raises(LocalError, match=f"{name} is not what make package has made"):
        package.run(settings(project), "", False)
    assert [path.name for path in (project / "dist").iterdir()] == [name]


def test_a_file_of_ours_that_somebody_changed_is_not_replaced(project):
    package.run(settings(project), "", False)
    (project / "dist" / "plugins.zip").write_text("changed")
    with pytest.raises(LocalError, match="is not what make package has made"):
        package.run(settings(project), "", False)


def test_an_interruption_leaves_nothing_that_the_next_run_refuses(project, monkeypatch):
    package.run(settings(project), "", False)
    (project / "plugins" / "b.py").write_text("B = 1\n")
    put = package._put

    def interrupted(file, place):
        put(file, place)
        if file.name == "plugins.zip":
            raise KeyboardInterrupt

    monkeypatch.setattr(package, "_put", interrupted)
    with pytest.raises(KeyboardInterrupt):
        package.run(settings(project), "", False)
    monkeypatch.setattr(package, "_put", put)
    package.run(settings(project), "", False)
    dist = project / "dist"
    assert sorted(path.name for path in dist.iterdir()) == [".gitignore", "SHA256SUMS", "plugins.zip"]
    assert (dist / "SHA256SUMS").read_text() == f"{digest(dist / 'plugins.zip')}  plugins.zip\n"


def test_more_than_1_gb_is_refused_packed_or_extracted(project, monkeypatch):
    monkeypatch.setattr(package, "LARGEST", 1000)
    (project / "plugins" / "large.txt").write_text("x" * 1001)
    with pytest.raises(LocalError, match=r"plugins.zip would have 1\.\d+ GB; MWAA asks for less than 1 GB"):
        package.run(settings(project), "", False)
    assert not (project / "dist").exists()


# --- the offline set


def resolved(name, version, path="", asked_by="-r requirements.txt (line 1)"):
    return {"name": name, "version": version, "path": str(path), "asked_by": asked_by}


def test_the_constraints_are_mwaas_own_versions_and_those_of_the_set():
    text = package.constraints([resolved("New_One", "1.0"), resolved("boto3", "1.26.0")])
    pins = text.splitlines()[1:]
    assert {"new-one==1.0", "boto3==1.26.0", "apache-airflow==2.2.2", "pytz==2021.3"} < set(pins)
    assert len(pins) == 140 and pins[0] == "alembic==1.7.4"


def test_the_file_that_mwaa_gets_asks_no_index_and_names_no_place():
    text = (
        "-c https://example.org/c.txt\n--index-url https://example.org/simple\npandas==1.3.4 --hash=sha256:00\n"
        "fast[all]>=1 ; python_version < '3.8'\n./own.whl\n-e git+https://example.org/r#egg=r\n-r more.txt\n"
    )
    packages = [
        resolved("fast", "1.5", asked_by="-r requirements.txt (line 4)"),
        resolved("own", "2.0", asked_by="-r requirements.txt (line 5)"),
        resolved("r", "3.0", asked_by="-r requirements.txt (line 6)"),
        resolved("nested", "4.0", asked_by="-r more.txt (line 1)"),
        resolved("pulled", "5.0", asked_by="fast"),
    ]
    assert package.offline(text, packages).splitlines()[1:] == [
        "--no-index", "--find-links /usr/local/airflow/plugins", "--constraint /usr/local/airflow/plugins/constraints.txt",
        "pandas==1.3.4", "fast[all]>=1 ; python_version < '3.8'", "own==2.0", "r==3.0", "nested==4.0",
    ]  # fmt: skip


@pytest.fixture
def fetched(project, monkeypatch):
    """A project whose requirements.txt resolves to one wheel, by pip's answers as they would be."""
    (project / "requirements.txt").write_text("greeting==1.0\n")
    one = wheel("greeting", "1.0", "WORD = 'hello'\n")

    class Pip:
        file_name, content, error, again = one.file_name, one.content, "", None
        alone: Path | None = None

        def check(self, _, work, *more):
            assert more[0] == "--build"
            (work / "files").mkdir()
            path = work / "files" / self.file_name
            path.write_bytes(self.content)
            packages = [resolved("greeting", "1.0", path)]
            self.report = {"error": "", "install": packages, "platform": "linux x86_64"}
            return Judgement(self.report), []

        def ask(self, _, work, *more, alone=None):
            self.seen = contents(alone / "plugins.zip"), (alone / "requirements.txt").read_text()
            return {"error": self.error, "install": self.report["install"] if self.again is None else self.again}

    pip = Pip()
    monkeypatch.setattr(report, "check", pip.check)
    monkeypatch.setattr(ask, "ask", pip.ask)
    monkeypatch.setattr(ask, "tools", lambda _: Path("tools"))
    return pip


def test_the_wheels_lie_beside_the_plugins_and_are_listed(project, fetched):
    package.run(settings(project), "", True)
    dist = project / "dist"
    packed = contents(dist / "plugins.zip")
    assert list(packed) == ["a.py", "sub/run.sh", "constraints.txt", fetched.file_name]
    assert packed[fetched.file_name] == fetched.content
    assert (dist / "wheels.txt").read_text() == f"{hashlib.sha256(fetched.content).hexdigest()}  {fetched.file_name}\n"
    assert (dist / "requirements.txt").read_text().endswith("\ngreeting==1.0\n")
    done = subprocess.run(["sha256sum", "-c", "SHA256SUMS"], cwd=dist, capture_output=True, text=True)
    assert done.returncode == 0 and len(done.stdout.splitlines()) == 3
    assert fetched.seen == (packed, (dist / "requirements.txt").read_text())


def test_the_set_is_the_same_again_and_goes_when_only_the_plugins_are_packed(project, fetched):
    package.run(settings(project), "", True)
    before = {path.name: path.read_bytes() for path in (project / "dist").iterdir()}
    package.run(settings(project), "", True)
    assert {path.name: path.read_bytes() for path in (project / "dist").iterdir()} == before
    package.run(settings(project), "", False)
    assert sorted(path.name for path in (project / "dist").iterdir()) == [".gitignore", "SHA256SUMS", "plugins.zip"]


def test_wheels_go_into_the_zip_of_the_project_where_there_is_one(project, fetched):
    (project / "plugins.zip").write_bytes(plugins_zip.packed(project / "plugins"))
    before = (project / "plugins.zip").read_bytes()
    package.run(settings(project), "", True)
    assert list(contents(project / "dist" / "plugins.zip")) == [
        "a.py",
        "sub/run.sh",
        "constraints.txt",
        fetched.file_name,
    ]
    assert (project / "plugins.zip").read_bytes() == before


def test_a_wheel_that_lies_in_plugins_already_is_packed_once_and_another_of_its_name_is_refused(project, fetched):
    (project / "plugins" / fetched.file_name).write_bytes(fetched.content)
    package.run(settings(project), "", True)
    assert sorted(contents(project / "dist" / "plugins.zip")) == sorted(
        ["a.py", "sub/run.sh", "constraints.txt", fetched.file_name]
    )
    (project / "plugins" / fetched.file_name).write_bytes(b"another")
    with pytest.raises(LocalError, match=f"plugins has another {fetched.file_name}"):
        package.run(settings(project), "", True)


@pytest.mark.parametrize(
    "change, says",
    [
        ({"error": "ERROR: No matching distribution"}, "does not resolve by itself: ERROR: No matching"),
        ({"again": []}, "installs something else than with an index: nothing"),
        ({"file_name": "greeting-1.0.tar.gz"}, "greeting-1.0.tar.gz could not be made a wheel"),
        (
            {"file_name": "greeting-1.0-cp37-cp37m-macosx_11_0_arm64.whl"},
            "was compiled on linux x86_64; MWAA has Linux",
        ),
    ],
)
def test_a_set_that_would_not_work_is_not_given_out(project, fetched, change, says):
    for name, value in change.items():
        setattr(fetched, name, value)
    with pytest.raises(LocalError, match=says):
        package.run(settings(project), "", True)
    assert not (project / "dist").exists()


@pytest.mark.parametrize("symbols, needed", [("GLIBC_2.4 GLIBC_2.26", 0), ("GLIBC_2.34 GLIBC_2.2.5", 34)])
def test_what_was_compiled_here_is_packed_only_if_mwaas_glibc_has_its_symbols(tmp_path, symbols, needed):
    path = tmp_path / "x-1.0-cp37-cp37m-linux_x86_64.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x.cpython-37m-x86_64-linux-gnu.so", symbols)
        archive.writestr("x.py", "GLIBC_2.99")
    if needed:
        with pytest.raises(LocalError, match=rf"needs glibc 2\.{needed}; MWAA has Linux x86_64 with glibc 2\.26"):
            package._require_usable([path], "linux x86_64")
    else:
        package._require_usable([path], "linux x86_64")


def test_wheels_of_a_file_that_is_not_there_cannot_be_had(project):
    with pytest.raises(LocalError, match=r"There is no .*requirements.txt, and so there are no wheels"):
        package.run(settings(project), "", True)
