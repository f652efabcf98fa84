/* The module _collections: deque and defaultdict from the other files,
 * OrderedDict from Objects, the descriptor of named tuples, and the loop of
 * collections.Counter. */
#include "collections.h"

#include "structmember.h"

/* ---- counting ---- */

/* Adds one to the value of key in a dict with plain get and set. */
static int
count_in_dict(PyObject *dict, PyObject *key)
{
    Py_hash_t hash = PyObject_Hash(key);
    PyObject *old, *now;
    int status;

    if (hash == -1) {
        return -1;
    }
    old = _PyDict_GetItem_KnownHash(dict, key, hash);
    if (old == NULL) {
        if (PyErr_Occurred()) {
            return -1;
        }
        return _PyDict_SetItem_KnownHash(dict, key, long_peek_small(1), hash);
    }
    Py_INCREF(old);
    now = PyNumber_Add(old, long_peek_small(1));
    Py_DECREF(old);
    if (now == NULL) {
        return -1;
    }
    status = _PyDict_SetItem_KnownHash(dict, key, now, hash);
    Py_DECREF(now);
    return status;
}

/* The same through mapping.get and item assignment. */
static int
count_in_mapping(PyObject *mapping, PyObject *get, PyObject *key)
{
    PyObject *old, *now;
    int status;

    old = call_two_args(get, key, long_peek_small(0));
    if (old == NULL) {
        return -1;
    }
    now = PyNumber_Add(old, long_peek_small(1));
    Py_DECREF(old);
    if (now == NULL) {
        return -1;
    }
    status = PyObject_SetItem(mapping, key, now);
    Py_DECREF(now);
    return status;
}

/* Whether the type has dict's own `name`. */
static int
is_dict_own(PyObject *op, PyObject *name)
{
    return _PyType_Lookup(Py_TYPE(op), name) ==
           _PyType_Lookup(&PyDict_Type, name);
}

static PyObject *
count_elements(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    PyObject *mapping, *iterator, *key, *get = NULL;
    int status = 0;

    if (!_PyArg_CheckPositional("_count_elements", nargs, 2, 2)) {
        return NULL;
    }
    mapping = args[0];
    iterator = PyObject_GetIter(args[1]);
    if (iterator == NULL) {
        return NULL;
    }
    if (!PyDict_Check(mapping) || !is_dict_own(mapping, NAME(get)) ||
        !is_dict_own(mapping, NAME(__setitem__))) {
        get = PyObject_GetAttr(mapping, NAME(get));
        if (get == NULL) {
            Py_DECREF(iterator);
            return NULL;
        }
    }
    while (status == 0 && (key = PyIter_Next(iterator)) != NULL) {
        status = get == NULL ? count_in_dict(mapping, key)
                             : count_in_mapping(mapping, get, key);
        Py_DECREF(key);
    }
    Py_XDECREF(get);
    Py_DECREF(iterator);
    if (status < 0 || PyErr_Occurred()) {
        return NULL;
    }
    Py_RETURN_NONE;
}

/* ---- fields of named tuples ---- */

typedef struct {
    PyObject_HEAD
    Py_ssize_t index;
    PyObject *doc;
} TupleGetter;

static PyObject *
tuplegetter_new(PyTypeObject *type, PyObject *args, PyObject *kwds)
{
    PyObject *index_object, *doc, *number;
    TupleGetter *self;
    Py_ssize_t index;

    if ((type == &tuplegetter_type &&
         !_PyArg_NoKeywords("_tuplegetter", kwds)) ||
        !PyArg_UnpackTuple(args, "_tuplegetter", 2, 2, &index_object, &doc)) {
        return NULL;
    }
    number = PyNumber_Index(index_object);
    if (number == NULL) {
        return NULL;
    }
    index = PyLong_AsSsize_t(number);
    Py_DECREF(number);
    if (index == -1 && PyErr_Occurred()) {
        return NULL;
    }
    self = (TupleGetter *)type->tp_alloc(type, 0);
    if (self != NULL) {
        self->index = index;
        self->doc = Py_NewRef(doc);
    }
    return (PyObject *)self;
}

