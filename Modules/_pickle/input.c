/* The unpickler's input, stack and memo. */

#include "private.h"
#include "buffer.h"

#include <string.h>

enum { WHOLE_LINE = -1 };

/* ---- Input -------------------------------------------------------------- */

static Py_ssize_t
fail_truncated(unpickler *self)
{
    PyErr_SetString(self->state->unpickling_error,
                    "pickle data was truncated");
    return -1;
}

void
input_release(unpickler *self)
{
    Py_buffer old = self->buffer;

    self->buffer = (Py_buffer){NULL};
    self->next = self->prefetched = 0;
    PyBuffer_Release(&old);
}

/* Makes the data of an object (borrowed; kept by its buffer) the input. */
int
input_set_bytes(unpickler *self, PyObject *data)
{
    input_release(self);
    if (PyObject_GetBuffer(data, &self->buffer, PyBUF_CONTIG_RO) < 0) {
        self->buffer = (Py_buffer){NULL};
        return -1;
    }
    self->prefetched = self->buffer.len;
    return 0;
}

/* Moves the file behind what was used of what had only been peeked at. */
int
input_skip_consumed(unpickler *self)
{
    Py_ssize_t consumed = self->next - self->prefetched;

    if (consumed <= 0) {
        return 0;
    }
    PyObject *data = PyObject_CallFunction(self->read, "n", consumed);
    if (data == NULL) {
        return -1;
    }
    Py_DECREF(data);
    self->prefetched = self->next;
    return 0;
}

/* Tries to look ahead without moving the file: 1 if the input now has `size`
 * bytes, 0, -1. */
static int
input_peek(unpickler *self, Py_ssize_t size)
{
    PyObject *data = PyObject_CallFunction(self->peek, "n",
                                           (Py_ssize_t)PREFETCH);
    if (data == NULL) {
        if (!PyErr_ExceptionMatches(PyExc_NotImplementedError)) {
            return -1;
        }
        PyErr_Clear();
        Py_CLEAR(self->peek);
        return 0;
    }
    int status = input_set_bytes(self, data);
    Py_DECREF(data);
    if (status < 0) {
        return -1;
    }
    self->prefetched = 0;
    return self->buffer.len >= size;
}

/* Fills the input from the file; the number of bytes, or -1. */
static Py_ssize_t
input_fill(unpickler *self, Py_ssize_t size)
{
    PyObject *data;

    if (self->read == NULL) {
        return fail_truncated(self);
    }
    if (input_skip_consumed(self) < 0) {
        return -1;
    }
    if (size == WHOLE_LINE) {
        data = PyObject_CallNoArgs(self->readline);
    }
    else {
        if (self->peek != NULL && size < PREFETCH) {
            int found = input_peek(self, size);
            if (found != 0) {
                return found < 0 ? -1 : self->buffer.len;
            }
        }
        data = PyObject_CallFunction(self->read, "n", size);
    }
    if (data == NULL) {
        return -1;
    }
    int status = input_set_bytes(self, data);
    Py_DECREF(data);
    return status < 0 ? -1 : self->buffer.len;
}

Py_ssize_t
input_read_slowly(unpickler *self, char **data, Py_ssize_t size)
{
    if (self->next > PY_SSIZE_T_MAX - size) {
        PyErr_SetString(self->state->unpickling_error,
                        "read would overflow (invalid bytecode)");
        return -1;
    }
    Py_ssize_t got = input_fill(self, size);
    if (got < 0) {
        return -1;
    }
    if (got < size) {
        return fail_truncated(self);
    }
    *data = self->buffer.buf;
    self->next = size;
    return size;
}

