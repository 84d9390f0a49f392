"""The steps of a role before Airflow, as the real roles take them: stack/bin/airflow-role in Airflow's interpreter."""

import io
import json
import os
import subprocess
import sys
import tarfile
import time
import zipfile
from pathlib import Path

import pytest
from conftest import ROOT, Replica, eventually

from mwaa_airflow.start import requirements

SITE_PACKAGES = "lib/python3.7/site-packages"
# What a role script does, but for Airflow itself: the environment that Airflow would have is written to a file.
ROLE = """#!/usr/bin/env bash
set -Eeuo pipefail
. '{root}/stack/bin/airflow-role' "$1"
/usr/bin/env -0 >"$MWAA_STATE/$1.environ"
"""


def wheel(folder, name, version="1.0", code="", requires=()):
    """A wheel with one module, so that pip needs no network; returns its file name."""
    file = "{}-{}-py3-none-any.whl".format(name, version)
    info = "{}-{}.dist-info/".format(name, version)
    metadata = "Metadata-Version: 2.1\nName: {}\nVersion: {}\n".format(name, version)
    with zipfile.ZipFile(str(folder / file), "w") as archive:
        archive.writestr(name + ".py", code)
        archive.writestr(info + "METADATA", metadata + "".join("Requires-Dist: {}\n".format(one) for one in requires))
        archive.writestr(info + "WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(info + "entry_points.txt", "[console_scripts]\n{0}-command = {0}:main\n".format(name))
        archive.writestr(info + "RECORD", "")
    return file


def source_that_does_not_build(folder, name):
    """A source distribution whose setup.py fails when it is built, not when it is asked for its name."""
    setup = (
        "import sys; from setuptools import setup\n"
        "if 'install' in sys.argv: sys.exit('error: no such compiler')\n"
        "setup(name={!r}, version='1.0', py_modules=[])\n".format(name)
    ).encode()
    with tarfile.open(str(folder / (name + "-1.0.tar.gz")), "w:gz") as archive:
        for path, content in (("setup.py", setup), ("PKG-INFO", "Name: {}\nVersion: 1.0\n".format(name).encode())):
            entry = tarfile.TarInfo("{}-1.0/{}".format(name, path))
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))


class Project:
    """A user's project, and roles that start with it."""

    def __init__(self, folder):
        self.replica = Replica(folder)
        self.state, self.folder = self.replica.folder, self.replica.settings["MWAA_PROJECT"]
        self.plugins, self.dags = self.folder / "plugins", self.folder / "dags"
        self.program = self.state / "role"
        self.program.write_text(ROLE.format(root=ROOT))
        self.program.chmod(0o755)

    def script(self, text):
        (self.folder / "startup").mkdir(exist_ok=True)
        (self.folder / "startup" / "startup.sh").write_text(text)

    def requirements(self, *lines):
        (self.folder / "requirements.txt").write_text(
            "--find-links /usr/local/airflow/plugins\n--no-index\n" + "\n".join(lines)
        )

    def begin(self, role="scheduler", **more):
        """Starts a role's script; it ends where Airflow would begin."""
        environment = dict(self.replica._outside(), **more)
        return subprocess.Popen(
            [str(self.program), role],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            universal_newlines=True,
        )

    def start(self, role="scheduler", **more):
        """Starts a role and waits; what it would give Airflow."""
        process = self.begin(role, **more)
        self.said, _ = process.communicate(timeout=120)
        assert process.returncode == 0, self.said
        content = (self.state / (role + ".environ")).read_bytes().decode()
        return dict(item.split("=", 1) for item in content.split("\0") if item)

    def step(self, name, role="scheduler"):
        """(state, line) of a step of the role's last start."""
        record = json.loads((self.state / "run" / (role + ".start.json")).read_text())
        return next((step["state"], step["line"]) for step in record["steps"] if step["step"] == name)

    def stream(self, kind, group="Scheduler"):
        """What the last stream of this kind has."""
        files = (self.state / "airflow" / "logs" / "streams" / group).glob(kind + "_ip-*.log")
        return max(files, key=lambda path: path.stat().st_mtime).read_text()

    def installed(self, role="scheduler"):
        site = self.state / "user-site" / role / SITE_PACKAGES
        return sorted(path.name for path in site.glob("*.py"))


@pytest.fixture
def project(tmp_path):
    return Project(tmp_path)


# --- requirements.txt: what pip gets


def test_only_what_is_not_there_is_missing():
    text = (
        '# all of it\n-c "https://example.org/constraints-2.2.2/constraints-3.7.txt"\napache-airflow==2.2.2\n'
        "pandas>=1  # there\nno-such-package\npandas==99\n./a.whl\nwinreg-things; sys_platform == 'win32'\n"
    )
    assert requirements.missing_lines(text) == ["no-such-package", "pandas==99", "./a.whl"]


