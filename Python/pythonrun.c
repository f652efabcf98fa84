/* Running source text, files, .pyc files and interactive sessions
 * (documentation, "The Very High Level Layer"). */

#include "Python.h"

#include "arena.h"
#include "ast.h"
#include "audit.h"
#include "errcode.h"
#include "internal/compile.h"
#include "internal/pythonrun.h"
#include "marshal.h"
#include "names.h"
#include "open_code.h"
#include "parser.h"
#include "private_api.h"
#include "runtime.h"
#include "sys.h"

#include <sys/stat.h>

/* MemoryErrors in a row after which an interactive session ends. */
#define MAX_MEMORY_ERRORS 16

/* ---- Helpers ------------------------------------------------------------ */

static void
flush_stream(PyObject *name)
{
    PyObject *stream = _PySys_GetAttr(_PyThreadState_GET(), name);

    if (stream == NULL) {
        return;
    }
    Py_INCREF(stream);
    PyObject *result = PyObject_CallMethodNoArgs(stream, NAME(flush));
    if (result == NULL) {
        PyErr_Clear();
    }
    Py_XDECREF(result);
    Py_DECREF(stream);
}

void
pythonrun_flush_streams(void)
{
    PyObject *type, *value, *traceback;

    PyErr_Fetch(&type, &value, &traceback);
    flush_stream(NAME(stderr));
    flush_stream(NAME(stdout));
    PyErr_Restore(type, value, traceback);
}

/* The namespace of __main__, borrowed; NULL with an exception. */
static PyObject *
main_namespace(void)
{
    PyObject *module = PyImport_AddModule("__main__");

    return module == NULL ? NULL : PyModule_GetDict(module);
}

static PyObject *
run_code(PyObject *code, PyObject *globals, PyObject *locals)
{
    int found = PyDict_Contains(globals, NAME(__builtins__));

    if (found < 0 ||
        (found == 0 && PyDict_SetItem(globals, NAME(__builtins__),
                                      PyEval_GetBuiltins()) < 0)) {
        return NULL;
    }
    _Py_UnhandledKeyboardInterrupt = 0;
    PyObject *result = PyEval_EvalCode(code, globals, locals);
    if (result == NULL && PyErr_Occurred() == PyExc_KeyboardInterrupt) {
        _Py_UnhandledKeyboardInterrupt = 1;
    }
    return result;
}

static PyObject *
run_mod(mod_ty mod, PyObject *filename, PyObject *globals, PyObject *locals,
        PyCompilerFlags *flags, PyArena *arena)
{
    PyObject *code = (PyObject *)_PyAST_Compile(mod, filename, flags, -1,
                                                arena);
    PyObject *result = NULL;

    if (code == NULL) {
        return NULL;
    }
    if (PyAudit(AUDIT_EXEC, "(O)", code) == 0) {
        result = run_code(code, globals, locals);
    }
    Py_DECREF(code);
    return result;
}

/* ---- Strings ------------------------------------------------------------ */

PyObject *
PyRun_StringFlags(const char *str, int start, PyObject *globals,
                  PyObject *locals, PyCompilerFlags *flags)
{
    PyObject *result = NULL;
    PyObject *filename = PyUnicode_FromString("<string>");

    if (filename == NULL) {
        return NULL;
    }
    PyArena *arena = _PyArena_New();
    if (arena != NULL) {
        mod_ty mod = parser_mod_from_string(str, filename, start, flags,
                                            arena);
        if (mod != NULL) {
            result = run_mod(mod, filename, globals, locals, flags, arena);
        }
        _PyArena_Free(arena);
    }
    Py_DECREF(filename);
    return result;
}

int
PyRun_SimpleStringFlags(const char *command, PyCompilerFlags *flags)
{
    PyObject *dict = main_namespace();

    if (dict == NULL) {
        return -1;
    }
    PyObject *result = PyRun_StringFlags(command, Py_file_input, dict, dict,
                                         flags);
    if (result == NULL) {
        PyErr_Print();
        return -1;
    }
    Py_DECREF(result);
    return 0;
}

