"""Training run of `make profile-opt`: what programs spend their time on.

    python3 profile_workload.py

Does some rounds of each task below, starts the interpreter and imports a few
times, and runs the project's tests.  The tasks are programs of their own, none
of them a benchmark's: a profile that was trained on what is measured would
measure nothing.
"""
import ast
import asyncio
import bisect
import collections
import csv
import dataclasses
import datetime
import enum
import functools
import io
import itertools
import json
import pathlib
import pickle
import random
import re
import string
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
LIBRARY = pathlib.Path(json.__file__).resolve().parent.parent
SECONDS_PER_TASK = 0.5      # the same weight for each


# --- Text -----------------------------------------------------------------

def index_words(rounds):
    """An inverted index of source files, and queries over it."""
    index = collections.defaultdict(set)
    for path in sorted(LIBRARY.glob("[c-e]*.py"))[:10 * rounds]:
        for number, line in enumerate(path.read_text("utf-8").splitlines()):
            for word in line.lower().split():
                word = word.strip(string.punctuation)
                if word.isidentifier():
                    index[word].add((path.name, number))
    common = sorted(index, key=lambda word: (-len(index[word]), word))[:50]
    both = index[common[0]] & index[common[1]] | index[common[2]]
    return f"{len(index)} words, {len(both)} places, {', '.join(common)}"


TOKEN = re.compile(r"""(?P<number>\d+(?:\.\d*)?) | (?P<name>[^\W\d]\w*)
                     | (?P<text>"(?:[^"\\]|\\.)*") | (?P<mark>[-+*/%()=<>,])
                     | (?P<space>\s+)""", re.X)


def format_report(rounds):
    out = io.StringIO()
    for i in range(300 * rounds):
        name, share = f"item-{i:04x}", i / 997
        out.write("%-12s %8.3f %5d%%\n" % (name, share, i % 100))
        out.write("{0!s:<10}{1:>10,}{2:^8.2%}\n".format(name, i * i, share))
        for match in TOKEN.finditer(f'total = price({i}, "no {name}") * 1.5'):
            out.write(f"{match.lastgroup}:{match.group().encode().hex()} ")
    text = out.getvalue()
    table = str.maketrans("aeiou", "AEIOU")
    return len(re.sub(r"(\w+)-(\w+)", r"\2_\1", text).translate(table)
               .replace("%", " percent").title().casefold())


def read_records(rounds):
    rng = random.Random(3)
    rows = [{"id": i, "name": "".join(rng.choices(string.ascii_letters, k=9)),
             "score": rng.random() * 100, "tags": ["é" * (i % 3), None, True]}
            for i in range(200 * rounds)]
    for copy in (json.loads(json.dumps(rows, indent=1)),
                 pickle.loads(pickle.dumps(rows))):
        assert copy == rows
    out = io.StringIO()
    writer = csv.DictWriter(out, ["id", "name", "score", "tags"])
    writer.writeheader()
    writer.writerows(rows)
    out.seek(0)
    return max(csv.DictReader(out), key=lambda row: float(row["score"]))["id"]


# --- Objects and calls -----------------------------------------------------

class Kind(enum.Enum):
    ARRIVE = 1
    LEAVE = 2


@dataclasses.dataclass(order=True)
class Event:
    time: float
    kind: Kind = dataclasses.field(compare=False)
    customer: "Customer" = dataclasses.field(compare=False, repr=False)


class Customer:
    count = 0

    def __init__(self, patience):
        type(self).count += 1
        self.patience = patience
        self.waited = 0.0

    @property
    def happy(self):
        return self.waited <= self.patience

    def wait(self, until, *, since):
        self.waited += max(0.0, until - since)
        return self


class Hurried(Customer):
    def __init__(self):
        super().__init__(patience=0.5)

    def wait(self, until, *, since):
        super().wait(until, since=since)
        if not self.happy:
            raise TimeoutError(self)
        return self


def simulate_queue(rounds):
    """A bank with one counter: events in time's order."""
    rng, agenda, free_at, lost = random.Random(8), [], 0.0, 0
    for i in range(150 * rounds):
        customer = Hurried() if i % 4 == 0 else Customer(2.0)
        bisect.insort(agenda, Event(rng.expovariate(0.1), Kind.ARRIVE,
                                    customer))
    while agenda:
        event = agenda.pop(0)
        if event.kind is Kind.LEAVE:
            continue
        try:
            event.customer.wait(free_at, since=event.time)
        except TimeoutError:
            lost += 1
            continue
        free_at = max(free_at, event.time) + 0.1
        bisect.insort(agenda, Event(free_at, Kind.LEAVE, event.customer))
    return lost


