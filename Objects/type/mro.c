/* Method resolution order (C3, "A Monotonic Superclass Linearization for
 * Dylan", and the tutorial linked from the documentation), and the choices
 * that depend on the bases: metaclass and memory layout. */
#include "Python.h"

#include "internal/dict.h"
#include "internal/names.h"
#include "internal/object.h"
#include "internal/type.h"

/* ---- C3 ---------------------------------------------------------------- */

static int
mro_check_duplicates(PyObject *bases)
{
    Py_ssize_t n = PyTuple_GET_SIZE(bases);

    for (Py_ssize_t i = 0; i < n; i++) {
        PyObject *base = PyTuple_GET_ITEM(bases, i);

        for (Py_ssize_t j = i + 1; j < n; j++) {
            if (PyTuple_GET_ITEM(bases, j) == base) {
                PyErr_Format(PyExc_TypeError, "duplicate base class %.400s",
                             _PyType_Name((PyTypeObject *)base));
                return -1;
            }
        }
    }
    return 0;
}

/* Whether `type` stands behind position `from` of one of the sequences. */
static int
mro_in_a_tail(PyObject **sequences, Py_ssize_t *from, Py_ssize_t n,
              PyObject *type)
{
    for (Py_ssize_t i = 0; i < n; i++) {
        for (Py_ssize_t j = from[i] + 1; j < PyTuple_GET_SIZE(sequences[i]);
             j++) {
            if (PyTuple_GET_ITEM(sequences[i], j) == type) {
                return 1;
            }
        }
    }
    return 0;
}

/* The heads of what is left over, each once, name by name. */
static void
mro_raise_inconsistent(PyObject **sequences, Py_ssize_t *from, Py_ssize_t n)
{
    PyObject *set = PyDict_New(), *names = NULL, *separator = NULL;
    PyObject *joined = NULL, *key;
    Py_ssize_t position = 0;

    if (set == NULL) {
        return;
    }
    for (Py_ssize_t i = 0; i < n; i++) {
        if (from[i] < PyTuple_GET_SIZE(sequences[i]) &&
            PyDict_SetItem(set, PyTuple_GET_ITEM(sequences[i], from[i]),
                           Py_None) < 0) {
            goto done;
        }
    }
    names = PyList_New(0);
    if (names == NULL) {
        goto done;
    }
    while (PyDict_Next(set, &position, &key, NULL)) {
        PyObject *name =
            PyUnicode_FromString(_PyType_Name((PyTypeObject *)key));

        if (name == NULL || PyList_Append(names, name) < 0) {
            Py_XDECREF(name);
            goto done;
        }
        Py_DECREF(name);
    }
    separator = PyUnicode_FromString(", ");
    if (separator == NULL ||
        (joined = PyUnicode_Join(separator, names)) == NULL) {
        goto done;
    }
    PyErr_Format(PyExc_TypeError,
                 "Cannot create a consistent method resolution\n"
                 "order (MRO) for bases %U", joined);
done:
    Py_XDECREF(joined);
    Py_XDECREF(separator);
    Py_XDECREF(names);
    Py_DECREF(set);
}

/* Merges `n` tuples into `result`, taking each time the first head that is in
 * no tail. */
static int
mro_merge(PyObject *result, PyObject **sequences, Py_ssize_t *from,
          Py_ssize_t n)
{
    for (;;) {
        PyObject *candidate = NULL;
        int left_over = 0;

        for (Py_ssize_t i = 0; i < n && candidate == NULL; i++) {
            if (from[i] < PyTuple_GET_SIZE(sequences[i])) {
                PyObject *head = PyTuple_GET_ITEM(sequences[i], from[i]);

                left_over = 1;
                if (!mro_in_a_tail(sequences, from, n, head)) {
                    candidate = head;
                }
            }
        }
        if (candidate == NULL) {
            if (left_over) {
                mro_raise_inconsistent(sequences, from, n);
                return -1;
            }
            return 0;
        }
        if (PyList_Append(result, candidate) < 0) {
            return -1;
        }
        for (Py_ssize_t i = 0; i < n; i++) {
            if (from[i] < PyTuple_GET_SIZE(sequences[i]) &&
                PyTuple_GET_ITEM(sequences[i], from[i]) == candidate) {
                from[i]++;
            }
        }
    }
}

