/* Users, groups, sessions and process ids. */
#include "posix_private.h"

#include "audit.h"

#include <grp.h>
#include <limits.h>
#include <signal.h>
#include <unistd.h>

/* ---- who am I ---- */

#define GETTER(name, convert)                              \
    PyObject *posix_##name(PyObject *module, PyObject *unused) \
    {                                                      \
        return convert(name());                            \
    }
GETTER(getpid, PyLong_FromLong)
GETTER(getppid, PyLong_FromLong)
GETTER(getpgrp, PyLong_FromLong)
GETTER(getuid, posix_object_from_uid)
GETTER(geteuid, posix_object_from_uid)
GETTER(getgid, posix_object_from_gid)
GETTER(getegid, posix_object_from_gid)
#undef GETTER

static PyObject *
three_ids(unsigned int real, unsigned int effective, unsigned int saved)
{
    return Py_BuildValue("(NNN)", posix_object_from_uid(real),
                         posix_object_from_uid(effective),
                         posix_object_from_uid(saved));
}

PyObject *
posix_getresuid(PyObject *module, PyObject *unused)
{
    uid_t real, effective, saved;

    return getresuid(&real, &effective, &saved) < 0
               ? posix_error()
               : three_ids(real, effective, saved);
}

PyObject *
posix_getresgid(PyObject *module, PyObject *unused)
{
    gid_t real, effective, saved;

    return getresgid(&real, &effective, &saved) < 0
               ? posix_error()
               : three_ids(real, effective, saved);
}

/* ---- become somebody else ---- */

long
posix_id_for_audit(unsigned int id)
{
    return id == (unsigned int)-1 ? -1 : (long)id;
}

#define SETTER(name, type, converter, event)                        \
    PyObject *posix_##name(PyObject *module, PyObject *arg)         \
    {                                                               \
        type id;                                                    \
        if (!converter(arg, &id) ||                                 \
            PyAudit(event, "l", posix_id_for_audit(id)) < 0) {      \
            return NULL;                                            \
        }                                                           \
        return NONE_OR_ERROR(name(id) < 0);                         \
    }
SETTER(setuid, uid_t, _Py_Uid_Converter, AUDIT_LUCID_OS_SETUID)
SETTER(seteuid, uid_t, _Py_Uid_Converter, AUDIT_LUCID_OS_SETEUID)
SETTER(setgid, gid_t, _Py_Gid_Converter, AUDIT_LUCID_OS_SETGID)
SETTER(setegid, gid_t, _Py_Gid_Converter, AUDIT_LUCID_OS_SETEGID)
#undef SETTER

#define SETTER(name, type, converter, event)                              \
    PyObject *posix_##name(PyObject *module, PyObject *const *args,       \
                           Py_ssize_t nargs)                              \
    {                                                                     \
        type real, effective;                                             \
        if (!PARSE_ARGS(#name, 2, 2, "O&O&", converter, &real,            \
                        converter, &effective) ||                         \
            PyAudit(event, "ll", posix_id_for_audit(real),                \
                    posix_id_for_audit(effective)) < 0) {                 \
            return NULL;                                                  \
        }                                                                 \
        return NONE_OR_ERROR(name(real, effective) < 0);                  \
    }
SETTER(setreuid, uid_t, _Py_Uid_Converter, AUDIT_LUCID_OS_SETREUID)
SETTER(setregid, gid_t, _Py_Gid_Converter, AUDIT_LUCID_OS_SETREGID)
#undef SETTER

#define SETTER(name, type, converter, event)                                  \
    PyObject *posix_##name(PyObject *module, PyObject *const *args,           \
                           Py_ssize_t nargs)                                  \
    {                                                                         \
        type real, effective, saved;                                          \
        if (!PARSE_ARGS(#name, 3, 3, "O&O&O&", converter, &real, converter,   \
                        &effective, converter, &saved) ||                     \
            PyAudit(event, "lll", posix_id_for_audit(real),                   \
                    posix_id_for_audit(effective),                            \
                    posix_id_for_audit(saved)) < 0) {                         \
            return NULL;                                                      \
        }                                                                     \
        return NONE_OR_ERROR(name(real, effective, saved) < 0);               \
    }
