/* Keeps slots and special methods in step.
 *
 * All rows of slots.def for one slot form a group.  What a slot of a class
 * holds is decided by what the group's dunders are along the MRO:
 *
 *   nothing                     NULL (or the stand-in of tp_iternext)
 *   only wrapper descriptors,
 *   all around one C function   that function: no detour through Python
 *   anything else               the row's slot function
 *
 * Some dunders belong to two groups (__getitem__ to mapping and sequence); a
 * wrapper descriptor of such a dunder only counts for the group whose slot it
 * could have come from, unless both are filled.
 */
#include "Python.h"

#include "internal/names.h"
#include "internal/object.h"
#include "internal/type.h"

#define MAX_ROWS_PER_NAME 8

void **
type_slot_pointer(PyTypeObject *type, int offset)
{
    char *suite;
    size_t at = (size_t)offset;

    if (at >= offsetof(PyHeapTypeObject, as_buffer)) {
        suite = (char *)type->tp_as_buffer;
        at -= offsetof(PyHeapTypeObject, as_buffer);
    }
    else if (at >= offsetof(PyHeapTypeObject, as_sequence)) {
        suite = (char *)type->tp_as_sequence;
        at -= offsetof(PyHeapTypeObject, as_sequence);
    }
    else if (at >= offsetof(PyHeapTypeObject, as_mapping)) {
        suite = (char *)type->tp_as_mapping;
        at -= offsetof(PyHeapTypeObject, as_mapping);
    }
    else if (at >= offsetof(PyHeapTypeObject, as_number)) {
        suite = (char *)type->tp_as_number;
        at -= offsetof(PyHeapTypeObject, as_number);
    }
    else if (at >= offsetof(PyHeapTypeObject, as_async)) {
        suite = (char *)type->tp_as_async;
        at -= offsetof(PyHeapTypeObject, as_async);
    }
    else {
        suite = (char *)type;
    }
    return suite == NULL ? NULL : (void **)(suite + at);
}

/* The one filled slot of `type` that `name` stands for; NULL if none or
 * several are. */
static void **
slot_unique_for_name(PyTypeObject *type, PyObject *name)
{
    void **result = NULL;

    for (type_slot_def *row = type_slot_defs; row->dunder != NULL; row++) {
        void **slot;

        if (row->name != name) {
            continue;
        }
        slot = type_slot_pointer(type, row->offset);
        if (slot == NULL || *slot == NULL) {
            continue;
        }
        if (result != NULL) {
            return NULL;
        }
        result = slot;
    }
    return result;
}

typedef struct {
    void *generic;                 /* calls the dunder */
    void *specific;                /* the C function all agree on */
    int must_be_generic;
} slot_decision;

static int
slot_is_inherited_new(PyTypeObject *type, void **slot, PyObject *descr)
{
    return slot == (void **)&type->tp_new &&
           Py_IS_TYPE(descr, &PyCFunction_Type) &&
           strcmp(((PyCFunctionObject *)descr)->m_ml->ml_name, "__new__") == 0 &&
           ((PyCFunctionObject *)descr)->m_self != NULL &&
           PyType_Check(((PyCFunctionObject *)descr)->m_self);
}

static void
slot_consider(PyTypeObject *type, type_slot_def *row, void **slot,
              PyObject *descr, slot_decision *decision)
{
    if (Py_IS_TYPE(descr, &PyWrapperDescr_Type) &&
        ((PyWrapperDescrObject *)descr)->d_base->name_strobj == row->name) {
        PyWrapperDescrObject *wrapper = (PyWrapperDescrObject *)descr;
        void **unique = slot_unique_for_name(type, row->name);

        if (unique == NULL || unique == slot) {
            decision->generic = row->function;
        }
        if ((decision->specific == NULL ||
             decision->specific == wrapper->d_wrapped) &&
            wrapper->d_base->wrapper == row->wrapper &&
            PyType_IsSubtype(type, PyDescr_TYPE(descr))) {
            decision->specific = wrapper->d_wrapped;
        }
        else {
            decision->must_be_generic = 1;
        }
    }
    else if (slot_is_inherited_new(type, slot, descr)) {
        /* The builtin __new__ of a base: tp_new was inherited already, and
         * going through Python would only come back there. */
        decision->specific = (void *)type->tp_new;
    }
    else if (descr == Py_None && slot == (void **)&type->tp_hash) {
        decision->specific = (void *)PyObject_HashNotImplemented;
    }
    else {
        decision->must_be_generic = 1;
        decision->generic = row->function;
    }
}

