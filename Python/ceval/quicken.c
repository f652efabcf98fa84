/* Quickening: the first rewrite of a code object that has proved warm.
 *
 * Instructions with caches become their adaptive forms.  Loads of locals are
 * given the borrowed form where that is safe: within one basic block, a
 * simulated stack remembers which LOAD_FAST pushed each word; the load may
 * borrow if its word is consumed before the local is stored or deleted again,
 * and before the block ends. */
#include "Python.h"

#include "ceval.h"
#include "code.h"
#include "specialise.h"

/* What an instruction takes and gives, by rows of opcodes.def. */
static void
stack_effect_of(int opcode, int arg, int *in, int *out)
{
#define MAKE_FUNCTION_EXTRAS(flags) __builtin_popcount((unsigned)(flags) & 15)
    switch (opcode) {
#define OPCODE(name, number, operand, cache, taken, left) \
    case number:                                          \
        *in = (taken);                                    \
        *out = (left);                                    \
        break;
#include "opcodes.def"
    default:
        *in = *out = 0;
        break;
    }
#undef MAKE_FUNCTION_EXTRAS
}

#define NOT_A_LOAD (-1)

/* One word of the simulated stack. */
struct simulated {
    int load;                  /* unit index of the LOAD_FAST, or NOT_A_LOAD */
    int local;
};

struct borrow_analysis {
    _Py_CODEUNIT *units;
    Py_ssize_t n;
    uint8_t *is_target;          /* by unit: some jump or handler leads here */
    uint8_t *can_borrow;           /* by unit: a LOAD_FAST that may */
    struct simulated *stack;
    int depth, capacity;
};

static void
simulate_push(struct borrow_analysis *a, int load, int local)
{
    if (a->depth < a->capacity) {
        a->stack[a->depth].load = load;
        a->stack[a->depth].local = local;
    }
    a->depth++;
}

/* A word is consumed: whatever happened to its local until now, it lived long
 * enough. */
static void
simulate_consume(struct borrow_analysis *a)
{
    if (a->depth == 0) {
        return;                       /* from before the block */
    }
    a->depth--;
    if (a->depth < a->capacity && a->stack[a->depth].load != NOT_A_LOAD) {
        a->can_borrow[a->stack[a->depth].load] = 1;
    }
}

/* The words that come from a local which changes now must own. */
static void
simulate_store(struct borrow_analysis *a, int local)
{
    for (int i = 0; i < a->depth && i < a->capacity; i++) {
        if (a->stack[i].load != NOT_A_LOAD && a->stack[i].local == local) {
            a->stack[i].load = NOT_A_LOAD;
        }
    }
}

static int
ends_block(int opcode)
{
    switch (opcode) {
    case JUMP_FORWARD:
    case JUMP_BACKWARD:
    case JUMP_BACKWARD_NO_INTERRUPT:
    case JUMP_IF_FALSE_OR_POP:
    case JUMP_IF_TRUE_OR_POP:
    case FOR_ITER:
    case SEND:
    case RETURN_VALUE:
    case RETURN_GENERATOR:
    case YIELD_VALUE:
    case RAISE_VARARGS:
    case RERAISE:
    case END_ASYNC_FOR:
    case WITH_EXCEPT_START:
    case PUSH_EXC_INFO:
    case POP_EXCEPT:
        return 1;
    default:
        return 0;
    }
}

static int
is_conditional_pop_jump(int opcode)
{
    switch (opcode) {
    case POP_JUMP_FORWARD_IF_FALSE:
    case POP_JUMP_FORWARD_IF_TRUE:
    case POP_JUMP_FORWARD_IF_NONE:
    case POP_JUMP_FORWARD_IF_NOT_NONE:
    case POP_JUMP_BACKWARD_IF_FALSE:
    case POP_JUMP_BACKWARD_IF_TRUE:
    case POP_JUMP_BACKWARD_IF_NONE:
    case POP_JUMP_BACKWARD_IF_NOT_NONE:
        return 1;
    default:
        return 0;
    }
}

static int
jump_target(int opcode, int arg, int next)
{
    switch (opcode) {
#define FORWARD_TARGET next + arg
#define BACKWARD_TARGET next - arg
#define NONE_TARGET -1
#define PLAIN_TARGET -1
#define CONST_TARGET -1
#define NAME_TARGET -1
#define LOCAL_TARGET -1
#define FREE_TARGET -1
#define COMPARE_TARGET -1
#define OPCODE(name, number, operand, cache, taken, left) \
    case number:                                          \
        return operand##_TARGET;
#include "opcodes.def"
    default:
        return -1;
    }
}

