/* The module zlib: compression and checksums by the zlib library.
 *
 * Output grows in a list of blocks of rising size, joined once at the end.
 * Each stream object has a lock, since the library works without the GIL. */
#include "Python.h"

#include "pythread.h"
#include "structmember.h"

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <zlib.h>

#define DEFAULT_BUFFER (16 * 1024)
#define DEFAULT_MEM_LEVEL 8

typedef struct {
    PyTypeObject *compress_type;
    PyTypeObject *decompress_type;
    PyObject *error;
} zlib_state;

typedef struct {
    PyObject_HEAD
    z_stream stream;
    PyObject *unused_data;       /* bytes; decompression only */
    PyObject *unconsumed_tail;   /* bytes; decompression only */
    bool eof;
    bool initialised;
    bool inflates;               /* ends by inflateEnd, not deflateEnd */
    PyObject *dictionary;        /* or NULL */
    PyThread_type_lock lock;
} StreamObject;

static PyModuleDef zlib_module;

#define STREAM(op) ((StreamObject *)(op))

static zlib_state *
state_of(PyObject *op)
{
    return PyModule_GetState(
        PyType_GetModuleByDef(Py_TYPE(op), &zlib_module));
}

static void
raise_stream_error(zlib_state *state, const z_stream *stream, int code,
                   const char *what)
{
    const char *message = stream->msg;

    if (code == Z_VERSION_ERROR) {
        message = "library version mismatch";
    }
    if (message == NULL) {
        switch (code) {
        case Z_BUF_ERROR:
            message = "incomplete or truncated stream";
            break;
        case Z_STREAM_ERROR:
            message = "inconsistent stream state";
            break;
        case Z_DATA_ERROR:
            message = "invalid input data";
            break;
        default:
            break;
        }
    }
    if (message == NULL) {
        PyErr_Format(state->error, "Error %d %s", code, what);
    }
    else {
        PyErr_Format(state->error, "Error %d %s: %.200s", code, what,
                     message);
    }
}

static void *
stream_alloc(void *Py_UNUSED(opaque), unsigned int n, unsigned int size)
{
    if (size != 0 && n > (size_t)PY_SSIZE_T_MAX / size) {
        return NULL;
    }
    /* Called without the GIL. */
    return PyMem_RawMalloc((size_t)n * size);
}

static void
stream_release(void *Py_UNUSED(opaque), void *p)
{
    PyMem_RawFree(p);
}

static void
stream_prepare(z_stream *stream)
{
    memset(stream, 0, sizeof(*stream));
    stream->zalloc = stream_alloc;
    stream->zfree = stream_release;
}

/* "O&": a Py_ssize_t, per __index__. */
static int
take_size(PyObject *arg, void *result)
{
    PyObject *number = _PyNumber_Index(arg);                    /* owned */

    if (number == NULL) {
        return 0;
    }
    Py_ssize_t size = PyLong_AsSsize_t(number);
    Py_DECREF(number);
    if (size == -1 && PyErr_Occurred()) {
        return 0;
    }
    *(Py_ssize_t *)result = size;
    return 1;
}

/* ---- growing output ---- */

typedef struct {
    PyObject *result;            /* bytes, larger than what is used; owned */
    Py_ssize_t used;
    Py_ssize_t limit;            /* at most this much; -1: no limit */
} output;

/* Room for at least `first` bytes, or to the limit. */
static int
output_init(output *out, Py_ssize_t first, Py_ssize_t limit)
{
    if (limit >= 0 && first > limit) {
        first = limit;
    }
    *out = (output){.limit = limit};
    /* One byte of room at least: shared empty bytes must not be written. */
    out->result = PyBytes_FromStringAndSize(NULL, Py_MAX(first, 2));
    return out->result == NULL ? -1 : 0;
}

static Py_ssize_t
output_room(const output *out)
{
    Py_ssize_t room = PyBytes_GET_SIZE(out->result) - out->used;

    if (out->limit >= 0) {
        room = Py_MIN(room, out->limit - out->used);
    }
    return room;
}

/* Gives the stream fresh room, growing if there is none.  1 room, 0 the limit
 * is reached, -1 error. */
static int
output_offer(output *out, z_stream *stream)
{
    if (out->limit >= 0 && out->used >= out->limit) {
        return 0;
    }
    if (output_room(out) == 0) {
        Py_ssize_t size = PyBytes_GET_SIZE(out->result);

        if (size > PY_SSIZE_T_MAX / 2) {
            PyErr_NoMemory();
            return -1;
        }
        if (_PyBytes_Resize(&out->result, size * 2) < 0) {
            return -1;
        }
    }
    Py_ssize_t room = Py_MIN(output_room(out), (Py_ssize_t)UINT_MAX);
    stream->next_out = (Bytef *)PyBytes_AS_STRING(out->result) + out->used;
    stream->avail_out = (uInt)room;
    return 1;
}

