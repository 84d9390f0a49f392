"""The process of a crawl: what it is told, what surrounds it, what it leaves.

    <folder>/<crawl id>/order.json     crawler, configuration, custom classifiers, folders seen before
                        result.json    tables and partitions changed so far; Error, or the Folders that were read
                        stdout         the events of the log      stderr, exit, work/      see ../process.py

It runs in LocalStack's own interpreter, in a session of its own, and carries the mark of ../process.py with the crawl's id.
Nothing of LocalStack's environment reaches it; credentials are of no use but at the local endpoint.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .. import files
from ..owner import Owner
from ..process import MARK, Children, Process
from ..runners.scripts import DEFAULT_ACCOUNT
from ..settings import Settings

MODULE = "localstack_glue.service.crawlers.crawl"


class CrawlProcesses:
    def __init__(self, folder: Path, settings: Settings) -> None:
        self._folder, self._settings = folder, settings
        self._children = Children()

    def folder(self, crawl_id: str) -> Path:
        return self._folder / crawl_id

    def start(self, owner: Owner, crawl_id: str, order: Mapping[str, Any]) -> Process:
        """Raises OSError."""
        folder = self.folder(crawl_id)
        work = folder / "work"
        work.mkdir(parents=True)
        files.write_json(folder / "order.json", order)
        command = [sys.executable, "-m", MODULE, str(folder)]
        return self._children.start(command, self._environment(owner, crawl_id, work), folder, work)

    def reap(self, process: Process) -> None:
        self._children.reap(process)

    def result(self, crawl_id: str) -> dict[str, Any]:
        """What the crawl has noted last; empty if it noted nothing."""
        try:
            return dict(files.read_json(self.folder(crawl_id) / "result.json"))
        except (OSError, ValueError):
            return {}

    def tell(self, crawl_id: str, line: str) -> None:
        """One more line for the log, from outside the process."""
        folder = self.folder(crawl_id)
        folder.mkdir(parents=True, exist_ok=True)
        with open(folder / "stdout", "a", encoding="utf-8") as log:
            log.write(line + "\n")

    def clear(self, crawl_id: str) -> None:
        if not self._settings.keep_work:
            shutil.rmtree(self.folder(crawl_id), ignore_errors=True)

    def _environment(self, owner: Owner, crawl_id: str, work: Path) -> dict[str, str]:
        passed_on = {name: value for name, value in self._settings.passed_on if name != "ALLOW_REAL_AWS"}
        return {
            **passed_on,
            "AWS_ENDPOINT_URL": self._settings.endpoint,
            "AWS_ACCESS_KEY_ID": "test" if owner.account == DEFAULT_ACCOUNT else owner.account,
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": owner.region,
            "AWS_REGION": owner.region,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_CONFIG_FILE": os.devnull,
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), "/usr/local/bin", "/usr/bin", "/bin"]),
            "HOME": str(work),
            "TMPDIR": str(work),
            "LANG": "C.UTF-8",
            "OMP_NUM_THREADS": "1",  # pyarrow reads no more than metadata here
            MARK: crawl_id,
        }
