/* The exception classes as static types, generated from exceptions.def; the
 * PyExc_* variables; MemoryError instances kept for when there is no memory.
 *
 * A SIMPLE class inherits every slot.  A STRUCTURED one has the slots that
 * the macro SLOTS_<prefix> lists. */
#include "types.h"

#include "tuple.h"

/* ---- MemoryError ---- */

/* Instances ready to be raised, linked through `dict`. */
#define MEMORY_ERRORS_KEPT 16
static PyBaseExceptionObject *free_memory_errors;
static int free_memory_errors_len;

/* The very last one: has no traceback worth its name, is never freed. */
static struct {
    PyGC_Head head;
    PyBaseExceptionObject error;
} last_memory_error = {
    .error = {.ob_base = OBJECT_HEAD_IMMORTAL(&exception_type_MemoryError)},
};

PyObject *
memory_error_new(PyTypeObject *type, PyObject *args, PyObject *kwds)
{
    PyBaseExceptionObject *self = free_memory_errors;

    if (type != &exception_type_MemoryError || self == NULL) {
        return base_exception_new(type, args, kwds);
    }
    free_memory_errors = (PyBaseExceptionObject *)self->dict;
    free_memory_errors_len--;
    self->dict = NULL;
    self->args = args != NULL ? Py_NewRef(args) : Py_NewRef(TUPLE_EMPTY);
    _Py_NewReference((PyObject *)self);
    gc_track(self);
    return (PyObject *)self;
}

void
memory_error_dealloc(PyObject *op)
{
    PyBaseExceptionObject *self = (PyBaseExceptionObject *)op;

    PyObject_GC_UnTrack(op);
    base_exception_clear(op);
    if (!Py_IS_TYPE(op, &exception_type_MemoryError) ||
        free_memory_errors_len >= MEMORY_ERRORS_KEPT) {
        Py_TYPE(op)->tp_free(op);
        return;
    }
    self->suppress_context = 0;
    self->dict = (PyObject *)free_memory_errors;
    free_memory_errors = self;
    free_memory_errors_len++;
}

PyObject *
exceptions_memory_error(void)
{
    if (free_memory_errors == NULL) {
        PyBaseExceptionObject *self = &last_memory_error.error;
        if (self->args == NULL) {
            self->args = Py_NewRef(TUPLE_EMPTY);
        }
        return Py_NewRef((PyObject *)self);
    }
    return memory_error_new(&exception_type_MemoryError, NULL, NULL);
}

void
exceptions_clear_free_list(void)
{
    while (free_memory_errors != NULL) {
        PyBaseExceptionObject *self = free_memory_errors;
        free_memory_errors = (PyBaseExceptionObject *)self->dict;
        free_memory_errors_len--;
        self->dict = NULL;
        Py_TYPE(self)->tp_free((PyObject *)self);
    }
}

static int
fill_memory_errors(void)
{
    PyObject *kept[MEMORY_ERRORS_KEPT];
    int n = 0;

    while (n < MEMORY_ERRORS_KEPT &&
           (kept[n] = base_exception_new(&exception_type_MemoryError, NULL,
                                         NULL)) != NULL) {
        n++;
    }
    for (int i = 0; i < n; i++) {
        Py_DECREF(kept[i]);
    }
    return n == MEMORY_ERRORS_KEPT ? 0 : -1;
}

/* ---- the types ---- */

#define FIELD_SLOTS(prefix)                                           \
    .tp_init = prefix##_init, .tp_traverse = prefix##_traverse,       \
    .tp_clear = prefix##_clear, .tp_dealloc = prefix##_dealloc,       \
    .tp_members = prefix##_members

#define SLOTS_group                                                        \
    .tp_init = group_init, .tp_traverse = group_traverse,                  \
    .tp_clear = group_clear, .tp_dealloc = group_dealloc,                  \
    .tp_members = group_members, .tp_methods = group_methods,              \
    .tp_new = group_new, .tp_str = group_str