/* After the library ran: what it wrote counts. */
static void
output_taken(output *out, const z_stream *stream)
{
    out->used = (char *)stream->next_out - PyBytes_AS_STRING(out->result);
}

static PyObject *
output_finish(output *out)
{
    PyObject *result = out->result;

    out->result = NULL;
    if (out->used == 1) {
        char c = PyBytes_AS_STRING(result)[0];

        Py_DECREF(result);
        return PyBytes_FromStringAndSize(&c, 1);
    }
    _PyBytes_Resize(&result, out->used);
    return result;
}

/* Offers the next part of the input, as the library counts in uInt. */
static void
input_offer(z_stream *stream, Py_ssize_t *left)
{
    stream->avail_in = (uInt)Py_MIN(*left, (Py_ssize_t)UINT_MAX);
    *left -= stream->avail_in;
}

/* ---- one-shot functions ---- */

static PyObject *
zlib_compress(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
              PyObject *kwnames)
{
    static const char *const keywords[] = {"", "level", "wbits", NULL};
    static _PyArg_Parser parser = {.format = "y*|ii:compress",
                                   .keywords = keywords};
    zlib_state *state = PyModule_GetState(module);
    int level = Z_DEFAULT_COMPRESSION, wbits = MAX_WBITS, code;
    output out = {NULL, 0, -1};
    PyObject *result = NULL;
    Py_buffer data;
    z_stream stream;

    if (!_PyArg_ParseStackAndKeywords(args, nargs, kwnames, &parser, &data,
                                      &level, &wbits)) {
        return NULL;
    }
    Py_ssize_t left = data.len;
    if (output_init(&out, DEFAULT_BUFFER, -1) < 0) {
        goto done;
    }
    stream_prepare(&stream);
    code = deflateInit2(&stream, level, Z_DEFLATED, wbits, DEFAULT_MEM_LEVEL,
                        Z_DEFAULT_STRATEGY);
    if (code == Z_MEM_ERROR) {
        PyErr_SetString(PyExc_MemoryError,
                        "Out of memory while compressing data");
        goto done;
    }
    if (code == Z_STREAM_ERROR) {
        PyErr_SetString(state->error, "Bad compression level");
        goto done;
    }
    if (code != Z_OK) {
        deflateEnd(&stream);
        raise_stream_error(state, &stream, code, "while compressing data");
        goto done;
    }
    stream.next_in = data.buf;
    do {
        input_offer(&stream, &left);
        int flush = left == 0 ? Z_FINISH : Z_NO_FLUSH;
        do {
            if (output_offer(&out, &stream) < 0) {
                deflateEnd(&stream);
                goto done;
            }
            Py_BEGIN_ALLOW_THREADS
            code = deflate(&stream, flush);
            Py_END_ALLOW_THREADS
            output_taken(&out, &stream);
            if (code == Z_STREAM_ERROR) {
                deflateEnd(&stream);
                raise_stream_error(state, &stream, code,
                                   "while compressing data");
                goto done;
            }
        } while (stream.avail_out == 0);
    } while (left > 0);
    code = deflateEnd(&stream);
    if (code == Z_OK) {
        result = output_finish(&out);
    }
    else {
        raise_stream_error(state, &stream, code,
                           "while finishing compression");
    }
done:
    Py_XDECREF(out.result);
    PyBuffer_Release(&data);
    return result;
}

/* Runs inflate over the whole input: 0, or -1 with an exception. */
static int
inflate_all(zlib_state *state, z_stream *stream, output *out, Py_ssize_t left)
{
    int code = Z_OK;

    do {
        input_offer(stream, &left);
        int flush = left == 0 ? Z_FINISH : Z_NO_FLUSH;
        do {
            if (output_offer(out, stream) < 0) {
                return -1;
            }
            Py_BEGIN_ALLOW_THREADS
            code = inflate(stream, flush);
            Py_END_ALLOW_THREADS
            output_taken(out, stream);
            if (code == Z_MEM_ERROR) {
                PyErr_SetString(PyExc_MemoryError,
                                "Out of memory while decompressing data");
                return -1;
            }
            if (code != Z_OK && code != Z_BUF_ERROR && code != Z_STREAM_END) {
                raise_stream_error(state, stream, code,
                                   "while decompressing data");
                return -1;
            }
        } while (stream->avail_out == 0);
    } while (code != Z_STREAM_END && left > 0);
    if (code != Z_STREAM_END) {
        raise_stream_error(state, stream, code, "while decompressing data");
        return -1;
    }
    return 0;
}

