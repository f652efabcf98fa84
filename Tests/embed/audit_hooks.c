/* C hooks: order, subscriptions, refusals, permanence, what bad callers get.
 *
 * Each test runs in a process of its own, for hooks cannot be removed and the
 * runtime can be initialised as often as wanted. */
#include <Python.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef PySys_HOOK_PERMANENT
#define PySys_HOOK_PERMANENT 1       /* the reference has no such thing */
#endif

#define CHECK(condition)                                              \
    do {                                                              \
        if (!(condition)) {                                           \
            printf("%s:%d: %s\n", __func__, __LINE__, #condition);    \
            exit(1);                                                  \
        }                                                             \
    } while (0)

static char seen[4096];              /* letters of the hooks, as they ran */

/* Notes its letter for events of the tests. */
static int
note(const char *event, PyObject *args, void *letter)
{
    CHECK(PyTuple_Check(args));
    CHECK(!PyErr_Occurred());
    if (strncmp(event, "test.", 5) == 0) {
        strncat(seen, letter, sizeof(seen) - strlen(seen) - 1);
    }
    return 0;
}

static int
count(const char *event, PyObject *args, void *counter)
{
    *(long *)counter += strcmp(event, "test.count") == 0;
    return 0;
}

/* Refuses the addition of hooks with the exception that `data` points to. */
static PyObject *refusal;
static int refusing;

static int
refuse(const char *event, PyObject *args, void *data)
{
    if (!refusing || strcmp(event, "sys.addaudithook") != 0) {
        return 0;
    }
    if (refusal != NULL) {
        PyErr_SetString(refusal, "no");
    }
    return -1;
}

static int
expect(PyObject *exception)
{
    int matches = PyErr_Occurred() && PyErr_ExceptionMatches(exception);

    PyErr_Clear();
    return matches;
}

/* --- Tests ------------------------------------------------------------------ */

static void
hooks_run_in_order_and_in_every_interpreter(void)
{
    CHECK(PySys_AddAuditHook(note, "a") == 0);
    CHECK(PySys_AddAuditHook(note, "b") == 0);
    Py_Initialize();
    CHECK(PySys_AddAuditHook(note, "c") == 0);
    CHECK(PySys_Audit("test.one", NULL) == 0);
    CHECK(strcmp(seen, "abc") == 0);
    PyThreadState *main_thread = PyThreadState_Get();
    PyThreadState *other = Py_NewInterpreter();
    CHECK(other != NULL);
    PyRun_SimpleString("import sys; sys.audit('test.two')");
    Py_EndInterpreter(other);
    PyThreadState_Swap(main_thread);
    CHECK(strcmp(seen, "abcabc") == 0);
    Py_Finalize();
    Py_Initialize();
    CHECK(PySys_Audit("test.three", NULL) == 0);
    CHECK(strcmp(seen, "abcabc") == 0);    /* cleared with the runtime */
}

static void
a_thousand_hooks_take_more_than_one_page(void)
{
    enum { HOOKS = 1000 };
    static long counters[HOOKS];

    for (int i = 0; i < HOOKS / 2; i++) {
        CHECK(PySys_AddAuditHook(count, &counters[i]) == 0);
    }
    Py_Initialize();
    for (int i = HOOKS / 2; i < HOOKS; i++) {
        CHECK(PySys_AddAuditHook(count, &counters[i]) == 0);
    }
    CHECK(PySys_Audit("test.count", "i", 1) == 0);
    for (int i = 0; i < HOOKS; i++) {
        CHECK(counters[i] == 1);
    }
    CHECK(Py_FinalizeEx() == 0);
    Py_Initialize();                       /* the pages are used again */
    CHECK(PySys_AddAuditHook(count, &counters[0]) == 0);
    CHECK(PySys_Audit("test.count", NULL) == 0);
    CHECK(counters[0] == 2 && counters[1] == 1);
}

static void
patterns_choose_events(void)
{
    static const char *const exact[] = {"test.a", NULL};
    static const char *const globs[] = {"x*", "test.[b-d]?", "t*.*z", NULL};
    static const char *const none[] = {NULL};
    static const char *const odd[] = {"test.[", "", "test.[!a-z]", NULL};

    CHECK(PySys_AddAuditHookEx(note, "e", exact, 0) == 0);
    CHECK(PySys_AddAuditHookEx(note, "g", globs, 0) == 0);
    CHECK(PySys_AddAuditHookEx(note, "n", none, 0) == 0);
    CHECK(PySys_AddAuditHookEx(note, "o", odd, 0) == 0);
    Py_Initialize();
    CHECK(PySys_Audit("test.a", NULL) == 0);
    CHECK(PySys_Audit("test.ab", NULL) == 0);
    CHECK(PySys_Audit("test.cb", NULL) == 0);
    CHECK(PySys_Audit("test.zzz", NULL) == 0);
    CHECK(PySys_Audit("test.[", NULL) == 0);
    CHECK(PySys_Audit("test.7", NULL) == 0);
    CHECK(PySys_Audit("test.", NULL) == 0);
    CHECK(PySys_Audit("", NULL) == 0);
    CHECK(strcmp(seen, "eggoo") == 0);
}

static int
note_dup(const char *event, PyObject *args, void *letter)
{
    if (strcmp(event, "lucid.os.dup") == 0) {
        strncat(seen, letter, sizeof(seen) - strlen(seen) - 1);
    }
    return 0;
}

static void
events_on_request_come_to_who_asks(void)
{
    static const char *const wanted[] = {"lucid.os.d*", NULL};
    static const char *const all[] = {"*", NULL};

    CHECK(PySys_AddAuditHook(note_dup, "p") == 0);
    Py_Initialize();
    PyRun_SimpleString("import os; os.close(os.dup(1))");
    CHECK(strcmp(seen, "") == 0);
    CHECK(PySys_Audit("lucid.os.dup", "i", 1) == 0);
    CHECK(strcmp(seen, "") == 0);
    CHECK(PySys_AddAuditHookEx(note_dup, "w", wanted, 0) == 0);
    CHECK(PySys_AddAuditHookEx(note_dup, "s", all, 0) == 0);
    PyRun_SimpleString("import os; os.close(os.dup(1))");
    CHECK(strcmp(seen, "ws") == 0);
    CHECK(PySys_Audit("lucid.os.dup", "i", 1) == 0);
    CHECK(strcmp(seen, "wsws") == 0);
}

static void
results_tell_whether_the_hook_is_there(void)
{
    CHECK(PySys_AddAuditHook(refuse, NULL) == 0);
    Py_Initialize();
    refusing = 1;
    refusal = PyExc_RuntimeError;
    CHECK(PySys_AddAuditHook(note, "a") == 0 && !PyErr_Occurred());
    CHECK(PySys_AddAuditHookEx(note, "b", NULL, 0) == -1);
    CHECK(expect(PyExc_RuntimeError));
    refusal = PyExc_ValueError;
    CHECK(PySys_AddAuditHook(note, "c") == -1 && expect(PyExc_ValueError));
    CHECK(PySys_AddAuditHookEx(note, "d", NULL, 0) == -1);
    CHECK(expect(PyExc_ValueError));
    refusal = NULL;
    CHECK(PySys_AddAuditHook(note, "e") == -1 && !PyErr_Occurred());
    CHECK(PySys_AddAuditHookEx(note, "f", NULL, 0) == -1);
    CHECK(expect(PyExc_SystemError));
    refusing = 0;
    CHECK(PySys_Audit("test.none", NULL) == 0);
    CHECK(strcmp(seen, "") == 0);
    CHECK(PySys_AddAuditHookEx(NULL, NULL, NULL, 0) == -1);
    CHECK(expect(PyExc_ValueError));
    CHECK(PySys_AddAuditHookEx(note, "g", NULL, 2) == -1);
    CHECK(expect(PyExc_ValueError));
    CHECK(PySys_AddAuditHookEx(note, "h", NULL, PySys_HOOK_PERMANENT) == -1);
    CHECK(expect(PyExc_ValueError));
}

static void
permanent_hooks_come_first_and_outlive_the_runtime(void)
{
    static const char *const some[] = {"lucid.os.dup", "*two", NULL};

    CHECK(PySys_AddAuditHook(note, "b") == 0);
    CHECK(PySys_AddAuditHookEx(note, "a", NULL, PySys_HOOK_PERMANENT) == 0);
    for (int i = 0; i < 3; i++) {
        Py_Initialize();
        CHECK(PySys_AddAuditHook(note, "c") == 0);
        CHECK(PySys_Audit("test.one", NULL) == 0);
        CHECK(strcmp(seen, i == 0 ? "abc" : "ac") == 0);
        CHECK(PySys_AddAuditHookEx(note, "e", some, 0) == 0);
        CHECK(PySys_Audit("test.two", NULL) == 0);
        CHECK(seen[strlen(seen) - 1] == 'e');
        seen[0] = '\0';
        CHECK(Py_FinalizeEx() == 0);
        CHECK(PySys_AddAuditHookEx(note, "d", NULL, PySys_HOOK_PERMANENT) ==
              -1);
    }
}

static int
late(const char *event, PyObject *args, void *letter)
{
    if (strcmp(event, "test.nest") == 0 && strlen(seen) < 3) {
        strncat(seen, "n", 2);
        CHECK(PySys_AddAuditHook(note, "l") == 0);
        CHECK(PySys_Audit("test.nest", "s", "again") == 0);
        return 7;                          /* success, too */
    }
    if (strcmp(event, "test.dirty") == 0) {
        PyErr_SetString(PyExc_KeyError, "left behind");
    }
    return strcmp(event, "test.silent") == 0 ? -1 : 0;
}

static void
hooks_may_do_what_they_like(void)
{
    CHECK(PySys_AddAuditHook(late, NULL) == 0);
    Py_Initialize();
    CHECK(PySys_Audit("test.nest", NULL) == 0 && !PyErr_Occurred());
    CHECK(strncmp(seen, "nnnl", 4) == 0);
    CHECK(PySys_Audit("test.dirty", NULL) == 0 && !PyErr_Occurred());
    CHECK(PySys_Audit("test.silent", NULL) == -1 && !PyErr_Occurred());
    PyErr_SetString(PyExc_IndexError, "pending");
    CHECK(PySys_Audit("test.dirty", "i", 3) == 0);
    CHECK(expect(PyExc_IndexError));
    PyRun_SimpleString("import sys\n"
                       "try: sys.audit('test.silent')\n"
                       "except SystemError: sys.audit('test.caught')\n");
    CHECK(strchr(seen, 'l') != NULL);
}

static PyObject *last_args;

static int
keep(const char *event, PyObject *args, void *data)
{
    if (strncmp(event, "test.", 5) == 0) {
        Py_XSETREF(last_args, Py_NewRef(args));
    }
    return 0;
}

static void
formats_make_the_arguments(void)
{
    char huge[70000];
    PyObject *pair;

    CHECK(PySys_AddAuditHook(keep, NULL) == 0);
    Py_Initialize();
    pair = Py_BuildValue("ii", 1, 2);
    CHECK(PySys_Audit("test.a", "O", pair) == 0 && last_args == pair);
    CHECK(PySys_Audit("test.a", "(O)", pair) == 0);
    CHECK(PyTuple_GET_SIZE(last_args) == 1);
    CHECK(PySys_Audit("test.a", "") == 0 && PyTuple_GET_SIZE(last_args) == 0);
    CHECK(PySys_Audit("test.a", "sO", "x", NULL) == -1);
    CHECK(expect(PyExc_SystemError));
    CHECK(PySys_Audit("test.a", "i!", 1, 2) == -1);
    CHECK(expect(PyExc_SystemError));
    CHECK(PySys_Audit("test.a", "(i", 1) == -1 && expect(PyExc_SystemError));
    CHECK(PySys_Audit("test.a", "s", "\xff") == -1);
    CHECK(expect(PyExc_UnicodeDecodeError));
    CHECK(PySys_AuditTuple("test.a", pair) == 0 && last_args == pair);
    CHECK(PySys_AuditTuple("test.a", NULL) == 0);
    CHECK(PyTuple_GET_SIZE(last_args) == 0);
    CHECK(PySys_AuditTuple("test.a", Py_None) == -1);
    CHECK(expect(PyExc_TypeError));
    memset(huge, 'x', sizeof(huge));
    memcpy(huge, "test.", 5);
    huge[sizeof(huge) - 1] = '\0';
    CHECK(PySys_Audit(huge, "i", 1) == 0 && PyTuple_GET_SIZE(last_args) == 1);
    CHECK(PySys_Audit("test.\xff", "i", 1) == 0);   /* C hooks take bytes */
    CHECK(PySys_Audit("", "i", 1) == 0);
    PyRun_SimpleString("import sys; sys.addaudithook(lambda e, a: None)");
    CHECK(PySys_Audit("test.\xff", "i", 1) == -1);
    CHECK(expect(PyExc_UnicodeDecodeError));
    Py_DECREF(pair);
    Py_CLEAR(last_args);
}

/* Objects to the events of the end, which go on all the same. */
static int
follow_end(const char *event, PyObject *args, void *data)
{
    if (strcmp(event, "cpython.PyInterpreterState_Clear") == 0) {
        strncat(seen, "i", 2);
        return -1;
    }
    if (strcmp(event, "cpython._PySys_ClearAuditHooks") == 0) {
        strncat(seen, "c", 2);
        return -1;
    }
    return 0;
}

void _PySys_ClearAuditHooks(PyThreadState *tstate);

static void
hooks_see_the_end_and_cannot_be_cleared_before(void)
{
    CHECK(PySys_AddAuditHook(follow_end, NULL) == 0);
    Py_Initialize();
    _PySys_ClearAuditHooks(PyThreadState_Get());
    _PySys_ClearAuditHooks(NULL);
    CHECK(strcmp(seen, "") == 0);
    CHECK(Py_FinalizeEx() == 0);
    CHECK(strcmp(seen, "ic") == 0);
    CHECK(PySys_Audit("test.after", NULL) == 0);    /* nobody, no thread */
}

static int
leave(const char *event, PyObject *args, void *data)
{
    if (strcmp(event, "test.exit") == 0) {
        _exit(0);
    }
    if (strcmp(event, "test.fork") == 0) {
        pid_t pid = fork();
        if (pid == 0) {
            _exit(42);
        }
        CHECK(pid > 0);
        int status;
        CHECK(waitpid(pid, &status, 0) == pid && WEXITSTATUS(status) == 42);
    }
    if (strcmp(event, "test.yield") == 0) {
        Py_BEGIN_ALLOW_THREADS
        usleep(1000);
        Py_END_ALLOW_THREADS
    }
    return 0;
}

static void
hooks_may_fork_yield_and_exit(void)
{
    CHECK(PySys_AddAuditHook(leave, NULL) == 0);
    Py_Initialize();
    CHECK(PySys_Audit("test.fork", NULL) == 0);
    CHECK(PySys_Audit("test.yield", NULL) == 0);
    PySys_Audit("test.exit", NULL);
    CHECK(!"reached");
}

/* --- Each in a child ---------------------------------------------------------- */

int
main(void)
{
    static void (*const tests[])(void) = {
        hooks_run_in_order_and_in_every_interpreter,
        a_thousand_hooks_take_more_than_one_page,
        patterns_choose_events,
        events_on_request_come_to_who_asks,
        results_tell_whether_the_hook_is_there,
        permanent_hooks_come_first_and_outlive_the_runtime,
        hooks_may_do_what_they_like,
        formats_make_the_arguments,
        hooks_see_the_end_and_cannot_be_cleared_before,
        hooks_may_fork_yield_and_exit,
    };
    int failed = 0;

    setvbuf(stdout, NULL, _IOLBF, 0);
    for (size_t i = 0; i < sizeof(tests) / sizeof(*tests); i++) {
        int status;
        pid_t pid = fork();
        if (pid == 0) {
            alarm(60);
            tests[i]();
            fflush(stdout);
            _exit(0);
        }
        waitpid(pid, &status, 0);
        if (status != 0) {
            printf("test %zu: status %#x\n", i, status);
            failed++;
        }
    }
    return failed != 0;
}
