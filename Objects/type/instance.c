/* Life of instances of heap types: allocation, collection, deallocation.
 *
 * An instance of a class statement's class, from low to high addresses:
 *
 *     [values, dict]    if Py_TPFLAGS_MANAGED_DICT
 *     [GC header]       if Py_TPFLAGS_HAVE_GC
 *     base's part       (object: refcount, type)
 *     slots             one word per entry of __slots__, T_OBJECT_EX members
 *     [weak list]       tp_weaklistoffset
 *     [items, dict]     only for subclasses of variable-size types: a negative
 *                       tp_dictoffset counts from the end
 */
#include "Python.h"
#include "structmember.h"

#include "internal/descr.h"
#include "internal/dict.h"
#include "internal/gc.h"
#include "internal/names.h"
#include "internal/object.h"
#include "internal/type.h"

/* Below this nesting of deallocations nothing is ever queued. */
#define TRASH_NESTING_SAFE 40

PyObject *
PyType_GenericAlloc(PyTypeObject *type, Py_ssize_t nitems)
{
    /* One item more than asked for: a zero behind the last. */
    size_t size = _PyObject_VAR_SIZE(type, nitems + 1);
    PyObject *op;

    if (type_has_feature(type, Py_TPFLAGS_HAVE_GC)) {
        op = gc_new_object(type, size, type_preheader_size(type));
        if (op == NULL) {
            return NULL;
        }
    }
    else {
        op = PyObject_Malloc(size);
        if (op == NULL) {
            return PyErr_NoMemory();
        }
    }
    if (size <= 8 * sizeof(void *)) {
        /* FAST PATH: sizes are multiples of a word. */
        for (size_t i = 0; i < size / sizeof(void *); i++) {
            ((void **)op)[i] = NULL;
        }
    }
    else {
        memset(op, 0, size);
    }
    if (type->tp_itemsize == 0) {
        object_init(op, type);
    }
    else {
        object_init_var((PyVarObject *)op, type, nitems);
    }
    if (type_has_feature(type, Py_TPFLAGS_HAVE_GC)) {
        if (type_has_feature(type, Py_TPFLAGS_MANAGED_DICT) &&
            type_has_feature(type, Py_TPFLAGS_HEAPTYPE) &&
            ((PyHeapTypeObject *)type)->ht_cached_keys != NULL &&
            instance_init_values(op, type) < 0) {
            /* No tp_new has filled it in: nothing that tp_dealloc, or a
             * finalizer, could rely on. */
            PyObject_GC_Del(op);
            Py_DECREF(type);
            return NULL;
        }
        gc_track(op);
    }
    return op;
}

PyObject *
PyType_GenericNew(PyTypeObject *type, PyObject *args, PyObject *kwds)
{
    return type->tp_alloc(type, 0);
}

/* ---- slots ------------------------------------------------------------- */

static int
instance_visit_slots(PyTypeObject *type, PyObject *self, visitproc visit,
                     void *arg)
{
    PyMemberDef *member = heap_type_members((PyHeapTypeObject *)type);

    for (Py_ssize_t i = 0; i < Py_SIZE(type); i++, member++) {
        if (member->type == T_OBJECT_EX) {
            Py_VISIT(*(PyObject **)((char *)self + member->offset));
        }
    }
    return 0;
}

static void
instance_clear_slots(PyTypeObject *type, PyObject *self)
{
    PyMemberDef *member = heap_type_members((PyHeapTypeObject *)type);

    for (Py_ssize_t i = 0; i < Py_SIZE(type); i++, member++) {
        if (member->type == T_OBJECT_EX && !(member->flags & READONLY)) {
            Py_CLEAR(*(PyObject **)((char *)self + member->offset));
        }
    }
}

int
subtype_traverse(PyObject *self, visitproc visit, void *arg)
{
    PyTypeObject *type = Py_TYPE(self), *base = type;
    traverseproc base_traverse;

    while ((base_traverse = base->tp_traverse) == subtype_traverse) {
        if (Py_SIZE(base) != 0) {
            int result = instance_visit_slots(base, self, visit, arg);

            if (result != 0) {
                return result;
            }
        }
        base = base->tp_base;
    }
    if (type_has_feature(type, Py_TPFLAGS_MANAGED_DICT)) {
        int result = instance_visit_attributes(self, visit, arg);

        if (result != 0) {
            return result;
        }
    }
    else if (type->tp_dictoffset != base->tp_dictoffset) {
        PyObject **dict = object_dict_slot(self);

        if (dict != NULL) {
            Py_VISIT(*dict);
        }
    }
    if (type_has_feature(type, Py_TPFLAGS_HEAPTYPE) &&
        (base_traverse == NULL ||
         !type_has_feature(base, Py_TPFLAGS_HEAPTYPE))) {
        /* A heap type among the bases visits the type itself. */
        Py_VISIT(type);
    }
    return base_traverse == NULL ? 0 : base_traverse(self, visit, arg);
}

