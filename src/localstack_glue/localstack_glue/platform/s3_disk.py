"""The bytes of S3 objects: real files that never change once written.

    <root>/<bucket>/<sha-1 of key and version>.<generation>            an object
    <root>/<bucket>/part-<sha-1 of the upload>-<number>.<generation>   a part of an upload under way

Each write makes a new file under a new generation (nanoseconds, never twice) and puts that number into the object's
`internal_last_modified`, which is saved with the metadata. So metadata of any age finds exactly the bytes it was
written for: an overwrite, or a kill in the middle of one, cannot pair old metadata with new bytes.

Bytes are with the kernel before metadata that names them is saved, so a killed process leaves both or neither. After
a power cut bytes may be missing or short; `adopt` then forgets those objects, and says which.

Files that no metadata names are removed one saved generation after they fell out of use (`sweep`), because the
generation before may have to be used again. A file is open only while it is read or written.
"""

from __future__ import annotations

import base64
import hashlib
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import BytesIO, UnsupportedOperation
from pathlib import Path
from typing import IO, Any, Literal

from localstack.services.s3.constants import S3_CHUNK_SIZE
from localstack.services.s3.models import S3Bucket, S3DeleteMarker, S3Multipart, S3Object, S3Part, s3_stores
from localstack.services.s3.storage.core import (
    LimitedStream,
    S3ObjectStore,
    S3StoredMultipart,
    S3StoredObject,
    should_copy_in_place,
)
from localstack.services.s3.utils import ObjectRange, get_s3_checksum

Mode = Literal["r", "w"]


class DiskObject(S3StoredObject):  # type: ignore[misc]
    """An object or a part, opened for reading or for writing; `name` is its path without the generation."""

    def __init__(self, store: DiskObjectStore, name: Path, s3_object: S3Object | S3Part, mode: Mode) -> None:
        super().__init__(s3_object, mode)
        self._store = store
        self._name = name
        self._file: IO[bytes] | None = None
        self._etag: str | None = None
        self._checksum: Any = None
        if mode == "r":
            self._file = open(self.path, "rb")  # noqa: SIM115 - closed by close()

    @property
    def path(self) -> Path:
        return generation_path(self._name, self.last_modified)

    @property
    def last_modified(self) -> int:
        """The generation of the bytes, in ns since the epoch."""
        return int(getattr(self.s3_object, "internal_last_modified", 0))

    def write(self, s: IO[bytes] | S3StoredObject | None) -> int:
        """Takes all of the stream as the object's bytes. Returns their number."""
        etag = hashlib.md5(usedforsecurity=False)
        self._checksum = self._new_checksum()
        file, source = self._begin(), s or BytesIO()
        while data := source.read(S3_CHUNK_SIZE):
            file.write(data)
            etag.update(data)
            if self._checksum:
                self._checksum.update(data)
        self._etag = self.s3_object.etag = etag.hexdigest()
        file.flush()
        size = file.tell()
        self.s3_object.size = size
        return size

    def append(self, part: DiskObject) -> int:
        """Adds the bytes of `part`. Returns the number of bytes added."""
        file = self._file or self._begin()
        before = file.tell()
        shutil.copyfileobj(part._open(), file, S3_CHUNK_SIZE)
        file.flush()
        self.s3_object.size = file.tell()
        return file.tell() - before

    def read(self, s: int = -1) -> bytes:
        return self._open().read(s)

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._open().seek(offset, whence)

    def __iter__(self) -> Iterator[bytes]:
        while data := self.read(S3_CHUNK_SIZE):
            yield data

    @property
    def checksum(self) -> str | None:
        """Base64 of the checksum the object asks for, None if it asks for none."""
        if not self.s3_object.checksum_algorithm:
            return None
        if not self._checksum:
            self._checksum = self._digest(self._new_checksum())
        return base64.b64encode(self._checksum.digest()).decode()

    @property
    def etag(self) -> str:
        if not self._etag:
            self._etag = self._digest(hashlib.md5(usedforsecurity=False)).hexdigest()
        return self._etag

    def close(self) -> None:
        if self._file:
            self._file.close()
        self.closed = True

    def __del__(self) -> None:
        self.close()

    def _begin(self) -> IO[bytes]:
        if self._mode != "w":
            raise UnsupportedOperation("S3 object is not in write mode")
        if self._file:
            self._file.close()
        self.s3_object.internal_last_modified = self._store.next_generation()
        self._store.register(self.path)
        self._file = open(self.path, "x+b")  # noqa: SIM115
        return self._file

    def _open(self) -> IO[bytes]:
        if self._file is None:
            raise UnsupportedOperation("nothing has been written to this S3 object yet")
        return self._file

    def _new_checksum(self) -> Any:
        algorithm = self.s3_object.checksum_algorithm
        return get_s3_checksum(algorithm) if algorithm else None

    def _digest(self, digest: Any) -> Any:
        with open(self.path, "rb") as file:
            while data := file.read(S3_CHUNK_SIZE):
                digest.update(data)
        return digest