static PyObject *
zlib_decompress(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
                PyObject *kwnames)
{
    static const char *const keywords[] = {"", "wbits", "bufsize", NULL};
    static _PyArg_Parser parser = {.format = "y*|iO&:decompress",
                                   .keywords = keywords};
    zlib_state *state = PyModule_GetState(module);
    Py_ssize_t bufsize = DEFAULT_BUFFER;
    int wbits = MAX_WBITS;
    output out = {NULL, 0, -1};
    PyObject *result = NULL;
    Py_buffer data;
    z_stream stream;

    if (!_PyArg_ParseStackAndKeywords(args, nargs, kwnames, &parser, &data,
                                      &wbits, take_size, &bufsize)) {
        return NULL;
    }
    if (bufsize < 0) {
        PyErr_SetString(PyExc_ValueError, "bufsize must be non-negative");
        goto done;
    }
    if (output_init(&out, Py_MAX(bufsize, 1), -1) < 0) {
        goto done;
    }
    stream_prepare(&stream);
    int code = inflateInit2(&stream, wbits);
    if (code == Z_MEM_ERROR) {
        PyErr_SetString(PyExc_MemoryError,
                        "Out of memory while decompressing data");
        goto done;
    }
    if (code != Z_OK) {
        inflateEnd(&stream);
        raise_stream_error(state, &stream, code,
                           "while preparing to decompress data");
        goto done;
    }
    stream.next_in = data.buf;
    if (inflate_all(state, &stream, &out, data.len) < 0) {
        inflateEnd(&stream);
        goto done;
    }
    code = inflateEnd(&stream);
    if (code == Z_OK) {
        result = output_finish(&out);
    }
    else {
        raise_stream_error(state, &stream, code,
                           "while finishing decompression");
    }
done:
    Py_XDECREF(out.result);
    PyBuffer_Release(&data);
    return result;
}

/* ---- checksums ---- */

static PyObject *
checksum(PyObject *const *args, Py_ssize_t nargs, const char *name,
         unsigned long start,
         unsigned long (*compute)(unsigned long, const Bytef *, z_size_t))
{
    Py_buffer data;
    unsigned long value = start;

    if (!_PyArg_CheckPositional(name, nargs, 1, 2) ||
        PyObject_GetBuffer(args[0], &data, PyBUF_SIMPLE) < 0) {
        return NULL;
    }
    if (nargs == 2) {
        value = PyLong_AsUnsignedLongMask(args[1]);
        if (value == (unsigned long)-1 && PyErr_Occurred()) {
            PyBuffer_Release(&data);
            return NULL;
        }
    }
    value &= 0xffffffff;
    const Bytef *bytes = data.len > 0 ? data.buf : (const void *)"";
    if (data.len > 5 * 1024) {
        Py_BEGIN_ALLOW_THREADS
        value = compute(value, bytes, (z_size_t)data.len);
        Py_END_ALLOW_THREADS
    }
    else {
        value = compute(value, bytes, (z_size_t)data.len);
    }
    PyBuffer_Release(&data);
    return PyLong_FromUnsignedLong(value & 0xffffffff);
}

static PyObject *
zlib_adler32(PyObject *Py_UNUSED(module), PyObject *const *args,
             Py_ssize_t nargs)
{
    return checksum(args, nargs, "adler32", 1, adler32_z);
}

static PyObject *
zlib_crc32(PyObject *Py_UNUSED(module), PyObject *const *args,
           Py_ssize_t nargs)
{
    return checksum(args, nargs, "crc32", 0, crc32_z);
}

/* ---- stream objects ---- */

static StreamObject *
stream_new(PyTypeObject *type, bool inflates)
{
    StreamObject *self = PyObject_New(StreamObject, type);

    if (self == NULL) {
        return NULL;
    }
    self->eof = self->initialised = false;
    self->inflates = inflates;
    self->dictionary = NULL;
    self->unused_data = PyBytes_FromStringAndSize("", 0);
    self->unconsumed_tail = PyBytes_FromStringAndSize("", 0);
    self->lock = PyThread_allocate_lock();
    stream_prepare(&self->stream);
    if (self->unused_data == NULL || self->unconsumed_tail == NULL ||
        self->lock == NULL) {
        if (self->lock == NULL && !PyErr_Occurred()) {
            PyErr_SetString(PyExc_MemoryError, "Unable to allocate lock");
        }
        Py_DECREF(self);
        return NULL;
    }
    return self;
}

static void
stream_dealloc(PyObject *op)
{
    StreamObject *self = STREAM(op);
    PyTypeObject *type = Py_TYPE(op);

    if (self->initialised) {
        (self->inflates ? inflateEnd : deflateEnd)(&self->stream);
    }
    if (self->lock != NULL) {
        PyThread_free_lock(self->lock);
    }
    Py_XDECREF(self->unused_data);
    Py_XDECREF(self->unconsumed_tail);
    Py_XDECREF(self->dictionary);
    PyObject_Free(op);
    Py_DECREF(type);
}

static void
stream_lock(StreamObject *self)
{
    if (!PyThread_acquire_lock(self->lock, NOWAIT_LOCK)) {
        Py_BEGIN_ALLOW_THREADS
        PyThread_acquire_lock(self->lock, WAIT_LOCK);
        Py_END_ALLOW_THREADS
    }
}