#define SLOTS_system_exit FIELD_SLOTS(system_exit)
#define SLOTS_attribute_error \
    FIELD_SLOTS(attribute_error), .tp_str = base_exception_str
#define SLOTS_import_error                                                \
    FIELD_SLOTS(import_error), .tp_str = import_error_str,                \
    .tp_methods = import_error_methods
#define SLOTS_name_error FIELD_SLOTS(name_error), .tp_str = base_exception_str
#define SLOTS_os_error                                                     \
    .tp_init = os_error_init, .tp_traverse = os_error_traverse,            \
    .tp_clear = os_error_clear, .tp_dealloc = os_error_dealloc,            \
    .tp_members = os_error_members, .tp_methods = os_error_methods,        \
    .tp_getset = os_error_getset, .tp_new = os_error_new,                  \
    .tp_str = os_error_str
#define SLOTS_stop_iteration FIELD_SLOTS(stop_iteration)
#define SLOTS_syntax_error                                                 \
    FIELD_SLOTS(syntax_error), .tp_str = syntax_error_str
#define SLOTS_key_error \
    .tp_init = base_exception_init, .tp_str = key_error_str
#define SLOTS_memory_error                                                 \
    .tp_init = base_exception_init, .tp_new = memory_error_new,            \
    .tp_traverse = base_exception_traverse,                                \
    .tp_clear = base_exception_clear, .tp_dealloc = memory_error_dealloc
#define UNICODE_SLOTS(kind)                                                \
    .tp_init = unicode_##kind##_error_init,                                \
    .tp_traverse = unicode_error_traverse,                                 \
    .tp_clear = unicode_error_clear, .tp_dealloc = unicode_error_dealloc,  \
    .tp_members = unicode_error_members, .tp_new = base_exception_new,     \
    .tp_str = unicode_##kind##_error_str
#define SLOTS_unicode_encode_error UNICODE_SLOTS(encode)
#define SLOTS_unicode_decode_error UNICODE_SLOTS(decode)
#define SLOTS_unicode_translate_error UNICODE_SLOTS(translate)

/* HAVE_GC comes with traverse and clear: inherited where those are. */
#define EXCEPTION_FLAGS \
    (Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_BASE_EXC_SUBCLASS)

#define ROOT(name, doc)                                                    \
    PyTypeObject exception_type_##name = {                                 \
        .ob_base = VAR_HEAD_IMMORTAL(&PyType_Type, 0),                     \
        .tp_name = #name, .tp_basicsize = sizeof(PyBaseExceptionObject),   \
        .tp_flags = EXCEPTION_FLAGS | Py_TPFLAGS_HAVE_GC, .tp_doc = doc,   \
        .tp_new = base_exception_new, .tp_init = base_exception_init,      \
        .tp_dealloc = base_exception_dealloc,                              \
        .tp_traverse = base_exception_traverse,                            \
        .tp_clear = base_exception_clear,                                  \
        .tp_repr = base_exception_repr, .tp_str = base_exception_str,      \
        .tp_getattro = PyObject_GenericGetAttr,                            \
        .tp_setattro = PyObject_GenericSetAttr,                            \
        .tp_methods = base_exception_methods,                              \
        .tp_members = base_exception_members,                              \
        .tp_getset = base_exception_getset,                                \
        .tp_dictoffset = offsetof(PyBaseExceptionObject, dict),            \
    };                                                                     \
    PyObject *PyExc_##name = (PyObject *)&exception_type_##name;

#define SIMPLE(name, parent, doc)                                          \
    PyTypeObject exception_type_##name = {                                 \
        .ob_base = VAR_HEAD_IMMORTAL(&PyType_Type, 0),                     \
        .tp_name = #name, .tp_base = &exception_type_##parent,             \
        .tp_flags = EXCEPTION_FLAGS, .tp_doc = doc,                        \
        .tp_init = base_exception_init, .tp_new = base_exception_new,      \
    };                                                                     \
    PyObject *PyExc_##name = (PyObject *)&exception_type_##name;

