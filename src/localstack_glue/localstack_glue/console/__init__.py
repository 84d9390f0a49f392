"""Glue's runs for people, and for programs of the local environment: pages at the AWS endpoint that AWS does not have.

    GET /_aws/glue                  runs, newest first; ?page= ?job= ?state= ?started_from= ?started_until= (seconds)
    GET /_aws/glue/runs/<JobRunId>  one run: record, how it ran, arguments, the end of its output

    runs.py     what is shown, as dictionaries      page.py    the same as HTML
    style.py    how it looks                        routes.py  the only module that knows LocalStack

Both answer HTML to a browser, JSON to everybody else (`?format=json` also in a browser). They only read.
"""
