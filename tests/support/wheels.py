"""Tiny wheels, and a package index on loopback that has nothing but them: no test needs the internet.

with Index(wheel("greeting", "1.0", "WORD = 'hello'")) as index:
    index.url        # for PIP_INDEX_URL
"""

from __future__ import annotations

import base64
import hashlib
import io
import threading
import zipfile
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Wheel:
    name: str
    file_name: str
    content: bytes


def wheel(name: str, version: str, code: str = "", requires: tuple[str, ...] = (), **files: str) -> Wheel:
    """A wheel with the module `name` (dashes as underscores) of that code, and further modules."""
    module = name.replace("-", "_")
    information = f"{module}-{version}.dist-info"
    metadata = [
        f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        *(f"Requires-Dist: {r}\n" for r in requires),
    ]
    contents = {
        f"{module}.py": code,
        **{f"{other}.py": text for other, text in files.items()},
        f"{information}/METADATA": "".join(metadata),
        f"{information}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(f"{path},sha256={_digest(text)},{len(text.encode())}\n" for path, text in contents.items())
    contents[f"{information}/RECORD"] = f"{record}{information}/RECORD,,\n"
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for path, text in contents.items():
            archive.writestr(path, text)
    return Wheel(name, f"{module}-{version}-py3-none-any.whl", packed.getvalue())


def _digest(text: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()


class Index:
    """PEP 503, on a free port of loopback. `asked` are the paths that were asked for."""

    def __init__(self, *wheels: Wheel) -> None:
        self.wheels = list(wheels)
        self.asked: list[str] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/simple/"

    def __enter__(self) -> Index:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _answer(self, path: str) -> bytes | None:
        files = {f"/files/{one.file_name}": one.content for one in self.wheels}
        if path in files:
            return files[path]
        name = path.removeprefix("/simple/").strip("/")
        links = [f'<a href="/files/{w.file_name}">{w.file_name}</a>' for w in self.wheels if w.name == name]
        return "".join(links).encode() if links else None

    def _handler(self) -> Any:
        index = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                index.asked.append(self.path)
                content = index._answer(self.path)
                self.send_response(404 if content is None else 200)
                self.send_header("Content-Type", "text/html" if self.path.startswith("/simple") else "application/zip")
                self.send_header("Content-Length", str(len(content or b"")))
                self.end_headers()
                self.wfile.write(content or b"")

            def log_message(self, *_: object) -> None:
                pass

        return Handler
