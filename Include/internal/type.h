/* Types: lookup, versions, allocation of instances, slots. */
#ifndef LUCID_INTERNAL_TYPE_H
#define LUCID_INTERNAL_TYPE_H

#include "Python.h"
#include "gc_state.h"

/* One row of slots.def. */
typedef struct {
    const char *dunder;          /* "__repr__" */
    int offset;                  /* of the slot in PyHeapTypeObject */
    void *function;              /* slot function that calls the dunder */
    wrapperfunc wrapper;         /* calls the slot from Python; or NULL */
    const char *doc;
    int flags;                   /* PyWrapperFlag_KEYWORDS */
    PyObject *name;              /* interned, set at start-up */
    uint8_t suite;               /* SLOT_SUITE_ */
    uint8_t first;               /* index of the dunder's first row */
    uint8_t next;                /* index + 1 of its next row, or 0 */
} type_slot_def;

enum {
    SLOT_SUITE_TYPE, SLOT_SUITE_ASYNC, SLOT_SUITE_NUMBER, SLOT_SUITE_MAPPING,
    SLOT_SUITE_SEQUENCE, SLOT_SUITE_COUNT
};

static inline int
type_has_feature(PyTypeObject *type, unsigned long flag)
{
    return (type->tp_flags & flag) != 0;
}

/* Bytes between the start of the allocation and the object. */
static inline size_t
type_preheader_size(PyTypeObject *type)
{
    return (type_has_feature(type, Py_TPFLAGS_HAVE_GC) ? sizeof(PyGC_Head)
                                                       : 0) +
           (type_has_feature(type, Py_TPFLAGS_MANAGED_DICT)
                ? 2 * sizeof(PyObject *)
                : 0);
}

/* ---- versions and lookup (Objects/type/cache.c) ---------------------- */

/* Gives `type` a version tag if it has none: 1, or 0 when tags ran out or the
 * type cannot have one (a base without, a custom mro()).  Never fails. */
int type_assign_version(PyTypeObject *type);

/* _PyType_Lookup: borrowed, NULL without an exception if absent.  The version
 * (0: none) that makes the answer reusable goes to *version. */
PyObject *type_lookup_version(PyTypeObject *type, PyObject *name,
                              unsigned int *version);

/* Same as _PyType_Lookup, but leaves a lookup error (a hostile key's __eq__)
 * set: 1/0/-1, *value borrowed. */
int type_find(PyTypeObject *type, PyObject *name, PyObject **value);

void type_cache_clear(void);

/* type.__getattribute__ (generic) and its no-exception form. */
PyObject *type_getattro(PyObject *type, PyObject *name);

/* ---- names ------------------------------------------------------------ */

PyObject *type_get_name(PyTypeObject *type);            /* __name__ */
PyObject *type_get_qualname(PyTypeObject *type);        /* __qualname__ */
PyObject *type_get_module(PyTypeObject *type);          /* __module__ */

/* ---- making (Objects/type/ready.c, new.c, mro.c, spec.c) -------------- */

PyObject *type_mro_c3(PyTypeObject *type);              /* type.mro() */
int type_mro_update(PyTypeObject *type, PyObject **old_mro);
PyTypeObject *type_best_base(PyObject *bases);          /* borrowed */
PyTypeObject *type_solid_base(PyTypeObject *type);      /* borrowed */
int type_add_subclass(PyTypeObject *base, PyTypeObject *type);
void type_remove_subclass(PyTypeObject *base, PyTypeObject *type);
/* New list of the living direct subclasses. */
PyObject *type_subclasses(PyTypeObject *type);
int type_same_slots_added(PyTypeObject *left, PyTypeObject *right);
/* tp_doc behind its "name(signature)\n--\n\n" line, if it has one. */
const char *type_doc_without_signature(const char *name, const char *doc);
/* tp_flags, sizes and slots that come from a base. */
void type_inherit_special(PyTypeObject *type, PyTypeObject *base);
int type_set_new_wrapper(PyTypeObject *type);
int type_set_doc(PyTypeObject *type, PyObject *dict);
PyObject *type_new(PyTypeObject *metatype, PyObject *args, PyObject *kwds);
/* Vectorcall of classes with a Python __init__, set by type_new. */
PyObject *type_vectorcall_instance(PyObject *self, PyObject *const *args,
                                   size_t nargsf, PyObject *kwnames);
