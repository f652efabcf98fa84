"""Run a program under strace with an audit log, and read what both saw.

A Call is one line of strace's output: its parameters are bytes for text, int for
numbers, descriptors and names of constants, and otherwise strace's own text."""
import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import table

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from support import read_records  # noqa: E402

LINE = re.compile(r"(\d+\.\d+) (\w+)\((.*)\) += (\S+)(.*)$", re.S)
NUMBER = re.compile(r"(-?\d+|0x[0-9a-f]+)(<.*>|\(.*\)| /\*.*)?$", re.S)
ESCAPES = {"n": 10, "t": 9, "r": 13, "v": 11, "f": 12, '"': 34, "\\": 92}
CLOSING = {"(": ")", "[": "]", "{": "}", "<": ">"}


class Call(NamedTuple):
    tid: int
    time: float            # seconds since 1970
    name: str
    parameters: dict       # by the names of table.PARAMETERS
    result: str
    text: str              # strace's line, for messages


def split_parameters(text):
    """The parameters of a call: commas outside of brackets and of texts."""
    parts, depth, start, i = [], [], 0, 0
    while i < len(text):
        c = text[i]
        if c == '"':
            i += 1
            while i < len(text) and text[i] != '"':
                i += 2 if text[i] == "\\" else 1
        elif depth and c == depth[-1]:
            depth.pop()
        elif c in CLOSING and not (c == "<" and not text[i - 1:i].isalnum()):
            depth.append(CLOSING[c])
        elif c == "," and not depth:
            parts.append(text[start:i].strip())
            start = i + 1
        i += 1
    parts.append(text[start:].strip())
    return parts


def unquote(text):
    """The bytes of one of strace's quoted texts."""
    out, i = bytearray(), 0
    while i < len(text):
        c = text[i]
        if c != "\\":
            out += c.encode()
            i += 1
        elif text[i + 1] in ESCAPES:
            out.append(ESCAPES[text[i + 1]])
            i += 2
        else:
            digits = re.match(r"[0-7]{1,3}", text[i + 1:])[0]
            out.append(int(digits, 8))
            i += 1 + len(digits)
    return bytes(out)


def constant(text):
    """The number behind NAME|NAME, or None."""
    value = 0
    for name in text.split("|"):
        if name in ("SOCK_CLOEXEC", "SOCK_NONBLOCK"):
            continue               # what the runtime adds by itself
        for module in signal, socket, os:
            if isinstance(getattr(module, name, None), int):
                value |= getattr(module, name)
                break
        else:
            if not re.fullmatch(r"0[0-7]*|0x[0-9a-f]+|[1-9]\d*", name):
                return None
            value |= int(name, 8 if re.match(r"0[0-7]", name) else 0)
    return value


def value_of(text):
    quoted = re.match(r'@?"((?:[^"\\]|\\.)*)"', text, re.S)
    if quoted:
        return (b"\0" if text[0] == "@" else b"") + unquote(quoted[1])
    if text.startswith("AT_FDCWD"):
        return -100
    if re.fullmatch(r"0[0-7]+", text):
        return int(text, 8)
    number = NUMBER.match(text)
    if number:
        return int(number[1], 0)
    known = constant(text)
    return text if known is None else known


def read_calls(prefix):
    """All observed calls, by time; {tid: [text of the lines that are none]}."""
    calls = []
    for path in Path(prefix).parent.glob(Path(prefix).name + ".*"):
        tid = int(path.suffix[1:])
        for line in path.read_text(errors="surrogateescape").split("\n"):
            match = LINE.match(line)
            if match is None or match[2] not in table.PARAMETERS:
                continue
            values = [value_of(part) for part in split_parameters(match[3])]
            calls.append(Call(tid, float(match[1]), match[2],
                              dict(zip(table.PARAMETERS[match[2]], values)),
                              match[4] + match[5], line.partition(" ")[2]))
    calls.sort(key=lambda call: call.time)
    return calls


def run_to_the_end(command, timeout=None, **options):
    """As subprocess.run; after a timeout nothing of the command is left."""
    with subprocess.Popen(command, start_new_session=True, **options) as process:
        try:
            output, errors = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            raise
    return subprocess.CompletedProcess(command, process.returncode, output,
                                       errors)


def run_observed(command, folder, **options):
    """Run a command that logs to folder/log; answer (process, calls, records)."""
    prefix = os.path.join(folder, "trace")
    names = ",".join("?" + name for name in table.PARAMETERS)
    process = run_to_the_end(
        ["strace", "-f", "-ff", "-y", "-ttt", "-s", "5000", "-qq",
         "--seccomp-bpf", "-e", f"trace={names}", "-e", "signal=none",
         "-o", prefix, *command], **options)
    log = os.path.join(folder, "log")
    records = read_records(log) if os.path.exists(log) else []
    return process, read_calls(prefix), records
