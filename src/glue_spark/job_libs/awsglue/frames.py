"""What create_dynamic_frame, create_data_frame, write_dynamic_frame and write_data_frame are: their spellings with a dot."""

from awsglue import missing


class _Front:
    def __init__(self, glue_context):
        self._glue_context = glue_context


class DynamicFrameReader(_Front):
    """glueContext.create_dynamic_frame"""

    def from_rdd(self, data, name, schema=None, sampleRatio=None, transformation_ctx=""):
        return self._glue_context.create_dynamic_frame_from_rdd(data, name, schema, sampleRatio, transformation_ctx)

    def from_options(
        self,
        connection_type,
        connection_options=None,
        format=None,
        format_options=None,
        transformation_ctx="",
        push_down_predicate="",
    ):
        if push_down_predicate:
            raise missing.NotHere(
                "push_down_predicate of from_options", "it reads no partitions; use from_catalog, or filter"
            )
        return self._glue_context.create_dynamic_frame_from_options(
            connection_type, connection_options, format, format_options, transformation_ctx
        )

    def from_catalog(self, *arguments, **options):
        return self._glue_context.create_dynamic_frame_from_catalog(*arguments, **options)


class DataFrameReader(_Front):
    """glueContext.create_data_frame"""

    def from_options(self, *arguments, **options):
        return self._glue_context.create_data_frame_from_options(*arguments, **options)

    def from_catalog(self, *arguments, **options):
        return self._glue_context.create_data_frame_from_catalog(*arguments, **options)


class DynamicFrameWriter(_Front):
    """glueContext.write_dynamic_frame"""

    def from_options(self, *arguments, **options):
        return self._glue_context.write_dynamic_frame_from_options(*arguments, **options)

    def from_catalog(self, *arguments, **options):
        return self._glue_context.write_dynamic_frame_from_catalog(*arguments, **options)

    def from_jdbc_conf(self, *arguments, **options):
        return self._glue_context.write_dynamic_frame_from_jdbc_conf(*arguments, **options)


class DataFrameWriter(_Front):
    """glueContext.write_data_frame"""

    def from_options(self, *arguments, **options):
        return self._glue_context.write_data_frame_from_options(*arguments, **options)

    def from_catalog(self, *arguments, **options):
        return self._glue_context.write_data_frame_from_catalog(*arguments, **options)
