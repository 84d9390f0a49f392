"""From files in folders to tables and partitions, as the guide describes it ("How does a crawler determine when to create
partitions?").

Bottom up: files of one folder that are alike (format, compression, 70 % of the columns) are a dataset rooted at that
folder; if they are not, each file is a table of its own. Where most folders at a level hold datasets that are alike, also in
their own levels of partitions, they become partitions of a dataset rooted one level higher, up to the include path; the others
stay tables of their own. A folder `key=value` names the partition key, others are partition_0, partition_1, ...

    CombineCompatibleSchemas     format and compression alone decide what is alike
    TableLevelConfiguration      tables are rooted at that level and nowhere above; the bucket is level 1
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from .formats import Schema
from .objects import Object, Place
from .types import merged_columns, similarity

ALIKE = 0.7  # of the columns
Item = TypeVar("Item")


@dataclass(frozen=True)
class File:
    object: Object
    schema: Schema


@dataclass(frozen=True)
class Part:
    """The files of one folder. `values` are its partition's, outermost first; none for a table without partitions."""

    folder: str
    values: tuple[str, ...]
    files: tuple[File, ...]


@dataclass(frozen=True)
class Dataset:
    """A table to be. `root` is the path of a folder (or of one file) in the bucket, `keys` the names in its key=value
    folders, "" for a folder without a name."""

    bucket: str
    root: str
    parts: tuple[Part, ...]
    schema: Schema
    keys: tuple[str, ...] = ()
    is_file: bool = False

    @property
    def location(self) -> str:
        if self.is_file:
            return f"s3://{self.bucket}/{self.root}"
        return f"s3://{self.bucket}/{self.root}/" if self.root else f"s3://{self.bucket}/"

    @property
    def files(self) -> list[File]:
        return [file for part in self.parts for file in part.files]

    @property
    def partition_keys(self) -> list[str]:
        return [key or f"partition_{at}" for at, key in enumerate(self.keys)]


@dataclass
class _Folder:
    path: str
    files: list[File] = field(default_factory=list)
    folders: dict[str, _Folder] = field(default_factory=dict)


@dataclass(frozen=True)
class Grouping:
    """How the crawler's Configuration wants files grouped."""

    combine: bool = False
    level: int = 0
    stops: frozenset[str] = frozenset()
    """Roots of tables that are there already: a crawl of new folders only adds to them, whatever their siblings are."""

    def datasets(self, place: Place, files: Iterable[File]) -> list[Dataset]:
        """The tables of one include path, sorted by their root."""
        top = _tree(place, files)
        found = self._at_level(place.bucket, top) if self.level else self._grouped(place.bucket, top)
        return sorted(found, key=lambda dataset: dataset.root)

    def _grouped(self, bucket: str, folder: _Folder) -> list[Dataset]:
        below = [each for child in folder.folders.values() for each in self._grouped(bucket, child)]
        own = self._own(bucket, folder, alone=not below)
        roots = {child.path for child in folder.folders.values()}
        rooted = [each for each in below if each.root in roots - self.stops and not each.is_file]
        others = [each for each in below if each not in rooted]
        groups = sorted(self._alike(rooted, self._siblings_alike), key=len, reverse=True)
        if groups and len(groups[0]) > len(folder.folders) / 2:
            return [
                _raised(bucket, folder.path, groups[0]),
                *(each for group in groups[1:] for each in group),
                *others,
                *own,
            ]
        return below + own

    def _own(self, bucket: str, folder: _Folder, alone: bool) -> list[Dataset]:
        """What the files directly in a folder are. Beside folders with data they cannot be a table of that folder."""
        if not folder.files:
            return []
        groups = self._alike(folder.files, self._files_alike)
        if len(groups) == 1 and alone:
            part = Part(folder.path, (), tuple(folder.files))
            return [Dataset(bucket, folder.path, (part,), common(file.schema for file in folder.files))]
        return [_table_of(bucket, folder.path, file) for file in folder.files]

    def _at_level(self, bucket: str, folder: _Folder) -> list[Dataset]:
        if _level(folder.path) < self.level:
            below = [each for child in folder.folders.values() for each in self._at_level(bucket, child)]
            return below + self._own(bucket, folder, alone=not below)
        found = list(self._leaves(bucket, folder))
        groups = self._alike([each for each in found if not each.is_file], self._datasets_alike)
        groups.sort(key=len, reverse=True)
        rest = [_on_its_own(leaf) for group in groups[1:] for leaf in group]
        return [_merged(bucket, folder.path, group) for group in groups[:1]] + rest + [e for e in found if e.is_file]

    def _leaves(self, bucket: str, folder: _Folder, names: tuple[str, ...] = ()) -> Iterator[Dataset]:
        """Each folder with files as a partition below the folder that this began with; files that are not alike as tables
        of their own."""
        groups = self._alike(folder.files, self._files_alike)
        if len(groups) == 1:
            part = Part(folder.path, tuple(map(_value, names)), tuple(folder.files))
            schema = common(file.schema for file in folder.files)
            yield Dataset(bucket, folder.path, (part,), schema, tuple(map(_key, names)))
        elif groups:
            yield from (_table_of(bucket, folder.path, file) for file in folder.files)
        for name, child in folder.folders.items():
            yield from self._leaves(bucket, child, (*names, name))

    def _alike(self, items: Sequence[Item], alike: Callable[[Item, Item], bool]) -> list[list[Item]]:
        """`items` in groups: each joins the first group whose first member is like it."""
        groups: list[list[Item]] = []
        for item in items:
            group = next((group for group in groups if alike(group[0], item)), None)
            if group is None:
                groups.append([item])
            else:
                group.append(item)
        return groups

    def _files_alike(self, one: File, other: File) -> bool:
        return self._schemas_alike(one.schema, other.schema)

    def _siblings_alike(self, one: Dataset, other: Dataset) -> bool:
        return _key(one.root) == _key(other.root) and self._datasets_alike(one, other)

    def _datasets_alike(self, one: Dataset, other: Dataset) -> bool:
        return one.keys == other.keys and self._schemas_alike(one.schema, other.schema)

    def _schemas_alike(self, one: Schema, other: Schema) -> bool:
        if (one.classification, one.compression) != (other.classification, other.compression):
            return False
        return self.combine or similarity(one.columns, other.columns) >= ALIKE


