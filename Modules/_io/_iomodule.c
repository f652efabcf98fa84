/* The _io module: open() and its relatives, and the module itself.
 *
 * open() builds a stack of up to three streams (FileIO, Buffered*,
 * TextIOWrapper) from one mode string.  The `open` audit event comes from
 * FileIO, before the file is opened.
 */
#include "Python.h"

#include "audit.h"
#include "iomodule.h"
#include "names.h"
#include "open_code.h"

#include <string.h>

typedef struct {
    PyObject *unsupported_operation;
} io_state;

static PyModuleDef io_module;

/* ---- shared helpers ---- */

PyObject *
io_raise_unsupported(const char *message)
{
    PyObject *module = PyState_FindModule(&io_module);
    io_state *state = module == NULL ? NULL : PyModule_GetState(module);

    /* Without the module (shutdown) its base class has to do. */
    PyErr_SetString(state != NULL && state->unsupported_operation != NULL
                        ? state->unsupported_operation
                        : PyExc_OSError,
                    message);
    return NULL;
}

off_t
io_off_from_object(PyObject *number, PyObject *err)
{
    PyObject *value = PyNumber_Index(number);
    off_t result;

    if (value == NULL) {
        return -1;
    }
    result = PyLong_AsLongLong(value);
    if (result == -1 && PyErr_Occurred() &&
        PyErr_ExceptionMatches(PyExc_OverflowError)) {
        PyErr_Clear();
        if (err == NULL) {
            result = _PyLong_Sign(value) < 0 ? INT64_MIN : INT64_MAX;
        }
        else {
            PyErr_Format(err,
                         "cannot fit '%.200s' into an offset-sized integer",
                         Py_TYPE(number)->tp_name);
        }
    }
    Py_DECREF(value);
    return result;
}

/* ---- open ---- */

typedef struct {
    char creating, reading, writing, appending, updating, text, binary;
    char raw_mode[6];                        /* for FileIO */
} OpenMode;

/* Each letter at most once, and only known ones. */
static int
mode_read_letters(const char *text, OpenMode *mode)
{
    for (const char *p = text; *p != '\0'; p++) {
        char *flag;

        switch (*p) {
        case 'x': flag = &mode->creating; break;
        case 'r': flag = &mode->reading; break;
        case 'w': flag = &mode->writing; break;
        case 'a': flag = &mode->appending; break;
        case '+': flag = &mode->updating; break;
        case 't': flag = &mode->text; break;
        case 'b': flag = &mode->binary; break;
        default: flag = NULL;
        }
        if (flag == NULL || *flag) {
            PyErr_Format(PyExc_ValueError, "invalid mode: '%s'", text);
            return -1;
        }
        *flag = 1;
    }
    return 0;
}

static int
mode_parse(const char *text, OpenMode *mode)
{
    char *p = mode->raw_mode;

    memset(mode, 0, sizeof(*mode));
    if (mode_read_letters(text, mode) < 0) {
        return -1;
    }
    if (mode->creating) {
        *p++ = 'x';
    }
    if (mode->reading) {
        *p++ = 'r';
    }
    if (mode->writing) {
        *p++ = 'w';
    }
    if (mode->appending) {
        *p++ = 'a';
    }
    if (mode->updating) {
        *p++ = '+';
    }
    *p = '\0';
    if (mode->text && mode->binary) {
        PyErr_SetString(PyExc_ValueError,
                        "can't have text and binary mode at once");
        return -1;
    }
    if (mode->creating + mode->reading + mode->writing + mode->appending > 1) {
        PyErr_SetString(PyExc_ValueError, "must have exactly one of "
                                          "create/read/write/append mode");
        return -1;
    }
    return 0;
}

/* The arguments of open(); all is borrowed. */
typedef struct {
    PyObject *file;
    const char *mode;
    int buffering;
    const char *encoding;        /* or NULL, as the next two */
    const char *errors;
    const char *newline;
    int closefd;
    PyObject *opener;            /* or None */
} OpenRequest;

/* Arguments that only text mode takes. */
static int
mode_check_binary(const OpenMode *mode, const OpenRequest *request)
{
    const char *extra = request->encoding != NULL ? "an encoding"
                        : request->errors != NULL ? "an errors"
                        : request->newline != NULL ? "a newline"
                                                   : NULL;

    if (!mode->binary) {
        return 0;
    }
    if (extra != NULL) {
        PyErr_Format(PyExc_ValueError,
                     "binary mode doesn't take %s argument", extra);
        return -1;
    }
    if (request->buffering == 1) {
        return PyErr_WarnEx(PyExc_RuntimeWarning,
                            "line buffering (buffering=1) isn't supported in "
                            "binary mode, the default buffer size will be "
                            "used", 1);
    }
    return 0;
}

/* 1/0/-1: raw.isatty(). */
static int
raw_is_terminal(PyObject *raw)
{
    PyObject *answer = PyObject_CallMethodNoArgs(raw, NAME(isatty));
    int truth;

    if (answer == NULL) {
        return -1;
    }
    truth = PyObject_IsTrue(answer);
    Py_DECREF(answer);
    return truth;
}

