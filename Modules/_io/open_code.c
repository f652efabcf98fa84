/* io.open_code and the open-code hook (PEP 578): a file that becomes code is
 * opened here, whoever runs it.
 *
 *     import, runpy, zipimport, site ... -- io.open_code --+
 *     main script, stdin, start-up file  -- pythonrun.c ---+-- open_code_file
 *     pdb, profile, trace, doctest ...   -- io.open -------+        |
 *     extension modules, ctypes.dlopen   -- native.c ------+        |
 *                                          event lucid.open_code, hook, stream
 *
 * The hook is settable once per process and never unset, so that the code it
 * is to judge cannot replace it; it stands in a page of its own, read-only
 * once written.  What a file is to become is found out in
 * open_code_intent.c. */
#include "Python.h"

#include "audit.h"
#include "fileutils.h"
#include "iomodule.h"
#include "names.h"
#include "open_code.h"
#include "runtime.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#define HOOK_PAGE 4096

/* At most one of the two functions is set. */
static __attribute__((aligned(HOOK_PAGE))) union {
    struct {
        Py_OpenCodeHookFunction plain;
        Py_OpenCodeHookExFunction extended;
        void *user_data;
    } hook;
    char page[HOOK_PAGE];
} hook_page;
#define code_hook (hook_page.hook)

/* Nonzero in a thread while the hook is asked on behalf of io.open, which the
 * hook may call itself, below the same library function. */
static _Thread_local int asked_for_library;

static const char *const intent_names[] = {
#define INTENT(id, name) name,
    OPEN_CODE_INTENTS(INTENT)
#undef INTENT
};

/* ---- the hook ---- */

int
open_code_has_hook(void)
{
    return code_hook.plain != NULL || code_hook.extended != NULL;
}

static int
hook_set(Py_OpenCodeHookFunction plain, Py_OpenCodeHookExFunction extended,
         void *user_data)
{
    if (Py_IsInitialized() && PyAudit(AUDIT_SETOPENCODEHOOK, NULL) < 0) {
        return -1;
    }
    if (open_code_has_hook()) {
        if (Py_IsInitialized()) {
            PyErr_SetString(PyExc_SystemError,
                            "failed to change existing open_code hook");
        }
        return -1;
    }
    if (plain == NULL && extended == NULL) {
        return 0;                       /* as the reference: none stays none */
    }
    code_hook.plain = plain;
    code_hook.extended = extended;
    code_hook.user_data = user_data;
    /* Failure leaves the page writable, which is what it was before. */
    (void)mprotect(&hook_page, HOOK_PAGE, PROT_READ);
    return 0;
}

int
PyFile_SetOpenCodeHook(Py_OpenCodeHookFunction hook, void *userData)
{
    return hook_set(hook, NULL, userData);
}

int
PyFile_SetOpenCodeHookEx(Py_OpenCodeHookExFunction hook, void *userData)
{
    return hook_set(NULL, hook, userData);
}

/* ---- opening ---- */

PyObject *
open_code_absolute_path(PyObject *path)
{
    wchar_t *relative, *absolute = NULL;
    PyObject *result = NULL;

    if (PyUnicode_GET_LENGTH(path) > 0 &&
        PyUnicode_READ_CHAR(path, 0) == '/') {
        return Py_NewRef(path);
    }
    relative = PyUnicode_AsWideCharString(path, NULL);
    if (relative == NULL) {
        return NULL;
    }
    if (fileutils_make_absolute(relative, &absolute) < 0) {
        PyErr_NoMemory();
    }
    else {
        result = PyUnicode_FromWideChar(absolute, -1);
    }
    PyMem_RawFree(absolute);
    PyMem_Free(relative);
    return result;
}

/* A stream on `fd` that calls itself `path`; with `owned`, it closes the
 * descriptor, also on failure, else it has a duplicate.  Returns new.
 * Runs Python (audit hooks). */
