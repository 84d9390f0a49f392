"""Asks pip, as a role's `pip install -r requirements.txt` would, and installs nothing.

    python -W ignore -m mwaa_airflow.check.resolve --project FOLDER --work FOLDER [--official FILE] [--build TOOLS]

pip 21.3.1 has no --dry-run: so this is its own `install` command up to the point where it would begin to install. It knows what
is installed, keeps what satisfies a requirement, reads the same options, configuration and variables, and runs what pip itself
must run to learn what a source distribution requires (its setup.py). Only wheels count that Python 3.7 on Amazon Linux 2, x86_64,
can use, whatever this machine is. Standard output is pip's; the answer is <work>/report.json, the files are in <work>/files.

--official   a file that is kept: the official constraints, fetched when the file names them and it is not there
--build      make wheels of source distributions, as pip does it before it installs; TOOLS is a folder with setuptools and wheel
"""

import argparse
import glob
import json
import os
import re
import shutil
import sys
import time

from pip._internal.cli.req_command import with_cleanup
from pip._internal.cli.status_codes import ERROR, SUCCESS
from pip._internal.commands.install import InstallCommand
from pip._internal.exceptions import CommandError, InstallationError, NetworkConnectionError
from pip._internal.index import collector
from pip._internal.models.target_python import TargetPython
from pip._internal.models.wheel import Wheel
from pip._internal.network.download import Downloader
from pip._internal.operations.check import check_install_conflicts, check_package_set, create_package_set_from_installed
from pip._internal.req.req_tracker import get_requirement_tracker
from pip._internal.resolution.resolvelib.requirements import RequiresPythonRequirement
from pip._internal.utils.misc import redact_auth_from_url
from pip._internal.utils.temp_dir import TempDirectory
from pip._vendor import requests
from pip._vendor.packaging import markers
from pip._vendor.packaging.utils import canonicalize_name
from pip._vendor.resolvelib import ResolutionImpossible

from mwaa_airflow.check import imports, names
from mwaa_airflow.start import plugins, requirements, steps

# Amazon Linux 2 has glibc 2.26: what a wheel may be built for, best first, with the older names of PEP 513, 571 and 599.
GLIBC = 26
OLD_NAMES = {17: "manylinux2014_x86_64", 12: "manylinux2010_x86_64", 5: "manylinux1_x86_64"}
PLATFORMS = [
    name
    for minor in range(GLIBC, 4, -1)
    for name in ("manylinux_2_{}_x86_64".format(minor), OLD_NAMES.get(minor))
    if name
] + ["linux_x86_64"]
MACHINE = "linux x86_64"
MARKERS = {"os_name": "posix", "sys_platform": "linux", "platform_system": "Linux", "platform_machine": "x86_64"}
SOURCES = (".tar.gz", ".zip", ".tar.bz2", ".tgz", ".tar.xz", ".tar.Z", ".tar")
COMPILED = os.path.join(requirements.LOCKS, "airflow-compiled.in")
OFFICIAL = re.compile(r"https?://[^\"'\s]*constraints-2\.2\.2/constraints-3\.7\.txt")
PATIENCE = 10  # seconds, for the official constraints


