"""DynamicFrame: a DataFrame that knows choice types, and keeps the records which could not be handled.

Source: Glue developer guide, "DynamicFrame class" and "DynamicFrameCollection class". Where AWS evaluates everything late,
Map and FlatMap here look at all records at once, since a DataFrame needs the types of what the function returned.
"""

import json

from pyspark import StorageLevel
from pyspark.sql import functions as F
from pyspark.sql import types as T

from awsglue import choices, fields, flattening, gluetypes, mapping, missing, records
from awsglue.frames import DynamicFrameReader, DynamicFrameWriter

# AWS has reader and writer in this module.
__all__ = ["DynamicFrame", "DynamicFrameCollection", "DynamicFrameReader", "DynamicFrameWriter", "ResolveOption"]

_VERDICT = T.StructType(
    [
        T.StructField("kept", T.BooleanType()),
        T.StructField("msg", T.StringType()),
        T.StructField("trace", T.StringType()),
    ]
)
_COMPARISONS = {">": ">", "<": "<", ">=": ">=", "<=": "<=", "=": "=", "==": "=", "!=": "<>"}
_TOP_RECORDS = 100  # of Spigot, where the script names no number


class ResolveOption:
    """For toDF: what to do with a choice at `path`: "Project" or "Cast" to `target`, or "KeepAsStruct"."""

    def __init__(self, path, action, target=None):
        self.path, self.action, self.target = path, action, target


