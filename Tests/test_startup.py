"""Start and end of the runtime in an embedding program: where it finds itself,
what hooks are told meanwhile, and what a life leaves behind.

Tests/embed/helpers/startup.c is compiled against the library under test and
told by its arguments what to do."""
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from support import IS_LUCID, environment, lucid_only, run_python

HELPER = Path(__file__).parent / "embed" / "helpers" / "startup.c"
LIBRARY = "/usr/lib/python3.11"
folder = program = None


def compiler_flags():
    """What compiles and links a program with the runtime under test."""
    if not IS_LUCID:
        return [word for arguments in (["--includes"], ["--ldflags", "--embed"])
                for word in subprocess.run(
                    ["/usr/bin/python3.11-config", *arguments], text=True,
                    stdout=subprocess.PIPE, check=True).stdout.split()]
    build = os.environ.get("LUCID_BUILD") or os.path.dirname(sys.executable)
    include = Path(__file__).parent.parent / "Include"
    return [f"-I{include}", f"-L{build}", f"-Wl,-rpath,{build}", "-lpython3.11"]


def setUpModule():
    global folder, program
    folder = Path(tempfile.mkdtemp())
    program = folder / "startup"
    subprocess.run([*shlex.split(os.environ.get("CC", "gcc")), "-w", "-o",
                    str(program), str(HELPER), *compiler_flags()], check=True)


def tearDownModule():
    shutil.rmtree(folder)


def make_program(name, link=None):
    """A file to be named as the program, in a folder `bin` of its own."""
    path = Path(tempfile.mkdtemp(dir=folder)) / "bin" / name
    path.parent.mkdir()
    if link is None:
        path.touch(mode=0o755)
    else:
        path.symlink_to(link)
    return path


class StartupTest(unittest.TestCase):
    maxDiff = None

    def run_steps(self, *steps, status=0, **variables):
        """The lines that the steps print."""
        result = subprocess.run(
            [program, *steps], text=True, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, timeout=60, cwd=folder,
            env=environment(**{"LANG": "C.UTF-8", "LC_ALL": "C.UTF-8",
                               "PATH": "/usr/bin:/bin", **variables}))
        self.assertEqual(result.returncode, status, result.stdout)
        return result.stdout.splitlines()

    def show(self, *steps, **variables):
        """What is known of the paths after these steps."""
        lines = self.run_steps("site_import=0", *steps, "init", "show",
                               **variables)
        return dict(line.split(": ", 1) for line in lines if ": " in line)

    def probes(self, *steps, **variables):
        """The events of path configuration: those before the first import."""
        lines = self.run_steps(*steps, **variables)
        first_import = next(i for i, line in enumerate(lines)
                            if line.startswith("import "))
        self.assertEqual(lines[0], "marshal.loads <bytes>")
        for line in lines[1:first_import]:
            self.assertRegex(line, "^open .* rb <int>$")
        return [line.split()[1] for line in lines[1:first_import]]


