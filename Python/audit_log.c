/* The log of -X audit=FILE: one JSON object a line, one line an event.
 *
 * A C hook, added before initialisation, renders each event and copies it into
 * the file, which is mapped (Python/audit_segment.c), or writes it to what
 * cannot be mapped (Python/audit_stream.c).  Nothing is held back here, so a
 * record that was made survives os._exit, a fatal signal and SIGKILL, and fork
 * neither loses nor doubles any.
 *
 *   {"seq": 7, "pid": 41, "tid": 41, "mono": 12.000003, "time": ...,
 *    "event": "open", "args": [...], "origin": "runtime",
 *    "file": "prog.py", "line": 3, "function": "main", "chain": "..."}
 *
 *   seq       1, 2, ... in each process, without gaps
 *   ppid      in the first record: the parent process
 *   session   the same in a process and in those it starts
 *   mono/time seconds of the monotonic and of the wall clock
 *   origin    "runtime": raised by C code; "library": by a module of the
 *             standard library through sys.audit; "program": by other code
 *             (Python/audit_origin.c)
 *   file...   the innermost Python frame, absent before any runs
 *   lost      only after a failed write: how many records are missing
 *   chain     what ties the record to the one before it (Python/audit_chain.c)
 *
 * The first record of a process is "lucid.log.open", the last of an orderly
 * end "lucid.log.close".  When a write fails (full disk), the event is counted
 * and the program goes on; the next record that can be written tells.
 *
 * All state is touched with the GIL held, or before it exists. */
#include "Python.h"

#include "audit.h"
#include "audit_log.h"
#include "audit_sink.h"
#include "config.h"
#include "fileutils.h"
#include "frame.h"
#include "lifecycle.h"
#include "runtime.h"

#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>

#define RECORD_MAX 65536
#define SCHEMA_VERSION 2
/* The field is always a string: of a longer name this beginning. */
#define EVENT_NAME_MAX 1024

static struct {
    const AuditSink *sink;       /* NULL: no log */
    char path[AUDIT_PATH_MAX];   /* absolute; "" for standard error */
    int inherited;               /* the session is a parent's */
    int installed;               /* the hook; it stays for good */
    pid_t pid;                   /* of the process that seq belongs to */
    pid_t *process;             /* pid, on a page that fork empties, or NULL */
    unsigned long long seq;      /* last number used */
    unsigned long long lost;     /* records that could not be written */
    char record[RECORD_MAX];
} audit_log;

/* --- Who ----------------------------------------------------------------- */

/* Numbers of the process and of the thread cost a system call each: they are
 * asked for once.  The kernel empties the page in a child, however that was
 * made. */
static _Thread_local struct {
    pid_t pid;                   /* the process in which tid was asked for */
    pid_t tid;
} thread;

