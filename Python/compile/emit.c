/* Emitting: basic blocks and the instructions that most of the generator
 * uses. */

#include "compiler.h"

/* ---- Blocks ------------------------------------------------------------- */

Block *
block_new(Compiler *c)
{
    Block *block = _PyArena_Malloc(c->arena, sizeof(Block));

    if (block == NULL) {
        /* Something to point at; nothing is ever put into it. */
        static Block nowhere;

        compiler_fail(c);
        return &nowhere;
    }
    memset(block, 0, sizeof(*block));
    if (c->unit != NULL) {
        block->previous_made = c->unit->blocks;
        c->unit->blocks = block;
    }
    return block;
}

Instruction *
block_append(Compiler *c, Block *block)
{
    Instruction *instruction;

    if (c->failed) {
        return NULL;
    }
    if (block->count == block->allocated) {
        int allocated = block->allocated == 0 ? 16 : block->allocated * 2;
        Instruction *grown;

        if (block->allocated > INT_MAX / 2 / (int)sizeof(Instruction)) {
            PyErr_NoMemory();
            compiler_fail(c);
            return NULL;
        }
        grown = PyMem_Realloc(block->instructions,
                              allocated * sizeof(Instruction));
        if (grown == NULL) {
            PyErr_NoMemory();
            compiler_fail(c);
            return NULL;
        }
        block->instructions = grown;
        block->allocated = allocated;
    }
    instruction = &block->instructions[block->count++];
    memset(instruction, 0, sizeof(*instruction));
    return instruction;
}

void
block_insert(Compiler *c, Block *block, int at, Instruction instruction)
{
    if (block_append(c, block) == NULL) {
        return;
    }
    memmove(&block->instructions[at + 1], &block->instructions[at],
            (block->count - 1 - at) * sizeof(Instruction));
    block->instructions[at] = instruction;
}

void
use_next_block(Compiler *c, Block *block)
{
    if (c->failed) {
        return;
    }
    c->unit->current->next = block;
    c->unit->current = block;
}

/* ---- Instructions ------------------------------------------------------- */

static void
emit_instruction(Compiler *c, int opcode, Py_ssize_t oparg, Block *target,
                 Location location)
{
    Instruction *instruction, *last;

    if (c->failed) {
        return;
    }
    if (oparg > INT_MAX) {
        PyErr_SetString(PyExc_OverflowError,
                        "too many operands for an instruction");
        compiler_fail(c);
        return;
    }
    last = block_last(c->unit->current);
    if (last != NULL &&
        (opcode_is_jump(last->opcode) || opcode_is_scope_exit(last->opcode))) {
        use_next_block(c, block_new(c));
    }
    instruction = block_append(c, c->unit->current);
    if (instruction != NULL) {
        instruction->opcode = opcode;
        instruction->oparg = (int)oparg;
        instruction->target = target;
        instruction->location = location;
    }
}

void
emit(Compiler *c, int opcode)
{
    emit_arg(c, opcode, 0);
}

void
emit_arg(Compiler *c, int opcode, Py_ssize_t oparg)
{
    if (!c->failed) {
        emit_instruction(c, opcode, oparg, NULL, c->unit->location);
    }
}

void
emit_jump(Compiler *c, int opcode, Block *target)
{
    if (!c->failed) {
        emit_instruction(c, opcode, 0, target, c->unit->location);
    }
}

void
emit_artificial(Compiler *c, int opcode)
{
    emit_instruction(c, opcode, 0, NULL, NO_LOCATION);
}

void
emit_arg_artificial(Compiler *c, int opcode, Py_ssize_t oparg)
{
    emit_instruction(c, opcode, oparg, NULL, NO_LOCATION);
}

void
emit_jump_artificial(Compiler *c, int opcode, Block *target)
{
    emit_instruction(c, opcode, 0, target, NO_LOCATION);
}

void
emit_const(Compiler *c, PyObject *value)
{
    int index = unit_add_const(c, value);

    emit_arg(c, LOAD_CONST, index);
}