def test_pip_gets_the_stand_in_for_the_official_constraints_and_other_files_by_their_full_names():
    text = (
        '--constraint "https://example.org/constraints-2.2.2/constraints-3.7.txt"\n'
        "-c own.txt\n-r https://example.org/more.txt\n--constraint /usr/local/airflow/dags/c.txt\n"
        "--find-links /usr/local/airflow/plugins\nrequests==2\n"
    )
    assert requirements.localised(text, "/project", "/stand-in", "/home") == (
        "--constraint /stand-in\n-c /project/own.txt\n-r https://example.org/more.txt\n--constraint /home/dags/c.txt\n"
        "--find-links /home/plugins\nrequests==2\n"
    )


@pytest.mark.parametrize(
    "text, empty", [("# a\n\n--no-index\n", True), ("x", False), ("-r more.txt\n", False), ("-e ./x", False)]
)
def test_a_file_without_a_requirement_is_empty(text, empty):
    assert requirements.is_empty(text) is empty


# --- the order, and what Airflow gets


def test_a_role_without_files_gets_airflow_as_it_is(project):
    environment = project.start()
    run = [
        environment["AIRFLOW_PYTHON"],
        "-c",
        "import sys, airflow; print(airflow.__version__, 'aws_local.guard' in sys.modules)",
    ]
    assert subprocess.check_output(run, env=environment).decode().split() == ["2.2.2", "True"]
    assert environment["MWAA_AIRFLOW_COMPONENT"] == "scheduler" and environment["PIP_USER"] == "true"
    assert environment["HOME"] == environment["AIRFLOW_HOME"]
    assert all(project.step(name) == ("done", "") for name in ("plugins", "startup script", "requirements"))


def test_plugins_then_script_then_requirements_then_watchtower_and_the_second_role_finds_it_done(project):
    wheels = project.state / "wheels"
    wheels.mkdir()
    wheel(wheels, "users_own", code="def main(): print('it runs')\n", requires=["helper"])
    wheel(wheels, "helper", "2.0")
    wheel(wheels, "helper", "3.0")
    wheel(wheels, "watchtower", "1.0.6")
    with zipfile.ZipFile(str(project.folder / "plugins.zip"), "w") as archive:
        for path in wheels.iterdir():
            archive.write(str(path), path.name)
    (project.dags / "constraints.txt").write_text("helper<3\n")
    project.script("ls /usr/local/airflow/plugins\nexport AIRFLOW__FOO__USER=1.0\n")
    project.requirements(
        "-c /usr/local/airflow/dags/constraints.txt", "users_own==${AIRFLOW__FOO__USER}", "watchtower==1.0.6"
    )
    environment = project.start()
    assert "users_own-1.0-py3-none-any.whl" in project.stream("startup_script_execution")
    assert project.installed() == ["helper.py", "users_own.py"]
    log = project.stream("requirements_install")
    assert "Successfully installed helper-2.0 users-own-1.0 watchtower-1.0.6" in log
    assert log.endswith("Successfully installed watchtower-2.0.1\n")
    worker = project.start("worker")
    assert project.installed("worker") == project.installed()
    assert project.stream("requirements_install", "Worker").split("\nSuccessfully installed watch")[0] in log
    for one in (environment, worker):
        said = subprocess.check_output("users_own-command && airflow version", shell=True, env=one)
        assert said.decode().split("\n")[:2] == ["it runs", "2.2.2"]
    assert worker["AIRFLOW_PYTHON"].encode() in (project.state / "user-site/worker/bin/users_own-command").read_bytes()

    # at the next start nothing is done again, and what is taken away goes
    (project.state / "user-site" / "worker" / "untouched").write_text("")
    wheels_of_base = set((project.replica.folder / "venvs/airflow" / SITE_PACKAGES).glob("users_own*"))
    project.start("worker", PATH="/usr/bin:/bin")
    assert project.installed("worker") == project.installed() and not wheels_of_base
    project.requirements()
    project.start("worker")
    assert project.installed("worker") == []


def test_a_conflicting_pin_installs_nothing_and_airflow_starts_with_its_own_packages(project):
    wheel(project.plugins, "users_own", requires=["helper==2.0"])
    wheel(project.plugins, "helper", "2.0")
    wheel(project.plugins, "helper", "3.0")
    project.requirements("users_own", "helper==3.0")
    environment = project.start()
    state, line = project.step("requirements")
    assert state == "failed" and line.startswith("ERROR: Cannot install") and "helper==3.0" in line
    assert "-r /usr/local/airflow/requirements/requirements.txt (line 3)" in line
    assert "ResolutionImpossible" in project.stream("requirements_install") and project.installed() == []
    version = subprocess.check_output(
        [environment["AIRFLOW_PYTHON"], "-c", "import pandas; print(pandas.__version__)"], env=environment
    )
    assert version.decode().strip() == "1.3.4"


