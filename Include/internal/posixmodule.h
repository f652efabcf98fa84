/* The posix module: what its files share, and what other modules and the
 * runtime ask of it. */
#ifndef INTERNAL_POSIXMODULE_H
#define INTERNAL_POSIXMODULE_H

#include "Python.h"

#include <dirent.h>
#include <sys/stat.h>
#include <sys/types.h>

PyMODINIT_FUNC PyInit_posix(void);

/* ---- ids: O& converters (1/0) and objects; (uid_t)-1 is int -1 ---- */

PyAPI_FUNC(int) _Py_Uid_Converter(PyObject *object, uid_t *uid);
PyAPI_FUNC(int) _Py_Gid_Converter(PyObject *object, gid_t *gid);
PyObject *posix_object_from_uid(uid_t uid);
PyObject *posix_object_from_gid(gid_t gid);

/* Set of signal numbers from an iterable of ints.  Runs Python. */
PyAPI_FUNC(int) _Py_Sigset_Converter(PyObject *object, void *sigset);

/* ---- paths: the argument converter of everything that takes a path ---- */

/* In: the first group, set by POSIX_PATH_INIT.  Out: `narrow` is the
 * filesystem-encoded path or NULL when a descriptor was given (`fd`, else
 * -1) or None (if `nullable`).  `object` is what the caller passed, after
 * __fspath__; for None it is NULL.  Release with posix_path_release. */
typedef struct {
    const char *function_name;       /* for messages; may be NULL */
    const char *argument_name;
    int nullable;                    /* None is the current directory */
    int allow_fd;                    /* an int is a descriptor */
    const char *narrow;
    int fd;
    Py_ssize_t length;
    PyObject *object;                /* owned */
    PyObject *encoded;              /* owned bytes that `narrow` points into */
} posix_path;

#define POSIX_PATH_INIT(function, argument, none_ok, fd_ok)                 \
    {function, argument, none_ok, fd_ok, NULL, -1, 0, NULL, NULL}

/* O& converter with clean-up (Py_CLEANUP_SUPPORTED). */
int posix_path_converter(PyObject *object, void *path);
void posix_path_release(posix_path *path);

/* OSError from errno with the path's object as the file name.  Returns
 * NULL. */
PyObject *posix_path_error(posix_path *path);
PyObject *posix_path_error2(posix_path *path, posix_path *path2);
/* OSError from errno.  Returns NULL. */
PyObject *posix_error(void);

/* An id as events show it: -1 for "leave alone".  Never fails. */
long posix_id_for_audit(unsigned int id);
/* lucid.os.setgroups, for which the ids become a list again; 0/-1. */
int posix_audit_setgroups(const gid_t *groups, Py_ssize_t count);

/* O&: None to AT_FDCWD, int to itself. */
int posix_dir_fd_converter(PyObject *object, void *fd);

/* O&: int to dev_t; int to off_t; int to pid_t. */
int posix_dev_converter(PyObject *object, void *dev);
int posix_off_converter(PyObject *object, void *off);
PyObject *posix_object_from_dev(dev_t dev);

#endif
