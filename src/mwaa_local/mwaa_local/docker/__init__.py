"""The stack in containers: the same roles, started by Compose from docker/docker-compose.yml.

engine   the Docker engine and the Compose that are there
images   which images the sources of this checkout make, and whether they are built
keeper   brings back a container that was killed
stack    start, stop, status of all roles
"""
