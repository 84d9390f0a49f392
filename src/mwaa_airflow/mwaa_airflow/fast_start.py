"""Shortens every start of an Airflow process by 0.4 to 2 CPU seconds, without changing what it does.

    import mwaa_airflow.fast_start        (a .pth line of the environment); FAST_START=0 switches it off

Airflow 2.2.2 reads YAML with the parser written in Python where the one in C gives the same, and checks its own REST API
description at every start. Three places are changed, each when its module is imported and not before:

    openapi_spec_validator.loaders      two JSON schemas, parsed at every `import airflow`: parser in C
    airflow._vendor.connexion.spec      the REST API's description: parser in C, and no validation of the file that Airflow
                                        ships; any other description (a plugin's) is validated as before

`yaml` itself stays as it is: code of DAGs may subclass its loaders.
"""

import os
from types import SimpleNamespace

from aws_local.imports import after_import


def _parse_schemas_in_c(module):
    import yaml

    if not hasattr(yaml, "CSafeLoader"):  # PyYAML built without libyaml
        return

    class ExtendedSafeLoader(yaml.cyaml.CParser, module.ExtendedSafeConstructor, module.Resolver):
        def __init__(self, stream):
            yaml.cyaml.CParser.__init__(self, stream)
            module.ExtendedSafeConstructor.__init__(self)
            module.Resolver.__init__(self)

    module.ExtendedSafeLoader = ExtendedSafeLoader


def _trust_the_shipped_description(module):
    yaml = module.yaml
    if hasattr(yaml, "CSafeLoader"):
        module.yaml = SimpleNamespace(safe_load=lambda text: yaml.load(text, Loader=yaml.CSafeLoader))

    import airflow

    shipped = os.path.join(os.path.dirname(airflow.__file__), "")
    specification = module.Specification
    from_file = specification.from_file.__func__

    def trusting_from_file(cls, spec, arguments=None):
        if not os.path.abspath(str(spec)).startswith(shipped):
            return from_file(cls, spec, arguments)
        kinds = (module.Swagger2Specification, module.OpenAPISpecification)
        validators = [kind.__dict__["_validate_spec"] for kind in kinds]
        for kind in kinds:
            kind._validate_spec = classmethod(lambda cls, spec: None)
        try:
            return from_file(cls, spec, arguments)
        finally:
            for kind, validator in zip(kinds, validators):
                kind._validate_spec = validator

    specification.from_file = classmethod(trusting_from_file)


if os.environ.get("FAST_START") != "0":
    after_import("openapi_spec_validator.loaders", _parse_schemas_in_c)
    after_import("airflow._vendor.connexion.spec", _trust_the_shipped_description)