SETTER(setresuid, uid_t, _Py_Uid_Converter, AUDIT_LUCID_OS_SETRESUID)
SETTER(setresgid, gid_t, _Py_Gid_Converter, AUDIT_LUCID_OS_SETRESGID)
#undef SETTER

/* ---- groups ---- */

static PyObject *
group_list(const gid_t *groups, int count)
{
    PyObject *list = PyList_New(count);

    for (int i = 0; list != NULL && i < count; i++) {
        PyObject *number = posix_object_from_gid(groups[i]);
        if (number == NULL) {
            Py_CLEAR(list);
            break;
        }
        PyList_SET_ITEM(list, i, number);
    }
    return list;
}

PyObject *
posix_getgroups(PyObject *module, PyObject *unused)
{
    int count = getgroups(0, NULL);
    gid_t *groups;
    PyObject *list;

    if (count < 0) {
        return posix_error();
    }
    groups = PyMem_New(gid_t, count + 1);
    if (groups == NULL) {
        return PyErr_NoMemory();
    }
    count = getgroups(count, groups);
    list = count < 0 ? posix_error() : group_list(groups, count);
    PyMem_Free(groups);
    return list;
}

PyObject *
posix_getgrouplist(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    const char *user;
    gid_t group, *groups = NULL;
    int count = 0, room = NGROUPS_MAX > 64 ? 64 : NGROUPS_MAX;
    PyObject *list;

    if (!PARSE_ARGS("getgrouplist", 2, 2, "sO&", &user,
                           _Py_Gid_Converter, &group)) {
        return NULL;
    }
    for (;;) {
        gid_t *larger = groups;

        PyMem_Resize(larger, gid_t, (size_t)room);
        if (larger == NULL) {
            PyMem_Free(groups);
            return PyErr_NoMemory();
        }
        groups = larger;
        count = room;
        if (getgrouplist(user, group, groups, &count) != -1) {
            break;
        }
        room = Py_MAX(count, room * 2);
    }
    list = group_list(groups, count);
    PyMem_Free(groups);
    return list;
}

PyObject *
posix_initgroups(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    PyObject *name = NULL, *result = NULL;
    gid_t group;

    if (!PARSE_ARGS("initgroups", 2, 2, "O&O&",
                           PyUnicode_FSConverter, &name, _Py_Gid_Converter,
                           &group)) {
        return NULL;
    }
    if (PyAudit(AUDIT_LUCID_OS_INITGROUPS, "Ol", name,
                posix_id_for_audit(group)) == 0) {
        result = NONE_OR_ERROR(initgroups(PyBytes_AS_STRING(name), group));
    }
    Py_DECREF(name);
    return result;
}

int
posix_audit_setgroups(const gid_t *groups, Py_ssize_t count)
{
    PyObject *list = group_list(groups, (int)count);
    int status;

    if (list == NULL) {
        return -1;
    }
    status = PyAudit(AUDIT_LUCID_OS_SETGROUPS, "(O)", list);
    Py_DECREF(list);
    return status;
}

