/* What the files ops_*.c are written in.
 *
 * OP(NAME) { ... } is one instruction.  Compiled either as a function that
 * ends by calling the next instruction's function (tail calls; each ops_*.c is
 * a translation unit of its own), or as a label in one function (computed
 * goto; loop.c includes all ops_*.c).  A body may use
 *
 *   ip      the unit behind the instruction: its caches, or the next one
 *   sp      the first free word of the stack
 *   frame, tstate
 *   oparg   the argument, extensions included
 *   table   handlers in use: changes when tracing is switched on or off
 *
 * and ends with one of
 *   NEXT()            the next instruction; nothing ran that could have
 *                     switched tracing
 *   NEXT_CHECKED()    the same after Python code may have run
 *   NEXT_FRAME(f)     start executing another frame
 *   ERROR()           an exception is set; what is on the stack (below sp) is
 *                     released
 *   GOTO_OP(NAME)     the general form of the same instruction
 *   REDISPATCH()      the instruction again, after it was rewritten
 *   LEAVE(v)          the loop returns v
 * The files hold no functions: those are in helpers.c. */
#ifndef LUCID_CEVAL_OPS_H
#define LUCID_CEVAL_OPS_H

#include "Python.h"

#include "abstract.h"
#include "call.h"
#include "ceval.h"
#include "code.h"
#include "context.h"
#include "descr.h"
#include "dict.h"
#include "errors.h"
#include "float.h"
#include "frame.h"
#include "gc.h"
#include "generator.h"
#include "helpers.h"
#include "import.h"
#include "list.h"
#include "long.h"
#include "names.h"
#include "dispatch.h"
#include "object.h"
#include "runtime.h"
#include "set.h"
#include "specialise.h"
#include "tracing.h"
#include "tuple.h"
#include "type.h"
#include "value.h"

#define LIKELY(x) __builtin_expect(!!(x), 1)
#define UNLIKELY(x) __builtin_expect(!!(x), 0)

#if CEVAL_TAIL_CALLS || defined(CEVAL_IN_LOOP)
#define CEVAL_COMPILE_OPS 1
#else
#define CEVAL_COMPILE_OPS 0
#endif

#if CEVAL_TAIL_CALLS

#define PRESERVE_NONE __attribute__((preserve_none))
#define MUSTTAIL __attribute__((musttail))
struct op_table;
#define OP_PARAMETERS \
    _Py_CODEUNIT *ip, Value *sp, Frame *frame, PyThreadState *tstate, \
        const struct op_table *table, unsigned int oparg
#define OP_ARGUMENTS ip, sp, frame, tstate, table, oparg
typedef PRESERVE_NONE PyObject *(*op_handler)(OP_PARAMETERS);
struct op_table {
    op_handler handlers[256];
};
extern const struct op_table ops_plain, ops_tracing;

#define OP_DECLARE(NAME) PRESERVE_NONE PyObject *op_##NAME(OP_PARAMETERS);
#define OP_HEAD(NAME) PRESERVE_NONE PyObject *op_##NAME(OP_PARAMETERS)
#define OP_JUMP(handler) MUSTTAIL return (handler)(OP_ARGUMENTS)
#define GOTO_OP(NAME) MUSTTAIL return op_##NAME(OP_ARGUMENTS)
#define TABLE_HANDLER(table, opcode) ((table)->handlers[opcode])
#define OPS_PLAIN (&ops_plain)
#define OPS_FOR_THREAD()                                                      \
    (tstate->cframe->use_tracing ? &ops_tracing : &ops_plain)

#define OPCODE(name, number, operand, cache, in, out) OP_DECLARE(name)
#define SPECIALISED(family, name, number) OP_DECLARE(name)
#include "opcodes.def"
OP_DECLARE(error)
OP_DECLARE(resume)
OP_DECLARE(start)
OP_DECLARE(unwind)
OP_DECLARE(unwind_at)
OP_DECLARE(return_special)
OP_DECLARE(unwound)
OP_DECLARE(unknown)

#else

#define OP_HEAD(NAME) op_##NAME:
#define OP_JUMP(handler) goto *(handler)
#define GOTO_OP(NAME) goto op_##NAME
#define TABLE_HANDLER(table, opcode) ((table)[opcode])
#define OPS_PLAIN ops_plain
#define OPS_FOR_THREAD()                                                      \
    (tstate->cframe->use_tracing ? ops_tracing : ops_plain)

#endif

#define OP(NAME) OP_HEAD(NAME)

/* First in every body that may fail or run Python: errors and frames tell the
 * position by it. */
#define SAVE_IP() (frame->prev_instr = ip - 1)