PyObject *
Py_CompileStringObject(const char *str, PyObject *filename, int start,
                       PyCompilerFlags *flags, int optimize)
{
    PyObject *result = NULL;
    PyArena *arena = _PyArena_New();

    if (arena == NULL) {
        return NULL;
    }
    mod_ty mod = parser_mod_from_string(str, filename, start, flags, arena);
    if (mod != NULL) {
        if (flags != NULL && (flags->cf_flags & PyCF_ONLY_AST)) {
            result = ast_as_object(mod);
        }
        else {
            result = (PyObject *)_PyAST_Compile(mod, filename, flags,
                                                optimize, arena);
        }
    }
    _PyArena_Free(arena);
    return result;
}

PyObject *
Py_CompileStringExFlags(const char *str, const char *filename, int start,
                        PyCompilerFlags *flags, int optimize)
{
    PyObject *name = PyUnicode_DecodeFSDefault(filename);

    if (name == NULL) {
        return NULL;
    }
    PyObject *result = Py_CompileStringObject(str, name, start, flags,
                                              optimize);
    Py_DECREF(name);
    return result;
}

/* Text of a str, bytes or buffer: `*copy` (new, or NULL) keeps it alive. */
const char *
_Py_SourceAsString(PyObject *source, const char *function, const char *what,
                   PyCompilerFlags *flags, PyObject **copy)
{
    const char *text;
    Py_ssize_t size;
    Py_buffer view;

    *copy = NULL;
    if (PyUnicode_Check(source)) {
        flags->cf_flags |= PyCF_IGNORE_COOKIE;
        text = PyUnicode_AsUTF8AndSize(source, &size);
        if (text == NULL) {
            return NULL;
        }
    }
    else if (PyBytes_Check(source)) {
        text = PyBytes_AS_STRING(source);
        size = PyBytes_GET_SIZE(source);
    }
    else if (PyByteArray_Check(source)) {
        text = PyByteArray_AS_STRING(source);
        size = PyByteArray_GET_SIZE(source);
    }
    else if (PyObject_GetBuffer(source, &view, PyBUF_SIMPLE) == 0) {
        *copy = PyBytes_FromStringAndSize(view.buf, view.len);
        PyBuffer_Release(&view);
        if (*copy == NULL) {
            return NULL;
        }
        text = PyBytes_AS_STRING(*copy);
        size = PyBytes_GET_SIZE(*copy);
    }
    else {
        PyErr_Format(PyExc_TypeError, "%s() arg 1 must be a %s object",
                     function, what);
        return NULL;
    }
    if (strlen(text) != (size_t)size) {
        PyErr_SetString(PyExc_ValueError,
                        "source code string cannot contain null bytes");
        Py_CLEAR(*copy);
        return NULL;
    }
    return text;
}

/* ---- Opened for running ------------------------------------------------- */

/* A stream in memory is no file: what it holds was opened before, or is its
 * maker's as a string is. */
static int
is_memory_file(FILE *file)
{
    return fileno(file) < 0;
}

/* What hooks are told of `file`: borrowed path, and with it the intent. */
static PyObject *
path_for_hooks(FILE *file, PyObject *filename, OpenCodeIntent *intent)
{
    if (file == stdin ||
        _PyUnicode_EqualToASCIIString(filename, "<stdin>")) {
        *intent = OPEN_CODE_STDIN;
        return NAME(dev_stdin);
    }
    return filename;
}

/* The stream to run in place of an open file: itself, or the bytes that the
 * open-code hook answers, in memory; then `*file` is closed if `*close`, and
 * the new stream is to be closed.  0/-1.  Runs Python (hooks). */
static int
open_for_running(FILE **file, PyObject *filename, OpenCodeIntent intent,
                 int *close)
{
    FILE *opened = NULL;

    if (!open_code_is_watched() || is_memory_file(*file)) {
        return 0;
    }
    PyObject *path = path_for_hooks(*file, filename, &intent);
    if (open_code_has_hook()) {
        /* The descriptor stands where the stream does, if it can be moved. */
        (void)fflush(*file);
        opened = open_code_read_as_file(path, intent, fileno(*file));
    }
    else if (open_code_announce(path, intent) == 0) {
        return 0;
    }
    if (*close) {
        fclose(*file);
        *close = 0;
    }
    if (opened == NULL) {
        return -1;
    }
    *file = opened;
    *close = 1;
    return 0;
}

/* Is the stream, just opened by a hook, the terminal or pipe that `file`
 * reads? */
