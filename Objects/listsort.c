/* Sorting of lists: a stable, adaptive merge sort.
 *
 * The literature: T. Peters, "listsort" (2002): natural runs, galloping
 * merges; J. I. Munro and S. Wild, "Nearly-Optimal Mergesorts" (2018): the
 * order of merges by node powers ("powersort").
 *
 * The list is cut into runs, ascending or strictly descending (reversed in
 * place), short ones extended to `minrun` by binary insertion.  The stack of
 * pending runs is merged by powers: the power of the boundary between two
 * neighbouring runs is the depth at which their midpoints fall into different
 * halves of the array, as of a nearly balanced binary tree; runs on the stack
 * have strictly increasing powers.
 *
 * A merge copies the shorter run away, and gallops (exponential search) after
 * one side has won `min_gallop` times in a row.  If a comparison fails in the
 * middle, the copied items are put back, so that the list always holds a
 * permutation of its items.
 *
 * Keys and values are two parallel arrays (values NULL without a key).
 * Comparison is a function chosen by a pass over the keys: when all have one
 * simple type, the checks of the general comparison are left out.
 */
#include "Python.h"

#include "abstract.h"
#include "listsort.h"
#include "object.h"

#define MAX_PENDING 85                 /* more than log of any length */
#define MIN_GALLOP 7
#define TEMP_ITEMS 256

/* Keys and the values that move with them. */
typedef struct {
    PyObject **keys;
    PyObject **values;                 /* or NULL */
} Slice;

typedef struct {
    Slice base;
    Py_ssize_t len;
    int power;                         /* of the boundary to the next run */
} Run;

typedef struct sort_state {
    /* a < b: 1/0/-1.  Runs Python, unless the type is simple. */
    int (*less)(PyObject *a, PyObject *b, struct sort_state *state);
    PyTypeObject *type;                /* of all keys, if one */
    /* Tuples: how their first items compare. */
    int (*item_less)(PyObject *a, PyObject *b, struct sort_state *state);
    PyTypeObject *item_type;
    Py_ssize_t min_gallop;
    Py_ssize_t list_len;
    PyObject **base_keys;
    Slice temp;                        /* scratch of temp_len items */
    Py_ssize_t temp_len;
    Py_ssize_t pending_len;
    Run pending[MAX_PENDING];
    PyObject *temp_array[TEMP_ITEMS];
} SortState;

#define LESS(a, b) state->less(a, b, state)

/* ---- comparing ---- */

static int
less_general(PyObject *a, PyObject *b, SortState *state)
{
    return PyObject_RichCompareBool(a, b, Py_LT);
}

/* All keys have state->type: its tp_richcompare is called directly. */
static int
less_same_type(PyObject *a, PyObject *b, SortState *state)
{
    PyObject *result;
    int less;

    if (state->type->tp_richcompare == NULL ||
        Py_TYPE(a) != state->type || Py_TYPE(b) != state->type) {
        return PyObject_RichCompareBool(a, b, Py_LT);
    }
    result = state->type->tp_richcompare(a, b, Py_LT);
    if (result == Py_NotImplemented) {
        Py_DECREF(result);
        return PyObject_RichCompareBool(a, b, Py_LT);
    }
    if (result == NULL) {
        return -1;
    }
    less = PyBool_Check(result) ? result == Py_True : PyObject_IsTrue(result);
    Py_DECREF(result);
    return less;
}

/* Exact str of one byte per character. */
static int
less_latin(PyObject *a, PyObject *b, SortState *state)
{
    Py_ssize_t alen = PyUnicode_GET_LENGTH(a);
    Py_ssize_t blen = PyUnicode_GET_LENGTH(b);
    int order = memcmp(PyUnicode_DATA(a), PyUnicode_DATA(b),
                       (size_t)Py_MIN(alen, blen));

    return order != 0 ? order < 0 : alen < blen;
}

