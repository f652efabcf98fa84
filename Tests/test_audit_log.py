"""The log of -X audit=FILE: complete, in order, whatever ends the process."""
import importlib.util
import json
import os
import random
import resource
import signal
import subprocess
import sys
import tempfile
import time
import unittest

from support import environment, lucid_only, read_records, run_python

# Starts interpreters in every way, with arguments and environments that would
# lose an option; each marks its way.
FAMILY = """
import multiprocessing, os, subprocess, sys

def mark(way):
    sys.audit("mark", way)

def command(way):
    return [sys.executable, "-c", f"import sys; sys.audit('mark', '{way}')"]

if __name__ == "__main__":
    mark("parent")
    subprocess.run(command("empty"), env={}, check=True)
    subprocess.run([sys.executable, "-I", "-E", *command("isolated")[1:]],
                   check=True)
    os.system(" ".join([sys.executable, "-c", '"' + command("shell")[2] + '"']))
    pid = os.posix_spawn(sys.executable, command("spawned"),
                         {"LUCID_AUDIT_SESSION": "forged"})
    assert os.waitpid(pid, 0)[1] == 0
    for method in "fork", "spawn", "forkserver":
        context = multiprocessing.get_context(method)
        process = context.Process(target=mark, args=(method,))
        process.start()
        process.join()
        assert process.exitcode == 0
    sys.stdout.flush()
    os.execve(sys.executable, command("exec"), {})
"""

# Prints whether a page that it maps can be sealed and is seen to be; then what
# mprotect says for each sealed mapping of the process, that one included.
UNSEAL = """
import ctypes, re
libc = ctypes.CDLL(None)
mprotect = libc.mprotect
libc.mmap.restype = ctypes.c_void_p
own = libc.mmap(None, ctypes.c_size_t(4096), 1, 0x22, -1, ctypes.c_long(0))
libc.syscall(ctypes.c_long(462), ctypes.c_void_p(own), ctypes.c_size_t(4096),
             ctypes.c_long(0))
sealed = set()
start = None
with open("/proc/self/smaps") as file:
    for line in file:
        if mapping := re.match("([0-9a-f]+)-[0-9a-f]+ ", line):
            start = int(mapping[1], 16)
        elif line.startswith("VmFlags:") and "sl" in line.split():
            sealed.add(start)
print("sealed" if own in sealed else "open")
for start in sealed:
    print(mprotect(ctypes.c_void_p(start), ctypes.c_size_t(4096), 3))
"""


KILLS = int(os.environ.get("LUCID_KILLS", "20"))


