/* The graph of basic blocks: simplified, freed of what is unreachable, put
 * into order.
 *
 *     flow_normalize    which blocks end in exits; empty targets; small exits
 *                       copied to jumps
 *     flow_optimize     peephole rules per block, reachability, redundant
 *                       jumps and NOPs, copies of exits for tracing, unused
 *                       constants, line numbers
 *     flow_remove_nops  what has become a NOP since
 *
 * The rules are those that the reference's bytecode shows; each must leave
 * every line that tracing could stop at (PEP 626). */

#include "compiler.h"

/* Of an exit block that replaces a jump to it. */
#define MAX_COPIED_INSTRUCTIONS 4

/* ---- Shape -------------------------------------------------------------- */

static Block *
first_nonempty(Block *block)
{
    while (block->count == 0 && block->next != NULL) {
        block = block->next;
    }
    return block;
}

static void
mark_ends(Compiler *c, Block *block)
{
    for (int i = 0; i < block->count; i++) {
        Instruction *in = &block->instructions[i];

        if (opcode_is_scope_exit(in->opcode)) {
            block->exits = 1;
            block->no_fallthrough = 1;
        }
        else if (opcode_is_jump(in->opcode)) {
            if (in->opcode == JUMP || in->opcode == JUMP_NO_INTERRUPT) {
                block->no_fallthrough = 1;
            }
            if (i != block->count - 1) {
                PyErr_SetString(PyExc_SystemError,
                                "malformed control flow graph.");
                compiler_fail(c);
                return;
            }
            in->target = first_nonempty(in->target);
        }
    }
}

static int
is_exit_without_line(Block *block)
{
    if (!block->exits) {
        return 0;
    }
    for (int i = 0; i < block->count; i++) {
        if (block->instructions[i].location.lineno >= 0) {
            return 0;
        }
    }
    return 1;
}

/* A jump to a short exit that belongs to no line becomes the exit. */
static void
inline_small_exit(Compiler *c, Block *block)
{
    Instruction *last = block_last(block);
    Block *target;

    if (last == NULL || last->opcode != JUMP) {
        return;
    }
    target = last->target;
    if (!is_exit_without_line(target) ||
        target->count > MAX_COPIED_INSTRUCTIONS) {
        return;
    }
    last->opcode = NOP;
    last->target = NULL;
    for (int i = 0; i < target->count; i++) {
        Instruction *copy = block_append(c, block);

        if (copy == NULL) {
            return;
        }
        *copy = target->instructions[i];
    }
    block->exits = 1;
}

static void
inline_small_exits(Compiler *c)
{
    for (Block *block = c->unit->blocks; block != NULL && !c->failed;
         block = block->previous_made) {
        inline_small_exit(c, block);
    }
}

void
flow_normalize(Compiler *c)
{
    for (Block *block = c->unit->blocks; block != NULL && !c->failed;
         block = block->previous_made) {
        mark_ends(c, block);
    }
    inline_small_exits(c);
}

/* A NOP stays only where it is the one instruction of its line. */
static int
nop_is_redundant(Block *block, int i, int previous_line)
{
    Instruction *nop = &block->instructions[i];
    int line = nop->location.lineno;
    Block *next = block->next;

    if (line < 0 || line == previous_line) {
        return 1;
    }
    if (i < block->count - 1) {
        Instruction *after = nop + 1;

        if (after->location.lineno == line) {
            return 1;
        }
        if (after->location.lineno < 0) {
            after->location = nop->location;
            return 1;
        }
        return 0;
    }
    while (next != NULL && next->count == 0) {
        next = next->next;
    }
    return next != NULL && next->instructions[0].location.lineno == line;
}

static void
remove_nops(Block *block)
{
    int kept = 0, previous_line = -1;

    for (int i = 0; i < block->count; i++) {
        if (block->instructions[i].opcode == NOP &&
            nop_is_redundant(block, i, previous_line)) {
            continue;
        }
        if (block->instructions[i].opcode == NOP) {
            /* a large one would take prefixes */
            block->instructions[i].oparg = 0;
        }
        previous_line = block->instructions[i].location.lineno;
        if (kept != i) {
            block->instructions[kept] = block->instructions[i];
        }
        kept++;
    }
    block->count = kept;
}

void
flow_remove_nops(Compiler *c)
{
    for (Block *block = c->failed ? NULL : c->unit->entry_block; block != NULL;
         block = block->next) {
        remove_nops(block);
    }
}

