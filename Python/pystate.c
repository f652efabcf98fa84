/* Interpreters and threads: their states, the current one, PyGILState.
 *
 *   _PyRuntime.interpreters   list of PyInterpreterState, newest first
 *   interp->threads           list of PyThreadState, newest first
 *   _PyRuntime.tstate_current the state of the thread that holds the GIL, NULL
 *                             in between
 *   autotss                   (thread-local) the state made for, or first used
 *                             by, a thread
 *
 * The lists change under their mutexes (a thread without the GIL may delete
 * its state); reading them with the GIL held is safe as far as the runtime
 * itself goes. */
#include "Python.h"

#include "ast.h"
#include "audit.h"
#include "ceval.h"
#include "context.h"
#include "errors.h"
#include "frame.h"
#include "gc.h"
#include "gil.h"
#include "import.h"
#include "names.h"
#include "private_api.h"
#include "pystate.h"
#include "signals.h"
#include "stackguard.h"

#define RUNTIME_LOCK() pthread_mutex_lock(&_PyRuntime.interpreters.mutex)
#define RUNTIME_UNLOCK() pthread_mutex_unlock(&_PyRuntime.interpreters.mutex)

#define RECURSION_LIMIT_DEFAULT 1000

/* ---- the process ---- */

static int runtime_is_ready;

int
pystate_runtime_init(void)
{
    if (runtime_is_ready) {
        return 0;
    }
    runtime_is_ready = 1;
    atomic_store(&_PyRuntime.finalizing, NULL);
    pthread_mutex_init(&_PyRuntime.interpreters.mutex, NULL);
    pthread_mutex_init(&_PyRuntime.ceval.pending.mutex, NULL);
    _PyRuntime.closed_to_python = 0;
    _PyRuntime.interpreters.next_id = 0;
    _PyRuntime.main_thread = PyThread_get_thread_ident();
    return 0;
}

void
pystate_runtime_fini(void)
{
    runtime_is_ready = 0;
}

int
pystate_is_main_thread(void)
{
    return PyThread_get_thread_ident() == _PyRuntime.main_thread;
}

int
_PyOS_IsMainThread(void)
{
    return pystate_is_main_thread();
}

/* ---- interpreters ---- */

PyInterpreterState *
PyInterpreterState_New(void)
{
    PyThreadState *tstate = _PyThreadState_GET();
    PyInterpreterState *interp;

    if (tstate != NULL &&
        PyAudit(AUDIT_CPYTHON_PYINTERPRETERSTATE_NEW, NULL) < 0) {
        return NULL;
    }
    interp = PyMem_RawCalloc(1, sizeof(PyInterpreterState));
    if (interp == NULL) {
        return NULL;
    }
    pthread_mutex_init(&interp->threads.mutex, NULL);
    interp->ceval.recursion_limit = RECURSION_LIMIT_DEFAULT;
    interp->ceval.eval_frame = _PyEval_EvalFrameDefault;
    interp->id_refcount = -1;
    interp->dlopenflags = 2;
    PyConfig_InitPythonConfig(&interp->config);

    RUNTIME_LOCK();
    interp->id = _PyRuntime.interpreters.next_id++;
    if (_PyRuntime.interpreters.main == NULL) {
        _PyRuntime.interpreters.main = interp;
    }
    interp->next = _PyRuntime.interpreters.head;
    _PyRuntime.interpreters.head = interp;
    RUNTIME_UNLOCK();
    return interp;
}

/* Takes out what a program put into a list or dict that C keeps to the end:
 * finalizers are to run while hooks hear of it.  NULL is empty. */
static void
container_empty(PyObject *container)
{
    if (container != NULL && PyDict_CheckExact(container)) {
        PyDict_Clear(container);
    }
    else if (container != NULL && PyList_CheckExact(container) &&
             PyList_SetSlice(container, 0, PY_SSIZE_T_MAX, NULL) < 0) {
        PyErr_Clear();                   /* no memory: left to the end */
    }
}

