"""System calls against audit events: what must be announced, and by what.

PARAMETERS   the parameters of every system call that is looked at.  A call that
             no rule below announces must not occur at all.
RULES        which event announces a call, and which items of its arguments
             equal which parameters of the call
ALLOWED      what happens without an event of its own, and why that is no hole
UNOBSERVED   calls that are not looked at, and why
"""
from typing import NamedTuple

PARAMETERS = {name: parameters.split() for name, parameters in {
    # files
    "open": "path flags mode", "openat": "dirfd path flags mode",
    "openat2": "dirfd path how size", "creat": "path mode",
    "open_by_handle_at": "dirfd handle flags",
    "unlink": "path", "unlinkat": "dirfd path flags", "rmdir": "path",
    "rename": "old new", "renameat": "olddirfd old newdirfd new",
    "renameat2": "olddirfd old newdirfd new flags",
    "mkdir": "path mode", "mkdirat": "dirfd path mode",
    "link": "old new", "linkat": "olddirfd old newdirfd new flags",
    "symlink": "target path", "symlinkat": "target dirfd path",
    "mknod": "path mode device", "mknodat": "dirfd path mode device",
    "chmod": "path mode", "fchmod": "fd mode", "fchmodat": "dirfd path mode",
    "chown": "path uid gid", "lchown": "path uid gid", "fchown": "fd uid gid",
    "fchownat": "dirfd path uid gid flags",
    "truncate": "path length", "ftruncate": "fd length",
    "fallocate": "fd mode offset length",
    "utime": "path times", "utimes": "path times",
    "futimesat": "dirfd path times", "utimensat": "dirfd path times flags",
    "setxattr": "path name value size flags",
    "lsetxattr": "path name value size flags",
    "fsetxattr": "fd name value size flags",
    "removexattr": "path name", "lremovexattr": "path name",
    "fremovexattr": "fd name",
    "getxattr": "path name", "lgetxattr": "path name", "fgetxattr": "fd name",
    "listxattr": "path", "llistxattr": "path", "flistxattr": "fd",
    "chdir": "path", "fchdir": "fd", "chroot": "path", "umask": "mask",
    "flock": "fd operation", "memfd_create": "name flags",
    "dup2": "fd fd2", "dup3": "fd fd2 flags", "close_range": "low high flags",
    "sendfile": "out in offset count",
    "splice": "src src_offset dst dst_offset count flags",
    "copy_file_range": "src src_offset dst dst_offset count flags",
    "tee": "src dst count flags", "vmsplice": "fd vector count flags",
    # processes and threads
    "execve": "path argv env", "execveat": "dirfd path argv env flags",
    "fork": "", "vfork": "", "clone": "", "clone3": "",
    "kill": "pid signal", "tkill": "tid signal", "tgkill": "pid tid signal",
    "rt_sigqueueinfo": "pid signal info",
    "rt_tgsigqueueinfo": "pid tid signal info",
    "pidfd_send_signal": "pidfd signal info flags",
    "pidfd_open": "pid flags", "pidfd_getfd": "pidfd fd flags",
    "rt_sigaction": "signal action old size",
    "setitimer": "which value old", "alarm": "seconds",
    "setuid": "uid", "setgid": "gid", "setreuid": "ruid euid",
    "setregid": "rgid egid", "setresuid": "ruid euid suid",
    "setresgid": "rgid egid sgid", "setgroups": "count groups",
    "setfsuid": "uid", "setfsgid": "gid", "capset": "header data",
    "setsid": "", "setpgid": "pid pgrp", "setpriority": "which who priority",
    "sched_setaffinity": "pid size mask",
    "sched_setscheduler": "pid policy param", "sched_setparam": "pid param",
    "sched_setattr": "pid attributes flags",
    "setrlimit": "resource limits", "prlimit64": "pid resource limits old",
    "ptrace": "request pid", "process_vm_readv": "pid",
    "process_vm_writev": "pid",
    # network
    "socket": "family type protocol", "socketpair": "family type protocol",
    "connect": "fd address size", "bind": "fd address size",
    "listen": "fd backlog", "accept": "fd", "accept4": "fd",
    # the machine
    "sethostname": "name size", "setdomainname": "name size",
    "settimeofday": "time zone", "clock_settime": "clock time",
    "adjtimex": "buffer", "clock_adjtime": "clock buffer",
    "mount": "source target", "umount2": "target flags", "pivot_root": "new old",
    "swapon": "path flags", "swapoff": "path", "reboot": "magic",
    "init_module": "image", "finit_module": "fd", "delete_module": "name",
    "kexec_load": "", "kexec_file_load": "", "acct": "path", "quotactl": "",
    "unshare": "flags", "setns": "fd type", "bpf": "command",
    "perf_event_open": "", "userfaultfd": "flags", "io_uring_setup": "",
    "keyctl": "", "add_key": "", "request_key": "", "fanotify_init": "",
    "iopl": "level", "ioperm": "", "modify_ldt": "", "personality": "persona",
    "shmget": "", "msgget": "", "semget": "", "mq_open": "name",
    "mq_unlink": "name",
}.items()}