/* Exact ints of at most one digit. */
static int
less_small_int(PyObject *a, PyObject *b, SortState *state)
{
    Py_ssize_t x = Py_SIZE(a) == 0
                       ? 0 : Py_SIZE(a) * (Py_ssize_t)
                                 ((PyLongObject *)a)->ob_digit[0];
    Py_ssize_t y = Py_SIZE(b) == 0
                       ? 0 : Py_SIZE(b) * (Py_ssize_t)
                                 ((PyLongObject *)b)->ob_digit[0];

    return x < y;
}

static int
less_float(PyObject *a, PyObject *b, SortState *state)
{
    return PyFloat_AS_DOUBLE(a) < PyFloat_AS_DOUBLE(b);
}

/* Exact tuples, not empty, whose first items item_less compares. */
static int
less_tuple(PyObject *a, PyObject *b, SortState *state)
{
    Py_ssize_t alen = PyTuple_GET_SIZE(a), blen = PyTuple_GET_SIZE(b), i;

    for (i = 0; i < alen && i < blen; i++) {
        int equal = abstract_equal_plain(PyTuple_GET_ITEM(a, i),
                                         PyTuple_GET_ITEM(b, i));
        if (equal < 0) {
            equal = PyObject_RichCompareBool(PyTuple_GET_ITEM(a, i),
                                             PyTuple_GET_ITEM(b, i), Py_EQ);
        }
        if (equal < 0) {
            return -1;
        }
        if (!equal) {
            break;
        }
    }
    if (i >= alen || i >= blen) {
        return alen < blen;
    }
    if (i == 0) {
        return state->item_less(PyTuple_GET_ITEM(a, 0),
                                PyTuple_GET_ITEM(b, 0), state);
    }
    return PyObject_RichCompareBool(PyTuple_GET_ITEM(a, i),
                                    PyTuple_GET_ITEM(b, i), Py_LT);
}

/* Finds the comparison for `n` objects, step apart: of keys themselves, or of
 * the first items of tuples. */
static void
choose_comparison(SortState *state, PyObject **keys, Py_ssize_t n,
                  int in_tuples)
{
#define KEY(i) (in_tuples ? PyTuple_GET_ITEM(keys[i], 0) : keys[i])
    PyTypeObject *type = Py_TYPE(KEY(0));
    int same = 1, latin = type == &PyUnicode_Type;
    int small = type == &PyLong_Type;
    int (*less)(PyObject *, PyObject *, SortState *);

    for (Py_ssize_t i = 0; i < n && same; i++) {
        PyObject *key = KEY(i);
        same = Py_TYPE(key) == type;
        if (!same) {
            break;
        }
        if (small) {
            small = (size_t)(Py_SIZE(key) + 1) <= 2;
        }
        else if (latin) {
            latin = PyUnicode_KIND(key) == PyUnicode_1BYTE_KIND;
        }
    }
#undef KEY
    if (!same) {
        less = less_general;
    }
    else if (latin) {
        less = less_latin;
    }
    else if (small) {
        less = less_small_int;
    }
    else if (type == &PyFloat_Type) {
        less = less_float;
    }
    else {
        less = less_same_type;
    }
    if (in_tuples) {
        /* less_same_type looks at state->type, which is tuple's here. */
        state->item_less = less == less_same_type ? less_general : less;
        state->item_type = type;
    }
    else {
        state->less = less;
        state->type = type;
    }
}

static void
sort_prepare(SortState *state, Slice base, Py_ssize_t n)
{
    int tuples = 1;

    choose_comparison(state, base.keys, n, 0);
    if (state->type != &PyTuple_Type || state->less != less_same_type) {
        return;
    }
    for (Py_ssize_t i = 0; i < n && tuples; i++) {
        tuples = PyTuple_GET_SIZE(base.keys[i]) > 0;
    }
    if (tuples) {
        choose_comparison(state, base.keys, n, 1);
        /* A tuple in a tuple compares the general way. */
        state->less = less_tuple;
    }
}

/* ---- slices ---- */

static inline Slice
slice_at(Slice slice, Py_ssize_t offset)
{
    slice.keys += offset;
    if (slice.values != NULL) {
        slice.values += offset;
    }
    return slice;
}