class Resolve(InstallCommand):
    """pip's `install` until it knows what it would install."""

    def __init__(self, report, work, build):
        super().__init__("install", "")
        self.report, self.work, self.files, self.builds = report, work, os.path.join(work, "files"), build
        self.seen = {}  # project: [(link, whether it may be used)]
        self.session = None
        os.makedirs(self.files, exist_ok=True)

    @with_cleanup
    def run(self, options, args):
        try:
            with _Unreachable(self.report["unreachable"]):
                return self._run(options, args)
        except requests.exceptions.RequestException as error:
            url = error.request.url if error.request is not None else ""
            self.report["unreachable"].append([redact_auth_from_url(url), str(error)])
            raise CommandError("Could not fetch {}: {}".format(redact_auth_from_url(url), error)) from error
        except (InstallationError, CommandError, NetworkConnectionError) as error:
            self._explain(error)
            raise

    def _run(self, options, args):
        options.use_user_site, options.target_dir = False, None
        options.src_dir = os.path.join(self.work, "src")
        self.session = session = self.get_default_session(options)
        finder = self._build_package_finder(options, session, TargetPython(platforms=PLATFORMS))
        self._watch(finder)
        tracker = self.enter_context(get_requirement_tracker())
        wanted = self.get_requirements(args, options, finder, session)
        for one in wanted:
            one.permit_editable_wheels = not self.builds  # such a wheel is for this machine only
            if one.editable and one.link.is_existing_dir():
                one.editable = False  # asked in a copy, as folders are below: nothing is written into the project
        preparer = self.make_requirement_preparer(
            TempDirectory(delete=True, kind="install", globally_managed=True),
            options, tracker, session, finder, use_user_site=False,
        )  # fmt: skip
        preparer.in_tree_build = False
        resolver = self.make_resolver(
            preparer, finder, options, ignore_installed=options.ignore_installed, force_reinstall=options.force_reinstall,
            upgrade_strategy=options.upgrade_strategy if options.upgrade else "to-satisfy-only",
            use_pep517=options.use_pep517,
        )  # fmt: skip
        self.trace_basic_info(finder)
        found = resolver.resolve(wanted, check_supported_wheels=True)
        order = resolver.get_installation_order(found)
        versions = {one.project_name: str(one.version) for one in resolver._result.mapping.values()}
        self.report["install"] = [self._described(one, versions[canonicalize_name(one.name)]) for one in order]
        self.report["broken"] = _newly_broken(order)
        if self.builds and not self._build(order, options):
            return ERROR
        self._keep(order)
        return SUCCESS

    def _watch(self, finder):
        """Notes every file that pip looks at, for only pip knows where it looks."""
        make = finder.make_link_evaluator

        def noting(project_name):
            evaluator = make(project_name)
            evaluate, seen = evaluator.evaluate_link, self.seen.setdefault(canonicalize_name(project_name), [])

            def evaluate_link(link):
                result = evaluate(link)
                seen.append((link, result[0]))
                return result

            evaluator.evaluate_link = evaluate_link
            return evaluator

        finder.make_link_evaluator = noting

    def _described(self, one, version):
        link = one.link
        kind = "editable" if one.editable else "vcs" if link.is_vcs else "wheel" if link.is_wheel else "source"
        kind = "folder" if kind == "source" and link.is_existing_dir() else kind
        from_index = one.original_link is None
        return {
            "name": one.name, "version": version, "kind": kind, "file": link.filename,
            "url": redact_auth_from_url(link.url_without_fragment), "from_index": from_index,
            "asked_by": getattr(one.comes_from, "name", None) or sys.stdout.renamed(one.comes_from or ""),
            "yanked": (link.yanked_reason or "no reason given") if link.is_yanked else "",
            "files": [] if kind == "wheel" else self._files(one.name, "=={}".format(version)),
        }  # fmt: skip

    def _files(self, project, specifier):
        """What the places where pip looks have of a project's versions, usable or not."""
        from pip._vendor.packaging.specifiers import InvalidSpecifier, SpecifierSet
        from pip._vendor.packaging.version import Version

        try:
            allowed = SpecifierSet(specifier)
        except InvalidSpecifier:
            allowed = SpecifierSet("")
        found = []
        for link, usable in self.seen.get(canonicalize_name(project), ()):
            version = _version(link, project)
            if version and allowed.contains(version, prereleases=True):
                one = {
                    "file": link.filename, "version": str(Version(version)), "wheel": link.is_wheel, "usable": usable,
                    "python": link.requires_python or "", "python_fits": _fits(link.requires_python),
                    "tags": sorted(Wheel(link.filename).get_formatted_file_tags()) if link.is_wheel else [],
                }  # fmt: skip
                found += [] if one in found else [one]
        return found

    def _explain(self, error):
        """What pip's error is about, and what there is of it."""
        cause = error.__cause__ or error.__context__
        if not isinstance(cause, ResolutionImpossible):
            return
        for requirement, parent in cause.causes:
            by = "{} {}".format(parent.name, parent.version) if parent else ""
            if isinstance(requirement, RequiresPythonRequirement):
                one = {"name": parent.name, "wanted": "", "python": str(requirement.specifier), "by": by, "files": []}
            else:
                ireq = requirement.get_candidate_lookup()[1]
                specifier = str(ireq.req.specifier) if ireq is not None and ireq.req is not None else ""
                one = {
                    "name": requirement.project_name, "wanted": specifier, "python": "", "by": by,
                    "files": self._files(requirement.project_name, specifier),
                    "others": sorted({v for v in self._versions(requirement.project_name) if v}),
                }  # fmt: skip
            self.report["causes"] += [] if one in self.report["causes"] else [one]
            self._fetch_refused(one)

    def _fetch_refused(self, cause):
        """The other version of an installed package that a conflict forbids, to see what would come of it."""
        pinned = re.match(r"===?([^,*]+)$", cause["wanted"])
        links = [
            link
            for link, usable in self.seen.get(canonicalize_name(cause["name"]), ())
            if usable and link.is_wheel and pinned and _version(link, cause["name"]) == pinned.group(1)
        ]
        if links and canonicalize_name(cause["name"]) in self.report["installed"]:
            path = os.path.join(self.files, links[0].filename)
            if links[0].is_file:
                shutil.copyfile(links[0].file_path, path)
            else:
                path, _ = Downloader(self.session, "off")(links[0], self.files)
            one = {"name": cause["name"], "version": pinned.group(1), "asked_by": cause["by"], "path": path}
            self.report["refused"] += [] if one in self.report["refused"] else [one]

    def _versions(self, project):
        return [_version(link, project) for link, usable in self.seen.get(canonicalize_name(project), ()) if usable]

    def _build(self, order, options):
        from pip._internal.cache import WheelCache
        from pip._internal.models.format_control import FormatControl
        from pip._internal.wheel_builder import build

        # now, so that it does not count as installed
        sys.path.insert(0, self.builds)
        os.environ["PYTHONPATH"] = os.pathsep.join([self.builds, os.environ.get("PYTHONPATH", "")])
        to_build = [one for one in order if not one.is_wheel]
        _, failed = build(to_build, WheelCache("", FormatControl(set(), set())), True, [], [])
        if failed:
            said = [line.strip() for line in self.report["words"] if re.match(r"\s*(error: |\w*Error: )", line)]
            named = ", ".join(one.name for one in failed)
            self.report["error"] = "Failed to build {}: {}".format(named, said[-1] if said else "pip does not say why")
        return not failed

    def _keep(self, order):
        for one, described in zip(order, self.report["install"]):
            path = one.local_file_path
            if path and os.path.isfile(path):
                described["path"] = os.path.join(self.files, os.path.basename(path))
                shutil.copyfile(path, described["path"])