class EventTests(StartupTest):
    def test_whole_initialisation(self):
        path = make_program("python3")
        lines = self.run_steps("kind=isolated", "site_import=0",
                               f"program_name={path}", "trace", "init")
        modules = "<NoneType> <list> <list> <list>"
        cached = f"{LIBRARY}/encodings/__pycache__/"

        def imported(name, file=None):
            found = [f"import {name} {modules}"]
            if file is not None:
                found += [f"open {cached}{file}.cpython-311.pyc r <int>",
                          "marshal.loads <bytes>"]
            return found
        self.assertEqual(lines, [
            "marshal.loads <bytes>",
            f"open {path.parent.parent}/pyvenv.cfg rb <int>",
            f"open {path.parent}/pyvenv.cfg rb <int>",
            f"open {path}._pth rb <int>",
            f"open {path}._pth rb <int>",
            f"open {path.parent}/pybuilddir.txt rb <int>",
            *imported("_frozen_importlib_external"), "exec <code>",
            *imported("_io"), *imported("marshal"), *imported("posix"),
            "object.__getattr__ <function> __code__",
            *imported("zipimport"), "exec <code>", *imported("time"),
            "object.__getattr__ <function> __code__",
            f"import encodings {modules}", f"os.listdir {LIBRARY}",
            *imported("encodings", "__init__")[1:], "exec <code>",
            *imported("codecs"), "exec <code>", *imported("_codecs"),
            f"import encodings.aliases {modules}",
            f"os.listdir {LIBRARY}/encodings",
            *imported("encodings.aliases", "aliases")[1:], "exec <code>",
            *imported("encodings.ascii", "ascii"), "exec <code>",
            *imported("io"), "exec <code>", *imported("abc"), "exec <code>",
            *imported("_abc"), "object.__setattr__ <type> __module__ io",
            "open <int> r <int>", "open <int> w <int>", "open <int> w <int>",
            "initialized: 1"])

    def test_sub_interpreter_looks_for_the_files_again(self):
        path = make_program("python3")
        lines = self.run_steps("site_import=0", f"program_name={path}", "init",
                               "trace", "sub=pass")
        self.assertEqual(lines[1:5], [
            "cpython.PyInterpreterState_New", "marshal.loads <bytes>",
            f"open {path.parent.parent}/pyvenv.cfg rb <int>",
            f"open {path.parent}/pyvenv.cfg rb <int>"])

    def test_links_are_followed_for_the_second_pth(self):
        target = make_program("python3.11")
        path = make_program("python3", target)
        self.assertEqual(
            self.probes(f"program_name={path}", "trace", "init"),
            [f"{path.parent.parent}/pyvenv.cfg", f"{path.parent}/pyvenv.cfg",
             f"{path}._pth", f"{target}._pth",
             f"{target.parent}/pybuilddir.txt"])

    def test_links_that_go_round(self):
        path = make_program("python3")
        path.unlink()
        path.symlink_to("other")
        (path.parent / "other").symlink_to("python3")
        self.assertEqual(
            self.probes(f"program_name={path}", "trace", "init")[2:],
            [f"{path}._pth", f"{path}._pth", f"{path.parent}/pybuilddir.txt"])

    def test_home_of_the_configuration_leaves_nothing_to_look_for(self):
        path = make_program("python3")
        for home in ("home=/usr", "Py_SetPythonHome=/usr"):
            self.assertEqual(self.probes(f"program_name={path}", home, "trace",
                                         "init"), [])

    def test_home_of_the_environment_leaves_pth_files(self):
        path = make_program("python3")
        self.assertEqual(
            self.probes(f"program_name={path}", "trace", "init",
                        PYTHONHOME="/usr"),
            [f"{path}._pth", f"{path}._pth", f"{path.parent}/pybuilddir.txt"])


class RefusalTests(StartupTest):
    def refuse(self, event, exception):
        path = make_program("python3")
        return self.run_steps(f"program_name={path}",
                              f"fail={event}:{exception}", "init")

    def test_refused_start_of_path_configuration(self):
        for exception in ("RuntimeError", "OSError", "SystemExit", "none"):
            self.assertEqual(self.refuse("marshal.loads", exception),
                             ["init: error reading frozen getpath.py"])

    def test_refused_file(self):
        for exception in ("RuntimeError", "OSError", "SystemExit"):
            lines = self.refuse("open", exception)
            self.assertEqual(lines[0],
                             "Exception ignored error evaluating path:")
            self.assertEqual(lines[-2:], [f"{exception}: refused",
                                          "init: error evaluating path"])

    def test_refusal_without_an_exception(self):
        lines = self.refuse("open", "none")
        self.assertRegex(lines[-2], "^OSError: ")
        self.assertEqual(lines[-1], "init: error evaluating path")

    def test_missing_file_by_order_of_a_hook(self):
        path = make_program("python3")
        (path.parent / "pyvenv.cfg").write_text("home = /elsewhere\n")
        lines = self.run_steps(f"program_name={path}", "trace",
                               "fail=open:FileNotFoundError", "init")
        self.assertEqual(lines[5], f"open {path.parent}/pybuilddir.txt rb <int>")
        self.assertIn("  sys._base_executable = '" + str(path) + "'", lines)

    def test_failed_start_can_be_repeated(self):
        path = make_program("python3")
        lines = self.run_steps(f"program_name={path}", "fail=x:none", "init",
                               "end", "init", "run=print('again')", "end")
        self.assertEqual(lines, ["initialized: 1", "end: 0", "initialized: 1",
                                 "again", "end: 0"])

    def test_file_that_cannot_be_reached(self):
        lines = self.run_steps("program_name=/etc/passwd/bin/python3", "init")
        self.assertEqual(lines[-2:], ["NotADirectoryError: [Errno 20] Not a "
                                      "directory",
                                      "init: error evaluating path"])


