"""What several tests need: running the interpreter, and knowing which it is."""
import json
import os
import subprocess
import sys
import unittest

IS_LUCID = hasattr(sys.implementation, "lucid")


def lucid_only(reason):
    """Skip on the reference, for the reason that is given."""
    return unittest.skipUnless(IS_LUCID, f"only Lucid: {reason}")


def environment(**variables):
    clean = {name: value for name, value in os.environ.items()
             if not name.startswith("PYTHON")}
    clean.update(variables)
    return clean


def run_python(*arguments, stdin="", env=None, timeout=60):
    """Run the interpreter under test; answer a CompletedProcess with text."""
    return subprocess.run(
        [sys.executable, *map(str, arguments)], input=stdin, text=True,
        capture_output=True, timeout=timeout, env=environment(**(env or {})),
        errors="backslashreplace")


def read_records(path):
    """The records of an audit log as dicts; torn ones are left out."""
    records = []
    with open(path, "rb") as file:
        for line in file:
            for text in filter(None, line.split(b"\0")):
                if text.endswith(b"\n") and b'"event"' in text:
                    records.append(json.loads(text))
    return records