static void
stream_unlock(StreamObject *self)
{
    PyThread_release_lock(self->lock);
}

static PyObject *
zlib_compressobj(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
                 PyObject *kwnames)
{
    static const char *const keywords[] = {"level",    "method",   "wbits",
                                           "memLevel", "strategy", "zdict",
                                           NULL};
    static _PyArg_Parser parser = {.format = "|iiiiiy*:compressobj",
                                   .keywords = keywords};
    zlib_state *state = PyModule_GetState(module);
    int level = Z_DEFAULT_COMPRESSION, method = Z_DEFLATED, wbits = MAX_WBITS;
    int mem_level = DEFAULT_MEM_LEVEL, strategy = Z_DEFAULT_STRATEGY;
    Py_buffer dictionary = {NULL, NULL};
    StreamObject *self = NULL;                                  /* owned */

    if (!_PyArg_ParseStackAndKeywords(args, nargs, kwnames, &parser, &level,
                                      &method, &wbits, &mem_level, &strategy,
                                      &dictionary)) {
        return NULL;
    }
    if (dictionary.buf != NULL && (size_t)dictionary.len > UINT_MAX) {
        PyErr_SetString(PyExc_OverflowError,
                        "zdict length does not fit in an unsigned int");
        goto done;
    }
    self = stream_new(state->compress_type, false);
    if (self == NULL) {
        goto done;
    }
    int code = deflateInit2(&self->stream, level, method, wbits, mem_level,
                            strategy);
    if (code == Z_OK) {
        self->initialised = true;
        if (dictionary.buf != NULL) {
            code = deflateSetDictionary(&self->stream, dictionary.buf,
                                        (uInt)dictionary.len);
            if (code == Z_STREAM_ERROR) {
                PyErr_SetString(PyExc_ValueError, "Invalid dictionary");
                Py_CLEAR(self);
            }
            else if (code != Z_OK) {
                PyErr_SetString(PyExc_ValueError,
                                "deflateSetDictionary()");
                Py_CLEAR(self);
            }
        }
    }
    else if (code == Z_MEM_ERROR) {
        PyErr_SetString(PyExc_MemoryError,
                        "Can't allocate memory for compression object");
        Py_CLEAR(self);
    }
    else if (code == Z_STREAM_ERROR) {
        PyErr_SetString(PyExc_ValueError, "Invalid initialization option");
        Py_CLEAR(self);
    }
    else {
        raise_stream_error(state, &self->stream, code,
                           "while creating compression object");
        Py_CLEAR(self);
    }
done:
    if (dictionary.obj != NULL) {
        PyBuffer_Release(&dictionary);
    }
    return (PyObject *)self;
}

/* Hands the dictionary to inflate. */
static int
stream_set_dictionary(zlib_state *state, StreamObject *self)
{
    Py_buffer dictionary;

    if (PyObject_GetBuffer(self->dictionary, &dictionary, PyBUF_SIMPLE) < 0) {
        return -1;
    }
    if ((size_t)dictionary.len > UINT_MAX) {
        PyErr_SetString(PyExc_OverflowError,
                        "zdict length does not fit in an unsigned int");
        PyBuffer_Release(&dictionary);
        return -1;
    }
    int code = inflateSetDictionary(&self->stream, dictionary.buf,
                                    (uInt)dictionary.len);
    PyBuffer_Release(&dictionary);
    if (code != Z_OK) {
        raise_stream_error(state, &self->stream, code,
                           "while setting zdict");
        return -1;
    }
    return 0;
}

static PyObject *
zlib_decompressobj(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
                   PyObject *kwnames)
{
    static const char *const keywords[] = {"wbits", "zdict", NULL};
    static _PyArg_Parser parser = {.format = "|iO:decompressobj",
                                   .keywords = keywords};
    zlib_state *state = PyModule_GetState(module);
    int wbits = MAX_WBITS;
    PyObject *dictionary = NULL;                                /* borrowed */

    if (!_PyArg_ParseStackAndKeywords(args, nargs, kwnames, &parser, &wbits,
                                      &dictionary)) {
        return NULL;
    }
    if (dictionary != NULL && !PyObject_CheckBuffer(dictionary)) {
        PyErr_SetString(PyExc_TypeError,
                        "zdict argument must support the buffer protocol");
        return NULL;
    }
    StreamObject *self = stream_new(state->decompress_type, true);  /* owned */
    if (self == NULL) {
        return NULL;
    }
    self->dictionary = Py_XNewRef(dictionary);
    int code = inflateInit2(&self->stream, wbits);
    if (code == Z_OK) {
        self->initialised = true;
        /* Raw streams say nothing about a dictionary: it is set at once. */
        if (self->dictionary != NULL && wbits < 0 &&
            stream_set_dictionary(state, self) < 0) {
            Py_CLEAR(self);
        }
    }
    else if (code == Z_STREAM_ERROR) {
        PyErr_SetString(PyExc_ValueError, "Invalid initialization option");
        Py_CLEAR(self);
    }
    else if (code == Z_MEM_ERROR) {
        PyErr_SetString(PyExc_MemoryError,
                        "Can't allocate memory for decompression object");
        Py_CLEAR(self);
    }
    else {
        raise_stream_error(state, &self->stream, code,
                           "while creating decompression object");
        Py_CLEAR(self);
    }
    return (PyObject *)self;
}