static int
is_same_terminal(PyObject *stream, FILE *file)
{
    struct stat opened, here;
    int fd = open_code_stream_fd(stream);

    return fd >= 0 && fstat(fd, &opened) == 0 &&
           fstat(fileno(file), &here) == 0 && !S_ISREG(here.st_mode) &&
           opened.st_dev == here.st_dev && opened.st_ino == here.st_ino;
}

/* The stream from which a session reads: `file`, where nobody objects or the
 * hook answers the same terminal, else the bytes it answers, in memory, to be
 * closed.  NULL with an exception.  Runs Python (hooks). */
static FILE *
open_session(FILE *file, PyObject *filename)
{
    OpenCodeIntent intent = OPEN_CODE_MAIN;
    PyObject *stream, *bytes, *closed;
    FILE *opened = NULL;

    if (!open_code_is_watched() || is_memory_file(file)) {
        return file;
    }
    PyObject *path = path_for_hooks(file, filename, &intent);
    if (!open_code_has_hook()) {
        return open_code_announce(path, intent) < 0 ? NULL : file;
    }
    (void)fflush(file);
    stream = open_code_file(path, intent, fileno(file));
    if (stream == NULL) {
        return NULL;
    }
    if (is_same_terminal(stream, file)) {
        closed = PyObject_CallMethodNoArgs(stream, NAME(close));
        opened = closed == NULL ? NULL : file;
        Py_XDECREF(closed);
    }
    else {
        bytes = open_code_read_stream(stream);
        opened = bytes == NULL ? NULL : open_code_memory_file(bytes);
        Py_XDECREF(bytes);
    }
    Py_DECREF(stream);
    return opened;
}

/* ---- Files of source ---------------------------------------------------- */

/* The module, in a new arena that run_parsed() frees; closes the file if
 * `close`. */
static mod_ty
parse_file(FILE *file, PyObject *filename, int start, int close,
           PyCompilerFlags *flags, PyArena **arena)
{
    mod_ty mod = NULL;

    *arena = _PyArena_New();
    if (*arena != NULL) {
        mod = parser_mod_from_file(file, filename, start, flags, *arena);
    }
    if (close) {
        fclose(file);
    }
    return mod;
}

/* Runs what parse_file() gave, which may be NULL with an exception. */
static PyObject *
run_parsed(mod_ty mod, PyObject *filename, PyObject *globals,
           PyObject *locals, PyCompilerFlags *flags, PyArena *arena)
{
    PyObject *result = NULL;

    if (mod != NULL) {
        result = run_mod(mod, filename, globals, locals, flags, arena);
    }
    if (arena != NULL) {
        _PyArena_Free(arena);
    }
    return result;
}

PyObject *
PyRun_FileExFlags(FILE *fp, const char *filename, int start,
                  PyObject *globals, PyObject *locals, int closeit,
                  PyCompilerFlags *flags)
{
    PyObject *name = PyUnicode_DecodeFSDefault(filename);

    if (name == NULL) {
        return NULL;
    }
    PyObject *result = NULL;
    if (open_for_running(&fp, name, OPEN_CODE_SOURCE, &closeit) == 0) {
        PyArena *arena;
        mod_ty mod = parse_file(fp, name, start, closeit, flags, &arena);
        result = run_parsed(mod, name, globals, locals, flags, arena);
    }
    Py_DECREF(name);
    return result;
}

/* Sets __loader__ of __main__.  0 or -1.  Runs Python. */
static int
set_main_loader(PyObject *dict, PyObject *filename, const char *class_name)
{
    PyObject *bootstrap = NULL, *class = NULL, *loader = NULL;
    int result = -1;

    bootstrap = PyObject_GetAttrString(_PyInterpreterState_GET()->importlib,
                                       "_bootstrap_external");
    if (bootstrap == NULL) {
        goto done;
    }
    class = PyObject_GetAttrString(bootstrap, class_name);
    if (class == NULL) {
        goto done;
    }
    loader = PyObject_CallFunction(class, "sO", "__main__", filename);
    if (loader == NULL) {
        goto done;
    }
    result = PyDict_SetItem(dict, NAME(__loader__), loader);
done:
    Py_XDECREF(loader);
    Py_XDECREF(class);
    Py_XDECREF(bootstrap);
    return result;
}

/* Is it compiled code?  By name, or by the magic number where `file` can be
 * read ahead. */
