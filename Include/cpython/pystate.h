/* Layout of the thread state, and what of threads lies outside the limited
 * API. */
#ifndef Py_CPYTHON_PYSTATE_H
#define Py_CPYTHON_PYSTATE_H
#ifdef __cplusplus
extern "C" {
#endif

typedef int (*Py_tracefunc)(PyObject *, PyFrameObject *, int, PyObject *);

#define PyTrace_CALL 0
#define PyTrace_EXCEPTION 1
#define PyTrace_LINE 2
#define PyTrace_RETURN 3
#define PyTrace_C_CALL 4
#define PyTrace_C_EXCEPTION 5
#define PyTrace_C_RETURN 6
#define PyTrace_OPCODE 7

typedef struct {
    PyCodeObject *code;         /* whose line table `bounds` walks, or NULL */
    PyCodeAddressRange bounds;
} PyTraceInfo;

/* One for each C-level entry of the interpreter loop, on the C stack. */
typedef struct _PyCFrame {
    uint8_t use_tracing;
    struct _PyInterpreterFrame *current_frame;
    struct _PyCFrame *previous;
} _PyCFrame;

/* An exception being handled. */
typedef struct _err_stackitem {
    PyObject *exc_value;                  /* NULL or None: none */
    struct _err_stackitem *previous_item;
} _PyErr_StackItem;

/* A piece of the stack that frames live on. */
typedef struct _stack_chunk {
    struct _stack_chunk *previous;
    size_t size;                          /* bytes, this header included */
    size_t top;                           /* words in use, when not the last */
    PyObject *data[1];
} _PyStackChunk;

struct _ts {
    PyThreadState *prev;
    PyThreadState *next;
    PyInterpreterState *interp;
    int _initialized;
    int _static;
    int recursion_remaining;
    int recursion_limit;
    int recursion_headroom;
    int tracing;
    int tracing_what;
    _PyCFrame *cframe;                    /* never NULL */
    Py_tracefunc c_profilefunc;
    Py_tracefunc c_tracefunc;
    PyObject *c_profileobj;
    PyObject *c_traceobj;
    PyObject *curexc_type;                /* raised, not yet handled */
    PyObject *curexc_value;
    PyObject *curexc_traceback;
    _PyErr_StackItem *exc_info;           /* innermost being handled */
    PyObject *dict;
    int gilstate_counter;
    PyObject *async_exc;
    unsigned long thread_id;
    unsigned long native_thread_id;
    int trash_delete_nesting;
    PyObject *trash_delete_later;
    void (*on_delete)(void *);
    void *on_delete_data;
    int coroutine_origin_tracking_depth;
    PyObject *async_gen_firstiter;
    PyObject *async_gen_finalizer;
    PyObject *context;
    uint64_t context_ver;
    uint64_t id;
    PyTraceInfo trace_info;
    _PyStackChunk *datastack_chunk;
    PyObject **datastack_top;
    PyObject **datastack_limit;
    _PyErr_StackItem exc_state;
    _PyCFrame root_cframe;
};

typedef PyObject *(*_PyFrameEvalFunction)(PyThreadState *tstate,
                                          struct _PyInterpreterFrame *frame,
                                          int throwflag);

/* What an object becomes when it is handed to another interpreter. */
typedef struct _xid {
    void *data;
    PyObject *obj;                        /* owned, or NULL */
    int64_t interp;
    PyObject *(*new_object)(struct _xid *);
    void (*free)(void *);
} _PyCrossInterpreterData;
typedef int (*crossinterpdatafunc)(PyObject *, _PyCrossInterpreterData *);

PyAPI_FUNC(int) _PyInterpreterState_RequiresIDRef(PyInterpreterState *interp);
PyAPI_FUNC(void) _PyInterpreterState_RequireIDRef(
    PyInterpreterState *interp, int i);
PyAPI_FUNC(PyObject *) _PyInterpreterState_GetMainModule(
    PyInterpreterState *interp);
PyAPI_FUNC(PyThreadState *) _PyThreadState_Prealloc(
    PyInterpreterState *interp);
PyAPI_FUNC(PyThreadState *) _PyThreadState_UncheckedGet(void);
PyAPI_FUNC(PyObject *) _PyThreadState_GetDict(PyThreadState *tstate);
PyAPI_FUNC(void) PyThreadState_EnterTracing(PyThreadState *tstate);
PyAPI_FUNC(void) PyThreadState_LeaveTracing(PyThreadState *tstate);
PyAPI_FUNC(int) PyGILState_Check(void);
PyAPI_FUNC(PyInterpreterState *) _PyGILState_GetInterpreterStateUnsafe(void);
PyAPI_FUNC(PyObject *) _PyThread_CurrentFrames(void);
PyAPI_FUNC(PyObject *) _PyThread_CurrentExceptions(void);
PyAPI_FUNC(PyInterpreterState *) PyInterpreterState_Main(void);
PyAPI_FUNC(PyInterpreterState *) PyInterpreterState_Head(void);
PyAPI_FUNC(PyInterpreterState *) PyInterpreterState_Next(
    PyInterpreterState *interp);
PyAPI_FUNC(PyThreadState *) PyInterpreterState_ThreadHead(
    PyInterpreterState *interp);
PyAPI_FUNC(PyThreadState *) PyThreadState_Next(PyThreadState *tstate);
PyAPI_FUNC(void) PyThreadState_DeleteCurrent(void);
PyAPI_FUNC(_PyFrameEvalFunction) _PyInterpreterState_GetEvalFrameFunc(
    PyInterpreterState *interp);
PyAPI_FUNC(void) _PyInterpreterState_SetEvalFrameFunc(
    PyInterpreterState *interp, _PyFrameEvalFunction eval_frame);
PyAPI_FUNC(const PyConfig *) _PyInterpreterState_GetConfig(
    PyInterpreterState *interp);
PyAPI_FUNC(int) _PyInterpreterState_GetConfigCopy(struct PyConfig *config);
PyAPI_FUNC(int) _PyInterpreterState_SetConfig(const struct PyConfig *config);
PyAPI_FUNC(const PyConfig *) _Py_GetConfig(void);
PyAPI_FUNC(int) _PyObject_GetCrossInterpreterData(
    PyObject *op, _PyCrossInterpreterData *crossinterpreterdata);
PyAPI_FUNC(PyObject *) _PyCrossInterpreterData_NewObject(
    _PyCrossInterpreterData *crossinterpreterdata);
PyAPI_FUNC(void) _PyCrossInterpreterData_Release(
    _PyCrossInterpreterData *crossinterpreterdata);
PyAPI_FUNC(int) _PyObject_CheckCrossInterpreterData(PyObject *op);
PyAPI_FUNC(int) _PyCrossInterpreterData_RegisterClass(
    PyTypeObject *type, crossinterpdatafunc crossinterpdatafunc);
PyAPI_FUNC(crossinterpdatafunc) _PyCrossInterpreterData_Lookup(PyObject *op);

#define _PyInterpreterState_Get() PyInterpreterState_Get()

#ifdef __cplusplus
}
#endif
#endif
