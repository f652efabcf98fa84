"""The gauntlet: known ways to escape or silence audit hooks (Tests/gauntlet).

Each program there begins with a docstring: what is tried, then

    since: since when the way is known, and what stood against it
    must:  stop                  the program itself says "stopped"
           record EVENT [TEXT]   a log has the event, with TEXT in its arguments;
                                 and where a hook refuses it, nothing happens
    origin: program              (optional) what the record says of its origin
    refusal: no                  (optional) the event comes in a new program, which
                                 has the log of its maker but not a C hook
    may crash                    (optional) the way ends in a crash
    may come to nothing          (optional) it is held, too, if it leads nowhere

A program says "escaped" when it has reached what it is about.  EVENT may
end in "*".  What happens before the program itself begins does not count.

    test_gauntlet.py                 Lucid: the log of -X audit=FILE, and refusals
                                     by a C hook (guard.c)
    test_gauntlet.py --reference [DOC]
                                     both, by guard.c alone; writes the table
"""
import atexit
import fnmatch
import functools
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from typing import NamedTuple

from support import environment, lucid_only, read_records

TESTS = Path(__file__).resolve().parent
FOLDER = TESTS / "gauntlet"
REFERENCE = "/usr/bin/python3.11"
TIME_LIMIT = 60

# Programs whose way is open, with the reason.  They must fail.
OPEN = {}


class Program(NamedTuple):
    path: Path
    about: str           # the docstring's first paragraphs
    since: str
    event: str           # "" for "stop"
    text: str
    origin: str
    refusable: bool
    may_crash: bool
    may_be_nothing: bool

    @property
    def name(self):
        return self.path.stem


def read_program(path):
    head = re.match(r'"""(.*?)"""', path.read_text(), re.S)[1]
    about, _, rest = head.partition("\nsince: ")
    since, _, rest = rest.partition("\nmust: ")
    must, *others = rest.strip().split("\n")
    word, _, what = must.partition(" ")
    if word not in ("stop", "record") or (word == "record") != bool(what):
        raise ValueError(f"{path.name}: must: {must}")
    event, _, text = what.partition(" ")
    fields = dict(line.partition(": ")[::2] for line in others)
    return Program(path, " ".join(about.split()), " ".join(since.split()), event,
                   text, fields.get("origin", ""),
                   fields.get("refusal") != "no", "may crash" in fields,
                   "may come to nothing" in fields)


def programs():
    return [read_program(path) for path in sorted(FOLDER.glob("*.py"))]


class Run(NamedTuple):
    status: int
    last: str            # last line of the output
    records: list        # (event, text of the arguments, origin or "")


def run(command, program, read_log):
    """Run a command, which ends with a program's path, in an empty folder."""
    with tempfile.TemporaryDirectory() as folder:
        log = os.path.join(folder, "log")
        work = os.path.join(folder, "work")
        os.mkdir(work)
        result = subprocess.run(
            [item.replace("LOG", log) for item in command] + [str(program.path)],
            cwd=work, input="print('escaped')\n", text=True, timeout=TIME_LIMIT,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, errors="replace",
            env=environment())
        records = read_log(log) if os.path.exists(log) else []
    ends = re.findall("(escaped|stopped)$", result.stdout, re.M)
    return Run(result.returncode, ends[-1] if ends else "", records)


def read_lucid_log(path):
    return [(record["event"], json.dumps(record.get("args"), ensure_ascii=False),
             record.get("origin")) for record in read_records(path)]


def read_guard_log(path):
    with open(path, encoding="utf-8", errors="replace") as file:
        return [(*(line.rstrip("\n") + " ").split(" ", 1), "") for line in file]


def has_record(program, records):
    names = [event for event, *_ in records]
    begin = names.index("cpython.run_file") if "cpython.run_file" in names else 0
    return any(fnmatch.fnmatchcase(event, program.event) and program.text in text
               and (not program.origin or origin == program.origin)
               for event, text, origin in records[begin:])


def build_folder():
    return Path(os.environ.get("LUCID_BUILD") or os.path.dirname(sys.executable))


@functools.cache
def guard():
    """Path of guard.c's program, or None without a compiler."""
    compiler = os.environ.get("CC", "gcc").split()
    library = build_folder() / "libpython3.11.so"
    if shutil.which(compiler[0]) is None or not library.exists():
        return None
    folder = tempfile.mkdtemp()
    atexit.register(shutil.rmtree, folder)
    path = Path(folder, "guard")
    subprocess.run([*compiler, "-Wall", "-o", str(path), str(FOLDER / "guard.c"),
                    f"-I{TESTS.parent}/Include", f"-L{library.parent}",
                    "-lpython3.11"], check=True)
    return path


