"""Is an audit log whole?  Every record is numbered and chained to the one before
it by a SHA-256 digest (Doc/audit.rst)."""
import hashlib
import re

from lucid.log import read_fields

# Events behind which a process makes no more records.
ENDS = {"lucid.log.close", "lucid.os._exit", "lucid.os.abort", "os.exec"}


class Process:
    """What is known of a process while its records are verified."""

    def __init__(self):
        self.seq = 0
        self.link = bytes(32)
        self.ended = False

    def follow(self, text, fields):
        """Take the next record; list what is wrong with it."""
        problems = []
        if fields.get("seq") != self.seq + 1:
            problems.append(f"record {self.seq + 1} expected, "
                            f"{fields.get('seq')} found")
        if fields.get("lost"):
            problems.append(f"{fields['lost']} records could not be written")
        link = fields.get("chain")
        body = text.rpartition(b',"chain":')[0]
        if link != hashlib.sha256(self.link + body).hexdigest():
            problems.append(f"record {fields.get('seq')} or one before it has "
                            "been changed")
        self.seq = fields.get("seq", 0)
        self.link = bytes.fromhex(link) if is_link(link) else bytes(32)
        self.ended = fields["event"] in ENDS
        return problems


def is_link(text):
    return isinstance(text, str) and re.fullmatch("[0-9a-f]{64}", text)


def verify_log(stream):
    """List what is wrong: records that are missing or changed, and processes
    whose end is not in the log."""
    problems = []
    processes = {}
    for number, text, fields in read_fields(stream):
        pid = fields.get("pid")
        process = processes.get(pid)
        if process is None or fields.get("seq") == 1:
            if process is not None and not process.ended:
                problems.append(no_end(pid))
            process = processes[pid] = Process()
        problems += [f"line {number}: process {pid}: {problem}"
                     for problem in process.follow(text, fields)]
    problems += [no_end(pid) for pid, process in processes.items()
                 if not process.ended]
    return problems


def no_end(pid):
    return (f"process {pid}: its end is not in the log: it was killed, "
            "or the log is cut")
