/* The interpreter loop: entering and leaving it, and the tables of handlers.
 *
 * _PyEval_EvalFrameDefault runs one frame that its caller pushed (the entry
 * frame), and all frames that this one calls in Python.  Between instructions
 * the state is in registers: see ops.h.  With tail calls every instruction is
 * a function; otherwise all are labels in loop_run() below. */
#include "dispatch.h"
#if !CEVAL_TAIL_CALLS
#define CEVAL_IN_LOOP 1
#endif
#include "ops.h"

#if CEVAL_TAIL_CALLS

const struct op_table ops_plain = {{
    [0 ... 255] = op_unknown,
#define OPCODE(name, number, operand, cache, in, out) [number] = op_##name,
#define SPECIALISED(family, name, number) [number] = op_##name,
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Winitializer-overrides"
#include "opcodes.def"
#pragma clang diagnostic pop
}};

const struct op_table ops_tracing = {{[0 ... 255] = op_DO_TRACING}};

/* `throwing`: an exception is set and belongs to the frame's current
 * instruction. */
static PyObject *
loop_run(PyThreadState *tstate, Frame *frame, int throwing)
{
    Value *sp = NULL;
    const struct op_table *table = OPS_FOR_THREAD();

    if (throwing) {
        sp = (Value *)(frame->localsplus + frame->stacktop);
        frame->stacktop = -1;
        return op_error(frame->prev_instr + 1, sp, frame, tstate, table, 0);
    }
    return op_start(frame->prev_instr + 1, sp, frame, tstate, table, 0);
}

#else

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Woverride-init"
static PyObject *
loop_run(PyThreadState *tstate, Frame *frame, int throwing)
{
    static const void *const ops_plain[256] = {
        [0 ... 255] = &&op_unknown,
#define OPCODE(name, number, operand, cache, in, out) [number] = &&op_##name,
#define SPECIALISED(family, name, number) [number] = &&op_##name,
#include "opcodes.def"
    };
    static const void *const ops_tracing[256] = {[0 ... 255] =
                                                     &&op_DO_TRACING};
    _Py_CODEUNIT *ip = frame->prev_instr + 1;
    Value *sp;
    const void *const *table = OPS_FOR_THREAD();
    unsigned int oparg = 0;

    if (throwing) {
        LOAD_STACK();
        ERROR();
    }
    GOTO_OP(start);

#include "ops_stack.c"
#include "ops_arithmetic.c"
#include "ops_names.c"
#include "ops_calls.c"
#include "ops_control.c"
#include "ops_build.c"
}
#pragma GCC diagnostic pop

#endif

PyObject *
_PyEval_EvalFrameDefault(PyThreadState *tstate, Frame *frame, int throwflag)
{
    struct loop_entry entry;
    _PyCFrame *outer = tstate->cframe;
    PyObject *result = NULL;

    entry.kwnames = NULL;
    entry.cframe.use_tracing = outer->use_tracing;
    entry.cframe.previous = outer;
    entry.cframe.current_frame = frame;
    tstate->cframe = &entry.cframe;
    frame->is_entry = FRAME_IS_ENTRY;
    frame->previous = outer->current_frame;

    if (stack_guard_check(tstate, "") < 0) {
        result = NULL;
    }
    else if (!throwflag) {
        result = loop_run(tstate, frame, 0);
    }
    else if (!ceval_enter_recursive(tstate, "")) {
        if (entry.cframe.use_tracing &&
            tracing_function_entry(tstate, frame) < 0) {
            ceval_leave_recursive(tstate);
        }
        else {
            result = loop_run(tstate, frame, 1);
        }
    }
    tstate->cframe = entry.cframe.previous;
    tstate->cframe->use_tracing = entry.cframe.use_tracing;
    assert(tstate->cframe->current_frame == frame->previous);
    return result;
}

PyObject *
PyEval_EvalFrameEx(PyFrameObject *f, int throwflag)
{
    PyThreadState *tstate = PyThreadState_Get();

    return ceval_eval_frame(tstate, f->f_frame, throwflag);
}

PyObject *
PyEval_EvalFrame(PyFrameObject *f)
{
    return PyEval_EvalFrameEx(f, 0);
}
