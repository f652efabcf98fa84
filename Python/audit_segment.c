/* An audit log that is a file, mapped: a record is in the page cache, and so
 * survives the process, once it is copied into the mapping.  No system call is
 * made for it, and the process has no descriptor by which it could write other
 * things or cut the file.
 *
 *     0        64                         used            size
 *     +--------+--------+--------+--------+---------------+
 *     | header | record | record | ...    | zeros         |
 *     +--------+--------+--------+--------+---------------+
 *
 * The header is a line of JSON, as the records are.  In it stands `used`, in
 * eight digits to the base of 32, aligned, so that processes which share the
 * file take the room for a record by one compare-and-swap.  Then they copy it:
 * a process that is killed in between leaves zeros, or half a record and
 * zeros.
 *
 * Invariants: used <= size of the file, where nobody meddles, since the file
 * grows first; what lies behind `used` is zero.
 *
 * The file grows by CHUNK, for which it is opened for a moment, by its path.
 * A process that is about to lose that (chroot, another user) takes RESERVE in
 * advance.  The mapping covers more addresses than the file has, and reaches
 * further by mremap, which needs no descriptor; pages with finished records
 * are given back, so that a long log takes no memory.
 *
 * Every mapping holds a shared lock (flock) of its own open file, which the
 * kernel releases with the mapping, however the process ends.  Who closes the
 * log as the last one, and gets an exclusive lock, cuts the zeros off.
 *
 * Somebody else can still cut the file: then the copy meets SIGBUS.  The
 * handler puts a page of memory where the file was; the record is written
 * again, to a new mapping.  The program's own handler stands behind ours. */
#include "Python.h"

#include "audit_sink.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>

#define PAGE ((size_t)4096)
#define CHUNK ((size_t)1 << 18)
#define RESERVE ((size_t)1 << 26)
#define REACH_FIRST ((size_t)1 << 30)
#define FILE_MAX ((size_t)1 << 40)       /* what eight digits can say */
#define LOCK_ATTEMPTS 200                /* of 10 ms */

/* {"lucid log": 2,"used":"0000003g"                            } */
#define HEADER_BEGIN "{\"lucid log\": 2,\"used\":\""
#define HEADER_END "}\n"
#define USED_OFFSET (sizeof(HEADER_BEGIN) - 1)
#define USED_DIGITS 8
#define HEADER_SIZE ((size_t)64)

static_assert(USED_OFFSET % USED_DIGITS == 0, "the digits must be aligned");

static struct {
    unsigned char *base;             /* NULL: not mapped */
    size_t reach;                    /* bytes of addresses that are mapped */
    size_t size;                     /* of the file, at least */
    size_t end;                      /* of this process's last record */
    size_t released;                 /* pages before it were given back */
    const char *path;                /* borrowed from the log */
    int may_create;
    dev_t device;
    ino_t inode;
    volatile sig_atomic_t spoiled;   /* the mapping is no longer the file */
    int guarded;                     /* our handler of SIGBUS is set */
    struct sigaction previous;       /* the program's */
} segment;

/* --- Header -------------------------------------------------------------- */

static void
used_format(size_t used, char *digits)
{
    for (int i = USED_DIGITS - 1; i >= 0; i--) {
        digits[i] = "0123456789abcdefghijklmnopqrstuv"[used % 32];
        used /= 32;
    }
}

/* 0 for what is no number of bytes that can be in use. */
static size_t
used_parse(const char *digits)
{
    size_t used = 0;

    for (int i = 0; i < USED_DIGITS; i++) {
        char digit = digits[i];

        if (digit >= '0' && digit <= '9') {
            used = used * 32 + (size_t)(digit - '0');
        }
        else if (digit >= 'a' && digit <= 'v') {
            used = used * 32 + (size_t)(digit - 'a') + 10;
        }
        else {
            return 0;
        }
    }
    return used < HEADER_SIZE ? 0 : used;
}

static int
header_write(int fd, size_t used)
{
    char header[HEADER_SIZE];

    memset(header, ' ', sizeof(header));
    memcpy(header, HEADER_BEGIN, USED_OFFSET);
    used_format(used, header + USED_OFFSET);
    header[USED_OFFSET + USED_DIGITS] = '"';
    memcpy(header + sizeof(header) - strlen(HEADER_END), HEADER_END,
           strlen(HEADER_END));
    return pwrite(fd, header, sizeof(header), 0) == (ssize_t)sizeof(header)
               ? 0
               : -1;
}

