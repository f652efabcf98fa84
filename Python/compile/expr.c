/* Expressions, but for calls and comprehensions. */

#include "compiler.h"

#include "stackguard.h"
#include "unicode.h"

void
visit_exprs(Compiler *c, asdl_expr_seq *elements)
{
    for (Py_ssize_t i = 0; i < asdl_seq_LEN(elements) && !c->failed; i++) {
        visit_expr(c, elements->elements[i]);
    }
}

/* ---- Jumps on conditions ------------------------------------------------ */

static void
jump_if_bool_op(Compiler *c, expr_ty e, Block *next, int condition)
{
    asdl_expr_seq *values = e->v.BoolOp.values;
    Py_ssize_t last = asdl_seq_LEN(values) - 1;
    int decides = e->v.BoolOp.op == Or;
    Block *decided = next;

    if (decides != condition) {
        decided = block_new(c);
    }
    for (Py_ssize_t i = 0; i < last; i++) {
        jump_if(c, values->elements[i], decided, decides);
    }
    jump_if(c, values->elements[last], next, condition);
    if (decided != next) {
        use_next_block(c, decided);
    }
}

static void
jump_if_conditional(Compiler *c, expr_ty e, Block *next, int condition)
{
    Block *end = block_new(c), *otherwise = block_new(c);

    jump_if(c, e->v.IfExp.test, otherwise, 0);
    jump_if(c, e->v.IfExp.body, next, condition);
    emit_jump_artificial(c, JUMP, end);
    use_next_block(c, otherwise);
    jump_if(c, e->v.IfExp.orelse, next, condition);
    use_next_block(c, end);
}

/* left < middle: keeps middle below the result. */
static void
compare_in_chain(Compiler *c, expr_ty e, Py_ssize_t i)
{
    visit_expr(c, e->v.Compare.comparators->elements[i]);
    emit_arg(c, SWAP, 2);
    emit_arg(c, COPY, 2);
    emit_compare(c, e->v.Compare.ops->elements[i]);
}

static void
compare_last(Compiler *c, expr_ty e, Py_ssize_t i)
{
    visit_expr(c, e->v.Compare.comparators->elements[i]);
    emit_compare(c, e->v.Compare.ops->elements[i]);
}

static void
jump_if_chain(Compiler *c, expr_ty e, Block *next, int condition)
{
    Py_ssize_t last = asdl_seq_LEN(e->v.Compare.ops) - 1;
    Block *cleanup, *end;

    check_comparison(c, e);
    cleanup = block_new(c);
    visit_expr(c, e->v.Compare.left);
    for (Py_ssize_t i = 0; i < last; i++) {
        compare_in_chain(c, e, i);
        emit_jump(c, POP_JUMP_IF_FALSE, cleanup);
    }
    compare_last(c, e, last);
    emit_jump(c, condition ? POP_JUMP_IF_TRUE : POP_JUMP_IF_FALSE, next);
    end = block_new(c);
    emit_jump_artificial(c, JUMP, end);
    use_next_block(c, cleanup);
    emit(c, POP_TOP);
    if (!condition) {
        emit_jump_artificial(c, JUMP, next);
    }
    use_next_block(c, end);
}

void
jump_if(Compiler *c, expr_ty e, Block *next, int condition)
{
    if (c->failed) {
        return;
    }
    switch (e->kind) {
    case UnaryOp_kind:
        if (e->v.UnaryOp.op == Not) {
            jump_if(c, e->v.UnaryOp.operand, next, !condition);
            return;
        }
        break;
    case BoolOp_kind:
        jump_if_bool_op(c, e, next, condition);
        return;
    case IfExp_kind:
        jump_if_conditional(c, e, next, condition);
        return;
    case Compare_kind:
        SET_LOCATION(c, e);
        if (asdl_seq_LEN(e->v.Compare.ops) > 1) {
            jump_if_chain(c, e, next, condition);
            return;
        }
        break;
    default:
        break;
    }
    visit_expr(c, e);
    emit_jump(c, condition ? POP_JUMP_IF_TRUE : POP_JUMP_IF_FALSE, next);
}

/* ---- Operators ---------------------------------------------------------- */

