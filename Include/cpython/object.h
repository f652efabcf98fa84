/* Layout of types, and what of objects lies outside the limited API. */
#ifndef Py_CPYTHON_OBJECT_H
#define Py_CPYTHON_OBJECT_H
#ifdef __cplusplus
extern "C" {
#endif

/* A name looked up from C, made into a string on first use. */
typedef struct _Py_Identifier {
    const char *string;
    Py_ssize_t index;   /* of its string in the interpreter's table, or -1 */
} _Py_Identifier;

#define _Py_static_string_init(value) {(value), -1}
#define _Py_static_string(varname, value) \
    static _Py_Identifier varname = _Py_static_string_init(value)
#define _Py_IDENTIFIER(varname) _Py_static_string(PyId_##varname, #varname)

typedef int (*getbufferproc)(PyObject *, Py_buffer *, int);
typedef void (*releasebufferproc)(PyObject *, Py_buffer *);
typedef PyObject *(*vectorcallfunc)(PyObject *callable,
                                    PyObject *const *args, size_t nargsf,
                                    PyObject *kwnames);

typedef struct {
    binaryfunc nb_add;
    binaryfunc nb_subtract;
    binaryfunc nb_multiply;
    binaryfunc nb_remainder;
    binaryfunc nb_divmod;
    ternaryfunc nb_power;
    unaryfunc nb_negative;
    unaryfunc nb_positive;
    unaryfunc nb_absolute;
    inquiry nb_bool;
    unaryfunc nb_invert;
    binaryfunc nb_lshift;
    binaryfunc nb_rshift;
    binaryfunc nb_and;
    binaryfunc nb_xor;
    binaryfunc nb_or;
    unaryfunc nb_int;
    void *nb_reserved;
    unaryfunc nb_float;
    binaryfunc nb_inplace_add;
    binaryfunc nb_inplace_subtract;
    binaryfunc nb_inplace_multiply;
    binaryfunc nb_inplace_remainder;
    ternaryfunc nb_inplace_power;
    binaryfunc nb_inplace_lshift;
    binaryfunc nb_inplace_rshift;
    binaryfunc nb_inplace_and;
    binaryfunc nb_inplace_xor;
    binaryfunc nb_inplace_or;
    binaryfunc nb_floor_divide;
    binaryfunc nb_true_divide;
    binaryfunc nb_inplace_floor_divide;
    binaryfunc nb_inplace_true_divide;
    unaryfunc nb_index;
    binaryfunc nb_matrix_multiply;
    binaryfunc nb_inplace_matrix_multiply;
} PyNumberMethods;

typedef struct {
    lenfunc sq_length;
    binaryfunc sq_concat;
    ssizeargfunc sq_repeat;
    ssizeargfunc sq_item;
    void *was_sq_slice;
    ssizeobjargproc sq_ass_item;
    void *was_sq_ass_slice;
    objobjproc sq_contains;
    binaryfunc sq_inplace_concat;
    ssizeargfunc sq_inplace_repeat;
} PySequenceMethods;

typedef struct {
    lenfunc mp_length;
    binaryfunc mp_subscript;
    objobjargproc mp_ass_subscript;
} PyMappingMethods;

typedef PySendResult (*sendfunc)(PyObject *iter, PyObject *value,
                                 PyObject **result);

typedef struct {
    unaryfunc am_await;
    unaryfunc am_aiter;
    unaryfunc am_anext;
    sendfunc am_send;
} PyAsyncMethods;

typedef struct {
    getbufferproc bf_getbuffer;
    releasebufferproc bf_releasebuffer;
} PyBufferProcs;

typedef Py_ssize_t printfunc;

struct _typeobject {
    PyObject_VAR_HEAD
    const char *tp_name;         /* "module.name" */
    Py_ssize_t tp_basicsize, tp_itemsize;
    destructor tp_dealloc;
    Py_ssize_t tp_vectorcall_offset;
    getattrfunc tp_getattr;
    setattrfunc tp_setattr;
    PyAsyncMethods *tp_as_async;
    reprfunc tp_repr;
    PyNumberMethods *tp_as_number;
    PySequenceMethods *tp_as_sequence;
    PyMappingMethods *tp_as_mapping;
    hashfunc tp_hash;
    ternaryfunc tp_call;
    reprfunc tp_str;
    getattrofunc tp_getattro;
    setattrofunc tp_setattro;
    PyBufferProcs *tp_as_buffer;
    unsigned long tp_flags;
    const char *tp_doc;
    traverseproc tp_traverse;
    inquiry tp_clear;
    richcmpfunc tp_richcompare;
    Py_ssize_t tp_weaklistoffset;
    getiterfunc tp_iter;
    iternextfunc tp_iternext;
    PyMethodDef *tp_methods;
    PyMemberDef *tp_members;
    PyGetSetDef *tp_getset;
    PyTypeObject *tp_base;
    PyObject *tp_dict;
    descrgetfunc tp_descr_get;
    descrsetfunc tp_descr_set;
    Py_ssize_t tp_dictoffset;
    initproc tp_init;
    allocfunc tp_alloc;
    newfunc tp_new;
    freefunc tp_free;
    inquiry tp_is_gc;
    PyObject *tp_bases;
    PyObject *tp_mro;
    PyObject *tp_cache;
    PyObject *tp_subclasses;
    PyObject *tp_weaklist;
    destructor tp_del;
    unsigned int tp_version_tag;  /* of the attribute cache; 0: none */
    destructor tp_finalize;
    vectorcallfunc tp_vectorcall;
};

struct _specialization_cache {
    PyObject *getitem;            /* a function for BINARY_SUBSCR */
};

typedef struct _heaptypeobject {
    PyTypeObject ht_type;
    PyAsyncMethods as_async;
    PyNumberMethods as_number;
    PyMappingMethods as_mapping;
    PySequenceMethods as_sequence;
    PyBufferProcs as_buffer;
    PyObject *ht_name, *ht_slots, *ht_qualname;
    struct _dictkeysobject *ht_cached_keys;
    PyObject *ht_module;
    char *_ht_tpname;             /* owned text of tp_name, or NULL */
    struct _specialization_cache _spec_cache;
} PyHeapTypeObject;

PyAPI_FUNC(void) _Py_NewReference(PyObject *op);
PyAPI_FUNC(const char *) _PyType_Name(PyTypeObject *type);
PyAPI_FUNC(PyObject *) _PyType_Lookup(PyTypeObject *type, PyObject *op);
PyAPI_FUNC(PyObject *) _PyType_LookupId(PyTypeObject *type,
                                        _Py_Identifier *id);
PyAPI_FUNC(PyObject *) _PyObject_LookupSpecialId(
    PyObject *op, _Py_Identifier *id);
PyAPI_FUNC(PyTypeObject *) _PyType_CalculateMetaclass(
    PyTypeObject *type, PyObject *op);
PyAPI_FUNC(PyObject *) _PyType_GetDocFromInternalDoc(
    const char *string, const char *string2);
PyAPI_FUNC(PyObject *) _PyType_GetTextSignatureFromInternalDoc(
    const char *string, const char *string2);
PyAPI_FUNC(PyObject *) PyType_GetModuleByDef(
    PyTypeObject *type, PyModuleDef *def);
PyAPI_FUNC(int) PyObject_Print(PyObject *o, FILE *fp, int flags);
PyAPI_FUNC(void) _Py_BreakPoint(void);
PyAPI_FUNC(void) _PyObject_Dump(PyObject *op);
PyAPI_FUNC(int) _PyObject_IsFreed(PyObject *op);
PyAPI_FUNC(int) _PyObject_IsAbstract(PyObject *op);
PyAPI_FUNC(PyObject *) _PyObject_GetAttrId(PyObject *op, _Py_Identifier *id);
PyAPI_FUNC(int) _PyObject_SetAttrId(PyObject *op, _Py_Identifier *id,
                                    PyObject *op2);
PyAPI_FUNC(int) _PyObject_LookupAttr(PyObject *op, PyObject *op2,
                                     PyObject **op3);
PyAPI_FUNC(int) _PyObject_LookupAttrId(PyObject *op, _Py_Identifier *id,
                                       PyObject **op2);
PyAPI_FUNC(int) _PyObject_GetMethod(PyObject *op, PyObject *op2,
                                    PyObject **op3);
PyAPI_FUNC(PyObject **) _PyObject_GetDictPtr(PyObject *obj);
PyAPI_FUNC(PyObject *) _PyObject_NextNotImplemented(PyObject *op);
PyAPI_FUNC(void) PyObject_CallFinalizer(PyObject *op);
PyAPI_FUNC(int) PyObject_CallFinalizerFromDealloc(PyObject *op);
PyAPI_FUNC(PyObject *) _PyObject_GenericGetAttrWithDict(
    PyObject *op, PyObject *op2, PyObject *op3, int i);
PyAPI_FUNC(int) _PyObject_GenericSetAttrWithDict(
    PyObject *op, PyObject *op2, PyObject *op3, PyObject *op4);
PyAPI_FUNC(PyObject *) _PyObject_FunctionStr(PyObject *op);
PyAPI_DATA(PyTypeObject) _PyNone_Type;
PyAPI_DATA(PyTypeObject) _PyNotImplemented_Type;
PyAPI_DATA(int) _Py_SwappedOp[];
PyAPI_FUNC(void) _PyDebugAllocatorStats(FILE *file, const char *string, int i,
                                        size_t size);
PyAPI_FUNC(void) _PyObject_DebugTypeStats(FILE *file);
_Py_NO_RETURN
PyAPI_FUNC(void) _PyObject_AssertFailed(PyObject *op, const char *string,
                                        const char *string2,
                                        const char *string3, int i,
                                        const char *string4);
PyAPI_FUNC(int) _PyObject_CheckConsistency(PyObject *op, int i);
PyAPI_FUNC(int) _PyTrash_begin(PyThreadState *tstate, PyObject *op);
PyAPI_FUNC(void) _PyTrash_end(PyThreadState *tstate);
PyAPI_FUNC(int) _PyTrash_cond(PyObject *op, destructor destructor);

#ifdef Py_BUILD_CORE
PyAPI_FUNC(PyObject *) _PyObject_LookupSpecial(PyObject *op, PyObject *name);
#else
#define _PyObject_LookupSpecial(self, name) \
    _PyObject_LookupSpecialId((self), (name))
#endif

#define Py_SETREF(op, op2)                             \
    do {                                               \
        PyObject *_py_old = _PyObject_CAST(op);        \
        (op) = (op2);                                  \
        Py_DECREF(_py_old);                            \
    } while (0)

#define Py_XSETREF(op, op2)                            \
    do {                                               \
        PyObject *_py_old = _PyObject_CAST(op);        \
        (op) = (op2);                                  \
        Py_XDECREF(_py_old);                           \
    } while (0)

#ifdef NDEBUG
#  define _PyObject_ASSERT_FROM(obj, expr, msg, filename, lineno, func) \
      ((void)0)
#else
#  define _PyObject_ASSERT_FROM(obj, expr, msg, filename, lineno, func) \
      ((expr) ? (void)0                                                 \
              : _PyObject_AssertFailed((obj), Py_STRINGIFY(expr), (msg), \
                                       (filename), (lineno), (func)))
#endif
#define _PyObject_ASSERT_WITH_MSG(obj, expr, msg) \
    _PyObject_ASSERT_FROM((obj), expr, (msg), __FILE__, __LINE__, __func__)
#define _PyObject_ASSERT(obj, expr) \
    _PyObject_ASSERT_WITH_MSG((obj), expr, NULL)
#define _PyObject_ASSERT_FAILED_MSG(obj, msg) \
    _PyObject_AssertFailed((obj), NULL, (msg), __FILE__, __LINE__, __func__)

/* Deallocators of containers bound the depth of C recursion with these. */
#define Py_TRASHCAN_BEGIN_CONDITION(op, cond)                 \
    do {                                                      \
        PyThreadState *_tstate = NULL;                        \
        if (cond) {                                           \
            _tstate = PyThreadState_Get();                    \
            if (_PyTrash_begin(_tstate, _PyObject_CAST(op))) { \
                break;                                        \
            }                                                 \
        }
#define Py_TRASHCAN_END              \
        if (_tstate) {               \
            _PyTrash_end(_tstate);   \
        }                            \
    } while (0);
#define Py_TRASHCAN_BEGIN(op, dealloc) \
    Py_TRASHCAN_BEGIN_CONDITION((op),  \
        _PyTrash_cond(_PyObject_CAST(op), (destructor)(dealloc)))

Py_DEPRECATED(3.11) typedef int UsingDeprecatedTrashcanMacro;
#define Py_TRASHCAN_SAFE_BEGIN(op)             \
    do {                                       \
        UsingDeprecatedTrashcanMacro cond = 1; \
        Py_TRASHCAN_BEGIN_CONDITION(op, cond);
#define Py_TRASHCAN_SAFE_END(op) \
        Py_TRASHCAN_END;         \
    } while (0);

#ifdef __cplusplus
}
#endif
#endif
