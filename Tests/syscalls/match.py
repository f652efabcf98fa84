"""Look for the event that announces each system call.

A record announces a call of its own thread if it was made before the call
began, was raised by C code, has not announced a call of the kind that succeeded,
is one of the thread's latest, and its arguments are the call's.  In a new
process, the latest records of the thread that made it count, too.
"""
import fnmatch
import ipaddress
import os
import re
from typing import NamedTuple

import table

LATEST = 8               # records of a thread that are looked at
ROUNDING = 2e-6          # both clocks are printed in microseconds
AT_THE_END = ("cpython.PyInterpreterState_Clear", "lucid.log.close",
              "cpython._PySys_ClearAuditHooks")
AT_FDCWD = -100
CHANGING = os.O_ACCMODE | os.O_CREAT | os.O_EXCL | os.O_TRUNC | os.O_APPEND
MAKE_THREADS = ("fork", "vfork", "clone", "clone3")


class Finding(NamedTuple):
    call: object
    row: object          # Rule or Allowance of table.py; None: a hole
    compared: bool       # the arguments were equal, not merely of unknown form
    after: str           # the thread's last event


class Record:
    def __init__(self, fields):
        self.fields = fields
        self.announced = set()      # names of calls


class Thread:
    """What is known of a thread: its latest records, and those of its maker when
    it was made; whether its program is one that makes records; its phase."""

    def __init__(self, inherited=(), observed=False, phase=table.START):
        self.latest = []
        self.inherited = list(inherited)
        self.natives = set()        # extension modules loaded by the process
        self.observed = observed
        self.phase = phase

    def add(self, fields, following):
        """following: name of the process's next event, or None."""
        self.latest.append(Record(fields))
        del self.latest[:-LATEST]
        event = fields["event"]
        if event == "import" and fields["args"][1:] and fields["args"][1]:
            self.natives.add("native:" + str(fields["args"][0]))
        if following in AT_THE_END or event in AT_THE_END:
            self.phase = table.END
        elif self.phase == table.END:
            self.phase = table.RUN
        elif event.startswith("cpython.run_"):
            self.phase = table.RUN
        elif self.phase == table.START:
            self.phase = table.INIT

    def child(self):
        child = Thread([*self.inherited, *self.latest][-LATEST:], self.observed,
                       self.phase)
        child.natives = self.natives
        return child

    def candidates(self):
        """The records that may announce a call, the latest first."""
        return [*reversed(self.latest), *reversed(self.inherited)]

    def contexts(self):
        """What patterns in table.ALLOWED are compared with."""
        last = [records[-1].fields["event"]
                for records in (self.latest, self.inherited) if records]
        return [*last, self.phase, *self.natives]


def plain(value):
    """An argument of a record as the call's parameter would be; None: unknown."""
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, str):
        return value.encode("utf-8", "surrogateescape")
    if isinstance(value, dict) and "bytes" in value:
        return value["bytes"].encode("latin-1")
    return value if isinstance(value, (int, list)) else None


def same_address(text, address):
    """strace's socket address and the one in a record."""
    if not isinstance(text, str):
        return None
    port = re.search(r"sin6?_port=htons\((\d+)\)", text)
    if port:
        host = re.search(r'inet_(?:addr\(|pton\(AF_INET6, )"([^"]*)"', text)
        if not isinstance(address, list) or address[1] != int(port[1]):
            return False
        try:
            named = ipaddress.ip_address(address[0] or "0.0.0.0")
        except (TypeError, ValueError):
            return None                        # a name that was looked up
        return not address[0] or named == ipaddress.ip_address(host[1])
    path = re.search(r'sun_path=(@?)"((?:[^"\\]|\\.)*)"', text)
    if path:
        from observe import unquote
        want = (b"\0" if path[1] else b"") + unquote(path[2])
        got = plain(address)
        return None if got is None else got.rstrip(b"\0") == want.rstrip(b"\0")
    return None


