/* The audit core (PEP 578), and the module sys as the runtime sees it.
 *
 * Three kinds of listeners.  C hooks belong to the process and come first;
 * Python hooks belong to an interpreter; observers (lucid.audit_scope) come
 * last, refuse nothing and can go again.  No Python object refers to any of
 * the arrays; each keeps the order of addition:
 *
 *     permanent_page -> first_page -> mapped pages ...   (read-only)
 *       +- hooks[0..count) : function, user data, filter
 *     interp->audit.hooks[0..count) : owned callable, filter
 *     interp->audit.observers -> AuditObserver -> ...
 *
 * A filter (audit_filter.h) is the set of table events that the hook hears,
 * and its globs for names that have no row in audit_events.def.
 *
 * The interest table, two pages that are read-only too, is the union of all
 * filters.  A call site loads its event's byte and branches; PySys_Audit,
 * which has only a name, first asks by the name's first byte.  So nobody pays
 * for events that nobody wants.
 *
 * Pages become writable only while hooks_lock is held, that is, while a
 * listener comes or goes.  Readers take no lock: a hook is written before the
 * count that shows it, and no page is ever freed.  What can never change (the
 * permanent hooks, the table of names, the first page of the interest table
 * where a permanent hook wants all) is sealed for good, with mseal(2) where
 * the kernel has it.
 *
 * Functions that Python sees as sys.* stand in Python/sys/functions.c, the
 * structures such as sys.flags in Python/sys/info.c. */
#include "Python.h"

#include "audit.h"
#include "audit_filter.h"
#include "call.h"
#include "dict.h"
#include "errors.h"
#include "names.h"
#include "private_api.h"
#include "runtime.h"
#include "sys.h"
#include "tuple.h"

#include <pthread.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#ifndef SYS_mseal
#define SYS_mseal 462            /* Linux 6.10; younger than some headers */
#endif

typedef struct {
    Py_AuditHookFunction function;
    void *user_data;
    HookFilter filter;        /* patterns: mapped, never freed */
} CHook;

/* Python hooks of an interpreter: interp->audit.hooks points to these. */
typedef struct PythonHook {
    PyObject *callable;       /* owned */
    HookFilter filter;        /* patterns: owned */
} PythonHook;

struct AuditObserver {
    AuditObserver *next;      /* younger */
    uint64_t serial;          /* grows along the list */
    PyInterpreterState *interp;   /* NULL: no longer in its list */
    PyObject *callable;       /* owned; NULL when out of the list */
    HookFilter filter;        /* patterns: owned */
};

typedef struct HookPage HookPage;
#define PAGE_HOOKS ((AUDIT_PAGE - 16) / sizeof(CHook))
struct HookPage {
    HookPage *next;
    size_t count;             /* hooks that readers may look at */
    CHook hooks[PAGE_HOOKS];
} __attribute__((aligned(AUDIT_PAGE)));

/* The first page begins with a byte for each first byte of a name: what
 * PySys_Audit has to do with such names. */
enum {
    NAME_WANTED = 1,      /* somebody may want one of them */
    NAME_LOOKED_UP = 2,   /* not everybody wants all of them */
};
__attribute__((aligned(AUDIT_PAGE)))
unsigned char audit_interest_pages[2 * AUDIT_PAGE];
#define interest_first_bytes audit_interest_pages
#define FIRST_BYTES 256

static HookPage first_page;
static HookPage permanent_page = {.next = &first_page};

static pthread_mutex_t hooks_lock = PTHREAD_MUTEX_INITIALIZER;
/* Argument tuples for reuse, by length: untracked, empty; under the GIL. */
#define PLAIN_MAX 8
static PyObject *spare_arguments[PLAIN_MAX + 1];

static uint64_t observers_added;     /* last serial; under the GIL */
static int sealed;                   /* audit_seal has run */
static int first_page_sealed;        /* of the interest table: all of it set */

int audit_raised_by_python;

_Static_assert(sizeof(HookPage) == AUDIT_PAGE, "hooks fit their page");
_Static_assert(FIRST_BYTES + AUDIT_UNLISTED < AUDIT_PAGE,
               "ordinary events fit their page");
_Static_assert(AUDIT_EVENT_COUNT - AUDIT_UNLISTED <= AUDIT_PAGE,
               "events on request fit their page");

/* --- The pages ----------------------------------------------------------- */

/* Failure leaves a page writable, which is what it was before; a sealed page
 * stays as it is, and nobody writes to it. */
static void
page_protect(void *page, int protection)
{
    (void)mprotect(page, AUDIT_PAGE, protection);
}

static void
first_bytes_add(unsigned char *pages, int flags)
{
    for (int i = 0; i < FIRST_BYTES; i++) {
        pages[i] |= (unsigned char)flags;
    }
}