class Rule(NamedTuple):
    """`event` announces `calls`; same: {parameter: index of the argument}."""
    calls: str
    event: str
    same: dict = {}


RULES = [
    Rule("open openat", "open", {"path": 0, "flags": 2}),
    Rule("open openat", "import", {"path": 1}),
    Rule("open openat", "lucid.os.posix_spawn.open", {"path": 1}),
    Rule("open openat", "os.listdir", {"path": 0}),
    Rule("open openat", "os.scandir", {"path": 0}),
    Rule("unlink unlinkat", "os.remove", {"path": 0, "dirfd": 1}),
    Rule("rmdir unlinkat", "os.rmdir", {"path": 0, "dirfd": 1}),
    Rule("rename renameat renameat2", "os.rename",
         {"old": 0, "new": 1, "olddirfd": 2, "newdirfd": 3}),
    Rule("mkdir mkdirat", "os.mkdir", {"path": 0, "mode": 1, "dirfd": 2}),
    Rule("link linkat", "os.link",
         {"old": 0, "new": 1, "olddirfd": 2, "newdirfd": 3}),
    Rule("symlink symlinkat", "os.symlink",
         {"target": 0, "path": 1, "dirfd": 2}),
    Rule("mknod mknodat", "lucid.os.mkfifo", {"path": 0, "dirfd": 2}),
    Rule("mknod mknodat", "lucid.os.mknod", {"path": 0, "dirfd": 3}),
    Rule("chmod fchmodat", "os.chmod",
         {"path": 0, "mode": 1, "dirfd": 2}),
    Rule("fchmod", "os.chmod", {"fd": 0, "mode": 1}),
    Rule("chown lchown fchownat", "os.chown",
         {"path": 0, "uid": 1, "gid": 2, "dirfd": 3}),
    Rule("fchown", "os.chown", {"fd": 0, "uid": 1, "gid": 2}),
    Rule("truncate", "os.truncate", {"path": 0, "length": 1}),
    Rule("ftruncate", "os.truncate", {"fd": 0, "length": 1}),
    Rule("ftruncate", "lucid.io.truncate", {"fd": 0, "length": 1}),
    Rule("fallocate", "lucid.os.posix_fallocate",
         {"fd": 0, "offset": 1, "length": 2}),
    Rule("utimensat", "os.utime", {"dirfd": 0}),
    Rule("utime utimes futimesat utimensat", "os.utime",
         {"path": 0, "dirfd": 3}),
    Rule("setxattr lsetxattr", "os.setxattr", {"path": 0, "name": 1}),
    Rule("fsetxattr", "os.setxattr", {"fd": 0, "name": 1}),
    Rule("removexattr lremovexattr", "os.removexattr", {"path": 0, "name": 1}),
    Rule("fremovexattr", "os.removexattr", {"fd": 0, "name": 1}),
    Rule("getxattr lgetxattr", "os.getxattr", {"path": 0, "name": 1}),
    Rule("fgetxattr", "os.getxattr", {"fd": 0, "name": 1}),
    Rule("listxattr llistxattr", "os.listxattr", {"path": 0}),
    Rule("flistxattr", "os.listxattr", {"fd": 0}),
    Rule("chdir", "os.chdir", {"path": 0}),
    Rule("fchdir", "os.chdir", {"fd": 0}),
    Rule("fchdir", "lucid.os.fchdir", {"fd": 0}),
    Rule("chroot", "lucid.os.chroot", {"path": 0}),
    Rule("umask", "lucid.os.umask", {"mask": 0}),
    Rule("flock", "fcntl.flock", {"fd": 0}),
    Rule("memfd_create", "lucid.os.memfd_create", {"name": 0}),
    Rule("dup2 dup3", "lucid.os.dup2", {"fd": 0, "fd2": 1}),
    Rule("close_range", "lucid.os.closerange", {"low": 0}),
    Rule("sendfile", "lucid.os.sendfile", {"out": 0, "in": 1}),
    Rule("splice", "lucid.os.splice", {"src": 0, "dst": 1}),
    Rule("copy_file_range", "lucid.os.copy_file_range", {"src": 0, "dst": 1}),

    Rule("execve execveat", "os.exec", {"path": 0}),
    Rule("execveat", "os.exec", {"dirfd": 0}),
    Rule("execve", "lucid._posixsubprocess.fork_exec", {"path": 1}),
    Rule("fork clone clone3", "os.fork"),
    Rule("fork clone clone3", "os.forkpty"),
    Rule("fork vfork clone clone3", "lucid._posixsubprocess.fork_exec"),
    Rule("vfork clone clone3", "os.posix_spawn"),
    Rule("vfork clone clone3", "os.system"),
    Rule("clone clone3", "lucid._thread.start_new_thread"),
    Rule("clone clone3", "lucid.faulthandler.dump_traceback_later"),
    Rule("kill", "os.kill", {"pid": 0, "signal": 1}),
    Rule("kill", "os.killpg", {"signal": 1}),
    Rule("tgkill", "signal.pthread_kill", {"signal": 1}),
    Rule("tkill tgkill", "lucid.signal.raise_signal", {"signal": 0}),
    Rule("tkill tgkill", "lucid.os.abort"),
    Rule("pidfd_send_signal", "lucid.signal.pidfd_send_signal",
         {"pidfd": 0, "signal": 1}),
    Rule("pidfd_open", "lucid.os.pidfd_open", {"pid": 0}),
    Rule("rt_sigaction", "lucid.signal.signal", {"signal": 0}),
    Rule("rt_sigaction", "lucid.signal.siginterrupt", {"signal": 0}),
    Rule("rt_sigaction", "lucid.faulthandler.register", {"signal": 0}),
    Rule("setitimer", "lucid.signal.setitimer"),
    Rule("alarm setitimer", "lucid.signal.alarm"),
    Rule("setuid", "lucid.os.setuid", {"uid": 0}),
    Rule("setgid", "lucid.os.setgid", {"gid": 0}),
    Rule("setresuid", "lucid.os.seteuid", {"euid": 0}),
    Rule("setresgid", "lucid.os.setegid", {"egid": 0}),
    Rule("setreuid", "lucid.os.setreuid", {"ruid": 0, "euid": 1}),
    Rule("setregid", "lucid.os.setregid", {"rgid": 0, "egid": 1}),
    Rule("setresuid", "lucid.os.setresuid", {"ruid": 0, "euid": 1, "suid": 2}),
    Rule("setresgid", "lucid.os.setresgid", {"rgid": 0, "egid": 1, "sgid": 2}),
    Rule("setgroups", "lucid.os.setgroups"),
    Rule("setgroups", "lucid.os.initgroups"),
    Rule("setsid", "lucid.os.setsid"),
    Rule("setpgid", "lucid.os.setpgid", {"pid": 0, "pgrp": 1}),
    Rule("setpgid", "lucid.os.setpgrp"),
    Rule("setpriority", "lucid.os.setpriority", {"who": 1, "priority": 2}),
    Rule("setpriority", "lucid.os.nice"),
    Rule("sched_setaffinity", "lucid.os.sched_setaffinity", {"pid": 0}),
    Rule("sched_setscheduler", "lucid.os.sched_setscheduler", {"pid": 0}),
    Rule("sched_setparam", "lucid.os.sched_setparam", {"pid": 0}),
    Rule("setrlimit prlimit64", "resource.setrlimit"),
    Rule("prlimit64", "resource.prlimit", {"pid": 0}),

    Rule("socket", "socket.__new__", {"family": 1, "protocol": 3}),
    Rule("socketpair", "lucid.socket.socketpair", {"family": 0}),
    Rule("connect", "socket.connect", {"address": 1}),
    Rule("bind", "socket.bind", {"address": 1}),
    Rule("listen", "lucid.socket.listen", {"backlog": 1}),
    Rule("accept accept4", "lucid.socket.accept"),
    Rule("sethostname", "socket.sethostname", {"name": 0}),
    Rule("settimeofday clock_settime", "lucid.time.clock_settime"),
]

