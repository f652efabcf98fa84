/* Events of extension modules that are not ours (foreign_events.def).
 *
 * A function or method object of C points to its PyMethodDef.  Here that
 * pointer is turned to a copy of the definition with one field changed: the C
 * function is ours, of the same calling convention; it raises the event and
 * calls the original.
 *
 *     builtin or descriptor --m_ml/d_method--> row->method
 *                                                 ml_meth: <row>_... here
 *                                                 name, flags, docs: as before
 *                                              row->original: the library's
 *
 * So the object itself, its name, docstring, signature, pickling, __self__,
 * vectorcall, and what subclasses inherit remain as they were, and no object
 * leads to the original.  The same is done with the setter of an attribute,
 * and with a slot of a type together with the wrapper descriptors of that
 * slot.
 *
 * The library checks its arguments after the event, not before: a call with
 * wrong ones is announced, too, and then fails.  Paths are the exception:
 * their __fspath__ runs first, and its result is what both see.
 *
 * Rows are filled in when their function is first met, never changed
 * afterwards, and serve all interpreters: a library is in memory once.
 * Another library with a module of the same name is left alone. */
#include "Python.h"
#include "structmember.h"

#include "audit.h"
#include "foreign_events.h"

#include <string.h>

/* No function with a row takes as many arguments. */
#define ARGS_MAX 16
#define PARAMETER_SIZE 32

typedef struct {
    AuditEvent event;
    const char *module;
    const char *type;                  /* "": a function of the module */
    const char *name;
    const char *parameters;
    const char *words;                 /* "": always */
    /* Ours, by calling convention. */
    PyCFunction with_object;           /* METH_NOARGS, METH_O, METH_VARARGS */
    _PyCFunctionFast with_stack;       /* METH_FASTCALL */
    _PyCFunctionFastWithKeywords with_names;
    PyCFunctionWithKeywords with_dict; /* METH_VARARGS | METH_KEYWORDS */
    setter with_value;                 /* of an attribute */
    /* The library's; NULL until it is met. */
    PyCFunction original;
    setter original_set;
    /* What the objects point to instead. */
    PyMethodDef method;
    PyGetSetDef attribute;
} ForeignRow;

enum foreign_row {
#define FOREIGN(row, event, module, type, name, parameters, words) ROW_##row,
#include "foreign_events.def"
    ROW_COUNT
};
static ForeignRow foreign_rows[ROW_COUNT];

/* ---- what the event carries --------------------------------------------- */

typedef struct {
    PyObject *items[ARGS_MAX];         /* borrowed, or from `converted` */
    Py_ssize_t nargs;                  /* by position */
    PyObject *names;                 /* borrowed tuple for the rest, or NULL */
    PyObject *dict;                    /* borrowed, or NULL */
    PyObject *converted[ARGS_MAX];     /* owned, or NULL */
} ForeignArgs;

static void
args_release(ForeignArgs *args)
{
    for (size_t i = 0; i < ARGS_MAX; i++) {
        Py_XDECREF(args->converted[i]);
    }
}

/* 0, or -1 when there are too many, which the library will refuse. */
static int
args_fill(ForeignArgs *args, PyObject *const *items, Py_ssize_t nargs,
          PyObject *names, PyObject *dict)
{
    Py_ssize_t count = nargs + (names == NULL ? 0 : PyTuple_GET_SIZE(names));

    memset(args, 0, sizeof(*args));
    if (count > ARGS_MAX) {
        return -1;
    }
    for (Py_ssize_t i = 0; i < count; i++) {
        args->items[i] = items[i];
    }
    args->nargs = nargs;
    args->names = names;
    args->dict = dict;
    return 0;
}

/* The index of a parameter in the items, or -1. */
static Py_ssize_t
args_find(const ForeignArgs *args, Py_ssize_t position, const char *name)
{
    if (position < args->nargs) {
        return position;
    }
    for (Py_ssize_t i = 0;
         args->names != NULL && i < PyTuple_GET_SIZE(args->names); i++) {
        if (PyUnicode_CompareWithASCIIString(PyTuple_GET_ITEM(args->names, i),
                                             name) == 0) {
            return args->nargs + i;
        }
    }
    return -1;
}

/* A path becomes the text that it stands for, once for all.  0/-1.  Runs
 * Python (__fspath__). */
