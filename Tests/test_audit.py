"""Hooks of PEP 578: adding them, what they receive, what they can refuse."""
import importlib.util
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import textwrap
import unittest

from support import lucid_only, run_python


HAS_CTYPES = importlib.util.find_spec("_ctypes") is not None
SOURCE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def run(source):
    """The lines a program prints; fails unless it ends well."""
    result = run_python("-c", source)
    if result.returncode:
        raise AssertionError(result.stderr)
    return result.stdout.splitlines()


class PythonHookTests(unittest.TestCase):
    def test_hook_receives_event_and_arguments(self):
        lines = run("import sys\n"
                    "sys.addaudithook(lambda e, a: e == 't' and print(e, a))\n"
                    "sys.audit('t', 1, 'two')\n"
                    "sys.audit('t')")
        self.assertEqual(lines, ["t (1, 'two')", "t ()"])

    def test_hooks_run_in_the_order_of_their_addition(self):
        lines = run("import sys\n"
                    "for n in 1, 2, 3:\n"
                    "    sys.addaudithook("
                    "lambda e, a, n=n: e == 't' and print(n))\n"
                    "sys.audit('t')")
        self.assertEqual(lines, ["1", "2", "3"])

    def test_first_exception_ends_the_event(self):
        lines = run("import sys\n"
                    "def veto(e, a):\n"
                    "    if e == 't': raise KeyError('no')\n"
                    "sys.addaudithook(veto)\n"
                    "sys.addaudithook(lambda e, a: e == 't' and print('late'))\n"
                    "try: sys.audit('t')\n"
                    "except KeyError as error: print(error)")
        self.assertEqual(lines, ["'no'"])

    def test_refused_open_does_not_happen(self):
        lines = run("import sys, os, tempfile\n"
                    "path = os.path.join(tempfile.mkdtemp(), 'f')\n"
                    "def veto(e, a):\n"
                    "    if e == 'open' and a[0] == path:\n"
                    "        raise PermissionError('refused')\n"
                    "sys.addaudithook(veto)\n"
                    "try: open(path, 'w')\n"
                    "except PermissionError as error: print(error)\n"
                    "print(os.path.exists(path))")
        self.assertEqual(lines, ["refused", "False"])

    def test_new_hook_is_refused_silently_by_an_exception(self):
        lines = run("import sys\n"
                    "def veto(e, a):\n"
                    "    if e == 'sys.addaudithook': raise RuntimeError\n"
                    "sys.addaudithook(veto)\n"
                    "sys.addaudithook(lambda e, a: e == 't' and print('in'))\n"
                    "sys.audit('t'); print('done')")
        self.assertEqual(lines, ["done"])

    def test_pending_exception_survives_the_hooks(self):
        lines = run("import sys\n"
                    "sys.addaudithook(lambda e, a: None)\n"
                    "try:\n"
                    "    try: 1 / 0\n"
                    "    finally: sys.audit('t')\n"
                    "except ZeroDivisionError: print('kept')")
        self.assertEqual(lines, ["kept"])

    def test_tracing_is_off_inside_a_hook(self):
        lines = run("import sys\n"
                    "seen = []\n"
                    "def hook(e, a):\n"
                    "    if e == 't': inner()\n"
                    "def inner(): pass\n"
                    "def trace(frame, event, arg):\n"
                    "    seen.append(frame.f_code.co_name)\n"
                    "sys.addaudithook(hook)\n"
                    "sys.settrace(trace)\n"
                    "sys.audit('t')\n"
                    "sys.settrace(None)\n"
                    "print('inner' in seen)")
        self.assertEqual(lines, ["False"])

    def test_event_must_be_text(self):
        lines = run("import sys\n"
                    "sys.addaudithook(lambda e, a: None)\n"
                    "try: sys.audit(1)\n"
                    "except TypeError as error: print(error)")
        self.assertEqual(lines,
                         ["expected str for argument 'event', not int"])

    def test_hooks_are_not_to_be_found_by_the_collector(self):
        lines = run("import sys, gc\n"
                    "class Hook:\n"
                    "    def __call__(self, event, args): pass\n"
                    "sys.addaudithook(Hook())\n"
                    "print(any(type(o).__name__ == 'list' and any("
                    "type(i) is Hook for i in o) for o in gc.get_objects()))")
        self.assertEqual(lines, ["False"])


