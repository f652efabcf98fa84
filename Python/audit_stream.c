/* An audit log that is a descriptor: standard error, a pipe, a device, or a
 * file to which can be appended only.  A record is one write(2). */
#include "Python.h"

#include "audit_sink.h"

#include <fcntl.h>
#include <sys/stat.h>

/* Descriptors that programs open come from below, so ours stays out of their
 * way; and it is found closed rather than reused where they close them all. */
#define LOWEST_DESCRIPTOR 900

static struct {
    int fd;
    const char *path;       /* borrowed from the log; "": standard error */
    int may_create;
    dev_t device;           /* of the file, to recognise it again */
    ino_t inode;
} stream = {.fd = -1};

/* A descriptor out of the way of the program's own; takes over fd. */
static int
descriptor_move_up(int fd)
{
    int moved;

    for (int lowest = LOWEST_DESCRIPTOR; lowest > 2; lowest /= 4) {
        moved = fcntl(fd, F_DUPFD_CLOEXEC, lowest);
        if (moved >= 0) {
            close(fd);
            return moved;
        }
    }
    return fd;
}

static int
stream_open_file(void)
{
    struct stat status;
    int fd;

    if (stream.path[0] == '\0') {
        fd = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
    }
    else {
        fd = open(stream.path,
                  O_WRONLY | O_APPEND | O_CLOEXEC | O_NOCTTY |
                      (stream.may_create ? O_CREAT : 0),
                  0600);
    }
    if (fd < 0) {
        return -1;
    }
    fd = descriptor_move_up(fd);
    if (fstat(fd, &status) < 0) {
        close(fd);
        return -1;
    }
    stream.device = status.st_dev;
    stream.inode = status.st_ino;
    stream.fd = fd;
    return 0;
}

/* The descriptor again, where the program closed it or put another in its
 * place. */
static int
stream_ensure_open(void)
{
    struct stat status;

    if (fstat(stream.fd, &status) == 0 && status.st_dev == stream.device &&
        status.st_ino == stream.inode) {
        return 0;
    }
    return stream_open_file();
}

int
stream_open(const char *path, int may_create)
{
    stream.path = path;
    stream.may_create = may_create;
    return stream_open_file();
}

static int
stream_append(const char *record, size_t size)
{
    size_t written = 0;

    if (stream_ensure_open() < 0) {
        return -1;
    }
    while (written < size) {
        ssize_t n = write(stream.fd, record + written, size - written);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            return -1;
        }
        written += (size_t)n;
    }
    return 0;
}

/* A descriptor stays what it is. */
static void
stream_reserve(void)
{
}

static void
stream_close(void)
{
    close(stream.fd);
    stream.fd = -1;
}

const AuditSink stream_sink = {stream_append, stream_reserve, stream_close};
