/* Statements, but for functions, classes, `try`, `with` and `match`. */

#include "compiler.h"

#include "unicode.h"

/* ---- Bodies ------------------------------------------------------------- */

void
visit_stmts(Compiler *c, asdl_stmt_seq *body)
{
    for (Py_ssize_t i = 0; i < asdl_seq_LEN(body) && !c->failed; i++) {
        visit_stmt(c, body->elements[i]);
    }
}

static int
stmt_has_annotations(stmt_ty s)
{
    switch (s->kind) {
    case AnnAssign_kind:
        return 1;
    case For_kind:
        return body_has_annotations(s->v.For.body) ||
               body_has_annotations(s->v.For.orelse);
    case AsyncFor_kind:
        return body_has_annotations(s->v.AsyncFor.body) ||
               body_has_annotations(s->v.AsyncFor.orelse);
    case While_kind:
        return body_has_annotations(s->v.While.body) ||
               body_has_annotations(s->v.While.orelse);
    case If_kind:
        return body_has_annotations(s->v.If.body) ||
               body_has_annotations(s->v.If.orelse);
    case With_kind:
        return body_has_annotations(s->v.With.body);
    case AsyncWith_kind:
        return body_has_annotations(s->v.AsyncWith.body);
    case Match_kind:
        for (Py_ssize_t i = 0; i < asdl_seq_LEN(s->v.Match.cases); i++) {
            if (body_has_annotations(s->v.Match.cases->elements[i]->body)) {
                return 1;
            }
        }
        return 0;
    case Try_kind:
    case TryStar_kind:                          /* the same fields */
        for (Py_ssize_t i = 0; i < asdl_seq_LEN(s->v.Try.handlers); i++) {
            excepthandler_ty handler = s->v.Try.handlers->elements[i];

            if (body_has_annotations(handler->v.ExceptHandler.body)) {
                return 1;
            }
        }
        return body_has_annotations(s->v.Try.body) ||
               body_has_annotations(s->v.Try.finalbody) ||
               body_has_annotations(s->v.Try.orelse);
    default:
        return 0;
    }
}

int
body_has_annotations(asdl_stmt_seq *body)
{
    for (Py_ssize_t i = 0; i < asdl_seq_LEN(body); i++) {
        if (stmt_has_annotations(body->elements[i])) {
            return 1;
        }
    }
    return 0;
}

void
visit_body(Compiler *c, asdl_stmt_seq *body)
{
    Py_ssize_t i = 0;

    if (c->failed) {
        return;
    }
    if (c->unit->scope == SCOPE_MODULE && asdl_seq_LEN(body) > 0) {
        SET_LOCATION(c, body->elements[0]);
    }
    if (body_has_annotations(body)) {
        emit(c, SETUP_ANNOTATIONS);
    }
    if (c->optimize < 2 && ast_get_docstring(body) != NULL) {
        visit_expr(c, body->elements[0]->v.Expr.value);
        UNSET_LOCATION(c);
        emit_variable(c, NAME(__doc__), Store);
        i = 1;
    }
    for (; i < asdl_seq_LEN(body) && !c->failed; i++) {
        visit_stmt(c, body->elements[i]);
    }
}

/* ---- Leaving blocks ----------------------------------------------------- */

static void
swap_if(Compiler *c, int condition)
{
    if (condition) {
        emit_arg(c, SWAP, 2);
    }
}

static void
unwind_finally_try(Compiler *c, FrameBlock *block, int preserve_top)
{
    emit(c, POP_BLOCK);
    if (preserve_top) {
        frame_block_push(c, POP_VALUE, NULL, NULL, NULL);
    }
    visit_stmts(c, block->datum);
    if (preserve_top) {
        frame_block_pop(c);
    }
    UNSET_LOCATION(c);                    /* what follows belongs to no line */
}

static void
unwind_with(Compiler *c, FrameBlock *block, int preserve_top)
{
    SET_LOCATION(c, (stmt_ty)block->datum);
    emit(c, POP_BLOCK);
    swap_if(c, preserve_top);
    emit_exit_call_with_nones(c);
    if (block->type == ASYNC_WITH_BLOCK) {
        emit_arg(c, GET_AWAITABLE, 2);
        emit_yield_from(c, 1);
    }
    emit(c, POP_TOP);
    UNSET_LOCATION(c);
}

