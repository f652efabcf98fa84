"""A finder of the program's own answers every later import.

since: PEP 302; the list is an argument of "import", nothing says that it grew
must: record lucid.import.finders
"""
import importlib.machinery
import sys


class Finder:
    @staticmethod
    def find_spec(name, path=None, target=None):
        if name == "canary":
            return importlib.machinery.ModuleSpec(name, Finder)

    @staticmethod
    def create_module(spec):
        return None

    @staticmethod
    def exec_module(module):
        print("escaped")


sys.meta_path.insert(0, Finder)
import canary  # noqa: E402, F401
