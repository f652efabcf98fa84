"""Every way to make a process or a thread, and signals."""
import faulthandler
import os
import signal
import subprocess
import sys
import threading


def in_child(work):
    """Run a function in a child and wait for its end."""
    pid = os.fork()
    if pid == 0:
        try:
            work()
        finally:
            os._exit(0)
    os.waitpid(pid, 0)


in_child(lambda: os.execv("/bin/true", ["true"]))
in_child(lambda: os.execve(os.open("/bin/true", os.O_RDONLY), ["true"], {}))
in_child(lambda: os.execvp("true", ["true"]))
in_child(os.abort)
pid, terminal = os.forkpty()
if pid == 0:
    os._exit(0)
os.waitpid(pid, 0)
os.openpty()
os.system("true")
subprocess.run(["true"], start_new_session=True, cwd="/", umask=0o022)
subprocess.run(["true"], user=os.getuid(), group=os.getgid())
subprocess.run(["true"], preexec_fn=lambda: os.mkdir("made"))
os.waitpid(os.posix_spawn("/bin/true", ["true"], {}, setsigdef=[signal.SIGINT],
                          file_actions=[(os.POSIX_SPAWN_CLOSE, 0), (
                              os.POSIX_SPAWN_OPEN, 0, "input", os.O_CREAT, 0o600)
                          ]), 0)
os.waitpid(os.posix_spawnp("true", ["true"], os.environ), 0)
subprocess.run([sys.executable, "-c", "import os; os.mkdir('by_child')"])

thread = threading.Thread(target=open("/dev/null").close)
thread.start()
thread.join()
faulthandler.enable()
faulthandler.register(signal.SIGUSR2)
faulthandler.dump_traceback_later(60)
faulthandler.cancel_dump_traceback_later()

signal.signal(signal.SIGUSR1, signal.SIG_IGN)
signal.siginterrupt(signal.SIGUSR1, False)
signal.raise_signal(signal.SIGUSR1)
signal.pthread_kill(threading.get_ident(), signal.SIGUSR1)
os.kill(os.getpid(), signal.SIGUSR1)
signal.pidfd_send_signal(os.pidfd_open(os.getpid()), signal.SIGUSR1)
signal.signal(signal.SIGALRM, signal.SIG_IGN)
signal.setitimer(signal.ITIMER_REAL, 60)
signal.alarm(0)
in_child(lambda: (os.setsid(), os.killpg(0, signal.SIGUSR1)))