static int
is_pyc_file(FILE *file, PyObject *filename, int close)
{
    Py_ssize_t size = PyUnicode_GET_LENGTH(filename);

    if (size >= 4 && PyUnicode_READ_CHAR(filename, size - 4) == '.' &&
        PyUnicode_READ_CHAR(filename, size - 3) == 'p' &&
        PyUnicode_READ_CHAR(filename, size - 2) == 'y' &&
        PyUnicode_READ_CHAR(filename, size - 1) == 'c') {
        return 1;
    }
    if (!close || ftell(file) != 0) {
        return 0;
    }
    unsigned int magic = (unsigned int)PyImport_GetMagicNumber() & 0xFFFF;
    unsigned char start[2];
    int is_pyc = fread(start, 1, 2, file) == 2 &&
                 ((unsigned int)start[1] << 8 | start[0]) == magic;
    rewind(file);
    return is_pyc;
}

/* Reads and runs compiled code; closes the file. */
static PyObject *
run_pyc_file(FILE *file, PyObject *dict, PyCompilerFlags *flags)
{
    PyObject *code = NULL, *result = NULL;

    long magic = PyMarshal_ReadLongFromFile(file);
    if (magic != PyImport_GetMagicNumber()) {
        if (!PyErr_Occurred()) {
            PyErr_SetString(PyExc_RuntimeError,
                            "Bad magic number in .pyc file");
        }
        fclose(file);
        return NULL;
    }
    for (int i = 0; i < 3; i++) {          /* flags, time or hash, size */
        (void)PyMarshal_ReadLongFromFile(file);
    }
    if (!PyErr_Occurred()) {
        code = PyMarshal_ReadLastObjectFromFile(file);
    }
    fclose(file);
    if (code == NULL || !PyCode_Check(code)) {
        if (!PyErr_Occurred()) {
            PyErr_SetString(PyExc_RuntimeError,
                            "Bad code object in .pyc file");
        }
        goto done;
    }
    result = run_code(code, dict, dict);
    if (result != NULL && flags != NULL) {
        flags->cf_flags |= ((PyCodeObject *)code)->co_flags & PyCF_MASK;
    }
done:
    Py_XDECREF(code);
    return result;
}

/* A .pyc file from its start; closes the file. */
static PyObject *
rewind_and_run_pyc(FILE *file, PyObject *filename, PyObject *dict,
                   PyCompilerFlags *flags)
{
    rewind(file);
    if (set_main_loader(dict, filename, "SourcelessFileLoader") < 0) {
        fprintf(stderr, "python: failed to set __main__.__loader__\n");
        fclose(file);
        return NULL;
    }
    return run_pyc_file(file, dict, flags);
}

static PyObject *
open_and_run_pyc(PyObject *filename, PyObject *dict, PyCompilerFlags *flags)
{
    FILE *file = _Py_fopen_obj(filename, "rb");

    if (file == NULL) {
        fprintf(stderr, "python: Can't reopen .pyc file\n");
        return NULL;
    }
    return rewind_and_run_pyc(file, filename, dict, flags);
}

static PyObject *
run_script(FILE *file, PyObject *filename, PyObject *dict, int close,
           PyCompilerFlags *flags)
{
    if (is_pyc_file(file, filename, close)) {
        if (close && is_memory_file(file)) {
            return rewind_and_run_pyc(file, filename, dict, flags);
        }
        if (close) {
            fclose(file);
        }
        return open_and_run_pyc(filename, dict, flags);
    }
    if (!_PyUnicode_EqualToASCIIString(filename, "<stdin>") &&
        set_main_loader(dict, filename, "SourceFileLoader") < 0) {
        fprintf(stderr, "python: failed to set __main__.__loader__\n");
        if (close) {
            fclose(file);
        }
        return NULL;
    }
    PyArena *arena;
    mod_ty mod = parse_file(file, filename, Py_file_input, close, flags,
                            &arena);
    return run_parsed(mod, filename, dict, dict, flags, arena);
}

/* Sets __file__ and __cached__ unless they are.  1 if it did, 0, -1. */
static int
set_main_file(PyObject *dict, PyObject *filename)
{
    int found = PyDict_Contains(dict, NAME(__file__));

    if (found != 0) {
        return found < 0 ? -1 : 0;
    }
    if (PyDict_SetItem(dict, NAME(__file__), filename) < 0 ||
        PyDict_SetItem(dict, NAME(__cached__), Py_None) < 0) {
        return -1;
    }
    return 1;
}

