/* The environment, the shell, configuration numbers and strings, randomness,
 * names and times of the system. */
#include "posix_private.h"

#include "audit.h"
#include "audit_log.h"
#include "fileutils.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/times.h>
#include <sys/utsname.h>
#include <unistd.h>

extern char **environ;

/* ---- environment ---- */

/* The first of several definitions counts, as with getenv(). */
PyObject *
posix_environ_as_dict(void)
{
    PyObject *dict = PyDict_New();

    if (dict == NULL || environ == NULL) {
        return dict;
    }
    for (char **entry = environ; *entry != NULL; entry++) {
        const char *equals = strchr(*entry, '=');
        PyObject *key, *value, *old;

        if (equals == NULL || audit_session_owns(*entry)) {
            continue;
        }
        key = PyBytes_FromStringAndSize(*entry, equals - *entry);
        value = PyBytes_FromString(equals + 1);
        old = key == NULL || value == NULL
                  ? NULL
                  : PyDict_SetDefault(dict, key, value);
        Py_XDECREF(key);
        Py_XDECREF(value);
        if (old == NULL) {
            Py_DECREF(dict);
            return NULL;
        }
    }
    return dict;
}

/* The audit session's variable is not the program's. */
static int
check_variable(const char *name)
{
    if (audit_session_owns(name)) {
        PyErr_SetString(PyExc_PermissionError,
                        "the audit session cannot be changed");
        return -1;
    }
    return 0;
}

PyObject *
posix_putenv(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    PyObject *name = NULL, *value = NULL, *result = NULL;

    if (!_PyArg_CheckPositional("putenv", nargs, 2, 2) ||
        !PyUnicode_FSConverter(args[0], &name) ||
        !PyUnicode_FSConverter(args[1], &value)) {
        goto done;
    }
    if (strchr(PyBytes_AS_STRING(name), '=') != NULL) {
        PyErr_SetString(PyExc_ValueError, "illegal environment variable name");
        goto done;
    }
    if (PyAudit(AUDIT_OS_PUTENV, "OO", name, value) < 0) {
        goto done;
    }
    if (check_variable(PyBytes_AS_STRING(name)) < 0) {
        goto done;
    }
    result = NONE_OR_ERROR(setenv(PyBytes_AS_STRING(name),
                                  PyBytes_AS_STRING(value), 1));
done:
    Py_XDECREF(name);
    Py_XDECREF(value);
    return result;
}

PyObject *
posix_unsetenv(PyObject *module, PyObject *arg)
{
    PyObject *name = NULL, *result = NULL;

    if (!PyUnicode_FSConverter(arg, &name)) {
        return NULL;
    }
    if (PyAudit(AUDIT_OS_UNSETENV, "(O)", name) == 0 &&
        check_variable(PyBytes_AS_STRING(name)) == 0) {
        result = NONE_OR_ERROR(unsetenv(PyBytes_AS_STRING(name)));
    }
    Py_DECREF(name);
    return result;
}

PyObject *
posix_system(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
             PyObject *kwnames)
{
    PARSER("O&:system", "command");
    PyObject *command = NULL;
    long status;

    if (!PARSE(PyUnicode_FSConverter, &command)) {
        return NULL;
    }
    if (PyAudit(AUDIT_OS_SYSTEM, "(O)", command) < 0) {
        Py_DECREF(command);
        return NULL;
    }
    Py_BEGIN_ALLOW_THREADS
    status = system(PyBytes_AS_STRING(command));
    Py_END_ALLOW_THREADS
    Py_DECREF(command);
    return PyLong_FromLong(status);
}

PyObject *
posix_umask(PyObject *module, PyObject *arg)
{
    int mask = _PyLong_AsInt(arg);

    if (mask == -1 && PyErr_Occurred()) {
        return NULL;
    }
    if (PyAudit(AUDIT_LUCID_OS_UMASK, "i", mask) < 0) {
        return NULL;
    }
    return PyLong_FromLong((long)umask((mode_t)mask));
}

PyObject *
posix_strerror(PyObject *module, PyObject *arg)
{
    int code = _PyLong_AsInt(arg);
    char *text;

    if (code == -1 && PyErr_Occurred()) {
        return NULL;
    }
    text = strerror(code);
    if (text == NULL) {
        PyErr_SetString(PyExc_ValueError,
                        "strerror() argument out of range");
        return NULL;
    }
    return PyUnicode_DecodeLocale(text, "surrogateescape");
}

/* ---- what system, how long ---- */

