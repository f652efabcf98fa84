/* Processes: exec, fork, wait, the end of this one.
 *
 * exec: all arguments are converted first, so that what the audit event
 * announced is what runs.  fork: PyOS_BeforeFork and its counterparts
 * (Python/fork.c) frame the call and run the registered functions.
 */
#include "posix_private.h"

#include "audit.h"
#include "audit_log.h"
#include "names.h"
#include "pystate.h"

#include <pty.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* ---- strings for exec ---- */

void
posix_free_strings(char **strings, Py_ssize_t count)
{
    if (strings == NULL) {
        return;
    }
    for (Py_ssize_t i = 0; i < count; i++) {
        PyMem_Free(strings[i]);
    }
    PyMem_Free(strings);
}

/* A copy of the filesystem-encoded `object`, or NULL. */
static char *
string_from_object(PyObject *object)
{
    PyObject *bytes;
    Py_ssize_t size;
    char *copy;

    if (!PyUnicode_FSConverter(object, &bytes)) {
        return NULL;
    }
    size = PyBytes_GET_SIZE(bytes) + 1;
    copy = PyMem_Malloc((size_t)size);
    if (copy == NULL) {
        PyErr_NoMemory();
    }
    else {
        memcpy(copy, PyBytes_AS_STRING(bytes), (size_t)size);
    }
    Py_DECREF(bytes);
    return copy;
}

/* Runs Python (items, __fspath__); `argv` is a list or tuple. */
char **
posix_strings_from_argv(PyObject *argv, Py_ssize_t *count)
{
    Py_ssize_t len = PySequence_Size(argv);
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
    for (Py_ssize_t i = 0; i < len; i++) {
        /* the list may change while an item is converted */
        PyObject *item = PySequence_GetItem(argv, i);
        strings[i] = item == NULL ? NULL : string_from_object(item);
        Py_XDECREF(item);
        if (strings[i] == NULL) {
            posix_free_strings(strings, i);
            return NULL;
        }
    }
    strings[len] = NULL;
    *count = len;
    return strings;
}

/* "key=value" of one pair; NULL with an exception. */
static char *
string_from_pair(PyObject *key, PyObject *value)
{
    PyObject *key_bytes = NULL, *value_bytes = NULL;
    char *text = NULL;

    if (!PyUnicode_FSConverter(key, &key_bytes) ||
        !PyUnicode_FSConverter(value, &value_bytes)) {
        goto done;
    }
    if (PyBytes_GET_SIZE(key_bytes) == 0 ||
        strchr(PyBytes_AS_STRING(key_bytes) + 1, '=') != NULL) {
        PyErr_SetString(PyExc_ValueError, "illegal environment variable name");
        goto done;
    }
    Py_ssize_t key_size = PyBytes_GET_SIZE(key_bytes);
    Py_ssize_t value_size = PyBytes_GET_SIZE(value_bytes);
    text = PyMem_Malloc((size_t)(key_size + value_size + 2));
    if (text == NULL) {
        PyErr_NoMemory();
        goto done;
    }
    memcpy(text, PyBytes_AS_STRING(key_bytes), (size_t)key_size);
    text[key_size] = '=';
    memcpy(text + key_size + 1, PyBytes_AS_STRING(value_bytes),
           (size_t)value_size + 1);
done:
    Py_XDECREF(key_bytes);
    Py_XDECREF(value_bytes);
    return text;
}