static void
remove_empty_blocks(Block *entry)
{
    for (Block *block = entry; block != NULL; block = block->next) {
        while (block->next != NULL && block->next->count == 0 &&
               block->next->next != NULL) {
            block->next = block->next->next;
        }
    }
    for (Block *block = entry; block != NULL; block = block->next) {
        for (int i = 0; i < block->count; i++) {
            if (block->instructions[i].target != NULL) {
                block->instructions[i].target =
                    first_nonempty(block->instructions[i].target);
            }
        }
    }
}

static void
remove_redundant_jumps(Block *entry)
{
    int removed = 0;

    for (Block *block = entry; block != NULL; block = block->next) {
        Instruction *last = block_last(block);

        if (last != NULL &&
            (last->opcode == JUMP || last->opcode == JUMP_NO_INTERRUPT) &&
            last->target == block->next) {
            block->no_fallthrough = 0;
            last->opcode = NOP;
            last->target = NULL;
            removed = 1;
        }
    }
    if (removed) {
        remove_empty_blocks(entry);
    }
}

/* ---- Swaps -------------------------------------------------------------- */

/* Replaces a run of SWAPs from *at by as few as possible; *at becomes its last
 * instruction.  The permutation falls into cycles; each costs its length of
 * swaps with the top, and they are written from the end. */
static void
shorten_swaps(Compiler *c, Block *block, int *at)
{
    enum { DONE = -1 };
    Instruction *run = &block->instructions[*at];
    int depth = run[0].oparg, length = 0, several = 0, current;
    int *stack;

    while (++length < block->count - *at) {
        if (run[length].opcode == SWAP) {
            depth = Py_MAX(depth, run[length].oparg);
            several = 1;
        }
        else if (run[length].opcode != NOP) {
            break;
        }
    }
    if (!several) {
        return;
    }
    stack = PyMem_New(int, depth);
    if (stack == NULL) {
        PyErr_NoMemory();
        compiler_fail(c);
        return;
    }
    for (int i = 0; i < depth; i++) {
        stack[i] = i;
    }
    for (int i = 0; i < length; i++) {
        if (run[i].opcode == SWAP) {
            int top = stack[0];

            stack[0] = stack[run[i].oparg - 1];
            stack[run[i].oparg - 1] = top;
        }
    }
    current = length - 1;
    for (int i = 0; i < depth; i++) {
        int k = i;

        if (stack[i] == DONE || stack[i] == i) {
            continue;
        }
        for (;;) {
            int next;

            if (k != 0) {               /* the top needs no swap with itself */
                assert(current >= 0);
                run[current].opcode = SWAP;
                run[current--].oparg = k + 1;
            }
            if (stack[k] == DONE) {
                break;
            }
            next = stack[k];
            stack[k] = DONE;
            k = next;
        }
    }
    while (current >= 0) {
        run[current--].opcode = NOP;
    }
    PyMem_Free(stack);
    *at += length - 1;
}

/* Next instruction behind i that only takes the top away, on the line if that
 * is not negative; or -1. */
static int
next_swappable(Block *block, int i, int line)
{
    while (++i < block->count) {
        Instruction *in = &block->instructions[i];

        if (line >= 0 && in->location.lineno != line) {
            return -1;
        }
        if (in->opcode == STORE_FAST || in->opcode == POP_TOP) {
            return i;
        }
        if (in->opcode != NOP) {
            return -1;
        }
    }
    return -1;
}

/* SWAPs up to i disappear where the instructions behind can be exchanged
 * instead. */
static void
swap_statically(Block *block, int i)
{
    for (; i >= 0; i--) {
        Instruction *swap = &block->instructions[i];
        Instruction first;
        int k, n, line;

        if (swap->opcode != SWAP) {
            if (swap->opcode == NOP || swap->opcode == POP_TOP ||
                swap->opcode == STORE_FAST) {
                continue;
            }
            return;
        }
        k = next_swappable(block, i, -1);
        if (k < 0) {
            return;
        }
        line = block->instructions[k].location.lineno;
        n = k;
        for (int count = swap->oparg - 1; count > 0; count--) {
            n = next_swappable(block, n, line);
            if (n < 0) {
                return;
            }
        }
        swap->opcode = NOP;
        first = block->instructions[k];
        block->instructions[k] = block->instructions[n];
        block->instructions[n] = first;
    }
}

/* ---- Peephole rules ----------------------------------------------------- */

