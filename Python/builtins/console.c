/* print, input and breakpoint. */

#include "Python.h"

#include "audit.h"
#include "bltin.h"
#include "names.h"
#include "sys.h"

#include <unistd.h>

/* ---- print -------------------------------------------------------------- */

/* None counts as absent; other than a string is an error.  0 or -1. */
static int
check_separator(const char *name, PyObject **text)
{
    if (*text == Py_None) {
        *text = NULL;
    }
    if (*text != NULL && !PyUnicode_Check(*text)) {
        PyErr_Format(PyExc_TypeError,
                     "%s must be None or a string, not %.200s", name,
                     Py_TYPE(*text)->tp_name);
        return -1;
    }
    return 0;
}

/* Keyword values from the stack; borrowed. */
typedef struct {
    PyObject *sep, *end, *file, *flush;
} print_options;

static int
parse_print_options(PyObject *const *args, Py_ssize_t nargs,
                    PyObject *kwnames, print_options *options)
{
    static const char *const keywords[] = {"sep", "end", "file", "flush",
                                           NULL};
    static _PyArg_Parser parser = {.keywords = keywords, .fname = "print"};
    PyObject *found[5];                       /* found[0]: the values */

    if (kwnames == NULL) {
        return 0;
    }
    if (_PyArg_UnpackKeywordsWithVararg(args, nargs, NULL, kwnames, &parser, 0,
                                        0, 0, 0, found) == NULL) {
        return -1;
    }
    Py_DECREF(found[0]);
    options->sep = found[1];
    options->end = found[2];
    options->file = found[3] == NULL ? options->file : found[3];
    options->flush = found[4] == NULL ? options->flush : found[4];
    return 0;
}

/* Writes the arguments and the end.  0 or -1.  Runs Python. */
static int
write_values(PyObject *const *args, Py_ssize_t nargs, PyObject *file,
             PyObject *sep, PyObject *end)
{
    for (Py_ssize_t i = 0; i < nargs; i++) {
        int status = 0;
        if (i > 0) {
            status = sep == NULL ? PyFile_WriteString(" ", file)
                                 : PyFile_WriteObject(sep, file,
                                                      Py_PRINT_RAW);
        }
        if (status < 0 ||
            PyFile_WriteObject(args[i], file, Py_PRINT_RAW) < 0) {
            return -1;
        }
    }
    return end == NULL ? PyFile_WriteString("\n", file)
                       : PyFile_WriteObject(end, file, Py_PRINT_RAW);
}

PyDoc_STRVAR(print_doc,
"print($module, /, *args, sep=\' \', end=\'\\n\', file=None, flush=False)\n"
"--\n\n"
"Write the values as text, with sep between them and end behind, to the\n"
"file, by default sys.stdout; and empty its buffer if flush is true.");

static PyObject *
builtin_print(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
              PyObject *kwnames)
{
    print_options options = {NULL, NULL, Py_None, Py_False};

    if (parse_print_options(args, nargs, kwnames, &options) < 0) {
        return NULL;
    }
    int flush = PyObject_IsTrue(options.flush);
    if (flush < 0) {
        return NULL;
    }
    PyObject *file = options.file;
    if (file == Py_None) {
        file = _PySys_GetAttr(_PyThreadState_GET(), NAME(stdout));
        if (file == NULL) {
            PyErr_SetString(PyExc_RuntimeError, "lost sys.stdout");
            return NULL;
        }
        if (file == Py_None) {
            Py_RETURN_NONE;               /* no output at all */
        }
    }
    if (check_separator("sep", &options.sep) < 0 ||
        check_separator("end", &options.end) < 0) {
        return NULL;
    }
    PyObject *result = NULL;
    Py_INCREF(file);
    if (write_values(args, nargs, file, options.sep, options.end) < 0) {
        goto done;
    }
    if (flush) {
        PyObject *flushed = PyObject_CallMethodNoArgs(file, NAME(flush));
        if (flushed == NULL) {
            goto done;
        }
        Py_DECREF(flushed);
    }
    result = Py_NewRef(Py_None);
done:
    Py_DECREF(file);
    return result;
}