int
subtype_clear(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self), *base = type;
    inquiry base_clear;

    while ((base_clear = base->tp_clear) == subtype_clear) {
        if (Py_SIZE(base) != 0) {
            instance_clear_slots(base, self);
        }
        base = base->tp_base;
    }
    if (type_has_feature(type, Py_TPFLAGS_MANAGED_DICT)) {
        instance_clear_attributes(self);
        Py_CLEAR(*instance_dict_pointer(self));
    }
    else if (type->tp_dictoffset != base->tp_dictoffset) {
        PyObject **dict = object_dict_slot(self);

        if (dict != NULL) {
            Py_CLEAR(*dict);
        }
    }
    return base_clear == NULL ? 0 : base_clear(self);
}

/* The nearest base that deallocates in its own way. */
static PyTypeObject *
subtype_native_base(PyTypeObject *type)
{
    while (type->tp_dealloc == subtype_dealloc) {
        type = type->tp_base;
        assert(type != NULL);
    }
    return type;
}

/* Hands the object to the native base, then lets go of the type, unless the
 * base does that itself as all heap types do. */
static void
subtype_finish_dealloc(PyObject *self, PyTypeObject *base)
{
    PyTypeObject *type = Py_TYPE(self);       /* __del__ may have changed it */
    int drop_type = type_has_feature(type, Py_TPFLAGS_HEAPTYPE) &&
                    !type_has_feature(base, Py_TPFLAGS_HEAPTYPE);

    if (base == &PyBaseObject_Type) {
        type->tp_free(self);           /* FAST PATH: object's dealloc */
    }
    else {
        base->tp_dealloc(self);
    }
    if (drop_type) {
        Py_DECREF(type);
    }
}

/* Finalizers of a collectable object, which has to be tracked meanwhile.
 * Returns 1 if the object came back to life. */
static int
subtype_finalize(PyObject *self, PyTypeObject *type, PyTypeObject *base)
{
    int has_weak_list = type->tp_weaklistoffset != 0 &&
                        base->tp_weaklistoffset == 0;

    if (type->tp_finalize != NULL) {
        gc_track(self);
        if (PyObject_CallFinalizerFromDealloc(self) < 0) {
            return 1;
        }
        gc_untrack(self);
    }
    if (has_weak_list) {
        PyObject_ClearWeakRefs(self);
    }
    if (type->tp_del != NULL) {
        gc_track(self);
        type->tp_del(self);
        if (Py_REFCNT(self) > 0) {
            return 1;
        }
        gc_untrack(self);
    }
    if (has_weak_list && (type->tp_finalize != NULL || type->tp_del != NULL)) {
        /* Weak references made by the finalizer: their callbacks are not
         * called, since the object is already half gone. */
        weakref_clear_all_no_callbacks(self);
    }
    return 0;
}

static void
subtype_dealloc_simple(PyObject *self, PyTypeObject *type)
{
    if (type->tp_finalize != NULL &&
        PyObject_CallFinalizerFromDealloc(self) < 0) {
        return;
    }
    if (type->tp_del != NULL) {
        type->tp_del(self);
        if (Py_REFCNT(self) > 0) {
            return;
        }
    }
    subtype_finish_dealloc(self, subtype_native_base(type));
}

/* Everything but the trashcan. */
static void
subtype_dealloc_collectable(PyObject *self, PyTypeObject *type)
{
    PyTypeObject *base = subtype_native_base(type);

    if ((type->tp_finalize != NULL || type->tp_del != NULL ||
         type->tp_weaklistoffset != 0) &&
        subtype_finalize(self, type, base)) {
        return;
    }
    for (PyTypeObject *up = type; up != base; up = up->tp_base) {
        if (Py_SIZE(up) != 0) {
            instance_clear_slots(up, self);
        }
    }
    if (type_has_feature(type, Py_TPFLAGS_MANAGED_DICT)) {
        instance_free_attributes(self);
    }
    else if (type->tp_dictoffset != 0 && base->tp_dictoffset == 0) {
        PyObject **dict = object_dict_slot(self);

        if (dict != NULL) {
            Py_CLEAR(*dict);
        }
    }
    if (type_has_feature(base, Py_TPFLAGS_HAVE_GC)) {
        gc_track(self);              /* as that dealloc expects */
    }
    subtype_finish_dealloc(self, base);
}

/* Runs Python (finalizers, weak reference callbacks, whatever the attributes
 * free). */
