"""The parser: trees with their positions, messages, and what they point at."""

import ast
import codeop
import subprocess
import sys
import tempfile
import unittest
import warnings

from support import environment, lucid_only, run_python


def error_of(source, mode="exec"):
    try:
        compile(source, "<test>", mode)
    except SyntaxError as error:
        return error
    raise AssertionError(f"{source!r} is accepted")


class ChoiceTests(unittest.TestCase):
    """Where a token more decides what the ones before were."""

    def first(self, source):
        return ast.parse(source).body[0]

    def test_parenthesized_with_items_are_items(self):
        node = self.first("with (a as b, c): pass")
        self.assertEqual([bool(item.optional_vars) for item in node.items],
                         [True, False])

    def test_parentheses_of_an_expression_after_with_stay_in_it(self):
        for source, kind in (("with (a, b).c: pass", ast.Attribute),
                             ("with (a for a in b): pass", ast.GeneratorExp),
                             ("with (a := b): pass", ast.NamedExpr),
                             ("with (yield): pass", ast.Yield),
                             ("with (*a, b): pass", ast.Tuple),
                             ("with (): pass", ast.Tuple)):
            node = self.first(source)
            self.assertEqual(len(node.items), 1, source)
            self.assertIs(type(node.items[0].context_expr), kind, source)

    def test_match_is_a_name_unless_the_line_ends_in_a_colon(self):
        for source in ("match(x)\n", "match[x]: int\n", "match = 1\n",
                       "match -x\n", "match not in x\n", "match.a\n"):
            self.assertNotIsInstance(self.first(source), ast.Match, source)
        for subject in ("(x)", "[x]", "-x", "*x, y", "not x", "{}"):
            source = f"match {subject}:\n case _: pass\n"
            self.assertIsInstance(self.first(source), ast.Match, source)

    def test_only_a_bare_name_is_a_simple_annotation_target(self):
        self.assertEqual(self.first("x: int").simple, 1)
        self.assertEqual(self.first("(x): int").simple, 0)
        self.assertEqual(self.first("x.y: int").simple, 0)

    def test_key_of_a_dict_may_be_a_named_expression_in_parentheses(self):
        self.assertIsInstance(self.first("{(a := b): c}").value, ast.Dict)
        self.assertEqual(error_of("{a := b: c}").msg, "invalid syntax")


class FormatStringTests(unittest.TestCase):
    def positions(self, source):
        return [(node.lineno, node.col_offset, node.end_lineno,
                 node.end_col_offset)
                for node in ast.walk(ast.parse(source))
                if isinstance(node, ast.Name)]

    def test_names_stand_where_they_are_written(self):
        self.assertEqual(self.positions('f"{a}{  b!r:{c}}"'),
                         [(1, 3, 1, 4), (1, 8, 1, 9), (1, 13, 1, 14)])

    def test_lines_of_a_long_string_are_counted(self):
        self.assertEqual(self.positions('f"""\n  {a}\n{\nb}"""'),
                         [(2, 3, 2, 4), (4, 0, 4, 1)])

    def test_messages_show_the_expression_in_parentheses(self):
        error = error_of("f'{a b}'")
        self.assertEqual(error.msg, "f-string: invalid syntax. Perhaps you "
                                    "forgot a comma?")
        self.assertEqual(error.text, "(a b)\n")


