"""sys.getsizeof: no built-in object is larger than the reference's."""
import importlib
import sys
import unittest

MODULES = """array codecs collections contextvars datetime functools io itertools
operator random re struct sys threading types weakref zlib""".split()

# Expressions, with what the reference answers for their values on 64 bits.
SIZES = r"""
28 0
40 2 ** 100
36 -2 ** 60
24 1.5
32 1j
16 None
16 ...
49 ''
59 'a' * 10
83 '\xe9' * 10
94 '\u20ac' * 10
116 '\U0001f600' * 10
33 b''
43 b'a' * 10
56 bytearray()
87 bytearray(b'abc' * 10)
56 []
88 [1, 2, 3]
184 [x for x in range(10)]
136 list(range(10))
40 ()
64 (1, 2, 3)
64 {}
224 {1: 2}
184 {'a': 1}
4688 dict.fromkeys(range(100))
464 {str(i): i for i in range(20)}
216 set()
8408 set(range(100))
728 frozenset(range(10))
48 range(10)
56 slice(1)
16 object()
1688 type('C', (), {})
56 type('C', (), {})()
48 type('C', (), {'__slots__': ('a', 'b')})()
920 type('C', (), {'__slots__': ('a', 'b')})
152 lambda: 0
192 (lambda: 0).__code__
200 (x for x in '')
72 [].append
48 (1).__add__
72 str.__add__
72 str.join
80 property()
48 staticmethod(len)
48 classmethod(len)
56 super(int, 1)
40 types.CellType(1)
72 types.ModuleType('a')
40 types.SimpleNamespace(a=1)
40 types.MappingProxyType({})
64 types.MethodType(len, 1)
80 list[int]
48 int | str
72 enumerate([])
64 zip()
48 map(int, [])
48 filter(None, [])
48 reversed([1])
48 iter([])
48 iter(())
72 iter({})
64 iter(set())
48 iter(range(3))
48 iter('a')
48 iter(int, 1)
40 {}.keys()
184 memoryview(b'a')
80 weakref.ref(int)
88 ValueError('a')
128 OSError(1, 'a')
152 SyntaxError('a')
112 ImportError('a')
112 ExceptionGroup('a', [ValueError()])
128 UnicodeDecodeError('a', b'', 0, 1, 'x')
184 sys.flags
80 sys.version_info
152 sys._getframe()
760 collections.deque()
72 collections.defaultdict()
344 collections.OrderedDict(a=1)
80 functools.partial(int)
168 functools.lru_cache(len)
64 operator.itemgetter(1)
56 operator.attrgetter('a')
56 operator.methodcaller('a')
48 itertools.repeat(1)
64 itertools.cycle([1])
48 itertools.chain()
56 itertools.count()
72 itertools.product([1])
96 itertools.permutations([1])
80 itertools.combinations([1], 1)
56 itertools.tee([])[0]
80 itertools.groupby([])
72 itertools.islice([], 1)
64 itertools.accumulate([])
72 itertools.zip_longest([])
48 itertools.pairwise([])
88 array.array('i', [1, 2])
116 io.BytesIO(b'abc')
136 io.StringIO('abc')
172 re.compile('a+b')
120 re.match('a', 'a')
48 datetime.datetime(2000, 1, 1)
40 datetime.timedelta(1)
32 datetime.date(2000, 1, 1)
40 datetime.time(1)
32 datetime.timezone.utc
2560 random.Random(1)
136 struct.Struct('i')
56 threading.Lock()
64 threading.RLock()
80 contextvars.ContextVar('a')
168 zlib.compressobj()
64 codecs.charmap_build(''.join(map(chr, range(128))) + '\u20ac')
"""


class SizeTests(unittest.TestCase):
    def test_no_object_is_larger_than_the_reference_s(self):
        names = {name: importlib.import_module(name) for name in MODULES}
        for row in SIZES.split("\n")[1:-1]:
            size, expression = row.split(" ", 1)
            with self.subTest(expression):
                self.assertLessEqual(sys.getsizeof(eval(expression, names)),
                                     int(size))


if __name__ == "__main__":
    unittest.main()
