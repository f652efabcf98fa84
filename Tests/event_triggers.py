"""What raises each lucid.* event; test_audit_events.py runs these.

Trigger(event, act, args, before, setup, cleanup, needs)
  act      statements that raise the event
  args     expression: the event's arguments, as the act's names stand after it
           (after the event for what the hook sees); `args` is what came, so
           that an expression may look at it where it cannot be known
  before   expression that holds until the operation has happened: looked at when
           the hook is called, and after a refusal; false after the operation
           ("": nothing can be seen of it)
  setup    statements before, cleanup: after each act
  needs    modules without which the trigger cannot run

Each trigger has a folder of its own, with `file`, a text, and `link`, a symbolic
link to it.  Each act runs twice in one namespace: refused, then allowed.  OSError is no
failure of an act: the system may refuse as well, after the event.
"""
from typing import NamedTuple


class Trigger(NamedTuple):
    event: str
    act: str
    args: str
    before: str = ""
    setup: str = ""
    cleanup: str = ""
    needs: str = ""


IDS = [
    Trigger("lucid.os.setuid", "os.setuid(os.getuid())", "(os.getuid(),)"),
    Trigger("lucid.os.seteuid", "os.seteuid(os.geteuid())", "(os.geteuid(),)"),
    Trigger("lucid.os.setgid", "os.setgid(os.getgid())", "(os.getgid(),)"),
    Trigger("lucid.os.setegid", "os.setegid(os.getegid())", "(os.getegid(),)"),
    Trigger("lucid.os.setreuid", "os.setreuid(-1, -1)", "(-1, -1)"),
    Trigger("lucid.os.setregid", "os.setregid(-1, -1)", "(-1, -1)"),
    Trigger("lucid.os.setresuid", "os.setresuid(-1, -1, -1)", "(-1, -1, -1)"),
    Trigger("lucid.os.setresgid", "os.setresgid(-1, -1, -1)", "(-1, -1, -1)"),
    Trigger("lucid.os.setgroups", "os.setgroups(tuple(groups))", "(groups,)",
            setup="groups = os.getgroups()"),
    Trigger("lucid.os.initgroups", "os.initgroups(name, os.getgid())",
            "(b'nobody-of-this-name', os.getgid())",
            setup="name = 'nobody-of-this-name'"),
]

