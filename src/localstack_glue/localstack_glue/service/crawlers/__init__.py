"""Crawlers: their definitions, and the engine that crawls.

    definitions.py   CreateCrawler and UpdateCrawler: rules and defaults      store.py     crawlers on disk, and their tags
    engine.py        start, stop, adopt, shutdown; what follows an end        history.py   ListCrawls, GetCrawlerMetrics
    processes.py     the process of a crawl: order, environment, result       timing.py    schedules
    logs.py          a crawl's events in the crawler's stream                 crawl/       the crawl itself, in that process

A crawl is a process of its own: see crawl/. It does not outlive an orderly stop of LocalStack; one that SIGKILL of
LocalStack left behind is ended at the next start, and its crawl has FAILED, with that reason.
"""