/* ---- Compress ---- */

static PyObject *
compress_compress(PyObject *op, PyObject *arg)
{
    StreamObject *self = STREAM(op);
    output out = {NULL, 0, -1};
    PyObject *result = NULL;
    Py_buffer data;
    int code;

    if (PyObject_GetBuffer(arg, &data, PyBUF_SIMPLE) < 0) {
        return NULL;
    }
    Py_ssize_t left = data.len;
    stream_lock(self);
    if (output_init(&out, DEFAULT_BUFFER, -1) < 0) {
        goto done;
    }
    self->stream.next_in = data.buf;
    do {
        input_offer(&self->stream, &left);
        do {
            if (output_offer(&out, &self->stream) < 0) {
                goto done;
            }
            Py_BEGIN_ALLOW_THREADS
            code = deflate(&self->stream, Z_NO_FLUSH);
            Py_END_ALLOW_THREADS
            output_taken(&out, &self->stream);
            if (code == Z_STREAM_ERROR) {
                raise_stream_error(state_of(op), &self->stream, code,
                                   "while compressing data");
                goto done;
            }
        } while (self->stream.avail_out == 0);
    } while (left > 0);
    result = output_finish(&out);
done:
    stream_unlock(self);
    Py_XDECREF(out.result);
    PyBuffer_Release(&data);
    return result;
}

static PyObject *
compress_flush(PyObject *op, PyObject *const *args, Py_ssize_t nargs)
{
    StreamObject *self = STREAM(op);
    output out = {NULL, 0, -1};
    PyObject *result = NULL;
    int mode = Z_FINISH, code;

    if (!_PyArg_CheckPositional("flush", nargs, 0, 1)) {
        return NULL;
    }
    if (nargs == 1) {
        mode = _PyLong_AsInt(args[0]);
        if (mode == -1 && PyErr_Occurred()) {
            return NULL;
        }
    }
    if (mode == Z_NO_FLUSH) {
        return PyBytes_FromStringAndSize(NULL, 0);
    }
    stream_lock(self);
    if (output_init(&out, DEFAULT_BUFFER, -1) < 0) {
        goto done;
    }
    self->stream.avail_in = 0;
    do {
        if (output_offer(&out, &self->stream) < 0) {
            goto done;
        }
        Py_BEGIN_ALLOW_THREADS
        code = deflate(&self->stream, mode);
        Py_END_ALLOW_THREADS
        output_taken(&out, &self->stream);
        if (code == Z_STREAM_ERROR) {
            raise_stream_error(state_of(op), &self->stream, code,
                               "while flushing");
            goto done;
        }
    } while (self->stream.avail_out == 0);
    if (code == Z_STREAM_END && mode == Z_FINISH) {
        code = deflateEnd(&self->stream);
        if (code != Z_OK) {
            raise_stream_error(state_of(op), &self->stream, code,
                               "while finishing compression");
            goto done;
        }
        self->initialised = false;
    }
    else if (code != Z_OK && code != Z_BUF_ERROR) {
        raise_stream_error(state_of(op), &self->stream, code,
                           "while flushing");
        goto done;
    }
    result = output_finish(&out);
done:
    stream_unlock(self);
    Py_XDECREF(out.result);
    return result;
}

/* ---- Decompress ---- */

/* Keeps what inflate did not read: behind the end as unused_data, else (the
 * limit was reached) as unconsumed_tail. */
static int
decompress_keep_rest(StreamObject *self, const Py_buffer *data, int code)
{
    char *end = (char *)data->buf + data->len;
    Py_ssize_t left = end - (char *)self->stream.next_in;

    if (code == Z_STREAM_END) {
        Py_ssize_t old = PyBytes_GET_SIZE(self->unused_data);

        if (left > 0) {
            if (left > PY_SSIZE_T_MAX - old) {
                PyErr_NoMemory();
                return -1;
            }
            PyObject *joined = PyBytes_FromStringAndSize(NULL, old + left);
            if (joined == NULL) {
                return -1;
            }
            if (old + left > 1) {
                memcpy(PyBytes_AS_STRING(joined),
                       PyBytes_AS_STRING(self->unused_data), (size_t)old);
                memcpy(PyBytes_AS_STRING(joined) + old, self->stream.next_in,
                       (size_t)left);
            }
            else {
                Py_SETREF(joined,
                          PyBytes_FromStringAndSize(
                              (char *)self->stream.next_in, 1));
            }
            Py_SETREF(self->unused_data, joined);
            self->stream.avail_in = 0;
        }
        left = 0;
    }
    if (left > 0 || PyBytes_GET_SIZE(self->unconsumed_tail) > 0) {
        PyObject *tail = PyBytes_FromStringAndSize(
            left > 0 ? (char *)self->stream.next_in : "", left);

        if (tail == NULL) {
            return -1;
        }
        Py_SETREF(self->unconsumed_tail, tail);
    }
    return 0;
}

