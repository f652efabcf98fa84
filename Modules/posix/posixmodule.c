/* The module posix: its types, its tables, and the definition. */
#include "posix_private.h"

#include <dlfcn.h>
#include <limits.h>
#include <linux/memfd.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <linux/limits.h>
#include <sysexits.h>
#include <unistd.h>

/* ---- result types ---- */

static PyStructSequence_Field stat_fields[] = {
    {"st_mode", "protection bits"},
    {"st_ino", "inode"},
    {"st_dev", "device"},
    {"st_nlink", "number of hard links"},
    {"st_uid", "user ID of owner"},
    {"st_gid", "group ID of owner"},
    {"st_size", "total size, in bytes"},
    /* unnamed: the name is a variable, set before the type is made */
    {"", "integer time of last access"},
    {"", "integer time of last modification"},
    {"", "integer time of last change"},
    {"st_atime", "time of last access"},
    {"st_mtime", "time of last modification"},
    {"st_ctime", "time of last change"},
    {"st_atime_ns", "last access, in nanoseconds since the epoch"},
    {"st_mtime_ns",
     "last change of the content, in nanoseconds since the epoch"},
    {"st_ctime_ns",
     "last change of the inode, in nanoseconds since the epoch"},
    {"st_blksize", "size of block to read and write by"},
    {"st_blocks", "number of blocks allocated"},
    {"st_rdev", "the device that a device file stands for"},
    {NULL, NULL},
};

static PyStructSequence_Field statvfs_fields[] = {
    {"f_bsize", NULL},   {"f_frsize", NULL}, {"f_blocks", NULL},
    {"f_bfree", NULL},   {"f_bavail", NULL}, {"f_files", NULL},
    {"f_ffree", NULL},   {"f_favail", NULL}, {"f_flag", NULL},
    {"f_namemax", NULL}, {"f_fsid", NULL},   {NULL, NULL},
};

static PyStructSequence_Field terminal_size_fields[] = {
    {"columns", "characters in a line"},
    {"lines", "lines on the screen"},
    {NULL, NULL},
};

static PyStructSequence_Field times_fields[] = {
    {"user", "user time"},
    {"system", "system time"},
    {"children_user", "user time of children"},
    {"children_system", "system time of children"},
    {"elapsed", "seconds by a clock with no fixed start"},
    {NULL, NULL},
};

static PyStructSequence_Field uname_fields[] = {
    {"sysname", "operating system name"},
    {"nodename", "name of machine on network"},
    {"release", "operating system release"},
    {"version", "operating system version"},
    {"machine", "hardware identifier"},
    {NULL, NULL},
};

static PyStructSequence_Field waitid_fields[] = {
    {"si_pid", NULL},    {"si_uid", NULL},  {"si_signo", NULL},
    {"si_status", NULL}, {"si_code", NULL}, {NULL, NULL},
};

static PyStructSequence_Field sched_param_fields[] = {
    {"sched_priority", "the scheduling priority"},
    {NULL, NULL},
};

static PyStructSequence_Desc stat_desc = {
    "os.stat_result",
    "The status of a file, as os.stat(), os.fstat() and os.lstat() return "
    "it.",
    stat_fields, 10};
static PyStructSequence_Desc statvfs_desc = {
    "os.statvfs_result", "The status of a file system.", statvfs_fields, 10};
static PyStructSequence_Desc terminal_size_desc = {
    "os.terminal_size", "Columns and lines of a terminal.",
    terminal_size_fields, 2};
static PyStructSequence_Desc times_desc = {
    "posix.times_result", "Processor times, in seconds.", times_fields, 5};
static PyStructSequence_Desc uname_desc = {
    "posix.uname_result", "What system this is.", uname_fields, 5};
static PyStructSequence_Desc waitid_desc = {
    "posix.waitid_result", "What became of a process.", waitid_fields, 5};
static PyStructSequence_Desc sched_param_desc = {
    "posix.sched_param",
    "sched_param(sched_priority)\n--\n\nScheduling parameters.",
    sched_param_fields, 1};

/* Constructor of sched_param: one argument, not a sequence. */
static PyObject *
sched_param_new(PyTypeObject *type, PyObject *args, PyObject *kwds)
{
    static const char *const keywords[] = {"sched_priority", NULL};
    static _PyArg_Parser parser = {.format = "O:sched_param",
                                   .keywords = keywords};
    PyObject *priority, *result;

    if (!_PyArg_ParseTupleAndKeywordsFast(args, kwds, &parser, &priority)) {
        return NULL;
    }
    result = PyStructSequence_New(type);
    if (result != NULL) {
        PyStructSequence_SET_ITEM(result, 0, Py_NewRef(priority));
    }
    return result;
}

