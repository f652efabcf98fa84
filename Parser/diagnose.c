/* Why a text is not Python: the diagnosis after a failed parse.
 *
 * The grammar of diagnose_grammar.h is read into a graph of nodes, and the
 * tokens are matched against it with backtracking and memory of what was
 * tried (a packrat parser).  Twice: first with what is right only, which finds
 * the token at which the text stops making sense; then with the common
 * mistakes, whose actions raise SyntaxError with a message of their own.  If
 * none does, "invalid syntax" is raised at the token of the first pass.
 *
 * Matching yields spans of tokens only.  Where an action needs a tree, the
 * span is given to the ordinary parser again. */

#include "Python.h"

#include "parse.h"
#include "diagnose_grammar.h"

#include <string.h>

/* ---- The grammar as a graph --------------------------------------------- */

enum node_kind {
    NODE_TOKEN, NODE_SOFT, NODE_RULE, NODE_SEQUENCE, NODE_CHOICE,
    NODE_OPTIONAL, NODE_STAR, NODE_PLUS, NODE_GATHER, NODE_AND, NODE_NOT,
    NODE_FORCED, NODE_CUT, NODE_ACTION,
};

typedef struct {
    unsigned char kind;
    char label;                    /* 'a', 'b' or 0 */
    short value;                   /* token type, rule number */
    int first, second;             /* children: first of a list; separator */
    int next;                      /* in the list it belongs to; -1: end */
    const char *text;              /* soft keyword, token, action */
    short size;
} grammar_node;

typedef struct {
    const char *name;
    int size, root;                /* root -1: not yet defined */
    int is_wrong;
    int is_remembered;             /* results count in both modes */
} grammar_rule;

enum { MAX_NODES = 4000, MAX_RULES = 320 };

typedef struct {
    grammar_node nodes[MAX_NODES];
    grammar_rule rules[MAX_RULES];
    int node_count, rule_count;
    const char *at;                /* in the text of the grammar */
} grammar;

static void
skip_blank(grammar *g)
{
    while (*g->at == ' ') {
        g->at++;
    }
}

static int
new_node(grammar *g, enum node_kind kind)
{
    assert(g->node_count < MAX_NODES);
    grammar_node *node = &g->nodes[g->node_count];
    memset(node, 0, sizeof(*node));
    node->kind = (unsigned char)kind;
    node->first = node->second = node->next = -1;
    return g->node_count++;
}

/* Rules whose results are remembered whether or not mistakes were looked for
 * when they were found.  The reference does, and it shows: what a mistake was
 * looked for in once (without mistakes in it) has none later. */
static const char remembered_rules[] =
    " arguments attr await_primary bitwise_and bitwise_or bitwise_xor block"
    " closed_pattern conjunction del_target disjunction dotted_name"
    " expression factor inversion name_or_attr primary shift_expr"
    " simple_stmt star_expression star_pattern star_target strings sum"
    " t_primary target_with_star_atom term ";

static int
is_remembered(const char *name, int size)
{
    for (const char *s = remembered_rules; s != NULL; s = strchr(s + 1, ' ')) {
        if (strncmp(s + 1, name, (size_t)size) == 0 && s[size + 1] == ' ') {
            return 1;
        }
    }
    return 0;
}

static int
find_rule(grammar *g, const char *name, int size)
{
    for (int i = 0; i < g->rule_count; i++) {
        if (g->rules[i].size == size &&
            memcmp(g->rules[i].name, name, (size_t)size) == 0) {
            return i;
        }
    }
    assert(g->rule_count < MAX_RULES);
    g->rules[g->rule_count] = (grammar_rule){
        name, size, -1, size > 6 && memcmp(name, "wrong_", 6) == 0,
        is_remembered(name, size)};
    return g->rule_count++;
}

static const struct {
    const char *text;
    int type, is_symbol;
} token_rows[] = {
#define NAMED(name) {#name, TOK_##name, 0},
#define SYMBOL(name, text) {text, TOK_##name, 1},
#define UNUSED(name)
#define KEYWORD(name, text) {text, KW_##name, 1},
#include "tokens.def"
};

static int
find_token(const char *text, int size, int is_symbol)
{
    for (size_t i = 0; i < Py_ARRAY_LENGTH(token_rows); i++) {
        if (token_rows[i].is_symbol == is_symbol &&
            (int)strlen(token_rows[i].text) == size &&
            memcmp(token_rows[i].text, text, (size_t)size) == 0) {
            return token_rows[i].type;
        }
    }
    Py_UNREACHABLE();
}

static int read_choice(grammar *g);

static int
is_word_char(char c)
{
    return Py_ISALNUM(c) || c == '_';
}

/* A quoted text at `g->at`. */
static int
read_quoted(grammar *g, char quote)
{
    const char *start = ++g->at;
    while (*g->at != quote) {
        g->at++;
    }
    int size = (int)(g->at - start);
    g->at++;
    int node = new_node(g, quote == '"' ? NODE_SOFT : NODE_TOKEN);
    g->nodes[node].text = start;
    g->nodes[node].size = (short)size;
    if (quote == '\'') {
        g->nodes[node].value = (short)find_token(start, size, 1);
    }
    return node;
}

