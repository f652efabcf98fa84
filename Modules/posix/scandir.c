/* os.scandir(): an iterator over DirEntry objects.
 *
 * An entry answers from the directory's own record (kind and inode number)
 * where it can, and otherwise keeps the result of the one stat() it needs.
 */
#include "posix_private.h"

#include "audit.h"
#include "fileutils.h"
#include "names.h"

#include <stddef.h>
#include <string.h>
#include <unistd.h>
#include "structmember.h"

typedef struct {
    PyObject_HEAD
    PyObject *name;
    PyObject *path;
    PyObject *stat;                          /* NULL until asked */
    PyObject *lstat;                         /* NULL until asked */
    unsigned char kind;                      /* DT_... */
    ino_t inode;
    int dir_fd;                              /* -1: `path` is complete */
} DirEntryObject;

typedef struct {
    PyObject_HEAD
    posix_path path;
    DIR *stream;                             /* NULL: closed */
    int fd;                                  /* duplicate in the stream, -1 */
} ScandirObject;

/* ---- entries ---- */

static void
direntry_dealloc(DirEntryObject *self)
{
    PyTypeObject *type = Py_TYPE(self);

    Py_XDECREF(self->name);
    Py_XDECREF(self->path);
    Py_XDECREF(self->stat);
    Py_XDECREF(self->lstat);
    freefunc free_func = PyType_GetSlot(type, Py_tp_free);
    free_func(self);
    Py_DECREF(type);
}

static posix_state *
direntry_state(PyTypeObject *defining_class)
{
    return PyType_GetModuleState(defining_class);
}

/* A new stat result.  Runs Python (audit hooks, which may ask the same). */
static PyObject *
direntry_fetch_stat(posix_state *state, DirEntryObject *self,
                    int follow_symlinks)
{
    struct stat status;
    PyObject *bytes = NULL;
    int failed, flags = follow_symlinks ? 0 : AT_SYMLINK_NOFOLLOW;

    if (!PyUnicode_FSConverter(self->path, &bytes)) {
        return NULL;
    }
    if (PyAudit(AUDIT_LUCID_OS_STAT, "OiO", self->path, self->dir_fd,
                follow_symlinks ? Py_True : Py_False) < 0) {
        Py_DECREF(bytes);
        return NULL;
    }
    Py_BEGIN_ALLOW_THREADS
    failed = fstatat(self->dir_fd != -1 ? self->dir_fd : AT_FDCWD,
                     PyBytes_AS_STRING(bytes), &status, flags);
    Py_END_ALLOW_THREADS
    Py_DECREF(bytes);
    if (failed) {
        return PyErr_SetFromErrnoWithFilenameObject(PyExc_OSError,
                                                    self->path);
    }
    return posix_stat_result(state, &status);
}

static PyObject *
direntry_get_lstat(posix_state *state, DirEntryObject *self)
{
    if (self->lstat == NULL) {
        PyObject *stat = direntry_fetch_stat(state, self, 0);
        Py_XSETREF(self->lstat, stat);
    }
    return Py_XNewRef(self->lstat);
}

static int direntry_is_kind(posix_state *state, DirEntryObject *self,
                            int follow_symlinks, mode_t kind);

/* 1/0/-1 */
static int
direntry_is_link(posix_state *state, DirEntryObject *self)
{
    if (self->kind != DT_UNKNOWN) {
        return self->kind == DT_LNK;
    }
    return direntry_is_kind(state, self, 0, S_IFLNK);
}

static PyObject *
direntry_get_stat(posix_state *state, DirEntryObject *self,
                  int follow_symlinks)
{
    PyObject *stat;
    int link;

    if (!follow_symlinks) {
        return direntry_get_lstat(state, self);
    }
    if (self->stat == NULL) {
        link = direntry_is_link(state, self);
        if (link < 0) {
            return NULL;
        }
        stat = link ? direntry_fetch_stat(state, self, 1)
                    : direntry_get_lstat(state, self);
        Py_XSETREF(self->stat, stat);
    }
    return Py_XNewRef(self->stat);
}

/* Whether it is of the kind S_IFDIR, S_IFREG or S_IFLNK; 0 if it is gone.
 * 1/0/-1 */
