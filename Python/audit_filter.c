/* What an audit hook hears: names, globs, sets of events (audit_filter.h).
 *
 * Hooks subscribe with globs, call sites name an event by its number, and
 * extensions by its text.  Globs are matched against the table once, when a
 * hook is added; texts become numbers through a hash table; so only names that
 * have no row are ever matched when an event is raised. */
#include "Python.h"

#include "audit.h"
#include "audit_filter.h"

#include <pthread.h>
#include <sys/mman.h>

const AuditEventInfo audit_event_info[AUDIT_EVENT_COUNT] = {
#define EVENT(id, name, arguments, raised_by) \
    [AUDIT_##id] = {name, arguments, raised_by},
#include "audit_events.def"
};

/* Event numbers + 1 by hash of the name, open addressing; 0: free. */
#define NAME_SLOTS (AUDIT_PAGE / sizeof(uint16_t))
__attribute__((aligned(AUDIT_PAGE)))
static uint16_t name_slots[NAME_SLOTS];
static pthread_once_t names_once = PTHREAD_ONCE_INIT;

_Static_assert(2 * AUDIT_EVENT_COUNT < NAME_SLOTS, "names find their slot");

/* --- The table of names -------------------------------------------------- */

/* Length, both ends and the middle tell nearly all names apart. */
static size_t
name_hash(const char *name)
{
    size_t size = strlen(name);
    uint32_t head, middle, tail;
    uint64_t hash = size;

    if (size >= sizeof(head)) {
        memcpy(&head, name, sizeof(head));
        memcpy(&middle, name + (size - sizeof(middle)) / 2, sizeof(middle));
        memcpy(&tail, name + size - sizeof(tail), sizeof(tail));
        hash ^= head ^ (uint64_t)middle << 16 ^ (uint64_t)tail << 32;
    }
    else {
        for (size_t i = 0; i < size; i++) {
            hash = hash << 8 ^ (unsigned char)name[i];
        }
    }
    return (hash * 0xff51afd7ed558ccdu >> 40) % NAME_SLOTS;
}

/* Before the first filter; until then no name is found. */
static void
names_build(void)
{
    for (int i = 0; i < AUDIT_EVENT_COUNT; i++) {
        if (i != AUDIT_UNLISTED) {
            size_t slot = name_hash(audit_event_info[i].name);
            while (name_slots[slot] != 0) {
                slot = (slot + 1) % NAME_SLOTS;
            }
            name_slots[slot] = (uint16_t)(i + 1);
        }
    }
    (void)mprotect(name_slots, sizeof(name_slots), PROT_READ);
}

void *
audit_names_page(void)
{
    return name_slots;
}

AuditEvent
audit_find_event(const char *name)
{
    size_t slot = name_hash(name);

    while (name_slots[slot] != 0) {
        int event = name_slots[slot] - 1;
        if (strcmp(audit_event_info[event].name, name) == 0) {
            return (AuditEvent)event;
        }
        slot = (slot + 1) % NAME_SLOTS;
    }
    return AUDIT_UNLISTED;
}

/* --- Filters ------------------------------------------------------------- */

/* One character against [...] at *pattern, which is moved behind it; a bracket
 * that nothing closes stands for itself. */
static int
set_matches(const char **pattern, char ch)
{
    const char *p = *pattern + 1;
    int negated = *p == '!';
    int found = 0;
    const char *close;

    p += negated;
    close = *p == '\0' ? NULL : strchr(p + 1, ']');
    if (close == NULL) {
        *pattern += 1;
        return ch == '[';
    }
    while (p < close) {
        if (p[1] == '-' && p + 2 < close) {
            found |= (unsigned char)p[0] <= (unsigned char)ch &&
                     (unsigned char)ch <= (unsigned char)p[2];
            p += 3;
        }
        else {
            found |= *p++ == ch;
        }
    }
    *pattern = close + 1;
    return found != negated;
}

/* A glob (* ? [...]) against the whole name, byte by byte.  Takes at most the
 * product of both lengths. */
static int
glob_matches(const char *pattern, const char *name)
{
    const char *star = NULL, *retry = NULL;

    while (*name != '\0') {
        const char *next = pattern + 1;
        int matches;

        if (*pattern == '*') {
            star = next;
            retry = name;
            pattern = next;
            continue;
        }
        if (*pattern == '[') {
            next = pattern;
            matches = set_matches(&next, *name);
        }
        else {
            matches = *pattern == '?' || *pattern == *name;
        }
        if (matches && *pattern != '\0') {
            pattern = next;
            name++;
        }
        else if (star != NULL) {
            pattern = star;
            name = ++retry;
        }
        else {
            return 0;
        }
    }
    while (*pattern == '*') {
        pattern++;
    }
    return *pattern == '\0';
}

int
audit_filter_matches(const HookFilter *filter, const char *name)
{
    const char *pattern = filter->patterns;

    for (size_t i = 0; i < filter->count; i++) {
        if (glob_matches(pattern, name)) {
            return 1;
        }
        pattern += strlen(pattern) + 1;
    }
    return 0;
}

static int
is_glob(const char *pattern)
{
    return strpbrk(pattern, "*?[") != NULL;
}

/* Whether names without a row can be among what is wanted. */
static int
filter_wants_unlisted(const HookFilter *filter)
{
    const char *pattern = filter->patterns;

    if (pattern == NULL) {
        return 1;
    }
    for (size_t i = 0; i < filter->count; i++) {
        if (is_glob(pattern) || audit_find_event(pattern) == AUDIT_UNLISTED) {
            return 1;
        }
        pattern += strlen(pattern) + 1;
    }
    return 0;
}

void
audit_filter_init(HookFilter *filter)
{
    /* Names are looked up, and their table sealed, only where filters are. */
    pthread_once(&names_once, names_build);
    memset(filter->events, 0, sizeof(filter->events));
    for (int i = 0; i < AUDIT_EVENT_COUNT; i++) {
        int wanted =
            i == AUDIT_UNLISTED ? filter_wants_unlisted(filter)
            : filter->patterns == NULL
                ? i < AUDIT_UNLISTED
                : audit_filter_matches(filter, audit_event_info[i].name);
        filter->events[i / 64] |= (uint64_t)wanted << (i % 64);
    }
}

void *
audit_pages_map(size_t size)
{
    void *pages = mmap(NULL, size, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    return pages == MAP_FAILED ? NULL : pages;
}

/* --- Patterns ------------------------------------------------------------ */

int
audit_filter_map_patterns(HookFilter *filter, const char *const *patterns)
{
    size_t size = 0;
    char *text;

    for (; patterns[filter->count] != NULL; filter->count++) {
        size += strlen(patterns[filter->count]) + 1;
    }
    filter->size = (size + AUDIT_PAGE) & ~(size_t)(AUDIT_PAGE - 1);
    text = audit_pages_map(filter->size);
    if (text == NULL) {
        return -1;
    }
    filter->patterns = text;
    for (size_t i = 0; i < filter->count; i++) {
        size_t length = strlen(patterns[i]) + 1;
        memcpy(text, patterns[i], length);
        text += length;
    }
    (void)mprotect((void *)filter->patterns, filter->size, PROT_READ);
    return 0;
}

int
audit_patterns_from_object(PyObject *events, PyObject **result)
{
    PyObject *tuple;

    *result = NULL;
    if (events == NULL || events == Py_None) {
        return 0;
    }
    tuple = PyUnicode_Check(events) ? PyTuple_Pack(1, events)
                                    : PySequence_Tuple(events);
    if (tuple == NULL) {
        return -1;
    }
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(tuple); i++) {
        PyObject *item = PyTuple_GET_ITEM(tuple, i);        /* borrowed */
        const char *text;
        Py_ssize_t size;

        if (!PyUnicode_Check(item)) {
            PyErr_Format(PyExc_TypeError,
                         "events must contain str, not %.200s",
                         Py_TYPE(item)->tp_name);
            goto error;
        }
        text = PyUnicode_AsUTF8AndSize(item, &size);
        if (text == NULL) {
            goto error;
        }
        if (strlen(text) != (size_t)size) {
            PyErr_SetString(PyExc_ValueError, "embedded null character");
            goto error;
        }
    }
    *result = tuple;
    return 0;
error:
    Py_DECREF(tuple);
    return -1;
}

int
audit_filter_from_patterns(HookFilter *filter, PyObject *patterns)
{
    char *text;

    *filter = (HookFilter){.patterns = NULL};
    if (patterns != NULL) {
        filter->count = (size_t)PyTuple_GET_SIZE(patterns);
        for (size_t i = 0; i < filter->count; i++) {
            filter->size += strlen(PyUnicode_AsUTF8(
                                PyTuple_GET_ITEM(patterns, i))) + 1;
        }
        filter->patterns = text = PyMem_RawMalloc(filter->size);
        if (text == NULL) {
            PyErr_NoMemory();
            return -1;
        }
        for (size_t i = 0; i < filter->count; i++) {
            const char *item =
                PyUnicode_AsUTF8(PyTuple_GET_ITEM(patterns, i));
            size_t length = strlen(item) + 1;
            memcpy(text, item, length);
            text += length;
        }
    }
    audit_filter_init(filter);
    return 0;
}

void
audit_filter_release(HookFilter *filter)
{
    PyMem_RawFree((void *)filter->patterns);
    filter->patterns = NULL;
}
