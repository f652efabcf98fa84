/* Exception classes with fields: SystemExit, StopIteration, AttributeError,
 * NameError, ImportError, SyntaxError; KeyError with a text of its own. */
#include "types.h"

/* traverse, clear and dealloc of a class whose fields are listed. */
#define FIELD_SLOTS(prefix, ...)                                             \
    static const size_t prefix##_fields[] = {__VA_ARGS__, 0};                \
    int prefix##_clear(PyObject *self)                                       \
    {                                                                        \
        exception_clear_fields(self, prefix##_fields);                       \
        return base_exception_clear(self);                                   \
    }                                                                        \
    void prefix##_dealloc(PyObject *self)                                    \
    {                                                                        \
        PyObject_GC_UnTrack(self);                                           \
        Py_TRASHCAN_BEGIN(self, prefix##_dealloc)                            \
        prefix##_clear(self);                                                \
        Py_TYPE(self)->tp_free(self);                                        \
        Py_TRASHCAN_END                                                      \
    }                                                                        \
    int prefix##_traverse(PyObject *self, visitproc visit, void *arg)        \
    {                                                                        \
        return exception_visit_fields(self, prefix##_fields, visit, arg);    \
    }

/* An object field that Python can read and set. */
#define FIELD(Struct, name, doc) \
    {#name, T_OBJECT, offsetof(Struct, name), 0, PyDoc_STR(doc)}

/* ---- SystemExit, StopIteration ---- */

FIELD_SLOTS(system_exit, offsetof(PySystemExitObject, code))

int
system_exit_init(PyObject *self, PyObject *args, PyObject *kwds)
{
    Py_ssize_t n = PyTuple_GET_SIZE(args);

    if (base_exception_init(self, args, kwds) < 0) {
        return -1;
    }
    if (n > 0) {
        PyObject *code = n == 1 ? PyTuple_GET_ITEM(args, 0) : args;
        Py_XSETREF(((PySystemExitObject *)self)->code, Py_NewRef(code));
    }
    return 0;
}

PyMemberDef system_exit_members[] = {
    FIELD(PySystemExitObject, code, "exit code"),
    {NULL, 0, 0, 0, NULL},
};

FIELD_SLOTS(stop_iteration, offsetof(PyStopIterationObject, value))

int
stop_iteration_init(PyObject *self, PyObject *args, PyObject *kwds)
{
    PyObject *value = Py_None;

    if (base_exception_init(self, args, kwds) < 0) {
        return -1;
    }
    if (PyTuple_GET_SIZE(args) > 0) {
        value = PyTuple_GET_ITEM(args, 0);
    }
    Py_XSETREF(((PyStopIterationObject *)self)->value, Py_NewRef(value));
    return 0;
}

PyMemberDef stop_iteration_members[] = {
    FIELD(PyStopIterationObject, value, "generator return value"),
    {NULL, 0, 0, 0, NULL},
};

/* ---- keyword-only fields ---- */

/* Parses the keywords alone, at most two: the positional arguments are the
 * exception's.  Values are borrowed, NULL if absent. */
static int
parse_keywords(PyObject *self, PyObject *args, PyObject *kwds,
               const char *format, const char *const *keywords,
               PyObject *values[2])
{
    PyObject *empty;
    int parsed;

    values[0] = values[1] = NULL;
    if (exception_init_args(self, args) < 0) {
        return -1;
    }
    if (kwds == NULL) {
        return 0;
    }
    empty = PyTuple_New(0);
    if (empty == NULL) {
        return -1;
    }
    parsed = PyArg_ParseTupleAndKeywords(empty, kwds, format,
                                         (char **)keywords, &values[0],
                                         &values[1]);
    Py_DECREF(empty);
    return parsed ? 0 : -1;
}

FIELD_SLOTS(attribute_error, offsetof(PyAttributeErrorObject, obj),
            offsetof(PyAttributeErrorObject, name))

int
attribute_error_init(PyObject *op, PyObject *args, PyObject *kwds)
{
    static const char *const keywords[] = {"name", "obj", NULL};
    PyAttributeErrorObject *self = (PyAttributeErrorObject *)op;
    PyObject *values[2];

    if (parse_keywords(op, args, kwds, "|$OO:AttributeError", keywords,
                       values) < 0) {
        return -1;
    }
    Py_XSETREF(self->name, Py_XNewRef(values[0]));
    Py_XSETREF(self->obj, Py_XNewRef(values[1]));
    return 0;
}

PyMemberDef attribute_error_members[] = {
    FIELD(PyAttributeErrorObject, name, "attribute name"),
    FIELD(PyAttributeErrorObject, obj, "object"),
    {NULL, 0, 0, 0, NULL},
};

FIELD_SLOTS(name_error, offsetof(PyNameErrorObject, name))

int
name_error_init(PyObject *op, PyObject *args, PyObject *kwds)
{
    static const char *const keywords[] = {"name", NULL};
    PyObject *values[2];

    if (parse_keywords(op, args, kwds, "|$O:NameError", keywords, values) <
        0) {
        return -1;
    }
    Py_XSETREF(((PyNameErrorObject *)op)->name, Py_XNewRef(values[0]));
    return 0;
}

PyMemberDef name_error_members[] = {
    FIELD(PyNameErrorObject, name, "name"),
    {NULL, 0, 0, 0, NULL},
};

/* ---- ImportError ---- */

FIELD_SLOTS(import_error, offsetof(PyImportErrorObject, msg),
            offsetof(PyImportErrorObject, name),
            offsetof(PyImportErrorObject, path))

int
import_error_init(PyObject *op, PyObject *args, PyObject *kwds)
{
    static const char *const keywords[] = {"name", "path", NULL};
    PyImportErrorObject *self = (PyImportErrorObject *)op;
    PyObject *values[2], *message = NULL;

    if (parse_keywords(op, args, kwds, "|$OO:ImportError", keywords, values) <
        0) {
        return -1;
    }
    if (PyTuple_GET_SIZE(args) == 1) {
        message = PyTuple_GET_ITEM(args, 0);
    }
    Py_XSETREF(self->name, Py_XNewRef(values[0]));
    Py_XSETREF(self->path, Py_XNewRef(values[1]));
    Py_XSETREF(self->msg, Py_XNewRef(message));
    return 0;
}

PyObject *
import_error_str(PyObject *op)
{
    PyImportErrorObject *self = (PyImportErrorObject *)op;

    if (self->msg != NULL && PyUnicode_CheckExact(self->msg)) {
        return Py_NewRef(self->msg);
    }
    return base_exception_str(op);
}

/* The state: the dict with name and path; new, or NULL without an exception
 * if there is nothing. */
static PyObject *
import_error_state(PyImportErrorObject *self, int *failed)
{
    PyObject *dict = self->dict, *state;

    *failed = 0;
    if (self->name == NULL && self->path == NULL) {
        return Py_XNewRef(dict);
    }
    state = dict != NULL ? PyDict_Copy(dict) : PyDict_New();
    if (state == NULL ||
        (self->name != NULL &&
         PyDict_SetItem(state, NAME(name), self->name) < 0) ||
        (self->path != NULL &&
         PyDict_SetItem(state, NAME(path), self->path) < 0)) {
        Py_XDECREF(state);
        *failed = 1;
        return NULL;
    }
    return state;
}

static PyObject *
import_error_reduce(PyObject *op, PyObject *ignored)
{
    PyImportErrorObject *self = (PyImportErrorObject *)op;
    PyObject *state, *result;
    int failed;

    state = import_error_state(self, &failed);
    if (failed) {
        return NULL;
    }
    result = state == NULL
                 ? PyTuple_Pack(2, Py_TYPE(op), self->args)
                 : PyTuple_Pack(3, Py_TYPE(op), self->args, state);
    Py_XDECREF(state);
    return result;
}

PyMethodDef import_error_methods[] = {
    {"__reduce__", import_error_reduce, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

PyMemberDef import_error_members[] = {
    FIELD(PyImportErrorObject, msg, "exception message"),
    FIELD(PyImportErrorObject, name, "module name"),
    FIELD(PyImportErrorObject, path, "module path"),
    {NULL, 0, 0, 0, NULL},
};

/* ---- SyntaxError ---- */

FIELD_SLOTS(syntax_error, offsetof(PySyntaxErrorObject, msg),
            offsetof(PySyntaxErrorObject, filename),
            offsetof(PySyntaxErrorObject, lineno),
            offsetof(PySyntaxErrorObject, offset),
            offsetof(PySyntaxErrorObject, end_lineno),
            offsetof(PySyntaxErrorObject, end_offset),
            offsetof(PySyntaxErrorObject, text),
            offsetof(PySyntaxErrorObject, print_file_and_line))

/* SyntaxError(msg, (filename, lineno, offset, text[, end_lineno,
 * end_offset])) */
int
syntax_error_init(PyObject *op, PyObject *args, PyObject *kwds)
{
    PySyntaxErrorObject *self = (PySyntaxErrorObject *)op;
    PyObject *info, *filename, *lineno, *offset, *text;
    PyObject *end_lineno = NULL, *end_offset = NULL;
    int status = -1;

    if (base_exception_init(op, args, kwds) < 0) {
        return -1;
    }
    if (PyTuple_GET_SIZE(args) >= 1) {
        Py_XSETREF(self->msg, Py_NewRef(PyTuple_GET_ITEM(args, 0)));
    }
    if (PyTuple_GET_SIZE(args) != 2) {
        return 0;
    }
    info = PySequence_Tuple(PyTuple_GET_ITEM(args, 1));
    if (info == NULL) {
        return -1;
    }
    if (PyArg_ParseTuple(info, "OOOO|OO", &filename, &lineno, &offset, &text,
                         &end_lineno, &end_offset)) {
        Py_XSETREF(self->filename, Py_NewRef(filename));
        Py_XSETREF(self->lineno, Py_NewRef(lineno));
        Py_XSETREF(self->offset, Py_NewRef(offset));
        Py_XSETREF(self->text, Py_NewRef(text));
        Py_XSETREF(self->end_lineno, Py_XNewRef(end_lineno));
        Py_XSETREF(self->end_offset, Py_XNewRef(end_offset));
        status = 0;
        if (end_lineno != NULL && end_offset == NULL) {
            PyErr_SetString(PyExc_TypeError,
                            "end_offset must be provided when end_lineno is "
                            "provided");
            status = -1;
        }
    }
    Py_DECREF(info);
    return status;
}

/* The last part of a path, new. */
static PyObject *
path_basename(PyObject *path)
{
    Py_ssize_t len = PyUnicode_GET_LENGTH(path);
    Py_ssize_t slash = PyUnicode_FindChar(path, '/', 0, len, -1);

    return slash < 0 ? Py_NewRef(path)
                     : PyUnicode_Substring(path, slash + 1, len);
}

PyObject *
syntax_error_str(PyObject *op)
{
    PySyntaxErrorObject *self = (PySyntaxErrorObject *)op;
    PyObject *filename = NULL, *result;
    PyObject *message = self->msg != NULL ? self->msg : Py_None;
    int overflow, has_line;

    if (self->filename != NULL && PyUnicode_Check(self->filename)) {
        filename = path_basename(self->filename);
        if (filename == NULL) {
            return NULL;
        }
    }
    has_line = self->lineno != NULL && PyLong_CheckExact(self->lineno);
    if (filename == NULL && !has_line) {
        return PyObject_Str(message);
    }
    if (filename != NULL && has_line) {
        result = PyUnicode_FromFormat(
            "%S (%U, line %ld)", message, filename,
            PyLong_AsLongAndOverflow(self->lineno, &overflow));
    }
    else if (filename != NULL) {
        result = PyUnicode_FromFormat("%S (%U)", message, filename);
    }
    else {
        result = PyUnicode_FromFormat(
            "%S (line %ld)", message,
            PyLong_AsLongAndOverflow(self->lineno, &overflow));
    }
    Py_XDECREF(filename);
    return result;
}

PyMemberDef syntax_error_members[] = {
    FIELD(PySyntaxErrorObject, msg, "exception msg"),
    FIELD(PySyntaxErrorObject, filename, "exception filename"),
    FIELD(PySyntaxErrorObject, lineno, "exception lineno"),
    FIELD(PySyntaxErrorObject, offset, "exception offset"),
    FIELD(PySyntaxErrorObject, text, "exception text"),
    FIELD(PySyntaxErrorObject, end_lineno, "exception end lineno"),
    FIELD(PySyntaxErrorObject, end_offset, "exception end offset"),
    FIELD(PySyntaxErrorObject, print_file_and_line,
          "whether a report names file and line"),
    {NULL, 0, 0, 0, NULL},
};

/* ---- KeyError ---- */

/* One argument is shown as its repr: an empty str would not be seen. */
PyObject *
key_error_str(PyObject *self)
{
    PyObject *args = ((PyBaseExceptionObject *)self)->args;

    return PyTuple_GET_SIZE(args) == 1
               ? PyObject_Repr(PyTuple_GET_ITEM(args, 0))
               : base_exception_str(self);
}