def same(name, parameter, argument):
    """True, False, or None where the two cannot be compared."""
    if name == "address":
        return same_address(parameter, argument)
    if name.endswith("dirfd") and argument == -1:
        return parameter in (None, AT_FDCWD)   # None: no call of the *at kind
    if name == "flags" and argument == 0 and parameter != os.O_RDONLY:
        return None                            # fopen(): the mode is text
    if name == "flags" and isinstance(parameter, int):
        return (parameter ^ argument) & CHANGING == 0
    if argument is None:
        return parameter == b"."               # os.listdir() and os.scandir()
    got = plain(argument)
    if isinstance(got, list):
        return any(same(name, parameter, item) for item in got)
    if got is None or isinstance(parameter, str):
        return None
    if isinstance(got, int) and isinstance(parameter, int):
        return (got - parameter) % 2**32 == 0  # -1 as an unsigned number
    return got == parameter


RULES = {}
for _rule in table.RULES:
    for _name in _rule.calls.split():
        RULES.setdefault(_name, []).append(_rule)


def announces(record, rule, call):
    """None, or whether all arguments were compared."""
    fields = record.fields
    if fields["event"] != rule.event or fields["origin"] != "runtime":
        return None
    compared = True
    for name, index in rule.same.items():
        equal = same(name, call.parameters.get(name), fields["args"][index])
        if equal is False:
            return None
        compared = compared and equal is True
    return compared


def allowed(thread, call, log):
    """The Allowance by which a call needs no event, or None."""
    path = call.parameters.get("path")
    path = os.fsdecode(path) if isinstance(path, bytes) else None
    for row in table.ALLOWED:
        if row.calls != "*" and call.name not in row.calls.split():
            continue
        if row.after == table.LOG:
            if path == log or f"<{log}>" in call.text:
                return row
            continue
        if not any(fnmatch.fnmatchcase(context, pattern)
                   for context in thread.contexts()
                   for pattern in row.after.split()):
            continue
        if re.match(row.what, call.text) or \
                path is not None and re.fullmatch(row.what, path):
            return row
    return None


def changes_nothing(call):
    """A question in the form of a change."""
    return (call.name == "rt_sigaction" and call.parameters["action"] == "NULL"
            or call.name == "prlimit64" and call.parameters["limits"] == "NULL")


def find_one(thread, call, log):
    after = thread.contexts()[0]
    for record in thread.candidates():
        for rule in RULES.get(call.name, ()):
            if call.name in record.announced:
                break
            compared = announces(record, rule, call)
            if compared is not None:
                if not call.result.startswith("-1"):
                    record.announced.add(call.name)
                return Finding(call, rule, compared, after)
    return Finding(call, allowed(thread, call, log), True, after)


def images(calls, records):
    """{(tid, time of execve): whether the new program makes records}"""
    begun, executed = {}, {}
    for record in records:
        if record["event"] == "lucid.log.open":
            begun.setdefault(record["pid"], []).append(record["time"])
    for call in calls:
        if call.name in ("execve", "execveat") and call.result == "0":
            executed.setdefault(call.tid, []).append(call.time)
    return {(tid, start): any(start < time < end for time in begun.get(tid, ()))
            for tid, times in executed.items()
            for start, end in zip(times, [*times[1:], float("inf")])}


def unobserved_runs(calls, records, python):
    """The calls that executed the interpreter in processes without records."""
    observed = images(calls, records)
    return [call for call in calls
            if observed.get((call.tid, call.time)) is False
            and os.path.realpath(call.parameters["path"]) == os.fsencode(python)]


def find(calls, records, log):
    """Findings for the calls of all processes that make records, in order."""
    observed = images(calls, records)
    following, next_of = [], {}
    for record in reversed(records):
        following.append(next_of.get(record["pid"]))
        next_of[record["pid"]] = record["event"]
    following.reverse()
    steps = [(record["time"] - ROUNDING, 0, i, record)
             for i, record in enumerate(records)]
    steps += [(call.time, 1, i, call) for i, call in enumerate(calls)]
    steps.sort(key=lambda step: step[:3])
    threads, findings = {}, []
    for _, is_call, i, step in steps:
        if not is_call:
            threads.setdefault(step["tid"], Thread()).add(step, following[i])
            continue
        thread = threads.setdefault(step.tid, Thread())
        if thread.observed and not changes_nothing(step):
            findings.append(find_one(thread, step, log))
        if step.name in MAKE_THREADS and re.match(r"\d+", step.result):
            child = int(re.match(r"\d+", step.result)[0])
            threads[child] = thread.child()
        elif (step.tid, step.time) in observed:
            threads[step.tid] = Thread(
                observed=observed[step.tid, step.time])
    return findings
