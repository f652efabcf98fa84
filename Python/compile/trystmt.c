/* `try` in its three forms, and `with`.
 *
 * Handlers are basic blocks that SETUP_* pseudo-instructions name; assemble.c
 * turns the ranges between those and POP_BLOCK into the exception table. */

#include "compiler.h"

/* ---- try: except: ------------------------------------------------------- */

/* name = None; del name */
static void
forget_name(Compiler *c, PyObject *name)
{
    emit_const(c, Py_None);
    emit_variable(c, name, Store);
    emit_variable(c, name, Del);
}

static void
visit_named_handler(Compiler *c, excepthandler_ty handler, Block *end)
{
    PyObject *name = handler->v.ExceptHandler.name;
    Block *cleanup = block_new(c), *body = block_new(c);

    emit_variable(c, name, Store);
    emit_jump(c, SETUP_CLEANUP, cleanup);
    use_next_block(c, body);
    frame_block_push(c, HANDLER_CLEANUP, body, NULL, name);
    visit_stmts(c, handler->v.ExceptHandler.body);
    frame_block_pop(c);
    UNSET_LOCATION(c);
    emit(c, POP_BLOCK);
    emit(c, POP_BLOCK);
    emit(c, POP_EXCEPT);
    forget_name(c, name);
    emit_jump(c, JUMP, end);

    use_next_block(c, cleanup);
    UNSET_LOCATION(c);
    forget_name(c, name);
    emit_arg(c, RERAISE, 1);
}

static void
visit_unnamed_handler(Compiler *c, excepthandler_ty handler, Block *end)
{
    Block *body = block_new(c);

    emit(c, POP_TOP);
    use_next_block(c, body);
    frame_block_push(c, HANDLER_CLEANUP, body, NULL, NULL);
    visit_stmts(c, handler->v.ExceptHandler.body);
    frame_block_pop(c);
    UNSET_LOCATION(c);
    emit(c, POP_BLOCK);
    emit(c, POP_EXCEPT);
    emit_jump(c, JUMP, end);
}

static void
visit_handlers(Compiler *c, asdl_excepthandler_seq *handlers, Block *end)
{
    Py_ssize_t count = asdl_seq_LEN(handlers);

    for (Py_ssize_t i = 0; i < count && !c->failed; i++) {
        excepthandler_ty handler = handlers->elements[i];
        Block *next;

        SET_LOCATION(c, handler);
        if (handler->v.ExceptHandler.type == NULL && i < count - 1) {
            compiler_error(c, "default 'except:' must be last");
            return;
        }
        next = block_new(c);
        if (handler->v.ExceptHandler.type != NULL) {
            visit_expr(c, handler->v.ExceptHandler.type);
            emit(c, CHECK_EXC_MATCH);
            emit_jump(c, POP_JUMP_IF_FALSE, next);
        }
        if (handler->v.ExceptHandler.name != NULL) {
            visit_named_handler(c, handler, end);
        }
        else {
            visit_unnamed_handler(c, handler, end);
        }
        use_next_block(c, next);
    }
}

static void
visit_try_except(Compiler *c, stmt_ty s)
{
    Block *body = block_new(c), *handlers = block_new(c);
    Block *end = block_new(c), *cleanup = block_new(c);

    emit_jump(c, SETUP_FINALLY, handlers);
    use_next_block(c, body);
    frame_block_push(c, TRY_EXCEPT, body, NULL, NULL);
    visit_stmts(c, s->v.Try.body);
    frame_block_pop(c);
    emit_artificial(c, POP_BLOCK);
    visit_stmts(c, s->v.Try.orelse);
    emit_jump_artificial(c, JUMP, end);

    use_next_block(c, handlers);
    UNSET_LOCATION(c);
    emit_jump(c, SETUP_CLEANUP, cleanup);
    emit(c, PUSH_EXC_INFO);
    frame_block_push(c, EXCEPTION_HANDLER, NULL, NULL, NULL);
    visit_handlers(c, s->v.Try.handlers, end);
    UNSET_LOCATION(c);
    frame_block_pop(c);
    emit_arg(c, RERAISE, 0);
    use_next_block(c, cleanup);
    emit_pop_except_and_reraise(c);
    use_next_block(c, end);
}

/* ---- try: finally: ------------------------------------------------------ */

/* The final body stands twice: for the way out without and with an exception;
 * `return` and its like add more of it (unwind_stack). */
