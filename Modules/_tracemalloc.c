/* _tracemalloc: where each block of memory was allocated.
 *
 *   traces      (domain, address) -> size, stack; open addressing, linear
 *               probing
 *   stacks      each distinct stack once, chained by hash
 *
 * While tracing, hooks stand in front of the allocators of all three domains.
 * The tables are allocated by malloc() underneath them and guarded by one
 * mutex, since the raw domain is used without the GIL; stacks are taken with
 * the GIL.  A thread that is inside a hook (busy) is not traced: what the
 * hooks allocate is no concern of the program. */
#include "Python.h"

#include "ceval.h"
#include "frame.h"
#include "obmalloc.h"
#include "object.h"
#include "pystate.h"
#include "type.h"

#include <pthread.h>

int tracemalloc_init(int max_frames);
void tracemalloc_fini(void);

#define DEFAULT_DOMAIN 0
#define MAX_FRAMES 65535

typedef struct {
    PyObject *filename;                /* owned */
    int lineno;
} StackFrame;

typedef struct Stack {
    struct Stack *next;                /* in its bucket */
    Py_uhash_t hash;
    uint16_t nframe;
    uint16_t total_nframe;             /* before it was cut off */
    StackFrame frames[1];              /* innermost first */
} Stack;

typedef struct {
    uintptr_t address;                 /* 0: free; 1: deleted */
    unsigned int domain;
    size_t size;
    Stack *stack;
} Trace;

static struct {
    pthread_mutex_t mutex;
    Trace *slots;
    size_t mask;                       /* slots - 1 */
    size_t used, filled;               /* filled counts deleted ones too */
    size_t current, peak;              /* bytes traced */
    Stack **buckets;
    size_t bucket_mask, nstacks;
    size_t stack_bytes;
} tables = {.mutex = PTHREAD_MUTEX_INITIALIZER};

static struct {
    PyMemAllocatorEx mem, raw, obj;
} allocators;

static int max_frames_kept = 1;
static _Thread_local int busy;
static StackFrame *scratch;            /* max_frames_kept; used with the GIL */
static PyObject *unknown_filename;

#define DELETED ((uintptr_t)1)

/* ---- the table of traces (mutex held) ---- */

static size_t
trace_hash(unsigned int domain, uintptr_t address)
{
    uint64_t mixed =
        ((uint64_t)address >> 4) * UINT64_C(0x9E3779B97F4A7C15) + domain;

    return (size_t)(mixed ^ (mixed >> 29));
}

static Trace *
traces_find(unsigned int domain, uintptr_t address)
{
    if (tables.slots == NULL) {
        return NULL;
    }
    for (size_t i = trace_hash(domain, address);; i++) {
        Trace *trace = &tables.slots[i & tables.mask];

        if (trace->address == 0) {
            return NULL;
        }
        if (trace->address == address && trace->domain == domain) {
            return trace;
        }
    }
}

static int
traces_resize(void)
{
    size_t slots = 1024;
    Trace *old = tables.slots;
    size_t old_slots = old == NULL ? 0 : tables.mask + 1;

    while (slots < tables.used * 3) {
        slots *= 2;
    }
    tables.slots =
        allocators.raw.calloc(allocators.raw.ctx, slots, sizeof(Trace));
    if (tables.slots == NULL) {
        tables.slots = old;
        return -1;
    }
    tables.mask = slots - 1;
    tables.filled = tables.used;
    for (size_t k = 0; k < old_slots; k++) {
        if (old[k].address > DELETED) {
            size_t i = trace_hash(old[k].domain, old[k].address);

            while (tables.slots[i & tables.mask].address != 0) {
                i++;
            }
            tables.slots[i & tables.mask] = old[k];
        }
    }
    allocators.raw.free(allocators.raw.ctx, old);
    return 0;
}

static void
traces_remove(unsigned int domain, uintptr_t address)
{
    Trace *trace = traces_find(domain, address);

    if (trace != NULL) {
        tables.current -= trace->size;
        trace->address = DELETED;
        tables.used--;
    }
}

