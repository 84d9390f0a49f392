"""What is said of a requirements.txt: of its lines, and of pip's answer."""

import json
import os
import re
import sys
from pathlib import Path

import pytest

from mwaa_local import requirements
from mwaa_local.errors import LocalError
from mwaa_local.requirements import ask, judge, lines, report
from mwaa_local.requirements.findings import Finding
from mwaa_local.requirements.judge import Judgement
from mwaa_local.settings import ROOT, Settings
from tests.support.polling import wait_until

OFFICIAL = "--constraint https://raw.githubusercontent.com/apache/airflow/constraints-2.2.2/constraints-3.7.txt"


@pytest.fixture
def project(tmp_path):
    for name in ("dags", "plugins"):
        (tmp_path / name).mkdir()
    return tmp_path


def said(project, *text, constrained=(), variables=None):
    """(id, severity, line) of each finding."""
    found = lines.read("\n".join(text), project, constrained, variables or {})
    return [(one.id, one.severity, one.line) for one in found]


# --- lines


def test_lines_are_read_as_pip_reads_them():
    text = (
        "# a comment\n\nflask == 1.1.2  # why\n-c x.txt\n-ry.txt\n--find-links=/a\n--no-index\n"
        "a[b,c]>=1,\\\n  <2 ; python_version < '3.8' \\\n  --hash=sha256:00\nz @ https://h/z.whl\n./w.whl\ngit+https://h/r#egg=r\n"
        "https://h/a#not-a-comment\n"
    )
    found = [(one.number, one.option, one.value, one.name, one.extras, one.version) for one in lines.parse(text)]
    assert found == [
        (3, "", "", "flask", "", "== 1.1.2"),
        (4, "--constraint", "x.txt", "", "", ""),
        (5, "--requirement", "y.txt", "", "", ""),
        (6, "--find-links", "/a", "", "", ""),
        (7, "--no-index", "", "", "", ""),
        (8, "", "", "a", "[b,c]", ">=1,  <2"),
        (11, "", "https://h/z.whl", "z", "", ""),
        (12, "", "./w.whl", "", "", ""),
        (13, "", "git+https://h/r#egg=r", "", "", ""),
        (14, "", "https://h/a#not-a-comment", "", "", ""),
    ]


@pytest.mark.parametrize(
    "version, pinned",
    [("==1.0", "1.0"), ("=== 1.0", "1.0"), ("(==1.0)", "1.0"), ("==1.*", ""), (">=1", ""), ("==1,!=2", ""), ("", "")],
)
def test_a_pin_is_one_version(version, pinned):
    assert lines.parse(f"x{version}")[0].pinned == pinned


@pytest.mark.parametrize(
    "line, found",
    [
        ("pandas==1.3.4", []),
        ("pandas", [("unpinned", "warning", 2)]),
        ("Flask_Login", []),
        ("apache-airflow==2.2.2", []),
        ("apache-airflow[ssh]==2.2.2", []),
        ("apache-airflow==2.2.3", [("airflow-itself", "error", 2)]),
        ("apache-airflow", [("unpinned", "warning", 2), ("airflow-itself", "error", 2)]),
        ("watchtower==2.0.1", []),
        ("watchtower==1.0.6", [("watchtower", "warning", 2)]),
        ("--extra-index-url https://me:secret@example.org/simple", [("credentials", "warning", 2)]),
        ("--index-url https://${AIRFLOW__A__B}:${AIRFLOW__A__C}@example.org/", []),
        ("--index-url https://${AIRFLOW__A__D}@example.org/", [("variable-not-set", "warning", 2)]),
        ("git+ssh://git@example.org/r.git", [("repository", "warning", 2)]),
        ("x @ https://example.org/x-1.0-py3-none-any.whl", [("url", "warning", 2)]),
        ("-e git+https://example.org/r#egg=r", [("editable", "warning", 2), ("repository", "warning", 2)]),
        ("-e .", [("editable", "warning", 2), ("local-path", "error", 2)]),
        ("./here.whl", [("local-path", "error", 2)]),
        ("/tmp/there.whl", [("local-path", "error", 2)]),
        ("file:///tmp/there.whl", [("local-path", "error", 2)]),
        ("-r more.txt", [("local-path", "error", 2)]),
        ("--find-links ./wheels", [("local-path", "error", 2)]),
        ("--find-links /usr/local/airflow/plugins", []),
        ("/usr/local/airflow/plugins/here.whl", []),
        ("/usr/local/airflow/plugins/gone.whl", [("missing-file", "error", 2)]),
        ("-r /usr/local/airflow/dags/gone.txt", [("missing-file", "error", 2)]),
    ],
)
def test_each_kind_of_line(project, line, found):
    for place in (project, project / "plugins"):
        (place / "here.whl").touch()
    variables = {"AIRFLOW__A__B": "", "AIRFLOW__A__C": ""}
    assert said(project, OFFICIAL, line, constrained={"flask-login"}, variables=variables) == found