/* Adds what a filter wants to the table under construction. */
static void
interest_add(unsigned char *pages, const HookFilter *filter)
{
    unsigned char *interest = pages + (audit_interest - audit_interest_pages);
    const char *pattern = filter->patterns;

    for (int i = 0; i < AUDIT_EVENT_COUNT; i++) {
        interest[i] |= (unsigned char)audit_filter_has(filter, (AuditEvent)i);
    }
    if (pattern == NULL) {
        first_bytes_add(pages, NAME_WANTED);
        for (int i = AUDIT_UNLISTED + 1; i < AUDIT_EVENT_COUNT; i++) {
            pages[(unsigned char)*audit_event_info[i].name] |= NAME_LOOKED_UP;
        }
        return;
    }
    for (size_t i = 0; i < filter->count; i++) {
        if (*pattern == '*' || *pattern == '?' || *pattern == '[') {
            first_bytes_add(pages, NAME_WANTED | NAME_LOOKED_UP);
        }
        pages[(unsigned char)*pattern] |= NAME_WANTED | NAME_LOOKED_UP;
        pattern += strlen(pattern) + 1;
    }
}

static void
interest_add_interpreters(unsigned char *pages)
{
    PyInterpreterState *interp = PyInterpreterState_Head();

    for (; interp != NULL; interp = PyInterpreterState_Next(interp)) {
        for (Py_ssize_t i = 0; i < interp->audit.count; i++) {
            interest_add(pages, &interp->audit.hooks[i].filter);
        }
        for (AuditObserver *observer = interp->audit.observers;
             observer != NULL; observer = observer->next) {
            interest_add(pages, &observer->filter);
        }
    }
}

/* Replaces one page of the table; a byte that stays nonzero is never seen
 * otherwise meanwhile. */
static void
interest_store(size_t offset, const unsigned char *pages)
{
    unsigned char *page = audit_interest_pages + offset;

    if (memcmp(page, pages + offset, AUDIT_PAGE) == 0) {
        return;               /* a sealed page never gets beyond this */
    }
    page_protect(page, PROT_READ | PROT_WRITE);
    for (size_t i = 0; i < AUDIT_PAGE; i++) {
        __atomic_store_n(&page[i], pages[offset + i], __ATOMIC_RELAXED);
    }
    page_protect(page, PROT_READ);
}

/* The interest table from all filters there are; with the lock. */
static void
interest_update(void)
{
    unsigned char pages[2 * AUDIT_PAGE] = {0};

    for (HookPage *page = &permanent_page; page != NULL; page = page->next) {
        for (size_t i = 0; i < page->count; i++) {
            interest_add(pages, &page->hooks[i].filter);
        }
    }
    interest_add_interpreters(pages);
    if (first_page_sealed) {
        first_bytes_add(pages, NAME_WANTED | NAME_LOOKED_UP);
    }
    interest_store(0, pages);
    interest_store(AUDIT_PAGE, pages);
}

/* The same where only this filter is new. */
static void
interest_include(const HookFilter *filter)
{
    unsigned char pages[2 * AUDIT_PAGE];

    memcpy(pages, audit_interest_pages, sizeof(pages));
    interest_add(pages, filter);
    interest_store(0, pages);
    interest_store(AUDIT_PAGE, pages);
}

static void
interest_lock_and_include(const HookFilter *filter)
{
    pthread_mutex_lock(&hooks_lock);
    interest_include(filter);
    pthread_mutex_unlock(&hooks_lock);
}

static void
interest_lock_and_update(void)
{
    pthread_mutex_lock(&hooks_lock);
    interest_update();
    pthread_mutex_unlock(&hooks_lock);
}

/* The page that takes the next hook, made writable.  NULL without memory. */
static HookPage *
page_with_room(HookPage *page)
{
    while (page->count == PAGE_HOOKS && page->next != NULL) {
        page = page->next;
    }
    if (page->count == PAGE_HOOKS) {
        HookPage *added = audit_pages_map(sizeof(*added));
        if (added == NULL) {
            return NULL;
        }
        page_protect(page, PROT_READ | PROT_WRITE);
        __atomic_store_n(&page->next, added, __ATOMIC_RELEASE);
        page_protect(page, PROT_READ);
        return added;
    }
    page_protect(page, PROT_READ | PROT_WRITE);
    return page;
}

static int
page_append(HookPage *start, const CHook *hook)
{
    HookPage *page;
    int result = -1;

    pthread_mutex_lock(&hooks_lock);
    page = start == &permanent_page && start->count == PAGE_HOOKS
               ? NULL
               : page_with_room(start);
    if (page != NULL) {
        page->hooks[page->count] = *hook;
        __atomic_store_n(&page->count, page->count + 1, __ATOMIC_RELEASE);
        page_protect(page, PROT_READ);
        interest_include(&hook->filter);
        result = 0;
    }
    pthread_mutex_unlock(&hooks_lock);
    return result;
}

/* --- Sealing ------------------------------------------------------------- */

static void
memory_seal(void *start, size_t size)
{
    /* Kernels without it, and filters that forbid it, leave the pages
     * read-only, which is what they are. */
    (void)mprotect(start, size, PROT_READ);
    (void)syscall(SYS_mseal, start, size, 0ul);
}

void
audit_seal(void)
{
    int wants_all = 0;

    if (sealed) {
        return;
    }
    sealed = 1;
    for (size_t i = 0; i < permanent_page.count; i++) {
        const HookFilter *filter = &permanent_page.hooks[i].filter;
        wants_all |= filter->patterns == NULL;
        if (filter->patterns != NULL) {
            memory_seal((void *)filter->patterns, filter->size);
        }
    }
    if (permanent_page.count > 0) {
        memory_seal(&permanent_page, sizeof(permanent_page));
        memory_seal(audit_names_page(), AUDIT_PAGE);
    }
    if (wants_all) {
        first_page_sealed = 1;
        interest_lock_and_update();
        memory_seal(audit_interest_pages, AUDIT_PAGE);
    }
}