void
PyInterpreterState_Clear(PyInterpreterState *interp)
{
    PyThreadState *tstate = _PyThreadState_GET();

    if (tstate != NULL &&
        PyAudit(AUDIT_CPYTHON_PYINTERPRETERSTATE_CLEAR, NULL) < 0) {
        PyErr_Clear();                   /* documented: it cannot be refused */
    }
    audit_clear_interpreter(interp);
    for (PyThreadState *p = interp->threads.head; p != NULL; p = p->next) {
        PyThreadState_Clear(p);
    }
    /* Emptied, not taken away: a finalizer may look for a codec, or register
     * one.  codecs_fini releases them. */
    container_empty(interp->codec_search_path);
    container_empty(interp->codec_search_cache);
    container_empty(interp->codec_error_registry);
    Py_CLEAR(interp->ceval.before_forkers);
    Py_CLEAR(interp->ceval.after_forkers_parent);
    Py_CLEAR(interp->ceval.after_forkers_child);
    Py_CLEAR(interp->ceval.displaced);
    Py_CLEAR(interp->ceval.callables.len);
    Py_CLEAR(interp->ceval.callables.isinstance);
    Py_CLEAR(interp->ceval.callables.list_append);
    Py_CLEAR(interp->modules);
    Py_CLEAR(interp->modules_by_index);
    Py_CLEAR(interp->builtins_copy);
    import_changes_stop(interp);
    Py_CLEAR(interp->importlib);
    Py_CLEAR(interp->import_func);
    Py_CLEAR(interp->dict);
    ast_fini(interp);
    container_empty(interp->gc.garbage);
    container_empty(interp->gc.callbacks);
    container_empty(interp->warnings.filters);
    container_empty(interp->warnings.once_registry);
    /* What only these fields kept alive: cycles of codecs, of _ast's
     * classes. */
    gc_collect_at_exit(interp);
    if (interp->sysdict != NULL) {
        PyDict_Clear(interp->sysdict);
    }
    if (interp->builtins != NULL) {
        PyDict_Clear(interp->builtins);
    }
    Py_CLEAR(interp->sysdict);
    Py_CLEAR(interp->builtins);
    PyConfig_Clear(&interp->config);
}

static void
threads_delete_all(PyInterpreterState *interp)
{
    PyThreadState *p = interp->threads.head;

    while (p != NULL) {
        PyThreadState *next = p->next;

        PyThreadState_Delete(p);
        p = next;
    }
}

void
PyInterpreterState_Delete(PyInterpreterState *interp)
{
    PyInterpreterState **link;

    if (_PyThreadState_GET() != NULL &&
        _PyThreadState_GET()->interp == interp) {
        _PyThreadState_SetCurrent(NULL);
    }
    threads_delete_all(interp);
    RUNTIME_LOCK();
    for (link = &_PyRuntime.interpreters.head;
         *link != NULL && *link != interp; link = &(*link)->next) {
    }
    if (*link == NULL) {
        Py_FatalError("NULL interpreter");
    }
    *link = interp->next;
    if (_PyRuntime.interpreters.main == interp) {
        _PyRuntime.interpreters.main = NULL;
    }
    RUNTIME_UNLOCK();
    pthread_mutex_destroy(&interp->threads.mutex);
    PyMem_RawFree(interp);
}

PyInterpreterState *
PyInterpreterState_Get(void)
{
    PyThreadState *tstate = _PyThreadState_GET();

    if (tstate == NULL) {
        _Py_FatalError_TstateNULL(__func__);
    }
    return tstate->interp;
}

int64_t
PyInterpreterState_GetID(PyInterpreterState *interp)
{
    if (interp == NULL) {
        PyErr_SetString(PyExc_RuntimeError, "no interpreter provided");
        return -1;
    }
    return interp->id;
}

PyObject *
PyInterpreterState_GetDict(PyInterpreterState *interp)
{
    if (interp->dict == NULL) {
        interp->dict = PyDict_New();
        if (interp->dict == NULL) {
            PyErr_Clear();          /* documented: NULL without an exception */
        }
    }
    return interp->dict;
}

PyInterpreterState *
PyInterpreterState_Head(void)
{
    return _PyRuntime.interpreters.head;
}

PyInterpreterState *
PyInterpreterState_Main(void)
{
    return _PyRuntime.interpreters.main;
}

PyInterpreterState *
PyInterpreterState_Next(PyInterpreterState *interp)
{
    return interp->next;
}

PyThreadState *
PyInterpreterState_ThreadHead(PyInterpreterState *interp)
{
    return interp->threads.head;
}

