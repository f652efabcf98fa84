"""What the fuzzers do with their data: a function per fuzzer.

Each takes bytes and lets out no exception, whatever they are: one that gets
out is a finding.  fuzz.c calls them for libFuzzer, ../test_fuzz.py for the
files in corpus/.
"""
import _ast
import _symtable
import marshal
import re
import types
import warnings
from _tokenize import TokenizerIter

warnings.simplefilter("ignore")

MODES = ("exec", "eval", "single")
FUTURES = (0, 0x20000, 0x80000, 0x400000, 0x1000000)   # barry, ..., annotations
TOP_LEVEL_AWAIT = 0x2000
INCOMPLETE_INPUT = 0x4000 | 0x200
ONLY_AST = 0x400
TYPE_COMMENTS = 0x1000

# What may be said about sources; about trees.
SOURCE_ERRORS = (SyntaxError, ValueError, OverflowError, MemoryError,
                 RecursionError)
TREE_ERRORS = SOURCE_ERRORS + (TypeError,)
# About data; SystemError is for code whose fields do not fit together.
MARSHAL_ERRORS = (ValueError, EOFError, TypeError, MemoryError, OverflowError,
                  RecursionError, SystemError)


CODE_FIELDS = [name for name, value in vars(types.CodeType).items()
               if name.startswith("co_") and not callable(value)]


# -- code ------------------------------------------------------------------

def use_code(code):
    """Looks at every field of a code object and of those in it."""
    repr(code)
    hash(code)
    for name in CODE_FIELDS:
        getattr(code, name)
    for _ in code.co_positions():
        pass
    for _ in code.co_lines():
        pass
    try:
        code == code.replace(co_name="other")
    except (ValueError, OverflowError):      # of data: fields out of range
        pass
    for const in code.co_consts:
        if isinstance(const, types.CodeType):
            use_code(const)


def use_compiled(code):
    """What was read again is the same, but for constants like nan."""
    use_code(code)
    again = marshal.loads(marshal.dumps(code))
    assert again.co_code == code.co_code
    assert again.co_names == code.co_names


# -- source text -----------------------------------------------------------

