"""awsglue.transforms: each transformation as a class. `X.apply(frame=..., ...)`, `X()(frame, ...)`.

Source: Glue developer guide, "AWS Glue PySpark transforms reference".
"""

from awsglue import missing
from awsglue.transforms.frames import (
    ApplyMapping,
    DropFields,
    DropNullFields,
    ErrorsAsDynamicFrame,
    Filter,
    FlatMap,
    Join,
    Map,
    MapToCollection,
    MergeDynamicFrame,
    Relationalize,
    RenameField,
    ResolveChoice,
    SelectFields,
    SelectFromCollection,
    Spigot,
    SplitFields,
    SplitRows,
    Unbox,
    Union,
    UnnestFrame,
)
from awsglue.transforms.transform import GlueTransform

Unnest = UnnestFrame  # what scripts in the wild call it


def _absent(name):
    def refuse(*_, **__):
        raise missing.NotHere(name, missing.METHODS[name])

    documentation = f"Not here: {missing.METHODS[name]}."
    return type(name, (GlueTransform,), {"__doc__": documentation, "__call__": refuse, "apply": staticmethod(refuse)})


DetectSensitiveData = _absent("DetectSensitiveData")
EvaluateDataQuality = _absent("EvaluateDataQuality")
FillMissingValues = _absent("FillMissingValues")
FindIncrementalMatches = _absent("FindIncrementalMatches")
FindMatches = _absent("FindMatches")

__all__ = [
    "ApplyMapping",
    "DetectSensitiveData",
    "DropFields",
    "DropNullFields",
    "ErrorsAsDynamicFrame",
    "EvaluateDataQuality",
    "FillMissingValues",
    "Filter",
    "FindIncrementalMatches",
    "FindMatches",
    "FlatMap",
    "GlueTransform",
    "Join",
    "Map",
    "MapToCollection",
    "MergeDynamicFrame",
    "Relationalize",
    "RenameField",
    "ResolveChoice",
    "SelectFields",
    "SelectFromCollection",
    "Spigot",
    "SplitFields",
    "SplitRows",
    "Unbox",
    "Union",
    "Unnest",
    "UnnestFrame",
]
