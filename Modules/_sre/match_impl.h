/* The matcher, included once for each character size.
 *
 * The includer defines CHAR and NAME(subject).
 *
 * A loop without recursion: `pc` walks the code, `at` the string.  What can be
 * tried otherwise, and what must be undone before, is on a stack:
 *
 *     UNDO_MARK        mark a was b, lastindex was extra
 *     UNDO_REPEAT      repeat: count was a, last was b
 *     UNDO_NEW         there were a repeats
 *     CHOICE           go on at pc with at = a
 *     CHOICE_BRANCH    try the alternative whose skip word is at pc, at = a
 *     CHOICE_GREEDY    tail pc after giving one character back: at = a > b
 *     CHOICE_LAZY      operator pc: take one character more at a; b are taken
 *     CHOICE_LAZY_BODY UNTIL at pc: another iteration at a
 *     BARRIER          a part that ends with SUCCESS has begun: operator pc,
 *                      at = a, b iterations, extra: the barrier outside
 *
 * Failing pops: undo entries restore, a choice resumes, a barrier means that
 * the part does not match.  When a part matches, its choices are cut out of
 * the stack while its undo entries stay, so that a failure further down still
 * restores everything.  `repeat` is the innermost active REPEAT; choices
 * remember it.
 */

#define AT_SUBJECT(i) ((Py_UCS4)text[i])

/* ---- units: what matches exactly one character -------------------------- */

static inline int
NAME(unit_matches)(const SRECode *pc, Py_UCS4 ch)
{
    switch (pc[0]) {
    case OP_LITERAL:
        return ch == pc[1];
    case OP_NOT_LITERAL:
        return ch != pc[1];
    case OP_ANY:
        return ch != '\n';
    case OP_ANY_ALL:
        return 1;
    case OP_CATEGORY:
        return sre_in_category(pc[1], ch);
    case OP_IN:
        return sre_in_charset(pc + 2, ch);
    case OP_IN_IGNORE:
        return sre_in_charset(pc + 2, sre_lower_ascii(ch));
    case OP_IN_UNI_IGNORE:
        return sre_in_charset(pc + 2, sre_lower_unicode(ch));
    case OP_IN_LOC_IGNORE:
        return sre_in_charset_locale(pc + 2, ch);
    case OP_LITERAL_IGNORE:
        return sre_lower_ascii(ch) == pc[1];
    case OP_NOT_LITERAL_IGNORE:
        return sre_lower_ascii(ch) != pc[1];
    case OP_LITERAL_UNI_IGNORE:
        return sre_lower_unicode(ch) == pc[1];
    case OP_NOT_LITERAL_UNI_IGNORE:
        return sre_lower_unicode(ch) != pc[1];
    case OP_LITERAL_LOC_IGNORE:
    case OP_NOT_LITERAL_LOC_IGNORE: {
        int same = ch == pc[1] || sre_lower_locale(ch) == pc[1] ||
                   sre_upper_locale(ch) == pc[1];
        return same == (pc[0] == OP_LITERAL_LOC_IGNORE);
    }
    default:
        return 0;
    }
}

/* Where characters of the category from i on end. */
static Py_ssize_t
NAME(skip_category)(const CHAR *text, Py_ssize_t i, Py_ssize_t end,
                    SRECode category)
{
#define SKIP_WHILE(condition)              \
    while (i < end && (condition)) {       \
        i++;                               \
    }                                      \
    break
    switch (category) {
    case CATEGORY_UNI_WORD:
        SKIP_WHILE(is_unicode_word(AT_SUBJECT(i)));
    case CATEGORY_UNI_SPACE:
        SKIP_WHILE(is_unicode_space(AT_SUBJECT(i)));
    case CATEGORY_UNI_NOT_SPACE:
        SKIP_WHILE(!is_unicode_space(AT_SUBJECT(i)));
    case CATEGORY_UNI_DIGIT:
        SKIP_WHILE(is_unicode_digit(AT_SUBJECT(i)));
    case CATEGORY_WORD:
        SKIP_WHILE(is_ascii_class(AT_SUBJECT(i), C_WORD));
    default:
        SKIP_WHILE(sre_in_category(category, AT_SUBJECT(i)));
    }
#undef SKIP_WHILE
    return i;
}

