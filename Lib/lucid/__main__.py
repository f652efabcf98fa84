"""Command line of the package: python3 -m lucid COMMAND ..."""
import argparse
import os
import sys

from lucid.log import LogError, read_log
from lucid.report import report
from lucid.verify import verify_log


def build_parser():
    parser = argparse.ArgumentParser(
        prog="python3 -m lucid",
        description="Read the audit log that python3 -X audit=FILE writes.")
    commands = parser.add_subparsers(dest="command", required=True,
                                     metavar="COMMAND")
    shown = commands.add_parser(
        "report", help="print a readable account of a run")
    shown.add_argument("file", help="the log; - is standard input")
    shown.add_argument("-a", "--all", action="store_true",
                       help="list the standard library's files as well")
    shown.add_argument("-p", "--pid", type=int, action="append",
                       help="only this process (repeatable)")
    verified = commands.add_parser(
        "verify", help="check that no record of a log is missing or changed")
    verified.add_argument("file", help="the log; - is standard input")
    return parser


def open_log(name):
    if name == "-":
        return sys.stdin.buffer
    return open(name, "rb")


def run(arguments):
    with open_log(arguments.file) as stream:
        if arguments.command == "verify":
            problems = verify_log(stream)
            for problem in problems:
                print(problem)
            if not problems:
                print("complete")
            return 1 if problems else 0
        records = read_log(stream)
        if arguments.pid:
            records = (r for r in records if r.pid in arguments.pid)
        for line in report(records, show_all=arguments.all):
            print(line)
    return 0


def main(words=None):
    arguments = build_parser().parse_args(words)
    try:
        return run(arguments)
    except BrokenPipeError:
        # The reader (head, less) has seen enough.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (OSError, LogError) as error:
        print(f"python3 -m lucid: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
