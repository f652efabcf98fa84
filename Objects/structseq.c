/* Struct sequences: tuples whose items have names (os.stat_result and others).
 *
 * Behind the visible items there may be hidden ones, reachable by name only;
 * the class says how many: n_sequence_fields (visible, ob_size), n_fields
 * (all), n_unnamed_fields (visible without a name).
 */
#include "Python.h"
#include "structmember.h"

#include "internal/gc.h"
#include "internal/names.h"
#include "internal/object.h"
#include "internal/private_api.h"
#include "internal/type.h"

PyAPI_FUNC(PyTypeObject *) _PyStructSequence_NewType(
    PyStructSequence_Desc *desc, unsigned long tp_flags);
PyAPI_FUNC(int) _PyStructSequence_InitType(PyTypeObject *type,
                                           PyStructSequence_Desc *desc,
                                           unsigned long tp_flags);

const char *const PyStructSequence_UnnamedField = "unnamed field";

/* ---- sizes, from the class's dict --------------------------------------- */

static Py_ssize_t
type_get_size(PyTypeObject *type, PyObject *name)
{
    PyObject *value = PyDict_GetItemWithError(type->tp_dict, name);

    if (value == NULL) {
        if (!PyErr_Occurred()) {
            PyErr_Format(PyExc_TypeError, "Missed attribute '%U' of type %s",
                         name, type->tp_name);
        }
        return -1;
    }
    return PyLong_AsSsize_t(value);
}

#define VISIBLE_SIZE(op) Py_SIZE(op)

static Py_ssize_t
visible_size_of(PyTypeObject *type)
{
    return type_get_size(type, NAME(n_sequence_fields));
}

static Py_ssize_t
real_size_of(PyTypeObject *type)
{
    return type_get_size(type, NAME(n_fields));
}

static Py_ssize_t
unnamed_size_of(PyTypeObject *type)
{
    return type_get_size(type, NAME(n_unnamed_fields));
}

/* ---- C API -------------------------------------------------------------- */

PyObject *
PyStructSequence_New(PyTypeObject *type)
{
    Py_ssize_t size = real_size_of(type), visible;
    PyStructSequence *self;

    if (size < 0) {
        return NULL;
    }
    visible = visible_size_of(type);
    if (visible < 0) {
        return NULL;
    }
    self = PyObject_GC_NewVar(PyStructSequence, type, size);
    if (self == NULL) {
        return NULL;
    }
    Py_SET_SIZE(self, visible);       /* hidden items are not for tuple code */
    for (Py_ssize_t i = 0; i < size; i++) {
        self->ob_item[i] = NULL;
    }
    return (PyObject *)self;
}

void
PyStructSequence_SetItem(PyObject *op, Py_ssize_t i, PyObject *value)
{
    PyStructSequence_SET_ITEM(op, i, value);
}

PyObject *
PyStructSequence_GetItem(PyObject *op, Py_ssize_t i)
{
    return PyStructSequence_GET_ITEM(op, i);
}

static int
structseq_traverse(PyStructSequence *self, visitproc visit, void *arg)
{
    Py_ssize_t size;

    if (object_has_feature((PyObject *)self, Py_TPFLAGS_HEAPTYPE)) {
        Py_VISIT(Py_TYPE(self));
    }
    size = real_size_of(Py_TYPE(self));
    for (Py_ssize_t i = 0; i < size; i++) {
        Py_VISIT(self->ob_item[i]);
    }
    return 0;
}

static void
structseq_dealloc(PyStructSequence *self)
{
    PyTypeObject *type = Py_TYPE(self);
    Py_ssize_t size;

    PyObject_GC_UnTrack(self);
    size = real_size_of(type);
    for (Py_ssize_t i = 0; i < size; i++) {
        Py_XDECREF(self->ob_item[i]);
    }
    PyObject_GC_Del(self);
    if (type_has_feature(type, Py_TPFLAGS_HEAPTYPE)) {
        Py_DECREF(type);
    }
}

/* ---- construction from Python ------------------------------------------- */