/* How many characters from `at` on match the unit, at most `limit`. */
static Py_ssize_t
NAME(count_units)(SREState *state, const SRECode *pc, Py_ssize_t at,
                  Py_ssize_t limit)
{
    const CHAR *text = state->data;
    Py_ssize_t end = state->end, i = at;

    if (limit < end - at) {
        end = at + limit;
    }
    switch (pc[0]) {
    case OP_ANY_ALL:
        i = end;
        break;
    case OP_ANY:
        if (sizeof(CHAR) == 1) {
            const void *found = end > i ? memchr(text + i, '\n',
                                                 (size_t)(end - i))
                                        : NULL;
            i = found == NULL ? end : (const CHAR *)found - text;
            break;
        }
        while (i < end && text[i] != '\n') {
            i++;
        }
        break;
    case OP_LITERAL: {
        CHAR ch = (CHAR)pc[1];
        if ((SRECode)ch == pc[1]) {
            while (i < end && text[i] == ch) {
                i++;
            }
        }
        break;
    }
    case OP_NOT_LITERAL: {
        CHAR ch = (CHAR)pc[1];
        if ((SRECode)ch != pc[1]) {
            i = end;
            break;
        }
        if (sizeof(CHAR) == 1 && end - i > 16) {
            const void *found = memchr(text + i, ch, (size_t)(end - i));
            i = found == NULL ? end : (const CHAR *)found - text;
            break;
        }
        while (i < end && text[i] != ch) {
            i++;
        }
        break;
    }
    case OP_IN:
        if (pc[2] == OP_CHARSET && pc[11] == OP_FAILURE) {
            const SRECode *bits = pc + 3;
            while (i < end && AT_SUBJECT(i) < 256 &&
                   (bits[text[i] >> 5] >> (text[i] & 31) & 1)) {
                i++;
            }
        }
        else if (pc[2] == OP_CATEGORY && pc[4] == OP_FAILURE) {
            i = NAME(skip_category)(text, i, end, pc[3]);
        }
        else {
            while (i < end && sre_in_charset(pc + 2, AT_SUBJECT(i))) {
                i++;
            }
        }
        break;
    default:
        while (i < end && NAME(unit_matches)(pc, AT_SUBJECT(i))) {
            i++;
        }
    }
    return i - at;
}

/* The last place of the character in [first, last], or first - 1.  There is a
 * character at `last`. */
static Py_ssize_t
NAME(find_back)(const CHAR *text, Py_ssize_t first, Py_ssize_t last,
                SRECode ch)
{
    if ((SRECode)(CHAR)ch != ch) {
        return first - 1;
    }
    if (sizeof(CHAR) == 1) {
        const CHAR *found = last < first
            ? NULL
            : memrchr(text + first, (int)ch, (size_t)(last - first + 1));
        return found == NULL ? first - 1 : found - text;
    }
    while (last >= first && text[last] != (CHAR)ch) {
        last--;
    }
    return last;
}

/* ---- positions ---------------------------------------------------------- */

static int
NAME(at_boundary)(SREState *state, Py_ssize_t at, int (*is_word)(Py_UCS4))
{
    const CHAR *text = state->data;
    int before = at > 0 && is_word(text[at - 1]);
    int after = at < state->end && is_word(text[at]);

    return before != after;
}

static int
NAME(is_at)(SREState *state, Py_ssize_t at, SRECode code)
{
    const CHAR *text = state->data;

    switch (code) {
    case AT_BEGINNING:
    case AT_BEGINNING_STRING:
        return at == 0;
    case AT_BEGINNING_LINE:
        return at == 0 || text[at - 1] == '\n';
    case AT_END:
        return at == state->end ||
               (at + 1 == state->end && text[at] == '\n');
    case AT_END_LINE:
        return at == state->end || text[at] == '\n';
    case AT_END_STRING:
        return at == state->end;
    default:
        break;
    }
    if (state->end == 0) {
        return 0;              /* no boundaries, and no non-boundaries */
    }
    switch (code) {
    case AT_BOUNDARY:
        return NAME(at_boundary)(state, at, sre_is_word_ascii);
    case AT_NON_BOUNDARY:
        return !NAME(at_boundary)(state, at, sre_is_word_ascii);
    case AT_LOC_BOUNDARY:
        return NAME(at_boundary)(state, at, sre_is_word_locale);
    case AT_LOC_NON_BOUNDARY:
        return !NAME(at_boundary)(state, at, sre_is_word_locale);
    case AT_UNI_BOUNDARY:
        return NAME(at_boundary)(state, at, sre_is_word_unicode);
    default:
        return !NAME(at_boundary)(state, at, sre_is_word_unicode);
    }
}