PyObject *
_PyInterpreterState_GetMainModule(PyInterpreterState *interp)
{
    if (interp->modules == NULL) {
        PyErr_SetString(PyExc_RuntimeError, "interpreter not initialized");
        return NULL;
    }
    return PyMapping_GetItemString(interp->modules, "__main__");
}

PyInterpreterState *
_PyInterpreterState_LookUpID(int64_t id)
{
    PyInterpreterState *interp = NULL;

    if (id >= 0) {
        RUNTIME_LOCK();
        for (interp = _PyRuntime.interpreters.head; interp != NULL;
             interp = interp->next) {
            if (interp->id == id) {
                break;
            }
        }
        RUNTIME_UNLOCK();
    }
    if (interp == NULL && !PyErr_Occurred()) {
        PyErr_Format(PyExc_RuntimeError, "unrecognized interpreter ID %lld",
                     (long long)id);
    }
    return interp;
}

int
_PyInterpreterState_IDInitref(PyInterpreterState *interp)
{
    if (interp->id_refcount < 0) {
        interp->id_refcount = 0;
    }
    return 0;
}

int
_PyInterpreterState_IDIncref(PyInterpreterState *interp)
{
    _PyInterpreterState_IDInitref(interp);
    interp->id_refcount++;
    return 0;
}

/* The last one ends an interpreter that was made to live no longer than its id
 * objects. */
void
_PyInterpreterState_IDDecref(PyInterpreterState *interp)
{
    if (--interp->id_refcount == 0 && interp->requires_idref) {
        PyThreadState *tstate = interp->threads.head, *saved;

        saved = PyThreadState_Swap(tstate);
        Py_EndInterpreter(tstate);
        PyThreadState_Swap(saved);
    }
}

int
_PyInterpreterState_RequiresIDRef(PyInterpreterState *interp)
{
    return interp->requires_idref;
}

void
_PyInterpreterState_RequireIDRef(PyInterpreterState *interp, int required)
{
    interp->requires_idref = required != 0;
}

PyStatus
_PyInterpreterState_Enable(void *Py_UNUSED(runtime))
{
    pystate_runtime_init();
    return PyStatus_Ok();
}

const PyConfig *
_PyInterpreterState_GetConfig(PyInterpreterState *interp)
{
    return &interp->config;
}

const PyConfig *
_Py_GetConfig(void)
{
    PyThreadState *tstate = _PyThreadState_GET();

    if (tstate == NULL) {
        _Py_FatalError_TstateNULL(__func__);
    }
    return &tstate->interp->config;
}

/* ---- thread states ---- */

static PyThreadState *
thread_state_add(PyInterpreterState *interp)
{
    PyThreadState *tstate = PyMem_RawCalloc(1, sizeof(PyThreadState));

    if (tstate == NULL) {
        return NULL;
    }
    tstate->interp = interp;
    tstate->recursion_limit = interp->ceval.recursion_limit;
    tstate->recursion_remaining = interp->ceval.recursion_limit;
    tstate->exc_info = &tstate->exc_state;
    tstate->context_ver = 1;
    tstate->cframe = &tstate->root_cframe;
    tstate->thread_id = PyThread_get_thread_ident();
    tstate->native_thread_id = PyThread_get_thread_native_id();
    stack_guard_ensure();
    pthread_mutex_lock(&interp->threads.mutex);
    RUNTIME_LOCK();
    tstate->id = ++_PyRuntime.next_thread_id;
    RUNTIME_UNLOCK();
    tstate->next = interp->threads.head;
    if (tstate->next != NULL) {
        tstate->next->prev = tstate;
    }
    interp->threads.head = tstate;
    pthread_mutex_unlock(&interp->threads.mutex);
    tstate->_initialized = 1;
    return tstate;
}

PyThreadState *
_PyThreadState_Prealloc(PyInterpreterState *interp)
{
    return thread_state_add(interp);
}

void
_PyThreadState_Init(PyThreadState *tstate)
{
    if (_PyRuntime.autotss._is_initialized &&
        PyThread_tss_get(&_PyRuntime.autotss) == NULL) {
        if (PyThread_tss_set(&_PyRuntime.autotss, tstate) != 0) {
            Py_FatalError("Couldn't create autoTSSkey mapping");
        }
        tstate->gilstate_counter = 1;
    }
}

PyThreadState *
PyThreadState_New(PyInterpreterState *interp)
{
    PyThreadState *tstate = thread_state_add(interp);

    if (tstate != NULL) {
        _PyThreadState_Init(tstate);
    }
    return tstate;
}

