"""The lucid.* events: each row of audit_events.def is raised with its arguments,
before its operation, which does not happen when a hook refuses."""
import ast
import importlib.util
import inspect
import json
import os
import pickle
import re
import tempfile
import unittest

from event_triggers import ENDS, TRIGGERS
from support import lucid_only, run_python

TESTS = os.path.dirname(os.path.abspath(__file__))
TABLE = os.path.join(os.path.dirname(TESTS), "Include", "internal",
                     "audit_events.def")

# Runs all triggers in one process; prints [[index, problem], ...] as JSON.
RUNNER = """
import sys
sys.path.insert(0, sys.argv[1])
events, mode = [], None

class Refused(Exception):
    pass

def hook(event, args):
    global mode
    if mode is None or event != trigger.event:
        return
    doing, mode = mode, None
    events.append(args)
    if trigger.before and not holds():
        problems.append("the event came after the operation")
    if doing == "refuse":
        raise Refused
    mode = doing

def holds():
    try:
        return bool(eval(before, names))
    except (OSError, LookupError):
        return False

def plain(value):
    if isinstance(value, tuple):
        return tuple(map(plain, value))
    if isinstance(value, set):
        return set(map(plain, value))
    return int(value) if isinstance(value, enum.IntEnum) else value

def act(doing):
    global mode
    del events[:]
    mode = doing
    try:
        exec(code, names)
    except (OSError, Refused) as error:
        return error
    finally:
        mode = None

def run():
    global mode
    exec(trigger.setup, names)
    if trigger.before and not holds():
        problems.append("`before` does not hold at the start")
    error = act("refuse")
    if not isinstance(error, Refused):
        problems.append(f"refusal did not arrive: {error!r}")
    if trigger.before and not holds():
        problems.append("the operation happened in spite of a refusal")
    exec(trigger.cleanup, names)
    error = act("record")
    if isinstance(error, Refused):
        problems.append("refused without being asked")
    if not events:
        problems.append("no event")
        return
    names["args"] = events[0]
    expected = plain(eval(trigger.args, names))
    if expected != events[0] or str(expected) != str(events[0]):
        problems.append(f"arguments {events[0]!r} instead of {expected!r}")
    if trigger.before and error is None and holds():
        problems.append("nothing happened although nobody refused")
    exec(trigger.cleanup, names)

import _imp, _socket, _thread, atexit, codecs, enum, faulthandler, gc
import importlib.util
import json, os, pathlib, select, signal, socket, subprocess, time, traceback
import types
import lucid
from event_triggers import TRIGGERS
start = os.getcwd()
sys.addaudithook(hook, events=["lucid.*"])
found = []
for index in map(int, sys.argv[2:]):
    trigger = TRIGGERS[index]
    code = compile(trigger.act, "<act>", "exec")
    before = trigger.before and compile(trigger.before, "<before>", "eval")
    problems = []
    names = dict(globals())
    os.mkdir(os.path.join(start, str(index)))
    os.chdir(os.path.join(start, str(index)))
    os.symlink("file", "link")
    with open("file", "w") as file:
        file.write("plain text\\n")
    try:
        for module in trigger.needs.split():
            names[module.lstrip("_")] = __import__(module.lstrip("_"))
    except ImportError:
        pass
    try:
        for module in trigger.needs.split():
            names[module] = __import__(module)
        run()
    except Exception:
        problems.append(traceback.format_exc())
    found += [[index, problem] for problem in problems]
print("@@", json.dumps(found))
"""


def rows():
    """{event: number of arguments} of the lucid.* rows."""
    with open(TABLE, encoding="utf-8") as file:
        found = re.findall(r'^EVENT(?:_ON_REQUEST)?\(\w+, "(lucid\.[\w.]+)",'
                           r'\s+"([^"]*)"', file.read(), re.M)
    return {name: len(re.findall(r"[\w.]+: ", arguments))
            for name, arguments in found}


def is_present(trigger):
    return all(importlib.util.find_spec(module)
               for module in trigger.needs.split())


@lucid_only("the events are additions")
class TableTests(unittest.TestCase):
    def test_every_row_has_a_trigger(self):
        tried = {trigger.event for trigger in TRIGGERS}
        tried |= {event for event, *rest in ENDS}
        self.assertEqual(sorted(rows()), sorted(tried))