class MessageTests(unittest.TestCase):
    def check(self, source, message, *place):
        error = error_of(source)
        self.assertEqual(error.msg, message)
        self.assertEqual((error.lineno, error.offset, error.end_lineno,
                          error.end_offset)[:len(place)], place)

    def test_bracket_that_stays_open_is_reported_where_it_opens(self):
        self.check("x = (1,\ny = 2\n", "'(' was never closed", 1, 5)

    def test_error_of_the_tokenizer_further_on_is_preferred(self):
        self.check("a b\nx = 'abc\n",
                   "unterminated string literal (detected at line 2)", 2, 5)

    def test_missing_colon_of_a_pair_has_precedence_over_a_comma(self):
        self.check("{'a': 1, 'b' 2}", "':' expected after dictionary key", 1)

    def test_looking_ahead_for_with_items_leaves_no_trace(self):
        self.check("with (a, b as c: pass\n", "invalid syntax", 1, 16)

    def test_both_kinds_of_except_are_reported_at_the_second(self):
        self.check("try: pass\nexcept* A: pass\nexcept B: pass\n",
                   "cannot have both 'except' and 'except*' on the same "
                   "'try'", 3, 1)

    def test_incomplete_input_is_recognized_by_its_flag(self):
        allow_incomplete = 0x4000
        for source in ("x = (", "'''abc", "if x:", "f(a,\n", "x = \\\n"):
            with self.assertRaisesRegex(SyntaxError, "incomplete input"):
                compile(source, "<test>", "single", allow_incomplete)

    def test_operator_at_the_end_counts_as_incomplete_if_it_could_go_on(self):
        allow_incomplete = 0x4000
        for source in ("if x =", "if x !", "if x:\n    .."):
            with self.assertRaisesRegex(SyntaxError, "incomplete input"):
                compile(source, "<test>", "single", allow_incomplete)
            with self.assertRaisesRegex(SyntaxError, "invalid syntax"):
                compile(source + "\n", "<test>", "single", allow_incomplete)

    def test_line_end_behind_a_comment_begins_with_the_comment(self):
        self.check("from a import # text\n", "invalid syntax", 1, 15, 1, 21)

    def test_begin_of_a_soft_keyword_forgets_no_comma(self):
        self.check("f(c d)\n", "invalid syntax", 1, 5, 1, 6)
        self.check("f(mat d)\n", "invalid syntax", 1, 7, 1, 8)
        self.check("f(d c)\n", "invalid syntax. Perhaps you forgot a comma?",
                   1, 3, 1, 6)

    def test_error_in_a_literal_comes_before_its_kind(self):
        self.check("b'a' '\\x'", "(unicode error) 'unicodeescape' codec can't "
                   "decode bytes in position 0-1: truncated \\xXX escape")
        self.check("b'a' 'x' '\\x'", "cannot mix bytes and nonbytes literals")

    def test_parameters_that_are_too_new_are_reported_at_their_end(self):
        with self.assertRaises(SyntaxError) as caught:
            ast.parse("def f(a, /, b=1, *c): pass", feature_version=(3, 7))
        self.assertEqual(caught.exception.offset, 20)

    def test_type_comment_of_a_function_is_blamed_for_a_later_mistake(self):
        text = "def f(a):\n    # type: (int) -> int\n    pass\nx y\n"
        self.check(text, "invalid syntax", 4, 3)
        with self.assertRaisesRegex(SyntaxError, "block after function "
                                    "definition on line 1"):
            ast.parse(text, type_comments=True)