/* From the file straight to `target`, the memory of `owner`. */
static Py_ssize_t
read_from_file_into(unpickler *self, PyObject *owner, char *target,
                    Py_ssize_t size)
{
    PyObject *view = memory_lend(target, size, PyBUF_WRITE);
    PyObject *result;

    if (view == NULL) {
        return -1;
    }
    result = PyObject_CallOneArg(self->readinto, view);
    if (memory_end_loan(view) < 0) {
        Py_INCREF(owner);                 /* it stays for ever */
        Py_CLEAR(result);
    }
    if (result == NULL) {
        return -1;
    }
    Py_ssize_t got = PyLong_AsSsize_t(result);
    Py_DECREF(result);
    if (got < 0) {
        if (!PyErr_Occurred()) {
            PyErr_SetString(PyExc_ValueError,
                            "readinto() returned negative size");
        }
        return -1;
    }
    return got < size ? fail_truncated(self) : size;
}

Py_ssize_t
input_read_into(unpickler *self, PyObject *owner, char *target,
                Py_ssize_t size)
{
    Py_ssize_t here = self->buffer.len - self->next, wanted = size;

    if (here > 0) {
        Py_ssize_t take = Py_MIN(here, size);
        memcpy(target, input_next(self), (size_t)take);
        self->next += take;
        target += take;
        size -= take;
        if (size == 0) {
            return wanted;
        }
    }
    if (self->read == NULL) {
        return fail_truncated(self);
    }
    if (input_skip_consumed(self) < 0) {
        return -1;
    }
    if (self->readinto != NULL) {
        return read_from_file_into(self, owner, target, size) < 0 ? -1
                                                                  : wanted;
    }
    PyObject *data = PyObject_CallFunction(self->read, "n", size);
    if (data == NULL) {
        return -1;
    }
    if (!PyBytes_Check(data)) {
        PyErr_Format(PyExc_ValueError, "read() returned non-bytes object "
                                       "(%R)", Py_TYPE(data));
        Py_DECREF(data);
        return -1;
    }
    Py_ssize_t got = PyBytes_GET_SIZE(data);
    if (got >= size) {
        memcpy(target, PyBytes_AS_STRING(data), (size_t)size);
    }
    Py_DECREF(data);
    return got < size ? fail_truncated(self) : wanted;
}