static inline void
slice_copy(Slice to, Py_ssize_t i, Slice from, Py_ssize_t j, Py_ssize_t n)
{
    memcpy(to.keys + i, from.keys + j, (size_t)n * sizeof(PyObject *));
    if (to.values != NULL) {
        memcpy(to.values + i, from.values + j, (size_t)n * sizeof(PyObject *));
    }
}

static inline void
slice_move(Slice to, Py_ssize_t i, Slice from, Py_ssize_t j, Py_ssize_t n)
{
    memmove(to.keys + i, from.keys + j, (size_t)n * sizeof(PyObject *));
    if (to.values != NULL) {
        memmove(to.values + i, from.values + j,
                (size_t)n * sizeof(PyObject *));
    }
}

static inline void
slice_set(Slice to, Py_ssize_t i, Slice from, Py_ssize_t j)
{
    to.keys[i] = from.keys[j];
    if (to.values != NULL) {
        to.values[i] = from.values[j];
    }
}

static void
reverse_array(PyObject **low, Py_ssize_t n)
{
    PyObject **high = low + n - 1;

    for (; low < high; low++, high--) {
        PyObject *swap = *low;
        *low = *high;
        *high = swap;
    }
}

static void
slice_reverse(Slice slice, Py_ssize_t n)
{
    reverse_array(slice.keys, n);
    if (slice.values != NULL) {
        reverse_array(slice.values, n);
    }
}

/* ---- runs ---- */

/* Sorts n items of which the first `sorted` are in order. */
static int
binary_insertion(SortState *state, Slice run, Py_ssize_t n, Py_ssize_t sorted)
{
    for (Py_ssize_t i = sorted; i < n; i++) {
        Py_ssize_t low = 0, high = i;
        PyObject *pivot = run.keys[i], *value;

        while (low < high) {
            Py_ssize_t middle = low + ((high - low) >> 1);
            int less = LESS(pivot, run.keys[middle]);
            if (less < 0) {
                return -1;
            }
            if (less) {
                high = middle;
            }
            else {
                low = middle + 1;
            }
        }
        memmove(run.keys + low + 1, run.keys + low,
                (size_t)(i - low) * sizeof(PyObject *));
        run.keys[low] = pivot;
        if (run.values != NULL) {
            value = run.values[i];
            memmove(run.values + low + 1, run.values + low,
                    (size_t)(i - low) * sizeof(PyObject *));
            run.values[low] = value;
        }
    }
    return 0;
}

/* Length of the run at the start of n > 0 items; *descending if it is
 * strictly so (then reversing keeps equal items in order).  -1 on error. */
static Py_ssize_t
count_run(SortState *state, Slice run, Py_ssize_t n, int *descending)
{
    Py_ssize_t len = 2;
    int less;

    *descending = 0;
    if (n == 1) {
        return 1;
    }
    less = LESS(run.keys[1], run.keys[0]);
    if (less < 0) {
        return -1;
    }
    *descending = less;
    for (; len < n; len++) {
        less = LESS(run.keys[len], run.keys[len - 1]);
        if (less < 0) {
            return -1;
        }
        if (less != *descending) {
            break;
        }
    }
    return len;
}

/* Between 32 and 64, such that n / minrun is close to and not above a power
 * of two. */
static Py_ssize_t
compute_minrun(Py_ssize_t n)
{
    Py_ssize_t lost = 0;

    while (n >= 64) {
        lost |= n & 1;
        n >>= 1;
    }
    return n + lost;
}

/* ---- galloping ---- */

/* Where `key` goes in sorted a[0..n), left of equal items: the k with
 * a[k-1] < key <= a[k].  Starts at hint.  -1 on error. */