static int
direntry_is_kind(posix_state *state, DirEntryObject *self,
                 int follow_symlinks, mode_t kind)
{
    PyObject *stat;
    long mode;

    if (self->kind != DT_UNKNOWN &&
        !(follow_symlinks && self->kind == DT_LNK)) {
        return (kind == S_IFDIR && self->kind == DT_DIR) ||
               (kind == S_IFREG && self->kind == DT_REG) ||
               (kind == S_IFLNK && self->kind == DT_LNK);
    }
    stat = direntry_get_stat(state, self, follow_symlinks);
    if (stat == NULL) {
        if (PyErr_ExceptionMatches(PyExc_FileNotFoundError)) {
            PyErr_Clear();                  /* removed, or a dangling link */
            return 0;
        }
        return -1;
    }
    mode = PyLong_AsLong(PyStructSequence_GET_ITEM(stat, 0));
    Py_DECREF(stat);
    if (mode == -1 && PyErr_Occurred()) {
        return -1;
    }
    return ((mode_t)mode & S_IFMT) == kind;
}

static PyObject *
direntry_answer(int answer)
{
    return answer < 0 ? NULL : PyBool_FromLong(answer);
}

static int
direntry_parse_follow(const char *const *keywords, _PyArg_Parser *parser,
                      PyObject *const *args, Py_ssize_t nargs,
                      PyObject *kwnames, int *follow_symlinks)
{
    *follow_symlinks = 1;
    return _PyArg_ParseStackAndKeywords(args, nargs, kwnames, parser,
                                        follow_symlinks);
}

static const char *const follow_keywords[] = {"follow_symlinks", NULL};

static PyObject *
direntry_is_dir(DirEntryObject *self, PyTypeObject *defining_class,
                PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static _PyArg_Parser parser = {.format = "|$p:is_dir",
                                   .keywords = follow_keywords};
    int follow;

    if (!direntry_parse_follow(follow_keywords, &parser, args, nargs, kwnames,
                               &follow)) {
        return NULL;
    }
    return direntry_answer(direntry_is_kind(direntry_state(defining_class),
                                            self, follow, S_IFDIR));
}

static PyObject *
direntry_is_file(DirEntryObject *self, PyTypeObject *defining_class,
                 PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static _PyArg_Parser parser = {.format = "|$p:is_file",
                                   .keywords = follow_keywords};
    int follow;

    if (!direntry_parse_follow(follow_keywords, &parser, args, nargs, kwnames,
                               &follow)) {
        return NULL;
    }
    return direntry_answer(direntry_is_kind(direntry_state(defining_class),
                                            self, follow, S_IFREG));
}

static PyObject *
direntry_is_symlink(DirEntryObject *self, PyTypeObject *defining_class,
                    PyObject *const *args, Py_ssize_t nargs,
                    PyObject *kwnames)
{
    if (nargs != 0 || (kwnames != NULL && PyTuple_GET_SIZE(kwnames) != 0)) {
        PyErr_SetString(PyExc_TypeError, "is_symlink() takes no arguments");
        return NULL;
    }
    return direntry_answer(direntry_is_link(direntry_state(defining_class),
                                            self));
}

static PyObject *
direntry_stat(DirEntryObject *self, PyTypeObject *defining_class,
              PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static _PyArg_Parser parser = {.format = "|$p:stat",
                                   .keywords = follow_keywords};
    int follow;

    if (!direntry_parse_follow(follow_keywords, &parser, args, nargs, kwnames,
                               &follow)) {
        return NULL;
    }
    return direntry_get_stat(direntry_state(defining_class), self, follow);
}

static PyObject *
direntry_inode(DirEntryObject *self, PyObject *Py_UNUSED(ignored))
{
    return PyLong_FromUnsignedLong(self->inode);
}

static PyObject *
direntry_fspath(DirEntryObject *self, PyObject *Py_UNUSED(ignored))
{
    return Py_NewRef(self->path);
}

static PyObject *
direntry_repr(DirEntryObject *self)
{
    return PyUnicode_FromFormat("<DirEntry %R>", self->name);
}

static PyMemberDef direntry_members[] = {
    {"name", T_OBJECT_EX, offsetof(DirEntryObject, name), READONLY,
     "The name in the directory."},
    {"path", T_OBJECT_EX, offsetof(DirEntryObject, path), READONLY,
     "The path given to scandir() and the name."},
    {NULL, 0, 0, 0, NULL},
};

