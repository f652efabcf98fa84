/* _sre: checks compiled code before it is run, so that no code, however it
 * was made, can lead the matcher out of the code, the groups or the string.
 *
 * Each region [pc, end) must consist of whole operators; what the compiler
 * puts at the end of a nested region (SUCCESS, JUMP, UNTIL) is checked by the
 * operator that owns the region.
 */
#include "engine.h"

typedef struct {
    const SRECode *code;
    Py_ssize_t groups;
    Py_ssize_t work;              /* steps left, against exponential code */
    int depth;
} Checker;

#define MAX_DEPTH 4000

static int check_region(Checker *c, Py_ssize_t pc, Py_ssize_t end);

static int
all_below(const unsigned char *numbers, int count, Py_ssize_t limit)
{
    for (int i = 0; i < count; i++) {
        if (numbers[i] >= limit) {
            return 0;
        }
    }
    return 1;
}

/* The set [pc, end), with its FAILURE. */
static int
check_charset(Checker *c, Py_ssize_t pc, Py_ssize_t end)
{
    const SRECode *code = c->code;

    while (pc < end) {
        SRECode op = code[pc++];
        switch (op) {
        case OP_FAILURE:
            return pc == end;
        case OP_NEGATE:
            break;
        case OP_LITERAL:
            pc++;
            break;
        case OP_RANGE:
        case OP_RANGE_UNI_IGNORE:
            pc += 2;
            break;
        case OP_CHARSET:
            pc += 8;
            break;
        case OP_CATEGORY:
            if (pc >= end || code[pc] >= CATEGORY_COUNT) {
                return 0;
            }
            pc++;
            break;
        case OP_BIGCHARSET: {
            if (end - pc < 65) {
                return 0;
            }
            Py_ssize_t blocks = code[pc++];
            const unsigned char *index = (const unsigned char *)(code + pc);
            pc += 64;
            if (!all_below(index, 256, blocks) || blocks > (end - pc) / 8) {
                return 0;
            }
            pc += blocks * 8;
            break;
        }
        default:
            return 0;
        }
    }
    return 0;
}

/* [INFO] skip flags min max [length skip prefix overlap | charset] */
static int
check_info(Checker *c, Py_ssize_t pc, Py_ssize_t target)
{
    const SRECode *code = c->code;
    SRECode flags;

    if (target - pc < 5) {
        return 0;
    }
    flags = code[pc + 2];
    if ((flags & ~7u) || ((flags & INFO_PREFIX) && (flags & INFO_CHARSET)) ||
        ((flags & INFO_LITERAL) && !(flags & INFO_PREFIX))) {
        return 0;
    }
    pc += 5;
    if (flags & INFO_CHARSET) {
        return check_charset(c, pc, target);
    }
    if (!(flags & INFO_PREFIX)) {
        return pc == target;
    }
    if (target - pc < 2) {
        return 0;
    }
    Py_ssize_t length = code[pc], skip = code[pc + 1];
    pc += 2;
    if (length < 1 || skip > length || target - pc != 2 * length) {
        return 0;
    }
    for (Py_ssize_t i = 0; i < length; i++) {
        if (code[pc + length + i] > (SRECode)i) {
            return 0;
        }
    }
    return 1;
}

/* Whether [pc, end) is one operator that matches one character. */
static int
check_unit(Checker *c, Py_ssize_t pc, Py_ssize_t end)
{
    switch (c->code[pc]) {
    case OP_ANY:
    case OP_ANY_ALL:
        return end - pc == 1;
    case OP_CATEGORY:
        return end - pc == 2 && c->code[pc + 1] < CATEGORY_COUNT;
    case OP_LITERAL:
    case OP_NOT_LITERAL:
    case OP_LITERAL_IGNORE:
    case OP_NOT_LITERAL_IGNORE:
    case OP_LITERAL_UNI_IGNORE:
    case OP_NOT_LITERAL_UNI_IGNORE:
    case OP_LITERAL_LOC_IGNORE:
    case OP_NOT_LITERAL_LOC_IGNORE:
        return end - pc == 2;
    case OP_IN:
    case OP_IN_IGNORE:
    case OP_IN_UNI_IGNORE:
    case OP_IN_LOC_IGNORE:
        return end - pc >= 3 &&
               (Py_ssize_t)c->code[pc + 1] == end - pc - 1 &&
               check_charset(c, pc + 2, end);
    default:
        return 0;
    }
}