/* FAST PATH: one base; the type in front of the base's order. */
static PyObject *
mro_of_single_base(PyTypeObject *type, PyTypeObject *base)
{
    Py_ssize_t n = PyTuple_GET_SIZE(base->tp_mro);
    PyObject *result = PyTuple_New(n + 1);

    if (result == NULL) {
        return NULL;
    }
    PyTuple_SET_ITEM(result, 0, Py_NewRef((PyObject *)type));
    for (Py_ssize_t i = 0; i < n; i++) {
        PyTuple_SET_ITEM(result, i + 1,
                         Py_NewRef(PyTuple_GET_ITEM(base->tp_mro, i)));
    }
    return result;
}

/* Tuple or list. */
PyObject *
type_mro_c3(PyTypeObject *type)
{
    PyObject *bases = type->tp_bases, *result = NULL;
    PyObject **sequences = NULL;
    Py_ssize_t *from = NULL, n;

    if (!type_has_feature(type, Py_TPFLAGS_READY) && type->tp_dict == NULL &&
        PyType_Ready(type) < 0) {
        return NULL;
    }
    bases = type->tp_bases;
    n = PyTuple_GET_SIZE(bases);
    for (Py_ssize_t i = 0; i < n; i++) {
        PyTypeObject *base = (PyTypeObject *)PyTuple_GET_ITEM(bases, i);

        if (base->tp_mro == NULL) {
            PyErr_Format(PyExc_TypeError,
                         "Cannot extend an incomplete type '%.100s'",
                         base->tp_name);
            return NULL;
        }
    }
    if (n == 1) {
        return mro_of_single_base(type,
                                  (PyTypeObject *)PyTuple_GET_ITEM(bases, 0));
    }
    if (mro_check_duplicates(bases) < 0) {
        return NULL;
    }
    sequences = PyMem_New(PyObject *, n + 1);
    from = PyMem_Calloc(n + 1, sizeof(*from));
    if (sequences == NULL || from == NULL) {
        PyErr_NoMemory();
        goto done;
    }
    for (Py_ssize_t i = 0; i < n; i++) {
        sequences[i] = ((PyTypeObject *)PyTuple_GET_ITEM(bases, i))->tp_mro;
    }
    sequences[n] = bases;
    result = PyList_New(1);
    if (result == NULL) {
        goto done;
    }
    PyList_SET_ITEM(result, 0, Py_NewRef((PyObject *)type));
    if (mro_merge(result, sequences, from, n + 1) < 0) {
        Py_CLEAR(result);
    }
done:
    PyMem_Free(sequences);
    PyMem_Free(from);
    return result;
}

/* What a metaclass's mro() returned must consist of types with the layout of
 * `type`, or slots would read foreign memory. */
static int
mro_check(PyTypeObject *type, PyObject *mro)
{
    PyTypeObject *solid = type_solid_base(type);

    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(mro); i++) {
        PyObject *item = PyTuple_GET_ITEM(mro, i);

        if (!PyType_Check(item)) {
            PyErr_Format(PyExc_TypeError,
                         "mro() returned a non-class ('%.500s')",
                         Py_TYPE(item)->tp_name);
            return -1;
        }
        if (!PyType_IsSubtype(solid, type_solid_base((PyTypeObject *)item))) {
            PyErr_Format(
                PyExc_TypeError,
                "mro() returned base with unsuitable layout ('%.500s')",
                ((PyTypeObject *)item)->tp_name);
            return -1;
        }
    }
    return 0;
}

