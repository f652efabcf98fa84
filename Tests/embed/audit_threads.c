/* 64 threads add hooks and audit at the same time: audit_threads [SECONDS].
 *
 * Meant for a build with CFLAGS=-fsanitize=thread (Doc/hooks.rst); elsewhere it
 * shows that no event misses a hook that was there before it. */
#include <Python.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { THREADS = 64, HOOKS_EACH = 4, EARLY_HOOKS = 100 };

static long early[THREADS][EARLY_HOOKS];
static time_t deadline;

/* Under the GIL, as all hooks are. */
static int
count(const char *event, PyObject *args, void *counter)
{
    *(long *)counter += strncmp(event, "test.", 5) == 0;
    return 0;
}

/* Before initialisation nothing but the core's own lock orders them. */
static void *
add_early(void *counters)
{
    for (int i = 0; i < EARLY_HOOKS; i++) {
        static const char *const patterns[] = {"test.early", NULL};
        if (PySys_AddAuditHookEx(count, (long *)counters + i, patterns, 0) <
            0) {
            abort();
        }
    }
    return NULL;
}

static int
add_python_hook(int round)
{
    return PyRun_SimpleString(
        round % 2
            ? "import sys\n"
              "sys.addaudithook(lambda e, a: None, events='test.python')\n"
              "sys.audit('test.python')"
            : "import lucid, sys\n"
              "with lucid.audit_scope(lambda e, a: None, 'test.o*'):\n"
              "    sys.audit('test.observed', 1)\n"
              "    sys.audit('test.other')");
}

static void *
work(void *unused)
{
    long *kept = calloc(HOOKS_EACH, sizeof(long));   /* hooks outlive us */
    int added = 0;

    for (int round = 0; time(NULL) < deadline || round < 2 * HOOKS_EACH;
         round++) {
        PyGILState_STATE state = PyGILState_Ensure();
        if (added < HOOKS_EACH) {
            if (PySys_AddAuditHook(count, &kept[added]) < 0 ||
                add_python_hook(round) < 0) {
                abort();
            }
            added++;
        }
        long before = kept[added - 1];
        if (PySys_Audit("test.thread", "si", "round", round) < 0 ||
            kept[added - 1] <= before) {
            printf("an event was missed\n");
            exit(1);
        }
        PyGILState_Release(state);
    }
    return NULL;
}

int
main(int argc, char **argv)
{
    pthread_t threads[THREADS];
    int failed = 0;

    deadline = time(NULL) + (argc > 1 ? atoi(argv[1]) : 1);
    for (int i = 0; i < THREADS; i++) {
        pthread_create(&threads[i], NULL, add_early, early[i]);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    Py_Initialize();
    PySys_Audit("test.early", NULL);
    for (int i = 0; i < THREADS * EARLY_HOOKS; i++) {
        failed |= (&early[0][0])[i] != 1;
    }
    PyThreadState *main_thread = PyEval_SaveThread();
    for (int i = 0; i < THREADS; i++) {
        pthread_create(&threads[i], NULL, work, NULL);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    PyEval_RestoreThread(main_thread);
    if (failed) {
        printf("a hook was lost\n");
    }
    return Py_FinalizeEx() < 0 || failed;
}
