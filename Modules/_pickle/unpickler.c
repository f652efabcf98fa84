/* The type Unpickler. */

#include "private.h"
#include "audit.h"

#include <string.h>

/* ---- Settings ----------------------------------------------------------- */

int
unpickler_set_encoding(unpickler *self, const char *encoding,
                       const char *errors)
{
    size_t size = strlen(encoding) + 1, errors_size = strlen(errors) + 1;
    char *both = PyMem_Malloc(size + errors_size);

    if (both == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    memcpy(both, encoding, size);
    memcpy(both + size, errors, errors_size);
    PyMem_Free(self->encoding);
    self->encoding = both;
    return 0;
}

int
unpickler_set_buffers(unpickler *self, PyObject *buffers)
{
    if (buffers == NULL || buffers == Py_None) {
        Py_CLEAR(self->buffers);
        return 0;
    }
    Py_XSETREF(self->buffers, PyObject_GetIter(buffers));
    return self->buffers == NULL ? -1 : 0;
}

unpickler *
unpickler_new_plain(pickle_state *state)
{
    unpickler *self = (unpickler *)state->unpickler_type->tp_alloc(
        state->unpickler_type, 0);

    if (self != NULL) {
        self->state = state;
    }
    return self;
}

/* ---- Finding classes ---------------------------------------------------- */

/* Names of Python 2 as Python 3 has them.  Both owned and replaced. */
static int
map_names_to_3(unpickler *self, PyObject **module, PyObject **name)
{
    PyObject *key = PyTuple_Pack(2, *module, *name), *item;

    if (key == NULL) {
        return -1;
    }
    item = PyDict_GetItemWithError(self->state->name_mapping_2to3, key);
    Py_DECREF(key);
    if (item != NULL) {
        if (!PyTuple_Check(item) || PyTuple_GET_SIZE(item) != 2) {
            PyErr_Format(PyExc_RuntimeError,
                         "_compat_pickle.NAME_MAPPING values should be "
                         "2-tuples, not %.200s", Py_TYPE(item)->tp_name);
            return -1;
        }
        Py_SETREF(*module, Py_NewRef(PyTuple_GET_ITEM(item, 0)));
        Py_SETREF(*name, Py_NewRef(PyTuple_GET_ITEM(item, 1)));
        if (!PyUnicode_Check(*module) || !PyUnicode_Check(*name)) {
            PyErr_Format(PyExc_RuntimeError,
                         "_compat_pickle.NAME_MAPPING values should be pairs "
                         "of str, not (%.200s, %.200s)",
                         Py_TYPE(*module)->tp_name, Py_TYPE(*name)->tp_name);
            return -1;
        }
        return 0;
    }
    if (PyErr_Occurred()) {
        return -1;
    }
    item = PyDict_GetItemWithError(self->state->import_mapping_2to3, *module);
    if (item == NULL) {
        return PyErr_Occurred() ? -1 : 0;
    }
    if (!PyUnicode_Check(item)) {
        PyErr_Format(PyExc_RuntimeError,
                     "_compat_pickle.IMPORT_MAPPING values should be strings, "
                     "not %.200s", Py_TYPE(item)->tp_name);
        return -1;
    }
    Py_SETREF(*module, Py_NewRef(item));
    return 0;
}

static PyObject *
get_path_attribute(PyObject *module, PyObject *name)
{
    PyObject *path = split_path(module, name);

    if (path == NULL) {
        return NULL;
    }
    PyObject *result = get_deep_attribute(module, path, NULL);
    Py_DECREF(path);
    return result;
}

static PyObject *
find_global(unpickler *self, PyObject *module_name, PyObject *name)
{
    PyObject *module = PyImport_Import(module_name);

    if (module == NULL) {
        return NULL;
    }
    PyObject *result = NULL;
    if (self->protocol >= 4) {
        result = get_path_attribute(module, name);
    }
    else {
        (void)_PyObject_LookupAttr(module, name, &result);
    }
    if (result == NULL && !PyErr_Occurred()) {
        PyErr_Format(PyExc_AttributeError, "Can't get attribute %R on %R",
                     name, module);
    }
    Py_DECREF(module);
    return result;
}

/* find_class() as defined here. */
static PyObject *
plain_find_class(unpickler *self, PyObject *module, PyObject *name)
{
    PyObject *result = NULL;

    if (PyAudit(AUDIT_PICKLE_FIND_CLASS, "OO", module, name) < 0) {
        return NULL;
    }
    Py_INCREF(module);
    Py_INCREF(name);
    if (self->protocol >= 3 || !self->fix_imports ||
        map_names_to_3(self, &module, &name) == 0) {
        result = find_global(self, module, name);
    }
    Py_DECREF(module);
    Py_DECREF(name);
    return result;
}

/* Through the method: subclasses restrict what may be found. */
PyObject *
unpickler_find_class(unpickler *self, PyObject *module, PyObject *name)
{
    if (Py_IS_TYPE(self, self->state->unpickler_type)) {
        return plain_find_class(self, module, name);      /* FAST PATH */
    }
    return PyObject_CallMethod((PyObject *)self, "find_class", "OO", module,
                               name);
}

/* ---- Methods ------------------------------------------------------------ */

static int
raise_uninitialized(unpickler *self)
{
    pickle_state *state = state_of_type(Py_TYPE(self));

    if (state != NULL) {
        PyErr_Format(state->unpickling_error,
                     "Unpickler.__init__() was not called by %s.__init__()",
                     Py_TYPE(self)->tp_name);
    }
    return -1;
}

PyDoc_STRVAR(load_doc,
"load($self, /)\n--\n\n"
"Read a pickled object from the file and return it.");

static PyObject *
unpickler_load(unpickler *self, PyObject *Py_UNUSED(ignored))
{
    PyObject *set_load = self->persistent_load;      /* by the program */

    if (self->state == NULL || self->read == NULL) {
        raise_uninitialized(self);
        return NULL;
    }
    if (raise_if_running((PyObject *)self, self->running) < 0) {
        return NULL;
    }
    if (set_load == NULL) {
        PyObject *name = PyUnicode_InternFromString("persistent_load");
        if (name == NULL) {
            return NULL;
        }
        int found = _PyObject_LookupAttr((PyObject *)self, name,
                                         &self->persistent_load);
        Py_DECREF(name);
        if (found < 0) {
            return NULL;
        }
    }
    PyObject *result = unpickler_run(self);
    if (set_load == NULL) {
        Py_CLEAR(self->persistent_load);
    }
    return result;
}

PyDoc_STRVAR(find_class_doc,
"find_class($self, module_name, global_name, /)\n--\n\n"
"Return the object of that name in a module, which is imported if need\n"
"be.  Subclasses override it to control what may be loaded.");

static PyObject *
unpickler_find_class_method(unpickler *self, PyObject *const *args,
                            Py_ssize_t nargs)
{
    if (!_PyArg_CheckPositional("find_class", nargs, 2, 2)) {
        return NULL;
    }
    if (self->state == NULL) {
        raise_uninitialized(self);
        return NULL;
    }
    return plain_find_class(self, args[0], args[1]);
}

PyDoc_STRVAR(sizeof_doc,
"__sizeof__($self, /)\n--\n\n"
"Size in memory, in bytes.");

static PyObject *
unpickler_sizeof(unpickler *self, PyObject *Py_UNUSED(ignored))
{
    size_t size = _PyObject_SIZE(Py_TYPE(self));

    size += self->memo_size * sizeof(PyObject *);
    size += (size_t)self->mark_capacity * sizeof(Py_ssize_t);
    size += (size_t)self->stack_capacity * sizeof(PyObject *);
    if (self->encoding != NULL) {
        size += strlen(self->encoding) + strlen(unpickler_errors(self)) + 2;
    }
    return PyLong_FromSize_t(size);
}

/* ---- Life --------------------------------------------------------------- */

void
unpickler_clear_memo(unpickler *self)
{
    PyObject **memo = self->memo;
    size_t size = self->memo_size;

    self->memo = NULL;
    self->memo_size = self->memo_used = 0;
    for (size_t i = 0; i < size; i++) {
        Py_XDECREF(memo[i]);
    }
    PyMem_Free(memo);
}

static int
unpickler_clear(unpickler *self)
{
    Py_CLEAR(self->readline);
    Py_CLEAR(self->readinto);
    Py_CLEAR(self->read);
    Py_CLEAR(self->peek);
    Py_CLEAR(self->persistent_load);
    Py_CLEAR(self->buffers);
    stack_clear_to(self, 0);
    unpickler_clear_memo(self);
    input_release(self);
    return 0;
}

static int
unpickler_init(unpickler *self, PyObject *args, PyObject *kwargs)
{
    static char *keywords[] = {(char *)"file", (char *)"fix_imports",
                               (char *)"encoding", (char *)"errors",
                               (char *)"buffers", NULL};
    PyObject *file, *buffers = NULL;
    int fix_imports = 1;
    const char *encoding = "ASCII", *errors = "strict";

    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O|$pssO:Unpickler",
                                     keywords, &file, &fix_imports,
                                     &encoding, &errors, &buffers)) {
        return -1;
    }
    pickle_state *state = state_of_type(Py_TYPE(self));
    if (state == NULL ||
        raise_if_running((PyObject *)self, self->running) < 0) {
        return -1;
    }
    if (self->read != NULL) {
        unpickler_clear(self);            /* a second __init__ */
    }
    if (input_set_file(self, file) < 0 ||
        unpickler_set_encoding(self, encoding, errors) < 0 ||
        unpickler_set_buffers(self, buffers) < 0) {
        return -1;
    }
    self->fix_imports = fix_imports;
    self->protocol = 0;
    self->state = state;
    return 0;
}

