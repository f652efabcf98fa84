/* Assigning to frame.f_lineno: a tracer makes its function go on at another
 * line.
 *
 * The evaluation stack must look at the target as the code there expects.  So
 * the code is interpreted abstractly: for each instruction, what kinds of
 * things lie on the stack.  A stack is a number whose base-8 digits are kinds,
 * the top in the lowest.  A jump may drop words, never invent some. */
#include "Python.h"

#include "ceval.h"
#include "code.h"
#include "frame.h"
#include "framejump.h"
#include "generator.h"

#include "frameobject.h"

typedef enum {
    KIND_ITERATOR = 1,
    KIND_EXCEPT,
    KIND_OBJECT,
    KIND_NULL,
    KIND_LASTI
} StackKind;

#define KIND_BITS 3
#define STACK_MAX_DEPTH 20
#define STACK_EMPTY 0
#define STACK_UNKNOWN (-1)             /* never reached, as far as is known */
#define STACK_OVERFLOWED (-2)

static int64_t
stack_push(int64_t stack, StackKind kind)
{
    if (stack < 0 || stack >= (int64_t)1 << (KIND_BITS * STACK_MAX_DEPTH)) {
        return STACK_OVERFLOWED;
    }
    return (stack << KIND_BITS) | (int64_t)kind;
}

static int64_t
stack_pop(int64_t stack, int n)
{
    while (n-- > 0 && stack > 0) {
        stack >>= KIND_BITS;
    }
    return stack;
}

static StackKind
stack_peek(int64_t stack, int n)
{
    return (StackKind)((stack >> (KIND_BITS * (n - 1))) &
                       ((1 << KIND_BITS) - 1));
}

static int
stack_depth(int64_t stack)
{
    int depth = 0;

    for (; stack > 0; stack >>= KIND_BITS) {
        depth++;
    }
    return depth;
}

static int64_t
stack_swap(int64_t stack, int n)
{
    StackKind top = stack_peek(stack, 1), other = stack_peek(stack, n);
    int shift = KIND_BITS * (n - 1);
    int64_t mask = (((int64_t)1 << KIND_BITS) - 1);

    stack &= ~((mask << shift) | mask);
    return stack | (int64_t)top << shift | (int64_t)other;
}

/* Is `target` the bottom part of `source`, as far as kinds matter? */
static int
is_compatible_kind(StackKind from, StackKind to)
{
    if (to == 0) {
        return 0;
    }
    if (to == KIND_OBJECT) {
        return from != KIND_NULL;
    }
    if (to == KIND_NULL) {
        return 1;
    }
    return from == to;
}

static int
is_compatible_stack(int64_t from, int64_t to)
{
    int depth_from, depth_to;

    if (from < 0 || to < 0) {
        return 0;
    }
    depth_from = stack_depth(from);
    depth_to = stack_depth(to);
    if (depth_from < depth_to) {
        return 0;
    }
    from = stack_pop(from, depth_from - depth_to);
    for (; to > 0; from >>= KIND_BITS, to >>= KIND_BITS) {
        if (!is_compatible_kind(stack_peek(from, 1), stack_peek(to, 1))) {
            return 0;
        }
    }
    return 1;
}

static const char *
explain_incompatibility(int64_t to)
{
    if (to == STACK_OVERFLOWED) {
        return "stack is too deep to analyze";
    }
    if (to == STACK_UNKNOWN) {
        return "can't jump into an exception handler, or code may be "
               "unreachable";
    }
    switch (stack_peek(to, 1)) {
    case KIND_EXCEPT:
        return "can't jump into an 'except' block as there's no exception";
    case KIND_LASTI:
        return "can't jump into a re-raising block as there's no location";
    case KIND_ITERATOR:
        return "can't jump into the body of a for loop";
    default:
        return "incompatible stacks";
    }
}

/* ---- the stack before every unit ---- */

/* Sets what is on the stack before a unit; the first that comes wins.  Returns
 * 1 if that is new and lies before the current position, so that another round
 * is needed. */
static int
note_stack(int64_t *stacks, int n, int target, int64_t stack, int position)
{
    if (target < 0 || target >= n || stacks[target] != STACK_UNKNOWN) {
        return 0;
    }
    stacks[target] = stack;
    return target < position;
}