static void
simulate(struct borrow_analysis *a, int opcode, int arg, int unit)
{
    int in, out;
    struct simulated moved;

    switch (opcode) {
    case LOAD_FAST:
        simulate_push(a, unit, arg);
        return;
    case STORE_FAST:
    case DELETE_FAST:
        if (opcode == STORE_FAST) {
            simulate_consume(a);
        }
        simulate_store(a, arg);
        return;
    case COPY:
        /* The copy is as good as the original, but the original must own: it
         * may outlive. */
        if (arg <= a->depth && a->depth - arg < a->capacity) {
            a->stack[a->depth - arg].load = NOT_A_LOAD;
        }
        simulate_push(a, NOT_A_LOAD, 0);
        return;
    case SWAP:
        if (arg <= a->depth && a->depth <= a->capacity) {
            moved = a->stack[a->depth - 1];
            a->stack[a->depth - 1] = a->stack[a->depth - arg];
            a->stack[a->depth - arg] = moved;
        }
        else if (a->depth > 0) {
            /* goes below the block's part */
            a->stack[a->depth - 1].load = NOT_A_LOAD;
        }
        return;
    case LOAD_METHOD:
        /* self stays: it is the same word, one place higher. */
        moved.load = NOT_A_LOAD;
        moved.local = 0;
        if (a->depth > 0) {
            a->depth--;
            if (a->depth < a->capacity) {
                moved = a->stack[a->depth];
            }
        }
        simulate_push(a, NOT_A_LOAD, 0);
        simulate_push(a, moved.load, moved.local);
        return;
    /* PRECALL does not take what CALL is going to take. */
    case PRECALL:
    case KW_NAMES:
        return;
    case CALL:
        in = arg + 2;
        out = 1;
        break;
    /* Looked at, and left: */
    case GET_LEN:
    case MATCH_MAPPING:
    case MATCH_SEQUENCE:
    case IMPORT_FROM:
    case GET_ANEXT:
        in = 0;
        out = 1;
        break;
    case MATCH_KEYS:
        in = 0;
        out = 1;
        break;
    case BINARY_OP:
    case BINARY_SUBSCR:
    case COMPARE_OP:
    case LOAD_ATTR:
    default:
        stack_effect_of(opcode, arg, &in, &out);
        break;
    }
    while (in-- > 0) {
        simulate_consume(a);
    }
    while (out-- > 0) {
        simulate_push(a, NOT_A_LOAD, 0);
    }
}

/* Marks the targets of jumps and of the exception table. */
static void
mark_targets(struct borrow_analysis *a, PyCodeObject *code)
{
    int arg = 0;

    code_mark_handlers(code, a->is_target, a->n);
    for (Py_ssize_t i = 0; i < a->n; i++) {
        int opcode = opcode_plain[_Py_OPCODE(a->units[i])], target;

        arg = arg << 8 | _Py_OPARG(a->units[i]);
        if (opcode == EXTENDED_ARG) {
            continue;
        }
        target = jump_target(opcode, arg, (int)i + 1 + opcode_caches[opcode]);
        if (target >= 0 && target < a->n) {
            a->is_target[target] = 1;
        }
        i += opcode_caches[opcode];
        arg = 0;
    }
}

static void
analyse_borrowing(struct borrow_analysis *a)
{
    int arg = 0;

    for (Py_ssize_t i = 0; i < a->n; i++) {
        int opcode = opcode_plain[_Py_OPCODE(a->units[i])];

        if (a->is_target[i]) {
            a->depth = 0;
        }
        arg = arg << 8 | _Py_OPARG(a->units[i]);
        if (opcode == EXTENDED_ARG) {
            continue;
        }
        simulate(a, opcode, arg, (int)i);
        if (ends_block(opcode)) {
            a->depth = 0;
        }
        else if (is_conditional_pop_jump(opcode)) {
            /* What stays below would live on two paths. */
            for (int k = 0; k < a->depth && k < a->capacity; k++) {
                a->stack[k].load = NOT_A_LOAD;
            }
        }
        i += opcode_caches[opcode];
        arg = 0;
    }
}