/* For a state that was made by one thread and is used by another. */
void
pystate_bind_thread(PyThreadState *tstate)
{
    tstate->thread_id = PyThread_get_thread_ident();
    tstate->native_thread_id = PyThread_get_thread_native_id();
    stack_guard_ensure();
    _PyThreadState_Init(tstate);
}

void
PyThreadState_Clear(PyThreadState *tstate)
{
    Py_CLEAR(tstate->dict);
    Py_CLEAR(tstate->async_exc);
    Py_CLEAR(tstate->curexc_type);
    Py_CLEAR(tstate->curexc_value);
    Py_CLEAR(tstate->curexc_traceback);
    Py_CLEAR(tstate->exc_state.exc_value);
    tstate->c_profilefunc = NULL;
    tstate->c_tracefunc = NULL;
    Py_CLEAR(tstate->c_profileobj);
    Py_CLEAR(tstate->c_traceobj);
    Py_CLEAR(tstate->async_gen_firstiter);
    Py_CLEAR(tstate->async_gen_finalizer);
    Py_CLEAR(tstate->context);
    if (tstate->on_delete != NULL) {
        void (*on_delete)(void *) = tstate->on_delete;

        tstate->on_delete = NULL;
        on_delete(tstate->on_delete_data);
    }
}

static void
thread_state_unlink(PyThreadState *tstate)
{
    PyInterpreterState *interp = tstate->interp;

    pthread_mutex_lock(&interp->threads.mutex);
    if (tstate->prev != NULL) {
        tstate->prev->next = tstate->next;
    }
    else {
        interp->threads.head = tstate->next;
    }
    if (tstate->next != NULL) {
        tstate->next->prev = tstate->prev;
    }
    pthread_mutex_unlock(&interp->threads.mutex);
    if (_PyRuntime.autotss._is_initialized &&
        PyThread_tss_get(&_PyRuntime.autotss) == tstate) {
        PyThread_tss_set(&_PyRuntime.autotss, NULL);
    }
}

static void
thread_state_free(PyThreadState *tstate)
{
    _PyStackChunk *chunk = tstate->datastack_chunk;
    PyObjectArenaAllocator arena;

    PyObject_GetArenaAllocator(&arena);
    while (chunk != NULL) {
        _PyStackChunk *previous = chunk->previous;

        arena.free(arena.ctx, chunk, chunk->size);
        chunk = previous;
    }
    PyMem_RawFree(tstate);
}

void
PyThreadState_Delete(PyThreadState *tstate)
{
    if (tstate == _PyThreadState_GET()) {
        _Py_FatalErrorFormat(__func__, "tstate %p is still current", tstate);
    }
    thread_state_unlink(tstate);
    thread_state_free(tstate);
}

void
_PyThreadState_DeleteCurrent(PyThreadState *tstate)
{
    thread_state_unlink(tstate);
    _PyThreadState_SetCurrent(NULL);
    gil_drop(tstate);
    thread_state_free(tstate);
}

void
PyThreadState_DeleteCurrent(void)
{
    PyThreadState *tstate = _PyThreadState_GET();

    if (tstate == NULL) {
        _Py_FatalError_TstateNULL(__func__);
    }
    _PyThreadState_DeleteCurrent(tstate);
}

/* All others of the interpreter, whose threads are gone (fork,
 * finalization). */
void
_PyThreadState_DeleteExcept(PyThreadState *tstate)
{
    PyInterpreterState *interp = tstate->interp;
    PyThreadState *others, *p, *next;

    pthread_mutex_lock(&interp->threads.mutex);
    others = interp->threads.head;
    if (others == tstate) {
        others = tstate->next;
    }
    if (tstate->prev != NULL) {
        tstate->prev->next = tstate->next;
    }
    if (tstate->next != NULL) {
        tstate->next->prev = tstate->prev;
    }
    tstate->prev = tstate->next = NULL;
    interp->threads.head = tstate;
    pthread_mutex_unlock(&interp->threads.mutex);
    for (p = others; p != NULL; p = next) {
        next = p->next;
        PyThreadState_Clear(p);
        thread_state_free(p);
    }
}

PyThreadState *
_PyThreadState_UncheckedGet(void)
{
    return _PyThreadState_GET();
}