def test_a_source_that_does_not_build_installs_nothing_although_pip_had_begun(project):
    wheel(project.plugins, "a_good_one")
    source_that_does_not_build(project.plugins, "z_bad_one")
    project.requirements("a_good_one", "z_bad_one")
    project.start()
    state, line = project.step("requirements")
    assert state == "failed" and "ERROR" in line, line
    assert "no such compiler" in project.stream("requirements_install")
    assert project.installed() == []


def test_what_the_script_installs_goes_into_the_user_site_and_never_into_mwaas_packages(project):
    wheel(project.plugins, "from_script")
    project.script("pip3 install --no-index --user --find-links $AIRFLOW_HOME/plugins from_script\n")
    environment = project.start()
    assert project.installed() == ["from_script.py"], project.stream("startup_script_execution")
    subprocess.check_call([environment["AIRFLOW_PYTHON"], "-c", "import from_script"], env=environment)
    assert not list((project.replica.folder / "venvs" / "airflow" / SITE_PACKAGES).glob("from_script*"))


def test_pip_that_does_not_end_is_ended(project):
    project.requirements("no-such-package")
    project.start(REQUIREMENTS_TIMEOUT="0.2")
    assert project.step("requirements") == ("failed", "pip did not end within 0.2 seconds")


# --- the startup script


def test_what_it_exports_is_kept_and_what_is_reserved_is_put_back(project):
    project.script(
        'export MINE="it\'s mine" AIRFLOW__CORE__DEFAULT_TIMEZONE=Asia/Seoul PYTHONPATH=/extra PATH=$PATH:/extra/bin\n'
        "export LD_LIBRARY_PATH=/extra/lib CLASSPATH=/extra.jar\n"
        "export AIRFLOW_HOME=/other AIRFLOW__CORE__PARALLELISM=1 AWS_DATA_PATH=/other AIRFLOW_CONN_AWS_DEFAULT=aws://\n"
        "not_exported=1; echo component $MWAA_AIRFLOW_COMPONENT, arguments $#\n"
    )
    before = project.replica.environment()
    environment = project.start("webserver")
    assert environment["MINE"] == "it's mine" and environment["PYTHONPATH"] == "/extra"
    assert environment["AIRFLOW__CORE__DEFAULT_TIMEZONE"] == "Asia/Seoul" and environment["PATH"].endswith(
        ":/extra/bin"
    )
    assert (environment["LD_LIBRARY_PATH"], environment["CLASSPATH"]) == ("/extra/lib", "/extra.jar")
    for name in ("AIRFLOW_HOME", "AIRFLOW__CORE__PARALLELISM", "AWS_DATA_PATH", "AIRFLOW_CONN_AWS_DEFAULT"):
        assert environment[name] == before[name], name
    assert "not_exported" not in environment
    log = project.stream("startup_script_execution", "WebServer").splitlines()
    assert log[0] == "component webserver, arguments 0"
    assert log[1].startswith("Finished running startup script. Execution time: 0.") and log[1].endswith("s.")
    assert log[2].startswith("[local only] reserved, so put back: ") and "AIRFLOW_HOME" in log[2]
    assert log[3:] == ["Running verification", "Verification completed"]
    # `make airflow` has it too
    (project.state / "run" / "webserver.env").rename(project.state / "run" / "scheduler.env")
    said = subprocess.check_output(
        [str(ROOT / "stack/bin/with-airflow"), "printenv", "MINE"], env=project.replica._outside()
    )
    assert said == b"it's mine\n"


@pytest.mark.parametrize(
    "text, said",
    [
        ("export A=1\nexit 1\n", "ended its shell (exit code 1): what it exported is lost"),
        ("export A=1\nset -e\nfalse\n", "ended its shell (exit code 1)"),
        ("kill -9 $PPID\nexport A=1; sleep 60\n", "killed the shell that ran it (SIGKILL)"),
        ("kill -9 $(ps -o ppid= $PPID)\nexport A=1; sleep 60\n", "ended the process that ran it"),
        ("kill -9 $$\n", "ended its shell (exit code 137)"),
    ],
)
def test_a_script_that_ends_too_much_loses_its_variables_and_airflow_starts(project, text, said):
    project.script(text)
    begun = time.monotonic()
    environment = project.start()
    state, line = project.step("startup script")
    assert state == "failed" and line.startswith(said), line
    assert "A" not in environment and time.monotonic() - begun < 30


def test_a_script_with_a_syntax_error_runs_up_to_it_and_the_verdict_has_bashs_words(project):
    project.script("export A=1\nif then\nfi\n")
    assert project.start()["A"] == "1"
    assert project.step("startup script") == ("failed", "startup.sh: line 2: syntax error near unexpected token `then'")