/* --- Raising an event ---------------------------------------------------- */

/* Tracing is off while a Python hook runs, unless the hook asks for it with
 * __cantrace__.  1/0/-1.  Runs Python. */
static int
hook_can_trace(PyObject *callable)
{
    PyObject *answer = NULL;
    int truth;

    if (_PyObject_LookupAttr(callable, NAME(__cantrace__), &answer) < 0) {
        return -1;
    }
    if (answer == NULL) {
        return 0;
    }
    truth = PyObject_IsTrue(answer);
    Py_DECREF(answer);
    return truth;
}

/* Runs Python. */
static int
python_hook_call(PyThreadState *tstate, PyObject *callable, PyObject *event,
                 PyObject *args)
{
    PyObject *stack[] = {event, args};
    PyObject *result;
    int can_trace = hook_can_trace(callable);

    if (can_trace < 0) {
        return -1;
    }
    if (can_trace) {
        PyThreadState_LeaveTracing(tstate);
    }
    result = PyObject_Vectorcall(callable, stack, 2, NULL);
    if (can_trace) {
        PyThreadState_EnterTracing(tstate);
    }
    Py_XDECREF(result);
    return result == NULL ? -1 : 0;
}

/* Every Python hook in turn; hooks that are added meanwhile are called too.
 * Runs Python. */
static int
python_hooks_call(PyThreadState *tstate, AuditEvent event, const char *name,
                  PyObject *text, PyObject *args)
{
    PyInterpreterState *interp = tstate->interp;

    for (Py_ssize_t i = 0; i < interp->audit.count; i++) {
        PythonHook *hook = &interp->audit.hooks[i];
        PyObject *callable;
        int result;

        if (!audit_filter_wants(&hook->filter, event, name)) {
            continue;
        }
        callable = Py_NewRef(hook->callable);
        result = python_hook_call(tstate, callable, text, args);
        Py_DECREF(callable);
        if (result < 0) {
            return -1;
        }
    }
    return 0;
}

/* The oldest observer that is younger than `serial`; borrowed. */
static AuditObserver *
observer_after(PyInterpreterState *interp, uint64_t serial)
{
    AuditObserver *observer = interp->audit.observers;

    while (observer != NULL && observer->serial <= serial) {
        observer = observer->next;
    }
    return observer;
}

/* Observers may come and go meanwhile.  Runs Python. */
static void
observers_call(PyThreadState *tstate, AuditEvent event, const char *name,
               PyObject *text, PyObject *args)
{
    uint64_t serial = 0;
    AuditObserver *observer;

    while ((observer = observer_after(tstate->interp, serial)) != NULL) {
        PyObject *callable = observer->callable;            /* owned below */

        serial = observer->serial;
        if (!audit_filter_wants(&observer->filter, event, name)) {
            continue;
        }
        Py_INCREF(callable);
        if (python_hook_call(tstate, callable, text, args) < 0) {
            PyErr_WriteUnraisable(callable);
        }
        Py_DECREF(callable);
    }
}

/* Runs Python. */
static int
python_listeners_call(PyThreadState *tstate, AuditEvent event,
                      const char *name, PyObject *args)
{
    PyObject *text = PyUnicode_FromString(name);
    int result;

    if (text == NULL) {
        return -1;
    }
    PyThreadState_EnterTracing(tstate);
    result = python_hooks_call(tstate, event, name, text, args);
    if (result == 0) {
        observers_call(tstate, event, name, text, args);
    }
    PyThreadState_LeaveTracing(tstate);
    Py_DECREF(text);
    return result;
}

/* Runs whatever the hooks run. */
static int
c_hooks_call(PyThreadState *tstate, AuditEvent event, const char *name,
             PyObject *args, int from_python)
{
    HookPage *page = &permanent_page;

    do {
        for (size_t i = 0;
             i < __atomic_load_n(&page->count, __ATOMIC_ACQUIRE); i++) {
            const CHook *hook = &page->hooks[i];
            if (!audit_filter_wants(&hook->filter, event, name)) {
                continue;
            }
            audit_raised_by_python = from_python;
            if (hook->function(name, args, hook->user_data) < 0) {
                return -1;
            }
            /* A hook that reports success may not leave an exception. */
            if (_PyErr_Occurred(tstate)) {
                _PyErr_Clear(tstate);
            }
        }
        page = __atomic_load_n(&page->next, __ATOMIC_ACQUIRE);
    } while (page != NULL);
    return 0;
}

static int
c_hooks_exist(void)
{
    return __atomic_load_n(&permanent_page.count, __ATOMIC_ACQUIRE) > 0 ||
           __atomic_load_n(&first_page.count, __ATOMIC_ACQUIRE) > 0;
}

static int
python_listeners_exist(PyThreadState *tstate)
{
    return tstate->interp->audit.count > 0 ||
           tstate->interp->audit.observers != NULL;
}

static int
listeners_exist(PyThreadState *tstate)
{
    return c_hooks_exist() || python_listeners_exist(tstate);
}