/* Keeps a copy of the line, with a NUL behind it. */
static Py_ssize_t
keep_line(unpickler *self, const char *line, Py_ssize_t size, char **result)
{
    char *copy = PyMem_Realloc(self->line, (size_t)size + 1);

    if (copy == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    memcpy(copy, line, (size_t)size);
    copy[size] = '\0';
    self->line = *result = copy;
    return size;
}

Py_ssize_t
input_read_line(unpickler *self, char **line)
{
    Py_ssize_t ahead = self->buffer.len - self->next;
    char *end = ahead == 0
        ? NULL : memchr(input_next(self), '\n', (size_t)ahead);

    if (end != NULL) {
        char *start = input_next(self);
        Py_ssize_t size = end - start + 1;
        self->next += size;
        return keep_line(self, start, size, line);
    }
    if (self->read == NULL) {
        return fail_truncated(self);
    }
    Py_ssize_t size = input_fill(self, WHOLE_LINE);
    if (size < 0) {
        return -1;
    }
    if (size == 0 || ((char *)self->buffer.buf)[size - 1] != '\n') {
        return fail_truncated(self);
    }
    self->next = size;
    return keep_line(self, self->buffer.buf, size, line);
}

int
input_set_file(unpickler *self, PyObject *file)
{
    if (lookup_attribute(file, "peek", &self->peek) < 0 ||
        lookup_attribute(file, "readinto", &self->readinto) < 0 ||
        lookup_attribute(file, "read", &self->read) < 0 ||
        lookup_attribute(file, "readline", &self->readline) < 0) {
        return -1;
    }
    if (self->read == NULL || self->readline == NULL) {
        PyErr_SetString(PyExc_TypeError,
                        "file must have 'read' and 'readline' attributes");
        Py_CLEAR(self->read);
        Py_CLEAR(self->readinto);
        Py_CLEAR(self->readline);
        Py_CLEAR(self->peek);
        return -1;
    }
    return 0;
}

/* ---- Stack -------------------------------------------------------------- */

int
stack_push_slowly(unpickler *self, PyObject *object)
{
    if (object == NULL) {
        return -1;
    }
    if (self->stack_size == self->stack_capacity) {
        Py_ssize_t capacity = self->stack_capacity * 2 + 8;
        PyObject **larger = PyMem_Realloc(
            self->stack, sizeof(PyObject *) * (size_t)capacity);
        if (larger == NULL) {
            Py_DECREF(object);
            PyErr_NoMemory();
            return -1;
        }
        self->stack = larger;
        self->stack_capacity = capacity;
    }
    self->stack[self->stack_size++] = object;
    return 0;
}

int
stack_underflow(unpickler *self)
{
    PyErr_SetString(self->state->unpickling_error,
                    self->mark_count > 0 ? "unexpected MARK found"
                                         : "unpickling stack underflow");
    return -1;
}

/* Items above the last mark may be popped. */
PyObject *
stack_pop(unpickler *self)
{
    if (self->stack_size <= self->fence) {
        stack_underflow(self);
        return NULL;
    }
    return self->stack[--self->stack_size];
}

void
stack_clear_to(unpickler *self, Py_ssize_t size)
{
    while (self->stack_size > size) {
        PyObject *item = self->stack[--self->stack_size];
        Py_DECREF(item);
    }
}

PyObject *
stack_pop_tuple(unpickler *self, Py_ssize_t start)
{
    if (start < self->fence) {
        stack_underflow(self);
        return NULL;
    }
    Py_ssize_t count = self->stack_size - start;
    PyObject *tuple = PyTuple_New(count);
    if (tuple != NULL) {
        for (Py_ssize_t i = 0; i < count; i++) {
            PyTuple_SET_ITEM(tuple, i, self->stack[start + i]);
        }
        self->stack_size = start;
    }
    return tuple;
}

PyObject *
stack_pop_list(unpickler *self, Py_ssize_t start)
{
    Py_ssize_t count = self->stack_size - start;
    PyObject *list = PyList_New(count);

    if (list != NULL) {
        for (Py_ssize_t i = 0; i < count; i++) {
            PyList_SET_ITEM(list, i, self->stack[start + i]);
        }
        self->stack_size = start;
    }
    return list;
}

int
stack_mark(unpickler *self)
{
    if (self->mark_count == self->mark_capacity) {
        Py_ssize_t capacity = self->mark_capacity * 2 + 16;
        Py_ssize_t *larger = PyMem_Realloc(
            self->marks, sizeof(Py_ssize_t) * (size_t)capacity);
        if (larger == NULL) {
            PyErr_NoMemory();
            return -1;
        }
        self->marks = larger;
        self->mark_capacity = capacity;
    }
    self->fence = self->marks[self->mark_count++] = self->stack_size;
    return 0;
}

/* Takes the last mark away; returns where it was. */
Py_ssize_t
stack_marker(unpickler *self)
{
    if (self->mark_count < 1) {
        PyErr_SetString(self->state->unpickling_error, "could not find MARK");
        return -1;
    }
    Py_ssize_t mark = self->marks[--self->mark_count];
    self->fence = self->mark_count > 0 ? self->marks[self->mark_count - 1]
                                       : 0;
    return mark;
}

/* ---- Memo --------------------------------------------------------------- */

PyObject *
memo_item(unpickler *self, size_t index)
{
    return index < self->memo_size ? self->memo[index] : NULL;
}

int
memo_put(unpickler *self, size_t index, PyObject *object)
{
    if (index >= self->memo_size) {
        if (index > (size_t)PY_SSIZE_T_MAX / sizeof(PyObject *) / 4) {
            PyErr_NoMemory();
            return -1;
        }
        size_t size = index * 2 + 32;
        PyObject **larger = PyMem_Realloc(self->memo,
                                          sizeof(PyObject *) * size);
        if (larger == NULL) {
            PyErr_NoMemory();
            return -1;
        }
        memset(larger + self->memo_size, 0,
               sizeof(PyObject *) * (size - self->memo_size));
        self->memo = larger;
        self->memo_size = size;
    }
    PyObject *old = self->memo[index];
    self->memo[index] = Py_NewRef(object);
    if (old == NULL) {
        self->memo_used++;
    }
    Py_XDECREF(old);
    return 0;
}
