/* The module pwd: the user database. */
#include "Python.h"

#include "posixmodule.h"

#include <errno.h>
#include <pwd.h>
#include <unistd.h>

typedef struct {
    PyTypeObject *passwd_type;
} pwd_state;

static PyStructSequence_Field passwd_fields[] = {
    {"pw_name", "user name"},
    {"pw_passwd", "password"},
    {"pw_uid", "user id"},
    {"pw_gid", "group id"},
    {"pw_gecos", "real name"},
    {"pw_dir", "home directory"},
    {"pw_shell", "shell program"},
    {NULL, NULL},
};

static PyStructSequence_Desc passwd_desc = {
    "pwd.struct_passwd", "An entry of the user database.", passwd_fields, 7};

/* None for NULL. */
static PyObject *
text_or_none(const char *text)
{
    return text == NULL ? Py_NewRef(Py_None) : PyUnicode_DecodeFSDefault(text);
}

static PyObject *
entry_as_object(pwd_state *state, const struct passwd *entry)
{
    PyObject *result = PyStructSequence_New(state->passwd_type);

    if (result == NULL) {
        return NULL;
    }
    PyObject *items[] = {
        text_or_none(entry->pw_name),
        text_or_none(entry->pw_passwd),
        posix_object_from_uid(entry->pw_uid),
        posix_object_from_gid(entry->pw_gid),
        text_or_none(entry->pw_gecos),
        text_or_none(entry->pw_dir),
        text_or_none(entry->pw_shell),
    };
    int failed = 0;
    for (Py_ssize_t i = 0; i < 7; i++) {
        PyStructSequence_SET_ITEM(result, i, items[i]);
        failed |= items[i] == NULL;
    }
    if (failed) {
        Py_CLEAR(result);
    }
    return result;
}

/* Looks up by `name`, or by `uid` if that is NULL, with a buffer as large as
 * it takes.  1 found (free *buffer), 0 not found, -1 with an exception. */
static int
entry_find(const char *name, uid_t uid, struct passwd *entry, char **buffer)
{
    long size = sysconf(_SC_GETPW_R_SIZE_MAX);
    struct passwd *found = NULL;
    int error;

    if (size == -1) {
        size = 1024;
    }
    *buffer = NULL;
    do {
        char *larger = PyMem_RawRealloc(*buffer, (size_t)size);
        if (larger == NULL) {
            PyMem_RawFree(*buffer);
            *buffer = NULL;
            PyErr_NoMemory();
            return -1;
        }
        *buffer = larger;
        Py_BEGIN_ALLOW_THREADS
        error = name != NULL
                    ? getpwnam_r(name, entry, *buffer, (size_t)size, &found)
                    : getpwuid_r(uid, entry, *buffer, (size_t)size, &found);
        Py_END_ALLOW_THREADS
        size *= 2;
    } while (found == NULL && error == ERANGE && size < PY_SSIZE_T_MAX / 2);
    if (found == NULL) {
        PyMem_RawFree(*buffer);
        *buffer = NULL;
        return 0;
    }
    return 1;
}

static PyObject *
pwd_getpwuid(PyObject *module, PyObject *arg)
{
    uid_t uid;
    struct passwd entry;
    char *buffer;
    PyObject *result, *number;
    int found;

    if (!_Py_Uid_Converter(arg, &uid)) {
        if (PyErr_ExceptionMatches(PyExc_OverflowError)) {
            PyErr_Clear();                      /* no user has such a number */
            PyErr_SetString(PyExc_KeyError, "getpwuid(): uid not found");
        }
        return NULL;
    }
    found = entry_find(NULL, uid, &entry, &buffer);
    if (found <= 0) {
        if (found == 0) {
            number = posix_object_from_uid(uid);
            if (number != NULL) {
                PyErr_Format(PyExc_KeyError, "getpwuid(): uid not found: %S",
                             number);
                Py_DECREF(number);
            }
        }
        return NULL;
    }
    result = entry_as_object(PyModule_GetState(module), &entry);
    PyMem_RawFree(buffer);
    return result;
}

static PyObject *
pwd_getpwnam(PyObject *module, PyObject *arg)
{
    PyObject *bytes, *result = NULL;
    struct passwd entry;
    char *buffer, *name;
    int found;

    if (!PyUnicode_Check(arg)) {
        _PyArg_BadArgument("getpwnam", "argument", "str", arg);
        return NULL;
    }
    bytes = PyUnicode_EncodeFSDefault(arg);
    if (bytes == NULL || PyBytes_AsStringAndSize(bytes, &name, NULL) < 0) {
        goto done;
    }
    found = entry_find(name, 0, &entry, &buffer);
    if (found == 0) {
        PyErr_Format(PyExc_KeyError, "getpwnam(): name not found: %R", arg);
    }
    if (found > 0) {
        result = entry_as_object(PyModule_GetState(module), &entry);
        PyMem_RawFree(buffer);
    }
done:
    Py_XDECREF(bytes);
    return result;
}

static PyObject *
pwd_getpwall(PyObject *module, PyObject *unused)
{
    PyObject *list = PyList_New(0);
    struct passwd *entry;

    if (list == NULL) {
        return NULL;
    }
    setpwent();
    while (list != NULL && (entry = getpwent()) != NULL) {
        PyObject *item = entry_as_object(PyModule_GetState(module), entry);
        if (item == NULL || PyList_Append(list, item) < 0) {
            Py_CLEAR(list);
        }
        Py_XDECREF(item);
    }
    endpwent();
    return list;
}

static PyMethodDef pwd_methods[] = {
    {"getpwuid", pwd_getpwuid, METH_O,
     "getpwuid($module, uidobj, /)\n--\n\nThe user with this id."},
    {"getpwnam", pwd_getpwnam, METH_O,
     "getpwnam($module, name, /)\n--\n\nThe user with this name."},
    {"getpwall", pwd_getpwall, METH_NOARGS,
     "getpwall($module, /)\n--\n\nAll users."},
    {NULL, NULL, 0, NULL},
};

static int
pwd_exec(PyObject *module)
{
    pwd_state *state = PyModule_GetState(module);

    state->passwd_type = PyStructSequence_NewType(&passwd_desc);
    return state->passwd_type == NULL
               ? -1
               : PyModule_AddType(module, state->passwd_type);
}

static int
pwd_traverse_state(PyObject *module, visitproc visit, void *arg)
{
    pwd_state *state = PyModule_GetState(module);

    Py_VISIT(state->passwd_type);
    return 0;
}

static int
pwd_clear_state(PyObject *module)
{
    pwd_state *state = PyModule_GetState(module);

    Py_CLEAR(state->passwd_type);
    return 0;
}

static void
pwd_free_state(void *module)
{
    (void)pwd_clear_state(module);
}

static PyModuleDef_Slot pwd_slots[] = {
    {Py_mod_exec, pwd_exec},
    {0, NULL},
};

static PyModuleDef pwd_module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "pwd",
    .m_doc = "The user database; entries are tuples with named fields.",
    .m_size = sizeof(pwd_state),
    .m_methods = pwd_methods,
    .m_slots = pwd_slots,
    .m_traverse = pwd_traverse_state,
    .m_clear = pwd_clear_state,
    .m_free = pwd_free_state,
};

PyMODINIT_FUNC PyInit_pwd(void);

PyMODINIT_FUNC
PyInit_pwd(void)
{
    return PyModuleDef_Init(&pwd_module);
}