static int64_t
stack_after(int64_t stack, int opcode, int arg)
{
    int in = 0, out = 0;

    switch (opcode) {
    case GET_ITER:
    case GET_AITER:
        return stack_push(stack_pop(stack, 1), KIND_ITERATOR);
    case SWAP:
        return stack_swap(stack, arg);
    case COPY:
        return stack_push(stack, stack_peek(stack, arg));
    case PUSH_EXC_INFO:
        return stack_push(stack, KIND_EXCEPT);
    case POP_EXCEPT:
        return stack_pop(stack, 1);
    case PUSH_NULL:
        return stack_push(stack, KIND_NULL);
    case LOAD_GLOBAL:
        if (arg & 1) {
            stack = stack_push(stack, KIND_NULL);
        }
        return stack_push(stack, KIND_OBJECT);
    case LOAD_METHOD:
        return stack_push(stack_push(stack_pop(stack, 1), KIND_NULL),
                          KIND_OBJECT);
    case LOAD_ATTR:
        return stack_push(stack_pop(stack, 1), KIND_OBJECT);
    case PRECALL:
    case KW_NAMES:
        return stack;
    case CALL:
        return stack_push(stack_pop(stack, arg + 2), KIND_OBJECT);
    case RETURN_GENERATOR:
        return stack_push(stack, KIND_OBJECT);
    case WITH_EXCEPT_START:
        return stack_push(stack, KIND_OBJECT);
    default:
        break;
    }
#define MAKE_FUNCTION_EXTRAS(flags) __builtin_popcount((unsigned)(flags) & 15)
    switch (opcode) {
#define OPCODE(name, number, operand, cache, taken, left) \
    case number:                                          \
        in = (taken);                                     \
        out = (left);                                     \
        break;
#include "opcodes.def"
    default:
        break;
    }
#undef MAKE_FUNCTION_EXTRAS
    /* Only the difference counts: what an instruction replaces keeps its
     * kind. */
    stack = stack_pop(stack, in - out);
    for (; out > in; out--) {
        stack = stack_push(stack, KIND_OBJECT);
    }
    return stack;
}

/* One instruction. Returns 1 if another round is needed. */
static int
mark_instruction(int64_t *stacks, int n, int opcode, int arg, int i, int next)
{
    int64_t stack = stacks[i];

    switch (opcode) {
    case JUMP_IF_FALSE_OR_POP:
    case JUMP_IF_TRUE_OR_POP:
        note_stack(stacks, n, next + arg, stack, i);
        return note_stack(stacks, n, next, stack_pop(stack, 1), i);
    case POP_JUMP_FORWARD_IF_FALSE:
    case POP_JUMP_FORWARD_IF_TRUE:
    case POP_JUMP_FORWARD_IF_NONE:
    case POP_JUMP_FORWARD_IF_NOT_NONE:
        stack = stack_pop(stack, 1);
        note_stack(stacks, n, next + arg, stack, i);
        return note_stack(stacks, n, next, stack, i);
    case POP_JUMP_BACKWARD_IF_FALSE:
    case POP_JUMP_BACKWARD_IF_TRUE:
    case POP_JUMP_BACKWARD_IF_NONE:
    case POP_JUMP_BACKWARD_IF_NOT_NONE:
        stack = stack_pop(stack, 1);
        note_stack(stacks, n, next, stack, i);
        return note_stack(stacks, n, next - arg, stack, i);
    case SEND:
        note_stack(stacks, n, next + arg, stack_pop(stack, 1), i);
        return note_stack(stacks, n, next, stack, i);
    case FOR_ITER:
        note_stack(stacks, n, next + arg, stack_pop(stack, 1), i);
        return note_stack(stacks, n, next, stack_push(stack, KIND_OBJECT), i);
    case JUMP_FORWARD:
        return note_stack(stacks, n, next + arg, stack, i);
    case JUMP_BACKWARD:
    case JUMP_BACKWARD_NO_INTERRUPT:
        return note_stack(stacks, n, next - arg, stack, i);
    case END_ASYNC_FOR:
        return note_stack(stacks, n, next, stack_pop(stack, 2), i);
    case RETURN_VALUE:
    case RAISE_VARARGS:
    case RERAISE:
        return 0;
    default:
        return note_stack(stacks, n, next, stack_after(stack, opcode, arg), i);
    }
}

/* Handlers of the exception table start with what is below, and the
 * exception. */
