/* End of the runtime and of interpreters.
 *
 * Order matters to programs: threads are waited for, atexit functions run,
 * then modules are torn down, then hooks hear of the end, and what C owns is
 * released last. */
#include "Python.h"

#include "audit.h"
#include "bytes.h"
#include "codecs.h"
#include "config.h"
#include "context.h"
#include "dict.h"
#include "errors.h"
#include "float.h"
#include "gc.h"
#include "gil.h"
#include "import.h"
#include "lifecycle.h"
#include "long.h"
#include "private_api.h"
#include "pystate.h"
#include "runtime.h"
#include "signals.h"
#include "sys.h"
#include "tuple.h"
#include "type.h"
#include "unicode.h"
#include "warnings.h"

extern void faulthandler_fini(void);
extern void tracemalloc_fini(void);

static void
fini_subsystems(PyInterpreterState *interp)
{
    static void (*const finish[])(PyInterpreterState *) = {
#define SUBSYSTEM(header, init, fini) fini,
#include "subsystems.def"
    };

    for (size_t i = Py_ARRAY_LENGTH(finish); i-- > 0; ) {
        finish[i](interp);
    }
}

static void
call_exit_functions(void)
{
    while (_PyRuntime.nexitfuncs > 0) {
        void (*function)(void) = _PyRuntime.exitfuncs[--_PyRuntime.nexitfuncs];
        _PyRuntime.exitfuncs[_PyRuntime.nexitfuncs] = NULL;
        function();
    }
    fflush(stdout);
    fflush(stderr);
}

int
Py_AtExit(void (*func)(void))
{
    if (_PyRuntime.nexitfuncs >= (int)Py_ARRAY_LENGTH(_PyRuntime.exitfuncs)) {
        return -1;
    }
    _PyRuntime.exitfuncs[_PyRuntime.nexitfuncs++] = func;
    return 0;
}

/* Modules, hooks and what the interpreter holds, while Python can still run
 * and cycles are still collected. */
static void
clear_interpreter(PyThreadState *tstate)
{
    import_finalize_modules(tstate);
    if (pystate_is_main_interpreter(tstate->interp)) {
        import_fini_global();     /* copies of modules' dicts, with cycles */
    }
    PyInterpreterState_Clear(tstate->interp);
}

int
Py_FinalizeEx(void)
{
    PyThreadState *tstate;
    PyInterpreterState *interp;
    int status = 0;

    if (!_PyRuntime.initialized) {
        return 0;
    }
    tstate = _PyThreadState_GET();
    interp = tstate->interp;

    pystate_wait_for_threads(tstate);
    gil_finish_pending(tstate);
    atexit_call(interp);
    status = sys_flush_streams();

    /* From here on other threads end when they ask for the GIL. */
    interp->finalizing = 1;
    _PyRuntime.finalizing = tstate;
    _PyRuntime.initialized = 0;
    _PyRuntime.core_initialized = 0;
    _PyThreadState_DeleteExcept(tstate);

    signals_fini();
    PyGC_Collect();
    clear_interpreter(tstate);
    if (sys_flush_streams() < 0) {
        status = -1;
    }
    tracemalloc_fini();
    faulthandler_fini();
    audit_clear_hooks(tstate);
    _PyRuntime.closed_to_python = 1;
    audit_log_close();
    fini_subsystems(interp);
    pystate_gilstate_fini();
    PyThreadState_Clear(tstate);
    sys_fini_types();
    PyInterpreterState_Delete(interp);
    call_exit_functions();
    pystate_runtime_fini();
    return status;
}

void
Py_Finalize(void)
{
    (void)Py_FinalizeEx();
}

void
Py_EndInterpreter(PyThreadState *tstate)
{
    PyInterpreterState *interp = tstate->interp;

    if (tstate != _PyThreadState_GET()) {
        Py_FatalError("thread is not current");
    }
    if (tstate->cframe->current_frame != NULL) {
        Py_FatalError("thread still has a frame");
    }
    interp->finalizing = 1;
    pystate_wait_for_threads(tstate);
    atexit_call(interp);
    if (tstate != interp->threads.head || tstate->next != NULL) {
        Py_FatalError("not the last thread");
    }
    clear_interpreter(tstate);
    fini_subsystems(interp);
    PyThreadState_Clear(tstate);
    PyThreadState_Swap(NULL);
    PyInterpreterState_Delete(interp);
}

void
Py_Exit(int sts)
{
    if (Py_FinalizeEx() < 0) {
        sts = 120;
    }
    exit(sts);
}

int
_Py_IsFinalizing(void)
{
    return _PyRuntime.finalizing != NULL;
}
