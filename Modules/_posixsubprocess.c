/* The module _posixsubprocess: fork, set up descriptors and identity, exec,
 * for subprocess.Popen.
 *
 * Between fork and exec only async-signal-safe functions run (unless there is
 * a preexec_fn), since another thread may have held any lock.  With vfork the
 * child even shares the parent's memory: it must not return from the function
 * that called vfork, change no variable that the parent uses, and no signal
 * handler may run in it.  Errors are written to a pipe, in the form that
 * subprocess.py parses: "ExceptionName:hexadecimal errno:message".
 */
#include "Python.h"

#include "audit.h"
#include "audit_log.h"
#include "fileutils.h"
#include "posixmodule.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

/* What the child needs, all in C. */
typedef struct {
    char *const *exec_array;                 /* programs to try, in order */
    char *const *argv;
    char *const *envp;                       /* NULL: environ */
    const char *cwd;                         /* NULL: stay */
    int p2cread, p2cwrite, c2pread, c2pwrite;
    int errread, errwrite, errpipe_read, errpipe_write;
    int close_fds, restore_signals, call_setsid;
    int umask;                               /* -1: leave alone */
    pid_t pgid_to_set;                       /* -1: leave alone */
    const int *fds_to_keep;                  /* ascending */
    Py_ssize_t fds_to_keep_len;
    int call_setgid, call_setgroups, call_setuid;
    gid_t gid;
    uid_t uid;
    size_t group_count;
    const gid_t *groups;
    const sigset_t *child_sigmask;           /* vfork: mask to restore */
    PyObject *preexec_fn;                    /* None: none */
    PyObject *preexec_args;
} ChildPlan;

/* ---- in the child: no allocation, no locks ---- */

static void
write_all(int fd, const char *text)
{
    (void)_Py_write_noraise(fd, text, strlen(text));
}

/* Closes everything from 3 on but what is to be kept. */
static void
child_close_fds(const ChildPlan *plan)
{
    int start = 3;

    for (Py_ssize_t i = 0; i < plan->fds_to_keep_len; i++) {
        int keep = plan->fds_to_keep[i];
        if (keep < start) {
            continue;
        }
        _Py_closerange(start, keep - 1);
        start = keep + 1;
    }
    _Py_closerange(start, INT_MAX);
}

/* Makes `fd` the standard stream `target`.  0/-1 with errno. */
static int
child_redirect(int fd, int target)
{
    if (fd == target) {
        return _Py_set_inheritable_async_safe(fd, 1, NULL);
    }
    if (fd != -1 && dup2(fd, target) == -1) {
        return -1;
    }
    return 0;
}

/* 0/-1 with errno. */
static int
child_set_up_fds(const ChildPlan *plan)
{
    int out = plan->c2pwrite, err = plan->errwrite;

    for (Py_ssize_t i = 0; i < plan->fds_to_keep_len; i++) {
        int fd = plan->fds_to_keep[i];
        if (fd != plan->errpipe_write &&
            _Py_set_inheritable_async_safe(fd, 1, NULL) < 0) {
            return -1;
        }
    }
    const int parents[] = {plan->p2cwrite, plan->c2pread, plan->errread,
                           plan->errpipe_read};
    for (size_t i = 0; i < Py_ARRAY_LENGTH(parents); i++) {
        if (parents[i] != -1) {
            (void)close(parents[i]);
        }
    }
    /* A descriptor that a lower stream is about to take over moves away. */
    if (out == 0) {
        out = dup(out);
        if (out == -1) {
            return -1;
        }
        /* standard streams may be closed in the parent: not inherited */
        if (_Py_set_inheritable_async_safe(out, 0, NULL) < 0) {
            return -1;
        }
    }
    while (err == 0 || err == 1) {
        err = dup(err);
        if (err == -1) {
            return -1;
        }
        if (_Py_set_inheritable_async_safe(err, 0, NULL) < 0) {
            return -1;
        }
    }
    return child_redirect(plan->p2cread, 0) < 0 ||
                   child_redirect(out, 1) < 0 || child_redirect(err, 2) < 0
               ? -1
               : 0;
}

