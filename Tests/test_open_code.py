"""Code that is run was opened for running: every way in which a file becomes
code, under open-code hooks that refuse it, replace it, and record it.

The hook is Tests/embed/preload/open_code_hook.c, there before the interpreter
is.  Each function marked @launch is a row of the table in Doc/open_code.rst.
"""
import atexit
import functools
import os
import py_compile
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import textwrap
import unittest
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from support import environment, lucid_only, run_python

SOURCE = Path(__file__).resolve().parent.parent
TIME_LIMIT = 120

SAYS = "print({!r})\n"
LIBRARY = """
#include <Python.h>
#include <stdio.h>
__attribute__((constructor)) static void loaded(void)
{
    puts(TEXT);
    fflush(stdout);
}
static PyModuleDef def = {PyModuleDef_HEAD_INIT, .m_name = "victim"};
PyMODINIT_FUNC PyInit_victim(void)
{
    return PyModule_Create(&def);
}
"""


class Case:
    """A program, and the file in it that prints "disk" or, replaced, "other".

    stdin    bytes for a pipe, or a file
    fifo     a FIFO, and the file that is written into it
    fds      descriptors that the program inherits
    """

    def __init__(self, arguments, target, replacement=b"", *, stdin=b"",
                 env=None, fifo=None, fds=()):
        self.arguments = [str(argument) for argument in arguments]
        self.target = str(target)
        self.replacement = replacement
        self.stdin = stdin
        self.env = env or {}
        self.fifo = fifo
        self.fds = fds


LAUNCHES = []


def launch(title, intents):
    """Enter build(folder) -> Case into the table."""
    def enter(build):
        LAUNCHES.append((title, intents, build))
        return build
    return enter


# --- what the files hold ---------------------------------------------------------

def source(text):
    return SAYS.format(text).encode()


def bytecode(folder, text):
    """The bytes of a .pyc file that prints `text`."""
    path = folder / f"compiled_{text}.py"
    path.write_bytes(source(text))
    target = py_compile.compile(str(path), str(folder / f"{text}.compiled"))
    return Path(target).read_bytes()


def archive(folder, text, name, content=None):
    path = folder / f"packed_{text}.zip"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr(name, source(text) if content is None else content)
    return path.read_bytes()


def compiler():
    return shlex.split(os.environ.get("CC", "gcc"))


def compile_shared(path, *arguments, text=None):
    """Make a library, without a sanitizer that the compiler may bring along:
    it is loaded into programs that have none."""
    plain = [word for word in compiler() if not word.startswith("-fsanitize")]
    subprocess.run([*plain, "-Wall", "-shared", "-fPIC",
                    f"-I{SOURCE / 'Include'}", *arguments, "-o", path],
                   input=text, check=True)


