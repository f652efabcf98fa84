/* Tracebacks without memory, locks or Python: for faulthandler and fatal
 * errors.  Everything here may run in a signal handler, and reads structures
 * that may be broken: it checks types before it follows pointers. */
#include "Python.h"

#include "frame.h"
#include "private_api.h"
#include "errors.h"
#include "runtime.h"
#include "traceback.h"

#include <string.h>
#include <unistd.h>

#define MAX_STRING_LENGTH 500
#define MAX_FRAME_DEPTH 100
#define MAX_THREADS 100

static void
put(int fd, const char *text)
{
    size_t size = strlen(text);

    while (size > 0) {
        ssize_t n = write(fd, text, size);
        if (n <= 0) {
            return;
        }
        text += n;
        size -= (size_t)n;
    }
}

void
_Py_DumpDecimal(int fd, size_t value)
{
    char buffer[24], *p = buffer + sizeof(buffer) - 1;

    *p = '\0';
    do {
        *--p = (char)('0' + value % 10);
        value /= 10;
    } while (value != 0);
    put(fd, p);
}

void
_Py_DumpHexadecimal(int fd, uintptr_t value, Py_ssize_t width)
{
    char buffer[sizeof(uintptr_t) * 2 + 1];
    char *end = buffer + sizeof(buffer) - 1, *p = end;

    width = Py_MIN(width, (Py_ssize_t)sizeof(buffer) - 1);
    *p = '\0';
    do {
        *--p = "0123456789abcdef"[value & 15];
        value >>= 4;
    } while (end - p < width || value != 0);
    put(fd, p);
}

void
_Py_DumpASCII(int fd, PyObject *text)
{
    PyASCIIObject *ascii = (PyASCIIObject *)text;
    Py_ssize_t len;
    int kind, truncated;
    const void *data;

    if (!PyUnicode_Check(text) || !ascii->state.ready) {
        return;
    }
    len = ascii->length;
    kind = (int)ascii->state.kind;
    data = PyUnicode_DATA(text);
    truncated = len > MAX_STRING_LENGTH;
    len = truncated ? MAX_STRING_LENGTH : len;
    for (Py_ssize_t i = 0; i < len; i++) {
        Py_UCS4 ch = PyUnicode_READ((unsigned)kind, data, i);
        if (' ' <= ch && ch <= 126) {
            char one[2] = {(char)ch, '\0'};
            put(fd, one);
        }
        else if (ch <= 0xff) {
            put(fd, "\\x");
            _Py_DumpHexadecimal(fd, ch, 2);
        }
        else if (ch <= 0xffff) {
            put(fd, "\\u");
            _Py_DumpHexadecimal(fd, ch, 4);
        }
        else {
            put(fd, "\\U");
            _Py_DumpHexadecimal(fd, ch, 8);
        }
    }
    if (truncated) {
        put(fd, "...");
    }
}

static void
dump_frame(int fd, Frame *frame)
{
    PyCodeObject *code = frame->f_code;
    int lineno;

    put(fd, "  File ");
    if (code->co_filename != NULL && PyUnicode_Check(code->co_filename)) {
        put(fd, "\"");
        _Py_DumpASCII(fd, code->co_filename);
        put(fd, "\"");
    }
    else {
        put(fd, "???");
    }
    lineno = PyCode_Addr2Line(code, frame_lasti(frame) *
                                        (int)sizeof(_Py_CODEUNIT));
    put(fd, ", line ");
    if (lineno >= 0) {
        _Py_DumpDecimal(fd, (size_t)lineno);
    }
    else {
        put(fd, "???");
    }
    put(fd, " in ");
    if (code->co_name != NULL && PyUnicode_Check(code->co_name)) {
        _Py_DumpASCII(fd, code->co_name);
    }
    else {
        put(fd, "???");
    }
    put(fd, "\n");
}

static void
dump_traceback(int fd, PyThreadState *tstate, int header)
{
    Frame *frame;

    if (header) {
        put(fd, "Stack (most recent call first):\n");
    }
    frame = tstate->cframe->current_frame;
    if (frame == NULL) {
        put(fd, "  <no Python frame>\n");
        return;
    }
    for (int depth = 0; frame != NULL; depth++, frame = frame->previous) {
        if (depth >= MAX_FRAME_DEPTH) {
            put(fd, "  ...\n");
            break;
        }
        if (frame->f_code == NULL || !PyCode_Check(frame->f_code)) {
            break;
        }
        dump_frame(fd, frame);
    }
}

void
_Py_DumpTraceback(int fd, PyThreadState *tstate)
{
    dump_traceback(fd, tstate, 1);
}

/* Every thread, the current one marked.  NULL, or an error message. */
const char *
_Py_DumpTracebackThreads(int fd, PyInterpreterState *interp,
                         PyThreadState *current)
{
    PyThreadState *tstate;
    int n = 0;

    if (current == NULL) {
        current = PyGILState_GetThisThreadState();
    }
    if (interp == NULL) {
        if (current == NULL) {
            interp = PyInterpreterState_Main();
            if (interp == NULL) {
                return "unable to get the interpreter state";
            }
        }
        else {
            interp = current->interp;
        }
    }
    tstate = PyInterpreterState_ThreadHead(interp);
    if (tstate == NULL) {
        return "unable to get the thread head state";
    }
    do {
        if (n != 0) {
            put(fd, "\n");
        }
        if (n >= MAX_THREADS) {
            put(fd, "...\n");
            break;
        }
        put(fd, tstate == current ? "Current thread 0x" : "Thread 0x");
        _Py_DumpHexadecimal(fd, tstate->thread_id, 2 * sizeof(unsigned long));
        put(fd, " (most recent call first):\n");
        if (tstate == current && tstate->interp->gc.collecting) {
            put(fd, "  Garbage-collecting\n");
        }
        dump_traceback(fd, tstate, 0);
        tstate = PyThreadState_Next(tstate);
        n++;
    } while (tstate != NULL);
    return NULL;
}

/* "Extension modules: a, b (total: 2)" of those outside the library. */
void
_Py_DumpExtensionModules(int fd, PyInterpreterState *interp)
{
    PyObject *modules = interp != NULL ? interp->modules : NULL;
    PyObject *names = NULL, *key, *value;
    Py_ssize_t position = 0;
    size_t count = 0;

    if (modules == NULL || !PyDict_CheckExact(modules)) {
        return;
    }
    if (interp->sysdict != NULL && PyDict_CheckExact(interp->sysdict)) {
        names = PyDict_GetItemString(interp->sysdict, "stdlib_module_names");
    }
    while (PyDict_Next(modules, &position, &key, &value)) {
        PyModuleDef *def;
        Py_ssize_t dot;
        PyObject *top;
        int known = 0;

        if (!PyUnicode_Check(key) || !PyModule_Check(value) ||
            (def = PyModule_GetDef(value)) == NULL) {
            continue;
        }
        dot = PyUnicode_FindChar(key, '.', 0, PyUnicode_GET_LENGTH(key), 1);
        top = dot > 0 ? PyUnicode_Substring(key, 0, dot) : Py_NewRef(key);
        if (top == NULL) {
            PyErr_Clear();
            continue;
        }
        if (names != NULL && PyAnySet_Check(names)) {
            known = PySet_Contains(names, top);
        }
        Py_DECREF(top);
        if (known != 0) {
            continue;
        }
        put(fd, count == 0 ? "\nExtension modules: " : ", ");
        _Py_DumpASCII(fd, key);
        count++;
    }
    if (count > 0) {
        put(fd, " (total: ");
        _Py_DumpDecimal(fd, count);
        put(fd, ")\n");
    }
}
