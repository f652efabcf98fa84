"""Numbers that are no thread's are refused

Area: Library modules
Why: CPython takes any number for an address, in ``signal.pthread_kill`` too.  Lucid
    knows the threads that have a thread state.
Instead: Nothing to do.
"""
import time

try:
    time.pthread_getcpuclockid(1)
except ProcessLookupError as error:
    print(error.strerror)

# Lucid prints:
#     No such process
#
# CPython 3.11 crashes.