static PyObject *
tuplegetter_descr_get(PyObject *op, PyObject *obj, PyObject *type)
{
    Py_ssize_t index = ((TupleGetter *)op)->index;

    if (obj == NULL) {
        return Py_NewRef(op);
    }
    if (!PyTuple_Check(obj)) {
        if (obj == Py_None) {
            return Py_NewRef(op);
        }
        PyErr_Format(PyExc_TypeError,
                     "descriptor for index '%zd' for tuple subclasses "
                     "doesn't apply to '%s' object",
                     index, Py_TYPE(obj)->tp_name);
        return NULL;
    }
    if ((size_t)index >= (size_t)PyTuple_GET_SIZE(obj)) {
        PyErr_SetString(PyExc_IndexError, "tuple index out of range");
        return NULL;
    }
    return Py_NewRef(PyTuple_GET_ITEM(obj, index));
}

static int
tuplegetter_descr_set(PyObject *self, PyObject *obj, PyObject *value)
{
    PyErr_SetString(PyExc_AttributeError, value == NULL
                                              ? "can't delete attribute"
                                              : "can't set attribute");
    return -1;
}

static int
tuplegetter_traverse(PyObject *self, visitproc visit, void *arg)
{
    Py_VISIT(((TupleGetter *)self)->doc);
    return 0;
}

static int
tuplegetter_clear(PyObject *self)
{
    Py_CLEAR(((TupleGetter *)self)->doc);
    return 0;
}

static void
tuplegetter_dealloc(PyObject *self)
{
    PyObject_GC_UnTrack(self);
    tuplegetter_clear(self);
    Py_TYPE(self)->tp_free(self);
}

static PyObject *
tuplegetter_reduce(PyObject *op, PyObject *ignored)
{
    TupleGetter *self = (TupleGetter *)op;

    return Py_BuildValue("(O(nO))", Py_TYPE(op), self->index, self->doc);
}

static PyObject *
tuplegetter_repr(PyObject *op)
{
    TupleGetter *self = (TupleGetter *)op;

    return PyUnicode_FromFormat("%s(%zd, %R)", _PyType_Name(Py_TYPE(op)),
                                self->index, self->doc);
}

static PyMemberDef tuplegetter_members[] = {
    {"__doc__", T_OBJECT, offsetof(TupleGetter, doc), 0, NULL},
    {NULL, 0, 0, 0, NULL},
};

static PyMethodDef tuplegetter_methods[] = {
    {"__reduce__", tuplegetter_reduce, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

PyTypeObject tuplegetter_type = {
    .ob_base = VAR_HEAD_IMMORTAL(&PyType_Type, 0),
    .tp_name = "_collections._tuplegetter",
    .tp_basicsize = sizeof(TupleGetter),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_new = tuplegetter_new,
    .tp_alloc = PyType_GenericAlloc,
    .tp_free = PyObject_GC_Del,
    .tp_dealloc = tuplegetter_dealloc,
    .tp_traverse = tuplegetter_traverse,
    .tp_clear = tuplegetter_clear,
    .tp_repr = tuplegetter_repr,
    .tp_descr_get = tuplegetter_descr_get,
    .tp_descr_set = tuplegetter_descr_set,
    .tp_methods = tuplegetter_methods,
    .tp_members = tuplegetter_members,
};

/* ---- the module ---- */

static PyMethodDef collections_methods[] = {
    {"_count_elements", (PyCFunction)(void (*)(void))count_elements,
     METH_FASTCALL,
     PyDoc_STR("_count_elements($module, mapping, iterable, /)\n--\n\n"
               "Counts the items of the iterable, in the mapping.")},
    {NULL, NULL, 0, NULL},
};

static int
collections_exec(PyObject *module)
{
    static PyTypeObject *const types[] = {
        &deque_type, &defaultdict_type, &PyODict_Type, &deque_iterator_type,
        &deque_reverse_iterator_type, &tuplegetter_type,
    };

    defaultdict_type.tp_base = &PyDict_Type;
    for (size_t i = 0; i < Py_ARRAY_LENGTH(types); i++) {
        if (PyModule_AddType(module, types[i]) < 0) {
            return -1;
        }
    }
    return 0;
}

static PyModuleDef_Slot collections_slots[] = {
    {Py_mod_exec, collections_exec},
    {0, NULL},
};

static PyModuleDef collections_module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_collections",
    .m_doc = PyDoc_STR("Containers for the module collections."),
    .m_size = 0,
    .m_methods = collections_methods,
    .m_slots = collections_slots,
};

PyMODINIT_FUNC PyInit__collections(void);

PyMODINIT_FUNC
PyInit__collections(void)
{
    return PyModuleDef_Init(&collections_module);
}