PROCESSES = [
    Trigger("lucid._posixsubprocess.fork_exec",
            "done = subprocess.run(['/bin/sh', '-c', 'echo > made'],"
            " env={'A': 'b'}, cwd='.')",
            "([b'/bin/sh', b'-c', b'echo > made'], (b'/bin/sh',), b'.',"
            " [b'A=b'])",
            "not os.path.exists('made')"),
    Trigger("lucid._thread.start_new_thread",
            "_thread.start_new_thread(ran.append, (1,))\ntime.sleep(0.05)",
            "(ran.append, (1,), None)", "not ran",
            "ran = []"),
    Trigger("lucid._thread.start_new_thread",
            "_thread.start_new_thread(dict, (), {'key': 1})",
            "(dict, (), {'key': 1})"),
    Trigger("lucid._xxsubinterpreters.run_string",
            "_xxsubinterpreters.run_string(number, 'open(\"made\", \"w\")')",
            "(number, 'open(\"made\", \"w\")')",
            "not os.path.exists('made')",
            "number = _xxsubinterpreters.create()",
            needs="_xxsubinterpreters"),
    Trigger("lucid.os.setsid", "os.setsid()", "()"),
    Trigger("lucid.os.setpgid", "os.setpgid(0, 0)", "(0, 0)"),
    Trigger("lucid.os.setpgrp", "os.setpgrp()", "()"),
    Trigger("lucid.os.tcsetpgrp", "os.tcsetpgrp(fd, 1)", "(fd, 1)",
            setup="fd = os.open('file', os.O_RDONLY)"),
    Trigger("lucid.os.chroot", "os.chroot('/')", "('/',)"),
    Trigger("lucid.os.umask", "os.umask(0o27)", "(0o27,)", "mask() != 0o27",
            "def mask():\n"
            "    for line in open('/proc/self/status'):\n"
            "        if line.startswith('Umask'):\n"
            "            return int(line.split()[1], 8)\n"
            "os.umask(0o22)"),
    Trigger("lucid.os.nice", "os.nice(1)", "(1,)", "os.nice(0) == first",
            "first = os.nice(0)"),
    Trigger("lucid.os.setpriority",
            "os.setpriority(os.PRIO_PROCESS, 0, first + 1)",
            "(os.PRIO_PROCESS, 0, first + 1)",
            "os.getpriority(os.PRIO_PROCESS, 0) == first",
            "first = os.getpriority(os.PRIO_PROCESS, 0)"),
    Trigger("lucid.os.sched_setaffinity",
            "os.sched_setaffinity(0, iter(sorted(cpus)))", "(0, cpus)",
            setup="cpus = os.sched_getaffinity(0)"),
    Trigger("lucid.os.sched_setscheduler",
            "os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))",
            "(0, os.SCHED_OTHER, 0)"),
    Trigger("lucid.os.sched_setparam",
            "os.sched_setparam(0, os.sched_param(0))", "(0, 0)"),
    Trigger("lucid.os.register_at_fork",
            "os.register_at_fork(before=forks.append, after_in_child=int)",
            "(forks.append, int, None)", setup="class forks:\n"
            "    @staticmethod\n"
            "    def append(): pass"),
    Trigger("lucid.os.pidfd_open", "os.close(os.pidfd_open(os.getpid()))",
            "(os.getpid(), 0)"),
    Trigger("lucid.signal.signal",
            "signal.signal(signal.SIGUSR1, handler)",
            "(signal.SIGUSR1, handler)",
            "signal.getsignal(signal.SIGUSR1) is not handler",
            "handler = lambda *args: None"),
    Trigger("lucid.signal.raise_signal",
            "signal.raise_signal(signal.SIGUSR2)", "(signal.SIGUSR2,)",
            "not came", "came = []\n"
            "signal.signal(signal.SIGUSR2, lambda *args: came.append(args))"),
    Trigger("lucid.signal.pidfd_send_signal",
            "signal.pidfd_send_signal(pidfd, 0)", "(pidfd, 0, None, 0)",
            setup="pidfd = os.pidfd_open(os.getpid())"),
    Trigger("lucid.signal.setitimer",
            "signal.setitimer(signal.ITIMER_VIRTUAL, 900, 0.5)",
            "(signal.ITIMER_VIRTUAL, 900.0, 0.5)",
            "not signal.getitimer(signal.ITIMER_VIRTUAL)[0]",
            cleanup="signal.setitimer(signal.ITIMER_VIRTUAL, 0)"),
    Trigger("lucid.signal.alarm", "signal.alarm(900)", "(900,)",
            "not signal.getitimer(signal.ITIMER_REAL)[0]",
            cleanup="signal.alarm(0)"),
    Trigger("lucid.signal.set_wakeup_fd", "signal.set_wakeup_fd(-1)", "(-1,)"),
    Trigger("lucid.signal.pthread_sigmask",
            "signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGWINCH])",
            "(signal.SIG_BLOCK, {signal.SIGWINCH})",
            "signal.SIGWINCH not in signal.pthread_sigmask(0, [])"),
    Trigger("lucid.signal.siginterrupt",
            "signal.siginterrupt(signal.SIGUSR1, False)",
            "(signal.SIGUSR1, False)"),
    Trigger("lucid.atexit.register", "atexit.register(int, '7', base=8)",
            "(int, ('7',), {'base': 8})", "atexit._ncallbacks() == first",
            "first = atexit._ncallbacks()"),
    Trigger("lucid.atexit.register", "atexit.register(int)",
            "(int, (), None)"),
    Trigger("lucid.atexit.unregister", "atexit.unregister(same)", "(same,)",
            "not compared",
            "compared = []\n"
            "class Same:\n"
            "    def __eq__(self, other):\n"
            "        compared.append(other)\n"
            "        return False\n"
            "same = Same()\n"
            "atexit.register(int)"),
    Trigger("lucid.atexit.unregister", "atexit._clear()", "(None,)",
            "atexit._ncallbacks()", "atexit.register(int)"),
    Trigger("lucid.faulthandler.enable", "faulthandler.enable(2)", "(2, True)",
            "not faulthandler.is_enabled()",
            cleanup="faulthandler.disable()"),
    Trigger("lucid.faulthandler.disable", "faulthandler.disable()", "()",
            "faulthandler.is_enabled()", "faulthandler.enable(2)"),
    Trigger("lucid.faulthandler.register",
            "faulthandler.register(signal.SIGUSR2, file, chain=True)",
            "(signal.SIGUSR2, file.fileno(), True, True)",
            setup="file = open('other', 'w')",
            cleanup="faulthandler.unregister(signal.SIGUSR2)"),
    Trigger("lucid.faulthandler.dump_traceback_later",
            "faulthandler.dump_traceback_later(900, file=2)",
            "(900.0, False, 2, False)",
            cleanup="faulthandler.cancel_dump_traceback_later()"),
]

