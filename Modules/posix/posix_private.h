/* What the files of Modules/posix share: the module's state, the shape of its
 * functions, checks of argument combinations. */
#ifndef POSIX_PRIVATE_H
#define POSIX_PRIVATE_H

#include "Python.h"

#include "posixmodule.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/uio.h>

typedef struct {
    PyTypeObject *dir_entry_type;
    PyTypeObject *scandir_type;
    PyTypeObject *sched_param_type;
    PyTypeObject *stat_result_type;
    PyTypeObject *statvfs_result_type;
    PyTypeObject *terminal_size_type;
    PyTypeObject *times_result_type;
    PyTypeObject *uname_result_type;
    PyTypeObject *waitid_result_type;
    PyObject *billion;                       /* int: nanoseconds a second */
    PyObject *struct_rusage;                 /* resource's type, once used */
} posix_state;

static inline posix_state *
posix_get_state(PyObject *module)
{
    return (posix_state *)PyModule_GetState(module);
}

/* Prototypes of all functions of the module. */
#define N(name, signature, doc) \
    PyObject *posix_##name(PyObject *module, PyObject *unused);
#define O(name, signature, doc) \
    PyObject *posix_##name(PyObject *module, PyObject *arg);
#define F(name, signature, doc)                                         \
    PyObject *posix_##name(PyObject *module, PyObject *const *args,     \
                           Py_ssize_t nargs);
#define K(name, signature, doc)                                         \
    PyObject *posix_##name(PyObject *module, PyObject *const *args,     \
                           Py_ssize_t nargs, PyObject *kwnames);
#include "methods.def"

/* Declares the argument parser of a K function; names as arguments. */
#define PARSER(text, ...)                                                 \
    static const char *const keywords[] = {__VA_ARGS__, NULL};            \
    static _PyArg_Parser parser = {.format = text, .keywords = keywords}
/* 1/0 */
#define PARSE(...) \
    _PyArg_ParseStackAndKeywords(args, nargs, kwnames, &parser, __VA_ARGS__)

/* The arguments of an F function; 1/0. */
#define PARSE_ARGS(name, least, most, format, ...)               \
    (_PyArg_CheckPositional(name, nargs, least, most) &&         \
     _PyArg_ParseStack(args, nargs, format ":" name, __VA_ARGS__))

/* None, or OSError, after a call that returns nonzero on failure. */
#define NONE_OR_ERROR(failed) \
    ((failed) ? posix_error() : Py_NewRef(Py_None))

/* Events carry -1 for "no directory descriptor". */
#define DIR_FD_FOR_AUDIT(fd) ((fd) == AT_FDCWD ? -1 : (fd))

/* Each: 1 with ValueError if the combination makes no sense, else 0. */
int posix_path_and_dir_fd_invalid(const char *function, posix_path *path,
                                  int dir_fd);
int posix_dir_fd_and_fd_invalid(const char *function, int dir_fd, int fd);
int posix_fd_and_follow_symlinks_invalid(const char *function, int fd,
                                         int follow_symlinks);

/* O&: descriptor as int or object with fileno(). */
int posix_fildes_converter(PyObject *object, void *fd);

/* After a call that failed with EINTR: 1 to call again once the signal
 * handlers have run, 0 for another error, -1 if a handler raised. */
static inline int
posix_retry(long failed)
{
    if (!failed || errno != EINTR) {
        return 0;
    }
    return PyErr_CheckSignals() ? -1 : 1;
}

/* stat.c: the type's constructor, the result from a status, by path. */
PyObject *posix_stat_result_new(PyTypeObject *type, PyObject *args,
                                PyObject *kwds);
/* Makes it the constructor of `type`. */
void posix_stat_result_set_new(PyTypeObject *type);
PyObject *posix_stat_result(posix_state *state, const struct stat *status);

/* scandir.c: the two types. */
extern PyType_Spec posix_dir_entry_spec;
extern PyType_Spec posix_scandir_spec;

/* spawn.c and process.c: argument vectors.  NULL with an exception; freed by
 * posix_free_strings, in which case items are PyMem_Malloc'ed. */
char **posix_strings_from_argv(PyObject *argv, Py_ssize_t *count);
char **posix_strings_from_env(PyObject *env, Py_ssize_t *count);
void posix_free_strings(char **strings, Py_ssize_t count);
/* Validates argv and env for exec and spawn; 0/-1. */
int posix_check_exec_arguments(const char *prefix, PyObject *argv,
                               PyObject *env);

/* system.c: an int, or a name from the table; O&-like, 1/0. */
typedef struct {
    const char *name;
    int value;
} posix_conf_name;
/* Adds <table>_names dictionaries. */
int posix_add_conf_names(PyObject *module);
/* New dict of the environment, bytes to bytes. */
PyObject *posix_environ_as_dict(void);

#endif
