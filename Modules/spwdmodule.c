/* The module spwd: the shadow password database, for root. */
#include "Python.h"

#include "audit.h"

#include <errno.h>
#include <shadow.h>

typedef struct {
    PyTypeObject *spwd_type;
} spwd_state;

static PyStructSequence_Field spwd_fields[] = {
    {"sp_namp", "login name"},
    {"sp_pwdp", "encrypted password"},
    {"sp_lstchg", "date of last change"},
    {"sp_min", "min #days between changes"},
    {"sp_max", "max #days between changes"},
    {"sp_warn", "days of warning ahead of the password's expiry"},
    {"sp_inact", "days from the password's expiry to the account's"},
    {"sp_expire", "day of expiry, counted from 1970-01-01"},
    {"sp_flag", "reserved"},
    {"sp_nam", "login name; deprecated"},
    {"sp_pwd", "sp_pwdp by its old name"},
    {NULL, NULL},
};

static PyStructSequence_Desc spwd_desc = {
    "spwd.struct_spwd", "An entry of the shadow password database.",
    spwd_fields, 9};

static PyObject *
entry_as_object(spwd_state *state, const struct spwd *entry)
{
    PyObject *result = PyStructSequence_New(state->spwd_type);
    const long numbers[] = {entry->sp_lstchg, entry->sp_min,  entry->sp_max,
                            entry->sp_warn,   entry->sp_inact,
                            entry->sp_expire, (long)entry->sp_flag};

    if (result == NULL) {
        return NULL;
    }
    PyStructSequence_SET_ITEM(result, 0,
                              PyUnicode_DecodeFSDefault(entry->sp_namp));
    PyStructSequence_SET_ITEM(result, 1,
                              PyUnicode_DecodeFSDefault(entry->sp_pwdp));
    for (Py_ssize_t i = 0; i < 7; i++) {
        PyStructSequence_SET_ITEM(result, i + 2, PyLong_FromLong(numbers[i]));
    }
    PyStructSequence_SET_ITEM(result, 9,
                              PyUnicode_DecodeFSDefault(entry->sp_namp));
    PyStructSequence_SET_ITEM(result, 10,
                              PyUnicode_DecodeFSDefault(entry->sp_pwdp));
    if (PyErr_Occurred()) {
        Py_CLEAR(result);
    }
    return result;
}

static PyObject *
spwd_getspnam(PyObject *module, PyObject *arg)
{
    PyObject *bytes, *result = NULL;
    struct spwd *entry;
    char *name;

    if (!PyUnicode_Check(arg)) {
        _PyArg_BadArgument("getspnam", "argument", "str", arg);
        return NULL;
    }
    bytes = PyUnicode_EncodeFSDefault(arg);
    if (bytes == NULL || PyBytes_AsStringAndSize(bytes, &name, NULL) < 0) {
        goto done;
    }
    if (PyAudit(AUDIT_LUCID_SPWD_GETSPNAM, "O", arg) < 0) {
        goto done;
    }
    errno = 0;
    entry = getspnam(name);
    if (entry != NULL) {
        result = entry_as_object(PyModule_GetState(module), entry);
    }
    else if (errno != 0) {
        PyErr_SetFromErrno(PyExc_OSError);
    }
    else {
        PyErr_SetString(PyExc_KeyError, "getspnam(): name not found");
    }
done:
    Py_XDECREF(bytes);
    return result;
}

static PyObject *
spwd_getspall(PyObject *module, PyObject *unused)
{
    PyObject *list;
    struct spwd *entry;

    if (PyAudit(AUDIT_LUCID_SPWD_GETSPALL, NULL) < 0) {
        return NULL;
    }
    list = PyList_New(0);
    if (list == NULL) {
        return NULL;
    }
    setspent();
    while (list != NULL && (entry = getspent()) != NULL) {
        PyObject *item = entry_as_object(PyModule_GetState(module), entry);
        if (item == NULL || PyList_Append(list, item) < 0) {
            Py_CLEAR(list);
        }
        Py_XDECREF(item);
    }
    endspent();
    return list;
}

static PyMethodDef spwd_methods[] = {
    {"getspnam", spwd_getspnam, METH_O,
     "getspnam($module, arg, /)\n--\n\nThe entry of a user."},
    {"getspall", spwd_getspall, METH_NOARGS,
     "getspall($module, /)\n--\n\nAll entries."},
    {NULL, NULL, 0, NULL},
};

static int
spwd_exec(PyObject *module)
{
    spwd_state *state = PyModule_GetState(module);

    if (PyErr_WarnEx(PyExc_DeprecationWarning, "'spwd' is deprecated and "
                     "slated for removal in Python 3.13", 7) < 0) {
        return -1;
    }
    state->spwd_type = PyStructSequence_NewType(&spwd_desc);
    return state->spwd_type == NULL
               ? -1
               : PyModule_AddType(module, state->spwd_type);
}

static int
spwd_traverse_state(PyObject *module, visitproc visit, void *arg)
{
    spwd_state *state = PyModule_GetState(module);

    Py_VISIT(state->spwd_type);
    return 0;
}

static int
spwd_clear_state(PyObject *module)
{
    spwd_state *state = PyModule_GetState(module);

    Py_CLEAR(state->spwd_type);
    return 0;
}

static void
spwd_free_state(void *module)
{
    (void)spwd_clear_state(module);
}

static PyModuleDef_Slot spwd_slots[] = {
    {Py_mod_exec, spwd_exec},
    {0, NULL},
};

static PyModuleDef spwd_module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "spwd",
    .m_doc = "The shadow password database.",
    .m_size = sizeof(spwd_state),
    .m_methods = spwd_methods,
    .m_slots = spwd_slots,
    .m_traverse = spwd_traverse_state,
    .m_clear = spwd_clear_state,
    .m_free = spwd_free_state,
};

PyMODINIT_FUNC PyInit_spwd(void);

PyMODINIT_FUNC
PyInit_spwd(void)
{
    return PyModuleDef_Init(&spwd_module);
}