/* Turns the `buffering` argument into a size (0: none); -1 on failure. */
static int
buffering_resolve(PyObject *raw, int buffering, int is_terminal)
{
    PyObject *blksize;

    if (buffering == 1 && is_terminal) {
        buffering = -1;
    }
    if (buffering == 1) {
        buffering = -1;
    }
    if (buffering < 0) {
        blksize = PyObject_GetAttr(raw, NAME(_blksize));
        if (blksize == NULL) {
            return -1;
        }
        buffering = _PyLong_AsInt(blksize);
        Py_DECREF(blksize);
        if (buffering == -1 && PyErr_Occurred()) {
            return -1;
        }
    }
    if (buffering < 0) {
        PyErr_SetString(PyExc_ValueError, "invalid buffering size");
        return -1;
    }
    return buffering;
}

/* The buffered stream for the mode over `raw`. */
static PyObject *
open_buffered(const OpenMode *mode, PyObject *raw, int buffering)
{
    PyTypeObject *type;

    if (mode->updating) {
        type = &PyBufferedRandom_Type;
    }
    else if (mode->creating || mode->writing || mode->appending) {
        type = &PyBufferedWriter_Type;
    }
    else if (mode->reading) {
        type = &PyBufferedReader_Type;
    }
    else {
        PyErr_Format(PyExc_ValueError, "unknown mode: '%s'", mode->raw_mode);
        return NULL;
    }
    return PyObject_CallFunction((PyObject *)type, "Oi", raw, buffering);
}

/* Closes `stream` because of the pending exception. */
static void
close_after_failure(PyObject *stream)
{
    PyObject *type, *value, *traceback, *result;

    PyErr_Fetch(&type, &value, &traceback);
    result = PyObject_CallMethodNoArgs(stream, NAME(close));
    Py_XDECREF(result);
    io_chain_exceptions(type, value, traceback);
}

/* Runs Python. */
static PyObject *
io_open(const OpenRequest *request)
{
    OpenMode mode;
    int buffering = request->buffering;
    PyObject *raw = NULL, *buffer = NULL, *wrapper = NULL, *path = NULL;
    PyObject *result = NULL, *mode_object = NULL;
    int line_buffering = 0, is_terminal = 0;

    path = PyNumber_Check(request->file) ? Py_NewRef(request->file)
                                         : PyOS_FSPath(request->file);
    if (path == NULL || mode_parse(request->mode, &mode) < 0 ||
        mode_check_binary(&mode, request) < 0) {
        goto done;
    }
    raw = PyObject_CallFunction((PyObject *)&PyFileIO_Type, "OsOO", path,
                                mode.raw_mode,
                                request->closefd ? Py_True : Py_False,
                                request->opener);
    if (raw == NULL) {
        goto done;
    }
    result = Py_NewRef(raw);
    if (buffering < 0) {
        is_terminal = raw_is_terminal(raw);
        if (is_terminal < 0) {
            goto error;
        }
    }
    line_buffering = buffering == 1 || is_terminal;
    buffering = buffering_resolve(raw, buffering, is_terminal);
    if (buffering < 0) {
        goto error;
    }
    if (buffering == 0) {
        if (!mode.binary) {
            PyErr_SetString(PyExc_ValueError,
                            "can't have unbuffered text I/O");
            goto error;
        }
        goto done;
    }
    buffer = open_buffered(&mode, raw, buffering);
    if (buffer == NULL) {
        goto error;
    }
    Py_SETREF(result, Py_NewRef(buffer));
    if (mode.binary) {
        goto done;
    }
    wrapper = PyObject_CallFunction((PyObject *)&PyTextIOWrapper_Type,
                                    "OsssO", buffer, request->encoding,
                                    request->errors, request->newline,
                                    line_buffering ? Py_True : Py_False);
    if (wrapper == NULL) {
        goto error;
    }
    Py_SETREF(result, Py_NewRef(wrapper));
    mode_object = PyUnicode_FromString(request->mode);
    if (mode_object == NULL ||
        PyObject_SetAttr(wrapper, NAME(mode), mode_object) < 0) {
        goto error;
    }
    goto done;
error:
    close_after_failure(result);
    Py_CLEAR(result);
done:
    Py_XDECREF(mode_object);
    Py_XDECREF(wrapper);
    Py_XDECREF(buffer);
    Py_XDECREF(raw);
    Py_XDECREF(path);
    return result;
}

static PyObject *
io_open_method(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
               PyObject *kwnames)
{
    static const char *const keywords[] = {
        "file", "mode", "buffering", "encoding", "errors", "newline",
        "closefd", "opener", NULL};
    static _PyArg_Parser parser = {.format = "O|sizzziO:open",
                                   .keywords = keywords};
    OpenRequest r = {.mode = "r", .buffering = -1, .closefd = 1,
                     .opener = Py_None};

    if (!_PyArg_ParseStackAndKeywords(
            args, nargs, kwnames, &parser, &r.file, &r.mode, &r.buffering,
            &r.encoding, &r.errors, &r.newline, &r.closefd, &r.opener)) {
        return NULL;
    }
    if (__builtin_expect(open_code_is_watched(), 0) &&
        open_code_is_for_library(r.file, r.mode)) {
        PyObject *stream = open_code_instead(r.file, r.mode, r.encoding,
                                             r.errors, r.newline);
        if (stream != Py_None) {
            return stream;
        }
        Py_DECREF(stream);
    }
    return io_open(&r);
}