FILES = [
    Trigger("lucid.os.mkfifo", "os.mkfifo('fifo', 0o600)",
            "('fifo', 0o600, -1)", "not os.path.exists('fifo')"),
    Trigger("lucid.os.mknod", "os.mknod('node', 0o600)",
            "('node', 0o600, 0, -1)", "not os.path.exists('node')"),
    Trigger("lucid.os.memfd_create", "os.close(os.memfd_create('memory'))",
            "(b'memory', os.MFD_CLOEXEC)"),
    Trigger("lucid.os.sendfile", "os.sendfile(out, fd, 0, 3)",
            "(out, fd, 0, 3)", "not os.stat('sent').st_size",
            "fd = os.open('file', os.O_RDONLY)\n"
            "out = os.open('sent', os.O_RDWR | os.O_CREAT)"),
    Trigger("lucid.os.sendfile", "os.sendfile(out, fd, None, 3)",
            "(out, fd, None, 3)",
            setup="fd = os.open('file', os.O_RDONLY)\n"
            "out = os.open('sent', os.O_RDWR | os.O_CREAT)"),
    Trigger("lucid.os.copy_file_range",
            "os.copy_file_range(fd, out, 3, offset_src=1)",
            "(fd, out, 3, 1, None)", "not os.stat('copied').st_size",
            "fd = os.open('file', os.O_RDONLY)\n"
            "out = os.open('copied', os.O_RDWR | os.O_CREAT)"),
    Trigger("lucid.os.splice", "os.splice(fd, ends[1], 3, offset_src=1)",
            "(fd, ends[1], 3, 1, None)",
            setup="fd, ends = os.open('file', os.O_RDONLY), os.pipe()"),
    Trigger("lucid.os.dup", "os.close(os.dup(2))", "(2,)"),
    Trigger("lucid.os.dup2", "os.dup2(2, 71, inheritable=False)",
            "(2, 71, False)", "not os.path.exists('/proc/self/fd/71')"),
    Trigger("lucid.os.openpty", "for fd in os.openpty(): os.close(fd)", "()"),
    Trigger("lucid.os.posix_fallocate", "os.posix_fallocate(fd, 1, 99)",
            "(fd, 1, 99)", "not os.stat('room').st_size",
            "fd = os.open('room', os.O_RDWR | os.O_CREAT)"),
    Trigger("lucid.os.fchdir", "os.fchdir(fd)", "(fd,)",
            "os.getcwd() == first",
            "first, fd = os.getcwd(), os.open('/', os.O_RDONLY)",
            "os.chdir(first)"),
    Trigger("lucid.os.eventfd", "os.close(os.eventfd(3))",
            "(3, os.EFD_CLOEXEC)"),
    Trigger("lucid.os.pipe", "for fd in os.pipe(): os.close(fd)",
            "(os.O_CLOEXEC,)"),
    Trigger("lucid.os.pipe", "for fd in os.pipe2(0): os.close(fd)", "(0,)"),
    Trigger("lucid.os.set_inheritable", "os.set_inheritable(fd, True)",
            "(fd, True)", "not os.get_inheritable(fd)",
            "fd = os.open('file', os.O_RDONLY)"),
    Trigger("lucid.os.close", "os.close(fd)", "(fd,)",
            "os.path.exists(f'/proc/self/fd/{fd}')",
            "fd = os.open('file', os.O_RDONLY)"),
    Trigger("lucid.os.closerange", "os.closerange(72, 74)", "(72, 74)",
            "os.path.exists('/proc/self/fd/73')", "os.dup2(2, 73)"),
    Trigger("lucid.os.stat", "os.stat('file')", "('file', -1, True)"),
    Trigger("lucid.os.stat", "os.lstat(b'file')", "(b'file', -1, False)"),
    Trigger("lucid.os.stat", "os.fstat(0)", "(0, -1, True)"),
    Trigger("lucid.os.stat", "os.stat('file', dir_fd=fd)",
            "('file', fd, True)", setup="fd = os.open('.', os.O_RDONLY)"),
    Trigger("lucid.os.stat", "entry.stat()", "(entry.path, -1, False)",
            setup="entry = [e for e in os.scandir('.') if e.name == 'file'][0]"),
    Trigger("lucid.os.access", "os.access('file', os.R_OK)",
            "('file', os.R_OK, -1)"),
    Trigger("lucid.os.readlink", "os.readlink('link')", "('link', -1)"),
    Trigger("lucid.os.read", "os.read(fd, 5)", "(fd, 5)",
            "os.lseek(fd, 0, 1) == 0", "fd = os.open('file', os.O_RDONLY)"),
    Trigger("lucid.os.read", "os.readv(fd, [bytearray(2), bytearray(3)])",
            "(fd, 5)", setup="fd = os.open('file', os.O_RDONLY)"),
    Trigger("lucid.os.read", "os.pread(fd, 5, 0)", "(fd, 5)",
            setup="fd = os.open('file', os.O_RDONLY)"),
    Trigger("lucid.os.read", "file.read(5)", "(file.fileno(), 5)",
            "file.tell() == 0", "file = open('file', 'rb', buffering=0)"),
    Trigger("lucid.os.read", "file.readall()", "(file.fileno(), -1)",
            "file.tell() == 0", "file = open('file', 'rb', buffering=0)"),
    Trigger("lucid.os.read", "file.readinto(bytearray(5))",
            "(file.fileno(), 5)", "file.tell() == 0",
            "file = open('file', 'rb', buffering=0)"),
    Trigger("lucid.os.read", "file.read1(5)",
            "(file.fileno(), args[1])", "os.lseek(file.fileno(), 0, 1) == 0",
            "file = open('file', 'rb')"),
    Trigger("lucid.os.write", "os.write(fd, b'data')", "(fd, 4)",
            "not os.stat('written').st_size",
            "fd = os.open('written', os.O_RDWR | os.O_CREAT)"),
    Trigger("lucid.os.write", "os.pwritev(fd, [b'da', b'ta'], 0)", "(fd, 4)",
            "not os.stat('vectors').st_size",
            "fd = os.open('vectors', os.O_RDWR | os.O_CREAT)"),
    Trigger("lucid.os.write", "os.pwrite(fd, b'data', 0)", "(fd, 4)",
            "not os.stat('positioned').st_size",
            "fd = os.open('positioned', os.O_RDWR | os.O_CREAT)"),
    Trigger("lucid.os.write", "file.write(b'data')", "(file.fileno(), 4)",
            "not os.stat('raw').st_size",
            "file = open('raw', 'wb', buffering=0)"),
    Trigger("lucid.os.write", "file.flush()", "(file.fileno(), 4)",
            "not os.stat('buffered').st_size",
            "file = open('buffered', 'w')\nfile.write('data')"),
    Trigger("lucid.io.truncate", "file.truncate(3)", "(file.fileno(), 3)",
            "os.stat('cut').st_size == 4",
            "file = open('cut', 'w+')\nfile.write('data')\nfile.flush()"),
    Trigger("lucid.os.getrandom", "os.getrandom(4)", "(4, 0)"),
    Trigger("lucid.os.getrandom", "os.urandom(4)", "(4, 0)"),
    Trigger("lucid.open_code", "import opened",
            "(path if args[1] == 'source' else cache_of(path), args[1])",
            "not hasattr(os, 'opened')",
            "cache_of = importlib.util.cache_from_source\n"
            "path = os.path.abspath('opened.py')\n"
            "with open(path, 'w') as file: file.write('import os; os.opened=1')\n"
            "sys.path.insert(0, os.path.dirname(path))",
            "sys.modules.pop('opened', None)\nvars(os).pop('opened', None)"),
]

