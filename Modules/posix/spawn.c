/* posix_spawn() and posix_spawnp(): their arguments are turned into the C
 * library's attributes and file actions.  Also the converter for sets of
 * signals.
 */
#include "posix_private.h"

#include "audit.h"
#include "audit_log.h"

#include <sched.h>
#include <signal.h>
#include <spawn.h>

#ifndef Py_NSIG
#  define Py_NSIG _NSIG
#endif

enum { ACTION_OPEN, ACTION_CLOSE, ACTION_DUP2 };

int
_Py_Sigset_Converter(PyObject *object, void *address)
{
    sigset_t *mask = address;
    PyObject *iterator, *item;
    int status = 0;

    if (sigemptyset(mask) < 0) {
        posix_error();
        return 0;
    }
    iterator = PyObject_GetIter(object);
    if (iterator == NULL) {
        return 0;
    }
    while ((item = PyIter_Next(iterator)) != NULL) {
        int overflow;
        long number = PyLong_AsLongAndOverflow(item, &overflow);

        Py_DECREF(item);
        if (number <= 0 || number >= Py_NSIG) {
            if (overflow || !PyErr_Occurred()) {
                PyErr_Format(PyExc_ValueError,
                             "signal number %ld out of range [1; %i]", number,
                             Py_NSIG - 1);
            }
            goto done;
        }
        if (sigaddset(mask, (int)number) < 0) {
            if (errno != EINVAL) {
                posix_error();
                goto done;
            }
            if (PyErr_WarnFormat(PyExc_RuntimeWarning, 1,
                                 "invalid signal number %ld, please use "
                                 "valid_signals()", number) < 0) {
                goto done;
            }
        }
    }
    status = !PyErr_Occurred();
done:
    Py_DECREF(iterator);
    return status;
}

/* ---- attributes ---- */

/* The keyword arguments: NULL or 0 where absent, borrowed. */
typedef struct {
    PyObject *file_actions;
    PyObject *setpgroup;
    int resetids;
    int setsid;
    PyObject *setsigmask;
    PyObject *setsigdef;
    PyObject *scheduler;
} SpawnOptions;

/* (policy or None, sched_param) */
static int
spawn_set_scheduler(PyObject *module, PyObject *scheduler,
                    posix_spawnattr_t *attr, short *flags)
{
    PyObject *policy, *param_object;
    struct sched_param param;
    long priority;
    int error;

    if (!PyTuple_Check(scheduler) || PyTuple_GET_SIZE(scheduler) != 2) {
        PyErr_SetString(PyExc_TypeError,
                        "A scheduler tuple must have two elements");
        return -1;
    }
    policy = PyTuple_GET_ITEM(scheduler, 0);
    param_object = PyTuple_GET_ITEM(scheduler, 1);
    if (!Py_IS_TYPE(param_object,
                    posix_get_state(module)->sched_param_type)) {
        PyErr_SetString(PyExc_TypeError, "must have a sched_param object");
        return -1;
    }
    priority = PyLong_AsLong(PyStructSequence_GET_ITEM(param_object, 0));
    if (priority == -1 && PyErr_Occurred()) {
        return -1;
    }
    param.sched_priority = (int)priority;
    if (policy != Py_None) {
        int number = _PyLong_AsInt(policy);
        if (number == -1 && PyErr_Occurred()) {
            return -1;
        }
        error = posix_spawnattr_setschedpolicy(attr, number);
        if (error != 0) {
            errno = error;
            posix_error();
            return -1;
        }
        *flags |= POSIX_SPAWN_SETSCHEDULER;
    }
    error = posix_spawnattr_setschedparam(attr, &param);
    if (error != 0) {
        errno = error;
        posix_error();
        return -1;
    }
    *flags |= POSIX_SPAWN_SETSCHEDPARAM;
    return 0;
}

/* 0/-1 for the error code that the C function returned. */
static int
spawn_check(int error)
{
    if (error == 0) {
        return 0;
    }
    errno = error;
    posix_error();
    return -1;
}

