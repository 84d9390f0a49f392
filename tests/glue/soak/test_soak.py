"""A soak: hundreds of runs (thousands by --soak-runs), while LocalStack is killed and its disk fills up, at random.

make test SUITE=glue PYTEST="-k soak --soak-runs 5000"
make test SUITE=glue PYTEST="-k soak --soak-seed 1234"      the same plan again
"""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.glue.service.conftest import prepared
from tests.glue.soak import plan, verdicts
from tests.glue.soak.driver import Soak
from tests.support.localstack import LocalStack
from tests.support.small_disk import SmallDisk, small_disk


@pytest.fixture
def disk(tmp_path: Path, pytestconfig: pytest.Config) -> Iterator[SmallDisk]:
    """Large enough for all that the runs leave: some 40 kB each."""
    with small_disk(tmp_path / "disk", megabytes=256 + pytestconfig.getoption("soak_runs") // 10) as made:
        yield made


def test_soak(tmp_path: Path, disk: SmallDisk, pytestconfig: pytest.Config, capsys: pytest.CaptureFixture[str]) -> None:
    runs, seed = pytestconfig.getoption("soak_runs"), pytestconfig.getoption("soak_seed")
    seed = random.randrange(2**31) if seed is None else seed
    proofs = tmp_path / "proofs"
    proofs.mkdir()
    began = time.monotonic()
    with prepared(LocalStack(disk.path, GLUE_MINUTE_SECONDS="1")) as localstack:
        soak = Soak(plan.draw(seed, runs), localstack, disk, proofs)
        soak.run()
        problems = verdicts.judge(soak)
    states = Counter(record["JobRunState"] for record in soak.records.values())
    with capsys.disabled():
        print(
            f"\nsoak: seed {seed}, {len(soak.records)} runs in {time.monotonic() - began:.0f} s; "
            f"{dict(sorted(states.items()))}; {dict(soak.counts)}"
        )
    assert not problems, "\n".join([f"--soak-seed {seed} --soak-runs {runs}", *problems])
    assert len(soak.records) >= runs