@pytest.mark.parametrize(
    "line, found",
    [
        (OFFICIAL, []),
        ("", [("no-constraint", "warning", 0)]),
        (OFFICIAL.replace("2.2.2", "2.10.0"), [("foreign-constraint", "error", 2)]),
        (OFFICIAL.replace("3.7", "3.8"), [("foreign-constraint", "error", 2)]),
        ("-c https://example.org/ours.txt", [("own-constraint", "info", 2)]),
        ("-c /usr/local/airflow/dags/ours.txt", []),
        ("-c /usr/local/airflow/dags/new.txt", [("foreign-constraint", "error", 2)]),
        ("# " + OFFICIAL, [("no-constraint", "warning", 0)]),
    ],
)
def test_the_constraint_is_there_and_is_that_of_2_2_2(project, line, found):
    (project / "dags" / "ours.txt").write_text("# Editable install (apache-airflow==2.2.2)\npandas==1.3.4\n")
    (project / "dags" / "new.txt").write_text("# Editable install (apache-airflow==2.10.0)\npandas==2.1.4\n")
    assert said(project, "pandas==1.3.4", line) == found


def test_a_file_without_a_requirement_needs_no_constraint(project):
    assert said(project, "# nothing", "--no-index") == []


def test_paths_that_exist_here_only_are_told_apart_from_those_that_exist_nowhere(project):
    (project / "here.whl").touch()
    found = [one.text for one in lines.read(f"./here.whl\n./gone.whl\n{OFFICIAL}", project, (), {})]
    assert found == ["./here.whl exists here, not on MWAA", "./gone.whl is neither here nor on MWAA"]


def test_passwords_are_masked_and_variables_are_not():
    assert lines.masked("https://u:p@h/x git+ssh://git@h/r") == "https://***@h/x git+ssh://***@h/r"
    assert lines.masked("https://${A}:${B}@h/x") == "https://${A}:${B}@h/x"


def test_what_constraints_pin_comes_from_the_files_that_are_named(project):
    (project / "dags" / "ours.txt").write_text("Ours==1\nloose>=1\n")
    (project / "official.txt").write_text("Official_One==2\n")
    found = report.constrained_projects(
        f"-c /usr/local/airflow/dags/ours.txt\n{OFFICIAL}", project, project / "official.txt"
    )
    assert found == {"ours", "official-one"}


# --- pip's answer


def answer(*install, **more):
    base = {
        "install": list(install), "installed": {"boto3": {"version": "1.18.65"}}, "refused": [], "error": "", "causes": [],
        "unreachable": [], "words": [], "broken": [], "asked": True, "seconds": 1.0, "pip": "21.3.1", "python": "3.7.16",
        "platform": "linux x86_64", "constraints": "", "no_official": "",
    }  # fmt: skip
    return Judgement(base | more)


def package(name, version, kind="wheel", **more):
    file = f"{name}-{version}.whl"
    base = {
        "name": name,
        "version": version,
        "kind": kind,
        "file": file,
        "url": f"https://h/{file}",
        "from_index": True,
    }
    return base | {"asked_by": "-r requirements.txt (line 3)", "yanked": "", "files": []} | more


def file(tag="", version="1.0", python="", fits=True, usable=False):
    name = f"x-{version}-{tag}.whl" if tag else f"x-{version}.tar.gz"
    one = {
        "file": name,
        "version": version,
        "wheel": bool(tag),
        "usable": usable,
        "python": python,
        "python_fits": fits,
    }
    return one | {"tags": [tag] if tag else []}


def test_the_frozen_set_is_mwaas_139_packages():
    own = judge.frozen()
    assert len(own) == 139 and own["apache-airflow"] == "2.2.2" and own["markupsafe"] == "1.1.1"


def test_a_new_package_changes_nothing_and_another_version_of_mwaas_own_does():
    judged = answer(package("new", "1.0"), package("Boto3", "1.26.0"), package("pytz", "2021.3"))
    assert [str(change) for change in judged.changes] == ["boto3 1.18.65 -> 1.26.0"]
    assert [(one.id, one.severity) for one in judged.findings()] == [("own-package-changed", "error")]


