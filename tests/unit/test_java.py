"""Which Java is taken for Spark, and what is said if there is none."""

import pytest

from mwaa_local import java
from mwaa_local.errors import LocalError
from mwaa_local.settings import SPARK_VERSIONS

ANY, ONLY_17 = "4.0", "5.1"  # Glue versions, by what they run on


@pytest.fixture
def nothing(tmp_path, monkeypatch):
    """A machine without any Java."""
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setattr(java, "_PLACES", (str(tmp_path / "jvm" / "*"),))
    return tmp_path


def installed(folder, version, compiler=True):
    (folder / "bin").mkdir(parents=True)
    for program in ("java", *(["javac"] if compiler else [])):
        (folder / "bin" / program).write_text("#!/bin/sh\n")
        (folder / "bin" / program).chmod(0o755)
    (folder / "release").write_text(f'IMPLEMENTOR="x"\nJAVA_VERSION="{version}"\n')
    return folder


@pytest.mark.parametrize(("glue", "wanted"), [(ANY, "Java 8, 11 or 17"), (ONLY_17, "Java 17")])
def test_none_is_an_error_that_says_what_to_do(nothing, glue, wanted):
    words = rf"(?s)Glue {glue} need a {wanted} with its compiler; none was found.*openjdk-17-jdk-headless"
    with pytest.raises(LocalError, match=words):
        java.find(glue)


def test_every_glue_version_has_its_javas():
    assert tuple(java.USABLE) == SPARK_VERSIONS


def test_an_older_java_is_passed_over_by_a_version_that_has_17_on_aws(nothing, monkeypatch):
    monkeypatch.setenv("JAVA_HOME", str(installed(nothing / "named", "11.0.2")))
    installed(nothing / "jvm" / "a", "17.0.1")
    assert (java.find(ANY).version, java.find(ONLY_17).version) == (11, 17)


def test_java_home_goes_before_path_and_path_before_the_usual_places(nothing, monkeypatch):
    installed(nothing / "jvm" / "a", "17.0.1")
    assert java.find(ANY) == java.Java(nothing / "jvm" / "a", 17)
    monkeypatch.setenv("PATH", str(installed(nothing / "on-path", "11.0.2") / "bin"))
    assert java.find(ANY).version == 11
    monkeypatch.setenv("JAVA_HOME", str(installed(nothing / "named", "1.8.0_392")))
    assert java.find(ANY) == java.Java(nothing / "named", 8)


def test_what_is_too_new_or_has_no_compiler_is_passed_over_and_named(nothing, monkeypatch):
    monkeypatch.setenv("JAVA_HOME", str(installed(nothing / "new", "21.0.1")))
    installed(nothing / "jvm" / "jre", "17.0.1", compiler=False)
    with pytest.raises(LocalError, match=r"(?s)new: is Java 21.*jre: Java 17 without the compiler javac"):
        java.find(ANY)
    installed(nothing / "jvm" / "whole", "17.0.1")
    assert java.find(ANY).home == nothing / "jvm" / "whole"


def test_an_updated_java_is_another_build(nothing):
    home = installed(nothing / "jvm" / "a", "17.0.1")
    library = home / "lib" / "server" / "libjvm.so"
    library.parent.mkdir(parents=True)
    library.write_text("17.0.1")
    before = java.Java(home, 17).build()
    assert java.Java(home, 17).build() == before
    library.write_text("17.0.1+1")
    assert java.Java(home, 17).build() != before