static Py_UCS4
NAME(identity)(Py_UCS4 ch)
{
    return ch;
}

/* The text of a group again: where it ends, or -1. */
static Py_ssize_t
NAME(match_group)(SREState *state, SRECode group, Py_ssize_t at,
                  Py_UCS4 (*fold)(Py_UCS4))
{
    const CHAR *text = state->data;
    Py_ssize_t from = state->marks[2 * group],
               to = state->marks[2 * group + 1];

    if (from < 0 || to < from || to - from > state->end - at) {
        return -1;
    }
    for (; from < to; from++, at++) {
        if (text[from] != text[at] && fold(text[from]) != fold(text[at])) {
            return -1;
        }
    }
    return at;
}

/* ---- the loop ----------------------------------------------------------- */

/* Pushes an entry.  Only inside the matcher. */
#define PUSH(...)                                                         \
    do {                                                                  \
        if (state->stack_size == state->stack_allocated &&                \
            sre_grow_stack(state) < 0) {                                  \
            return SRE_ERROR_MEMORY;                                      \
        }                                                                 \
        state->stack[state->stack_size++] = (SREEntry){__VA_ARGS__};      \
    } while (0)

/* Removes the choices above the barrier, and the barrier. */
static void
NAME(cut)(SREState *state, Py_ssize_t barrier)
{
    Py_ssize_t kept = barrier;

    if (barrier > 0) {
        for (Py_ssize_t i = barrier + 1; i < state->stack_size; i++) {
            if (state->stack[i].kind <= UNDO_NEW) {
                state->stack[kept++] = state->stack[i];
            }
        }
    }
    state->stack_size = kept;
}