/* Runs Python (the mapping). */
char **
posix_strings_from_env(PyObject *env, Py_ssize_t *count)
{
    PyObject *keys = NULL, *values = NULL;
    char **strings = NULL;
    Py_ssize_t len, done = 0;

    *count = 0;
    keys = PyMapping_Keys(env);
    values = keys == NULL ? NULL : PyMapping_Values(env);
    if (values == NULL) {
        goto error;
    }
    if (!PyList_Check(keys) || !PyList_Check(values)) {
        PyErr_SetString(PyExc_TypeError,
                        "env.keys() or env.values() is not a list");
        goto error;
    }
    len = Py_MIN(PyList_GET_SIZE(keys), PyList_GET_SIZE(values));
    strings = PyMem_New(char *, len + 1);
    if (strings == NULL) {
        PyErr_NoMemory();
        goto error;
    }
    for (; done < len; done++) {
        strings[done] = string_from_pair(PyList_GET_ITEM(keys, done),
                                         PyList_GET_ITEM(values, done));
        if (strings[done] == NULL) {
            goto error;
        }
    }
    strings[len] = NULL;
    *count = len;
    Py_DECREF(keys);
    Py_DECREF(values);
    return strings;
error:
    posix_free_strings(strings, done);
    Py_XDECREF(keys);
    Py_XDECREF(values);
    return NULL;
}

int
posix_check_exec_arguments(const char *prefix, PyObject *argv, PyObject *env)
{
    if (!PyList_Check(argv) && !PyTuple_Check(argv)) {
        PyErr_Format(PyExc_TypeError, "%s must be a tuple or list", prefix);
        return -1;
    }
    if (PySequence_Size(argv) < 1) {
        PyErr_Format(PyExc_ValueError, "%s must not be empty", prefix);
        return -1;
    }
    if (env != NULL && !PyMapping_Check(env)) {
        PyErr_Format(PyExc_TypeError,
                     "%.*s: environment must be a mapping object",
                     (int)(strchr(prefix, ':') - prefix), prefix);
        return -1;
    }
    return 0;
}

/* ---- exec ---- */

/* `env` NULL: the environment stays.  Returns only to fail. */
static PyObject *
exec_path(posix_path *path, const char *prefix, PyObject *argv, PyObject *env)
{
    Py_ssize_t arg_count = 0, env_count = 0;
    char **arg_strings = NULL, **env_strings = NULL;

    arg_strings = posix_strings_from_argv(argv, &arg_count);
    if (arg_strings == NULL) {
        return NULL;
    }
    if (arg_count == 0 || arg_strings[0][0] == '\0') {
        PyErr_Format(PyExc_ValueError, "%s first element cannot be empty",
                     prefix);
        goto done;
    }
    if (env != NULL) {
        env_strings = posix_strings_from_env(env, &env_count);
        if (env_strings == NULL) {
            goto done;
        }
    }
    if (PyAudit(AUDIT_OS_EXEC, "OOO", path->object, argv,
                env != NULL ? env : Py_None) < 0 ||
        audit_session_add(&env_strings, &env_count) < 0) {
        goto done;
    }
    if (path->fd > -1) {
        fexecve(path->fd, arg_strings, env_strings);
    }
    else if (env == NULL) {
        execv(path->narrow, arg_strings);
    }
    else {
        execve(path->narrow, arg_strings, env_strings);
    }
    posix_path_error(path);
done:
    posix_free_strings(arg_strings, arg_count);
    posix_free_strings(env_strings, env_count);
    return NULL;
}

PyObject *
posix_execv(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    posix_path path = POSIX_PATH_INIT("execv", "path", 0, 0);
    PyObject *argv, *result = NULL;

    if (PARSE_ARGS("execv", 2, 2, "O&O", posix_path_converter,
                          &path, &argv) &&
        posix_check_exec_arguments("execv() arg 2", argv, NULL) == 0) {
        result = exec_path(&path, "execv() arg 2", argv, NULL);
    }
    posix_path_release(&path);
    return result;
}

PyObject *
posix_execve(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
             PyObject *kwnames)
{
    PARSER("O&OO:execve", "path", "argv", "env");
    posix_path path = POSIX_PATH_INIT("execve", "path", 0, 1);
    PyObject *argv, *env, *result = NULL;

    if (PARSE(posix_path_converter, &path, &argv, &env) &&
        posix_check_exec_arguments("execve: argv", argv, env) == 0) {
        result = exec_path(&path, "execve: argv", argv, env);
    }
    posix_path_release(&path);
    return result;
}

