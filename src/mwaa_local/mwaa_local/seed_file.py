"""seed.yaml: what a project wants to find in its local stack beyond its Glue jobs. Every part may be left out.

    buckets: [name, ...]
    objects:                      files of the project; for a folder, everything below it
      - from: glue/data/events
        to: s3://bucket/prefix/
    generate:                     objects made when seeding: `python <script> --out <folder> <arguments>`, once a day
      - script: glue/data/generate.py
        arguments: ["--date", "yesterday"]
        to: s3://bucket/prefix/
    variables:                    of Airflow: a text as it is, anything else as JSON
      name: value
    connections:                  of Airflow, field by field or as a URI
      my_conn: {uri: "postgresql://user:password@host:5432/schema"}
      other:   {conn_type: http, host: 127.0.0.1, port: 8000, extra: {timeout: 5}}
    secrets:                      of Secrets Manager: a text as it is, anything else as JSON
      airflow/variables/name: value

Buckets named in `to` are made as well.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mwaa_local.checked_yaml import BadFile, CheckedYaml, shapes
from mwaa_local.glue_jobs import inside

CONNECTION_TEXTS = ("uri", "conn_type", "description", "host", "login", "password", "schema")
SECRET_NAME = re.compile(r"[A-Za-z0-9/_+=.@-]{1,512}")
"""What Secrets Manager takes (CreateSecret, Name)."""
SHAPE = shapes(
    {
        "Seed": {
            "type": "structure",
            "members": {
                "buckets": {"shape": "Buckets"},
                "objects": {"shape": "Objects"},
                "generate": {"shape": "Generates"},
                "variables": {"shape": "Variables"},
                "connections": {"shape": "Connections"},
                "secrets": {"shape": "Secrets"},
            },
        },
        "Buckets": {"type": "list", "member": {"shape": "Bucket"}},
        "Bucket": {"type": "string", "pattern": "[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]"},
        "Objects": {"type": "list", "member": {"shape": "Object"}},
        "Object": {
            "type": "structure",
            "members": {"from": {"shape": "Text"}, "to": {"shape": "S3Location"}},
            "required": ["from", "to"],
        },
        "Generates": {"type": "list", "member": {"shape": "Generate"}},
        "Generate": {
            "type": "structure",
            "members": {"script": {"shape": "Text"}, "arguments": {"shape": "Texts"}, "to": {"shape": "S3Location"}},
            "required": ["script", "to"],
        },
        "S3Location": {"type": "string", "pattern": "s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/.*)?"},
        "Variables": {"type": "map", "key": {"shape": "Text"}, "value": {"shape": "Any"}},
        "Connections": {"type": "map", "key": {"shape": "Text"}, "value": {"shape": "Connection"}},
        "Connection": {
            "type": "structure",
            "members": {
                **{name: {"shape": "Text"} for name in CONNECTION_TEXTS},
                "port": {"shape": "Port"},
                "extra": {"shape": "Any"},
            },
        },
        "Secrets": {"type": "map", "key": {"shape": "Text"}, "value": {"shape": "Any"}},
        "Port": {"type": "integer", "min": 1, "max": 65535},
        "Text": {"type": "string", "min": 1},
        "Texts": {"type": "list", "member": {"shape": "Text"}},
        "Any": {"type": "structure", "members": {}, "document": True},
    },
    "Seed",
)


@dataclass(frozen=True)
class Objects:
    """A file or folder of the project and where it goes."""

    source: Path
    bucket: str
    prefix: str

    def files(self) -> dict[tuple[str, str], Path]:
        """{(bucket, key): file}: the prefix is the key of a single file, unless it ends with a slash."""
        if self.source.is_dir():
            return _below(self.source, self.bucket, self.prefix)
        key = self.prefix + self.source.name if self.prefix.endswith("/") or not self.prefix else self.prefix
        return {(self.bucket, key): self.source}


@dataclass(frozen=True)
class Generated:
    """A script of the project that writes objects into the folder given with --out, and where they go."""

    script: Path
    arguments: list[str]
    bucket: str
    prefix: str

    def files(self, folder: Path) -> dict[tuple[str, str], Path]:
        return _below(folder, self.bucket, self.prefix)


@dataclass(frozen=True)
class SeedFile:
    buckets: list[str] = field(default_factory=list)
    objects: list[Objects] = field(default_factory=list)
    generate: list[Generated] = field(default_factory=list)
    variables: dict[str, Any] = field(default_factory=dict)
    connections: dict[str, dict[str, Any]] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)

    def bucket_names(self) -> set[str]:
        return {*self.buckets, *(one.bucket for one in self.objects), *(one.bucket for one in self.generate)}

    def files(self) -> dict[tuple[str, str], Path]:
        return {place: file for one in self.objects for place, file in one.files().items()}


def load_seed_file(path: Path, project: Path) -> SeedFile:
    """Reads a seed.yaml whose paths are relative to the project; a missing file wants nothing.

    Raises BadFile with every mistake: file, line, field, what is allowed.
    """
    if not path.is_file():
        return SeedFile()
    document = CheckedYaml(path, SHAPE)
    if not document.complaints:
        found = _read(document, project)
    if document.complaints:
        raise BadFile(document.complaints)
    return found


def _read(document: CheckedYaml, project: Path) -> SeedFile:
    value = document.value
    objects = [
        Objects(_inside(document, f"objects[{n}].from", project, one["from"]), *_place(one["to"]))
        for n, one in enumerate(value.get("objects", []))
    ]
    generate = [
        Generated(
            _inside(document, f"generate[{n}].script", project, one["script"], script=True),
            one.get("arguments", []),
            *_place(one["to"], folder=True),
        )
        for n, one in enumerate(value.get("generate", []))
    ]
    connections = value.get("connections", {})
    for name, connection in connections.items():
        if ("uri" in connection) == ("conn_type" in connection):
            document.complain(f"connections.{name}", "needs either uri or conn_type")
    secrets = {}
    for name, secret in value.get("secrets", {}).items():
        if not SECRET_NAME.fullmatch(name):
            document.complain(f"secrets.{name}", f"a secret's name matches {SECRET_NAME.pattern}")
        if secret in (None, ""):
            document.complain(f"secrets.{name}", "a secret is not empty")
        secrets[name] = secret if isinstance(secret, str) else json.dumps(secret)
    variables = value.get("variables", {})
    return SeedFile(value.get("buckets", []), objects, generate, variables, connections, secrets)


def _inside(document: CheckedYaml, name: str, project: Path, relative: str, *, script: bool = False) -> Path:
    path = project / relative
    if not inside(path, project):
        document.complain(name, f"{path} lies outside the project {project}")
    elif not (path.is_file() if script else path.exists()):
        document.complain(name, f"there is no {path}")
    return path


def _place(location: str, *, folder: bool = False) -> tuple[str, str]:
    bucket, _, prefix = location.removeprefix("s3://").partition("/")
    return bucket, f"{prefix.rstrip('/')}/" if folder and prefix else prefix


def _below(folder: Path, bucket: str, prefix: str) -> dict[tuple[str, str], Path]:
    prefix = f"{prefix.rstrip('/')}/" if prefix else ""
    files = sorted(file for file in folder.rglob("*") if file.is_file() and inside(file, folder))
    return {(bucket, prefix + file.relative_to(folder).as_posix()): file for file in files}