static void
visit_try_finally(Compiler *c, stmt_ty s,
                  void visit_inner(Compiler *, stmt_ty))
{
    Block *body = block_new(c), *handler = block_new(c);
    Block *exit = block_new(c), *cleanup = block_new(c);

    emit_jump(c, SETUP_FINALLY, handler);
    use_next_block(c, body);
    frame_block_push(c, FINALLY_TRY, body, handler, s->v.Try.finalbody);
    if (asdl_seq_LEN(s->v.Try.handlers) > 0) {
        visit_inner(c, s);
    }
    else {
        visit_stmts(c, s->v.Try.body);
    }
    emit_artificial(c, POP_BLOCK);
    frame_block_pop(c);
    visit_stmts(c, s->v.Try.finalbody);
    emit_jump_artificial(c, JUMP, exit);

    use_next_block(c, handler);
    frame_block_push(c, FINALLY_END, handler, NULL, NULL);
    UNSET_LOCATION(c);
    emit_jump(c, SETUP_CLEANUP, cleanup);
    emit(c, PUSH_EXC_INFO);
    visit_stmts(c, s->v.Try.finalbody);
    emit_arg(c, RERAISE, 0);
    frame_block_pop(c);
    use_next_block(c, cleanup);
    emit_pop_except_and_reraise(c);
    use_next_block(c, exit);
}

void
visit_try(Compiler *c, stmt_ty s)
{
    if (asdl_seq_LEN(s->v.Try.finalbody) > 0) {
        visit_try_finally(c, s, visit_try_except);
    }
    else {
        visit_try_except(c, s);
    }
}

/* ---- try: except*: ------------------------------------------------------ */

/* In: original, list of what handlers raised, rest of the group.  A handler
 * takes its part off the rest and may add to the list.  `next` goes on with
 * the next handler. */
static void
visit_star_handler(Compiler *c, excepthandler_ty handler, Block *next)
{
    PyObject *name = handler->v.ExceptHandler.name;
    Block *cleanup = block_new(c), *body = block_new(c);
    Block *match = block_new(c);

    if (handler->v.ExceptHandler.type != NULL) {
        visit_expr(c, handler->v.ExceptHandler.type);
        emit(c, CHECK_EG_MATCH);
        emit_arg(c, COPY, 1);
        emit_jump(c, POP_JUMP_IF_NOT_NONE, match);
        emit(c, POP_TOP);
        emit_jump(c, JUMP, next);
    }
    use_next_block(c, match);
    if (name != NULL) {
        emit_variable(c, name, Store);
    }
    else {
        emit(c, POP_TOP);
    }
    emit_jump(c, SETUP_CLEANUP, cleanup);
    use_next_block(c, body);
    frame_block_push(c, HANDLER_CLEANUP, body, NULL, name);
    visit_stmts(c, handler->v.ExceptHandler.body);
    frame_block_pop(c);
    UNSET_LOCATION(c);
    emit(c, POP_BLOCK);
    if (name != NULL) {
        forget_name(c, name);
    }
    emit_jump(c, JUMP, next);

    use_next_block(c, cleanup);
    UNSET_LOCATION(c);
    if (name != NULL) {
        forget_name(c, name);
    }
    emit_arg(c, LIST_APPEND, 3);
    emit(c, POP_TOP);
    emit_jump(c, JUMP, next);
    use_next_block(c, next);
}

static void
visit_star_handlers(Compiler *c, asdl_excepthandler_seq *handlers,
                    Block *finish)
{
    Py_ssize_t count = asdl_seq_LEN(handlers);

    for (Py_ssize_t i = 0; i < count && !c->failed; i++) {
        excepthandler_ty handler = handlers->elements[i];

        SET_LOCATION(c, handler);
        if (i == 0) {
            emit_arg(c, COPY, 1);
            emit_arg(c, BUILD_LIST, 0);
            emit_arg(c, SWAP, 2);
        }
        visit_star_handler(c, handler, block_new(c));
        if (i == count - 1) {
            emit_arg(c, LIST_APPEND, 1);
            emit_jump(c, JUMP, finish);
        }
    }
}