class PromptTests(unittest.TestCase):
    PROGRAM = ("@d\ndef f(a, *b):\n    '''doc\n'''\n    if a: return (\n"
               "        b)\n    else:\n        try: pass\n"
               "        finally: x = [1, \\\n  2]\n")

    def kind_of(self, source):
        try:
            code = codeop.compile_command(source, "<input>", "single")
        except SyntaxError as error:
            return error.msg
        return "incomplete" if code is None else "complete"

    def test_beginnings_of_a_statement_are_incomplete(self):
        for end in range(1, len(self.PROGRAM)):
            source = self.PROGRAM[:end].rstrip("\n")
            with self.subTest(source=source):
                self.assertIn(self.kind_of(source),
                              ("incomplete", "incomplete input"))

    def test_empty_line_completes_a_block(self):
        self.assertEqual(self.kind_of(self.PROGRAM + "\n"), "complete")
        self.assertEqual(self.kind_of("if x:\n    y"), "incomplete")
        self.assertEqual(self.kind_of("if x:\n    y\n"), "complete")
        self.assertEqual(self.kind_of("x = 1"), "complete")

    def test_what_cannot_go_on_is_an_error(self):
        for source, message in (("x y\n", "invalid syntax"),
                                ("f(x))", "unmatched ')'"),
                                ("if x:\ny\n", "expected an indented block "
                                                "after 'if' statement on line 1")):
            self.assertEqual(self.kind_of(source), message)

    def test_line_that_is_not_in_the_encoding_of_the_terminal_is_refused(self):
        result = subprocess.run(
            [sys.executable, "-I", "-i"], capture_output=True, timeout=60,
            input=b"x = 1 # \xff\nprint(type('x'))\n",
            env=environment(LC_ALL="C.UTF-8"))
        self.assertIn(b"<class 'str'>", result.stdout)
        self.assertIn(b"line 0\n    \nSyntaxError: (unicode error) 'utf-8' codec "
                      b"can't decode byte 0xff in position 8: ", result.stderr)


class WarningTests(unittest.TestCase):
    def warnings_of(self, source):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            error_of(source)
        return [(w.category, w.lineno) for w in caught]

    def test_second_look_at_wrong_text_warns_once_more(self):
        self.assertEqual(self.warnings_of("x = '\\d'\ny z\n'\\d'\n"),
                         [(DeprecationWarning, 1), (DeprecationWarning, 1)])
        self.assertEqual(self.warnings_of("y '\\d'\n"),
                         [(DeprecationWarning, 1)])

    def test_numbers_behind_a_mistake_are_warned_about(self):
        self.assertEqual(self.warnings_of("x y\n0if 1 else 2\n"),
                         [(SyntaxWarning, 2)])


class EncodingTests(unittest.TestCase):
    def test_string_that_ends_in_two_characters_has_one_more_line(self):
        for end, lineno in (("\n", 1), ("\r", 1), ("\r\n", 2)):
            self.assertEqual(error_of("def f():" + end).lineno, lineno)
            text = b"# coding: latin-1\ndef f():" + end.encode()
            self.assertEqual(error_of(text).lineno, lineno + 1)
            with tempfile.NamedTemporaryFile(suffix=".py") as file:
                file.write(("def f():" + end).encode())
                file.flush()
                result = run_python(file.name)
                self.assertIn("line 1\n    def f():\n", result.stderr)

    def test_places_in_undecodable_text_count_a_line_end_as_one(self):
        for end in (b"\n", b"\r\n", b"\r"):
            text = end.join([b"# coding: ascii", b"", b"x = '\xff'"])
            with self.assertRaisesRegex(SyntaxError, "in position 22:"):
                compile(text, "<test>", "exec")

    def test_bracket_that_does_not_match_behind_a_name_that_is_not_ascii(self):
        for text in ("{\xe2)\n", "\xe2 = {\xe2)\n"):
            with self.assertRaisesRegex(SyntaxError, "does not match opening"):
                compile(text, "<test>", "exec")