static int
args_convert_path(ForeignArgs *args, Py_ssize_t index)
{
    PyObject *path = args->items[index], *text;

    if (path == Py_None || PyUnicode_Check(path) || PyBytes_Check(path)) {
        return 0;
    }
    text = PyOS_FSPath(path);
    if (text == NULL) {
        if (!PyErr_ExceptionMatches(PyExc_TypeError)) {
            return -1;
        }
        PyErr_Clear();                 /* no path: the library will say so */
        return 0;
    }
    args->converted[index] = args->items[index] = text;
    return 0;
}

/* The value of the parameter, borrowed; NULL with an exception. */
static PyObject *
args_get(ForeignArgs *args, Py_ssize_t position, const char *name, int is_path)
{
    Py_ssize_t index = args_find(args, position, name);
    PyObject *value;

    if (index >= 0) {
        if (is_path && args_convert_path(args, index) < 0) {
            return NULL;
        }
        return args->items[index];
    }
    value = args->dict == NULL ? NULL
                               : PyDict_GetItemString(args->dict, name);
    return value == NULL ? Py_None : value;
}

/* Copies the next of the comma-separated names; where the one after it
 * starts, or NULL. */
static const char *
next_parameter(const char *text, char name[PARAMETER_SIZE])
{
    size_t len = strcspn(text, ",");

    assert(len < PARAMETER_SIZE);
    memcpy(name, text, len);
    name[len] = '\0';
    return text[len] == ',' ? text + len + 1 : NULL;
}

/* New list of what the parameters name; converts paths in `args`. */
static PyObject *
event_values(const char *parameters, PyObject *self, ForeignArgs *args)
{
    PyObject *list = PyList_New(0);
    Py_ssize_t position = 0;
    char buffer[PARAMETER_SIZE];

    for (const char *next = parameters; list != NULL && next != NULL;) {
        const char *name = buffer;
        PyObject *value = self;
        int is_path, is_left_out;

        next = next_parameter(next, buffer);
        is_path = *name == '/';
        is_left_out = *name == '-';
        name += is_path || is_left_out;
        if (strcmp(name, "self") != 0) {
            value = args_get(args, position, name, is_path);
            position++;
        }
        if (value == NULL ||
            (!is_left_out && PyList_Append(list, value) < 0)) {
            Py_CLEAR(list);
        }
    }
    return list;
}

/* Whether the first str among the values holds one of the words. */
static int
values_hold_word(PyObject *values, const char *words)
{
    char word[PARAMETER_SIZE];

    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(values); i++) {
        PyObject *value = PyList_GET_ITEM(values, i);
        const char *text;

        if (!PyUnicode_Check(value)) {
            continue;
        }
        text = PyUnicode_AsUTF8(value);
        if (text == NULL) {
            PyErr_Clear();            /* a surrogate: the library refuses it */
            return 0;
        }
        while (*words != '\0') {
            size_t len = strcspn(words, "|");

            assert(len < sizeof(word));
            memcpy(word, words, len);
            word[len] = '\0';
            if (strcasestr(text, word) != NULL) {
                return 1;
            }
            words += len + (words[len] == '|');
        }
        return 0;
    }
    return 0;
}

/* 0/-1.  Runs Python (hooks). */
static int
raise_event(AuditEvent event, const char *parameters, const char *words,
            PyObject *self, ForeignArgs *args)
{
    PyObject *values = event_values(parameters, self, args), *tuple;
    int status;

    if (values == NULL) {
        return -1;
    }
    if (*words != '\0' && !values_hold_word(values, words)) {
        Py_DECREF(values);
        return 0;
    }
    tuple = PyList_AsTuple(values);
    Py_DECREF(values);
    if (tuple == NULL) {
        return -1;
    }
    status = audit_raise_tuple(event, tuple);
    Py_DECREF(tuple);
    return status;
}

/* ---- functions ---------------------------------------------------------- */

static int
row_raise(const ForeignRow *row, PyObject *self, ForeignArgs *args)
{
    return raise_event(row->event, row->parameters, row->words, self, args);
}

/* Somebody listens to METH_NOARGS, METH_O or METH_VARARGS. */
static PyObject *
call_with_object(const ForeignRow *row, PyObject *self, PyObject *arg)
{
    int flags = row->method.ml_flags;
    PyObject *const *items = flags & METH_VARARGS ? &PyTuple_GET_ITEM(arg, 0)
                                                  : &arg;
    Py_ssize_t nargs = flags & METH_VARARGS ? PyTuple_GET_SIZE(arg)
                                            : (flags & METH_O) != 0;
    ForeignArgs args;
    PyObject *result = NULL;

    if (args_fill(&args, items, nargs, NULL, NULL) < 0) {
        return row->original(self, arg);
    }
    if (row_raise(row, self, &args) == 0) {
        result = row->original(self, flags & METH_O ? args.items[0] : arg);
    }
    args_release(&args);
    return result;
}