TIME = [
    Trigger("lucid.time.clock_settime",
            "time.clock_settime(time.CLOCK_MONOTONIC, 2.5)",
            "(time.CLOCK_MONOTONIC, 2.5)"),
    *(Trigger("lucid.time.clock", f"time.{name}()", f"({name!r},)")
      for clock in ("time", "monotonic", "perf_counter", "process_time",
                    "thread_time")
      for name in (clock, clock + "_ns")),
    Trigger("lucid.time.clock", "time.clock_gettime(time.CLOCK_REALTIME)",
            "('clock_gettime',)"),
    Trigger("lucid.time.clock", "time.clock_gettime_ns(time.CLOCK_REALTIME)",
            "('clock_gettime_ns',)"),
    Trigger("lucid.time.sleep", "time.sleep(0.001)", "(0.001,)"),
]

PAIR = "one, two = socket.socketpair()"
SOCKETS = [
    Trigger("lucid.socket.socketpair", "_socket.socketpair()",
            "(socket.AF_UNIX, socket.SOCK_STREAM, 0)"),
    Trigger("lucid.socket.listen", "server.listen(-3)", "(server, 0)",
            "not server.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)",
            "server = socket.socket()\nserver.bind(('127.0.0.1', 0))"),
    Trigger("lucid.socket.accept", "server._accept()", "(server,)",
            setup="server = socket.create_server(('127.0.0.1', 0))\n"
            "clients = [socket.create_connection(server.getsockname())\n"
            "           for i in range(2)]"),
    Trigger("lucid.socket.dup", "os.close(_socket.dup(one.fileno()))",
            "(one.fileno(),)", setup=PAIR),
    Trigger("lucid.socket.detach", "fd = one.detach()", "(one,)",
            "one.fileno() != -1", PAIR),
    Trigger("lucid.socket.shutdown", "one.shutdown(socket.SHUT_WR)",
            "(one, socket.SHUT_WR)", setup=PAIR),
    Trigger("lucid.socket.setsockopt",
            "one.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)",
            "(one, socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)",
            "not one.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)",
            PAIR),
    Trigger("lucid.socket.setsockopt",
            "one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF,"
            " bytearray(b'abcd'))",
            "(one, socket.SOL_SOCKET, socket.SO_RCVBUF, b'abcd')", setup=PAIR),
    Trigger("lucid.socket.setsockopt", "one.setsockopt(0, 99, None, 7)",
            "(one, 0, 99, None)", setup=PAIR),
    *(Trigger("lucid.socket.send", f"one.{name}(b'data')", "(one, 4, 0)",
              "not select.select([two], [], [], 0)[0]", PAIR)
      for name in ("send", "sendall")),
    *(Trigger("lucid.socket.recv", f"two.{call}", "(two, 3, 0)",
              "two.recv(9, socket.MSG_PEEK) == b'abc'",
              PAIR + "\none.send(b'abc')\nmade = bytearray(3)",
              "two.setblocking(False)")
      for call in ("recv(3)", "recv_into(made)", "recvfrom(3)",
                   "recvfrom_into(made)", "recvmsg(3)",
                   "recvmsg_into([made])")),
    Trigger("lucid.socket.lookup", "socket.if_nameindex()",
            "('if_nameindex', None)"),
    Trigger("lucid.socket.lookup", "socket.if_nametoindex('lo')",
            "('if_nametoindex', b'lo')"),
    Trigger("lucid.socket.lookup", "socket.if_indextoname(1)",
            "('if_indextoname', 1)"),
    Trigger("lucid.socket.lookup", "socket.getprotobyname('tcp')",
            "('getprotobyname', 'tcp')"),
]

