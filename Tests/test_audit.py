"""Hooks of PEP 578: adding them, what they receive, what they can refuse."""
import sys
import unittest

from support import lucid_only, run_python


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


if __name__ == "__main__":
    unittest.main()