static PyObject *
stream_from_fd(PyObject *path, int fd, int owned)
{
    PyObject *raw = NULL, *stream = NULL;                    /* owned */

    if (!owned) {
        fd = _Py_dup(fd);
        if (fd < 0) {
            return NULL;
        }
    }
    raw = PyObject_CallFunction((PyObject *)&PyFileIO_Type, "is", fd, "rb");
    if (raw == NULL) {
        close(fd);
        return NULL;
    }
    if (PyObject_SetAttr(raw, NAME(name), path) == 0) {
        stream = PyObject_CallOneArg((PyObject *)&PyBufferedReader_Type, raw);
    }
    Py_DECREF(raw);              /* the last reference closes the descriptor */
    return stream;
}

/* As any file.  The import is not needed, but programs that replace
 * builtins.__import__ see it in the reference.  Runs Python. */
static PyObject *
open_without_hook(PyObject *path, int fd)
{
    PyObject *module, *stream;

    if (fd >= 0) {
        return stream_from_fd(path, fd, 0);
    }
    module = PyImport_ImportModule("_io");
    if (module == NULL) {
        return NULL;
    }
    stream = PyObject_CallMethod(module, "open", "Os", path, "rb");
    Py_DECREF(module);
    return stream;
}

/* PyFile_SetOpenCodeHookEx's function: gets a descriptor, and may answer None
 * for what that holds from where it stood. */
static PyObject *
ask_extended_hook(PyObject *path, OpenCodeIntent intent, int fd)
{
    PyObject *encoded = NULL, *result;
    int owned = fd < 0;
    off_t start;

    if (owned) {
        if (!PyUnicode_FSConverter(path, &encoded)) {
            return NULL;
        }
        fd = _Py_open(PyBytes_AS_STRING(encoded), O_RDONLY);
        Py_DECREF(encoded);
        if (fd < 0) {
            return NULL;
        }
    }
    start = lseek(fd, 0, SEEK_CUR);
    result = code_hook.extended(path, intent_names[intent], fd,
                                code_hook.user_data);
    if (result == Py_None) {
        Py_DECREF(result);
        if (start >= 0) {
            (void)lseek(fd, start, SEEK_SET);
        }
        return stream_from_fd(path, fd, owned);
    }
    if (owned) {
        close(fd);
    }
    return result;
}

/* The hook's answer; NULL with an exception whatever it did wrong. */
static PyObject *
ask_hook(PyObject *path, OpenCodeIntent intent, int fd)
{
    PyObject *result = code_hook.plain != NULL
                           ? code_hook.plain(path, code_hook.user_data)
                           : ask_extended_hook(path, intent, fd);

    if (PyErr_Occurred()) {
        Py_CLEAR(result);
    }
    else if (result == NULL) {
        PyErr_SetString(PyExc_SystemError,
                        "open_code hook failed without setting an exception");
    }
    return result;
}

int
open_code_announce(PyObject *path, OpenCodeIntent intent)
{
    PyObject *absolute;
    int status;

    if (!PyAuditWanted(AUDIT_LUCID_OPEN_CODE)) {
        return 0;
    }
    absolute = open_code_absolute_path(path);
    if (absolute == NULL) {
        return -1;
    }
    status = PyAudit(AUDIT_LUCID_OPEN_CODE, "Os", absolute,
                     intent_names[intent]);
    Py_DECREF(absolute);
    return status;
}

PyObject *
open_code_file(PyObject *path, OpenCodeIntent intent, int fd)
{
    PyObject *absolute, *result;

    if (open_code_announce(path, intent) < 0) {
        return NULL;
    }
    if (!open_code_has_hook()) {
        return open_without_hook(path, fd);
    }
    absolute = open_code_absolute_path(path);
    if (absolute == NULL) {
        return NULL;
    }
    result = ask_hook(absolute, intent, fd);
    Py_DECREF(absolute);
    return result;
}

/* ---- reading ---- */

PyObject *
open_code_read_stream(PyObject *stream)
{
    PyObject *content = PyObject_CallMethodNoArgs(stream, NAME(read));
    PyObject *closed;

    if (content == NULL) {
        return NULL;                    /* it closes with its last reference */
    }
    closed = PyObject_CallMethodNoArgs(stream, NAME(close));
    if (closed != NULL && PyBytes_Check(content)) {
        Py_DECREF(closed);
        return content;
    }
    if (closed != NULL) {
        PyErr_Format(PyExc_TypeError,
                     "code is read as bytes, but read() of the stream "
                     "returned %.200s",
                     Py_TYPE(content)->tp_name);
        Py_DECREF(closed);
    }
    Py_DECREF(content);
    return NULL;
}