class LogCase(unittest.TestCase):
    """Each test has a folder, and a name for a log in it."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.log = os.path.join(folder.name, "log")


@lucid_only("the log is an extension")
class LogTests(LogCase):
    def run_logged(self, source, **options):
        return run_python("-X", f"audit={self.log}", "-c", source, **options)

    def assert_complete(self, records):
        last = {}
        for record in records:
            self.assertEqual(record["seq"], last.get(record["pid"], 0) + 1)
            last[record["pid"]] = record["seq"]

    def test_run_is_recorded_from_open_to_close(self):
        result = self.run_logged("open('/dev/null').close()")
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        records = read_records(self.log)
        self.assertEqual(records[0]["event"], "lucid.log.open")
        self.assertEqual(records[-1]["event"], "lucid.log.close")
        self.assert_complete(records)
        opened = [r for r in records if r["event"] == "open" and
                  r["args"][0] == "/dev/null"]
        self.assertEqual(len(opened), 1)
        self.assertEqual((opened[0]["file"], opened[0]["line"]),
                         ("<string>", 1))

    def test_second_run_appends(self):
        self.run_logged("pass")
        first = len(read_records(self.log))
        self.run_logged("pass")
        records = read_records(self.log)
        self.assertGreater(len(records), first)
        self.assertEqual(records[first]["event"], "lucid.log.open")

    def test_nothing_is_lost_at_os_exit(self):
        self.run_logged("import os, sys; sys.audit('last'); os._exit(3)")
        self.assertIn("last", [r["event"] for r in read_records(self.log)])

    def test_nothing_is_lost_at_a_fatal_signal(self):
        self.run_logged("import os, sys; sys.audit('last'); os.abort()")
        self.assertIn("last", [r["event"] for r in read_records(self.log)])

    def test_fork_neither_loses_nor_doubles_records(self):
        self.run_logged("import os, sys\n"
                        "sys.audit('before')\n"
                        "pid = os.fork()\n"
                        "sys.audit('child' if pid == 0 else 'parent')\n"
                        "if pid == 0: os._exit(0)\n"
                        "os.waitpid(pid, 0)")
        records = read_records(self.log)
        names = [r["event"] for r in records]
        for name in "before", "child", "parent":
            self.assertEqual(names.count(name), 1)
        self.assert_complete(records)
        self.assertEqual(len({r["pid"] for r in records}), 2)

    def test_log_goes_on_when_the_program_closes_all_descriptors(self):
        self.run_logged("import os, sys\n"
                        "os.closerange(3, 2000)\n"
                        "sys.audit('after')")
        self.assertIn("after", [r["event"] for r in read_records(self.log)])

    def test_rendering_runs_no_code_of_the_program(self):
        result = self.run_logged(
            "import sys\n"
            "class Loud:\n"
            "    def __repr__(self): print('repr'); return 'x'\n"
            "    __str__ = __repr__\n"
            "sys.audit('t', Loud(), 'a\\x00\\ud800', b'\\xff', 2**100, None)")
        self.assertEqual(result.stdout, "")
        record = [r for r in read_records(self.log) if r["event"] == "t"][0]
        self.assertEqual(record["args"][0], {"object": "Loud"})
        self.assertEqual(record["args"][1], "a\x00\ud800")
        self.assertEqual(record["args"][2], {"bytes": "\xff"})

    def test_decimal_point_of_the_locale_does_not_get_into_the_log(self):
        self.run_logged(
            "import locale, sys\n"
            "for name in 'de_DE.UTF-8', 'fr_FR.UTF-8', 'ps_AF.UTF-8':\n"
            "    try: locale.setlocale(locale.LC_ALL, name)\n"
            "    except locale.Error: pass\n"
            "sys.audit('t', 1.5)")
        record = [r for r in read_records(self.log) if r["event"] == "t"][0]
        self.assertEqual(record["args"], [1.5])

    def test_record_that_is_full_is_still_json(self):
        self.run_logged(
            "import sys\n"
            "big = '\\x01' * 4000\n"
            "sys.audit('t', [[big] * 60] * 60)\n"
            "sys.audit('t', {n: [big, {n: big}] for n in range(60)})\n"
            "sys.audit('t', *[[[[[big]]]]] * 60)\n"
            "sys.audit('x' * 100000)\n"
            "exec(compile('sys.audit(\"t\")', big * 2, 'exec'))")
        records = read_records(self.log)
        self.assertEqual([r["event"] for r in records].count("t"), 4)
        self.assertEqual([r["event"] for r in records].count("x" * 1024), 1)
        self.assert_complete(records)

    def test_long_values_are_cut_and_say_so(self):
        self.run_logged("import sys; sys.audit('t', 'x' * 100000,"
                        " list(range(1000)))")
        record = [r for r in read_records(self.log) if r["event"] == "t"][0]
        self.assertEqual(record["args"][0]["cut"], 100000)
        self.assertEqual(record["args"][1]["cut"], 1000)

    def test_unwritable_log_is_an_error_before_the_program_starts(self):
        result = run_python("-X", "audit=/nonexistent/log", "-c", "print(1)")
        self.assertEqual((result.returncode, result.stdout), (2, ""))
        self.assertIn("cannot write '/nonexistent/log'", result.stderr)

    def test_file_name_is_required(self):
        result = run_python("-X", "audit", "-c", "print(1)")
        self.assertEqual((result.returncode, result.stdout), (2, ""))

    def test_dash_is_standard_error(self):
        result = run_python("-X", "audit=-", "-c", "pass")
        first = json.loads(result.stderr.splitlines()[0])
        self.assertEqual(first["event"], "lucid.log.open")

    @unittest.skipUnless(os.path.exists("/dev/full"), "no /dev/full")
    def test_full_disk_does_not_stop_the_program(self):
        result = run_python("-X", "audit=/dev/full", "-c", "print('ran')")
        self.assertEqual((result.returncode, result.stdout), (0, "ran\n"))

    def test_sigkill_leaves_a_prefix_without_gaps(self):
        program = "import sys\nn = 0\nwhile True:\n    n += 1\n" \
                  "    sys.audit('tick', n)"
        for _ in range(KILLS):
            process = subprocess.Popen(
                [sys.executable, "-X", f"audit={self.log}", "-c", program],
                env=environment())
            time.sleep(random.uniform(0.01, 0.15))
            process.send_signal(signal.SIGKILL)
            process.wait()
            if not os.path.exists(self.log):
                continue               # killed before it could open the log
            self.assert_complete(read_records(self.log))
            os.unlink(self.log)

    def test_every_child_continues_the_session(self):
        script = os.path.join(self.folder, "family.py")
        with open(script, "w", encoding="utf-8") as file:
            file.write(FAMILY)
        result = run_python("-X", f"audit={self.log}", script)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        records = read_records(self.log)
        self.assert_complete_family(records)
        marks = {r["args"][0]: r for r in records if r["event"] == "mark"}
        self.assertEqual(sorted(marks),
                         ["empty", "exec", "fork", "forkserver", "isolated",
                          "parent", "shell", "spawn", "spawned"])
        self.assertEqual(len({r["session"] for r in records}), 1)
        self.assertRegex(records[0]["session"], "^[0-9a-f]{16}$")

    def assert_complete_family(self, records):
        """Every image of a process numbers from 1."""
        last = {}
        for record in records:
            if record["event"] == "lucid.log.open":
                last[record["pid"]] = 0
            self.assertEqual(record["seq"], last.get(record["pid"], 0) + 1)
            last[record["pid"]] = record["seq"]

    def test_hooks_and_scopes_come_and_go_beside_the_log(self):
        # The table that tells who wants what is sealed while a log is kept.
        result = self.run_logged(
            "import lucid, os, sys\n"
            "for events in None, 's*', ['open'], 'lucid.os.*', '*', '':\n"
            "    sys.addaudithook(lambda e, a: None, events=events)\n"
            "    with lucid.audit_scope(lambda e, a: None, events):\n"
            "        sys.audit('s'); os.close(os.dup(1))\n"
            "import _xxsubinterpreters as sub\n"
            "one = sub.create()\n"
            "sub.run_string(one,"
            " 'import sys; sys.addaudithook(print, events=\"none\")')\n"
            "sub.destroy(one)\n"
            "sys.audit('last'); print('done')")
        self.assertEqual((result.returncode, result.stdout), (0, "done\n"))
        self.assertIn("last", [r["event"] for r in read_records(self.log)])

    @unittest.skipUnless(importlib.util.find_spec("_ctypes"), "no ctypes")
    def test_pages_of_the_log_cannot_be_made_writable(self):
        result = self.run_logged(UNSEAL)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        own, *answers = result.stdout.split()
        if own != "sealed":
            self.skipTest("no mseal here, or nothing to see of it")
        self.assertGreaterEqual(len(answers), 4)
        self.assertEqual(set(answers), {"-1"})

    def test_two_runs_are_two_sessions(self):
        self.run_logged("pass")
        self.run_logged("pass")
        self.assertEqual(len({r["session"] for r in read_records(self.log)}),
                         2)

    def test_program_neither_sees_nor_changes_the_session(self):
        result = self.run_logged(
            "import os\n"
            "name = 'LUCID_AUDIT_SESSION'\n"
            "print(name in os.environ, name.encode() in os.environb)\n"
            "for change in (lambda: os.putenv(name, 'x'),\n"
            "               lambda: os.environ.update({name: 'x'}),\n"
            "               lambda: os.unsetenv(name)):\n"
            "    try: change()\n"
            "    except PermissionError as error: print(error)\n"
            "os.environ['LUCID_AUDIT_SESSION_2'] = 'free'")
        self.assertEqual(result.stdout.splitlines(),
                         ["False False"] +
                         ["the audit session cannot be changed"] * 3)

    def test_session_that_leads_nowhere_stops_the_child(self):
        for value in (f"{'0' * 16}:{self.folder}/missing", "junk", "",
                      f"{'0' * 16}:relative", f"{'0' * 15}g:/x"):
            result = run_python("-I", "-c", "print(1)",
                                env={"LUCID_AUDIT_SESSION": value})
            self.assertEqual((result.returncode, result.stdout), (2, ""))
        self.assertEqual(os.listdir(self.folder), [])

    def test_origin_cannot_be_forged(self):
        self.run_logged(
            "import sys, glob, threading, types, importlib, marshal\n"
            "real = sys.audit\n"
            "name = glob.__file__\n"
            "glob.glob('genuine')\n"
            "real('glob.glob', 'plain')\n"
            "forged = compile('import sys; sys.audit(\"glob.glob\", how)',"
            " name, 'exec')\n"
            "exec(forged, {'how': 'compiled', '__name__': 'glob',"
            " '__file__': name})\n"
            "exec(marshal.loads(marshal.dumps(forged)), {'how': 'loaded'})\n"
            "exec(importlib._bootstrap_external._compile_bytecode("
            "marshal.dumps(forged), 'glob', name), {'how': 'bytecode'})\n"
            "threading.Thread(target=real, args=('glob.glob', 'gadget')).run()\n"
            "list(map(real, ['glob.glob'], ['map']))\n"
            "def lie(): sys.audit('glob.glob', 'replaced')\n"
            "types.FunctionType(lie.__code__.replace(co_filename=name),"
            " globals())()\n"
            "glob.__dict__['real'] = real\n"
            "exec('real(\"glob.glob\", \"inside\")', glob.__dict__)")
        origins = {r["args"][0]: r["origin"] for r in read_records(self.log)
                   if r["event"] == "glob.glob"}
        self.assertEqual(origins.pop("genuine"), "library")
        self.assertEqual(sorted(origins),
                         ["bytecode", "compiled", "gadget", "inside", "loaded",
                          "map", "plain", "replaced"])
        self.assertEqual(set(origins.values()), {"program"})

    def test_origin_of_nested_events_is_their_own(self):
        self.run_logged(
            "import sys\n"
            "sys.addaudithook(lambda e, a: e == 't' and"
            " open('/dev/null').close())\n"
            "sys.audit('t')")
        opened = [r for r in read_records(self.log) if r["event"] == "open" and
                  r["args"][0] == "/dev/null"]
        self.assertEqual([r["origin"] for r in opened], ["runtime"])

    def test_a_hundred_thousand_events_take_no_memory(self):
        result = run_python(
            "-X", "audit=/dev/null", "-c",
            "import resource, sys\n"
            "def peak(): return resource.getrusage("
            "resource.RUSAGE_SELF).ru_maxrss\n"
            "def work(count):\n"
            "    for n in range(count): sys.audit('t', n, 'text', b'x')\n"
            "work(1000)\n"
            "before = peak(); work(100_000); print(peak() - before)")
        self.assertLess(int(result.stdout), 512)      # KiB

    def test_origin_tells_the_runtime_from_the_program(self):
        self.run_logged("import sys; sys.audit('open', 'fake', 'r', 0);"
                        " open('/dev/null').close()")
        opens = {r["args"][0]: r["origin"] for r in read_records(self.log)
                 if r["event"] == "open"}
        self.assertEqual(opens["fake"], "program")
        self.assertEqual(opens["/dev/null"], "runtime")


@lucid_only("the log is an extension")
class SegmentTests(LogCase):
    """The mapped file: whoever shares, fills, cuts, moves or limits it."""

    def run_logged(self, source, *options):
        result = run_python(*options, "-X", f"audit={self.log}", "-c",
                            f"log = {self.log!r}\nimport os, sys\n" + source)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        return result.stdout

    def marks(self, path=None):
        return [r["args"][0] for r in read_records(path or self.log)
                if r["event"] == "mark"]

    def verify(self):
        result = run_python("-m", "lucid", "verify", self.log)
        return result.stdout + result.stderr

    def test_process_has_no_descriptor_of_it(self):
        output = self.run_logged(
            "for fd in map(int, os.listdir('/proc/self/fd')):\n"
            "    try: same = os.path.samestat(os.fstat(fd), os.stat(log))\n"
            "    except OSError: continue\n"
            "    if same: print(fd)")
        self.assertEqual(output, "")

    def test_file_grows_and_is_cut_to_its_records_in_the_end(self):
        self.run_logged("for n in range(5000): sys.audit('mark', n, 'x' * 100)")
        self.assertEqual(self.marks(), list(range(5000)))
        with open(self.log, "rb") as file:
            data = file.read()
        self.assertTrue(data.endswith(b"}\n"))
        self.assertNotIn(b"\0", data)
        self.assertEqual(self.verify(), "complete\n")

    def test_processes_that_write_at_once(self):
        self.run_logged(
            "children = []\n"
            "for child in range(6):\n"
            "    pid = os.fork()\n"
            "    if not pid:\n"
            "        for n in range(2000): sys.audit('mark', (child, n))\n"
            "        os._exit(0)\n"
            "    children.append(pid)\n"
            "for pid in children: os.waitpid(pid, 0)")
        marks = self.marks()
        for child in range(6):
            self.assertEqual([n for c, n in marks if c == child],
                             list(range(2000)))
        self.assertEqual(self.verify(), "complete\n")

    @unittest.skipUnless(importlib.util.find_spec("_ctypes"), "no ctypes")
    def test_child_that_nobody_was_told_of(self):
        fork = {"x86_64": 57}.get(os.uname().machine)
        if fork is None:
            self.skipTest("the number of fork is not known here")
        self.run_logged("import ctypes\n"
                        f"pid = ctypes.CDLL(None).syscall({fork})\n"
                        "sys.audit('mark', 'parent' if pid else 'child')\n"
                        "if not pid: os._exit(0)\n"
                        "os.waitpid(pid, 0)")
        self.assertEqual(sorted(self.marks()), ["child", "parent"])
        self.assertEqual(self.verify(), "complete\n")

    def test_file_that_the_program_cuts(self):
        # The mapping then ends in SIGBUS, whatever the program does about that.
        for handling in ("",
                         "signal.signal(signal.SIGBUS, signal.SIG_DFL)",
                         "signal.signal(signal.SIGBUS, signal.SIG_IGN)",
                         "signal.signal(signal.SIGBUS, print)",
                         "signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGBUS])",
                         "faulthandler.enable()"):
            for size in 0, 10, 70, 5000:
                with self.subTest(handling=handling, size=size):
                    self.run_logged("import faulthandler, signal\n"
                                    f"{handling}\n"
                                    f"os.truncate(log, {size})\n"
                                    "for n in range(300): sys.audit('mark', n)")
                    self.assertEqual(self.marks(), list(range(300)))
                    self.assertNotEqual(self.verify(), "complete\n")
                    os.unlink(self.log)

    def test_handlers_of_the_program_work(self):
        output = self.run_logged(
            "import signal\n"
            "print(signal.getsignal(signal.SIGBUS))\n"
            "signal.signal(signal.SIGBUS, lambda *args: print('called'))\n"
            "signal.raise_signal(signal.SIGBUS)\n"
            "signal.signal(signal.SIGBUS, signal.SIG_IGN)\n"
            "signal.raise_signal(signal.SIGBUS)\n"
            "signal.signal(signal.SIGBUS, signal.SIG_DFL)\n"
            "if not os.fork(): signal.raise_signal(signal.SIGBUS)\n"
            "print(os.WTERMSIG(os.wait()[1]) == signal.SIGBUS)")
        plain = run_python("-c", "import signal;"
                           " print(signal.getsignal(signal.SIGBUS))").stdout
        self.assertEqual(output.split(), [plain.strip(), "called", "True"])

    def test_file_that_the_program_removes(self):
        self.run_logged("os.unlink(log)\n"
                        "for n in range(3000): sys.audit('mark', n)")
        marks = self.marks()
        self.assertEqual(marks, list(range(marks[0], 3000)))
        self.assertGreater(len(marks), 1500)

    def test_file_that_another_replaces(self):
        # What stands at the path then is not the log, and stays as it is.
        self.run_logged("os.rename(log, log + '.1')\n"
                        "with open(log, 'w') as file: file.write('other')\n"
                        "for n in range(3000): sys.audit('mark', n)")
        with open(self.log, encoding="utf-8") as file:
            self.assertEqual(file.read(), "other")
        marks = self.marks(self.log + ".1")
        self.assertEqual(marks, list(range(len(marks))))
        self.assertGreater(len(marks), 100)

    def test_file_that_is_no_log_is_refused(self):
        with open(self.log, "w", encoding="utf-8") as file:
            file.write("something else\n")
        result = run_python("-X", f"audit={self.log}", "-c", "print(1)")
        self.assertEqual((result.returncode, result.stdout), (2, ""))
        self.assertIn("it is no audit log", result.stderr)
        with open(self.log, encoding="utf-8") as file:
            self.assertEqual(file.read(), "something else\n")

    def test_limits_that_the_program_sets_itself(self):
        self.run_logged("import resource\n"
                        "resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))\n"
                        "resource.setrlimit(resource.RLIMIT_NOFILE, (3, 3))\n"
                        "for n in range(5000): sys.audit('mark', n)")
        self.assertEqual(self.marks(), list(range(5000)))

    def test_limits_under_which_it_starts(self):
        for limit, size in ("AS", 300 << 20), ("NOFILE", 10), ("STACK", 1 << 20):
            with self.subTest(limit=limit):
                number = getattr(resource, f"RLIMIT_{limit}")
                hard = resource.getrlimit(number)[1]

                def run(*command):
                    return subprocess.run(
                        [sys.executable, *command],
                        preexec_fn=lambda: resource.setrlimit(number,
                                                              (size, hard)),
                        stderr=subprocess.PIPE, env=environment())

                if run("-c", "pass").returncode != 0:
                    self.skipTest("a sanitizer needs more")
                run("-X", f"audit={self.log}", "-c", "import sys\n"
                    "for n in range(2000): sys.audit('mark', n)")
                self.assertEqual(self.marks(), list(range(2000)))
                os.unlink(self.log)

    def test_records_that_do_not_fit_are_counted(self):
        limit = 600 << 10
        hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
        subprocess.run(
            [sys.executable, "-X", f"audit={self.log}", "-c",
             "import sys, resource\n"
             "for n in range(3000): sys.audit('mark', n, 'x' * 100)\n"
             "sys.addaudithook(lambda event, args: None)\n"
             f"resource.setrlimit(resource.RLIMIT_FSIZE, ({hard}, {hard}))\n"
             "sys.audit('mark', 'last')"],
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE,
                                                  (limit, hard)),
            env=environment(), check=True)
        records = read_records(self.log)
        kept = [r for r in records if r["event"] in
                ("mark", "sys.addaudithook", "resource.setrlimit")]
        lost = sum(r.get("lost", 0) for r in records)
        self.assertGreater(lost, 100)
        self.assertEqual(kept[-1]["args"][0], "last")
        self.assertEqual(len(kept) + lost, 3000 + 3)
        self.assertIn("records could not be written", self.verify())

    def test_killed_run_is_followed_by_another(self):
        subprocess.run([sys.executable, "-X", f"audit={self.log}", "-c",
                        "import os, sys; sys.audit('mark', 1); os.kill(os.getpid(), 9)"],
                       env=environment(), check=False)
        with open(self.log, "rb") as file:
            self.assertIn(b"\0", file.read())
        self.run_logged("sys.audit('mark', 2)")
        self.assertEqual(self.marks(), [1, 2])
        with open(self.log, "rb") as file:
            self.assertNotIn(b"\0", file.read())

    def test_half_a_record_is_left_out(self):
        self.run_logged("sys.audit('mark', 1)")
        with open(self.log, "r+b") as file:
            header = file.read(64)
            used = int(header[24:32], 32)
            torn = b'{"seq":1,"event":"ma' + bytes(50)
            file.seek(0)
            file.write(header.replace(header[24:32], base32(used + len(torn))))
            file.seek(used)
            file.write(torn)
        self.run_logged("sys.audit('mark', 2)")
        self.assertEqual(self.marks(), [1, 2])
        self.assertEqual(self.verify(), "complete\n")

    def test_a_hundred_thousand_events_take_no_memory(self):
        output = self.run_logged(
            "import resource\n"
            "def peak(): return resource.getrusage("
            "resource.RUSAGE_SELF).ru_maxrss\n"
            "def work(count):\n"
            "    for n in range(count): sys.audit('t', n, 'text', b'x')\n"
            "work(2000)\n"
            "before = peak(); work(100_000); print(peak() - before)")
        self.assertLess(int(output), 512)      # KiB

    def test_memory_that_cannot_be_mapped_is_a_descriptor(self):
        fifo = self.log + ".fifo"
        os.mkfifo(fifo)
        with subprocess.Popen([sys.executable, "-X", f"audit={fifo}", "-c",
                               "import sys; sys.audit('mark', 1)"],
                              env=environment()):
            self.assertEqual(self.marks(fifo), [1])


def base32(number):
    """Eight digits as in the header of a log."""
    digits = "0123456789abcdefghijklmnopqrstuv"
    return bytes(ord(digits[number >> shift & 31])
                 for shift in range(35, -1, -5))


@lucid_only("the package lucid is an extension")
class ReportTests(unittest.TestCase):
    def report(self, source):
        with tempfile.TemporaryDirectory() as folder:
            log = os.path.join(folder, "log")
            run_python("-X", f"audit={log}", "-c", source)
            result = run_python("-m", "lucid", "report", log)
            self.assertEqual((result.returncode, result.stderr), (0, ""))
            return result.stdout

    def test_files_are_listed_by_what_was_done(self):
        text = self.report("open('/dev/null').close();"
                           " open('/dev/zero', 'w').close()")
        reading = text.index("Files opened for reading")
        writing = text.index("Files opened for writing")
        self.assertLess(reading, text.index("\n    /dev/null"))
        self.assertLess(writing, text.index("\n    /dev/zero"))

    def test_processes_and_dynamic_code_are_listed(self):
        text = self.report("import os; os.system('true'); exec('1 + 1')")
        self.assertIn("os.system: true", text)
        self.assertIn("Dynamic code", text)

    def test_log_that_is_none_is_refused(self):
        result = run_python("-m", "lucid", "report", "-", stdin="x\ny\n")
        self.assertEqual(result.returncode, 2)
        self.assertIn("is not a record", result.stderr)


@lucid_only("the package lucid is an extension")
class VerifyTests(LogCase):
    """python3 -m lucid verify, on a log to which something was done."""

    def record(self, source):
        run_python("-X", f"audit={self.log}", "-c", source)

    def verify(self):
        result = run_python("-m", "lucid", "verify", self.log)
        self.assertEqual(result.stderr, "")
        return result.returncode, result.stdout

    def change(self, function):
        with open(self.log, "rb") as file:
            lines = file.read().splitlines(keepends=True)
        with open(self.log, "wb") as file:
            file.write(b"".join(function(lines)))

    def test_whole_log_is_complete(self):
        self.record("import os, subprocess, sys\n"
                    "if not os.fork(): os._exit(0)\n"
                    "os.wait()\n"
                    "subprocess.run([sys.executable, '-c', 'pass'])\n"
                    "os.execl(sys.executable, 'python3', '-c', 'pass')")
        self.record("pass")
        self.assertEqual(self.verify(), (0, "complete\n"))

    def test_changed_record_is_found(self):
        self.record("open('/dev/null').close()")
        self.change(lambda lines: [line.replace(b'"/dev/null"', b'"/dev/nuii"')
                                   for line in lines])
        status, text = self.verify()
        self.assertEqual((status, text.count("has been changed")), (1, 1))

    def test_missing_record_is_found(self):
        self.record("pass")
        self.change(lambda lines: lines[:5] + lines[6:])
        status, text = self.verify()
        self.assertEqual(status, 1)
        self.assertIn("record 5 expected, 6 found", text)

    def test_cut_log_is_found(self):
        self.record("pass")
        self.change(lambda lines: lines[:-1])
        status, text = self.verify()
        self.assertEqual(status, 1)
        self.assertIn("its end is not in the log", text)

    def test_forged_record_is_found(self):
        self.record("pass")
        self.change(lambda lines: lines[:3] + [lines[2]] + lines[3:])
        status, text = self.verify()
        self.assertEqual(status, 1)
        self.assertIn("record 3 expected, 2 found", text)

    def test_killed_process_is_found(self):
        self.record("import os; os.kill(os.getpid(), 9)")
        status, text = self.verify()
        self.assertEqual((status, text.count("\n")), (1, 1))
        self.assertIn("it was killed, or the log is cut", text)



if __name__ == "__main__":
    unittest.main()