static int
structseq_check_length(PyTypeObject *type, Py_ssize_t len, Py_ssize_t min,
                       Py_ssize_t max)
{
    if (min != max) {
        if (len < min) {
            PyErr_Format(PyExc_TypeError,
                         "%.500s() takes an at least %zd-sequence "
                         "(%zd-sequence given)", type->tp_name, min, len);
            return -1;
        }
        if (len > max) {
            PyErr_Format(PyExc_TypeError,
                         "%.500s() takes an at most %zd-sequence "
                         "(%zd-sequence given)", type->tp_name, max, len);
            return -1;
        }
    }
    else if (len != min) {
        PyErr_Format(PyExc_TypeError,
                     "%.500s() takes a %zd-sequence (%zd-sequence given)",
                     type->tp_name, min, len);
        return -1;
    }
    return 0;
}

/* type(sequence, dict): hidden fields beyond the sequence come from the
 * dict, else they are None. */
static PyObject *
structseq_new(PyTypeObject *type, PyObject *args, PyObject *kwds)
{
    static const char *const keywords[] = {"sequence", "dict", NULL};
    PyObject *given, *dict = NULL, *sequence;
    PyStructSequence *result = NULL;
    Py_ssize_t len, min, max, unnamed;

    if (!PyArg_ParseTupleAndKeywords(args, kwds, "O|O:structseq",
                                     (char **)keywords, &given, &dict)) {
        return NULL;
    }
    min = visible_size_of(type);
    max = min < 0 ? -1 : real_size_of(type);
    unnamed = max < 0 ? -1 : unnamed_size_of(type);
    if (unnamed < 0) {
        return NULL;
    }
    sequence = PySequence_Fast(given, "constructor requires a sequence");
    if (sequence == NULL) {
        return NULL;
    }
    if (dict != NULL && !PyDict_Check(dict)) {
        PyErr_Format(PyExc_TypeError,
                     "%.500s() takes a dict as second arg, if any",
                     type->tp_name);
        goto done;
    }
    len = PySequence_Fast_GET_SIZE(sequence);
    if (structseq_check_length(type, len, min, max) < 0) {
        goto done;
    }
    result = (PyStructSequence *)PyStructSequence_New(type);
    if (result == NULL) {
        goto done;
    }
    for (Py_ssize_t i = 0; i < len; i++) {
        result->ob_item[i] = Py_NewRef(PySequence_Fast_GET_ITEM(sequence, i));
    }
    for (Py_ssize_t i = len; i < max; i++) {
        PyObject *value = NULL;

        if (dict != NULL) {
            value = _PyDict_GetItemStringWithError(
                dict, type->tp_members[i - unnamed].name);
            if (value == NULL && PyErr_Occurred()) {
                Py_CLEAR(result);
                goto done;
            }
        }
        result->ob_item[i] = Py_NewRef(value == NULL ? Py_None : value);
    }
    gc_track(result);
done:
    Py_DECREF(sequence);
    return (PyObject *)result;
}

/* ---- methods ------------------------------------------------------------ */

static PyObject *
structseq_repr(PyStructSequence *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject *parts = PyList_New(0), *separator = NULL, *joined = NULL;
    PyObject *result = NULL;

    if (parts == NULL) {
        return NULL;
    }
    for (Py_ssize_t i = 0; i < VISIBLE_SIZE(self); i++) {
        const char *name = type->tp_members[i].name;
        PyObject *part;
        int status;

        if (name == NULL) {
            PyErr_Format(PyExc_SystemError,
                         "In structseq_repr(), member %zd name is NULL for "
                         "type %.500s", i, type->tp_name);
            goto done;
        }
        part = PyUnicode_FromFormat("%s=%R", name, self->ob_item[i]);
        if (part == NULL) {
            goto done;
        }
        status = PyList_Append(parts, part);
        Py_DECREF(part);
        if (status < 0) {
            goto done;
        }
    }
    separator = PyUnicode_FromString(", ");
    if (separator == NULL ||
        (joined = PyUnicode_Join(separator, parts)) == NULL) {
        goto done;
    }
    result = PyUnicode_FromFormat("%s(%U)", type->tp_name, joined);
done:
    Py_XDECREF(joined);
    Py_XDECREF(separator);
    Py_DECREF(parts);
    return result;
}