@lucid_only("the events are additions")
class TriggerTests(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        indices = [str(i) for i, trigger in enumerate(TRIGGERS)
                   if is_present(trigger)]
        with tempfile.TemporaryDirectory() as folder:
            cls.result = run_python("-c", f"import os; os.chdir({folder!r})\n"
                                    + RUNNER, TESTS, *indices, timeout=120)
        cls.tried = {int(index) for index in indices}

    def test_arguments_order_and_refusal_of_each(self):
        lines = [line[3:] for line in self.result.stdout.splitlines()
                 if line.startswith("@@ ")]
        self.assertEqual(self.result.returncode, 0, self.result.stderr[-3000:])
        for index, problem in json.loads(lines[0]):
            with self.subTest(event=TRIGGERS[index].event,
                              act=TRIGGERS[index].act):
                self.fail(problem)

    def test_expected_arguments_are_as_many_as_the_row_says(self):
        numbers = rows()
        for trigger in TRIGGERS:
            with self.subTest(event=trigger.event, act=trigger.act):
                display = ast.parse(trigger.args, mode="eval").body
                self.assertEqual(len(display.elts), numbers[trigger.event])


@lucid_only("the events are additions")
class EndTests(unittest.TestCase):
    def test_end_of_the_process_is_announced_and_can_be_refused(self):
        for event, act, args, status in ENDS:
            with self.subTest(event=event):
                source = (
                    "import os, resource, sys\n"
                    "resource.setrlimit(resource.RLIMIT_CORE, (0, 0))\n"
                    "refuse = True\n"
                    "def hook(name, args):\n"
                    f"    if name == {event!r}:\n"
                    "        os.write(1, repr(args).encode() + b'\\n')\n"
                    "        if refuse: raise KeyError\n"
                    "sys.addaudithook(hook)\n"
                    f"try: {act}\n"
                    "except KeyError: refuse = False\n"
                    f"{act}\n")
                result = run_python("-c", source)
                self.assertEqual(result.stdout.splitlines(), [repr(args)] * 2)
                self.assertEqual(result.returncode, status)


def events_of(source, *patterns):
    """Names of the events that `act()` of the source raises."""
    result = run_python("-c", f"""
import sys
events, active = [], False
def hook(event, args):
    if active: events.append(event)
sys.addaudithook(hook, events={list(patterns)!r})
{source}
active = True
try:
    act()
finally:
    active = False
    print(*events, sep='\\n')
""")
    if result.returncode:
        raise AssertionError(result.stderr)
    return result.stdout.split()


@lucid_only("the events are additions")
class AssignmentTests(unittest.TestCase):
    def test_where_python_has_an_event_there_is_no_second_one(self):
        for statement in ("Class.__name__ = 'x'", "Class.__qualname__ = 'x'",
                          "Class.__module__ = 'x'", "Class.__doc__ = 'x'",
                          "function.__defaults__ = ()",
                          "function.__kwdefaults__ = {}",
                          "module.__class__ = Module"):
            with self.subTest(statement=statement):
                self.assertEqual(
                    events_of("import types\n"
                              "class Class: pass\n"
                              "class Module(types.ModuleType): pass\n"
                              "module = types.ModuleType('m')\n"
                              "def function(): pass\n"
                              f"def act(): {statement}\n",
                              "object.*", "lucid.object.*"),
                    ["object.__setattr__"])

    def test_jump_of_a_trace_function_is_announced(self):
        events = events_of("""
def traced():
    made = []
    made.append(1)
    made.append(2)
    return made
def trace(frame, event, arg):
    if event == "line" and frame.f_lineno == first + 2:
        frame.f_lineno = first + 3
    return trace
first = traced.__code__.co_firstlineno
def act():
    sys.settrace(lambda frame, event, arg:
                 trace if frame.f_code is code else None)
    try:
        assert traced() == [2]
    finally:
        sys.settrace(None)
code = traced.__code__
""", "lucid.object.__setattr__")
        self.assertEqual(events, ["lucid.object.__setattr__"])

    def test_closures_and_calls_read_their_own_variables_silently(self):
        events = events_of("""
def outer():
    value = 1
    def inner():
        nonlocal value
        value += 1
        return value, locals(), globals()
    return inner
act = outer()
""", "lucid.object.*", "lucid.frame.*")
        self.assertEqual(events, [])


@lucid_only("the events are additions")
class OwnCallTests(unittest.TestCase):
    """What the runtime does for itself, and hooks that do the same again."""

    def test_abstract_classes_look_at_their_subclasses_silently(self):
        self.assertEqual(
            events_of("import abc\n"
                      "class Base(abc.ABC): pass\n"
                      "class Derived(Base): pass\n"
                      "def act(): issubclass(int, Base)\n",
                      "lucid.type.*"), [])

    def test_abstract_class_with_subclasses_of_its_own(self):
        self.assertEqual(
            events_of("import abc\n"
                      "class Base(abc.ABC):\n"
                      "    @classmethod\n"
                      "    def __subclasses__(cls): return [int]\n"
                      "def act(): assert issubclass(bool, Base)\n",
                      "lucid.type.*"), [])

    def test_hook_that_asks_the_same_entry(self):
        # The inner answer used to be overwritten without being released.
        result = run_python("-c", """
import os, sys
asked = []
def hook(event, args):
    if not asked:
        asked.append(None)
        asked[0] = entry.stat(follow_symlinks=False)
sys.addaudithook(hook, events=["lucid.os.stat"])
entry = next(os.scandir("/"))
answer = entry.stat(follow_symlinks=False)
print(answer is asked[0], sys.getrefcount(asked[0]))
""")
        self.assertEqual(result.stdout, "False 2\n", result.stderr)


@lucid_only("the events are additions")
class ImportTests(unittest.TestCase):
    def test_modules_that_come_and_go_are_no_replacement(self):
        self.assertEqual(
            events_of("import hmac\n"
                      "def act():\n"
                      "    sys.modules['mine'] = sys\n"
                      "    del sys.modules['hmac']\n"
                      "    import hmac\n"
                      "    import colorsys\n", "lucid.import.replaced"), [])

    def test_module_planted_before_its_first_import(self):
        self.assertEqual(
            events_of("import types\n"
                      "def act():\n"
                      "    sys.modules['hmac'] = types.ModuleType('hmac')\n"
                      "    import hmac\n", "lucid.import.replaced"),
            ["lucid.import.replaced"])

    def test_hook_that_imports_hears_of_a_change_once(self):
        result = run_python("-c", """
import sys
def hook(event, args):
    import colorsys
    print(event)
sys.addaudithook(hook, events=["lucid.import.[fr][ie][np]*"])
sys.meta_path.append(None.__class__)
sys.modules["os"] = sys
import sndhdr
""")
        self.assertEqual(result.stdout.split(),
                         ["lucid.import.replaced", "lucid.import.finders"])

    def test_refused_change_is_announced_again(self):
        result = run_python("-c", """
import sys
def hook(event, args):
    print(event)
    raise ImportError("not this one")
sys.addaudithook(hook, events=["lucid.import.finders"])
sys.path_hooks.insert(0, int)
for i in range(2):
    try: import colorsys
    except ImportError as error: print(error)
""")
        self.assertEqual(result.stdout.splitlines(),
                         ["lucid.import.finders", "not this one"] * 2)


@lucid_only("these libraries are announced by the runtime")
class ForeignModuleTests(unittest.TestCase):
    def test_functions_look_and_pickle_as_before(self):
        import ssl
        method = ssl.SSLContext.__base__.load_cert_chain

        self.assertEqual(type(method).__name__, "method_descriptor")
        self.assertEqual(list(inspect.signature(method).parameters),
                         ["self", "certfile", "keyfile", "password"])
        self.assertIs(pickle.loads(pickle.dumps(ssl._ssl._test_decode_cert)),
                      ssl._ssl._test_decode_cert)
        self.assertEqual(ssl._ssl._test_decode_cert.__self__, ssl._ssl)

    def test_attribute_is_read_as_before(self):
        import ssl
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)

        self.assertIsNone(context.keylog_filename)
        with self.assertRaises(TypeError):
            context.keylog_filename = 1

    def test_override_calls_the_original(self):
        import sqlite3

        class Cursor(sqlite3.Cursor):
            def execute(self, sql, *args):
                return super().execute(sql.replace("ONE", "1"), *args)

        database = sqlite3.connect(":memory:")
        cursor = database.cursor(Cursor)
        self.assertEqual(cursor.execute("select ONE").fetchall(), [(1,)])
        database.close()

    def test_wrong_arguments_fail_as_before(self):
        import ssl
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)

        with self.assertRaisesRegex(TypeError, "missing required argument"):
            context.load_cert_chain()
        with self.assertRaises(TypeError):
            context.load_dh_params(1, 2)
        with self.assertRaises(TypeError):
            context.load_verify_locations(*range(40))

    def test_path_is_what_was_announced(self):
        result = run_python("-c", """
import ssl, sys
class Path:
    names = ["announced", "other"]
    def __fspath__(self): return self.names.pop(0)
sys.addaudithook(lambda *args: print(*args[1][1:]), events=["lucid.ssl.*"])
context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
try: context.load_dh_params(Path())
except FileNotFoundError: print(Path.names)
""")
        self.assertEqual(result.stdout.splitlines(),
                         ["announced", "['other']"])

    def test_other_interpreters_and_second_imports_are_announced(self):
        result = run_python("-c", """
import sys, _xxsubinterpreters as interpreters, importlib
import termios
def hook(event, args): print(event)
source = '''
import sys, termios
def hook(event, args): print(event, flush=True)
sys.addaudithook(hook, events=["lucid.termios.*"])
try: termios.tcsetattr(-1, 0, [])
except (termios.error, ValueError, TypeError): pass
'''
number = interpreters.create()
interpreters.run_string(number, source)
del sys.modules["termios"]
exec(source)
""")
        self.assertEqual(result.stderr, "")
        self.assertEqual(result.stdout.split(), ["lucid.termios.tcsetattr"] * 2)


if __name__ == "__main__":
    unittest.main()
