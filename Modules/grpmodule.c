/* The module grp: the group database. */
#include "Python.h"

#include "posixmodule.h"

#include <errno.h>
#include <grp.h>
#include <unistd.h>

typedef struct {
    PyTypeObject *group_type;
} grp_state;

static PyStructSequence_Field group_fields[] = {
    {"gr_name", "group name"},
    {"gr_passwd", "password"},
    {"gr_gid", "group id"},
    {"gr_mem", "group members"},
    {NULL, NULL},
};

static PyStructSequence_Desc group_desc = {
    "grp.struct_group", "An entry of the group database.", group_fields, 4};

static PyObject *
members_as_list(char **members)
{
    PyObject *list = PyList_New(0);

    for (; list != NULL && *members != NULL; members++) {
        PyObject *name = PyUnicode_DecodeFSDefault(*members);
        if (name == NULL || PyList_Append(list, name) < 0) {
            Py_CLEAR(list);
        }
        Py_XDECREF(name);
    }
    return list;
}

static PyObject *
entry_as_object(grp_state *state, const struct group *entry)
{
    PyObject *result = PyStructSequence_New(state->group_type);

    if (result == NULL) {
        return NULL;
    }
    PyObject *items[] = {
        PyUnicode_DecodeFSDefault(entry->gr_name),
        entry->gr_passwd == NULL ? Py_NewRef(Py_None)
                                 : PyUnicode_DecodeFSDefault(entry->gr_passwd),
        posix_object_from_gid(entry->gr_gid),
        members_as_list(entry->gr_mem),
    };
    int failed = 0;
    for (Py_ssize_t i = 0; i < 4; i++) {
        PyStructSequence_SET_ITEM(result, i, items[i]);
        failed |= items[i] == NULL;
    }
    if (failed) {
        Py_CLEAR(result);
    }
    return result;
}

/* As in pwdmodule.c: 1 found (free *buffer), 0 not found, -1. */
static int
entry_find(const char *name, gid_t gid, struct group *entry, char **buffer)
{
    long size = sysconf(_SC_GETGR_R_SIZE_MAX);
    struct group *found = NULL;
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
                    ? getgrnam_r(name, entry, *buffer, (size_t)size, &found)
                    : getgrgid_r(gid, entry, *buffer, (size_t)size, &found);
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
grp_getgrgid(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
             PyObject *kwnames)
{
    static const char *const keywords[] = {"id", NULL};
    static _PyArg_Parser parser = {.format = "O:getgrgid",
                                   .keywords = keywords};
    PyObject *id, *number, *result;
    gid_t gid;
    struct group entry;
    char *buffer;
    int found;

    if (!_PyArg_ParseStackAndKeywords(args, nargs, kwnames, &parser, &id) ||
        !_Py_Gid_Converter(id, &gid)) {
        return NULL;
    }
    found = entry_find(NULL, gid, &entry, &buffer);
    if (found <= 0) {
        if (found == 0) {
            number = posix_object_from_gid(gid);
            if (number != NULL) {
                PyErr_Format(PyExc_KeyError, "getgrgid(): gid not found: %S",
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
grp_getgrnam(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
             PyObject *kwnames)
{
    static const char *const keywords[] = {"name", NULL};
    static _PyArg_Parser parser = {.format = "U:getgrnam",
                                   .keywords = keywords};
    PyObject *name, *bytes, *result = NULL;
    struct group entry;
    char *buffer, *text;
    int found;

    if (!_PyArg_ParseStackAndKeywords(args, nargs, kwnames, &parser, &name)) {
        return NULL;
    }
    bytes = PyUnicode_EncodeFSDefault(name);
    if (bytes == NULL || PyBytes_AsStringAndSize(bytes, &text, NULL) < 0) {
        goto done;
    }
    found = entry_find(text, 0, &entry, &buffer);
    if (found == 0) {
        PyErr_Format(PyExc_KeyError, "getgrnam(): name not found: %R", name);
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
grp_getgrall(PyObject *module, PyObject *unused)
{
    PyObject *list = PyList_New(0);
    struct group *entry;

    if (list == NULL) {
        return NULL;
    }
    setgrent();
    while (list != NULL && (entry = getgrent()) != NULL) {
        PyObject *item = entry_as_object(PyModule_GetState(module), entry);
        if (item == NULL || PyList_Append(list, item) < 0) {
            Py_CLEAR(list);
        }
        Py_XDECREF(item);
    }
    endgrent();
    return list;
}

static PyMethodDef grp_methods[] = {
    {"getgrgid", _PyCFunction_CAST(grp_getgrgid),
     METH_FASTCALL | METH_KEYWORDS,
     "getgrgid($module, /, id)\n--\n\nThe group with this id."},
    {"getgrnam", _PyCFunction_CAST(grp_getgrnam),
     METH_FASTCALL | METH_KEYWORDS,
     "getgrnam($module, /, name)\n--\n\nThe group with this name."},
    {"getgrall", grp_getgrall, METH_NOARGS,
     "getgrall($module, /)\n--\n\nAll groups."},
    {NULL, NULL, 0, NULL},
};

static int
grp_exec(PyObject *module)
{
    grp_state *state = PyModule_GetState(module);

    state->group_type = PyStructSequence_NewType(&group_desc);
    return state->group_type == NULL
               ? -1
               : PyModule_AddType(module, state->group_type);
}

static int
grp_traverse_state(PyObject *module, visitproc visit, void *arg)
{
    grp_state *state = PyModule_GetState(module);

    Py_VISIT(state->group_type);
    return 0;
}

static int
grp_clear_state(PyObject *module)
{
    grp_state *state = PyModule_GetState(module);

    Py_CLEAR(state->group_type);
    return 0;
}

static void
grp_free_state(void *module)
{
    (void)grp_clear_state(module);
}

static PyModuleDef_Slot grp_slots[] = {
    {Py_mod_exec, grp_exec},
    {0, NULL},
};

static PyModuleDef grp_module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "grp",
    .m_doc = "The group database; entries are tuples with named fields.",
    .m_size = sizeof(grp_state),
    .m_methods = grp_methods,
    .m_slots = grp_slots,
    .m_traverse = grp_traverse_state,
    .m_clear = grp_clear_state,
    .m_free = grp_free_state,
};

PyMODINIT_FUNC PyInit_grp(void);

PyMODINIT_FUNC
PyInit_grp(void)
{
    return PyModuleDef_Init(&grp_module);
}