class DiskMultipart(S3StoredMultipart):  # type: ignore[misc]
    """The parts of one upload."""

    _s3_store: DiskObjectStore

    def open(self, s3_part: S3Part, mode: Mode = "r") -> DiskObject:
        name = self._s3_store.part_name(self.bucket, self.s3_multipart, s3_part)
        return DiskObject(self._s3_store, name, s3_part, mode)

    def remove_part(self, s3_part: S3Part) -> None:
        """Nothing: what no metadata names is swept."""

    def complete_multipart(self, parts: list[S3Part]) -> None:
        with self._s3_store.open(self.bucket, self.s3_multipart.object, mode="w") as whole:
            for part in parts:
                with self.open(part) as stored:
                    whole.append(stored)

    def close(self) -> None:
        """Nothing is held open."""

    def copy_from_object(
        self, s3_part: S3Part, src_bucket: str, src_s3_object: S3Object, range_data: ObjectRange | None
    ) -> None:
        with self._s3_store.open(src_bucket, src_s3_object) as source, self.open(s3_part, mode="w") as stored:
            stored.write(LimitedStream(source, range_data=range_data) if range_data else source)
            if s3_part.checksum_algorithm:
                s3_part.checksum_value = stored.checksum


class DiskObjectStore(S3ObjectStore):  # type: ignore[misc]
    """All buckets below `root`. Thread-safe."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.root_directory = str(root)
        self._lock = threading.Lock()
        self._generation = 0
        self._files: set[Path] = set()
        self._garbage: set[Path] = set()
        root.mkdir(parents=True, exist_ok=True)

    def open(self, bucket: str, s3_object: S3Object, mode: Mode = "r") -> DiskObject:
        """For reading: raises FileNotFoundError if the bytes are gone."""
        return DiskObject(self, self.object_name(bucket, s3_object), s3_object, mode)

    def remove(self, bucket: str, s3_object: S3Object | list[S3Object]) -> None:
        """Nothing: what no metadata names is swept."""

    def copy(self, src_bucket: str, src_object: S3Object, dest_bucket: str, dest_object: S3Object) -> DiskObject:
        if should_copy_in_place(src_bucket, src_object, dest_bucket, dest_object):
            dest_object.internal_last_modified = src_object.internal_last_modified
            return self.open(dest_bucket, dest_object)
        with self.open(src_bucket, src_object) as source:
            copied = self.open(dest_bucket, dest_object, mode="w")
            copied.write(source)
        return copied

    def get_multipart(self, bucket: str, upload_id: S3Multipart) -> DiskMultipart:
        return DiskMultipart(self, bucket, upload_id)

    def remove_multipart(self, bucket: str, s3_multipart: S3Multipart) -> None:
        """Nothing: what no metadata names is swept."""

    def create_bucket(self, bucket: str) -> None:
        (self.root / bucket).mkdir(exist_ok=True)

    def reset(self) -> None:
        """Everything is out of use: the next sweeps remove it."""

    # names

    def object_name(self, bucket: str, s3_object: S3Object) -> Path:
        identity = f"{s3_object.key}?{s3_object.version_id or 'null'}"
        return self.root / bucket / hashlib.sha1(identity.encode(), usedforsecurity=False).hexdigest()

    def part_name(self, bucket: str, upload: S3Multipart, part: S3Part) -> Path:
        digest = hashlib.sha1(upload.id.encode(), usedforsecurity=False).hexdigest()
        return self.root / bucket / f"part-{digest}-{part.part_number}"

    def next_generation(self) -> int:
        with self._lock:
            self._generation = max(self._generation + 1, time.time_ns())
            return self._generation

    def register(self, path: Path) -> None:
        """A file about to be written."""
        with self._lock:
            self._files.add(path)
        path.parent.mkdir(exist_ok=True)

    # saving and restoring, see persistence.py

    def out_of_use(self) -> set[Path]:
        """The files that today's metadata does not name. Only meaningful while no write is under way."""
        return self._files - {named.path for named in self._named()}

    def sweep(self, garbage: set[Path]) -> None:
        """To be called once metadata that does not name `garbage` is on the disk: removes those files that the
        generation saved before did not name either."""
        with self._lock:
            expired, self._garbage = garbage & self._garbage, garbage
            self._files -= expired
        for path in expired:
            path.unlink(missing_ok=True)

    def adopt(self, orphans_to: Path | None) -> tuple[int, list[str]]:
        """After metadata was restored: takes stock of the files. Files it does not name are removed, or moved below
        `orphans_to`. Objects it names without having their bytes are forgotten.
        Returns the number of files removed or moved and the names of the objects forgotten."""
        folders = [folder for folder in self.root.iterdir() if folder.is_dir()]
        present = {path: path.stat().st_size for folder in folders for path in folder.iterdir()}
        lost = [named for named in self._named() if present.get(named.path) != named.size]
        for named in lost:
            named.forget()
        self._files = {named.path for named in self._named()}
        orphans = present.keys() - self._files
        for path in orphans:
            _put_away(path, orphans_to and orphans_to / path.relative_to(self.root))
        return len(orphans), [named.label for named in lost]

    def _named(self) -> list[Named]:
        return list(self._walk())

    def _walk(self) -> Iterator[Named]:
        for regions in s3_stores.values():
            for bucket in regions._global.get("buckets", {}).values():
                for item in bucket.objects.values(with_versions=True):
                    if not isinstance(item, S3DeleteMarker):
                        yield self._named_object(bucket, item)
                for upload in bucket.multiparts.values():
                    for part in upload.parts.values():
                        yield self._named_part(bucket, upload, part)

    def _named_object(self, bucket: S3Bucket, item: S3Object) -> Named:
        version = (item.version_id,) if bucket.versioning_status else ()
        path = generation_path(self.object_name(bucket.name, item), item.internal_last_modified)
        return Named(f"s3://{bucket.name}/{item.key}", path, item.size, lambda: bucket.objects.pop(item.key, *version))

    def _named_part(self, bucket: S3Bucket, upload: S3Multipart, part: S3Part) -> Named:
        label = f"s3://{bucket.name}/{upload.object.key} (part {part.part_number})"
        path = generation_path(self.part_name(bucket.name, upload, part), part.internal_last_modified)
        return Named(label, path, part.size, lambda: upload.parts.pop(str(part.part_number)))


@dataclass(frozen=True)
class Named:
    """Something that metadata says has bytes: where, how many, and how to take it out of the metadata."""

    label: str
    path: Path
    size: int
    forget: Callable[[], object]


def generation_path(name: Path, generation: int) -> Path:
    return name.with_name(f"{name.name}.{generation}")


def _put_away(path: Path, target: Path | None) -> None:
    if target is None:
        path.unlink()
    else:
        target.parent.mkdir(parents=True, exist_ok=True)
        path.replace(target)