static void
unwind_handler(Compiler *c, FrameBlock *block, int preserve_top)
{
    PyObject *name = block->datum;

    if (name != NULL) {
        emit(c, POP_BLOCK);
    }
    swap_if(c, preserve_top);
    emit(c, POP_BLOCK);
    emit(c, POP_EXCEPT);
    if (name != NULL) {
        emit_const(c, Py_None);
        emit_variable(c, name, Store);
        emit_variable(c, name, Del);
    }
}

void
unwind_block(Compiler *c, FrameBlock *block, int preserve_top)
{
    if (c->failed) {
        return;
    }
    switch (block->type) {
    case FOR_LOOP:
    case POP_VALUE:
        swap_if(c, preserve_top);
        emit(c, POP_TOP);
        return;
    case TRY_EXCEPT:
        emit(c, POP_BLOCK);
        return;
    case FINALLY_TRY:
        unwind_finally_try(c, block, preserve_top);
        return;
    case FINALLY_END:
        swap_if(c, preserve_top);
        emit(c, POP_TOP);
        swap_if(c, preserve_top);
        emit(c, POP_BLOCK);
        emit(c, POP_EXCEPT);
        return;
    case WITH_BLOCK:
    case ASYNC_WITH_BLOCK:
        unwind_with(c, block, preserve_top);
        return;
    case HANDLER_CLEANUP:
        unwind_handler(c, block, preserve_top);
        return;
    case WHILE_LOOP:
    case EXCEPTION_HANDLER:
    case EXCEPTION_GROUP_HANDLER:
    case ASYNC_COMPREHENSION_GENERATOR:
        return;
    }
}

/* Code of a `finally` is emitted as if in the place of the statement that
 * leaves: the block is taken off while that happens. */
void
unwind_stack(Compiler *c, int preserve_top, FrameBlock **loop)
{
    Unit *u = c->unit;
    FrameBlock *top, copy;

    if (c->failed || u->frame_block_count == 0) {
        return;
    }
    top = &u->frame_blocks[u->frame_block_count - 1];
    if (top->type == EXCEPTION_GROUP_HANDLER) {
        compiler_error(c, "'break', 'continue' and 'return' cannot appear in "
                          "an except* block");
        return;
    }
    if (loop != NULL && (top->type == WHILE_LOOP || top->type == FOR_LOOP)) {
        *loop = top;
        return;
    }
    copy = *top;
    u->frame_block_count--;
    unwind_block(c, &copy, preserve_top);
    unwind_stack(c, preserve_top, loop);
    u->frame_blocks[u->frame_block_count++] = copy;
}

static void
visit_return(Compiler *c, stmt_ty s)
{
    expr_ty value = s->v.Return.value;
    PySTEntryObject *entry = c->unit->entry;
    int preserve_top = value != NULL && value->kind != Constant_kind;

    if (entry->ste_type != FunctionBlock) {
        compiler_error(c, "'return' outside function");
        return;
    }
    if (value != NULL && entry->ste_coroutine && entry->ste_generator) {
        compiler_error(c, "'return' with value in async generator");
        return;
    }
    if (preserve_top) {
        visit_expr(c, value);
    }
    else if (value != NULL) {
        SET_LOCATION(c, value);
        emit(c, NOP);
    }
    if (value == NULL || value->lineno != s->lineno) {
        SET_LOCATION(c, s);
        emit(c, NOP);
    }
    unwind_stack(c, preserve_top, NULL);
    if (!preserve_top) {
        emit_const(c, value == NULL ? Py_None : value->v.Constant.value);
    }
    emit(c, RETURN_VALUE);
}

static void
visit_break(Compiler *c)
{
    FrameBlock *loop = NULL;
    Location here = c->unit->location;

    emit(c, NOP);
    unwind_stack(c, 0, &loop);
    if (loop == NULL) {
        c->unit->location = here;
        compiler_error(c, "'break' outside loop");
        return;
    }
    unwind_block(c, loop, 0);
    emit_jump(c, JUMP, loop->exit);
}

