"""The name MWAA's configuration asks for (celery.celery_config_options = celery_config.CUSTOM_CELERY_CONFIG)."""

from mwaa_airflow.celery_config import CUSTOM_CELERY_CONFIG

__all__ = ["CUSTOM_CELERY_CONFIG"]
