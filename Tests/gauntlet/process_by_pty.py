"""A program runs on a terminal of its own, by the library.

since: PEP 578
must: record pty.spawn /bin/echo
"""
import pty

pty.spawn(["/bin/echo", "escaped"])
