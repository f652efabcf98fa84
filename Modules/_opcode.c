/* Module _opcode: what the library's dis and opcode need from the
 * interpreter. */

#include "Python.h"

#include "code.h"

static PyObject *
opcode_stack_effect_method(PyObject *Py_UNUSED(module), PyObject *const *args,
                           Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const keywords[] = {"", "", "jump", NULL};
    static _PyArg_Parser parser = {
        .keywords = keywords, .fname = "stack_effect", .format = NULL};
    PyObject *buffer[3];
    PyObject *const *given = _PyArg_UnpackKeywords(args, nargs, NULL, kwnames,
                                                   &parser, 1, 2, 0, buffer);
    PyObject *oparg, *jump;
    int opcode, argument = 0, jumps = -1, effect;

    if (given == NULL) {
        return NULL;
    }
    opcode = _PyLong_AsInt(given[0]);
    if (opcode == -1 && PyErr_Occurred()) {
        return NULL;
    }
    oparg = given[1] != NULL ? given[1] : Py_None;
    jump = given[2] != NULL ? given[2] : Py_None;
    if (jump == Py_True || jump == Py_False) {
        jumps = jump == Py_True;
    }
    else if (jump != Py_None) {
        PyErr_SetString(PyExc_ValueError,
                        "stack_effect: jump must be False, True or None");
        return NULL;
    }
    if (OPCODE_HAS_ARG(opcode)) {
        if (oparg == Py_None) {
            PyErr_SetString(PyExc_ValueError,
                            "stack_effect: opcode requires oparg but oparg "
                            "was not specified");
            return NULL;
        }
        argument = (int)PyLong_AsLong(oparg);
        if (argument == -1 && PyErr_Occurred()) {
            return NULL;
        }
    }
    else if (oparg != Py_None) {
        PyErr_SetString(PyExc_ValueError,
                        "stack_effect: opcode does not permit oparg but oparg "
                        "was specified");
        return NULL;
    }
    effect = PyCompile_OpcodeStackEffectWithJump(opcode, argument, jumps);
    if (effect == PY_INVALID_STACK_EFFECT) {
        PyErr_SetString(PyExc_ValueError, "invalid opcode or oparg");
        return NULL;
    }
    return PyLong_FromLong(effect);
}

/* Counters of specialisation exist in special builds only. */
static PyObject *
opcode_get_specialization_stats(PyObject *Py_UNUSED(module),
                                PyObject *Py_UNUSED(ignored))
{
    Py_RETURN_NONE;
}

static PyMethodDef opcode_methods[] = {
    {"stack_effect", (PyCFunction)(void (*)(void))opcode_stack_effect_method,
     METH_FASTCALL | METH_KEYWORDS,
     "stack_effect($module, opcode, oparg=None, /, *, jump=None)\n--\n\n"
     "Change of the stack's depth by an instruction."},
    {"get_specialization_stats", opcode_get_specialization_stats, METH_NOARGS,
     "get_specialization_stats($module, /)\n--\n\nCounters of specialisation, "
     "or None."},
    {NULL},
};

static PyModuleDef opcode_module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_opcode",
    .m_doc = "Facts about the bytecode.",
    .m_methods = opcode_methods,
};

PyMODINIT_FUNC PyInit__opcode(void);

PyMODINIT_FUNC
PyInit__opcode(void)
{
    return PyModuleDef_Init(&opcode_module);
}