static PyObject *
call_original_dict(const ForeignRow *row, PyObject *self, PyObject *tuple,
                   PyObject *dict)
{
    return ((PyCFunctionWithKeywords)(void (*)(void))row->original)(
        self, tuple, dict);
}

/* Somebody listens to METH_VARARGS | METH_KEYWORDS. */
static PyObject *
call_with_dict(const ForeignRow *row, PyObject *self, PyObject *tuple,
               PyObject *dict)
{
    ForeignArgs args;
    PyObject *result = NULL;

    if (args_fill(&args, &PyTuple_GET_ITEM(tuple, 0), PyTuple_GET_SIZE(tuple),
                  NULL, dict) < 0 ||
        row_raise(row, self, &args) == 0) {
        result = call_original_dict(row, self, tuple, dict);
    }
    args_release(&args);
    return result;
}

/* METH_FASTCALL, with METH_KEYWORDS or (`names` NULL) without. */
static PyObject *
call_original_stack(const ForeignRow *row, PyObject *self,
                    PyObject *const *items, Py_ssize_t nargs, PyObject *names)
{
    if (row->method.ml_flags & METH_KEYWORDS) {
        return ((_PyCFunctionFastWithKeywords)(void (*)(void))row->original)(
            self, items, nargs, names);
    }
    return ((_PyCFunctionFast)(void (*)(void))row->original)(self, items,
                                                             nargs);
}

static PyObject *
call_with_stack(const ForeignRow *row, PyObject *self, PyObject *const *items,
                Py_ssize_t nargs, PyObject *names)
{
    ForeignArgs args;
    PyObject *result = NULL;

    if (args_fill(&args, items, nargs, names, NULL) < 0) {
        return call_original_stack(row, self, items, nargs, names);
    }
    if (row_raise(row, self, &args) == 0) {
        result = call_original_stack(row, self, args.items, nargs, names);
    }
    args_release(&args);
    return result;
}

static int
set_with_value(const ForeignRow *row, PyObject *self, PyObject *value,
               void *closure)
{
    ForeignArgs args;
    int status = -1;

    if (value == NULL) {
        return row->original_set(self, NULL, closure);
    }
    (void)args_fill(&args, &value, 1, NULL, NULL);
    if (row_raise(row, self, &args) == 0) {
        status = row->original_set(self, args.items[0], closure);
    }
    args_release(&args);
    return status;
}

