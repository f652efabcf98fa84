/* Assignment to __bases__ of a class and to __class__ of an instance: both ask
 * whether two types lay their instances out alike. */
#include "Python.h"

#include "internal/audit.h"
#include "internal/descr.h"
#include "internal/dict.h"
#include "internal/names.h"
#include "internal/object.h"
#include "internal/type.h"

/* ---- layouts ------------------------------------------------------------ */

/* Whether `type` adds nothing to its base, so that the base stands for it. */
static int
layout_is_of_base(PyTypeObject *type)
{
    PyTypeObject *base = type->tp_base;
    const unsigned long shape = Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_MANAGED_DICT;

    return base != NULL && type->tp_basicsize == base->tp_basicsize &&
           type->tp_itemsize == base->tp_itemsize &&
           type->tp_dictoffset == base->tp_dictoffset &&
           type->tp_weaklistoffset == base->tp_weaklistoffset &&
           (type->tp_flags & shape) == (base->tp_flags & shape) &&
           (type->tp_clear == subtype_clear ||
            !type_has_feature(type, Py_TPFLAGS_HAVE_GC) ||
            type->tp_clear == base->tp_clear);
}

/* Two types over one base: do they add the same slots, weak list and dict? */
int
type_same_slots_added(PyTypeObject *left, PyTypeObject *right)
{
    Py_ssize_t size = left->tp_base->tp_basicsize;
    PyObject *left_slots = NULL, *right_slots = NULL;

    assert(left->tp_base == right->tp_base);
    if ((left->tp_flags ^ right->tp_flags) & Py_TPFLAGS_MANAGED_DICT) {
        return 0;
    }
    if (type_has_feature(left, Py_TPFLAGS_HEAPTYPE)) {
        left_slots = ((PyHeapTypeObject *)left)->ht_slots;
    }
    if (type_has_feature(right, Py_TPFLAGS_HEAPTYPE)) {
        right_slots = ((PyHeapTypeObject *)right)->ht_slots;
    }
    if (left_slots != NULL && right_slots != NULL) {
        if (PyObject_RichCompareBool(left_slots, right_slots, Py_EQ) != 1) {
            PyErr_Clear();               /* strings compare without errors */
            return 0;
        }
        size += sizeof(PyObject *) * PyTuple_GET_SIZE(left_slots);
    }
    if (left->tp_dictoffset == size && right->tp_dictoffset == size) {
        size += sizeof(PyObject *);
    }
    if (left->tp_weaklistoffset == size && right->tp_weaklistoffset == size) {
        size += sizeof(PyObject *);
    }
    return size == left->tp_basicsize && size == right->tp_basicsize;
}

int
object_can_assign_class(PyTypeObject *old, PyTypeObject *now,
                        const char *attribute)
{
    PyTypeObject *old_base = old, *now_base = now;

    if (now->tp_free != old->tp_free) {
        PyErr_Format(PyExc_TypeError,
                     "%s assignment: '%s' deallocator differs from '%s'",
                     attribute, now->tp_name, old->tp_name);
        return 0;
    }
    while (layout_is_of_base(now_base)) {
        now_base = now_base->tp_base;
    }
    while (layout_is_of_base(old_base)) {
        old_base = old_base->tp_base;
    }
    if (now_base != old_base &&
        (now_base->tp_base == NULL || now_base->tp_base != old_base->tp_base ||
         !type_same_slots_added(now_base, old_base))) {
        PyErr_Format(PyExc_TypeError,
                     "%s assignment: '%s' object layout differs from '%s'",
                     attribute, now->tp_name, old->tp_name);
        return 0;
    }
    return 1;
}

/* ---- __class__ ---------------------------------------------------------- */

PyObject *
object_get_class(PyObject *self, void *closure)
{
    return Py_NewRef((PyObject *)Py_TYPE(self));
}