/* Runs Python (a metaclass's mro()).  Returns new tuple. */
static PyObject *
mro_compute(PyTypeObject *type)
{
    int custom = Py_TYPE(type) != &PyType_Type;
    PyObject *order = NULL, *method = NULL, *self, *result = NULL;

    if (custom) {
        method =
            object_find_special_method((PyObject *)type, NAME(mro), &self);
        if (method == NULL) {
            if (!PyErr_Occurred()) {
                PyErr_SetObject(PyExc_AttributeError, NAME(mro));
            }
            return NULL;
        }
        order = self == NULL ? PyObject_CallNoArgs(method)
                             : PyObject_CallOneArg(method, self);
        Py_DECREF(method);
    }
    else {
        order = type_mro_c3(type);
    }
    if (order == NULL) {
        return NULL;
    }
    result = PySequence_Tuple(order);
    Py_DECREF(order);
    if (result == NULL) {
        return NULL;
    }
    if (PyTuple_GET_SIZE(result) == 0) {
        Py_DECREF(result);
        PyErr_Format(PyExc_TypeError, "type MRO must not be empty");
        return NULL;
    }
    if (custom && mro_check(type, result) < 0) {
        Py_DECREF(result);
        return NULL;
    }
    return result;
}

/* Returns 1: tp_mro is new, the old one went to *old_mro (if given);
 * 0: mro() assigned __bases__ itself, and tp_mro is what that made; -1. */
int
type_mro_update(PyTypeObject *type, PyObject **old_mro)
{
    PyObject *before = type->tp_mro, *now;
    int assigned_meanwhile;

    Py_XINCREF(before);
    now = mro_compute(type);
    assigned_meanwhile = type->tp_mro != before;
    Py_XDECREF(before);
    if (now == NULL) {
        return -1;
    }
    if (assigned_meanwhile) {
        Py_DECREF(now);
        return 0;
    }
    PyType_Modified(type);
    type->tp_mro = now;
    if (old_mro != NULL) {
        *old_mro = before;               /* the type's own reference */
    }
    else {
        Py_XDECREF(before);
    }
    return 1;
}

/* ---- layout ------------------------------------------------------------ */

/* Whether `type` has fields that `base` has not, a weak list that a class
 * statement appended left aside. */
static int
type_adds_fields(PyTypeObject *type, PyTypeObject *base)
{
    Py_ssize_t size = type->tp_basicsize;

    if (type->tp_itemsize != 0 || base->tp_itemsize != 0) {
        return size != base->tp_basicsize ||
               type->tp_itemsize != base->tp_itemsize;
    }
    if (type->tp_weaklistoffset != 0 && base->tp_weaklistoffset == 0 &&
        type->tp_weaklistoffset + (Py_ssize_t)sizeof(PyObject *) == size &&
        type_has_feature(type, Py_TPFLAGS_HEAPTYPE)) {
        size -= sizeof(PyObject *);
    }
    return size != base->tp_basicsize;
}

PyTypeObject *
type_solid_base(PyTypeObject *type)
{
    PyTypeObject *base = type->tp_base != NULL ? type_solid_base(type->tp_base)
                                               : &PyBaseObject_Type;

    return type_adds_fields(type, base) ? type : base;
}

PyTypeObject *
type_best_base(PyObject *bases)
{
    PyTypeObject *base = NULL, *winner = NULL;

    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(bases); i++) {
        PyObject *item = PyTuple_GET_ITEM(bases, i);
        PyTypeObject *candidate;

        if (!PyType_Check(item)) {
            PyErr_SetString(PyExc_TypeError, "bases must be types");
            return NULL;
        }
        if (!type_has_feature((PyTypeObject *)item, Py_TPFLAGS_READY) &&
            ((PyTypeObject *)item)->tp_dict == NULL &&
            PyType_Ready((PyTypeObject *)item) < 0) {
            return NULL;
        }
        if (!type_has_feature((PyTypeObject *)item, Py_TPFLAGS_BASETYPE)) {
            PyErr_Format(PyExc_TypeError,
                         "type '%.100s' is not an acceptable base type",
                         ((PyTypeObject *)item)->tp_name);
            return NULL;
        }
        candidate = type_solid_base((PyTypeObject *)item);
        if (winner == NULL) {
            winner = candidate;
            base = (PyTypeObject *)item;
        }
        else if (PyType_IsSubtype(winner, candidate)) {
            continue;
        }
        else if (PyType_IsSubtype(candidate, winner)) {
            winner = candidate;
            base = (PyTypeObject *)item;
        }
        else {
            PyErr_SetString(PyExc_TypeError,
                            "multiple bases have instance lay-out conflict");
            return NULL;
        }
    }
    return base;
}

