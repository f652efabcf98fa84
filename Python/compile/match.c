/* `match` (PEP 634).
 *
 * While a pattern is matched the stack holds, from the bottom: what lies under
 * the statement, the captured values in the order of `stores`, `on_top` values
 * that the patterns around still need, and the subject of the current pattern,
 * which the pattern consumes.  A failing pattern jumps into a chain of
 * POP_TOPs at the depth that clears all that: fail_pop[n] pops n values. */

#include "compiler.h"

typedef struct {
    PyObject *stores;           /* owned list of names */
    int allow_irrefutable;
    Block **fail_pop;           /* in the arena; NULL: no failure yet */
    Py_ssize_t fail_pop_count;
    Py_ssize_t on_top;
} PatternState;

static void visit_pattern(Compiler *c, pattern_ty p, PatternState *state);

static int
is_wildcard(pattern_ty p)
{
    return p->kind == MatchAs_kind && p->v.MatchAs.name == NULL;
}

/* ---- Failing ------------------------------------------------------------ */

static Block *
fail_block(Compiler *c, PatternState *state, Py_ssize_t pops)
{
    if (pops >= state->fail_pop_count) {
        Block **blocks =
            _PyArena_Malloc(c->arena, (pops + 1) * sizeof(Block *));

        if (blocks == NULL) {
            compiler_fail(c);
            return block_new(c);
        }
        for (Py_ssize_t i = 0; i <= pops; i++) {
            blocks[i] =
                i < state->fail_pop_count ? state->fail_pop[i] : block_new(c);
        }
        state->fail_pop = blocks;
        state->fail_pop_count = pops + 1;
    }
    return state->fail_pop[pops];
}

static void
jump_to_failure(Compiler *c, PatternState *state, int opcode)
{
    if (!c->failed) {
        emit_jump(c, opcode,
                  fail_block(c, state,
                             state->on_top + PyList_GET_SIZE(state->stores)));
    }
}

static void
emit_failure_blocks(Compiler *c, PatternState *state)
{
    if (c->failed || state->fail_pop_count == 0) {
        return;
    }
    for (Py_ssize_t i = state->fail_pop_count - 1; i > 0; i--) {
        use_next_block(c, state->fail_pop[i]);
        emit(c, POP_TOP);
    }
    use_next_block(c, state->fail_pop[0]);
    state->fail_pop = NULL;
    state->fail_pop_count = 0;
}

/* ---- Storing ------------------------------------------------------------ */

/* Moves the top below count - 1 others. */
static void
emit_rotation(Compiler *c, Py_ssize_t count)
{
    for (; count > 1; count--) {
        emit_arg(c, SWAP, count);
    }
}

static void
remember_store(Compiler *c, PyObject *name, PatternState *state)
{
    int known;

    if (c->failed) {
        return;
    }
    known = PySequence_Contains(state->stores, name);
    if (known > 0) {
        compiler_error(c, "multiple assignments to name %R in pattern", name);
    }
    else if (known < 0 || PyList_Append(state->stores, name) < 0) {
        compiler_fail(c);
    }
}

static void
store_name(Compiler *c, PyObject *name, PatternState *state)
{
    Py_ssize_t below;

    if (c->failed) {
        return;
    }
    if (name == NULL) {
        emit(c, POP_TOP);
        return;
    }
    if (compiler_forbids_name(c, name, Store)) {
        return;
    }
    below = state->on_top + PyList_GET_SIZE(state->stores);
    remember_store(c, name, state);
    emit_rotation(c, below + 1);
}

/* ---- Patterns ----------------------------------------------------------- */

static void
visit_subpattern(Compiler *c, pattern_ty p, PatternState *state)
{
    int allowed = state->allow_irrefutable;

    state->allow_irrefutable = 1;
    visit_pattern(c, p, state);
    state->allow_irrefutable = allowed;
}

static void
visit_value_pattern(Compiler *c, pattern_ty p, PatternState *state)
{
    expr_ty value = p->v.MatchValue.value;

    if (value->kind != Constant_kind && value->kind != Attribute_kind) {
        compiler_error(
            c, "patterns may only match literals and attribute lookups");
        return;
    }
    visit_expr(c, value);
    emit_compare(c, Eq);
    jump_to_failure(c, state, POP_JUMP_IF_FALSE);
}

static void
visit_singleton_pattern(Compiler *c, pattern_ty p, PatternState *state)
{
    emit_const(c, p->v.MatchSingleton.value);
    emit_compare(c, Is);
    jump_to_failure(c, state, POP_JUMP_IF_FALSE);
}

