"""What two interpreters make of wrong sources, side by side.

    python3.11 Tools/compare_mistakes.py build/dev/python3 --count 20000
    python3.11 Tools/compare_mistakes.py build/dev/python3 --kind prefixes

Wrong sources are made from the library's own, the same ones for the same
seed: one token (or character) deleted, doubled, inserted, replaced or
swapped with the next; with `--kind prefixes`, the begin of a file, as it is
typed at a prompt, given to codeop.  Compared are every field of the
exception, the warnings, and the code if there is no exception.  Each
different case is shown, and kept as a file if `--keep` names a folder.
"""

import argparse
import collections
import io
import json
import os
import random
import select
import subprocess
import sys
import sysconfig
import tokenize
import warnings

FIELDS = ("msg", "lineno", "offset", "end_lineno", "end_offset", "text")
TIME_LIMIT = 20
TOKENS = """( ) [ ] { } : , ; . = == != < > <= >= -> := + - * / // % @ ** & | ^
~ << >> += -= *= /= ... False None True and as assert async await break class
continue def del elif else except finally for from global if import in is
lambda nonlocal not or pass raise return try while with yield match case _ x
print exec 0 1 0x 1_ 1e 012 1.5 2j 'a' "b" f'{x}' f'{' f"{x!}" b'c' rb'd'
'\\x' '\\d' ''' # $ ? ! ` \\ \x0c""".split() + ["\n", "\t", " ", "    ", "\0"]


# -- the side that is compared ---------------------------------------------

def outcome_of(compile_it):
    """What compiling gives, as something JSON can express."""
    import marshal
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            code = compile_it()
            result = ["fine"] if code is None else [
                "code", hash_of(marshal.dumps(code, 2))]
        except SyntaxError as error:
            result = [type(error).__name__] + [
                getattr(error, field) for field in FIELDS]
        except Exception as error:
            result = [type(error).__name__, str(error)]
    return result + [[w.category.__name__, str(w.message), w.lineno]
                     for w in caught]


def hash_of(data):
    import zlib
    return zlib.crc32(data)


def serve():
    """Answers requests: a line of JSON each."""
    import codeop
    sys.setrecursionlimit(1000)
    for line in sys.stdin:
        kind, source = json.loads(line)
        if kind == "prefixes":
            def compile_it():
                return codeop.compile_command(source, "<input>", "single")
        elif kind == "bytes":
            def compile_it():
                return compile(source.encode("latin-1"), "<mistake>", "exec",
                               dont_inherit=True)
        else:
            def compile_it():
                return compile(source, "<mistake>", "exec", dont_inherit=True)
        print(json.dumps(outcome_of(compile_it)), flush=True)


class Side:
    """An interpreter that is asked; started anew after a crash."""

    def __init__(self, program):
        self.program = program
        self.process = None

    def ask(self, request):
        if self.process is None:
            self.process = subprocess.Popen(
                [self.program, "-I", __file__, "--serve"], text=True,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                stderr=subprocess.PIPE)
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        ready, _, _ = select.select([self.process.stdout], [], [], TIME_LIMIT)
        answer = self.process.stdout.readline() if ready else ""
        if answer:
            return json.loads(answer)
        self.process.kill()
        _, errors = self.process.communicate()
        status = self.process.returncode if ready else "time limit"
        self.process = None
        return ["end of process", status, errors[-500:]]


# -- wrong sources ---------------------------------------------------------

def library(limit):
    folder = sysconfig.get_path("stdlib")
    for path, folders, files in os.walk(folder):
        folders.sort()
        for name in sorted(files):
            name = os.path.join(path, name)
            if name.endswith(".py") and os.path.getsize(name) <= limit:
                try:
                    with tokenize.open(name) as file:
                        yield file.read()
                except (SyntaxError, UnicodeError):
                    pass