/* Runs inflate over `data`; a limit of -1 is none. */
static PyObject *
decompress_run(PyObject *op, const Py_buffer *data, Py_ssize_t first,
               Py_ssize_t limit, bool finishing)
{
    StreamObject *self = STREAM(op);
    Py_ssize_t left = data->len;
    output out = {NULL, 0, -1};
    PyObject *result = NULL;
    int code = Z_OK, offered;

    if (output_init(&out, first, limit) < 0) {
        return NULL;
    }
    self->stream.next_in = data->buf;
    do {
        input_offer(&self->stream, &left);
        int flush = finishing && left == 0 ? Z_FINISH : Z_SYNC_FLUSH;
        do {
            offered = output_offer(&out, &self->stream);
            if (offered < 0) {
                goto done;
            }
            if (offered == 0) {
                goto stopped;
            }
            Py_BEGIN_ALLOW_THREADS
            code = inflate(&self->stream, flush);
            Py_END_ALLOW_THREADS
            output_taken(&out, &self->stream);
            if (code == Z_NEED_DICT && self->dictionary != NULL) {
                if (stream_set_dictionary(state_of(op), self) < 0) {
                    goto done;
                }
                continue;
            }
            if (code != Z_OK && code != Z_BUF_ERROR && code != Z_STREAM_END) {
                goto stopped;
            }
        } while (self->stream.avail_out == 0 || code == Z_NEED_DICT);
    } while (code != Z_STREAM_END && left > 0);
stopped:
    if (decompress_keep_rest(self, data, code) < 0) {
        goto done;
    }
    if (code == Z_STREAM_END) {
        self->eof = true;
        if (finishing) {
            self->initialised = false;
            code = inflateEnd(&self->stream);
            if (code != Z_OK) {
                raise_stream_error(state_of(op), &self->stream, code,
                                   "while finishing decompression");
                goto done;
            }
        }
    }
    else if (code != Z_OK && code != Z_BUF_ERROR && !finishing) {
        raise_stream_error(state_of(op), &self->stream, code,
                           "while decompressing data");
        goto done;
    }
    result = output_finish(&out);
done:
    Py_XDECREF(out.result);
    return result;
}

static PyObject *
decompress_decompress(PyObject *op, PyObject *const *args, Py_ssize_t nargs,
                      PyObject *kwnames)
{
    static const char *const keywords[] = {"", "max_length", NULL};
    static _PyArg_Parser parser = {.format = "y*|O&:decompress",
                                   .keywords = keywords};
    Py_ssize_t max_length = 0;
    PyObject *result = NULL;
    Py_buffer data;

    if (!_PyArg_ParseStackAndKeywords(args, nargs, kwnames, &parser, &data,
                                      take_size, &max_length)) {
        return NULL;
    }
    if (max_length < 0) {
        PyErr_SetString(PyExc_ValueError,
                        "max_length must be non-negative");
    }
    else {
        stream_lock(STREAM(op));
        result = decompress_run(op, &data, DEFAULT_BUFFER,
                                max_length == 0 ? -1 : max_length, false);
        stream_unlock(STREAM(op));
    }
    PyBuffer_Release(&data);
    return result;
}

static PyObject *
decompress_flush(PyObject *op, PyObject *const *args, Py_ssize_t nargs)
{
    Py_ssize_t length = DEFAULT_BUFFER;
    PyObject *result = NULL;
    Py_buffer data;

    if (!_PyArg_CheckPositional("flush", nargs, 0, 1)) {
        return NULL;
    }
    if (nargs == 1) {
        if (!take_size(args[0], &length)) {
            return NULL;
        }
    }
    if (length <= 0) {
        PyErr_SetString(PyExc_ValueError, "length must be greater than zero");
        return NULL;
    }
    stream_lock(STREAM(op));
    if (PyObject_GetBuffer(STREAM(op)->unconsumed_tail, &data,
                           PyBUF_SIMPLE) == 0) {
        result = decompress_run(op, &data, length, -1, true);
        PyBuffer_Release(&data);
    }
    stream_unlock(STREAM(op));
    return result;
}

/* ---- copies, of both kinds ---- */