static void
visit_continue(Compiler *c)
{
    FrameBlock *loop = NULL;
    Location here = c->unit->location;

    emit(c, NOP);
    unwind_stack(c, 0, &loop);
    if (loop == NULL) {
        c->unit->location = here;
        compiler_error(c, "'continue' not properly in loop");
        return;
    }
    emit_jump(c, JUMP, loop->block);
}

/* ---- Conditions and loops ----------------------------------------------- */

static void
visit_if(Compiler *c, stmt_ty s)
{
    int has_else = asdl_seq_LEN(s->v.If.orelse) > 0;
    Block *end = block_new(c);
    Block *otherwise = has_else ? block_new(c) : end;

    jump_if(c, s->v.If.test, otherwise, 0);
    visit_stmts(c, s->v.If.body);
    if (has_else) {
        emit_jump_artificial(c, JUMP, end);
        use_next_block(c, otherwise);
        visit_stmts(c, s->v.If.orelse);
    }
    use_next_block(c, end);
}

static void
visit_for(Compiler *c, stmt_ty s)
{
    Block *start = block_new(c), *body = block_new(c);
    Block *cleanup = block_new(c), *end = block_new(c);

    frame_block_push(c, FOR_LOOP, start, end, NULL);
    visit_expr(c, s->v.For.iter);
    emit(c, GET_ITER);
    use_next_block(c, start);
    emit_jump(c, FOR_ITER, cleanup);
    use_next_block(c, body);
    visit_expr(c, s->v.For.target);
    visit_stmts(c, s->v.For.body);
    UNSET_LOCATION(c);
    emit_jump(c, JUMP, start);
    use_next_block(c, cleanup);
    frame_block_pop(c);
    visit_stmts(c, s->v.For.orelse);
    use_next_block(c, end);
}

/* `async for` and `async with`: allowed here? */
static int
check_async(Compiler *c, const char *message)
{
    if (unit_is_top_level_await(c)) {
        c->unit->entry->ste_coroutine = 1;
        return 1;
    }
    if (c->unit->scope != SCOPE_ASYNC_FUNCTION) {
        compiler_error(c, message);
        return 0;
    }
    return 1;
}

static void
visit_async_for(Compiler *c, stmt_ty s)
{
    Block *start, *stopped, *end;

    if (!check_async(c, "'async for' outside async function")) {
        return;
    }
    start = block_new(c);
    stopped = block_new(c);
    end = block_new(c);
    visit_expr(c, s->v.AsyncFor.iter);
    emit(c, GET_AITER);
    use_next_block(c, start);
    frame_block_push(c, FOR_LOOP, start, end, NULL);
    emit_jump(c, SETUP_FINALLY, stopped);
    emit(c, GET_ANEXT);
    emit_yield_from(c, 1);
    emit(c, POP_BLOCK);
    visit_expr(c, s->v.AsyncFor.target);
    visit_stmts(c, s->v.AsyncFor.body);
    UNSET_LOCATION(c);
    emit_jump(c, JUMP, start);
    frame_block_pop(c);
    use_next_block(c, stopped);
    SET_LOCATION(c, s->v.AsyncFor.iter);
    emit(c, END_ASYNC_FOR);
    visit_stmts(c, s->v.AsyncFor.orelse);
    use_next_block(c, end);
}

/* The test stands twice, so that a round of the loop has one jump. */
static void
visit_while(Compiler *c, stmt_ty s)
{
    Block *loop = block_new(c), *body = block_new(c);
    Block *anchor = block_new(c), *end = block_new(c);

    use_next_block(c, loop);
    frame_block_push(c, WHILE_LOOP, loop, end, NULL);
    jump_if(c, s->v.While.test, anchor, 0);
    use_next_block(c, body);
    visit_stmts(c, s->v.While.body);
    SET_LOCATION(c, s);
    jump_if(c, s->v.While.test, body, 1);
    frame_block_pop(c);
    use_next_block(c, anchor);
    visit_stmts(c, s->v.While.orelse);
    use_next_block(c, end);
}

/* ---- Imports ------------------------------------------------------------ */