PyThreadState *
PyThreadState_Get(void)
{
    PyThreadState *tstate = _PyThreadState_GET();

    if (tstate == NULL) {
        _Py_FatalError_TstateNULL(__func__);
    }
    return tstate;
}

/* The GIL is held, or being given away: returns the state that was current. */
PyThreadState *
_PyThreadState_SetCurrent(PyThreadState *tstate)
{
    return atomic_exchange(&_PyRuntime.tstate_current, tstate);
}

PyThreadState *
_PyThreadState_Swap(void *Py_UNUSED(gilstate), PyThreadState *tstate)
{
    return _PyThreadState_SetCurrent(tstate);
}

PyThreadState *
PyThreadState_Swap(PyThreadState *tstate)
{
    return _PyThreadState_SetCurrent(tstate);
}

PyThreadState *
PyThreadState_Next(PyThreadState *tstate)
{
    return tstate->next;
}

PyInterpreterState *
PyThreadState_GetInterpreter(PyThreadState *tstate)
{
    return tstate->interp;
}

uint64_t
PyThreadState_GetID(PyThreadState *tstate)
{
    return tstate->id;
}

PyFrameObject *
PyThreadState_GetFrame(PyThreadState *tstate)
{
    Frame *frame = frame_skip_incomplete(tstate->cframe->current_frame);
    PyFrameObject *object;

    if (frame == NULL) {
        return NULL;
    }
    object = frame_object_get(frame);
    if (object == NULL) {
        PyErr_Clear();                 /* MemoryError: as if there were none */
    }
    return (PyFrameObject *)Py_XNewRef(object);
}

PyObject *
_PyThreadState_GetDict(PyThreadState *tstate)
{
    if (tstate->dict == NULL) {
        tstate->dict = PyDict_New();
        if (tstate->dict == NULL) {
            _PyErr_Clear(tstate);   /* documented: NULL without an exception */
        }
    }
    return tstate->dict;
}

PyObject *
PyThreadState_GetDict(void)
{
    PyThreadState *tstate = _PyThreadState_GET();

    return tstate == NULL ? NULL : _PyThreadState_GetDict(tstate);
}

/* ---- tracing suspended ---- */

static void
update_use_tracing(PyThreadState *tstate)
{
    tstate->cframe->use_tracing =
        tstate->tracing == 0 &&
                (tstate->c_tracefunc != NULL || tstate->c_profilefunc != NULL)
            ? 255
            : 0;
}

void
PyThreadState_EnterTracing(PyThreadState *tstate)
{
    tstate->tracing++;
    tstate->cframe->use_tracing = 0;
}

void
PyThreadState_LeaveTracing(PyThreadState *tstate)
{
    tstate->tracing--;
    update_use_tracing(tstate);
}

/* ---- other threads ---- */

int
pystate_knows_thread(unsigned long id)
{
    int known = 0;

    for (PyInterpreterState *interp = _PyRuntime.interpreters.head;
         interp != NULL && !known; interp = interp->next) {
        pthread_mutex_lock(&interp->threads.mutex);
        for (PyThreadState *p = interp->threads.head; p != NULL; p = p->next) {
            known |= p->thread_id == id;
        }
        pthread_mutex_unlock(&interp->threads.mutex);
    }
    return known;
}

int
PyThreadState_SetAsyncExc(unsigned long id, PyObject *exc)
{
    PyInterpreterState *interp = PyInterpreterState_Get();

    pthread_mutex_lock(&interp->threads.mutex);
    for (PyThreadState *p = interp->threads.head; p != NULL; p = p->next) {
        PyObject *old;

        if (p->thread_id != id) {
            continue;
        }
        old = p->async_exc;
        p->async_exc = Py_XNewRef(exc);
        pthread_mutex_unlock(&interp->threads.mutex);
        Py_XDECREF(old);
        gil_breaker_raise(BREAK_ASYNC_EXC);
        return 1;
    }
    pthread_mutex_unlock(&interp->threads.mutex);
    return 0;
}

/* Adds thread id -> value(thread state), for the threads of an interpreter.
 * 0/-1. */
