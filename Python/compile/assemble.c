/* From blocks to a code object: prologue, cells, stack depth, handlers, jumps,
 * the bytes and the tables.
 *
 * Location table (PEP 657): one entry per instruction of at most 8 code units,
 *     1 kkkk lll   kind, length - 1; then what the kind needs (LOCATION_*
 *                  in code.h)
 * Exception table: start, size, handler, depth << 1 | lasti, each a big-endian
 * number in 6-bit groups, bit 6 for "more follows", bit 7 for "an entry starts
 * here". */

#include "compiler.h"

#define MAX_ENTRY_UNITS 8

/* ---- Prologue and cells ------------------------------------------------- */

static int
unit_code_flags(Compiler *c)
{
    PySTEntryObject *entry = c->unit->entry;
    int flags = c->flags->cf_flags & PyCF_MASK;

    if (entry->ste_type == FunctionBlock) {
        flags |= CO_NEWLOCALS | CO_OPTIMIZED;
        flags |= entry->ste_nested ? CO_NESTED : 0;
        flags |= entry->ste_varargs ? CO_VARARGS : 0;
        flags |= entry->ste_varkeywords ? CO_VARKEYWORDS : 0;
        if (entry->ste_generator) {
            flags |= entry->ste_coroutine ? CO_ASYNC_GENERATOR : CO_GENERATOR;
        }
        else if (entry->ste_coroutine) {
            flags |= CO_COROUTINE;
        }
    }
    if (unit_is_top_level_await(c) && entry->ste_coroutine &&
        !entry->ste_generator) {
        flags |= CO_COROUTINE;
    }
    return flags;
}

/* Where each cell and free variable lives among the fast locals: a parameter
 * that is a cell stays in its place, the others follow the locals without
 * gaps.  Returns an array to be freed and the number of those that are
 * parameters; NULL after failure. */
static int *
new_cell_offsets(Compiler *c, int *shared)
{
    Unit *u = c->unit;
    int nlocals = (int)PyDict_GET_SIZE(u->varnames);
    int ncells = (int)PyDict_GET_SIZE(u->cellvars);
    int count = ncells + (int)PyDict_GET_SIZE(u->freevars);
    int *offsets = PyMem_New(int, count + 1);
    PyObject *name, *index;
    Py_ssize_t position = 0;

    if (offsets == NULL) {
        PyErr_NoMemory();
        compiler_fail(c);
        return NULL;
    }
    for (int i = 0; i < count; i++) {
        offsets[i] = -1;
    }
    while (PyDict_Next(u->cellvars, &position, &name, &index)) {
        offsets[PyLong_AsLong(index)] = unit_find(u->varnames, name);
    }
    *shared = 0;
    for (int i = 0; i < count; i++) {
        if (offsets[i] >= 0) {
            (*shared)++;
        }
        else {
            offsets[i] = nlocals + i - *shared;
        }
    }
    return offsets;
}

/* MAKE_CELLs go in the order of the variables' places. */
static void
insert_make_cells(Compiler *c, const int *offsets)
{
    int count = (int)PyDict_GET_SIZE(c->unit->cellvars);
    int previous = -1;

    for (int done = 0; done < count && !c->failed; done++) {
        int best = -1;

        for (int i = 0; i < count; i++) {
            if (offsets[i] > previous &&
                (best < 0 || offsets[i] < offsets[best])) {
                best = i;
            }
        }
        previous = offsets[best];
        block_insert(c, c->unit->entry_block, done,
                     (Instruction){.opcode = MAKE_CELL,
                                   .oparg = best,
                                   .location = NO_LOCATION});
    }
}

static void
insert_prologue(Compiler *c, const int *offsets, int flags)
{
    Block *entry = c->unit->entry_block;
    Location first = {c->unit->firstlineno, c->unit->firstlineno, -1, -1};
    int nfree = (int)PyDict_GET_SIZE(c->unit->freevars);

    if (flags & (CO_GENERATOR | CO_COROUTINE | CO_ASYNC_GENERATOR)) {
        block_insert(
            c, entry, 0,
            (Instruction){.opcode = RETURN_GENERATOR, .location = first});
        block_insert(c, entry, 1,
                     (Instruction){.opcode = POP_TOP, .location = first});
    }
    insert_make_cells(c, offsets);
    if (nfree > 0) {
        block_insert(c, entry, 0,
                     (Instruction){.opcode = COPY_FREE_VARS,
                                   .oparg = nfree,
                                   .location = NO_LOCATION});
    }
}