/* The functions of a row: nothing but a jump where nobody listens. */
#define FOREIGN(row, event, module, type, name, parameters, words)            \
    static PyObject *row##_with_object(PyObject *self, PyObject *arg)         \
    {                                                                         \
        const ForeignRow *r = &foreign_rows[ROW_##row];                       \
        return PyAuditWanted(AUDIT_##event) ? call_with_object(r, self, arg)  \
                                            : r->original(self, arg);         \
    }
#include "foreign_events.def"

#define FOREIGN(row, event, module, type, name, parameters, words)            \
    static PyObject *row##_with_dict(PyObject *self, PyObject *args,          \
                                     PyObject *dict)                          \
    {                                                                         \
        const ForeignRow *r = &foreign_rows[ROW_##row];                       \
        return PyAuditWanted(AUDIT_##event)                                   \
                   ? call_with_dict(r, self, args, dict)                      \
                   : call_original_dict(r, self, args, dict);                 \
    }
#include "foreign_events.def"

#define FOREIGN(row, event, module, type, name, parameters, words)            \
    static PyObject *row##_with_names(PyObject *self, PyObject *const *args,  \
                                      Py_ssize_t nargs, PyObject *names)      \
    {                                                                         \
        const ForeignRow *r = &foreign_rows[ROW_##row];                       \
        return PyAuditWanted(AUDIT_##event)                                   \
                   ? call_with_stack(r, self, args, nargs, names)             \
                   : call_original_stack(r, self, args, nargs, names);        \
    }
#include "foreign_events.def"

#define FOREIGN(row, event, module, type, name, parameters, words)            \
    static PyObject *row##_with_stack(PyObject *self, PyObject *const *args,  \
                                      Py_ssize_t nargs)                       \
    {                                                                         \
        return row##_with_names(self, args, nargs, NULL);                     \
    }
#include "foreign_events.def"

#define FOREIGN(row, event, module, type, name, parameters, words)            \
    static int row##_with_value(PyObject *self, PyObject *value,              \
                                void *closure)                                \
    {                                                                         \
        const ForeignRow *r = &foreign_rows[ROW_##row];                       \
        return PyAuditWanted(AUDIT_##event)                                   \
                   ? set_with_value(r, self, value, closure)                  \
                   : r->original_set(self, value, closure);                   \
    }
#include "foreign_events.def"

static ForeignRow foreign_rows[ROW_COUNT] = {
#define FOREIGN(row, event_, module_, type_, name_, parameters_, words_)      \
    [ROW_##row] = {.event = AUDIT_##event_, .module = module_,                \
                   .type = type_, .name = name_, .parameters = parameters_,   \
                   .words = words_, .with_object = row##_with_object,         \
                   .with_stack = row##_with_stack,                            \
                   .with_names = row##_with_names,                            \
                   .with_dict = row##_with_dict,                              \
                   .with_value = row##_with_value},
#include "foreign_events.def"
};

/* ---- slots of types ----------------------------------------------------- */

typedef struct {
    const char *module;
    const char *type;
    size_t suite;                    /* of the slot: offset in the type of a */
                                       /* pointer to its table; 0: in the
                                        * type */
    size_t offset;
    void *replacement;               /* a function, as dlsym() would give it */
    void *original;                    /* NULL until it is met */
} SlotRow;

enum slot_row {
#define FOREIGN_SLOT(row, event, module, type, slot, parameters) SLOT_##row,
#include "foreign_events.def"
    SLOT_COUNT
};
static SlotRow slot_rows[SLOT_COUNT];

#define SLOT_tp_call(row, event, parameters)                                  \
    static PyObject *row##_slot(PyObject *self, PyObject *args,               \
                                PyObject *kwds)                               \
    {                                                                         \
        if (PyAudit(AUDIT_##event, "OO", self, args) < 0) {                   \
            return NULL;                                                      \
        }                                                                     \
        return ((ternaryfunc)slot_rows[SLOT_##row].original)(self, args,      \
                                                             kwds);           \
    }

/* 0/-1 */
static int
announce_new(AuditEvent event, const char *parameters, PyTypeObject *type,
             PyObject *args, PyObject *kwds)
{
    ForeignArgs values;

    if (args_fill(&values, &PyTuple_GET_ITEM(args, 0), PyTuple_GET_SIZE(args),
                  NULL, kwds) != 0) {
        return 0;               /* the type itself refuses the arguments */
    }
    return raise_event(event, parameters, "", (PyObject *)type, &values);
}

#define SLOT_tp_new(row, event, parameters)                                   \
    static PyObject *row##_slot(PyTypeObject *type, PyObject *args,           \
                                PyObject *kwds)                               \
    {                                                                         \
        if (PyAuditWanted(AUDIT_##event) &&                                   \
            announce_new(AUDIT_##event, parameters, type, args, kwds) < 0) {  \
            return NULL;                                                      \
        }                                                                     \
        return ((newfunc)slot_rows[SLOT_##row].original)(type, args, kwds);   \
    }

#define SLOT_sq_ass_item(row, event, parameters)                              \
    static int row##_slot(PyObject *self, Py_ssize_t index, PyObject *value)  \
    {                                                                         \
        if (PyAudit(AUDIT_##event, "OnO", self, index,                        \
                    value != NULL ? value : Py_None) < 0) {                   \
            return -1;                                                        \
        }                                                                     \
        return ((ssizeobjargproc)slot_rows[SLOT_##row].original)(self, index, \
                                                                 value);      \
    }

#define FOREIGN_SLOT(row, event, module, type, slot, parameters) \
    SLOT_##slot(row, event, parameters)
#include "foreign_events.def"

#define AT_tp_call .suite = 0, .offset = offsetof(PyTypeObject, tp_call)
#define AT_tp_new .suite = 0, .offset = offsetof(PyTypeObject, tp_new)
#define AT_sq_ass_item                                \
    .suite = offsetof(PyTypeObject, tp_as_sequence),  \
    .offset = offsetof(PySequenceMethods, sq_ass_item)

static SlotRow slot_rows[SLOT_COUNT] = {
#define FOREIGN_SLOT(row, event, module_, type_, slot, parameters)            \
    [SLOT_##row] = {.module = module_, .type = type_, AT_##slot,              \
                    .replacement = (void *)row##_slot},
#include "foreign_events.def"
};

/* ---- attaching ---------------------------------------------------------- */

/* The row's function for definitions with these flags, or NULL. */
static PyCFunction
row_function(const ForeignRow *row, int flags)
{
    switch (flags & ~(METH_COEXIST | METH_CLASS | METH_STATIC)) {
    case METH_NOARGS:
    case METH_O:
    case METH_VARARGS:
        return row->with_object;
    case METH_VARARGS | METH_KEYWORDS:
        return _PyCFunction_CAST(row->with_dict);
    case METH_FASTCALL:
        return _PyCFunction_CAST(row->with_stack);
    case METH_FASTCALL | METH_KEYWORDS:
        return _PyCFunction_CAST(row->with_names);
    default:
        return NULL;
    }
}

static void
attach_method(ForeignRow *row, PyMethodDef **where)
{
    PyCFunction function = row_function(row, (*where)->ml_flags);

    if (function == NULL) {
        return;
    }
    /* A converted path reaches the library by the stack or as the one object,
     * not in a tuple or dict of the caller's. */
    assert(strchr(row->parameters, '/') == NULL ||
           ((*where)->ml_flags & (METH_FASTCALL | METH_O)) != 0);
    if (row->original == NULL) {
        row->original = (*where)->ml_meth;
        row->method = **where;
        row->method.ml_meth = function;
    }
    if (row->original == (*where)->ml_meth) {
        *where = &row->method;
    }
}

static void
attach_attribute(ForeignRow *row, PyGetSetDef **where)
{
    if (row->original_set == NULL) {
        row->original_set = (*where)->set;
        row->attribute = **where;
        row->attribute.set = row->with_value;
    }
    if (row->original_set == (*where)->set) {
        *where = &row->attribute;
    }
}

/* What the module calls by this name, borrowed, or NULL.  Never fails. */
static PyObject *
module_peek(PyObject *module, const char *name)
{
    return PyDict_GetItemString(PyModule_GetDict(module), name);
}

static void
attach_row(ForeignRow *row, PyObject *module)
{
    PyObject *found;

    if (*row->type == '\0') {
        found = module_peek(module, row->name);
    }
    else {
        found = module_peek(module, row->type);
        found = found == NULL || !PyType_Check(found)
                    ? NULL
                    : PyDict_GetItemString(((PyTypeObject *)found)->tp_dict,
                                           row->name);
    }
    if (found == NULL) {
        return;
    }
    if (PyCFunction_CheckExact(found)) {
        attach_method(row, &((PyCFunctionObject *)found)->m_ml);
    }
    else if (Py_IS_TYPE(found, &PyMethodDescr_Type) ||
             Py_IS_TYPE(found, &PyClassMethodDescr_Type)) {
        attach_method(row, &((PyMethodDescrObject *)found)->d_method);
    }
    else if (Py_IS_TYPE(found, &PyGetSetDescr_Type)) {
        attach_attribute(row, &((PyGetSetDescrObject *)found)->d_getset);
    }
}

/* The slot, and the descriptors that call it under its Python name. */
static void
attach_slot(SlotRow *row, PyObject *module)
{
    PyObject *type = module_peek(module, row->type), *value;
    char *table;
    void **slot;
    Py_ssize_t position = 0;

    if (type == NULL || !PyType_Check(type)) {
        return;
    }
    table = row->suite == 0 ? (char *)type
                            : *(char **)((char *)type + row->suite);
    if (table == NULL) {
        return;
    }
    slot = (void **)(table + row->offset);
    if (row->original == NULL) {
        row->original = *slot;
    }
    if (*slot == NULL || *slot != row->original) {
        return;
    }
    *slot = row->replacement;
    while (PyDict_Next(((PyTypeObject *)type)->tp_dict, &position, NULL,
                       &value)) {
        PyWrapperDescrObject *wrapper = (PyWrapperDescrObject *)value;

        if (Py_IS_TYPE(value, &PyWrapperDescr_Type) &&
            wrapper->d_wrapped == row->original) {
            wrapper->d_wrapped = row->replacement;
        }
    }
    PyType_Modified((PyTypeObject *)type);
}

void
foreign_events_attach(PyObject *module)
{
    PyModuleDef *def = PyModule_Check(module) ? PyModule_GetDef(module) : NULL;

    if (def == NULL) {
        return;
    }
    for (size_t i = 0; i < ROW_COUNT; i++) {
        if (strcmp(foreign_rows[i].module, def->m_name) == 0) {
            attach_row(&foreign_rows[i], module);
        }
    }
    for (size_t i = 0; i < SLOT_COUNT; i++) {
        if (strcmp(slot_rows[i].module, def->m_name) == 0) {
            attach_slot(&slot_rows[i], module);
        }
    }
}