#define NEXT() \
    do { \
        _Py_CODEUNIT unit_ = *ip++; \
        oparg = unit_ >> 8; \
        OP_JUMP(TABLE_HANDLER(table, unit_ & 255)); \
    } while (0)
#define NEXT_CHECKED() \
    do { \
        table = OPS_FOR_THREAD(); \
        NEXT(); \
    } while (0)
#define NEXT_PLAIN(opcode) OP_JUMP(TABLE_HANDLER(OPS_PLAIN, opcode))
#define REDISPATCH() \
    do { \
        oparg = (oparg & ~255u) | (ip[-1] >> 8); \
        NEXT_PLAIN(ip[-1] & 255); \
    } while (0)
#define ERROR() GOTO_OP(error)
#define ERROR_IF(condition) \
    do { \
        if (UNLIKELY(condition)) { \
            ERROR(); \
        } \
    } while (0)
#define LEAVE(value) return (value)

/* The stack. */
#define PEEK(n) (sp[-(Py_ssize_t)(n)])
#define PEEK_OBJECT(n) value_as_object(PEEK(n))
#define PUSH(value) (*sp++ = (value))
#define PUSH_NEW(object) (*sp++ = value_from_new(object))
#define POP() (*--sp)
#define SAVE_STACK()                                                          \
    (frame->stacktop = (int)((PyObject **)sp - frame->localsplus))
#define LOAD_STACK() \
    do { \
        sp = (Value *)(frame->localsplus + frame->stacktop); \
        frame->stacktop = -1; \
    } while (0)

#define LOCAL(i) (frame->localsplus[i])
#define NAME_AT(i) PyTuple_GET_ITEM(frame->f_code->co_names, (i))
#define CONST_AT(i) PyTuple_GET_ITEM(frame->f_code->co_consts, (i))
#define CACHE_UNITS(type) ((int)(sizeof(type) / sizeof(_Py_CODEUNIT)))

/* Switching frames.  The caller's position is that of its call's last
 * cache. */
#define NEXT_FRAME(new_frame) \
    do { \
        Frame *callee_ = (new_frame); \
        SAVE_STACK(); \
        frame->prev_instr = ip - 1; \
        callee_->previous = frame; \
        tstate->cframe->current_frame = frame = callee_; \
        GOTO_OP(start); \
    } while (0)

#define CHECK_BREAKER()                                                       \
    do {                                                                      \
        if (UNLIKELY(gil_breaker_is_set()) &&                                 \
            gil_handle_breaker(tstate) < 0) {                                 \
            ERROR();                                                          \
        }                                                                     \
    } while (0)

/* Keyword names on their way from KW_NAMES to CALL: beside the cframe of this
 * activation of the loop, which tstate->cframe points to whenever the loop
 * runs. */
struct loop_entry {
    _PyCFrame cframe;
    PyObject *kwnames;             /* borrowed from the constants */
};
#define LOOP_ENTRY() ((struct loop_entry *)tstate->cframe)

/* Specialised forms: give way to the general one, which sees the same
 * stack. */
#define MISS(FAMILY) \
    do { \
        specialise_count_miss(ip, FAMILY##_ADAPTIVE); \
        GOTO_OP(FAMILY); \
    } while (0)
#define MISS_IF(condition, FAMILY) \
    do { \
        if (UNLIKELY(condition)) { \
            MISS(FAMILY); \
        } \
    } while (0)

/* ---- functions of the bodies (loop.c includes those within a function) -- */

/* x // y and x % y, for y != 0. */
static inline int64_t
divide_floor(int64_t x, int64_t y, int64_t *remainder)
{
    int64_t quotient;

    if (((uint64_t)(x | y) >> 32) == 0) {
        /* FAST PATH: dividing short words takes a fraction of the time. */
        *remainder = (uint32_t)x % (uint32_t)y;
        return (uint32_t)x / (uint32_t)y;
    }
    quotient = x / y;
    *remainder = x % y;
    if (*remainder != 0 && (x < 0) != (y < 0)) {
        *remainder += y;
        quotient--;
    }
    return quotient;
}

/* Where a comparison whose result is `bit` goes on; *loops is set on a jump
 * back.  The mask in the cache is described in ops_arithmetic.c. */
static inline _Py_CODEUNIT *
compare_target(_Py_CODEUNIT *next, int bit, int *loops)
{
    _Py_CODEUNIT mask = next[-(int)CACHE_UNITS(CompareOpCache)];
    int distance = next[-1] >> 8;

    *loops = 0;
    if (!(mask >> bit & 1)) {
        return next;
    }
    *loops = mask & COMPARE_JUMPS_BACK;
    return *loops ? next - distance : next + distance;
}

#endif