void
subtype_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyThreadState *tstate;

    assert(type_has_feature(type, Py_TPFLAGS_HEAPTYPE));
    if (!type_has_feature(type, Py_TPFLAGS_HAVE_GC)) {
        subtype_dealloc_simple(self, type);
        return;
    }
    if (gc_is_tracked(self)) {
        gc_untrack(self);
    }
    if (type->tp_dealloc != subtype_dealloc) {
        subtype_dealloc_collectable(self, type);   /* within the subtype's */
        return;
    }
    /* The trashcan, without its calls as long as the nesting is low. */
    tstate = _PyThreadState_GET();
    if (tstate->trash_delete_nesting >= TRASH_NESTING_SAFE) {
        if (_PyTrash_begin(tstate, self)) {
            return;
        }
    }
    else {
        tstate->trash_delete_nesting++;
    }
    subtype_dealloc_collectable(self, type);
    if (tstate->trash_delete_later != NULL) {
        _PyTrash_end(tstate);
    }
    else {
        tstate->trash_delete_nesting--;
    }
}

/* ---- __dict__ and __weakref__ ------------------------------------------- */

/* A static base that has a dict has its own idea of __dict__. */
static PyTypeObject *
subtype_base_with_dict(PyTypeObject *type)
{
    for (; type->tp_base != NULL; type = type->tp_base) {
        if (type->tp_dictoffset != 0 &&
            !type_has_feature(type, Py_TPFLAGS_HEAPTYPE)) {
            return type;
        }
    }
    return NULL;
}

/* Borrowed data descriptor, or NULL with TypeError. */
static PyObject *
subtype_dict_descriptor(PyTypeObject *base, PyObject *self)
{
    PyObject *descr = _PyType_Lookup(base, NAME(__dict__));

    if (descr == NULL || !PyDescr_IsData(descr)) {
        PyErr_Format(PyExc_TypeError,
                     "this __dict__ descriptor does not support "
                     "'%.200s' objects", Py_TYPE(self)->tp_name);
        return NULL;
    }
    return descr;
}

static PyObject *
subtype_get_dict(PyObject *self, void *closure)
{
    PyTypeObject *base = subtype_base_with_dict(Py_TYPE(self));

    if (base != NULL) {
        PyObject *descr = subtype_dict_descriptor(base, self);

        if (descr == NULL) {
            return NULL;
        }
        if (Py_TYPE(descr)->tp_descr_get == NULL) {
            PyErr_Format(PyExc_TypeError,
                         "this __dict__ descriptor does not support "
                         "'%.200s' objects", Py_TYPE(self)->tp_name);
            return NULL;
        }
        return Py_TYPE(descr)->tp_descr_get(descr, self,
                                            (PyObject *)Py_TYPE(self));
    }
    return PyObject_GenericGetDict(self, closure);
}

static int
subtype_set_dict(PyObject *self, PyObject *value, void *closure)
{
    PyTypeObject *base = subtype_base_with_dict(Py_TYPE(self));
    PyObject **dict;

    if (base != NULL) {
        PyObject *descr = subtype_dict_descriptor(base, self);

        return descr == NULL
                   ? -1 : Py_TYPE(descr)->tp_descr_set(descr, self, value);
    }
    dict = _PyObject_GetDictPtr(self);
    if (dict == NULL) {
        PyErr_SetString(PyExc_AttributeError, "This object has no __dict__");
        return -1;
    }
    if (value != NULL && !PyDict_Check(value)) {
        PyErr_Format(PyExc_TypeError,
                     "__dict__ must be set to a dictionary, not a '%.200s'",
                     Py_TYPE(value)->tp_name);
        return -1;
    }
    Py_XINCREF(value);
    Py_XSETREF(*dict, value);
    return 0;
}

static PyObject *
subtype_get_weakref(PyObject *self, void *closure)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject *head;

    if (type->tp_weaklistoffset == 0) {
        PyErr_SetString(PyExc_AttributeError,
                        "This object has no __weakref__");
        return NULL;
    }
    head = *(PyObject **)((char *)self + type->tp_weaklistoffset);
    return Py_NewRef(head == NULL ? Py_None : head);
}

#define DICT_GETSET {"__dict__", subtype_get_dict, subtype_set_dict, \
     PyDoc_STR("dictionary for instance variables (if defined)")}
#define WEAKREF_GETSET {"__weakref__", subtype_get_weakref, NULL, \
     PyDoc_STR("list of weak references to the object (if defined)")}

PyGetSetDef subtype_getsets_full[] = {DICT_GETSET, WEAKREF_GETSET, {NULL}};
PyGetSetDef subtype_getsets_dict_only[] = {DICT_GETSET, {NULL}};
PyGetSetDef subtype_getsets_weakref_only[] = {WEAKREF_GETSET, {NULL}};