/* 0/-1 with errno. */
static int
child_set_identity(const ChildPlan *plan)
{
    if (plan->umask >= 0) {
        umask((mode_t)plan->umask);
    }
    if (plan->restore_signals) {
        _Py_RestoreSignals();
    }
    if (plan->child_sigmask != NULL) {
        int error;
        /* No handler of the parent may run in its memory. */
        for (int number = 1; number < _NSIG; number++) {
            struct sigaction action;
            if (sigaction(number, NULL, &action) == 0 &&
                action.sa_handler != SIG_DFL && action.sa_handler != SIG_IGN) {
                memset(&action, 0, sizeof(action));
                action.sa_handler = SIG_DFL;
                (void)sigaction(number, &action, NULL);
            }
        }
        error = pthread_sigmask(SIG_SETMASK, plan->child_sigmask, NULL);
        if (error != 0) {
            errno = error;
            return -1;
        }
    }
    if (plan->call_setsid && setsid() == -1) {
        return -1;
    }
    if (plan->pgid_to_set >= 0 && setpgid(0, plan->pgid_to_set) == -1) {
        return -1;
    }
    if (plan->call_setgroups &&
        setgroups(plan->group_count, plan->groups) == -1) {
        return -1;
    }
    if (plan->call_setgid && setregid(plan->gid, plan->gid) == -1) {
        return -1;
    }
    return plan->call_setuid && setreuid(plan->uid, plan->uid) == -1 ? -1 : 0;
}

/* Tries each program; errno is the first failure other than "not there". */
static void
child_exec_programs(const ChildPlan *plan)
{
    int saved = 0;

    for (int i = 0; plan->exec_array[i] != NULL; i++) {
        const char *program = plan->exec_array[i];

        if (plan->envp != NULL) {
            execve(program, plan->argv, plan->envp);
        }
        else {
            execv(program, plan->argv);
        }
        if (errno != ENOENT && errno != ENOTDIR && saved == 0) {
            saved = errno;
        }
    }
    if (saved != 0) {
        errno = saved;
    }
}

/* Reports and ends.  `error` 0: no OSError. */
static void
child_report(const ChildPlan *plan, int error, const char *message)
{
    char digits[2 * sizeof(int) + 1], *p = digits + sizeof(digits) - 1;
    unsigned int number = (unsigned int)error;

    if (error != 0) {
        *p = '\0';
        do {
            *--p = "0123456789ABCDEF"[number % 16];
            number /= 16;
        } while (number != 0);
        write_all(plan->errpipe_write, "OSError:");
        write_all(plan->errpipe_write, p);
        write_all(plan->errpipe_write, ":");
    }
    else {
        write_all(plan->errpipe_write, "SubprocessError:0:");
    }
    write_all(plan->errpipe_write, message);
}

/* Does not return.  Runs Python (preexec_fn). */
static void
child_run(const ChildPlan *plan)
{
    if (child_set_up_fds(plan) < 0 ||
        (plan->cwd != NULL && chdir(plan->cwd) == -1) ||
        child_set_identity(plan) < 0) {
        child_report(plan, errno, "noexec");
        return;
    }
    if (plan->preexec_fn != Py_None && plan->preexec_args != NULL) {
        PyObject *result = PyObject_Call(plan->preexec_fn, plan->preexec_args,
                                         NULL);
        if (result == NULL) {
            child_report(plan, 0, "Exception occurred in preexec_fn.");
            return;
        }
    }
    if (plan->close_fds) {
        child_close_fds(plan);
    }
    child_exec_programs(plan);
    child_report(plan, errno, "");
}

/* ---- the parent ---- */

/* fork or vfork; in the child: never returns.  A function of its own, so that
 * no variable of the caller lives in registers across vfork. */
static pid_t __attribute__((noinline))
fork_and_run(const ChildPlan *plan)
{
    pid_t pid;

    if (plan->child_sigmask != NULL) {
        pid = vfork();
        if (pid == -1) {
            /* a kernel or sandbox that does not like it */
            pid = fork();
        }
    }
    else {
        pid = fork();
    }
    if (pid != 0) {
        return pid;
    }
    if (plan->preexec_fn != Py_None) {
        PyOS_AfterFork_Child();
    }
    child_run(plan);
    _exit(255);
}

static void
free_strings(char **strings, Py_ssize_t count)
{
    if (strings != NULL) {
        for (Py_ssize_t i = 0; i < count; i++) {
            PyMem_Free(strings[i]);
        }
        PyMem_Free(strings);
    }
}

/* Copies of the items, which are bytes or (if `encode`) paths.  NULL with an
 * exception. */