static void
fix_cell_operands(Compiler *c, const int *offsets)
{
    for (Block *block = c->unit->entry_block; block != NULL;
         block = block->next) {
        for (int i = 0; i < block->count; i++) {
            Instruction *in = &block->instructions[i];

            switch (in->opcode) {
            case MAKE_CELL:
            case LOAD_CLOSURE:
            case LOAD_DEREF:
            case STORE_DEREF:
            case DELETE_DEREF:
            case LOAD_CLASSDEREF:
                in->oparg = offsets[in->oparg];
                break;
            default:
                break;
            }
        }
    }
}

/* ---- Stack depth -------------------------------------------------------- */

static Block **
new_blocks_array(Compiler *c)
{
    Py_ssize_t count = 0;
    Block **array;

    for (Block *block = c->unit->entry_block; block != NULL;
         block = block->next) {
        block->start_depth = INT_MIN;
        block->visited = 0;
        count++;
    }
    array = PyMem_New(Block *, count + 1);
    if (array == NULL) {
        PyErr_NoMemory();
        compiler_fail(c);
    }
    return array;
}

static void
push_depth(Block ***sp, Block *block, int depth)
{
    if (block->start_depth < depth && block->start_depth < 100) {
        block->start_depth = depth;
        *(*sp)++ = block;
    }
}

/* Follows a block from its start depth; the largest depth seen. */
static int
follow_depth(Block *block, Block ***sp)
{
    int depth = block->start_depth, largest = depth;

    for (int i = 0; i < block->count; i++) {
        Instruction *in = &block->instructions[i];
        int after = depth + opcode_stack_effect(in->opcode, in->oparg, 0);

        largest = Py_MAX(largest, after);
        if (in->target != NULL) {
            int there = depth + opcode_stack_effect(in->opcode, in->oparg, 1);

            largest = Py_MAX(largest, there);
            push_depth(sp, in->target, there);
        }
        depth = after;
        if (in->opcode == JUMP || in->opcode == JUMP_NO_INTERRUPT ||
            opcode_is_scope_exit(in->opcode)) {
            return largest;
        }
    }
    if (block->next != NULL) {
        push_depth(sp, block->next, depth);
    }
    return largest;
}

static int
compute_stack_depth(Compiler *c)
{
    const PySTEntryObject *entry = c->unit->entry;
    Block **stack, **sp;
    int largest = 0;

    if (c->failed) {
        return 0;
    }
    stack = sp = new_blocks_array(c);
    if (stack == NULL) {
        return 0;
    }
    push_depth(&sp, c->unit->entry_block,
               entry->ste_generator || entry->ste_coroutine);
    while (sp > stack) {
        Block *block = *--sp;
        int depth = follow_depth(block, &sp);

        largest = Py_MAX(largest, depth);
    }
    PyMem_Free(stack);
    return largest;
}

/* ---- Exception handlers ------------------------------------------------- */

static void
enter_with_chain(Block ***sp, Block *block, HandlerChain *chain)
{
    if (!block->visited) {
        block->visited = 1;
        block->chain = chain;
        *(*sp)++ = block;
    }
}

/* Gives each instruction of a block its handler. */
static void
label_block(Compiler *c, Block *block, Block ***sp)
{
    HandlerChain *chain = block->chain;

    for (int i = 0; i < block->count; i++) {
        Instruction *in = &block->instructions[i];

        if (opcode_is_block_push(in->opcode)) {
            HandlerChain *inner =
                _PyArena_Malloc(c->arena, sizeof(HandlerChain));

            if (inner == NULL) {
                compiler_fail(c);
                return;
            }
            enter_with_chain(sp, in->target, chain);
            if (in->opcode != SETUP_FINALLY) {
                in->target->preserve_lasti = 1;
            }
            *inner = (HandlerChain){in->target, chain};
            chain = inner;
        }
        else if (in->opcode == POP_BLOCK) {
            chain = chain == NULL ? NULL : chain->outer;
        }
        else {
            in->handler = chain == NULL ? NULL : chain->handler;
            if (in->target != NULL) {
                enter_with_chain(sp, in->target, chain);
            }
        }
    }
    if (!block->no_fallthrough && block->next != NULL) {
        enter_with_chain(sp, block->next, chain);
    }
}

