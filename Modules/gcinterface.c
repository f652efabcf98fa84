/* The module gc: Python's view of the collector in gcmodule.c. */
#include "Python.h"

#include "internal/audit.h"
#include "internal/object.h"
#include "gcmodule.h"

static struct gc_state *
gc_current(void)
{
    return &_PyInterpreterState_GET()->gc;
}

static PyObject *
gc_enable(PyObject *module, PyObject *ignored)
{
    if (PyAudit(AUDIT_LUCID_GC_ENABLE, NULL) < 0) {
        return NULL;
    }
    gc_current()->enabled = 1;
    Py_RETURN_NONE;
}

static PyObject *
gc_disable(PyObject *module, PyObject *ignored)
{
    if (PyAudit(AUDIT_LUCID_GC_DISABLE, NULL) < 0) {
        return NULL;
    }
    gc_current()->enabled = 0;
    Py_RETURN_NONE;
}

static PyObject *
gc_isenabled(PyObject *module, PyObject *ignored)
{
    return PyBool_FromLong(gc_current()->enabled);
}

static PyObject *
gc_collect(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
           PyObject *kwnames)
{
    static const char *const keywords[] = {"generation", NULL};
    static _PyArg_Parser parser = {.format = "|i:collect",
                                   .keywords = keywords};
    int generation = GC_GENERATIONS - 1;

    if (!_PyArg_ParseStackAndKeywords(args, nargs, kwnames, &parser,
                                      &generation)) {
        return NULL;
    }
    if (generation < 0 || generation >= GC_GENERATIONS) {
        PyErr_SetString(PyExc_ValueError, "invalid generation");
        return NULL;
    }
    return PyLong_FromSsize_t(gc_collect_generation(gc_current(), generation));
}

static PyObject *
gc_set_debug(PyObject *module, PyObject *arg)
{
    int flags = _PyLong_AsInt(arg);

    if ((flags == -1 && PyErr_Occurred()) ||
        PyAudit(AUDIT_LUCID_GC_SET_DEBUG, "i", flags) < 0) {
        return NULL;
    }
    gc_current()->debug = flags;
    Py_RETURN_NONE;
}

static PyObject *
gc_get_debug(PyObject *module, PyObject *ignored)
{
    return PyLong_FromLong(gc_current()->debug);
}

static PyObject *
gc_set_threshold(PyObject *module, PyObject *args)
{
    struct gc_generation *generations = gc_current()->generations;
    int thresholds[GC_GENERATIONS];

    for (int i = 0; i < GC_GENERATIONS; i++) {
        thresholds[i] = generations[i].threshold;
    }
    if (!PyArg_ParseTuple(args, "i|ii:set_threshold", &thresholds[0],
                          &thresholds[1], &thresholds[2]) ||
        PyAudit(AUDIT_LUCID_GC_SET_THRESHOLD, "iii", thresholds[0],
                thresholds[1], thresholds[2]) < 0) {
        return NULL;
    }
    for (int i = 0; i < GC_GENERATIONS; i++) {
        generations[i].threshold = thresholds[i];
    }
    Py_RETURN_NONE;
}

static PyObject *
gc_get_threshold(PyObject *module, PyObject *ignored)
{
    struct gc_generation *generations = gc_current()->generations;

    return Py_BuildValue("(iii)", generations[0].threshold,
                         generations[1].threshold, generations[2].threshold);
}

static PyObject *
gc_get_count(PyObject *module, PyObject *ignored)
{
    struct gc_generation *generations = gc_current()->generations;

    return Py_BuildValue("(iii)", generations[0].count, generations[1].count,
                         generations[2].count);
}

/* ---- who refers to whom ------------------------------------------------- */

static int
visit_is_among(PyObject *op, void *objects)
{
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE((PyObject *)objects); i++) {
        if (PyTuple_GET_ITEM((PyObject *)objects, i) == op) {
            return 1;
        }
    }
    return 0;
}

static PyObject *
gc_get_referrers(PyObject *module, PyObject *args)
{
    struct gc_state *gc = gc_current();
    PyObject *result;

    if (PyAudit(AUDIT_GC_GET_REFERRERS, "(O)", args) < 0) {
        return NULL;
    }
    result = PyList_New(0);
    if (result == NULL) {
        return NULL;
    }
    for (int i = 0; i < GC_GENERATIONS; i++) {
        PyGC_Head *ring = &gc->generations[i].head;

        for (PyGC_Head *head = gc_ring_next(ring); head != ring;
             head = gc_ring_next(head)) {
            PyObject *op = gc_object(head);

            if (op == args || op == result) {
                continue;
            }
            if (Py_TYPE(op)->tp_traverse(op, visit_is_among, args) &&
                PyList_Append(result, op) < 0) {
                Py_DECREF(result);
                return NULL;
            }
        }
    }
    return result;
}