static char **
strings_from_sequence(PyObject *sequence, int encode, Py_ssize_t *count)
{
    Py_ssize_t len = PySequence_Size(sequence), done = 0;
    char **strings;

    *count = 0;
    if (len < 0) {
        return NULL;
    }
    strings = PyMem_New(char *, len + 1);
    if (strings == NULL) {
        PyErr_NoMemory();
        return NULL;
    }
    for (; done < len; done++) {
        PyObject *item = PySequence_GetItem(sequence, done), *bytes = NULL;
        char *text;

        if (item != NULL && encode) {
            if (!PyUnicode_FSConverter(item, &bytes)) {
                bytes = NULL;
            }
            Py_DECREF(item);
        }
        else {
            bytes = item;
        }
        if (bytes == NULL || PyBytes_AsStringAndSize(bytes, &text, NULL) < 0) {
            Py_XDECREF(bytes);
            break;
        }
        size_t size = strlen(text) + 1;
        strings[done] = PyMem_Malloc(size);
        if (strings[done] == NULL) {
            Py_DECREF(bytes);
            PyErr_NoMemory();
            break;
        }
        memcpy(strings[done], text, size);
        Py_DECREF(bytes);
    }
    if (done < len) {
        free_strings(strings, done);
        return NULL;
    }
    strings[len] = NULL;
    *count = len;
    return strings;
}

/* A strictly ascending tuple of descriptors to a C array; NULL with an
 * exception. */
static int *
fds_from_tuple(PyObject *tuple)
{
    Py_ssize_t count = PyTuple_GET_SIZE(tuple);
    int *fds = PyMem_New(int, count + 1);
    long last = -1;

    if (fds == NULL) {
        PyErr_NoMemory();
        return NULL;
    }
    for (Py_ssize_t i = 0; i < count; i++) {
        PyObject *item = PyTuple_GET_ITEM(tuple, i);
        long fd = PyLong_Check(item) ? PyLong_AsLong(item) : -1;

        if (fd < 0 || fd <= last || fd > INT_MAX) {
            PyErr_Clear();                      /* OverflowError */
            PyErr_SetString(PyExc_ValueError, "bad value(s) in fds_to_keep");
            PyMem_Free(fds);
            return NULL;
        }
        fds[i] = (int)fd;
        last = fd;
    }
    return fds;
}

/* A list of ids; NULL with an exception. */
static gid_t *
groups_from_list(PyObject *list, size_t *count)
{
    Py_ssize_t len;
    gid_t *groups;

    if (!PyList_Check(list)) {
        PyErr_SetString(PyExc_TypeError, "setgroups argument must be a list");
        return NULL;
    }
    len = PyList_GET_SIZE(list);
    if (len > NGROUPS_MAX) {
        PyErr_SetString(PyExc_ValueError, "too many groups");
        return NULL;
    }
    groups = PyMem_New(gid_t, len + 1);
    if (groups == NULL) {
        PyErr_NoMemory();
        return NULL;
    }
    for (Py_ssize_t i = 0; i < len; i++) {
        PyObject *item = PySequence_GetItem(list, i);
        int good;

        if (item == NULL) {
            PyMem_Free(groups);
            return NULL;
        }
        good = PyLong_Check(item);
        if (!good) {
            PyErr_SetString(PyExc_TypeError, "groups must be integers");
        }
        else if (!_Py_Gid_Converter(item, &groups[i])) {
            PyErr_SetString(PyExc_ValueError, "invalid group id");
            good = 0;
        }
        Py_DECREF(item);
        if (!good) {
            PyMem_Free(groups);
            return NULL;
        }
    }
    *count = (size_t)len;
    return groups;
}

/* Arguments as objects, and what was made of them. */
typedef struct {
    PyObject *argv, *executables, *fds, *cwd, *env, *gid, *groups, *uid;
    int allow_vfork;
    char **exec_strings, **arg_strings, **env_strings;
    Py_ssize_t exec_count, arg_count, env_count;
    PyObject *cwd_bytes;
    int *fd_array;
    gid_t *group_array;
} ForkArguments;

static int
fork_parse(PyObject *args, ForkArguments *a, ChildPlan *plan)
{
    memset(a, 0, sizeof(*a));
    memset(plan, 0, sizeof(*plan));
    return PyArg_ParseTuple(
        args, "OOpO!OOiiiiiiiippiOOOiOp:fork_exec", &a->argv, &a->executables,
        &plan->close_fds, &PyTuple_Type, &a->fds, &a->cwd, &a->env,
        &plan->p2cread, &plan->p2cwrite, &plan->c2pread, &plan->c2pwrite,
        &plan->errread, &plan->errwrite, &plan->errpipe_read,
        &plan->errpipe_write, &plan->restore_signals, &plan->call_setsid,
        &plan->pgid_to_set, &a->gid, &a->groups, &a->uid, &plan->umask,
        &plan->preexec_fn, &a->allow_vfork);
}