static void
process_remember(void)
{
    void *page = mmap(NULL, AUDIT_PAGE, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (page != MAP_FAILED &&
        madvise(page, AUDIT_PAGE, MADV_WIPEONFORK) == 0) {
        audit_log.process = page;
    }
    else if (page != MAP_FAILED) {
        (void)munmap(page, AUDIT_PAGE);
    }
}

/* The number of this process, whose records begin where it is new or
 * forked. */
static pid_t
process_id(void)
{
    pid_t pid = audit_log.process != NULL ? *audit_log.process : getpid();

    if (pid == 0 || pid != audit_log.pid) {
        pid = audit_log.pid = getpid();
        if (audit_log.process != NULL) {
            *audit_log.process = pid;
        }
        audit_log.seq = 0;
        audit_log.lost = 0;
        chain_begin();
    }
    return pid;
}

/* --- Records ------------------------------------------------------------- */

/* Appends "name":seconds.  In whole numbers, because the program's locale
 * decides what the decimal point of %f is. */
static void
record_clock(AuditText *out, const char *name, clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    audit_render_format(out, "\"%s\":%lld.%09ld,", name,
                        (long long)now.tv_sec, now.tv_nsec);
}

/* Where Python code was when the event came. */
static void
record_call_site(AuditText *out, PyThreadState *tstate, Frame *frame)
{
    PyCodeObject *code = frame->f_code;

    audit_render_raw(out, ",\"file\":");
    audit_render_value(out, code->co_filename, 0);
    audit_render_format(out, ",\"line\":%d,\"function\":",
                        PyCode_Addr2Line(code, 2 * frame_lasti(frame)));
    audit_render_value(out, code->co_qualname, 0);
}

static void
record_begin(AuditText *out, const char *event)
{
    pid_t pid = process_id();

    if (pid != thread.pid) {
        thread.pid = pid;
        thread.tid = (pid_t)syscall(SYS_gettid);
    }
    out->length = 0;
    audit_render_format(out,
                        "{\"seq\":%llu,\"pid\":%ld,\"tid\":%ld,"
                        "\"session\":\"%s\",",
                        audit_log.seq + 1, (long)pid, (long)thread.tid,
                        audit_session_id());
    if (audit_log.seq == 0) {
        audit_render_format(out, "\"ppid\":%ld,", (long)getppid());
    }
    record_clock(out, "mono", CLOCK_MONOTONIC);
    record_clock(out, "time", CLOCK_REALTIME);
    audit_render_raw(out, "\"event\":");
    audit_render_bytes(out, event, strnlen(event, EVENT_NAME_MAX));
}

static void
record_end(AuditText *out)
{
    char link[CHAIN_DIGITS + 1] = "";
    int saved_errno = errno;

    if (audit_log.lost > 0) {
        audit_render_format(out, ",\"lost\":%llu", audit_log.lost);
    }
    chain_link(out->text, out->length, link);
    audit_render_format(out, ",\"chain\":\"%s\"}\n", link);
    if (audit_log.sink->append(out->text, out->length) < 0) {
        audit_log.lost++;
    }
    else {
        chain_accept();
        audit_log.seq++;
        audit_log.lost = 0;
    }
    errno = saved_errno;
}

/* Behind these events the file may be out of reach. */
static int
file_is_at_stake(const char *event)
{
    static const char *const names[] = {
        "lucid.os.chroot", "lucid.os.setuid", "lucid.os.seteuid",
        "lucid.os.setreuid", "lucid.os.setresuid", "lucid.os.setgid",
        "lucid.os.setegid", "lucid.os.setregid", "lucid.os.setresgid",
        "lucid.os.setgroups", "lucid.os.initgroups", "resource.setrlimit",
    };

    for (size_t i = 0; i < Py_ARRAY_LENGTH(names); i++) {
        if (strcmp(event, names[i]) == 0) {
            return 1;
        }
    }
    return 0;
}

/* The hook.  Never refuses, never runs Python. */
static int
log_event(const char *event, PyObject *args, void *user_data)
{
    /* The tail is kept for the fields behind the arguments. */
    AuditText out = {audit_log.record, RECORD_MAX - 16384, 0};
    PyThreadState *tstate = _PyThreadState_GET();
    Frame *frame = NULL;
    const char *origin = "runtime";

    if (audit_log.sink == NULL) {
        return 0;
    }
    if (tstate != NULL && tstate->cframe != NULL) {
        frame = frame_skip_incomplete(tstate->cframe->current_frame);
    }
    record_begin(&out, event);
    audit_render_raw(&out, ",\"args\":");
    audit_render_value(&out, args, 0);
    out.size = RECORD_MAX;
    if (audit_raised_by_python) {
        origin = frame != NULL && audit_origin_is_library(frame->f_code, event)
                     ? "library"
                     : "program";
    }
    audit_render_format(&out, ",\"origin\":\"%s\"", origin);
    if (frame != NULL) {
        record_call_site(&out, tstate, frame);
    }
    record_end(&out);
    if (file_is_at_stake(event)) {
        audit_log.sink->reserve();
    }
    return 0;
}

static void
log_marker(const char *event)
{
    AuditText out = {audit_log.record, RECORD_MAX, 0};

    record_begin(&out, event);
    audit_render_format(&out, ",\"args\":[],\"origin\":\"runtime\","
                              "\"schema\":%d,\"python\":\"%s\"",
                        SCHEMA_VERSION, PY_VERSION);
    record_end(&out);
}

/* --- Opening and closing ------------------------------------------------- */

static PyStatus
log_refuse(const char *text, const char *file, int error)
{
    fprintf(stderr, "python3: -X audit: %s", text);
    if (file != NULL) {
        fprintf(stderr, " '%s': %s", file,
                error == EILSEQ ? "it is no audit log" : strerror(error));
    }
    fputc('\n', stderr);
    return STATUS_EXIT(2);
}

/* audit_log.path from the option's value; 0, or -1 if it does not fit. */
static int
log_set_path(const wchar_t *file)
{
    char *encoded;
    size_t length;
    char cwd[4096] = "";

    if (wcscmp(file, L"-") == 0) {
        audit_log.path[0] = '\0';
        return 0;
    }
    encoded = Py_EncodeLocale(file, NULL);
    if (encoded == NULL) {
        return -1;
    }
    if (encoded[0] != '/' && getcwd(cwd, sizeof(cwd)) == NULL) {
        PyMem_Free(encoded);
        return -1;
    }
    length = (size_t)snprintf(audit_log.path, sizeof(audit_log.path),
                              "%s%s%s", cwd, cwd[0] == '\0' ? "" : "/",
                              encoded);
    PyMem_Free(encoded);
    return length < sizeof(audit_log.path) ? 0 : -1;
}

/* The path from the parent's session, else from the option.  1/0; -1 with
 * *status set. */
static int
log_find_path(const PyConfig *config, PyStatus *status)
{
    const wchar_t *option = config_find_xoption(&config->xoptions, L"audit");
    int inherited = audit_session_inherit(audit_log.path);

    if (inherited < 0) {
        *status = log_refuse("the session in the environment is malformed",
                             NULL, 0);
        return -1;
    }
    audit_log.inherited = inherited;
    if (inherited) {
        return 1;
    }
    if (option == NULL) {
        return 0;
    }
    if (*option != L'=' || option[1] == L'\0') {
        *status = log_refuse("a file name is missing (-X audit=FILE)", NULL,
                             0);
        return -1;
    }
    if (log_set_path(option + 1) < 0) {
        *status = log_refuse("the file name cannot be used", NULL, 0);
        return -1;
    }
    return 1;
}

/* 0, or -1 with errno. */
static int
log_open_sink(void)
{
    const char *path = audit_log.path;
    int may_create = !audit_log.inherited;
    int mapped = *path == '\0' ? 0 : segment_open(path, may_create);

    if (mapped < 0 || (!mapped && stream_open(path, may_create) < 0)) {
        return -1;
    }
    audit_log.sink = mapped ? &segment_sink : &stream_sink;
    if (audit_log.process == NULL) {
        process_remember();
    }
    return 0;
}

/* Before there is a thread, it can be permanent. */
static int
log_add_hook(void)
{
    int permanent = _PyThreadState_GET() == NULL;

    if (!audit_log.installed &&
        PySys_AddAuditHookEx(log_event, NULL, NULL,
                             permanent ? PySys_HOOK_PERMANENT : 0) < 0) {
        return -1;
    }
    audit_log.installed = permanent;
    return 0;
}

PyStatus
audit_log_open(const PyConfig *config)
{
    PyStatus status = STATUS_OK();
    const char *missing;
    int found;

    if (audit_log.sink != NULL) {
        return status;
    }
    found = log_find_path(config, &status);
    if (found < 0) {
        return status;
    }
    if (found) {
        missing = chain_load();
        if (missing != NULL) {
            return log_refuse(missing, NULL, 0);
        }
        if (log_open_sink() < 0 || audit_session_start(audit_log.path) < 0) {
            return log_refuse("cannot write", audit_log.path, errno);
        }
        if (log_add_hook() < 0) {
            return log_refuse("no room for another hook", NULL, 0);
        }
        log_marker("lucid.log.open");
    }
    audit_seal();
    return status;
}

int
audit_log_is_open(void)
{
    return audit_log.sink != NULL;
}

void
audit_log_close(void)
{
    if (audit_log.sink == NULL) {
        return;
    }
    log_marker("lucid.log.close");
    audit_session_end();
    audit_log.sink->close();
    audit_log.sink = NULL;
}
