"""The catalogue of supported operations, without asking anybody.

LocalStack's own catalogue plugin POSTs to `<API_ENDPOINT>/license/catalog` as soon as a call is not implemented, even
with `DISABLE_EVENTS=1`. `localstack.utils.catalog.plugins.get_aws_catalog` prefers a plugin of the name below, so
registering this one under it (entry point group `localstack.utils.catalog`) is enough to keep the process quiet.
"""

from localstack.utils.catalog.catalog import AwsCatalogRuntimePlugin


class OfflineCatalog(AwsCatalogRuntimePlugin):  # type: ignore[misc]
    """Knows what this process can do and nothing about other editions."""

    name = "aws-catalog-remote-state-with-license"
