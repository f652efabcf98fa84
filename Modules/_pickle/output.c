/* The pickler's memo and its output.
 *
 * From protocol 4 on the output consists of frames: a header with the size,
 * then opcodes.  While a frame is open its header's place is kept free; data
 * too large for a frame stand between frames. */

#include "private.h"

#include <string.h>

/* ---- Memo: open addressing by the object's address ---------------------- */

enum { MEMO_FIRST_SIZE = 8 };

int
memo_init(memo_table *memo)
{
    memo->entries = PyMem_Calloc(MEMO_FIRST_SIZE, sizeof(memo_entry));
    if (memo->entries == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    memo->mask = MEMO_FIRST_SIZE - 1;
    memo->used = 0;
    return 0;
}

void
memo_clear(memo_table *memo)
{
    /* A finalizer may use the memo: everything is read anew. */
    for (size_t i = 0; memo->used > 0; i++) {
        memo_entry *entry = &memo->entries[i & memo->mask];
        PyObject *key = entry->key;
        if (key != NULL) {
            entry->key = NULL;
            memo->used--;
            Py_DECREF(key);
        }
    }
}

void
memo_free(memo_table *memo)
{
    memo_clear(memo);
    PyMem_Free(memo->entries);
    memo->entries = NULL;
}

static memo_entry *
memo_place(const memo_table *memo, PyObject *key)
{
    /* Neighbours in memory stay neighbours here. */
    size_t i = ((size_t)key >> 4) ^ ((size_t)key >> 22);

    for (;; i++) {
        memo_entry *entry = &memo->entries[i & memo->mask];
        if (entry->key == NULL || entry->key == key) {
            return entry;
        }
    }
}

Py_ssize_t
memo_find(const memo_table *memo, PyObject *key)
{
    memo_entry *entry = memo_place(memo, key);

    return entry->key == NULL ? -1 : entry->number;
}

static int
memo_grow(memo_table *memo)
{
    memo_table larger = {.mask = memo->mask * 4 + 3, .used = memo->used};

    larger.entries = PyMem_Calloc(larger.mask + 1, sizeof(memo_entry));
    if (larger.entries == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    for (size_t i = 0; i <= memo->mask; i++) {
        if (memo->entries[i].key != NULL) {
            *memo_place(&larger, memo->entries[i].key) = memo->entries[i];
        }
    }
    PyMem_Free(memo->entries);
    *memo = larger;
    return 0;
}

int
memo_set(memo_table *memo, PyObject *key, Py_ssize_t number)
{
    memo_entry *entry = memo_place(memo, key);

    if (entry->key != NULL) {
        entry->number = number;
        return 0;
    }
    entry->key = Py_NewRef(key);
    entry->number = number;
    memo->used++;
    return memo->used * 3 < memo->mask * 2 ? 0 : memo_grow(memo);
}

/* ---- Bytes -------------------------------------------------------------- */

static void
store_size(char *target, size_t size, int bytes)
{
    for (int i = 0; i < bytes; i++) {
        target[i] = (char)(unsigned char)(size >> (8 * i));
    }
}

static int
output_reserve(pickler *self, Py_ssize_t size)
{
    if (size > PY_SSIZE_T_MAX / 2 - self->output_size) {
        PyErr_NoMemory();
        return -1;
    }
    Py_ssize_t needed = self->output_size + size;
    if (needed <= self->output_capacity) {
        return 0;
    }
    Py_ssize_t capacity = needed / 2 * 3 + 64;
    char *larger = PyMem_Realloc(self->output, (size_t)capacity);
    if (larger == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    self->output = larger;
    self->output_capacity = capacity;
    return 0;
}

int
output_write_slowly(pickler *self, const void *data, Py_ssize_t size)
{
    int opens_frame = self->framing && self->frame_start < 0;

    if (output_reserve(self, size + (opens_frame ? FRAME_HEADER_SIZE : 0)) <
        0) {
        return -1;
    }
    if (opens_frame) {
        self->frame_start = self->output_size;
        memset(self->output + self->output_size, 0xFE, FRAME_HEADER_SIZE);
        self->output_size += FRAME_HEADER_SIZE;
    }
    memcpy(self->output + self->output_size, data, (size_t)size);
    self->output_size += size;
    return 0;
}

int
output_commit_frame(pickler *self)
{
    if (!self->framing || self->frame_start < 0) {
        return 0;
    }
    char *frame = self->output + self->frame_start;
    Py_ssize_t size = self->output_size - self->frame_start -
                      FRAME_HEADER_SIZE;
    if (size >= FRAME_SIZE_MIN) {
        frame[0] = (char)OP_FRAME;
        store_size(frame + 1, (size_t)size, 8);
    }
    else {
        memmove(frame, frame + FRAME_HEADER_SIZE, (size_t)size);
        self->output_size -= FRAME_HEADER_SIZE;
    }
    self->frame_start = -1;
    return 0;
}

int
output_flush(pickler *self)
{
    PyObject *bytes = PyBytes_FromStringAndSize(self->output,
                                                self->output_size);

    if (bytes == NULL) {
        return -1;
    }
    PyObject *result = PyObject_CallOneArg(self->write, bytes);
    Py_DECREF(bytes);
    Py_XDECREF(result);
    return result == NULL ? -1 : 0;
}

static void
output_restart(pickler *self)
{
    self->output_size = 0;
    self->frame_start = -1;
}

/* Between two opcodes: a full frame is closed, and written out. */
int
output_boundary(pickler *self)
{
    if (!self->framing || self->frame_start < 0 ||
        self->output_size - self->frame_start - FRAME_HEADER_SIZE <
            FRAME_SIZE_TARGET) {
        return 0;
    }
    if (output_commit_frame(self) < 0) {
        return -1;
    }
    if (self->write != NULL) {
        if (output_flush(self) < 0) {
            return -1;
        }
        output_restart(self);
    }
    return 0;
}

int
output_data(pickler *self, const char *header, Py_ssize_t header_size,
            const char *data, Py_ssize_t size, PyObject *payload)
{
    int is_large = size >= FRAME_SIZE_TARGET, framing = self->framing;
    int result = -1;

    if (is_large) {
        if (output_commit_frame(self) < 0) {
            return -1;
        }
        self->framing = 0;
    }
    if (output_write(self, header, header_size) < 0) {
        goto done;
    }
    if (!is_large || self->write == NULL) {
        result = output_write(self, data, size);
        goto done;
    }
    /* The file gets it without a copy in between. */
    if (output_flush(self) < 0) {
        goto done;
    }
    PyObject *object = payload != NULL
                           ? Py_NewRef(payload)
                           : PyBytes_FromStringAndSize(data, size);
    if (object == NULL) {
        goto done;
    }
    PyObject *written = PyObject_CallOneArg(self->write, object);
    Py_DECREF(object);
    if (written == NULL) {
        goto done;
    }
    Py_DECREF(written);
    output_restart(self);
    result = 0;
done:
    self->framing = framing;
    return result;
}

/* ---- Memo opcodes ------------------------------------------------------- */

static int
output_index(pickler *self, int short_op, int long_op, int text_op,
             Py_ssize_t index)
{
    char data[32];
    Py_ssize_t size;

    if (!self->bin) {
        size = PyOS_snprintf(data, sizeof(data), "%c%zd\n", text_op, index);
    }
    else if (index < 256) {
        data[0] = (char)short_op;
        data[1] = (char)(unsigned char)index;
        size = 2;
    }
    else if ((size_t)index <= 0xFFFFFFFFu) {
        data[0] = (char)long_op;
        store_size(data + 1, (size_t)index, 4);
        size = 5;
    }
    else {
        PyErr_SetString(self->state->pickling_error,
                        "memo id too large for a binary pickle");
        return -1;
    }
    return output_write(self, data, size);
}

int
output_memo_get(pickler *self, PyObject *object)
{
    Py_ssize_t index = memo_find(&self->memo, object);

    if (index < 0) {
        PyErr_SetObject(PyExc_KeyError, object);
        return -1;
    }
    return output_index(self, OP_BINGET, OP_LONG_BINGET, OP_GET, index);
}

int
output_memo_put(pickler *self, PyObject *object)
{
    if (self->fast) {
        return 0;
    }
    Py_ssize_t index = (Py_ssize_t)self->memo.used;
    if (memo_set(&self->memo, object, index) < 0) {
        return -1;
    }
    if (self->protocol >= 4) {
        return output_op(self, OP_MEMOIZE);
    }
    return output_index(self, OP_BINPUT, OP_LONG_BINPUT, OP_PUT, index);
}