/* Initialises `attr`; the caller destroys it in either case. */
static int
spawn_set_attributes(PyObject *module, const SpawnOptions *options,
                     posix_spawnattr_t *attr)
{
    short flags = 0;
    sigset_t set;

    if (options->setpgroup != NULL) {
        int group = _PyLong_AsInt(options->setpgroup);
        if ((group == -1 && PyErr_Occurred()) ||
            spawn_check(posix_spawnattr_setpgroup(attr, group)) < 0) {
            return -1;
        }
        flags |= POSIX_SPAWN_SETPGROUP;
    }
    if (options->resetids) {
        flags |= POSIX_SPAWN_RESETIDS;
    }
    if (options->setsid) {
        flags |= POSIX_SPAWN_SETSID;
    }
    if (options->setsigmask != NULL) {
        if (!_Py_Sigset_Converter(options->setsigmask, &set) ||
            spawn_check(posix_spawnattr_setsigmask(attr, &set)) < 0) {
            return -1;
        }
        flags |= POSIX_SPAWN_SETSIGMASK;
    }
    if (options->setsigdef != NULL) {
        if (!_Py_Sigset_Converter(options->setsigdef, &set) ||
            spawn_check(posix_spawnattr_setsigdefault(attr, &set)) < 0) {
            return -1;
        }
        flags |= POSIX_SPAWN_SETSIGDEF;
    }
    if (options->scheduler != NULL &&
        spawn_set_scheduler(module, options->scheduler, attr, &flags) < 0) {
        return -1;
    }
    return spawn_check(posix_spawnattr_setflags(attr, flags));
}

/* ---- file actions ---- */

/* Adds one action; its path is kept alive in `temporary`. */
static int
spawn_add_action(PyObject *action, posix_spawn_file_actions_t *actions,
                 PyObject *temporary)
{
    PyObject *tag, *path;
    int kind, fd, fd2, flags, status;
    unsigned long mode;

    if (!PyTuple_Check(action) || PyTuple_GET_SIZE(action) == 0) {
        PyErr_SetString(PyExc_TypeError, "Each file_actions element must be "
                                         "a non-empty tuple");
        return -1;
    }
    tag = PyTuple_GET_ITEM(action, 0);
    kind = _PyLong_AsInt(tag);
    if (kind == -1 && PyErr_Occurred()) {
        return -1;
    }
    switch (kind) {
    case ACTION_OPEN:
        if (!PyArg_ParseTuple(action,
                              "OiO&ik;A open file_action tuple must have 5 "
                              "elements", &tag, &fd, PyUnicode_FSConverter,
                              &path, &flags, &mode)) {
            return -1;
        }
        status = PyAudit(AUDIT_LUCID_OS_POSIX_SPAWN_OPEN, "iOik", fd, path,
                         flags, mode) < 0
                     ? -1
                     : PyList_Append(temporary, path);
        Py_DECREF(path);
        if (status < 0) {
            return -1;
        }
        return spawn_check(posix_spawn_file_actions_addopen(
            actions, fd, PyBytes_AS_STRING(path), flags, (mode_t)mode));
    case ACTION_CLOSE:
        if (!PyArg_ParseTuple(action, "Oi;A close file_action tuple must have "
                              "2 elements", &tag, &fd)) {
            return -1;
        }
        return spawn_check(posix_spawn_file_actions_addclose(actions, fd));
    case ACTION_DUP2:
        if (!PyArg_ParseTuple(action, "Oii;A dup2 file_action tuple must have "
                              "3 elements", &tag, &fd, &fd2)) {
            return -1;
        }
        return spawn_check(posix_spawn_file_actions_adddup2(actions, fd,
                                                            fd2));
    default:
        PyErr_SetString(PyExc_TypeError, "Unknown file_actions identifier");
        return -1;
    }
}

static int
spawn_add_actions(PyObject *sequence, posix_spawn_file_actions_t *actions,
                  PyObject *temporary)
{
    PyObject *items = PySequence_Fast(
        sequence, "file_actions must be a sequence or None");
    int status = 0;

    if (items == NULL) {
        return -1;
    }
    for (Py_ssize_t i = 0; status == 0 && i < PySequence_Fast_GET_SIZE(items);
         i++) {
        PyObject *action = Py_NewRef(PySequence_Fast_GET_ITEM(items, i));
        status = spawn_add_action(action, actions, temporary);
        Py_DECREF(action);
    }
    Py_DECREF(items);
    return status;
}

/* ---- the call ---- */

/* One of the two functions. */
typedef struct {
    const char *name;
    int (*spawn)(pid_t *, const char *, const posix_spawn_file_actions_t *,
                 const posix_spawnattr_t *, char *const[], char *const[]);
} SpawnFunction;