/* What is in use by the header of the file; 0 where it is not one of ours. */
static size_t
header_read(int fd)
{
    char header[HEADER_SIZE];

    if (pread(fd, header, sizeof(header), 0) != (ssize_t)sizeof(header) ||
        memcmp(header, HEADER_BEGIN, USED_OFFSET) != 0) {
        return 0;
    }
    return used_parse(header + USED_OFFSET);
}

/* --- File ---------------------------------------------------------------- */

static int
file_open(void)
{
    return open(segment.path,
                O_RDWR | O_CLOEXEC | O_NOCTTY | O_NONBLOCK |
                    (segment.may_create ? O_CREAT : 0),
                0600);
}

/* 1 where it is the file that is mapped. */
static int
file_is_same(const struct stat *status)
{
    return status->st_dev == segment.device && status->st_ino == segment.inode;
}

/* For at most two seconds; 0/-1. */
static int
file_lock(int fd, int kind)
{
    const struct timespec pause = {.tv_nsec = 10 * 1000 * 1000};

    for (int i = 0; i < LOCK_ATTEMPTS; i++) {
        if (flock(fd, kind | LOCK_NB) == 0) {
            return 0;
        }
        if (errno != EWOULDBLOCK && errno != EINTR) {
            return -1;
        }
        (void)nanosleep(&pause, NULL);
    }
    return -1;
}

/* Has the disk keep room up to `end`: a chunk of it, or just what is needed
 * where the disk is nearly full.  The new size; 0 with errno. */
static size_t
file_extend(int fd, size_t size, size_t end)
{
    size_t targets[] = {(end + CHUNK - 1) & ~(CHUNK - 1),
                        (end + PAGE - 1) & ~(PAGE - 1)};
    int error = 0;

    for (size_t i = 0; i < Py_ARRAY_LENGTH(targets); i++) {
        if (size >= targets[i]) {
            return size;
        }
        do {
            error = posix_fallocate(fd, (off_t)size,
                                    (off_t)(targets[i] - size));
        } while (error == EINTR);
        if (error == 0) {
            return targets[i];
        }
    }
    errno = error;
    return 0;
}

/* Behind what is in use nothing but zeros are expected; where others appended
 * more, that is in use as well, and a zero to end it.  Errors: as if read. */
static size_t
file_find_end(int fd, size_t used, size_t size)
{
    char block[PAGE];
    off_t at = (off_t)used;
    size_t end = used;

    while (at < (off_t)size && (at = lseek(fd, at, SEEK_DATA)) >= 0) {
        ssize_t n = pread(fd, block, sizeof(block), at);

        if (n <= 0) {
            break;
        }
        for (ssize_t i = 0; i < n; i++) {
            if (block[i] != '\0') {
                end = (size_t)(at + i) + 2;
            }
        }
        at += n;
    }
    return end;
}

/* --- Mapping ------------------------------------------------------------- */

/* Addresses for `size` bytes of the file; fewer than wished where the process
 * may not have so many. */
static int
mapping_make(int fd, size_t size)
{
    size_t reach = REACH_FIRST;

    while (reach < size) {
        reach *= 2;
    }
    for (; reach >= size; reach /= 2) {
        void *base = mmap(NULL, reach, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
                          0);
        if (base != MAP_FAILED) {
            segment.base = base;
            segment.reach = reach;
            return 0;
        }
        if (errno != ENOMEM) {
            break;
        }
    }
    return -1;
}

static int
mapping_reach(size_t size)
{
    size_t reach = segment.reach;
    void *base;

    while (reach < size) {
        reach *= 2;
    }
    if (reach == segment.reach) {
        return 0;
    }
    base = mremap(segment.base, segment.reach, reach, MREMAP_MAYMOVE);
    if (base == MAP_FAILED) {
        return -1;
    }
    segment.base = base;
    segment.reach = reach;
    return 0;
}

static void
mapping_drop(void)
{
    if (segment.base != NULL) {
        (void)munmap(segment.base, segment.reach);
        segment.base = NULL;
    }
}

