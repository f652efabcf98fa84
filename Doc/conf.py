"""Configuration of Sphinx: sphinx-build Doc build/doc.

Two pages are written here, out of the tables that they are about: events.rst
(Include/internal/audit_events.def) and syscalls.rst (Tests/syscalls/table.py).
"""
import fnmatch
import re
import sys
from pathlib import Path

project = "Lucid"
author = "The Lucid authors"
copyright = "2026, The Lucid authors"
release = "3.11.2"
extensions = []
html_theme = "alabaster"
exclude_patterns = ["_build"]

DOC = Path(__file__).resolve().parent
EVENTS = DOC.parent / "Include" / "internal" / "audit_events.def"
ROW = re.compile(r'^EVENT(_ON_REQUEST)?\(\w+, "(.*?)",\s*"(.*?)",\s*"(.*?)"\)',
                 re.M | re.S)
GENERATED = ".. Written by Doc/conf.py; do not edit.\n"

# The first feature release of Python that raises an event; 3.8 for the rest.
SINCE = [
    ("3.8", "os.system"),
    ("3.9", "fcntl.* os.* pathlib.* pty.* resource.* signal.* sys.excepthook "
            "sys.unraisablehook syslog.*"),
    ("3.10", "gc.* glob.glob/2 http.client.* sqlite3.*/handle "
             "sqlite3.*load_extension sys._current_exceptions"),
    ("3.11", "marshal.*"),
    ("3.8", "*"),
]


def escaped(text):
    """C text as reStructuredText that means itself."""
    return re.sub(r"([*`])", r"\\\1", text.replace('\\"', '"'))


def since(name):
    return next(version for version, patterns in SINCE
                if any(fnmatch.fnmatchcase(name, pattern)
                       for pattern in patterns.split()))


def event_entry(on_request, name, arguments, raised_by):
    if name.startswith("lucid."):
        origin = "Lucid, on request" if on_request else "Lucid"
    else:
        origin = f"Python {since(name)}"
    return [f"``{name}`` ({escaped(arguments)})",
            f"    {escaped(raised_by)} -- *{origin}*", ""]


def write_events():
    rows = sorted(ROW.findall(EVENTS.read_text(encoding="utf-8")),
                  key=lambda row: row[1])
    lines = [GENERATED, "Audit events", "============", "",
             "What hooks and the log receive, what is about to happen then (who "
             "raises it), and since when: a feature release of Python, whose "
             "maintenance releases may have had the event earlier, or Lucid.  An "
             "event *on request* is heard only by hooks that ask for it by a "
             "pattern.", ""]
    for title, ours in ("Events of Python", False), ("Events of Lucid", True):
        lines += [title, "-" * len(title), ""]
        for row in rows:
            if row[1].startswith("lucid.") == ours:
                lines += event_entry(*row)
    (DOC / "events.rst").write_text("\n".join(lines), encoding="utf-8")


def list_table(header, rows):
    lines = [".. list-table::", "   :header-rows: 1", ""]
    for row in [header, *rows]:
        for i, cell in enumerate(row):
            lines.append(f"   {'*' if i == 0 else ' '} - {cell}")
    return [*lines, ""]


def codes(names):
    return ", ".join(f"``{name}``" for name in names)


def announced_rows(table):
    rows = {}
    for rule in table.RULES:
        for name in rule.calls.split():
            rows.setdefault(name, []).append(rule)
    for name in sorted(rows):
        for i, rule in enumerate(rows[name]):
            yield (f"``{name}``" if i == 0 else "", f"``{rule.event}``",
                   codes(rule.same))


def allowed_rows(table):
    for row in table.ALLOWED:
        names = "all" if row.calls == "*" else codes(row.calls.split())
        yield (names, codes(row.after.split()),
               f"``{row.what}``" if row.what else "", escaped(row.why))


def write_syscalls():
    sys.path.insert(0, str(DOC.parent / "Tests" / "syscalls"))
    import table
    known = {name for row in [*table.RULES, *table.ALLOWED]
             for name in row.calls.split()}
    never = sorted(set(table.PARAMETERS) - known)
    lines = [
        GENERATED, "System calls and events", "=======================", "",
        "What a program does to the world it does by system calls.  Programs are "
        "run under ``strace`` with a log (``Tests/syscalls``, "
        "``Tools/trace_syscalls.py``): each call of the list must follow a record "
        "that announces it, of the same thread, raised by the runtime, with the "
        "arguments that are named here equal.  A record announces one call that "
        "succeeds.", "",
        *list_table(("system call", "event", "compared"), announced_rows(table)),
        "Without an event of its own", "---------------------------", "",
        "After these events or in these phases of a process (``START``: before "
        "the first record; ``INIT``: before the program; ``END``), the C library "
        "and other libraries do more than was announced.  ``native:MODULE`` "
        "stands for a process that has loaded the extension module.", "",
        *list_table(("system call", "after", "which", "why"), allowed_rows(table)),
        "Never", "-----", "",
        f"No operation of the runtime makes these calls: {codes(never)}.", "",
        "Not looked at", "-------------", ""]
    for what, why in table.UNOBSERVED.items():
        lines += [what, f"    {why}", ""]
    (DOC / "syscalls.rst").write_text("\n".join(lines), encoding="utf-8")


write_events()
write_syscalls()