/* Retargets a jump to a jump; true if it was done. */
static int
thread_jump(Instruction *jump, Instruction *target, int opcode)
{
    if (jump->location.lineno != target->location.lineno ||
        jump->target == target->target) {
        return 0;
    }
    jump->target = target->target;
    jump->opcode = opcode;
    return 1;
}

/* A jump whose target tests or jumps again; true if it changed and should be
 * looked at again. */
static int
simplify_jump(Instruction *jump, Instruction *target)
{
    int is_true = jump->opcode == JUMP_IF_TRUE_OR_POP;
    int same = is_true ? POP_JUMP_IF_TRUE : POP_JUMP_IF_FALSE;

    switch (jump->opcode) {
    case JUMP:
    case POP_JUMP_IF_FALSE:
    case POP_JUMP_IF_TRUE:
    case POP_JUMP_IF_NONE:
    case POP_JUMP_IF_NOT_NONE:
        return target->opcode == JUMP &&
               thread_jump(jump, target, jump->opcode);
    case JUMP_IF_FALSE_OR_POP:
    case JUMP_IF_TRUE_OR_POP:
        break;
    default:
        return 0;
    }
    switch (target->opcode) {
    case POP_JUMP_IF_FALSE:
    case POP_JUMP_IF_TRUE:
        if (target->opcode == same) {
            return thread_jump(jump, target, same);
        }
        break;
    case JUMP:
        return thread_jump(jump, target, jump->opcode);
    case JUMP_IF_FALSE_OR_POP:
    case JUMP_IF_TRUE_OR_POP:
        if (target->opcode == jump->opcode) {
            return thread_jump(jump, target, jump->opcode);
        }
        break;
    default:
        return 0;
    }
    /* The opposite test: it fails there, so go behind it. */
    if (jump->location.lineno != target->location.lineno) {
        return 0;
    }
    jump->opcode = same;
    jump->target = jump->target->next;
    return 1;
}

/* LOAD_CONST in front of a test of it. */
static void
fold_constant_test(Compiler *c, Block *block, int i, PyObject *consts)
{
    Instruction *load = &block->instructions[i];
    int next = i + 1 < block->count ? load[1].opcode : 0;
    PyObject *value = PyList_GET_ITEM(consts, load->oparg);
    int truth, jumps;

    switch (next) {
    case POP_JUMP_IF_FALSE:
    case POP_JUMP_IF_TRUE:
    case JUMP_IF_FALSE_OR_POP:
    case JUMP_IF_TRUE_OR_POP:
        truth = PyObject_IsTrue(value);
        if (truth < 0) {
            compiler_fail(c);
            return;
        }
        jumps =
            truth == (next == POP_JUMP_IF_TRUE || next == JUMP_IF_TRUE_OR_POP);
        if (next == POP_JUMP_IF_FALSE || next == POP_JUMP_IF_TRUE || !jumps) {
            load->opcode = NOP;
        }
        if (jumps) {
            load[1].opcode = JUMP;
            block->no_fallthrough = 1;
        }
        else {
            load[1].opcode = NOP;
            load[1].target = NULL;
        }
        break;
    case IS_OP: {
        int jump = i + 2 < block->count ? load[2].opcode : 0;

        if (value == Py_None &&
            (jump == POP_JUMP_IF_FALSE || jump == POP_JUMP_IF_TRUE)) {
            int inverted = load[1].oparg == 1;

            load[0].opcode = load[1].opcode = NOP;
            load[2].opcode = inverted ^ (jump == POP_JUMP_IF_FALSE)
                                 ? POP_JUMP_IF_NOT_NONE
                                 : POP_JUMP_IF_NONE;
        }
        break;
    }
    default:
        break;
    }
}

/* Index of a new constant (stolen), which may be there already. */
static int
add_folded_const(Compiler *c, PyObject *value, PyObject *consts)
{
    Py_ssize_t i;

    if (const_merge(c->const_cache, &value) < 0) {
        Py_DECREF(value);
        compiler_fail(c);
        return 0;
    }
    for (i = 0; i < PyList_GET_SIZE(consts); i++) {
        if (PyList_GET_ITEM(consts, i) == value) {
            break;
        }
    }
    if (i == PyList_GET_SIZE(consts) && PyList_Append(consts, value) < 0) {
        compiler_fail(c);
    }
    Py_DECREF(value);
    return (int)i;
}

