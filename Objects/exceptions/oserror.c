/* OSError: OSError(errno, strerror[, filename[, winerror[, filename2]]]).
 *
 * Calling OSError itself with an errno that has a class of its own makes that
 * class.  The fields are set in __new__, so that they are there even if a
 * subclass's __init__ does not call ours; a subclass that overrides __init__
 * but not __new__ may have other arguments, so for it they are set in
 * __init__. */
#include "types.h"

#include "abstract.h"

#include <errno.h>

typedef struct {
    PyObject *myerrno, *strerror, *filename, *filename2;   /* borrowed */
} OSErrorArgs;

static PyTypeObject *
class_for_errno(PyObject *number)
{
    static const struct {
        int number;
        PyTypeObject *type;
    } classes[] = {
#define ERRNO(symbol, name) {symbol, &exception_type_##name},
#include "exceptions.def"
    };
    int overflow;
    long value;

    if (!PyLong_Check(number)) {
        return NULL;
    }
    value = PyLong_AsLongAndOverflow(number, &overflow);
    for (size_t i = 0; i < Py_ARRAY_LENGTH(classes); i++) {
        if (!overflow && classes[i].number == value) {
            return classes[i].type;
        }
    }
    return NULL;
}

static int
parse_args(PyObject *args, OSErrorArgs *parsed)
{
    Py_ssize_t nargs = PyTuple_GET_SIZE(args);
    PyObject *winerror = NULL;

    *parsed = (OSErrorArgs){NULL, NULL, NULL, NULL};
    if (nargs < 2 || nargs > 5) {
        return 0;
    }
    return PyArg_UnpackTuple(args, "OSError", 2, 5, &parsed->myerrno,
                             &parsed->strerror, &parsed->filename, &winerror,
                             &parsed->filename2) ? 0 : -1;
}

/* Takes the fields; self->args becomes args without the file names. */
static int
set_fields(PyOSErrorObject *self, PyObject *args, OSErrorArgs *parsed)
{
    PyObject *short_args = NULL;
    Py_ssize_t nargs = PyTuple_GET_SIZE(args);

    if (parsed->filename != NULL && parsed->filename != Py_None) {
        if (Py_IS_TYPE(self, &exception_type_BlockingIOError) &&
            PyNumber_Check(parsed->filename)) {
            /* BlockingIOError's third argument can be a count. */
            self->written = PyNumber_AsSsize_t(parsed->filename,
                                               PyExc_ValueError);
            if (self->written == -1 && PyErr_Occurred()) {
                return -1;
            }
        }
        else {
            Py_XSETREF(self->filename, Py_NewRef(parsed->filename));
            if (parsed->filename2 != NULL && parsed->filename2 != Py_None) {
                Py_XSETREF(self->filename2, Py_NewRef(parsed->filename2));
            }
            if (nargs >= 2 && nargs <= 5) {
                short_args = PyTuple_GetSlice(args, 0, 2);
                if (short_args == NULL) {
                    return -1;
                }
            }
        }
    }
    Py_XSETREF(self->myerrno, Py_XNewRef(parsed->myerrno));
    Py_XSETREF(self->strerror, Py_XNewRef(parsed->strerror));
    Py_XSETREF(self->args, short_args != NULL ? short_args : Py_NewRef(args));
    return 0;
}

/* Whether __init__ is to set the fields. */
static int
uses_init(PyTypeObject *type)
{
    return type->tp_init != os_error_init && type->tp_new == os_error_new;
}

PyObject *
os_error_new(PyTypeObject *type, PyObject *args, PyObject *kwds)
{
    PyOSErrorObject *self;
    OSErrorArgs parsed = {NULL, NULL, NULL, NULL};

    if (!uses_init(type)) {
        if (!_PyArg_NoKeywords(type->tp_name, kwds) ||
            parse_args(args, &parsed) < 0) {
            return NULL;
        }
        if (parsed.myerrno != NULL && type == &exception_type_OSError) {
            PyTypeObject *found = class_for_errno(parsed.myerrno);
            if (found != NULL) {
                type = found;
            }
        }
    }
    self = (PyOSErrorObject *)type->tp_alloc(type, 0);
    if (self == NULL) {
        return NULL;
    }
    self->written = -1;
    if (uses_init(type)) {
        self->args = PyTuple_New(0);
        if (self->args == NULL) {
            Py_DECREF(self);
            return NULL;
        }
    }
    else if (set_fields(self, args, &parsed) < 0) {
        Py_DECREF(self);
        return NULL;
    }
    return (PyObject *)self;
}

