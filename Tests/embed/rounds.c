/* Twenty lives of the runtime in one process: each starts, imports and runs a
 * little, has a sub-interpreter, and ends.  What a life leaves behind must
 * stay small: static types and names are made once, the rest is given back. */
#include <Python.h>

#include <malloc.h>
#include <stdio.h>

#define ROUNDS 20
#define WARM_UP 4                 /* rounds in which pools and tables fill */
#define ALLOWED_GROWTH 20000      /* bytes a round */

static const char program[] =
    "import sys, json, re, collections\n"
    "class C:\n"
    "    def __init__(self): self.me = self\n"
    "kept = [C() for i in range(100)]\n"
    "sys.audit('test')\n"
    "assert json.loads(json.dumps({'a': [1, 2.5]})) == {'a': [1, 2.5]}\n"
    "assert re.match('(a+)b', 'aab').group(1) == 'aa'\n";

/* Bytes in use, of arenas as of malloc's own. */
static size_t
bytes_in_use(void)
{
    struct mallinfo2 info = mallinfo2();

    return info.uordblks + info.hblkhd;
}

static int
live_once(void)
{
    PyThreadState *first, *other;
    int failed;

    Py_Initialize();
    failed = PyRun_SimpleString(program) < 0;
    first = PyThreadState_Get();
    other = Py_NewInterpreter();
    if (other == NULL || PyRun_SimpleString(program) < 0) {
        failed = 1;
    }
    if (other != NULL) {
        Py_EndInterpreter(other);
    }
    PyThreadState_Swap(first);
    return Py_FinalizeEx() < 0 || failed;
}

int
main(void)
{
    size_t warm = 0, growth;

    for (int i = 0; i < ROUNDS; i++) {
        if (live_once()) {
            printf("round %d failed\n", i);
            return 1;
        }
        if (Py_IsInitialized()) {
            printf("round %d did not end\n", i);
            return 1;
        }
        if (i == WARM_UP - 1) {
            warm = bytes_in_use();
        }
    }
    growth = bytes_in_use() > warm ? bytes_in_use() - warm : 0;
    printf("%zu bytes a round\n", growth / (ROUNDS - WARM_UP));
    return growth / (ROUNDS - WARM_UP) > ALLOWED_GROWTH;
}