def test_a_script_that_never_ends_is_ended_with_all_that_it_started(project):
    marker = "97.{}".format(os.getpid())
    project.script("sleep {0} & setsid sleep {0} & trap '' TERM\nwhile :; do :; done\n".format(marker))
    environment = project.start(STARTUP_TIMEOUT="1")
    assert project.step("startup script") == ("failed", "timed out after 1 seconds")
    assert "Startup script timed out after 1 seconds." in project.stream("startup_script_execution").splitlines()
    assert environment["AIRFLOW_PYTHON"] and not running("sleep", marker)


def test_a_script_may_print_megabytes_and_leave_a_service_behind_until_the_next_start(project):
    marker = "98.{}".format(os.getpid())
    project.script(
        "yes | head -c 20000000\n(while :; do echo alive; sleep 0.1; done) &\nsleep {} &\nexport A=1\n".format(marker)
    )
    assert project.start()["A"] == "1"
    log = project.stream("startup_script_execution")
    assert len(log) < 5300000 and "more bytes are not kept" in log and "Verification completed" in log
    assert project.step("startup script")[0] == "done" and len(running("sleep", marker)) == 1
    project.script("echo gone\n")
    project.start()
    assert not running("sleep", marker)


def test_a_validation_error_is_said_as_mwaa_says_it_and_stops_nothing(project):
    site = "$AIRFLOW_HOME/.local/" + SITE_PACKAGES
    project.script("mkdir -p {0}/watchtower-3.0.dist-info\nexport PATH=/nowhere\n".format(site))
    project.start()
    assert project.step("startup script")[0] == "warned"
    log = project.stream("startup_script_execution")
    for line in ("Python version 3.7 expected", "watchtower version 2.0.1 expected"):
        assert "Validation Error: {}\n".format(line) in log
    assert "Validation Error: apache-airflow" not in log


def test_a_role_that_is_stopped_takes_its_script_with_it_and_its_health_names_the_step(project):
    marker = "96.{}".format(os.getpid())
    project.script("sleep {}\n".format(marker))
    process = project.begin()
    eventually(lambda: running("sleep", marker), 30, "the script runs")
    assert project.replica.health("scheduler") == (False, "starting: at the step startup script")
    process.terminate()
    process.wait()
    process.stdout.close()
    eventually(lambda: not running("sleep", marker), 30, "the script is ended")


def running(*words):
    done = subprocess.run(["pgrep", "-xf", " ".join(words)], stdout=subprocess.PIPE, universal_newlines=True)
    return done.stdout.split()


# --- plugins


def test_a_refused_plugins_zip_leaves_airflow_without_plugins_and_is_the_verdict(project):
    with zipfile.ZipFile(str(project.folder / "plugins.zip"), "w") as archive:
        archive.writestr("fine.py", "")
        archive.writestr("../../outside.py", "")
    folder = project.start()["AIRFLOW__CORE__PLUGINS_FOLDER"]
    assert not list(Path(folder).iterdir())
    assert project.step("plugins") == (
        "failed", "plugins.zip is refused, Airflow has no plugins: '../../outside.py' leads out of the folder"
    )  # fmt: skip
    assert not list(project.state.rglob("outside.py")) and not list(project.state.rglob("fine.py"))


def test_the_folder_is_read_as_it_lies_and_a_zip_counts_more(project):
    project.plugins.joinpath("in_folder.py").write_text("")
    assert project.start()["AIRFLOW__CORE__PLUGINS_FOLDER"] == str(project.plugins)
    with zipfile.ZipFile(str(project.folder / "plugins.zip"), "w") as archive:
        archive.writestr("in_zip.py", "")
    folder = project.start()["AIRFLOW__CORE__PLUGINS_FOLDER"]
    assert [path.name for path in Path(folder).iterdir()] == ["in_zip.py"]
    assert os.path.realpath(str(project.state / "airflow" / "plugins")) == os.path.realpath(folder)
    assert project.step("plugins") == ("warned", "plugins.zip is what counts, not the folder plugins/ beside it")


def test_a_start_with_nothing_to_do_costs_next_to_nothing(project):
    project.script("export A=1\n")
    project.requirements("pandas")
    project.start()
    command = [sys.executable, "-I", "-S", str(ROOT / "src/mwaa_airflow/mwaa_airflow/start/__main__.py"), "scheduler"]
    home = str(project.state / "airflow")
    environment = project.replica.environment(HOME=home, PIP_USER="true")
    before = os.times()
    for _ in range(3):
        subprocess.check_call(command, env=environment)
    after = os.times()
    cpu = (after.children_user + after.children_system - before.children_user - before.children_system) / 3
    assert cpu < 0.25, cpu