# Phases of a process.
START = "START"          # before its first record
INIT = "INIT"            # before cpython.run_*
RUN = "RUN"
END = "END"              # the next record tells of the interpreter's end
LOG = "LOG"              # whatever concerns the log's file


class Allowance(NamedTuple):
    """What may happen without an event of its own.

    calls   names of system calls
    after   patterns for the thread's last event, for the event that announced
            its process, for the phase, or for native:MODULE, an extension
            module that the process has loaded; or LOG
    what    pattern for the whole path or the beginning of strace's line; ""
            where it does not matter
    why     in a sentence
    """
    calls: str
    after: str
    what: str
    why: str


LIBRARIES = r"/(usr/)?lib/.*\.so(\.[\d.]+)?"
IN_A_CHILD = ("rt_sigaction sched_setparam sched_setscheduler dup2 dup3 "
              "close_range chdir fchdir umask setsid setpgid")

ALLOWED = [
    Allowance("*", LOG, "", "the log's own file"),
    Allowance("openat", "marshal.loads compile",
              r"openat\(.*\"/usr/lib/python3[^\"]*\", "
              r"O_RDONLY\|O_NONBLOCK\|O_CLOEXEC\)",
              "the log compares loaded code with the library's file, to know the "
              "library's events from the program's"),
    Allowance("open openat prlimit64 setrlimit", "START",
              r"/proc/self/(cmdline|environ)|.*\(.*RLIMIT_CORE.*",
              "a sanitizer's start, in builds that have one"),
    Allowance("open openat", "START import ctypes.dlopen lucid.open_code lucid.dlopen",
              LIBRARIES,
              "the dynamic linker loads the libraries that the executable or an "
              "announced library needs"),
    Allowance("open openat", "*",
              r"/etc/ld\.so\.cache|/lib/[^/]+/libgcc_s\.so\.1",
              "the dynamic linker's list of libraries; what the C library loads "
              "when the first thread ends"),
    Allowance("open openat", "*",
              r"/usr/(lib|share)/locale/.*|/usr/lib/[^/]+/gconv/.*|"
              r"/etc/locale\.alias",
              "the C library reads the data of a locale"),
    Allowance("open openat", "*", r"/etc/localtime|/usr/share/zoneinfo/.*",
              "the C library reads the time zone"),
    Allowance("open openat", "*",
              r"/sys/devices/system/cpu(/\w+)?|/proc/self/maps|"
              r"/proc/(meminfo|stat|loadavg)|/sys/fs/cgroup/.*|"
              r"/proc/(self/status|mounts|filesystems)|"
              r"/proc/sys/(vm/overcommit_memory|kernel/ngroups_max)",
              "the C library, or another, asks about the machine and itself"),
    Allowance("open openat", "*",
              r"/etc/(passwd|group|nsswitch\.conf)|/run/systemd/userdb/|"
              r"/(etc|run|run/host|usr/local/lib|usr/lib|lib)/userdb/.*|"
              r"/lib/.*/lib(nss_\w+|cap)\.so\.\d",
              "pwd and grp ask the C library for users and groups, and it loads "
              "what reads their lists"),
    Allowance("openat", "*", r"openat\([^\"]*\"[^\"]*\", [A-Z_|]*O_PATH",
              "a place in the file system, by which nothing can be read: the C "
              "library's user database"),
    Allowance("open openat", "lucid.spwd.*", "/etc/shadow",
              "the C library reads the passwords that were asked for"),
    Allowance("socket connect", "*",
              r"socket\(AF_UNIX, SOCK_STREAM\|SOCK_CLOEXEC\|SOCK_NONBLOCK, 0\)|"
              r"connect\(.*sun_path=\"/(var/)?run/nscd/socket\"",
              "the C library asks the name service cache"),
    Allowance("open openat", "socket.get* lucid.socket.resolve",
              r"/etc/(resolv|host|gai)\.conf|"
              r"/etc/(hosts|services|protocols|networks)|/lib/.*/libnss_.*\.so.*",
              "the C library looks up an announced name"),
    Allowance("socket connect bind", "socket.get* lucid.socket.resolve", "",
              "the C library asks name servers and routes"),
    Allowance("socket connect", "syslog.*", "",
              "the C library connects to the system's log"),
    Allowance("open openat", "*", r"/usr/lib/ssl/(openssl\.cnf|cert\.pem|certs)",
              "OpenSSL reads its configuration and the system's certificates"),
    Allowance("open openat", "*", "/dev/urandom",
              "SQLite and OpenSSL want random bytes"),
    Allowance("open openat", "*", r"(/usr|/etc)?/(lib|share)/terminfo/.*|"
              r"/etc/terminfo/.*|.*/\.terminfo/.*|.*/\.?inputrc",
              "curses and readline read their configuration"),
    Allowance("rt_sigaction", "START INIT END", "",
              "the runtime installs its own handlers, and takes them away at "
              "the end"),
    Allowance("rt_sigaction", "*", r"rt_sigaction\(SIGRT_[12],",
              "signals that the C library keeps for itself"),
    Allowance("rt_sigaction", "*", r"rt_sigaction\(SIGWINCH,",
              "readline and curses follow the size of the window"),
    Allowance("rt_sigaction", "cpython.PyInterpreterState_Clear "
              "lucid.faulthandler.enable lucid.faulthandler.disable "
              "cpython._PySys_ClearAuditHooks", "",
              "faulthandler's handlers"),
    Allowance("rt_sigaction tgkill", "os.kill lucid.signal.raise_signal "
              "lucid.faulthandler.*", "",
              "faulthandler passes a signal on to what handled it before"),
    Allowance("rt_sigaction execve", "os.system", "/bin/sh|rt_sigaction.*",
              "the C library's system(): signals set aside, and the shell"),
    Allowance("open openat dup2 dup3 setsid", "os.forkpty lucid.os.openpty",
              r"/dev/ptmx|/dev/pts/\d+|(dup[23]|setsid)\(",
              "the C library makes the announced terminal"),
    Allowance("socket connect open openat umask", "native:_uuid",
              r"socket\(AF_(UNIX, SOCK_STREAM|INET, SOCK_DGRAM),|umask\(|"
              r"connect\(.*uuidd/request|/var/lib/libuuid/clock\.txt",
              "libuuid asks the system's service, the network card and the clock"),
    Allowance("open openat", "native:_dbm", r".*\.(db|dir|pag)",
              "the library opens an announced database once more"),
    Allowance("open openat", "native:_ssl", r".*/[0-9a-f]{8}\.r?\d+",
              "OpenSSL looks a certificate up in an announced folder"),
    Allowance("rt_sigaction tgkill", "*",
              r"rt_sigaction\(SIGABRT, \{sa_handler=SIG_DFL|"
              r"tgkill\(\d+, \d+, SIG(ABRT|SEGV|FPE|BUS|ILL)\)",
              "a fatal error ends the process"),
    Allowance("kill", "END", r"kill\(\d+, SIGINT\)",
              "after an unhandled KeyboardInterrupt the process ends by the signal"),
    Allowance("prlimit64 clone3", "lucid.faulthandler.*",
              r"prlimit64\(0, RLIMIT_CORE, \{rlim_cur=0,|clone3",
              "faulthandler's functions for tests crash, without a core file"),
    Allowance("rt_sigaction", "*", r"rt_sigaction\(SIGINT, \{sa_handler=SIG_DFL",
              "at its end the runtime gives the signal back"),
    Allowance("tgkill", "native:_testcapi", "",
              "a native module of the reference's tests raises a signal"),
    Allowance("open openat", "sqlite3.connect* lucid.sqlite3.files", "",
              "SQLite opens the announced database, and its folder"),
    Allowance("open openat unlink fchown", "native:_sqlite3",
              r".*-(journal|wal|shm)\b",
              "SQLite keeps journals beside an announced database"),
    Allowance("open openat ftruncate unlink link rename", "lucid.dbm.open "
              "lucid._posixshmem.* lucid._multiprocessing.*", "",
              "a library works on the announced file"),
    Allowance("open openat rename chown", "lucid.readline.* lucid.ssl.*", "",
              "a library reads or writes the announced file"),
    Allowance("ftruncate", "lucid.mmap.resize", "",
              "the file grows with the announced mapping"),
    Allowance("execve setresuid setresgid " + IN_A_CHILD,
              "os.posix_spawn lucid.os.posix_spawn.open", "",
              "a new process on its way to the announced program"),
    Allowance(IN_A_CHILD, "lucid._posixsubprocess.fork_exec", "",
              "a new process on its way to the announced program"),
    Allowance("open openat", "lucid._posixsubprocess.fork_exec",
              "/proc/self/fd", "the list of descriptors to close"),
]

UNOBSERVED = {
    "read, write and their like": "too frequent; events on request for os.read, "
        "os.write, socket.send and socket.recv",
    "stat, access, readlink, getdents and their like": "change nothing; events "
        "on request for os.stat, os.access and os.readlink",
    "mmap, mprotect, brk": "memory of the process itself",
    "close, dup, pipe, fcntl, ioctl, poll and their like": "work on what an "
        "announced call has opened; fcntl.* are Python's events",
    "clocks, waiting, random numbers": "events on request",
}