/* Strings are converted; everything else is set up around the call. */
static PyObject *
spawn_run(PyObject *module, const SpawnFunction *function, posix_path *path,
          char **arg_strings, char **env_strings, const SpawnOptions *options)
{
    PyObject *file_actions = options->file_actions;
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    PyObject *temporary = NULL, *result = NULL;
    int error, has_actions = 0;
    pid_t pid;

    error = posix_spawnattr_init(&attributes);
    if (error != 0) {
        errno = error;
        return posix_error();
    }
    if (file_actions != NULL && file_actions != Py_None) {
        temporary = PyList_New(0);
        if (temporary == NULL ||
            spawn_check(posix_spawn_file_actions_init(&actions)) < 0) {
            goto done;
        }
        has_actions = 1;
        if (spawn_add_actions(file_actions, &actions, temporary) < 0) {
            goto done;
        }
    }
    if (spawn_set_attributes(module, options, &attributes) < 0) {
        goto done;
    }
    error = function->spawn(&pid, path->narrow, has_actions ? &actions : NULL,
                            &attributes, arg_strings, env_strings);
    if (error != 0) {
        errno = error;
        posix_path_error(path);
        goto done;
    }
    result = PyLong_FromLong(pid);
done:
    if (has_actions) {
        (void)posix_spawn_file_actions_destroy(&actions);
    }
    (void)posix_spawnattr_destroy(&attributes);
    Py_XDECREF(temporary);
    return result;
}

static PyObject *
spawn_parse(PyObject *module, const SpawnFunction *function,
            _PyArg_Parser *parser, PyObject *const *args, Py_ssize_t nargs,
            PyObject *kwnames)
{
    posix_path path = POSIX_PATH_INIT(function->name, "path", 0, 0);
    PyObject *argv, *env, *result = NULL;
    SpawnOptions options = {.file_actions = NULL};
    Py_ssize_t arg_count = 0, env_count = 0;
    char **arg_strings = NULL, **env_strings = NULL, prefix[32];

    PyOS_snprintf(prefix, sizeof(prefix), "%s: argv", function->name);
    if (!_PyArg_ParseStackAndKeywords(
            args, nargs, kwnames, parser, posix_path_converter, &path, &argv,
            &env, &options.file_actions, &options.setpgroup,
            &options.resetids, &options.setsid, &options.setsigmask,
            &options.setsigdef, &options.scheduler) ||
        posix_check_exec_arguments(prefix, argv, env) < 0) {
        goto done;
    }
    arg_strings = posix_strings_from_argv(argv, &arg_count);
    if (arg_strings == NULL) {
        goto done;
    }
    if (arg_count == 0 || arg_strings[0][0] == '\0') {
        PyErr_Format(PyExc_ValueError, "%s first element cannot be empty",
                     prefix);
        goto done;
    }
    env_strings = posix_strings_from_env(env, &env_count);
    if (env_strings == NULL ||
        PyAudit(AUDIT_OS_POSIX_SPAWN, "OOO", path.object, argv, env) < 0 ||
        audit_session_add(&env_strings, &env_count) < 0) {
        goto done;
    }
    result = spawn_run(module, function, &path, arg_strings, env_strings,
                       &options);
done:
    posix_free_strings(arg_strings, arg_count);
    posix_free_strings(env_strings, env_count);
    posix_path_release(&path);
    return result;
}

static const char *const spawn_keywords[] = {
    "", "", "", "file_actions", "setpgroup", "resetids", "setsid",
    "setsigmask", "setsigdef", "scheduler", NULL};

PyObject *
posix_posix_spawn(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
                  PyObject *kwnames)
{
    static _PyArg_Parser parser = {.format = "O&OO|$OOiiOOO:posix_spawn",
                                   .keywords = spawn_keywords};

    static const SpawnFunction function = {"posix_spawn", posix_spawn};

    return spawn_parse(module, &function, &parser, args, nargs, kwnames);
}

PyObject *
posix_posix_spawnp(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
                   PyObject *kwnames)
{
    static _PyArg_Parser parser = {.format = "O&OO|$OOiiOOO:posix_spawnp",
                                   .keywords = spawn_keywords};

    static const SpawnFunction function = {"posix_spawnp", posix_spawnp};

    return spawn_parse(module, &function, &parser, args, nargs, kwnames);
}