static int
unpickler_traverse(unpickler *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(self->readline);
    Py_VISIT(self->readinto);
    Py_VISIT(self->read);
    Py_VISIT(self->peek);
    Py_VISIT(self->persistent_load);
    Py_VISIT(self->buffers);
    for (Py_ssize_t i = 0; i < self->stack_size; i++) {
        Py_VISIT(self->stack[i]);
    }
    for (size_t i = 0; i < self->memo_size; i++) {
        Py_VISIT(self->memo[i]);
    }
    return 0;
}

static void
unpickler_dealloc(unpickler *self)
{
    PyTypeObject *type = Py_TYPE(self);

    PyObject_GC_UnTrack(self);
    unpickler_clear(self);
    PyMem_Free(self->stack);
    PyMem_Free(self->marks);
    PyMem_Free(self->line);
    PyMem_Free(self->encoding);
    type->tp_free((PyObject *)self);
    Py_DECREF(type);
}

/* ---- Attributes --------------------------------------------------------- */

static PyObject *
unpickler_get_memo(unpickler *self, void *closure)
{
    pickle_state *state = state_of_type(Py_TYPE(self));

    return state == NULL ? NULL : memo_view_new(state->unpickler_memo_type,
                                                (PyObject *)self);
}

PyObject *
unpickler_copy_memo(unpickler *self)
{
    PyObject *dict = PyDict_New();

    for (size_t i = 0; dict != NULL && i < self->memo_size; i++) {
        if (self->memo[i] == NULL) {
            continue;
        }
        PyObject *key = PyLong_FromSize_t(i);
        if (key == NULL || PyDict_SetItem(dict, key, self->memo[i]) < 0) {
            Py_CLEAR(dict);
        }
        Py_XDECREF(key);
    }
    return dict;
}