PyTypeObject *
_PyType_CalculateMetaclass(PyTypeObject *metatype, PyObject *bases)
{
    PyTypeObject *winner = metatype;

    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(bases); i++) {
        PyTypeObject *candidate = Py_TYPE(PyTuple_GET_ITEM(bases, i));

        if (PyType_IsSubtype(winner, candidate)) {
            continue;
        }
        if (PyType_IsSubtype(candidate, winner)) {
            winner = candidate;
            continue;
        }
        PyErr_SetString(
            PyExc_TypeError,
            "metaclass conflict: the metaclass of a derived class "
            "must be a (non-strict) subclass of the metaclasses of "
            "all its bases");
        return NULL;
    }
    return winner;
}

int
PyType_IsSubtype(PyTypeObject *type, PyTypeObject *base)
{
    PyObject *mro = type->tp_mro;

    if (mro != NULL) {      /* has the type itself, unless mro() left it out */
        Py_ssize_t n = PyTuple_GET_SIZE(mro);

        for (Py_ssize_t i = 0; i < n; i++) {
            if (PyTuple_GET_ITEM(mro, i) == (PyObject *)base) {
                return 1;
            }
        }
        return 0;
    }
    /* Not ready yet: the chain of single inheritance has to do. */
    for (PyTypeObject *up = type; up != NULL; up = up->tp_base) {
        if (up == base) {
            return 1;
        }
    }
    return base == &PyBaseObject_Type;
}

/* ---- subclasses -------------------------------------------------------- */

/* tp_subclasses: {address of the subclass: weak reference to it}. */
int
type_add_subclass(PyTypeObject *base, PyTypeObject *type)
{
    PyObject *key = NULL, *reference = NULL, *subclasses = NULL;
    int result = -1;

    key = PyLong_FromVoidPtr(type);
    reference = PyWeakref_NewRef((PyObject *)type, NULL);
    if (key == NULL || reference == NULL) {
        goto done;
    }
    /* Any allocation may collect the last subclass, and the dict with it: what
     * is there is looked at last, and held. */
    if (base->tp_subclasses == NULL) {
        subclasses = PyDict_New();
        if (subclasses == NULL) {
            goto done;
        }
        if (base->tp_subclasses == NULL) {
            base->tp_subclasses = Py_NewRef(subclasses);
        }
        Py_CLEAR(subclasses);
    }
    subclasses = Py_NewRef(base->tp_subclasses);
    result = PyDict_SetItem(subclasses, key, reference);
    if (result == 0 && base->tp_subclasses != subclasses) {
        Py_XSETREF(base->tp_subclasses, Py_NewRef(subclasses));
    }
done:
    Py_XDECREF(subclasses);
    Py_XDECREF(key);
    Py_XDECREF(reference);
    return result;
}

void
type_remove_subclass(PyTypeObject *base, PyTypeObject *type)
{
    PyObject *key, *error_type, *error_value, *error_traceback;

    if (base->tp_subclasses == NULL) {
        return;
    }
    PyErr_Fetch(&error_type, &error_value, &error_traceback);
    key = PyLong_FromVoidPtr(type);
    if (key == NULL || PyDict_DelItem(base->tp_subclasses, key) < 0) {
        PyErr_Clear();          /* KeyError: was not there; or no memory */
    }
    Py_XDECREF(key);
    if (PyDict_GET_SIZE(base->tp_subclasses) == 0) {
        Py_CLEAR(base->tp_subclasses);
    }
    PyErr_Restore(error_type, error_value, error_traceback);
}

PyObject *
type_subclasses(PyTypeObject *type)
{
    PyObject *result = PyList_New(0), *reference;
    Py_ssize_t position = 0;

    if (result == NULL || type->tp_subclasses == NULL) {
        return result;
    }
    while (PyDict_Next(type->tp_subclasses, &position, NULL, &reference)) {
        PyObject *subclass = PyWeakref_GET_OBJECT(reference);

        if (subclass != Py_None && PyList_Append(result, subclass) < 0) {
            Py_DECREF(result);
            return NULL;
        }
    }
    return result;
}
