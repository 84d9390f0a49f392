"""The pages as HTML. Whatever comes from a run is escaped: job names, arguments and output are other people's text."""

from __future__ import annotations

import html
import json
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

from ..service.runs import PROVENANCE
from .style import CSS

ROOT = "/_aws/glue"
REFRESH = 5  # seconds, while a run is in progress
HOW = {**PROVENANCE, "unknown": "an earlier version of the service kept the run, and did not note it"}
_NOT_REPEATED = ("Id", "JobRunState", "ErrorMessage", "Arguments", "PreviousRunId")
_TIMES = ("StartedOn", "LastModifiedOn", "CompletedOn")


def listing(content: Mapping[str, Any], query: Mapping[str, str]) -> str:
    """The page of runs.listing."""
    kept = {name: query[name] for name in ("job", "state", "started_from", "started_until") if query.get(name)}
    total = content["Total"]
    chosen = "".join(f" · {_escaped(text)}" for text in _choices(kept))
    everything = f' <a href="{ROOT}">show all</a>' if kept else ""
    head = (
        f"<header><h1>Glue runs</h1><p>{total:,} {'run' if total == 1 else 'runs'}{chosen}{everything}</p>"
        f'<p class="end">{_json_link(dict(query))}</p></header>'
    )
    rows = "".join(_row(run) for run in content["Runs"])
    columns = "<th>Job</th><th>Run</th><th>State</th><th>How it ran</th><th>Started (UTC)</th>"
    columns += '<th class="number">Duration</th><th>Error</th>'
    table = f"<table><thead><tr>{columns}</tr></thead><tbody>{rows}</tbody></table>"
    nothing = '<p class="empty">No runs here yet. A run appears as soon as StartJobRun has answered.</p>'
    return _page("Glue runs", head + f'<div class="card">{table if rows else nothing}</div>' + _pages(content, kept))


def details(content: Mapping[str, Any]) -> str:
    """The page of runs.details."""
    record = content["JobRun"]
    error = record.get("ErrorMessage")
    name = str(record["JobName"])
    head = (
        f'<p class="soft"><a href="{ROOT}">Glue runs</a> / <a href="{_of_job(name)}">{_escaped(name)}</a></p>'
        f"<header><h1>{_escaped(name)}</h1>{_state(record['JobRunState'])}"
        f'<p>{_duration(record)}</p><p class="end">{_json_link({})}</p></header>'
        + (f'<p class="banner">{_escaped(error)}</p>' if error else "")
    )
    arguments = [
        (f"<code>{_escaped(key)}</code>", f"<code>{_escaped(value)}</code>")
        for key, value in content["Arguments"].items()
    ]
    body = head + _facts(_identity(content))
    body += "<h2>Arguments</h2>" + (_facts(arguments) if arguments else _nothing("None were given."))
    for kind, title in (("output", "Output"), ("error", "Error output")):
        body += _log(title, content["Logs"][kind], content["Region"])
    body += "<h2>Record</h2>" + _facts(_record(record))
    return _page(f"{name}: {record['JobRunState']}", body, refresh=not content["Ended"])


def missing(run_id: str) -> str:
    """The page for a run that is not there."""
    return _page(
        "No such run",
        f"<header><h1>No such run</h1></header><p>There is no job run <code>{_escaped(run_id)}</code>. It may belong to "
        f'another environment, or to the time before a <code>make reset</code>. <a href="{ROOT}">All runs</a></p>',
    )


def _row(run: Mapping[str, Any]) -> str:
    name, run_id, error = str(run["JobName"]), str(run["Id"]), str(run.get("ErrorMessage") or "")
    attempt = f' <span class="soft">attempt {run["Attempt"]}</span>' if run.get("Attempt") else ""
    return (
        f'<tr><td><a href="{_of_job(name)}">{_escaped(name)}</a></td>'
        f'<td><a href="{_of_run(run_id)}" title="{_escaped(run_id)}"><code>{_escaped(_short(run_id))}</code></a>{attempt}</td>'
        f"<td>{_state(run['JobRunState'])}</td><td>{_escaped(run['Provenance'])}</td><td>{_moment(run['StartedOn'])}</td>"
        f'<td class="number">{_duration(run)}</td>'
        f'<td class="error" title="{_escaped(error)}"><span>{_escaped(_cut(error, 300))}</span></td></tr>'
    )