void
emit_new_const(Compiler *c, PyObject *value)
{
    if (value == NULL) {
        compiler_fail(c);
        return;
    }
    emit_const(c, value);
    Py_DECREF(value);
}

void
emit_raw_name(Compiler *c, int opcode, PyObject *name)
{
    int index;

    if (!c->failed) {
        index = unit_add_name(c, c->unit->names, name);
        emit_arg(c, opcode, index);
    }
}

void
emit_name(Compiler *c, int opcode, PyObject *name)
{
    PyObject *mangled;

    if (c->failed) {
        return;
    }
    mangled = _Py_Mangle(c->unit->private_name, name);
    if (mangled == NULL) {
        compiler_fail(c);
        return;
    }
    emit_raw_name(c, opcode, mangled);
    Py_DECREF(mangled);
}

/* ---- Variables ---------------------------------------------------------- */

/* Opcodes for Load, Store, Del by where the variable lives. */
enum variable_home { HOME_NAME, HOME_GLOBAL, HOME_FAST, HOME_DEREF };

static const int variable_opcodes[4][4] = {
    [HOME_NAME] = {0, LOAD_NAME, STORE_NAME, DELETE_NAME},
    [HOME_GLOBAL] = {0, LOAD_GLOBAL, STORE_GLOBAL, DELETE_GLOBAL},
    [HOME_FAST] = {0, LOAD_FAST, STORE_FAST, DELETE_FAST},
    [HOME_DEREF] = {0, LOAD_DEREF, STORE_DEREF, DELETE_DEREF},
};

static void
emit_mangled_variable(Compiler *c, PyObject *name, expr_context_ty context)
{
    Unit *u = c->unit;
    int is_function = u->entry->ste_type == FunctionBlock;
    enum variable_home home = HOME_NAME;
    PyObject *dict = u->names;
    Py_ssize_t index;
    int opcode;

    switch (symtable_scope(u->entry, name)) {
    case FREE:
        home = HOME_DEREF;
        dict = u->freevars;
        break;
    case CELL:
        home = HOME_DEREF;
        dict = u->cellvars;
        break;
    case LOCAL:
        if (is_function) {
            home = HOME_FAST;
            dict = u->varnames;
        }
        break;
    case GLOBAL_IMPLICIT:
        home = is_function ? HOME_GLOBAL : HOME_NAME;
        break;
    case GLOBAL_EXPLICIT:
        home = HOME_GLOBAL;
        break;
    default:
        break;
    }
    opcode = variable_opcodes[home][context];
    if (opcode == LOAD_DEREF && u->entry->ste_type == ClassBlock) {
        opcode = LOAD_CLASSDEREF;
    }
    index = unit_add_name(c, dict, name);
    emit_arg(c, opcode, opcode == LOAD_GLOBAL ? index << 1 : index);
}

void
emit_variable(Compiler *c, PyObject *name, expr_context_ty context)
{
    PyObject *mangled;

    if (c->failed || compiler_forbids_name(c, name, context)) {
        return;
    }
    mangled = _Py_Mangle(c->unit->private_name, name);
    if (mangled == NULL) {
        compiler_fail(c);
        return;
    }
    emit_mangled_variable(c, mangled, context);
    Py_DECREF(mangled);
}

/* ---- Idioms ------------------------------------------------------------- */

void
emit_compare(Compiler *c, cmpop_ty op)
{
    switch (op) {
    case Eq: emit_arg(c, COMPARE_OP, Py_EQ); break;
    case NotEq: emit_arg(c, COMPARE_OP, Py_NE); break;
    case Lt: emit_arg(c, COMPARE_OP, Py_LT); break;
    case LtE: emit_arg(c, COMPARE_OP, Py_LE); break;
    case Gt: emit_arg(c, COMPARE_OP, Py_GT); break;
    case GtE: emit_arg(c, COMPARE_OP, Py_GE); break;
    case Is: emit_arg(c, IS_OP, 0); break;
    case IsNot: emit_arg(c, IS_OP, 1); break;
    case In: emit_arg(c, CONTAINS_OP, 0); break;
    case NotIn: emit_arg(c, CONTAINS_OP, 1); break;
    default: Py_UNREACHABLE();
    }
}