def _tree(place: Place, files: Iterable[File]) -> _Folder:
    top = _Folder(place.path)
    below = len(place.path) + 1 if place.path else 0
    for file in files:
        folder = top
        if file.object.key == place.path:  # the include path is this very object
            return _Folder(place.path.rpartition("/")[0], [file])
        for name in file.object.key[below:].split("/")[:-1]:
            path = f"{folder.path}/{name}" if folder.path else name
            folder = folder.folders.setdefault(name, _Folder(path))
        folder.files.append(file)
    return top


def _raised(bucket: str, root: str, group: list[Dataset]) -> Dataset:
    """The datasets of sibling folders as one, a level higher."""
    parts = [replace(part, values=(_value(each.root), *part.values)) for each in group for part in each.parts]
    keys = (_key(group[0].root), *group[0].keys)
    return Dataset(bucket, root, tuple(parts), common(each.schema for each in group), keys)


def _merged(bucket: str, root: str, leaves: list[Dataset]) -> Dataset:
    """Leaves that are alike as the partitions of the table at `root`."""
    parts = tuple(part for leaf in leaves for part in leaf.parts)
    return Dataset(bucket, root, parts, common(leaf.schema for leaf in leaves), leaves[0].keys)


def _on_its_own(leaf: Dataset) -> Dataset:
    return replace(leaf, keys=(), parts=tuple(replace(part, values=()) for part in leaf.parts))


def _table_of(bucket: str, folder: str, file: File) -> Dataset:
    return Dataset(bucket, file.object.key, (Part(folder, (), (file,)),), file.schema, is_file=True)


def common(schemas: Iterable[Schema]) -> Schema:
    """One schema for all: every column, records added up, the mean size of a record."""
    first, *rest = list(schemas)
    columns, records, size = first.columns, first.records, first.records * first.record_size
    for each in rest:
        columns = merged_columns(columns, each.columns)
        records += each.records
        size += each.records * each.record_size
    serde = {**first.serde, **({"paths": ",".join(sorted(columns))} if "paths" in first.serde else {})}
    return replace(
        first, columns=dict(columns), records=records, record_size=size // records if records else 0, serde=serde
    )


def _level(path: str) -> int:
    return 1 + (path.count("/") + 1 if path else 0)


def _key(path: str) -> str:
    name, equals, _ = path.rpartition("/")[2].partition("=")
    return name.lower() if equals else ""


def _value(path: str) -> str:
    name, equals, value = path.rpartition("/")[2].partition("=")
    return value if equals else name