/* A rule's name, or the kind of a token. */
static int
read_word(grammar *g)
{
    const char *start = g->at;
    while (is_word_char(*g->at)) {
        g->at++;
    }
    int size = (int)(g->at - start);
    if (Py_ISUPPER(*start)) {
        int node = new_node(g, NODE_TOKEN);
        g->nodes[node].value = (short)find_token(start, size, 0);
        return node;
    }
    int node = new_node(g, NODE_RULE);
    g->nodes[node].value = (short)find_rule(g, start, size);
    return node;
}

static int
read_primary(grammar *g)
{
    switch (*g->at) {
    case '\'': case '"':
        return read_quoted(g, *g->at);
    case '(': {
        g->at++;
        int node = read_choice(g);
        g->at++;
        return node;
    }
    default:
        return read_word(g);
    }
}

/* An element with what is before and behind it. */
static int
read_element(grammar *g)
{
    char label = 0;
    int node, inner;

    if (g->at[0] == '~') {
        g->at++;
        return new_node(g, NODE_CUT);
    }
    if (g->at[0] == '{') {
        node = new_node(g, NODE_ACTION);
        g->nodes[node].text = ++g->at;
        while (*g->at != '}') {
            /* A brace in a message does not end it. */
            if (*g->at == '`') {
                g->at = strchr(g->at + 1, '`');
            }
            g->at++;
        }
        g->nodes[node].size = (short)(g->at - g->nodes[node].text);
        g->at++;
        return node;
    }
    if (g->at[0] == '&' && g->at[1] == '&') {
        g->at += 2;
        node = read_primary(g);
        g->nodes[node].kind = NODE_FORCED;
        return node;
    }
    if (g->at[0] == '&' || g->at[0] == '!') {
        node = new_node(g, g->at[0] == '&' ? NODE_AND : NODE_NOT);
        g->at++;
        inner = read_primary(g);
        g->nodes[node].first = inner;
        return node;
    }
    if (Py_ISLOWER(g->at[0]) && g->at[1] == ':') {
        label = g->at[0];
        g->at += 2;
    }
    node = read_primary(g);
    if (*g->at == '.') {
        int gather = new_node(g, NODE_GATHER);
        g->nodes[gather].second = node;
        g->at++;
        inner = read_primary(g);
        g->nodes[gather].first = inner;
        g->at++;                                     /* the + */
        node = gather;
    }
    else if (*g->at == '?' || *g->at == '*' || *g->at == '+') {
        int repeat = new_node(g, *g->at == '?'   ? NODE_OPTIONAL
                                 : *g->at == '*' ? NODE_STAR : NODE_PLUS);
        g->nodes[repeat].first = node;
        g->at++;
        node = repeat;
    }
    g->nodes[node].label = label;
    return node;
}

static int
read_sequence(grammar *g)
{
    int sequence = new_node(g, NODE_SEQUENCE), last = -1;

    for (;;) {
        skip_blank(g);
        if (*g->at == '|' || *g->at == ')' || *g->at == ';') {
            return sequence;
        }
        int element = read_element(g);
        if (last < 0) {
            g->nodes[sequence].first = element;
        }
        else {
            g->nodes[last].next = element;
        }
        last = element;
    }
}

static int
read_choice(grammar *g)
{
    int choice = new_node(g, NODE_CHOICE), last = -1;

    for (;;) {
        int sequence = read_sequence(g);
        if (last < 0) {
            g->nodes[choice].first = sequence;
        }
        else {
            g->nodes[last].next = sequence;
        }
        last = sequence;
        if (*g->at != '|') {
            return choice;
        }
        g->at++;
    }
}

static grammar *
read_grammar(void)
{
    grammar *g = PyMem_Calloc(1, sizeof(*g));

    if (g == NULL) {
        PyErr_NoMemory();
        return NULL;
    }
    g->at = diagnose_grammar;
    while (*g->at != '\0') {
        const char *start = g->at;
        while (is_word_char(*g->at)) {
            g->at++;
        }
        int rule = find_rule(g, start, (int)(g->at - start));
        skip_blank(g);
        g->at++;                                     /* the = */
        int root = read_choice(g);
        g->rules[rule].root = root;
        g->at++;                                     /* the ; */
    }
    return g;
}

/* ---- Matching ----------------------------------------------------------- */

enum { NO_MATCH = -1, UNKNOWN = 0 };

/* What a label stands for. */
typedef struct {
    int start, end;                /* tokens; start -1: nothing */
    int rule;                      /* that matched it, or -1 */
} span;

typedef struct {
    span a, b;
    int start;                     /* of the alternative */
} bindings;

typedef struct {
    parser *p;
    grammar *g;
    int furthest;                  /* token number */
    int wrong_pass;                /* second pass */
    int wrong_too;                 /* mistakes are looked for */
    int failed;                    /* an exception is set: stop */
    int depth;
    /* Per token, an array with a result per rule (and pass): NULL until one
     * is known.  UNKNOWN, NO_MATCH, or the end + 1. */
    int **memory;
    int memory_size;
} diagnosis;

