/* The module builtins: its namespace. */

#include "Python.h"

#include "bltin.h"
#include "runtime.h"

/* Constants and types by their names in the module. */
static int
add_objects(PyObject *dict)
{
    const struct {
        const char *name;
        void *object;
    } rows[] = {
        {"None", Py_None}, {"Ellipsis", Py_Ellipsis},
        {"NotImplemented", Py_NotImplemented}, {"False", Py_False},
        {"True", Py_True}, {"bool", &PyBool_Type},
        {"memoryview", &PyMemoryView_Type}, {"bytearray", &PyByteArray_Type},
        {"bytes", &PyBytes_Type}, {"classmethod", &PyClassMethod_Type},
        {"complex", &PyComplex_Type}, {"dict", &PyDict_Type},
        {"enumerate", &PyEnum_Type}, {"filter", &PyFilter_Type},
        {"float", &PyFloat_Type}, {"frozenset", &PyFrozenSet_Type},
        {"property", &PyProperty_Type}, {"int", &PyLong_Type},
        {"list", &PyList_Type}, {"map", &PyMap_Type},
        {"object", &PyBaseObject_Type}, {"range", &PyRange_Type},
        {"reversed", &PyReversed_Type}, {"set", &PySet_Type},
        {"slice", &PySlice_Type}, {"staticmethod", &PyStaticMethod_Type},
        {"str", &PyUnicode_Type}, {"super", &PySuper_Type},
        {"tuple", &PyTuple_Type}, {"type", &PyType_Type},
        {"zip", &PyZip_Type},
    };

    for (size_t i = 0; i < Py_ARRAY_LENGTH(rows); i++) {
        if (PyDict_SetItemString(dict, rows[i].name, rows[i].object) < 0) {
            return -1;
        }
    }
    return 0;
}

PyDoc_STRVAR(module_doc,
"The names that every module sees: functions, types, exceptions, constants.");

static struct PyModuleDef builtins_module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "builtins",
    .m_doc = module_doc,
    .m_size = -1,
};

PyObject *
_PyBuiltin_Init(PyInterpreterState *interp)
{
    PyObject *module = _PyModule_CreateInitialized(&builtins_module,
                                                   PYTHON_API_VERSION);
    PyObject *debug = NULL, *result = NULL;

    if (module == NULL ||
        PyModule_AddFunctions(module, builtins_code_methods) < 0 ||
        PyModule_AddFunctions(module, builtins_object_methods) < 0 ||
        PyModule_AddFunctions(module, builtins_iteration_methods) < 0 ||
        PyModule_AddFunctions(module, builtins_console_methods) < 0) {
        goto done;
    }
    PyObject *dict = PyModule_GetDict(module);
    if (add_objects(dict) < 0) {
        goto done;
    }
    debug = PyBool_FromLong(interpreter_config(interp)->optimization_level ==
                            0);
    if (debug == NULL || PyDict_SetItemString(dict, "__debug__", debug) < 0) {
        goto done;
    }
    result = Py_NewRef(module);
done:
    Py_XDECREF(debug);
    Py_XDECREF(module);
    return result;
}