/* ---- input -------------------------------------------------------------- */

/* Empties a stream's buffer; failure is of no interest. */
static void
flush_quietly(PyObject *file)
{
    PyObject *result = PyObject_CallMethodNoArgs(file, NAME(flush));

    if (result == NULL) {
        PyErr_Clear();
    }
    Py_XDECREF(result);
}

/* Is the Python file the C stream, and a terminal? */
static int
is_terminal(PyObject *file, FILE *stream)
{
    PyObject *number = PyObject_CallMethodNoArgs(file, NAME(fileno));

    if (number == NULL) {
        PyErr_Clear();
        return 0;
    }
    long fd = PyLong_AsLong(number);
    Py_DECREF(number);
    if (fd == -1 && PyErr_Occurred()) {
        PyErr_Clear();
        return 0;
    }
    return fd == fileno(stream) && isatty((int)fd);
}

/* How a stream turns text into bytes.  Owned; NULL if unknown. */
typedef struct {
    PyObject *encoding, *errors;
} text_codec;

static void
codec_clear(text_codec *codec)
{
    Py_CLEAR(codec->encoding);
    Py_CLEAR(codec->errors);
}

/* 0, or -1 if the file does not say (exception set or not). */
static int
codec_of_file(PyObject *file, text_codec *codec)
{
    codec->encoding = PyObject_GetAttr(file, NAME(encoding));
    codec->errors = PyObject_GetAttr(file, NAME(errors));
    if (codec->encoding == NULL || codec->errors == NULL ||
        !PyUnicode_Check(codec->encoding) ||
        !PyUnicode_Check(codec->errors)) {
        codec_clear(codec);
        return -1;
    }
    return 0;
}

/* The prompt as bytes for the terminal.  New. */
static PyObject *
encode_prompt(PyObject *prompt, const text_codec *codec)
{
    PyObject *text = PyObject_Str(prompt);

    if (text == NULL) {
        return NULL;
    }
    PyObject *bytes = PyUnicode_AsEncodedString(
        text, PyUnicode_AsUTF8(codec->encoding),
        PyUnicode_AsUTF8(codec->errors));
    Py_DECREF(text);
    if (bytes != NULL &&
        strlen(PyBytes_AS_STRING(bytes)) !=
            (size_t)PyBytes_GET_SIZE(bytes)) {
        PyErr_SetString(PyExc_ValueError,
                        "input: prompt string cannot contain null "
                        "characters");
        Py_CLEAR(bytes);
    }
    return bytes;
}

/* Reads a line with the terminal's editing.  New str. */
static PyObject *
read_line(const char *prompt, const text_codec *codec)
{
    PyObject *result = NULL;
    char *line = PyOS_Readline(stdin, stdout, prompt);

    if (line == NULL) {
        if (PyErr_CheckSignals() == 0 && !PyErr_Occurred()) {
            PyErr_SetNone(PyExc_KeyboardInterrupt);
        }
        return NULL;
    }
    size_t size = strlen(line);
    if (size == 0) {
        PyErr_SetNone(PyExc_EOFError);
    }
    else if (size > PY_SSIZE_T_MAX) {
        PyErr_SetString(PyExc_OverflowError, "input: input too long");
    }
    else {
        size -= line[size - 1] == '\n';
        result = PyUnicode_Decode(line, (Py_ssize_t)size,
                                  PyUnicode_AsUTF8(codec->encoding),
                                  PyUnicode_AsUTF8(codec->errors));
    }
    PyMem_Free(line);
    if (result != NULL && PyAudit(AUDIT_BUILTINS_INPUT_RESULT, "(O)",
                                  result) < 0) {
        Py_CLEAR(result);
    }
    return result;
}

/* Input from a terminal.  Returns new; NULL with `*fallback` set if the
 * streams turn out to be special. */