static int match(diagnosis *d, int node, int at, bindings *names);

/* The type of the token, read if need be; -1 on failure. */
static int
token_at(diagnosis *d, int at)
{
    parser *p = d->p;

    if (d->failed) {
        return -1;
    }
    while (at >= p->fill) {
        if (parser_fill(p) < 0) {
            d->failed = 1;
            d->furthest = p->error_token = p->fill - 1;
            return -1;
        }
    }
    if (p->tokens[at].type == TOK_ERRORTOKEN) {
        parser_restore_error(p);
        d->failed = 1;
        d->furthest = p->error_token = at;
        return -1;
    }
    if (at > d->furthest) {
        d->furthest = at;
        p->error_token = at;
    }
    return p->tokens[at].type;
}

/* The place of a result, or NULL without memory (exception set). */
static int *
memory_place(diagnosis *d, int rule, int at)
{
    if (at >= d->memory_size) {
        int size = at * 2 + 64;
        int **larger = PyMem_Realloc(d->memory, sizeof(int *) * (size_t)size);
        if (larger == NULL) {
            goto no_memory;
        }
        memset(larger + d->memory_size, 0,
               sizeof(int *) * (size_t)(size - d->memory_size));
        d->memory = larger;
        d->memory_size = size;
    }
    if (d->memory[at] == NULL) {
        d->memory[at] = PyMem_Calloc((size_t)d->g->rule_count * 2,
                                     sizeof(int));
        if (d->memory[at] == NULL) {
            goto no_memory;
        }
    }
    int mode = d->g->rules[rule].is_remembered ? 0 : d->wrong_too;
    return &d->memory[at][rule * 2 + mode];
no_memory:
    PyErr_NoMemory();
    d->failed = 1;
    return NULL;
}

static void
forget_everything(diagnosis *d)
{
    for (int i = 0; i < d->memory_size; i++) {
        PyMem_Free(d->memory[i]);
        d->memory[i] = NULL;
    }
}

/* How deep rules may nest: the C stack's end. */
#define MAX_RULE_DEPTH 5500

static int
is_named(const grammar_rule *rule, const char *name)
{
    return (size_t)rule->size == strlen(name) &&
           memcmp(rule->name, name, (size_t)rule->size) == 0;
}

static int
match_rule(diagnosis *d, int rule, int at)
{
    grammar_rule *r = &d->g->rules[rule];

    if (d->failed || (r->is_wrong && !d->wrong_too)) {
        return NO_MATCH;
    }
    int *place = memory_place(d, rule, at);
    if (place == NULL) {
        return NO_MATCH;
    }
    if (*place != UNKNOWN) {
        return *place == NO_MATCH ? NO_MATCH : *place - 1;
    }
    if (++d->depth > MAX_RULE_DEPTH) {
        PyErr_NoMemory();
        d->failed = 1;
        return NO_MATCH;
    }
    int was_wrong_too = d->wrong_too;
    if (is_named(r, "expression_without_invalid")) {
        d->wrong_too = 0;
    }
    bindings names = {{-1, -1, -1}, {-1, -1, -1}, at};
    int end = match(d, r->root, at, &names);
    d->wrong_too = was_wrong_too;
    d->depth--;
    if (d->failed) {
        return NO_MATCH;
    }
    *place = end == NO_MATCH ? NO_MATCH : end + 1;
    return end;
}

static int run_action(diagnosis *d, const grammar_node *node, int at,
                      bindings *names);

/* The token must follow: else the error is clear. */
static int
match_forced(diagnosis *d, const grammar_node *node, int at)
{
    int type = token_at(d, at);

    if (type == node->value) {
        return at + 1;
    }
    if (!d->failed) {
        const token *t = &d->p->tokens[at];
        parser_raise_at(d->p, PyExc_SyntaxError, PLACE_OF(t),
                        "expected '%c'", *node->text);
        d->failed = 1;
    }
    return NO_MATCH;
}

static void
bind(bindings *names, char label, int start, int end, int rule)
{
    span *target = label == 'a' ? &names->a : &names->b;
    *target = (span){start, end, rule};
}

/* The elements of an alternative.  `*cut` is set if it passes a ~. */
static int
match_sequence(diagnosis *d, const grammar_node *sequence, int at,
               bindings *names, int *cut)
{
    for (int i = sequence->first; i >= 0; i = d->g->nodes[i].next) {
        const grammar_node *node = &d->g->nodes[i];
        if (node->kind == NODE_CUT) {
            *cut = 1;
            continue;
        }
        int end = match(d, i, at, names);
        if (end == NO_MATCH) {
            return NO_MATCH;
        }
        if (node->label) {
            bind(names, node->label, at, end,
                 node->kind == NODE_RULE ? node->value : -1);
        }
        at = end;
    }
    return at;
}

static int
match_choice(diagnosis *d, const grammar_node *choice, int at,
             bindings *names)
{
    for (int i = choice->first; i >= 0; i = d->g->nodes[i].next) {
        int cut = 0;
        int end = match_sequence(d, &d->g->nodes[i], at, names, &cut);
        if (end != NO_MATCH || cut || d->failed) {
            return end;
        }
    }
    return NO_MATCH;
}