/* sched_param: pickled by its constructor. */
static PyObject *
sched_param_reduce(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    return Py_BuildValue("(O(O))", Py_TYPE(self),
                         PyStructSequence_GET_ITEM(self, 0));
}

static PyMethodDef sched_param_reduce_method = {
    "__reduce__", sched_param_reduce, METH_NOARGS, NULL};

/* Makes a type and adds it to the module. */
static int
add_sequence_type(PyObject *module, PyTypeObject **type,
                  PyStructSequence_Desc *desc)
{
    *type = PyStructSequence_NewType(desc);
    return *type == NULL ? -1 : PyModule_AddType(module, *type);
}

static int
posix_add_types(PyObject *module, posix_state *state)
{
    PyObject *method;

    for (int i = 7; i < 10; i++) {
        stat_fields[i].name = PyStructSequence_UnnamedField;
    }
    if (add_sequence_type(module, &state->stat_result_type, &stat_desc) < 0 ||
        add_sequence_type(module, &state->statvfs_result_type,
                          &statvfs_desc) < 0 ||
        add_sequence_type(module, &state->terminal_size_type,
                          &terminal_size_desc) < 0 ||
        add_sequence_type(module, &state->times_result_type,
                          &times_desc) < 0 ||
        add_sequence_type(module, &state->uname_result_type,
                          &uname_desc) < 0 ||
        add_sequence_type(module, &state->waitid_result_type,
                          &waitid_desc) < 0 ||
        add_sequence_type(module, &state->sched_param_type,
                          &sched_param_desc) < 0) {
        return -1;
    }
    posix_stat_result_set_new(state->stat_result_type);
    state->sched_param_type->tp_new = sched_param_new;
    method = PyDescr_NewMethod(state->sched_param_type,
                               &sched_param_reduce_method);
    if (method == NULL ||
        PyDict_SetItemString(state->sched_param_type->tp_dict, "__reduce__",
                             method) < 0) {
        Py_XDECREF(method);
        return -1;
    }
    Py_DECREF(method);
    PyType_Modified(state->sched_param_type);
    state->scandir_type = (PyTypeObject *)PyType_FromModuleAndSpec(
        module, &posix_scandir_spec, NULL);
    if (state->scandir_type == NULL) {
        return -1;
    }
    state->dir_entry_type = (PyTypeObject *)PyType_FromModuleAndSpec(
        module, &posix_dir_entry_spec, NULL);
    return state->dir_entry_type == NULL
               ? -1
               : PyModule_AddType(module, state->dir_entry_type);
}

/* ---- constants ---- */

static const struct {
    const char *name;
    long long value;
} constants[] = {
#define N(name) {#name, name},
#define V(name, value) {#name, value},
#include "constants.def"
};

/* What os.py makes supports_dir_fd and its like of. */
static const char *const have_functions[] = {
    "HAVE_EVENTFD",      "HAVE_FACCESSAT",    "HAVE_FCHDIR",
    "HAVE_FCHMOD",       "HAVE_FCHMODAT",     "HAVE_FCHOWN",
    "HAVE_FCHOWNAT",     "HAVE_FEXECVE",      "HAVE_FDOPENDIR",
    "HAVE_FPATHCONF",    "HAVE_FSTATAT",      "HAVE_FSTATVFS",
    "HAVE_FTRUNCATE",    "HAVE_FUTIMENS",     "HAVE_FUTIMES",
    "HAVE_FUTIMESAT",    "HAVE_LINKAT",       "HAVE_LCHOWN",
    "HAVE_LSTAT",        "HAVE_LUTIMES",      "HAVE_MEMFD_CREATE",
    "HAVE_MKDIRAT",      "HAVE_MKFIFOAT",     "HAVE_MKNODAT",
    "HAVE_OPENAT",       "HAVE_READLINKAT",   "HAVE_RENAMEAT",
    "HAVE_SYMLINKAT",    "HAVE_UNLINKAT",     "HAVE_UTIMENSAT",
};