static int
mark_handlers(int64_t *stacks, int n, PyCodeObject *code)
{
    int todo = 0;

    for (int i = 0; i < n; i++) {
        int handler, depth, lasti;
        int64_t stack;

        if (stacks[i] < 0 || PyBytes_GET_SIZE(code->co_exceptiontable) == 0 ||
            !code_find_handler(code, i, &handler, &depth, &lasti) ||
            stacks[handler] != STACK_UNKNOWN) {
            continue;
        }
        stack = stack_pop(stacks[i], stack_depth(stacks[i]) - depth);
        if (lasti) {
            stack = stack_push(stack, KIND_LASTI);
        }
        stacks[handler] = stack_push(stack, KIND_EXCEPT);
        todo = 1;
    }
    return todo;
}

/* An array of stacks by unit; NULL with MemoryError.  PyMem_Free it. */
static int64_t *
mark_stacks(PyCodeObject *code)
{
    int n = (int)Py_SIZE(code), todo = 1;
    int64_t *stacks = PyMem_New(int64_t, (size_t)n + 1);

    if (stacks == NULL) {
        PyErr_NoMemory();
        return NULL;
    }
    for (int i = 0; i <= n; i++) {
        stacks[i] = STACK_UNKNOWN;
    }
    stacks[0] = STACK_EMPTY;
    while (todo) {
        int arg = 0;

        todo = 0;
        for (int i = 0; i < n; i++) {
            int unit_start = i;
            int opcode = code_plain_opcode(code, i);

            while (opcode == EXTENDED_ARG) {
                arg = arg << 8 | _Py_OPARG(_PyCode_CODE(code)[i]);
                i++;
                opcode = code_plain_opcode(code, i);
                stacks[i] = stacks[unit_start];
            }
            arg = arg << 8 | _Py_OPARG(_PyCode_CODE(code)[i]);
            if (stacks[i] != STACK_UNKNOWN) {
                todo |= mark_instruction(stacks, n, opcode, arg, i,
                                         i + 1 + opcode_caches[opcode]);
            }
            i += opcode_caches[opcode];
            arg = 0;
        }
        todo |= mark_handlers(stacks, n, code);
    }
    return stacks;
}

/* ---- lines ---- */

/* lines[unit]: the line that starts there, or -1. */
static int *
mark_lines(PyCodeObject *code)
{
    int n = (int)Py_SIZE(code), last_line = -1;
    int *lines = PyMem_New(int, (size_t)n + 1);
    PyCodeAddressRange bounds;

    if (lines == NULL) {
        PyErr_NoMemory();
        return NULL;
    }
    for (int i = 0; i < n; i++) {
        lines[i] = -1;
    }
    code_lines_init(code, &bounds);
    while (code_lines_next(&bounds)) {
        int unit = bounds.ar_start / (int)sizeof(_Py_CODEUNIT);

        if (bounds.ar_line != last_line && bounds.ar_line != -1 && unit < n) {
            lines[unit] = bounds.ar_line;
            last_line = bounds.ar_line;
        }
    }
    return lines;
}

/* The first line at or after `line` that code starts on, or -1. */
static int
first_line_not_before(const int *lines, int n, int line)
{
    int result = INT_MAX;

    for (int i = 0; i < n; i++) {
        if (lines[i] < result && lines[i] >= line) {
            result = lines[i];
        }
    }
    return result == INT_MAX ? -1 : result;
}

/* ---- the jump ---- */

/* The frame has just yielded: it goes on at the target when it is resumed. */
static int
is_at_yield(PyFrameObject *f)
{
    return f->f_frame->owner == FRAME_OWNED_BY_GENERATOR &&
           frame_generator(f->f_frame)->gi_frame_state == FRAME_SUSPENDED;
}

static int
check_may_jump(PyFrameObject *f)
{
    PyThreadState *tstate = _PyThreadState_GET();

    if (f->f_frame->owner == FRAME_OWNED_BY_FRAME_OBJECT ||
        (f->f_frame->previous == NULL &&
         f->f_frame->owner == FRAME_OWNED_BY_GENERATOR &&
         frame_generator(f->f_frame)->gi_frame_state == FRAME_CREATED)) {
        PyErr_Format(PyExc_ValueError,
                     "can't jump from the 'call' trace event of a new frame");
        return -1;
    }
    switch (tstate->tracing_what) {
    case PyTrace_CALL:
        PyErr_SetString(
            PyExc_ValueError,
            "can't jump from the 'call' trace event of a new frame");
        return -1;
    case PyTrace_LINE:
        break;
    case PyTrace_RETURN:
        if (is_at_yield(f)) {
            break;
        }
        /* fall through */
    default:
        PyErr_SetString(PyExc_ValueError,
                        "can only jump from a 'line' trace event");
        return -1;
    }
    return 0;
}