class HostileHookTests(unittest.TestCase):
    """Hooks that misbehave: the event fails or goes on, nothing else."""

    def test_any_exception_refuses_the_event(self):
        lines = run("import sys\n"
                    "class Own(BaseException): pass\n"
                    "def hook(e, a):\n"
                    "    if e == 't': raise a[0]\n"
                    "sys.addaudithook(hook)\n"
                    "for error in (Own, KeyboardInterrupt, GeneratorExit,\n"
                    "              SystemExit, StopIteration, MemoryError,\n"
                    "              RecursionError):\n"
                    "    try: sys.audit('t', error)\n"
                    "    except error as caught: print(type(caught).__name__)")
        self.assertEqual(lines, ["Own", "KeyboardInterrupt", "GeneratorExit",
                                 "SystemExit", "StopIteration", "MemoryError",
                                 "RecursionError"])

    def test_what_a_hook_returns_means_nothing(self):
        lines = run("import sys\n"
                    "answers = iter([None, -1, 'junk', NotImplemented, sys])\n"
                    "sys.addaudithook(lambda e, a: next(answers)\n"
                    "                 if e == 't' else None)\n"
                    "for n in range(5): print(sys.audit('t'))")
        self.assertEqual(lines, ["None"] * 5)

    def test_system_exit_in_a_hook_ends_the_program(self):
        result = run_python("-c", "import sys\n"
                            "def hook(e, a):\n"
                            "    if e == 't': raise SystemExit(7)\n"
                            "sys.addaudithook(hook)\n"
                            "sys.audit('t')\n"
                            "print('reached')")
        self.assertEqual((result.returncode, result.stdout), (7, ""))

    def test_arguments_may_be_mutated_and_deleted(self):
        lines = run("import sys\n"
                    "def hook(e, a):\n"
                    "    if e == 't': a[0].clear()\n"
                    "    if e == 'exec': del a\n"
                    "sys.addaudithook(hook)\n"
                    "items = [1, 2]\n"
                    "sys.audit('t', items)\n"
                    "exec('print(items)')")
        self.assertEqual(lines, ["[]"])

    def test_recursion_without_end_is_a_recursion_error(self):
        lines = run("import sys\n"
                    "sys.addaudithook(lambda e, a: e == 't' and sys.audit('t'))\n"
                    "try: sys.audit('t')\n"
                    "except RecursionError: print('ended')")
        self.assertEqual(lines, ["ended"])

    def test_hook_that_adds_hooks_is_followed_by_them(self):
        lines = run("import sys\n"
                    "def hook(e, a):\n"
                    "    if e == 't' and a[0] < 40:\n"
                    "        sys.addaudithook(lambda e, a: None)\n"
                    "        sys.audit('t', a[0] + 1)\n"
                    "sys.addaudithook(hook)\n"
                    "sys.addaudithook(lambda e, a: e == 't' and print(a[0]))\n"
                    "sys.audit('t', 38)")
        self.assertEqual(lines, ["40", "39", "38"])

    def test_hooks_that_import_open_sleep_and_fork(self):
        lines = run("import sys, os, time\n"
                    "busy = False\n"
                    "def hook(e, a):\n"
                    "    global busy\n"
                    "    if busy or e != 't': return\n"
                    "    busy = True\n"
                    "    import colorsys\n"
                    "    open('/dev/null').close()\n"
                    "    time.sleep(0.01)\n"
                    "    pid = os.fork()\n"
                    "    if pid == 0: os._exit(3)\n"
                    "    print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))\n"
                    "    busy = False\n"
                    "sys.addaudithook(hook)\n"
                    "sys.audit('t'); sys.audit('t')")
        self.assertEqual(lines, ["3", "3"])

    def test_hook_that_lies_about_itself(self):
        lines = run("import sys\n"
                    "class Hook:\n"
                    "    def __call__(self, event, args):\n"
                    "        if event == 't': print('called')\n"
                    "    def __getattr__(self, name): raise AttributeError\n"
                    "    def __eq__(self, other): raise MemoryError\n"
                    "    def __repr__(self): raise MemoryError\n"
                    "    def __bool__(self): raise MemoryError\n"
                    "    @property\n"
                    "    def __class__(self): raise MemoryError\n"
                    "sys.addaudithook(Hook())\n"
                    "sys.audit('t')")
        self.assertEqual(lines, ["called"])

    def test_cantrace_that_raises_fails_the_event(self):
        lines = run("import sys\n"
                    "class Hook:\n"
                    "    def __call__(self, event, args):\n"
                    "        if event == 't': print('called')\n"
                    "    @property\n"
                    "    def __cantrace__(self):\n"
                    "        if armed: raise KeyError('cantrace')\n"
                    "        return True\n"
                    "armed = False\n"
                    "sys.addaudithook(Hook())\n"
                    "armed = True\n"
                    "try: sys.audit('t')\n"
                    "except KeyError as error: caught = error\n"
                    "armed = False\n"
                    "print(caught)\n")
        self.assertEqual(lines, ["'cantrace'"])

    def test_threads_audit_while_hooks_are_added(self):
        lines = run("import sys, threading\n"
                    "seen = []\n"
                    "def work(n):\n"
                    "    sys.addaudithook(lambda e, a: e == 't' and"
                    " seen.append(a[0]))\n"
                    "    for i in range(200): sys.audit('t', n)\n"
                    "threads = [threading.Thread(target=work, args=(n,))"
                    " for n in range(16)]\n"
                    "for t in threads: t.start()\n"
                    "for t in threads: t.join()\n"
                    "del seen[:]\n"
                    "sys.audit('t', 1)\n"
                    "print(len(seen))")
        self.assertEqual(lines, ["16"])

    def test_event_names_may_be_anything_that_encodes(self):
        lines = run("import sys\n"
                    "names = []\n"
                    "sys.addaudithook(lambda e, a: names.append(e)\n"
                    "                 if a == (0,) else None)\n"
                    "class Text(str): pass\n"
                    "for name in '', 'x' * 100000, 'a\\0b', '\\u20ac', Text('s'):\n"
                    "    sys.audit(name, 0)\n"
                    "try: sys.audit('\\ud800', 0)\n"
                    "except UnicodeEncodeError: print('refused')\n"
                    "print([n[:4] for n in names], type(names[-1]).__name__)")
        self.assertEqual(lines, ["refused",
                                 "['', 'xxxx', 'a', '\u20ac', 's'] str"])

    def test_events_of_finalizers_at_the_end_still_arrive(self):
        # What only the hook's own module holds lives as long as the hook, and
        # so ends unheard by it (a C hook hears that, too).
        lines = run("import collections, os, sys\n"
                    "def hook(e, a, write=os.write):\n"
                    "    if e == 'late': write(1, b'heard %d\\n' % a)\n"
                    "sys.addaudithook(hook)\n"
                    "class Late:\n"
                    "    def __init__(self, n): self.n = n\n"
                    "    def __del__(self, audit=sys.audit):\n"
                    "        audit('late', self.n)\n"
                    "unheard = Late(1)\n"
                    "collections.late = Late(2)\n"
                    "sys.late = Late(3)")
        self.assertEqual(sorted(lines), ["heard 2", "heard 3"])


