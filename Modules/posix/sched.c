/* Scheduling: policies, priorities, processors. */
#include "posix_private.h"

#include "audit.h"

#include <sched.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

PyObject *
posix_sched_get_priority_max(PyObject *module, PyObject *const *args,
                             Py_ssize_t nargs, PyObject *kwnames)
{
    PARSER("i:sched_get_priority_max", "policy");
    int policy, priority;

    if (!PARSE(&policy)) {
        return NULL;
    }
    priority = sched_get_priority_max(policy);
    return priority < 0 ? posix_error() : PyLong_FromLong(priority);
}

PyObject *
posix_sched_get_priority_min(PyObject *module, PyObject *const *args,
                             Py_ssize_t nargs, PyObject *kwnames)
{
    PARSER("i:sched_get_priority_min", "policy");
    int policy, priority;

    if (!PARSE(&policy)) {
        return NULL;
    }
    priority = sched_get_priority_min(policy);
    return priority < 0 ? posix_error() : PyLong_FromLong(priority);
}

static int
pid_argument(PyObject *arg, int *pid)
{
    *pid = _PyLong_AsInt(arg);
    return *pid == -1 && PyErr_Occurred() ? -1 : 0;
}

PyObject *
posix_sched_getscheduler(PyObject *module, PyObject *arg)
{
    int pid, policy;

    if (pid_argument(arg, &pid) < 0) {
        return NULL;
    }
    policy = sched_getscheduler(pid);
    return policy < 0 ? posix_error() : PyLong_FromLong(policy);
}

/* An instance of posix.sched_param to the C struct; 0/-1. */
static int
param_from_object(PyObject *module, PyObject *object,
                  struct sched_param *param)
{
    long priority;

    if (!Py_IS_TYPE(object, posix_get_state(module)->sched_param_type)) {
        PyErr_SetString(PyExc_TypeError, "must have a sched_param object");
        return -1;
    }
    priority = PyLong_AsLong(PyStructSequence_GET_ITEM(object, 0));
    if (priority == -1 && PyErr_Occurred()) {
        return -1;
    }
    if (priority > INT_MAX || priority < INT_MIN) {
        PyErr_SetString(PyExc_OverflowError, "sched_priority out of range");
        return -1;
    }
    param->sched_priority = (int)priority;
    return 0;
}

PyObject *
posix_sched_setscheduler(PyObject *module, PyObject *const *args,
                         Py_ssize_t nargs)
{
    int pid, policy;
    PyObject *object;
    struct sched_param param;

    if (!PARSE_ARGS("sched_setscheduler", 3, 3, "iiO", &pid,
                           &policy, &object) ||
        param_from_object(module, object, &param) < 0 ||
        PyAudit(AUDIT_LUCID_OS_SCHED_SETSCHEDULER, "iii", pid, policy,
                param.sched_priority) < 0) {
        return NULL;
    }
    return NONE_OR_ERROR(sched_setscheduler(pid, policy, &param) == -1);
}

PyObject *
posix_sched_getparam(PyObject *module, PyObject *arg)
{
    int pid;
    struct sched_param param;
    PyObject *result, *priority;

    if (pid_argument(arg, &pid) < 0) {
        return NULL;
    }
    if (sched_getparam(pid, &param)) {
        return posix_error();
    }
    result = PyStructSequence_New(posix_get_state(module)->sched_param_type);
    if (result == NULL) {
        return NULL;
    }
    priority = PyLong_FromLong(param.sched_priority);
    if (priority == NULL) {
        Py_DECREF(result);
        return NULL;
    }
    PyStructSequence_SET_ITEM(result, 0, priority);
    return result;
}

PyObject *
posix_sched_setparam(PyObject *module, PyObject *const *args,
                     Py_ssize_t nargs)
{
    int pid;
    PyObject *object;
    struct sched_param param;

    if (!PARSE_ARGS("sched_setparam", 2, 2, "iO", &pid, &object) ||
        param_from_object(module, object, &param) < 0 ||
        PyAudit(AUDIT_LUCID_OS_SCHED_SETPARAM, "ii", pid,
                param.sched_priority) < 0) {
        return NULL;
    }
    return NONE_OR_ERROR(sched_setparam(pid, &param));
}