static int
class_is_assignable(PyTypeObject *old, PyTypeObject *now)
{
    if (PyType_IsSubtype(now, &PyModule_Type) &&
        PyType_IsSubtype(old, &PyModule_Type)) {
        return 1;
    }
    return !type_has_feature(now, Py_TPFLAGS_IMMUTABLETYPE) &&
           !type_has_feature(old, Py_TPFLAGS_IMMUTABLETYPE);
}

int
object_set_class(PyObject *self, PyObject *value, void *closure)
{
    PyTypeObject *old, *now;

    if (value == NULL) {
        PyErr_SetString(PyExc_TypeError, "can't delete __class__ attribute");
        return -1;
    }
    if (!PyType_Check(value)) {
        PyErr_Format(PyExc_TypeError,
                     "__class__ must be set to a class, not '%s' object",
                     Py_TYPE(value)->tp_name);
        return -1;
    }
    if (PyAudit(AUDIT_OBJECT___SETATTR__, "OsO", self, "__class__", value) <
        0) {
        return -1;
    }
    old = Py_TYPE(self);
    now = (PyTypeObject *)value;
    if (!class_is_assignable(old, now)) {
        PyErr_Format(PyExc_TypeError,
                     "__class__ assignment only supported for mutable types "
                     "or ModuleType subclasses");
        return -1;
    }
    if (!object_can_assign_class(old, now, "__class__")) {
        return -1;
    }
    if (type_has_feature(old, Py_TPFLAGS_MANAGED_DICT) &&
        instance_ensure_dict(self) == NULL) {
        /* The values belong to the old class's keys; a dict to nobody's. */
        return -1;
    }
    if (type_has_feature(now, Py_TPFLAGS_HEAPTYPE)) {
        Py_INCREF(now);
    }
    Py_SET_TYPE(self, now);
    if (type_has_feature(old, Py_TPFLAGS_HEAPTYPE)) {
        Py_DECREF(old);
    }
    return 0;
}

/* ---- __bases__ ---------------------------------------------------------- */

/* Chain of tp_base only: for types whose mro() is being computed. */
static int
base_chain_contains(PyTypeObject *type, PyTypeObject *other)
{
    for (; type != NULL; type = type->tp_base) {
        if (type == other) {
            return 1;
        }
    }
    return other == &PyBaseObject_Type;
}

static PyTypeObject *
bases_check(PyTypeObject *type, PyObject *bases)
{
    PyTypeObject *best;

    if (!PyTuple_Check(bases)) {
        PyErr_Format(PyExc_TypeError,
                     "can only assign tuple to %s.__bases__, not %s",
                     type->tp_name, Py_TYPE(bases)->tp_name);
        return NULL;
    }
    if (PyTuple_GET_SIZE(bases) == 0) {
        PyErr_Format(PyExc_TypeError,
                     "can only assign non-empty tuple to %s.__bases__, not ()",
                     type->tp_name);
        return NULL;
    }
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(bases); i++) {
        PyObject *item = PyTuple_GET_ITEM(bases, i);
        PyTypeObject *base = (PyTypeObject *)item;

        if (!PyType_Check(item)) {
            PyErr_Format(PyExc_TypeError,
                         "%s.__bases__ must be tuple of classes, not '%s'",
                         type->tp_name, Py_TYPE(item)->tp_name);
            return NULL;
        }
        if (PyType_IsSubtype(base, type) ||
            (base->tp_mro != NULL && base_chain_contains(base, type))) {
            PyErr_SetString(PyExc_TypeError,
                            "a __bases__ item causes an inheritance cycle");
            return NULL;
        }
    }
    best = type_best_base(bases);
    if (best == NULL ||
        !object_can_assign_class(type->tp_base, best, "__bases__")) {
        return NULL;
    }
    return best;
}

/* Recomputes the MRO of `type` and of all below it; `undo` gets a tuple (type,
 * new, old) for each.  Runs Python (mro()). */
