"""Code is left behind to run when the program has ended.

since: no event before Lucid
must: record lucid.atexit.register
"""
import atexit

atexit.register(print, "escaped")