/* The alternatives from the skip word at pc on: the place behind, or -1. */
static Py_ssize_t
check_branch(Checker *c, Py_ssize_t pc, Py_ssize_t end)
{
    const SRECode *code = c->code;
    Py_ssize_t target = -1;

    for (;;) {
        if (pc >= end) {
            return -1;
        }
        Py_ssize_t skip = code[pc];
        if (skip == 0) {
            return target == pc + 1 ? target : -1;
        }
        if (skip < 3 || skip >= end - pc ||
            code[pc + skip - 2] != OP_JUMP ||
            !check_region(c, pc + 1, pc + skip - 2)) {
            return -1;
        }
        Py_ssize_t jump = pc + skip - 1;
        if ((Py_ssize_t)code[jump] > end - jump) {
            return -1;
        }
        if (target == -1) {
            target = jump + code[jump];
        }
        else if (target != jump + (Py_ssize_t)code[jump]) {
            return -1;
        }
        pc += skip;
    }
}

/* [GROUPREF_EXISTS] group skip yes [JUMP skip no]: the place behind, or -1. */
static Py_ssize_t
check_conditional(Checker *c, Py_ssize_t pc, Py_ssize_t end)
{
    const SRECode *code = c->code;

    if (end - pc < 3 || (Py_ssize_t)code[pc + 1] >= c->groups) {
        return -1;
    }
    Py_ssize_t skip = code[pc + 2], target = pc + 1 + skip;
    if (skip < 2 || skip > end - pc - 1) {
        return -1;
    }
    if (target - 2 >= pc + 3 && code[target - 2] == OP_JUMP) {
        Py_ssize_t jump = code[target - 1];
        if (jump >= 1 && jump <= end - (target - 1) &&
            check_region(c, pc + 3, target - 2) &&
            check_region(c, target, target - 1 + jump)) {
            return target - 1 + jump;
        }
    }
    return check_region(c, pc + 3, target) ? target : -1;
}

/* An operator with a skip word at pc + 1: the place behind, or -1. */
static Py_ssize_t
check_nested(Checker *c, Py_ssize_t pc, Py_ssize_t end)
{
    const SRECode *code = c->code;
    SRECode op = code[pc];

    if (end - pc < 3) {
        return -1;
    }
    Py_ssize_t skip = code[pc + 1], target = pc + 1 + skip;
    if (skip < 1 || skip > end - pc - 1) {
        return -1;
    }
    if (op == OP_INFO) {
        return check_info(c, pc, target) ? target : -1;
    }
    if (op == OP_ATOMIC_GROUP) {
        return target - 1 >= pc + 2 && code[target - 1] == OP_SUCCESS &&
                       check_region(c, pc + 2, target - 1)
                   ? target : -1;
    }
    if (op == OP_ASSERT || op == OP_ASSERT_NOT) {
        return target - 1 >= pc + 3 && code[target - 1] == OP_SUCCESS &&
                       !(code[pc + 2] & 0x80000000u) &&
                       check_region(c, pc + 3, target - 1)
                   ? target : -1;
    }
    /* Repeats: skip min max item */
    if (target < pc + 4 || code[pc + 2] > code[pc + 3]) {
        return -1;
    }
    if (op == OP_REPEAT_ONE || op == OP_MIN_REPEAT_ONE ||
        op == OP_POSSESSIVE_REPEAT_ONE) {
        return target - 1 > pc + 4 && code[target - 1] == OP_SUCCESS &&
                       check_unit(c, pc + 4, target - 1)
                   ? target : -1;
    }
    if (target >= end || !check_region(c, pc + 4, target)) {
        return -1;
    }
    if (op == OP_POSSESSIVE_REPEAT) {
        return code[target] == OP_SUCCESS ? target + 1 : -1;
    }
    return code[target] == OP_MAX_UNTIL || code[target] == OP_MIN_UNTIL
               ? target + 1 : -1;
}