int
pythonrun_opened_file(FILE *fp, PyObject *filename, int closeit,
                      PyCompilerFlags *flags)
{
    PyObject *module = PyImport_AddModule("__main__");

    if (module == NULL) {
        return -1;
    }
    Py_INCREF(module);
    PyObject *dict = PyModule_GetDict(module);
    int result = -1;
    int has_set_file = set_main_file(dict, filename);
    if (has_set_file < 0) {
        PyErr_Print();
        goto done;
    }
    PyObject *value = run_script(fp, filename, dict, closeit, flags);
    pythonrun_flush_streams();
    if (value == NULL) {
        Py_CLEAR(module);              /* its end may be part of the display */
        PyErr_Print();
        goto done;
    }
    Py_DECREF(value);
    result = 0;
done:
    if (has_set_file > 0 && module != NULL) {
        if (PyDict_DelItem(dict, NAME(__file__)) < 0) {
            PyErr_Print();
        }
        if (PyDict_DelItem(dict, NAME(__cached__)) < 0) {
            PyErr_Print();
        }
    }
    Py_XDECREF(module);
    return result;
}

int
_PyRun_SimpleFileObject(FILE *fp, PyObject *filename, int closeit,
                        PyCompilerFlags *flags)
{
    if (open_for_running(&fp, filename, OPEN_CODE_MAIN, &closeit) < 0) {
        PyErr_Print();
        return -1;
    }
    return pythonrun_opened_file(fp, filename, closeit, flags);
}

int
PyRun_SimpleFileExFlags(FILE *fp, const char *filename, int closeit,
                        PyCompilerFlags *flags)
{
    PyObject *name = PyUnicode_DecodeFSDefault(filename);

    if (name == NULL) {
        return -1;
    }
    int result = _PyRun_SimpleFileObject(fp, name, closeit, flags);
    Py_DECREF(name);
    return result;
}

/* ---- Interactive sessions ----------------------------------------------- */

/* A prompt of sys as text: `*text` (PyMem... owned str) and its UTF-8. */
static const char *
get_prompt(PyObject *name, PyObject **text)
{
    PyObject *prompt = _PySys_GetAttr(_PyThreadState_GET(), name);
    const char *result = NULL;

    *text = NULL;
    if (prompt == NULL) {
        return "";
    }
    *text = PyObject_Str(prompt);
    if (*text != NULL && PyUnicode_Check(*text)) {
        result = PyUnicode_AsUTF8(*text);
    }
    if (result == NULL) {
        PyErr_Clear();
        Py_CLEAR(*text);
        return "";
    }
    return result;
}

/* The encoding of sys.stdin: `*object` (owned) keeps it alive. */
static const char *
get_input_encoding(FILE *file, PyObject **object)
{
    *object = NULL;
    if (file != stdin) {
        return NULL;
    }
    PyObject *in = _PySys_GetAttr(_PyThreadState_GET(), NAME(stdin));
    if (in != NULL && in != Py_None) {
        *object = PyObject_GetAttr(in, NAME(encoding));
    }
    const char *result = NULL;
    if (*object != NULL && PyUnicode_Check(*object)) {
        result = PyUnicode_AsUTF8(*object);
    }
    if (result == NULL) {
        PyErr_Clear();
    }
    return result;
}

/* Reads one statement.  `*status` becomes E_OK, E_EOF or another code. */
static mod_ty
read_statement(FILE *file, PyObject *filename, PyCompilerFlags *flags,
               int *status, PyArena *arena)
{
    PyObject *encoding_object, *ps1, *ps2;
    parser_console console = {.file = file};

    console.encoding = get_input_encoding(file, &encoding_object);
    console.prompt1 = get_prompt(NAME(ps1), &ps1);
    console.prompt2 = get_prompt(NAME(ps2), &ps2);
    mod_ty mod = parser_mod_from_interactive(&console, filename, flags,
                                             status, arena);
    Py_XDECREF(ps1);
    Py_XDECREF(ps2);
    Py_XDECREF(encoding_object);
    return mod;
}

