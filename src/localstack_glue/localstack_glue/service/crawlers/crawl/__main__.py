"""From order.json to result.json in the folder that is the only argument; what it prints is the crawl's log.

The environment gives the endpoint and credentials of no use elsewhere (see ../processes.py); the guard keeps real AWS out.
"""

from __future__ import annotations

import os
import sys
import traceback
from pathlib import Path
from typing import Any

from ... import files
from .catalog import Changes
from .objects import Unreachable
from .targets import Crawl, Order


def main(folder: Path) -> int:
    order = Order(files.read_json(folder / "order.json"))
    changes = Changes()
    result: dict[str, Any] = {"Folders": []}

    def save(**more: Any) -> None:
        result.update(Tables=changes.tables, Partitions=changes.partitions, **more)
        files.write_json(folder / "result.json", result)

    changes.saved = save
    crawl = Crawl(order, _client("s3"), _client("glue"), changes)
    try:
        crawl.run()
    except Unreachable as problem:
        save(Error=str(problem))
        return 1
    except Exception as problem:
        traceback.print_exc()
        save(Error=f"Internal Service Exception: {type(problem).__name__}: {problem}")
        return 1
    save(Folders=crawl.folders)
    return 0


def _client(service: str) -> Any:
    import boto3
    from botocore.config import Config

    config = Config(s3={"addressing_style": "path"}, retries={"max_attempts": 3, "mode": "standard"})
    return boto3.client(service, endpoint_url=os.environ["AWS_ENDPOINT_URL"], config=config)


if __name__ == "__main__":
    import aws_local.guard

    aws_local.guard.install()
    sys.exit(main(Path(sys.argv[1])))