class VirtualEnvironmentTests(StartupTest):
    def base_executable(self, path, home, parent=True):
        where = path.parent.parent if parent else path.parent
        (where / "pyvenv.cfg").write_bytes(home)
        found = self.show(f"program_name={path}")
        self.assertEqual(found["sys.executable"], repr(str(path)))
        self.assertEqual(found["sys.prefix"], "'/usr'")
        return found["sys._base_executable"].strip("'")

    def test_link_shows_the_program_itself(self):
        target = make_program("python3.11")
        path = make_program("python3", target)
        self.assertEqual(self.base_executable(path, b"home = /nowhere\n"),
                         str(target))

    def test_copy_is_of_the_program_in_home(self):
        home = make_program("python3").parent
        for name, base in (("python3", "python3"), ("renamed", "python3")):
            self.assertEqual(self.base_executable(
                make_program(name), b"home = " + bytes(home)), f"{home}/{base}")
        self.assertEqual(self.base_executable(
            make_program("renamed"), b"home = /nowhere"), "/nowhere/renamed")

    def test_key_and_value(self):
        for text, base in ((b"  HOME   =  /a b \r\n", "/a b/x"),
                           (b"\xff\nx=y=z\nhome=/a=b", "/a=b/x"),
                           (b"home = /a\nhome = /b\n", "/a/x"),
                           (b"home = /a # no comment", "/a # no comment/x"),
                           (b"home\n", None), (b"homes = /a", None),
                           (b"", None)):
            path = make_program("x")
            with self.subTest(text):
                self.assertEqual(self.base_executable(path, text),
                                 str(path) if base is None else base)

    def test_file_above_hides_the_one_beside(self):
        path = make_program("x")
        self.assertEqual(self.base_executable(path, b"home = /a", False),
                         "/a/x")
        self.assertEqual(self.base_executable(path, b"home = /b"), "/b/x")
        self.assertEqual(self.base_executable(path, b"nothing"), str(path))

    def test_long_file(self):
        self.assertEqual(
            self.base_executable(make_program("x"), b"k = " + b"v" * 3000 +
                                 b"\nhome = /" + b"h" * 200),
            "/" + "h" * 200 + "/x")


class PthTests(StartupTest):
    def show_with(self, text, *steps, **variables):
        path = make_program("prog")
        Path(f"{path}._pth").write_bytes(text)
        return path.parent, self.run_steps(
            f"program_name={path}", *steps, "init", "show", **variables)

    def test_lines(self):
        where, lines = self.show_with(
            b"# comment\n" + LIBRARY.encode() + b"\r\nlib # comment\n../up\n\n"
            b"import os\n  /blanks \n")
        self.assertEqual(lines[0], "unsupported 'import' line in ._pth file")
        paths = [LIBRARY, f"{where}/lib", f"{where.parent}/up", "/blanks"]
        self.assertIn(f"sys.path: {paths}", lines)
        for name in ("prefix", "exec_prefix", "base_prefix",
                     "base_exec_prefix"):
            self.assertIn(f"sys.{name}: {str(where)!r}", lines)
        self.assertIn(f"Py_GetPythonHome: {str(where)!r}", lines)
        self.assertEqual(lines[-1], "1 1 1 True")

    def test_it_asks_for_site(self):
        _, lines = self.show_with(LIBRARY.encode() + b"\nimport site\n",
                                  PYTHONPATH="/no", PYTHONHOME="/no")
        self.assertEqual(lines[-1], "1 1 0 True")
        self.assertFalse(any("/no'" in line for line in lines))

    def test_it_replaces_a_given_search_path(self):
        _, lines = self.show_with(LIBRARY.encode(), "search=/given")
        self.assertIn(f"sys.path: ['{LIBRARY}']", lines)

    def test_empty_file_gives_a_home_only(self):
        where, lines = self.show_with(b"", f"search={LIBRARY}")
        self.assertIn(f"sys.prefix: {str(where)!r}", lines)
        self.assertTrue(lines[-1].startswith("0 0 0 "), lines[-1])