static int
traces_add(unsigned int domain, uintptr_t address, size_t size, Stack *stack)
{
    Trace *trace = traces_find(domain, address);
    size_t i;

    if (trace != NULL) {
        tables.current -= trace->size;
    }
    else {
        if ((tables.slots == NULL ||
             (tables.filled + 1) * 3 > (tables.mask + 1) * 2) &&
            traces_resize() < 0) {
            return -1;
        }
        for (i = trace_hash(domain, address);
             tables.slots[i & tables.mask].address > DELETED; i++) {
        }
        trace = &tables.slots[i & tables.mask];
        tables.filled += trace->address == 0;
        tables.used++;
        trace->address = address;
        trace->domain = domain;
    }
    trace->size = size;
    trace->stack = stack;
    tables.current += size;
    if (tables.current > tables.peak) {
        tables.peak = tables.current;
    }
    return 0;
}

/* ---- stacks ---- */

static int
same_stack(const Stack *stack, Py_uhash_t hash, int nframe, int total)
{
    if (stack->hash != hash || stack->nframe != nframe ||
        stack->total_nframe != total) {
        return 0;
    }
    for (int i = 0; i < nframe; i++) {
        if (stack->frames[i].lineno != scratch[i].lineno ||
            stack->frames[i].filename != scratch[i].filename) {
            return 0;
        }
    }
    return 1;
}

static void
buckets_grow(void)
{
    size_t n = tables.buckets == NULL ? 256 : (tables.bucket_mask + 1) * 2;
    Stack **fresh =
        allocators.raw.calloc(allocators.raw.ctx, n, sizeof(Stack *));

    if (fresh == NULL) {
        return;
    }
    for (size_t i = 0; tables.buckets != NULL && i <= tables.bucket_mask;
         i++) {
        Stack *stack = tables.buckets[i];

        while (stack != NULL) {
            Stack *next = stack->next;

            stack->next = fresh[stack->hash & (n - 1)];
            fresh[stack->hash & (n - 1)] = stack;
            stack = next;
        }
    }
    allocators.raw.free(allocators.raw.ctx, tables.buckets);
    tables.buckets = fresh;
    tables.bucket_mask = n - 1;
}

/* The stack in scratch, found or copied (mutex held). */
static Stack *
stack_intern(int nframe, int total)
{
    Py_uhash_t hash = 0x345678;
    size_t bytes =
        offsetof(Stack, frames) + (size_t)nframe * sizeof(StackFrame);
    Stack *stack;

    for (int i = 0; i < nframe; i++) {
        hash = (hash ^ ((Py_uhash_t)(uintptr_t)scratch[i].filename >> 4) ^
                ((Py_uhash_t)scratch[i].lineno << 7)) * 1000003UL;
    }
    hash ^= (Py_uhash_t)total;
    hash ^= hash >> 31;
    if (tables.buckets == NULL || tables.nstacks > tables.bucket_mask) {
        buckets_grow();
        if (tables.buckets == NULL) {
            return NULL;
        }
    }
    for (stack = tables.buckets[hash & tables.bucket_mask]; stack != NULL;
         stack = stack->next) {
        if (same_stack(stack, hash, nframe, total)) {
            return stack;
        }
    }
    stack = allocators.raw.malloc(allocators.raw.ctx, bytes);
    if (stack == NULL) {
        return NULL;
    }
    stack->hash = hash;
    stack->nframe = (uint16_t)nframe;
    stack->total_nframe = (uint16_t)total;
    for (int i = 0; i < nframe; i++) {
        stack->frames[i].filename = Py_NewRef(scratch[i].filename);
        stack->frames[i].lineno = scratch[i].lineno;
    }
    stack->next = tables.buckets[hash & tables.bucket_mask];
    tables.buckets[hash & tables.bucket_mask] = stack;
    tables.nstacks++;
    tables.stack_bytes += bytes;
    return stack;
}

/* The running thread's stack; GIL and mutex held. */
static Stack *
stack_take(void)
{
    PyThreadState *tstate = PyGILState_GetThisThreadState();
    int nframe = 0, total = 0;
    Frame *frame;

    if (tstate == NULL) {
        tstate = _PyThreadState_GET();
    }
    frame = tstate == NULL
                ? NULL
                : frame_skip_incomplete(tstate->cframe->current_frame);
    for (; frame != NULL; frame = frame_skip_incomplete(frame->previous)) {
        if (nframe < max_frames_kept) {
            int line = frame_line(frame);
            PyObject *filename = frame->f_code->co_filename;

            scratch[nframe].lineno = line < 0 ? 0 : line;
            scratch[nframe].filename =
                filename != NULL && PyUnicode_Check(filename)
                    ? filename
                    : unknown_filename;
            nframe++;
        }
        if (total < UINT16_MAX) {
            total++;
        }
    }
    if (nframe == 0) {
        scratch[0].filename = unknown_filename;
        scratch[0].lineno = 0;
        nframe = 1;
        total = 1;
    }
    return stack_intern(nframe, total);
}

