/* The module sys: creation, and what the rest of the runtime asks of it. */
#ifndef LUCID_SYS_H
#define LUCID_SYS_H

#include "Python.h"
#include "runtime.h"

/* Makes sys, with what needs no import and no configuration; fills
 * interp->sysdict and sys.modules["sys"].  Returns new. */
PyObject *sys_create(PyThreadState *tstate);
/* What comes from PyConfig: argv, path, flags, prefixes.  0/-1. */
int sys_apply_config(PyThreadState *tstate);

/* Entries of the module's tables (Python/sys/). */
extern PyMethodDef sys_methods[];
/* Fills version_info, flags, float_info and their like.  0/-1. */
int sys_add_info(PyThreadState *tstate, PyObject *dict);
/* A new sys.flags for the configuration of the interpreter. */
PyObject *sys_make_flags(PyInterpreterState *interp);
PyObject *sys_make_asyncgen_hooks(PyThreadState *tstate);
/* Structure types of sys; released at the end of the runtime. */
void sys_fini_types(void);

/* sys attributes: borrowed, NULL without exception if absent. */
PyObject *sys_get_attribute(PyThreadState *tstate, PyObject *name);
PyAPI_FUNC(PyObject *) _PySys_GetAttr(PyThreadState *tstate, PyObject *name);
int sys_set_attribute(PyThreadState *tstate, PyObject *name, PyObject *value);

/* Options of -X and -W given before initialisation (PySys_AddXOption...). */
PyAPI_FUNC(size_t) _PySys_GetSizeOf(PyObject *op);
int sys_take_early_options(PyConfig *config);
void sys_clear_early_options(void);

/* Limit of int-str conversion from the command line or environment, or -1. */
int sys_configured_max_str_digits(const PyConfig *config);

/* sys.stdout.flush(), sys.stderr.flush(): 0, or -1 if one failed
 * (reported). */
int sys_flush_streams(void);

/* The audit functions of the module (Python/sysmodule.c). */
PyObject *sys_audit(PyObject *module, PyObject *const *args, Py_ssize_t nargs);
PyObject *sys_addaudithook(PyObject *module, PyObject *const *args,
                           Py_ssize_t nargs, PyObject *kwnames);

#endif