static PyObject *
structseq_reduce(PyStructSequence *self, PyObject *ignored)
{
    Py_ssize_t size, unnamed, visible = VISIBLE_SIZE(self);
    PyObject *tuple, *dict, *result = NULL;

    size = real_size_of(Py_TYPE(self));
    unnamed = size < 0 ? -1 : unnamed_size_of(Py_TYPE(self));
    if (unnamed < 0) {
        return NULL;
    }
    tuple = PyTuple_New(visible);
    dict = PyDict_New();
    if (tuple == NULL || dict == NULL) {
        goto done;
    }
    for (Py_ssize_t i = 0; i < visible; i++) {
        PyTuple_SET_ITEM(tuple, i, Py_NewRef(self->ob_item[i]));
    }
    for (Py_ssize_t i = visible; i < size; i++) {
        if (PyDict_SetItemString(dict,
                                 Py_TYPE(self)->tp_members[i - unnamed].name,
                                 self->ob_item[i]) < 0) {
            goto done;
        }
    }
    result = Py_BuildValue("(O(OO))", Py_TYPE(self), tuple, dict);
done:
    Py_XDECREF(tuple);
    Py_XDECREF(dict);
    return result;
}

static PyMethodDef structseq_methods[] = {
    {"__reduce__", (PyCFunction)structseq_reduce, METH_NOARGS, NULL},
    {NULL}
};

/* ---- types -------------------------------------------------------------- */

static Py_ssize_t
desc_count(PyStructSequence_Desc *desc, Py_ssize_t *n_unnamed)
{
    Py_ssize_t n = 0;

    *n_unnamed = 0;
    for (; desc->fields[n].name != NULL; n++) {
        *n_unnamed += desc->fields[n].name == PyStructSequence_UnnamedField;
    }
    return n;
}

static int
type_set_size(PyObject *dict, PyObject *name, Py_ssize_t size)
{
    PyObject *value = PyLong_FromSsize_t(size);
    int result;

    if (value == NULL) {
        return -1;
    }
    result = PyDict_SetItem(dict, name, value);
    Py_DECREF(value);
    return result;
}

static int
type_set_dict(PyStructSequence_Desc *desc, PyObject *dict, Py_ssize_t n,
              Py_ssize_t n_unnamed)
{
    PyObject *names;
    Py_ssize_t kept = 0;
    int result;

    if (type_set_size(dict, NAME(n_sequence_fields),
                      desc->n_in_sequence) < 0 ||
        type_set_size(dict, NAME(n_fields), n) < 0 ||
        type_set_size(dict, NAME(n_unnamed_fields), n_unnamed) < 0) {
        return -1;
    }
    names = PyTuple_New(desc->n_in_sequence);
    if (names == NULL) {
        return -1;
    }
    for (Py_ssize_t i = 0; i < desc->n_in_sequence; i++) {
        PyObject *name;

        if (desc->fields[i].name == PyStructSequence_UnnamedField) {
            continue;
        }
        name = PyUnicode_FromString(desc->fields[i].name);
        if (name == NULL) {
            Py_DECREF(names);
            return -1;
        }
        PyTuple_SET_ITEM(names, kept++, name);
    }
    if (_PyTuple_Resize(&names, kept) < 0) {
        return -1;
    }
    result = PyDict_SetItem(dict, NAME(__match_args__), names);
    Py_DECREF(names);
    return result;
}

/* New array of members for the named fields; the type keeps it for good. */
static PyMemberDef *
desc_make_members(PyStructSequence_Desc *desc, Py_ssize_t n,
                  Py_ssize_t n_unnamed)
{
    PyMemberDef *members = PyMem_Calloc(n - n_unnamed + 1, sizeof(*members));
    Py_ssize_t kept = 0;

    if (members == NULL) {
        PyErr_NoMemory();
        return NULL;
    }
    for (Py_ssize_t i = 0; i < n; i++) {
        if (desc->fields[i].name == PyStructSequence_UnnamedField) {
            continue;
        }
        members[kept++] = (PyMemberDef){
            .name = desc->fields[i].name, .type = T_OBJECT,
            .offset = offsetof(PyStructSequence, ob_item) +
                      i * sizeof(PyObject *),
            .flags = READONLY, .doc = desc->fields[i].doc};
    }
    return members;
}