PyObject *
posix_setgroups(PyObject *module, PyObject *arg)
{
    Py_ssize_t count;
    gid_t *groups;
    PyObject *result = NULL;

    if (!PySequence_Check(arg)) {
        PyErr_SetString(PyExc_TypeError,
                        "setgroups argument must be a sequence");
        return NULL;
    }
    count = PySequence_Size(arg);
    if (count < 0) {
        return NULL;
    }
    if (count > NGROUPS_MAX) {
        PyErr_SetString(PyExc_ValueError, "too many groups");
        return NULL;
    }
    groups = PyMem_New(gid_t, count + 1);
    if (groups == NULL) {
        return PyErr_NoMemory();
    }
    for (Py_ssize_t i = 0; i < count; i++) {
        PyObject *item = PySequence_GetItem(arg, i);

        if (item == NULL) {
            goto done;
        }
        if (!PyLong_Check(item)) {
            PyErr_SetString(PyExc_TypeError, "groups must be integers");
            Py_DECREF(item);
            goto done;
        }
        if (!_Py_Gid_Converter(item, &groups[i])) {
            Py_DECREF(item);
            goto done;
        }
        Py_DECREF(item);
    }
    if (PyAuditWanted(AUDIT_LUCID_OS_SETGROUPS) &&
        posix_audit_setgroups(groups, count) < 0) {
        goto done;
    }
    result = NONE_OR_ERROR(setgroups((size_t)count, groups) < 0);
done:
    PyMem_Free(groups);
    return result;
}

/* ---- sessions, process groups, signals ---- */

PyObject *
posix_getpgid(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
              PyObject *kwnames)
{
    PARSER("i:getpgid", "pid");
    int pid, group;

    if (!PARSE(&pid)) {
        return NULL;
    }
    group = getpgid(pid);
    return group < 0 ? posix_error() : PyLong_FromLong(group);
}

PyObject *
posix_setpgrp(PyObject *module, PyObject *unused)
{
    if (PyAudit(AUDIT_LUCID_OS_SETPGRP, NULL) < 0) {
        return NULL;
    }
    return NONE_OR_ERROR(setpgrp() < 0);
}

PyObject *
posix_setpgid(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    int pid, group;

    if (!PARSE_ARGS("setpgid", 2, 2, "ii", &pid, &group) ||
        PyAudit(AUDIT_LUCID_OS_SETPGID, "ii", pid, group) < 0) {
        return NULL;
    }
    return NONE_OR_ERROR(setpgid(pid, group) < 0);
}

PyObject *
posix_getsid(PyObject *module, PyObject *arg)
{
    int pid = _PyLong_AsInt(arg), session;

    if (pid == -1 && PyErr_Occurred()) {
        return NULL;
    }
    session = getsid(pid);
    return session < 0 ? posix_error() : PyLong_FromLong(session);
}

PyObject *
posix_setsid(PyObject *module, PyObject *unused)
{
    if (PyAudit(AUDIT_LUCID_OS_SETSID, NULL) < 0) {
        return NULL;
    }
    return NONE_OR_ERROR(setsid() < 0);
}

PyObject *
posix_kill(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    int pid, number;

    if (!PARSE_ARGS("kill", 2, 2, "ii", &pid, &number) ||
        PyAudit(AUDIT_OS_KILL, "ii", pid, number) < 0) {
        return NULL;
    }
    if (kill(pid, number) == -1) {
        return posix_error();
    }
    /* It may have been for this process. */
    if (PyErr_CheckSignals()) {
        return NULL;
    }
    Py_RETURN_NONE;
}

PyObject *
posix_killpg(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    int group, number;

    if (!PARSE_ARGS("killpg", 2, 2, "ii", &group, &number) ||
        PyAudit(AUDIT_OS_KILLPG, "ii", group, number) < 0) {
        return NULL;
    }
    if (killpg(group, number) == -1) {
        return posix_error();
    }
    if (PyErr_CheckSignals()) {
        return NULL;
    }
    Py_RETURN_NONE;
}

PyObject *
posix_getlogin(PyObject *module, PyObject *unused)
{
    char *name;
    int error;

    errno = 0;
    name = getlogin();
    if (name == NULL) {
        error = errno;
        if (error != 0) {
            return posix_error();
        }
        PyErr_SetString(PyExc_OSError, "unable to determine login name");
        return NULL;
    }
    return PyUnicode_DecodeFSDefault(name);
}