def _version(link, project):
    from pip._internal.index.package_finder import _extract_version_from_fragment
    from pip._vendor.packaging.version import InvalidVersion, Version

    if link.is_wheel:
        try:
            version = Wheel(link.filename).version
        except Exception:  # pip's own exception for a wheel whose name is none
            return ""
    elif link.filename.endswith(SOURCES):
        version = _extract_version_from_fragment(link.egg_fragment or link.splitext()[0], canonicalize_name(project))
    else:
        return ""
    try:
        return str(Version(version or ""))
    except InvalidVersion:
        return ""


def _fits(requires_python):
    from pip._internal.utils.packaging import check_requires_python
    from pip._vendor.packaging.specifiers import InvalidSpecifier

    try:
        return check_requires_python(requires_python, sys.version_info[:3])
    except InvalidSpecifier:
        return True


def _newly_broken(order):
    """What installed packages require and would not have any more; what they have not today is MWAA's own business."""
    installed, _ = create_package_set_from_installed()
    before = set(_said(installed, check_package_set(installed)))
    package_set, result = check_install_conflicts(order)
    return sorted(set(_said(package_set, result)) - before)


def _said(package_set, result):
    missing, conflicting = result
    for project, all_of_it in missing.items():
        for _, requirement in all_of_it:
            yield "{} {} requires {}, which is not there".format(project, package_set[project].version, requirement)
    for project, all_of_it in conflicting.items():
        for name, version, requirement in all_of_it:
            yield "{} {} requires {}, and would have {} {}".format(
                project, package_set[project].version, requirement, name, version
            )