/* What has to be done with a name; 0 where nobody can want it.  Never says so
 * wrongly. */
static int
name_flags(const char *name)
{
    return __atomic_load_n(&interest_first_bytes[(unsigned char)*name],
                           __ATOMIC_RELAXED);
}

/* 1 where one of them hears the event. */
static int
listeners_want(PyThreadState *tstate, AuditEvent event, const char *name)
{
    PyInterpreterState *interp = tstate->interp;
    HookPage *page = &permanent_page;

    do {
        size_t count = __atomic_load_n(&page->count, __ATOMIC_ACQUIRE);
        for (size_t i = 0; i < count; i++) {
            if (audit_filter_wants(&page->hooks[i].filter, event, name)) {
                return 1;
            }
        }
        page = __atomic_load_n(&page->next, __ATOMIC_ACQUIRE);
    } while (page != NULL);
    for (Py_ssize_t i = 0; i < interp->audit.count; i++) {
        if (audit_filter_wants(&interp->audit.hooks[i].filter, event, name)) {
            return 1;
        }
    }
    for (AuditObserver *observer = interp->audit.observers; observer != NULL;
         observer = observer->next) {
        if (audit_filter_wants(&observer->filter, event, name)) {
            return 1;
        }
    }
    return 0;
}

/* Whether to make the event's arguments.  The interest table has answered for
 * the process; what is left are globs, and hooks of other interpreters. */
static int
arguments_are_wanted(PyThreadState *tstate, AuditEvent event,
                     const char *name)
{
    if (c_hooks_exist() &&
        (event != AUDIT_UNLISTED || !(name_flags(name) & NAME_LOOKED_UP))) {
        return 1;
    }
    return listeners_want(tstate, event, name);
}

#ifndef NDEBUG
/* 1 where a call site of ours gives as many arguments as the event's row has:
 * "name: type, name: type".  Whoever raises an event by a text of his own may
 * give what he likes. */
static int
arguments_agree(AuditEvent event, const char *name, PyObject *args)
{
    const AuditEventInfo *row = &audit_event_info[event];
    Py_ssize_t count = 0;

    if (name != row->name) {
        return 1;
    }
    for (const char *p = row->arguments; (p = strstr(p, ": ")) != NULL; p++) {
        count++;
    }
    if (count != PyTuple_GET_SIZE(args)) {
        fprintf(stderr, "audit event %s: %zd arguments, %zd in its row\n",
                name, PyTuple_GET_SIZE(args), count);
        return 0;
    }
    return 1;
}
#endif

/* All listeners, C first, with no exception pending.  Runs Python. */
static int
listeners_call(PyThreadState *tstate, AuditEvent event, const char *name,
               PyObject *args, int from_python)
{
    int result;

    assert(arguments_agree(event, name, args));
    result = c_hooks_call(tstate, event, name, args, from_python);
    if (result == 0 && python_listeners_exist(tstate)) {
        result = python_listeners_call(tstate, event, name, args);
    }
    return result;
}

/* A pending exception is set aside while hooks run, and comes back unless one
 * fails.  Runs Python. */
static int
audit_tuple(PyThreadState *tstate, AuditEvent event, const char *name,
            PyObject *args, int from_python)
{
    PyObject *type, *value, *traceback;                     /* owned */

    _PyErr_Fetch(tstate, &type, &value, &traceback);
    if (listeners_call(tstate, event, name, args, from_python) < 0) {
        Py_XDECREF(type);
        Py_XDECREF(value);
        Py_XDECREF(traceback);
        return -1;
    }
    _PyErr_Restore(tstate, type, value, traceback);
    return 0;
}

/* The length of a format of a few of the commonest units and nothing else;
 * 0 for other formats. */
static Py_ssize_t
plain_length(const char *format)
{
    Py_ssize_t len = 0;

    for (; format[len] == 'O' || format[len] == 'i' || format[len] == 's';
         len++) {
        if (len == PLAIN_MAX) {
            return 0;
        }
    }
    return len >= 2 && format[len] == '\0' ? len : 0;
}

/* One value of such a format; new. */
static inline PyObject *
plain_value(char unit, va_list values)
{
    const char *text;
    PyObject *op;

    if (unit == 'i') {
        return PyLong_FromLong(va_arg(values, int));
    }
    if (unit == 's') {
        text = va_arg(values, const char *);
        return text == NULL ? Py_NewRef(Py_None) : PyUnicode_FromString(text);
    }
    op = va_arg(values, PyObject *);
    if (op == NULL && !PyErr_Occurred()) {
        PyErr_SetString(PyExc_SystemError,
                        "NULL object passed to Py_BuildValue");
    }
    return Py_XNewRef(op);
}

/* An argument tuple with empty places, untracked; new.  No tracking, for
 * nearly all of them are gone before the collector could look: see
 * plain_release. */
static PyObject *
plain_take(Py_ssize_t len)
{
    PyObject *tuple = spare_arguments[len];

    if (tuple != NULL) {
        spare_arguments[len] = NULL;
        return tuple;
    }
    tuple = PyTuple_New(len);
    if (tuple != NULL) {
        PyObject_GC_UnTrack(tuple);
    }
    return tuple;
}

/* The end of such a tuple, which a hook may have kept.  Runs Python (the
 * finalizers of its items). */
