/* Comprehensions: functions of one argument, the outermost iterator. */

#include "compiler.h"

struct comprehension {
    enum _expr_kind kind;
    asdl_comprehension_seq *generators;
    expr_ty element;            /* or key */
    expr_ty value;              /* of a dict, else NULL */
};

static void visit_generator(Compiler *c, const struct comprehension *comp,
                            Py_ssize_t i, int depth);

/* The innermost thing: adds an element to the collection `depth` values down,
 * or yields it. */
static void
visit_element(Compiler *c, const struct comprehension *comp, int depth)
{
    visit_expr(c, comp->element);
    switch (comp->kind) {
    case GeneratorExp_kind:
        emit_yield(c);
        emit(c, POP_TOP);
        break;
    case ListComp_kind:
        emit_arg(c, LIST_APPEND, depth + 1);
        break;
    case SetComp_kind:
        emit_arg(c, SET_ADD, depth + 1);
        break;
    default:
        visit_expr(c, comp->value);
        emit_arg(c, MAP_ADD, depth + 1);
    }
}

/* Filters, and what is inside this generator. */
static void
visit_inside(Compiler *c, const struct comprehension *comp, Py_ssize_t i,
             int depth, Block *skip)
{
    comprehension_ty generator = comp->generators->elements[i];

    for (Py_ssize_t k = 0; k < asdl_seq_LEN(generator->ifs); k++) {
        jump_if(c, generator->ifs->elements[k], skip, 0);
    }
    if (i + 1 < asdl_seq_LEN(comp->generators)) {
        visit_generator(c, comp, i + 1, depth);
    }
    else {
        visit_element(c, comp, depth);
    }
}

/* The one value of `for x in [value]`, or NULL. */
static expr_ty
single_value(expr_ty iterable)
{
    asdl_expr_seq *elements =
        iterable->kind == List_kind    ? iterable->v.List.elts
        : iterable->kind == Tuple_kind ? iterable->v.Tuple.elts
                                       : NULL;

    if (asdl_seq_LEN(elements) != 1 ||
        elements->elements[0]->kind == Starred_kind) {
        return NULL;
    }
    return elements->elements[0];
}

static void
visit_sync_generator(Compiler *c, const struct comprehension *comp,
                     Py_ssize_t i, int depth)
{
    comprehension_ty generator = comp->generators->elements[i];
    Block *start = block_new(c), *skip = block_new(c), *end = block_new(c);
    expr_ty single = i > 0 ? single_value(generator->iter) : NULL;

    if (i == 0) {
        if (!c->failed) {
            c->unit->argcount = 1;
        }
        emit_arg(c, LOAD_FAST, 0);
    }
    else if (single != NULL) {
        visit_expr(c, single);                  /* an assignment, no loop */
    }
    else {
        visit_expr(c, generator->iter);
        emit(c, GET_ITER);
    }
    if (single == NULL) {
        depth++;
        use_next_block(c, start);
        emit_jump(c, FOR_ITER, end);
    }
    visit_expr(c, generator->target);
    visit_inside(c, comp, i, depth, skip);
    use_next_block(c, skip);
    if (single == NULL) {
        emit_jump(c, JUMP, start);
        use_next_block(c, end);
    }
}

static void
visit_async_generator(Compiler *c, const struct comprehension *comp,
                      Py_ssize_t i, int depth)
{
    comprehension_ty generator = comp->generators->elements[i];
    Block *start = block_new(c), *stopped = block_new(c), *skip = block_new(c);

    if (i == 0) {
        if (!c->failed) {
            c->unit->argcount = 1;
        }
        emit_arg(c, LOAD_FAST, 0);
    }
    else {
        visit_expr(c, generator->iter);
        emit(c, GET_AITER);
    }
    use_next_block(c, start);
    frame_block_push(c, ASYNC_COMPREHENSION_GENERATOR, start, NULL, NULL);
    emit_jump(c, SETUP_FINALLY, stopped);
    emit(c, GET_ANEXT);
    emit_yield_from(c, 1);
    emit(c, POP_BLOCK);
    visit_expr(c, generator->target);
    visit_inside(c, comp, i, depth + 1, skip);
    use_next_block(c, skip);
    emit_jump(c, JUMP, start);
    frame_block_pop(c);
    use_next_block(c, stopped);
    emit(c, END_ASYNC_FOR);
}

static void
visit_generator(Compiler *c, const struct comprehension *comp, Py_ssize_t i,
                int depth)
{
    if (c->failed) {
        return;
    }
    if (comp->generators->elements[i]->is_async) {
        visit_async_generator(c, comp, i, depth);
    }
    else {
        visit_sync_generator(c, comp, i, depth);
    }
}

/* Fills `comp`; returns the name of the function, borrowed. */
static PyObject *
describe(expr_ty e, struct comprehension *comp)
{
    comp->kind = e->kind;
    comp->value = NULL;
    if (e->kind == DictComp_kind) {
        comp->generators = e->v.DictComp.generators;
        comp->element = e->v.DictComp.key;
        comp->value = e->v.DictComp.value;
        return NAME(dictcomp_name);
    }
    /* the others have the same fields */
    comp->generators = e->v.ListComp.generators;
    comp->element = e->v.ListComp.elt;
    return e->kind == ListComp_kind  ? NAME(listcomp_name)
           : e->kind == SetComp_kind ? NAME(setcomp_name)
                                     : NAME(genexpr_name);
}

static PyCodeObject *
compile_comprehension(Compiler *c, const struct comprehension *comp)
{
    if (comp->kind != GeneratorExp_kind) {
        emit_arg(c, comp->kind == ListComp_kind  ? BUILD_LIST
                    : comp->kind == SetComp_kind ? BUILD_SET
                                                 : BUILD_MAP, 0);
    }
    visit_generator(c, comp, 0, 0);
    if (comp->kind != GeneratorExp_kind) {
        emit(c, RETURN_VALUE);
    }
    return assemble(c, 1);
}

void
visit_comprehension(Compiler *c, expr_ty e)
{
    struct comprehension comp;
    PyObject *name = describe(e, &comp);
    enum scope_type around = c->unit->scope;
    int top_level_await = unit_is_top_level_await(c);
    int is_async;
    PyCodeObject *code;

    unit_enter(c, name, SCOPE_COMPREHENSION, e, e->lineno);
    if (c->failed) {
        unit_exit(c);
        return;
    }
    SET_LOCATION(c, e);
    is_async = c->unit->entry->ste_coroutine;
    if (is_async && e->kind != GeneratorExp_kind &&
        around != SCOPE_ASYNC_FUNCTION && around != SCOPE_COMPREHENSION &&
        !top_level_await) {
        compiler_error(
            c,
            "asynchronous comprehension outside of an asynchronous function");
    }
    code = compile_comprehension(c, &comp);
    unit_exit(c);
    if (top_level_await && is_async) {
        c->unit->entry->ste_coroutine = 1;
    }
    emit_closure(c, code, 0);
    visit_expr(c, comp.generators->elements[0]->iter);
    emit(c, comp.generators->elements[0]->is_async ? GET_AITER : GET_ITER);
    emit_call(c, 0);
    if (is_async && e->kind != GeneratorExp_kind) {
        emit_arg(c, GET_AWAITABLE, 0);
        emit_yield_from(c, 1);
    }
    Py_XDECREF(code);
}