/* Settles the slot of the group that begins at `row`; returns the next
 * group.  Runs Python (hostile keys in class namespaces). */
static type_slot_def *
slot_update_group(PyTypeObject *type, type_slot_def *row)
{
    slot_decision decision = {0};
    int offset = row->offset;
    void **slot = type_slot_pointer(type, offset);

    for (; row->dunder != NULL && row->offset == offset; row++) {
        PyObject *descr;

        if (slot == NULL) {
            continue;
        }
        if (type_find(type, row->name, &descr) > 0) {
            slot_consider(type, row, slot, descr, &decision);
            continue;
        }
        PyErr_Clear();          /* of a failed comparison: not found */
        if (slot == (void **)&type->tp_iternext) {
            decision.specific = (void *)_PyObject_NextNotImplemented;
        }
    }
    if (slot != NULL) {
        *slot = decision.specific != NULL && !decision.must_be_generic
                    ? decision.specific : decision.generic;
    }
    return row;
}

static type_slot_def *
slot_group_end(type_slot_def *row)
{
    int offset = row->offset;

    while (row->dunder != NULL && row->offset == offset) {
        row++;
    }
    return row;
}

/* Whether the slots of `type` are those of its only base, but for what its own
 * namespace changes.  The base's have to be settled by the rules above: object's
 * are, and those of classes that were made by type_new (not from a spec). */
static int
slots_follow_base(PyTypeObject *type)
{
    PyTypeObject *base = type->tp_base;

    if (PyTuple_GET_SIZE(type->tp_bases) != 1 ||
        PyTuple_GET_SIZE(type->tp_mro) !=
            PyTuple_GET_SIZE(base->tp_mro) + 1 ||
        PyTuple_GET_ITEM(type->tp_mro, 1) != (PyObject *)base ||
        !Py_IS_TYPE(type, &PyType_Type)) {
        return 0;
    }
    return base == &PyBaseObject_Type ||
           (type_has_feature(base, Py_TPFLAGS_HEAPTYPE) &&
            ((PyHeapTypeObject *)base)->_ht_tpname == NULL);
}

/* Takes over the base's slots.  Returns 0 if a key of the namespace is not a
 * plain interned string: then every group has to be looked at. */
static int
slots_copy_and_update(PyTypeObject *type)
{
    PyTypeObject *base = type->tp_base;
    type_slot_def *group;
    PyObject *key;
    Py_ssize_t position = 0;

    while (PyDict_Next(type->tp_dict, &position, &key, NULL)) {
        if (!PyUnicode_CheckExact(key) || !PyUnicode_CHECK_INTERNED(key)) {
            return 0;
        }
    }
    for (group = type_slot_defs; group->dunder != NULL;
         group = slot_group_end(group)) {
        void **slot = type_slot_pointer(type, group->offset);
        void **inherited = type_slot_pointer(base, group->offset);

        *slot = inherited == NULL ? NULL : *inherited;
    }
    if (type->tp_iternext == NULL) {
        type->tp_iternext = _PyObject_NextNotImplemented;
    }
    for (group = type_slot_defs; group->dunder != NULL;
         group = slot_group_end(group)) {
        type_slot_def *end = slot_group_end(group);

        for (type_slot_def *row = group; row < end; row++) {
            if (PyDict_GetItemWithError(type->tp_dict, row->name) != NULL) {
                slot_update_group(type, group);
                break;
            }
        }
    }
    return 1;
}

void
type_fixup_slots(PyTypeObject *type)
{
    type_slot_def *row = type_slot_defs;

    if (slots_follow_base(type) && slots_copy_and_update(type)) {
        return;
    }

    while (row->dunder != NULL) {
        row = slot_update_group(type, row);
    }
}

/* Settles the groups in `type` and in all subclasses that do not define
 * `name` themselves. */