static int
visit_append(PyObject *op, void *list)
{
    return PyList_Append(list, op) < 0;
}

static PyObject *
gc_get_referents(PyObject *module, PyObject *args)
{
    PyObject *result;

    if (PyAudit(AUDIT_GC_GET_REFERENTS, "(O)", args) < 0) {
        return NULL;
    }
    result = PyList_New(0);
    if (result == NULL) {
        return NULL;
    }
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(args); i++) {
        PyObject *op = PyTuple_GET_ITEM(args, i);
        traverseproc traverse = Py_TYPE(op)->tp_traverse;

        if (!object_is_gc(op) || traverse == NULL) {
            continue;
        }
        if (traverse(op, visit_append, result)) {
            Py_DECREF(result);
            return NULL;
        }
    }
    return result;
}

static PyObject *
gc_get_objects(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
               PyObject *kwnames)
{
    static const char *const keywords[] = {"generation", NULL};
    static _PyArg_Parser parser = {.format = "|O&:get_objects",
                                   .keywords = keywords};
    struct gc_state *gc = gc_current();
    Py_ssize_t generation = -1;
    PyObject *result;
    int first = 0, last = GC_GENERATIONS - 1;

    if (!_PyArg_ParseStackAndKeywords(args, nargs, kwnames, &parser,
                                      _Py_convert_optional_to_ssize_t,
                                      &generation)) {
        return NULL;
    }
    if (PyAudit(AUDIT_GC_GET_OBJECTS, "n", generation) < 0) {
        return NULL;
    }
    if (generation >= GC_GENERATIONS) {
        return PyErr_Format(
            PyExc_ValueError,
            "generation parameter must be less than the number "
            "of available generations (%i)",
            GC_GENERATIONS);
    }
    if (generation < -1) {
        PyErr_SetString(PyExc_ValueError,
                        "generation parameter cannot be negative");
        return NULL;
    }
    if (generation != -1) {
        first = last = (int)generation;
    }
    result = PyList_New(0);
    for (int i = first; result != NULL && i <= last; i++) {
        if (gc_ring_to_list(result, &gc->generations[i]) < 0) {
            Py_CLEAR(result);
        }
    }
    return result;
}

static PyObject *
gc_get_stats(PyObject *module, PyObject *ignored)
{
    struct gc_stats stats[GC_GENERATIONS];
    PyObject *result = PyList_New(0);

    /* A copy: making dicts may collect. */
    memcpy(stats, gc_current()->stats, sizeof(stats));
    for (int i = 0; result != NULL && i < GC_GENERATIONS; i++) {
        PyObject *row = Py_BuildValue("{snsnsn}", "collections",
                                      stats[i].collections, "collected",
                                      stats[i].collected, "uncollectable",
                                      stats[i].uncollectable);

        if (row == NULL || PyList_Append(result, row) < 0) {
            Py_CLEAR(result);
        }
        Py_XDECREF(row);
    }
    return result;
}

static PyObject *
gc_is_tracked_method(PyObject *module, PyObject *op)
{
    return PyBool_FromLong(object_is_gc(op) && gc_is_tracked(op));
}

static PyObject *
gc_is_finalized_method(PyObject *module, PyObject *op)
{
    return PyBool_FromLong(object_is_gc(op) && gc_is_finalized(op));
}

static PyObject *
gc_freeze(PyObject *module, PyObject *ignored)
{
    struct gc_state *gc = gc_current();

    if (PyAudit(AUDIT_LUCID_GC_FREEZE, NULL) < 0) {
        return NULL;
    }
    for (int i = 0; i < GC_GENERATIONS; i++) {
        gc_ring_merge(&gc->generations[i], &gc->permanent);
        gc->generations[i].count = 0;
    }
    Py_RETURN_NONE;
}

static PyObject *
gc_unfreeze(PyObject *module, PyObject *ignored)
{
    struct gc_state *gc = gc_current();

    if (PyAudit(AUDIT_LUCID_GC_UNFREEZE, NULL) < 0) {
        return NULL;
    }
    gc_ring_merge(&gc->permanent, &gc->generations[GC_GENERATIONS - 1]);
    Py_RETURN_NONE;
}

static PyObject *
gc_get_freeze_count(PyObject *module, PyObject *ignored)
{
    return PyLong_FromSsize_t(gc_ring_len(&gc_current()->permanent));
}