#define METH_STATEFUL (METH_METHOD | METH_FASTCALL | METH_KEYWORDS)
static PyMethodDef direntry_methods[] = {
    {"is_dir", _PyCFunction_CAST(direntry_is_dir), METH_STATEFUL,
     "is_dir($self, /, *, follow_symlinks=True)\n--\n\nWhether it is a "
     "directory."},
    {"is_file", _PyCFunction_CAST(direntry_is_file), METH_STATEFUL,
     "is_file($self, /, *, follow_symlinks=True)\n--\n\nWhether it is a "
     "regular file."},
    {"is_symlink", _PyCFunction_CAST(direntry_is_symlink), METH_STATEFUL,
     "is_symlink($self, /)\n--\n\nWhether it is a symbolic link."},
    {"stat", _PyCFunction_CAST(direntry_stat), METH_STATEFUL,
     "stat($self, /, *, follow_symlinks=True)\n--\n\nIts status, kept."},
    {"inode", (PyCFunction)direntry_inode, METH_NOARGS,
     "inode($self, /)\n--\n\nIts inode number."},
    {"__fspath__", (PyCFunction)direntry_fspath, METH_NOARGS,
     "__fspath__($self, /)\n--\n\nIts path."},
    {"__class_getitem__", Py_GenericAlias, METH_O | METH_CLASS,
     "Generic alias."},
    {NULL, NULL, 0, NULL},
};
#undef METH_STATEFUL

static PyType_Slot direntry_slots[] = {
    {Py_tp_dealloc, direntry_dealloc},
    {Py_tp_repr, direntry_repr},
    {Py_tp_methods, direntry_methods},
    {Py_tp_members, direntry_members},
    {0, NULL},
};

PyType_Spec posix_dir_entry_spec = {
    .name = "posix.DirEntry",
    .basicsize = sizeof(DirEntryObject),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .slots = direntry_slots,
};

/* ---- the iterator ---- */

/* directory + '/' + name as bytes. */
static PyObject *
join_name(const char *directory, const char *name)
{
    size_t dir_len = strlen(directory), name_len = strlen(name);
    int slash = dir_len > 0 && directory[dir_len - 1] != '/';
    PyObject *joined = PyBytes_FromStringAndSize(
        NULL, (Py_ssize_t)(dir_len + (size_t)slash + name_len));
    char *p;

    if (joined == NULL) {
        return NULL;
    }
    p = PyBytes_AS_STRING(joined);
    memcpy(p, directory, dir_len);
    if (slash) {
        p[dir_len] = '/';
    }
    memcpy(p + dir_len + slash, name, name_len);
    return joined;
}

static PyObject *
direntry_new(posix_state *state, posix_path *path, const char *name,
             ino_t inode, unsigned char kind)
{
    DirEntryObject *self = PyObject_New(DirEntryObject,
                                        state->dir_entry_type);
    int as_text = path->object == NULL || path->fd != -1 ||
                  PyUnicode_Check(path->object);

    if (self == NULL) {
        return NULL;
    }
    self->name = self->path = self->stat = self->lstat = NULL;
    self->dir_fd = path->fd;
    self->inode = inode;
    self->kind = kind;
    self->name = as_text ? PyUnicode_DecodeFSDefault(name)
                         : PyBytes_FromString(name);
    if (self->name == NULL) {
        goto error;
    }
    if (path->fd != -1) {
        self->path = Py_NewRef(self->name);
        return (PyObject *)self;
    }
    self->path = join_name(path->narrow != NULL ? path->narrow : ".", name);
    if (self->path == NULL) {
        goto error;
    }
    if (as_text) {
        Py_SETREF(self->path, PyUnicode_DecodeFSDefaultAndSize(
                                  PyBytes_AS_STRING(self->path),
                                  PyBytes_GET_SIZE(self->path)));
        if (self->path == NULL) {
            goto error;
        }
    }
    return (PyObject *)self;
error:
    Py_DECREF(self);
    return NULL;
}

static void
scandir_close_stream(ScandirObject *self)
{
    DIR *stream = self->stream;

    if (stream == NULL) {
        return;
    }
    self->stream = NULL;
    Py_BEGIN_ALLOW_THREADS
    if (self->path.fd != -1) {
        rewinddir(stream);
    }
    closedir(stream);
    Py_END_ALLOW_THREADS
}