class _Unreachable:
    """Notes the index pages that pip gives up on. It goes on without them, and then knows no such package."""

    def __init__(self, noted):
        self.noted, self.told = noted, collector._handle_get_page_fail

    def __enter__(self):
        def noting(link, reason, meth=None):
            response = getattr(reason, "response", None)
            if response is None or response.status_code not in (404, 410):
                self.noted.append([redact_auth_from_url(link.url), str(reason)])
            self.told(link, reason, meth)

        collector._handle_get_page_fail = noting

    def __exit__(self, *_):
        collector._handle_get_page_fail = self.told


def home_of(project, work):
    """A folder with what /usr/local/airflow has when pip runs: dags, plugins (extracted), requirements."""
    home = os.path.join(work, "home")
    os.makedirs(home, exist_ok=True)
    archive, folder = os.path.join(project, "plugins.zip"), os.path.join(project, "plugins")
    if os.path.isfile(archive):
        folder = plugins.extract(archive, os.path.join(work, "plugins"))
    for name, target in (("dags", os.path.join(project, "dags")), ("plugins", folder)):
        steps.link_folder(os.path.join(home, name), target)
    return home


def official_constraints(text, kept, session):
    """(path of the official constraints, "") where the file names them; ("", why) where they cannot be had."""
    named = OFFICIAL.search(text)
    if not named or not kept:
        return "", ""
    if not os.path.isfile(kept):
        try:
            answer = session.get(named.group(0), timeout=PATIENCE)
            answer.raise_for_status()
        except requests.exceptions.RequestException as error:
            return "", str(error)
        os.makedirs(os.path.dirname(kept), exist_ok=True)
        new = "{}.{}".format(kept, os.getpid())
        with open(new, "wb") as file:
            file.write(answer.content)
        os.replace(new, kept)
    return kept, ""


def prepare(text, file, home, official, work):
    """The file as pip gets it; returns its path. `official`: the constraints to use, "" for MWAA's own list."""
    if not official:
        official = os.path.join(work, "mwaa.txt")
        list_of_mwaa = requirements.read(os.path.join(requirements.LOCKS, "airflow.in"))
        _write(official, list_of_mwaa.replace(*requirements.FOR_PIP))
    folder = os.path.dirname(os.path.abspath(file))
    return _write(os.path.join(work, "requirements.txt"), requirements.localised(text, folder, official, home))


def changes(report, project):
    """For each installed package that would be another: what its modules lose, and where the project uses that."""
    installed = report["installed"]
    for one in report["install"] + report["refused"]:
        key = canonicalize_name(one["name"])
        old, path = installed.get(key), one.get("path", "")
        if old is None or old["version"] == one["version"] or not path.endswith((".whl", *SOURCES)):
            continue
        before, after = names.of_installed(old["site"], old["information"]), names.of_archive(path)
        one["gone_modules"], one["gone_names"] = names.gone(before, after)
        one["broken_imports"] = [
            dict(use, file="{}/{}".format(folder, use["file"]))
            for folder in ("dags", "plugins")
            for use in imports.broken(os.path.join(project, folder), before, after)
        ]


def installed_packages():
    """{name: {"version", "site", "information"}} of what this interpreter has."""
    found = {}
    for site in [path for path in sys.path if path.endswith("site-packages")]:
        for information in sorted(glob.glob(os.path.join(site, "*.dist-info"))):
            name, _, version = os.path.basename(information)[: -len(".dist-info")].partition("-")
            known = {"version": version, "site": site, "information": information}
            found.setdefault(canonicalize_name(name), known)
    return found


