/* The module syslog: messages to the system log.
 *
 * The C library keeps the pointer to the identification, so the module's state
 * keeps the object it belongs to, from openlog() to the next one. */
#include "Python.h"

#include "audit.h"

#include <syslog.h>

typedef struct {
    PyObject *ident;                         /* str, or NULL */
    char is_open;
} syslog_state;

static const struct {
    const char *name;
    long value;
} syslog_constants[] = {
#define N(name) {#name, name}
    N(LOG_EMERG),  N(LOG_ALERT),  N(LOG_CRIT),   N(LOG_ERR),
    N(LOG_WARNING), N(LOG_NOTICE), N(LOG_INFO),  N(LOG_DEBUG),
    N(LOG_PID),    N(LOG_CONS),   N(LOG_NDELAY), N(LOG_ODELAY),
    N(LOG_NOWAIT), N(LOG_PERROR), N(LOG_KERN),   N(LOG_USER),
    N(LOG_MAIL),   N(LOG_DAEMON), N(LOG_AUTH),   N(LOG_LPR),
    N(LOG_LOCAL0), N(LOG_LOCAL1), N(LOG_LOCAL2), N(LOG_LOCAL3),
    N(LOG_LOCAL4), N(LOG_LOCAL5), N(LOG_LOCAL6), N(LOG_LOCAL7),
    N(LOG_SYSLOG), N(LOG_CRON),   N(LOG_UUCP),   N(LOG_NEWS),
    N(LOG_AUTHPRIV),
#undef N
};

/* The script's name without its directories: new str, or NULL (with or without
 * an exception; there may be none). */
static PyObject *
ident_from_argv(void)
{
    PyObject *argv = PySys_GetObject("argv"), *script;
    Py_ssize_t len, slash;

    if (argv == NULL || !PyList_Check(argv) || PyList_GET_SIZE(argv) == 0) {
        return NULL;
    }
    script = PyList_GET_ITEM(argv, 0);
    if (!PyUnicode_Check(script) || PyUnicode_GET_LENGTH(script) == 0) {
        return NULL;
    }
    len = PyUnicode_GET_LENGTH(script);
    slash = PyUnicode_FindChar(script, '/', 0, len, -1);
    if (slash == -2) {
        return NULL;
    }
    return PyUnicode_Substring(script, slash + 1, len);
}

/* `ident` NULL: from sys.argv.  0/-1 */
static int
log_open(syslog_state *state, PyObject *ident, long option, long facility)
{
    const char *text = NULL;

    ident = ident == NULL ? ident_from_argv() : Py_NewRef(ident);
    if (ident == NULL && PyErr_Occurred()) {
        return -1;
    }
    if (ident != NULL) {
        text = PyUnicode_AsUTF8(ident);
        if (text == NULL) {
            Py_DECREF(ident);
            return -1;
        }
    }
    if (PyAudit(AUDIT_SYSLOG_OPENLOG, "Oll",
                ident != NULL ? ident : Py_None, option, facility) < 0) {
        Py_XDECREF(ident);
        return -1;
    }
    openlog(text, (int)option, (int)facility);
    state->is_open = 1;
    Py_XSETREF(state->ident, ident);           /* now nothing points to it */
    return 0;
}