class ConfigurationTests(StartupTest):
    def test_reading_leaves_the_paths_alone(self):
        path = make_program("python3")
        lines = self.run_steps(f"program_name={path}", "trace", "read",
                               PYTHONHOME="/usr", PYTHONPATH="/x")
        self.assertEqual(lines[0], f"program_name: '{path}'")
        self.assertIn("pythonpath_env: '/x'", lines)
        for name in ("home", "platlibdir", "executable", "prefix",
                     "exec_prefix", "base_prefix", "stdlib_dir"):
            self.assertIn(f"{name}: NULL", lines)
        self.assertIn("module_search_paths_set: 0", lines)

    def test_home_in_two_parts(self):
        found = self.show("program_name=/usr/bin/python3.11",
                          PYTHONHOME="/usr:/usr/local")
        self.assertEqual(found["sys.exec_prefix"], "'/usr/local'")
        self.assertEqual(found["Py_GetPath"],
                         f"'/usr/lib/python311.zip:{LIBRARY}:"
                         "/usr/local/lib/python3.11/lib-dynload'")

    def test_search_path(self):
        found = self.show("program_name=/usr/bin/python3.11", "prefix=/p",
                          "exec_prefix=/e", f"search={LIBRARY}")
        self.assertEqual(found["sys.path"], f"['{LIBRARY}']")
        self.assertEqual(found["sys.prefix"], "'/p'")
        self.assertEqual(found["sys.base_exec_prefix"], "'/e'")
        self.assertEqual(found["sys._stdlib_dir"], "None")

    def test_pythonpath_becomes_absolute(self):
        found = self.show("program_name=/usr/bin/python3.11",
                          PYTHONPATH="rel::/a/../b/")
        self.assertEqual(
            found["sys.path"],
            str([f"{folder}/rel", str(folder), "/b", "/usr/lib/python311.zip",
                 LIBRARY, f"{LIBRARY}/lib-dynload"]))

    def test_program_name_is_made_absolute(self):
        make_program("python3")
        found = self.show("program_name=.//a/../x/./y")
        self.assertEqual(found["sys.executable"], f"'{folder}/x/y'")
        self.assertEqual(found["Py_GetProgramName"], "'.//a/../x/./y'")

    def test_program_that_is_not_found(self):
        found = self.show("program_name=no-such-program")
        self.assertEqual(found["sys.executable"], "''")
        self.assertEqual(found["Py_GetProgramFullPath"], "''")

    def test_py_setpath(self):
        found = self.show(f"Py_SetPath={LIBRARY}:/more")
        self.assertEqual(found["sys.path"], f"['{LIBRARY}', '/more']")
        self.assertEqual(found["sys.prefix"], "''")
        self.assertEqual(found["Py_GetExecPrefix"], "''")

    def test_missing_library(self):
        lines = self.run_steps("program_name=/usr/bin/python3.11", "init",
                               PYTHONHOME="/nowhere")
        self.assertEqual(lines[0], "Python path configuration:")
        self.assertEqual(lines[-1], "init: failed to get the Python codec of "
                                    "the filesystem encoding")