static Py_ssize_t
gallop_left(SortState *state, PyObject *key, PyObject **a, Py_ssize_t n,
            Py_ssize_t hint)
{
    Py_ssize_t last = 0, offset = 1, limit;
    int less = LESS(a[hint], key);

    if (less < 0) {
        return -1;
    }
    if (less) {                        /* a[hint] < key: to the right */
        limit = n - hint;
        while (offset < limit) {
            less = LESS(a[hint + offset], key);
            if (less < 0) {
                return -1;
            }
            if (!less) {
                break;
            }
            last = offset;
            offset = offset > (PY_SSIZE_T_MAX - 1) / 2 ? limit
                                                       : offset * 2 + 1;
        }
        offset = Py_MIN(offset, limit) + hint;
        last += hint;
    }
    else {                             /* key <= a[hint]: to the left */
        Py_ssize_t swap;
        limit = hint + 1;
        while (offset < limit) {
            less = LESS(a[hint - offset], key);
            if (less < 0) {
                return -1;
            }
            if (less) {
                break;
            }
            last = offset;
            offset = offset > (PY_SSIZE_T_MAX - 1) / 2 ? limit
                                                       : offset * 2 + 1;
        }
        offset = Py_MIN(offset, limit);
        swap = last;
        last = hint - offset;
        offset = hint - swap;
    }
    for (last++; last < offset;) {     /* a[last-1] < key <= a[offset] */
        Py_ssize_t middle = last + ((offset - last) >> 1);
        less = LESS(a[middle], key);
        if (less < 0) {
            return -1;
        }
        if (less) {
            last = middle + 1;
        }
        else {
            offset = middle;
        }
    }
    return offset;
}

/* As gallop_left, right of equal items: a[k-1] <= key < a[k]. */
static Py_ssize_t
gallop_right(SortState *state, PyObject *key, PyObject **a, Py_ssize_t n,
             Py_ssize_t hint)
{
    Py_ssize_t last = 0, offset = 1, limit;
    int less = LESS(key, a[hint]);

    if (less < 0) {
        return -1;
    }
    if (less) {                        /* key < a[hint]: to the left */
        Py_ssize_t swap;
        limit = hint + 1;
        while (offset < limit) {
            less = LESS(key, a[hint - offset]);
            if (less < 0) {
                return -1;
            }
            if (!less) {
                break;
            }
            last = offset;
            offset = offset > (PY_SSIZE_T_MAX - 1) / 2 ? limit
                                                       : offset * 2 + 1;
        }
        offset = Py_MIN(offset, limit);
        swap = last;
        last = hint - offset;
        offset = hint - swap;
    }
    else {                             /* a[hint] <= key: to the right */
        limit = n - hint;
        while (offset < limit) {
            less = LESS(key, a[hint + offset]);
            if (less < 0) {
                return -1;
            }
            if (less) {
                break;
            }
            last = offset;
            offset = offset > (PY_SSIZE_T_MAX - 1) / 2 ? limit
                                                       : offset * 2 + 1;
        }
        offset = Py_MIN(offset, limit) + hint;
        last += hint;
    }
    for (last++; last < offset;) {     /* a[last-1] <= key < a[offset] */
        Py_ssize_t middle = last + ((offset - last) >> 1);
        less = LESS(key, a[middle]);
        if (less < 0) {
            return -1;
        }
        if (less) {
            offset = middle;
        }
        else {
            last = middle + 1;
        }
    }
    return offset;
}

/* ---- merging ---- */

static void
temp_free(SortState *state)
{
    if (state->temp.keys != state->temp_array) {
        PyMem_Free(state->temp.keys);
    }
    state->temp.keys = state->temp_array;
    state->temp_len = state->temp.values != NULL ? TEMP_ITEMS / 2
                                                 : TEMP_ITEMS;
    if (state->temp.values != NULL) {
        state->temp.values = state->temp_array + state->temp_len;
    }
}