def guarded(python, libraries, refuse="-", text=""):
    """A command that runs PYTHON's library behind guard.c."""
    prefix = ["env", f"LD_LIBRARY_PATH={libraries}"] if libraries else []
    return [*prefix, str(guard()), "LOG", refuse, text, python]


def problem(program, recorded, refused):
    """Why a program is not held, or None.

    recorded: its Run under a log; refused: its Run where the event is refused,
    or None where that cannot be tried."""
    if recorded.status < 0 and not program.may_crash:
        return f"ended by signal {-recorded.status}"
    if recorded.last == "stopped" or \
            program.may_be_nothing and not recorded.last:
        return None
    if not program.event:
        return "escaped" if recorded.last else "the program failed"
    if not has_record(program, recorded.records):
        return f"no record of {program.event} {program.text}".strip()
    if refused is not None and refused.last == "escaped":
        return f"refusing {program.event} did not prevent it"
    if refused is not None and \
            not has_record(program._replace(origin=""), refused.records):
        return f"{program.event} did not come to be refused"
    return None if recorded.last else "the program failed"


def try_refusal(program, python, libraries):
    if not program.event or not program.refusable or guard() is None:
        return None
    return run(guarded(python, libraries, program.event, program.text), program,
               read_guard_log)


def judge_lucid(program):
    python = sys.executable
    recorded = run([python, "-X", "audit=LOG"], program, read_lucid_log)
    return problem(program, recorded,
                   try_refusal(program, python, build_folder()))


def judge_reference(program):
    recorded = run(guarded(REFERENCE, ""), program, read_guard_log)
    return problem(program, recorded, try_refusal(program, REFERENCE, ""))


@lucid_only("the reference's score is taken with --reference")
class GauntletTests(unittest.TestCase):
    """One test a program, added below."""

    def test_programs_are_many_and_the_open_ones_exist(self):
        names = {program.name for program in programs()}
        self.assertGreaterEqual(len(names), 60)
        self.assertLessEqual(set(OPEN), names)


def add_test(program):
    def test(self):
        found = judge_lucid(program)
        if program.name in OPEN:
            self.assertIsNotNone(found, "is held now: remove it from OPEN")
            self.skipTest(f"open: {OPEN[program.name]}")
        self.assertIsNone(found)
    setattr(GauntletTests, f"test_{program.name}", test)


for _program in programs():
    add_test(_program)

DOCUMENT = """.. Written by Tests/test_gauntlet.py --reference; do not edit.

The gauntlet
============

Known ways to escape audit hooks or to silence them.  Each is a program in
``Tests/gauntlet``; ``Tests/test_gauntlet.py`` runs them all.  A way is held if
the program itself finds that it was stopped, or if a record of it exists and a
hook that refuses the event prevents what would have followed.  Lucid writes the
record with ``-X audit=FILE``; for the reference, CPython 3.11.2, a C hook of the
same kind does, the one that also refuses.

**Lucid holds {lucid} of {total}, the reference {reference} of {total}.**

Open on Lucid:

{reasons}

.. list-table::
   :header-rows: 1
   :widths: 46 26 14 14

   * - way
     - held by
     - Lucid
     - reference
"""


def quoted(text):
    """Text as reStructuredText that means itself."""
    return re.sub(r"([*_`|\\])", r"\\\1", text)


def write_document(path, verdicts):
    """verdicts: [(program, problem on Lucid, problem on the reference)]"""
    lines = []
    for program, lucid, reference in verdicts:
        held_by = f"``{program.event}``" if program.event else "stopped"
        lines += [f"   * - {quoted(program.about)}",
                  f"     - {held_by}",
                  f"     - {'open' if lucid else 'held'}",
                  f"     - {'open' if reference else 'held'}"]
    text = DOCUMENT.format(
        total=len(verdicts),
        lucid=sum(not lucid for _, lucid, _ in verdicts),
        reference=sum(not reference for _, _, reference in verdicts),
        reasons="\n".join(f"* {program.about} -- {OPEN.get(program.name, lucid)}"
                          for program, lucid, _ in verdicts if lucid)
                or "* none")
    path.write_text(text + "\n".join(lines) + "\n")


def compare_with_reference(document):
    verdicts = []
    for program in programs():
        verdicts.append((program, judge_lucid(program), judge_reference(program)))
        print(f"{program.name:34} {verdicts[-1][1] or 'held':44}"
              f" {verdicts[-1][2] or 'held'}", flush=True)
    if document:
        write_document(Path(document), verdicts)
    for index, name in (1, "Lucid"), (2, "reference"):
        held = sum(not verdict[index] for verdict in verdicts)
        print(f"{name}: {held} held, {len(verdicts) - held} open")


if __name__ == "__main__":
    if "--reference" in sys.argv:
        compare_with_reference(*sys.argv[sys.argv.index("--reference") + 1:][:1]
                               or [None])
    else:
        unittest.main()