static int
posix_add_have_functions(PyObject *module)
{
    PyObject *list = PyList_New(0);
    int status = -1;

    if (list == NULL) {
        return -1;
    }
    for (size_t i = 0; i < Py_ARRAY_LENGTH(have_functions); i++) {
        PyObject *name = PyUnicode_FromString(have_functions[i]);
        if (name == NULL || PyList_Append(list, name) < 0) {
            Py_XDECREF(name);
            goto done;
        }
        Py_DECREF(name);
    }
    status = PyModule_AddObjectRef(module, "_have_functions", list);
done:
    Py_DECREF(list);
    return status;
}

/* ---- the module ---- */

static PyMethodDef posix_methods[] = {
#define N(name, signature, doc) \
    {#name, posix_##name, METH_NOARGS, #name signature "\n--\n\n" doc},
#define O(name, signature, doc) \
    {#name, posix_##name, METH_O, #name signature "\n--\n\n" doc},
#define F(name, signature, doc)                             \
    {#name, _PyCFunction_CAST(posix_##name), METH_FASTCALL, \
     #name signature "\n--\n\n" doc},
#define K(name, signature, doc)                             \
    {#name, _PyCFunction_CAST(posix_##name),                \
     METH_FASTCALL | METH_KEYWORDS, #name signature "\n--\n\n" doc},
#include "methods.def"
    {NULL, NULL, 0, NULL},
};

static int
posix_exec(PyObject *module)
{
    posix_state *state = posix_get_state(module);
    PyObject *env = posix_environ_as_dict();

    if (env == NULL || PyModule_AddObjectRef(module, "environ", env) < 0) {
        Py_XDECREF(env);
        return -1;
    }
    Py_DECREF(env);
    for (size_t i = 0; i < Py_ARRAY_LENGTH(constants); i++) {
        PyObject *value = PyLong_FromLongLong(constants[i].value);
        int failed = value == NULL ||
                     PyModule_AddObjectRef(module, constants[i].name,
                                           value) < 0;
        Py_XDECREF(value);
        if (failed) {
            return -1;
        }
    }
    state->billion = PyLong_FromLong(1000000000);
    if (state->billion == NULL ||
        PyModule_AddObjectRef(module, "error", PyExc_OSError) < 0) {
        return -1;
    }
    return posix_add_conf_names(module) < 0 ||
                   posix_add_types(module, state) < 0 ||
                   posix_add_have_functions(module) < 0
               ? -1
               : 0;
}

static int
posix_traverse_state(PyObject *module, visitproc visit, void *arg)
{
    posix_state *state = posix_get_state(module);

    Py_VISIT(state->dir_entry_type);
    Py_VISIT(state->scandir_type);
    Py_VISIT(state->sched_param_type);
    Py_VISIT(state->stat_result_type);
    Py_VISIT(state->statvfs_result_type);
    Py_VISIT(state->terminal_size_type);
    Py_VISIT(state->times_result_type);
    Py_VISIT(state->uname_result_type);
    Py_VISIT(state->waitid_result_type);
    Py_VISIT(state->billion);
    Py_VISIT(state->struct_rusage);
    return 0;
}

static int
posix_clear_state(PyObject *module)
{
    posix_state *state = posix_get_state(module);

    Py_CLEAR(state->dir_entry_type);
    Py_CLEAR(state->scandir_type);
    Py_CLEAR(state->sched_param_type);
    Py_CLEAR(state->stat_result_type);
    Py_CLEAR(state->statvfs_result_type);
    Py_CLEAR(state->terminal_size_type);
    Py_CLEAR(state->times_result_type);
    Py_CLEAR(state->uname_result_type);
    Py_CLEAR(state->waitid_result_type);
    Py_CLEAR(state->billion);
    Py_CLEAR(state->struct_rusage);
    return 0;
}

static void
posix_free_state(void *module)
{
    (void)posix_clear_state(module);
}

static PyModuleDef_Slot posix_slots[] = {
    {Py_mod_exec, posix_exec},
    {0, NULL},
};

static PyModuleDef posix_module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "posix",
    .m_doc = "What the operating system offers; use os instead.",
    .m_size = sizeof(posix_state),
    .m_methods = posix_methods,
    .m_slots = posix_slots,
    .m_traverse = posix_traverse_state,
    .m_clear = posix_clear_state,
    .m_free = posix_free_state,
};

PyMODINIT_FUNC
PyInit_posix(void)
{
    return PyModuleDef_Init(&posix_module);
}