def solve_queens(rounds):
    def place(row, columns, rising, falling, size):
        if row == size:
            yield ()
            return
        for column in range(size):
            if (column not in columns and row + column not in rising
                    and row - column not in falling):
                for rest in place(row + 1, columns | {column},
                                  rising | {row + column},
                                  falling | {row - column}, size):
                    yield (column, *rest)

    return [sum(1 for board in place(0, frozenset(), frozenset(), frozenset(),
                                     6)) for i in range(rounds)]


@functools.lru_cache(maxsize=None)
def distance(left, right):
    if not left or not right:
        return len(left) + len(right)
    return min(distance(left[1:], right) + 1, distance(left, right[1:]) + 1,
               distance(left[1:], right[1:]) + (left[0] != right[0]))


def compare_names(rounds):
    names = ["kitten", "sitting", "saturday", "sunday", "mitten", "sitter"]
    distance.cache_clear()
    return [distance(a, b)
            for a, b in itertools.islice(itertools.permutations(names, 2),
                                         10 * rounds)]


async def _relay(inbox, outbox):
    while (item := await inbox.get()) is not None:
        await outbox.put(item + 1)
    await outbox.put(None)


def relay_messages(rounds):
    async def main():
        queues = [asyncio.Queue(4) for i in range(6)]
        tasks = [asyncio.create_task(_relay(*pair))
                 for pair in zip(queues, queues[1:])]

        async def feed():
            for i in range(40 * rounds):
                await queues[0].put(i)
            await queues[0].put(None)

        feeder, total = asyncio.create_task(feed()), 0
        while (item := await queues[-1].get()) is not None:
            total += item
        await asyncio.gather(feeder, *tasks)
        return total

    return asyncio.run(main())


# --- Numbers ---------------------------------------------------------------

def multiply_matrices(rounds):
    rng = random.Random(2)
    size = 8 + 2 * rounds
    a, b = ([[rng.uniform(-1, 1) for j in range(size)] for i in range(size)]
            for which in "ab")
    columns = list(zip(*b))
    return [[sum(x * y for x, y in zip(row, column)) for column in columns]
            for row in a]


def count_bits(rounds):
    """Small and large integers: a checksum, a power, a square root."""
    low = high = 1
    data = bytearray(range(256)) * rounds
    for i, byte in enumerate(memoryview(data)):
        low = (low + byte) % 65521
        high = (high + low) % 65521
        data[i] = byte ^ (low & 0xFF)
    power = pow(3, 200 * rounds)
    root = power
    while root * root > power:
        root = (root + power // root) // 2
    return high << 16 | low, str(root)[:20], power.bit_length()


def walk_calendar(rounds):
    day, step = datetime.date(2000, 2, 28), datetime.timedelta(days=1)
    weeks = collections.Counter()
    for i in range(250 * rounds):
        weeks[day.isocalendar()[1]] += 1
        weeks[day.strftime("%A")] += day.day
        day += step
    return weeks.most_common(3)


# --- Programs as data ------------------------------------------------------

class NameCounter(ast.NodeVisitor):
    def __init__(self):
        self.names = collections.Counter()

    def visit_Name(self, node):
        self.names[node.id] += 1

    def visit_FunctionDef(self, node):
        self.names[node.name] += 1
        self.generic_visit(node)


def compile_library(rounds):
    counter = NameCounter()
    for path in sorted(LIBRARY.glob("[a-c]*.py"))[:12 * rounds]:
        source = path.read_bytes()
        compile(source, str(path), "exec", dont_inherit=True)
        if path.stat().st_size < 20000:
            counter.visit(ast.parse(source))
    return counter.names.most_common(5)


TASKS = [index_words, format_report, read_records, simulate_queue,
         solve_queens, compare_names, relay_messages, multiply_matrices,
         count_bits, walk_calendar, compile_library]


def main():
    for task in TASKS:
        end = time.process_time() + SECONDS_PER_TASK
        while time.process_time() < end:
            task(3)
    for arguments in (["-I", "-S", "-c", "pass"], ["-c", "pass"],
                      ["-c", "import asyncio, json, re, argparse"]):
        for i in range(3):
            subprocess.run([sys.executable, *arguments], check=True)
    for path in sorted((ROOT / "Tests").glob("test_*.py")):
        # What a test finds is not the matter here, only where its time goes.
        subprocess.run([sys.executable, str(path)], check=False,
                       stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)


if __name__ == "__main__":
    main()
