"""The steps of one role's start, in MWAA's order, and what of them Airflow gets to see."""

import os
import shlex
import stat
import subprocess
import time

from mwaa_airflow.start import plugins, record, requirements, startup_script, streams, user_site

COMPONENTS = tuple(streams.GROUPS)
PLUGINS, STARTUP_SCRIPT, REQUIREMENTS = "plugins", "startup script", "requirements"
ENDED_ITSELF = "ended the process that ran it; Airflow starts without what it exported"


def run(role):
    """All steps. What fails is recorded and printed, and the next step follows."""
    start = Start(role, dict(os.environ))
    start.do(PLUGINS, start.extract_plugins)
    start.do(STARTUP_SCRIPT, start.run_startup_script)
    start.do(REQUIREMENTS, start.install_requirements)
    start.write_changes()


class Start:
    """One start of a role. `environment` is what Airflow gets, `before` what the role's script has."""

    def __init__(self, role, environment):
        self.role, self.before, self.environment = role, dict(environment), environment
        self.began = time.time()
        self.folder = os.path.join(environment["MWAA_STATE"], "run")
        self.wanted = self.made_from = ""
        self.record = record.Record(os.path.join(self.folder, role + ".start.json"), role, os.getppid())
        self.interrupted = self.record.interrupted
        base = environment["AIRFLOW_USER_BASE"]
        under = environment["AIRFLOW_PYTHON"]
        self.site = user_site.UserSite(base, under)
        if self.site.is_environment:  # native mode: roles share a machine, and each has its own
            self.site = user_site.UserSite(os.path.join(base, role), under)
        self.outcomes = user_site.Outcomes(environment["AIRFLOW_REQUIREMENTS_KEPT"])

    def do(self, name, step):
        """Runs a step that returns (state, line, log); only our own mistakes raise, and keep their traceback in the log."""
        self.record.begin(name)
        try:
            self._end(name, *step())
        except OSError as error:
            self._end(name, record.FAILED, str(error), "")
        except Exception as error:
            import traceback

            traceback.print_exc()
            self._end(name, record.FAILED, "{}: {}".format(type(error).__name__, error), "")

    def _end(self, name, state, line, log):
        self.record.end(state, line, log)
        if line:
            print("start: {} {}: {}{}".format(name, state, line, " (log: {})".format(log) if log else ""), flush=True)

    # --- plugins

    def extract_plugins(self):
        folder = self.environment["AIRFLOW__CORE__PLUGINS_FOLDER"]
        archive = self.environment["MWAA_PLUGINS_ZIP"]
        state, said = record.DONE, []
        if os.path.isfile(archive):
            store = self.environment["AIRFLOW_PLUGINS_KEPT"]
            beside = folder if _has_python(folder) else ""
            try:
                folder = plugins.extract(archive, store)
            except plugins.Refused as refused:
                folder = os.path.join(store, "none")
                os.makedirs(folder, exist_ok=True)
                state, said = record.FAILED, ["plugins.zip is refused, Airflow has no plugins: {}".format(refused)]
            if beside:
                state = max(state, record.WARNED, key=_severity)
                said.append("plugins.zip is what counts, not the folder plugins/ beside it")
        self._link_home(folder)
        if os.path.realpath(self.environment["AIRFLOW__CORE__PLUGINS_FOLDER"]) != os.path.realpath(folder):
            self.environment["AIRFLOW__CORE__PLUGINS_FOLDER"] = folder
        said += plugins.warnings(folder, self.site.packages_under)
        if said:
            state = max(state, record.WARNED, key=_severity)
        return state, "; ".join(said), ""

    def _link_home(self, plugins_folder):
        """MWAA's folders below AIRFLOW_HOME, where they lie elsewhere: users' files name them."""
        wanted = {
            "dags": self.environment["AIRFLOW__CORE__DAGS_FOLDER"],
            "plugins": plugins_folder,
            "requirements": os.path.dirname(self.environment["MWAA__CORE__REQUIREMENTS_PATH"]),
            "startup": os.path.dirname(self.environment["MWAA__CORE__STARTUP_SCRIPT_PATH"]),
        }
        for name, target in wanted.items():
            link_folder(os.path.join(self.environment["AIRFLOW_HOME"], name), target)

    # --- startup script

    def run_startup_script(self):
        startup_script.end_leftovers(self.environment, self.role)
        script = self.environment["MWAA__CORE__STARTUP_SCRIPT_PATH"]
        text = requirements.read(script) if os.path.isfile(script) else ""
        self._prepare_user_site(text)
        if not text or self.interrupted == STARTUP_SCRIPT:
            line = ENDED_ITSELF if text else ""
            return (record.FAILED if line else record.DONE), line, ""
        stream = streams.Stream(self.role, "startup_script_execution")
        copy = self._for_this_home(script, text)
        limit = float(self.environment.get("STARTUP_TIMEOUT") or 300)
        outcome = startup_script.run(copy, self.role, self.environment, folder=self.folder, limit=limit, stream=stream)
        if outcome.variables is not None:
            kept, put_back = startup_script.kept_variables(outcome.variables, self.environment)
            self.environment.update(kept)
            if put_back:
                stream.line("[local only] reserved, so put back: {}".format(", ".join(put_back)))
        errors = startup_script.verify(self.environment, (self.site.packages, self.site.packages_under), stream)
        stream.close()
        said = ([outcome.problem.replace(copy, script)] if outcome.problem else []) + errors
        state = record.FAILED if outcome.problem else record.WARNED if errors else record.DONE
        return state, "; ".join(said), stream.path

    def _prepare_user_site(self, script):
        """Empty, or as this very script and this very requirements.txt left it, over these very packages."""
        file = self.environment["MWAA__CORE__REQUIREMENTS_PATH"]
        home, packages = self.environment["AIRFLOW_HOME"], sorted(os.listdir(self.site.packages_under))
        self.wanted = requirements.key(requirements.read(file), os.path.dirname(file), home, packages)
        self.made_from = requirements.key(script, "", home, [self.wanted])
        if self.site.stamp().get("made_from") != self.made_from:
            self.site.make()
            self.site.write_stamp({"made_from": self.made_from})
        if self.site.is_environment:
            path = self.environment["PATH"].split(os.pathsep)
            here, below = os.path.dirname(self.site.python), os.path.dirname(self.site.under)
            self.environment["PATH"] = os.pathsep.join([here] + [part for part in path if part not in (here, below)])
            self.environment["PYTHONUSERBASE"] = self.site.base
            link_folder(os.path.join(home, ".local"), self.site.base)
        self.environment["AIRFLOW_PYTHON"] = self.site.python

    def _for_this_home(self, script, text):
        """The script itself; a copy where it names MWAA's home and that is another folder here."""
        home = self.environment["AIRFLOW_HOME"]
        if home == requirements.HOME_ON_MWAA or requirements.HOME_ON_MWAA not in text:
            return script
        text = text.replace(requirements.HOME_ON_MWAA + "/.local", self.site.base)
        copy = os.path.join(self.folder, self.role + ".startup.sh")
        with open(copy, "w", encoding="utf-8", errors="surrogateescape") as file:
            file.write(text.replace(requirements.HOME_ON_MWAA, home))
        return copy

    # --- requirements.txt, and MWAA's watchtower again

    def install_requirements(self):
        file = self.environment["MWAA__CORE__REQUIREMENTS_PATH"]
        text = requirements.read(file)
        line, log = "", ""
        if not requirements.is_empty(text):
            stream = streams.Stream(self.role, "requirements_install")
            try:
                line, log = self._install(file, text, stream), stream.path
                if self.site.has("watchtower"):
                    self.site.remove("watchtower")
                    stream.line("Successfully installed watchtower-2.0.1")
            finally:
                stream.close()
        elif self.site.has("watchtower"):
            self.site.remove("watchtower")
        self._redirect_own_botocore()
        return (record.FAILED if line else record.DONE), line, log

    def _install(self, file, text, stream):
        """Returns "" or the line that says what is wrong; nothing of the file is installed then."""
        after_script = self.site.distributions()
        key = requirements.key(self.wanted, "", "", [*after_script, *requirements.variables(text, self.environment)])
        stamp = self.site.stamp()
        if stamp.get("installed"):
            stream.write(self.outcomes.log(stamp["installed"]))
            return ""
        with self.outcomes.exclusive():
            outcome = self.outcomes.find(key, self.began)
            if outcome is None:
                outcome = self._ask_pip(file, key, after_script, stream)
            else:
                stream.write(self.outcomes.log(key))
                if outcome["ok"]:
                    self.outcomes.bring(key, outcome, self.site)
        if outcome["ok"]:
            self.site.write_stamp({"made_from": self.made_from, "installed": key})
        return outcome["line"]

    def _ask_pip(self, file, key, after_script, stream):
        limit = float(self.environment.get("REQUIREMENTS_TIMEOUT") or 600)
        lines = requirements.missing(file, self.environment, self.site.python)
        with self.site.restored_unless_kept(after_script) as keep:
            line = ""
            if lines:
                line = requirements.install(file, self.environment, self.site.python, limit, stream)
            else:
                for met in requirements.lines_of(requirements.read(file)):
                    stream.line("Requirement already satisfied: {} (from -r {})".format(met, requirements.FILE_ON_MWAA))
            keep(not line)
        self.outcomes.keep(key, not line, line, stream.path, self.site)
        return {"ok": not line, "line": line}

    def _redirect_own_botocore(self):
        """A botocore of the user's gets an endpoint table of its own, for one made for another would not fit."""
        if not self.site.has("botocore"):
            return
        table = os.path.join(self.site.base, "aws-endpoints")
        if (
            not os.path.isdir(table)
            or os.stat(table).st_mtime < os.stat(os.path.join(self.site.packages, "botocore")).st_mtime
        ):
            command = [self.site.python, "-m", "aws_local.endpoints", "--endpoint", self.environment["AWS_ENDPOINT"]]
            subprocess.run([*command, "--out", table], env=self.environment, check=True)
        self.environment.update(
            AIRFLOW_AWS_DATA=table, AWS_DATA_PATH=table, AWS_CONFIG_FILE=os.path.join(table, "aws.config")
        )

    def write_changes(self):
        """Every variable that is not as the role has it, for the role to source; only its user may read it."""
        path = os.path.join(self.folder, self.role + ".env")
        changes = {name: value for name, value in self.environment.items() if self.before.get(name) != value}
        descriptor = os.open(path + ".new", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, stat.S_IRUSR | stat.S_IWUSR)
        with open(descriptor, "w", encoding="utf-8", errors="surrogateescape") as file:
            file.write("".join("export {}={}\n".format(name, shlex.quote(changes[name])) for name in sorted(changes)))
        os.replace(path + ".new", path)


def link_folder(path, target):
    """Makes `path` a link to the folder `target`; what is a folder with something in it, or a mount, stays."""
    if os.path.realpath(path) == os.path.realpath(target) or not os.path.isdir(target):
        return
    if os.path.isdir(path) and not os.path.islink(path):
        try:
            os.rmdir(path)
        except OSError:
            return
    new = "{}.{}".format(path, os.getpid())
    os.symlink(target, new)
    os.replace(new, path)


def _has_python(folder):
    return next(plugins.python_files(folder), None) is not None


def _severity(state):
    return (record.RUNNING, record.DONE, record.WARNED, record.FAILED).index(state)