int
_PyStructSequence_InitType(PyTypeObject *type, PyStructSequence_Desc *desc,
                           unsigned long tp_flags)
{
    Py_ssize_t n, n_unnamed;
    PyMemberDef *members;

    if (Py_REFCNT(type) != 1 && type_has_feature(type, Py_TPFLAGS_READY)) {
        PyErr_BadInternalCall();
        return -1;
    }
    n = desc_count(desc, &n_unnamed);
    members = desc_make_members(desc, n, n_unnamed);
    if (members == NULL) {
        return -1;
    }
    type->tp_name = desc->name;
    type->tp_basicsize = sizeof(PyStructSequence) - sizeof(PyObject *);
    type->tp_itemsize = sizeof(PyObject *);
    type->tp_dealloc = (destructor)structseq_dealloc;
    type->tp_repr = (reprfunc)structseq_repr;
    type->tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | tp_flags;
    type->tp_doc = desc->doc;
    type->tp_traverse = (traverseproc)structseq_traverse;
    type->tp_methods = structseq_methods;
    type->tp_members = members;
    type->tp_base = &PyTuple_Type;
    type->tp_new = structseq_new;
    if (PyType_Ready(type) < 0) {
        PyMem_Free(members);
        return -1;
    }
    Py_INCREF(type);
    return type_set_dict(desc, type->tp_dict, n, n_unnamed);
}

int
PyStructSequence_InitType2(PyTypeObject *type, PyStructSequence_Desc *desc)
{
    return _PyStructSequence_InitType(type, desc, 0);
}

void
PyStructSequence_InitType(PyTypeObject *type, PyStructSequence_Desc *desc)
{
    (void)PyStructSequence_InitType2(type, desc);
}

PyTypeObject *
_PyStructSequence_NewType(PyStructSequence_Desc *desc, unsigned long tp_flags)
{
    Py_ssize_t n, n_unnamed;
    PyMemberDef *members;
    PyTypeObject *type;

    n = desc_count(desc, &n_unnamed);
    members = desc_make_members(desc, n, n_unnamed);
    if (members == NULL) {
        return NULL;
    }
    {
        PyType_Slot slots[] = {
            {Py_tp_dealloc, (void *)structseq_dealloc},
            {Py_tp_repr, (void *)structseq_repr},
            {Py_tp_doc, (void *)desc->doc},
            {Py_tp_methods, structseq_methods},
            {Py_tp_new, (void *)structseq_new},
            {Py_tp_members, members},
            {Py_tp_traverse, (void *)structseq_traverse},
            {0, NULL}};
        PyType_Spec spec = {
            .name = desc->name,
            .basicsize = sizeof(PyStructSequence) - sizeof(PyObject *),
            .itemsize = sizeof(PyObject *),
            .flags = (unsigned int)(Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC |
                                    tp_flags),
            .slots = slots};

        type = (PyTypeObject *)PyType_FromSpecWithBases(
            &spec, (PyObject *)&PyTuple_Type);
    }
    PyMem_Free(members);               /* the type has copied them */
    if (type != NULL &&
        type_set_dict(desc, type->tp_dict, n, n_unnamed) < 0) {
        Py_CLEAR(type);
    }
    return type;
}

PyTypeObject *
PyStructSequence_NewType(PyStructSequence_Desc *desc)
{
    return _PyStructSequence_NewType(desc, 0);
}

/* Shutdown: what InitType allocated; the type can be initialised again. */
void
_PyStructSequence_FiniType(PyTypeObject *type)
{
    if (type->tp_name == NULL || type_has_feature(type, Py_TPFLAGS_HEAPTYPE) ||
        type->tp_members == NULL) {
        return;
    }
    PyType_Modified(type);
    if (type->tp_base != NULL) {
        type_remove_subclass(type->tp_base, type);
    }
    PyMem_Free(type->tp_members);
    type->tp_members = NULL;
    Py_CLEAR(type->tp_dict);
    Py_CLEAR(type->tp_bases);
    Py_CLEAR(type->tp_mro);
    Py_CLEAR(type->tp_subclasses);
    type->tp_base = NULL;
    type->tp_name = NULL;
    type->tp_flags &= ~Py_TPFLAGS_READY;
}