/* argv, a tuple or list, is taken from a snapshot. */
static int
fork_convert_argv(ForkArguments *a)
{
    PyObject *items;

    if (a->argv == Py_None) {
        return 0;
    }
    items = PySequence_Fast(a->argv, "argv must be a tuple");
    if (items == NULL) {
        return -1;
    }
    Py_SETREF(items, PySequence_Tuple(items));
    if (items == NULL) {
        return -1;
    }
    a->arg_strings = strings_from_sequence(items, 1, &a->arg_count);
    Py_DECREF(items);
    return a->arg_strings == NULL ? -1 : 0;
}

static int
fork_convert(ForkArguments *a, ChildPlan *plan)
{
    if (plan->close_fds && plan->errpipe_write < 3) {
        PyErr_SetString(PyExc_ValueError, "errpipe_write must be >= 3");
        return -1;
    }
    a->fd_array = fds_from_tuple(a->fds);
    if (a->fd_array == NULL) {
        return -1;
    }
    a->exec_strings = strings_from_sequence(a->executables, 0,
                                            &a->exec_count);
    if (a->exec_strings == NULL || fork_convert_argv(a) < 0) {
        return -1;
    }
    if (a->env != Py_None) {
        a->env_strings = strings_from_sequence(a->env, 0, &a->env_count);
        if (a->env_strings == NULL) {
            return -1;
        }
    }
    if (a->cwd != Py_None) {
        if (!PyUnicode_FSConverter(a->cwd, &a->cwd_bytes)) {
            a->cwd_bytes = NULL;
            return -1;
        }
        plan->cwd = PyBytes_AS_STRING(a->cwd_bytes);
    }
    if (a->groups != Py_None) {
        a->group_array = groups_from_list(a->groups, &plan->group_count);
        if (a->group_array == NULL) {
            return -1;
        }
        plan->call_setgroups = 1;
    }
    if (a->gid != Py_None) {
        if (!_Py_Gid_Converter(a->gid, &plan->gid)) {
            return -1;
        }
        plan->call_setgid = 1;
    }
    if (a->uid != Py_None) {
        if (!_Py_Uid_Converter(a->uid, &plan->uid)) {
            return -1;
        }
        plan->call_setuid = 1;
    }
    plan->exec_array = a->exec_strings;
    plan->argv = a->arg_strings;
    plan->fds_to_keep = a->fd_array;
    plan->fds_to_keep_len = PyTuple_GET_SIZE(a->fds);
    plan->groups = a->group_array;
    return 0;
}

/* The strings that run, as bytes; None for NULL. */
static PyObject *
list_from_strings(char **strings, Py_ssize_t count)
{
    PyObject *list;

    if (strings == NULL) {
        Py_RETURN_NONE;
    }
    list = PyList_New(count);
    for (Py_ssize_t i = 0; list != NULL && i < count; i++) {
        PyObject *text = PyBytes_FromString(strings[i]);

        if (text == NULL) {
            Py_CLEAR(list);
            break;
        }
        PyList_SET_ITEM(list, i, text);
    }
    return list;
}

/* Who the child will be, where that is somebody else: it cannot say so. */
static int
fork_audit_identity(const ChildPlan *plan)
{
    long uid = posix_id_for_audit(plan->uid),
         gid = posix_id_for_audit(plan->gid);

    if (plan->call_setgroups && PyAuditWanted(AUDIT_LUCID_OS_SETGROUPS) &&
        posix_audit_setgroups(plan->groups, (Py_ssize_t)plan->group_count) <
            0) {
        return -1;
    }
    if (plan->call_setgid &&
        PyAudit(AUDIT_LUCID_OS_SETREGID, "ll", gid, gid) < 0) {
        return -1;
    }
    return plan->call_setuid ? PyAudit(AUDIT_LUCID_OS_SETREUID, "ll", uid, uid)
                             : 0;
}