def spans(source):
    """(begin, end) of each token, as indices of characters."""
    starts = [0]
    for line in source.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    result = []
    try:
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            begin = starts[token.start[0] - 1] + token.start[1]
            end = starts[min(token.end[0], len(starts)) - 1] + token.end[1]
            if end > begin:
                result.append((begin, end))
    except (tokenize.TokenError, SyntaxError, IndexError):
        pass
    return result


def mutated(source, places, chance):
    begin, end = chance.choice(places)
    if chance.random() < 0.1:
        begin = chance.randrange(len(source))
        end = begin + 1
    new = chance.choice(TOKENS)
    old = source[begin:end]
    kind = chance.randrange(6)
    if kind == 0:
        replacement = ""
    elif kind == 1:
        replacement = old + " " + old
    elif kind == 2:
        replacement = new + " " + old
    elif kind == 3:
        replacement = new
    elif kind == 4:
        other_begin, other_end = chance.choice(places)
        replacement = source[other_begin:other_end]
    else:
        following = [p for p in places if p[0] >= end][:1]
        if not following:
            return source[:begin]
        next_begin, next_end = following[0]
        return (source[:begin] + source[next_begin:next_end]
                + source[end:next_begin] + old + source[next_end:])
    return source[:begin] + replacement + source[end:]


def cases(kind, count, seed, limit):
    chance = random.Random(seed)
    sources = [(text, spans(text)) for text in library(limit)]
    sources = [pair for pair in sources if pair[1]]
    for _ in range(count):
        source, places = chance.choice(sources)
        if kind == "prefixes":
            lines = source.splitlines(keepends=True)
            begin = chance.randrange(len(lines))
            while lines[begin][:1].isspace():
                begin -= 1
            text = "".join(lines[begin:begin + chance.randrange(1, 12)])
            if chance.random() < 0.5:
                text = text[:chance.randrange(len(text) + 1)]
            yield text.rstrip("\n") if chance.random() < 0.5 else text
        else:
            yield mutated(source, places, chance)


# -- comparison ------------------------------------------------------------

def show(number, source, ours, theirs):
    print(f"--- case {number}")
    lines = source.splitlines()
    place = theirs[2] if len(theirs) == 7 and theirs[2] else len(lines)
    for line in range(max(1, place - 2), min(len(lines), place + 1) + 1):
        print(f"    {line:4} {lines[line - 1]}")
    print("  subject  ", ours)
    print("  reference", theirs, flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("subject")
    parser.add_argument("reference", nargs="?", default="/usr/bin/python3.11")
    parser.add_argument("--kind", default="mutations",
                        choices=("mutations", "bytes", "prefixes"))
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--limit", type=int, default=6000,
                        help="size of the largest file used")
    parser.add_argument("--show", type=int, default=30)
    parser.add_argument("--keep", help="folder for the different sources")
    options = parser.parse_args()
    subject, reference = Side(options.subject), Side(options.reference)
    different = collections.Counter()
    for number, source in enumerate(cases(options.kind, options.count,
                                          options.seed, options.limit)):
        if options.kind == "bytes":
            source = source.encode("utf-8", "replace").decode("latin-1")
        ours = subject.ask((options.kind, source))
        theirs = reference.ask((options.kind, source))
        if ours == theirs:
            continue
        different[str(theirs[1])] += 1
        if sum(different.values()) <= options.show:
            show(number, source, ours, theirs)
        if options.keep:
            name = os.path.join(options.keep, f"{options.seed}-{number}.txt")
            with open(name, "w", newline="",
                      errors="surrogatepass") as file:
                file.write(source)
    failed = sum(different.values())
    for message, times in different.most_common():
        print(f"{times:6} {message}")
    print(f"{options.count - failed} of {options.count} equal "
          f"({100 * (1 - failed / options.count):.2f} %)")
    return failed > 0


if __name__ == "__main__":
    if sys.argv[1:] == ["--serve"]:
        serve()
    else:
        sys.exit(main())