static void
visit_bool_op(Compiler *c, expr_ty e)
{
    asdl_expr_seq *values = e->v.BoolOp.values;
    Py_ssize_t last = asdl_seq_LEN(values) - 1;
    int jump =
        e->v.BoolOp.op == And ? JUMP_IF_FALSE_OR_POP : JUMP_IF_TRUE_OR_POP;
    Block *end = block_new(c);

    for (Py_ssize_t i = 0; i < last; i++) {
        visit_expr(c, values->elements[i]);
        emit_jump(c, jump, end);
        use_next_block(c, block_new(c));
    }
    visit_expr(c, values->elements[last]);
    use_next_block(c, end);
}

static void
visit_conditional(Compiler *c, expr_ty e)
{
    Block *end = block_new(c), *otherwise = block_new(c);

    jump_if(c, e->v.IfExp.test, otherwise, 0);
    visit_expr(c, e->v.IfExp.body);
    emit_jump_artificial(c, JUMP, end);
    use_next_block(c, otherwise);
    visit_expr(c, e->v.IfExp.orelse);
    use_next_block(c, end);
}

static void
visit_compare(Compiler *c, expr_ty e)
{
    Py_ssize_t last = asdl_seq_LEN(e->v.Compare.ops) - 1;
    Block *cleanup, *end;

    check_comparison(c, e);
    visit_expr(c, e->v.Compare.left);
    if (last == 0) {
        compare_last(c, e, 0);
        return;
    }
    cleanup = block_new(c);
    for (Py_ssize_t i = 0; i < last; i++) {
        compare_in_chain(c, e, i);
        emit_jump(c, JUMP_IF_FALSE_OR_POP, cleanup);
    }
    compare_last(c, e, last);
    end = block_new(c);
    emit_jump_artificial(c, JUMP, end);
    use_next_block(c, cleanup);
    emit_arg(c, SWAP, 2);
    emit(c, POP_TOP);
    use_next_block(c, end);
}

static void
visit_unary_op(Compiler *c, expr_ty e)
{
    static const int opcodes[] = {
        [Invert] = UNARY_INVERT, [Not] = UNARY_NOT, [UAdd] = UNARY_POSITIVE,
        [USub] = UNARY_NEGATIVE,
    };

    visit_expr(c, e->v.UnaryOp.operand);
    emit(c, opcodes[e->v.UnaryOp.op]);
}

/* ---- Displays ----------------------------------------------------------- */

int
all_constant(asdl_expr_seq *elements, Py_ssize_t begin, Py_ssize_t end)
{
    for (Py_ssize_t i = begin; i < end; i++) {
        expr_ty e = elements->elements[i];

        if (e == NULL || e->kind != Constant_kind) {
            return 0;
        }
    }
    return 1;
}

/* New tuple of the constants' values. */
static PyObject *
constant_values(asdl_expr_seq *elements, Py_ssize_t begin, Py_ssize_t end)
{
    PyObject *tuple = PyTuple_New(end - begin);

    for (Py_ssize_t i = begin; tuple != NULL && i < end; i++) {
        PyTuple_SET_ITEM(tuple, i - begin,
                         Py_NewRef(elements->elements[i]->v.Constant.value));
    }
    return tuple;
}

const Display list_display = {BUILD_LIST, LIST_APPEND, LIST_EXTEND, 0};
const Display tuple_display = {BUILD_LIST, LIST_APPEND, LIST_EXTEND, 1};
const Display set_display = {BUILD_SET, SET_ADD, SET_UPDATE, 0};

/* All elements are constants: one constant with all of them. */
static void
emit_constant_elements(Compiler *c, asdl_expr_seq *elements, int pushed,
                       const Display *display)
{
    PyObject *folded = constant_values(elements, 0, asdl_seq_LEN(elements));

    if (display->is_tuple && !pushed) {
        emit_new_const(c, folded);
        return;
    }
    if (display == &set_display && folded != NULL) {
        Py_SETREF(folded, PyFrozenSet_New(folded));
    }
    emit_arg(c, display->build, pushed);
    emit_new_const(c, folded);
    emit_arg(c, display->extend, 1);
    if (display->is_tuple) {
        emit(c, LIST_TO_TUPLE);
    }
}

static int
has_starred(asdl_expr_seq *elements)
{
    for (Py_ssize_t i = 0; i < asdl_seq_LEN(elements); i++) {
        if (elements->elements[i]->kind == Starred_kind) {
            return 1;
        }
    }
    return 0;
}