def test_the_official_constraints_may_change_mwaas_own_but_not_what_the_project_uses():
    use = {"file": "dags/a.py", "line": 1, "module": "boto3.old", "name": "Thing"}
    for imports, found in (([], [("official-version", "warning")]), ([use], [("own-package-changed", "error")])):
        reply = answer(package("boto3", "1.18.0", gone_names={}, broken_imports=imports)).report
        judged = Judgement(reply, {"boto3": "1.18.0"})
        assert [(one.id, one.severity) for one in judged.findings()][:1] == found
    other = Judgement(answer(package("boto3", "1.19.0")).report, {"boto3": "1.18.0"})
    assert [one.severity for one in other.findings()] == ["error"]


def test_watchtower_is_no_change_for_mwaa_puts_it_back():
    judged = answer(package("watchtower", "1.0.6", asked_by="apache-airflow-providers-amazon"))
    assert (judged.install, judged.changes, judged.findings()) == ([], [], [])


def test_a_providers_change_names_what_disappears_what_the_project_uses_first():
    module = "airflow.providers.amazon.aws.operators.glue"
    use = {"file": "dags/a.py", "line": 7, "module": "airflow.providers.amazon.aws.hooks.s3", "name": "S3Hook"}
    lost = {"airflow.providers.amazon.aws.hooks.a": ["AHook"], module: ["AwsGlueJobOperator"]}
    lost["airflow.providers.amazon.aws.operators.b"] = [f"B{number}" for number in range(10)]
    judged = answer(package("apache-airflow-providers-amazon", "6.0.0", gone_names=lost, broken_imports=[use]))
    changed, imported = judged.findings()
    assert changed.text == (
        "apache-airflow-providers-amazon 2.4.0 -> 6.0.0: S3Hook, AwsGlueJobOperator, B0, B1, B2, B3, B4, B5 and 5 more disappear"
    )
    assert changed.fix.endswith("asked for by this file (line 3)")
    assert (imported.id, imported.severity) == ("import-disappears", "error")
    assert imported.text.startswith("dags/a.py:7 uses airflow.providers.amazon.aws.hooks.s3.S3Hook, which")


def test_names_of_other_packages_are_said_only_where_the_project_uses_them():
    gone = {"boto3.old": ["Thing"]}
    assert str(answer(package("boto3", "2.0", gone_names=gone)).changes[0]) == "boto3 1.18.65 -> 2.0"
    use = {"file": "dags/a.py", "line": 1, "module": "boto3.old", "name": "Thing"}
    used = answer(package("boto3", "2.0", gone_names=gone, broken_imports=[use]))
    assert str(used.changes[0]) == "boto3 1.18.65 -> 2.0: Thing disappears"


@pytest.mark.parametrize(
    "files, kind, why",
    [
        (
            [file("cp38-cp38-manylinux2014_x86_64"), file("cp310-cp310-macosx_11_0_arm64")],
            "no-wheel",
            "Python 3.8, 3.10;",
        ),
        (
            [file("cp37-cp37m-manylinux2014_aarch64"), file("cp38-cp38-manylinux1_x86_64")],
            "wrong-architecture",
            "for aarch64;",
        ),
        ([file("cp37-cp37m-manylinux_2_28_x86_64")], "wrong-architecture", "for glibc 2.28;"),
        (
            [file("cp37-cp37m-win_amd64"), file("cp37-cp37m-macosx_10_9_x86_64")],
            "wrong-architecture",
            "for Windows, macOS;",
        ),
        ([file("cp37-cp37m-musllinux_1_1_x86_64")], "wrong-architecture", "for Linux with musl;"),
        ([file("cp39-abi3-manylinux2014_x86_64")], "no-wheel", "Python 3.9;"),
        ([file("cp36-abi3-manylinux2014_aarch64")], "wrong-architecture", "for aarch64;"),
        ([file("py3-none-any", python=">=3.9", fits=False)], "python-too-new", "needs Python >=3.9;"),
        (
            [file("cp39-cp39-manylinux1_x86_64", python=">=3.9", fits=False), file("cp39-cp39-win32")],
            "python-too-new",
            ">=3.9",
        ),
        ([file(usable=True)], "no-wheel", "there is no wheel of it at all"),
        (
            [file(usable=True), file("cp38-cp38-manylinux1_x86_64", python=">=3.8", fits=False)],
            "no-wheel",
            "Python 3.8;",
        ),
    ],
)
def test_why_the_files_of_a_version_cannot_be_used(files, kind, why):
    found = judge.explained("x", files)
    assert found[0] == kind and why in found[1]