/* The whole chunks before `end` are needed no more, but for the header's. */
static void
mapping_release(size_t end)
{
    size_t chunk = end & ~(CHUNK - 1);

    if (chunk > segment.released) {
        (void)madvise(segment.base + segment.released,
                      chunk - segment.released, MADV_DONTNEED);
        segment.released = chunk;
    }
}

/* --- Damage -------------------------------------------------------------- */

static void
fault_forward(int signum, siginfo_t *info, void *context)
{
    const struct sigaction *previous = &segment.previous;

    if (previous->sa_flags & SA_SIGINFO) {
        previous->sa_sigaction(signum, info, context);
    }
    else if (previous->sa_handler != SIG_DFL &&
             previous->sa_handler != SIG_IGN) {
        previous->sa_handler(signum);
    }
    else if (info->si_code > 0 || previous->sa_handler == SIG_DFL) {
        struct sigaction ending = {.sa_handler = SIG_DFL};

        (void)sigaction(signum, &ending, NULL);
        if (info->si_code <= 0) {
            (void)raise(signum);
        }
    }
}

static void
fault_handler(int signum, siginfo_t *info, void *context)
{
    uintptr_t base = (uintptr_t)segment.base;
    uintptr_t address = (uintptr_t)info->si_addr;
    int saved_errno = errno;

    if (info->si_code > 0 && segment.base != NULL && address >= base &&
        address < base + segment.reach &&
        mmap((void *)(address & ~(PAGE - 1)), PAGE, PROT_READ | PROT_WRITE,
             MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED) {
        segment.spoiled = 1;
    }
    else {
        fault_forward(signum, info, context);
    }
    errno = saved_errno;
}

static int
fault_guard(void)
{
    struct sigaction action = {.sa_flags =
                                   SA_SIGINFO | SA_ONSTACK | SA_NODEFER};

    if (segment.guarded) {
        return 0;
    }
    action.sa_sigaction = fault_handler;
    if (sigaction(SIGBUS, &action, &segment.previous) < 0) {
        return -1;
    }
    segment.guarded = 1;
    return 0;
}

int
audit_log_sigaction(int signum, const struct sigaction *action,
                    struct sigaction *previous)
{
    struct sigaction old;

    if (signum != SIGBUS || !segment.guarded) {
        return sigaction(signum, action, previous);
    }
    old = segment.previous;
    if (action != NULL) {
        segment.previous = *action;
    }
    if (previous != NULL) {
        *previous = old;
    }
    return 0;
}

void
audit_log_sigmask(sigset_t *blocked)
{
    if (segment.guarded) {
        (void)sigdelset(blocked, SIGBUS);
    }
}

/* --- Opening ------------------------------------------------------------- */

/* Makes the file behind fd the log's.  Where that is the one it was, somebody
 * has damaged it, and it gets a new header if need be.  0, or -1 with
 * errno. */
static int
segment_adopt(int fd)
{
    struct stat status;
    size_t used, size;
    int alone = flock(fd, LOCK_EX | LOCK_NB) == 0;

    /* Others hold shared locks, or are writing the header and let go soon. */
    if ((!alone && file_lock(fd, LOCK_SH) < 0) || fstat(fd, &status) < 0) {
        return -1;
    }
    size = (size_t)status.st_size;
    used = header_read(fd);
    if (used == 0 && (file_is_same(&status) || (alone && size == 0))) {
        used = size < HEADER_SIZE ? HEADER_SIZE : size + 1;
        if (header_write(fd, used) < 0) {
            return -1;
        }
    }
    else if (used == 0) {
        errno = EILSEQ;
        return -1;
    }
    else if (alone) {
        size_t end = used > size ? size + 1 : file_find_end(fd, used, size);
        if (end != used && header_write(fd, end) < 0) {
            return -1;
        }
        used = end;
    }
    size = file_extend(fd, size < used ? used : size, used + PAGE);
    if (size == 0 || (alone && flock(fd, LOCK_SH) < 0) ||
        mapping_make(fd, size) < 0) {
        return -1;
    }
    segment.size = size;
    segment.released = PAGE;
    segment.end = HEADER_SIZE;
    segment.device = status.st_dev;
    segment.inode = status.st_ino;
    segment.spoiled = 0;
    return 0;
}

/* A new mapping, of the file that is there now. */
static int
segment_reopen(void)
{
    int fd, result;

    mapping_drop();
    fd = file_open();
    if (fd < 0) {
        return -1;
    }
    result = segment_adopt(fd);
    close(fd);
    return result;
}

int
segment_open(const char *path, int may_create)
{
    struct stat status;
    int fd, result;

    if (stat(path, &status) == 0 && !S_ISREG(status.st_mode)) {
        return 0;
    }
    segment.path = path;
    segment.may_create = may_create;
    segment.inode = 0;
    fd = file_open();
    if (fd < 0) {
        /* Perhaps it can be appended to. */
        return errno == EACCES || errno == EPERM ? 0 : -1;
    }
    result = segment_adopt(fd);
    close(fd);
    if (result < 0) {
        return errno == ENODEV || errno == EACCES ? 0 : -1;
    }
    return fault_guard() < 0 ? -1 : 1;
}

/* --- Records ------------------------------------------------------------- */

/* Makes the file reach to `end`, which lies behind `used`; 0, or -1 with
 * errno.  Finds out whether the path leads elsewhere or the header lied. */
static int
segment_grow(size_t used, size_t end, int sparse)
{
    struct stat status;
    size_t size = 0;
    int fd = file_open();

    if (fd < 0) {
        return -1;
    }
    if (fstat(fd, &status) == 0) {
        size = (size_t)status.st_size;
        if (!file_is_same(&status) || used > size || end > FILE_MAX) {
            segment.spoiled = 1;
            size = 0;
        }
        else if (sparse) {
            size = size >= end || ftruncate(fd, (off_t)end) == 0
                       ? Py_MAX(size, end)
                       : 0;
        }
        else {
            size = file_extend(fd, size, end);
        }
    }
    close(fd);
    if (size == 0 || mapping_reach(size) < 0) {
        return -1;
    }
    segment.size = size;
    return 0;
}

static uint64_t *
used_word(void)
{
    return (uint64_t *)(void *)(segment.base + USED_OFFSET);
}

/* Room for a record: its offset, or 0 with errno or with the segment
 * spoiled. */
static size_t
segment_take(size_t size)
{
    uint64_t word = __atomic_load_n(used_word(), __ATOMIC_ACQUIRE), taken;
    char digits[USED_DIGITS];
    size_t used;

    do {
        memcpy(digits, &word, sizeof(digits));
        used = used_parse(digits);
        if (used < segment.end) {
            segment.spoiled = 1;
            return 0;
        }
        if (used + size > segment.size &&
            segment_grow(used, used + size, 0) < 0) {
            return 0;
        }
        used_format(used + size, digits);
        memcpy(&taken, digits, sizeof(digits));
    } while (!__atomic_compare_exchange_n(used_word(), &word, taken, 0,
                                          __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE));
    return used;
}

static int
segment_append(const char *record, size_t size)
{
    for (int attempt = 0; attempt < 2; attempt++) {
        size_t offset;

        if (segment.base == NULL && segment_reopen() < 0) {
            return -1;
        }
        offset = segment_take(size);
        if (offset != 0) {
            memcpy(segment.base + offset, record, size);
            atomic_signal_fence(memory_order_seq_cst);
        }
        if (!segment.spoiled) {
            if (offset == 0) {
                return -1;
            }
            segment.end = offset + size;
            mapping_release(segment.end);
            return 0;
        }
        mapping_drop();
    }
    return -1;
}

static void
segment_reserve(void)
{
    char digits[USED_DIGITS];

    if (segment.base != NULL) {
        memcpy(digits, segment.base + USED_OFFSET, sizeof(digits));
        (void)segment_grow(segment.end, used_parse(digits) + RESERVE, 1);
    }
}

static void
segment_close(void)
{
    struct stat status;
    int fd;

    mapping_drop();
    if (segment.guarded) {
        segment.guarded = 0;
        (void)sigaction(SIGBUS, &segment.previous, NULL);
    }
    segment.may_create = 0;
    fd = file_open();
    if (fd < 0) {
        return;
    }
    if (fstat(fd, &status) == 0 && file_is_same(&status) &&
        flock(fd, LOCK_EX | LOCK_NB) == 0) {
        size_t used = header_read(fd);

        if (used != 0 && used < (size_t)status.st_size) {
            (void)ftruncate(fd, (off_t)used);
        }
    }
    close(fd);
}

const AuditSink segment_sink = {segment_append, segment_reserve,
                                segment_close};
