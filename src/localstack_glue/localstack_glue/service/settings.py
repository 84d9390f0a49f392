"""What the Glue service reads from its environment, once.

Variables:

    GLUE_RUNS                     folder of the runs; definitions lie beside it. Default: glue/runs below the working directory
    AWS_ENDPOINT                  the one AWS endpoint that jobs get
    GLUE_PYTHONSHELL_39_PYTHON    interpreter of Python shell jobs of version 3.9
    GLUE_PYTHONSHELL_39_AWS_DATA  made by aws_local.endpoints: its botocore's endpoint table, which sends every call to
                                  AWS_ENDPOINT, and aws.config
    GLUE_PYTHONSHELL_36_PYTHON, GLUE_PYTHONSHELL_36_AWS_DATA
                                  the same for version 3.6, which may be missing
    GLUE_SPARK_INSTALLER          the program that installs Spark for a Glue version; empty: nothing is installed later
    GLUE_SPARK_CODE               folder of what runs beside Spark: launcher and libraries of jobs
    GLUE_SPARK_ENVIRONMENTS       folder of glue-spark-4.0 and so on, as the installer makes them
    GLUE_SPARK_AWS_DATA           folder of their endpoint tables, which the jobs themselves have made
    GLUE_RUNTIME                  image: Spark jobs run in AWS's own images, where these can be had
    GLUE_IMAGE_5_1, ...           other names of these images, by Glue version: those of a mirror
    GLUE_WARM                     Glue versions of which a warm worker waits for Spark jobs, with commas. Default: none
    GLUE_MEMORY_LIMITS            0 lets runs take more memory than their capacity gives them
    GLUE_MINUTE_SECONDS           seconds in a minute of a job's Timeout: tests shorten it. Default 60
    GLUE_MAX_CONCURRENT_RUNS      quota "Max concurrent job runs per account". Default 2000, AWS's
    GLUE_MAX_DPUS                 quota "Max task DPUs per account". Default 1000, AWS's
    GLUE_KEEP_WORK                1 keeps the work folder of ended runs
    PIP_*, UV_DEFAULT_INDEX, ...  the package index, for jobs that install modules; see INDEX_OF_UV
    HTTP_PROXY, SSL_CERT_FILE, .. how to get there, for the installation alone
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from .quotas import Quotas

# Handed on to jobs as they are: the mark by which the stack finds its stragglers, the guard's opt-out and log.
PASSED_ON = ("MWAA_ENV_ID", "ALLOW_REAL_AWS", "AWS_GUARD_LOG")
# Jobs have pip, so a package index that is set for uv is told to pip in its own words; pip's own variables win.
INDEX_OF_UV = {
    "UV_DEFAULT_INDEX": "PIP_INDEX_URL",
    "UV_INDEX_URL": "PIP_INDEX_URL",
    "UV_INDEX": "PIP_EXTRA_INDEX_URL",
    "UV_EXTRA_INDEX_URL": "PIP_EXTRA_INDEX_URL",
    "UV_FIND_LINKS": "PIP_FIND_LINKS",
    "UV_INSECURE_HOST": "PIP_TRUSTED_HOST",
}
# Of pip's variables those that say where packages come from; others (a target, a user site) would be in the way.
INDEX_OF_PIP = (
    "INDEX_URL",
    "EXTRA_INDEX_URL",
    "NO_INDEX",
    "FIND_LINKS",
    "TRUSTED_HOST",
    "CERT",
    "CLIENT_CERT",
    "CONFIG_FILE",
)
PATIENCE_OF_PIP = ("DEFAULT_TIMEOUT", "TIMEOUT", "RETRIES")
NETWORK = (
    *("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy"),
    *("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE"),
)
Variables = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class SparkPlaces:
    """Where the parts of Spark jobs are; without an installer there is what has been made before, or nothing."""

    installer: str = ""
    code: Path = Path()
    environments: Path = Path()
    aws_data: Path = Path()
    in_image: bool = False
    images: Variables = ()  # by Glue version, where they have another name than AWS's

    def place(self, glue: str) -> Path:
        """The environment of a Glue version."""
        return self.environments / f"glue-spark-{glue}"


@dataclass(frozen=True)
class Settings:
    runs: Path
    endpoint: str
    python_39: str
    aws_data_39: str = ""
    minute: float = 60.0
    keep_work: bool = False
    passed_on: Variables = ()
    python_36: str = ""
    aws_data_36: str = ""
    memory_limits: bool = True
    index: Variables = ()
    network: Variables = ()
    quotas: Quotas = Quotas()
    spark: SparkPlaces = SparkPlaces()
    warm: tuple[str, ...] = ()

    @property
    def allow_real_aws(self) -> bool:
        return dict(self.passed_on).get("ALLOW_REAL_AWS") == "1"

    @property
    def kept(self) -> Path:
        """Where definitions are kept, a folder for each kind."""
        return self.runs.parent

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Settings:
        """Raises ValueError, naming the variable, if one has an unusable value."""
        return cls(
            runs=Path(environment.get("GLUE_RUNS") or "glue/runs").absolute(),
            endpoint=environment.get("AWS_ENDPOINT") or "http://127.0.0.1:4566",
            python_39=environment.get("GLUE_PYTHONSHELL_39_PYTHON", ""),
            aws_data_39=environment.get("GLUE_PYTHONSHELL_39_AWS_DATA", ""),
            minute=_number(environment, "GLUE_MINUTE_SECONDS", 60),
            keep_work=environment.get("GLUE_KEEP_WORK") == "1",
            passed_on=tuple((name, environment[name]) for name in PASSED_ON if name in environment),
            python_36=environment.get("GLUE_PYTHONSHELL_36_PYTHON", ""),
            aws_data_36=environment.get("GLUE_PYTHONSHELL_36_AWS_DATA", ""),
            memory_limits=environment.get("GLUE_MEMORY_LIMITS") != "0",
            index=_index(environment),
            network=tuple((name, environment[name]) for name in NETWORK if environment.get(name)),
            quotas=Quotas(
                runs=int(_number(environment, "GLUE_MAX_CONCURRENT_RUNS", Quotas.runs)),
                dpus=_number(environment, "GLUE_MAX_DPUS", Quotas.dpus),
            ),
            warm=tuple(word.strip() for word in environment.get("GLUE_WARM", "").split(",") if word.strip()),
            spark=SparkPlaces(
                installer=environment.get("GLUE_SPARK_INSTALLER", ""),
                code=Path(environment.get("GLUE_SPARK_CODE", "")),
                environments=Path(environment.get("GLUE_SPARK_ENVIRONMENTS", "")),
                aws_data=Path(environment.get("GLUE_SPARK_AWS_DATA", "")),
                in_image=environment.get("GLUE_RUNTIME") == "image",
                images=_images(environment),
            ),
        )


def _images(environment: Mapping[str, str]) -> Variables:
    named = {name.removeprefix("GLUE_IMAGE_"): value for name, value in environment.items() if value}
    return tuple((name.replace("_", "."), named[name]) for name in named if re.fullmatch(r"\d+_\d+", name))


def _index(environment: Mapping[str, str]) -> Variables:
    """pip's variables for the package index that the environment names."""
    found = {ours: environment[theirs] for theirs, ours in INDEX_OF_UV.items() if environment.get(theirs)}
    names = [f"PIP_{name}" for name in (*INDEX_OF_PIP, *PATIENCE_OF_PIP)]
    found |= {name: environment[name] for name in names if environment.get(name)}
    return tuple(sorted(found.items()))


def _number(environment: Mapping[str, str], name: str, default: float) -> float:
    """Raises ValueError."""
    text = environment.get(name) or str(default)
    try:
        return float(text)
    except ValueError:
        raise ValueError(f"{name} is {text!r}; wanted: a number, such as {default:g}") from None
