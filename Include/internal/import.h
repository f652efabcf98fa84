#ifndef LUCID_INTERNAL_IMPORT_H
#define LUCID_INTERNAL_IMPORT_H

/* The C half of the import system. */

#include "Python.h"

/* Start-up, in this order.  Each 0/-1 with an exception.
 *   import_init           sys.modules and the import lock of an interpreter
 *   import_init_bootstrap _frozen_importlib and _imp: built-in and frozen
 *                         modules import
 *   import_init_external  _frozen_importlib_external and zipimport: files
 *                         import */
int import_init(PyInterpreterState *interp);
int import_init_bootstrap(PyThreadState *tstate, PyObject *sys_module);
int import_init_external(PyThreadState *tstate);
/* Shutdown: clears sys.modules and the modules in it, in the documented
 * order. */
void import_finalize_modules(PyThreadState *tstate);
/* Process-wide tables (extensions cache, inittab copy); after the last
 * interpreter. */
void import_fini_global(void);
void import_fini(PyInterpreterState *interp);

/* The fast path of IMPORT_NAME.  `name` str, `fromlist` a tuple or None.
 * Returns new. */
PyObject *import_name(PyThreadState *tstate, PyObject *name, PyObject *globals,
                      PyObject *locals, PyObject *fromlist, int level);
/* IMPORT_FROM: module.name, or sys.modules["module.name"].  Returns new;
 * ImportError. */
PyObject *import_from(PyThreadState *tstate, PyObject *module, PyObject *name);
/* `from module import *` into a mapping: 0/-1. */
int import_all_from(PyThreadState *tstate, PyObject *locals, PyObject *module);

/* sys.modules[name]: new reference or NULL, with or without an exception. */
PyObject *import_get_module(PyThreadState *tstate, PyObject *name);
/* Borrowed; raises RuntimeError if the module is not there. */
PyObject *import_add_module(PyThreadState *tstate, PyObject *name);

/* What changed since the last import (Python/import/changes.c).  The checks
 * raise events: 0/-1, Runs Python (hooks). */
int import_changes_start(PyThreadState *tstate);
void import_changes_stop(PyInterpreterState *interp);
int import_check_finders(PyThreadState *tstate);
int import_check_modules_changed(PyThreadState *tstate);
/* Around the import of `name` by the statement; the result (NULL for most
 * names) goes to import_core_end. */
struct import_core *import_core_begin(PyInterpreterState *interp,
                                      PyObject *name);
void import_core_end(PyInterpreterState *interp, struct import_core *core,
                     int loaded);

/* Import lock around fork, called with the GIL held. */
void import_lock_acquire(void);
int import_lock_release(void);   /* 1, or -1 if this thread does not hold it */
int import_lock_reinit_after_fork(void);

int import_lock_is_held(void);

/* Runs a code object as the module `name`; the module as sys.modules has it
 * afterwards, new.  Runs Python. */
PyObject *import_exec_code(PyThreadState *tstate, PyObject *name,
                           PyObject *code);

/* Built-in modules (Python/import/builtin.c).  -1: error. */
/* 1, 0; -1: cannot be initialised twice */
int import_is_builtin(PyObject *name);
PyObject *import_create_builtin(PyThreadState *tstate, PyObject *name,
                                /* new; None if there is none */
                                PyObject *spec);
/* Single-phase modules that were loaded before: new, or NULL with or without
 * an exception. */
PyObject *import_find_extension(PyThreadState *tstate, PyObject *name,
                                PyObject *filename);
/* Runs the slots of a multi-phase module that has not run yet.  0/-1. */
int import_exec_extension(PyObject *module);
void import_fini_extensions(void);

/* Frozen modules (Python/import/frozen.c). */
enum frozen_status {
    FROZEN_OKAY,
    FROZEN_BAD_NAME,
    FROZEN_NOT_FOUND,
    FROZEN_DISABLED,
    FROZEN_EXCLUDED,
    FROZEN_INVALID,
};
struct frozen_info {
    PyObject *name;                 /* borrowed */
    const char *data;
    Py_ssize_t size;
    int is_package;
    int is_alias;
    const char *origname;           /* NULL: none */
};
/* Never sets an exception. */
enum frozen_status import_find_frozen(PyObject *name,
                                      struct frozen_info *info);
void import_raise_frozen(enum frozen_status status, PyObject *name);
PyObject *import_frozen_code(struct frozen_info *info);         /* new */
PyObject *import_frozen_names(void);                            /* new list */
extern int import_override_frozen;  /* -1 off, 0 by configuration, 1 on */

/* Frozen modules. */
struct frozen_alias {
    const char *name;
    const char *orig;              /* NULL: not to be had under its own name */
};
extern const struct frozen_alias frozen_aliases[];

/* Built-in modules: generated from Modules/modules.def, ends with a NULL
 * name. */
extern struct _inittab _PyImport_Inittab[];

PyAPI_DATA(const struct _frozen *) _PyImport_FrozenBootstrap;
PyAPI_DATA(const struct _frozen *) _PyImport_FrozenStdlib;
PyAPI_DATA(const struct _frozen *) _PyImport_FrozenTest;

/* Dynamic loading of an extension module from a spec; `file` may be NULL.
 * Returns new: a module, or a PyModuleDef for multi-phase initialisation
 * already turned into a module. */
PyObject *dynload_module(PyObject *spec, FILE *file);
/* Suffixes of extension modules, best first, NULL at the end. */
extern const char *const dynload_suffixes[];

#endif
