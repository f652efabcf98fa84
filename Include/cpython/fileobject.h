/* Files, and how a file is opened as code. */
#ifndef Py_CPYTHON_FILEOBJECT_H
#define Py_CPYTHON_FILEOBJECT_H
#ifdef __cplusplus
extern "C" {
#endif

typedef PyObject *(*Py_OpenCodeHookFunction)(PyObject *path, void *userData);
/* Lucid: `intent` says what the file is to become ("source", "bytecode",
 * "zip", "native", "ctypes", "main", "stdin", "startup", "pth"), and `fd` is
 * open on it for the time of the call.  None as the result stands for what
 * `fd` holds. */
typedef PyObject *(*Py_OpenCodeHookExFunction)(
    PyObject *path, const char *intent, int fd, void *userData);

PyAPI_FUNC(char *) Py_UniversalNewlineFgets(
    char *text, int i, FILE *file, PyObject *op);
PyAPI_FUNC(PyObject *) PyFile_NewStdPrinter(int i);
PyAPI_DATA(PyTypeObject) PyStdPrinter_Type;
PyAPI_FUNC(PyObject *) PyFile_OpenCode(const char *string);
PyAPI_FUNC(PyObject *) PyFile_OpenCodeObject(PyObject *op);
PyAPI_FUNC(int)
    PyFile_SetOpenCodeHook(Py_OpenCodeHookFunction opencodehookfunction,
                           void *ptr);
PyAPI_FUNC(int) PyFile_SetOpenCodeHookEx(Py_OpenCodeHookExFunction hook,
                                         void *userData);
PyAPI_FUNC(int) _PyLong_FileDescriptor_Converter(PyObject *op, void *ptr);

#ifdef __cplusplus
}
#endif
#endif
