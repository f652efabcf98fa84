/* Whose code raised an event: the library's or the program's.
 *
 * File names cannot tell: a program may compile() with any.  So while a log is
 * kept, code that is loaded is looked at once, here, and remembered:
 *
 *     frozen module             out of the runtime's own tables
 *     compile(source, ...)      the bytes of the library file of that name
 *     marshal.loads(data)       the bytes of its .pyc file, behind the header
 *
 * The comparison is with the file, at that moment: who cannot write to the
 * library cannot make code that passes.  The mark is a bit of the code object
 * that no Python operation sets; code.replace() makes an object without it.
 *
 * A library function that merely calls what the program gave it (map,
 * Thread.run) does not lend its name either: the innermost code must itself
 * load an attribute `audit`, and hold the event's name among its constants. */
#include "Python.h"

#include "audit.h"
#include "audit_log.h"
#include "code.h"
#include "fileutils.h"
#include "names.h"
#include "runtime.h"

#include <fcntl.h>
#include <sys/stat.h>

#define PYC_HEADER 16                 /* PEP 552: magic, flags, two fields */

/* The file name where it lies below the standard library, else NULL; borrowed.
 * What was installed beside the library is not of it. */
static const char *
library_path(PyInterpreterState *interp, PyObject *filename)
{
    const wchar_t *library = interp->config.stdlib_dir;
    const char *path;
    size_t i;

    if (library == NULL || !PyUnicode_IS_COMPACT_ASCII(filename)) {
        return NULL;
    }
    path = (const char *)PyUnicode_1BYTE_DATA(filename);
    for (i = 0; library[i] != L'\0'; i++) {
        if (path[i] == '\0' || (wchar_t)path[i] != library[i]) {
            return NULL;
        }
    }
    if (path[i] != '/' || strlen(path) >= PATH_MAX ||
        strstr(path + i, "/../") != NULL ||
        strstr(path + i, "-packages/") != NULL) {
        return NULL;
    }
    return path;
}

/* 1 where the file consists of `skip` bytes and the given ones.  Our own look
 * at a file that the library has just opened with its event: none here. */
static int
file_holds(const char *path, size_t skip, const char *data, size_t size)
{
    char buffer[16384];
    struct stat status;
    size_t done = 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

    if (fd < 0) {
        return 0;
    }
    if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode) &&
        (uint64_t)status.st_size == (uint64_t)skip + size) {
        while (done < size) {
            ssize_t n = pread(fd, buffer, sizeof(buffer),
                              (off_t)(skip + done));
            if (n <= 0 || (size_t)n > size - done ||
                memcmp(buffer, data + done, (size_t)n) != 0) {
                break;
            }
            done += (size_t)n;
        }
    }
    close(fd);
    return size > 0 && done == size;
}

/* folder/__pycache__/name.TAG[.opt-N].pyc of folder/name.py; 0/-1. */
static int
cached_path(char *result, size_t size, const char *source)
{
    const char *name = strrchr(source, '/') + 1;
    size_t length = strlen(name);
    char optimised[16] = "";
    int n;

    if (length < 4 || memcmp(name + length - 3, ".py", 3) != 0) {
        return -1;
    }
    if (Py_OptimizeFlag > 0) {
        snprintf(optimised, sizeof(optimised), ".opt-%d", Py_OptimizeFlag);
    }
    n = snprintf(result, size, "%.*s__pycache__/%.*s.cpython-311%s.pyc",
                 (int)(name - source), source, (int)(length - 3), name,
                 optimised);
    return n > 0 && (size_t)n < size ? 0 : -1;
}

void
audit_origin_mark(PyObject *code)
{
    PyObject *constants = ((PyCodeObject *)code)->co_consts;

    assert(PyCode_Check(code));
    code_mark_library((PyCodeObject *)code);
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(constants); i++) {
        if (PyCode_Check(PyTuple_GET_ITEM(constants, i))) {
            audit_origin_mark(PyTuple_GET_ITEM(constants, i));
        }
    }
}

void
audit_origin_of_loaded(PyObject *code, const char *data, Py_ssize_t size,
                       int is_source)
{
    PyInterpreterState *interp = _PyThreadState_GET()->interp;
    char cached[PATH_MAX];
    const char *path;
    size_t skip = 0;
    int saved_errno = errno;

    if (!audit_log_is_open() || !PyCode_Check(code)) {
        return;
    }
    path = library_path(interp, ((PyCodeObject *)code)->co_filename);
    if (path != NULL && !is_source) {
        skip = PYC_HEADER;
        path = cached_path(cached, sizeof(cached), path) < 0 ? NULL : cached;
    }
    if (path != NULL && file_holds(path, skip, data, (size_t)size)) {
        audit_origin_mark(code);
    }
    errno = saved_errno;
}

/* 1 where one of a tuple's items is that text. */
static int
tuple_has_text(PyObject *tuple, const char *text)
{
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(tuple); i++) {
        PyObject *item = PyTuple_GET_ITEM(tuple, i);        /* borrowed */
        if (PyUnicode_CheckExact(item) && PyUnicode_IS_COMPACT_ASCII(item) &&
            strcmp((const char *)PyUnicode_1BYTE_DATA(item), text) == 0) {
            return 1;
        }
    }
    return 0;
}

int
audit_origin_is_library(PyCodeObject *code, const char *event)
{
    return code_is_library(code) && tuple_has_text(code->co_names, "audit") &&
           tuple_has_text(code->co_consts, event);
}

PyObject *
audit_native_function(PyCodeObject *code)
{
    static const char frozen[] = "<frozen ";
    PyInterpreterState *interp = _PyThreadState_GET()->interp;
    PyObject *filename = code->co_filename;

    if (library_path(interp, filename) != NULL ||
        (PyUnicode_IS_COMPACT_ASCII(filename) &&
         strncmp((const char *)PyUnicode_1BYTE_DATA(filename), frozen,
                 sizeof(frozen) - 1) == 0)) {
        return interp->audit.native;
    }
    return NULL;
}