static void
visit_as_pattern(Compiler *c, pattern_ty p, PatternState *state)
{
    PyObject *name = p->v.MatchAs.name;

    if (p->v.MatchAs.pattern == NULL) {
        if (!state->allow_irrefutable) {
            if (name != NULL) {
                compiler_error(
                    c, "name capture %R makes remaining patterns unreachable",
                    name);
            }
            else {
                compiler_error(
                    c, "wildcard makes remaining patterns unreachable");
            }
            return;
        }
        store_name(c, name, state);
        return;
    }
    state->on_top++;
    emit_arg(c, COPY, 1);
    visit_pattern(c, p->v.MatchAs.pattern, state);
    state->on_top--;
    store_name(c, name, state);
}

static void
unpack_sequence(Compiler *c, asdl_pattern_seq *patterns, PatternState *state)
{
    Py_ssize_t count = asdl_seq_LEN(patterns);
    int starred = 0;

    for (Py_ssize_t i = 0; i < count; i++) {
        if (patterns->elements[i]->kind != MatchStar_kind) {
            continue;
        }
        if (starred) {
            compiler_error(c,
                           "multiple starred expressions in sequence pattern");
            return;
        }
        if (i >= 1 << 8 || count - i - 1 >= INT_MAX >> 8) {
            compiler_error(
                c, "too many expressions in star-unpacking sequence pattern");
            return;
        }
        emit_arg(c, UNPACK_EX, i + ((count - i - 1) << 8));
        starred = 1;
    }
    if (!starred) {
        emit_arg(c, UNPACK_SEQUENCE, count);
    }
    state->on_top += count;
    for (Py_ssize_t i = 0; i < count; i++) {
        state->on_top--;
        visit_subpattern(c, patterns->elements[i], state);
    }
}

/* With `*_` somewhere: only the items that matter are fetched. */
static void
subscript_sequence(Compiler *c, asdl_pattern_seq *patterns, Py_ssize_t star,
                   PatternState *state)
{
    Py_ssize_t count = asdl_seq_LEN(patterns);

    state->on_top++;
    for (Py_ssize_t i = 0; i < count && !c->failed; i++) {
        pattern_ty p = patterns->elements[i];

        if (i == star || is_wildcard(p)) {
            continue;
        }
        emit_arg(c, COPY, 1);
        if (i < star) {
            emit_new_const(c, PyLong_FromSsize_t(i));
        }
        else {
            emit(c, GET_LEN);       /* negative indices may not be supported */
            emit_new_const(c, PyLong_FromSsize_t(count - i));
            emit_binary(c, Sub, 0);
        }
        emit(c, BINARY_SUBSCR);
        visit_subpattern(c, p, state);
    }
    state->on_top--;
    emit(c, POP_TOP);
}

static void
check_length(Compiler *c, cmpop_ty op, Py_ssize_t length, PatternState *state)
{
    emit(c, GET_LEN);
    emit_new_const(c, PyLong_FromSsize_t(length));
    emit_compare(c, op);
    jump_to_failure(c, state, POP_JUMP_IF_FALSE);
}

static void
visit_sequence_pattern(Compiler *c, pattern_ty p, PatternState *state)
{
    asdl_pattern_seq *patterns = p->v.MatchSequence.patterns;
    Py_ssize_t count = asdl_seq_LEN(patterns), star = -1;
    int only_wildcards = 1, star_is_wildcard = 0;

    for (Py_ssize_t i = 0; i < count; i++) {
        pattern_ty item = patterns->elements[i];

        if (item->kind != MatchStar_kind) {
            only_wildcards &= is_wildcard(item);
            continue;
        }
        if (star >= 0) {
            compiler_error(c, "multiple starred names in sequence pattern");
            return;
        }
        star_is_wildcard = item->v.MatchStar.name == NULL;
        only_wildcards &= star_is_wildcard;
        star = i;
    }
    state->on_top++;
    emit(c, MATCH_SEQUENCE);
    jump_to_failure(c, state, POP_JUMP_IF_FALSE);
    if (star < 0) {
        check_length(c, Eq, count, state);
    }
    else if (count > 1) {
        check_length(c, GtE, count - 1, state);
    }
    state->on_top--;
    if (only_wildcards) {
        emit(c, POP_TOP);
    }
    else if (star_is_wildcard) {
        subscript_sequence(c, patterns, star, state);
    }
    else {
        unpack_sequence(c, patterns, state);
    }
}