static PyObject *
input_from_terminal(PyObject *prompt, PyObject *in, PyObject *out,
                    int *fallback)
{
    text_codec in_codec = {NULL, NULL}, out_codec = {NULL, NULL};
    PyObject *bytes = NULL, *result = NULL;

    *fallback = 0;
    if (codec_of_file(in, &in_codec) < 0) {
        *fallback = 1;
        goto done;
    }
    flush_quietly(out);
    if (prompt != NULL) {
        if (codec_of_file(out, &out_codec) < 0) {
            *fallback = 1;
            goto done;
        }
        bytes = encode_prompt(prompt, &out_codec);
        if (bytes == NULL) {
            goto done;
        }
    }
    result = read_line(bytes == NULL ? "" : PyBytes_AS_STRING(bytes),
                       &in_codec);
done:
    if (*fallback) {
        PyErr_Clear();
    }
    Py_XDECREF(bytes);
    codec_clear(&in_codec);
    codec_clear(&out_codec);
    return result;
}

static PyObject *
input_from_file(PyObject *prompt, PyObject *in, PyObject *out)
{
    if (prompt != NULL &&
        PyFile_WriteObject(prompt, out, Py_PRINT_RAW) < 0) {
        return NULL;
    }
    flush_quietly(out);
    return PyFile_GetLine(in, -1);
}

/* A stream of sys.  Returns new, or NULL with RuntimeError. */
static PyObject *
standard_stream(PyObject *name)
{
    PyObject *file = _PySys_GetAttr(_PyThreadState_GET(), name);

    if (file == NULL || file == Py_None) {
        PyErr_Format(PyExc_RuntimeError, "input(): lost sys.%U", name);
        return NULL;
    }
    return Py_NewRef(file);
}

PyDoc_STRVAR(input_doc,
"input($module, prompt='', /)\n--\n\n"
"Read a line from standard input and return it without its end.\n\n"
"The prompt is written first.  At the end of the input EOFError is raised.");

static PyObject *
builtin_input(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    PyObject *in = NULL, *out = NULL, *err = NULL, *result = NULL;
    int fallback = 1;

    if (!_PyArg_CheckPositional("input", nargs, 0, 1)) {
        return NULL;
    }
    PyObject *prompt = nargs > 0 ? args[0] : NULL;
    in = standard_stream(NAME(stdin));
    out = in == NULL ? NULL : standard_stream(NAME(stdout));
    err = out == NULL ? NULL : standard_stream(NAME(stderr));
    if (err == NULL ||
        PyAudit(AUDIT_BUILTINS_INPUT, "(O)",
                prompt == NULL ? Py_None : prompt) < 0) {
        goto done;
    }
    flush_quietly(err);
    if (is_terminal(in, stdin) && is_terminal(out, stdout)) {
        result = input_from_terminal(prompt, in, out, &fallback);
    }
    if (fallback) {
        result = input_from_file(prompt, in, out);
    }
done:
    Py_XDECREF(in);
    Py_XDECREF(out);
    Py_XDECREF(err);
    return result;
}

/* ---- breakpoint --------------------------------------------------------- */

PyDoc_STRVAR(breakpoint_doc,
"breakpoint(*args, **kws)\n\n"
"Call sys.breakpointhook() with the arguments; by default that starts the\n"
"debugger pdb.");

static PyObject *
builtin_breakpoint(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
                   PyObject *kwnames)
{
    PyObject *hook = PySys_GetObject("breakpointhook");

    if (hook == NULL) {
        PyErr_SetString(PyExc_RuntimeError, "lost sys.breakpointhook");
        return NULL;
    }
    if (PyAudit(AUDIT_BUILTINS_BREAKPOINT, "(O)", hook) < 0) {
        return NULL;
    }
    Py_INCREF(hook);
    PyObject *result = PyObject_Vectorcall(hook, args, (size_t)nargs,
                                           kwnames);
    Py_DECREF(hook);
    return result;
}

/* ---- Table -------------------------------------------------------------- */

#define FAST(function) ((PyCFunction)(void (*)(void))(function))

PyMethodDef builtins_console_methods[] = {
    {"breakpoint", FAST(builtin_breakpoint), METH_FASTCALL | METH_KEYWORDS,
     breakpoint_doc},
    {"input", FAST(builtin_input), METH_FASTCALL, input_doc},
    {"print", FAST(builtin_print), METH_FASTCALL | METH_KEYWORDS, print_doc},
    {NULL},
};
