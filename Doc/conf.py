"""Configuration of Sphinx: sphinx-build Doc build/doc."""
import os
import re

project = "Lucid"
author = "The Lucid authors"
copyright = "2026, The Lucid authors"
release = "3.11.2"
extensions = []
html_theme = "alabaster"
exclude_patterns = ["_build"]

EVENTS = os.path.join(os.path.dirname(__file__), "..", "Include", "internal",
                      "audit_events.def")
ROW = re.compile(r'^EVENT(?:_ON_REQUEST)?\(\w+, "(.*?)",\s*"(.*?)",\s*"(.*?)"\)', re.M | re.S)


def write_event_table():
    """Doc/events.rst, out of the table that the runtime is built with."""
    with open(EVENTS, encoding="utf-8") as file:
        rows = ROW.findall(file.read())
    lines = [".. Written by Doc/conf.py; do not edit.", "",
             "Audit events", "============", "",
             "What hooks and the log receive, and what is about to happen "
             "then.", ""]
    for name, arguments, raised_by in sorted(rows):
        lines += [f"``{name}`` ({arguments.replace('*', chr(92) + '*')})" if arguments
                  else f"``{name}`` ()", f"    {raised_by}".replace("*", r"\*"), ""]
    path = os.path.join(os.path.dirname(__file__), "events.rst")
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n".join(lines))


write_event_table()
