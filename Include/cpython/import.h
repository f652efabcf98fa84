/* Import, outside the limited API. */
#ifndef Py_CPYTHON_IMPORT_H
#define Py_CPYTHON_IMPORT_H
#ifdef __cplusplus
extern "C" {
#endif

struct _inittab {
    const char *name;          /* ASCII */
    PyObject *(*initfunc)(void);
};

struct _frozen {
    const char *name;          /* ASCII; NULL ends a table */
    const unsigned char *code; /* marshal data */
    int size;                  /* bytes */
    int is_package;
    PyObject *(*get_code)(void);
};

PyAPI_FUNC(PyObject *) PyInit__imp(void);
PyAPI_FUNC(int) _PyImport_IsInitialized(PyInterpreterState *interp);
PyAPI_FUNC(PyObject *) _PyImport_GetModuleId(_Py_Identifier *id);
PyAPI_FUNC(int) _PyImport_SetModule(PyObject *op, PyObject *op2);
PyAPI_FUNC(int) _PyImport_SetModuleString(const char *string, PyObject *op);
PyAPI_FUNC(void) _PyImport_AcquireLock(void);
PyAPI_FUNC(int) _PyImport_ReleaseLock(void);
PyAPI_FUNC(int) _PyImport_FixupBuiltin(PyObject *op, const char *string,
                                       PyObject *op2);
PyAPI_FUNC(int) _PyImport_FixupExtensionObject(
    PyObject *op, PyObject *op2, PyObject *op3, PyObject *op4);
PyAPI_DATA(struct _inittab *) PyImport_Inittab;
PyAPI_FUNC(int) PyImport_ExtendInittab(struct _inittab *newtab);
PyAPI_DATA(const struct _frozen *) PyImport_FrozenModules;
PyAPI_FUNC(PyObject *) _PyImport_GetModuleAttr(PyObject *op, PyObject *op2);
PyAPI_FUNC(PyObject *) _PyImport_GetModuleAttrString(
    const char *string, const char *string2);

#ifdef __cplusplus
}
#endif
#endif
