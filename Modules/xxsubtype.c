/* The module xxsubtype: list and dict subclasses made in C, an example and a
 * test object. */
#include "Python.h"
#include "structmember.h"

#include "internal/object.h"

#include <time.h>

typedef struct {
    PyListObject list;
    int state;
} spamlist_object;

typedef struct {
    PyDictObject dict;
    int state;
} spamdict_object;

PyMODINIT_FUNC PyInit_xxsubtype(void);

/* ---- spamlist ----------------------------------------------------------- */

static PyObject *
spamlist_getstate(spamlist_object *self, PyObject *args)
{
    if (!PyArg_ParseTuple(args, ":getstate")) {
        return NULL;
    }
    return PyLong_FromLong(self->state);
}

static PyObject *
spamlist_setstate(spamlist_object *self, PyObject *args)
{
    int state;

    if (!PyArg_ParseTuple(args, "i:setstate", &state)) {
        return NULL;
    }
    self->state = state;
    Py_RETURN_NONE;
}

/* (self or None, args, keywords or None): what a method was called with. */
static PyObject *
spamlist_show_call(PyObject *self, PyObject *args, PyObject *kw)
{
    return PyTuple_Pack(3, self == NULL ? Py_None : self, args,
                        kw == NULL ? Py_None : kw);
}

static PyObject *
spamlist_get_state(spamlist_object *self, void *closure)
{
    return PyLong_FromLong(self->state);
}

static PyMethodDef spamlist_methods[] = {
    {"getstate", (PyCFunction)spamlist_getstate, METH_VARARGS,
     PyDoc_STR("getstate() -> state")},
    {"setstate", (PyCFunction)spamlist_setstate, METH_VARARGS,
     PyDoc_STR("setstate(state)")},
    {"classmeth", (PyCFunction)(void (*)(void))spamlist_show_call,
     METH_VARARGS | METH_KEYWORDS | METH_CLASS,
     PyDoc_STR("classmeth(*args, **kw)")},
    {"staticmeth", (PyCFunction)(void (*)(void))spamlist_show_call,
     METH_VARARGS | METH_KEYWORDS | METH_STATIC,
     PyDoc_STR("staticmeth(*args, **kw)")},
    {NULL}
};

static PyGetSetDef spamlist_getsets[] = {
    {"state", (getter)spamlist_get_state, NULL,
     PyDoc_STR("an int variable for demonstration purposes")},
    {NULL}
};

static int
spamlist_init(spamlist_object *self, PyObject *args, PyObject *kwds)
{
    if (PyList_Type.tp_init((PyObject *)self, args, kwds) < 0) {
        return -1;
    }
    self->state = 0;
    return 0;
}

static PyTypeObject spamlist_type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "xxsubtype.spamlist",
    .tp_basicsize = sizeof(spamlist_object),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
    .tp_methods = spamlist_methods,
    .tp_getset = spamlist_getsets,
    .tp_init = (initproc)spamlist_init,
};

/* ---- spamdict ----------------------------------------------------------- */

static PyObject *
spamdict_getstate(spamdict_object *self, PyObject *args)
{
    if (!PyArg_ParseTuple(args, ":getstate")) {
        return NULL;
    }
    return PyLong_FromLong(self->state);
}

static PyObject *
spamdict_setstate(spamdict_object *self, PyObject *args)
{
    int state;

    if (!PyArg_ParseTuple(args, "i:setstate", &state)) {
        return NULL;
    }
    self->state = state;
    Py_RETURN_NONE;
}

static PyMethodDef spamdict_methods[] = {
    {"getstate", (PyCFunction)spamdict_getstate, METH_VARARGS,
     PyDoc_STR("getstate() -> state")},
    {"setstate", (PyCFunction)spamdict_setstate, METH_VARARGS,
     PyDoc_STR("setstate(state)")},
    {NULL}
};

static PyMemberDef spamdict_members[] = {
    {"state", T_INT, offsetof(spamdict_object, state), READONLY,
     PyDoc_STR("an int variable for demonstration purposes")},
    {NULL}
};

static int
spamdict_init(spamdict_object *self, PyObject *args, PyObject *kwds)
{
    if (PyDict_Type.tp_init((PyObject *)self, args, kwds) < 0) {
        return -1;
    }
    self->state = 0;
    return 0;
}

static PyTypeObject spamdict_type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "xxsubtype.spamdict",
    .tp_basicsize = sizeof(spamdict_object),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
    .tp_methods = spamdict_methods,
    .tp_members = spamdict_members,
    .tp_init = (initproc)spamdict_init,
};

/* ---- the module --------------------------------------------------------- */

/* bench(obj, name, n=1000): how long n attribute lookups take, in seconds of
 * process time. */
static PyObject *
xxsubtype_bench(PyObject *module, PyObject *args)
{
    PyObject *obj, *name;
    int n = 1000;
    clock_t start;

    if (!PyArg_ParseTuple(args, "OU|i", &obj, &name, &n)) {
        return NULL;
    }
    start = clock();
    while (--n >= 0) {
        PyObject *value = PyObject_GetAttr(obj, name);

        if (value == NULL) {
            return NULL;
        }
        Py_DECREF(value);
    }
    return PyFloat_FromDouble((double)(clock() - start) / CLOCKS_PER_SEC);
}

static PyMethodDef xxsubtype_functions[] = {
    {"bench", xxsubtype_bench, METH_VARARGS, NULL},
    {NULL}
};

static int
xxsubtype_exec(PyObject *module)
{
    spamlist_type.tp_base = &PyList_Type;
    spamdict_type.tp_base = &PyDict_Type;
    if (PyModule_AddType(module, &spamlist_type) < 0 ||
        PyModule_AddType(module, &spamdict_type) < 0) {
        return -1;
    }
    return 0;
}

static PyModuleDef_Slot xxsubtype_slots[] = {{Py_mod_exec, xxsubtype_exec},
                                             {0, NULL}};

static PyModuleDef xxsubtype_module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "xxsubtype",
    .m_doc = PyDoc_STR("Builtin types as bases of types made in C."),
    .m_methods = xxsubtype_functions,
    .m_slots = xxsubtype_slots,
};

PyMODINIT_FUNC
PyInit_xxsubtype(void)
{
    return PyModuleDef_Init(&xxsubtype_module);
}