def _identity(content: Mapping[str, Any]) -> list[tuple[str, str]]:
    record, how = content["JobRun"], content["Provenance"]
    explained = f' <span class="soft">{_escaped(HOW[how])}</span>' if how in HOW else ""
    rows = [
        ("Run", f"<code>{_escaped(record['Id'])}</code>"),
        ("How it ran", f"<strong>{_escaped(how)}</strong>{explained}"),
    ]
    for title, other in (("Retry of", record.get("PreviousRunId")), ("Retried as", content["RetriedAs"])):
        if other:
            rows.append((title, f'<a href="{_of_run(other)}"><code>{_escaped(other)}</code></a>'))
    command = content["Command"] or {}
    rows.append(("Script", f"<code>{_escaped(command.get('ScriptLocation') or 'none')}</code>"))
    rows.append(("Account, region", f"{_escaped(content['Account'])}, {_escaped(content['Region'])}"))
    return rows


def _record(record: Mapping[str, Any]) -> list[tuple[str, str]]:
    rows = []
    for name, value in record.items():
        if name in _NOT_REPEATED or value in ([], {}):
            continue
        shown = _moment(value) if name in _TIMES else _escaped(value if isinstance(value, str) else json.dumps(value))
        rows.append((_escaped(name), shown))
    return rows


def _log(title: str, log: Mapping[str, Any], region: str) -> str:
    size, tail = log["Bytes"], log["Tail"]
    if not size:
        return f"<h2>{title}</h2>" + _nothing("Nothing was printed.")
    words = f"--log-group-name {log['LogGroup']} --log-stream-name {log['LogStream']} --region {region}"
    command = f'make aws CMD="logs get-log-events --start-from-head {words}"'
    part = f"the last {len(tail.encode()):,} of {size:,} bytes" if size > len(tail.encode()) else f"{size:,} bytes"
    return (
        f'<h2>{title} <span class="soft">{part}</span></h2><div class="card"><pre>{_escaped(tail)}</pre></div>'
        f'<p class="soft">All of it: <code>{_escaped(command)}</code></p>'
    )


def _facts(rows: list[tuple[str, str]]) -> str:
    return '<div class="card"><table class="facts">' + "".join(
        f"<tr><th>{name}</th><td>{value}</td></tr>" for name, value in rows
    ) + "</table></div>"  # fmt: skip


def _nothing(sentence: str) -> str:
    return f'<p class="soft">{sentence}</p>'


def _pages(content: Mapping[str, Any], kept: dict[str, str]) -> str:
    page, pages = content["Page"], content["Pages"]
    if pages == 1:
        return ""
    newer = f'<a href="{_with(kept, page=str(page - 1))}">← newer</a>' if page > 1 else "<span></span>"
    older = f'<a href="{_with(kept, page=str(page + 1))}">older →</a>' if page < pages else "<span></span>"
    return f'<nav class="pages">{newer}<span class="soft">page {page} of {pages}</span>{older}</nav>'


def _choices(kept: Mapping[str, str]) -> list[str]:
    said = [f"of {kept['job']}"] if "job" in kept else []
    said += [f"in state {kept['state']}"] if "state" in kept else []
    return said + (["started while the task ran"] if {"started_from", "started_until"} & kept.keys() else [])


def _state(state: str) -> str:
    return f'<span class="state {_escaped(state)}">{_escaped(state)}</span>'


def _moment(seconds: Any) -> str:
    if not isinstance(seconds, (int, float)):
        return _escaped(seconds)
    then = time.gmtime(seconds)
    machine, shown = time.strftime("%Y-%m-%dT%H:%M:%SZ", then), time.strftime("%Y-%m-%d %H:%M:%S", then)
    return f'<time datetime="{machine}">{shown}</time>'


def _duration(run: Mapping[str, Any]) -> str:
    seconds = int(run.get("ExecutionTime") or 0)
    minutes, hours = seconds // 60, seconds // 3600
    if hours:
        return f"{hours} h {minutes % 60} min"
    return f"{minutes} min {seconds % 60} s" if minutes else f"{seconds} s"


def _of_job(name: str) -> str:
    return _with({"job": name})


def _of_run(run_id: str) -> str:
    return f"{ROOT}/runs/{quote(run_id, safe='')}"


def _with(query: Mapping[str, str], **more: str) -> str:
    return _escaped(f"{ROOT}?{urlencode({**query, **more})}")


def _json_link(query: dict[str, str]) -> str:
    return f'<a href="?{_escaped(urlencode({**query, "format": "json"}))}">JSON</a>'


def _short(run_id: str) -> str:
    first, attempt, number = run_id.partition("_attempt_")
    return (f"{first[:13]}…" if len(first) > 16 else first) + attempt + number


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"


def _escaped(value: object) -> str:
    return html.escape(str(value), quote=True)


def _page(title: str, body: str, refresh: bool = False) -> str:
    again = f'<meta http-equiv="refresh" content="{REFRESH}">' if refresh else ""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">{again}<title>{_escaped(title)}</title>'
        f"<style>{CSS}</style></head><body><main>{body}</main></body></html>"
    )