static PyObject *
syslog_openlog(PyObject *module, PyObject *args, PyObject *kwds)
{
    static const char *const keywords[] = {"ident", "logoption", "facility",
                                           NULL};
    static _PyArg_Parser parser = {.format = "|Ull:openlog",
                                   .keywords = keywords};
    PyObject *ident = NULL;
    long option = 0, facility = LOG_USER;

    if (!_PyArg_ParseTupleAndKeywordsFast(args, kwds, &parser, &ident,
                                          &option, &facility) ||
        log_open(PyModule_GetState(module), ident, option, facility) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyObject *
syslog_syslog(PyObject *module, PyObject *args)
{
    syslog_state *state = PyModule_GetState(module);
    int priority = LOG_INFO;
    PyObject *message_object, *ident;
    const char *message;

    if (PyTuple_GET_SIZE(args) == 1) {
        if (!PyArg_ParseTuple(args, "U;[priority,] message string",
                              &message_object)) {
            return NULL;
        }
    }
    else if (!PyArg_ParseTuple(args, "iU;[priority,] message string",
                               &priority, &message_object)) {
        return NULL;
    }
    message = PyUnicode_AsUTF8(message_object);
    if (message == NULL ||
        PyAudit(AUDIT_SYSLOG_SYSLOG, "is", priority, message) < 0) {
        return NULL;
    }
    if (!state->is_open &&
        log_open(state, NULL, 0, LOG_USER) < 0) {
        return NULL;
    }
    /* another thread may call openlog() meanwhile */
    ident = Py_XNewRef(state->ident);
    Py_BEGIN_ALLOW_THREADS
    syslog(priority, "%s", message);
    Py_END_ALLOW_THREADS
    Py_XDECREF(ident);
    Py_RETURN_NONE;
}

static PyObject *
syslog_closelog(PyObject *module, PyObject *unused)
{
    syslog_state *state = PyModule_GetState(module);

    if (PyAudit(AUDIT_SYSLOG_CLOSELOG, NULL) < 0) {
        return NULL;
    }
    if (state->is_open) {
        closelog();
        Py_CLEAR(state->ident);
        state->is_open = 0;
    }
    Py_RETURN_NONE;
}

static PyObject *
syslog_setlogmask(PyObject *module, PyObject *args)
{
    long mask;

    if (!PyArg_ParseTuple(args, "l;mask for priority", &mask) ||
        PyAudit(AUDIT_SYSLOG_SETLOGMASK, "l", mask) < 0) {
        return NULL;
    }
    return PyLong_FromLong(setlogmask((int)mask));
}

/* The one argument, of which the macros of <syslog.h> make an int by shifting:
 * by as much as an int has bits, as the machine does it with any number.
 * 0/-1 */
static int
parse_priority(PyObject *args, const char *format, int *priority)
{
    long given;

    if (!PyArg_ParseTuple(args, format, &given)) {
        return -1;
    }
    *priority = (int)(given & 31);
    return 0;
}

static PyObject *
syslog_log_mask(PyObject *module, PyObject *args)
{
    int priority;

    if (parse_priority(args, "l:LOG_MASK", &priority) < 0) {
        return NULL;
    }
    return PyLong_FromLong((int)(1u << priority));
}

static PyObject *
syslog_log_upto(PyObject *module, PyObject *args)
{
    int priority;

    if (parse_priority(args, "l:LOG_UPTO", &priority) < 0) {
        return NULL;
    }
    return PyLong_FromLong((int)((1u << ((priority + 1) & 31)) - 1));
}

static PyMethodDef syslog_methods[] = {
    {"openlog", _PyCFunction_CAST(syslog_openlog),
     METH_VARARGS | METH_KEYWORDS, "Set the options of later messages."},
    {"closelog", syslog_closelog, METH_NOARGS, "Forget the options."},
    {"syslog", syslog_syslog, METH_VARARGS, "Log a message."},
    {"setlogmask", syslog_setlogmask, METH_VARARGS,
     "Which priorities are logged."},
    {"LOG_MASK", syslog_log_mask, METH_VARARGS, "The mask of a priority."},
    {"LOG_UPTO", syslog_log_upto, METH_VARARGS,
     "The mask of all priorities up to one."},
    {NULL, NULL, 0, NULL},
};

static int
syslog_exec(PyObject *module)
{
    for (size_t i = 0; i < Py_ARRAY_LENGTH(syslog_constants); i++) {
        if (PyModule_AddIntConstant(module, syslog_constants[i].name,
                                    syslog_constants[i].value) < 0) {
            return -1;
        }
    }
    return 0;
}

static int
syslog_clear_state(PyObject *module)
{
    syslog_state *state = PyModule_GetState(module);

    if (state->is_open) {
        closelog();
        state->is_open = 0;
    }
    Py_CLEAR(state->ident);
    return 0;
}

static void
syslog_free_state(void *module)
{
    (void)syslog_clear_state(module);
}

static PyModuleDef_Slot syslog_slots[] = {
    {Py_mod_exec, syslog_exec},
    {0, NULL},
};

static PyModuleDef syslog_module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "syslog",
    .m_doc = "Messages to the system log.",
    .m_size = sizeof(syslog_state),
    .m_methods = syslog_methods,
    .m_slots = syslog_slots,
    .m_clear = syslog_clear_state,
    .m_free = syslog_free_state,
};

PyMODINIT_FUNC PyInit_syslog(void);

PyMODINIT_FUNC
PyInit_syslog(void)
{
    return PyModuleDef_Init(&syslog_module);
}