PyObject *
posix_sched_rr_get_interval(PyObject *module, PyObject *arg)
{
    int pid;
    struct timespec interval;

    if (pid_argument(arg, &pid) < 0) {
        return NULL;
    }
    if (sched_rr_get_interval(pid, &interval) == -1) {
        return posix_error();
    }
    return PyFloat_FromDouble((double)interval.tv_sec +
                              1e-9 * (double)interval.tv_nsec);
}

PyObject *
posix_sched_yield(PyObject *module, PyObject *unused)
{
    int failed;

    Py_BEGIN_ALLOW_THREADS
    failed = sched_yield();
    Py_END_ALLOW_THREADS
    return NONE_OR_ERROR(failed);
}

/* ---- processors ---- */

/* CPU numbers to a set that grows as needed; 0/-1.  Runs Python (iteration).
 * *set is freed by the caller. */
static int
cpu_set_from_iterator(PyObject *iterator, cpu_set_t **set, int *count)
{
    PyObject *item;

    while ((item = PyIter_Next(iterator)) != NULL) {
        long cpu;

        if (!PyLong_Check(item)) {
            PyErr_Format(PyExc_TypeError,
                         "expected an iterator of ints, but iterator "
                         "yielded %R", Py_TYPE(item));
            Py_DECREF(item);
            return -1;
        }
        cpu = PyLong_AsLong(item);
        Py_DECREF(item);
        if (cpu < 0) {
            if (!PyErr_Occurred()) {
                PyErr_SetString(PyExc_ValueError, "negative CPU number");
            }
            return -1;
        }
        if (cpu > INT_MAX - 1) {
            PyErr_SetString(PyExc_OverflowError, "CPU number too large");
            return -1;
        }
        if (cpu >= *count) {
            int larger_count = *count;
            cpu_set_t *larger;

            while (larger_count <= cpu) {
                if (larger_count > INT_MAX / 2) {
                    larger_count = (int)cpu + 1;
                    break;
                }
                larger_count *= 2;
            }
            larger = CPU_ALLOC((size_t)larger_count);
            if (larger == NULL) {
                PyErr_NoMemory();
                return -1;
            }
            CPU_ZERO_S(CPU_ALLOC_SIZE(larger_count), larger);
            memcpy(larger, *set, CPU_ALLOC_SIZE(*count));
            CPU_FREE(*set);
            *set = larger;
            *count = larger_count;
        }
        CPU_SET_S((size_t)cpu, CPU_ALLOC_SIZE(*count), *set);
    }
    return PyErr_Occurred() ? -1 : 0;
}

#define FIRST_CPU_COUNT ((int)(sizeof(unsigned long) * CHAR_BIT))

/* The members as a set of ints. */
static PyObject *
cpu_set_as_object(cpu_set_t *set, size_t size)
{
    PyObject *result = PySet_New(NULL);
    int left = CPU_COUNT_S(size, set);

    for (size_t cpu = 0; result != NULL && left > 0; cpu++) {
        if (CPU_ISSET_S(cpu, size, set)) {
            PyObject *number = PyLong_FromSize_t(cpu);
            if (number == NULL || PySet_Add(result, number) < 0) {
                Py_CLEAR(result);
            }
            Py_XDECREF(number);
            left--;
        }
    }
    return result;
}

/* lucid.os.sched_setaffinity: the set as it will be, not as it was given. */
static int
audit_setaffinity(int pid, cpu_set_t *set, size_t size)
{
    PyObject *mask = cpu_set_as_object(set, size);
    int status;

    if (mask == NULL) {
        return -1;
    }
    status = PyAudit(AUDIT_LUCID_OS_SCHED_SETAFFINITY, "iO", pid, mask);
    Py_DECREF(mask);
    return status;
}