/* `import a.b.c as name`: the innermost module is bound. */
static void
bind_import_as(Compiler *c, PyObject *name, PyObject *asname)
{
    Py_ssize_t length = PyUnicode_GET_LENGTH(name);
    Py_ssize_t dot = PyUnicode_FindChar(name, '.', 0, length, 1);

    if (dot < 0) {
        emit_variable(c, asname, Store);
        return;
    }
    while (!c->failed) {
        Py_ssize_t start = dot + 1;
        PyObject *attribute;

        dot = PyUnicode_FindChar(name, '.', start, length, 1);
        attribute = PyUnicode_Substring(name, start, dot < 0 ? length : dot);
        if (attribute == NULL) {
            compiler_fail(c);
            return;
        }
        emit_raw_name(c, IMPORT_FROM, attribute);
        Py_DECREF(attribute);
        if (dot < 0) {
            break;
        }
        emit_arg(c, SWAP, 2);
        emit(c, POP_TOP);
    }
    emit_variable(c, asname, Store);
    emit(c, POP_TOP);
}

static void
visit_import(Compiler *c, stmt_ty s)
{
    for (Py_ssize_t i = 0; i < asdl_seq_LEN(s->v.Import.names) && !c->failed;
         i++) {
        alias_ty alias = s->v.Import.names->elements[i];
        Py_ssize_t dot;

        emit_new_const(c, PyLong_FromLong(0));
        emit_const(c, Py_None);
        emit_name(c, IMPORT_NAME, alias->name);
        if (alias->asname != NULL) {
            bind_import_as(c, alias->name, alias->asname);
            continue;
        }
        dot = PyUnicode_FindChar(alias->name, '.', 0,
                                 PyUnicode_GET_LENGTH(alias->name), 1);
        if (dot < 0) {
            emit_variable(c, alias->name, Store);
        }
        else {
            PyObject *first = PyUnicode_Substring(alias->name, 0, dot);

            if (first == NULL) {
                compiler_fail(c);
                return;
            }
            emit_variable(c, first, Store);
            Py_DECREF(first);
        }
    }
}

static void
visit_import_from(Compiler *c, stmt_ty s)
{
    asdl_alias_seq *aliases = s->v.ImportFrom.names;
    Py_ssize_t count = asdl_seq_LEN(aliases);
    PyObject *module = s->v.ImportFrom.module;
    PyObject *names;

    emit_new_const(c, PyLong_FromLong(s->v.ImportFrom.level));
    names = PyTuple_New(count);
    if (names == NULL) {
        compiler_fail(c);
        return;
    }
    for (Py_ssize_t i = 0; i < count; i++) {
        PyTuple_SET_ITEM(names, i, Py_NewRef(aliases->elements[i]->name));
    }
    if (s->lineno > c->future->lineno && module != NULL &&
        _PyUnicode_EqualToASCIIString(module, "__future__")) {
        Py_DECREF(names);
        compiler_error(
            c,
            "from __future__ imports must occur at the beginning of the file");
        return;
    }
    emit_new_const(c, names);
    emit_name(c, IMPORT_NAME, module != NULL ? module : unicode_empty());
    for (Py_ssize_t i = 0; i < count && !c->failed; i++) {
        alias_ty alias = aliases->elements[i];

        if (i == 0 && PyUnicode_READ_CHAR(alias->name, 0) == '*') {
            emit(c, IMPORT_STAR);
            return;
        }
        emit_name(c, IMPORT_FROM, alias->name);
        emit_variable(c, alias->asname != NULL ? alias->asname : alias->name,
                      Store);
    }
    emit(c, POP_TOP);
}

/* ---- Assignments -------------------------------------------------------- */

static void
visit_assign(Compiler *c, stmt_ty s)
{
    Py_ssize_t count = asdl_seq_LEN(s->v.Assign.targets);

    visit_expr(c, s->v.Assign.value);
    for (Py_ssize_t i = 0; i < count; i++) {
        if (i + 1 < count) {
            emit_arg(c, COPY, 1);
        }
        visit_expr(c, s->v.Assign.targets->elements[i]);
    }
}