/* The operator at pc: the place behind it, or -1. */
static Py_ssize_t
check_operator(Checker *c, Py_ssize_t pc, Py_ssize_t end)
{
    const SRECode *code = c->code;

    switch (code[pc]) {
    case OP_FAILURE:
    case OP_SUCCESS:
    case OP_ANY:
    case OP_ANY_ALL:
        return pc + 1;
    case OP_MARK:
        return end - pc >= 2 && (Py_ssize_t)code[pc + 1] < 2 * c->groups
                   ? pc + 2 : -1;
    case OP_LITERAL:
    case OP_NOT_LITERAL:
    case OP_LITERAL_IGNORE:
    case OP_NOT_LITERAL_IGNORE:
    case OP_LITERAL_UNI_IGNORE:
    case OP_NOT_LITERAL_UNI_IGNORE:
    case OP_LITERAL_LOC_IGNORE:
    case OP_NOT_LITERAL_LOC_IGNORE:
        return end - pc >= 2 ? pc + 2 : -1;
    case OP_AT:
        return end - pc >= 2 && code[pc + 1] < AT_COUNT ? pc + 2 : -1;
    case OP_CATEGORY:
        return end - pc >= 2 && code[pc + 1] < CATEGORY_COUNT ? pc + 2 : -1;
    case OP_IN:
    case OP_IN_IGNORE:
    case OP_IN_UNI_IGNORE:
    case OP_IN_LOC_IGNORE: {
        if (end - pc < 3 || (Py_ssize_t)code[pc + 1] > end - pc - 1) {
            return -1;
        }
        Py_ssize_t target = pc + 1 + code[pc + 1];
        return target > pc + 2 && check_charset(c, pc + 2, target) ? target
                                                                   : -1;
    }
    case OP_GROUPREF:
    case OP_GROUPREF_IGNORE:
    case OP_GROUPREF_UNI_IGNORE:
    case OP_GROUPREF_LOC_IGNORE:
        return end - pc >= 2 && (Py_ssize_t)code[pc + 1] < c->groups ? pc + 2
                                                                     : -1;
    case OP_GROUPREF_EXISTS:
        return check_conditional(c, pc, end);
    case OP_BRANCH:
        return check_branch(c, pc + 1, end);
    case OP_INFO:
    case OP_ATOMIC_GROUP:
    case OP_ASSERT:
    case OP_ASSERT_NOT:
    case OP_REPEAT:
    case OP_POSSESSIVE_REPEAT:
    case OP_REPEAT_ONE:
    case OP_MIN_REPEAT_ONE:
    case OP_POSSESSIVE_REPEAT_ONE:
        return check_nested(c, pc, end);
    default:
        return -1;
    }
}

static int
check_region(Checker *c, Py_ssize_t pc, Py_ssize_t end)
{
    int valid = 0;

    if (pc > end || ++c->depth > MAX_DEPTH) {
        return 0;
    }
    while (pc < end) {
        if (--c->work < 0) {
            goto done;
        }
        pc = check_operator(c, pc, end);
        if (pc < 0) {
            goto done;
        }
    }
    valid = pc == end;
done:
    c->depth--;
    return valid;
}

int
sre_code_is_valid(const SRECode *code, Py_ssize_t size, Py_ssize_t groups)
{
    Checker c = {.code = code, .groups = groups, .work = 100 * size + 1000};

    if (groups < 0 || groups > SRE_MAXGROUPS || size < 1 ||
        size > INT32_MAX || code[size - 1] != OP_SUCCESS) {
        return 0;
    }
    /* INFO, and only one, stands first; the searcher trusts it. */
    return check_region(&c, 0, size - 1);
}