static void
plain_release(PyObject *tuple)
{
    Py_ssize_t len = PyTuple_GET_SIZE(tuple);

    if (Py_REFCNT(tuple) > 1) {
        if (!PyObject_GC_IsTracked(tuple)) {
            PyObject_GC_Track(tuple);
        }
        Py_DECREF(tuple);
        return;
    }
    for (Py_ssize_t i = 0; i < len; i++) {
        PyObject *item = PyTuple_GET_ITEM(tuple, i);
        PyTuple_SET_ITEM(tuple, i, NULL);
        Py_XDECREF(item);
    }
    if (spare_arguments[len] == NULL && !PyObject_GC_IsTracked(tuple)) {
        spare_arguments[len] = tuple;
    }
    else {
        Py_DECREF(tuple);
    }
}

/* FAST PATH: same result without it.  The tuple for a plain format, new, to be
 * given to plain_release. */
static PyObject *
plain_build(const char *format, Py_ssize_t len, va_list values)
{
    PyObject *tuple = plain_take(len);

    for (Py_ssize_t i = 0; tuple != NULL && i < len; i++) {
        PyObject *item = plain_value(format[i], values);
        if (item == NULL) {
            plain_release(tuple);
            return NULL;
        }
        PyTuple_SET_ITEM(tuple, i, item);
    }
    return tuple;
}

/* The argument tuple for a format; new. */
static PyObject *
arguments_build(const char *format, va_list values)
{
    PyObject *args, *tuple;

    if (format == NULL || *format == '\0') {
        return PyTuple_New(0);
    }
    args = _Py_VaBuildValue_SizeT(format, values);
    if (args == NULL || PyTuple_Check(args)) {
        return args;
    }
    tuple = PyTuple_Pack(1, args);
    Py_DECREF(args);
    return tuple;
}

/* With no exception pending.  Runs Python. */
static int
audit_build_and_call(PyThreadState *tstate, AuditEvent event,
                     const char *name, const char *format, va_list values)
{
    Py_ssize_t plain = format == NULL ? 0 : plain_length(format);
    PyObject *args = plain ? plain_build(format, plain, values)
                           : arguments_build(format, values);
    int result;

    if (args == NULL) {
        return -1;
    }
    result = listeners_call(tstate, event, name, args, 0);
    if (plain) {
        plain_release(args);
    }
    else {
        Py_DECREF(args);
    }
    return result;
}

static int
audit_va(AuditEvent event, const char *name, const char *format,
         va_list values)
{
    PyThreadState *tstate = _PyThreadState_GET();
    PyObject *type, *value, *traceback;                     /* owned */

    if (tstate == NULL || !arguments_are_wanted(tstate, event, name)) {
        return 0;
    }
    if (!_PyErr_Occurred(tstate)) {
        return audit_build_and_call(tstate, event, name, format, values);
    }
    /* Building the tuple must not trip over what is pending. */
    _PyErr_Fetch(tstate, &type, &value, &traceback);
    if (audit_build_and_call(tstate, event, name, format, values) < 0) {
        Py_XDECREF(type);
        Py_XDECREF(value);
        Py_XDECREF(traceback);
        return -1;
    }
    _PyErr_Restore(tstate, type, value, traceback);
    return 0;
}

int
audit_raise(AuditEvent event, const char *format, ...)
{
    va_list values;
    int result;

    va_start(values, format);
    result = audit_va(event, audit_event_info[event].name, format, values);
    va_end(values);
    return result;
}

/* The event of a name that somebody may want, -1 where nobody does.  A name
 * that everybody wants need not be looked up: it passes for one without a row,
 * which every hook without patterns hears. */
static int
event_wanted(const char *name)
{
    int flags = name_flags(name);
    AuditEvent event;

    if (!(flags & NAME_LOOKED_UP)) {
        return flags == 0 ? -1 : (int)AUDIT_UNLISTED;
    }
    event = audit_find_event(name);
    return PyAuditWanted(event) ? (int)event : -1;
}

int
PySys_Audit(const char *event, const char *format, ...)
{
    va_list values;
    int number, result;

    if (!name_flags(event)) {
        return 0;
    }
    number = event_wanted(event);
    if (number < 0) {
        return 0;
    }
    va_start(values, format);
    result = audit_va((AuditEvent)number, event, format, values);
    va_end(values);
    return result;
}

static int
audit_with_tuple(AuditEvent event, const char *name, PyObject *args)
{
    PyThreadState *tstate = _PyThreadState_GET();
    PyObject *empty = NULL;                                 /* owned */
    int result;

    if (tstate == NULL || !listeners_exist(tstate)) {
        return 0;
    }
    if (args == NULL) {
        empty = PyTuple_New(0);
        if (empty == NULL) {
            return -1;
        }
        args = empty;
    }
    else if (!PyTuple_Check(args)) {
        PyErr_Format(PyExc_TypeError, "expected tuple, got %s",
                     Py_TYPE(args)->tp_name);
        return -1;
    }
    result = audit_tuple(tstate, event, name, args, 0);
    Py_XDECREF(empty);
    return result;
}

int
audit_raise_tuple(AuditEvent event, PyObject *args)
{
    return audit_with_tuple(event, audit_event_info[event].name, args);
}

