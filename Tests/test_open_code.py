"""Code that is run was opened for running: every way in which a file becomes
code, under open-code hooks that refuse it, replace it, and record it.

The hook is Tests/embed/preload/open_code_hook.c, there before the interpreter
is.  Each function marked @launch is a row of the table in Doc/open_code.rst.
"""
import os
import py_compile
import shlex
import subprocess
import sys
import tempfile
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

    intents  what the hook is told about `target`, repetitions left out
    stdin    bytes, or a file to read them from
    feed     a FIFO into which `stdin` is written
    """

    def __init__(self, arguments, target, replacement, *, stdin=b"", env=None,
                 fifo=None, fds=(), shows_refusal=True):
        self.arguments = [str(argument) for argument in arguments]
        self.target = str(target)
        self.replacement = replacement
        self.stdin = stdin
        self.env = env or {}
        self.fifo = fifo
        self.fds = fds
        self.shows_refusal = shows_refusal


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


def library(text):
    """The bytes of a shared library that prints `text`, an extension module
    named victim at the same time."""
    return compiled_library(SOURCE, text)


_libraries = {}


def compiled_library(headers, text):
    if text not in _libraries:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "library.so")
            subprocess.run(
                [*compiler(), "-shared", "-fPIC", "-xc", "-",
                 f'-DTEXT="{text}"', f"-I{headers / 'Include'}", "-o", path],
                input=LIBRARY.encode(), check=True)
            _libraries[text] = path.read_bytes()
    return _libraries[text]


def compiler():
    return shlex.split(os.environ.get("CC", "gcc"))


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
        self.output, self.errors = self.communicate(case, variables)
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
        return result.stdout.decode(), result.stderr.decode()

    @property
    def says(self):
        return {word for word in ("disk", "other") if word in self.output}


def hook_library(cache=[]):
    if not cache:
        folder = tempfile.TemporaryDirectory()
        path = Path(folder.name, "hook.so")
        hook = Path(__file__).parent / "embed" / "preload" / "open_code_hook.c"
        subprocess.run([*compiler(), "-Wall", "-shared", "-fPIC", hook,
                        f"-I{SOURCE / 'Include'}", "-o", path], check=True)
        cache.append((path, folder))
    return cache[0][0]


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
        with ThreadPoolExecutor(2) as pool:
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

    def test_plain_hook_refuses_too(self):
        self.run_all("refuse", self.check_refused, plain=True)

    def test_plain_hook_replaces_too(self):
        self.run_all("replace", self.check_replaced, plain=True)

    def test_documentation_shows_the_table(self):
        text = (SOURCE / "Doc" / "open_code.rst").read_text()
        rows = [f"   * - {title}\n     - {intents}\n"
                for title, intents, _ in LAUNCHES]
        self.assertIn("".join(rows), text)


if __name__ == "__main__":
    unittest.main()
