/* Running source text, outside the limited API. */
#ifndef Py_CPYTHON_PYTHONRUN_H
#define Py_CPYTHON_PYTHONRUN_H
#ifdef __cplusplus
extern "C" {
#endif

PyAPI_FUNC(int) PyRun_SimpleStringFlags(const char *command,
                                        PyCompilerFlags *flags);
PyAPI_FUNC(int) _PyRun_SimpleFileObject(FILE *file, PyObject *op, int i,
                                        PyCompilerFlags *flags);
PyAPI_FUNC(int) PyRun_AnyFileExFlags(FILE *fp, const char *filename,
                                     int closeit, PyCompilerFlags *flags);
PyAPI_FUNC(int) _PyRun_AnyFileObject(FILE *file, PyObject *op, int i,
                                     PyCompilerFlags *flags);
PyAPI_FUNC(int) PyRun_SimpleFileExFlags(FILE *fp, const char *filename,
                                        int closeit, PyCompilerFlags *flags);
PyAPI_FUNC(int) PyRun_InteractiveOneFlags(
    FILE *fp, const char *filename, PyCompilerFlags *flags);
PyAPI_FUNC(int) PyRun_InteractiveOneObject(
    FILE *file, PyObject *op, PyCompilerFlags *flags);
PyAPI_FUNC(int) PyRun_InteractiveLoopFlags(
    FILE *fp, const char *filename, PyCompilerFlags *flags);
PyAPI_FUNC(int) _PyRun_InteractiveLoopObject(
    FILE *file, PyObject *op, PyCompilerFlags *flags);
PyAPI_FUNC(PyObject *) PyRun_StringFlags(
    const char *str, int start, PyObject *globals, PyObject *locals,
    PyCompilerFlags *flags);
PyAPI_FUNC(PyObject *) PyRun_FileExFlags(
    FILE *fp, const char *filename, int start, PyObject *globals,
    PyObject *locals, int closeit, PyCompilerFlags *flags);
PyAPI_FUNC(PyObject *) Py_CompileStringExFlags(
    const char *str, const char *filename, int start, PyCompilerFlags *flags,
    int optimize);
PyAPI_FUNC(PyObject *) Py_CompileStringObject(
    const char *str, PyObject *filename, int start, PyCompilerFlags *flags,
    int optimize);
PyAPI_FUNC(const char *) _Py_SourceAsString(
    PyObject *op, const char *string, const char *string2,
    PyCompilerFlags *flags, PyObject **op2);
PyAPI_FUNC(PyObject *) PyRun_String(const char *str, int start,
                                    PyObject *globals, PyObject *locals);
PyAPI_FUNC(int) PyRun_AnyFile(FILE *fp, const char *filename);
PyAPI_FUNC(int) PyRun_AnyFileEx(FILE *fp, const char *filename, int closeit);
PyAPI_FUNC(int) PyRun_AnyFileFlags(FILE *fp, const char *filename,
                                   PyCompilerFlags *flags);
PyAPI_FUNC(int) PyRun_SimpleString(const char *command);
PyAPI_FUNC(int) PyRun_SimpleFile(FILE *fp, const char *filename);
PyAPI_FUNC(int) PyRun_SimpleFileEx(FILE *fp, const char *filename,
                                   int closeit);
PyAPI_FUNC(int) PyRun_InteractiveOne(FILE *fp, const char *filename);
PyAPI_FUNC(int) PyRun_InteractiveLoop(FILE *fp, const char *filename);
PyAPI_FUNC(PyObject *) PyRun_File(FILE *fp, const char *filename, int start,
                                  PyObject *globals, PyObject *locals);
PyAPI_FUNC(PyObject *) PyRun_FileEx(FILE *fp, const char *filename, int start,
                                    PyObject *globals, PyObject *locals,
                                    int closeit);
PyAPI_FUNC(PyObject *) PyRun_FileFlags(FILE *fp, const char *filename,
                                       int start, PyObject *globals,
                                       PyObject *locals,
                                       PyCompilerFlags *flags);
PyAPI_FUNC(char *) PyOS_Readline(FILE *file, FILE *file2, const char *string);
PyAPI_DATA(PyThreadState *) _PyOS_ReadlineTState;
PyAPI_DATA(char) *
    (*PyOS_ReadlineFunctionPointer)(FILE *, FILE *, const char *);

#define Py_CompileStringFlags(str, p, s, f) \
    Py_CompileStringExFlags((str), (p), (s), (f), -1)

#ifdef __cplusplus
}
#endif
#endif