static int
threads_add(PyInterpreterState *interp, PyObject *result,
            PyObject *(*value)(PyThreadState *))
{
    int status = 0;

    pthread_mutex_lock(&interp->threads.mutex);
    for (PyThreadState *p = interp->threads.head; status == 0 && p != NULL;
         p = p->next) {
        PyObject *id, *item = value(p);

        if (item == NULL) {
            status = PyErr_Occurred() ? -1 : 0;
            continue;
        }
        id = PyLong_FromUnsignedLong(p->thread_id);
        status = id == NULL ? -1 : PyDict_SetItem(result, id, item);
        Py_XDECREF(id);
        Py_DECREF(item);
    }
    pthread_mutex_unlock(&interp->threads.mutex);
    return status;
}

/* The same for all interpreters, as a new dict.  The collector rests
 * meanwhile: it runs Python, behind which threads may be gone. */
static PyObject *
threads_collect(PyObject *(*value)(PyThreadState *))
{
    PyObject *result = PyDict_New();
    int collecting = PyGC_Disable();

    for (PyInterpreterState *interp = _PyRuntime.interpreters.head;
         result != NULL && interp != NULL; interp = interp->next) {
        if (threads_add(interp, result, value) < 0) {
            Py_CLEAR(result);
        }
    }
    if (collecting) {
        (void)PyGC_Enable();
    }
    return result;
}

static PyObject *
current_frame_of(PyThreadState *tstate)
{
    Frame *frame = frame_skip_incomplete(tstate->cframe->current_frame);

    return frame == NULL ? NULL
                         : Py_XNewRef((PyObject *)frame_object_get(frame));
}

PyObject *
_PyThread_CurrentFrames(void)
{
    if (PyAudit(AUDIT_SYS__CURRENT_FRAMES, NULL) < 0) {
        return NULL;
    }
    return threads_collect(current_frame_of);
}

static PyObject *
current_exception_of(PyThreadState *tstate)
{
    _PyErr_StackItem *info = _PyErr_GetTopmostException(tstate);

    return info == NULL ? NULL : _PyErr_StackItemToExcInfoTuple(info);
}

PyObject *
_PyThread_CurrentExceptions(void)
{
    if (PyAudit(AUDIT_SYS__CURRENT_EXCEPTIONS, NULL) < 0) {
        return NULL;
    }
    return threads_collect(current_exception_of);
}

/* ---- PyGILState: for threads that Python did not start ---- */

int
pystate_gilstate_init(PyThreadState *tstate)
{
    if (PyThread_tss_create(&_PyRuntime.autotss) != 0) {
        return -1;
    }
    _PyRuntime.autointerp = tstate->interp;
    _PyThreadState_Init(tstate);
    return 0;
}

void
pystate_gilstate_fini(void)
{
    PyThread_tss_delete(&_PyRuntime.autotss);
    _PyRuntime.autointerp = NULL;
}

PyThreadState *
PyGILState_GetThisThreadState(void)
{
    return _PyRuntime.autointerp == NULL
               ? NULL
               : PyThread_tss_get(&_PyRuntime.autotss);
}

static int
pystate_has_subinterpreters(void)
{
    PyInterpreterState *head = _PyRuntime.interpreters.head;

    return head != NULL && head->next != NULL;
}

int
PyGILState_Check(void)
{
    PyThreadState *tstate = _PyThreadState_GET();

    if (!_PyRuntime.autotss._is_initialized || pystate_has_subinterpreters()) {
        return 1;                   /* a thread may have several states then */
    }
    return tstate != NULL && tstate == PyGILState_GetThisThreadState();
}

PyInterpreterState *
_PyGILState_GetInterpreterStateUnsafe(void)
{
    return _PyRuntime.autointerp;
}

PyGILState_STATE
PyGILState_Ensure(void)
{
    PyThreadState *tstate = PyThread_tss_get(&_PyRuntime.autotss);
    int has_gil;

    if (tstate == NULL) {
        tstate = PyThreadState_New(_PyRuntime.autointerp);
        if (tstate == NULL) {
            Py_FatalError("Couldn't create thread-state for new thread");
        }
        tstate->gilstate_counter = 0;
        has_gil = 0;
    }
    else {
        has_gil = tstate == _PyThreadState_GET();
    }
    if (!has_gil) {
        PyEval_RestoreThread(tstate);
    }
    tstate->gilstate_counter++;
    return has_gil ? PyGILState_LOCKED : PyGILState_UNLOCKED;
}

