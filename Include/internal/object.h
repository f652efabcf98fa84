/* Helpers on plain objects: immortal heads, quick initialisation, the
 * attribute protocol's private entry points, the trashcan. */
#ifndef LUCID_INTERNAL_OBJECT_H
#define LUCID_INTERNAL_OBJECT_H

#include "Python.h"

/* Start value of objects that live as long as the process.  Extensions
 * increment and decrement it like any other: 2**40 is out of their reach in
 * both directions. */
#define REFCOUNT_IMMORTAL ((Py_ssize_t)1 << 40)

/* Heads of statically allocated objects: `{OBJECT_HEAD_IMMORTAL(&T), ...}`. */
#define OBJECT_HEAD_IMMORTAL(type)                                            \
    {                                                                         \
        .ob_refcnt = REFCOUNT_IMMORTAL, .ob_type = (type)                     \
    }
#define VAR_HEAD_IMMORTAL(type, size) \
    {.ob_base = OBJECT_HEAD_IMMORTAL(type), .ob_size = (size)}

/* True for static singletons, names, small ints and the like. */
static inline int
object_is_immortal(PyObject *op)
{
    return op->ob_refcnt >= REFCOUNT_IMMORTAL / 2;
}

/* Makes `op` immortal (start-up only). */
static inline void
object_set_immortal(PyObject *op)
{
    op->ob_refcnt = REFCOUNT_IMMORTAL;
}

static inline int
object_has_feature(PyObject *op, unsigned long flag)
{
    return (Py_TYPE(op)->tp_flags & flag) != 0;
}

static inline int
object_is_gc(PyObject *op)
{
    PyTypeObject *type = Py_TYPE(op);

    return (type->tp_flags & Py_TPFLAGS_HAVE_GC) != 0 &&
           (type->tp_is_gc == NULL || type->tp_is_gc(op));
}

/* First touch of fresh memory: type and a refcount of one.  A heap type gains
 * a reference.  Never fails. */
static inline void
object_init(PyObject *op, PyTypeObject *type)
{
    op->ob_type = type;
    if (type->tp_flags & Py_TPFLAGS_HEAPTYPE) {
        Py_INCREF((PyObject *)type);
    }
    _Py_NewReference(op);
}

static inline void
object_init_var(PyVarObject *op, PyTypeObject *type, Py_ssize_t size)
{
    op->ob_size = size;
    object_init((PyObject *)op, type);
}

/* Where an instance keeps its dict, by tp_dictoffset only (negative offsets
 * count from the end of the items); NULL if the type has none. */
PyObject **object_dict_slot(PyObject *op);

/* Attribute `name` of `op`, looked up on its type and bound: as
 * _PyObject_LookupSpecial, but 1/0/-1 in the library's usual way.
 * *attr is new or NULL.  Runs Python (descriptors). */
int object_find_special(PyObject *op, PyObject *name, PyObject **attr);

/* The unbound half: *self_or_null is `op` borrowed if the function found
 * wants it as its first argument, or NULL when the result is bound already.
 * Returns new, or NULL without an exception when absent. */
PyObject *object_find_special_method(PyObject *op, PyObject *name,
                                     PyObject **self_or_null);

/* Adds name and obj to a fresh AttributeError that has none yet (3.11 fills
 * them in at the failing lookup).  Keeps the exception set.  Never fails. */
void attribute_error_set_context(PyObject *op, PyObject *name);

/* Is somebody listening to assignments (value NULL: deletions)? */
#define attribute_audit_wanted(value)                         \
    PyAuditWanted((value) != NULL ? AUDIT_LUCID_OBJECT___SETATTR__ \
                                  : AUDIT_LUCID_OBJECT___DELATTR__)
/* lucid.object.__setattr__ or __delattr__.  0/-1.  Runs Python (hooks). */
int attribute_audit_assignment(PyObject *op, const char *name,
                               PyObject *value);
/* The same if `op` is a type, a module or a function and Python has no event
 * for it. */
int attribute_audit_patch(PyObject *op, PyObject *name, PyObject *value);

/* Address in memory as "0x..." goes through "%p". */

/* Whether `op` has no attributes of its own (also: can have none). */
int _PyObject_IsInstanceDictEmpty(PyObject *op);

/* Free lists of files of this area, emptied by gc.collect() and at the end. */
void method_free_list_clear(void);

#endif