/* Leaves on the stack what is needed to store, and the old value. */
static void
load_augmented(Compiler *c, expr_ty target)
{
    switch (target->kind) {
    case Attribute_kind:
        visit_expr(c, target->v.Attribute.value);
        emit_arg(c, COPY, 1);
        location_start_at_attribute(c, target);
        emit_name(c, LOAD_ATTR, target->v.Attribute.attr);
        break;
    case Subscript_kind:
        visit_expr(c, target->v.Subscript.value);
        visit_expr(c, target->v.Subscript.slice);
        emit_arg(c, COPY, 2);
        emit_arg(c, COPY, 2);
        emit(c, BINARY_SUBSCR);
        break;
    case Name_kind:
        emit_variable(c, target->v.Name.id, Load);
        break;
    default:
        PyErr_Format(PyExc_SystemError,
                     "invalid node type (%d) for augmented assignment",
                     target->kind);
        compiler_fail(c);
    }
}

static void
store_augmented(Compiler *c, expr_ty target)
{
    switch (target->kind) {
    case Attribute_kind:
        location_start_at_attribute(c, target);
        emit_arg(c, SWAP, 2);
        emit_name(c, STORE_ATTR, target->v.Attribute.attr);
        break;
    case Subscript_kind:
        emit_arg(c, SWAP, 3);
        emit_arg(c, SWAP, 2);
        emit(c, STORE_SUBSCR);
        break;
    default:
        emit_variable(c, target->v.Name.id, Store);
    }
}

static void
visit_augmented_assign(Compiler *c, stmt_ty s)
{
    expr_ty target = s->v.AugAssign.target;
    Location around = c->unit->location;

    SET_LOCATION(c, target);
    load_augmented(c, target);
    if (c->failed) {
        return;
    }
    c->unit->location = around;
    visit_expr(c, s->v.AugAssign.value);
    emit_binary(c, s->v.AugAssign.op, 1);
    SET_LOCATION(c, target);
    store_augmented(c, target);
}

/* Evaluates and forgets, so that errors show. */
static void
evaluate(Compiler *c, expr_ty e)
{
    visit_expr(c, e);
    emit(c, POP_TOP);
}

static void
evaluate_subscript(Compiler *c, expr_ty e)
{
    switch (e->kind) {
    case Slice_kind:
        if (e->v.Slice.lower != NULL) {
            evaluate(c, e->v.Slice.lower);
        }
        if (e->v.Slice.upper != NULL) {
            evaluate(c, e->v.Slice.upper);
        }
        if (e->v.Slice.step != NULL) {
            evaluate(c, e->v.Slice.step);
        }
        break;
    case Tuple_kind:
        for (Py_ssize_t i = 0; i < asdl_seq_LEN(e->v.Tuple.elts); i++) {
            evaluate_subscript(c, e->v.Tuple.elts->elements[i]);
        }
        break;
    default:
        evaluate(c, e);
    }
}

static void
store_annotation(Compiler *c, PyObject *name, expr_ty annotation)
{
    visit_annotation(c, annotation);
    emit_name(c, LOAD_NAME, NAME(__annotations__));
    if (!c->failed) {
        emit_new_const(c, _Py_Mangle(c->unit->private_name, name));
    }
    emit(c, STORE_SUBSCR);
}

static void
visit_annotated_assign(Compiler *c, stmt_ty s)
{
    expr_ty target = s->v.AnnAssign.target;
    int has_value = s->v.AnnAssign.value != NULL;
    int evaluates =
        c->unit->scope == SCOPE_MODULE || c->unit->scope == SCOPE_CLASS;

    if (has_value) {
        visit_expr(c, s->v.AnnAssign.value);
        visit_expr(c, target);
    }
    switch (target->kind) {
    case Name_kind:
        if (!compiler_forbids_name(c, target->v.Name.id, Store) &&
            s->v.AnnAssign.simple && evaluates) {
            store_annotation(c, target->v.Name.id, s->v.AnnAssign.annotation);
        }
        break;
    case Attribute_kind:
        if (!compiler_forbids_name(c, target->v.Attribute.attr, Store) &&
            !has_value) {
            evaluate(c, target->v.Attribute.value);
        }
        break;
    case Subscript_kind:
        if (!has_value) {
            evaluate(c, target->v.Subscript.value);
            evaluate_subscript(c, target->v.Subscript.slice);
        }
        break;
    default:
        if (!c->failed) {
            PyErr_Format(PyExc_SystemError,
                         "invalid node type (%d) for annotated assignment",
                         target->kind);
            compiler_fail(c);
        }
        return;
    }
    if (!s->v.AnnAssign.simple && evaluates &&
        !(c->future->features & CO_FUTURE_ANNOTATIONS)) {
        evaluate(c, s->v.AnnAssign.annotation);
    }
}