def stand_in(installed, work):
    """Lets pip see what MWAA has and this environment could not compile (psycopg2, pycurl): by name and version, no more."""
    import pkg_resources
    from pip._vendor import pkg_resources as of_pip

    site = os.path.join(work, "stand-in")
    with open(COMPILED, encoding="utf-8") as file:
        pins = [line.strip().split("==") for line in file if "==" in line]
    for name, version in pins:
        if canonicalize_name(name) not in installed:
            information = os.path.join(site, "{}-{}.dist-info".format(name.replace("-", "_"), version))
            os.makedirs(information, exist_ok=True)
            metadata = "Metadata-Version: 2.1\nName: {}\nVersion: {}\n".format(name, version)
            _write(os.path.join(information, "METADATA"), metadata)
            installed[canonicalize_name(name)] = {"version": version, "site": site, "information": information}
    if os.path.isdir(site):
        for packages in (pkg_resources, of_pip):
            packages.working_set.add_entry(site)


def main(arguments):
    parser = argparse.ArgumentParser()
    for name in ("--project", "--work", "--official", "--build"):
        parser.add_argument(name, default="")
    given = parser.parse_args(arguments)
    begun = time.time()
    file = os.path.join(given.project, "requirements.txt")
    text = requirements.read(file)
    report = {
        "python": "{}.{}.{}".format(*sys.version_info[:3]), "pip": _pip_version(), "asked": False, "constraints": "", "error": "",
        "installed": installed_packages(), "install": [], "met": [], "broken": [], "causes": [], "refused": [], "unreachable": [],
        "words": [], "platform": _this_machine(),
    }  # fmt: skip
    stand_in(report["installed"], given.work)
    # as a role does it; on another machine the markers of a line would be judged for that one
    missing = (requirements.missing_lines if report["platform"] == MACHINE else requirements.lines_of)(text)
    report["met"] = [line for line in requirements.lines_of(text) if line not in missing]
    if missing:
        report["asked"] = True
        code = _ask(report, text, file, given)
        if code and not report["error"]:
            report["error"] = requirements._decisive("\n".join(report["words"])) or "pip ended with {}".format(code)
        changes(report, given.project)
    report["seconds"] = round(time.time() - begun, 1)
    with open(os.path.join(given.work, "report.json"), "w", encoding="utf-8", errors="surrogateescape") as answer:
        json.dump(report, answer, indent=1)


def _ask(report, text, file, given):
    if report["platform"] != MACHINE:
        own = markers.default_environment
        markers.default_environment = lambda: dict(own(), **MARKERS)
    try:
        home = home_of(given.project, given.work)
    except plugins.Refused as refused:
        report["error"] = "plugins.zip is refused: {}".format(refused)
        return 0
    command = Resolve(report, given.work, given.build)
    options = ["--disable-pip-version-check", "--no-input", "--no-color", "--progress-bar", "off"]
    with command.main_context():
        parsed, _ = command.parse_args(options)
        official, why = official_constraints(text, given.official, command._build_session(parsed, retries=1))
    report["constraints"], report["no_official"] = official, why
    copy = prepare(text, file, home, official, given.work)
    os.chdir(os.path.dirname(os.path.abspath(file)))
    sys.stdout = _Words(sys.stdout, report["words"], {copy: "requirements.txt", home: requirements.HOME_ON_MWAA})
    sys.stderr = _Words(sys.stderr, report["words"], sys.stdout.names)
    try:
        return Resolve(report, given.work, given.build).main([*options, "-r", copy])
    finally:
        sys.stdout, sys.stderr = sys.stdout.stream, sys.stderr.stream


class _Words:
    """A stream that keeps the lines that pip prints, and names our temporary files as they are called on MWAA."""

    def __init__(self, stream, lines, renamed):
        self.stream, self.lines, self.names, self.rest = stream, lines, renamed, ""

    def renamed(self, text):
        for old, new in self.names.items():
            text = text.replace(old, new)
        return text

    def write(self, text):
        text = self.renamed(text)
        *whole, self.rest = (self.rest + text).split("\n")
        self.lines.extend(line for line in whole if line.strip())
        return self.stream.write(text)

    def __getattr__(self, name):
        return getattr(self.stream, name)


def _pip_version():
    import pip

    return pip.__version__


def _this_machine():
    import platform

    return "{} {}".format(platform.system().lower(), platform.machine().lower())


def _write(path, text):
    with open(path, "w", encoding="utf-8", errors="surrogateescape") as file:
        file.write(text)
    return path


if __name__ == "__main__":
    main(sys.argv[1:])
