"""Spark jobs (Command.Name glueetl): the PySpark script in Spark's own Python, with a Spark that runs on this machine alone.

    versions.py     GlueVersion, and the Spark behind it       sizes.py          cores and memory, from workers and machine
    parameters.py   what the job's arguments ask of Spark      configuration.py  Spark's own settings, as files
    job.py          the kind of job, as this package's parent wants it
    start.py        in the run's process: installs Spark where it is missing, then becomes the script
    archive.py      Spark's classes in the form from which a JVM starts quickly, made by archiving.py
    pool.py         JVMs that wait for a run, if the settings want some
    endings.py      what a run that failed says            event_log.py      Spark's event log, to S3
    user.py         a name for the user, in Docker mode    image.py          GLUE_RUNTIME=image: AWS's own image instead
    files.py        names in the run's folder

What must be in S3 is fetched before the run's process starts, and what cannot be run is refused. All else happens in the run's
process (start.py), so that a stop, a timeout and a restart of the service hold for it.
"""
