"""What all transformations have in common."""

import inspect


class GlueTransform:
    """A transformation is called with a frame and its arguments; `describe` tells of them."""

    @classmethod
    def apply(cls, *args, **kwargs):
        return cls()(*args, **kwargs)

    @classmethod
    def name(cls):
        return cls.__name__

    @classmethod
    def describeArgs(cls):
        parameters = list(inspect.signature(cls.__call__).parameters.values())[1:]
        return [
            {
                "name": one.name,
                "optional": one.default is not inspect.Parameter.empty,
                "defaultValue": None if one.default is inspect.Parameter.empty else one.default,
            }
            for one in parameters
            if one.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD
        ]

    @classmethod
    def describeTransform(cls):
        return inspect.getdoc(cls)

    @classmethod
    def describeErrors(cls):
        return [{"type": "ValueError", "description": "An argument names a field, a type or an action that is none."}]

    @classmethod
    def describeReturn(cls):
        return {"type": "DynamicFrame", "description": inspect.getdoc(cls)}

    @classmethod
    def describe(cls):
        return {
            "transform": {"name": cls.name(), "args": cls.describeArgs(), "returns": cls.describeReturn()},
            "description": cls.describeTransform(),
            "raises": cls.describeErrors(),
        }