class DynamicFrame:
    """`frame` is the DataFrame, in which choices are marked structs; `errors` an RDD of error records for each stage."""

    def __init__(self, frame, glue_ctx, name="", errors=()):
        self._frame, self.glue_ctx, self.name = frame, glue_ctx, name
        self._errors, self._stage_errors = list(errors), None

    # from and to

    @classmethod
    def fromDF(cls, dataframe, glue_ctx, name):
        return cls(dataframe, glue_ctx, name)

    def toDF(self, options=None):
        """The DataFrame; a choice that was not resolved is a struct with a field for each type, as on AWS."""
        frame = self
        for option in options or []:
            if option.action.lower() in ("project", "cast"):
                target = getattr(option.target, "typeName", lambda option=option: option.target)()
                frame = frame.resolveChoice(specs=[(option.path, f"{option.action.lower()}:{target}")])
            elif option.action.lower() != "keepasstruct":
                raise ValueError(
                    f"The action of a ResolveOption is Project, Cast or KeepAsStruct, not {option.action!r}"
                )
        return fields.rewritten(frame._frame, fields.choice_as_struct)

    @property
    def marked(self):
        """The DataFrame with choices as choices.py marks them."""
        return self._frame

    def with_context_and_name(self, glue_ctx, name):
        return DynamicFrame(self._frame, glue_ctx, name, self._errors)

    # what it is

    def schema(self):
        return gluetypes.from_spark(self._frame.schema)

    def printSchema(self):
        print(self.schema().treeString())

    def count(self):
        return self._frame.count()

    def show(self, num_rows=20):
        for record in self._frame.limit(num_rows).rdd.map(_reader(self._frame.schema)).collect():
            print(json.dumps(record, default=str, ensure_ascii=False))

    def getNumPartitions(self):
        return self._frame.rdd.getNumPartitions()

    def repartition(self, num_partitions, transformation_ctx="", info="", stageThreshold=0, totalThreshold=0):
        frame = self._frame.repartition(num_partitions)
        return self._next(frame, transformation_ctx, stageThreshold, totalThreshold)

    def coalesce(
        self, num_partitions, shuffle=False, transformation_ctx="", info="", stageThreshold=0, totalThreshold=0
    ):
        frame = self._frame.repartition(num_partitions) if shuffle else self._frame.coalesce(num_partitions)
        return self._next(frame, transformation_ctx, stageThreshold, totalThreshold)

    # errors

    def errorsCount(self):
        """Of this frame and of those it was made from."""
        return sum(errors.count() for errors in self._errors)

    def stageErrorsCount(self):
        return self._stage_errors.count() if self._stage_errors is not None else 0

    def errorsAsDynamicFrame(self):
        spark, context = self.glue_ctx.spark_session, self.glue_ctx.spark_session.sparkContext
        frame = records.frame_of(spark, context.union(self._errors)) if self._errors else _nothing(spark)
        return DynamicFrame(frame, self.glue_ctx, "errors")

    def assertErrorThreshold(self):
        """Nothing to do: thresholds are held when a transformation is called."""

    def _next(self, frame, name, stage_threshold=0, total_threshold=0, errors=None):
        """The frame after a transformation. Raises if its errors reach a threshold."""
        found = DynamicFrame(frame, self.glue_ctx, name or self.name, self._errors + ([errors] if errors else []))
        found._stage_errors = errors
        for what, threshold, count in (
            ("stage", stage_threshold, found.stageErrorsCount),
            ("total", total_threshold, found.errorsCount),
        ):
            if threshold and count() >= threshold:
                raise RuntimeError(
                    f"{count()} error records reach the {what}Threshold of {threshold} in {found.name!r}"
                )
        return found

    # functions of the script

    def map(self, f, transformation_ctx="", preservesPartitioning=False, info="", stageThreshold=0, totalThreshold=0):
        return self._mapped(lambda record: [f(record)], transformation_ctx, stageThreshold, totalThreshold)

    def flat_map(
        self, f, transformation_ctx="", preservesPartitioning=False, info="", stageThreshold=0, totalThreshold=0
    ):
        return self._mapped(lambda record: list(f(record)), transformation_ctx, stageThreshold, totalThreshold)

    flatmap = flat_map

    def _mapped(self, f, name, stage_threshold, total_threshold):
        schema = self._frame.schema
        read, attempt = _reader(schema), records.attempt(_checked(f))
        # Kept: the function is called once for each record, and may have effects or be random.
        judged = self._frame.rdd.map(lambda row: _attempted(attempt, read, row)).persist(StorageLevel.MEMORY_AND_DISK)
        good = judged.filter(lambda pair: pair[0]).flatMap(lambda pair: pair[1])
        errors = judged.filter(lambda pair: not pair[0]).map(lambda pair: pair[1])
        frame = records.frame_of(self.glue_ctx.spark_session, good, schema)
        return self._next(frame, name, stage_threshold, total_threshold, errors)

    def filter(self, f, transformation_ctx="", info="", stageThreshold=0, totalThreshold=0):
        schema = self._frame.schema
        if not schema.fields:
            return self._next(self._frame, transformation_ctx)
        read = _reader(schema)

        def verdict(row):
            good, found = records.attempt(f)(read(row))
            return (bool(found), None, None) if good else (None, found["error"]["msg"], found["error"]["stackTrace"])

        row = F.struct(*[F.col(fields.quoted(name)) for name in self._frame.columns])
        judged = self._frame.select(row.alias("row"))
        judged = judged.withColumn("verdict", F.udf(verdict, _VERDICT).asNondeterministic()("row")).persist()
        kept = judged.where("verdict.kept").select("row.*")
        errors = judged.where("verdict.msg IS NOT NULL").rdd.map(
            lambda one: {"error": {"msg": one[1][1], "stackTrace": one[1][2], "dynamicRecord": read(one[0])}}
        )
        return self._next(kept, transformation_ctx, stageThreshold, totalThreshold, errors)

    # fields

    def apply_mapping(
        self, mappings, case_sensitive=False, transformation_ctx="", info="", stageThreshold=0, totalThreshold=0
    ):
        return self._next(mapping.mapped(self._frame, mappings), transformation_ctx, stageThreshold, totalThreshold)

    applyMapping = apply_mapping

    def select_fields(self, paths, transformation_ctx="", info="", stageThreshold=0, totalThreshold=0):
        wanted = {fields.split(path) for path in _listed(paths)}

        def change(steps, sql, data_type):
            above = any(steps[: len(path)] == path for path in wanted)
            below = any(path[: len(steps)] == steps for path in wanted)
            return [(steps[-1], sql)] if above else None if below else []

        return self._next(fields.rewritten(self._frame, change), transformation_ctx, stageThreshold, totalThreshold)

    def drop_fields(self, paths, transformation_ctx="", info="", stageThreshold=0, totalThreshold=0):
        unwanted = {fields.split(path) for path in _listed(paths)}
        frame = fields.rewritten(self._frame, lambda steps, sql, data_type: [] if steps in unwanted else None)
        return self._next(frame, transformation_ctx, stageThreshold, totalThreshold)

    def drop_nulls(self, transformation_ctx="", info="", stageThreshold=0, totalThreshold=0):
        """Without the fields of type null: those that are missing or null in every record that was read."""
        frame = fields.rewritten(
            self._frame, lambda steps, sql, data_type: [] if isinstance(data_type, T.NullType) else None
        )
        return self._next(frame, transformation_ctx, stageThreshold, totalThreshold)

    def rename_field(self, oldName, newName, transformation_ctx="", info="", stageThreshold=0, totalThreshold=0):
        old, new = fields.split(oldName), fields.split(newName)
        if old[:-1] != new[:-1] and len(new) > 1:
            raise ValueError(f"{oldName} and {newName} are not in the same struct; use ApplyMapping")
        frame = fields.rewritten(self._frame, lambda steps, sql, data_type: [(new[-1], sql)] if steps == old else None)
        return self._next(frame, transformation_ctx, stageThreshold, totalThreshold)

    # choices and nesting

    def resolveChoice(
        self,
        specs=None,
        choice="",
        database=None,
        table_name=None,
        transformation_ctx="",
        info="",
        stageThreshold=0,
        totalThreshold=0,
        catalog_id=None,
    ):
        if specs and choice:
            raise ValueError("resolveChoice takes specs or choice, not both")
        if choice.lower() == "match_catalog":
            specs = self._types_of_catalog(database, table_name, catalog_id)
            choice = ""
        actions = {fields.split(path): action for path, action in specs or []}
        for action in [*actions.values(), *([choice] if choice else [])]:
            _checked_action(action)

        def change(steps, sql, data_type):
            action = actions.get(steps) or (choice if choices.is_choice(data_type) else "")
            return _resolved(steps[-1], sql, data_type, action) if action else None

        return self._next(fields.rewritten(self._frame, change), transformation_ctx, stageThreshold, totalThreshold)

    resolve_choice = resolveChoice

    def _types_of_catalog(self, database, table_name, catalog_id):
        if not database or not table_name:
            raise ValueError("match_catalog needs database and table_name")
        known = self.glue_ctx.catalog(catalog_id).table(database, table_name).columns
        types = {name.lower(): data_type for name, data_type in known}
        return [
            (fields.quoted(field.name), "cast:" + types[field.name.lower()])
            for field in self._frame.schema.fields
            if field.name.lower() in types
        ]

    def unbox(self, path, format, transformation_ctx="", info="", stageThreshold=0, totalThreshold=0, **options):
        """The text at `path` parsed. Text that cannot be parsed makes its record an error record."""
        if format.lower() != "json":
            raise missing.NotHere(f"unbox of the format {format!r}", "only json is there")
        steps = fields.split(path)
        if not isinstance(fields.type_at(self._frame.schema, steps), T.StringType):
            raise ValueError(f"unbox: there is no string at {path!r}")

        def parse(record):
            *above, name = steps
            holder = record
            for step in above:
                holder = holder[step] if holder is not None else None
            if holder is not None and holder[name] is not None:
                holder[name] = json.loads(holder[name])
            return record

        return self.map(parse, transformation_ctx, stageThreshold=stageThreshold, totalThreshold=totalThreshold)

    def unnest(self, transformation_ctx="", info="", stageThreshold=0, totalThreshold=0):
        return self._next(flattening.unnested(self._frame), transformation_ctx, stageThreshold, totalThreshold)

    def relationalize(
        self,
        root_table_name,
        staging_path=None,
        options=None,
        transformation_ctx="",
        info="",
        stageThreshold=0,
        totalThreshold=0,
    ):
        """A collection: the frame itself, flat, and a frame for each array. `staging_path` is not needed here."""
        tables = flattening.relationalized(self._frame, root_table_name)
        return DynamicFrameCollection(
            {
                name: DynamicFrame(frame, self.glue_ctx, name, self._errors if name == root_table_name else ())
                for name, frame in tables.items()
            },
            self.glue_ctx,
        )

    # several frames

    def join(self, paths1, paths2, frame2, transformation_ctx="", info="", stageThreshold=0, totalThreshold=0):
        """Equal keys. A field of `frame2` that has the name of one of this frame gets a dot in front."""
        keys1, keys2 = ([fields.split(path) for path in _listed(paths)] for paths in (paths1, paths2))
        if len(keys1) != len(keys2):
            raise ValueError(f"Join: {len(keys1)} keys of one frame cannot equal {len(keys2)} of the other")
        for frame, keys in ((self, keys1), (frame2, keys2)):
            for key in keys:
                if fields.type_at(frame._frame.schema, key) is None:
                    raise ValueError(f"Join: {frame.name or 'the frame'} has no field {'.'.join(key)!r}")
        left, right = self._frame.alias("l"), frame2._frame.alias("r")
        equal = " AND ".join(
            f"l.{fields.reference(one)} = r.{fields.reference(other)}" for one, other in zip(keys1, keys2)
        )
        own = set(self._frame.columns)
        parts = [(name, "l." + fields.quoted(name)) for name in self._frame.columns]
        parts += [("." + name if name in own else name, "r." + fields.quoted(name)) for name in frame2._frame.columns]
        found = fields.selected(left.join(right, F.expr(equal)), parts)
        both = DynamicFrame(found, self.glue_ctx, self.name, self._errors + frame2._errors)
        return both._next(found, transformation_ctx, stageThreshold, totalThreshold)

    def union(self, frame2, transformation_ctx="", info="", stageThreshold=0, totalThreshold=0):
        """The records of both; a field of two types becomes a choice."""
        schema = choices.merge_structs(self._frame.schema, frame2._frame.schema)
        found = fields.frame_conformed(self._frame, schema).union(fields.frame_conformed(frame2._frame, schema))
        both = DynamicFrame(found, self.glue_ctx, self.name, self._errors + frame2._errors)
        return both._next(found, transformation_ctx, stageThreshold, totalThreshold)

    def mergeDynamicFrame(
        self,
        stage_dynamic_frame,
        primary_keys,
        transformation_ctx="",
        options=None,
        info="",
        stageThreshold=0,
        totalThreshold=0,
    ):
        """This frame, with the records of the stage in place of those with the same keys."""
        keys = [fields.split(key) for key in _listed(primary_keys)]
        equal = " AND ".join(f"l.{fields.reference(key)} = r.{fields.reference(key)}" for key in keys)
        kept = self._frame.alias("l").join(stage_dynamic_frame._frame.alias("r"), F.expr(equal), "left_anti")
        return self._next(kept, self.name).union(
            stage_dynamic_frame, transformation_ctx, stageThreshold=stageThreshold, totalThreshold=totalThreshold
        )

    def split_fields(
        self, paths, name1=None, name2=None, transformation_ctx="", info="", stageThreshold=0, totalThreshold=0
    ):
        one, other = name1 or self.name + "1", name2 or self.name + "2"
        frames = {
            one: self.select_fields(paths, one, info, stageThreshold, totalThreshold),
            other: self.drop_fields(paths, other, info, stageThreshold, totalThreshold),
        }
        return DynamicFrameCollection(frames, self.glue_ctx)

    def split_rows(
        self,
        comparison_dict,
        name1=None,
        name2=None,
        transformation_ctx="",
        info="",
        stageThreshold=0,
        totalThreshold=0,
    ):
        """{path: {comparison: value}}: the records for which all of them hold, and the others."""
        frame = self._frame
        condition = F.lit(True)
        for path, comparisons in comparison_dict.items():
            for sign, value in comparisons.items():
                if sign not in _COMPARISONS:
                    raise ValueError(f"split_rows: {sign!r} is none of {', '.join(_COMPARISONS)}")
                column = F.expr(fields.reference(fields.split(path)))
                condition = condition & _compared(column, sign, value)
        holds = F.coalesce(condition, F.lit(False))
        one, other = name1 or self.name + "1", name2 or self.name + "2"
        frames = {
            one: self._next(frame.where(holds), one, stageThreshold, totalThreshold),
            other: self._next(frame.where(~holds), other, stageThreshold, totalThreshold),
        }
        return DynamicFrameCollection(frames, self.glue_ctx)

    # out

    def spigot(self, path, options=None, transformation_ctx="", info="", stageThreshold=0, totalThreshold=0):
        """Writes a sample of the records as JSON. The frame is passed through."""
        from awsglue import writers

        wanted = options or {}
        sample = self._frame
        if "prob" in wanted:
            sample = sample.sample(fraction=float(wanted["prob"]))
        if "topk" in wanted or "prob" not in wanted:
            sample = sample.limit(int(wanted.get("topk", _TOP_RECORDS)))
        writers.write(sample, path, "json")
        return self._next(self._frame, transformation_ctx, stageThreshold, totalThreshold)

    def write(self, connection_type, connection_options, format=None, format_options=None, accumulator_size=0):
        return self.glue_ctx.write_dynamic_frame_from_options(
            self, connection_type, connection_options, format, format_options
        )

    def simplify_ddb_json(self, *_, **__):
        raise missing.method("DynamicFrame.simplify_ddb_json")

    def unnest_ddb_json(self, *_, **__):
        raise missing.method("DynamicFrame.unnest_ddb_json")