/* Repetition: at least `minimum` times. */
static int
match_repeat(diagnosis *d, int element, int at, int minimum, bindings *names)
{
    int count = 0;

    for (;; count++) {
        int end = match(d, element, at, names);
        if (end == NO_MATCH || end == at) {
            break;
        }
        at = end;
    }
    return count >= minimum && !d->failed ? at : NO_MATCH;
}

static int
match_gather(diagnosis *d, const grammar_node *node, int at, bindings *names)
{
    at = match(d, node->first, at, names);
    while (at != NO_MATCH) {
        int after = match(d, node->second, at, names);
        if (after == NO_MATCH) {
            break;
        }
        after = match(d, node->first, after, names);
        if (after == NO_MATCH) {
            break;
        }
        at = after;
    }
    return d->failed ? NO_MATCH : at;
}

/* Returns the token behind what `node` matches at `at`, or NO_MATCH. */
static int
match(diagnosis *d, int number, int at, bindings *names)
{
    const grammar_node *node = &d->g->nodes[number];
    int end;

    if (d->failed) {
        return NO_MATCH;
    }
    switch ((enum node_kind)node->kind) {
    case NODE_TOKEN:
        return token_at(d, at) == node->value ? at + 1 : NO_MATCH;
    case NODE_SOFT: {
        if (token_at(d, at) != TOK_NAME) {
            return NO_MATCH;
        }
        const token *t = &d->p->tokens[at];
        return t->end - t->start == node->size &&
                       memcmp(token_text(d->p, t), node->text,
                              (size_t)node->size) == 0
                   ? at + 1 : NO_MATCH;
    }
    case NODE_RULE:
        return match_rule(d, node->value, at);
    case NODE_SEQUENCE:
        Py_UNREACHABLE();
    case NODE_CHOICE:
        return match_choice(d, node, at, names);
    case NODE_OPTIONAL:
        end = match(d, node->first, at, names);
        return end == NO_MATCH && !d->failed ? at : end;
    case NODE_STAR:
        return match_repeat(d, node->first, at, 0, names);
    case NODE_PLUS:
        return match_repeat(d, node->first, at, 1, names);
    case NODE_GATHER:
        return match_gather(d, node, at, names);
    case NODE_AND:
        return match(d, node->first, at, names) == NO_MATCH ? NO_MATCH : at;
    case NODE_NOT:
        end = match(d, node->first, at, names);
        return end == NO_MATCH && !d->failed ? at : NO_MATCH;
    case NODE_FORCED:
        return match_forced(d, node, at);
    case NODE_CUT:
        return at;
    case NODE_ACTION:
        return run_action(d, node, at, names);
    }
    Py_UNREACHABLE();
}

/* ---- Trees for spans ---------------------------------------------------- */

/* The state of the parser while a span is parsed again. */
typedef struct {
    int mark, stack_used, depth, error_token, end_type;
} saved_state;

/* Prepares the parser for the span: nothing is raised, and the span is
 * followed by the end of the text.  0, or -1 if it cannot be. */
static int
begin_span(diagnosis *d, span s, int end_type, saved_state *saved)
{
    parser *p = d->p;

    p->peeking++;
    if (s.end >= p->fill && parser_fill(p) < 0 && s.end >= p->fill) {
        p->peeking--;
        return -1;
    }
    *saved = (saved_state){p->mark, p->stack_used, p->depth, p->error_token,
                           p->tokens[s.end].type};
    p->tokens[s.end].type = end_type;
    p->mark = s.start;
    p->silent = 1;
    return 0;
}

/* Returns 1 if the span was parsed as a whole. */
static int
end_span(diagnosis *d, span s, const saved_state *saved)
{
    parser *p = d->p;
    int is_whole = p->mark == s.end;

    if (PyErr_Occurred()) {
        PyErr_Clear();             /* the span is known to be right */
    }
    p->silent = 0;
    p->peeking--;
    p->tokens[s.end].type = saved->end_type;
    p->mark = saved->mark;
    p->stack_used = saved->stack_used;
    p->depth = saved->depth;
    p->error_token = saved->error_token;
    return is_whole;
}

/* Parses the span again with `parse`; NULL (no exception) unless it takes
 * exactly the span. */
static expr_ty
try_parse(diagnosis *d, span s, expr_ty (*parse)(parser *))
{
    saved_state saved;

    if (begin_span(d, s, TOK_ENDMARKER, &saved) < 0) {
        return NULL;
    }
    expr_ty result = parse(d->p);
    return end_span(d, s, &saved) ? result : NULL;
}

/* The tree of the span, or NULL. */
static expr_ty
node_of(diagnosis *d, span s)
{
    static expr_ty (*const parsers[])(parser *) = {
        parse_star_expressions, parse_star_named_expression,
        parse_expression, parse_disjunction, parse_bitwise_or,
        parse_primary, parse_atom, parse_yield_or_star_expressions,
    };

    if (s.start < 0 || s.end <= s.start) {
        return NULL;
    }
    for (size_t i = 0; i < Py_ARRAY_LENGTH(parsers); i++) {
        expr_ty e = try_parse(d, s, parsers[i]);
        if (e != NULL) {
            return e;
        }
    }
    return NULL;
}