int
os_error_init(PyObject *self, PyObject *args, PyObject *kwds)
{
    OSErrorArgs parsed;

    if (!uses_init(Py_TYPE(self))) {
        return 0;                      /* __new__ has done everything */
    }
    if (!_PyArg_NoKeywords(Py_TYPE(self)->tp_name, kwds) ||
        parse_args(args, &parsed) < 0) {
        return -1;
    }
    return set_fields((PyOSErrorObject *)self, args, &parsed);
}

static const size_t os_error_fields[] = {
    offsetof(PyOSErrorObject, myerrno), offsetof(PyOSErrorObject, strerror),
    offsetof(PyOSErrorObject, filename), offsetof(PyOSErrorObject, filename2),
    0,
};

int
os_error_clear(PyObject *self)
{
    exception_clear_fields(self, os_error_fields);
    return base_exception_clear(self);
}

void
os_error_dealloc(PyObject *self)
{
    PyObject_GC_UnTrack(self);
    Py_TRASHCAN_BEGIN(self, os_error_dealloc)
    os_error_clear(self);
    Py_TYPE(self)->tp_free(self);
    Py_TRASHCAN_END
}

int
os_error_traverse(PyObject *self, visitproc visit, void *arg)
{
    return exception_visit_fields(self, os_error_fields, visit, arg);
}

PyObject *
os_error_str(PyObject *op)
{
    PyOSErrorObject *self = (PyOSErrorObject *)op;
    PyObject *number = self->myerrno != NULL ? self->myerrno : Py_None;
    PyObject *text = self->strerror != NULL ? self->strerror : Py_None;

    if (self->filename != NULL) {
        return self->filename2 != NULL
                   ? PyUnicode_FromFormat("[Errno %S] %S: %R -> %R", number,
                                          text, self->filename,
                                          self->filename2)
                   : PyUnicode_FromFormat("[Errno %S] %S: %R", number, text,
                                          self->filename);
    }
    if (self->myerrno != NULL && self->strerror != NULL) {
        return PyUnicode_FromFormat("[Errno %S] %S", number, text);
    }
    return base_exception_str(op);
}

/* args were cut when there is a file name: put together again. */
static PyObject *
os_error_reduce(PyObject *op, PyObject *ignored)
{
    PyOSErrorObject *self = (PyOSErrorObject *)op;
    PyObject *args = self->args, *result;

    if (PyTuple_GET_SIZE(args) == 2 && self->filename != NULL) {
        args = self->filename2 != NULL
                   ? PyTuple_Pack(5, PyTuple_GET_ITEM(args, 0),
                                  PyTuple_GET_ITEM(args, 1), self->filename,
                                  Py_None, self->filename2)
                   : PyTuple_Pack(3, PyTuple_GET_ITEM(args, 0),
                                  PyTuple_GET_ITEM(args, 1), self->filename);
        if (args == NULL) {
            return NULL;
        }
    }
    else {
        Py_INCREF(args);
    }
    result = self->dict != NULL
                 ? PyTuple_Pack(3, Py_TYPE(op), args, self->dict)
                 : PyTuple_Pack(2, Py_TYPE(op), args);
    Py_DECREF(args);
    return result;
}

static PyObject *
get_written(PyObject *op, void *closure)
{
    PyOSErrorObject *self = (PyOSErrorObject *)op;

    if (self->written == -1) {
        PyErr_SetString(PyExc_AttributeError, "characters_written");
        return NULL;
    }
    return PyLong_FromSsize_t(self->written);
}

static int
set_written(PyObject *op, PyObject *value, void *closure)
{
    PyOSErrorObject *self = (PyOSErrorObject *)op;
    Py_ssize_t written;

    if (value == NULL) {
        if (self->written == -1) {
            PyErr_SetString(PyExc_AttributeError, "characters_written");
            return -1;
        }
        self->written = -1;
        return 0;
    }
    written = PyNumber_AsSsize_t(value, PyExc_ValueError);
    if (written == -1 && PyErr_Occurred()) {
        return -1;
    }
    self->written = written;
    return 0;
}

PyMethodDef os_error_methods[] = {
    {"__reduce__", os_error_reduce, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

PyMemberDef os_error_members[] = {
    {"errno", T_OBJECT, offsetof(PyOSErrorObject, myerrno), 0,
     PyDoc_STR("POSIX exception code")},
    {"strerror", T_OBJECT, offsetof(PyOSErrorObject, strerror), 0,
     PyDoc_STR("exception strerror")},
    {"filename", T_OBJECT, offsetof(PyOSErrorObject, filename), 0,
     PyDoc_STR("exception filename")},
    {"filename2", T_OBJECT, offsetof(PyOSErrorObject, filename2), 0,
     PyDoc_STR("second exception filename")},
    {NULL, 0, 0, 0, NULL},
};

PyGetSetDef os_error_getset[] = {
    {"characters_written", get_written, set_written, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};