def run_source(data):
    """The first byte chooses mode, kind of text and flags."""
    choice, text = data[:1].ljust(1, b"\0")[0], data[1:]
    mode = MODES[choice % 3]
    flags = FUTURES[choice // 3 % 5]
    if choice & 64:
        flags |= INCOMPLETE_INPUT if choice & 1 else TOP_LEVEL_AWAIT
    if choice & 128:
        text = text.decode("utf-8", "surrogatepass" if choice & 1
                           else "replace") if is_text(text) else text
    try:
        for optimize in (0, 1, 2):
            code = compile(text, "<fuzz>", mode, flags, True, optimize)
        use_compiled(code)
        tree = compile(text, "<fuzz>", mode, flags | ONLY_AST
                       | TYPE_COMMENTS * (choice % 2), True)
        from_tree = compile(tree, "<fuzz>", mode, flags, True, 2)
        assert from_tree.co_code == code.co_code, "tree and text differ"
        _symtable.symtable(text, "<fuzz>", mode)
    except SOURCE_ERRORS as error:
        str(error)
    if isinstance(text, bytes):
        text = text.decode("utf-8", "replace")
    try:
        for _ in TokenizerIter(text):
            pass
    except SOURCE_ERRORS:
        pass


def is_text(data):
    try:
        data.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return False
    return True


# -- syntax trees ----------------------------------------------------------

class Name(str):
    """A string that is none to those who look closely."""


CONSTANTS = (None, True, ..., 0, -1, 255, 1 << 31, -(1 << 64), 1 << 3000, 0.0,
             -0.0, 1e308, float("nan"), 1j, "", "a", "\0", "\udc80", "x" * 300,
             b"", b"\xff", (), (1, (2, "a")), frozenset({1, "b"}), "%s", "%d%%",
             "doc", [], {}, object(), Name("x"), 2 ** 100, ("a",) * 20)
NAMES = ("a", "b", "c", "__class__", "self", "__private", "_", "__debug__",
         "None", "True", "", "a.b", "\xe9", "annotations", "__future__", "*",
         "with space", "\udc80", "super", "print", "x" * 100)
WRONG = (None, 0, 1 << 80, "text", b"bytes", [], [None], (), {}, object(), -1,
         Name("y"), 1.5, _ast.Load, _ast.Load(), type)
INTEGERS = (0, 1, 2, 3, 5, 100, -1, -2, 1 << 31, (1 << 31) - 1, -(1 << 31),
            1 << 64)


def field_rows():
    """{class: ((field, type, quantity), ...)}, {type: classes}"""
    fields, members = {}, {}
    for cls in vars(_ast).values():
        if not isinstance(cls, type) or not issubclass(cls, _ast.AST):
            continue
        fields[cls] = tuple(
            (name, kind, quantity) for kind, quantity, name in re.findall(
                r"(\w+)([?*]?) (\w+)[,)]", cls.__doc__ or ""))
        base = cls.__base__
        if base in (_ast.AST, object):
            members.setdefault(cls.__name__, [])
        else:
            members.setdefault(base.__name__, []).append(cls)
    for cls in fields:
        if not members.get(cls.__name__) and cls.__base__ is _ast.AST:
            members[cls.__name__] = [cls]
    return fields, members


FIELDS, MEMBERS = field_rows()
SMALLEST = {"stmt": _ast.Pass, "expr": _ast.Name, "pattern": _ast.MatchAs}


class TreeMaker:
    """Bytes as decisions.  Behind their end all decisions are 0, which leads
    to the smallest tree."""

    def __init__(self, data):
        self.data = data
        self.at = 0
        self.made = []

    def byte(self):
        if self.at >= len(self.data):
            return 0
        self.at += 1
        return self.data[self.at - 1]

    def pick(self, choices):
        return choices[self.byte() % len(choices)]

    def value(self, kind, depth):
        if kind in ("identifier", "string"):
            return self.pick(NAMES)
        if kind == "int":
            return self.pick(INTEGERS)
        if kind == "constant":
            return self.pick(CONSTANTS)
        return self.node(kind, depth)

    def node(self, kind, depth=0):
        if depth > 30 or self.at >= len(self.data):
            cls = SMALLEST.get(kind, MEMBERS[kind][0])
        else:
            cls = self.pick(MEMBERS[kind])
        node = cls()
        self.made.append(node)
        for name, field_kind, quantity in FIELDS[cls]:
            setattr(node, name, self.field(field_kind, quantity, depth + 1))
        if kind in ("stmt", "expr", "excepthandler", "pattern", "arg",
                    "keyword", "alias"):
            self.locate(node)
        self.damage(node)
        return self.nested(node, kind)

    def field(self, kind, quantity, depth):
        deep = depth > 60
        if quantity == "*":
            count = 0 if deep else self.byte() % 4
            return [self.value(kind, depth) for _ in range(count)]
        if quantity == "?" and (deep or self.byte() % 2 == 0):
            return None
        return self.value(kind, depth)

    def locate(self, node):
        odd = self.byte()
        node.lineno = node.end_lineno = 1 + odd % 50
        node.col_offset, node.end_col_offset = odd % 7, odd % 11
        if odd > 240:
            setattr(node, self.pick(node._attributes), self.pick(INTEGERS))

    def damage(self, node):
        """Sometimes: a wrong value, a missing one, a cycle."""
        odd = self.byte() ^ 0x5A          # libFuzzer is fond of 0 and 255
        if odd < 245 or not node._fields:
            return
        name = self.pick(node._fields)
        if odd < 249:
            setattr(node, name, self.pick(WRONG))
        elif odd < 251:
            delattr(node, name)
        elif odd < 253:
            setattr(node, name, self.pick(self.made))
        elif isinstance(getattr(node, name), list):
            getattr(node, name).append(self.pick(self.made))

    def nested(self, node, kind):
        """Sometimes: hundreds or thousands of levels."""
        if kind == "expr" and self.byte() == 0xA7:
            op = _ast.Not()
            for _ in range(self.byte() ** 3 >> 12):
                node = _ast.UnaryOp(op, node, lineno=1, col_offset=0,
                                    end_lineno=1, end_col_offset=0)
        return node


def run_tree(data):
    """The first byte chooses the kind of module and the flags."""
    maker = TreeMaker(data[1:])
    choice = data[:1].ljust(1, b"\0")[0]
    cls = (_ast.Module, _ast.Expression, _ast.Interactive)[choice % 3]
    tree = cls()
    for name, kind, quantity in FIELDS[cls]:
        setattr(tree, name, maker.field(kind, quantity, 0))
    flags = FUTURES[choice // 3 % 5] | TOP_LEVEL_AWAIT * (choice >> 7)
    for optimize in (0, 2):
        try:
            use_compiled(compile(tree, "<fuzz>", MODES[choice % 3], flags,
                                 True, optimize))
        except TREE_ERRORS as error:
            str(error)
        except SystemError as error:         # as the reference has it
            assert re.match("Unrecognized conversion|invalid node type|"
                            "unknown (expression|f-value conversion) kind",
                            str(error)), error


# -- marshal data ----------------------------------------------------------

def use_value(value, seen):
    if id(value) in seen:
        return
    seen[id(value)] = value
    if isinstance(value, types.CodeType):
        use_code(value)
        for const in value.co_consts:
            use_value(const, seen)
    elif isinstance(value, (tuple, list, set, frozenset)):
        for item in value:
            use_value(item, seen)
    elif isinstance(value, dict):
        for item in value.items():
            use_value(item, seen)


def set_levels(value):
    """How deep frozensets are nested."""
    if not isinstance(value, (frozenset, tuple)):
        return 0
    return isinstance(value, frozenset) + max(map(set_levels, value), default=0)


def run_marshal(data):
    try:
        value = marshal.loads(data)
    except MARSHAL_ERRORS:
        return
    use_value(value, {})
    try:
        if set_levels(value) > 8:      # each level doubles the time to write it
            return
    except RecursionError:
        pass
    for version in range(marshal.version + 1):
        try:
            marshal.loads(marshal.dumps(value, version))
        except (ValueError, EOFError, TypeError, RecursionError):
            pass