int
PySys_AuditTuple(const char *event, PyObject *args)
{
    int number = event_wanted(event);

    return number < 0 ? 0 : audit_with_tuple((AuditEvent)number, event, args);
}

/* --- Adding C hooks ------------------------------------------------------ */

/* Asks nobody. */
static int
c_hook_install(HookPage *start, Py_AuditHookFunction function, void *user_data,
               const char *const *patterns)
{
    CHook hook = {.function = function, .user_data = user_data};

    if (patterns == NULL ||
        audit_filter_map_patterns(&hook.filter, patterns) == 0) {
        audit_filter_init(&hook.filter);
        if (page_append(start, &hook) == 0) {
            return 0;
        }
        if (patterns != NULL) {
            munmap((void *)hook.filter.patterns, hook.filter.size);
        }
    }
    if (_PyThreadState_GET() != NULL) {
        PyErr_NoMemory();
    }
    return -1;
}

/* The exception is for callers that can have one. */
static int
c_hook_mistake(PyThreadState *tstate, const char *reason)
{
    if (tstate != NULL) {
        PyErr_Format(PyExc_ValueError, "audit hook: %s", reason);
    }
    return -1;
}

int
PySys_AddAuditHookEx(Py_AuditHookFunction hook, void *userData,
                     const char *const *patterns, int flags)
{
    PyThreadState *tstate = _PyThreadState_GET();
    int permanent = flags == PySys_HOOK_PERMANENT;

    if (hook == NULL) {
        return c_hook_mistake(tstate, "the function is NULL");
    }
    if (flags != 0 && !permanent) {
        return c_hook_mistake(tstate, "unknown flags");
    }
    if (permanent && (tstate != NULL || sealed)) {
        return c_hook_mistake(tstate,
                              "permanent only before initialisation");
    }
    if (tstate != NULL && PyAudit(AUDIT_SYS_ADDAUDITHOOK, NULL) < 0) {
        if (!_PyErr_Occurred(tstate)) {
            PyErr_SetString(PyExc_SystemError,
                            "an audit hook refused without an exception");
        }
        return -1;
    }
    return c_hook_install(permanent ? &permanent_page : &first_page, hook,
                          userData, patterns);
}

/* Its results are the reference's: a refusal with a RuntimeError is no error,
 * and one without an exception stays without. */
int
PySys_AddAuditHook(Py_AuditHookFunction hook, void *userData)
{
    PyThreadState *tstate = _PyThreadState_GET();

    if (hook == NULL) {
        return c_hook_mistake(tstate, "the function is NULL");
    }
    if (tstate != NULL && PyAudit(AUDIT_SYS_ADDAUDITHOOK, NULL) < 0) {
        if (_PyErr_Occurred(tstate) &&
            PyErr_ExceptionMatches(PyExc_RuntimeError)) {
            _PyErr_Clear(tstate);
            return 0;
        }
        return -1;
    }
    return c_hook_install(&first_page, hook, userData, NULL);
}

/* --- Adding Python hooks and observers ----------------------------------- */

/* Takes an object out of the collector's lists, or puts it back.  What it
 * refers to counts as referred to from outside, and so stays. */
static void
object_set_hidden(PyObject *op, int hidden)
{
    if (!PyObject_IS_GC(op) || PyObject_GC_IsTracked(op) != hidden) {
        return;
    }
    if (hidden) {
        PyObject_GC_UnTrack(op);
    }
    else {
        PyObject_GC_Track(op);
    }
}

/* A hook's function and its variables are not to be had from gc.get_objects()
 * and gc.get_referrers().  They come back before the hook is released. */
static void
hook_set_hidden(PyObject *callable, int hidden)
{
    PyObject *closure;                                      /* borrowed */

    object_set_hidden(callable, hidden);
    if (!PyFunction_Check(callable) ||
        (closure = PyFunction_GET_CLOSURE(callable)) == NULL) {
        return;
    }
    object_set_hidden(closure, hidden);
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(closure); i++) {
        object_set_hidden(PyTuple_GET_ITEM(closure, i), hidden);
    }
}

static int
python_hook_append(PyInterpreterState *interp, PyObject *callable,
                   PyObject *patterns)
{
    PythonHook *hooks = interp->audit.hooks;
    HookFilter filter;

    if (interp->audit.count == interp->audit.allocated) {
        Py_ssize_t allocated = interp->audit.allocated * 2 + 4;
        hooks = PyMem_RawRealloc(hooks, (size_t)allocated * sizeof(*hooks));
        if (hooks == NULL) {
            PyErr_NoMemory();
            return -1;
        }
        interp->audit.hooks = hooks;
        interp->audit.allocated = allocated;
    }
    if (audit_filter_from_patterns(&filter, patterns) < 0) {
        return -1;
    }
    hooks[interp->audit.count] = (PythonHook){Py_NewRef(callable), filter};
    interp->audit.count++;
    if (!interp->gc.collecting) {        /* its lists are not in order then */
        hook_set_hidden(callable, 1);
    }
    interest_lock_and_include(&filter);
    return 0;
}