#define DERIVED(name, parent, prefix, doc)                                 \
    PyTypeObject exception_type_##name = {                                 \
        .ob_base = VAR_HEAD_IMMORTAL(&PyType_Type, 0),                     \
        .tp_name = #name, .tp_base = &exception_type_##parent,             \
        .tp_flags = EXCEPTION_FLAGS, .tp_doc = doc,                        \
        .tp_init = prefix##_init,                                          \
    };                                                                     \
    PyObject *PyExc_##name = (PyObject *)&exception_type_##name;

/* The table's field for the layout is spelt by the slots too. */
#define STRUCTURED(name, parent, prefix, Struct, doc)                      \
    PyTypeObject exception_type_##name = {                                 \
        .ob_base = VAR_HEAD_IMMORTAL(&PyType_Type, 0),                     \
        .tp_name = #name, .tp_base = &exception_type_##parent,             \
        .tp_basicsize = sizeof(Struct),                                    \
        .tp_flags = EXCEPTION_FLAGS | STRUCTURED_GC_##prefix,              \
        .tp_doc = doc, SLOTS_##prefix,                                     \
    };                                                                     \
    PyObject *PyExc_##name = (PyObject *)&exception_type_##name;

#define STRUCTURED_GC_group Py_TPFLAGS_HAVE_GC
#define STRUCTURED_GC_system_exit Py_TPFLAGS_HAVE_GC
#define STRUCTURED_GC_attribute_error Py_TPFLAGS_HAVE_GC
#define STRUCTURED_GC_import_error Py_TPFLAGS_HAVE_GC
#define STRUCTURED_GC_name_error Py_TPFLAGS_HAVE_GC
#define STRUCTURED_GC_os_error Py_TPFLAGS_HAVE_GC
#define STRUCTURED_GC_stop_iteration Py_TPFLAGS_HAVE_GC
#define STRUCTURED_GC_syntax_error Py_TPFLAGS_HAVE_GC
#define STRUCTURED_GC_key_error 0
#define STRUCTURED_GC_memory_error Py_TPFLAGS_HAVE_GC
#define STRUCTURED_GC_unicode_encode_error Py_TPFLAGS_HAVE_GC
#define STRUCTURED_GC_unicode_decode_error Py_TPFLAGS_HAVE_GC
#define STRUCTURED_GC_unicode_translate_error Py_TPFLAGS_HAVE_GC

#define ALIAS(name, target) \
    PyObject *PyExc_##name = (PyObject *)&exception_type_##target;

#include "exceptions.def"

/* ---- start-up ---- */

static const struct {
    const char *name;
    PyTypeObject *type;
} all_exceptions[] = {
#define ROOT(name, doc) {#name, &exception_type_##name},
#define SIMPLE(name, base, doc) {#name, &exception_type_##name},
#define DERIVED(name, base, prefix, doc) {#name, &exception_type_##name},
#define STRUCTURED(name, base, prefix, Struct, doc) \
    {#name, &exception_type_##name},
#define ALIAS(name, target) {#name, &exception_type_##target},
#include "exceptions.def"
};

int
exceptions_add_to(PyObject *dict)
{
    for (size_t i = 0; i < Py_ARRAY_LENGTH(all_exceptions); i++) {
        if (PyDict_SetItemString(dict, all_exceptions[i].name,
                                 (PyObject *)all_exceptions[i].type) < 0) {
            return -1;
        }
    }
    if (group_init_type() < 0) {
        return -1;
    }
    return PyDict_SetItemString(dict, "ExceptionGroup", exception_group_type);
}

int
exceptions_init(PyInterpreterState *interp)
{
    if (free_memory_errors_len == 0 && fill_memory_errors() < 0) {
        return -1;
    }
    return group_init_type();
}

void
exceptions_fini(PyInterpreterState *interp)
{
    if (interp == PyInterpreterState_Main()) {
        exceptions_clear_free_list();
    }
}