/* LOAD_FASTs that may borrow do; no memory: none does. */
static void
borrow_loads(PyCodeObject *code)
{
    struct borrow_analysis a = {
        .units = _PyCode_CODE(code),
        .n = Py_SIZE(code),
        .capacity = code->co_stacksize + 1,
    };
    size_t bytes =
        2 * (size_t)a.n + 16 + (size_t)a.capacity * sizeof(struct simulated);
    char *memory = PyMem_RawCalloc(1, bytes);

    if (memory == NULL) {
        return;
    }
    a.stack = (struct simulated *)memory;
    a.is_target =
        (uint8_t *)(memory + (size_t)a.capacity * sizeof(struct simulated));
    a.can_borrow = a.is_target + a.n;
    mark_targets(&a, code);
    analyse_borrowing(&a);
    for (Py_ssize_t i = 0; i < a.n; i++) {
        _Py_CODEUNIT *unit = &a.units[i];
        int opcode = _Py_OPCODE(*unit);

        if (a.can_borrow[i] && opcode == LOAD_FAST) {
            *unit = _Py_MAKECODEUNIT(LOAD_FAST_BORROWED, _Py_OPARG(*unit));
        }
        i += opcode_caches[opcode_plain[opcode]];
    }
    PyMem_RawFree(memory);
}

/* Two instructions in one: only where nothing jumps to the second, which stays
 * in place. */
static int
combined_opcode(int first, int second)
{
    if (first == LOAD_FAST_BORROWED && second == LOAD_FAST_BORROWED) {
        return LOAD_FAST_BORROWED__LOAD_FAST_BORROWED;
    }
    if (first == LOAD_FAST_BORROWED && second == LOAD_CONST) {
        return LOAD_FAST_BORROWED__LOAD_CONST;
    }
    if (first == STORE_FAST && second == LOAD_FAST_BORROWED) {
        return STORE_FAST__LOAD_FAST_BORROWED;
    }
    return 0;
}

static int
adaptive_opcode(int opcode)
{
    switch (opcode) {
    case BINARY_OP:
        return BINARY_OP_ADAPTIVE;
    case BINARY_SUBSCR:
        return BINARY_SUBSCR_ADAPTIVE;
    case CALL:
        return CALL_ADAPTIVE;
    case COMPARE_OP:
        return COMPARE_OP_ADAPTIVE;
    case JUMP_BACKWARD:
        return JUMP_BACKWARD_QUICK;
    case LOAD_ATTR:
        return LOAD_ATTR_ADAPTIVE;
    case LOAD_GLOBAL:
        return LOAD_GLOBAL_ADAPTIVE;
    case LOAD_METHOD:
        return LOAD_METHOD_ADAPTIVE;
    case PRECALL:
        return PRECALL_ADAPTIVE;
    case RESUME:
        return RESUME_QUICK;
    case STORE_ATTR:
        return STORE_ATTR_ADAPTIVE;
    case STORE_SUBSCR:
        return STORE_SUBSCR_ADAPTIVE;
    case UNPACK_SEQUENCE:
        return UNPACK_SEQUENCE_ADAPTIVE;
    default:
        return 0;
    }
}

void
ceval_quicken(PyCodeObject *code)
{
    _Py_CODEUNIT *units = _PyCode_CODE(code);
    Py_ssize_t n = Py_SIZE(code);
    int has_keywords = 0, previous = 0;

    borrow_loads(code);
    for (Py_ssize_t i = 0; i < n; i++) {
        int opcode = _Py_OPCODE(units[i]), arg = _Py_OPARG(units[i]);
        int caches = opcode_caches[opcode_plain[opcode]];
        int quick = adaptive_opcode(opcode);
        int combined = i > 0 ? combined_opcode(previous, opcode) : 0;

        if (combined && _Py_OPCODE(units[i - 1]) == previous &&
            (i < 2 || _Py_OPCODE(units[i - 2]) != EXTENDED_ARG)) {
            units[i - 1] = _Py_MAKECODEUNIT(combined, _Py_OPARG(units[i - 1]));
        }
        /* Calls with keywords keep the general form: the others know that
         * there are none. */
        if (opcode == KW_NAMES) {
            has_keywords = 1;
        }
        if (has_keywords && (opcode == PRECALL || opcode == CALL)) {
            quick = 0;
            has_keywords = opcode == PRECALL;
        }
        if (quick) {
            units[i] = _Py_MAKECODEUNIT(quick, arg);
            for (int k = 1; k <= caches; k++) {
                units[i + k] = 0;
            }
        }
        previous = opcode == EXTENDED_ARG ? 0 : opcode;
        i += caches;
        if (caches) {
            previous = 0;
        }
    }
}