/* The keys on the stack; duplicates and strange ones are errors. */
static void
visit_mapping_keys(Compiler *c, pattern_ty p, PyObject *seen)
{
    asdl_expr_seq *keys = p->v.MatchMapping.keys;

    for (Py_ssize_t i = 0; i < asdl_seq_LEN(keys) && !c->failed; i++) {
        expr_ty key = keys->elements[i];

        if (key == NULL) {
            SET_LOCATION(c, p->v.MatchMapping.patterns->elements[i]);
            compiler_error(c, "can't use NULL keys in MatchMapping "
                           "(set 'rest' parameter instead)");
            return;
        }
        if (key->kind == Constant_kind) {
            int known = PySet_Contains(seen, key->v.Constant.value);

            if (known > 0) {
                compiler_error(c, "mapping pattern checks duplicate key (%R)",
                               key->v.Constant.value);
                return;
            }
            if (known < 0 || PySet_Add(seen, key->v.Constant.value) < 0) {
                compiler_fail(c);
                return;
            }
        }
        else if (key->kind != Attribute_kind) {
            compiler_error(
                c,
                "mapping pattern keys may only match literals and attribute "
                "lookups");
            return;
        }
        visit_expr(c, key);
    }
}

/* subject keys -- : binds a dict of what is left to `rest`. */
static void
store_mapping_rest(Compiler *c, PyObject *rest, Py_ssize_t count,
                   PatternState *state)
{
    emit_arg(c, BUILD_MAP, 0);
    emit_arg(c, SWAP, 3);
    emit_arg(c, DICT_UPDATE, 2);
    emit_arg(c, UNPACK_SEQUENCE, count);
    for (; count > 0; count--) {
        emit_arg(c, COPY, 1 + count);
        emit_arg(c, SWAP, 2);
        emit(c, DELETE_SUBSCR);
    }
    store_name(c, rest, state);
}

/* TOS is None if the match failed. */
static void
fail_if_none(Compiler *c, PatternState *state)
{
    emit_arg(c, COPY, 1);
    emit_const(c, Py_None);
    emit_arg(c, IS_OP, 1);
    jump_to_failure(c, state, POP_JUMP_IF_FALSE);
}

static void
visit_mapping_pattern(Compiler *c, pattern_ty p, PatternState *state)
{
    asdl_pattern_seq *patterns = p->v.MatchMapping.patterns;
    PyObject *rest = p->v.MatchMapping.rest;
    Py_ssize_t count = asdl_seq_LEN(p->v.MatchMapping.keys);
    PyObject *seen;

    if (count != asdl_seq_LEN(patterns)) {
        compiler_error(
            c,
            "keys (%zd) / patterns (%zd) length mismatch in mapping pattern",
            count, asdl_seq_LEN(patterns));
        return;
    }
    state->on_top++;
    emit(c, MATCH_MAPPING);
    jump_to_failure(c, state, POP_JUMP_IF_FALSE);
    if (count == 0 && rest == NULL) {
        state->on_top--;
        emit(c, POP_TOP);
        return;
    }
    if (count > 0) {
        check_length(c, GtE, count, state);
    }
    seen = PySet_New(NULL);
    if (seen == NULL) {
        compiler_fail(c);
        return;
    }
    visit_mapping_keys(c, p, seen);
    Py_DECREF(seen);
    emit_arg(c, BUILD_TUPLE, count);
    emit(c, MATCH_KEYS);
    state->on_top += 2;                         /* keys and values */
    fail_if_none(c, state);
    emit_arg(c, UNPACK_SEQUENCE, count);
    state->on_top += count - 1;
    for (Py_ssize_t i = 0; i < count; i++) {
        state->on_top--;
        visit_subpattern(c, patterns->elements[i], state);
    }
    state->on_top -= 2;
    if (rest != NULL) {
        store_mapping_rest(c, rest, count, state);
    }
    else {
        emit(c, POP_TOP);
        emit(c, POP_TOP);
    }
}

static void
check_class_attributes(Compiler *c, pattern_ty p)
{
    asdl_identifier_seq *names = p->v.MatchClass.kwd_attrs;
    asdl_pattern_seq *patterns = p->v.MatchClass.kwd_patterns;

    for (Py_ssize_t i = 0; i < asdl_seq_LEN(names) && !c->failed; i++) {
        SET_LOCATION(c, patterns->elements[i]);
        if (compiler_forbids_name(c, names->elements[i], Store)) {
            return;
        }
        for (Py_ssize_t k = i + 1; k < asdl_seq_LEN(names); k++) {
            if (PyUnicode_Compare(names->elements[i], names->elements[k]) ==
                0) {
                SET_LOCATION(c, patterns->elements[k]);
                compiler_error(c,
                               "attribute name repeated in class pattern: %U",
                               names->elements[i]);
                return;
            }
        }
    }
}

