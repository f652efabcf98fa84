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
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

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

/* One case in a process of its own: hooks cannot be removed. */
static int
run_case(int number, long events)
{
    static const char *const patterns[] = {"exec", "test.*", NULL};
    static const char *const relatives[] = {"o*x", NULL};
    static const char *const cases[] = {
        "no hook", "C hook", "C hook, name without a row",
        "unsubscribed", "unsubscribed, similar name"};
    add_hook_ex add_ex = (add_hook_ex)dlsym(RTLD_DEFAULT,
                                            "PySys_AddAuditHookEx");
    int status = 0;

    if (number > 2 && add_ex == NULL) {
        return 0;                          /* the reference */
    }
    Py_InitializeEx(0);
    if (number == 1 || number == 2) {
        status = PySys_AddAuditHook(hook, NULL);
    }
    else if (number > 2) {
        status = add_ex(hook, NULL, number == 3 ? patterns : relatives, 0);
    }
    measure(cases[number], number == 2 ? "nowhere.known" : "open", events);
    return status < 0 || Py_FinalizeEx() < 0;
}

int
main(int argc, char **argv)
{
    long events = argc > 1 ? atol(argv[1]) : 1000;
    int failed = 0;

    for (int i = 0; i < 5; i++) {
        int status;
        pid_t pid = fork();
        if (pid == 0) {
            status = run_case(i, events);
            fflush(stdout);
            _exit(status);
        }
        waitpid(pid, &status, 0);
        failed |= status != 0;
    }
    return failed;
}