void
visit_star_elements(Compiler *c, asdl_expr_seq *elements, int pushed,
                    const Display *display)
{
    Py_ssize_t count = asdl_seq_LEN(elements);
    int big = count + pushed > STACK_USE_GUIDELINE;
    int built = 0;

    if (c->failed) {
        return;
    }
    if (count > 2 && all_constant(elements, 0, count)) {
        emit_constant_elements(c, elements, pushed, display);
        return;
    }
    if (!big && !has_starred(elements)) {
        visit_exprs(c, elements);
        emit_arg(c, display->is_tuple ? BUILD_TUPLE : display->build,
                 count + pushed);
        return;
    }
    if (big) {
        emit_arg(c, display->build, pushed);
        built = 1;
    }
    for (Py_ssize_t i = 0; i < count && !c->failed; i++) {
        expr_ty e = elements->elements[i];
        int starred = e->kind == Starred_kind;

        if (starred && !built) {
            emit_arg(c, display->build, i + pushed);
            built = 1;
        }
        visit_expr(c, starred ? e->v.Starred.value : e);
        if (built) {
            emit_arg(c, starred ? display->extend : display->add, 1);
        }
    }
    if (display->is_tuple) {
        emit(c, LIST_TO_TUPLE);
    }
}

/* Targets of an assignment to a list or tuple. */
static void
unpack_into(Compiler *c, asdl_expr_seq *targets)
{
    Py_ssize_t count = asdl_seq_LEN(targets);
    int starred = 0;

    for (Py_ssize_t i = 0; i < count; i++) {
        if (targets->elements[i]->kind != Starred_kind) {
            continue;
        }
        if (starred) {
            compiler_error(c, "multiple starred expressions in assignment");
            return;
        }
        if (i >= 1 << 8 || count - i - 1 >= INT_MAX >> 8) {
            compiler_error(
                c, "too many expressions in star-unpacking assignment");
            return;
        }
        emit_arg(c, UNPACK_EX, i + ((count - i - 1) << 8));
        starred = 1;
    }
    if (!starred) {
        emit_arg(c, UNPACK_SEQUENCE, count);
    }
    for (Py_ssize_t i = 0; i < count; i++) {
        expr_ty target = targets->elements[i];

        visit_expr(c, target->kind == Starred_kind ? target->v.Starred.value
                                                   : target);
    }
}

static void
visit_sequence(Compiler *c, asdl_expr_seq *elements, expr_context_ty context,
               const Display *display)
{
    if (context == Store) {
        unpack_into(c, elements);
    }
    else if (context == Load) {
        visit_star_elements(c, elements, 0, display);
    }
    else {
        visit_exprs(c, elements);
    }
}

static void
visit_dict_part(Compiler *c, expr_ty e, Py_ssize_t begin, Py_ssize_t end)
{
    Py_ssize_t count = end - begin;
    int big = count * 2 > STACK_USE_GUIDELINE;

    if (count > 1 && !big && all_constant(e->v.Dict.keys, begin, end)) {
        for (Py_ssize_t i = begin; i < end; i++) {
            visit_expr(c, e->v.Dict.values->elements[i]);
        }
        emit_new_const(c, constant_values(e->v.Dict.keys, begin, end));
        emit_arg(c, BUILD_CONST_KEY_MAP, count);
        return;
    }
    if (big) {
        emit_arg(c, BUILD_MAP, 0);
    }
    for (Py_ssize_t i = begin; i < end; i++) {
        visit_expr(c, e->v.Dict.keys->elements[i]);
        visit_expr(c, e->v.Dict.values->elements[i]);
        if (big) {
            emit_arg(c, MAP_ADD, 1);
        }
    }
    if (!big) {
        emit_arg(c, BUILD_MAP, count);
    }
}

/* Adds items begin..end to the dict on the stack, or makes it. */
static void
add_dict_part(Compiler *c, expr_ty e, Py_ssize_t begin, Py_ssize_t end,
              int *have_dict)
{
    visit_dict_part(c, e, begin, end);
    if (*have_dict) {
        emit_arg(c, DICT_UPDATE, 1);
    }
    *have_dict = 1;
}