static int
bases_update_mros(PyTypeObject *type, PyObject *undo)
{
    PyObject *old = NULL, *entry, *subclasses;
    int result = type_mro_update(type, &old);

    if (result <= 0) {
        return result;          /* 0: mro() has done all this by itself */
    }
    entry = old != NULL ? PyTuple_Pack(3, type, type->tp_mro, old)
                        : PyTuple_Pack(2, type, type->tp_mro);
    result = entry == NULL ? -1 : PyList_Append(undo, entry);
    Py_XDECREF(entry);
    if (result < 0) {
        Py_XSETREF(type->tp_mro, old);
        return -1;
    }
    Py_XDECREF(old);
    subclasses = type_subclasses(type);
    if (subclasses == NULL) {
        return -1;
    }
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(subclasses) && result == 0;
         i++) {
        if (bases_update_mros((PyTypeObject *)PyList_GET_ITEM(subclasses, i),
                              undo) < 0) {
            result = -1;
        }
    }
    Py_DECREF(subclasses);
    return result;
}

static void
bases_undo_mros(PyObject *undo)
{
    for (Py_ssize_t i = PyList_GET_SIZE(undo) - 1; i >= 0; i--) {
        PyObject *entry = PyList_GET_ITEM(undo, i);
        PyTypeObject *type = (PyTypeObject *)PyTuple_GET_ITEM(entry, 0);

        if (type->tp_mro != PyTuple_GET_ITEM(entry, 1)) {
            continue;
        }
        PyType_Modified(type);
        if (PyTuple_GET_SIZE(entry) == 3) {
            Py_SETREF(type->tp_mro, Py_NewRef(PyTuple_GET_ITEM(entry, 2)));
        }
        else {
            Py_CLEAR(type->tp_mro);
        }
    }
}

static void
bases_unregister(PyObject *bases, PyTypeObject *type)
{
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(bases); i++) {
        if (PyType_Check(PyTuple_GET_ITEM(bases, i))) {
            type_remove_subclass((PyTypeObject *)PyTuple_GET_ITEM(bases, i),
                                 type);
        }
    }
}

static int
bases_register(PyObject *bases, PyTypeObject *type)
{
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(bases); i++) {
        PyObject *base = PyTuple_GET_ITEM(bases, i);

        if (PyType_Check(base) &&
            type_add_subclass((PyTypeObject *)base, type) < 0) {
            return -1;
        }
    }
    return 0;
}

/* Runs Python (mro(), slots that look up attributes). */
int
type_set_bases(PyTypeObject *type, PyObject *bases)
{
    PyTypeObject *best = bases_check(type, bases), *old_base;
    PyObject *old_bases, *undo;
    int result = -1;

    if (best == NULL) {
        return -1;
    }
    undo = PyList_New(0);
    if (undo == NULL) {
        return -1;
    }
    old_bases = type->tp_bases;                  /* the type's references */
    old_base = type->tp_base;
    type->tp_bases = Py_NewRef(bases);
    type->tp_base = (PyTypeObject *)Py_NewRef((PyObject *)best);
    if (bases_update_mros(type, undo) < 0) {
        bases_undo_mros(undo);
        if (type->tp_bases == bases) {
            assert(type->tp_base == best);
            type->tp_bases = old_bases;
            type->tp_base = old_base;
            Py_DECREF(bases);
            Py_DECREF(best);
        }
        else {
            Py_DECREF(old_bases);     /* mro() assigned others, which stay */
            Py_DECREF(old_base);
        }
        goto done;
    }
    result = 0;
    if (type->tp_bases == bases) {
        bases_unregister(old_bases, type);
        result = type_update_all_slots(type);
        if (result == 0) {
            result = bases_register(bases, type);
        }
    }
    Py_DECREF(old_bases);
    Py_DECREF(old_base);
done:
    Py_DECREF(undo);
    return result;
}