/* __bases__ = value, which is checked here (Objects/type/bases.c). */
int type_set_bases(PyTypeObject *type, PyObject *value);
int type_add_getset(PyTypeObject *type, const PyGetSetDef *def);

/* The class whose __new__ is the heap type's own (skips slot_tp_new). */
PyTypeObject *type_most_derived_static(PyTypeObject *type);

/* ---- slots (Objects/type/update.c, wrappers.c, slots.c) --------------- */

extern type_slot_def type_slot_defs[];              /* ends with dunder NULL */
int type_add_operators(PyTypeObject *type);         /* wrappers into tp_dict */
int type_update_slot(PyTypeObject *type, PyObject *name);  /* after a change */
void type_fixup_slots(PyTypeObject *type);             /* all, new heap type */
int type_update_all_slots(PyTypeObject *type);          /* new __bases__ */

/* Slot functions that others compare with. */
PyObject *slot_tp_getattr_hook(PyObject *self, PyObject *name);
PyObject *slot_tp_getattro(PyObject *self, PyObject *name);
int slot_tp_setattro(PyObject *self, PyObject *name, PyObject *value);
PyObject *slot_tp_call(PyObject *self, PyObject *args, PyObject *kwds);
PyObject *slot_tp_new(PyTypeObject *type, PyObject *args, PyObject *kwds);
int slot_tp_init(PyObject *self, PyObject *args, PyObject *kwds);
PyObject *slot_tp_iternext(PyObject *self);
PyObject *slot_tp_descr_get(PyObject *self, PyObject *obj, PyObject *type);
void slot_tp_finalize(PyObject *self);

/* ---- instances (Objects/type/instance.c) ------------------------------ */

void subtype_dealloc(PyObject *self);
int subtype_traverse(PyObject *self, visitproc visit, void *arg);
int subtype_clear(PyObject *self);
extern PyGetSetDef subtype_getsets_full[];       /* __dict__ and __weakref__ */
extern PyGetSetDef subtype_getsets_dict_only[];
extern PyGetSetDef subtype_getsets_weakref_only[];
/* The members of a heap type with __slots__: behind the type itself. */
static inline PyMemberDef *
heap_type_members(PyHeapTypeObject *type)
{
    return (PyMemberDef *)((char *)type + Py_TYPE(type)->tp_basicsize);
}

/* ---- object (Objects/type/baseobject.c, reduce.c) --------------------- */

PyObject *object_new(PyTypeObject *type, PyObject *args, PyObject *kwds);
int object_init_method(PyObject *self, PyObject *args, PyObject *kwds);
PyObject *object_repr(PyObject *self);
extern PyMethodDef object_methods[];
PyObject *object_reduce(PyObject *self, PyObject *ignored);
PyObject *object_reduce_ex(PyObject *self, PyObject *protocol);
PyObject *object_getstate(PyObject *self, PyObject *ignored);
int object_can_assign_class(PyTypeObject *old, PyTypeObject *now,
                            const char *attribute);
PyObject *object_get_class(PyObject *self, void *closure);
int object_set_class(PyObject *self, PyObject *value, void *closure);
/* New dict of the attributes of a class, bases included, for dir(). */
int type_merge_dir(PyObject *dict, PyObject *cls);

/* subsystems.def: readies every type of static_types.def. */
int types_init(PyInterpreterState *interp);
void types_fini(PyInterpreterState *interp);

#endif