static PyMethodDef gc_methods[] = {
    {"enable", gc_enable, METH_NOARGS,
     PyDoc_STR("enable($module, /)\n--\n\nSwitches automatic collection on.")},
    {"disable", gc_disable, METH_NOARGS,
     PyDoc_STR(
         "disable($module, /)\n--\n\nSwitches automatic collection off.")},
    {"isenabled", gc_isenabled, METH_NOARGS,
     PyDoc_STR(
         "isenabled($module, /)\n--\n\nWhether automatic collection is on.")},
    {"set_debug", gc_set_debug, METH_O,
     PyDoc_STR(
         "set_debug($module, flags, /)\n--\n\n"
         "Sets the collector's debugging flags, a sum of DEBUG_ constants.")},
    {"get_debug", gc_get_debug, METH_NOARGS,
     PyDoc_STR("get_debug($module, /)\n--\n\nThe debugging flags.")},
    {"get_count", gc_get_count, METH_NOARGS,
     PyDoc_STR("get_count($module, /)\n--\n\nThe three counts, as a tuple.")},
    {"set_threshold", gc_set_threshold, METH_VARARGS,
     PyDoc_STR(
         "set_threshold(threshold0, [threshold1, threshold2]) -> None\n"
         "\nSets how often to collect; zero stops automatic collection.")},
    {"get_threshold", gc_get_threshold, METH_NOARGS,
     PyDoc_STR("get_threshold($module, /)\n--\n\nThe three thresholds.")},
    {"collect", (PyCFunction)(void (*)(void))gc_collect,
     METH_FASTCALL | METH_KEYWORDS,
     PyDoc_STR("collect($module, /, generation=2)\n--\n\n"
               "Collects; returns the number of unreachable objects found.")},
    {"get_objects", (PyCFunction)(void (*)(void))gc_get_objects,
     METH_FASTCALL | METH_KEYWORDS,
     PyDoc_STR("get_objects($module, /, generation=None)\n--\n\n"
               "List of the objects that the collector tracks.")},
    {"get_stats", gc_get_stats, METH_NOARGS,
     PyDoc_STR(
         "get_stats($module, /)\n--\n\nOne dict of figures per generation.")},
    {"is_tracked", gc_is_tracked_method, METH_O,
     PyDoc_STR("is_tracked($module, obj, /)\n--\n\n"
               "Whether the collector tracks the object.")},
    {"is_finalized", gc_is_finalized_method, METH_O,
     PyDoc_STR("is_finalized($module, obj, /)\n--\n\n"
               "Whether the collector has finalized the object.")},
    {"get_referrers", gc_get_referrers, METH_VARARGS,
     PyDoc_STR("get_referrers(*objs) -> list\n"
               "The objects that refer to any of objs.")},
    {"get_referents", gc_get_referents, METH_VARARGS,
     PyDoc_STR("get_referents(*objs) -> list\n"
               "The objects that objs refer to.")},
    {"freeze", gc_freeze, METH_NOARGS,
     PyDoc_STR("freeze($module, /)\n--\n\n"
               "Exempts all objects of now from collection.")},
    {"unfreeze", gc_unfreeze, METH_NOARGS,
     PyDoc_STR("unfreeze($module, /)\n--\n\n"
               "Puts exempt objects into the oldest generation.")},
    {"get_freeze_count", gc_get_freeze_count, METH_NOARGS,
     PyDoc_STR(
         "get_freeze_count($module, /)\n--\n\nHow many objects are exempt.")},
    {NULL}};

static int
gc_exec(PyObject *module)
{
    static const struct {
        const char *name;
        int value;
    } flags[] = {{"DEBUG_STATS", GC_DEBUG_STATS},
                 {"DEBUG_COLLECTABLE", GC_DEBUG_COLLECTABLE},
                 {"DEBUG_UNCOLLECTABLE", GC_DEBUG_UNCOLLECTABLE},
                 {"DEBUG_SAVEALL", GC_DEBUG_SAVEALL},
                 {"DEBUG_LEAK", GC_DEBUG_LEAK}};
    struct gc_state *gc = gc_current();

    if (gc->garbage == NULL && (gc->garbage = PyList_New(0)) == NULL) {
        return -1;
    }
    if (gc->callbacks == NULL && (gc->callbacks = PyList_New(0)) == NULL) {
        return -1;
    }
    if (PyModule_AddObjectRef(module, "garbage", gc->garbage) < 0 ||
        PyModule_AddObjectRef(module, "callbacks", gc->callbacks) < 0) {
        return -1;
    }
    for (size_t i = 0; i < Py_ARRAY_LENGTH(flags); i++) {
        if (PyModule_AddIntConstant(module, flags[i].name,
                                    flags[i].value) < 0) {
            return -1;
        }
    }
    return 0;
}

static PyModuleDef_Slot gc_slots[] = {{Py_mod_exec, gc_exec}, {0, NULL}};

static PyModuleDef gc_module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "gc",
    .m_doc = PyDoc_STR("Access to the garbage collector of reference cycles."),
    .m_methods = gc_methods,
    .m_slots = gc_slots,
};

PyMODINIT_FUNC
PyInit_gc(void)
{
    return PyModuleDef_Init(&gc_module);
}
