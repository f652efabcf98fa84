"""Users, groups, sessions, priorities and limits."""
import os
import resource
import time


def allowed_or_not(call, *arguments):
    try:
        call(*arguments)
    except OSError:
        pass


uid, gid = os.getuid(), os.getgid()
for call in os.setuid, os.seteuid:
    allowed_or_not(call, uid)
for call in os.setgid, os.setegid:
    allowed_or_not(call, gid)
allowed_or_not(os.setreuid, uid, uid)
allowed_or_not(os.setregid, gid, gid)
allowed_or_not(os.setresuid, uid, uid, uid)
allowed_or_not(os.setresgid, gid, gid, gid)
allowed_or_not(os.setgroups, os.getgroups())
allowed_or_not(os.initgroups, "root", gid)
pid = os.fork()
if pid == 0:
    os.setsid()
    os._exit(0)
os.waitpid(pid, 0)
allowed_or_not(os.setpgid, 0, 0)
allowed_or_not(os.setpgrp)
os.nice(0)
os.setpriority(os.PRIO_PROCESS, 0, os.getpriority(os.PRIO_PROCESS, 0))
os.sched_setaffinity(0, os.sched_getaffinity(0))
os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
os.sched_setparam(0, os.sched_param(0))
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
resource.prlimit(os.getpid(), resource.RLIMIT_CORE, (0, 0))
allowed_or_not(time.clock_settime, time.CLOCK_MONOTONIC, 0)