/* Room for n items in temp.  -1 with MemoryError. */
static int
temp_ensure(SortState *state, Py_ssize_t n)
{
    size_t arrays = state->temp.values != NULL ? 2 : 1;
    PyObject **block;

    if (n <= state->temp_len) {
        return 0;
    }
    temp_free(state);
    if ((size_t)n > (size_t)PY_SSIZE_T_MAX / sizeof(PyObject *) / arrays) {
        PyErr_NoMemory();
        return -1;
    }
    block = PyMem_Malloc(arrays * (size_t)n * sizeof(PyObject *));
    if (block == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    state->temp.keys = block;
    state->temp_len = n;
    if (state->temp.values != NULL) {
        state->temp.values = block + n;
    }
    return 0;
}

/* Merges adjacent a (na items) and b (nb), na <= nb, from the left.
 * a's last item belongs behind all of b, b's first before all of a.
 * `at` is the next place to fill; a's copy is temp[i..], b's rest b[j..]. */
static int
merge_low(SortState *state, Slice a, Py_ssize_t na, Slice b, Py_ssize_t nb)
{
    Py_ssize_t i = 0, j = 0, at = 0, min_gallop = state->min_gallop;
    Slice temp;
    int result = -1;

    if (temp_ensure(state, na) < 0) {
        return -1;
    }
    temp = state->temp;
    slice_copy(temp, 0, a, 0, na);
    slice_set(a, at++, b, j++);
    nb--;
    if (nb == 0) {
        goto succeed;
    }
    if (na == 1) {
        goto last_of_a;
    }
    for (;;) {
        Py_ssize_t a_wins = 0, b_wins = 0, k;

        do {
            int less = LESS(b.keys[j], temp.keys[i]);
            if (less < 0) {
                goto done;
            }
            if (less) {
                slice_set(a, at++, b, j++);
                b_wins++;
                a_wins = 0;
                if (--nb == 0) {
                    goto succeed;
                }
            }
            else {
                slice_set(a, at++, temp, i++);
                a_wins++;
                b_wins = 0;
                if (--na == 1) {
                    goto last_of_a;
                }
            }
        } while (a_wins < min_gallop && b_wins < min_gallop);
        min_gallop++;
        do {
            if (min_gallop > 1) {
                min_gallop--;
            }
            state->min_gallop = min_gallop;
            k = gallop_right(state, b.keys[j], temp.keys + i, na, 0);
            if (k < 0) {
                goto done;
            }
            a_wins = k;
            if (k > 0) {
                slice_copy(a, at, temp, i, k);
                at += k;
                i += k;
                na -= k;
                if (na == 1) {
                    goto last_of_a;
                }
                /* An inconsistent comparison can leave nothing of a. */
                if (na == 0) {
                    goto succeed;
                }
            }
            slice_set(a, at++, b, j++);
            if (--nb == 0) {
                goto succeed;
            }
            k = gallop_left(state, temp.keys[i], b.keys + j, nb, 0);
            if (k < 0) {
                goto done;
            }
            b_wins = k;
            if (k > 0) {
                slice_move(a, at, b, j, k);
                at += k;
                j += k;
                nb -= k;
                if (nb == 0) {
                    goto succeed;
                }
            }
            slice_set(a, at++, temp, i++);
            if (--na == 1) {
                goto last_of_a;
            }
        } while (a_wins >= MIN_GALLOP || b_wins >= MIN_GALLOP);
        min_gallop++;
        state->min_gallop = min_gallop;
    }
last_of_a:
    slice_move(a, at, b, j, nb);
    slice_set(a, at + nb, temp, i);
    return 0;
succeed:
    result = 0;
done:
    if (na > 0) {
        slice_copy(a, at, temp, i, na);
    }
    return result;
}

/* As merge_low for na >= nb, from the right.  i, j, at are the last items
 * and the last free place; offsets from a's start, temp's, a's. */
static int
merge_high(SortState *state, Slice a, Py_ssize_t na, Slice b, Py_ssize_t nb)
{
    Py_ssize_t at = na + nb - 1, min_gallop = state->min_gallop;
    Slice temp;
    int result = -1;

    /* The unmerged part of a is a[0..na), of b temp[0..nb). */
    if (temp_ensure(state, nb) < 0) {
        return -1;
    }
    temp = state->temp;
    slice_copy(temp, 0, b, 0, nb);
    slice_set(a, at--, a, --na);
    if (na == 0) {
        goto succeed;
    }
    if (nb == 1) {
        goto first_of_b;
    }
    for (;;) {
        Py_ssize_t a_wins = 0, b_wins = 0, k;

        do {
            int less = LESS(temp.keys[nb - 1], a.keys[na - 1]);
            if (less < 0) {
                goto done;
            }
            if (less) {
                slice_set(a, at--, a, --na);
                a_wins++;
                b_wins = 0;
                if (na == 0) {
                    goto succeed;
                }
            }
            else {
                slice_set(a, at--, temp, --nb);
                b_wins++;
                a_wins = 0;
                if (nb == 1) {
                    goto first_of_b;
                }
            }
        } while (a_wins < min_gallop && b_wins < min_gallop);
        min_gallop++;
        do {
            if (min_gallop > 1) {
                min_gallop--;
            }
            state->min_gallop = min_gallop;
            k = gallop_right(state, temp.keys[nb - 1], a.keys, na, na - 1);
            if (k < 0) {
                goto done;
            }
            k = na - k;
            a_wins = k;
            if (k > 0) {
                at -= k;
                na -= k;
                slice_move(a, at + 1, a, na, k);
                if (na == 0) {
                    goto succeed;
                }
            }
            slice_set(a, at--, temp, --nb);
            if (nb == 1) {
                goto first_of_b;
            }
            k = gallop_left(state, a.keys[na - 1], temp.keys, nb, nb - 1);
            if (k < 0) {
                goto done;
            }
            k = nb - k;
            b_wins = k;
            if (k > 0) {
                at -= k;
                nb -= k;
                slice_copy(a, at + 1, temp, nb, k);
                if (nb == 1) {
                    goto first_of_b;
                }
                if (nb == 0) {         /* inconsistent comparison */
                    goto succeed;
                }
            }
            slice_set(a, at--, a, --na);
            if (na == 0) {
                goto succeed;
            }
        } while (a_wins >= MIN_GALLOP || b_wins >= MIN_GALLOP);
        min_gallop++;
        state->min_gallop = min_gallop;
    }
first_of_b:
    at -= na;
    slice_move(a, at + 1, a, 0, na);
    slice_set(a, at, temp, 0);
    return 0;
succeed:
    result = 0;
done:
    if (nb > 0) {
        slice_copy(a, at - (nb - 1), temp, 0, nb);
    }
    return result;
}

/* Merges the pending runs i and i + 1. */
static int
merge_at(SortState *state, Py_ssize_t i)
{
    Slice a = state->pending[i].base, b = state->pending[i + 1].base;
    Py_ssize_t na = state->pending[i].len, nb = state->pending[i + 1].len, k;

    state->pending[i].len = na + nb;
    if (i == state->pending_len - 3) {
        state->pending[i + 1] = state->pending[i + 2];
    }
    state->pending_len--;
    /* What is in its place already stays there. */
    k = gallop_right(state, b.keys[0], a.keys, na, 0);
    if (k < 0) {
        return -1;
    }
    a = slice_at(a, k);
    na -= k;
    if (na == 0) {
        return 0;
    }
    nb = gallop_left(state, a.keys[na - 1], b.keys, nb, nb - 1);
    if (nb <= 0) {
        return (int)nb;
    }
    return na <= nb ? merge_low(state, a, na, b, nb)
                    : merge_high(state, a, na, b, nb);
}

/* The power of the boundary between runs of lengths n1 and n2, the first at
 * position s1 of n items: the first binary digit in which the relative
 * midpoints differ. */
static int
boundary_power(Py_ssize_t s1, Py_ssize_t n1, Py_ssize_t n2, Py_ssize_t n)
{
    size_t a = 2 * (size_t)s1 + (size_t)n1;
    size_t b = a + (size_t)n1 + (size_t)n2;
    size_t whole = (size_t)n;
    int power = 0;

    for (;;) {
        power++;
        if (a >= whole) {
            a -= whole;
            b -= whole;
        }
        else if (b >= whole) {
            return power;
        }
        a <<= 1;
        b <<= 1;
    }
}

/* A run of n2 items follows the top of the stack: merges until powers grow
 * strictly. */
static int
merge_by_power(SortState *state, Py_ssize_t n2)
{
    if (state->pending_len > 0) {
        Run *top = &state->pending[state->pending_len - 1];
        int power = boundary_power(top->base.keys - state->base_keys,
                                   top->len, n2, state->list_len);
        while (state->pending_len > 1 &&
               state->pending[state->pending_len - 2].power > power) {
            if (merge_at(state, state->pending_len - 2) < 0) {
                return -1;
            }
        }
        state->pending[state->pending_len - 1].power = power;
    }
    return 0;
}

static int
merge_rest(SortState *state)
{
    while (state->pending_len > 1) {
        Py_ssize_t i = state->pending_len - 2;
        if (i > 0 && state->pending[i - 1].len < state->pending[i + 1].len) {
            i--;
        }
        if (merge_at(state, i) < 0) {
            return -1;
        }
    }
    return 0;
}

static int
sort_slice(SortState *state, Slice base, Py_ssize_t n)
{
    Py_ssize_t minrun = compute_minrun(n), left = n;
    Slice at = base;

    while (left > 0) {
        int descending;
        Py_ssize_t len = count_run(state, at, left, &descending);

        if (len < 0) {
            return -1;
        }
        if (descending) {
            slice_reverse(at, len);
        }
        if (len < minrun) {
            Py_ssize_t forced = Py_MIN(minrun, left);
            if (binary_insertion(state, at, forced, len) < 0) {
                return -1;
            }
            len = forced;
        }
        if (merge_by_power(state, len) < 0) {
            return -1;
        }
        assert(state->pending_len < MAX_PENDING);
        state->pending[state->pending_len++] = (Run){at, len, 0};
        at = slice_at(at, len);
        left -= len;
    }
    return merge_rest(state);
}

/* ---- the list ---- */

/* Replaces each of n items by key(item), in a new array.  NULL on error. */
static PyObject **
make_keys(PyObject **items, Py_ssize_t n, PyObject *key)
{
    PyObject **keys = PyMem_New(PyObject *, n);

    if (keys == NULL) {
        PyErr_NoMemory();
        return NULL;
    }
    for (Py_ssize_t i = 0; i < n; i++) {
        keys[i] = PyObject_CallOneArg(key, items[i]);
        if (keys[i] == NULL) {
            while (--i >= 0) {
                Py_DECREF(keys[i]);
            }
            PyMem_Free(keys);
            return NULL;
        }
    }
    return keys;
}

static int
sort_items(PyObject **items, Py_ssize_t n, PyObject *key, int reverse)
{
    SortState state;
    Slice base = {items, NULL};
    int result = 0;

    if (key != NULL) {
        if (n == 0) {
            return 0;
        }
        base.keys = make_keys(items, n, key);
        if (base.keys == NULL) {
            return -1;
        }
        base.values = items;
    }
    if (n > 1) {
        sort_prepare(&state, base, n);
        state.min_gallop = MIN_GALLOP;
        state.list_len = n;
        state.base_keys = base.keys;
        state.pending_len = 0;
        state.temp.keys = state.temp_array;
        state.temp.values = base.values != NULL ? state.temp_array : NULL;
        temp_free(&state);
        /* Descending and stable: reversed before and after. */
        if (reverse) {
            slice_reverse(base, n);
        }
        result = sort_slice(&state, base, n);
        if (reverse) {
            reverse_array(items, n);
        }
        temp_free(&state);
    }
    if (key != NULL) {
        for (Py_ssize_t i = 0; i < n; i++) {
            Py_DECREF(base.keys[i]);
        }
        PyMem_Free(base.keys);
    }
    return result;
}

int
list_sort_items(PyListObject *list, PyObject *key, int reverse)
{
    PyObject **items = list->ob_item, **meanwhile;
    Py_ssize_t n = Py_SIZE(list), allocated = list->allocated, left;
    int result;

    /* The list is empty while it is sorted. */
    list->ob_item = NULL;
    Py_SET_SIZE(list, 0);
    list->allocated = -1;
    result = sort_items(items, n, key, reverse);
    if (list->allocated != -1 && result == 0) {
        PyErr_SetString(PyExc_ValueError, "list modified during sort");
        result = -1;
    }
    meanwhile = list->ob_item;
    left = Py_SIZE(list);
    list->ob_item = items;
    Py_SET_SIZE(list, n);
    list->allocated = allocated;
    if (meanwhile != NULL) {
        while (--left >= 0) {
            Py_XDECREF(meanwhile[left]);
        }
        PyMem_Free(meanwhile);
    }
    return result;
}