class DynamicFrameCollection:
    """Frames by name."""

    def __init__(self, dynamic_frames, glue_ctx):
        self._frames, self.glue_ctx = dict(dynamic_frames), glue_ctx

    def __getitem__(self, key):
        return self._frames[key]

    def __len__(self):
        return len(self._frames)

    def __iter__(self):
        return iter(self._frames)

    def keys(self):
        return self._frames.keys()

    def values(self):
        return self._frames.values()

    def items(self):
        return self._frames.items()

    def select(self, key, transformation_ctx=""):
        if key not in self._frames:
            raise KeyError(f"There is no frame {key!r} in the collection; there are {', '.join(self._frames)}")
        return self._frames[key]

    def map(self, callable, transformation_ctx=""):
        """A collection of what `callable(frame, transformation_ctx)` makes of each frame."""
        return DynamicFrameCollection(
            {name: callable(frame, transformation_ctx + name) for name, frame in self._frames.items()}, self.glue_ctx
        )

    def flatmap(self, f, transformation_ctx=""):
        """A collection of all the frames in the collections that `f(frame, transformation_ctx)` makes of each frame."""
        found = {}
        for name, frame in self._frames.items():
            made = f(frame, transformation_ctx + name)
            for key, one in made.items() if isinstance(made, DynamicFrameCollection) else [(name, made)]:
                found[f"{name}_{key}" if key in found else key] = one
        return DynamicFrameCollection(found, self.glue_ctx)