static int
slot_update_groups(PyTypeObject *type, PyObject *name, type_slot_def **groups,
                   int n)
{
    PyObject *subclasses;

    for (int i = 0; i < n; i++) {
        slot_update_group(type, groups[i]);
    }
    if (type->tp_subclasses == NULL) {
        return 0;
    }
    subclasses = type_subclasses(type);
    if (subclasses == NULL) {
        return -1;
    }
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(subclasses); i++) {
        PyTypeObject *subclass =
            (PyTypeObject *)PyList_GET_ITEM(subclasses, i);
        PyObject *dict = subclass->tp_dict;

        if (dict != NULL && PyDict_Check(dict)) {
            int own = PyDict_Contains(dict, name);

            if (own < 0) {
                Py_DECREF(subclasses);
                return -1;
            }
            if (own) {
                continue;
            }
        }
        if (slot_update_groups(subclass, name, groups, n) < 0) {
            Py_DECREF(subclasses);
            return -1;
        }
    }
    Py_DECREF(subclasses);
    return 0;
}

int
type_update_slot(PyTypeObject *type, PyObject *name)
{
    type_slot_def *groups[MAX_ROWS_PER_NAME];
    int n = 0;

    for (type_slot_def *row = type_slot_defs; row->dunder != NULL; row++) {
        type_slot_def *start = row;

        if (row->name != name) {
            continue;
        }
        while (start > type_slot_defs && start[-1].offset == start->offset) {
            start--;
        }
        assert(n < MAX_ROWS_PER_NAME);
        groups[n++] = start;
    }
    return n == 0 ? 0 : slot_update_groups(type, name, groups, n);
}

int
type_update_all_slots(PyTypeObject *type)
{
    PyType_Modified(type);
    for (type_slot_def *row = type_slot_defs; row->dunder != NULL; row++) {
        if (type_update_slot(type, row->name) < 0) {
            return -1;
        }
    }
    return 0;
}

/* wrapperbase rows of the descriptors, one per row of the table. */
static struct wrapperbase *slot_wrapper_bases;

static int
slot_make_wrapper_bases(void)
{
    size_t n = 0;

    while (type_slot_defs[n].dunder != NULL) {
        n++;
    }
    slot_wrapper_bases = PyMem_RawCalloc(n, sizeof(struct wrapperbase));
    if (slot_wrapper_bases == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    for (size_t i = 0; i < n; i++) {
        type_slot_def *row = &type_slot_defs[i];
        PyObject *name = PyUnicode_InternFromString(row->dunder);

        if (name == NULL) {
            return -1;
        }
        row->name = name;
        slot_wrapper_bases[i] = (struct wrapperbase){
            .name = row->dunder, .offset = row->offset,
            .function = row->function, .wrapper = row->wrapper,
            .doc = row->doc, .flags = row->flags, .name_strobj = name};
    }
    return 0;
}

/* Puts a wrapper descriptor into tp_dict for each filled slot, unless the
 * dunder is there already.  tp_hash "not hashable" shows as None. */
int
type_add_operators(PyTypeObject *type)
{
    PyObject *dict = type->tp_dict;

    if (slot_wrapper_bases == NULL && slot_make_wrapper_bases() < 0) {
        return -1;
    }
    for (size_t i = 0; type_slot_defs[i].dunder != NULL; i++) {
        type_slot_def *row = &type_slot_defs[i];
        void **slot;
        int present;

        if (row->wrapper == NULL) {
            continue;
        }
        slot = type_slot_pointer(type, row->offset);
        if (slot == NULL || *slot == NULL) {
            continue;
        }
        present = PyDict_Contains(dict, row->name);
        if (present < 0) {
            return -1;
        }
        if (present) {
            continue;
        }
        if (*slot == (void *)PyObject_HashNotImplemented) {
            if (PyDict_SetItem(dict, row->name, Py_None) < 0) {
                return -1;
            }
        }
        else {
            PyObject *descr = PyDescr_NewWrapper(type, &slot_wrapper_bases[i],
                                                 *slot);

            if (descr == NULL || PyDict_SetItem(dict, row->name, descr) < 0) {
                Py_XDECREF(descr);
                return -1;
            }
            Py_DECREF(descr);
        }
    }
    return 0;
}