/* The span's tree has a place (without its parentheses), or its tokens. */
static place
place_of(diagnosis *d, span s)
{
    expr_ty e = s.rule >= 0 ? node_of(d, s) : NULL;

    if (e != NULL && e->kind == Starred_kind &&
        d->p->tokens[s.start].type != TOK_STAR) {
        e = NULL;
    }
    if (e != NULL) {
        return PLACE_OF(e);
    }
    const token *first = &d->p->tokens[s.start];
    const token *last = &d->p->tokens[s.end - 1];
    return (place){first->lineno, first->col_offset, last->end_lineno,
                   last->end_col_offset};
}

static const char *
constant_name(PyObject *value)
{
    if (value == Py_None) {
        return "None";
    }
    if (value == Py_True) {
        return "True";
    }
    if (value == Py_False) {
        return "False";
    }
    return value == Py_Ellipsis ? "ellipsis" : "literal";
}

/* How messages call an expression. */
static const char *
expression_name(expr_ty e)
{
    static const char *const names[] = {
        [BoolOp_kind] = "expression", [NamedExpr_kind] = "named expression",
        [BinOp_kind] = "expression", [UnaryOp_kind] = "expression",
        [Lambda_kind] = "lambda", [IfExp_kind] = "conditional expression",
        [Dict_kind] = "dict literal", [Set_kind] = "set display",
        [ListComp_kind] = "list comprehension",
        [SetComp_kind] = "set comprehension",
        [DictComp_kind] = "dict comprehension",
        [GeneratorExp_kind] = "generator expression",
        [Await_kind] = "await expression",
        [Yield_kind] = "yield expression",
        [YieldFrom_kind] = "yield expression",
        [Compare_kind] = "comparison", [Call_kind] = "function call",
        [FormattedValue_kind] = "f-string expression",
        [JoinedStr_kind] = "f-string expression",
        [Attribute_kind] = "attribute", [Subscript_kind] = "subscript",
        [Starred_kind] = "starred", [Name_kind] = "name",
        [List_kind] = "list", [Tuple_kind] = "tuple", [Slice_kind] = "slice",
    };

    return e->kind == Constant_kind ? constant_name(e->v.Constant.value)
                                    : names[e->kind];
}

/* ---- Raising ------------------------------------------------------------ */

static int
raise_in(diagnosis *d, place where, const char *message)
{
    parser_raise_at(d->p, PyExc_SyntaxError, where, "%s", message);
    d->failed = 1;
    return NO_MATCH;
}

static int
raise_last(diagnosis *d, PyObject *type, const char *message)
{
    d->p->error_token = d->furthest;
    parser_raise(d->p, type, "%s", message);
    d->failed = 1;
    return NO_MATCH;
}

/* From the beginning of one place to the end of the other. */
static int
raise_range(diagnosis *d, place first, place last, const char *message)
{
    first.end_lineno = last.end_lineno;
    first.end_col = last.end_col;
    return raise_in(d, first, message);
}

/* ---- Targets ------------------------------------------------------------ */

enum target_use { FOR_STORE, FOR_DEL, FOR_LOOP };

static expr_ty find_bad_target(expr_ty e, enum target_use use);

static expr_ty
find_bad_item(asdl_expr_seq *items, enum target_use use)
{
    for (Py_ssize_t i = 0; i < asdl_seq_LEN(items); i++) {
        expr_ty bad = find_bad_target(asdl_seq_GET(items, i), use);
        if (bad != NULL) {
            return bad;
        }
    }
    return NULL;
}

/* The part of `e` that cannot be assigned to or deleted, or NULL. */
static expr_ty
find_bad_target(expr_ty e, enum target_use use)
{
    switch (e->kind) {
    case List_kind:
        return find_bad_item(e->v.List.elts, use);
    case Tuple_kind:
        return find_bad_item(e->v.Tuple.elts, use);
    case Starred_kind:
        return use == FOR_DEL ? e : find_bad_target(e->v.Starred.value, use);
    case Compare_kind:
        /* `x in y` of `for x in y`, taken for a comparison. */
        if (use != FOR_LOOP) {
            return e;
        }
        return asdl_seq_GET(e->v.Compare.ops, 0) == In
                   ? find_bad_target(e->v.Compare.left, use) : NULL;
    case Name_kind: case Subscript_kind: case Attribute_kind:
        return NULL;
    default:
        return e;
    }
}

static int
raise_bad_target(diagnosis *d, span s, enum target_use use)
{
    char message[100];
    expr_ty e = node_of(d, s);
    expr_ty bad = e == NULL ? NULL : find_bad_target(e, use);

    if (bad == NULL) {
        return NO_MATCH;
    }
    PyOS_snprintf(message, sizeof(message),
                  use == FOR_DEL ? "cannot delete %s" : "cannot assign to %s",
                  expression_name(bad));
    place where = {bad->lineno, bad->col_offset, bad->end_lineno,
                   bad->end_col_offset};
    return raise_in(d, where, message);
}

