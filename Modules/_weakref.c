/* The module _weakref. */
#include "Python.h"

#include "internal/descr.h"
#include "internal/dict.h"

static PyObject *
weakref_getweakrefcount(PyObject *module, PyObject *op)
{
    Py_ssize_t n = 0;

    if (PyType_SUPPORTS_WEAKREFS(Py_TYPE(op))) {
        n = _PyWeakref_GetWeakrefCount(
            *(PyWeakReference **)PyObject_GET_WEAKREFS_LISTPTR(op));
    }
    return PyLong_FromSsize_t(n);
}

static PyObject *
weakref_getweakrefs(PyObject *module, PyObject *op)
{
    PyObject *result = PyList_New(0);
    PyWeakReference *reference;

    if (result == NULL || !PyType_SUPPORTS_WEAKREFS(Py_TYPE(op))) {
        return result;
    }
    reference = *(PyWeakReference **)PyObject_GET_WEAKREFS_LISTPTR(op);
    for (; reference != NULL; reference = reference->wr_next) {
        if (PyList_Append(result, (PyObject *)reference) < 0) {
            Py_DECREF(result);
            return NULL;
        }
    }
    return result;
}

static PyObject *
weakref_proxy(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    if (!_PyArg_CheckPositional("proxy", nargs, 1, 2)) {
        return NULL;
    }
    return PyWeakref_NewProxy(args[0], nargs == 2 ? args[1] : NULL);
}

static int
weakref_is_dead(PyObject *value)
{
    if (!PyWeakref_Check(value)) {
        PyErr_SetString(PyExc_TypeError, "not a weakref");
        return -1;
    }
    return PyWeakref_GET_OBJECT(value) == Py_None;
}

/* Removes the key if its value is a dead reference, without a moment in
 * between at which somebody could put a living one there. */
static PyObject *
weakref_remove_dead(PyObject *module, PyObject *args)
{
    PyObject *dict, *key;

    if (!PyArg_ParseTuple(args, "O!O:_remove_dead_weakref", &PyDict_Type,
                          &dict, &key)) {
        return NULL;
    }
    if (_PyDict_DelItemIf(dict, key, weakref_is_dead) < 0) {
        if (!PyErr_ExceptionMatches(PyExc_KeyError)) {
            return NULL;
        }
        PyErr_Clear();
    }
    Py_RETURN_NONE;
}

static PyMethodDef weakref_functions[] = {
    {"getweakrefcount", weakref_getweakrefcount, METH_O,
     PyDoc_STR("getweakrefcount($module, object, /)\n--\n\n"
               "The number of weak references to an object.")},
    {"getweakrefs", weakref_getweakrefs, METH_O,
     PyDoc_STR("getweakrefs($module, object, /)\n--\n\n"
               "List of the weak references to an object.")},
    {"proxy", (PyCFunction)(void (*)(void))weakref_proxy, METH_FASTCALL,
     PyDoc_STR("proxy($module, object, callback=None, /)\n--\n\n"
               "A stand-in for an object that does not keep it alive.")},
    {"_remove_dead_weakref", weakref_remove_dead, METH_VARARGS,
     PyDoc_STR("_remove_dead_weakref($module, dct, key, /)\n--\n\n"
               "Removes a key whose value is a dead weak reference.")},
    {NULL}
};

static int
weakref_exec(PyObject *module)
{
    static const struct {
        const char *name;
        PyTypeObject *type;
    } types[] = {{"ref", &_PyWeakref_RefType},
                 {"ReferenceType", &_PyWeakref_RefType},
                 {"ProxyType", &_PyWeakref_ProxyType},
                 {"CallableProxyType", &_PyWeakref_CallableProxyType}};

    for (size_t i = 0; i < Py_ARRAY_LENGTH(types); i++) {
        if (PyModule_AddObjectRef(module, types[i].name,
                                  (PyObject *)types[i].type) < 0) {
            return -1;
        }
    }
    return 0;
}

static PyModuleDef_Slot weakref_slots[] = {{Py_mod_exec, weakref_exec},
                                           {0, NULL}};

static PyModuleDef weakref_module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_weakref",
    .m_doc = PyDoc_STR("Weak references."),
    .m_methods = weakref_functions,
    .m_slots = weakref_slots,
};

PyMODINIT_FUNC
PyInit__weakref(void)
{
    return PyModuleDef_Init(&weakref_module);
}
