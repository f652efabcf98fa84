"""Code is left behind to run when a signal comes.

since: no event before Lucid
must: record lucid.signal.signal
"""
import os
import signal

signal.signal(signal.SIGUSR1, lambda *args: print("escaped"))
os.kill(os.getpid(), signal.SIGUSR1)