AuditObserver *
audit_observer_add(PyObject *callable, PyObject *patterns)
{
    PyInterpreterState *interp = _PyThreadState_GET()->interp;
    AuditObserver **link = &interp->audit.observers;
    AuditObserver *observer = PyMem_RawCalloc(1, sizeof(*observer));

    if (observer == NULL) {
        PyErr_NoMemory();
        return NULL;
    }
    if (audit_filter_from_patterns(&observer->filter, patterns) < 0) {
        PyMem_RawFree(observer);
        return NULL;
    }
    observer->serial = ++observers_added;
    observer->interp = interp;
    observer->callable = Py_NewRef(callable);
    while (*link != NULL) {
        link = &(*link)->next;
    }
    *link = observer;
    interest_lock_and_include(&observer->filter);
    return observer;
}

/* Out of the list; the memory stays with whoever removes it.  Runs Python. */
static void
observer_detach(AuditObserver *observer)
{
    AuditObserver **link;

    if (observer->interp == NULL) {
        return;
    }
    link = &observer->interp->audit.observers;
    while (*link != observer) {
        link = &(*link)->next;
    }
    *link = observer->next;
    observer->interp = NULL;
    audit_filter_release(&observer->filter);
    Py_CLEAR(observer->callable);
}

void
audit_observer_remove(AuditObserver *observer)
{
    if (observer->interp != NULL) {
        observer_detach(observer);
        interest_lock_and_update();
    }
    PyMem_RawFree(observer);
}

/* --- Clearing ------------------------------------------------------------ */

void
audit_clear_interpreter(PyInterpreterState *interp)
{
    PythonHook *hooks = interp->audit.hooks;
    Py_ssize_t count = interp->audit.count;

    /* A finalizer that runs now raises its events without these hooks. */
    interp->audit.hooks = NULL;
    interp->audit.count = interp->audit.allocated = 0;
    for (Py_ssize_t i = 0; i < count; i++) {
        audit_filter_release(&hooks[i].filter);
        hook_set_hidden(hooks[i].callable, 0);
        Py_DECREF(hooks[i].callable);
    }
    PyMem_RawFree(hooks);
    Py_CLEAR(interp->audit.native);
    while (interp->audit.observers != NULL) {
        observer_detach(interp->audit.observers);
    }
    interest_lock_and_update();
}

/* The hooks of first_page and behind it; permanent ones stay. */
static void
c_hooks_drop(void)
{
    pthread_mutex_lock(&hooks_lock);
    for (HookPage *page = &first_page; page != NULL; page = page->next) {
        page_protect(page, PROT_READ | PROT_WRITE);
        for (size_t i = 0; i < page->count; i++) {
            HookFilter *filter = &page->hooks[i].filter;
            if (filter->patterns != NULL) {
                munmap((void *)filter->patterns, filter->size);
            }
        }
        __atomic_store_n(&page->count, 0, __ATOMIC_RELEASE);
        memset(page->hooks, 0, sizeof(page->hooks));
        page_protect(page, PROT_READ);
    }
    interest_update();
    pthread_mutex_unlock(&hooks_lock);
}

/* Exported, and so within reach of ctypes: does nothing before the end. */
void
_PySys_ClearAuditHooks(PyThreadState *tstate)
{
    if (tstate == NULL || _PyRuntime.finalizing != tstate) {
        return;
    }
    if (PyAudit(AUDIT_CPYTHON__PYSYS_CLEARAUDITHOOKS, NULL) < 0) {
        _PyErr_Clear(tstate);            /* this event cannot be refused */
    }
    c_hooks_drop();
    for (int i = 0; i <= PLAIN_MAX; i++) {
        Py_CLEAR(spare_arguments[i]);
    }
}

void
audit_clear_hooks(PyThreadState *tstate)
{
    _PySys_ClearAuditHooks(tstate);
}

/* --- sys.audit, sys.addaudithook ----------------------------------------- */

/* args[0] is the event, the rest its arguments.  Runs Python. */
static int
audit_from_python(PyThreadState *tstate, PyObject *const *args,
                  Py_ssize_t nargs)
{
    const char *name = PyUnicode_AsUTF8(args[0]);
    PyObject *tuple;                                        /* owned */
    int event, result;

    if (name == NULL) {
        return -1;
    }
    event = event_wanted(name);
    if (event < 0 ||
        !arguments_are_wanted(tstate, (AuditEvent)event, name)) {
        return 0;
    }
    tuple = tuple_from_array(args + 1, nargs - 1);
    if (tuple == NULL) {
        return -1;
    }
    result = audit_tuple(tstate, (AuditEvent)event, name, tuple, 1);
    Py_DECREF(tuple);
    return result;
}