/* Adds {index: object} to the memo of `target`. */
static int
fill_memo(unpickler *target, PyObject *dict)
{
    PyObject *key, *value;
    Py_ssize_t position = 0;

    while (PyDict_Next(dict, &position, &key, &value)) {
        if (!PyLong_Check(key)) {
            PyErr_SetString(PyExc_TypeError, "memo key must be integers");
            return -1;
        }
        Py_ssize_t index = PyLong_AsSsize_t(key);
        if (index == -1 && PyErr_Occurred()) {
            return -1;
        }
        if (index < 0) {
            PyErr_SetString(PyExc_ValueError,
                            "memo key must be positive integers.");
            return -1;
        }
        if (memo_put(target, (size_t)index, value) < 0) {
            return -1;
        }
    }
    return 0;
}

static int
copy_memo(unpickler *target, const unpickler *from)
{
    for (size_t i = 0; i < from->memo_size; i++) {
        if (from->memo[i] != NULL && memo_put(target, i, from->memo[i]) < 0) {
            return -1;
        }
    }
    return 0;
}

static int
unpickler_set_memo(unpickler *self, PyObject *value, void *closure)
{
    unpickler fresh = {.memo = NULL};

    pickle_state *state = state_of_type(Py_TYPE(self));
    if (state == NULL) {
        return -1;
    }
    int is_view = memo_view_check(value, state->unpickler_memo_type,
                                  "an UnpicklerMemoProxy");
    if (is_view < 0) {
        return -1;
    }
    int status = is_view
                     ? copy_memo(&fresh, (unpickler *)memo_view_owner(value))
                     : fill_memo(&fresh, value);
    if (status < 0) {
        unpickler_clear_memo(&fresh);
        return -1;
    }
    unpickler_clear_memo(self);
    self->memo = fresh.memo;
    self->memo_size = fresh.memo_size;
    self->memo_used = fresh.memo_used;
    return 0;
}

