"""unicodedata, _json, _csv, pyexpat and _elementtree beyond the basics."""

import csv
import io
import json
import unicodedata
import unittest
import xml.etree.ElementTree as ElementTree
from xml.parsers import expat

from support import lucid_only


class UnicodedataTests(unittest.TestCase):
    def test_names_round_trip(self):
        for code in list(range(0x3000)) + [0xac01, 0x4e00, 0x1f600, 0xe0101]:
            name = unicodedata.name(chr(code), None)
            if name is not None:
                self.assertEqual(unicodedata.lookup(name), chr(code))

    def test_long_runs_of_combining_characters(self):
        text = "a" + "\u0301\u0323" * 50_000
        normalized = unicodedata.normalize("NFD", text)
        self.assertEqual(normalized,
                         "a" + "\u0323" * 50_000 + "\u0301" * 50_000)


class JsonTests(unittest.TestCase):
    def test_positions_of_errors(self):
        for text, position in (('{"a" 1}', 5), ("[1,]", 3), ('["\\x"]', 2),
                               ('{"a":1,}', 7), ('["a\n"]', 3), ("[1 2]", 3)):
            with self.assertRaises(json.JSONDecodeError) as caught:
                json.loads(text)
            self.assertEqual(caught.exception.pos, position, text)

    def test_default_that_changes_the_list(self):
        def default(value):
            del items[:]
            return "gone"
        items = [object(), 1, 2]
        self.assertEqual(json.dumps(items, default=default), '["gone"]')

    def test_deep_nesting_raises(self):
        with self.assertRaises(RecursionError):
            json.loads("[" * 100_000)


class CsvTests(unittest.TestCase):
    def test_round_trip_of_special_characters(self):
        rows = [["a,b", 'c"d', "e\nf", "", "\u1234"], ["'", " x "]]
        for options in ({}, {"quoting": csv.QUOTE_ALL}, {"delimiter": ";"},
                        {"doublequote": False, "escapechar": "\\"}):
            file = io.StringIO(newline="")
            csv.writer(file, **options).writerows(rows)
            file.seek(0)
            self.assertEqual(list(csv.reader(file, **options)), rows)


class ExpatTests(unittest.TestCase):
    def test_exception_in_a_handler_ends_parsing(self):
        parser = expat.ParserCreate()
        seen = []

        def start(name, attributes):
            seen.append(name)
            raise ZeroDivisionError
        parser.StartElementHandler = start
        with self.assertRaises(ZeroDivisionError):
            parser.Parse("<a><b/></a>", True)
        self.assertEqual(seen, ["a"])

    @lucid_only("3.11.2 recurses without end")
    def test_handler_that_removes_itself(self):
        parser = expat.ParserCreate()
        parser.buffer_text = True

        def data(text):
            parser.CharacterDataHandler = None
        parser.CharacterDataHandler = data
        parser.Parse("<a>x<b/>y<b/>z</a>", True)


class ElementTreeTests(unittest.TestCase):
    @lucid_only("the reference changes a dict that is gone")
    def test_attribute_name_that_clears_the_element(self):
        class Name:
            def __hash__(self):
                element.clear()
                return 1

            __eq__ = object.__eq__

        for _ in range(3):
            element = ElementTree.Element("a", {"b": "c"})
            element.set(Name(), 1)
            self.assertEqual(element.attrib, {})
            element = ElementTree.Element("a", {"b": "c"})
            self.assertIsNone(element.get(Name()))

    def test_deep_trees_die_quietly(self):
        root = element = ElementTree.Element("a")
        for _ in range(100_000):
            element = ElementTree.SubElement(element, "a")
        self.assertEqual(sum(1 for _ in root.iter()), 100_001)
        del root, element


if __name__ == "__main__":
    unittest.main()