IMPORTS = [
    Trigger("lucid.dlopen", "import _blake2", "('libb2.so.1',)"),
    Trigger("lucid.import.builtin", "import xxsubtype", "('xxsubtype',)",
            "'xxsubtype' not in sys.modules",
            cleanup="sys.modules.pop('xxsubtype', None)"),
    Trigger("lucid.import.frozen", "import __phello__", "('__phello__',)",
            "not hasattr(sys.modules.get('__phello__'), 'initialized')",
            cleanup="sys.modules.pop('__phello__', None)"),
    Trigger("lucid.import.frozen", "_imp.init_frozen('__hello__')",
            "('__hello__',)", "'__hello__' not in sys.modules",
            cleanup="sys.modules.pop('__hello__', None)"),
    *(Trigger("lucid.import.finders", f"sys.{where}.append(new)\n{statement}",
              "(sys.meta_path, sys.path_hooks)",
              "'colorsys' not in sys.modules",
              "class new:\n    find_spec = lambda *args: None",
              f"sys.modules.pop('colorsys', None)\nsys.{where}.remove(new)")
      for where, statement in (
          ("meta_path", "import colorsys"),
          ("path_hooks", "import colorsys"),
          ("meta_path", "importlib.import_module('colorsys')"))),
    Trigger("lucid.import.finders",
            "sys.meta_path.insert(0, new)\nimportlib.util.find_spec('sndhdr')",
            "(sys.meta_path, sys.path_hooks)", "not asked",
            "asked = []\n"
            "class new:\n    find_spec = lambda *args: asked.append(args)",
            "sys.meta_path.remove(new)"),
    Trigger("lucid.import.replaced",
            "sys.modules['hmac'] = fake\nimport colorsys",
            "('hmac', fake)", "'colorsys' not in sys.modules",
            "import hmac\nfake = types.ModuleType('hmac')",
            "sys.modules.pop('colorsys', None)\nsys.modules['hmac'] = hmac"),
    Trigger("lucid.codecs.register", "codecs.register(search)", "(search,)",
            "not known()",
            "search = lambda name: codecs.lookup('utf-8')"
            " if name == 'of_mine' else None\n"
            "def known():\n"
            "    try: return codecs.lookup('of_mine')\n"
            "    except LookupError: pass"),
    Trigger("lucid.codecs.unregister", "codecs.unregister(search)",
            "(search,)", "codecs.lookup('of_theirs')",
            "search = lambda name: codecs.lookup('utf-8')"
            " if name == 'of_theirs' else None\n"
            "codecs.register(search)"),
]

