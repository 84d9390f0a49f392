"""What the Glue service reads from its environment, once.

Variables:

    GLUE_RUNS                     folder of the runs; definitions lie beside it. Default: glue/runs below the working directory
    AWS_ENDPOINT                  the one AWS endpoint that jobs get
    GLUE_PYTHONSHELL_39_PYTHON    interpreter of Python shell jobs of version 3.9
    GLUE_PYTHONSHELL_39_AWS_DATA  made by aws_local.endpoints: its botocore's endpoint table, which sends every call to
                                  AWS_ENDPOINT, and aws.config
    GLUE_MINUTE_SECONDS           seconds in a minute of a job's Timeout: tests shorten it. Default 60
    GLUE_MAX_CONCURRENT_RUNS      quota "Max concurrent job runs per account". Default 2000, AWS's
    GLUE_MAX_DPUS                 quota "Max task DPUs per account". Default 1000, AWS's
    GLUE_KEEP_WORK                1 keeps the work folder of ended runs
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from .quotas import Quotas

# Handed on to jobs as they are: the mark by which the stack finds its stragglers, the guard's opt-out and log.
PASSED_ON = ("MWAA_ENV_ID", "ALLOW_REAL_AWS", "AWS_GUARD_LOG")


@dataclass(frozen=True)
class Settings:
    runs: Path
    endpoint: str
    python_39: str
    aws_data_39: str = ""
    minute: float = 60.0
    keep_work: bool = False
    passed_on: tuple[tuple[str, str], ...] = ()
    quotas: Quotas = Quotas()

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
            quotas=Quotas(
                runs=int(_number(environment, "GLUE_MAX_CONCURRENT_RUNS", Quotas.runs)),
                dpus=_number(environment, "GLUE_MAX_DPUS", Quotas.dpus),
            ),
        )


def _number(environment: Mapping[str, str], name: str, default: float) -> float:
    """Raises ValueError."""
    text = environment.get(name) or str(default)
    try:
        return float(text)
    except ValueError:
        raise ValueError(f"{name} is {text!r}; wanted: a number, such as {default:g}") from None
