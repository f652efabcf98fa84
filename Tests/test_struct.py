"""_struct: formats that lie, and the cache of compiled ones."""
import struct
import unittest

from support import lucid_only


class CacheTests(unittest.TestCase):
    @lucid_only("the reference crashes")
    def test_format_that_empties_the_cache_while_it_is_stored(self):
        class Format(str):
            def __hash__(self):
                struct._clearcache()
                return str.__hash__(self)

            def __eq__(self, other):
                struct._clearcache()
                return str.__eq__(self, other)

        for count in range(150):
            struct.calcsize(f"{count}b")
            self.assertEqual(struct.calcsize(Format(f"{count}b")), count)


if __name__ == "__main__":
    unittest.main()
