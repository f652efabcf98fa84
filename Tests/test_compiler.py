"""The compiler: symbol tables, code generation, tables of code objects."""
import dis
import unittest
import warnings


def code_of(source, name="<module>", **kwargs):
    """The first code object with a name in the module."""
    pending = [compile(source, "f.py", "exec", dont_inherit=True, **kwargs)]
    while pending:
        code = pending.pop(0)
        if code.co_name == name:
            return code
        pending += [c for c in code.co_consts if hasattr(c, "co_code")]
    raise LookupError(name)


def opnames(code):
    return [i.opname for i in dis.get_instructions(code)]


def run(source):
    namespace = {}
    exec(compile(source, "f.py", "exec", dont_inherit=True), namespace)
    return namespace


class FlowTests(unittest.TestCase):
    def test_constant_conditions_leave_no_test(self):
        code = code_of("def f():\n while 1:\n  if 0: a\n  b\n", "f")
        self.assertFalse([name for name in opnames(code) if "POP_JUMP" in name])

    def test_jump_to_an_implicit_return_becomes_the_return(self):
        code = code_of("def f():\n if a: b\n else: c\n", "f")
        self.assertEqual(opnames(code).count("RETURN_VALUE"), 2)
        self.assertNotIn("JUMP_FORWARD", opnames(code))

    def test_swaps_of_small_tuples_need_no_tuple(self):
        code = code_of("def f(a, b):\n a, b = b, a\n", "f")
        self.assertNotIn("BUILD_TUPLE", opnames(code))

    def test_long_jumps_take_prefixes(self):
        body = "".join(f"  a{i} = b{i}\n" for i in range(400))
        code = code_of(f"def f():\n if x:\n{body} return 1\n", "f")
        self.assertIn("EXTENDED_ARG", opnames(code))

    def test_finally_runs_on_every_way_out(self):
        f = run("def f(how):\n"
                "  for i in 1,:\n"
                "    try:\n"
                "      if how == 'return': return log\n"
                "      if how == 'break': break\n"
                "      if how == 'continue': continue\n"
                "      if how == 'raise': raise KeyError\n"
                "    except KeyError: pass\n"
                "    finally: log.append(how)\n"
                "  return log\n"
                "log = []\n"
                "for how in 'return', 'break', 'continue', 'raise', 'fall': f(how)\n")
        self.assertEqual(f["log"], ["return", "break", "continue", "raise", "fall"])


class StackSizeTests(unittest.TestCase):
    def test_await_that_is_left_out_counts(self):
        for text in ("assert await x", "def f(): assert (yield)"):
            code = compile(text, "f", "exec", dont_inherit=True, optimize=2)
            inner = [c for c in code.co_consts if hasattr(c, "co_code")]
            self.assertEqual((inner or [code])[0].co_stacksize,
                             1 if inner else 2)


class ConstantTests(unittest.TestCase):
    def test_equal_constants_of_different_types_are_kept_apart(self):
        code = code_of("x = (1, 1.0, True, 0.0, -0.0, 1j); y = 0.0; z = -0.0; w = 1, 1.0")
        self.assertIn("-0.0", [repr(c) for c in code.co_consts])
        self.assertIn("0.0", [repr(c) for c in code.co_consts])

    def test_equal_tuples_are_one_object(self):
        code = code_of("def f(): return (1, 'a b')\ndef g(): return (1, 'a b')\n")
        first, second = [c for c in code.co_consts if hasattr(c, "co_code")]
        self.assertIs(first.co_consts[-1], second.co_consts[-1])


class LocationTests(unittest.TestCase):
    def test_every_code_unit_has_positions(self):
        code = code_of("def f(a):\n return a.b(\n   1)[2]\n", "f")
        self.assertEqual(len(list(code.co_positions())), len(code.co_code) // 2)

    def test_method_call_over_lines_starts_at_the_name(self):
        code = code_of("def f(a):\n (a\n  .b())\n", "f")
        call = [i for i in dis.get_instructions(code) if i.opname == "CALL"][0]
        self.assertEqual(call.positions.lineno, 3)

    def test_annotations_at_the_prompt_begin_in_line_1(self):
        code = compile("\n\nif 1:\n  a: int\n", "f", "single")
        self.assertEqual(list(code.co_positions())[1:3],
                         [(1, 1, 0, 0), (3, 4, 0, 8)])


class ErrorTests(unittest.TestCase):
    def check(self, source, message):
        with self.assertRaisesRegex(SyntaxError, message):
            compile(source, "f.py", "exec")

    def test_statements_in_wrong_places(self):
        self.check("return 1", "'return' outside function")
        self.check("break", "'break' outside loop")
        self.check("continue", "'continue' not properly in loop")
        self.check("class C:\n yield", "'yield' outside function")
        self.check("def f():\n await x", "'await' outside async function")

    def test_patterns(self):
        self.check("match x:\n case a: 1\n case b: 2", "makes remaining patterns unreachable")
        self.check("match x:\n case a, a: 1", "multiple assignments to name 'a' in pattern")
        self.check("match x:\n case a | 1: 1", "makes remaining patterns unreachable|bind different")

    def test_keyword_arguments_that_are_repeated(self):
        for call in ("f(a=1, a=2)", "x.f(a=1, b=2, a=3)", "f(*x, a=1, a=2)"):
            self.check(f"x = 1\n{call}", "keyword argument repeated: a")

    def test_too_many_blocks(self):
        source = "".join(" " * i + "while a:\n" for i in range(21)) + " " * 21 + "b\n"
        self.check(source, "too many statically nested blocks")

    def test_warning_as_error_is_a_syntax_error(self):
        with warnings.catch_warnings():
            warnings.simplefilter("error", SyntaxWarning)
            self.check("x is 1", 'Did you mean "=="')


class CodeObjectTests(unittest.TestCase):
    def test_replace_checks_types_and_signs(self):
        code = code_of("def f(a): pass", "f")
        with self.assertRaisesRegex(TypeError, "argument 'co_code' must be bytes, not int"):
            code.replace(co_code=1)
        with self.assertRaisesRegex(ValueError, "co_argcount must be a positive integer"):
            code.replace(co_argcount=-1)
        with self.assertRaisesRegex(ValueError, "co_varnames is too small"):
            code.replace(co_argcount=9)

    def test_code_with_another_line_table_is_unequal(self):
        self.assertNotEqual(code_of("x = 1"), code_of("x =  1"))
        self.assertEqual(code_of("x = 1"), code_of("x = 1"))
        self.assertEqual(hash(code_of("x = 1")), hash(code_of("x = 1")))

    def test_broken_tables_do_not_crash(self):
        code = code_of("def f(a):\n return a + 1\n", "f")
        for table in b"", b"\xff", b"\xf0\xff\xff\xff", b"\x00\x00", bytes(range(128, 256)):
            broken = code.replace(co_linetable=table)
            list(broken.co_lines())
            list(broken.co_positions())


if __name__ == "__main__":
    unittest.main()