@lucid_only("the reference accepts anything and fails every later event")
class MistakeTests(unittest.TestCase):
    def test_hook_that_cannot_be_called_is_refused_at_once(self):
        for mistake in None, 3, "print", [], object():
            with self.assertRaisesRegex(TypeError, "hook must be callable"):
                sys.addaudithook(mistake, events=None)
        sys.audit("test.still.fine")

    def test_hook_that_cannot_be_called_does_not_end_the_prompt(self):
        result = subprocess.run(
            [sys.executable, "-iq"], text=True, capture_output=True,
            input="import sys\nsys.addaudithook(None)\nprint('alive')\n")
        self.assertIn("TypeError: hook must be callable, not NoneType",
                      result.stderr)
        self.assertEqual(result.stdout, "alive\n")

    def test_wrong_calls_add_nothing(self):
        for call in (lambda: sys.addaudithook(),
                     lambda: sys.addaudithook(print, print),
                     lambda: sys.addaudithook(print, event="x"),
                     lambda: sys.addaudithook(print, events=3),
                     lambda: sys.addaudithook(print, events=[b"x"])):
            self.assertRaises(TypeError, call)
        with self.assertRaisesRegex(ValueError, "null character"):
            sys.addaudithook(print, events="a\0b")
        with self.assertRaises(UnicodeEncodeError):
            sys.addaudithook(print, events="\ud800")