void
PyGILState_Release(PyGILState_STATE state)
{
    PyThreadState *tstate = PyThread_tss_get(&_PyRuntime.autotss);

    if (tstate == NULL) {
        Py_FatalError("auto-releasing thread-state, but no thread-state for "
                      "this thread");
    }
    if (tstate != _PyThreadState_GET()) {
        _Py_FatalErrorFormat(__func__,
                             "thread state %p must be current when releasing",
                             tstate);
    }
    if (--tstate->gilstate_counter == 0) {
        /* The last use: Clear may run Python, which may come here again. */
        tstate->gilstate_counter++;
        PyThreadState_Clear(tstate);
        tstate->gilstate_counter--;
        _PyThreadState_DeleteCurrent(tstate);
    }
    else if (state == PyGILState_UNLOCKED) {
        PyEval_SaveThread();
    }
}

/* ---- the end of other threads ---- */

void
pystate_wait_for_threads(PyThreadState *tstate)
{
    PyObject *threading =
        PyDict_GetItemWithError(tstate->interp->modules, NAME(threading));
    PyObject *result;

    if (threading == NULL) {
        PyErr_Clear();           /* never imported: no threads of its making */
        return;
    }
    Py_INCREF(threading);
    result = PyObject_CallMethodNoArgs(threading, NAME(_shutdown));
    if (result == NULL) {
        PyErr_WriteUnraisable(threading);
    }
    Py_XDECREF(result);
    Py_DECREF(threading);
}

/* ---- modules by index ---- */

PyObject *
PyState_FindModule(PyModuleDef *def)
{
    PyInterpreterState *interp = _PyInterpreterState_GET();
    Py_ssize_t index = def->m_base.m_index;
    PyObject *module;

    if (def->m_slots != NULL || index == 0 ||
        interp->modules_by_index == NULL ||
        index >= PyList_GET_SIZE(interp->modules_by_index)) {
        return NULL;
    }
    module = PyList_GET_ITEM(interp->modules_by_index, index);
    return module == Py_None ? NULL : module;
}

int
_PyState_AddModule(PyThreadState *tstate, PyObject *module, PyModuleDef *def)
{
    PyInterpreterState *interp = tstate->interp;

    if (def == NULL) {
        Py_FatalError("Module Definition is NULL");
    }
    if (def->m_slots != NULL) {
        _PyErr_SetString(tstate, PyExc_SystemError,
                         "PyState_AddModule called on module with slots");
        return -1;
    }
    if (interp->modules_by_index == NULL) {
        interp->modules_by_index = PyList_New(0);
        if (interp->modules_by_index == NULL) {
            return -1;
        }
    }
    while (PyList_GET_SIZE(interp->modules_by_index) <= def->m_base.m_index) {
        if (PyList_Append(interp->modules_by_index, Py_None) < 0) {
            return -1;
        }
    }
    return PyList_SetItem(interp->modules_by_index, def->m_base.m_index,
                          Py_NewRef(module));
}

int
PyState_AddModule(PyObject *module, PyModuleDef *def)
{
    PyThreadState *tstate = PyThreadState_Get();
    PyInterpreterState *interp = tstate->interp;
    Py_ssize_t index;

    if (def == NULL) {
        Py_FatalError("module definition is NULL");
    }
    index = def->m_base.m_index;
    if (interp->modules_by_index != NULL &&
        index < PyList_GET_SIZE(interp->modules_by_index) &&
        PyList_GET_ITEM(interp->modules_by_index, index) == module) {
        _Py_FatalErrorFormat(__func__, "module %p already added", module);
    }
    return _PyState_AddModule(tstate, module, def);
}

int
PyState_RemoveModule(PyModuleDef *def)
{
    PyThreadState *tstate = PyThreadState_Get();
    PyInterpreterState *interp = tstate->interp;
    Py_ssize_t index = def->m_base.m_index;

    if (def->m_slots != NULL) {
        _PyErr_SetString(tstate, PyExc_SystemError,
                         "PyState_RemoveModule called on module with slots");
        return -1;
    }
    if (index == 0) {
        Py_FatalError("invalid module index");
    }
    if (interp->modules_by_index == NULL ||
        index > PyList_GET_SIZE(interp->modules_by_index)) {
        Py_FatalError("Module index out of bounds.");
    }
    return PyList_SetItem(interp->modules_by_index, index, Py_NewRef(Py_None));
}
