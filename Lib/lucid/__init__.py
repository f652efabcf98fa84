"""What Lucid adds to Python: seeing what a program does.

    python3 -X audit=FILE program.py ...
    python3 -m lucid report FILE

    with lucid.audit_scope(print, events=["open", "socket.*"]):
        ...
"""

__all__ = ["Record", "audit_scope", "read_log", "report"]

from _lucid import audit_scope

from lucid.log import Record, read_log
from lucid.report import report