@lucid_only("subscriptions are an extension")
class SubscriptionTests(unittest.TestCase):
    def test_hook_hears_only_the_events_it_asked_for(self):
        lines = run("import sys\n"
                    "sys.addaudithook(lambda e, a: print(e), events=['t.*'])\n"
                    "sys.audit('t.one'); sys.audit('u'); sys.audit('t.two')")
        self.assertEqual(lines, ["t.one", "t.two"])

    def test_events_must_be_text(self):
        with self.assertRaisesRegex(TypeError, "events must contain str"):
            sys.addaudithook(print, events=[1])

    def test_events_on_request_come_only_to_who_names_them(self):
        lines = run("import os, sys\n"
                    "sys.addaudithook(lambda e, a: 'dup' in e and print('all'))\n"
                    "sys.addaudithook(lambda e, a: print('one', e, a),\n"
                    "                 events='lucid.os.du?')\n"
                    "os.close(os.dup(1))")
        self.assertEqual(lines, ["one lucid.os.dup (1,)"])

    def test_glob_with_many_stars_takes_no_time(self):
        run("import sys\n"
            "sys.addaudithook(print, events='*a' * 2000 + 'b')\n"
            "sys.audit('a' * 4000)")

    def test_refusal_is_raised_where_events_are_given(self):
        lines = run("import sys\n"
                    "def veto(e, a):\n"
                    "    if e == 'sys.addaudithook': raise ValueError('no')\n"
                    "sys.addaudithook(veto)\n"
                    "print(sys.addaudithook(print))\n"
                    "try: sys.addaudithook(print, events=['*'])\n"
                    "except ValueError as error: print(error)\n"
                    "sys.audit('t')")
        self.assertEqual(lines, ["None", "no"])

    def test_subscription_of_another_interpreter_is_its_own(self):
        lines = run("import sys, _xxsubinterpreters as sub\n"
                    "sys.addaudithook(lambda e, a: print(e), events='t.*')\n"
                    "sub.run_string(sub.create(),\n"
                    "    'import sys; sys.audit(\"t.inner\")')\n"
                    "sys.audit('t.outer')")
        self.assertEqual(lines, ["t.outer"])