/* Notes a block. 0/-1 (no memory). The GIL is held. */
static int
trace_block(unsigned int domain, uintptr_t address, size_t size)
{
    Stack *stack;
    int status = -1;

    if (!_Py_tracemalloc_config.tracing) {
        return 0;
    }
    pthread_mutex_lock(&tables.mutex);
    stack = stack_take();
    if (stack != NULL) {
        status = traces_add(domain, address, size, stack);
    }
    pthread_mutex_unlock(&tables.mutex);
    return status;
}

static void
untrace_block(unsigned int domain, uintptr_t address)
{
    pthread_mutex_lock(&tables.mutex);
    traces_remove(domain, address);
    pthread_mutex_unlock(&tables.mutex);
}

/* ---- hooks; ctx is the allocator underneath ---- */

static int
hook_enter(PyMemAllocatorEx *inner, PyGILState_STATE *gil)
{
    busy = 1;
    if (inner == &allocators.raw) {
        *gil = PyGILState_Ensure();
        return 1;
    }
    return 0;
}

static void
hook_leave(int took_gil, PyGILState_STATE gil)
{
    if (took_gil) {
        PyGILState_Release(gil);
    }
    busy = 0;
}

static void *
hook_allocate(int zeroed, void *ctx, size_t nelem, size_t elsize)
{
    PyMemAllocatorEx *inner = ctx;
    PyGILState_STATE gil = PyGILState_LOCKED;
    void *p = zeroed ? inner->calloc(inner->ctx, nelem, elsize)
                     : inner->malloc(inner->ctx, nelem * elsize);
    int took_gil;

    if (p == NULL || busy) {
        return p;
    }
    took_gil = hook_enter(inner, &gil);
    if (trace_block(DEFAULT_DOMAIN, (uintptr_t)p, nelem * elsize) < 0) {
        inner->free(inner->ctx, p);
        p = NULL;
    }
    hook_leave(took_gil, gil);
    return p;
}

static void *
hook_malloc(void *ctx, size_t size)
{
    return hook_allocate(0, ctx, 1, size);
}

static void *
hook_calloc(void *ctx, size_t nelem, size_t elsize)
{
    return hook_allocate(1, ctx, nelem, elsize);
}

static void *
hook_realloc(void *ctx, void *old, size_t size)
{
    PyMemAllocatorEx *inner = ctx;
    PyGILState_STATE gil = PyGILState_LOCKED;
    void *p;
    int took_gil;

    if (busy) {
        p = inner->realloc(inner->ctx, old, size);
        if (p != NULL && old != NULL && p != old) {
            untrace_block(DEFAULT_DOMAIN, (uintptr_t)old);
        }
        return p;
    }
    p = inner->realloc(inner->ctx, old, size);
    if (p == NULL) {
        return NULL;
    }
    took_gil = hook_enter(inner, &gil);
    if (old != NULL && p != old) {
        untrace_block(DEFAULT_DOMAIN, (uintptr_t)old);
    }
    /* No memory for the trace: the block is good all the same, it cannot be
     * taken back. */
    (void)trace_block(DEFAULT_DOMAIN, (uintptr_t)p, size);
    hook_leave(took_gil, gil);
    return p;
}

static void
hook_free(void *ctx, void *p)
{
    PyMemAllocatorEx *inner = ctx;

    if (p == NULL) {
        return;
    }
    untrace_block(DEFAULT_DOMAIN, (uintptr_t)p);
    inner->free(inner->ctx, p);
}

/* ---- start and stop ---- */

/* A block that comes from a free list begins a new life. */
static int
trace_new_reference(PyObject *op)
{
    uintptr_t address = (uintptr_t)op - type_preheader_size(Py_TYPE(op));
    Trace *trace;

    if (busy) {
        return 0;
    }
    busy = 1;
    pthread_mutex_lock(&tables.mutex);
    trace = traces_find(DEFAULT_DOMAIN, address);
    if (trace != NULL) {
        Stack *stack = stack_take();

        if (stack != NULL) {
            trace->stack = stack;
        }
    }
    pthread_mutex_unlock(&tables.mutex);
    busy = 0;
    return 0;
}