@functools.cache
def library(text):
    """The bytes of a shared library that prints `text`, an extension module
    named victim at the same time."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "library.so")
        compile_shared(path, "-xc", "-", f'-DTEXT="{text}"',
                       "-Wl,-soname,libneeded.so", text=LIBRARY.encode())
        return path.read_bytes()


def needing_library(path, rpath, *needed):
    """Make an extension module that needs the libraries given by path."""
    compile_shared(path, "-xc", "-", "-DTEXT=\"needing\"", "-xnone",
                   "-Wl,--no-as-needed", *needed, f"-Wl,-rpath,{rpath}",
                   text=LIBRARY.encode())


def write(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def victim(folder, name="victim.py"):
    return write(folder / name, source("disk"))


def from_source(arguments, target, **more):
    return Case(arguments, target, source("other"), **more)


def importing(folder, target, replacement, **more):
    """A program that imports the module victim from the folder."""
    return Case(["-c", "import victim"], target, replacement,
                env={"PYTHONPATH": str(folder)}, **more)


# --- the table ---------------------------------------------------------------------

@launch("import of a source file", "source")
def _(folder):
    return importing(folder, victim(folder), source("other"))


@launch("import of a package", "source")
def _(folder):
    return importing(folder, victim(folder, "victim/__init__.py"),
                     source("other"))


@launch("import of the bytecode that belongs to a source file", "bytecode")
def _(folder):
    path = victim(folder)
    cached = Path(py_compile.compile(
        str(path), invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH))
    return importing(folder, cached, unchecked(bytecode(folder, "other")))


def unchecked(pyc):
    """The same with a header that says not to look at the source."""
    return pyc[:4] + b"\1\0\0\0" + bytes(8) + pyc[16:]


@launch("import of a sourceless ``.pyc``", "bytecode")
def _(folder):
    path = write(folder / "victim.pyc", bytecode(folder, "disk"))
    return importing(folder, path, bytecode(folder, "other"))


@launch("import through ``importlib.util.spec_from_file_location``", "source")
def _(folder):
    path = victim(folder, "victim.txt.py")
    return from_source(
        ["-c", "import importlib.util as u, sys\n"
               "spec = u.spec_from_file_location('victim', sys.argv[1])\n"
               "spec.loader.exec_module(u.module_from_spec(spec))", path], path)


@launch("import in a subinterpreter", "source")
def _(folder):
    return from_source(
        ["-c", "import _xxsubinterpreters as s\n"
               "s.run_string(s.create(), 'import victim')"],
        victim(folder), env={"PYTHONPATH": str(folder)})


@launch("zip archive on ``sys.path``", "zip")
def _(folder):
    path = write(folder / "lib.zip", archive(folder, "disk", "victim.py"))
    return importing(path, path, archive(folder, "other", "victim.py"))


@launch("bytecode in a zip archive", "zip")
def _(folder):
    path = write(folder / "lib.zip", archive(
        folder, "disk", "victim.pyc", bytecode(folder, "disk")))
    return importing(path, path, archive(folder, "other", "victim.pyc",
                                         bytecode(folder, "other")))


@launch("script", "zip, main")
def _(folder):
    path = victim(folder)
    return from_source([path], path)


@launch("script by a relative path", "zip, main")
def _(folder):
    path = victim(folder)
    return from_source([os.path.relpath(path)], os.path.join(
        os.getcwd(), os.path.relpath(path)))


@launch("script behind a symbolic link", "zip, main")
def _(folder):
    link = folder / "link.py"
    link.symlink_to(victim(folder))
    return from_source([link], link)


@launch("script with ``-i``", "zip, main")
def _(folder):
    path = victim(folder)
    return from_source(["-i", path], path)


@launch("``.pyc`` as a script", "zip, main")
def _(folder):
    path = write(folder / "victim.pyc", bytecode(folder, "disk"))
    return Case([path], path, bytecode(folder, "other"))


@launch("``.pyc`` as a script, by its magic number", "zip, main")
def _(folder):
    path = write(folder / "victim", bytecode(folder, "disk"))
    return Case([path], path, bytecode(folder, "other"))


@launch("directory", "source")
def _(folder):
    path = victim(folder, "app/__main__.py")
    return from_source([path.parent], path)


@launch("zip application", "zip")
def _(folder):
    shebang = b"#!/usr/bin/env python3\n"
    path = write(folder / "app.pyz",
                 shebang + archive(folder, "disk", "__main__.py"))
    return Case([path], path, shebang + archive(folder, "other", "__main__.py"))


@launch("``-m`` module", "source")
def _(folder):
    return from_source(["-m", "victim"], victim(folder),
                       env={"PYTHONPATH": str(folder)})


@launch("``-m`` package", "source")
def _(folder):
    victim(folder, "victim/__init__.py").write_bytes(b"")
    return from_source(["-m", "victim"], victim(folder, "victim/__main__.py"),
                       env={"PYTHONPATH": str(folder)})


@launch("standard input from a file", "stdin")
def _(folder):
    return from_source([], "/dev/stdin", stdin=victim(folder))


@launch("standard input from a pipe, ``-``", "stdin")
def _(folder):
    return from_source(["-"], "/dev/stdin", stdin=source("disk"))


@launch("``/dev/stdin`` as a script", "stdin")
def _(folder):
    return from_source(["/dev/stdin"], "/dev/stdin", stdin=source("disk"))


@launch("link to ``/dev/stdin`` as a script", "stdin")
def _(folder):
    link = folder / "link.py"
    link.symlink_to("/dev/stdin")
    return from_source([link], link, stdin=source("disk"))


@launch("interactive input", "stdin")
def _(folder):
    return from_source(["-i"], "/dev/stdin", stdin=source("disk"))


@launch("interactive input from a file", "stdin")
def _(folder):
    return from_source(["-i"], "/dev/stdin", stdin=victim(folder))


@launch("``PYTHONSTARTUP``", "startup")
def _(folder):
    path = victim(folder)
    return from_source(["-i"], path, env={"PYTHONSTARTUP": str(path)})


@launch("``.pth`` file", "pth")
def _(folder):
    site = folder / "lib/python3.11/site-packages"
    path = write(site / "victim.pth", b"import sys; " + source("disk"))
    return Case(["-c", ""], path, b"import sys; " + source("other"),
                env={"PYTHONUSERBASE": str(folder)})


@launch("FIFO as a script", "main")
def _(folder):
    path = folder / "fifo"
    os.mkfifo(path)
    return from_source([path], path, fifo=(path, victim(folder)))


@launch("file in memory (``memfd_create``) as a script", "zip, main")
def _(folder):
    fd = os.memfd_create("victim")
    os.write(fd, source("disk"))
    path = f"/proc/self/fd/{fd}"
    return from_source([path], path, fds=[fd])


@launch("``runpy.run_path``", "zip, source")
def _(folder):
    path = victim(folder)
    return from_source(
        ["-c", f"import runpy; runpy.run_path({str(path)!r})"], path)


@launch("``runpy.run_module``", "source")
def _(folder):
    return from_source(["-c", "import runpy; runpy.run_module('victim')"],
                       victim(folder), env={"PYTHONPATH": str(folder)})


@launch("``pdb``", "source")
def _(folder):
    path = victim(folder)
    return from_source(["-m", "pdb", "-c", "continue", "-c", "quit", path],
                       path)


@launch("``.pdbrc``", "source")
def _(folder):
    path = write(folder / ".pdbrc", b"print('disk')\nquit\n")
    script = write(folder / "script.py", b"pass\n")
    return Case(["-m", "pdb", script], path, b"print('other')\nquit\n",
                env={"HOME": str(folder)})


@launch("``profile``", "source")
def _(folder):
    path = victim(folder)
    return from_source(["-m", "profile", path], path)


@launch("``cProfile``", "source")
def _(folder):
    path = victim(folder)
    return from_source(["-m", "cProfile", path], path)


@launch("``trace``", "source")
def _(folder):
    path = victim(folder)
    return from_source(["-m", "trace", "--listfuncs", path], path)


@launch("``timeit``", "source")
def _(folder):
    return from_source(["-m", "timeit", "-n1", "-r1", "import victim"],
                       victim(folder), env={"PYTHONPATH": str(folder)})


@launch("``doctest`` of a module", "source")
def _(folder):
    path = victim(folder)
    return from_source(["-m", "doctest", path], path)


@launch("``doctest`` of a text file", "source")
def _(folder):
    path = write(folder / "victim.txt", b">>> import sys\n>>> _ = "
                 b"sys.__stdout__.write('disk')\n")
    return Case(["-m", "doctest", path], path, b">>> import sys\n>>> _ = "
                b"sys.__stdout__.write('other')\n")


@launch("``doctest.testfile`` of a ``Path``", "source")
def _(folder):
    path = write(folder / "victim.txt", b">>> import sys\n>>> _ = "
                 b"sys.__stdout__.write('disk')\n")
    return Case(["-c", "import doctest, pathlib\n"
                 f"doctest.testfile(pathlib.Path({str(path)!r}),\n"
                 "                 name='x', module_relative=False)"], path,
                b">>> import sys\n>>> _ = sys.__stdout__.write('other')\n")


@launch("``unittest``", "source")
def _(folder):
    return from_source(["-m", "unittest", "victim"], victim(folder),
                       env={"PYTHONPATH": str(folder)})


@launch("``code``: import at its prompt", "source")
def _(folder):
    return from_source(["-m", "code"], victim(folder), stdin=b"import victim\n",
                       env={"PYTHONPATH": str(folder)})


@launch("``imp.load_source``", "source")
def _(folder):
    path = victim(folder)
    return from_source(
        ["-Wignore", "-c", f"import imp; imp.load_source('v', {str(path)!r}, "
                           f"open({str(path)!r}))"], path)


@launch("``distutils.core.run_setup``", "source")
def _(folder):
    path = victim(folder)
    return from_source(
        ["-Wignore", "-c", "from distutils.core import run_setup\n"
                           f"run_setup({str(path)!r}, stop_after='init')"],
        path, env={"SETUPTOOLS_USE_DISTUTILS": "stdlib"})


@launch("extension module", "native")
def _(folder):
    path = write(folder / "victim.so", library("disk"))
    return importing(folder, path, library("other"))


@launch("extension module behind a symbolic link", "native")
def _(folder):
    link = folder / "victim.so"
    link.symlink_to(write(folder / "real.so", library("disk")))
    return importing(folder, link, library("other"))


@launch("library that an extension module needs, at its ``$ORIGIN``", "native")
def _(folder):
    needed = write(folder / "libs/libneeded.so", library("disk"))
    needing_library(folder / "victim.so", "$ORIGIN/libs", needed)
    return importing(folder, needed, library("other"))


@launch("library that a ``ctypes`` library needs", "ctypes")
def _(folder):
    needed = write(folder / "libneeded.so", library("disk"))
    path = folder / "victim.so"
    needing_library(path, str(folder), needed)
    return Case(["-c", f"import ctypes; ctypes.CDLL({str(path)!r})"], needed,
                library("other"))


@launch("``ctypes.CDLL`` of a path", "ctypes")
def _(folder):
    path = write(folder / "victim.so", library("disk"))
    return Case(["-c", f"import ctypes; ctypes.CDLL({str(path)!r})"], path,
                library("other"))


@launch("``ctypes.CDLL`` of a relative path", "ctypes")
def _(folder):
    path = write(folder / "victim.so", library("disk"))
    return Case(["-c", f"import os; os.chdir({str(folder)!r})\n"
                       "import ctypes; ctypes.CDLL('./victim.so')"], path,
                library("other"))


@launch("``ctypes.CDLL`` of a name that the linker looks for", "ctypes")
def _(folder):
    path = write(folder / "libvictim.so", library("disk"))
    return Case(["-c", "import ctypes; ctypes.CDLL('libvictim.so')"], path,
                library("other"), env={"LD_LIBRARY_PATH": str(folder)})


# --- running it ---------------------------------------------------------------------------

class Run:
    """What a case did under the hook: output, errors, calls of the hook."""

    def __init__(self, case, folder, mode, plain=False):
        log, content = folder / "calls.log", folder / "replacement"
        content.write_bytes(case.replacement)
        variables = {"LD_PRELOAD": str(hook_library()),
                     "OPEN_CODE_MODE": mode, "OPEN_CODE_LOG": str(log),
                     "OPEN_CODE_TARGET": case.target,
                     "OPEN_CODE_CONTENT": str(content), **case.env}
        if plain:
            variables["OPEN_CODE_PLAIN"] = "1"
        result = self.communicate(case, variables)
        self.status = result.returncode
        self.output = result.stdout.decode()
        self.errors = result.stderr.decode()
        self.calls = [line.split(" ", 1)
                      for line in log.read_text().splitlines()]
        self.intents = [intent for intent, path in self.calls
                        if path == case.target]

    @staticmethod
    def communicate(case, variables):
        writer = None
        if case.fifo:
            fifo, content = case.fifo
            writer = subprocess.Popen(
                ["sh", "-c", 'cat "$1" > "$0"', fifo, content],
                stderr=subprocess.DEVNULL)
        stdin = case.stdin
        if not isinstance(stdin, bytes):
            stdin = stdin.read_bytes()
        with tempfile.TemporaryFile() as file:
            file.write(stdin)
            file.seek(0)
            piped = isinstance(case.stdin, bytes)
            result = subprocess.run(
                [sys.executable, *case.arguments], capture_output=True,
                timeout=TIME_LIMIT, env=environment(**variables),
                pass_fds=case.fds,
                **({"input": stdin} if piped else {"stdin": file}))
        if writer is not None:
            writer.kill()
            writer.wait()
        return result

    @property
    def says(self):
        return {word for word in ("disk", "other") if word in self.output}


@functools.cache
def hook_library():
    folder = tempfile.mkdtemp()
    atexit.register(shutil.rmtree, folder)
    path = Path(folder, "hook.so")
    compile_shared(path, Path(__file__).parent / "embed" / "preload" /
                   "open_code_hook.c")
    return path


@lucid_only("the reference's hook sees imports of source and archives only")
class MatrixTests(unittest.TestCase):
    maxDiff = None

    def run_all(self, mode, check, plain=False):
        """check(run, case, intents) for each row of the table."""
        def run(row):
            title, intents, build = row
            with tempfile.TemporaryDirectory() as name:
                folder = Path(name)
                case = build(folder)
                try:
                    return title, intents, case, Run(case, folder, mode, plain)
                finally:
                    for fd in case.fds:
                        os.close(fd)

        hook_library()
        library("disk"), library("other")
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            for title, intents, case, result in pool.map(run, LAUNCHES):
                with self.subTest(title):
                    check(result, case, intents)

    def check_recorded(self, run, case, intents):
        self.assertEqual(run.says, {"disk"}, run.errors)
        self.assertEqual(", ".join(dict.fromkeys(run.intents)), intents)
        self.assertEqual([path for _, path in run.calls
                          if not path.startswith("/")], [])

    def check_refused(self, run, case, intents):
        self.assertEqual(run.says, set(), run.errors)
        self.assertIn("refused: " + case.target, run.errors + run.output)

    def check_replaced(self, run, case, intents):
        self.assertEqual(run.says, {"other"}, run.errors)

    def test_recording_hook_is_told_absolute_path_and_intent(self):
        self.run_all("record", self.check_recorded)

    def test_refused_file_does_not_run(self):
        self.run_all("refuse", self.check_refused)

    def test_bytes_that_the_hook_answers_run_in_place_of_the_file(self):
        self.run_all("replace", self.check_replaced)

    def test_hook_without_intent_and_descriptor_sees_the_same(self):
        self.run_all("replace", self.check_replaced, plain=True)


@lucid_only("is about its own documentation")
class DocumentationTests(unittest.TestCase):
    TEXT = SOURCE / "Doc" / "open_code.rst"

    def test_table_is_the_one_of_the_tests(self):
        rows = [f"   * - {title}\n     - {intents}\n"
                for title, intents, _ in LAUNCHES]
        self.assertIn("     - intent\n" + "".join(rows) + "\n",
                      self.TEXT.read_text())

    def test_program_works(self):
        build = Path(os.environ.get("LUCID_BUILD", Path(sys.executable).parent))
        if not (build / "libpython3.11.so").exists():
            self.skipTest("the library is not built")
        block = re.search(r"^    #include.*?(?=^\S)", self.TEXT.read_text(),
                          re.M | re.S)
        with tempfile.TemporaryDirectory() as name:
            program, script = Path(name, "program"), Path(name, "script.py")
            script.write_bytes(source("disk"))
            subprocess.run(
                [*compiler(), "-Wall", "-xc", "-", "-o", program,
                 f"-I{SOURCE / 'Include'}", f"-L{build}", "-lpython3.11",
                 f"-Wl,-rpath,{build}"],
                input=textwrap.dedent(block[0]).encode(), check=True)
            result = subprocess.run([program, script], capture_output=True,
                                    env=environment(), text=True)
            self.assertIn(f"not to be run as main: {script}", result.stderr)
            self.assertEqual((result.returncode, result.stdout), (1, ""))
            result = subprocess.run([program, "-m", "calendar", "2026", "11"],
                                    capture_output=True, env=environment(),
                                    text=True)
            self.assertIn("November 2026", result.stdout, result.stderr)


class HookCase(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def record(self, *arguments, target="", plain=False, **more):
        """Run the interpreter under a hook that lets everything pass."""
        return Run(Case(arguments, target, **more), self.folder, "record",
                   plain)


@lucid_only("opens scripts for running")
class ScriptTests(HookCase):
    def test_missing_script_is_reported_as_without_a_hook(self):
        path = self.folder / "absent.py"
        for plain in False, True:
            run = self.record(path, plain=plain)
            self.assertEqual(run.status, 2)
            self.assertIn(f"can't open file '{path}': [Errno 2] No such file "
                          "or directory", run.errors)

    def test_directory_without_main_does_not_run(self):
        run = self.record(self.folder)
        self.assertNotEqual(run.status, 0)

    def test_first_line_is_skipped_in_the_bytes_of_the_hook(self):
        path = write(self.folder / "script.py", b"not Python\nprint('disk')\n")
        self.assertEqual(self.record("-x", path).output, "disk\n")

    def test_encoding_declaration_and_line_ends(self):
        path = write(self.folder / "script.py",
                     b"# -*- coding: latin-1 -*-\r\nprint(ascii('\xe9'))\r\n")
        self.assertEqual(self.record(path).output, "'\\xe9'\n")

    def test_empty_script(self):
        path = write(self.folder / "script.py", b"")
        run = self.record(path)
        self.assertEqual((run.status, run.output), (0, ""))

    def test_program_reads_the_rest_of_a_pipe_by_itself(self):
        path = write(self.folder / "script.py", b"print(input())\n")
        self.assertEqual(self.record(path, stdin=b"line\n").output, "line\n")

    def test_traceback_shows_lines_of_the_script(self):
        path = write(self.folder / "script.py", b"1 / 0  # here\n")
        self.assertIn("1 / 0  # here", self.record(path).errors)


@lucid_only("opens native code for running")
class NativeTests(HookCase):
    LOAD = ("import ctypes, importlib.machinery as m, importlib.util as u\n"
            "def as_library(path): ctypes.CDLL(path)\n"
            "def as_module(path):\n"
            "    u.module_from_spec(u.spec_from_file_location(\n"
            "        'victim', path, loader=m.ExtensionFileLoader(\n"
            "            'victim', path)))\n"
            "def attempt(path):\n"
            "    for load in as_library, as_module:\n"
            "        try: load(path)\n"
            "        except Exception as error: print(repr(error))\n")

    def check_refused(self, path, setup=""):
        run = self.record("-c", self.LOAD + setup + f"attempt({path})")
        self.assertEqual(run.says, set())
        lines = run.output.splitlines()
        self.assertEqual([line.partition("(")[0] for line in lines],
                         ["OSError", "ImportError"], run.errors)
        for line in lines:
            self.assertIn("regular files that have a name", line)

    def test_file_in_memory_is_refused(self):
        write(self.folder / "victim.so", library("disk"))
        self.check_refused(
            "f'/proc/self/fd/{fd}'",
            f"import os; data = open({str(self.folder / 'victim.so')!r}, 'rb')"
            ".read()\n"
            "fd = os.memfd_create('victim'); os.write(fd, data)\n")

    def test_deleted_file_is_refused(self):
        path = str(write(self.folder / "victim.so", library("disk")))
        self.check_refused("f'/proc/self/fd/{fd}'",
                           f"import os; fd = os.open({path!r}, os.O_RDONLY)\n"
                           f"os.unlink({path!r})\n")

    def test_device_is_refused(self):
        self.check_refused("'/dev/null'")

    def test_directory_is_refused(self):
        self.check_refused(repr(str(self.folder)))

    def test_fifo_is_refused_at_once(self):
        path = self.folder / "fifo"
        os.mkfifo(path)
        self.check_refused(repr(str(path)))

    def test_file_in_memory_loads_without_a_hook(self):
        path = write(self.folder / "victim.so", library("disk"))
        result = run_python(
            "-c", self.LOAD + f"import os; data = open({str(path)!r}, 'rb')"
            ".read()\n"
            "fd = os.memfd_create('victim'); os.write(fd, data)\n"
            "as_library(f'/proc/self/fd/{fd}')")
        self.assertEqual(result.stdout, "disk\n", result.stderr)

    def test_library_is_one_however_it_is_called(self):
        path = str(write(self.folder / "victim.so", library("disk")))
        link = self.folder / "link.so"
        link.symlink_to(path)
        run = self.record(
            "-c", self.LOAD + f"a = ctypes.CDLL({path!r})\n"
            f"b = ctypes.CDLL({str(link)!r}); as_module({path!r})\n"
            "print(a._handle == b._handle)")
        self.assertEqual(run.output, "disk\nTrue\n", run.errors)

    def test_each_library_is_another_though_descriptors_are_used_again(self):
        names = [f"number{i}" for i in range(20)]
        for name in names[:2]:
            write(self.folder / f"{name}.so", library(name))
        paths = [str(write(self.folder / f"copy{i}.so",
                           library(names[i % 2]))) for i in range(6)]
        run = self.record(
            "-c", self.LOAD + f"kept = [ctypes.CDLL(p) for p in {paths}]\n"
            "print(len({k._handle for k in kept}))")
        self.assertEqual(run.output.split(),
                         ["number0", "number1"] * 3 + ["6"], run.errors)

    def test_needed_library_that_is_missing(self):
        needed = write(self.folder / "libneeded.so", library("disk"))
        path = self.folder / "victim.so"
        needing_library(path, "$ORIGIN", needed)
        needed.unlink()
        run = self.record("-c", self.LOAD + f"attempt({str(path)!r})")
        message = (f"libneeded.so: needed by a library in {self.folder}: "
                   "not found")
        self.assertEqual(run.output, f"OSError('{message}')\n"
                                     f"ImportError('{message}')\n")

    def test_needed_library_whose_name_is_too_long(self):
        needed = self.folder / "libneeded.so"
        compile_shared(needed, "-xc", "-", '-DTEXT="long"',
                       "-Wl,-soname,/" + "x" * 5000, text=LIBRARY.encode())
        path = self.folder / "victim.so"
        needing_library(path, "$ORIGIN", needed)
        run = self.record("-c", self.LOAD + f"as_library({str(path)!r})")
        self.assertIn("File name too long", run.errors)
        self.assertEqual(run.output, "")

    def test_libraries_that_need_each_other_do_not_load(self):
        first, second = self.folder / "libfirst.so", self.folder / "libsecond.so"
        write(second, library("second"))
        needing_library(first, "$ORIGIN", second)
        second.unlink()
        compile_shared(second, "-xc", "-", "-DTEXT=\"second\"", "-xnone",
                       "-Wl,--no-as-needed", "-Wl,-soname,libneeded.so", first,
                       "-Wl,-rpath,$ORIGIN", text=LIBRARY.encode())
        (self.folder / "libneeded.so").symlink_to(second)
        run = self.record("-c", self.LOAD + f"as_library({str(first)!r})")
        self.assertIn("needs that library itself", run.errors)
        self.assertEqual(run.output, "")

    def test_damaged_libraries_are_errors(self):
        good = library("disk")
        path = self.folder / "victim.so"
        program = self.LOAD + f"as_library({str(path)!r})"
        for content in (b"", good[:16], good[:100],
                        good[:0x20] + b"\xff" * 8 + good[0x28:],
                        good[:0x40] + b"\xff" * 400 + good[464:]):
            write(path, content)
            with self.subTest(size=len(content)):
                run = self.record("-c", program)
                self.assertEqual((run.status, run.output), (1, ""))
                self.assertIn("OSError", run.errors)

    def test_library_that_is_there_needs_no_file(self):
        run = self.record("-c", "import ctypes; ctypes.CDLL('libc.so.6')\n"
                                "ctypes.CDLL(None)")
        self.assertEqual(run.status, 0, run.errors)
        self.assertEqual([path for intent, path in run.calls
                          if intent == "ctypes"], [])

    def test_name_is_looked_up_as_the_linker_does(self):
        run = self.record(
            "-c", "import ctypes\n"
            "for name in 'libbz2.so.1.0', 'libabsent.so':\n"
            "    try: print(bool(ctypes.CDLL(name)))\n"
            "    except OSError as error: print(error)")
        self.assertEqual(run.output, "True\nlibabsent.so: cannot open shared "
                         "object file: No such file or directory\n")
        found = [path for intent, path in run.calls if intent == "ctypes"]
        self.assertEqual([os.path.basename(path) for path in found],
                         ["libbz2.so.1.0"])

    def test_subinterpreter_has_the_same_dlopen(self):
        path = str(write(self.folder / "victim.so", library("disk")))
        run = Run(Case(
            ["-c", "import ctypes, _xxsubinterpreters as s\n"
             f"s.run_string(s.create(), 'import ctypes; ctypes.CDLL(\"{path}\")')"],
            path), self.folder, "refuse")
        self.assertEqual(run.says, set())
        self.assertIn("refused: " + path, run.errors)

    def test_path_with_nul_is_an_error(self):
        run = self.record(
            "-c", self.LOAD + "attempt('/dev/null\\0/x.so')")
        self.assertEqual(run.output, "ValueError('embedded null byte')\n" * 2)


class CtypesTests(unittest.TestCase):
    def check_error(self, error, *arguments):
        import _ctypes
        with self.assertRaises(error):
            _ctypes.dlopen(*arguments)

    def test_arguments(self):
        self.check_error(TypeError)
        self.check_error(TypeError, 1)
        self.check_error(TypeError, "x", "y")
        self.check_error(TypeError, "x", 2, 3)
        self.check_error(OverflowError, "x", 2 ** 40)
        self.check_error(ValueError, "a\0b")

    def test_library_that_does_not_exist(self):
        self.check_error(OSError, "libabsent.so")
        self.check_error(OSError, b"/absent/library.so", 2)

    def test_event_comes_before_the_library_is_looked_for(self):
        result = run_python(
            "-c", "import ctypes, sys\n"
            "def hook(event, args):\n"
            "    if event == 'ctypes.dlopen':\n"
            "        print(args); raise RuntimeError('refused')\n"
            "sys.addaudithook(hook)\n"
            "for name in None, 'libabsent.so':\n"
            "    try: ctypes.CDLL(name)\n"
            "    except RuntimeError as error: print(error)")
        self.assertEqual(result.stdout,
                         "(None,)\nrefused\n('libabsent.so',)\nrefused\n")


@lucid_only("has the event")
class EventTests(HookCase):
    def events(self, program, *arguments):
        """What hooks hear of the program: lines, errors."""
        result = run_python(
            "-c", "import sys\n"
            "def hook(event, args): print(event, *args)\n"
            "sys.addaudithook(hook, events=['lucid.open_code'])\n" + program,
            *arguments)
        return result.stdout.splitlines(), result.stderr

    def test_files_that_become_code_are_announced(self):
        source = write(self.folder / "module.py", b"")
        write(self.folder / "compiled.pyc", bytecode(self.folder, "x"))
        shared = write(self.folder / "victim.so", library("disk"))
        lines, errors = self.events(
            f"import os; os.chdir({str(self.folder)!r}); sys.path[:0] = ['.']\n"
            "sys.dont_write_bytecode = True\n"
            "import module, compiled, victim, io, runpy\n"
            "io.open_code('module.py').close()\n")
        prefix = f"lucid.open_code {self.folder}/"
        self.assertEqual(
            [line.removeprefix(prefix) for line in lines
             if line.startswith(prefix) and "__pycache__" not in line],
            ["module.py source", "compiled.pyc bytecode", "victim.so native",
             "module.py source"], errors)
        self.assertTrue(source.exists() and shared.exists())

    def test_library_functions_that_run_what_they_open(self):
        script = write(self.folder / "script.py", b"")
        lines, errors = self.events(
            f"import runpy; sys.argv = ['profile', {str(script)!r}]\n"
            "runpy.run_module('cProfile', run_name='__main__')\n")
        self.assertIn(f"lucid.open_code {script} source", lines, errors)

    def test_refusal_prevents_the_opening(self):
        path = write(self.folder / "module.py", b"print('disk')\n")
        result = run_python(
            "-c", "import sys\n"
            "def refuse(event, args):\n"
            "    if args[0].endswith('module.py'): raise PermissionError\n"
            "def hear(event, args):\n"
            "    if event == 'open' and str(args[0]).endswith('module.py'):\n"
            "        print('opened')\n"
            "sys.addaudithook(refuse, events=['lucid.open_code'])\n"
            "sys.addaudithook(hear)\n"
            f"sys.path[:0] = [{str(self.folder)!r}]\n"
            "try: import module\n"
            "except PermissionError: print('refused')\n")
        self.assertEqual(result.stdout, "refused\n", result.stderr)
        self.assertTrue(path.exists())

    def test_hook_without_patterns_does_not_hear_it(self):
        result = run_python(
            "-c", "import sys\n"
            "def hook(event, args):\n"
            "    if event == 'lucid.open_code': print(args)\n"
            "sys.addaudithook(hook)\n"
            "import colorsys")
        self.assertEqual((result.stdout, result.stderr), ("", ""))


class SourcelessLoaderTests(HookCase):
    def test_get_data_reads_any_file_and_may_be_overridden(self):
        from importlib.machinery import SourcelessFileLoader
        path = write(self.folder / "data", b"bytes")
        loader = SourcelessFileLoader("name", str(path))
        self.assertEqual(loader.get_data(str(path)), b"bytes")
        self.assertEqual(loader.get_data(path), b"bytes")
        with self.assertRaises(FileNotFoundError):
            loader.get_data("/absent")

        class Loader(SourcelessFileLoader):
            def get_data(self, path):
                return b"before " + super().get_data(path)
        self.assertEqual(Loader("name", str(path)).get_data(str(path)),
                         b"before bytes")


if __name__ == "__main__":
    unittest.main()