/* 0, -1 with an exception, or E_EOF. */
static int
run_one_statement(FILE *file, PyObject *filename, PyCompilerFlags *flags)
{
    int status, result = -1;
    PyArena *arena = _PyArena_New();

    if (arena == NULL) {
        return -1;
    }
    mod_ty mod = read_statement(file, filename, flags, &status, arena);
    if (mod == NULL) {
        if (status == E_EOF) {
            PyErr_Clear();
            result = E_EOF;
        }
        goto done;
    }
    PyObject *dict = main_namespace();
    if (dict == NULL) {
        goto done;
    }
    PyObject *value = run_mod(mod, filename, dict, dict, flags, arena);
    if (value != NULL) {
        Py_DECREF(value);
        result = 0;
    }
    pythonrun_flush_streams();
done:
    _PyArena_Free(arena);
    return result;
}

/* Gives sys a prompt if it has none. */
static void
ensure_prompt(PyObject *name, const char *text)
{
    if (_PySys_GetAttr(_PyThreadState_GET(), name) != NULL) {
        return;
    }
    PyObject *prompt = PyUnicode_FromString(text);
    if (prompt == NULL ||
        PySys_SetObject(PyUnicode_AsUTF8(name), prompt) < 0) {
        PyErr_Clear();
    }
    Py_XDECREF(prompt);
}

static int
interactive_loop(FILE *fp, PyObject *filename, PyCompilerFlags *flags)
{
    PyCompilerFlags local_flags = {0, PY_MINOR_VERSION};
    int memory_errors = 0, result;

    if (flags == NULL) {
        flags = &local_flags;
    }
    ensure_prompt(NAME(ps1), ">>> ");
    ensure_prompt(NAME(ps2), "... ");
    do {
        result = run_one_statement(fp, filename, flags);
        if (result != -1 || !PyErr_Occurred()) {
            memory_errors = 0;
            continue;
        }
        if (!PyErr_ExceptionMatches(PyExc_MemoryError)) {
            memory_errors = 0;
        }
        else if (++memory_errors > MAX_MEMORY_ERRORS) {
            PyErr_Clear();
            return -1;
        }
        PyErr_Print();
        pythonrun_flush_streams();
    } while (result != E_EOF);
    /* The shell's prompt is not to follow ours on the same line. */
    fputc('\n', stderr);
    return 0;
}

int
_PyRun_InteractiveLoopObject(FILE *fp, PyObject *filename,
                             PyCompilerFlags *flags)
{
    FILE *opened = open_session(fp, filename);

    if (opened == NULL) {
        PyErr_Print();
        return -1;
    }
    int result = interactive_loop(opened, filename, flags);
    if (opened != fp) {
        fclose(opened);
    }
    return result;
}

/* A hook is asked for each statement; a stream of its own holds all the rest
 * of the session. */
int
PyRun_InteractiveOneObject(FILE *fp, PyObject *filename,
                           PyCompilerFlags *flags)
{
    FILE *opened = open_session(fp, filename);
    int result;

    if (opened != NULL && opened != fp) {
        result = interactive_loop(opened, filename, flags);
        fclose(opened);
        return result < 0 ? -1 : E_EOF;
    }
    result = opened == NULL ? -1 : run_one_statement(fp, filename, flags);
    if (result == -1) {
        PyErr_Print();
        pythonrun_flush_streams();
    }
    return result;
}

int
PyRun_InteractiveOneFlags(FILE *fp, const char *filename,
                          PyCompilerFlags *flags)
{
    PyObject *name = PyUnicode_DecodeFSDefault(filename);

    if (name == NULL) {
        PyErr_Print();
        return -1;
    }
    int result = PyRun_InteractiveOneObject(fp, name, flags);
    Py_DECREF(name);
    return result;
}

int
PyRun_InteractiveLoopFlags(FILE *fp, const char *filename,
                           PyCompilerFlags *flags)
{
    PyObject *name = PyUnicode_DecodeFSDefault(filename);

    if (name == NULL) {
        PyErr_Print();
        return -1;
    }
    int result = _PyRun_InteractiveLoopObject(fp, name, flags);
    Py_DECREF(name);
    return result;
}

/* ---- Any file ----------------------------------------------------------- */

int
pythonrun_opened_any_file(FILE *fp, PyObject *filename, int closeit,
                          PyCompilerFlags *flags)
{
    if (!_Py_FdIsInteractive(fp, filename)) {
        return pythonrun_opened_file(fp, filename, closeit, flags);
    }
    int result = interactive_loop(fp, filename, flags);
    if (closeit) {
        fclose(fp);
    }
    return result;
}