/* Afterwards the pseudo-instructions are NOPs. */
static void
assign_handlers(Compiler *c)
{
    Block *entry;
    Block **stack, **sp;
    Py_ssize_t count = 0;

    if (c->failed) {
        return;
    }
    entry = c->unit->entry_block;
    for (Block *block = entry; block != NULL; block = block->next) {
        block->visited = 0;
        count++;
    }
    stack = sp = PyMem_New(Block *, count + 1);
    if (stack == NULL) {
        PyErr_NoMemory();
        compiler_fail(c);
        return;
    }
    enter_with_chain(&sp, entry, NULL);
    while (sp > stack && !c->failed) {
        Block *block = *--sp;

        label_block(c, block, &sp);
    }
    PyMem_Free(stack);
    for (Block *block = entry; block != NULL; block = block->next) {
        for (int i = 0; i < block->count; i++) {
            Instruction *in = &block->instructions[i];

            if (opcode_is_block_push(in->opcode) || in->opcode == POP_BLOCK) {
                in->opcode = NOP;
                in->target = NULL;
            }
        }
    }
}

/* ---- Jumps -------------------------------------------------------------- */

static const struct {
    int opcode, forward, backward;
} jump_directions[] = {
    {JUMP, JUMP_FORWARD, JUMP_BACKWARD},
    {JUMP_NO_INTERRUPT, JUMP_FORWARD, JUMP_BACKWARD_NO_INTERRUPT},
    {POP_JUMP_IF_NOT_NONE, POP_JUMP_FORWARD_IF_NOT_NONE,
     POP_JUMP_BACKWARD_IF_NOT_NONE},
    {POP_JUMP_IF_NONE, POP_JUMP_FORWARD_IF_NONE, POP_JUMP_BACKWARD_IF_NONE},
    {POP_JUMP_IF_FALSE, POP_JUMP_FORWARD_IF_FALSE, POP_JUMP_BACKWARD_IF_FALSE},
    {POP_JUMP_IF_TRUE, POP_JUMP_FORWARD_IF_TRUE, POP_JUMP_BACKWARD_IF_TRUE},
    {FOR_ITER, FOR_ITER, 0},
    {SEND, SEND, 0},
    {JUMP_IF_TRUE_OR_POP, JUMP_IF_TRUE_OR_POP, 0},
    {JUMP_IF_FALSE_OR_POP, JUMP_IF_FALSE_OR_POP, 0},
};

static void
set_direction(Compiler *c, Instruction *jump, int forward)
{
    for (size_t i = 0; i < Py_ARRAY_LENGTH(jump_directions); i++) {
        if (jump_directions[i].opcode != jump->opcode) {
            continue;
        }
        if (!forward && jump_directions[i].backward == 0) {
            PyErr_Format(PyExc_SystemError, "unexpected %s jumping backwards",
                         opcode_name(jump->opcode));
            compiler_fail(c);
            return;
        }
        jump->opcode =
            forward ? jump_directions[i].forward : jump_directions[i].backward;
        return;
    }
}

static void
set_directions(Compiler *c)
{
    Block *entry = c->unit->entry_block;

    for (Block *block = entry; block != NULL; block = block->next) {
        block->visited = 0;
    }
    for (Block *block = entry; block != NULL; block = block->next) {
        Instruction *last = block_last(block);

        block->visited = 1;
        if (last != NULL && last->target != NULL) {
            set_direction(c, last, !last->target->visited);
        }
    }
}

static int
extended_args(int oparg)
{
    return (oparg > 0xff) + (oparg > 0xffff) + (oparg > 0xffffff);
}

/* Code units with prefixes and caches. */
static int
instruction_size(const Instruction *in)
{
    return extended_args(in->oparg) + 1 + opcode_caches[in->opcode];
}

/* Jumps can grow when their targets move away, until nothing changes any
 * more. */
static void
compute_offsets(Block *entry)
{
    int changed;

    do {
        int offset = 0;

        changed = 0;
        for (Block *block = entry; block != NULL; block = block->next) {
            block->offset = offset;
            for (int i = 0; i < block->count; i++) {
                offset += instruction_size(&block->instructions[i]);
            }
        }
        for (Block *block = entry; block != NULL; block = block->next) {
            offset = block->offset;
            for (int i = 0; i < block->count; i++) {
                Instruction *in = &block->instructions[i];
                int size = instruction_size(in);

                offset += size;
                if (in->target != NULL) {
                    in->oparg = abs(in->target->offset - offset);
                    changed |= instruction_size(in) != size;
                }
            }
        }
    } while (changed);
}