/* ---- Actions with code -------------------------------------------------- */

/* `print` and `exec` were statements once. */
static int
is_legacy_name(diagnosis *d, span s)
{
    const token *t = &d->p->tokens[s.start];

    return s.end == s.start + 1 && t->type == TOK_NAME &&
           (token_is(d->p, t, "print") || token_is(d->p, t, "exec"));
}

static int
act_legacy(diagnosis *d, bindings *names, int at)
{
    char message[100];

    if (!is_legacy_name(d, names->a)) {
        return NO_MATCH;
    }
    const char *name = token_is(d->p, &d->p->tokens[names->a.start], "print")
                           ? "print" : "exec";
    PyOS_snprintf(message, sizeof(message),
                  "Missing parentheses in call to '%s'. Did you mean "
                  "%s(...)?", name, name);
    return raise_range(d, place_of(d, names->a), place_of(d, names->b),
                       message);
}

static int
act_comma(diagnosis *d, bindings *names, int at)
{
    expr_ty e = node_of(d, names->a);

    if (e != NULL && e->kind == Name_kind &&
        (_PyUnicode_EqualToASCIIString(e->v.Name.id, "print") ||
         _PyUnicode_EqualToASCIIString(e->v.Name.id, "exec"))) {
        return NO_MATCH;
    }
    if (d->p->tokens[at - 1].level == 0) {
        return NO_MATCH;
    }
    return raise_range(d, place_of(d, names->a), place_of(d, names->b),
                       "invalid syntax. Perhaps you forgot a comma?");
}

static int
act_target_store(diagnosis *d, bindings *names, int at)
{
    return raise_bad_target(d, names->a, FOR_STORE);
}

static int
act_target_del(diagnosis *d, bindings *names, int at)
{
    return raise_bad_target(d, names->a, FOR_DEL);
}

static int
act_target_for(diagnosis *d, bindings *names, int at)
{
    return raise_bad_target(d, names->a, FOR_LOOP);
}

/* The comprehension clauses of a span; NULL if they cannot be had. */
static asdl_comprehension_seq *
clauses_of(diagnosis *d, span s)
{
    saved_state saved;

    if (begin_span(d, s, TOK_ENDMARKER, &saved) < 0) {
        return NULL;
    }
    asdl_comprehension_seq *clauses = parse_for_if_clauses(d->p);
    return end_span(d, s, &saved) ? clauses : NULL;
}

static place
place_of_node(expr_ty e)
{
    return (place){e->lineno, e->col_offset, e->end_lineno,
                   e->end_col_offset};
}

static const char unparenthesized_generator[] =
    "Generator expression must be parenthesized";

/* The last condition of the last clause, or what it goes through. */
static place
last_of_clauses(diagnosis *d, span s)
{
    asdl_comprehension_seq *clauses = clauses_of(d, s);

    if (clauses == NULL) {
        return place_of(d, s);
    }
    comprehension_ty last = clauses->elements[clauses->size - 1];
    Py_ssize_t ifs = asdl_seq_LEN(last->ifs);
    return place_of_node(ifs > 0 ? asdl_seq_GET(last->ifs, ifs - 1)
                                 : last->iter);
}

static int
act_generator_range(diagnosis *d, bindings *names, int at)
{
    return raise_range(d, place_of(d, names->a), last_of_clauses(d, names->b),
                       unparenthesized_generator);
}

static int
act_generator_target(diagnosis *d, bindings *names, int at)
{
    asdl_comprehension_seq *clauses = clauses_of(d, names->b);
    place last = clauses == NULL
        ? place_of(d, names->b)
        : place_of_node(clauses->elements[clauses->size - 1]->target);

    return raise_range(d, place_of(d, names->a), last,
                       unparenthesized_generator);
}

/* The arguments of a span.  1, or 0 if they cannot be had. */
static int
arguments_of(diagnosis *d, span s, asdl_expr_seq **args,
             asdl_keyword_seq **keywords)
{
    saved_state saved;

    if (begin_span(d, s, TOK_RPAR, &saved) < 0) {
        return 0;
    }
    int status = parse_arguments(d->p, args, keywords);
    return end_span(d, s, &saved) && status == 0;
}

static int
act_generator_in_call(diagnosis *d, bindings *names, int at)
{
    asdl_expr_seq *args;
    asdl_keyword_seq *keywords;

    if (!arguments_of(d, names->a, &args, &keywords) ||
        asdl_seq_LEN(args) <= 1) {
        return NO_MATCH;
    }
    return raise_range(d, place_of_node(asdl_seq_GET(args, args->size - 1)),
                       last_of_clauses(d, names->b),
                       unparenthesized_generator);
}