class LifeTests(StartupTest):
    def test_no_main_part(self):
        lines = self.run_steps("program_name=/usr/bin/python3.11",
                               "_init_main=0", "trace", "init", "show")
        self.assertEqual(lines[0], "initialized: 0")
        self.assertIn("Py_GetPath: NULL", lines)

    def test_starting_twice_is_once(self):
        lines = self.run_steps("plain", "trace", "plain", "end", "end")
        self.assertEqual(lines, ["cpython.PyInterpreterState_Clear",
                                 "cpython._PySys_ClearAuditHooks",
                                 "end: 0", "end: 0"])

    def test_main_program(self):
        lines = self.run_steps(
            "program_name=/usr/bin/python3.11", "parse_argv=1", "argv=python3",
            "argv=-c", "argv=import sys; print(sys.argv); sys.exit(3)",
            "argv=word", "init", "main", status=3)
        self.assertEqual(lines, ["initialized: 1", "['-c', 'word']"])

    def test_sub_interpreter_has_the_same_paths(self):
        code = "import sys; print(sys.path, sys.prefix, sys._stdlib_dir)"
        lines = self.run_steps("program_name=/usr/bin/python3.11", "init",
                               f"run={code}", f"sub={code}", f"run={code}")
        self.assertEqual(len(set(lines[1:])), 1, lines)

    def test_many_lives_with_an_extension_that_keeps_objects(self):
        # Objects that an extension module's copy held went on into the next
        # life, linked to the lists of an interpreter that was gone.
        lines = self.run_steps(*["plain", "run=import asyncio", "end"] * 8)
        self.assertEqual(lines, ["end: 0"] * 8)


class ConfigurationTests(unittest.TestCase):
    """A running interpreter takes another configuration."""

    def run_program(self, code):
        result = run_python("-c", "import sys, _testinternalcapi as capi\n"
                            "old = capi.get_config()\n" + code)
        self.assertEqual(result.stderr, "")
        return result.stdout.splitlines()

    def test_sys_shows_it(self):
        self.assertEqual(self.run_program(
            "capi.set_config(old | dict(executable='x', base_executable=None,\n"
            "    argv=[], parse_argv=0, optimization_level=2, quiet=5))\n"
            "print(sys.executable, sys._base_executable, sys.argv,\n"
            "      sys.flags.optimize, sys.flags.quiet)"),
            ["x x [''] 2 5"])

    def test_values_that_no_configuration_has(self):
        self.assertEqual(self.run_program(
            "for field, value in [('_config_init', 0), ('_config_init', 4),\n"
            "        ('hash_seed', -1), ('hash_seed', 2**32), ('quiet', -1),\n"
            "        ('platlibdir', None), ('argv', [None]), ('argv', 'abc'),\n"
            "        ('quiet', 2.0), ('home', b'bytes')]:\n"
            "    try: capi.set_config(old | {field: value})\n"
            "    except Exception as error: print(type(error).__name__)"),
            ["ValueError"] * 7 + ["TypeError"] * 3)


@lucid_only("the reference's own state is not given back")
class LeakTests(StartupTest):
    """LeakSanitizer fails a sanitized program at its end; other builds check
    that these programs end well."""

    def check(self, code):
        self.run_steps("plain", f"run={code}", f"sub={code}", "end", "plain",
                       f"run={code}", "end",
                       ASAN_OPTIONS="detect_leaks=1", LSAN_OPTIONS="")
        subprocess.run([sys.executable, "-c", code], check=True, timeout=120,
                       env=environment(ASAN_OPTIONS="detect_leaks=1"))

    def test_nothing(self):
        self.check("pass")

    def test_syntax_trees(self):
        self.check("import ast; ast.dump(ast.parse('x = [1, y]'))")

    def test_programs_of_the_library(self):
        self.check("import asyncio, json, re; asyncio.run(asyncio.sleep(0)); "
                   "json.loads('[1]'); re.match('a+', 'aa')")


if __name__ == "__main__":
    unittest.main()