class FileTests(unittest.TestCase):
    def run_script(self, content):
        with tempfile.NamedTemporaryFile(suffix=".py") as file:
            file.write(content)
            file.flush()
            return run_python(file.name)

    def test_last_line_is_kept_if_it_is_wrong_in_itself(self):
        for text, caret in (("x = 1\\\n", "    x = 1\\\n          ^\n"),
                            ("x = 1\nif x:\n", "    if x:\nI"),
                            ("if x:\n  y\n z\n", "    z\n     ^\n")):
            self.assertIn(caret, self.run_script(text.encode()).stderr)

    def test_with_declared_utf_8_other_bytes_matter_only_where_they_are_used(self):
        for mark in b"# coding: utf-8\n", b"\xef\xbb\xbf\n":
            result = self.run_script(mark + b"print(1)  # caf\xe9\n")
            self.assertEqual((result.stdout, result.stderr), ("1\n", ""))
            result = self.run_script(mark + b"x = 'caf\xe9'\n")
            self.assertRegex(result.stderr,
                             "line 2\n.*\n.*\nSyntaxError: .unicode error. 'utf-8' "
                             "codec can't decode byte 0xe9 in position 3: ")

    def test_without_a_declaration_every_byte_must_be_utf_8(self):
        result = self.run_script(b"print(1)  # caf\xe9\n")
        self.assertEqual(result.stdout, "")
        self.assertRegex(result.stderr, r"Non-UTF-8 code starting with '\\xe9' in "
                                        "file .* on line 1, but no encoding")

    def test_text_that_stops_being_decodable_is_parsed_up_to_there(self):
        head = b"# coding: ascii\n" + b"a = 1\n" * 100
        for name, begin, line in (
                ("statement", b"", b"a\n"),
                ("block", b"if 1:\n  if 2:\n", b"    a\n"),
                ("brackets", b"x = [\n", b"    a,\n"),
                ("string", b"x = \'\'\'\n", b"    a\n"),
                ("continuation", b"x = 1 + \\\n", b"    2 + \\\n")):
            with self.subTest(name):
                text = head + begin + line * (20000 // len(line))
                # Chunks of 8,192 bytes, from the end of the first line on.
                chunk = (len(text) - 15) // 8192
                lineno = text.count(b"\n", 0, 15 + chunk * 8192)
                position = (len(text) - 15) % 8192
                result = self.run_script(text + b"\xff\n")
                self.assertRegex(
                    result.stderr,
                    f"line {lineno}\n    {line.decode().strip()[0]}.*\n"
                    "SyntaxError: .unicode error. 'ascii' codec can't decode "
                    f"byte 0xff in position {position}: ")

    def test_mistake_in_front_of_what_is_not_decodable_comes_first(self):
        result = self.run_script(b"# coding: ascii\n  a\n" + b"#\n" * 9000
                                 + b"\xff\n")
        self.assertIn("IndentationError: unexpected indent", result.stderr)

    def test_text_that_is_not_decodable_from_the_start_has_no_place(self):
        result = self.run_script(b"# coding: ascii\na = 1\n\xff\n")
        self.assertIn("SyntaxError: encoding problem: ascii\n", result.stderr)


class HostileInputTests(unittest.TestCase):
    def test_nesting_ends_in_an_exception(self):
        for source in ("(" * 5000, "-" * 100000 + "1", "not " * 100000 + "1",
                       "[" * 150 + "]" * 149, "f'{" * 100 + "1" + "}'" * 100,
                       "lambda: " * 50000 + "1", "a if b else " * 50000 + "c"):
            with self.assertRaises((SyntaxError, MemoryError,
                                    RecursionError)):
                compile(source, "<test>", "exec")

    def test_every_beginning_of_a_program_is_accepted_or_an_error(self):
        source = ("@d\nasync def f(a, /, b: int = 1, *c, **d) -> x:\n"
                  "  match a, b:\n    case {'k': [1, *_], **r} if r: pass\n"
                  "    case C(x=-1+2j) | None as n: return f'{a!r:>{b}}'\n"
                  "  with (a as b, c): x = [i async for i in y if i]\n")
        for end in range(len(source)):
            try:
                ast.parse(source[:end])
            except SyntaxError:
                pass


    @lucid_only("the reference's compiler calls the name's methods")
    def test_name_that_is_normalized_to_a_hostile_str(self):
        result = run_python("-c", """if True:
            import sys, types
            class Name(str):
                def __hash__(self): raise ZeroDivisionError
                __eq__ = __hash__
            fake = types.ModuleType("unicodedata")
            fake.normalize = lambda form, text: Name(text)
            sys.modules["unicodedata"] = fake
            space = {}
            exec("\\xe9 = 1; f = lambda: \\xe9", space)
            print(type(list(space)[-2]).__name__, space["f"]())
        """)
        self.assertEqual((result.stdout, result.stderr), ("str 1\n", ""))


class TreeConversionTests(unittest.TestCase):
    def test_tree_compiles_to_what_its_text_compiles_to(self):
        source = "def f(x, *, y=1): return [a for a in x if a > y]\n"
        self.assertEqual(compile(ast.parse(source), "f", "exec"),
                         compile(source, "f", "exec"))

    def test_wrong_trees_are_refused(self):
        load = ast.Load()
        for node, error, message in (
                (ast.Name("None", load), ValueError, "can't represent"),
                (ast.Name(1, load), TypeError, "must be of type str"),
                (ast.Name("x", ast.Store()), ValueError, "Load context"),
                (ast.Tuple((), load), TypeError, "must be a list"),
                (ast.Constant([]), TypeError, "invalid type in Constant"),
                (ast.BoolOp(ast.And(), []), ValueError, "less than 2"),
                (5, TypeError, "missing from expr")):
            tree = ast.Expression(node)
            if isinstance(node, ast.AST):
                ast.fix_missing_locations(tree)
            with self.assertRaisesRegex(error, message):
                compile(tree, "<test>", "eval")

    @lucid_only("the reference crashes")
    def test_lists_that_hold_none_are_refused(self):
        name, rest, body = ast.Name("a", ast.Load()), ast.MatchAs(), [ast.Pass()]

        def match(pattern):
            return ast.Match(name, [ast.match_case(pattern, None, body)])

        for what, statement in (
                ("identifier", ast.Global([None])),
                ("identifier", ast.Nonlocal(["a", None])),
                ("identifier", match(ast.MatchClass(name, [], [None], [rest]))),
                ("excepthandler", ast.Try(body, [None], [], [])),
                ("excepthandler", ast.TryStar(body, [None], [], [])),
                ("pattern", match(ast.MatchOr([None, rest]))),
                ("pattern", match(ast.MatchSequence([None]))),
                ("pattern", match(ast.MatchClass(name, [None], [], []))),
                ("pattern", match(ast.MatchMapping([ast.Constant(1)], [None],
                                                   None))),
                ("expression", match(ast.MatchMapping([None], [rest], None)))):
            tree = ast.Module([statement], [])
            for node in ast.walk(tree):
                node.lineno = node.end_lineno = 1
                node.col_offset = node.end_col_offset = 0
            with self.subTest(ast.dump(statement)), \
                    self.assertRaisesRegex(ValueError,
                                           f"None disallowed in {what} list"):
                compile(tree, "<test>", "exec")

    @lucid_only("the reference crashes, or makes code that does")
    def test_targets_of_named_expressions_are_checked(self):
        name = ast.Name("a", ast.Load())
        for target, error, message in (
                (name, ValueError, "must have Store context"),
                (ast.ListComp(name, []), ValueError, "can't be assigned"),
                (ast.Attribute(name, "b", ast.Store()), TypeError,
                 "must be a Name")):
            tree = ast.parse("[(x := y) for y in z]", mode="eval")
            tree.body.elt.target = target
            ast.fix_missing_locations(tree)
            with self.assertRaisesRegex(error, message):
                compile(tree, "<test>", "eval")

    def test_list_that_shrinks_while_it_is_read_is_noticed(self):
        class Shrinking(ast.Constant):
            @property
            def value(self):
                names.clear()
                return 1

        names = [Shrinking(lineno=1, col_offset=0), ast.Constant(2)]
        tree = ast.Expression(ast.List(names, ast.Load(), lineno=1,
                                       col_offset=0))
        with self.assertRaises((RuntimeError, AttributeError, TypeError)):
            compile(tree, "<test>", "eval")


if __name__ == "__main__":
    unittest.main()