PyObject *
posix_sched_setaffinity(PyObject *module, PyObject *const *args,
                        Py_ssize_t nargs)
{
    int pid, count = FIRST_CPU_COUNT;
    PyObject *mask, *iterator, *result = NULL;
    cpu_set_t *set;

    if (!PARSE_ARGS("sched_setaffinity", 2, 2, "iO", &pid,
                           &mask)) {
        return NULL;
    }
    iterator = PyObject_GetIter(mask);
    if (iterator == NULL) {
        return NULL;
    }
    set = CPU_ALLOC((size_t)count);
    if (set == NULL) {
        Py_DECREF(iterator);
        return PyErr_NoMemory();
    }
    CPU_ZERO_S(CPU_ALLOC_SIZE(count), set);
    if (cpu_set_from_iterator(iterator, &set, &count) == 0 &&
        (!PyAuditWanted(AUDIT_LUCID_OS_SCHED_SETAFFINITY) ||
         audit_setaffinity(pid, set, CPU_ALLOC_SIZE(count)) == 0)) {
        result = NONE_OR_ERROR(
            sched_setaffinity(pid, CPU_ALLOC_SIZE(count), set));
    }
    CPU_FREE(set);
    Py_DECREF(iterator);
    return result;
}

PyObject *
posix_sched_getaffinity(PyObject *module, PyObject *arg)
{
    int pid, count = FIRST_CPU_COUNT;
    cpu_set_t *set;
    PyObject *result;

    if (pid_argument(arg, &pid) < 0) {
        return NULL;
    }
    for (;;) {
        size_t size = CPU_ALLOC_SIZE(count);

        set = CPU_ALLOC((size_t)count);
        if (set == NULL) {
            return PyErr_NoMemory();
        }
        if (sched_getaffinity(pid, size, set) == 0) {
            result = cpu_set_as_object(set, size);
            CPU_FREE(set);
            return result;
        }
        CPU_FREE(set);
        if (errno != EINVAL) {
            return posix_error();
        }
        if (count > INT_MAX / 2) {
            PyErr_SetString(PyExc_OverflowError,
                            "could not allocate a large enough CPU set");
            return NULL;
        }
        count *= 2;
    }
}

PyObject *
posix_cpu_count(PyObject *module, PyObject *unused)
{
    long count = sysconf(_SC_NPROCESSORS_ONLN);

    if (count < 1) {
        Py_RETURN_NONE;
    }
    return PyLong_FromLong(count);
}

PyObject *
posix_getloadavg(PyObject *module, PyObject *unused)
{
    double loads[3];

    if (getloadavg(loads, 3) != 3) {
        PyErr_SetString(PyExc_OSError, "Load averages are unobtainable");
        return NULL;
    }
    return Py_BuildValue("ddd", loads[0], loads[1], loads[2]);
}

/* ---- priorities ---- */

PyObject *
posix_nice(PyObject *module, PyObject *arg)
{
    int increment = _PyLong_AsInt(arg), value;

    if (increment == -1 && PyErr_Occurred()) {
        return NULL;
    }
    if (PyAudit(AUDIT_LUCID_OS_NICE, "i", increment) < 0) {
        return NULL;
    }
    errno = 0;
    value = nice(increment);
    return value == -1 && errno != 0 ? posix_error() : PyLong_FromLong(value);
}

PyObject *
posix_getpriority(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
                  PyObject *kwnames)
{
    PARSER("ii:getpriority", "which", "who");
    int which, who, value;

    if (!PARSE(&which, &who)) {
        return NULL;
    }
    errno = 0;
    value = getpriority((__priority_which_t)which, (id_t)who);
    return errno != 0 ? posix_error() : PyLong_FromLong(value);
}

PyObject *
posix_setpriority(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
                  PyObject *kwnames)
{
    PARSER("iii:setpriority", "which", "who", "priority");
    int which, who, priority;

    if (!PARSE(&which, &who, &priority) ||
        PyAudit(AUDIT_LUCID_OS_SETPRIORITY, "iii", which, who,
                priority) < 0) {
        return NULL;
    }
    return NONE_OR_ERROR(setpriority((__priority_which_t)which, (id_t)who,
                                     priority) == -1);
}
