/* The standard streams: text files of `io` over descriptors 0, 1 and 2. */
#include "Python.h"

#include "config.h"
#include "fileutils.h"
#include "lifecycle.h"
#include "names.h"
#include "runtime.h"
#include "sys.h"

#include <fcntl.h>
#include <sys/stat.h>

struct stream {
    int fd;
    const char *name;          /* "<stdin>" */
    PyObject *attribute;       /* NAME(stdin), borrowed */
    PyObject *original;        /* NAME(__stdin__), borrowed */
    int writes;
};

int
lifecycle_init_preliminary_stderr(PyThreadState *tstate)
{
    PyObject *stream = PyFile_NewStdPrinter(STDERR_FILENO);
    int status;

    if (stream == NULL) {
        return -1;
    }
    status = sys_set_attribute(tstate, NAME(stderr), stream) < 0 ||
             sys_set_attribute(tstate, NAME(__stderr__), stream) < 0;
    Py_DECREF(stream);
    return status ? -1 : 0;
}

static int
fd_is_open(int fd)
{
    return fcntl(fd, F_GETFD) >= 0;
}

/* The binary stream of a descriptor: buffered, or raw for unbuffered output.
 * *is_tty and *raw are for the text layer.  Returns new.  Runs Python. */
static PyObject *
binary_open(PyObject *io_module, const struct stream *stream, int buffered,
            PyObject **raw, int *is_tty)
{
    PyObject *binary, *tty, *name;

    binary = PyObject_CallMethod(io_module, "open", "isiOOOO", stream->fd,
                                 stream->writes ? "wb" : "rb", buffered,
                                 Py_None, Py_None, Py_None, Py_False);
    if (binary == NULL) {
        return NULL;
    }
    *raw = buffered == 0 ? Py_NewRef(binary)
                         : PyObject_GetAttr(binary, NAME(raw));
    name = PyUnicode_FromString(stream->name);
    tty = *raw == NULL || name == NULL ||
                  PyObject_SetAttr(*raw, NAME(name), name) < 0
              ? NULL
              : PyObject_CallMethodNoArgs(*raw, NAME(isatty));
    *is_tty = tty == NULL ? -1 : PyObject_IsTrue(tty);
    Py_XDECREF(tty);
    Py_XDECREF(name);
    if (*is_tty < 0) {
        Py_CLEAR(*raw);
        Py_CLEAR(binary);
    }
    return binary;
}

/* The configured encoding under the name its codec gives itself.  Runs
 * Python. */
static PyObject *
stdio_encoding_name(const PyConfig *config)
{
    PyObject *given = PyUnicode_FromWideChar(config->stdio_encoding, -1);
    const char *text = given == NULL ? NULL : PyUnicode_AsUTF8(given);
    PyObject *codec = text == NULL ? NULL : _PyCodec_Lookup(text);
    PyObject *name = codec == NULL ? NULL
                                   : PyObject_GetAttr(codec, NAME(name));

    Py_XDECREF(codec);
    Py_XDECREF(given);
    return name;
}

/* Returns new; None for a descriptor that is not open.  Runs Python. */
static PyObject *
text_open(PyObject *io_module, const PyConfig *config,
          const struct stream *stream, const wchar_t *errors)
{
    PyObject *binary = NULL, *raw = NULL, *text = NULL, *mode = NULL;
    PyObject *encoding_object = NULL, *errors_object = NULL, *wrapper = NULL;
    int unbuffered = !config->buffered_stdio && stream->writes;
    int is_tty = 0;

    if (!fd_is_open(stream->fd)) {
        Py_RETURN_NONE;
    }
    binary = binary_open(io_module, stream, unbuffered ? 0 : -1, &raw,
                         &is_tty);
    if (binary == NULL) {
        goto done;
    }
    encoding_object = stdio_encoding_name(config);
    errors_object = PyUnicode_FromWideChar(errors, -1);
    mode = PyUnicode_FromString(stream->writes ? "w" : "r");
    if (encoding_object == NULL || errors_object == NULL || mode == NULL) {
        goto done;
    }
    /* Universal newlines for input, none translated for output. */
    wrapper = PyObject_CallMethod(
        io_module, "TextIOWrapper", "OOOsOO", binary, encoding_object,
        errors_object, "\n",
        stream->writes && (is_tty || stream->fd == STDERR_FILENO) &&
                !unbuffered
            ? Py_True
            : Py_False,
        unbuffered ? Py_True : Py_False);
    if (wrapper == NULL ||
        PyObject_SetAttr(wrapper, NAME(mode), mode) < 0) {
        goto done;
    }
    text = wrapper;
    wrapper = NULL;
done:
    Py_XDECREF(wrapper);
    Py_XDECREF(mode);
    Py_XDECREF(errors_object);
    Py_XDECREF(encoding_object);
    Py_XDECREF(raw);
    Py_XDECREF(binary);
    return text;
}