/* ---- Bytes -------------------------------------------------------------- */

/* A growing string of bytes; sticky as everything. */
typedef struct {
    PyObject *bytes;
    Py_ssize_t size;
} Output;

static void
output_byte(Compiler *c, Output *out, int byte)
{
    if (c->failed) {
        return;
    }
    if (out->bytes == NULL) {
        out->bytes = PyBytes_FromStringAndSize(NULL, 64);
        if (out->bytes == NULL) {
            compiler_fail(c);
            return;
        }
    }
    else if (out->size == PyBytes_GET_SIZE(out->bytes) &&
             (out->size > PY_SSIZE_T_MAX / 2 ||
              _PyBytes_Resize(&out->bytes, out->size * 2) < 0)) {
        compiler_fail(c);
        return;
    }
    PyBytes_AS_STRING(out->bytes)[out->size++] = (char)byte;
}

/* Cuts to size and merges with equal ones: the bytes, new; NULL after
 * failure. */
static PyObject *
output_finish(Compiler *c, Output *out)
{
    if (!c->failed && out->bytes == NULL) {
        out->bytes = PyBytes_FromStringAndSize(NULL, 0);
    }
    if (c->failed || out->bytes == NULL ||
        _PyBytes_Resize(&out->bytes, out->size) < 0 ||
        const_merge(c->const_cache, &out->bytes) < 0) {
        compiler_fail(c);
        Py_CLEAR(out->bytes);
    }
    return out->bytes;
}

static void
output_unit(Compiler *c, Output *out, int opcode, int oparg)
{
    output_byte(c, out, opcode);
    output_byte(c, out, oparg & 0xff);
}

static void
output_instruction(Compiler *c, Output *out, const Instruction *in)
{
    for (int i = extended_args(in->oparg); i > 0; i--) {
        output_unit(c, out, EXTENDED_ARG, in->oparg >> (8 * i));
    }
    output_unit(c, out, in->opcode, in->oparg);
    for (int i = 0; i < opcode_caches[in->opcode]; i++) {
        output_unit(c, out, CACHE, 0);
    }
}

static PyObject *
make_code(Compiler *c)
{
    Output out = {NULL, 0};

    for (Block *block = c->unit->entry_block; block != NULL;
         block = block->next) {
        for (int i = 0; i < block->count; i++) {
            output_instruction(c, &out, &block->instructions[i]);
        }
    }
    return output_finish(c, &out);
}

/* Little-endian, 6 bits each. */
static void
output_varint(Compiler *c, Output *out, unsigned value)
{
    for (; value >= 64; value >>= 6) {
        output_byte(c, out, 64 | (value & 63));
    }
    output_byte(c, out, (int)value);
}

static void
output_signed_varint(Compiler *c, Output *out, int value)
{
    unsigned magnitude = value < 0 ? 0U - (unsigned)value : (unsigned)value;

    output_varint(c, out, magnitude << 1 | (value < 0));
}

static void
output_entry_start(Compiler *c, Output *out, int kind, int units)
{
    output_byte(c, out, 0x80 | kind << 3 | (units - 1));
}

static void
output_location(Compiler *c, Output *out, Location at, int units, int *line)
{
    int delta = at.lineno - *line;
    int begin = at.col_offset, end = at.end_col_offset;

    if (at.lineno < 0) {
        output_entry_start(c, out, LOCATION_NONE, units);
        return;
    }
    *line = at.lineno;
    if (begin < 0 || end < 0) {
        if (at.end_lineno == at.lineno || at.end_lineno == -1) {
            output_entry_start(c, out, LOCATION_NO_COLUMNS, units);
            output_signed_varint(c, out, delta);
            return;
        }
    }
    else if (at.end_lineno == at.lineno) {
        if (delta == 0 && begin < 80 && end - begin < 16 && end >= begin) {
            output_entry_start(c, out, LOCATION_SHORT0 + (begin >> 3), units);
            output_byte(c, out, (begin & 7) << 4 | (end - begin));
            return;
        }
        if (delta >= 0 && delta < 3 && begin < 128 && end < 128) {
            output_entry_start(c, out, LOCATION_ONE_LINE0 + delta, units);
            output_byte(c, out, begin);
            output_byte(c, out, end);
            return;
        }
    }
    output_entry_start(c, out, LOCATION_LONG, units);
    output_signed_varint(c, out, delta);
    output_varint(c, out, at.end_lineno - at.lineno);
    output_varint(c, out, begin + 1);
    output_varint(c, out, end + 1);
}

