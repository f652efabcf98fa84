"""The fuzzers' targets on their corpus, and on damaged copies of it."""
import random
import sys
import unittest
import warnings
from pathlib import Path

FOLDER = Path(__file__).parent / "fuzz"
sys.path.insert(0, str(FOLDER))
import targets  # noqa: E402
from support import lucid_only  # noqa: E402

COPIES = 12            # damaged ones per file


def damaged(data, chance):
    """A few bytes changed, removed, doubled or moved."""
    data = bytearray(data)
    for _ in range(chance.randrange(1, 4)):
        begin = chance.randrange(len(data))
        end = min(len(data), begin + chance.randrange(1, 9))
        kind = chance.randrange(4)
        if kind == 0:
            data[begin] = chance.randrange(256)
        elif kind == 1 and end - begin < len(data):
            del data[begin:end]
        elif kind == 2:
            data[begin:begin] = data[begin:end]
        else:
            to = chance.randrange(len(data))
            data[to:to] = data[begin:end]
    return bytes(data)


class TargetTests(unittest.TestCase):
    def setUp(self):
        self.enterContext(warnings.catch_warnings())
        warnings.simplefilter("ignore")


class CorpusTests(TargetTests):
    def replay(self, name):
        target = getattr(targets, "run_" + name)
        files = sorted((FOLDER / "corpus" / name).iterdir())
        self.assertGreater(len(files), 0)
        for file in files:
            data = file.read_bytes()
            chance = random.Random(file.name)
            for copy in [data] + [damaged(data, chance)
                                  for _ in range(COPIES)]:
                with self.subTest(file=file.name, data=copy):
                    target(copy)

    def test_source_text(self):
        self.replay("source")

    @lucid_only("the reference crashes on some hand-made trees")
    def test_syntax_trees(self):
        self.replay("tree")

    @lucid_only("the reference crashes on some data")
    def test_marshal_data(self):
        self.replay("marshal")


@lucid_only("the reference crashes on some hand-made trees")
class RandomTreeTests(TargetTests):
    def test_trees_of_random_bytes(self):
        for seed in range(150):
            chance = random.Random(seed)
            with self.subTest(seed=seed):
                targets.run_tree(chance.randbytes(chance.randrange(200)))


if __name__ == "__main__":
    unittest.main()
