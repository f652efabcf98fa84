"""Records of an audit log: JSON lines, one an event.

A log may hold the records of several processes and runs, interleaved.  Each
process numbers its records 1, 2, ... and chains them by SHA-256 digests
(Doc/audit.rst).  A record may be torn where a process was killed.
"""
import json

HEADER = "lucid log"          # what the first line of a mapped log has


class LogError(ValueError):
    """A line that is no record, other than a torn last one."""


class Record:
    """One event: what was about to happen, and where in the program."""

    __slots__ = ("seq", "pid", "tid", "session", "ppid", "mono", "time",
                 "event", "args", "origin", "file", "line", "function", "lost",
                 "chain")

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


def read_texts(stream):
    """Yield (number, text) for each record of a log, opened in binary mode.

    Where a process was killed, half a record or zeros may stand instead; and
    zeros behind the last record, while the log is being written."""
    number = 0
    doubtful = None
    for line in stream:
        number += 1
        if doubtful is not None:
            raise LogError(f"line {doubtful} is not a record")
        for text in filter(None, line.split(b"\0")):
            if text.startswith(b"{") and text.endswith(b"}\n"):
                yield number, text
            elif text.strip() and b"\0" not in line:
                doubtful = number          # allowed if nothing follows


def read_fields(stream):
    """Yield (number, text, fields) for each record; headers are left out."""
    for number, text in read_texts(stream):
        try:
            fields = json.loads(text)
        except ValueError:
            raise LogError(f"line {number} is not a record") from None
        if "event" in fields:
            yield number, text, fields
        elif HEADER not in fields:
            raise LogError(f"line {number} is not a record")


def read_log(stream):
    """Yield the records of a log, opened in binary mode."""
    for _, _, fields in read_fields(stream):
        yield Record(fields)
