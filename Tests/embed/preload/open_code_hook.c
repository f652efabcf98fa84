/* An open-code hook for LD_PRELOAD, so that any interpreter runs under it from
 * its first import: test_open_code.py compiles it.
 *
 *   OPEN_CODE_MODE     "refuse", "replace" or "record"
 *   OPEN_CODE_TARGET   the path that is refused or replaced
 *   OPEN_CODE_CONTENT  the file whose bytes replace it
 *   OPEN_CODE_LOG      gets a line "intent path" for each call; intent is "-"
 *                      for the plain hook
 *   OPEN_CODE_PLAIN    set: PyFile_SetOpenCodeHook, else ...HookEx
 *
 * The reference has no PyFile_SetOpenCodeHookEx: there the plain one is set. */
#include <Python.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#pragma weak PyFile_SetOpenCodeHookEx
/* Programs that are not Python are preloaded into as well. */
#pragma weak PyFile_SetOpenCodeHook
#pragma weak PyExc_AssertionError
#pragma weak PyExc_RuntimeError
#pragma weak _Py_NoneStruct

static const char *mode, *target, *content, *log_path;

static void
record(const char *path, const char *intent)
{
    FILE *file = log_path == NULL ? NULL : fopen(log_path, "a");

    if (file != NULL) {
        fprintf(file, "%s %s\n", intent, path);
        fclose(file);
    }
}

static PyObject *
io_call(const char *function, const char *format, ...)
{
    PyObject *io = PyImport_ImportModule("_io"), *callable, *args = NULL;
    PyObject *result = NULL;
    va_list values;

    if (io == NULL) {
        return NULL;
    }
    callable = PyObject_GetAttrString(io, function);
    Py_DECREF(io);
    va_start(values, format);
    args = Py_VaBuildValue(format, values);
    va_end(values);
    if (callable != NULL && args != NULL) {
        result = PyObject_CallObject(callable, args);
    }
    Py_XDECREF(args);
    Py_XDECREF(callable);
    return result;
}

/* BytesIO(what the file OPEN_CODE_CONTENT holds). */
static PyObject *
replacement(void)
{
    PyObject *stream = io_call("open", "(ss)", content, "rb"), *bytes, *result;

    if (stream == NULL) {
        return NULL;
    }
    bytes = PyObject_CallMethod(stream, "read", NULL);
    Py_DECREF(stream);
    if (bytes == NULL) {
        return NULL;
    }
    result = io_call("BytesIO", "(O)", bytes);
    Py_DECREF(bytes);
    return result;
}

/* NULL without an exception: the file itself is to run. */
static PyObject *
decide(const char *path, const char *intent)
{
    record(path, intent);
    if (target == NULL || strcmp(path, target) != 0) {
        return NULL;
    }
    if (strcmp(mode, "refuse") == 0) {
        return PyErr_Format(PyExc_RuntimeError, "refused: %s", path);
    }
    return strcmp(mode, "replace") == 0 ? replacement() : NULL;
}

static PyObject *
hook_with_descriptor(PyObject *path, const char *intent, int fd,
                     void *user_data)
{
    const char *text = PyUnicode_AsUTF8(path);
    PyObject *result = text == NULL ? NULL : decide(text, intent);

    if (result == NULL && !PyErr_Occurred()) {
        if (fd < 0) {
            return PyErr_Format(PyExc_AssertionError, "no descriptor");
        }
        return Py_NewRef(Py_None);
    }
    return result;
}

static PyObject *
plain_hook(PyObject *path, void *user_data)
{
    const char *text = PyUnicode_AsUTF8(path);
    PyObject *result = text == NULL ? NULL : decide(text, "-");

    if (result == NULL && !PyErr_Occurred()) {
        return io_call("open", "(Os)", path, "rb");
    }
    return result;
}

__attribute__((constructor)) static void
install(void)
{
    mode = getenv("OPEN_CODE_MODE");
    target = getenv("OPEN_CODE_TARGET");
    content = getenv("OPEN_CODE_CONTENT");
    log_path = getenv("OPEN_CODE_LOG");
    if (mode == NULL || PyFile_SetOpenCodeHook == NULL) {
        return;
    }
    if (getenv("OPEN_CODE_PLAIN") != NULL || PyFile_SetOpenCodeHookEx == NULL) {
        PyFile_SetOpenCodeHook(plain_hook, NULL);
    }
    else {
        PyFile_SetOpenCodeHookEx(hook_with_descriptor, NULL);
    }
}