static int
act_arguments_order(diagnosis *d, bindings *names, int at)
{
    asdl_expr_seq *args;
    asdl_keyword_seq *keywords;
    int unpacks = 0;

    if (arguments_of(d, names->a, &args, &keywords)) {
        for (Py_ssize_t i = 0; i < asdl_seq_LEN(keywords); i++) {
            unpacks |= asdl_seq_GET(keywords, i)->arg == NULL;
        }
    }
    return raise_last(d, PyExc_SyntaxError,
                      unpacks ? "positional argument follows keyword "
                                "argument unpacking"
                              : "positional argument follows keyword "
                                "argument");
}

static int
act_comprehension_target(diagnosis *d, bindings *names, int at)
{
    /* The last of the items, without a comma that follows it. */
    int end = names->b.end;
    if (d->p->tokens[end - 1].type == TOK_COMMA) {
        end--;
    }
    place last = place_of(d, (span){end - 1, end, -1});
    span items = {names->b.start, end, 0};
    expr_ty e = node_of(d, items);
    if (e != NULL && e->kind == Tuple_kind &&
        d->p->tokens[items.start].type != TOK_LPAR) {
        asdl_expr_seq *elts = e->v.Tuple.elts;
        last = place_of_node(asdl_seq_GET(elts, elts->size - 1));
    }
    else if (e != NULL) {
        last = place_of_node(e);
    }
    return raise_range(d, place_of(d, names->a), last,
                       "did you forget parentheses around the comprehension "
                       "target?");
}

static int
act_colon_after_key(diagnosis *d, bindings *names, int at)
{
    place key = place_of(d, names->a);
    place last_byte = {key.lineno, key.end_col - 1, key.end_lineno, -1};

    parser_raise_at(d->p, PyExc_SyntaxError, last_byte,
                    "':' expected after dictionary key");
    d->failed = 1;
    return NO_MATCH;
}

static int
act_match_colon(diagnosis *d, bindings *names, int at)
{
    d->p->error_token = d->furthest;
    if (parser_check_version(d->p, 10, "Pattern matching is") < 0) {
        d->failed = 1;
        return NO_MATCH;
    }
    return raise_last(d, PyExc_SyntaxError, "expected ':'");
}

/* `!=` or `<>`, as the flag says. */
static int
act_barry(diagnosis *d, bindings *names, int at)
{
    const token *t = &d->p->tokens[names->a.start];
    int wants_old = (d->p->flags & CO_FUTURE_BARRY_AS_BDFL) != 0;

    return token_is(d->p, t, wants_old ? "<>" : "!=") ? at : NO_MATCH;
}

/* Literals that the parser has not seen yet may be wrong in themselves; and
 * the second pass gives their warnings once more. */
static int
act_strings(diagnosis *d, bindings *names, int at)
{
    parser *p = d->p;
    int mark = p->mark;

    p->mark = names->start;
    p->error_token = d->furthest;
    p->no_warnings = !d->wrong_pass && names->start < mark;
    expr_ty e = parse_strings(p);
    p->no_warnings = 0;
    p->mark = mark;
    if (e == NULL) {
        d->failed = 1;
        return NO_MATCH;
    }
    return at;
}

/* A soft keyword; or the begin of one, as the reference has it. */
static int
act_soft_keyword(diagnosis *d, bindings *names, int at)
{
    static const char *const keywords[] = {"_", "case", "match"};
    const token *t = &d->p->tokens[names->a.start];

    for (size_t i = 0; i < Py_ARRAY_LENGTH(keywords); i++) {
        if (strncmp(keywords[i], token_text(d->p, t),
                    (size_t)(t->end - t->start)) == 0) {
            return at;
        }
    }
    return NO_MATCH;
}

static const struct {
    const char *name;
    int (*run)(diagnosis *, bindings *, int);
} action_rows[] = {
    {"arguments_order", act_arguments_order},
    {"barry", act_barry},
    {"colon_after_key", act_colon_after_key},
    {"comma", act_comma},
    {"comprehension_target", act_comprehension_target},
    {"generator_in_call", act_generator_in_call},
    {"generator_range", act_generator_range},
    {"generator_target", act_generator_target},
    {"legacy", act_legacy},
    {"match_colon", act_match_colon},
    {"soft_keyword", act_soft_keyword},
    {"strings", act_strings},
    {"target_del", act_target_del},
    {"target_for", act_target_for},
    {"target_store", act_target_store},
};

/* ---- Actions with a message --------------------------------------------- */

/* The message of an action, with %n and %t filled in from `a`. */
static void
expand_message(diagnosis *d, const grammar_node *node, span a, char *out,
               size_t size)
{
    const char *s = memchr(node->text, '`', (size_t)node->size);
    size_t used = 0;

    for (s++; *s != '`' && used + 1 < size; s++) {
        if (*s != '%') {
            out[used++] = *s;
            continue;
        }
        s++;
        const char *insert = "expression";
        size_t length;
        if (*s == 't') {
            const token *t = &d->p->tokens[a.start];
            insert = token_text(d->p, t);
            length = (size_t)(t->end - t->start);
        }
        else {
            expr_ty e = node_of(d, a);
            if (e != NULL) {
                insert = expression_name(e);
            }
            length = strlen(insert);
        }
        if (length < size - used) {
            memcpy(out + used, insert, length);
            used += length;
        }
    }
    out[used] = '\0';
}