@lucid_only("what cannot be undone from inside is Lucid's")
class ProtectionTests(unittest.TestCase):
    SILENCE = {
        "assigned": "sys.audit = lambda *a: None",
        "deleted": "del sys.audit",
        "in the dictionary": "sys.__dict__['audit'] = lambda *a: None",
        "in the library's global": "glob.sys = types.SimpleNamespace("
                                   "audit=lambda *a: None)",
        "before the import": "fake = types.ModuleType('sys')\n"
                             "fake.__dict__.update(sys.__dict__)\n"
                             "fake.audit = lambda *a: None\n"
                             "sys.modules['sys'] = fake\n"
                             "del sys.modules['glob']\n"
                             "import glob",
    }

    def test_library_cannot_be_silenced_by_changing_sys_audit(self):
        for how, change in self.SILENCE.items():
            with self.subTest(how):
                lines = run("import glob, sys, types\n"
                            "sys.addaudithook(lambda e, a: e == 'glob.glob'\n"
                            "                 and print(a[0]))\n"
                            f"{change}\n"
                            "for n in range(100): glob.glob('nothing')")
                self.assertEqual(lines, ["nothing"] * 100)

    def test_other_code_gets_what_was_assigned(self):
        lines = run("import sys\n"
                    "sys.audit = print\n"
                    "def method():\n"
                    "    import sys\n"
                    "    sys.audit('local')\n"
                    "for n in range(20): sys.audit('mine'); method()")
        self.assertEqual(lines, ["mine", "local"] * 20)

    def test_function_and_variables_of_a_hook_are_not_the_collectors(self):
        lines = run("import gc, sys, types\n"
                    "def make():\n"
                    "    enabled = 'xyz' + str(len(sys.path))\n"
                    "    def hook(event, args):\n"
                    "        if event == 't': print(enabled[:3])\n"
                    "    return hook\n"
                    "sys.addaudithook(make())\n"
                    "gc.collect()\n"
                    "for thing in gc.get_objects():\n"
                    "    if type(thing) is types.CellType:\n"
                    "        try: value = thing.cell_contents\n"
                    "        except ValueError: continue\n"
                    "        if isinstance(value, str) and value[:3] == 'xyz':\n"
                    "            print('cell')\n"
                    "    if getattr(thing, '__qualname__', '') =="
                    " 'make.<locals>.hook':\n"
                    "        print('hook')\n"
                    "print('searched')\n"
                    "sys.audit('t')")
        self.assertEqual(lines, ["searched", "xyz"])

    def test_hooks_cannot_be_cleared_through_ctypes(self):
        lines = run("import ctypes, sys\n"
                    "sys.addaudithook(lambda e, a: e == 't' and print('there'))\n"
                    "clear = ctypes.pythonapi._PySys_ClearAuditHooks\n"
                    "clear(ctypes.c_void_p("
                    "ctypes.pythonapi.PyThreadState_Get()))\n"
                    "sys.audit('t')") if HAS_CTYPES else ["there"]
        self.assertEqual(lines, ["there"])


@lucid_only("the package lucid is an extension")
class ScopeTests(unittest.TestCase):
    def observed(self, source):
        return run("import gc, lucid, sys\n"
                   "def show(event, args): print(event, *args)\n" + source)

    def test_scope_observes_what_it_asked_for_until_it_is_left(self):
        lines = self.observed("with lucid.audit_scope(show, events=['t*']):\n"
                              "    sys.audit('t', 1); sys.audit('u', 2)\n"
                              "    sys.audit('tt', 3)\n"
                              "sys.audit('t', 4)")
        self.assertEqual(lines, ["t 1", "tt 3"])

    def test_entering_is_an_event_that_hooks_can_refuse(self):
        lines = self.observed(
            "def veto(e, a):\n"
            "    if e == 'lucid.audit_scope': raise KeyError(a)\n"
            "sys.addaudithook(veto)\n"
            "try:\n"
            "    with lucid.audit_scope(show, 't'): print('entered')\n"
            "except KeyError as error: print(error)\n"
            "sys.audit('t')")
        self.assertEqual(lines, ["(('t',),)"])

    def test_scope_comes_after_hooks_and_misses_what_they_refuse(self):
        lines = self.observed(
            "def veto(e, a):\n"
            "    if e == 't': show('hook', a)\n"
            "    if a == (2,): raise KeyError\n"
            "with lucid.audit_scope(show, 't'):\n"
            "    sys.addaudithook(veto)\n"
            "    sys.audit('t', 1)\n"
            "    try: sys.audit('t', 2)\n"
            "    except KeyError: pass")
        self.assertEqual(lines, ["hook 1", "t 1", "hook 2"])

    def test_exception_of_an_observer_is_reported_and_dropped(self):
        result = run_python("-c", "import lucid, sys\n"
                            "with lucid.audit_scope(lambda e, a: 1 / 0, 't'):\n"
                            "    sys.audit('t'); print('went on')")
        self.assertEqual((result.returncode, result.stdout), (0, "went on\n"))
        self.assertIn("ZeroDivisionError", result.stderr)

    def test_scopes_may_nest_and_be_left_in_any_order(self):
        lines = self.observed(
            "a, b, c = [lucid.audit_scope(\n"
            "    lambda e, args, n=n: print(n, end=' '), 't')"
            " for n in 'abc']\n"
            "for scope in a, b, c: scope.__enter__()\n"
            "sys.audit('t'); print()\n"
            "b.__exit__(None, None, None); sys.audit('t'); print()\n"
            "a.__exit__(None, None, None); sys.audit('t'); print()\n"
            "c.__exit__(None, None, None); sys.audit('t'); print('.')")
        self.assertEqual(lines, ["a b c ", "a c ", "c ", "."])

    def test_observers_may_leave_and_enter_scopes(self):
        lines = self.observed(
            "def leave(e, a):\n"
            "    print('leave'); first.__exit__(0, 0, 0)\n"
            "    second.__exit__(0, 0, 0)\n"
            "    lucid.audit_scope(show, 't').__enter__()\n"
            "first = lucid.audit_scope(leave, 't')\n"
            "second = lucid.audit_scope(show, 't')\n"
            "first.__enter__(); second.__enter__()\n"
            "sys.audit('t', 1); sys.audit('t', 2)")
        self.assertEqual(lines, ["leave"])

    def test_scope_is_entered_once_and_left_once(self):
        import lucid
        scope = lucid.audit_scope(print, "test.nothing")
        with self.assertRaisesRegex(RuntimeError, "not entered"):
            scope.__exit__(None, None, None)
        with scope:
            with self.assertRaisesRegex(RuntimeError, "only once"):
                scope.__enter__()
        with self.assertRaisesRegex(RuntimeError, "only once"):
            scope.__enter__()
        self.assertRaises(TypeError, lucid.audit_scope, None)
        self.assertRaises(TypeError, lucid.audit_scope, print, 3)
        self.assertRaises(TypeError, lucid.audit_scope)

    def test_abandoned_generator_takes_its_scope_along(self):
        lines = self.observed(
            "def generate():\n"
            "    with lucid.audit_scope(show, 't'):\n"
            "        yield\n"
            "one = generate(); next(one)\n"
            "sys.audit('t', 1)\n"
            "del one; gc.collect()\n"
            "sys.audit('t', 2)\n"
            "kept = generate(); next(kept)")
        self.assertEqual(lines, ["t 1"])

    def test_scope_hears_other_threads(self):
        lines = self.observed(
            "import threading\n"
            "with lucid.audit_scope(show, 't'):\n"
            "    t = threading.Thread(target=sys.audit, args=('t', 'other'))\n"
            "    t.start(); t.join()")
        self.assertEqual(lines, ["t other"])


