"""Every operation on files and directories."""
import fcntl
import os

with open("file", "w") as file:
    file.write("text")
    file.truncate(2)
    os.posix_fallocate(file.fileno(), 0, 100)
    os.ftruncate(file.fileno(), 50)
    os.fchmod(file.fileno(), 0o600)
    os.fchown(file.fileno(), os.getuid(), os.getgid())
    os.utime(file.fileno())
    fcntl.flock(file, fcntl.LOCK_EX)
os.close(os.open("other", os.O_CREAT | os.O_RDWR))
os.truncate("file", 10)
os.chmod("file", 0o644)
os.chown("file", os.getuid(), os.getgid(), follow_symlinks=False)
os.lchown("file", os.getuid(), os.getgid())
os.utime("file", (1, 2))

os.mkdir("folder")
folder = os.open("folder", os.O_RDONLY)
os.mkdir("inner", dir_fd=folder)
os.rmdir("inner", dir_fd=folder)
os.link("file", "link")
os.symlink("file", "symlink")
os.rename("link", "renamed")
os.replace("renamed", "file")
os.remove("symlink")
os.mkfifo("fifo")
os.mknod("node")
list(os.scandir("folder"))
os.listdir("folder")
os.listdir()
os.chdir("folder")
os.fchdir(folder)
os.chdir(folder)
os.umask(0o022)
try:
    os.chroot("/")
except PermissionError:
    pass
os.rmdir("../folder")
os.chdir("..")

for target in "file", os.open("file", os.O_RDWR):
    for call in (
            lambda: os.setxattr(target, "user.name", b"value"),
            lambda: os.getxattr(target, "user.name"),
            lambda: os.listxattr(target),
            lambda: os.removexattr(target, "user.name")):
        try:
            call()
        except OSError:
            pass               # not on every file system

os.memfd_create("memory")
source, copy = os.open("file", os.O_RDONLY), os.open("copy", os.O_CREAT | os.O_RDWR)
reader, writer = os.pipe()
os.sendfile(copy, source, 0, 4)
os.copy_file_range(source, copy, 4)
os.splice(source, writer, 2, offset_src=0)
os.dup2(source, 100)
os.dup2(source, 101, inheritable=False)
os.closerange(100, 102)