static void
visit_dict(Compiler *c, expr_ty e)
{
    Py_ssize_t count = asdl_seq_LEN(e->v.Dict.values), pending = 0;
    int have_dict = 0;

    for (Py_ssize_t i = 0; i < count && !c->failed; i++) {
        if (e->v.Dict.keys->elements[i] == NULL) {
            if (pending > 0) {
                add_dict_part(c, e, i - pending, i, &have_dict);
                pending = 0;
            }
            if (!have_dict) {
                emit_arg(c, BUILD_MAP, 0);
                have_dict = 1;
            }
            visit_expr(c, e->v.Dict.values->elements[i]);
            emit_arg(c, DICT_UPDATE, 1);
        }
        else if (pending * 2 > STACK_USE_GUIDELINE) {
            add_dict_part(c, e, i - pending, i + 1, &have_dict);
            pending = 0;
        }
        else {
            pending++;
        }
    }
    if (pending > 0) {
        add_dict_part(c, e, count - pending, count, &have_dict);
    }
    if (!have_dict) {
        emit_arg(c, BUILD_MAP, 0);
    }
}

/* ---- Formatted strings -------------------------------------------------- */

static void
visit_joined_str(Compiler *c, expr_ty e)
{
    asdl_expr_seq *values = e->v.JoinedStr.values;
    Py_ssize_t count = asdl_seq_LEN(values);

    if (count <= STACK_USE_GUIDELINE) {
        visit_exprs(c, values);
        if (count != 1) {
            emit_arg(c, BUILD_STRING, count);
        }
        return;
    }
    emit_const(c, unicode_empty());
    emit_name(c, LOAD_METHOD, NAME(join));
    emit_arg(c, BUILD_LIST, 0);
    for (Py_ssize_t i = 0; i < count && !c->failed; i++) {
        visit_expr(c, values->elements[i]);
        emit_arg(c, LIST_APPEND, 1);
    }
    emit_call(c, 1);
}

static void
visit_formatted_value(Compiler *c, expr_ty e)
{
    int conversion = e->v.FormattedValue.conversion;
    int oparg = FORMAT_NONE;

    visit_expr(c, e->v.FormattedValue.value);
    switch (conversion) {
    case 's': oparg = FORMAT_STR; break;
    case 'r': oparg = FORMAT_REPR; break;
    case 'a': oparg = FORMAT_ASCII; break;
    case -1: break;
    default:
        if (!c->failed) {
            PyErr_Format(PyExc_SystemError,
                         "Unrecognized conversion character %d", conversion);
            compiler_fail(c);
        }
        return;
    }
    if (e->v.FormattedValue.format_spec != NULL) {
        visit_expr(c, e->v.FormattedValue.format_spec);
        oparg |= FORMAT_HAS_SPEC;
    }
    emit_arg(c, FORMAT_VALUE, oparg);
}

/* ---- Generators and coroutines ------------------------------------------ */

static void
visit_yield(Compiler *c, expr_ty e)
{
    if (c->unit->entry->ste_type != FunctionBlock) {
        compiler_error(c, "'yield' outside function");
        return;
    }
    if (e->v.Yield.value != NULL) {
        visit_expr(c, e->v.Yield.value);
    }
    else {
        emit_const(c, Py_None);
    }
    emit_yield(c);
}

static void
visit_yield_from(Compiler *c, expr_ty e)
{
    if (c->unit->entry->ste_type != FunctionBlock) {
        compiler_error(c, "'yield' outside function");
        return;
    }
    if (c->unit->scope == SCOPE_ASYNC_FUNCTION) {
        compiler_error(c, "'yield from' inside async function");
        return;
    }
    visit_expr(c, e->v.YieldFrom.value);
    emit(c, GET_YIELD_FROM_ITER);
    emit_yield_from(c, 0);
}

static void
visit_await(Compiler *c, expr_ty e)
{
    if (!unit_is_top_level_await(c)) {
        if (c->unit->entry->ste_type != FunctionBlock) {
            compiler_error(c, "'await' outside function");
            return;
        }
        if (c->unit->scope != SCOPE_ASYNC_FUNCTION &&
            c->unit->scope != SCOPE_COMPREHENSION) {
            compiler_error(c, "'await' outside async function");
            return;
        }
    }
    visit_expr(c, e->v.Await.value);
    emit_arg(c, GET_AWAITABLE, 0);
    emit_yield_from(c, 1);
}

/* ---- References --------------------------------------------------------- */