/* The best unit for the line: reachable with the deepest stack that fits. -1
 * with ValueError. */
static int
choose_target(PyFrameObject *f, int line)
{
    PyCodeObject *code = f->f_frame->f_code;
    int n = (int)Py_SIZE(code), best = -1;
    int *lines = mark_lines(code);
    int64_t *stacks = NULL, start, best_stack = STACK_OVERFLOWED;
    const char *message = "cannot find bytecode for specified line";

    if (lines == NULL) {
        return -1;
    }
    line = first_line_not_before(lines, n, line);
    if (line < 0) {
        PyErr_Format(PyExc_ValueError,
                     "line %d comes after the current code block", line);
        goto done;
    }
    stacks = mark_stacks(code);
    if (stacks == NULL) {
        goto done;
    }
    start = stacks[frame_lasti(f->f_frame)];
    if (is_at_yield(f)) {
        start = stack_pop(start, 1);           /* the value has gone already */
    }
    for (int i = 0; i < n; i++) {
        if (lines[i] != line) {
            continue;
        }
        if (is_compatible_stack(start, stacks[i])) {
            if (stacks[i] > best_stack) {
                best_stack = stacks[i];
                best = i;
            }
        }
        else if (best < 0) {
            if (start == STACK_OVERFLOWED) {
                message = "stack is too deep to analyze";
            }
            else if (start == STACK_UNKNOWN) {
                message = "can't jump from unreachable code";
            }
            else {
                message = explain_incompatibility(stacks[i]);
            }
        }
    }
    if (best < 0) {
        PyErr_SetString(PyExc_ValueError, message);
        goto done;
    }
    /* Drop what the target does not have. */
    while (start > best_stack) {
        Frame *frame = f->f_frame;
        Value value = {(uintptr_t)frame->localsplus[--frame->stacktop]};

        if (stack_peek(start, 1) == KIND_EXCEPT) {
            PyThreadState *tstate = _PyThreadState_GET();
            PyObject *finished = tstate->exc_info->exc_value;

            tstate->exc_info->exc_value = value_take(value);
            Py_XDECREF(finished);
        }
        else {
            value_xclose(value);
        }
        start = stack_pop(start, 1);
    }
done:
    PyMem_Free(stacks);
    PyMem_Free(lines);
    return best;
}

int
frame_jump_to_line(PyFrameObject *f, PyObject *value)
{
    PyCodeObject *code = f->f_frame->f_code;
    long wanted;
    int overflow, target, *lines, last;

    if (value == NULL) {
        PyErr_SetString(PyExc_AttributeError, "cannot delete attribute");
        return -1;
    }
    if (!PyLong_CheckExact(value)) {
        PyErr_SetString(PyExc_ValueError, "lineno must be an integer");
        return -1;
    }
    if (check_may_jump(f) < 0) {
        return -1;
    }
    if (f->f_trace == NULL) {
        PyErr_Format(PyExc_ValueError,
                     "f_lineno can only be set by a trace function");
        return -1;
    }
    wanted = PyLong_AsLongAndOverflow(value, &overflow);
    if (overflow || wanted > INT_MAX || wanted < INT_MIN) {
        PyErr_SetString(PyExc_ValueError, "lineno out of range");
        return -1;
    }
    if (wanted < code->co_firstlineno) {
        PyErr_Format(PyExc_ValueError,
                     "line %d comes before the current code block",
                     (int)wanted);
        return -1;
    }
    lines = mark_lines(code);
    if (lines == NULL) {
        return -1;
    }
    last = first_line_not_before(lines, (int)Py_SIZE(code), (int)wanted);
    PyMem_Free(lines);
    if (last < 0) {
        PyErr_Format(PyExc_ValueError,
                     "line %d comes after the current code block",
                     (int)wanted);
        return -1;
    }
    /* Locals as they are in f_locals must not be lost: they are written back
     * first. */
    PyFrame_LocalsToFast(f, 0);
    target = choose_target(f, (int)wanted);
    if (target < 0) {
        return -1;
    }
    f->f_lineno = 0;
    f->f_frame->prev_instr = FRAME_CODE_START(code) + target - is_at_yield(f);
    return 0;
}