/* Matches code from `pc` on at state->start. */
static int
NAME(match)(SREState *state, uint32_t pc)
{
    const SRECode *code = state->code;
    const CHAR *text = state->data;
    const Py_ssize_t end = state->end;
    Py_ssize_t at = state->start, barrier = -1;
    int32_t repeat = -1;

    state->stack_size = 0;
    state->repeat_count = 0;
    for (;;) {
        const SRECode *op = code + pc;
        switch (op[0]) {
        case OP_MARK: {
            Py_ssize_t mark = op[1];
            if (state->stack_size > 0) {
                PUSH(.kind = UNDO_MARK, .a = mark, .b = state->marks[mark],
                     .extra = (int32_t)state->lastindex);
            }
            state->marks[mark] = at;
            state->marks_dirty = 1;
            if (mark & 1) {
                state->lastindex = mark / 2 + 1;
            }
            pc += 2;
            continue;
        }
        case OP_LITERAL:
            if (at >= end || AT_SUBJECT(at) != op[1]) {
                goto fail;
            }
            at++;
            pc += 2;
            continue;
        case OP_NOT_LITERAL:
        case OP_LITERAL_IGNORE:
        case OP_NOT_LITERAL_IGNORE:
        case OP_LITERAL_UNI_IGNORE:
        case OP_NOT_LITERAL_UNI_IGNORE:
        case OP_LITERAL_LOC_IGNORE:
        case OP_NOT_LITERAL_LOC_IGNORE:
        case OP_CATEGORY:
            if (at >= end || !NAME(unit_matches)(op, AT_SUBJECT(at))) {
                goto fail;
            }
            at++;
            pc += 2;
            continue;
        case OP_ANY:
            if (at >= end || text[at] == '\n') {
                goto fail;
            }
            at++;
            pc += 1;
            continue;
        case OP_ANY_ALL:
            if (at >= end) {
                goto fail;
            }
            at++;
            pc += 1;
            continue;
        case OP_IN:
            if (at >= end || !sre_in_charset(op + 2, AT_SUBJECT(at))) {
                goto fail;
            }
            at++;
            pc += 1 + op[1];
            continue;
        case OP_IN_IGNORE:
        case OP_IN_UNI_IGNORE:
        case OP_IN_LOC_IGNORE:
            if (at >= end || !NAME(unit_matches)(op, AT_SUBJECT(at))) {
                goto fail;
            }
            at++;
            pc += 1 + op[1];
            continue;
        case OP_AT:
            if (!NAME(is_at)(state, at, op[1])) {
                goto fail;
            }
            pc += 2;
            continue;
        case OP_JUMP:
        case OP_INFO:
            pc += 1 + op[1];
            continue;
        case OP_BRANCH:
            pc += 1;
            goto branch;
        case OP_REPEAT_ONE:
        case OP_POSSESSIVE_REPEAT_ONE: {
            Py_ssize_t min = op[2], max = op[3];
            if (end - at < min) {
                goto fail;
            }
            Py_ssize_t count = NAME(count_units)(
                state, op + 4, at, max == SRE_MAXREPEAT ? PY_SSIZE_T_MAX
                                                        : max);
            if (count < min) {
                goto fail;
            }
            pc += 1 + op[1];
            if (op[0] == OP_REPEAT_ONE && count > min) {
                PUSH(.kind = CHOICE_GREEDY, .pc = pc, .repeat = repeat,
                     .a = at + count, .b = at + min);
            }
            at += count;
            continue;
        }
        case OP_MIN_REPEAT_ONE: {
            Py_ssize_t min = op[2], max = op[3];
            if (end - at < min ||
                (min > 0 &&
                 NAME(count_units)(state, op + 4, at, min) < min)) {
                goto fail;
            }
            at += min;
            if (min < max) {
                PUSH(.kind = CHOICE_LAZY, .pc = pc, .repeat = repeat, .a = at,
                     .b = min);
            }
            pc += 1 + op[1];
            continue;
        }
        case OP_REPEAT: {
            if (state->repeat_count == state->repeats_allocated &&
                sre_grow_repeats(state) < 0) {
                return SRE_ERROR_MEMORY;
            }
            if (state->stack_size > 0) {
                PUSH(.kind = UNDO_NEW, .a = state->repeat_count);
            }
            state->repeats[state->repeat_count] = (SRERepeat){
                .pc = pc + 1, .outer = repeat, .count = -1, .last = -1};
            repeat = (int32_t)state->repeat_count++;
            pc += 1 + op[1];
            continue;
        }
        case OP_MAX_UNTIL: {
            if (repeat < 0) {
                return SRE_ERROR_CODE;
            }
            SRERepeat *r = &state->repeats[repeat];
            Py_ssize_t count = r->count + 1;
            Py_ssize_t min = code[r->pc + 1], max = code[r->pc + 2];
            if (count < min) {
                if (state->stack_size > 0) {
                    PUSH(.kind = UNDO_REPEAT, .repeat = repeat,
                         .a = r->count, .b = r->last);
                }
                r->count = count;
                pc = r->pc + 3;
                continue;
            }
            if ((count < max || max == SRE_MAXREPEAT) && at != r->last) {
                PUSH(.kind = CHOICE, .pc = pc + 1, .repeat = r->outer,
                     .a = at);
                PUSH(.kind = UNDO_REPEAT, .repeat = repeat, .a = r->count,
                     .b = r->last);
                r->count = count;
                r->last = at;
                pc = r->pc + 3;
                continue;
            }
            repeat = r->outer;
            pc += 1;
            continue;
        }
        case OP_MIN_UNTIL: {
            if (repeat < 0) {
                return SRE_ERROR_CODE;
            }
            SRERepeat *r = &state->repeats[repeat];
            Py_ssize_t count = r->count + 1;
            Py_ssize_t min = code[r->pc + 1];
            if (count < min) {
                if (state->stack_size > 0) {
                    PUSH(.kind = UNDO_REPEAT, .repeat = repeat,
                         .a = r->count, .b = r->last);
                }
                r->count = count;
                pc = r->pc + 3;
                continue;
            }
            PUSH(.kind = CHOICE_LAZY_BODY, .pc = pc, .repeat = repeat,
                 .a = at);
            repeat = r->outer;
            pc += 1;
            continue;
        }
        case OP_ASSERT:
        case OP_ASSERT_NOT: {
            Py_ssize_t back = op[2];
            if (at < back) {
                if (op[0] == OP_ASSERT) {
                    goto fail;
                }
                pc += 1 + op[1];
                continue;
            }
            PUSH(.kind = BARRIER, .pc = pc, .repeat = repeat, .a = at,
                 .extra = (int32_t)barrier);
            barrier = state->stack_size - 1;
            at -= back;
            pc += 3;
            continue;
        }
        case OP_ATOMIC_GROUP:
            PUSH(.kind = BARRIER, .pc = pc, .repeat = repeat, .a = at,
                 .extra = (int32_t)barrier);
            barrier = state->stack_size - 1;
            pc += 2;
            continue;
        case OP_POSSESSIVE_REPEAT:
            if (op[3] == 0) {
                pc += 2 + op[1];
                continue;
            }
            PUSH(.kind = BARRIER, .pc = pc, .repeat = repeat, .a = at, .b = 0,
                 .extra = (int32_t)barrier);
            barrier = state->stack_size - 1;
            pc += 4;
            continue;
        case OP_GROUPREF:
        case OP_GROUPREF_IGNORE:
        case OP_GROUPREF_UNI_IGNORE:
        case OP_GROUPREF_LOC_IGNORE:
            at = NAME(match_group)(
                state, op[1], at,
                op[0] == OP_GROUPREF              ? NAME(identity)
                : op[0] == OP_GROUPREF_IGNORE     ? sre_lower_ascii
                : op[0] == OP_GROUPREF_UNI_IGNORE ? sre_lower_unicode
                                                  : sre_lower_locale);
            if (at < 0) {
                goto fail;
            }
            pc += 2;
            continue;
        case OP_GROUPREF_EXISTS: {
            Py_ssize_t from = state->marks[2 * op[1]];
            Py_ssize_t to = state->marks[2 * op[1] + 1];
            pc += from < 0 || to < from ? 1 + op[2] : 3;
            continue;
        }
        case OP_SUCCESS:
            if (barrier < 0) {
                if ((state->whole && at != end) ||
                    (state->must_advance && at == state->start)) {
                    goto fail;
                }
                state->at = at;
                return 1;
            }
            goto part_matches;
        case OP_FAILURE:
            goto fail;
        default:
            return SRE_ERROR_CODE;
        }

    part_matches: {
        SREEntry entry = state->stack[barrier];
        const SRECode *owner = code + entry.pc;
        if (owner[0] == OP_ASSERT_NOT) {
            /* Undo everything of the part, and fail before it. */
            while (state->stack_size > barrier + 1) {
                SREEntry *top = &state->stack[--state->stack_size];
                if (top->kind == UNDO_MARK) {
                    state->marks[top->a] = top->b;
                    state->lastindex = top->extra;
                }
                else if (top->kind == UNDO_REPEAT) {
                    state->repeats[top->repeat].count = top->a;
                    state->repeats[top->repeat].last = top->b;
                }
                else if (top->kind == UNDO_NEW) {
                    state->repeat_count = top->a;
                }
            }
            state->stack_size = barrier;
            barrier = entry.extra;
            goto fail;
        }
        NAME(cut)(state, barrier);
        barrier = entry.extra;
        repeat = entry.repeat;
        if (owner[0] == OP_ASSERT) {
            at = entry.a;
            pc = entry.pc + 1 + owner[1];
            continue;
        }
        if (owner[0] == OP_ATOMIC_GROUP) {
            pc = entry.pc + 1 + owner[1];
            continue;
        }
        /* A possessive repeat: once more, or on with what follows. */
        Py_ssize_t count = entry.b + 1;
        Py_ssize_t min = owner[2], max = owner[3];
        if (count < min ||
            ((count < max || max == SRE_MAXREPEAT) && at != entry.a)) {
            PUSH(.kind = BARRIER, .pc = entry.pc, .repeat = repeat, .a = at,
                 .b = count, .extra = (int32_t)barrier);
            barrier = state->stack_size - 1;
            pc = entry.pc + 4;
            continue;
        }
        pc = entry.pc + 2 + owner[1];
        continue;
    }

    branch: {
        /* pc is the skip word of an alternative: find one that can start
         * here, and note the next that can. */
        for (;; pc += code[pc]) {
            if (code[pc] == 0) {
                goto fail;
            }
            const SRECode *first = code + pc + 1;
            if ((first[0] == OP_LITERAL &&
                 (at >= end || AT_SUBJECT(at) != first[1])) ||
                (first[0] == OP_IN &&
                 (at >= end || !sre_in_charset(first + 2, AT_SUBJECT(at))))) {
                continue;
            }
            break;
        }
        uint32_t next = pc + code[pc];
        if (code[next] != 0) {
            PUSH(.kind = CHOICE_BRANCH, .pc = next, .repeat = repeat, .a = at);
        }
        pc += 1;
        continue;
    }

    fail:
        if (!(++state->ticks & 0xfff) && PyErr_CheckSignals() < 0) {
            return SRE_ERROR_INTERRUPTED;
        }
    next_entry:
        if (state->stack_size == 0) {
            return 0;
        }
        SREEntry *top = &state->stack[state->stack_size - 1];
        switch (top->kind) {
        case UNDO_MARK:
            state->marks[top->a] = top->b;
            state->lastindex = top->extra;
            state->stack_size--;
            goto next_entry;
        case UNDO_REPEAT:
            state->repeats[top->repeat].count = top->a;
            state->repeats[top->repeat].last = top->b;
            state->stack_size--;
            goto next_entry;
        case UNDO_NEW:
            state->repeat_count = top->a;
            state->stack_size--;
            goto next_entry;
        case CHOICE:
            pc = top->pc;
            at = top->a;
            repeat = top->repeat;
            state->stack_size--;
            continue;
        case CHOICE_BRANCH:
            pc = top->pc;
            at = top->a;
            repeat = top->repeat;
            state->stack_size--;
            goto branch;
        case CHOICE_GREEDY: {
            const SRECode *tail = code + top->pc;
            Py_ssize_t i = top->a - 1;
            if (tail[0] == OP_LITERAL) {
                i = NAME(find_back)(text, top->b, i, tail[1]);
            }
            if (i < top->b) {
                state->stack_size--;
                goto next_entry;
            }
            pc = top->pc;
            repeat = top->repeat;
            at = i;
            top->a = i;
            if (i == top->b) {
                state->stack_size--;
            }
            continue;
        }
        case CHOICE_LAZY: {
            const SRECode *owner = code + top->pc;
            const SRECode *tail = owner + 1 + owner[1];
            Py_ssize_t max = owner[3] == SRE_MAXREPEAT ? PY_SSIZE_T_MAX
                                                       : (Py_ssize_t)owner[3];
            do {
                if (top->b >= max || top->a >= end ||
                    !NAME(unit_matches)(owner + 4, AT_SUBJECT(top->a))) {
                    state->stack_size--;
                    goto next_entry;
                }
                top->a++;
                top->b++;
            } while (tail[0] == OP_LITERAL &&
                     (top->a >= end || AT_SUBJECT(top->a) != tail[1]));
            pc = (uint32_t)(tail - code);
            at = top->a;
            repeat = top->repeat;
            continue;
        }
        case CHOICE_LAZY_BODY: {
            SREEntry entry = *top;
            SRERepeat *r = &state->repeats[entry.repeat];
            Py_ssize_t max = code[r->pc + 2];
            state->stack_size--;
            if ((r->count + 1 >= max && max != SRE_MAXREPEAT) ||
                entry.a == r->last) {
                goto next_entry;
            }
            if (state->stack_size > 0) {
                PUSH(.kind = UNDO_REPEAT, .repeat = entry.repeat,
                     .a = r->count, .b = r->last);
            }
            repeat = entry.repeat;
            at = entry.a;
            r->count++;
            r->last = at;
            pc = r->pc + 3;
            continue;
        }
        default: {                     /* BARRIER: the part does not match */
            const SRECode *owner = code + top->pc;
            barrier = top->extra;
            at = top->a;
            repeat = top->repeat;
            pc = top->pc;
            Py_ssize_t count = top->b;
            state->stack_size--;
            if (owner[0] == OP_ASSERT_NOT) {
                pc += 1 + owner[1];
                continue;
            }
            if (owner[0] == OP_POSSESSIVE_REPEAT &&
                count >= (Py_ssize_t)owner[2]) {
                pc += 2 + owner[1];
                continue;
            }
            goto next_entry;
        }
        }
    }
}