static PyObject *
make_location_table(Compiler *c)
{
    Output out = {NULL, 0};
    int line = c->unit->firstlineno;

    for (Block *block = c->unit->entry_block; block != NULL;
         block = block->next) {
        for (int i = 0; i < block->count; i++) {
            Instruction *in = &block->instructions[i];
            int size = instruction_size(in);

            for (; size > MAX_ENTRY_UNITS; size -= MAX_ENTRY_UNITS) {
                output_location(c, &out, in->location, MAX_ENTRY_UNITS, &line);
            }
            output_location(c, &out, in->location, size, &line);
        }
    }
    return output_finish(c, &out);
}

static void
output_exception_item(Compiler *c, Output *out, int value, int start)
{
    int shift = 0;

    assert(value >= 0);
    while (shift < 24 && value >> (shift + 6) != 0) {
        shift += 6;
    }
    for (; shift >= 0; shift -= 6) {
        output_byte(c, out,
                    (value >> shift & 63) | (shift > 0 ? 64 : 0) | start);
        start = 0;
    }
}

static void
output_exception_entry(Compiler *c, Output *out, int start, int end,
                       Block *handler)
{
    int depth = handler->start_depth - 1 - handler->preserve_lasti;

    output_exception_item(c, out, start, 0x80);
    output_exception_item(c, out, end - start, 0);
    output_exception_item(c, out, handler->offset, 0);
    output_exception_item(c, out, depth << 1 | handler->preserve_lasti, 0);
}

static PyObject *
make_exception_table(Compiler *c)
{
    Output out = {NULL, 0};
    Block *handler = NULL;
    int start = 0, offset = 0;

    for (Block *block = c->unit->entry_block; block != NULL;
         block = block->next) {
        for (int i = 0; i < block->count; i++) {
            Instruction *in = &block->instructions[i];

            if (in->handler != handler) {
                if (handler != NULL) {
                    output_exception_entry(c, &out, start, offset, handler);
                }
                start = offset;
                handler = in->handler;
            }
            offset += instruction_size(in);
        }
    }
    if (handler != NULL) {
        output_exception_entry(c, &out, start, offset, handler);
    }
    return output_finish(c, &out);
}

/* ---- The code object ---------------------------------------------------- */

/* The dict's keys in the order of their indices. */
static PyObject *
keys_in_order(Compiler *c, PyObject *dict, int as_list)
{
    Py_ssize_t size = PyDict_GET_SIZE(dict), position = 0;
    PyObject *result = as_list ? PyList_New(size) : PyTuple_New(size);
    PyObject *key, *index;

    if (result == NULL) {
        compiler_fail(c);
        return NULL;
    }
    while (PyDict_Next(dict, &position, &key, &index)) {
        Py_ssize_t i = PyLong_AsSsize_t(index);

        if (as_list) {
            /* Keys of constants that are tuples carry the constant. */
            PyList_SET_ITEM(result, i,
                            Py_NewRef(PyTuple_CheckExact(key)
                                          ? PyTuple_GET_ITEM(key, 1)
                                          : key));
        }
        else {
            PyTuple_SET_ITEM(result, i, Py_NewRef(key));
        }
    }
    return result;
}

/* Names and kinds of the fast locals. */
static void
fill_locals(Compiler *c, const int *offsets, PyObject *names, char *kinds)
{
    Unit *u = c->unit;
    PyObject *groups[] = {u->varnames, u->cellvars, u->freevars};
    static const char group_kinds[] = {CO_FAST_LOCAL, CO_FAST_CELL,
                                       (char)CO_FAST_FREE};

    for (int k = 0; k < 3; k++) {
        PyObject *name, *index;
        Py_ssize_t position = 0;

        while (PyDict_Next(groups[k], &position, &name, &index)) {
            long i = PyLong_AsLong(index);
            long place = k == 0 ? i : offsets[i];

            kinds[place] |= group_kinds[k];
            if (PyTuple_GET_ITEM(names, place) == NULL) {
                PyTuple_SET_ITEM(names, place, Py_NewRef(name));
            }
        }
    }
}

