"""Files by Hadoop's FileSystem, which knows every place that Spark reads: local folders, and S3 with the jar for it."""

from multiprocessing.pool import ThreadPool
from typing import NamedTuple

RENAMES_AT_ONCE = 8


class File(NamedTuple):
    uri: str
    modified: int  # milliseconds
    size: int

    @property
    def folder(self):
        return self.uri.rsplit("/", 1)[0]

    @property
    def name(self):
        return self.uri.rsplit("/", 1)[1]


class Files:
    def __init__(self, spark):
        self._jvm = spark.sparkContext._jvm
        self._settings = spark.sparkContext._jsc.hadoopConfiguration()

    def of(self, path, recurse=True):
        """The files below `path` (a folder, a file, a key's beginning, a pattern), sorted. What begins with a dot or an
        underscore is none of them, nor what lies in such a folder."""
        system, found = self._system(path), []
        top = self._path(path)
        starts = system.globStatus(top) or []
        for start in starts:
            base = start.getPath().toString()
            if start.isFile():
                found.append(_file(start))
            else:
                found += self._below(system, start.getPath(), base, recurse)
        return sorted(found)

    def _below(self, system, folder, base, recurse):
        found = []
        walk = system.listFiles(folder, recurse)
        while walk.hasNext():
            one = _file(walk.next())
            if not any(part.startswith(("_", ".")) for part in one.uri[len(base) :].split("/") if "=" not in part):
                found.append(one)
        return found

    def exists(self, path):
        return bool(self._system(path).globStatus(self._path(path)))

    def delete(self, path, recursive=True):
        return self._system(path).delete(self._path(path), recursive)

    def rename(self, pairs):
        """(from, to), several at once. Raises OSError for the first that does not succeed."""

        def one(pair):
            source, target = (self._path(path) for path in pair)
            system = source.getFileSystem(self._settings)
            system.mkdirs(target.getParent())
            if not system.rename(source, target):
                raise OSError(f"{pair[0]} could not become {pair[1]}")

        with ThreadPool(RENAMES_AT_ONCE) as pool:
            pool.map(one, pairs)

    def qualified(self, path):
        """With scheme, as `File.uri` has it."""
        return self._system(path).makeQualified(self._path(path)).toString()

    def _path(self, path):
        return self._jvm.org.apache.hadoop.fs.Path(path)

    def _system(self, path):
        return self._path(path).getFileSystem(self._settings)


def _file(status):
    # The Path's own text, not the URI's: Spark takes it as it is, the URI has percent signs.
    return File(status.getPath().toString(), status.getModificationTime(), status.getLen())