static PyObject *
io_open_code(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
             PyObject *kwnames)
{
    static const char *const keywords[] = {"path", NULL};
    static _PyArg_Parser parser = {.format = "U:open_code",
                                   .keywords = keywords};
    PyObject *path;

    if (!_PyArg_ParseStackAndKeywords(args, nargs, kwnames, &parser, &path)) {
        return NULL;
    }
    return PyFile_OpenCodeObject(path);
}

static PyObject *
io_text_encoding(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    int stacklevel = 2;

    if (!_PyArg_CheckPositional("text_encoding", nargs, 1, 2)) {
        return NULL;
    }
    if (nargs == 2) {
        stacklevel = _PyLong_AsInt(args[1]);
        if (stacklevel == -1 && PyErr_Occurred()) {
            return NULL;
        }
    }
    if (args[0] != Py_None) {
        return Py_NewRef(args[0]);
    }
    if (_Py_GetConfig()->warn_default_encoding &&
        PyErr_WarnEx(PyExc_EncodingWarning,
                     "'encoding' argument not specified", stacklevel) < 0) {
        return NULL;
    }
    return PyUnicode_FromString(Py_UTF8Mode ? "utf-8" : "locale");
}

/* ---- the module ---- */

static PyTypeObject *const io_types[] = {
    &PyIOBase_Type, &PyRawIOBase_Type, &PyBufferedIOBase_Type,
    &PyTextIOBase_Type, &PyFileIO_Type, &PyBytesIO_Type, &PyStringIO_Type,
    &PyBufferedReader_Type, &PyBufferedWriter_Type, &PyBufferedRWPair_Type,
    &PyBufferedRandom_Type, &PyTextIOWrapper_Type,
    &PyIncrementalNewlineDecoder_Type,
};

static int
io_traverse_state(PyObject *module, visitproc visit, void *arg)
{
    io_state *state = PyModule_GetState(module);

    Py_VISIT(state->unsupported_operation);
    return 0;
}

static int
io_clear_state(PyObject *module)
{
    io_state *state = PyModule_GetState(module);

    Py_CLEAR(state->unsupported_operation);
    return 0;
}

static void
io_free_state(void *module)
{
    (void)io_clear_state(module);
}

static PyMethodDef io_methods[] = {
    {"open", _PyCFunction_CAST(io_open_method),
     METH_FASTCALL | METH_KEYWORDS,
     "open($module, /, file, mode='r', buffering=-1, encoding=None,\n"
     "     errors=None, newline=None, closefd=True, opener=None)\n--\n\n"
     "Open a file as a stream."},
    {"text_encoding", _PyCFunction_CAST(io_text_encoding), METH_FASTCALL,
     "text_encoding($module, encoding, stacklevel=2, /)\n--\n\nThe encoding, "
     "or for None the default one, with a warning if those are on."},
    {"open_code", _PyCFunction_CAST(io_open_code),
     METH_FASTCALL | METH_KEYWORDS,
     "open_code($module, /, path)\n--\n\nOpen a file whose content is going "
     "to be run."},
    {NULL, NULL, 0, NULL},
};

static int
io_add_contents(PyObject *module)
{
    io_state *state = PyModule_GetState(module);

    if (PyModule_AddIntConstant(module, "DEFAULT_BUFFER_SIZE",
                                IO_DEFAULT_BUFFER_SIZE) < 0) {
        return -1;
    }
    state->unsupported_operation = PyObject_CallFunction(
        (PyObject *)&PyType_Type, "s(OO){ss}", "UnsupportedOperation",
        PyExc_OSError, PyExc_ValueError, "__module__", "io");
    if (state->unsupported_operation == NULL ||
        PyModule_AddObjectRef(module, "UnsupportedOperation",
                              state->unsupported_operation) < 0 ||
        PyModule_AddObjectRef(module, "BlockingIOError",
                              PyExc_BlockingIOError) < 0) {
        return -1;
    }
    if (PyType_Ready(&_PyBytesIOBuffer_Type) < 0) {
        return -1;
    }
    for (size_t i = 0; i < Py_ARRAY_LENGTH(io_types); i++) {
        if (PyModule_AddType(module, io_types[i]) < 0) {
            return -1;
        }
    }
    return 0;
}

/* Single-phase: the static types find the state through the definition. */
static PyModuleDef io_module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "io",
    .m_doc = "Streams: raw, buffered and text, in files and in memory.",
    .m_size = sizeof(io_state),
    .m_methods = io_methods,
    .m_traverse = io_traverse_state,
    .m_clear = io_clear_state,
    .m_free = io_free_state,
};

PyMODINIT_FUNC
PyInit__io(void)
{
    PyObject *module = PyModule_Create(&io_module);

    if (module != NULL && io_add_contents(module) < 0) {
        Py_CLEAR(module);
    }
    return module;
}