void
emit_binary(Compiler *c, operator_ty op, int inplace)
{
    static const int opargs[] = {
        [Add] = NB_ADD,
        [Sub] = NB_SUBTRACT,
        [Mult] = NB_MULTIPLY,
        [MatMult] = NB_MATRIX_MULTIPLY,
        [Div] = NB_TRUE_DIVIDE,
        [Mod] = NB_REMAINDER,
        [Pow] = NB_POWER,
        [LShift] = NB_LSHIFT,
        [RShift] = NB_RSHIFT,
        [BitOr] = NB_OR,
        [BitXor] = NB_XOR,
        [BitAnd] = NB_AND,
        [FloorDiv] = NB_FLOOR_DIVIDE,
    };

    emit_arg(c, BINARY_OP, opargs[op] + (inplace ? NB_INPLACE_ADD : 0));
}

void
emit_call(Compiler *c, Py_ssize_t argument_count)
{
    emit_arg(c, PRECALL, argument_count);
    emit_arg(c, CALL, argument_count);
}

void
emit_yield(Compiler *c)
{
    if (c->failed) {
        return;
    }
    if (c->unit->entry->ste_generator && c->unit->entry->ste_coroutine) {
        emit(c, ASYNC_GEN_WRAP);
    }
    emit(c, YIELD_VALUE);
    emit_arg(c, RESUME, RESUME_YIELD);
}

void
emit_yield_from(Compiler *c, int is_await)
{
    Block *start = block_new(c), *resume = block_new(c), *exit = block_new(c);

    emit_const(c, Py_None);
    use_next_block(c, start);
    emit_jump(c, SEND, exit);
    use_next_block(c, resume);
    emit(c, YIELD_VALUE);
    emit_arg(c, RESUME, is_await ? RESUME_AWAIT : RESUME_YIELD_FROM);
    emit_jump(c, JUMP_NO_INTERRUPT, start);
    use_next_block(c, exit);
}

/* lasti exc_before exc -- (raised) */
void
emit_pop_except_and_reraise(Compiler *c)
{
    emit_arg(c, COPY, 3);
    emit(c, POP_EXCEPT);
    emit_arg(c, RERAISE, 1);
}

void
emit_exit_call_with_nones(Compiler *c)
{
    for (int i = 0; i < 3; i++) {
        emit_const(c, Py_None);
    }
    emit_call(c, 2);                  /* the first None sits in self's place */
}

void
location_start_at_attribute(Compiler *c, expr_ty attribute)
{
    Location *at = &c->unit->location;
    Py_ssize_t length;

    if (c->failed || at->lineno == attribute->end_lineno) {
        return;
    }
    length = PyUnicode_GET_LENGTH(attribute->v.Attribute.attr);
    at->lineno = attribute->end_lineno;
    if (length <= attribute->end_col_offset) {
        at->col_offset = attribute->end_col_offset - (int)length;
    }
    else {
        at->col_offset = at->end_col_offset = -1;     /* a tree made by hand */
    }
    at->end_lineno = Py_MAX(at->lineno, at->end_lineno);
    if (at->end_lineno == at->lineno) {
        at->end_col_offset = Py_MAX(at->col_offset, at->end_col_offset);
    }
}

/* ---- Frame blocks ------------------------------------------------------- */

void
frame_block_push(Compiler *c, enum frame_block_type type, Block *block,
                 Block *exit, void *datum)
{
    if (c->failed) {
        return;
    }
    if (c->unit->frame_block_count >= CO_MAXBLOCKS) {
        compiler_error(c, "too many statically nested blocks");
        return;
    }
    c->unit->frame_blocks[c->unit->frame_block_count++] =
        (FrameBlock){type, block, exit, datum};
}

void
frame_block_pop(Compiler *c)
{
    if (!c->failed) {
        assert(c->unit->frame_block_count > 0);
        c->unit->frame_block_count--;
    }
}