def cause(*files, name="x", wanted="==1.0", python="", by="", others=()):
    return {"name": name, "wanted": wanted, "python": python, "by": by, "files": list(files), "others": list(others)}


FAILED = "ERROR: No matching distribution found for x==1.0"


@pytest.mark.parametrize(
    "one, unreachable, ids",
    [
        (cause(file("cp37-cp37m-win32")), [], ["wrong-architecture"]),
        (cause(python=">=3.8", by="y 2.0"), [], ["python-too-new"]),
        (cause(others=["0.9", "0.10", "1.0rc1"]), [], ["no-such-version"]),
        (cause(), [], ["no-such-package"]),
        (cause(), [["http://h/simple/x/", "connection error: refused"]], ["index-unreachable"]),
        (cause(file("py3-none-any", usable=True)), [], ["pip-failed"]),
    ],
)
def test_what_pip_could_not_satisfy_is_one_finding(one, unreachable, ids):
    judged = answer(error=FAILED, causes=[one], unreachable=unreachable)
    assert [finding.id for finding in judged.findings()] == ids


def test_versions_that_exist_are_named_newest_last_without_previews():
    judged = answer(error=FAILED, causes=[cause(others=["0.9", "0.10", "1.1rc1"])])
    assert judged.findings()[0].text.endswith("the last ones are 0.9, 0.10")


def test_a_conflict_has_pips_words_without_its_advice_and_what_it_forbids():
    words = [
        "ERROR: Cannot install a==1 because these package versions have conflicting dependencies.",
        "The conflict is caused by:", "    The user requested a==1", "    The user requested (constraint) a==2",
        "To fix this you could try to:", "1. loosen the range",
    ]  # fmt: skip
    refused = [{"name": "boto3", "version": "1.26.0", "asked_by": ""}]
    both = [cause(file("py3-none-any", usable=True))]
    conflict, would = answer(error=words[0], words=words, refused=refused, causes=both).findings()
    assert conflict.text.splitlines() == [
        words[0][7:],
        "The user requested a==1",
        "The user requested (constraint) a==2",
    ]
    assert (would.id, would.severity, would.text) == (
        "would-change", "warning", "where nothing forbade it: boto3 1.18.65 -> 1.26.0",
    )  # fmt: skip


def test_a_source_that_cannot_be_asked_is_told_by_its_last_error():
    words = [
        "  Traceback (most recent call last):", "  OSError: mysql_config not found",
        "WARNING: Discarding https://h/x-1.0.tar.gz#sha256=0 (from https://h/). Command errored out with exit status 1",
        "ERROR: Could not find a version that satisfies the requirement x==1.0 (from versions: 1.0)", FAILED,
    ]  # fmt: skip
    files = [file(usable=True), file("cp38-cp38-win_amd64")]
    (one,) = answer(error=FAILED, words=words, causes=[cause(*files)]).findings()
    assert (
        one.id == "source-fails"
        and "requires: OSError: mysql_config not found; and its wheels are for Python 3.8;" in one.text
    )


def test_a_pin_that_conflicts_and_could_not_be_used_either_is_both():
    words = ["ERROR: Cannot install x==1.0 because these package versions have conflicting dependencies."]
    found = answer(error=words[0], words=words, causes=[cause(file("cp37-cp37m-win32")), cause(name="y")]).findings()
    assert [one.id for one in found] == ["conflict", "wrong-architecture"]


def test_a_source_a_withdrawn_version_a_broken_requirement_and_a_dead_index_are_warnings():
    source = package("s", "1.0", kind="source", files=[file(usable=True)])
    withdrawn = package("y", "1.0", yanked="oops")
    judged = answer(
        source, withdrawn, broken=["a 1 requires b, which is not there"], unreachable=[["http://h/", "timed out"]]
    )
    assert [(one.id, one.severity) for one in judged.findings()] == [
        ("requirement-broken", "warning"), ("no-wheel", "warning"), ("yanked", "warning"), ("index-unreachable", "warning"),
    ]  # fmt: skip


def test_what_nobody_pins_is_named():
    judged = answer(
        package("mine", "1.0"), package("pulled", "1.0", asked_by="mine"), package("Held", "1", asked_by="mine")
    )
    (one,) = judged.findings({"held"})
    assert one.id == "dependencies-open" and ": pulled;" in one.text


def test_every_kind_of_finding_is_explained_on_the_page():
    page = (ROOT / "docs" / "check-requirements.md").read_text()
    code = "".join(path.read_text() for path in Path(judge.__file__).parent.glob("*.py"))
    kinds = set(re.findall(r'Finding\(\s*"([a-z-]+)"', code)) | {"python-too-new", "wrong-architecture", "no-wheel"}
    kinds |= set(re.findall(r'return "([a-z-]+)", ', code))
    assert len(kinds) > 20 and kinds == set(re.findall(r"^\| `([a-z-]+)` \| (?:error|warning|info)", page, re.M))


