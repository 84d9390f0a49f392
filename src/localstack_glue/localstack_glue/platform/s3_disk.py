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
import os
import shutil
import threading
import time
from collections.abc import Iterable, Iterator
from io import BytesIO, UnsupportedOperation
from pathlib import Path
from typing import IO, Any, Literal

from localstack.services.s3.constants import S3_CHUNK_SIZE
from localstack.services.s3.models import S3DeleteMarker, S3Multipart, S3Object, S3Part, s3_stores
from localstack.services.s3.storage.core import (
    LimitedStream,
    S3ObjectStore,
    S3StoredMultipart,
    S3StoredObject,
    should_copy_in_place,
)
from localstack.services.s3.utils import ObjectRange, get_s3_checksum

Mode = Literal["r", "w"]


class DiskObject(S3StoredObject):
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
        return getattr(self.s3_object, "internal_last_modified", 0)

    def write(self, s: IO[bytes] | S3StoredObject | None) -> int:
        """Takes all of the stream as the object's bytes. Returns their number."""
        etag = hashlib.md5(usedforsecurity=False)
        self._checksum = self._new_checksum()
        self._begin()
        while data := (s or BytesIO()).read(S3_CHUNK_SIZE):
            self._file.write(data)
            etag.update(data)
            if self._checksum:
                self._checksum.update(data)
        self._etag = self.s3_object.etag = etag.hexdigest()
        self.s3_object.size = self._file.tell()
        self._file.flush()
        return self.s3_object.size

    def append(self, part: DiskObject) -> int:
        """Adds the bytes of `part`. Returns the number of bytes added."""
        if self._file is None:
            self._begin()
        before = self._file.tell()
        shutil.copyfileobj(part._file, self._file, S3_CHUNK_SIZE)
        self._file.flush()
        self.s3_object.size = self._file.tell()
        return self.s3_object.size - before

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

    def _begin(self) -> None:
        if self._mode != "w":
            raise UnsupportedOperation("S3 object is not in write mode")
        if self._file:
            self._file.close()
        self.s3_object.internal_last_modified = self._store.next_generation()
        self._store.register(self.path)
        self._file = open(self.path, "x+b")  # noqa: SIM115

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


class DiskMultipart(S3StoredMultipart):
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


class DiskObjectStore(S3ObjectStore):
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
        return self._files - self._named()

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
        present = {Path(entry.path): entry.stat().st_size for folder in self._folders() for entry in os.scandir(folder)}
        lost = [
            (bucket, entry) for bucket, entry in _entries() if present.get(self._path(bucket, entry)) != _size(entry)
        ]
        for bucket, entry in lost:
            _forget(bucket, entry)
        named = self._named()
        orphans = present.keys() - named
        for path in orphans:
            _put_away(path, orphans_to and orphans_to / path.relative_to(self.root))
        self._files = set(named)
        return len(orphans), [f"s3://{bucket.name}/{_key(entry)}" for bucket, entry in lost]

    def _named(self) -> set[Path]:
        return {self._path(bucket, entry) for bucket, entry in _entries()}

    def _folders(self) -> Iterable[Path]:
        return (folder for folder in self.root.iterdir() if folder.is_dir())

    def _path(self, bucket: Any, entry: Entry) -> Path:
        if isinstance(entry, tuple):
            upload, part = entry
            return generation_path(self.part_name(bucket.name, upload, part), part.internal_last_modified)
        return generation_path(self.object_name(bucket.name, entry), entry.internal_last_modified)


Entry = S3Object | tuple[S3Multipart, S3Part]


def generation_path(name: Path, generation: int) -> Path:
    return name.with_name(f"{name.name}.{generation}")


def _entries() -> Iterator[tuple[Any, Entry]]:
    """All objects (of every version) and parts that have bytes, with their buckets."""
    for regions in s3_stores.values():
        for bucket in regions._global.get("buckets", {}).values():
            for item in bucket.objects.values(with_versions=True):
                if not isinstance(item, S3DeleteMarker):
                    yield bucket, item
            for upload in bucket.multiparts.values():
                for part in upload.parts.values():
                    yield bucket, (upload, part)


def _forget(bucket: Any, entry: Entry) -> None:
    if isinstance(entry, tuple):
        del entry[0].parts[str(entry[1].part_number)]
    elif bucket.versioning_status:
        bucket.objects.pop(entry.key, entry.version_id)
    else:
        bucket.objects.pop(entry.key)


def _key(entry: Entry) -> str:
    return entry[0].object.key if isinstance(entry, tuple) else entry.key


def _size(entry: Entry) -> int:
    return (entry[1] if isinstance(entry, tuple) else entry).size


def _put_away(path: Path, target: Path | None) -> None:
    if target is None:
        path.unlink()
    else:
        target.parent.mkdir(parents=True, exist_ok=True)
        path.replace(target)
