"""What Lucid adds to Python: reading what a program did.

    python3 -X audit=FILE program.py ...
    python3 -m lucid report FILE
"""

__all__ = ["Record", "read_log", "report"]

from lucid.log import Record, read_log
from lucid.report import report