static PyObject *
unpickler_get_persistent_load(unpickler *self, void *closure)
{
    return function_get(self->persistent_load, "persistent_load");
}

static int
unpickler_set_persistent_load(unpickler *self, PyObject *value, void *closure)
{
    return function_set(&self->persistent_load, value, "persistent_load");
}

static PyGetSetDef unpickler_getset[] = {
    {"memo", (getter)unpickler_get_memo, (setter)unpickler_set_memo},
    {"persistent_load", (getter)unpickler_get_persistent_load,
     (setter)unpickler_set_persistent_load},
    {NULL},
};

static PyMethodDef unpickler_methods[] = {
    {"load", (PyCFunction)unpickler_load, METH_NOARGS, load_doc},
    {"find_class", (PyCFunction)(void (*)(void))unpickler_find_class_method,
     METH_FASTCALL, find_class_doc},
    {"__sizeof__", (PyCFunction)unpickler_sizeof, METH_NOARGS, sizeof_doc},
    {NULL},
};

PyDoc_STRVAR(unpickler_doc,
"Unpickler(file, *, fix_imports=True, encoding='ASCII', errors='strict',\n"
"          buffers=())\n"
"--\n\n"
"Reads pickled objects from a binary file.\n\n"
"The encoding and its error handler are for the strings of Python 2;\n"
"'bytes' leaves them as they are.  The buffers are those that were\n"
"transmitted elsewhere.");

static PyType_Slot unpickler_slots[] = {
    {Py_tp_doc, (char *)unpickler_doc},
    {Py_tp_dealloc, unpickler_dealloc},
    {Py_tp_traverse, unpickler_traverse},
    {Py_tp_clear, unpickler_clear},
    {Py_tp_methods, unpickler_methods},
    {Py_tp_getset, unpickler_getset},
    {Py_tp_init, unpickler_init},
    {Py_tp_new, PyType_GenericNew},
    {0, NULL},
};

PyType_Spec unpickler_spec = {
    .name = "_pickle.Unpickler",
    .basicsize = sizeof(unpickler),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC |
             Py_TPFLAGS_IMMUTABLETYPE,
    .slots = unpickler_slots,
};