/* Raised before the fork; what it shows was copied, so it is what runs. */
static int
fork_audit(const ForkArguments *a)
{
    PyObject *argv = NULL, *executables = NULL, *env = NULL;    /* owned */
    int status = -1;

    argv = list_from_strings(a->arg_strings, a->arg_count);
    executables = list_from_strings(a->exec_strings, a->exec_count);
    env = list_from_strings(a->env_strings, a->env_count);
    if (executables != NULL) {
        Py_SETREF(executables, PyList_AsTuple(executables));
    }
    if (argv != NULL && executables != NULL && env != NULL) {
        status = PyAudit(AUDIT_LUCID__POSIXSUBPROCESS_FORK_EXEC, "OOOO", argv,
                         executables,
                         a->cwd_bytes != NULL ? a->cwd_bytes : Py_None, env);
    }
    Py_XDECREF(argv);
    Py_XDECREF(executables);
    Py_XDECREF(env);
    return status;
}

static void
fork_release(ForkArguments *a)
{
    free_strings(a->exec_strings, a->exec_count);
    free_strings(a->arg_strings, a->arg_count);
    free_strings(a->env_strings, a->env_count);
    Py_XDECREF(a->cwd_bytes);
    PyMem_Free(a->fd_array);
    PyMem_Free(a->group_array);
}

/* The fork itself, with signals blocked around a vfork. */
static pid_t
fork_with_plan(ForkArguments *a, ChildPlan *plan, int *error)
{
    sigset_t all, old;
    int use_vfork = a->allow_vfork && plan->preexec_fn == Py_None &&
                    !plan->call_setuid && !plan->call_setgid &&
                    !plan->call_setgroups;
    pid_t pid;

    if (use_vfork) {
        sigfillset(&all);
        if (pthread_sigmask(SIG_BLOCK, &all, &old) == 0) {
            plan->child_sigmask = &old;
        }
    }
    pid = fork_and_run(plan);
    *error = errno;
    if (plan->child_sigmask != NULL) {
        (void)pthread_sigmask(SIG_SETMASK, &old, NULL);
        plan->child_sigmask = NULL;
    }
    return pid;
}

static PyObject *
subprocess_fork_exec(PyObject *module, PyObject *args)
{
    ForkArguments a;
    ChildPlan plan;
    PyObject *result = NULL;
    int error = 0, enable_gc = 0, has_preexec;
    pid_t pid;

    if (!fork_parse(args, &a, &plan)) {
        return NULL;
    }
    has_preexec = plan.preexec_fn != Py_None;
    if (has_preexec &&
        PyInterpreterState_Get() != PyInterpreterState_Main()) {
        PyErr_SetString(PyExc_RuntimeError,
                        "preexec_fn not supported within subinterpreters");
        return NULL;
    }
    if (fork_convert(&a, &plan) < 0 || fork_audit_identity(&plan) < 0 ||
        (PyAuditWanted(AUDIT_LUCID__POSIXSUBPROCESS_FORK_EXEC) &&
         fork_audit(&a) < 0) ||
        audit_session_add(&a.env_strings, &a.env_count) < 0) {
        goto done;
    }
    plan.envp = a.env_strings;
    if (has_preexec) {
        plan.preexec_args = PyTuple_New(0);
        if (plan.preexec_args == NULL) {
            goto done;
        }
        enable_gc = PyGC_Disable();
        PyOS_BeforeFork();
    }
    pid = fork_with_plan(&a, &plan, &error);
    if (has_preexec) {
        PyOS_AfterFork_Parent();
    }
    if (pid == -1) {
        errno = error;
        PyErr_SetFromErrno(PyExc_OSError);
    }
    else {
        result = PyLong_FromLong(pid);
    }
done:
    if (enable_gc) {
        PyGC_Enable();
    }
    Py_XDECREF(plan.preexec_args);
    fork_release(&a);
    return result;
}

static PyMethodDef subprocess_methods[] = {
    {"fork_exec", subprocess_fork_exec, METH_VARARGS,
     "fork_exec(args, executable_list, close_fds, pass_fds, cwd, env,\n"
     "          p2cread, p2cwrite, c2pread, c2pwrite,\n"
     "          errread, errwrite, errpipe_read, errpipe_write,\n"
     "          restore_signals, call_setsid, pgid_to_set,\n"
     "          gid, groups_list, uid, umask,\n"
     "          preexec_fn, allow_vfork)\n\nRun a program in a new process; "
     "its pid."},
    {NULL, NULL, 0, NULL},
};

static PyModuleDef subprocess_module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_posixsubprocess",
    .m_doc = "The part of subprocess that must not be Python.",
    .m_size = 0,
    .m_methods = subprocess_methods,
};

PyMODINIT_FUNC PyInit__posixsubprocess(void);

PyMODINIT_FUNC
PyInit__posixsubprocess(void)
{
    return PyModuleDef_Init(&subprocess_module);
}