RUNTIME = [
    Trigger("lucid.audit_scope",
            "scope = lucid.audit_scope(heard.append, events=['a.b'])\n"
            "scope.__enter__()", "(('a.b',),)", setup="heard = []"),
    Trigger("lucid.spwd.getspnam", "shadow = spwd.getspnam('root')", "('root',)",
            "'shadow' not in globals()", needs="spwd"),
    Trigger("lucid.spwd.getspall", "shadow = spwd.getspall()", "()",
            "'shadow' not in globals()", needs="spwd"),
    Trigger("lucid.sys.setrecursionlimit", "sys.setrecursionlimit(first + 1)",
            "(first + 1,)", "sys.getrecursionlimit() == first",
            "first = sys.getrecursionlimit()"),
    Trigger("lucid.sys.setdlopenflags", "sys.setdlopenflags(first)",
            "(first,)", setup="first = sys.getdlopenflags()"),
    Trigger("lucid.sys.set_coroutine_origin_tracking_depth",
            "sys.set_coroutine_origin_tracking_depth(2)", "(2,)",
            "not sys.get_coroutine_origin_tracking_depth()"),
    Trigger("lucid.sys.setswitchinterval", "sys.setswitchinterval(0.5)",
            "(0.5,)", "sys.getswitchinterval() != 0.5"),
    Trigger("lucid.sys.set_int_max_str_digits",
            "sys.set_int_max_str_digits(5000)", "(5000,)",
            "sys.get_int_max_str_digits() != 5000"),
    Trigger("lucid.gc.enable", "gc.enable()", "()", "not gc.isenabled()",
            "gc.disable()"),
    Trigger("lucid.gc.disable", "gc.disable()", "()", "gc.isenabled()",
            "gc.enable()"),
    Trigger("lucid.gc.freeze", "gc.freeze()", "()",
            "not gc.get_freeze_count()", "gc.unfreeze()"),
    Trigger("lucid.gc.unfreeze", "gc.unfreeze()", "()",
            "gc.get_freeze_count()", "gc.freeze()"),
    Trigger("lucid.gc.set_threshold", "gc.set_threshold(first + 1, 11)",
            "(first + 1, 11, gc.get_threshold()[2])",
            "gc.get_threshold()[0] == first", "first = gc.get_threshold()[0]"),
    Trigger("lucid.gc.set_debug", "gc.set_debug(gc.DEBUG_UNCOLLECTABLE)",
            "(gc.DEBUG_UNCOLLECTABLE,)", "not gc.get_debug()",
            cleanup="gc.set_debug(0)"),
]

FUNCTION = ("captured = 1\n"
            "def outer():\n"
            "    captured = 1\n"
            "    def function():\n"
            "        return captured\n"
            "    return function\n"
            "function = outer()\n"
            "cell = function.__closure__[0]\n")
TARGETS = FUNCTION + "class Class: pass\nmodule = types.ModuleType('m')\n"
OBJECTS = [
    *(Trigger("lucid.object.__setattr__", f"{owner}.patched = value",
              f"({owner}, 'patched', value)",
              f"not hasattr({owner}, 'patched')", TARGETS + "value = object()")
      for owner in ("Class", "module", "function")),
    *(Trigger("lucid.object.__delattr__", f"del {owner}.patched",
              f"({owner}, 'patched')", f"hasattr({owner}, 'patched')",
              TARGETS + f"{owner}.patched = 1")
      for owner in ("Class", "module", "function")),
    Trigger("lucid.object.__setattr__", "cell.cell_contents = 2",
            "(cell, 'cell_contents', 2)", "cell.cell_contents == 1", FUNCTION),
    Trigger("lucid.object.__delattr__", "del cell.cell_contents",
            "(cell, 'cell_contents')", "cell != types.CellType()", FUNCTION),
    Trigger("lucid.object.__setattr__", "frame.f_trace = print",
            "(frame, 'f_trace', print)", "frame.f_trace is None",
            "frame = sys._getframe()", "frame.f_trace = None"),
    Trigger("lucid.object.__delattr__", "del frame.f_trace",
            "(frame, 'f_trace')", "frame.f_trace is print",
            "frame = sys._getframe()\nframe.f_trace = print"),
    *(Trigger("lucid.object.__getattr__", f"function.{name}",
              f"(function, {name!r})", setup=FUNCTION)
      for name in ("__globals__", "__closure__", "__builtins__")),
    Trigger("lucid.object.__getattr__", "cell.cell_contents",
            "(cell, 'cell_contents')", setup=FUNCTION),
    *(Trigger("lucid.object.__getattr__", f"frame.{name}",
              f"(frame, {name!r})", setup="frame = sys._getframe()")
      for name in ("f_locals", "f_globals", "f_builtins")),
    Trigger("lucid.frame.f_back", "frame.f_back", "(frame,)",
            setup="frame = sys._getframe()"),
    Trigger("lucid.type.__subclasses__", "int.__subclasses__()", "(int,)"),
    Trigger("lucid.traceback.__new__",
            "types.TracebackType(None, frame, 2, 3)", "(None, frame, 2, 3)",
            setup="frame = sys._getframe()"),
]

CONTEXT = "context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)\n"
DATABASE = ("if os.path.exists('attached'): os.unlink('attached')\n"
            "database = sqlite3.connect(':memory:', isolation_level=None)\n"
            "cursor = database.cursor()\n"
            "text = 'ATTACH \\'attached\\' AS a'\n")
