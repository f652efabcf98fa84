#ifndef LUCID_INTERNAL_CODE_H
#define LUCID_INTERNAL_CODE_H

/* Code objects: opcode facts from opcodes.def, the constructor's parameters,
 * the location table (PEP 626, 657) and the exception table.
 *
 * co_code_adaptive is what runs and may hold specialised opcodes and filled
 * caches; code_plain_bytes() gives the form that Python code sees. */

#include "Python.h"

/* ---- Opcodes ------------------------------------------------------------ */

enum {
#define OPCODE(name, number, operand, cache, in, out) name = number,
#define PSEUDO(name, number, effect, jump_effect) name = number,
#define SPECIALISED(family, name, number) name = number,
#include "opcodes.def"
};

#define HAVE_ARGUMENT 90
#define OPCODE_HAS_ARG(op) ((op) >= HAVE_ARGUMENT)

/* Argument of BINARY_OP, in the order of opcode._nb_ops. */
enum {
    NB_ADD,
    NB_AND,
    NB_FLOOR_DIVIDE,
    NB_LSHIFT,
    NB_MATRIX_MULTIPLY,
    NB_MULTIPLY,
    NB_REMAINDER,
    NB_OR,
    NB_POWER,
    NB_RSHIFT,
    NB_SUBTRACT,
    NB_TRUE_DIVIDE,
    NB_XOR,
    NB_INPLACE_ADD,
    NB_INPLACE_AND,
    NB_INPLACE_FLOOR_DIVIDE,
    NB_INPLACE_LSHIFT,
    NB_INPLACE_MATRIX_MULTIPLY,
    NB_INPLACE_MULTIPLY,
    NB_INPLACE_REMAINDER,
    NB_INPLACE_OR,
    NB_INPLACE_POWER,
    NB_INPLACE_RSHIFT,
    NB_INPLACE_SUBTRACT,
    NB_INPLACE_TRUE_DIVIDE,
    NB_INPLACE_XOR,
};

/* Flags of FORMAT_VALUE and MAKE_FUNCTION. */
enum {
    FORMAT_NONE = 0,
    FORMAT_STR = 1,
    FORMAT_REPR = 2,
    FORMAT_ASCII = 3,
    FORMAT_HAS_SPEC = 4
};
enum {
    FUNCTION_DEFAULTS = 1,
    FUNCTION_KWDEFAULTS = 2,
    FUNCTION_ANNOTATIONS = 4,
    FUNCTION_CLOSURE = 8
};

/* Argument of RESUME. */
enum {
    RESUME_START = 0,
    RESUME_YIELD = 1,
    RESUME_YIELD_FROM = 2,
    RESUME_AWAIT = 3
};

/* By opcode 0..255: the opcode that Python code sees (specialised -> family,
 * else itself, 0 where there is none but for CACHE itself), and the cache
 * units of that family. */
extern const uint8_t opcode_plain[256];
extern const uint8_t opcode_caches[256];
/* Name of any opcode, pseudo and specialised ones included; NULL if there is
 * none. */
const char *opcode_name(int opcode);

/* Change of the stack's depth; `jump` is 1 (jumping), 0 (not), -1 (the larger
 * of both).  PY_INVALID_STACK_EFFECT for what is not an opcode.  Never
 * fails. */
int opcode_stack_effect(int opcode, int oparg, int jump);
#define PY_INVALID_STACK_EFFECT INT_MAX

/* ---- Origin ------------------------------------------------------------- */

/* Known to be the standard library's (Python/audit_origin.c).  The bit lies in
 * a field that the 3.11 layout has and only debuggers may read. */
enum { CODE_OF_LIBRARY = 0x4000 };

static inline void
code_mark_library(PyCodeObject *code)
{
    code->_co_linearray_entry_size |= CODE_OF_LIBRARY;
}

static inline int
code_is_library(PyCodeObject *code)
{
    return (code->_co_linearray_entry_size & CODE_OF_LIBRARY) != 0;
}

/* ---- Code units --------------------------------------------------------- */

#ifndef _PyCode_CODE
typedef uint16_t _Py_CODEUNIT;
#define _PyCode_CODE(code) ((_Py_CODEUNIT *)(code)->co_code_adaptive)
#define _PyCode_NBYTES(code) (Py_SIZE(code) * (Py_ssize_t)sizeof(_Py_CODEUNIT))
#endif
#ifndef _Py_OPCODE
#define _Py_OPCODE(unit) ((unit) & 255)
#define _Py_OPARG(unit) ((unit) >> 8)
#define _Py_MAKECODEUNIT(opcode, oparg)                                       \
    ((_Py_CODEUNIT)((opcode) | ((oparg) << 8)))
#endif

/* ---- Kinds of fast locals (co_localspluskinds) -------------------------- */

#ifndef CO_FAST_LOCAL
#define CO_FAST_LOCAL 0x20
#define CO_FAST_CELL 0x40
#define CO_FAST_FREE 0x80
#endif