static PyObject *
identifiers_as_tuple(asdl_identifier_seq *names)
{
    PyObject *tuple = PyTuple_New(asdl_seq_LEN(names));

    for (Py_ssize_t i = 0; tuple != NULL && i < asdl_seq_LEN(names); i++) {
        PyTuple_SET_ITEM(tuple, i, Py_NewRef(names->elements[i]));
    }
    return tuple;
}

static void
visit_class_pattern(Compiler *c, pattern_ty p, PatternState *state)
{
    asdl_pattern_seq *positional = p->v.MatchClass.patterns;
    asdl_pattern_seq *by_name = p->v.MatchClass.kwd_patterns;
    Py_ssize_t nargs = asdl_seq_LEN(positional);
    Py_ssize_t nattrs = asdl_seq_LEN(p->v.MatchClass.kwd_attrs);

    if (nattrs != asdl_seq_LEN(by_name)) {
        compiler_error(c,
                       "kwd_attrs (%zd) / kwd_patterns (%zd) length mismatch "
                       "in class pattern",
                       nattrs, asdl_seq_LEN(by_name));
        return;
    }
    if (nargs > INT_MAX || nargs + nattrs - 1 > INT_MAX) {
        compiler_error(c, "too many sub-patterns in class pattern %R",
                       p->v.MatchClass.cls);
        return;
    }
    if (nattrs > 0) {
        check_class_attributes(c, p);
        SET_LOCATION(c, p);
    }
    visit_expr(c, p->v.MatchClass.cls);
    if (c->failed) {
        return;
    }
    emit_new_const(c, identifiers_as_tuple(p->v.MatchClass.kwd_attrs));
    emit_arg(c, MATCH_CLASS, nargs);
    state->on_top++;
    fail_if_none(c, state);
    emit_arg(c, UNPACK_SEQUENCE, nargs + nattrs);
    state->on_top += nargs + nattrs - 1;
    for (Py_ssize_t i = 0; i < nargs + nattrs; i++) {
        pattern_ty item =
            i < nargs ? positional->elements[i] : by_name->elements[i - nargs];

        state->on_top--;
        if (is_wildcard(item)) {
            emit(c, POP_TOP);
        }
        else {
            visit_subpattern(c, item, state);
        }
    }
}

/* Brings the captures of an alternative into the order of the first one's.
 * The list and the stack are rotated alike. */
static void
reorder_captures(Compiler *c, PyObject *stores, PyObject *control)
{
    for (Py_ssize_t want = PyList_GET_SIZE(control) - 1;
         want >= 0 && !c->failed; want--) {
        PyObject *name = PyList_GET_ITEM(control, want);
        Py_ssize_t have = PySequence_Index(stores, name);
        PyObject *rotated;

        if (have < 0) {
            PyErr_Clear();                    /* ValueError: not in the list */
            compiler_error(c, "alternative patterns bind different names");
            return;
        }
        if (have == want) {
            continue;
        }
        rotated = PyList_GetSlice(stores, 0, have + 1);
        if (rotated == NULL ||
            PyList_SetSlice(stores, 0, have + 1, NULL) < 0 ||
            PyList_SetSlice(stores, want - have, want - have, rotated) < 0) {
            compiler_fail(c);
        }
        Py_XDECREF(rotated);
        for (Py_ssize_t i = 0; i <= have; i++) {
            emit_rotation(c, want + 1);
        }
    }
}

/* All alternatives; each leaves its captures and jumps to `end`.  Returns the
 * names that the first one binds (new list), NULL after failure. */