static void
tables_clear(void)
{
    Stack **buckets;
    size_t n;

    pthread_mutex_lock(&tables.mutex);
    allocators.raw.free(allocators.raw.ctx, tables.slots);
    tables.slots = NULL;
    tables.mask = tables.used = tables.filled = 0;
    tables.current = tables.peak = 0;
    buckets = tables.buckets;
    n = buckets == NULL ? 0 : tables.bucket_mask + 1;
    tables.buckets = NULL;
    tables.bucket_mask = tables.nstacks = tables.stack_bytes = 0;
    pthread_mutex_unlock(&tables.mutex);
    for (size_t i = 0; i < n; i++) {
        Stack *stack = buckets[i];

        while (stack != NULL) {
            Stack *next = stack->next;

            for (int k = 0; k < stack->nframe; k++) {
                Py_DECREF(stack->frames[k].filename);
            }
            allocators.raw.free(allocators.raw.ctx, stack);
            stack = next;
        }
    }
    allocators.raw.free(allocators.raw.ctx, buckets);
}

static void
hook_domain(PyMemAllocatorDomain domain, PyMemAllocatorEx *inner)
{
    PyMemAllocatorEx hooks = {inner, hook_malloc, hook_calloc, hook_realloc,
                              hook_free};

    PyMem_GetAllocator(domain, inner);
    PyMem_SetAllocator(domain, &hooks);
}