static int
raise_missing_block(diagnosis *d, span a, const char *what)
{
    char message[120];

    PyOS_snprintf(message, sizeof(message),
                  "expected an indented block after %s on line %d", what,
                  d->p->tokens[a.start].lineno);
    return raise_last(d, PyExc_IndentationError, message);
}

static int
starts_with(const grammar_node *node, const char *word)
{
    size_t size = strlen(word);
    return (size_t)node->size >= size &&
           memcmp(node->text, word, size) == 0 &&
           !is_word_char(node->text[size]);
}

static int
run_message_action(diagnosis *d, const grammar_node *node, bindings *names)
{
    char message[200];

    expand_message(d, node, names->a, message, sizeof(message));
    if (starts_with(node, "last")) {
        return raise_last(d, PyExc_SyntaxError, message);
    }
    if (starts_with(node, "indent")) {
        return raise_last(d, PyExc_IndentationError, message);
    }
    if (starts_with(node, "block")) {
        return raise_missing_block(d, names->a, message);
    }
    place a = place_of(d, names->a);
    if (starts_with(node, "range")) {
        return raise_range(d, a, place_of(d, names->b), message);
    }
    if (starts_with(node, "from")) {
        /* To where the tokenizer stands. */
        const tokenizer *tok = d->p->tok;
        a.end_lineno = tok->lineno;
        a.end_col = (int)(tok->cur - tok->line_start) - 1;
        return raise_in(d, a, message);
    }
    if (starts_with(node, "at_param")) {
        /* The parameter, without what ends it. */
        span s = names->a;
        while (s.end > s.start + 1 &&
               (d->p->tokens[s.end - 1].type == TOK_COMMA ||
                d->p->tokens[s.end - 1].type == TOK_TYPE_COMMENT)) {
            s.end--;
        }
        s.rule = -1;
        return raise_in(d, place_of(d, s), message);
    }
    if (starts_with(node, "span")) {
        span s = names->a;
        s.rule = -1;
        return raise_in(d, place_of(d, s), message);
    }
    return raise_in(d, a, message);
}

static int
run_action(diagnosis *d, const grammar_node *node, int at, bindings *names)
{
    if (memchr(node->text, '`', (size_t)node->size) != NULL) {
        return run_message_action(d, node, names);
    }
    for (size_t i = 0; i < Py_ARRAY_LENGTH(action_rows); i++) {
        if (starts_with(node, action_rows[i].name)) {
            return action_rows[i].run(d, names, at);
        }
    }
    Py_UNREACHABLE();
}

/* ---- The diagnosis ------------------------------------------------------ */

static const char *
start_rule_name(const parser *p)
{
    switch (p->start_rule) {
    case Py_file_input: return "file";
    case Py_single_input: return "interactive";
    case Py_eval_input: return "eval";
    case Py_func_type_input: return "func_type";
    default: return "fstring";
    }
}

/* No message fits: the token where sense ended. */
static void
raise_general(diagnosis *d, int stop)
{
    parser *p = d->p;
    const token *t = &p->tokens[stop];

    p->error_token = d->furthest;
    if (t->type == TOK_INDENT || t->type == TOK_DEDENT) {
        parser_raise(p, PyExc_IndentationError,
                     t->type == TOK_INDENT ? "unexpected indent"
                                           : "unexpected unindent");
        p->error_is_final = 1;
        return;
    }
    parser_raise_at(p, PyExc_SyntaxError, PLACE_OF(t), "invalid syntax");
    p->error_is_general = 1;
}

/* The second pass begins with the first statement: so do its warnings. */
static int
repeat_warnings(parser *p, int end)
{
    int mark = p->mark, result = 0;

    for (p->mark = 0; p->mark < end && result == 0;) {
        if (p->tokens[p->mark].type != TOK_STRING) {
            p->mark++;
        }
        else if (parse_strings(p) == NULL) {
            result = -1;
        }
    }
    p->mark = mark;
    return result;
}

void
diagnose(parser *p)
{
    const char *name = start_rule_name(p);
    diagnosis d = {.p = p, .furthest = -1};

    d.g = read_grammar();
    if (d.g == NULL) {
        return;
    }
    int rule = find_rule(d.g, name, (int)strlen(name));
    int start = p->start_rule == Py_file_input ? p->last_statement : 0;
    match_rule(&d, rule, start);
    if (!d.failed) {
        int stop = d.furthest;
        forget_everything(&d);
        d.wrong_pass = d.wrong_too = 1;
        if (p->flags & PyCF_TYPE_COMMENTS) {
            /* A comment before the first statement of a function counts as a
             * missing block, be the statement right or not. */
            start = 0;
        }
        if (repeat_warnings(p, start) < 0) {
            d.failed = 1;
        }
        match_rule(&d, rule, start);
        if (!d.failed) {
            raise_general(&d, stop < 0 ? 0 : stop);
        }
    }
    p->error_token = d.furthest;
    forget_everything(&d);
    PyMem_Free(d.memory);
    PyMem_Free(d.g);
}