static PyObject *
scandir_iternext(ScandirObject *self)
{
    posix_state *state = PyType_GetModuleState(Py_TYPE(self));

    while (self->stream != NULL) {
        struct dirent *entry;

        Py_BEGIN_ALLOW_THREADS
        errno = 0;
        entry = readdir(self->stream);
        Py_END_ALLOW_THREADS
        if (entry == NULL) {
            if (errno != 0) {
                posix_path_error(&self->path);
            }
            scandir_close_stream(self);
            return NULL;
        }
        const char *name = entry->d_name;
        if (name[0] == '.' &&
            (name[1] == '\0' || (name[1] == '.' && name[2] == '\0'))) {
            continue;
        }
        PyObject *result = direntry_new(state, &self->path, name,
                                        entry->d_ino, entry->d_type);
        if (result == NULL) {
            scandir_close_stream(self);
        }
        return result;
    }
    return NULL;
}

static PyObject *
scandir_close(ScandirObject *self, PyObject *Py_UNUSED(ignored))
{
    scandir_close_stream(self);
    Py_RETURN_NONE;
}

static PyObject *
scandir_enter(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    return Py_NewRef(self);
}

static PyObject *
scandir_exit(ScandirObject *self, PyObject *args)
{
    scandir_close_stream(self);
    Py_RETURN_NONE;
}

static void
scandir_finalize(ScandirObject *self)
{
    PyObject *type, *value, *traceback;

    if (self->stream == NULL) {
        return;
    }
    PyErr_Fetch(&type, &value, &traceback);
    if (PyErr_ResourceWarning((PyObject *)self, 1,
                              "unclosed scandir iterator %R", self) &&
        PyErr_ExceptionMatches(PyExc_Warning)) {
        PyErr_WriteUnraisable((PyObject *)self);
    }
    scandir_close_stream(self);
    PyErr_Restore(type, value, traceback);
}

static void
scandir_dealloc(ScandirObject *self)
{
    PyTypeObject *type = Py_TYPE(self);

    if (PyObject_CallFinalizerFromDealloc((PyObject *)self) < 0) {
        return;
    }
    posix_path_release(&self->path);
    freefunc free_func = PyType_GetSlot(type, Py_tp_free);
    free_func(self);
    Py_DECREF(type);
}

static PyMethodDef scandir_methods[] = {
    {"__enter__", scandir_enter, METH_NOARGS, NULL},
    {"__exit__", (PyCFunction)scandir_exit, METH_VARARGS, NULL},
    {"close", (PyCFunction)scandir_close, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot scandir_slots[] = {
    {Py_tp_dealloc, scandir_dealloc},
    {Py_tp_finalize, scandir_finalize},
    {Py_tp_iter, PyObject_SelfIter},
    {Py_tp_iternext, scandir_iternext},
    {Py_tp_methods, scandir_methods},
    {0, NULL},
};

PyType_Spec posix_scandir_spec = {
    .name = "posix.ScandirIterator",
    .basicsize = sizeof(ScandirObject),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_FINALIZE |
             Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .slots = scandir_slots,
};

/* Opens the stream; 0/-1. */
static int
scandir_open(ScandirObject *self)
{
    if (self->path.fd != -1) {
        int fd = _Py_dup(self->path.fd);
        if (fd == -1) {
            return -1;
        }
        Py_BEGIN_ALLOW_THREADS
        self->stream = fdopendir(fd);
        Py_END_ALLOW_THREADS
        if (self->stream == NULL) {
            int error = errno;
            close(fd);
            errno = error;
        }
    }
    else {
        Py_BEGIN_ALLOW_THREADS
        /* the descriptor -1 means none: the current directory */
        self->stream = opendir(self->path.narrow != NULL ? self->path.narrow
                                                         : ".");
        Py_END_ALLOW_THREADS
    }
    if (self->stream == NULL) {
        posix_path_error(&self->path);
        return -1;
    }
    return 0;
}

PyObject *
posix_scandir(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
              PyObject *kwnames)
{
    PARSER("|O&:scandir", "path");
    posix_path path = POSIX_PATH_INIT("scandir", "path", 1, 1);
    ScandirObject *self;

    path.narrow = ".";
    if (!PARSE(posix_path_converter, &path)) {
        return NULL;
    }
    if (PyAudit(AUDIT_OS_SCANDIR, "(O)",
                path.object != NULL ? path.object : Py_None) < 0) {
        posix_path_release(&path);
        return NULL;
    }
    self = PyObject_New(ScandirObject, posix_get_state(module)->scandir_type);
    if (self == NULL) {
        posix_path_release(&path);
        return NULL;
    }
    self->stream = NULL;
    self->path = path;                               /* moved */
    if (scandir_open(self) < 0) {
        Py_DECREF(self);
        return NULL;
    }
    return (PyObject *)self;
}
