/* _contextvars: the C half of contextvars; everything is in
 * Python/context.c. */
#include "Python.h"

static PyObject *
contextvars_copy_context(PyObject *Py_UNUSED(module),
                         PyObject *Py_UNUSED(ignored))
{
    return PyContext_CopyCurrent();
}

static PyMethodDef contextvars_methods[] = {
    {"copy_context", contextvars_copy_context, METH_NOARGS,
     PyDoc_STR(
         "copy_context($module, /)\n--\n\nA copy of the current context.")},
    {NULL, NULL, 0, NULL},
};

static int
contextvars_exec(PyObject *module)
{
    if (PyModule_AddType(module, &PyContext_Type) < 0 ||
        PyModule_AddType(module, &PyContextVar_Type) < 0 ||
        PyModule_AddType(module, &PyContextToken_Type) < 0) {
        return -1;
    }
    return 0;
}

static PyModuleDef_Slot contextvars_slots[] = {{Py_mod_exec, contextvars_exec},
                                               {0, NULL}};

static PyModuleDef contextvars_module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_contextvars",
    .m_doc = PyDoc_STR("Context Variables"),
    .m_methods = contextvars_methods,
    .m_slots = contextvars_slots,
};

PyMODINIT_FUNC PyInit__contextvars(void);
PyMODINIT_FUNC
PyInit__contextvars(void)
{
    return PyModuleDef_Init(&contextvars_module);
}