static PyObject *
visit_alternatives(Compiler *c, pattern_ty p, int allow_irrefutable,
                   Block *end)
{
    asdl_pattern_seq *patterns = p->v.MatchOr.patterns;
    Py_ssize_t count = asdl_seq_LEN(patterns);
    PyObject *control = NULL;

    for (Py_ssize_t i = 0; i < count && !c->failed; i++) {
        pattern_ty alternative = patterns->elements[i];
        PatternState state = {.stores = PyList_New(0)};

        if (state.stores == NULL) {
            compiler_fail(c);
            break;
        }
        SET_LOCATION(c, alternative);
        state.allow_irrefutable = i == count - 1 && allow_irrefutable;
        emit_arg(c, COPY, 1);
        visit_pattern(c, alternative, &state);
        if (i == 0) {
            control = Py_NewRef(state.stores);
        }
        else if (PyList_GET_SIZE(state.stores) != PyList_GET_SIZE(control)) {
            compiler_error(c, "alternative patterns bind different names");
        }
        else {
            reorder_captures(c, state.stores, control);
        }
        emit_jump(c, JUMP, end);
        emit_failure_blocks(c, &state);
        Py_DECREF(state.stores);
    }
    return control;
}

static void
visit_or_pattern(Compiler *c, pattern_ty p, PatternState *state)
{
    Block *end = block_new(c);
    PyObject *control =
        visit_alternatives(c, p, state->allow_irrefutable, end);
    Py_ssize_t count, rotation;

    emit(c, POP_TOP);
    jump_to_failure(c, state, JUMP);
    use_next_block(c, end);
    if (!c->failed) {
        count = PyList_GET_SIZE(control);
        rotation = count + 1 + state->on_top + PyList_GET_SIZE(state->stores);
        for (Py_ssize_t i = 0; i < count; i++) {
            emit_rotation(c, rotation);
            remember_store(c, PyList_GET_ITEM(control, i), state);
        }
        emit(c, POP_TOP);
    }
    Py_XDECREF(control);
}

static void
visit_pattern(Compiler *c, pattern_ty p, PatternState *state)
{
    if (c->failed) {
        return;
    }
    SET_LOCATION(c, p);
    switch (p->kind) {
    case MatchValue_kind: visit_value_pattern(c, p, state); break;
    case MatchSingleton_kind: visit_singleton_pattern(c, p, state); break;
    case MatchSequence_kind: visit_sequence_pattern(c, p, state); break;
    case MatchMapping_kind: visit_mapping_pattern(c, p, state); break;
    case MatchClass_kind: visit_class_pattern(c, p, state); break;
    case MatchStar_kind: store_name(c, p->v.MatchStar.name, state); break;
    case MatchAs_kind: visit_as_pattern(c, p, state); break;
    case MatchOr_kind: visit_or_pattern(c, p, state); break;
    default: break;
    }
}

/* ---- The statement ------------------------------------------------------ */

static void
visit_case(Compiler *c, match_case_ty item, int is_last, int allow_irrefutable,
           Block *end)
{
    PatternState state = {.stores = PyList_New(0),
                          .allow_irrefutable = allow_irrefutable};

    if (state.stores == NULL) {
        compiler_fail(c);
        return;
    }
    SET_LOCATION(c, item->pattern);
    if (!is_last) {
        emit_arg(c, COPY, 1);
    }
    visit_pattern(c, item->pattern, &state);
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(state.stores); i++) {
        emit_variable(c, PyList_GET_ITEM(state.stores, i), Store);
    }
    Py_DECREF(state.stores);
    if (item->guard != NULL && !c->failed) {
        jump_if(c, item->guard, fail_block(c, &state, 0), 0);
    }
    if (!is_last) {
        emit(c, POP_TOP);
    }
    visit_stmts(c, item->body);
    if (c->failed) {
        return;
    }
    emit_jump(c, JUMP, end);
    SET_LOCATION(c, item->pattern);        /* failing belongs to the pattern */
    emit_failure_blocks(c, &state);
}

void
visit_match(Compiler *c, stmt_ty s)
{
    asdl_match_case_seq *cases = s->v.Match.cases;
    Py_ssize_t count = asdl_seq_LEN(cases);
    match_case_ty last = cases->elements[count - 1];
    int has_default = is_wildcard(last->pattern) && count > 1;
    Block *end;

    visit_expr(c, s->v.Match.subject);
    end = block_new(c);
    for (Py_ssize_t i = 0; i < count - has_default && !c->failed; i++) {
        match_case_ty item = cases->elements[i];

        visit_case(c, item, i == count - has_default - 1,
                   item->guard != NULL || i == count - 1, end);
    }
    if (has_default && !c->failed) {
        SET_LOCATION(c, last->pattern);
        emit(c, NOP);                           /* for tracing */
        if (last->guard != NULL) {
            jump_if(c, last->guard, end, 0);
        }
        visit_stmts(c, last->body);
    }
    use_next_block(c, end);
}
