"""A readable account of a run, from the records of its audit log."""
import os
from collections import Counter

WRITE_FLAGS = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
LIBRARY = tuple(
    {os.path.dirname(os.__file__) if getattr(os, "__file__", None) else "",
     "/usr/lib/python3.11"} - {""})
NO_FILE = ("<string>", "<stdin>", "<unknown>")

# Events that change the runtime itself, or look behind its curtain.
RUNTIME_EVENTS = {
    "sys.addaudithook": "audit hook added",
    "setopencodehook": "open_code hook set",
    "sys.settrace": "trace function set",
    "sys.setprofile": "profile function set",
    "sys.set_asyncgen_hook_firstiter": "asynchronous generator hook set",
    "sys.set_asyncgen_hook_finalizer": "asynchronous generator hook set",
    "object.__setattr__": "attribute of a runtime object assigned",
    "object.__delattr__": "attribute of a runtime object deleted",
    "code.__new__": "code object made by hand",
    "function.__new__": "function made by hand",
    "gc.get_objects": "all objects listed",
    "gc.get_referrers": "referrers of objects listed",
    "gc.get_referents": "referents of objects listed",
    "cpython.PyInterpreterState_New": "sub-interpreter created",
    "ctypes.dlopen": "library loaded by ctypes",
    "ctypes.dlsym": "function looked up by ctypes",
    "ctypes.string_at": "memory read by address",
    "ctypes.cdata": "memory mapped by address",
    "ctypes.call_function": "address called",
    "builtins.breakpoint": "debugger entered",
    "signal.pthread_kill": "signal sent to a thread",
    "os.kill": "signal sent",
    "os.killpg": "signal sent to a group",
    "os.putenv": "environment variable set",
    "os.unsetenv": "environment variable removed",
    "resource.setrlimit": "resource limit changed",
}

FILE_CHANGES = {
    "os.remove": "removed", "os.unlink": "removed", "os.rmdir": "directory removed",
    "os.mkdir": "directory made", "os.rename": "renamed", "os.link": "linked",
    "os.symlink": "symbolic link made", "os.truncate": "truncated",
    "os.chmod": "mode changed", "os.chown": "owner changed",
    "os.utime": "times changed", "os.setxattr": "attribute set",
    "os.removexattr": "attribute removed", "os.chdir": "working directory changed",
    "os.chroot": "root changed",
}

NETWORK = {
    "socket.connect": "connect", "socket.bind": "bind",
    "socket.sendto": "send", "socket.sendmsg": "send",
}
LOOKUPS = ("socket.getaddrinfo", "socket.gethostbyname",
           "socket.gethostbyaddr", "socket.getnameinfo")

PROCESSES = {
    "subprocess.Popen": 1, "os.system": 0, "os.exec": 1, "os.posix_spawn": 1,
    "os.spawn": 2, "pty.spawn": 0,
}


def is_library(path):
    return isinstance(path, str) and (
        path.startswith(tuple(f"{folder}/" for folder in LIBRARY)) or
        path.startswith("<frozen "))


def show(value):
    """A value as it is shown: text without quotes, controls escaped."""
    if isinstance(value, str):
        return value if value.isprintable() else repr(value)[1:-1]
    if isinstance(value, list):
        return " ".join(show(item) for item in value)
    if isinstance(value, dict):
        if "bytes" in value:
            return show(value["bytes"])
        if "object" in value:
            return f"<{value['object']}>"
        kind, name = next(iter(value.items()), ("", ""))
        return f"{kind} {show(name)}"
    return str(value)


def show_address(value):
    """A socket address: host:port, a path, or what else it is."""
    if isinstance(value, list) and len(value) >= 2 and isinstance(value[0], str):
        host = f"[{value[0]}]" if ":" in value[0] else value[0] or "*"
        return f"{host}:{value[1]}"
    return show(value)


