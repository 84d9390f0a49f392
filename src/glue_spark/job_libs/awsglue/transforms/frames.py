"""The transformations: each is a method of DynamicFrame or DynamicFrameCollection, called by a class."""

from awsglue.transforms.transform import GlueTransform


class ApplyMapping(GlueTransform):
    """Fields by (source, source type, target, target type)."""

    def __call__(
        self, frame, mappings, case_sensitive=False, transformation_ctx="", info="", stageThreshold=0, totalThreshold=0
    ):
        return frame.apply_mapping(mappings, case_sensitive, transformation_ctx, info, stageThreshold, totalThreshold)


class DropFields(GlueTransform):
    """Without the fields at the paths."""

    def __call__(self, frame, paths, transformation_ctx="", info="", stageThreshold=0, totalThreshold=0):
        return frame.drop_fields(paths, transformation_ctx, info, stageThreshold, totalThreshold)


class DropNullFields(GlueTransform):
    """Without the fields of type null: missing or null in every record."""

    def __call__(self, frame, transformation_ctx="", info="", stageThreshold=0, totalThreshold=0):
        return frame.drop_nulls(transformation_ctx, info, stageThreshold, totalThreshold)


class ErrorsAsDynamicFrame(GlueTransform):
    """The error records of a frame, as a frame."""

    def __call__(self, frame):
        return frame.errorsAsDynamicFrame()


class Filter(GlueTransform):
    """The records for which the function returns true."""

    def __call__(self, frame, f, transformation_ctx="", info="", stageThreshold=0, totalThreshold=0):
        return frame.filter(f, transformation_ctx, info, stageThreshold, totalThreshold)


class FlatMap(GlueTransform):
    """For a frame: the records in the lists that the function returns. For a collection: its flatmap."""

    def __call__(self, dfc, BaseTransform=None, frame_name="frame", transformation_ctx="", f=None, **base_kwargs):
        if not hasattr(dfc, "flatmap") or hasattr(dfc, "flat_map"):
            return dfc.flat_map(f or BaseTransform, transformation_ctx)
        if f is not None:
            return dfc.flatmap(f, transformation_ctx)

        def call(frame, ctx):
            return BaseTransform()(**{frame_name: frame, "transformation_ctx": ctx}, **base_kwargs)

        return dfc.flatmap(call, transformation_ctx)


class Join(GlueTransform):
    """The records of two frames whose keys are equal."""

    def __call__(
        self, frame1, frame2, keys1, keys2, transformation_ctx="", info="", stageThreshold=0, totalThreshold=0
    ):
        return frame1.join(keys1, keys2, frame2, transformation_ctx, info, stageThreshold, totalThreshold)


class Map(GlueTransform):
    """What the function returns for each record."""

    def __call__(self, frame, f, transformation_ctx="", info="", stageThreshold=0, totalThreshold=0):
        return frame.map(f, transformation_ctx, False, info, stageThreshold, totalThreshold)


class MapToCollection(GlueTransform):
    """A transformation of every frame of a collection."""

    def __call__(self, dfc, BaseTransform, frame_name="frame", transformation_ctx="", **base_kwargs):
        def call(frame, ctx):
            return BaseTransform()(**{frame_name: frame, "transformation_ctx": ctx}, **base_kwargs)

        return dfc.map(call, transformation_ctx)


class MergeDynamicFrame(GlueTransform):
    """The source, with the records of the stage in place of those with the same keys."""

    def __call__(
        self,
        source,
        stage,
        primary_keys,
        transformation_ctx="",
        options=None,
        info="",
        stageThreshold=0,
        totalThreshold=0,
    ):
        return source.mergeDynamicFrame(
            stage, primary_keys, transformation_ctx, options, info, stageThreshold, totalThreshold
        )


class Relationalize(GlueTransform):
    """A collection of flat frames: the frame, and one for each of its arrays."""

    def __call__(
        self,
        frame,
        staging_path=None,
        name="roottable",
        options=None,
        transformation_ctx="",
        info="",
        stageThreshold=0,
        totalThreshold=0,
    ):
        return frame.relationalize(
            name, staging_path, options, transformation_ctx, info, stageThreshold, totalThreshold
        )


class RenameField(GlueTransform):
    """A field under another name."""

    def __call__(self, frame, old_name, new_name, transformation_ctx="", info="", stageThreshold=0, totalThreshold=0):
        return frame.rename_field(old_name, new_name, transformation_ctx, info, stageThreshold, totalThreshold)


class ResolveChoice(GlueTransform):
    """Choice types resolved."""

    def __call__(
        self,
        frame,
        specs=None,
        choice="",
        transformation_ctx="",
        info="",
        stageThreshold=0,
        totalThreshold=0,
        database=None,
        table_name=None,
        catalog_id=None,
    ):
        return frame.resolveChoice(
            specs, choice, database, table_name, transformation_ctx, info, stageThreshold, totalThreshold, catalog_id
        )


class SelectFields(GlueTransform):
    """Only the fields at the paths."""

    def __call__(self, frame, paths, transformation_ctx="", info="", stageThreshold=0, totalThreshold=0):
        return frame.select_fields(paths, transformation_ctx, info, stageThreshold, totalThreshold)


class SelectFromCollection(GlueTransform):
    """One frame of a collection."""

    def __call__(self, dfc, key, transformation_ctx=""):
        return dfc.select(key, transformation_ctx)


class Spigot(GlueTransform):
    """Writes a sample of the records as JSON, and passes the frame through."""

    def __call__(self, frame, path, options=None, transformation_ctx=""):
        return frame.spigot(path, options, transformation_ctx)


class SplitFields(GlueTransform):
    """A collection of two frames: the fields at the paths, and the others."""

    def __call__(
        self, frame, paths, name1=None, name2=None, transformation_ctx="", info="", stageThreshold=0, totalThreshold=0
    ):
        return frame.split_fields(paths, name1, name2, transformation_ctx, info, stageThreshold, totalThreshold)


class SplitRows(GlueTransform):
    """A collection of two frames: the records for which the comparisons hold, and the others."""

    def __call__(
        self,
        frame,
        comparison_dict,
        name1="frame1",
        name2="frame2",
        transformation_ctx="",
        info="",
        stageThreshold=0,
        totalThreshold=0,
    ):
        return frame.split_rows(comparison_dict, name1, name2, transformation_ctx, info, stageThreshold, totalThreshold)


class Unbox(GlueTransform):
    """The text of a field parsed."""

    def __call__(
        self, frame, path, format, transformation_ctx="", info="", stageThreshold=0, totalThreshold=0, **options
    ):
        return frame.unbox(path, format, transformation_ctx, info, stageThreshold, totalThreshold, **options)


class Union(GlueTransform):
    """The records of two frames."""

    def __call__(self, frame1, frame2, transformation_ctx="", info="", stageThreshold=0, totalThreshold=0):
        return frame1.union(frame2, transformation_ctx, info, stageThreshold, totalThreshold)


class UnnestFrame(GlueTransform):
    """Nested fields as fields of the record, named by their paths."""

    def __call__(self, frame, transformation_ctx="", info="", stageThreshold=0, totalThreshold=0):
        return frame.unnest(transformation_ctx, info, stageThreshold, totalThreshold)
