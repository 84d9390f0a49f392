"""The Airflow plugin of /aws_mwaa/. Every process that loads plugins imports this file; only the web server asks for the rest."""

from airflow.plugins_manager import AirflowPlugin


class AwsMwaaPlugin(AirflowPlugin):
    """Visible in Admin > Plugins, as MWAA's own is."""

    name = "aws_mwaa"

    @property
    def flask_blueprints(self):
        from mwaa_airflow.web.paths import blueprint

        return [blueprint]