/* Fills in the fast locals: 0/-1. */
static int
make_locals(Compiler *c, const int *offsets, int count,
            struct _PyCodeConstructor *con)
{
    con->localsplusnames = PyTuple_New(count);
    con->localspluskinds = PyBytes_FromStringAndSize(NULL, count);
    if (con->localsplusnames == NULL || con->localspluskinds == NULL) {
        return -1;
    }
    memset(PyBytes_AS_STRING(con->localspluskinds), 0, count);
    fill_locals(c, offsets, con->localsplusnames,
                PyBytes_AS_STRING(con->localspluskinds));
    return 0;
}

/* The code object from what has been assembled; NULL (failed) on error.
 * `consts` is a list. */
static PyCodeObject *
make_code_object(Compiler *c, struct _PyCodeConstructor *con, PyObject *consts,
                 const int *offsets, int nlocalsplus)
{
    Unit *u = c->unit;
    PyCodeObject *code = NULL;

    con->filename = c->filename;
    con->name = u->name;
    con->qualname = u->qualname != NULL ? u->qualname : u->name;
    con->firstlineno = u->firstlineno;
    con->argcount = u->posonlyargcount + u->argcount;
    con->posonlyargcount = u->posonlyargcount;
    con->kwonlyargcount = u->kwonlyargcount;
    con->names = keys_in_order(c, u->names, 0);
    if (con->names != NULL && const_merge(c->const_cache, &con->names) == 0) {
        con->consts = PyList_AsTuple(consts);
    }
    if (con->consts != NULL &&
        const_merge(c->const_cache, &con->consts) == 0 &&
        make_locals(c, offsets, nlocalsplus, con) == 0 &&
        _PyCode_Validate(con) == 0 &&
        const_merge(c->const_cache, &con->localsplusnames) == 0) {
        code = _PyCode_New(con);
    }
    if (code == NULL) {
        compiler_fail(c);
    }
    Py_XDECREF(con->names);
    Py_XDECREF(con->consts);
    Py_XDECREF(con->localsplusnames);
    Py_XDECREF(con->localspluskinds);
    return code;
}

/* Bytes and tables, then the object. */
static PyCodeObject *
finish(Compiler *c, struct _PyCodeConstructor *con, PyObject *consts,
       const int *offsets, int nlocalsplus)
{
    PyCodeObject *code = NULL;

    con->linetable = NULL;
    con->exceptiontable = NULL;
    con->code = make_code(c);
    if (!c->failed) {
        con->linetable = make_location_table(c);
    }
    if (!c->failed) {
        con->exceptiontable = make_exception_table(c);
    }
    if (!c->failed) {
        code = make_code_object(c, con, consts, offsets, nlocalsplus);
    }
    Py_XDECREF(con->code);
    Py_XDECREF(con->linetable);
    Py_XDECREF(con->exceptiontable);
    return code;
}

static void
add_final_return(Compiler *c, int add_none)
{
    Instruction *last;

    if (c->failed) {
        return;
    }
    last = block_last(c->unit->current);
    if (last == NULL || last->opcode != RETURN_VALUE) {
        UNSET_LOCATION(c);
        if (add_none) {
            emit_const(c, Py_None);
        }
        emit(c, RETURN_VALUE);
    }
}

PyCodeObject *
assemble(Compiler *c, int add_none)
{
    struct _PyCodeConstructor con = {0};
    Unit *u = c->unit;
    PyObject *consts = NULL;
    PyCodeObject *code = NULL;
    int *offsets = NULL;
    int nlocalsplus, shared;

    add_final_return(c, add_none);
    flow_normalize(c);
    if (c->failed) {
        return NULL;
    }
    con.flags = unit_code_flags(c);
    offsets = new_cell_offsets(c, &shared);
    if (offsets == NULL) {
        return NULL;
    }
    nlocalsplus =
        (int)(PyDict_GET_SIZE(u->varnames) + PyDict_GET_SIZE(u->cellvars) +
              PyDict_GET_SIZE(u->freevars)) -
        shared;
    insert_prologue(c, offsets, con.flags);
    fix_cell_operands(c, offsets);
    if (!c->failed) {
        consts = keys_in_order(c, u->consts, 1);
    }
    flow_optimize(c, consts);
    con.stacksize = compute_stack_depth(c);
    assign_handlers(c);
    flow_remove_nops(c);
    if (!c->failed) {
        set_directions(c);
    }
    if (!c->failed) {
        compute_offsets(u->entry_block);
        code = finish(c, &con, consts, offsets, nlocalsplus);
    }
    Py_XDECREF(consts);
    PyMem_Free(offsets);
    return code;
}
