"""Datagrams of statsd: `name:value|c`, `|g`, `|ms`, with `|@rate`; several in one, a line each.

Kept until they are taken: the sum of a counter, the last value of a gauge (`+1` and `-1` change it), and of a timer
how often, sum, least and most.
"""


class Statsd:
    """What has arrived since it was last taken; gauges stay."""

    def __init__(self):
        self.counters, self.gauges, self.timers = {}, {}, {}

    def receive(self, datagram):
        """Returns the number of lines that are no statsd; those are left out."""
        bad = 0
        for line in datagram.decode("utf-8", "replace").splitlines():
            try:
                self._receive(line)
            except ValueError:
                bad += 1
        return bad

    def _receive(self, line):
        name, _, rest = line.rpartition(":")
        if not name:
            raise ValueError(line)
        text, kind, *further = rest.split("|")
        value, rate = float(text), 1.0
        for part in further:
            if part.startswith("@"):
                rate = float(part[1:])
        if rate <= 0:
            raise ValueError(line)
        if kind == "c":
            self.counters[name] = self.counters.get(name, 0.0) + value / rate
        elif kind == "g":
            self.gauges[name] = self.gauges.get(name, 0.0) + value if text[0] in "+-" else value
        elif kind == "ms":
            count, total, least, most = self.timers.get(name, (0.0, 0.0, value, value))
            self.timers[name] = (count + 1 / rate, total + value / rate, min(least, value), max(most, value))
        else:
            raise ValueError(line)

    def take(self):
        """(counters, gauges, timers); counters and timers begin anew."""
        taken = self.counters, dict(self.gauges), self.timers
        self.counters, self.timers = {}, {}
        return taken