FOREIGN = [
    Trigger("lucid._posixshmem.shm_open",
            "_posixshmem.shm_open('/lucid.events', os.O_RDWR, mode=0o600)",
            "('/lucid.events', os.O_RDWR, 0o600)", needs="_posixshmem"),
    Trigger("lucid._posixshmem.shm_unlink",
            "_posixshmem.shm_unlink('/lucid.events')", "('/lucid.events',)",
            needs="_posixshmem"),
    Trigger("lucid._multiprocessing.SemLock",
            "_multiprocessing.SemLock(1, 1, 1, name, True)",
            "(1, 1, 1, name, True)", setup="name = f'/lucid{os.getpid()}'",
            needs="_multiprocessing"),
    Trigger("lucid._multiprocessing.sem_unlink",
            "_multiprocessing.sem_unlink('/lucid.none')", "('/lucid.none',)",
            needs="_multiprocessing"),
    Trigger("lucid.dbm.open",
            "_dbm.open(pathlib.Path('names'), 'c')", "('names', 'c', None)",
            "not os.path.exists('names.db')", needs="_dbm"),
    Trigger("lucid.readline.read_init_file",
            "readline.read_init_file('file')", "('file',)",
            needs="readline"),
    Trigger("lucid.readline.parse_and_bind",
            "readline.parse_and_bind('# comment')", "('# comment',)",
            needs="readline"),
    Trigger("lucid.readline.read_history_file",
            "readline.read_history_file('file')", "('file',)",
            "not readline.get_current_history_length()", needs="readline"),
    Trigger("lucid.readline.write_history_file",
            "readline.write_history_file('history')", "('history',)",
            "not os.path.exists('history')", needs="readline"),
    Trigger("lucid.readline.append_history_file",
            "readline.append_history_file(1, 'history')", "(1, 'history')",
            needs="readline"),
    Trigger("lucid.ssl.load_verify_locations",
            "context.load_verify_locations(capath=pathlib.Path('.'))",
            "(context, None, '.', None)", setup=CONTEXT, needs="_ssl"),
    Trigger("lucid.ssl.load_cert_chain",
            "context.load_cert_chain('file', password='secret')",
            "(context, 'file', None)", setup=CONTEXT, needs="_ssl"),
    Trigger("lucid.ssl.load_dh_params",
            "context.load_dh_params(pathlib.Path('file'))",
            "(context, 'file')", setup=CONTEXT, needs="_ssl"),
    Trigger("lucid.ssl.set_default_verify_paths",
            "context.set_default_verify_paths()", "(context,)",
            setup=CONTEXT, needs="_ssl"),
    Trigger("lucid.ssl.keylog_filename",
            "context.keylog_filename = pathlib.Path('keys')",
            "(context, 'keys')", "not os.path.exists('keys')",
            CONTEXT, needs="_ssl"),
    Trigger("lucid.ssl._test_decode_cert",
            "ssl._ssl._test_decode_cert('file')", "('file',)", needs="_ssl"),
    Trigger("lucid.sqlite3.files", "cursor.execute(text)", "(cursor, text)",
            "not os.path.exists('attached')",
            DATABASE, "database.execute('create table if not exists a.t (x)')"
            " if os.path.exists('attached') else 0", "_sqlite3"),
    Trigger("lucid.sqlite3.files", "database.execute(text)",
            "(database, text)", setup=DATABASE, needs="_sqlite3"),
    Trigger("lucid.sqlite3.files", "database.executescript(text)",
            "(args[0], text)", setup=DATABASE, needs="_sqlite3"),
    *(Trigger("lucid.sqlite3.execute", act, f"({owner}, {text!r})",
              "not database.total_changes",
              DATABASE + "database.execute('create table t (x)')",
              needs="_sqlite3")
      for owner, text, act in (
          ("cursor", "insert into t values (1)",
           "cursor.execute('insert into t values (1)')"),
          ("database", "insert into t values (1)",
           "database.execute('insert into t values (1)')"),
          ("cursor", "insert into t values (?)",
           "cursor.executemany('insert into t values (?)', [(1,)])"),
          ("database", "insert into t values (?)",
           "database.executemany('insert into t values (?)', [(1,)])"),
          ("cursor", "insert into t values (1)",
           "cursor.executescript('insert into t values (1)')"),
          ("args[0]", "insert into t values (1)",
           "database.executescript('insert into t values (1)')"))),
    *(Trigger(f"lucid.nis.{name}",
              f"try: nis.{name}({call})\nexcept nis.error: pass", args,
              needs="nis")
      for name, call, args in (
          ("match", "'key', 'map'", "('key', 'map', None)"),
          ("cat", "'map', domain='here'", "('map', 'here')"),
          ("maps", "'here'", "('here',)"))),
    Trigger("lucid.ossaudiodev.open",
            "ossaudiodev.openmixer('/dev/of-no-kind')",
            "('/dev/of-no-kind', None)", needs="ossaudiodev"),
    Trigger("lucid.mmap.resize", "memory.resize(8192)", "(memory, 8192)",
            "len(memory) == 4096", "memory = mmap.mmap(-1, 4096)",
            needs="mmap"),
    Trigger("lucid.termios.tcsetattr",
            "termios.tcsetattr(fd, termios.TCSANOW, attributes)",
            "(fd, termios.TCSANOW, attributes)",
            setup="fd = os.openpty()[1]\nattributes = termios.tcgetattr(fd)",
            needs="termios"),
    Trigger("lucid.ctypes.call", "getpid()", "(getpid, ())",
            setup="getpid = ctypes.CDLL(None).getpid", needs="_ctypes"),
    Trigger("lucid.ctypes.call", "getpid.__call__()", "(getpid, ())",
            setup="getpid = ctypes.CDLL(None).getpid", needs="_ctypes"),
    Trigger("lucid.ctypes.call", "ctypes.memset(buffer, 65, 2)",
            "(args[0], (buffer, 65, 2))", "buffer.raw == b'abc'",
            "buffer = ctypes.create_string_buffer(b'abc', 3)",
            needs="_ctypes"),
    Trigger("lucid.ctypes.pointer.__setitem__", "pointer[0] = 4",
            "(pointer, 0, 4)", "number.value == 3",
            "number = ctypes.c_int(3)\npointer = ctypes.pointer(number)",
            needs="_ctypes"),
    Trigger("lucid.ctypes.pointer.__setitem__", "pointer.__setitem__(0, 4)",
            "(pointer, 0, 4)", "number.value == 3",
            "number = ctypes.c_int(3)\npointer = ctypes.pointer(number)",
            needs="_ctypes"),
    Trigger("lucid.ctypes.dlclose", "_ctypes.dlclose(handle)", "(handle,)",
            setup="handle = _ctypes.dlopen(None, 2)", needs="_ctypes"),
    Trigger("lucid.ctypes.Py_INCREF", "_ctypes.Py_INCREF(thing)", "(thing,)",
            setup="thing = ...", needs="_ctypes"),
    Trigger("lucid.ctypes.Py_DECREF", "_ctypes.Py_DECREF(thing)", "(thing,)",
            setup="thing = object()\n_ctypes.Py_INCREF(thing)",
            needs="_ctypes"),
]