static int
tracing_start(int max_frames)
{
    if (max_frames < 1 || max_frames > MAX_FRAMES) {
        PyErr_Format(PyExc_ValueError,
                     "the number of frames must be in range [1; %i]",
                     MAX_FRAMES);
        return -1;
    }
    if (_Py_tracemalloc_config.tracing) {
        return 0;
    }
    if (unknown_filename == NULL) {
        unknown_filename = PyUnicode_InternFromString("<unknown>");
        if (unknown_filename == NULL) {
            return -1;
        }
    }
    PyMem_GetAllocator(PYMEM_DOMAIN_RAW, &allocators.raw);
    scratch = allocators.raw.malloc(allocators.raw.ctx,
                                    (size_t)max_frames * sizeof(StackFrame));
    if (scratch == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    max_frames_kept = max_frames;
    _Py_tracemalloc_config.max_nframe = max_frames;
    _Py_tracemalloc_config.initialized = 1;
    hook_domain(PYMEM_DOMAIN_RAW, &allocators.raw);
    hook_domain(PYMEM_DOMAIN_MEM, &allocators.mem);
    hook_domain(PYMEM_DOMAIN_OBJ, &allocators.obj);
    obmalloc_new_reference = trace_new_reference;
    _Py_tracemalloc_config.tracing = 1;
    return 0;
}

static void
tracing_stop(void)
{
    if (!_Py_tracemalloc_config.tracing) {
        return;
    }
    _Py_tracemalloc_config.tracing = 0;
    obmalloc_new_reference = NULL;
    PyMem_SetAllocator(PYMEM_DOMAIN_RAW, &allocators.raw);
    PyMem_SetAllocator(PYMEM_DOMAIN_MEM, &allocators.mem);
    PyMem_SetAllocator(PYMEM_DOMAIN_OBJ, &allocators.obj);
    tables_clear();
    allocators.raw.free(allocators.raw.ctx, scratch);
    scratch = NULL;
}

int
tracemalloc_init(int max_frames)
{
    return max_frames == 0 ? 0 : tracing_start(max_frames);
}

void
tracemalloc_fini(void)
{
    tracing_stop();
    Py_CLEAR(unknown_filename);
}

/* ---- for C ---- */

int
PyTraceMalloc_Track(unsigned int domain, uintptr_t address, size_t size)
{
    PyGILState_STATE gil;
    int status;

    if (!_Py_tracemalloc_config.tracing) {
        return -2;
    }
    gil = PyGILState_Ensure();
    busy = 1;
    status = trace_block(domain, address, size);
    busy = 0;
    PyGILState_Release(gil);
    return status;
}

int
PyTraceMalloc_Untrack(unsigned int domain, uintptr_t address)
{
    if (!_Py_tracemalloc_config.tracing) {
        return -2;
    }
    untrace_block(domain, address);
    return 0;
}

static PyObject *
tuple_from_stack(const Stack *stack)
{
    PyObject *frames = PyTuple_New(stack->nframe);

    for (int i = 0; frames != NULL && i < stack->nframe; i++) {
        PyObject *frame = Py_BuildValue("(Oi)", stack->frames[i].filename,
                                        stack->frames[i].lineno);

        if (frame == NULL) {
            Py_CLEAR(frames);
            break;
        }
        PyTuple_SET_ITEM(frames, i, frame);
    }
    return frames;
}

PyObject *
_PyTraceMalloc_GetTraceback(unsigned int domain, uintptr_t address)
{
    Trace *trace;
    Stack *stack;

    if (!_Py_tracemalloc_config.tracing) {
        Py_RETURN_NONE;
    }
    pthread_mutex_lock(&tables.mutex);
    trace = traces_find(domain, address);
    stack = trace == NULL ? NULL : trace->stack;
    pthread_mutex_unlock(&tables.mutex);
    if (stack == NULL) {
        Py_RETURN_NONE;
    }
    return tuple_from_stack(stack);
}

/* ---- the module ---- */

static PyObject *
tracemalloc_is_tracing(PyObject *Py_UNUSED(module),
                       PyObject *Py_UNUSED(ignored))
{
    return PyBool_FromLong(_Py_tracemalloc_config.tracing);
}

static PyObject *
tracemalloc_clear_traces(PyObject *Py_UNUSED(module),
                         PyObject *Py_UNUSED(ignored))
{
    if (_Py_tracemalloc_config.tracing) {
        busy = 1;
        tables_clear();
        busy = 0;
    }
    Py_RETURN_NONE;
}

/* (domain, size, frames, total frames) of a trace; the tables may not change
 * meanwhile, which `busy` sees to for this thread, and copying beforehand for
 * others. */
static PyObject *
tuple_from_trace(const Trace *trace)
{
    PyObject *frames = tuple_from_stack(trace->stack), *result;

    if (frames == NULL) {
        return NULL;
    }
    result = Py_BuildValue("InNH", trace->domain, (Py_ssize_t)trace->size,
                           frames, trace->stack->total_nframe);
    return result;
}

static PyObject *
tracemalloc_get_traces(PyObject *Py_UNUSED(module),
                       PyObject *Py_UNUSED(ignored))
{
    PyObject *list = PyList_New(0);
    Trace *copy = NULL;
    size_t n = 0;

    if (list == NULL || !_Py_tracemalloc_config.tracing) {
        return list;
    }
    busy = 1;
    pthread_mutex_lock(&tables.mutex);
    if (tables.used > 0) {
        copy = allocators.raw.malloc(allocators.raw.ctx,
                                     tables.used * sizeof(Trace));
    }
    for (size_t i = 0; copy != NULL && i <= tables.mask; i++) {
        if (tables.slots[i].address > DELETED) {
            copy[n++] = tables.slots[i];
        }
    }
    pthread_mutex_unlock(&tables.mutex);
    for (size_t i = 0; i < n; i++) {
        PyObject *item = tuple_from_trace(&copy[i]);

        if (item == NULL || PyList_Append(list, item) < 0) {
            Py_XDECREF(item);
            Py_CLEAR(list);
            break;
        }
        Py_DECREF(item);
    }
    allocators.raw.free(allocators.raw.ctx, copy);
    busy = 0;
    return list;
}

static PyObject *
tracemalloc_get_object_traceback(PyObject *Py_UNUSED(module), PyObject *object)
{
    return _PyTraceMalloc_GetTraceback(
        DEFAULT_DOMAIN,
        (uintptr_t)object - type_preheader_size(Py_TYPE(object)));
}

static PyObject *
tracemalloc_start(PyObject *Py_UNUSED(module), PyObject *const *args,
                  Py_ssize_t nargs)
{
    int nframe = 1;

    if (!_PyArg_CheckPositional("start", nargs, 0, 1)) {
        return NULL;
    }
    if (nargs > 0) {
        nframe = _PyLong_AsInt(args[0]);
        if (nframe == -1 && PyErr_Occurred()) {
            return NULL;
        }
    }
    if (tracing_start(nframe) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyObject *
tracemalloc_stop(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(ignored))
{
    tracing_stop();
    Py_RETURN_NONE;
}

static PyObject *
tracemalloc_get_traceback_limit(PyObject *Py_UNUSED(module),
                                PyObject *Py_UNUSED(ignored))
{
    return PyLong_FromLong(max_frames_kept);
}

static PyObject *
tracemalloc_get_tracemalloc_memory(PyObject *Py_UNUSED(module),
                                   PyObject *Py_UNUSED(ignored))
{
    size_t size;

    pthread_mutex_lock(&tables.mutex);
    size = tables.stack_bytes;
    size += tables.slots == NULL ? 0 : (tables.mask + 1) * sizeof(Trace);
    size += tables.buckets == NULL
                ? 0
                : (tables.bucket_mask + 1) * sizeof(Stack *);
    pthread_mutex_unlock(&tables.mutex);
    return PyLong_FromSize_t(size);
}

static PyObject *
tracemalloc_get_traced_memory(PyObject *Py_UNUSED(module),
                              PyObject *Py_UNUSED(ignored))
{
    size_t current, peak;

    if (!_Py_tracemalloc_config.tracing) {
        return Py_BuildValue("ii", 0, 0);
    }
    pthread_mutex_lock(&tables.mutex);
    current = tables.current;
    peak = tables.peak;
    pthread_mutex_unlock(&tables.mutex);
    return Py_BuildValue("nn", (Py_ssize_t)current, (Py_ssize_t)peak);
}

static PyObject *
tracemalloc_reset_peak(PyObject *Py_UNUSED(module),
                       PyObject *Py_UNUSED(ignored))
{
    pthread_mutex_lock(&tables.mutex);
    tables.peak = tables.current;
    pthread_mutex_unlock(&tables.mutex);
    Py_RETURN_NONE;
}

static PyMethodDef tracemalloc_methods[] = {
    {"is_tracing", tracemalloc_is_tracing, METH_NOARGS,
     PyDoc_STR("is_tracing($module, /)\n--\n\nWhether allocations are being "
               "traced.")},
    {"clear_traces", tracemalloc_clear_traces, METH_NOARGS,
     PyDoc_STR("clear_traces($module, /)\n--\n\nForget all that was traced.")},
    {"_get_traces", tracemalloc_get_traces, METH_NOARGS,
     PyDoc_STR(
         "_get_traces($module, /)\n--\n\nAll traces, as a list of tuples.")},
    {"_get_object_traceback", tracemalloc_get_object_traceback, METH_O,
     PyDoc_STR(
         "_get_object_traceback($module, obj, /)\n--\n\n"
         "Where an object was allocated: a tuple of (file, line), or None.")},
    {"start", (PyCFunction)(void (*)(void))tracemalloc_start, METH_FASTCALL,
     PyDoc_STR(
         "start($module, nframe=1, /)\n--\n\n"
         "Trace allocations from now on, with up to `nframe` frames each.")},
    {"stop", tracemalloc_stop, METH_NOARGS,
     PyDoc_STR(
         "stop($module, /)\n--\n\nStop tracing, and forget the traces.")},
    {"get_traceback_limit", tracemalloc_get_traceback_limit, METH_NOARGS,
     PyDoc_STR(
         "get_traceback_limit($module, /)\n--\n\nHow many frames are kept.")},
    {"get_tracemalloc_memory", tracemalloc_get_tracemalloc_memory, METH_NOARGS,
     PyDoc_STR("get_tracemalloc_memory($module, /)\n--\n\nBytes that the "
               "tables take.")},
    {"get_traced_memory", tracemalloc_get_traced_memory, METH_NOARGS,
     PyDoc_STR("get_traced_memory($module, /)\n--\n\nBytes in traced blocks: "
               "now, and at most.")},
    {"reset_peak", tracemalloc_reset_peak, METH_NOARGS,
     PyDoc_STR("reset_peak($module, /)\n--\n\nLet the peak begin at what "
               "there is now.")},
    {NULL, NULL, 0, NULL},
};

static PyModuleDef_Slot tracemalloc_slots[] = {{0, NULL}};

static PyModuleDef tracemalloc_module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_tracemalloc",
    .m_doc = PyDoc_STR("Where blocks of memory were allocated."),
    .m_methods = tracemalloc_methods,
    .m_slots = tracemalloc_slots,
};

PyMODINIT_FUNC PyInit__tracemalloc(void);
PyMODINIT_FUNC
PyInit__tracemalloc(void)
{
    return PyModuleDef_Init(&tracemalloc_module);
}