/* ---- fork ---- */

PyObject *
posix_register_at_fork(PyObject *module, PyObject *const *args,
                       Py_ssize_t nargs, PyObject *kwnames)
{
    PARSER("|$OOO:register_at_fork", "before", "after_in_child",
           "after_in_parent");
    PyObject *functions[3] = {NULL, NULL, NULL};

    if (!PARSE(&functions[0], &functions[1], &functions[2])) {
        return NULL;
    }
    if (functions[0] == NULL && functions[1] == NULL &&
        functions[2] == NULL) {
        PyErr_SetString(PyExc_TypeError, "At least one argument is required.");
        return NULL;
    }
    for (int i = 0; i < 3; i++) {
        if (functions[i] != NULL && !PyCallable_Check(functions[i])) {
            PyErr_Format(PyExc_TypeError,
                         "'%.200s' must be callable, not %.200s", keywords[i],
                         Py_TYPE(functions[i])->tp_name);
            return NULL;
        }
    }
    if (PyAudit(AUDIT_LUCID_OS_REGISTER_AT_FORK, "OOO",
                functions[0] != NULL ? functions[0] : Py_None,
                functions[1] != NULL ? functions[1] : Py_None,
                functions[2] != NULL ? functions[2] : Py_None) < 0) {
        return NULL;
    }
    if (os_register_at_fork(functions[0], functions[2], functions[1]) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

static int
fork_is_allowed(void)
{
    if (PyInterpreterState_Get() != PyInterpreterState_Main()) {
        PyErr_SetString(PyExc_RuntimeError,
                        "fork not supported for subinterpreters");
        return 0;
    }
    return 1;
}

PyObject *
posix_fork(PyObject *module, PyObject *unused)
{
    pid_t pid;
    int error;

    if (!fork_is_allowed() || PyAudit(AUDIT_OS_FORK, NULL) < 0) {
        return NULL;
    }
    PyOS_BeforeFork();
    pid = fork();
    error = errno;
    if (pid == 0) {
        PyOS_AfterFork_Child();
    }
    else {
        PyOS_AfterFork_Parent();
    }
    if (pid == -1) {
        errno = error;
        return posix_error();
    }
    return PyLong_FromLong(pid);
}

PyObject *
posix_forkpty(PyObject *module, PyObject *unused)
{
    int master = -1, error;
    pid_t pid;

    if (!fork_is_allowed() || PyAudit(AUDIT_OS_FORKPTY, NULL) < 0) {
        return NULL;
    }
    PyOS_BeforeFork();
    pid = forkpty(&master, NULL, NULL, NULL);
    error = errno;
    if (pid == 0) {
        PyOS_AfterFork_Child();
    }
    else {
        PyOS_AfterFork_Parent();
    }
    if (pid == -1) {
        errno = error;
        return posix_error();
    }
    return Py_BuildValue("(Ni)", PyLong_FromLong(pid), master);
}

PyObject *
posix_pidfd_open(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
                 PyObject *kwnames)
{
    PARSER("i|O&:pidfd_open", "pid", "flags");
    int pid, fd;
    unsigned int flags = 0;

    if (!PARSE(&pid, _PyLong_UnsignedInt_Converter, &flags) ||
        PyAudit(AUDIT_LUCID_OS_PIDFD_OPEN, "iI", pid, flags) < 0) {
        return NULL;
    }
    fd = (int)syscall(SYS_pidfd_open, pid, flags);
    return fd < 0 ? posix_error() : PyLong_FromLong(fd);
}

/* ---- wait ---- */

static PyObject *
wait_for(pid_t wanted, int options)
{
    int status = 0, retry;
    pid_t pid;

    do {
        Py_BEGIN_ALLOW_THREADS
        pid = waitpid(wanted, &status, options);
        Py_END_ALLOW_THREADS
    } while ((retry = posix_retry(pid < 0)) > 0);
    if (pid < 0) {
        return retry < 0 ? NULL : posix_error();
    }
    return Py_BuildValue("Ni", PyLong_FromLong(pid), status);
}

PyObject *
posix_wait(PyObject *module, PyObject *unused)
{
    return wait_for(-1, 0);
}

PyObject *
posix_waitpid(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    int pid, options;

    if (!PARSE_ARGS("waitpid", 2, 2, "ii", &pid, &options)) {
        return NULL;
    }
    return wait_for(pid, options);
}

/* resource.struct_rusage, borrowed. */
static PyObject *
rusage_type(posix_state *state)
{
    if (state->struct_rusage == NULL) {
        PyObject *resource = PyImport_ImportModule("resource");
        if (resource == NULL) {
            return NULL;
        }
        state->struct_rusage = PyObject_GetAttr(resource,
                                                NAME(struct_rusage));
        Py_DECREF(resource);
    }
    return state->struct_rusage;
}

static PyObject *
rusage_as_object(posix_state *state, const struct rusage *usage)
{
    PyObject *type = rusage_type(state), *result;
    const long counts[] = {
        usage->ru_maxrss, usage->ru_ixrss, usage->ru_idrss, usage->ru_isrss,
        usage->ru_minflt, usage->ru_majflt, usage->ru_nswap, usage->ru_inblock,
        usage->ru_oublock, usage->ru_msgsnd, usage->ru_msgrcv,
        usage->ru_nsignals, usage->ru_nvcsw, usage->ru_nivcsw,
    };

    if (type == NULL) {
        return NULL;
    }
    result = PyStructSequence_New((PyTypeObject *)type);
    if (result == NULL) {
        return NULL;
    }
    PyStructSequence_SET_ITEM(
        result, 0,
        PyFloat_FromDouble((double)usage->ru_utime.tv_sec +
                           (double)usage->ru_utime.tv_usec * 1e-6));
    PyStructSequence_SET_ITEM(
        result, 1,
        PyFloat_FromDouble((double)usage->ru_stime.tv_sec +
                           (double)usage->ru_stime.tv_usec * 1e-6));
    for (size_t i = 0; i < Py_ARRAY_LENGTH(counts); i++) {
        PyStructSequence_SET_ITEM(result, (Py_ssize_t)i + 2,
                                  PyLong_FromLong(counts[i]));
    }
    if (PyErr_Occurred()) {
        Py_CLEAR(result);
    }
    return result;
}

static PyObject *
wait_with_usage(PyObject *module, pid_t wanted, int options)
{
    struct rusage usage;
    int status = 0, retry;
    pid_t pid;
    PyObject *usage_object;

    memset(&usage, 0, sizeof(usage));
    do {
        Py_BEGIN_ALLOW_THREADS
        pid = wait4(wanted, &status, options, &usage);
        Py_END_ALLOW_THREADS
    } while ((retry = posix_retry(pid < 0)) > 0);
    if (pid < 0) {
        return retry < 0 ? NULL : posix_error();
    }
    usage_object = rusage_as_object(posix_get_state(module), &usage);
    if (usage_object == NULL) {
        return NULL;
    }
    return Py_BuildValue("NiN", PyLong_FromLong(pid), status, usage_object);
}

PyObject *
posix_wait3(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
            PyObject *kwnames)
{
    PARSER("i:wait3", "options");
    int options;

    return PARSE(&options) ? wait_with_usage(module, -1, options) : NULL;
}

PyObject *
posix_wait4(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
            PyObject *kwnames)
{
    PARSER("ii:wait4", "pid", "options");
    int pid, options;

    return PARSE(&pid, &options) ? wait_with_usage(module, pid, options)
                                 : NULL;
}

PyObject *
posix_waitid(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    int idtype, id, options, failed, retry;
    siginfo_t info;
    PyObject *result;

    if (!PARSE_ARGS("waitid", 3, 3, "iii", &idtype, &id,
                           &options)) {
        return NULL;
    }
    memset(&info, 0, sizeof(info));
    do {
        Py_BEGIN_ALLOW_THREADS
        failed = waitid((idtype_t)idtype, (id_t)id, &info, options);
        Py_END_ALLOW_THREADS
    } while ((retry = posix_retry(failed < 0)) > 0);
    if (failed < 0) {
        return retry < 0 ? NULL : posix_error();
    }
    if (info.si_pid == 0) {
        Py_RETURN_NONE;
    }
    result = PyStructSequence_New(posix_get_state(module)->waitid_result_type);
    if (result == NULL) {
        return NULL;
    }
    PyStructSequence_SET_ITEM(result, 0, PyLong_FromLong(info.si_pid));
    PyStructSequence_SET_ITEM(result, 1, posix_object_from_uid(info.si_uid));
    PyStructSequence_SET_ITEM(result, 2, PyLong_FromLong(info.si_signo));
    PyStructSequence_SET_ITEM(result, 3, PyLong_FromLong(info.si_status));
    PyStructSequence_SET_ITEM(result, 4, PyLong_FromLong(info.si_code));
    if (PyErr_Occurred()) {
        Py_CLEAR(result);
    }
    return result;
}

/* ---- what a status says ---- */

PyObject *
posix_WCOREDUMP(PyObject *module, PyObject *arg)
{
    int status = _PyLong_AsInt(arg);

    if (status == -1 && PyErr_Occurred()) {
        return NULL;
    }
    return PyBool_FromLong(WCOREDUMP(status));
}

#define STATUS_QUESTION(name, convert)                                    \
    PyObject *posix_##name(PyObject *module, PyObject *const *args,       \
                           Py_ssize_t nargs, PyObject *kwnames)           \
    {                                                                     \
        PARSER("i:" #name, "status");                                     \
        int status;                                                       \
        return PARSE(&status) ? convert(name(status)) : NULL;             \
    }
STATUS_QUESTION(WIFCONTINUED, PyBool_FromLong)
STATUS_QUESTION(WIFSTOPPED, PyBool_FromLong)
STATUS_QUESTION(WIFSIGNALED, PyBool_FromLong)
STATUS_QUESTION(WIFEXITED, PyBool_FromLong)
STATUS_QUESTION(WEXITSTATUS, PyLong_FromLong)
STATUS_QUESTION(WTERMSIG, PyLong_FromLong)
STATUS_QUESTION(WSTOPSIG, PyLong_FromLong)
#undef STATUS_QUESTION

PyObject *
posix_waitstatus_to_exitcode(PyObject *module, PyObject *const *args,
                             Py_ssize_t nargs, PyObject *kwnames)
{
    PARSER("O:waitstatus_to_exitcode", "status");
    PyObject *object;
    int status, code;

    if (!PARSE(&object)) {
        return NULL;
    }
    status = _PyLong_AsInt(object);
    if (status == -1 && PyErr_Occurred()) {
        return NULL;
    }
    if (WIFEXITED(status)) {
        code = WEXITSTATUS(status);
    }
    else if (WIFSIGNALED(status)) {
        code = -WTERMSIG(status);
    }
    else if (WIFSTOPPED(status)) {
        PyErr_Format(PyExc_ValueError,
                     "process stopped by delivery of signal %i",
                     WSTOPSIG(status));
        return NULL;
    }
    else {
        PyErr_Format(PyExc_ValueError, "invalid wait status: %i", status);
        return NULL;
    }
    return PyLong_FromLong(code);
}

/* ---- the end ---- */

PyObject *
posix__exit(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
            PyObject *kwnames)
{
    PARSER("i:_exit", "status");
    int status;

    if (!PARSE(&status) || PyAudit(AUDIT_LUCID_OS__EXIT, "i", status) < 0) {
        return NULL;
    }
    _exit(status);
}

PyObject *
posix_abort(PyObject *module, PyObject *unused)
{
    if (PyAudit(AUDIT_LUCID_OS_ABORT, NULL) < 0) {
        return NULL;
    }
    abort();
}