NAMES = [
    Trigger("lucid.socket.resolve",
            "socket.socket().bind(('localhost', 0))", "(b'localhost',)"),
    Trigger("lucid.socket.resolve", "socket.gethostbyname('localhost')",
            "(b'localhost',)"),
]

LOCALES = [
    Trigger("lucid.locale.setlocale", "_locale.setlocale(_locale.LC_TIME, 'C')",
            "(_locale.LC_TIME, 'C')", setup="import _locale"),
    Trigger("lucid.locale.bindtextdomain",
            "_locale.bindtextdomain('domain', 'folder')", "('domain', b'folder')",
            "_locale.bindtextdomain('domain', None) != 'folder'",
            "import _locale"),
]

CHILDREN = [
    Trigger("lucid.os.posix_spawn.open",
            "os.waitpid(os.posix_spawn('/bin/true', ['true'], {}, file_actions=["
            "(os.POSIX_SPAWN_OPEN, 9, 'made', os.O_CREAT, 0o600)]), 0)",
            "(9, b'made', os.O_CREAT, 0o600)", "not os.path.exists('made')"),
    Trigger("lucid.ossaudiodev.open", "ossaudiodev.open('/nowhere', 'w')",
            "('/nowhere', 'w')", setup="import ossaudiodev",
            needs="ossaudiodev"),
    Trigger("lucid._multiprocessing.SemLock._rebuild",
            "_multiprocessing.SemLock._rebuild(0, 1, 1, '/none-of-this-name')",
            "(0, 1, 1, '/none-of-this-name')", needs="_multiprocessing"),
    Trigger("lucid.os.setreuid",
            "subprocess.run(['true'], user=os.getuid())",
            "(os.getuid(), os.getuid())"),
    Trigger("lucid.os.setregid",
            "subprocess.run(['true'], group=os.getgid())",
            "(os.getgid(), os.getgid())"),
    Trigger("lucid.os.setgroups",
            "subprocess.run(['true'], extra_groups=[os.getgid()])",
            "([os.getgid()],)"),
]

TRIGGERS = [*IDS, *NAMES, *LOCALES, *PROCESSES, *CHILDREN, *FILES, *TIME, *SOCKETS,
            *IMPORTS, *RUNTIME, *OBJECTS, *FOREIGN]

# These end the process: (event, act, arguments, exit status).
ENDS = [
    ("lucid.os._exit", "os._exit(3)", (3,), 3),
    ("lucid.os.abort", "os.abort()", (), -6),
]
