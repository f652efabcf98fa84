/* Every allocation failing in turn: start-up, compile, import and run of a
 * small program must end with an exception or a message, never with a crash.
 *
 *   nomemory            a sample of the allocations (the default)
 *   nomemory all        all of them
 *   nomemory FIRST STEP
 *
 * A child process for each n: its n-th allocation answers NULL.  The loop ends
 * with the first n that the program does not reach. */
#include <Python.h>

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

/* Of a child that ends well; a sanitizer's report ends it with 1. */
enum {REACHED = 10, NOT_REACHED = 11};

static unsigned long allocations;      /* so far in this process */
static unsigned long failing;          /* the one that fails; 0: none */
static PyMemAllocatorEx originals[3];

static const char program[] =
    "import json, re\n"
    "class C:\n"
    "    def __init__(self, x): self.x = x\n"
    "    def __repr__(self): return f'C({self.x!r})'\n"
    "def f(*args, **kwargs):\n"
    "    return [C(a) for a in args], kwargs\n"
    "try:\n"
    "    text = json.dumps({'a': [1, 2.5, None], 'b': str(f(1, 2, k=3))})\n"
    "    assert re.search(r'C\\(1\\)', text)\n"
    "    raise KeyError(text)\n"
    "except KeyError as error:\n"
    "    compile('def g(x):\\n  return {x: [x for x in range(3)]}\\n', 'm',\n"
    "            'exec')\n";

static int
fails_now(void)
{
    return ++allocations == failing;
}

static void *
hook_malloc(void *ctx, size_t size)
{
    PyMemAllocatorEx *original = ctx;

    return fails_now() ? NULL : original->malloc(original->ctx, size);
}

static void *
hook_calloc(void *ctx, size_t count, size_t size)
{
    PyMemAllocatorEx *original = ctx;

    return fails_now() ? NULL : original->calloc(original->ctx, count, size);
}

static void *
hook_realloc(void *ctx, void *pointer, size_t size)
{
    PyMemAllocatorEx *original = ctx;

    return fails_now() ? NULL
                       : original->realloc(original->ctx, pointer, size);
}

static void
hook_free(void *ctx, void *pointer)
{
    PyMemAllocatorEx *original = ctx;

    original->free(original->ctx, pointer);
}

/* Where they are not in force yet. */
static void
install_hooks(void)
{
    PyMemAllocatorDomain domains[] = {PYMEM_DOMAIN_RAW, PYMEM_DOMAIN_MEM,
                                      PYMEM_DOMAIN_OBJ};

    for (int i = 0; i < 3; i++) {
        PyMemAllocatorEx hook = {&originals[i], hook_malloc, hook_calloc,
                                 hook_realloc, hook_free};
        PyMemAllocatorEx present;
        PyMem_GetAllocator(domains[i], &present);
        if (present.malloc != hook_malloc) {
            originals[i] = present;
            PyMem_SetAllocator(domains[i], &hook);
        }
    }
}

/* The child: exits with NOT_REACHED if it needed fewer than n allocations. */
static void
run_child(unsigned long n)
{
    PyPreConfig preconfig;
    PyConfig config;
    PyStatus status;

    failing = n;
    install_hooks();
    PyPreConfig_InitPythonConfig(&preconfig);
    preconfig.parse_argv = 0;
    status = Py_PreInitialize(&preconfig);
    if (PyStatus_Exception(status)) {
        _exit(REACHED);
    }
    install_hooks();    /* a sanitized build has just replaced them by malloc */
    PyConfig_InitPythonConfig(&config);
    config.parse_argv = 0;
    config.pathconfig_warnings = 0;
    config.use_hash_seed = 1;           /* the same n, the same allocation */
    config.hash_seed = 0;
    status = Py_InitializeFromConfig(&config);
    PyConfig_Clear(&config);
    if (PyStatus_Exception(status)) {
        _exit(REACHED);
    }
    (void)PyRun_SimpleString(program);
    (void)Py_FinalizeEx();
    _exit(allocations >= n ? REACHED : NOT_REACHED);
}

/* Wait for the end of a child's messages; is Py_FatalError's among the first
 * BUFSIZ bytes of them? */
static int
has_fatal_message(int fd)
{
    char text[BUFSIZ + 1], rest[BUFSIZ];
    size_t length = 0;
    ssize_t got;

    while ((got = read(fd, rest, sizeof(rest))) > 0) {
        size_t part = Py_MIN((size_t)got, BUFSIZ - length);
        memcpy(text + length, rest, part);
        length += part;
    }
    text[length] = '\0';
    return strstr(text, "Fatal Python error") != NULL;
}

/* 0: n was not reached, 1: it was, -1: the child crashed or hung. */
static int
try(unsigned long n)
{
    int status, fatal, messages[2];
    pid_t pid;

    if (pipe(messages) < 0 || (pid = fork()) < 0) {
        perror("nomemory");
        return -1;
    }
    if (pid == 0) {
        alarm(60);
        dup2(messages[1], STDERR_FILENO);
        close(messages[0]);
        close(messages[1]);
        run_child(n);
    }
    close(messages[1]);
    fatal = has_fatal_message(messages[0]);
    close(messages[0]);
    if (waitpid(pid, &status, 0) < 0) {
        perror("nomemory");
        return -1;
    }
    /* Py_FatalError aborts on purpose: "a clean exit with a message".  An
     * assertion of a dev build or the C library's heap does not. */
    if (WIFSIGNALED(status) && (WTERMSIG(status) != SIGABRT || !fatal)) {
        printf("allocation %lu: signal %d\n", n, WTERMSIG(status));
        return -1;
    }
    if (WIFEXITED(status) && WEXITSTATUS(status) != REACHED &&
        WEXITSTATUS(status) != NOT_REACHED) {
        printf("allocation %lu: exit status %d\n", n, WEXITSTATUS(status));
        return -1;
    }
    return WIFSIGNALED(status) || WEXITSTATUS(status) == REACHED;
}

int
main(int argc, char **argv)
{
    unsigned long first = 1, step = 211;
    unsigned long tried = 0, failed = 0;

    setvbuf(stdout, NULL, _IOLBF, 0);   /* nothing for a child to flush */
    if (argc > 1 && strcmp(argv[1], "all") == 0) {
        step = 1;
    }
    else if (argc > 2) {
        first = strtoul(argv[1], NULL, 10);
        step = strtoul(argv[2], NULL, 10);
    }
    for (unsigned long n = first;; n += step) {
        int outcome = try(n);
        if (outcome == 0) {
            break;
        }
        tried++;
        failed += outcome < 0;
    }
    printf("%lu allocations failed in turn, %lu crashes\n", tried, failed);
    return failed != 0;
}