PyObject *
posix_uname(PyObject *module, PyObject *unused)
{
    struct utsname names;
    int status;
    PyObject *result;

    Py_BEGIN_ALLOW_THREADS
    status = uname(&names);
    Py_END_ALLOW_THREADS
    if (status < 0) {
        return posix_error();
    }
    result = PyStructSequence_New(posix_get_state(module)->uname_result_type);
    if (result == NULL) {
        return NULL;
    }
    const char *fields[] = {names.sysname, names.nodename, names.release,
                            names.version, names.machine};
    for (Py_ssize_t i = 0; i < 5; i++) {
        PyObject *text = PyUnicode_DecodeFSDefault(fields[i]);
        if (text == NULL) {
            Py_DECREF(result);
            return NULL;
        }
        PyStructSequence_SET_ITEM(result, i, text);
    }
    return result;
}

PyObject *
posix_times(PyObject *module, PyObject *unused)
{
    struct tms used;
    clock_t elapsed;
    double ticks = (double)sysconf(_SC_CLK_TCK);
    PyObject *result;

    errno = 0;
    elapsed = times(&used);
    if (elapsed == (clock_t)-1) {
        return posix_error();
    }
    result = PyStructSequence_New(posix_get_state(module)->times_result_type);
    if (result == NULL) {
        return NULL;
    }
    const clock_t fields[] = {used.tms_utime, used.tms_stime, used.tms_cutime,
                              used.tms_cstime, elapsed};
    for (Py_ssize_t i = 0; i < 5; i++) {
        PyObject *seconds = PyFloat_FromDouble((double)fields[i] / ticks);
        if (seconds == NULL) {
            Py_DECREF(result);
            return NULL;
        }
        PyStructSequence_SET_ITEM(result, i, seconds);
    }
    return result;
}

/* ---- configuration ---- */

#define CONF(table, name) CONF_##table(name)
#define ROW(name) {#name, _##name},
#define NOTHING(name)

#define CONF_confstr ROW
#define CONF_sysconf NOTHING
#define CONF_pathconf NOTHING
static const posix_conf_name confstr_names[] = {
#include "confnames.def"
};
#undef CONF_confstr
#undef CONF_sysconf
#define CONF(table, name) CONF_##table(name)
#define CONF_confstr NOTHING
#define CONF_sysconf ROW
static const posix_conf_name sysconf_names[] = {
#include "confnames.def"
};
#undef CONF_sysconf
#undef CONF_pathconf
#define CONF(table, name) CONF_##table(name)
#define CONF_sysconf NOTHING
#define CONF_pathconf ROW
static const posix_conf_name pathconf_names[] = {
#include "confnames.def"
};
#undef CONF_confstr
#undef CONF_sysconf
#undef CONF_pathconf
#undef ROW
#undef NOTHING

/* An int, or one of the names (which are sorted). */
static int
conf_from_object(PyObject *object, const posix_conf_name *names, size_t count,
                 int *value)
{
    const char *text;
    size_t low = 0, high = count;

    if (PyLong_Check(object)) {
        *value = _PyLong_AsInt(object);
        return *value == -1 && PyErr_Occurred() ? -1 : 0;
    }
    if (!PyUnicode_Check(object)) {
        PyErr_SetString(PyExc_TypeError, "configuration names must be "
                                         "strings or integers");
        return -1;
    }
    text = PyUnicode_AsUTF8(object);
    if (text == NULL) {
        return -1;
    }
    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = strcmp(text, names[middle].name);
        if (order == 0) {
            *value = names[middle].value;
            return 0;
        }
        if (order < 0) {
            high = middle;
        }
        else {
            low = middle + 1;
        }
    }
    PyErr_SetString(PyExc_ValueError, "unrecognized configuration name");
    return -1;
}

#define CONF_VALUE(object, names, value) \
    conf_from_object(object, names, Py_ARRAY_LENGTH(names), value)

PyObject *
posix_sysconf(PyObject *module, PyObject *arg)
{
    int name;
    long value;

    if (CONF_VALUE(arg, sysconf_names, &name) < 0) {
        return NULL;
    }
    errno = 0;
    value = sysconf(name);
    return value == -1 && errno != 0 ? posix_error() : PyLong_FromLong(value);
}

PyObject *
posix_confstr(PyObject *module, PyObject *arg)
{
    int name;
    char small[255], *large;
    size_t size;
    PyObject *result;

    if (CONF_VALUE(arg, confstr_names, &name) < 0) {
        return NULL;
    }
    errno = 0;
    size = confstr(name, small, sizeof(small));
    if (size == 0) {
        if (errno != 0) {
            return posix_error();
        }
        Py_RETURN_NONE;
    }
    if (size <= sizeof(small)) {
        return PyUnicode_DecodeFSDefaultAndSize(small, (Py_ssize_t)size - 1);
    }
    large = PyMem_Malloc(size);
    if (large == NULL) {
        return PyErr_NoMemory();
    }
    size = Py_MIN(size, confstr(name, large, size));
    result = PyUnicode_DecodeFSDefaultAndSize(large, (Py_ssize_t)size - 1);
    PyMem_Free(large);
    return result;
}

