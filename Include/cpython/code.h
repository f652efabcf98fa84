/* Code objects: what a compiled function, class or module is. */
#ifndef Py_CPYTHON_CODE_H
#define Py_CPYTHON_CODE_H
#ifdef __cplusplus
extern "C" {
#endif

/* An instruction: the opcode in the first byte, its operand in the second. */
typedef uint16_t _Py_CODEUNIT;
#define _Py_OPCODE(word) ((word)&255)
#define _Py_OPARG(word) ((word) >> 8)
#define _Py_MAKECODEUNIT(opcode, oparg) ((opcode) | ((oparg) << 8))

static inline void
_py_set_opcode(_Py_CODEUNIT *word, uint8_t opcode)
{
    ((unsigned char *)word)[0] = opcode;
}
#define _Py_SET_OPCODE(word, opcode) _py_set_opcode(&(word), (opcode))

#define _PyCode_DEF(SIZE)                                                  \
    {                                                                      \
        PyObject_VAR_HEAD                                                  \
        PyObject *co_consts;                                               \
        PyObject *co_names;                                                \
        PyObject *co_exceptiontable;  /* bytes */                          \
        int co_flags;                                                      \
        short co_warmup;              /* calls before it specialises */    \
        short _co_linearray_entry_size;                                    \
        int co_argcount;              /* without *args and keyword-only */ \
        int co_posonlyargcount;                                            \
        int co_kwonlyargcount;                                             \
        int co_stacksize;             /* values */                         \
        int co_firstlineno;                                                \
        int co_nlocalsplus;           /* locals, cells, free variables */  \
        int co_nlocals;                                                    \
        int co_nplaincellvars;        /* cells that are no arguments */    \
        int co_ncellvars;                                                  \
        int co_nfreevars;                                                  \
        PyObject *co_localsplusnames; /* tuple of str */                   \
        PyObject *co_localspluskinds; /* bytes, one kind a variable */     \
        PyObject *co_filename;                                             \
        PyObject *co_name;                                                 \
        PyObject *co_qualname;                                             \
        PyObject *co_linetable;       /* bytes, see PEP 657 */             \
        PyObject *co_weakreflist;                                          \
        PyObject *_co_code;           /* cached co_code, or NULL */        \
        char *_co_linearray;                                               \
        int _co_firsttraceable;                                            \
        void *co_extra;                                                    \
        char co_code_adaptive[(SIZE)];                                     \
    }

struct PyCodeObject _PyCode_DEF(1);

#define CO_OPTIMIZED 0x0001
#define CO_NEWLOCALS 0x0002
#define CO_VARARGS 0x0004
#define CO_VARKEYWORDS 0x0008
#define CO_NESTED 0x0010
#define CO_GENERATOR 0x0020
#define CO_COROUTINE 0x0080
#define CO_ITERABLE_COROUTINE 0x0100
#define CO_ASYNC_GENERATOR 0x0200
#define CO_FUTURE_DIVISION 0x20000
#define CO_FUTURE_ABSOLUTE_IMPORT 0x40000
#define CO_FUTURE_WITH_STATEMENT 0x80000
#define CO_FUTURE_PRINT_FUNCTION 0x100000
#define CO_FUTURE_UNICODE_LITERALS 0x200000
#define CO_FUTURE_BARRY_AS_BDFL 0x400000
#define CO_FUTURE_GENERATOR_STOP 0x800000
#define CO_FUTURE_ANNOTATIONS 0x1000000
#define CO_MAXBLOCKS 20

/* A walk over the line table; see PyLineTable_NextAddressRange. */
struct _opaque {
    int computed_line;
    const uint8_t *lo_next;
    const uint8_t *limit;
};

typedef struct _line_offsets {
    int ar_start;   /* byte offset of the first instruction */
    int ar_end;
    int ar_line;    /* -1: none */
    struct _opaque opaque;
} PyCodeAddressRange;

typedef enum _PyCodeLocationInfoKind {
    PY_CODE_LOCATION_INFO_SHORT0 = 0,
    PY_CODE_LOCATION_INFO_ONE_LINE0 = 10,
    PY_CODE_LOCATION_INFO_ONE_LINE1 = 11,
    PY_CODE_LOCATION_INFO_ONE_LINE2 = 12,
    PY_CODE_LOCATION_INFO_NO_COLUMNS = 13,
    PY_CODE_LOCATION_INFO_LONG = 14,
    PY_CODE_LOCATION_INFO_NONE = 15
} _PyCodeLocationInfoKind;

PyAPI_DATA(PyTypeObject) PyCode_Type;
PyAPI_FUNC(PyCodeObject *) PyCode_New(int i, int i2, int i3, int i4, int i5,
                                      PyObject *op, PyObject *op2,
                                      PyObject *op3, PyObject *op4,
                                      PyObject *op5, PyObject *op6,
                                      PyObject *op7, PyObject *op8,
                                      PyObject *op9, int i6, PyObject *op10,
                                      PyObject *op11);
PyAPI_FUNC(PyCodeObject *) PyCode_NewWithPosOnlyArgs(
    int i, int i2, int i3, int i4, int i5, int i6, PyObject *op, PyObject *op2,
    PyObject *op3, PyObject *op4, PyObject *op5, PyObject *op6, PyObject *op7,
    PyObject *op8, PyObject *op9, int i7, PyObject *op10, PyObject *op11);
PyAPI_FUNC(PyCodeObject *) PyCode_NewEmpty(
    const char *filename, const char *funcname, int firstlineno);
PyAPI_FUNC(int) PyCode_Addr2Line(PyCodeObject *co, int byte_offset);
PyAPI_FUNC(int) PyCode_Addr2Location(PyCodeObject *co, int byte_offset,
                                     int *start_line, int *start_column,
                                     int *end_line, int *end_column);
PyAPI_FUNC(int) _PyCode_CheckLineNumber(int i,
                                        PyCodeAddressRange *codeaddressrange);
PyAPI_FUNC(PyObject *) _PyCode_ConstantKey(PyObject *op);
PyAPI_FUNC(PyObject *) PyCode_Optimize(PyObject *op, PyObject *op2,
                                       PyObject *op3, PyObject *op4);
PyAPI_FUNC(int) _PyCode_GetExtra(PyObject *op, Py_ssize_t n, void **ptr);
PyAPI_FUNC(int) _PyCode_SetExtra(PyObject *op, Py_ssize_t n, void *ptr);
PyAPI_FUNC(PyObject *) PyCode_GetCode(PyCodeObject *co);
PyAPI_FUNC(PyObject *) PyCode_GetVarnames(PyCodeObject *co);
PyAPI_FUNC(PyObject *) PyCode_GetCellvars(PyCodeObject *co);
PyAPI_FUNC(PyObject *) PyCode_GetFreevars(PyCodeObject *co);

#define PyCode_Check(op) Py_IS_TYPE((op), &PyCode_Type)
#define PyCode_GetNumFree(op) ((op)->co_nfreevars)
#define _PyCode_CODE(CO) ((_Py_CODEUNIT *)(CO)->co_code_adaptive)
#define _PyCode_NBYTES(CO) \
    (Py_SIZE(CO) * (Py_ssize_t)sizeof(_Py_CODEUNIT))

#ifdef __cplusplus
}
#endif
#endif