class GuideTests(unittest.TestCase):
    """The programs of Doc/hooks.rst do what the guide says."""

    def programs(self, language):
        guide = os.path.join(os.environ.get("LUCID_SOURCE", SOURCE), "Doc",
                             "hooks.rst")
        with open(guide, encoding="utf-8") as file:
            text = file.read()
        found = re.findall(rf"^\.\. code-block:: {language}\n"
                           r"((?:   :.*\n)*)\n((?:(?:   .*)?\n)+)", text, re.M)
        self.assertTrue(found)
        return [textwrap.dedent(body) for _, body in found]

    @lucid_only("some use subscriptions")
    def test_python_programs_print_what_they_promise(self):
        for program in self.programs("python"):
            expected = re.findall(r"^# prints: (.*)$", program, re.M)
            self.assertTrue(expected, program)
            self.assertEqual(run(program), expected, program)

    @unittest.skipUnless(shutil.which("gcc"), "no compiler")
    def test_c_programs_print_what_they_promise(self):
        build = os.environ.get("LUCID_BUILD", "")
        library = os.path.join(build, "libpython3.11.so")
        if not build or not os.path.exists(library):
            self.skipTest("no library to link with")
        for program in self.programs("c"):
            with tempfile.TemporaryDirectory() as folder:
                source = os.path.join(folder, "program.c")
                with open(source, "w", encoding="utf-8") as file:
                    file.write(program)
                subprocess.run(
                    [*shlex.split(os.environ.get("CC", "gcc")), "-Wall",
                     "-Werror", "-o", source[:-2], source,
                     f"-I{os.environ['LUCID_SOURCE']}/Include", library,
                     f"-Wl,-rpath,{build}"], check=True)
                result = subprocess.run([source[:-2]], capture_output=True,
                                        text=True, check=True)
                expected = re.findall(r"^/\* prints: (.*) \*/$", program, re.M)
                self.assertEqual(result.stdout.splitlines(), expected)


if __name__ == "__main__":
    unittest.main()