static void
visit_try_except_star(Compiler *c, stmt_ty s)
{
    Block *body = block_new(c), *handlers = block_new(c),
          *otherwise = block_new(c);
    Block *end = block_new(c), *cleanup = block_new(c), *finish = block_new(c);
    Block *reraise;

    emit_jump(c, SETUP_FINALLY, handlers);
    use_next_block(c, body);
    frame_block_push(c, TRY_EXCEPT, body, NULL, NULL);
    visit_stmts(c, s->v.TryStar.body);
    frame_block_pop(c);
    emit_artificial(c, POP_BLOCK);
    emit_jump_artificial(c, JUMP, otherwise);

    use_next_block(c, handlers);
    UNSET_LOCATION(c);
    emit_jump(c, SETUP_CLEANUP, cleanup);
    emit(c, PUSH_EXC_INFO);
    frame_block_push(c, EXCEPTION_GROUP_HANDLER, NULL, NULL, NULL);
    visit_star_handlers(c, s->v.TryStar.handlers, finish);
    UNSET_LOCATION(c);
    frame_block_pop(c);
    reraise = block_new(c);
    use_next_block(c, finish);
    emit(c, PREP_RERAISE_STAR);
    emit_arg(c, COPY, 1);
    emit_jump(c, POP_JUMP_IF_NOT_NONE, reraise);
    emit(c, POP_TOP);
    emit(c, POP_BLOCK);
    emit(c, POP_EXCEPT);
    emit_jump(c, JUMP, end);

    use_next_block(c, reraise);
    emit(c, POP_BLOCK);
    emit_arg(c, SWAP, 2);
    emit(c, POP_EXCEPT);
    emit_arg(c, RERAISE, 0);
    use_next_block(c, cleanup);
    emit_pop_except_and_reraise(c);
    use_next_block(c, otherwise);
    visit_stmts(c, s->v.TryStar.orelse);
    use_next_block(c, end);
}

void
visit_try_star(Compiler *c, stmt_ty s)
{
    if (asdl_seq_LEN(s->v.TryStar.finalbody) > 0) {
        visit_try_finally(c, s, visit_try_except_star);
    }
    else {
        visit_try_except_star(c, s);
    }
}

/* ---- with --------------------------------------------------------------- */

/* exit lasti exc_before exc result: swallow or raise. */
static void
finish_with_exception(Compiler *c, Block *cleanup)
{
    Block *suppress = block_new(c);

    emit_jump(c, POP_JUMP_IF_TRUE, suppress);
    emit_arg(c, RERAISE, 2);
    use_next_block(c, cleanup);
    if (!c->failed) {
        UNSET_LOCATION(c);
    }
    emit_pop_except_and_reraise(c);
    use_next_block(c, suppress);
    emit(c, POP_TOP);
    emit(c, POP_BLOCK);
    emit(c, POP_EXCEPT);
    emit(c, POP_TOP);
    emit(c, POP_TOP);
}

static void
await_if(Compiler *c, int is_async, int kind)
{
    if (is_async) {
        emit_arg(c, GET_AWAITABLE, kind);
        emit_yield_from(c, 1);
    }
}

/* Item `i` and those behind it, around the body. */
void
visit_with(Compiler *c, stmt_ty s, Py_ssize_t i, int is_async)
{
    /* AsyncWith has the same fields */
    asdl_withitem_seq *items = s->v.With.items;
    enum frame_block_type type = is_async ? ASYNC_WITH_BLOCK : WITH_BLOCK;
    withitem_ty item = items->elements[i];
    Block *block = block_new(c), *final = block_new(c);
    Block *exit = block_new(c), *cleanup = block_new(c);

    visit_expr(c, item->context_expr);
    emit(c, is_async ? BEFORE_ASYNC_WITH : BEFORE_WITH);
    await_if(c, is_async, 1);
    emit_jump(c, SETUP_WITH, final);
    use_next_block(c, block);
    frame_block_push(c, type, block, final, s);
    if (item->optional_vars != NULL) {
        visit_expr(c, item->optional_vars);
    }
    else {
        emit(c, POP_TOP);
    }
    if (i + 1 == asdl_seq_LEN(items)) {
        visit_stmts(c, s->v.With.body);
    }
    else if (!c->failed) {
        visit_with(c, s, i + 1, is_async);
    }
    if (!is_async) {
        UNSET_LOCATION(c);           /* async: belongs to the last statement */
    }
    emit(c, POP_BLOCK);
    frame_block_pop(c);

    SET_LOCATION(c, s);
    emit_exit_call_with_nones(c);
    await_if(c, is_async, 2);
    emit(c, POP_TOP);
    emit_jump(c, JUMP, exit);

    use_next_block(c, final);
    emit_jump(c, SETUP_CLEANUP, cleanup);
    emit(c, PUSH_EXC_INFO);
    emit(c, WITH_EXCEPT_START);
    await_if(c, is_async, 2);
    finish_with_exception(c, cleanup);
    use_next_block(c, exit);
}
