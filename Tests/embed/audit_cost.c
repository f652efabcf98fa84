/* What an audit event costs, in nanoseconds: links against any libpython3.11.
 *
 *     audit_cost [EVENTS]
 *
 * Prints a line for each case; run it against two libraries to compare.  As a
 * test it does little more than pass: few events, and no judgement on time. */
#include <Python.h>

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

typedef int (*add_hook_ex)(Py_AuditHookFunction, void *, const char *const *,
                           int);

enum { ROUNDS = 50 };

static long calls;

static int
hook(const char *event, PyObject *args, void *data)
{
    calls++;
    return 0;
}

static double
now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

/* The best of many short rounds: others use the machine, too. */
static void
measure(const char *title, const char *event, long events)
{
    PyObject *path = PyUnicode_FromString("/etc/hostname");
    double best = 1e18;
    long before = calls;

    for (int round = 0; round < ROUNDS; round++) {
        double start = now();
        for (long i = 0; i < events; i++) {
            if (PySys_Audit(event, "OOi", path, Py_None, 0) < 0) {
                exit(1);
            }
        }
        double elapsed = now() - start;
        best = elapsed < best ? elapsed : best;
    }
    printf("%-32s %8.2f ns  (%ld calls)\n", title, best / (double)events,
           calls - before);
    Py_DECREF(path);
}

int
main(int argc, char **argv)
{
    static const char *const patterns[] = {"exec", "test.*", NULL};
    static const char *const unrelated[] = {"socket.*", NULL};
    long events = argc > 1 ? atol(argv[1]) : 1000;
    add_hook_ex add_ex = (add_hook_ex)dlsym(RTLD_DEFAULT,
                                            "PySys_AddAuditHookEx");

    Py_InitializeEx(0);
    measure("no hook", "open", events);
    if (add_ex != NULL) {
        if (add_ex(hook, NULL, patterns, 0) < 0) {
            return 1;
        }
        measure("unsubscribed, by name", "open", events);
        if (add_ex(hook, NULL, unrelated, 0) < 0) {
            return 1;
        }
        measure("unsubscribed, a relative's", "shutil.copy", events);
    }
    if (PySys_AddAuditHook(hook, NULL) < 0) {
        return 1;
    }
    measure("C hook", "open", events);
    measure("C hook, name without a row", "nowhere.known", events);
    return Py_FinalizeEx() < 0;
}
