/* The module errno: the names of system error numbers, and the way back. */
#include "Python.h"

#include <errno.h>

static const struct {
    const char *name;
    int value;
} error_names[] = {
#define E(name) {#name, name},
#include "errno.def"
};

static int
errno_exec(PyObject *module)
{
    PyObject *names = PyDict_New();
    int status = -1;

    if (names == NULL ||
        PyModule_AddObjectRef(module, "errorcode", names) < 0) {
        goto done;
    }
    for (size_t i = 0; i < Py_ARRAY_LENGTH(error_names); i++) {
        PyObject *name = PyUnicode_FromString(error_names[i].name);
        PyObject *value = PyLong_FromLong(error_names[i].value);
        int failed = name == NULL || value == NULL ||
                     PyModule_AddObjectRef(module, error_names[i].name,
                                           value) < 0 ||
                     PyDict_SetItem(names, value, name) < 0;
        Py_XDECREF(name);
        Py_XDECREF(value);
        if (failed) {
            goto done;
        }
    }
    status = 0;
done:
    Py_XDECREF(names);
    return status;
}

static PyModuleDef_Slot errno_slots[] = {
    {Py_mod_exec, errno_exec},
    {0, NULL},
};

static PyModuleDef errno_module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "errno",
    .m_doc = "System error numbers by name; errorcode maps them back.",
    .m_size = 0,
    .m_slots = errno_slots,
};

PyMODINIT_FUNC PyInit_errno(void);

PyMODINIT_FUNC
PyInit_errno(void)
{
    return PyModuleDef_Init(&errno_module);
}