# --- the report


def finding(severity):
    return Finding("id", severity, f"a text of {severity}")


def test_the_worst_comes_first_and_each_once():
    found = report.in_order([finding("info"), finding("error"), finding("warning"), finding("error")])
    assert [one.severity for one in found] == ["error", "warning", "info"]


@pytest.mark.parametrize(
    "judged, found, starts",
    [
        (answer(), [], "[green]It would work[/]: MWAA has all of it already"),
        (answer(package("a", "1")), ["warning"], "[green]It would work[/]: 1 package would be installed"),
        (answer(package("a", "1")), ["error"], "[red]It would not work as it is[/]: 1 error"),
        (
            answer(package("boto3", "2")),
            ["warning"],
            "[green]It would work[/]: 1 package would be installed, 1 of them over MWAA's own as the",
        ),
        (answer(package("boto3", "2")), ["error"], "[red]1 package would be installed, 1 of them over MWAA's own[/]"),
        (answer(error="ERROR: x"), ["error"], "[red]Nothing would be installed[/]"),
        (None, ["error"], "[red]Nothing would be installed[/]"),
    ],
)
def test_the_verdict_is_one_line(judged, found, starts):
    assert report.verdict(judged, [finding(severity) for severity in found]).startswith(starts)


@pytest.mark.parametrize("changed", [False, True])
@pytest.mark.parametrize("as_json", [False, True])
def test_the_exit_code_and_both_forms(project, monkeypatch, capsys, changed, as_json):
    (project / "requirements.txt").write_text("new==1.0\n")
    reply = answer(package("boto3" if changed else "new", "1.0")).report
    monkeypatch.setattr(ask, "ask", lambda settings, work, *more: reply)
    assert requirements.run(Settings(mwaa_project=project, mwaa_state=project / "state"), as_json) == int(changed)
    printed = capsys.readouterr().out
    if as_json:
        content = json.loads(printed)
        assert content["ok"] is not changed and [one["version"] for one in content["install"]] == ["1.0"]
        assert {one["id"] for one in content["findings"]} >= {"no-constraint"}
    else:
        assert "warning no-constraint: " in printed and ("over MWAA's own" in printed.splitlines()[-1]) is changed


def test_a_pip_that_takes_too_long_is_a_finding(project, monkeypatch, capsys):
    (project / "requirements.txt").write_text("new==1.0\n")

    def late(*_):
        raise ask.TooLong("pip did not end within 1 seconds.", "pin versions")

    monkeypatch.setattr(ask, "ask", late)
    assert requirements.run(Settings(mwaa_project=project, mwaa_state=project / "state"), False) == 1
    assert "error   timeout: pip did not end within 1 seconds." in capsys.readouterr().out


def test_without_a_file_there_is_nothing_to_check(project):
    with pytest.raises(LocalError, match=r"There is no .*requirements.txt"):
        requirements.run(Settings(mwaa_project=project, mwaa_state=project / "state"), False)


# --- asking


def has_ended(pid):
    """Also of a process that nobody has asked how it ended."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    state = Path(f"/proc/{pid}/stat")
    return state.exists() and state.read_text().rpartition(")")[2].split()[0] == "Z"


def test_what_runs_too_long_is_ended_with_its_children(tmp_path):
    child = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(600)"
    )
    code = (
        f"import subprocess, sys, time; child = subprocess.Popen([sys.executable, '-c', {child!r}], stdout=subprocess.PIPE); "
        f"child.stdout.readline(); open({str(tmp_path / 'pid')!r}, 'w').write(str(child.pid)); time.sleep(600)"
    )
    with pytest.raises(ask.TooLong, match="within 5 seconds"):
        ask._follow([sys.executable, "-c", code], {}, 5)
    wait_until(lambda: has_ended(int((tmp_path / "pid").read_text())), 30, "the end of the child")


def test_what_is_printed_is_returned():
    assert ask._follow([sys.executable, "-c", "print('a [b]'); print('c')"], {}, 60) == ["a [b]", "c"]


def test_pip_sees_the_options_of_airflow_config_as_on_mwaa(project):
    (project / "airflow-config.yaml").write_text("foo.user: someone\n")
    seen = ask.environment(Settings(mwaa_project=project, mwaa_state=project / "state"))
    assert seen["AIRFLOW__FOO__USER"] == "someone"