#undef PUSH

/* ---- searching ---------------------------------------------------------- */

/* The first place from `at` on, before `limit`, where the literal prefix
 * stands; -1 if nowhere. */
static Py_ssize_t
NAME(find_prefix)(SREState *state, const SRECode *prefix, Py_ssize_t n,
                  Py_ssize_t at, Py_ssize_t limit)
{
    const CHAR *text = state->data;
    CHAR first = (CHAR)prefix[0];

    if ((SRECode)first != prefix[0]) {
        return -1;
    }
    for (; at < limit; at++) {
        if (sizeof(CHAR) == 1) {
            const void *found = memchr(text + at, first,
                                       (size_t)(limit - at));
            if (found == NULL) {
                return -1;
            }
            at = (const CHAR *)found - text;
        }
        else if (text[at] != first) {
            continue;
        }
        Py_ssize_t i = 1;
        while (i < n && AT_SUBJECT(at + i) == prefix[i]) {
            i++;
        }
        if (i == n) {
            return at;
        }
    }
    return -1;
}

/* As find_prefix for long prefixes (Knuth, Morris, Pratt). */
static Py_ssize_t
NAME(find_long_prefix)(SREState *state, const SRECode *prefix, Py_ssize_t n,
                       Py_ssize_t at)
{
    const CHAR *text = state->data;
    const SRECode *overlap = prefix + n;
    Py_ssize_t i = 0;

    for (; at < state->end; at++) {
        while (i > 0 && AT_SUBJECT(at) != prefix[i]) {
            i = overlap[i - 1];
        }
        if (AT_SUBJECT(at) == prefix[i] && ++i == n) {
            return at - n + 1;
        }
    }
    return -1;
}