/* BUILD_TUPLE of constants. */
static void
fold_tuple(Compiler *c, Instruction *build, PyObject *consts)
{
    int count = build->oparg;
    Instruction *first = build - count;
    PyObject *tuple;

    for (int i = 0; i < count; i++) {
        if (first[i].opcode != LOAD_CONST) {
            return;
        }
    }
    tuple = PyTuple_New(count);
    if (tuple == NULL) {
        compiler_fail(c);
        return;
    }
    for (int i = 0; i < count; i++) {
        PyTuple_SET_ITEM(tuple, i,
                         Py_NewRef(PyList_GET_ITEM(consts, first[i].oparg)));
        first[i].opcode = NOP;
    }
    build->opcode = LOAD_CONST;
    build->oparg = add_folded_const(c, tuple, consts);
}

static void
simplify_build_tuple(Compiler *c, Block *block, int i, PyObject *consts)
{
    Instruction *build = &block->instructions[i];

    if (i + 1 < block->count && build[1].opcode == UNPACK_SEQUENCE &&
        build[1].oparg == build->oparg && build->oparg >= 1 &&
        build->oparg <= 3) {
        build[1].opcode = build->oparg == 1 ? NOP : SWAP;
        build->opcode = NOP;
        return;
    }
    if (i >= build->oparg) {
        fold_tuple(c, build, consts);
    }
}

static void
simplify_block(Compiler *c, Block *block, PyObject *consts)
{
    static Instruction nothing = {.opcode = NOP};

    for (int i = 0; i < block->count && !c->failed; i++) {
        Instruction *in = &block->instructions[i];
        Instruction *target = &nothing;

        if (in->target != NULL) {
            in->target = first_nonempty(in->target);
            if (in->target->count > 0) {
                target = &in->target->instructions[0];
            }
        }
        switch (in->opcode) {
        case LOAD_CONST:
            fold_constant_test(c, block, i, consts);
            break;
        case BUILD_TUPLE:
            simplify_build_tuple(c, block, i, consts);
            break;
        case SWAP:
            if (in->oparg == 1) {
                in->opcode = NOP;
                break;
            }
            shorten_swaps(c, block, &i);
            swap_statically(block, i);
            break;
        case PUSH_NULL:
            if (i + 1 < block->count && in[1].opcode == LOAD_GLOBAL) {
                in->opcode = NOP;
                in[1].oparg |= 1;
            }
            break;
        default:
            if (simplify_jump(in, target)) {
                i--;
            }
        }
    }
}

/* ---- Reachability ------------------------------------------------------- */

/* A stack with room for every block of the code. */
static Block **
new_block_stack(Compiler *c)
{
    Py_ssize_t count = 0;
    Block **stack;

    for (Block *block = c->unit->entry_block; block != NULL;
         block = block->next) {
        block->visited = 0;
        count++;
    }
    stack = PyMem_New(Block *, count + 1);
    if (stack == NULL) {
        PyErr_NoMemory();
        compiler_fail(c);
    }
    return stack;
}

static void
mark_reachable(Compiler *c)
{
    Block **stack = new_block_stack(c), **sp = stack;

    if (stack == NULL) {
        return;
    }
    c->unit->entry_block->predecessors = 1;
    *sp++ = c->unit->entry_block;
    while (sp > stack) {
        Block *block = *--sp;

        if (block->next != NULL && !block->no_fallthrough) {
            if (block->next->predecessors++ == 0) {
                *sp++ = block->next;
            }
        }
        for (int i = 0; i < block->count; i++) {
            Block *target = block->instructions[i].target;

            if (target == NULL) {
                continue;
            }
            if (target->predecessors++ == 0) {
                *sp++ = target;
            }
        }
    }
    PyMem_Free(stack);
}

static void
remove_unreachable(Compiler *c)
{
    Block *entry = c->unit->entry_block;

    mark_reachable(c);
    if (c->failed) {
        return;
    }
    for (Block *block = entry; block != NULL; block = block->next) {
        if (block->predecessors == 0) {
            block->count = 0;
            block->no_fallthrough = 0;
        }
    }
    for (Block *block = entry; block != NULL; block = block->next) {
        remove_nops(block);
    }
    remove_empty_blocks(entry);
    remove_redundant_jumps(entry);
}

/* ---- Lines of exits ----------------------------------------------------- */