static int
stream_install(PyThreadState *tstate, PyObject *io_module,
               const struct stream *stream, const wchar_t *errors)
{
    PyObject *text =
        text_open(io_module, &tstate->interp->config, stream, errors);
    int status;

    if (text == NULL) {
        return -1;
    }
    status =
        sys_set_attribute(tstate, stream->original, text) < 0 ||
        sys_set_attribute(tstate, stream->attribute, text) < 0;
    Py_DECREF(text);
    return status ? -1 : 0;
}

/* A directory as standard input cannot be read: better to say so at once. */
static int
stdin_is_directory(void)
{
    struct stat status;

    return fstat(STDIN_FILENO, &status) == 0 && S_ISDIR(status.st_mode);
}

PyStatus
lifecycle_init_streams(PyThreadState *tstate)
{
    const struct stream in = {STDIN_FILENO, "<stdin>", NAME(stdin),
                              NAME(__stdin__), 0};
    const struct stream out = {STDOUT_FILENO, "<stdout>", NAME(stdout),
                               NAME(__stdout__), 1};
    const struct stream err = {STDERR_FILENO, "<stderr>", NAME(stderr),
                               NAME(__stderr__), 1};
    const wchar_t *errors = tstate->interp->config.stdio_errors;
    PyObject *io_module = NULL, *builtins = NULL, *open = NULL;
    int failed = 1;

    if (stdin_is_directory()) {
        return PyStatus_Error("<stdin> is a directory, cannot continue");
    }
    io_module = PyImport_ImportModule("io");
    if (io_module == NULL) {
        goto done;
    }
    builtins = PyImport_ImportModule("builtins");
    open = PyObject_GetAttr(io_module, NAME(open));
    if (builtins == NULL || open == NULL ||
        PyObject_SetAttr(builtins, NAME(open), open) < 0 ||
        stream_install(tstate, io_module, &in, errors) < 0 ||
        stream_install(tstate, io_module, &out, errors) < 0 ||
        /* Reports must never fail for want of a character. */
        stream_install(tstate, io_module, &err, L"backslashreplace") < 0) {
        goto done;
    }
    failed = 0;
done:
    Py_XDECREF(open);
    Py_XDECREF(builtins);
    Py_XDECREF(io_module);
    return failed ? PyStatus_Error("can't initialize sys standard streams")
                  : STATUS_OK();
}

/* --- Flushing ------------------------------------------------------------ */

static int
stream_flush(PyThreadState *tstate, PyObject *name)
{
    PyObject *file = sys_get_attribute(tstate, name);
    PyObject *closed = NULL, *result;
    int is_closed = 0;

    if (file == NULL || file == Py_None) {
        return 0;
    }
    Py_INCREF(file);
    if (_PyObject_LookupAttr(file, NAME(closed), &closed) < 0) {
        PyErr_Clear();           /* whatever it is: flush() will tell */
    }
    if (closed != NULL) {
        is_closed = PyObject_IsTrue(closed);
        if (is_closed < 0) {
            PyErr_Clear();
            is_closed = 0;
        }
        Py_DECREF(closed);
    }
    if (!is_closed) {
        result = PyObject_CallMethodNoArgs(file, NAME(flush));
        if (result == NULL) {
            if (name == NAME(stderr)) {
                PyErr_Clear();   /* nowhere to write that to */
            }
            else {
                PyErr_WriteUnraisable(file);
            }
            Py_DECREF(file);
            return -1;
        }
        Py_DECREF(result);
    }
    Py_DECREF(file);
    return 0;
}

