/* The state of the process (_PyRuntime) and of each interpreter.
 *
 * _PyRuntime has the reference's size, and three of its fields stand where
 * extension modules compiled for the reference read them: the current thread
 * state at 0x240 and the small integers at 0x2a8.  Everything else is ours. */
#ifndef LUCID_RUNTIME_H
#define LUCID_RUNTIME_H

#include <stddef.h>

#include "Python.h"
#include "ceval_state.h"
#include "gc_state.h"

#define RUNTIME_SIZE 166688
#define SMALL_INT_NEGATIVE 5      /* small integers are -5 .. 256 */
#define SMALL_INT_POSITIVE 257
#define SMALL_INT_COUNT (SMALL_INT_NEGATIVE + SMALL_INT_POSITIVE)

typedef struct {
    union {
        struct {
        /* Life of the runtime, in this order. */
        int preinitializing;
        int preinitialized;
        int core_initialized;
        int initialized;
        PyThreadState *_Atomic finalizing;   /* the thread that finalizes */
        unsigned long main_thread;           /* PyThread_get_thread_ident() */
        struct {
            pthread_mutex_t mutex;
            PyInterpreterState *head;
            PyInterpreterState *main;
            int64_t next_id;
        } interpreters;
        Py_tss_t autotss;                    /* thread -> PyThreadState */
        PyInterpreterState *autointerp;      /* of PyGILState_Ensure */
        uint64_t next_thread_id;
        PyPreConfig preconfig;
        };
        char front_size[0x240];
    };
    PyThreadState *_Atomic tstate_current;
    char reserved[0x2a8 - 0x248];
    PyLongObject small_ints[SMALL_INT_COUNT];

    struct ceval_runtime_state ceval;
    void (*exitfuncs[32])(void);         /* Py_AtExit */
    int nexitfuncs;
    int closed_to_python;     /* no hook hears any more: finalizers and weak
                               * references' callbacks do not run */
    /* The rest up to RUNTIME_SIZE is padding; see runtime_object. */
} _PyRuntimeState;

union runtime_object {
    _PyRuntimeState state;
    char size[RUNTIME_SIZE];
};
PyAPI_DATA(union runtime_object) _PyRuntime_object __asm__("_PyRuntime");
#define _PyRuntime (_PyRuntime_object.state)
_Static_assert(offsetof(_PyRuntimeState, tstate_current) == 0x240,
               "extension modules read the current thread state there");
_Static_assert(offsetof(_PyRuntimeState, small_ints) == 0x2a8,
               "extension modules read small integers there");

struct _is {
    PyInterpreterState *next;
    int64_t id;
    int finalizing;
    int requires_idref;
    Py_ssize_t id_refcount;
    struct {
        pthread_mutex_t mutex;
        PyThreadState *head;
        long count;
    } threads;

    PyObject *modules;             /* sys.modules */
    PyObject *modules_by_index;    /* list: m_index -> module */
    PyObject *sysdict;             /* dict of the module sys */
    PyObject *builtins;            /* dict of the module builtins */
    PyObject *builtins_copy;       /* as they were before user code ran */
    PyObject *importlib;           /* _frozen_importlib */
    PyObject *import_func;         /* the original builtins.__import__ */
    PyObject *dict;                /* PyInterpreterState_GetDict */
    PyObject *main_module_hint;

    PyObject *codec_search_path;   /* list of functions */
    PyObject *codec_search_cache;  /* dict */
    PyObject *codec_error_registry; /* dict */
    int codecs_initialized;
    struct {
        char *encoding;            /* file names; owned */
        char *errors;
        wchar_t *errors_w;
        int error_handler;
        int utf8;
    } fs_codec;

    PyConfig config;
    struct gc_state gc;
    struct ceval_interp_state ceval;
    struct {
        PyObject *filters;         /* list */
        PyObject *once_registry;   /* dict */
        PyObject *default_action;  /* str */
        long filters_version;
    } warnings;
    struct {
        struct PythonHook *hooks;  /* no object refers to them */
        Py_ssize_t count, allocated;
        struct AuditObserver *observers;   /* oldest first */
        PyObject *native;          /* sys.audit as it was made */
    } audit;

    struct import_seen {           /* Python/import/changes.c */
        struct import_core *core;  /* owned array; NULL: not watching */
        PyObject *finders, *path_hooks;    /* owned tuples */
        uint64_t modules_version;  /* of sys.modules when last compared */
        PyThreadState *checking;   /* whose hooks are being asked, or NULL */
    } import_seen;

    struct ast_state *ast;         /* the classes of _ast; NULL until used */

    uint64_t dict_version;         /* unused; versions are process-wide */
    int dlopenflags;
    int int_max_str_digits;
    PyObject *pyexitmodule;
    PyThreadState *initial_thread;
};

/* The running thread's state; NULL without the GIL. */
static inline PyThreadState *
_PyThreadState_GET(void)
{
    return __atomic_load_n((PyThreadState **)&_PyRuntime.tstate_current,
                           __ATOMIC_RELAXED);
}

static inline PyInterpreterState *
_PyInterpreterState_GET(void)
{
    return _PyThreadState_GET()->interp;
}

static inline const PyConfig *
interpreter_config(PyInterpreterState *interp)
{
    return &interp->config;
}

#endif
