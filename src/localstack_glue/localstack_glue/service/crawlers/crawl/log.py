"""What a crawl tells: lines on standard output, which the service ships to the crawler's log stream, each with the crawl's
id in front, as AWS writes them."""

from __future__ import annotations


class CrawlLog:
    def __init__(self, crawl_id: str) -> None:
        self._crawl_id = crawl_id

    def benchmark(self, message: str) -> None:
        self._print("BENCHMARK", message)

    def info(self, message: str) -> None:
        self._print("INFO", message)

    def warn(self, message: str) -> None:
        self._print("WARN", message)

    def _print(self, level: str, message: str) -> None:
        print(line(self._crawl_id, level, message), flush=True)


def line(crawl_id: str, level: str, message: str) -> str:
    return f"[{crawl_id}] {level} : {' '.join(message.splitlines())}"
