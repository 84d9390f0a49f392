"""Docker mode: `make up` of a stack that has been up before, against native mode; and what the images take."""

from __future__ import annotations

from mwaa_local.bench.bench import Bench
from mwaa_local.bench.figures import Line, Report
from mwaa_local.docker.images import REPOSITORIES
from mwaa_local.docker.stack import DockerStack

TITLE = "Docker mode, not the first start"


def measure(bench: Bench) -> Report:
    """Both modes take turns, state kept. The first start of each, with the build of the images, is not counted."""
    docker: list[float] = []
    native: list[float] = []
    with bench.stack(mode="docker") as contained, bench.stack() as plain:
        bench.tell("a first start of each, not counted; in Docker mode it may build the images")
        for stack in (contained, plain):
            stack.up()
            stack.down()
        sizes = _sizes(DockerStack(contained.settings, contained.secrets["MWAA_ENV_ID"]))
        for _ in bench.each_round():
            for stack, seconds in ((contained, docker), (plain, native)):
                seconds.append(stack.up())
                stack.down()
    lines = [
        Line("make up MODE=docker, all healthy and seeded", "s", tuple(docker), "make up MODE=native", tuple(native))
    ]
    lines += [Line(f"image {name}", "MB", (size,)) for name, size in sizes.items()]
    return Report("docker", TITLE, lines, load=bench.load)


def _sizes(stack: DockerStack) -> dict[str, float]:
    """Each image's own size in MB, base image included."""
    tag = stack.environment()["IMAGE_TAG"]
    names = [f"{repository}:{tag}" for repository in REPOSITORIES]
    listed = stack.engine.run("image", "inspect", "--format", "{{.Size}}", *names).stdout.split()
    return {name: int(size) / 1e6 for name, size in zip(REPOSITORIES, listed)}