static PyObject *
stream_copy(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    StreamObject *self = STREAM(op);
    zlib_state *state = state_of(op);
    StreamObject *copy = stream_new(Py_TYPE(op), self->inflates);   /* owned */

    if (copy == NULL) {
        return NULL;
    }
    stream_lock(self);
    int code = (self->inflates ? inflateCopy : deflateCopy)(&copy->stream,
                                                            &self->stream);
    if (code == Z_OK) {
        copy->initialised = true;
        Py_XSETREF(copy->unused_data, Py_XNewRef(self->unused_data));
        Py_XSETREF(copy->unconsumed_tail, Py_XNewRef(self->unconsumed_tail));
        copy->dictionary = Py_XNewRef(self->dictionary);
        copy->eof = self->eof;
    }
    else if (code == Z_STREAM_ERROR) {
        PyErr_SetString(PyExc_ValueError, "Inconsistent stream state");
    }
    else if (code == Z_MEM_ERROR) {
        PyErr_Format(PyExc_MemoryError,
                     "Can't allocate memory for %scompression object",
                     self->inflates ? "de" : "");
    }
    else {
        raise_stream_error(state, &self->stream, code,
                           self->inflates
                               ? "while copying decompression object"
                               : "while copying compression object");
    }
    stream_unlock(self);
    if (code != Z_OK) {
        Py_CLEAR(copy);
    }
    return (PyObject *)copy;
}

static PyObject *
stream_deepcopy(PyObject *op, PyObject *Py_UNUSED(memo))
{
    return stream_copy(op, NULL);
}

/* ---- tables ---- */

#define FAST(f) (PyCFunction)(void (*)(void))f

static PyMethodDef compress_methods[] = {
    {"compress", compress_compress, METH_O,
     "compress($self, data, /)\n--\n\nCompress some data."},
    {"flush", FAST(compress_flush), METH_FASTCALL,
     "flush($self, mode=zlib.Z_FINISH, /)\n--\n\nReturn what is pending."},
    {"copy", stream_copy, METH_NOARGS,
     "copy($self, /)\n--\n\nReturn a copy of the stream."},
    {"__copy__", stream_copy, METH_NOARGS,
     "__copy__($self, /)\n--\n\nReturn a copy of the stream."},
    {"__deepcopy__", stream_deepcopy, METH_O,
     "__deepcopy__($self, memo, /)\n--\n\nReturn a copy of the stream."},
    {NULL, NULL, 0, NULL},
};

static PyMethodDef decompress_methods[] = {
    {"decompress", FAST(decompress_decompress), METH_FASTCALL | METH_KEYWORDS,
     "decompress($self, data, /, max_length=0)\n--\n\nDecompress some data."},
    {"flush", FAST(decompress_flush), METH_FASTCALL,
     "flush($self, length=zlib.DEF_BUF_SIZE, /)\n--\n\n"
     "Return what is pending."},
    {"copy", stream_copy, METH_NOARGS,
     "copy($self, /)\n--\n\nReturn a copy of the stream."},
    {"__copy__", stream_copy, METH_NOARGS,
     "__copy__($self, /)\n--\n\nReturn a copy of the stream."},
    {"__deepcopy__", stream_deepcopy, METH_O,
     "__deepcopy__($self, memo, /)\n--\n\nReturn a copy of the stream."},
    {NULL, NULL, 0, NULL},
};

static PyMemberDef decompress_members[] = {
    {"unused_data", T_OBJECT, offsetof(StreamObject, unused_data), READONLY,
     NULL},
    {"unconsumed_tail", T_OBJECT, offsetof(StreamObject, unconsumed_tail),
     READONLY, NULL},
    {"eof", T_BOOL, offsetof(StreamObject, eof), READONLY, NULL},
    {NULL, 0, 0, 0, NULL},
};

static PyType_Slot compress_slots[] = {
    {Py_tp_dealloc, stream_dealloc},
    {Py_tp_methods, compress_methods},
    {0, NULL},
};

static PyType_Spec compress_spec = {
    .name = "zlib.Compress",
    .basicsize = sizeof(StreamObject),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .slots = compress_slots,
};

static PyType_Slot decompress_slots[] = {
    {Py_tp_dealloc, stream_dealloc},
    {Py_tp_methods, decompress_methods},
    {Py_tp_members, decompress_members},
    {0, NULL},
};

static PyType_Spec decompress_spec = {
    .name = "zlib.Decompress",
    .basicsize = sizeof(StreamObject),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .slots = decompress_slots,
};