/* ---- Others ------------------------------------------------------------- */

static int
is_nonempty_tuple(expr_ty e)
{
    if (e->kind == Tuple_kind) {
        return asdl_seq_LEN(e->v.Tuple.elts) > 0;
    }
    return e->kind == Constant_kind && PyTuple_Check(e->v.Constant.value) &&
           PyTuple_GET_SIZE(e->v.Constant.value) > 0;
}

static void
visit_assert(Compiler *c, stmt_ty s)
{
    Block *end;

    if (is_nonempty_tuple(s->v.Assert.test)) {
        compiler_warn(c,
                      "assertion is always true, perhaps remove parentheses?");
    }
    if (c->optimize || c->failed) {
        return;
    }
    end = block_new(c);
    jump_if(c, s->v.Assert.test, end, 1);
    emit(c, LOAD_ASSERTION_ERROR);
    if (s->v.Assert.msg != NULL) {
        visit_expr(c, s->v.Assert.msg);
        emit_call(c, 0);
    }
    emit_arg(c, RAISE_VARARGS, 1);
    use_next_block(c, end);
}

static void
visit_raise(Compiler *c, stmt_ty s)
{
    int count = 0;

    if (s->v.Raise.exc != NULL) {
        visit_expr(c, s->v.Raise.exc);
        count++;
        if (s->v.Raise.cause != NULL) {
            visit_expr(c, s->v.Raise.cause);
            count++;
        }
    }
    emit_arg(c, RAISE_VARARGS, count);
}

static void
visit_expr_stmt(Compiler *c, expr_ty value)
{
    if (c->interactive && c->nest_level <= 1) {
        visit_expr(c, value);
        emit(c, PRINT_EXPR);
    }
    else if (value->kind == Constant_kind) {
        emit(c, NOP);
    }
    else {
        visit_expr(c, value);
        UNSET_LOCATION(c);
        emit(c, POP_TOP);
    }
}

void
visit_stmt(Compiler *c, stmt_ty s)
{
    if (c->failed) {
        return;
    }
    SET_LOCATION(c, s);
    switch (s->kind) {
    case FunctionDef_kind: visit_function(c, s, 0); break;
    case AsyncFunctionDef_kind: visit_function(c, s, 1); break;
    case ClassDef_kind: visit_class(c, s); break;
    case Return_kind: visit_return(c, s); break;
    case Delete_kind: visit_exprs(c, s->v.Delete.targets); break;
    case Assign_kind: visit_assign(c, s); break;
    case AugAssign_kind: visit_augmented_assign(c, s); break;
    case AnnAssign_kind: visit_annotated_assign(c, s); break;
    case For_kind: visit_for(c, s); break;
    case AsyncFor_kind: visit_async_for(c, s); break;
    case While_kind: visit_while(c, s); break;
    case If_kind: visit_if(c, s); break;
    case Match_kind: visit_match(c, s); break;
    case Raise_kind: visit_raise(c, s); break;
    case Try_kind: visit_try(c, s); break;
    case TryStar_kind: visit_try_star(c, s); break;
    case Assert_kind: visit_assert(c, s); break;
    case Import_kind: visit_import(c, s); break;
    case ImportFrom_kind: visit_import_from(c, s); break;
    case Global_kind: break;
    case Nonlocal_kind: break;
    case Expr_kind: visit_expr_stmt(c, s->v.Expr.value); break;
    case Pass_kind: emit(c, NOP); break;
    case Break_kind: visit_break(c); break;
    case Continue_kind: visit_continue(c); break;
    case With_kind: visit_with(c, s, 0, 0); break;
    case AsyncWith_kind:
        if (check_async(c, "'async with' outside async function")) {
            visit_with(c, s, 0, 1);
        }
        break;
    default: break;
    }
}
