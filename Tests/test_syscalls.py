"""The system-call proof (Tests/syscalls): no listed call without its event."""
import copy
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from support import environment, lucid_only

FOLDER = Path(__file__).resolve().parent / "syscalls"
sys.path.insert(0, str(FOLDER))

import match    # noqa: E402
import observe  # noqa: E402
import table    # noqa: E402


def can_trace():
    """strace is here, and may trace."""
    if shutil.which("strace") is None:
        return False
    return subprocess.run(["strace", "-f", "--seccomp-bpf", "-o", "/dev/null",
                           "true"], stderr=subprocess.DEVNULL).returncode == 0


def run_program(path):
    """Run a program in an empty folder; answer (calls, records, log's path)."""
    with tempfile.TemporaryDirectory() as folder, \
            tempfile.TemporaryDirectory() as work:
        log = f"{folder}/log"
        process, calls, records = observe.run_observed(
            [sys.executable, "-X", f"audit={log}", str(path)], folder, cwd=work,
            env=environment(PYTHONDONTWRITEBYTECODE="1"), timeout=120,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE, text=True)
    if process.returncode:
        raise AssertionError(f"{path.name}: {process.stderr}")
    return calls, records, log


def holes(findings):
    return [f"{finding.call.text}  after {finding.after}"
            for finding in findings if finding.row is None]


@lucid_only("the log is an extension")
@unittest.skipUnless(can_trace(), "strace is missing, or may not trace")
class ProgramTests(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.runs = {path.stem: run_program(path)
                    for path in sorted((FOLDER / "programs").glob("*.py"))}

    def find(self, name):
        return match.find(*self.runs[name])

    def test_every_call_was_announced(self):
        for name in self.runs:
            with self.subTest(name):
                self.assertEqual(holes(self.find(name)), [])

    def test_every_rule_is_needed_by_a_program(self):
        used = {id(finding.row) for name in self.runs
                for finding in self.find(name)}
        unused = [rule for rule in table.RULES if id(rule) not in used]
        self.assertEqual(unused, [])

    def test_child_of_the_same_interpreter_is_observed(self):
        made = [finding for finding in self.find("processes")
                if finding.call.parameters.get("path") == b"by_child"]
        self.assertEqual(len(made), 1)
        calls, records, _ = self.runs["processes"]
        python = os.path.realpath(sys.executable)
        self.assertEqual(match.unobserved_runs(calls, records, python), [])
        without = [r for r in records if r["event"] != "lucid.log.open"]
        self.assertEqual(len(match.unobserved_runs(calls, without, python)), 2)

    def test_missing_record_is_found(self):
        calls, records, log = self.runs["files"]
        fewer = [r for r in records if r["event"] != "os.symlink"]
        self.assertEqual(len(holes(match.find(calls, fewer, log))), 1)

    def test_record_that_comes_too_late_does_not_count(self):
        calls, records, log = self.runs["files"]
        records = copy.deepcopy(records)
        for record in records:
            if record["event"] == "os.symlink":
                record["time"] += 60
        records.sort(key=lambda record: record["time"])
        self.assertEqual(len(holes(match.find(calls, records, log))), 1)

    def test_record_with_other_arguments_does_not_count(self):
        calls, records, log = self.runs["files"]
        records = copy.deepcopy(records)
        for record in records:
            if record["event"] == "os.symlink":
                record["args"][1] = "elsewhere"
        self.assertEqual(len(holes(match.find(calls, records, log))), 1)

    def test_record_that_the_program_raised_does_not_count(self):
        calls, records, log = self.runs["files"]
        records = copy.deepcopy(records)
        for record in records:
            if record["event"] == "os.symlink":
                record["origin"] = "program"
        self.assertEqual(len(holes(match.find(calls, records, log))), 1)

    def test_record_of_another_thread_does_not_count(self):
        calls, records, log = self.runs["files"]
        records = copy.deepcopy(records)
        for record in records:
            if record["event"] == "os.symlink":
                record["tid"] += 1
        self.assertEqual(len(holes(match.find(calls, records, log))), 1)


class TableTests(unittest.TestCase):
    def test_events_of_rules_exist(self):
        source = FOLDER.parent.parent / "Include" / "internal"
        text = (source / "audit_events.def").read_text()
        rows = dict(re.findall(r'^EVENT(?:_ON_REQUEST)?\(\w+, "(.*?)",\s*"(.*?)"',
                               text, re.M | re.S))
        for rule in table.RULES:
            self.assertIn(rule.event, rows)
            count = len(rows[rule.event].split(","))
            for index in rule.same.values():
                self.assertLess(index, count, rule)

    def test_parameters_of_rules_exist(self):
        for rule in table.RULES:
            for name in rule.calls.split():
                for parameter in rule.same:
                    if not parameter.endswith("dirfd"):
                        self.assertIn(parameter, table.PARAMETERS[name], rule)

    def test_calls_that_are_allowed_are_looked_at(self):
        for row in table.ALLOWED:
            if row.calls != "*":
                self.assertLessEqual(set(row.calls.split()),
                                     set(table.PARAMETERS), row)


class ParserTests(unittest.TestCase):
    def test_parameters_with_commas_quotes_and_paths(self):
        self.assertEqual(
            observe.split_parameters(
                'AT_FDCWD</a, b>, "x, \\"y\\"", {a=1, b=[2, 3]}, O_RDONLY'),
            ["AT_FDCWD</a, b>", '"x, \\"y\\""', "{a=1, b=[2, 3]}", "O_RDONLY"])

    def test_values(self):
        for text, value in (('"a\\303\\244\\n"', "aä\n".encode()),
                            ("0644", 0o644), ("3</dev/null>", 3),
                            ("SIGUSR1", 10), ("NULL", "NULL"),
                            ("SOCK_STREAM|SOCK_CLOEXEC", 1)):
            with self.subTest(text):
                self.assertEqual(observe.value_of(text), value)

    def test_socket_addresses(self):
        same = match.same_address
        inet = '{sa_family=AF_INET, sin_port=htons(80), ' \
               'sin_addr=inet_addr("127.0.0.1")}'
        self.assertIs(same(inet, ["127.0.0.1", 80]), True)
        self.assertIs(same(inet, ["127.0.0.1", 81]), False)
        self.assertIs(same(inet, ["127.0.0.2", 80]), False)
        self.assertIsNone(same(inet, ["localhost", 80]))
        unix = '{sa_family=AF_UNIX, sun_path="/run/x"}'
        self.assertIs(same(unix, "/run/x"), True)
        self.assertIs(same(unix, "/run/y"), False)


if __name__ == "__main__":
    unittest.main()