static void
visit_attribute(Compiler *c, expr_ty e)
{
    static const int opcodes[] = {
        [Load] = LOAD_ATTR, [Store] = STORE_ATTR, [Del] = DELETE_ATTR};
    PyObject *name = e->v.Attribute.attr;

    visit_expr(c, e->v.Attribute.value);
    if (compiler_forbids_name(c, name, e->v.Attribute.ctx)) {
        return;
    }
    location_start_at_attribute(c, e);
    emit_name(c, opcodes[e->v.Attribute.ctx], name);
}

static void
visit_subscript(Compiler *c, expr_ty e)
{
    expr_context_ty context = e->v.Subscript.ctx;

    if (context == Load) {
        check_subscript(c, e->v.Subscript.value, e->v.Subscript.slice);
    }
    visit_expr(c, e->v.Subscript.value);
    visit_expr(c, e->v.Subscript.slice);
    emit(c, context == Load    ? BINARY_SUBSCR
            : context == Store ? STORE_SUBSCR
                               : DELETE_SUBSCR);
}

static void
visit_slice_part(Compiler *c, expr_ty part)
{
    if (part != NULL) {
        visit_expr(c, part);
    }
    else {
        emit_const(c, Py_None);
    }
}

static void
visit_slice(Compiler *c, expr_ty e)
{
    visit_slice_part(c, e->v.Slice.lower);
    visit_slice_part(c, e->v.Slice.upper);
    if (e->v.Slice.step != NULL) {
        visit_expr(c, e->v.Slice.step);
    }
    emit_arg(c, BUILD_SLICE, e->v.Slice.step != NULL ? 3 : 2);
}

/* ---- Dispatch ----------------------------------------------------------- */

static void
visit_expr_here(Compiler *c, expr_ty e)
{
    switch (e->kind) {
    case NamedExpr_kind:
        visit_expr(c, e->v.NamedExpr.value);
        emit_arg(c, COPY, 1);
        visit_expr(c, e->v.NamedExpr.target);
        break;
    case BinOp_kind:
        visit_expr(c, e->v.BinOp.left);
        visit_expr(c, e->v.BinOp.right);
        emit_binary(c, e->v.BinOp.op, 0);
        break;
    case BoolOp_kind: visit_bool_op(c, e); break;
    case UnaryOp_kind: visit_unary_op(c, e); break;
    case Lambda_kind: visit_lambda(c, e); break;
    case IfExp_kind: visit_conditional(c, e); break;
    case Dict_kind: visit_dict(c, e); break;
    case Set_kind:
        visit_star_elements(c, e->v.Set.elts, 0, &set_display);
        break;
    case GeneratorExp_kind:
    case ListComp_kind:
    case SetComp_kind:
    case DictComp_kind: visit_comprehension(c, e); break;
    case Yield_kind: visit_yield(c, e); break;
    case YieldFrom_kind: visit_yield_from(c, e); break;
    case Await_kind: visit_await(c, e); break;
    case Compare_kind: visit_compare(c, e); break;
    case Call_kind: visit_call(c, e); break;
    case Constant_kind: emit_const(c, e->v.Constant.value); break;
    case JoinedStr_kind: visit_joined_str(c, e); break;
    case FormattedValue_kind: visit_formatted_value(c, e); break;
    case Attribute_kind: visit_attribute(c, e); break;
    case Subscript_kind: visit_subscript(c, e); break;
    case Starred_kind:
        compiler_error(
            c, e->v.Starred.ctx == Store
                   ? "starred assignment target must be in a list or tuple"
                   : "can't use starred expression here");
        break;
    case Slice_kind: visit_slice(c, e); break;
    case Name_kind: emit_variable(c, e->v.Name.id, e->v.Name.ctx); break;
    case List_kind:
        visit_sequence(c, e->v.List.elts, e->v.List.ctx, &list_display);
        break;
    case Tuple_kind:
        visit_sequence(c, e->v.Tuple.elts, e->v.Tuple.ctx, &tuple_display);
        break;
    default: break;
    }
}

void
visit_expr(Compiler *c, expr_ty e)
{
    Location around;

    if (c->failed) {
        return;
    }
    if (stack_is_low()) {
        PyErr_SetString(PyExc_RecursionError,
                        "maximum recursion depth exceeded during compilation");
        compiler_fail(c);
        return;
    }
    around = c->unit->location;
    SET_LOCATION(c, e);
    visit_expr_here(c, e);
    if (!c->failed) {
        c->unit->location = around;
    }
}
