/* Substring search, instantiated for each character size and direction.
 *
 * The includer defines CHAR, NAME(subject) and REVERSE (0 or 1).  With REVERSE
 * both texts are read backwards, so that "first" means last; indices inside
 * are from the reading end.
 *
 * Short skips by the last character and a 64-bit filter of the needle's
 * characters; once that has compared too much for what it has passed, the
 * two-way algorithm (Crochemore, Perrin 1991) takes over, so the time is
 * linear and no memory is needed.
 */

typedef struct {
    const CHAR *hay;              /* at the reading end */
    const CHAR *needle;
    Py_ssize_t n, m;
    Py_ssize_t skip;              /* after a match of the last character */
    uint64_t filter;              /* of the needle's characters */
} NAME(Texts);

#if REVERSE
#define HAY(i) texts->hay[-(i)]
#define NEEDLE(i) texts->needle[-(i)]
#else
#define HAY(i) texts->hay[i]
#define NEEDLE(i) texts->needle[i]
#endif

/* Start of the maximal suffix in one of the two orders; *period of it. */
static Py_ssize_t
NAME(maximal_suffix)(const NAME(Texts) *texts, int inverted,
                     Py_ssize_t *period)
{
    Py_ssize_t suffix = 0, candidate = 1, k = 0, p = 1;

    while (candidate + k < texts->m) {
        CHAR a = NEEDLE(candidate + k), b = NEEDLE(suffix + k);
        if (inverted ? b < a : a < b) {
            candidate += k + 1;
            k = 0;
            p = candidate - suffix;
        }
        else if (a == b) {
            if (k + 1 != p) {
                k++;
            }
            else {
                candidate += p;
                k = 0;
            }
        }
        else {
            suffix = candidate;
            candidate++;
            k = 0;
            p = 1;
        }
    }
    *period = p;
    return suffix;
}

static int
NAME(is_periodic)(const NAME(Texts) *texts, Py_ssize_t cut, Py_ssize_t period)
{
    for (Py_ssize_t i = 0; i < cut; i++) {
        if (i + period >= texts->m || NEEDLE(i) != NEEDLE(i + period)) {
            return 0;
        }
    }
    return 1;
}

static Py_ssize_t
NAME(two_way)(const NAME(Texts) *texts, Py_ssize_t start)
{
    Py_ssize_t m = texts->m, period, other_period, memory = 0;
    Py_ssize_t cut = NAME(maximal_suffix)(texts, 0, &period);
    Py_ssize_t other = NAME(maximal_suffix)(texts, 1, &other_period);

    if (other > cut) {
        cut = other;
        period = other_period;
    }
    int periodic = NAME(is_periodic)(texts, cut, period);
    if (!periodic) {
        period = Py_MAX(cut, m - cut) + 1;
    }
    for (Py_ssize_t at = start; at <= texts->n - m;) {
        Py_ssize_t i = Py_MAX(cut, memory);
        while (i < m && NEEDLE(i) == HAY(at + i)) {
            i++;
        }
        if (i < m) {
            at += i - cut + 1;
            memory = 0;
            continue;
        }
        i = cut - 1;
        while (i >= memory && NEEDLE(i) == HAY(at + i)) {
            i--;
        }
        if (i < memory) {
            return at;
        }
        at += period;
        memory = periodic ? m - period : 0;
    }
    return -1;
}

#define BIT(ch) ((uint64_t)1 << ((ch) & 63))

/* Whether the character behind the window is none of the needle's.  Forward
 * it always can be read: at the very end it is the NUL of the string, or what
 * follows the part that is searched. */
#if REVERSE
#define MAY_SKIP(at) ((at) < w && !(filter & BIT(HAY((at) + m))))
#else
#define MAY_SKIP(at) (!(filter >> (HAY((at) + m) & 63) & 1))
#endif

/* Computes skip and filter.  2 <= m. */
static void
NAME(prepare)(NAME(Texts) *texts)
{
    Py_ssize_t tail = texts->m - 1;
    CHAR last = NEEDLE(tail);

    texts->skip = tail - 1;
    texts->filter = BIT(last);
    for (Py_ssize_t i = 0; i < tail; i++) {
        texts->filter |= BIT(NEEDLE(i));
        if (NEEDLE(i) == last) {
            texts->skip = tail - i - 1;
        }
    }
}

/* The next match from `at` on: index from the reading end, or -1. */
static Py_ssize_t
NAME(next)(const NAME(Texts) *texts, Py_ssize_t at)
{
    const Py_ssize_t m = texts->m, w = texts->n - m, tail = m - 1;
    const Py_ssize_t start = at, skip = texts->skip;
    const uint64_t filter = texts->filter;
    const CHAR last = NEEDLE(tail);
    Py_ssize_t work = 0;

    for (; at <= w; at++) {
        if (HAY(at + tail) != last) {
            if (MAY_SKIP(at)) {
                /* A branch, not a conditional move: the next load need not
                 * wait for this one (measured: half the time). */
                __asm__ volatile("" : "+r"(at));
                at += m;
            }
            continue;
        }
        Py_ssize_t i = 0;
        while (i < tail && HAY(at + i) == NEEDLE(i)) {
            i++;
        }
        if (i == tail) {
            return at;
        }
        work += i;
        if (work > 1000 && work > 4 * (at - start)) {
            return NAME(two_way)(texts, at);
        }
        at += MAY_SKIP(at) ? m : skip;
    }
    return -1;
}

/* Index of the match in hay, or -1.  2 <= m <= n. */
static Py_ssize_t
NAME(find)(const void *hay, Py_ssize_t n, const void *needle, Py_ssize_t m)
{
#if REVERSE
    NAME(Texts) texts = {(const CHAR *)hay + n - 1,
                         (const CHAR *)needle + m - 1, n, m, 0, 0};
    NAME(prepare)(&texts);
    Py_ssize_t at = NAME(next)(&texts, 0);
    return at < 0 ? -1 : n - m - at;
#else
    NAME(Texts) texts = {hay, needle, n, m, 0, 0};
    NAME(prepare)(&texts);
    return NAME(next)(&texts, 0);
#endif
}

#if !REVERSE
/* Index of the character, or -1.  In blocks without an exit inside, which
 * compilers turn into vector code. */
static inline Py_ssize_t
NAME(find_char)(const CHAR *text, Py_ssize_t n, Py_UCS4 ch)
{
    Py_ssize_t i = 0;

    for (; i + 32 <= n; i += 32) {
        int any = 0;
        for (int j = 0; j < 32; j++) {
            any |= text[i + j] == ch;
        }
        if (any) {
            break;
        }
    }
    for (; i < n; i++) {
        if (text[i] == ch) {
            return i;
        }
    }
    return -1;
}

/* Counts the matches, not overlapping, up to limit; places (if not NULL, with
 * room for all) gets their indices. */
static Py_ssize_t
NAME(each)(const void *hay, Py_ssize_t n, const void *needle, Py_ssize_t m,
           Py_ssize_t limit, Py_ssize_t *places)
{
    NAME(Texts) texts = {hay, needle, n, m, 0, 0};
    Py_ssize_t count = 0;

    NAME(prepare)(&texts);
    for (Py_ssize_t at = 0; count < limit; count++, at += m) {
        at = NAME(next)(&texts, at);
        if (at < 0) {
            break;
        }
        if (places != NULL) {
            places[count] = at;
        }
    }
    return count;
}
#endif

#undef BIT
#undef MAY_SKIP
#undef HAY
#undef NEEDLE
#undef CHAR
#undef NAME
#undef REVERSE