/* ---- Making code objects ------------------------------------------------ */

/* Everything that _PyCode_New needs; all references borrowed. */
struct _PyCodeConstructor {
    PyObject *filename;
    PyObject *name;
    PyObject *qualname;
    int flags;
    PyObject *code;                 /* bytes, plain form */
    int firstlineno;
    PyObject *linetable;
    PyObject *consts;
    PyObject *names;
    /* tuple of str: locals, cells, free variables */
    PyObject *localsplusnames;
    PyObject *localspluskinds;      /* bytes of CO_FAST_* */
    int argcount;
    int posonlyargcount;
    int kwonlyargcount;
    int stacksize;
    PyObject *exceptiontable;
};

/* 0, or -1 and SystemError ("code: ...") or ValueError. */
PyAPI_FUNC(int) _PyCode_Validate(struct _PyCodeConstructor *con);
/* Call after _PyCode_Validate.  Interns names and identifier-like constants in
 * place. */
PyAPI_FUNC(PyCodeObject *) _PyCode_New(struct _PyCodeConstructor *con);

/* The plain bytecode: new bytes. Cached in co._co_code. */
PyObject *code_plain_bytes(PyCodeObject *code);
/* The plain opcode at a code-unit index. */
static inline int
code_plain_opcode(PyCodeObject *code, Py_ssize_t i)
{
    return opcode_plain[_Py_OPCODE(_PyCode_CODE(code)[i])];
}

/* New tuples of names. */
PyObject *code_varnames(PyCodeObject *code);
PyObject *code_cellvars(PyCodeObject *code);
PyObject *code_freevars(PyCodeObject *code);

/* ---- Location table ----------------------------------------------------- */

enum {
    LOCATION_SHORT0 = 0,       /* 0..9: one line, column below 80, two bytes */
    LOCATION_ONE_LINE0 = 10,        /* 10..12: line delta 0..2, three bytes */
    LOCATION_NO_COLUMNS = 13,
    LOCATION_LONG = 14,
    LOCATION_NONE = 15,
};

/* Line of a byte offset (as PyCode_Addr2Line), through the expanded table
 * while tracing. */
int code_line_of(PyCodeObject *code, int byte_offset);

/* Walks line ranges; `opaque` belongs to the walker. */
/* returns the last line: -1 */
int code_lines_init(PyCodeObject *code, PyCodeAddressRange *range);
void code_lines_init_table(const char *table, Py_ssize_t size, int firstlineno,
                           PyCodeAddressRange *range);
int code_lines_next(PyCodeAddressRange *range);        /* 1, or 0 at the end */
int code_lines_previous(PyCodeAddressRange *range);

/* Fills co->_co_linearray (one entry per code unit) for quick line look-ups
 * while tracing; 0, or -1 with MemoryError.  Idempotent. */
int code_lines_expand(PyCodeObject *code);

/* ---- Exception table ---------------------------------------------------- */

/* Finds the handler for an exception at code-unit index `unit`: 1 and *handler
 * (code units), *depth, *push_lasti; 0 if there is none.  Never fails. */
int code_find_handler(PyCodeObject *code, int unit, int *handler, int *depth,
                      int *push_lasti);

/* Sets the marks, one per code unit, of all handlers.  Never fails. */
void code_mark_handlers(PyCodeObject *code, uint8_t *marks, Py_ssize_t n);

/* ---- Inline caches (in code units) -------------------------------------- */

typedef struct {
    _Py_CODEUNIT counter, index, module_keys_version[2], builtin_keys_version;
} LoadGlobalCache;
typedef struct {
    _Py_CODEUNIT counter;
} BinaryOpCache, UnpackSequenceCache, PrecallCache, StoreSubscrCache;
typedef struct { _Py_CODEUNIT counter, mask; } CompareOpCache;
typedef struct {
    _Py_CODEUNIT counter, type_version[2], func_version;
} BinarySubscrCache;
typedef struct { _Py_CODEUNIT counter, version[2], index; } AttrCache;
typedef struct {
    _Py_CODEUNIT counter, type_version[2], dict_offset, keys_version[2],
        descr[4];
} LoadMethodCache;
typedef struct { _Py_CODEUNIT counter, func_version[2], min_args; } CallCache;

static inline uint32_t
cache_read_u32(const _Py_CODEUNIT *p)
{
    uint32_t value;
    memcpy(&value, p, sizeof(value));
    return value;
}

static inline void
cache_write_u32(_Py_CODEUNIT *p, uint32_t value)
{
    memcpy(p, &value, sizeof(value));
}

static inline PyObject *
cache_read_object(const _Py_CODEUNIT *p)
{
    PyObject *value;
    memcpy(&value, p, sizeof(value));
    return value;
}

static inline void
cache_write_object(_Py_CODEUNIT *p, PyObject *value)
{
    memcpy(p, &value, sizeof(value));
}

#endif