def _checked_action(action):
    kind, _, target = action.partition(":")
    if kind.lower() in ("cast", "project") and target:
        fields.parse_type(target)
    elif kind.lower() not in ("make_cols", "make_struct") or target:
        raise ValueError(
            f"{action!r} is none of cast:type, project:type, make_cols, make_struct"
            " (match_catalog goes into choice, with database and table_name)"
        )


def _resolved(name, sql, data_type, action):
    kind, _, target = action.partition(":")
    if kind.lower() in ("cast", "project"):
        return [(name, mapping.cast(sql, data_type, fields.parse_type(target)))]
    if not choices.is_choice(data_type):
        return None
    if kind.lower() == "make_struct" or name == fields.ELEMENT:
        return [(name, fields.plain_struct(sql, data_type))]
    return [(f"{name}_{one}", f"{sql}.{fields.quoted(choices.MARK + one)}") for one in choices.alternatives(data_type)]


def _compared(column, sign, value):
    return {
        ">": column > value,
        "<": column < value,
        ">=": column >= value,
        "<=": column <= value,
        "=": column == value,
        "<>": column != value,
    }[_COMPARISONS[sign]]


def _reader(schema):
    return lambda row: records.from_row(row, schema)


def _attempted(attempt, read, row):
    """Of a fresh record, as a function may change the one it is given: an error record shows the record as it was."""
    good, found = attempt(read(row))
    if not good:
        found["error"]["dynamicRecord"] = read(row)
    return good, found


def _checked(f):
    def call(record):
        found = f(record)
        for one in found:
            if not isinstance(one, dict):
                raise TypeError(f"the function returned {one!r}, which is no record")
            records.shape(one)
        return found

    return call


def _listed(paths):
    return [paths] if isinstance(paths, str) else list(paths)


def _nothing(spark):
    return spark.createDataFrame([], T.StructType([]))