static PyMethodDef zlib_methods[] = {
    {"adler32", FAST(zlib_adler32), METH_FASTCALL,
     "adler32($module, data, value=1, /)\n--\n\nAdler-32 of data."},
    {"compress", FAST(zlib_compress), METH_FASTCALL | METH_KEYWORDS,
     "compress($module, data, /, level=Z_DEFAULT_COMPRESSION, "
     "wbits=MAX_WBITS)\n--\n\nCompress data."},
    {"compressobj", FAST(zlib_compressobj), METH_FASTCALL | METH_KEYWORDS,
     "compressobj($module, /, level=Z_DEFAULT_COMPRESSION, method=DEFLATED,\n"
     "            wbits=MAX_WBITS, memLevel=DEF_MEM_LEVEL,\n"
     "            strategy=Z_DEFAULT_STRATEGY, zdict=None)\n--\n\n"
     "Make a compressing stream."},
    {"crc32", FAST(zlib_crc32), METH_FASTCALL,
     "crc32($module, data, value=0, /)\n--\n\nCRC-32 of data."},
    {"decompress", FAST(zlib_decompress), METH_FASTCALL | METH_KEYWORDS,
     "decompress($module, data, /, wbits=MAX_WBITS, bufsize=DEF_BUF_SIZE)\n"
     "--\n\nDecompress data."},
    {"decompressobj", FAST(zlib_decompressobj), METH_FASTCALL | METH_KEYWORDS,
     "decompressobj($module, /, wbits=MAX_WBITS, zdict=b'')\n--\n\n"
     "Make a decompressing stream."},
    {NULL, NULL, 0, NULL},
};

static const struct {
    const char *name;
    long value;
} zlib_constants[] = {
    {"MAX_WBITS", MAX_WBITS},
    {"DEFLATED", Z_DEFLATED},
    {"DEF_MEM_LEVEL", DEFAULT_MEM_LEVEL},
    {"DEF_BUF_SIZE", DEFAULT_BUFFER},
    {"Z_NO_COMPRESSION", Z_NO_COMPRESSION},
    {"Z_BEST_SPEED", Z_BEST_SPEED},
    {"Z_BEST_COMPRESSION", Z_BEST_COMPRESSION},
    {"Z_DEFAULT_COMPRESSION", Z_DEFAULT_COMPRESSION},
    {"Z_FILTERED", Z_FILTERED},
    {"Z_HUFFMAN_ONLY", Z_HUFFMAN_ONLY},
    {"Z_RLE", Z_RLE},
    {"Z_FIXED", Z_FIXED},
    {"Z_DEFAULT_STRATEGY", Z_DEFAULT_STRATEGY},
    {"Z_NO_FLUSH", Z_NO_FLUSH},
    {"Z_PARTIAL_FLUSH", Z_PARTIAL_FLUSH},
    {"Z_SYNC_FLUSH", Z_SYNC_FLUSH},
    {"Z_FULL_FLUSH", Z_FULL_FLUSH},
    {"Z_FINISH", Z_FINISH},
    {"Z_BLOCK", Z_BLOCK},
    {"Z_TREES", Z_TREES},
};

static int
zlib_exec(PyObject *module)
{
    zlib_state *state = PyModule_GetState(module);

    state->compress_type = (PyTypeObject *)PyType_FromModuleAndSpec(
        module, &compress_spec, NULL);
    state->decompress_type = (PyTypeObject *)PyType_FromModuleAndSpec(
        module, &decompress_spec, NULL);
    if (state->compress_type == NULL || state->decompress_type == NULL) {
        return -1;
    }
    state->error = PyErr_NewException("zlib.error", NULL, NULL);
    if (state->error == NULL ||
        PyModule_AddObjectRef(module, "error", state->error) < 0) {
        return -1;
    }
    for (size_t i = 0; i < Py_ARRAY_LENGTH(zlib_constants); i++) {
        if (PyModule_AddIntConstant(module, zlib_constants[i].name,
                                    zlib_constants[i].value) < 0) {
            return -1;
        }
    }
    if (PyModule_AddStringConstant(module, "ZLIB_VERSION", ZLIB_VERSION) < 0 ||
        PyModule_AddStringConstant(module, "ZLIB_RUNTIME_VERSION",
                                   zlibVersion()) < 0) {
        return -1;
    }
    return PyModule_AddStringConstant(module, "__version__", "1.0");
}

static int
zlib_traverse(PyObject *module, visitproc visit, void *arg)
{
    zlib_state *state = PyModule_GetState(module);

    Py_VISIT(state->compress_type);
    Py_VISIT(state->decompress_type);
    Py_VISIT(state->error);
    return 0;
}

static int
zlib_clear(PyObject *module)
{
    zlib_state *state = PyModule_GetState(module);

    Py_CLEAR(state->compress_type);
    Py_CLEAR(state->decompress_type);
    Py_CLEAR(state->error);
    return 0;
}

static void
zlib_free(void *module)
{
    zlib_clear(module);
}

static PyModuleDef_Slot zlib_slots[] = {
    {Py_mod_exec, zlib_exec},
    {0, NULL},
};

static PyModuleDef zlib_module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "zlib",
    .m_doc = "Compression and checksums by the zlib library.",
    .m_size = sizeof(zlib_state),
    .m_methods = zlib_methods,
    .m_slots = zlib_slots,
    .m_traverse = zlib_traverse,
    .m_clear = zlib_clear,
    .m_free = zlib_free,
};

PyMODINIT_FUNC PyInit_zlib(void);

PyMODINIT_FUNC
PyInit_zlib(void)
{
    return PyModuleDef_Init(&zlib_module);
}