class Account:
    """Facts gathered from records, each with how often it was seen."""

    def __init__(self):
        self.processes = {}                 # pid -> Counter of outcome
        self.events = 0
        self.lost = 0
        self.code = Counter()
        self.read = Counter()
        self.written = Counter()
        self.changed = Counter()
        self.network = Counter()
        self.started = Counter()
        self.dynamic = Counter()
        self.runtime = Counter()
        self.other = Counter()

    def add(self, record):
        event = record.event
        self.events += 1
        self.lost += record.lost or 0
        if event == "lucid.log.open":
            self.processes[record.pid] = "did not end in order"
        elif event == "lucid.log.close":
            self.processes[record.pid] = "ended"
        else:
            self.processes.setdefault(record.pid, "child; did not end in order")
            self.add_operation(event, record)

    def add_operation(self, event, record):
        if event == "import":
            self.add_import(record)
        elif event == "open":
            self.add_open(record)
        elif event in ("exec", "compile", "marshal.loads", "marshal.load"):
            self.add_code(event, record)
        elif event in FILE_CHANGES:
            names = [show(a) for a in record.args[:2]
                     if isinstance(a, (str, dict))]
            self.changed[f"{FILE_CHANGES[event]}: {' -> '.join(names)}"] += 1
        elif event in NETWORK:
            self.network[f"{NETWORK[event]} {show_address(record.argument(1))}"] += 1
        elif event in LOOKUPS:
            self.network[f"look up {show(record.argument(0))}"] += 1
        elif event in PROCESSES:
            self.add_process(event, record)
        elif event in ("os.fork", "os.forkpty"):
            self.started["fork"] += 1
        elif event in RUNTIME_EVENTS:
            self.add_runtime(event, record)
        else:
            self.other[event] += 1

    def add_import(self, record):
        name, filename = record.argument(0), record.argument(1)
        if isinstance(filename, str):
            self.code[f"{filename} (extension module {show(name)})"] += 1

    def add_open(self, record):
        path, mode, flags = (record.argument(i) for i in range(3))
        if isinstance(path, int):
            return                     # a descriptor: opened before
        writes = isinstance(flags, int) and flags & WRITE_FLAGS
        if isinstance(mode, str) and any(c in mode for c in "wax+"):
            writes = True
        (self.written if writes else self.read)[show(path)] += 1

    def add_code(self, event, record):
        if event == "exec":
            code = record.args[0] if record.args else None
            filename = code.get("file") if isinstance(code, dict) else None
            if isinstance(filename, str):
                if filename in NO_FILE or not os.path.isabs(filename):
                    self.dynamic[f"exec of {show(code.get('code'))} "
                                 f"from {show(filename)}"] += 1
                else:
                    self.code[filename] += 1
        elif event == "compile":
            source, filename = record.argument(0), record.argument(1)
            if isinstance(source, str) and not is_library(record.file):
                text = " ".join(source.split())
                text = text if len(text) <= 60 else text[:57] + "..."
                self.dynamic[f"compile for {show(filename)}: {text}"] += 1
        elif not is_library(record.file):
            self.dynamic[f"{event} at {show(record.file)}:{record.line}"] += 1

    def add_process(self, event, record):
        index = PROCESSES[event]
        words = record.argument(index)
        if event == "subprocess.Popen":
            words = words or record.argument(0)
        self.started[f"{event}: {show(words)}"] += 1

    def add_runtime(self, event, record):
        details = " ".join(show(a) for a in record.args[:3])
        where = ""
        if record.file and not is_library(record.file):
            where = f" at {record.file}:{record.line}"
        elif is_library(record.file):
            return                     # the library at its own work
        text = f"{RUNTIME_EVENTS[event]}: {details}" if details else RUNTIME_EVENTS[event]
        self.runtime[text + where] += 1


def section(title, counter, show_all=False, hide_library=False):
    """Lines of one section; nothing for an empty one."""
    if not counter:
        return
    shown = sorted(counter)
    hidden = []
    if hide_library and not show_all:
        hidden = [name for name in shown if is_library(name)]
        shown = [name for name in shown if not is_library(name)]
    yield ""
    yield title
    for name in shown:
        times = f"  ({counter[name]} times)" if counter[name] > 1 else ""
        yield f"    {name}{times}"
    if hidden:
        yield f"    {len(hidden)} of the standard library (-a lists them)"


def report(records, show_all=False):
    """Yield the lines of a report on an iterable of Record."""
    account = Account()
    for record in records:
        account.add(record)
    yield f"{account.events} events of {len(account.processes)} process" + (
        "" if len(account.processes) == 1 else "es")
    for pid, outcome in account.processes.items():
        yield f"    {pid}  {outcome}"
    if account.lost:
        yield f"    {account.lost} records could not be written"
    yield from section("Code loaded", account.code, show_all, hide_library=True)
    yield from section("Dynamic code", account.dynamic)
    yield from section("Files opened for reading", account.read, show_all,
                       hide_library=True)
    yield from section("Files opened for writing", account.written)
    yield from section("Files and directories changed", account.changed)
    yield from section("Network", account.network)
    yield from section("Processes started", account.started)
    yield from section("Changes to the runtime", account.runtime)
    yield from section("Other events", account.other)