int
_PyRun_AnyFileObject(FILE *fp, PyObject *filename, int closeit,
                     PyCompilerFlags *flags)
{
    PyObject *name = filename == NULL ? PyUnicode_FromString("???")
                                      : Py_NewRef(filename);
    int result;

    if (name == NULL) {
        PyErr_Print();
        return -1;
    }
    if (!_Py_FdIsInteractive(fp, name)) {
        result = _PyRun_SimpleFileObject(fp, name, closeit, flags);
    }
    else {
        result = _PyRun_InteractiveLoopObject(fp, name, flags);
        if (closeit) {
            fclose(fp);
        }
    }
    Py_DECREF(name);
    return result;
}

int
PyRun_AnyFileExFlags(FILE *fp, const char *filename, int closeit,
                     PyCompilerFlags *flags)
{
    PyObject *name = NULL;

    if (filename != NULL) {
        name = PyUnicode_DecodeFSDefault(filename);
        if (name == NULL) {
            PyErr_Print();
            return -1;
        }
    }
    int result = _PyRun_AnyFileObject(fp, name, closeit, flags);
    Py_XDECREF(name);
    return result;
}

/* ---- The short forms, exported for old programs ------------------------- */

#undef PyRun_AnyFile
int
PyRun_AnyFile(FILE *fp, const char *name)
{
    return PyRun_AnyFileExFlags(fp, name, 0, NULL);
}

#undef PyRun_AnyFileEx
int
PyRun_AnyFileEx(FILE *fp, const char *name, int closeit)
{
    return PyRun_AnyFileExFlags(fp, name, closeit, NULL);
}

#undef PyRun_AnyFileFlags
int
PyRun_AnyFileFlags(FILE *fp, const char *name, PyCompilerFlags *flags)
{
    return PyRun_AnyFileExFlags(fp, name, 0, flags);
}

#undef PyRun_File
PyObject *
PyRun_File(FILE *fp, const char *name, int start, PyObject *globals,
           PyObject *locals)
{
    return PyRun_FileExFlags(fp, name, start, globals, locals, 0, NULL);
}

#undef PyRun_FileEx
PyObject *
PyRun_FileEx(FILE *fp, const char *name, int start, PyObject *globals,
             PyObject *locals, int closeit)
{
    return PyRun_FileExFlags(fp, name, start, globals, locals, closeit, NULL);
}

#undef PyRun_FileFlags
PyObject *
PyRun_FileFlags(FILE *fp, const char *name, int start, PyObject *globals,
                PyObject *locals, PyCompilerFlags *flags)
{
    return PyRun_FileExFlags(fp, name, start, globals, locals, 0, flags);
}

#undef PyRun_SimpleFile
int
PyRun_SimpleFile(FILE *fp, const char *name)
{
    return PyRun_SimpleFileExFlags(fp, name, 0, NULL);
}

#undef PyRun_SimpleFileEx
int
PyRun_SimpleFileEx(FILE *fp, const char *name, int closeit)
{
    return PyRun_SimpleFileExFlags(fp, name, closeit, NULL);
}

#undef PyRun_String
PyObject *
PyRun_String(const char *str, int start, PyObject *globals, PyObject *locals)
{
    return PyRun_StringFlags(str, start, globals, locals, NULL);
}

#undef PyRun_SimpleString
int
PyRun_SimpleString(const char *str)
{
    return PyRun_SimpleStringFlags(str, NULL);
}

#undef PyRun_InteractiveOne
int
PyRun_InteractiveOne(FILE *fp, const char *name)
{
    return PyRun_InteractiveOneFlags(fp, name, NULL);
}

#undef PyRun_InteractiveLoop
int
PyRun_InteractiveLoop(FILE *fp, const char *name)
{
    return PyRun_InteractiveLoopFlags(fp, name, NULL);
}

#undef Py_CompileString
PyObject *
Py_CompileString(const char *str, const char *filename, int start)
{
    return Py_CompileStringExFlags(str, filename, start, NULL, -1);
}

#undef Py_CompileStringFlags
PyAPI_FUNC(PyObject *) Py_CompileStringFlags(const char *str,
                                             const char *filename, int start,
                                             PyCompilerFlags *flags);
PyObject *
Py_CompileStringFlags(const char *str, const char *filename, int start,
                      PyCompilerFlags *flags)
{
    return Py_CompileStringExFlags(str, filename, start, flags, -1);
}