static int
NAME(match_at)(SREState *state, uint32_t pc, Py_ssize_t at)
{
    if (state->marks_dirty) {
        sre_state_reset(state);
    }
    state->start = at;
    return NAME(match)(state, pc);
}

/* Searches from state->start on. */
static int
NAME(search)(SREState *state)
{
    const SRECode *code = state->code;
    const CHAR *text = state->data;
    const SRECode *prefix = NULL, *charset = NULL;
    Py_ssize_t prefix_length = 0, at = state->start, min = 0;
    uint32_t pc = 0;
    int status, flags = 0;

    if (at > state->end) {
        return 0;
    }
    if (code[0] == OP_INFO) {
        flags = (int)code[2];
        min = code[3];
        if (flags & INFO_PREFIX) {
            prefix_length = code[5];
            prefix = code + 7;
        }
        else if (flags & INFO_CHARSET) {
            charset = code + 5;
        }
        pc = 1 + code[1];
    }
    /* Later starts leave no room for a match. */
    if (min > state->end - at) {
        return 0;
    }
    Py_ssize_t last = state->end - min;
    int anchored = code[pc] == OP_AT && (code[pc + 1] == AT_BEGINNING ||
                                         code[pc + 1] == AT_BEGINNING_STRING);
    if (state->must_advance) {
        status = NAME(match_at)(state, pc, at);
        state->must_advance = 0;
        if (status != 0 || anchored) {
            return status;
        }
        at++;
    }
    for (; at <= last; at++) {
        if (prefix != NULL) {
            at = prefix_length > 8
                     ? NAME(find_long_prefix)(state, prefix, prefix_length, at)
                     : NAME(find_prefix)(state, prefix, prefix_length, at,
                                         state->end - prefix_length + 1);
            if (at < 0) {
                return 0;
            }
            if (flags & INFO_LITERAL) {
                state->start = at;
                state->at = at + prefix_length;
                return 1;
            }
        }
        else if (charset != NULL) {
            if (charset[0] == OP_CHARSET && charset[9] == OP_FAILURE) {
                const SRECode *bits = charset + 1;
                while (at < state->end &&
                       (AT_SUBJECT(at) > 255 ||
                        !(bits[text[at] >> 5] >> (text[at] & 31) & 1))) {
                    at++;
                }
            }
            else {
                while (at < state->end && !sre_in_charset(charset,
                                                          AT_SUBJECT(at))) {
                    at++;
                }
            }
            if (at >= state->end) {
                return 0;
            }
        }
        status = NAME(match_at)(state, pc, at);
        if (status != 0) {
            return status;
        }
        if (anchored) {
            return 0;
        }
    }
    return 0;
}

#undef AT_SUBJECT
#undef CHAR
#undef NAME
