"""Recursion through C, and structures as deep as memory permits: an exception, if
anything, but never the end of the process."""
import textwrap
import unittest

from support import lucid_only, run_python

PRELUDE = """
    import collections, functools, itertools, json, pickle, sys, threading
    def attempt(function, *args):
        try:
            function(*args)
        except (RecursionError, MemoryError):
            print("refused")
        else:
            print("done")
"""


def run(program):
    result = run_python("-c", textwrap.dedent(PRELUDE) +
                        textwrap.dedent(program), timeout=300)
    return result.returncode, result.stdout.split(), result.stderr[-1000:]


@lucid_only("the reference crashes")
class StackTests(unittest.TestCase):
    """With a recursion limit that the C stack cannot hold."""

    def check(self, count, program):
        self.assertEqual(run("sys.setrecursionlimit(10 ** 9)\n" +
                             textwrap.dedent(program)),
                         (0, ["refused"] * count, ""))

    def test_methods_that_call_themselves_through_the_interpreter(self):
        self.check(7, """
            class Endless:
                def __init__(self, *args): Endless(*args)
                def __repr__(self): return repr(self)
                def __eq__(self, other): return self == other
                def __hash__(self): return hash(self)
                def __getattr__(self, name): return getattr(self, name)
                def __add__(self, other): return self + other
            endless = object.__new__(Endless)
            attempt(Endless)
            for function in repr, hash:
                attempt(function, endless)
            attempt(lambda: endless == 1)
            attempt(lambda: endless.missing)
            attempt(lambda: endless + 1)
            def sort(item): return sorted([item], key=sort)
            attempt(sort, 1)
        """)

    def test_deep_data(self):
        self.check(4, """
            deep, pair = [], ()
            for _ in range(200_000):
                deep, pair = [deep], (pair,)
            for function in repr, json.dumps, pickle.dumps, hash:
                attempt(function, pair if function is hash else deep)
        """)

    def test_deep_source(self):
        self.check(3, """
            for text in ("-" * 100_000 + "1", "a" + ".b" * 100_000,
                         "+".join("a" * 100_000)):
                attempt(compile, text, "deep", "eval")
        """)

    def test_constants_that_contain_themselves_and_code_in_code(self):
        self.check(3, """
            import _imp, marshal
            code = nested = compile("1", "", "exec")
            attempt(lambda: code.replace(co_consts=marshal.loads(
                b"\\xa9\\1r\\0\\0\\0\\0")))
            for _ in range(200_000):
                nested = nested.replace(co_consts=(nested,))
            attempt(_imp._fix_co_filename, nested, "other")
            attempt(hash, nested)
        """)

    def test_what_only_passes_on_to_another_of_its_kind(self):
        self.check(22, """
            import types
            def chain(value, make):
                for _ in range(300_000):
                    value = make(value)
                return value
            def partial(function):
                result = functools.partial(abs)
                result.__setstate__((function, (), {}, {}))
                return result
            proxy = chain({1: 2}, types.MappingProxyType)
            for use in (repr, str, lambda x: x | {}, lambda x: {} | x,
                        lambda x: x == 1, lambda x: x.get(1),
                        lambda x: x.copy(), reversed):
                attempt(use, proxy)
            attempt(chain(abs, partial))
            method = chain(abs, lambda x: types.MethodType(x, 1))
            attempt(method)
            attempt(getattr, method, "missing")
            for make in classmethod, staticmethod, property:
                attempt(getattr, chain(abs, make), "__isabstractmethod__")
            own = classmethod(abs)
            own.__init__(own)
            attempt(own.__get__, None, int)
            inner = chain(list[int], lambda x: types.GenericAlias(list, x))
            outer = chain(list[int], lambda x: types.GenericAlias(x, int))
            attempt(getattr, inner, "__parameters__")
            for use in hash, repr:
                attempt(use, inner)
                attempt(use, outer)
            attempt(outer)
            attempt(getattr, outer, "missing")
        """)

    def test_thread_with_a_small_stack(self):
        self.check(3, """
            class Endless:
                def __repr__(self): return repr(self)
            for size in 48, 128, 1024:
                threading.stack_size(size * 1024)
                thread = threading.Thread(target=attempt,
                                          args=(repr, Endless()))
                thread.start()
                thread.join()
        """)

    def test_recursion_is_possible_again_afterwards(self):
        self.assertEqual(run("""
            sys.setrecursionlimit(10 ** 9)
            def down(n): return [down(n - 1) for _ in "1"] if n else []
            class Endless:
                def __repr__(self): return repr(self)
            for _ in range(3):
                attempt(repr, Endless())
                attempt(down, 1000)
        """), (0, ["refused", "done"] * 3, ""))


@lucid_only("the reference crashes")
class IteratorTests(unittest.TestCase):
    def test_iterators_of_iterators(self):
        self.assertEqual(run("""
            makers = [itertools.chain, enumerate, zip, itertools.accumulate,
                      functools.partial(map, lambda x: x),
                      functools.partial(filter, None),
                      lambda it: itertools.islice(it, 5),
                      lambda it: itertools.compress(it, [1]),
                      functools.partial(itertools.takewhile, id),
                      functools.partial(itertools.filterfalse, id)]
            for make in makers:
                deep = iter([1])
                for _ in range(300_000):
                    deep = make(deep)
                attempt(next, deep)
                del deep
        """), (0, ["refused"] * 10, ""))


class EndTests(unittest.TestCase):
    @lucid_only("the reference crashes")
    def test_deep_chains_of_what_holds_one_object(self):
        self.assertEqual(run("""
            import io, types, weakref
            class Slots:
                __slots__ = "value", "__weakref__"
                def __init__(self, value): self.value = value
                def __getitem__(self, key): pass
                def __call__(self): pass
            def partial(function):
                result = functools.partial(abs)
                result.__setstate__((function, (), {}, {}))
                return result
            makers = [slice, types.CellType, property, Slots, staticmethod,
                      functools.cmp_to_key(abs), types.MappingProxyType,
                      lambda x: types.MethodType(abs, x), partial,
                      lambda x: {1: x}.values(),
                      lambda x: io.IncrementalNewlineDecoder(x, True)]
            for make in makers:
                first = deep = Slots(None)
                for _ in range(400_000):
                    deep = make(deep)
                end = weakref.ref(first)
                del deep, first
                # What had to wait goes with the next container.
                [[]].clear()
                print("gone" if end() is None else make)
        """), (0, ["gone"] * 11, ""))

    @lucid_only("the reference crashes")
    def test_deep_structures_are_freed(self):
        self.assertEqual(run("""
            async def coroutine(value): pass
            def generator(value): yield value
            makers = dict(
                deque=lambda x: collections.deque([x]),
                defaultdict=lambda x: collections.defaultdict(list, a=x),
                enumerate=lambda x: enumerate([x]),
                count=lambda x: itertools.islice(itertools.repeat(x), 1),
                attribute=lambda x: AttributeError("a", obj=x, name="b"),
                missing=lambda x: ImportError("a", name=x),
                translate=lambda x: UnicodeTranslateError("a", 0, 1, "b"),
                os=lambda x: OSError(x, 1), generator=generator)
            for name, make in makers.items():
                deep = None
                for _ in range(200_000):
                    deep = make(deep)
                del deep
            deep = None
            import warnings
            warnings.simplefilter("ignore")
            for _ in range(20_000):
                deep = coroutine(deep)
            del deep
            print("done")
        """), (0, ["done"], ""))


if __name__ == "__main__":
    unittest.main()