PyObject *
posix_fpathconf(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    int fd, name;
    long limit;

    if (!_PyArg_CheckPositional("fpathconf", nargs, 2, 2)) {
        return NULL;
    }
    fd = PyObject_AsFileDescriptor(args[0]);
    if (fd < 0 || CONF_VALUE(args[1], pathconf_names, &name) < 0) {
        return NULL;
    }
    errno = 0;
    limit = fpathconf(fd, name);
    return limit == -1 && errno != 0 ? posix_error() : PyLong_FromLong(limit);
}

PyObject *
posix_pathconf(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
               PyObject *kwnames)
{
    PARSER("O&O:pathconf", "path", "name");
    posix_path path = POSIX_PATH_INIT("pathconf", "path", 0, 1);
    PyObject *name_object, *result = NULL;
    int name;
    long limit;

    if (!PARSE(posix_path_converter, &path, &name_object) ||
        CONF_VALUE(name_object, pathconf_names, &name) < 0) {
        goto done;
    }
    errno = 0;
    if (path.fd == -1 && path.narrow == NULL) {
        errno = EFAULT;                      /* the descriptor -1 */
        limit = -1;
    }
    else {
        limit = path.fd != -1 ? fpathconf(path.fd, name)
                              : pathconf(path.narrow, name);
    }
    if (limit == -1 && errno != 0) {
        /* EINVAL is about the name, everything else about the path */
        result = errno == EINVAL ? posix_error() : posix_path_error(&path);
    }
    else {
        result = PyLong_FromLong(limit);
    }
done:
    posix_path_release(&path);
    return result;
}

static int
add_names(PyObject *module, const char *attribute,
          const posix_conf_name *names, size_t count)
{
    PyObject *dict = PyDict_New();
    int status = -1;

    if (dict == NULL) {
        return -1;
    }
    for (size_t i = 0; i < count; i++) {
        PyObject *value = PyLong_FromLong(names[i].value);
        int failed = value == NULL ||
                     PyDict_SetItemString(dict, names[i].name, value) < 0;
        Py_XDECREF(value);
        if (failed) {
            goto done;
        }
    }
    status = PyModule_AddObjectRef(module, attribute, dict);
done:
    Py_DECREF(dict);
    return status;
}

int
posix_add_conf_names(PyObject *module)
{
    return add_names(module, "pathconf_names", pathconf_names,
                     Py_ARRAY_LENGTH(pathconf_names)) < 0 ||
                   add_names(module, "confstr_names", confstr_names,
                             Py_ARRAY_LENGTH(confstr_names)) < 0 ||
                   add_names(module, "sysconf_names", sysconf_names,
                             Py_ARRAY_LENGTH(sysconf_names)) < 0
               ? -1
               : 0;
}

/* ---- randomness ---- */

PyObject *
posix_urandom(PyObject *module, PyObject *arg)
{
    Py_ssize_t size = PyNumber_AsSsize_t(arg, PyExc_OverflowError);
    PyObject *bytes;

    if (size == -1 && PyErr_Occurred()) {
        return NULL;
    }
    if (size < 0) {
        PyErr_SetString(PyExc_ValueError, "negative argument not allowed");
        return NULL;
    }
    if (PyAudit(AUDIT_LUCID_OS_GETRANDOM, "ni", size, 0) < 0) {
        return NULL;
    }
    bytes = PyBytes_FromStringAndSize(NULL, size);
    if (bytes != NULL &&
        _PyOS_URandom(PyBytes_AS_STRING(bytes), size) < 0) {
        Py_CLEAR(bytes);
    }
    return bytes;
}

PyObject *
posix_getrandom(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
                PyObject *kwnames)
{
    PARSER("n|i:getrandom", "size", "flags");
    Py_ssize_t size, n;
    int flags = 0;
    PyObject *bytes;

    if (!PARSE(&size, &flags)) {
        return NULL;
    }
    if (size < 0) {
        errno = EINVAL;
        return posix_error();
    }
    if (PyAudit(AUDIT_LUCID_OS_GETRANDOM, "ni", size, flags) < 0) {
        return NULL;
    }
    bytes = PyBytes_FromStringAndSize(NULL, size);
    if (bytes == NULL) {
        return NULL;
    }
    for (;;) {
        n = getrandom(PyBytes_AS_STRING(bytes), (size_t)size,
                      (unsigned)flags);
        if (n >= 0) {
            break;
        }
        if (errno != EINTR || PyErr_CheckSignals() < 0) {
            Py_DECREF(bytes);
            return PyErr_Occurred() ? NULL : posix_error();
        }
    }
    if (n != size) {
        (void)_PyBytes_Resize(&bytes, n);
    }
    return bytes;
}