PyObject *
open_code_read(PyObject *path, OpenCodeIntent intent, int fd)
{
    PyObject *stream = open_code_file(path, intent, fd), *content;

    if (stream == NULL) {
        return NULL;
    }
    content = open_code_read_stream(stream);
    Py_DECREF(stream);
    return content;
}

FILE *
open_code_memory_file(PyObject *bytes)
{
    size_t size = (size_t)PyBytes_GET_SIZE(bytes);
    /* With a buffer of its own, one byte longer: the last is overwritten. */
    FILE *file = fmemopen(NULL, size + 1, "w+");

    if (file != NULL &&
        fwrite(PyBytes_AS_STRING(bytes), 1, size, file) == size &&
        fflush(file) == 0) {
        rewind(file);
        return file;
    }
    PyErr_SetFromErrno(PyExc_OSError);
    if (file != NULL) {
        fclose(file);
    }
    return NULL;
}

FILE *
open_code_read_as_file(PyObject *path, OpenCodeIntent intent, int fd)
{
    PyObject *content = open_code_read(path, intent, fd);
    FILE *file;

    if (content == NULL) {
        return NULL;
    }
    file = open_code_memory_file(content);
    Py_DECREF(content);
    return file;
}

int
open_code_stream_fd(PyObject *stream)
{
    PyObject *raw;
    int fd = -1;

    if (Py_IS_TYPE(stream, &PyBufferedReader_Type)) {
        raw = PyObject_GetAttr(stream, NAME(raw));
        if (raw == NULL) {
            PyErr_Clear();               /* detached: no file any more */
            return -1;
        }
    }
    else {
        raw = Py_NewRef(stream);
    }
    if (!Py_IS_TYPE(raw, &PyFileIO_Type) ||
        !io_fileio_find_fd(raw, 0, &fd)) {
        fd = -1;
    }
    Py_DECREF(raw);                      /* the stream keeps it */
    return fd;
}

/* ---- io.open called by the library for code ---- */

PyObject *
open_code_instead(PyObject *file, const char *mode, const char *encoding,
                  const char *errors, const char *newline)
{
    PyObject *path, *stream, *text;

    if (asked_for_library) {
        return Py_NewRef(Py_None);
    }
    if (!PyUnicode_FSDecoder(file, &path)) {
        return NULL;
    }
    if (!open_code_has_hook()) {
        stream = open_code_announce(path, OPEN_CODE_SOURCE) < 0
                     ? NULL : Py_NewRef(Py_None);
        Py_DECREF(path);
        return stream;
    }
    asked_for_library = 1;
    stream = open_code_file(path, OPEN_CODE_SOURCE, -1);
    asked_for_library = 0;
    Py_DECREF(path);
    if (stream == NULL || strchr(mode, 'b') != NULL) {
        return stream;
    }
    text = PyObject_CallFunction((PyObject *)&PyTextIOWrapper_Type, "Ozzz",
                                 stream, encoding, errors, newline);
    Py_DECREF(stream);
    return text;
}

/* ---- the public functions ---- */

PyObject *
PyFile_OpenCodeObject(PyObject *path)
{
    if (!PyUnicode_Check(path)) {
        PyErr_Format(PyExc_TypeError, "'path' must be 'str', not '%.200s'",
                     Py_TYPE(path)->tp_name);
        return NULL;
    }
    if (!open_code_is_watched()) {
        return open_without_hook(path, -1);
    }
    return open_code_file(path, open_code_guess_intent(path), -1);
}

PyObject *
PyFile_OpenCode(const char *utf8path)
{
    PyObject *path = PyUnicode_FromString(utf8path);
    PyObject *stream;

    if (path == NULL) {
        return NULL;
    }
    stream = PyFile_OpenCodeObject(path);
    Py_DECREF(path);
    return stream;
}
