#ifndef LUCID_EXCEPTION_TYPES_H
#define LUCID_EXCEPTION_TYPES_H
/* What the files of this folder share. */
#include "Python.h"
#include "structmember.h"

#include "call.h"
#include "errors.h"
#include "gc.h"
#include "names.h"
#include "object.h"

/* exception_type_NAME, hidden; PyExc_NAME points there. */
#define ROOT(name, doc) extern PyTypeObject exception_type_##name;
#define SIMPLE(name, base, doc) extern PyTypeObject exception_type_##name;
#define DERIVED(name, base, prefix, doc) \
    extern PyTypeObject exception_type_##name;
#define STRUCTURED(name, base, prefix, Struct, doc) \
    extern PyTypeObject exception_type_##name;
#include "exceptions.def"

/* ---- base.c ---- */
extern PyObject *base_exception_new(PyTypeObject *type, PyObject *args,
                                    PyObject *kwds);
extern int base_exception_init(PyObject *self, PyObject *args, PyObject *kwds);
extern int base_exception_traverse(PyObject *self, visitproc visit, void *arg);
extern int base_exception_clear(PyObject *self);
extern void base_exception_dealloc(PyObject *self);
extern PyObject *base_exception_str(PyObject *self);
extern PyObject *base_exception_repr(PyObject *self);
extern PyMethodDef base_exception_methods[];
extern PyMemberDef base_exception_members[];
extern PyGetSetDef base_exception_getset[];
/* Calls the base's init with the positional arguments alone. */
extern int exception_init_args(PyObject *self, PyObject *args);
/* A class of one `fields` array: offsets of PyObject * fields, ended by 0.
 * Releases them, as clear or dealloc. */
extern void exception_clear_fields(PyObject *self, const size_t *fields);
extern int exception_visit_fields(PyObject *self, const size_t *fields,
                                  visitproc visit, void *arg);

#define EXCEPTION_SLOTS(prefix)                                             \
    extern int prefix##_init(PyObject *self, PyObject *args, PyObject *kwds); \
    extern int prefix##_traverse(PyObject *self, visitproc visit, void *arg); \
    extern int prefix##_clear(PyObject *self);                              \
    extern void prefix##_dealloc(PyObject *self)

EXCEPTION_SLOTS(system_exit);
EXCEPTION_SLOTS(stop_iteration);
EXCEPTION_SLOTS(attribute_error);
EXCEPTION_SLOTS(import_error);
EXCEPTION_SLOTS(name_error);
EXCEPTION_SLOTS(syntax_error);
EXCEPTION_SLOTS(os_error);
EXCEPTION_SLOTS(group);
EXCEPTION_SLOTS(unicode_error);
#undef EXCEPTION_SLOTS

extern PyMemberDef system_exit_members[], stop_iteration_members[],
    attribute_error_members[], import_error_members[], name_error_members[],
    syntax_error_members[], os_error_members[], group_members[],
    unicode_error_members[];
extern PyMethodDef import_error_methods[], os_error_methods[],
    group_methods[];
extern PyGetSetDef os_error_getset[];
extern PyObject *import_error_str(PyObject *self);
extern PyObject *syntax_error_str(PyObject *self);
extern PyObject *key_error_str(PyObject *self);
extern PyObject *os_error_str(PyObject *self);
extern PyObject *os_error_new(PyTypeObject *type, PyObject *args,
                              PyObject *kwds);
extern PyObject *group_new(PyTypeObject *type, PyObject *args, PyObject *kwds);
extern PyObject *group_str(PyObject *self);
extern PyObject *memory_error_new(PyTypeObject *type, PyObject *args,
                                  PyObject *kwds);
extern void memory_error_dealloc(PyObject *self);
extern int unicode_encode_error_init(PyObject *self, PyObject *args,
                                     PyObject *kwds);
extern int unicode_decode_error_init(PyObject *self, PyObject *args,
                                     PyObject *kwds);
extern int unicode_translate_error_init(PyObject *self, PyObject *args,
                                        PyObject *kwds);
extern PyObject *unicode_encode_error_str(PyObject *self);
extern PyObject *unicode_decode_error_str(PyObject *self);
extern PyObject *unicode_translate_error_str(PyObject *self);
/* The heap type ExceptionGroup, made at start-up. */
extern PyObject *exception_group_type;
extern int group_init_type(void);

#endif
