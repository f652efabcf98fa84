/* What a file is to become, where its caller does not say so.
 *
 * io.open_code has no argument for it, a script may be standard input under
 * another name, and some library modules read what they run with open(). */
#include "Python.h"

#include "code.h"
#include "frame.h"
#include "names.h"
#include "open_code.h"
#include "runtime.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* As many links as the kernel follows. */
#define LINKS_MAX 40

/* Library functions that run what they open() for reading. */
static const struct {
    const char *file;                /* below the library's folder */
    const char *function;
} runs_what_it_opens[] = {
    {"/pdb.py", "code"},
    {"/pdb.py", "__init__"},         /* .pdbrc */
    {"/profile.py", "main"},
    {"/cProfile.py", "main"},
    {"/trace.py", "main"},
    {"/doctest.py", "_load_testfile"},
    {"/distutils/core.py", "run_setup"},
    {"/imp.py", "get_data"},
};

/* ---- scripts ---- */

/* Is `folder` the directory of this process's descriptors? */
static int
is_descriptor_folder(const char *folder)
{
    char own[64];
    size_t len = (size_t)PyOS_snprintf(own, sizeof(own), "/proc/%ld/",
                                       (long)getpid());
    size_t size = strlen(folder);

    return strncmp(folder, own, len) == 0 && size >= 3 &&
           strcmp(folder + size - 3, "/fd") == 0;
}

/* Follows one link: `path` becomes what it points to.  1; 0 if it is none;
 * -1 if it is descriptor 0 of this process.  No GIL. */
static int
follow_link(char *path)
{
    char folder[PATH_MAX], target[PATH_MAX];
    char *slash = strrchr(path, '/');
    ssize_t size = readlink(path, target, sizeof(target) - 1);

    if (size < 0 || slash == NULL) {
        return 0;
    }
    target[size] = '\0';
    *slash = '\0';
    if (realpath(slash == path ? "/" : path, folder) == NULL) {
        return 0;
    }
    if (is_descriptor_folder(folder) && strcmp(slash + 1, "0") == 0) {
        return -1;
    }
    if (target[0] == '/') {
        memcpy(path, target, (size_t)size + 1);
        return 1;
    }
    return (size_t)PyOS_snprintf(path, PATH_MAX, "%s/%s", folder, target) <
           PATH_MAX;
}

OpenCodeIntent
open_code_script_intent(PyObject *path)
{
    char current[PATH_MAX];
    PyObject *absolute = open_code_absolute_path(path), *encoded = NULL;
    int found = 0;

    if (absolute != NULL && PyUnicode_FSConverter(absolute, &encoded) &&
        PyBytes_GET_SIZE(encoded) < PATH_MAX) {
        memcpy(current, PyBytes_AS_STRING(encoded),
               (size_t)PyBytes_GET_SIZE(encoded) + 1);
        for (int i = 0; i < LINKS_MAX; i++) {
            found = follow_link(current);
            if (found != 1) {
                break;
            }
        }
    }
    PyErr_Clear();                       /* opening it will complain */
    Py_XDECREF(encoded);
    Py_XDECREF(absolute);
    return found == -1 ? OPEN_CODE_STDIN : OPEN_CODE_MAIN;
}

static int
ends_with(PyObject *path, const char *suffix)
{
    Py_ssize_t size = PyUnicode_GET_LENGTH(path);
    Py_ssize_t len = (Py_ssize_t)strlen(suffix);

    for (Py_ssize_t i = 1; i <= len; i++) {
        if (size < i || PyUnicode_READ_CHAR(path, size - i) !=
                            (Py_UCS4)suffix[len - i]) {
            return 0;
        }
    }
    return 1;
}

/* Is it zipimport that calls? */
static int
is_called_by_zipimport(void)
{
    PyObject *globals = PyEval_GetGlobals(), *name = NULL;   /* borrowed */

    if (globals != NULL) {
        name = PyDict_GetItemWithError(globals, NAME(__name__));
        if (name == NULL) {
            PyErr_Clear();               /* a hostile key beside ours */
        }
    }
    return name != NULL && PyUnicode_Check(name) &&
           _PyUnicode_EqualToASCIIString(name, "zipimport");
}

OpenCodeIntent
open_code_guess_intent(PyObject *path)
{
    return is_called_by_zipimport()  ? OPEN_CODE_ZIP
           : ends_with(path, ".pyc") ? OPEN_CODE_BYTECODE
           : ends_with(path, ".pth") ? OPEN_CODE_PTH
                                     : OPEN_CODE_SOURCE;
}

/* ---- io.open ---- */

/* Is it `file` of the standard library? */
static int
is_library_file(PyObject *filename, const char *file)
{
    const wchar_t *library = _PyInterpreterState_GET()->config.stdlib_dir;
    Py_ssize_t len;

    if (library == NULL || !ends_with(filename, file)) {
        return 0;
    }
    len = PyUnicode_GET_LENGTH(filename) - (Py_ssize_t)strlen(file);
    for (Py_ssize_t i = 0; i < len; i++) {
        if (library[i] == L'\0' ||
            PyUnicode_READ_CHAR(filename, i) != (Py_UCS4)library[i]) {
            return 0;
        }
    }
    return library[len] == L'\0';
}

int
open_code_is_for_library(PyObject *file, const char *mode)
{
    PyThreadState *tstate = _PyThreadState_GET();
    Frame *frame = frame_skip_incomplete(tstate->cframe->current_frame);

    if (frame == NULL || PyNumber_Check(file) || mode[0] != 'r' ||
        strchr(mode, '+') != NULL) {
        return 0;
    }
    for (size_t i = 0; i < Py_ARRAY_LENGTH(runs_what_it_opens); i++) {
        if (_PyUnicode_EqualToASCIIString(frame->f_code->co_name,
                                          runs_what_it_opens[i].function) &&
            is_library_file(frame->f_code->co_filename,
                            runs_what_it_opens[i].file)) {
            return 1;
        }
    }
    return 0;
}
