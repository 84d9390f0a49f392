"""What LocalStack finds through its entry point `localstack.aws.provider`."""

from localstack.services.plugins import Service, aws_provider


@aws_provider()  # type: ignore[untyped-decorator]
def mwaa() -> Service:
    from localstack_mwaa.provider import create_service

    return create_service()