static Block *
copy_block(Compiler *c, Block *block)
{
    Block *copy = block_new(c);

    for (int i = 0; i < block->count && !c->failed; i++) {
        Instruction *in = block_append(c, copy);

        if (in != NULL) {
            *in = block->instructions[i];
        }
    }
    if (!c->failed) {
        copy->exits = block->exits;
        copy->no_fallthrough = 1;
    }
    return copy;
}

/* An exit that belongs to no line gets the line of what jumps to it: one copy
 * per jump. */
static void
duplicate_exits_without_line(Compiler *c)
{
    Block *entry = c->unit->entry_block;

    /* The last jump first: its copy ends up behind those of the jumps before
     * it. */
    for (Block *block = c->unit->blocks; block != NULL;
         block = block->previous_made) {
        Instruction *last = block_last(block);
        Block *target, *copy;

        if (last == NULL || !opcode_is_jump(last->opcode)) {
            continue;
        }
        target = last->target;
        if (!is_exit_without_line(target) || target->predecessors <= 1) {
            continue;
        }
        copy = copy_block(c, target);
        if (c->failed) {
            return;
        }
        copy->instructions[0].location = last->location;
        last->target = copy;
        target->predecessors--;
        copy->predecessors = 1;
        copy->next = target->next;
        target->next = copy;
    }
    for (Block *block = entry; block != NULL; block = block->next) {
        while (block->next != NULL && block->next->count == 0) {
            block->next = block->next->next;
        }
    }
    for (Block *block = entry; block != NULL; block = block->next) {
        if (!block->no_fallthrough && block->next != NULL &&
            block->count > 0 && is_exit_without_line(block->next)) {
            block->next->instructions[0].location =
                block_last(block)->location;
        }
    }
}

static void
inherit_location(Block *target, Location location)
{
    if (target->predecessors == 1 && target->count > 0 &&
        target->instructions[0].location.lineno < 0) {
        target->instructions[0].location = location;
    }
}

/* Instructions without a place have that of the one before. */
static void
propagate_locations(Block *entry)
{
    for (Block *block = entry; block != NULL; block = block->next) {
        Location location = NO_LOCATION;

        for (int i = 0; i < block->count; i++) {
            if (block->instructions[i].location.lineno < 0) {
                block->instructions[i].location = location;
            }
            else {
                location = block->instructions[i].location;
            }
        }
        if (block->count == 0) {
            continue;
        }
        if (!block->no_fallthrough && block->next != NULL) {
            inherit_location(block->next, location);
        }
        if (opcode_is_jump(block_last(block)->opcode)) {
            inherit_location(block_last(block)->target, location);
        }
    }
}

static void
guarantee_lines_of_returns(Block *entry, int firstlineno)
{
    int line = firstlineno;

    for (Block *block = entry; block != NULL; block = block->next) {
        Instruction *last = block_last(block);

        if (last == NULL) {
            continue;
        }
        if (last->location.lineno >= 0) {
            line = last->location.lineno;
        }
        else if (last->opcode == RETURN_VALUE) {
            for (int i = 0; i < block->count; i++) {
                block->instructions[i].location.lineno = line;
            }
        }
    }
}

/* Constants behind the last one used go; the first may be a docstring. */
static void
trim_constants(Compiler *c, PyObject *consts)
{
    Py_ssize_t last = 0;

    for (Block *block = c->unit->entry_block; block != NULL;
         block = block->next) {
        for (int i = 0; i < block->count; i++) {
            Instruction *in = &block->instructions[i];

            if ((in->opcode == LOAD_CONST || in->opcode == KW_NAMES) &&
                in->oparg > last) {
                last = in->oparg;
            }
        }
    }
    if (last + 1 < PyList_GET_SIZE(consts) &&
        PyList_SetSlice(consts, last + 1, PyList_GET_SIZE(consts), NULL) < 0) {
        compiler_fail(c);
    }
}

void
flow_optimize(Compiler *c, PyObject *consts)
{
    Block *entry;

    if (c->failed) {
        return;
    }
    entry = c->unit->entry_block;
    for (Block *block = entry; block != NULL && !c->failed;
         block = block->next) {
        simplify_block(c, block, consts);
        remove_nops(block);
    }
    inline_small_exits(c);
    remove_unreachable(c);
    if (!c->failed) {
        duplicate_exits_without_line(c);
    }
    if (!c->failed) {
        trim_constants(c, consts);
        propagate_locations(entry);
        guarantee_lines_of_returns(entry, c->unit->firstlineno);
    }
}
