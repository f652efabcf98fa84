"""Records of an audit log: JSON lines, one an event.

A log may hold the records of several processes and runs, interleaved.  Each
process numbers its records 1, 2, ...; the last line of a log may be torn where
the process was killed.
"""
import json


class LogError(ValueError):
    """A line that is no record, other than a torn last one."""


class Record:
    """One event: what was about to happen, and where in the program."""

    __slots__ = ("seq", "pid", "tid", "session", "mono", "time", "event",
                 "args", "origin", "file", "line", "function", "lost")

    def __init__(self, fields):
        for name in self.__slots__:
            setattr(self, name, fields.get(name))
        if self.args is None:
            self.args = []
        if isinstance(self.args, dict):        # cut: {"cut": n, "value": [...]}
            self.args = self.args.get("value", [])

    def argument(self, index, default=None):
        """The argument as text, number or None; cut strings as they are."""
        if index >= len(self.args):
            return default
        return plain(self.args[index])

    def __repr__(self):
        return f"<Record {self.pid}:{self.seq} {self.event} {self.args!r}>"


def plain(value):
    """An argument without the wrapping that JSON made necessary."""
    if isinstance(value, dict):
        if "bytes" in value:
            return plain(value["bytes"])
        if "value" in value and "cut" in value:
            return plain(value["value"])
        if "dict" in value:
            return {plain(k): plain(v) for k, v in value["dict"]
                    if not isinstance(k, (list, dict))}
    return value


def read_lines(stream):
    """Yield (number, fields) for each line; a torn last line ends it."""
    number = 0
    held = None
    for line in stream:
        number += 1
        if held is not None:
            raise LogError(f"line {held} is not a record")
        try:
            fields = json.loads(line)
        except ValueError:
            held = number        # allowed if nothing follows
            continue
        if not isinstance(fields, dict) or "event" not in fields:
            raise LogError(f"line {number} is not a record")
        yield number, fields


def read_log(stream):
    """Yield the records of a log, opened in binary mode."""
    for _, fields in read_lines(stream):
        yield Record(fields)


def check_log(stream):
    """List what is wrong: gaps in a process's numbers, records lost."""
    problems = []
    last = {}
    for number, fields in read_lines(stream):
        pid, seq = fields.get("pid"), fields.get("seq")
        if fields["event"] == "lucid.log.open":
            last[pid] = 0
        expected = last.get(pid, 0) + 1
        if seq != expected:
            problems.append(f"line {number}: process {pid}: record {expected} "
                            f"expected, {seq} found")
        last[pid] = seq
        if fields.get("lost"):
            problems.append(f"line {number}: process {pid}: "
                            f"{fields['lost']} records could not be written")
    return problems