PyObject *
sys_audit(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    PyThreadState *tstate = _PyThreadState_GET();

    if (nargs == 0) {
        PyErr_SetString(PyExc_TypeError,
                        "audit() missing 1 required positional argument: "
                        "'event'");
        return NULL;
    }
    if (!listeners_exist(tstate)) {
        Py_RETURN_NONE;
    }
    if (!PyUnicode_Check(args[0])) {
        PyErr_Format(PyExc_TypeError,
                     "expected str for argument 'event', not %.200s",
                     Py_TYPE(args[0])->tp_name);
        return NULL;
    }
    if (audit_from_python(tstate, args, nargs) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

int
audit_hook_check(PyObject *hook)
{
    if (PyCallable_Check(hook)) {
        return 0;
    }
    PyErr_Format(PyExc_TypeError, "hook must be callable, not %.200s",
                 Py_TYPE(hook)->tp_name);
    return -1;
}

/* A hook that cannot be called fails every later event.  The reference lets
 * programs add one, so plain calls may; who gives `events` is told at once,
 * and so is somebody at the prompt, which would run nothing any more.
 * 0/-1. */
static int
python_hook_check(PyObject *hook, PyObject *events)
{
    if (events == NULL && PySys_GetObject("ps1") == NULL) {
        return 0;
    }
    return audit_hook_check(hook);
}

PyObject *
sys_addaudithook(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
                 PyObject *kwnames)
{
    static const char *const keywords[] = {"hook", "events", NULL};
    static _PyArg_Parser parser = {.format = "O|$O:addaudithook",
                                   .keywords = keywords};
    PyThreadState *tstate = _PyThreadState_GET();
    PyObject *hook, *events = NULL;                         /* borrowed */
    PyObject *patterns = NULL;                              /* owned */
    PyObject *result = NULL;

    if (!_PyArg_ParseStackAndKeywords(args, nargs, kwnames, &parser, &hook,
                                      &events)) {
        return NULL;
    }
    if (python_hook_check(hook, events) < 0 ||
        audit_patterns_from_object(events, &patterns) < 0) {
        return NULL;
    }
    if (PyAudit(AUDIT_SYS_ADDAUDITHOOK, NULL) < 0) {
        /* A hook that objects with an Exception keeps the new one out without
         * a word, as ever; who gives `events` is told. */
        if (events == NULL && _PyErr_Occurred(tstate) &&
            PyErr_ExceptionMatches(PyExc_Exception)) {
            _PyErr_Clear(tstate);
            result = Py_NewRef(Py_None);
        }
        goto done;
    }
    if (python_hook_append(tstate->interp, hook, patterns) == 0) {
        result = Py_NewRef(Py_None);
    }
done:
    Py_XDECREF(patterns);
    return result;
}

/* --- Attributes of sys, from C ------------------------------------------- */

PyObject *
sys_get_attribute(PyThreadState *tstate, PyObject *name)
{
    PyObject *type, *error, *traceback, *value;

    if (tstate->interp->sysdict == NULL) {
        return NULL;
    }
    _PyErr_Fetch(tstate, &type, &error, &traceback);
    value = PyDict_GetItemWithError(tstate->interp->sysdict, name);
    /* Hashing a name cannot fail; whatever was pending comes back. */
    _PyErr_Restore(tstate, type, error, traceback);
    return value;
}

PyObject *
_PySys_GetAttr(PyThreadState *tstate, PyObject *name)
{
    return sys_get_attribute(tstate, name);
}

PyObject *
PySys_GetObject(const char *name)
{
    PyThreadState *tstate = _PyThreadState_GET();
    PyObject *type, *error, *traceback, *value = NULL, *key;

    if (tstate->interp->sysdict == NULL) {
        return NULL;
    }
    _PyErr_Fetch(tstate, &type, &error, &traceback);
    key = PyUnicode_FromString(name);
    if (key != NULL) {
        value = PyDict_GetItemWithError(tstate->interp->sysdict, key);
        Py_DECREF(key);
    }
    _PyErr_Restore(tstate, type, error, traceback);
    return value;
}

int
sys_set_attribute(PyThreadState *tstate, PyObject *name, PyObject *value)
{
    PyObject *dict = tstate->interp->sysdict;

    if (value != NULL) {
        return PyDict_SetItem(dict, name, value);
    }
    /* Deleting what is not there is not an error. */
    value = _PyDict_Pop(dict, name, Py_None);
    Py_XDECREF(value);
    return value == NULL ? -1 : 0;
}

int
PySys_SetObject(const char *name, PyObject *value)
{
    PyObject *key = value == NULL ? PyUnicode_FromString(name)
                                  : PyUnicode_InternFromString(name);
    int result;

    if (key == NULL) {
        return -1;
    }
    result = sys_set_attribute(_PyThreadState_GET(), key, value);
    Py_DECREF(key);
    return result;
}

int
_PySys_SetAttr(PyObject *name, PyObject *value)
{
    return sys_set_attribute(_PyThreadState_GET(), name, value);
}

/* --- The module ---------------------------------------------------------- */

static PyModuleDef sys_module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "sys",
    .m_doc = PyDoc_STR("The interpreter itself: its configuration, its state "
                       "and its hooks."),
    .m_size = -1,        /* the state is the interpreter's */
    .m_methods = sys_methods,
};

PyObject *
sys_create(PyThreadState *tstate)
{
    PyInterpreterState *interp = tstate->interp;
    PyObject *module = NULL, *dict;

    module = _PyModule_CreateInitialized(&sys_module, PYTHON_API_VERSION);
    if (module == NULL) {
        return NULL;
    }
    dict = PyModule_GetDict(module);                        /* borrowed */
    interp->sysdict = Py_NewRef(dict);
    interp->audit.native =
        Py_XNewRef(PyDict_GetItemWithError(dict, NAME(audit)));
    if (PyDict_SetItem(dict, NAME(modules), interp->modules) < 0 ||
        sys_add_info(tstate, dict) < 0 ||
        PyDict_SetItem(interp->modules, NAME(sys), module) < 0) {
        Py_DECREF(module);
        return NULL;
    }
    return module;
}