int
sys_flush_streams(void)
{
    PyThreadState *tstate = _PyThreadState_GET();
    PyObject *type, *value, *traceback;
    int status;

    PyErr_Fetch(&type, &value, &traceback);
    status = stream_flush(tstate, NAME(stdout)) < 0 ? -1 : 0;
    status |= stream_flush(tstate, NAME(stderr)) < 0 ? -1 : 0;
    PyErr_Restore(type, value, traceback);
    return status;
}

/* --- C streams, and the text that C code writes to Python's -------------- */

int
Py_FdIsInteractive(FILE *fp, const char *filename)
{
    if (isatty(fileno(fp))) {
        return 1;
    }
    if (!Py_InteractiveFlag) {
        return 0;
    }
    return filename == NULL || strcmp(filename, "<stdin>") == 0 ||
           strcmp(filename, "???") == 0;
}

int
_Py_FdIsInteractive(FILE *fp, PyObject *filename)
{
    if (isatty(fileno(fp))) {
        return 1;
    }
    if (!Py_InteractiveFlag) {
        return 0;
    }
    return filename == NULL ||
           _PyUnicode_EqualToASCIIString(filename, "<stdin>") ||
           _PyUnicode_EqualToASCIIString(filename, "???");
}

/* Written through sys.stdout or sys.stderr; to the C stream if that fails. */
static void
write_formatted(PyObject *name, FILE *fallback, const char *format,
                va_list values)
{
    PyThreadState *tstate = _PyThreadState_GET();
    char buffer[1001];
    PyObject *type, *value, *traceback, *file;
    int written = PyOS_vsnprintf(buffer, sizeof(buffer), format, values);
    static const char truncated[] = "... truncated";

    if (tstate == NULL) {
        fputs(buffer, fallback);
        return;
    }
    PyErr_Fetch(&type, &value, &traceback);
    file = sys_get_attribute(tstate, name);
    if (file == NULL || PyFile_WriteString(buffer, file) < 0) {
        PyErr_Clear();
        fputs(buffer, fallback);
    }
    if (written < 0 || (size_t)written >= sizeof(buffer)) {
        if (file == NULL || PyFile_WriteString(truncated, file) < 0) {
            PyErr_Clear();
            fputs(truncated, fallback);
        }
    }
    PyErr_Restore(type, value, traceback);
}

void
PySys_WriteStdout(const char *format, ...)
{
    va_list values;

    va_start(values, format);
    write_formatted(NAME(stdout), stdout, format, values);
    va_end(values);
}

void
PySys_WriteStderr(const char *format, ...)
{
    va_list values;

    va_start(values, format);
    write_formatted(NAME(stderr), stderr, format, values);
    va_end(values);
}

static void
write_unicode(PyObject *name, FILE *fallback, const char *format,
              va_list values)
{
    PyThreadState *tstate = _PyThreadState_GET();
    PyObject *type, *value, *traceback, *file, *text;

    PyErr_Fetch(&type, &value, &traceback);
    file = sys_get_attribute(tstate, name);
    text = PyUnicode_FromFormatV(format, values);
    if (text != NULL && (file == NULL ||
                         PyFile_WriteObject(text, file, Py_PRINT_RAW) < 0)) {
        const char *utf8;
        PyErr_Clear();
        utf8 = PyUnicode_AsUTF8(text);
        fputs(utf8 == NULL ? "" : utf8, fallback);
    }
    PyErr_Clear();
    Py_XDECREF(text);
    PyErr_Restore(type, value, traceback);
}

void
PySys_FormatStdout(const char *format, ...)
{
    va_list values;

    va_start(values, format);
    write_unicode(NAME(stdout), stdout, format, values);
    va_end(values);
}

void
PySys_FormatStderr(const char *format, ...)
{
    va_list values;

    va_start(values, format);
    write_unicode(NAME(stderr), stderr, format, values);
    va_end(values);
}
