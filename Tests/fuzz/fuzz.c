/* The C side of the fuzzers: gives libFuzzer's data to the function of
 * targets.py that FUZZ_TARGET names.  An exception that the function lets out
 * is a finding, like a crash. */
#include <Python.h>

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static PyObject *target;          /* owned, never released */

static void
fail(void)
{
    PyErr_Print();
    abort();
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
    PyObject *folder, *module;

    Py_InitializeEx(0);           /* signals are libFuzzer's */
    folder = PyUnicode_FromString(FUZZ_FOLDER);
    if (folder == NULL ||
        PyList_Append(PySys_GetObject("path"), folder) < 0) {
        fail();
    }
    Py_DECREF(folder);
    module = PyImport_ImportModule("targets");
    target = module == NULL ? NULL : PyObject_GetAttrString(
        module, "run_" FUZZ_TARGET);
    if (target == NULL) {
        fail();
    }
    Py_DECREF(module);
    /* What exists now lives on: no collection need look at it again. */
    if (PyRun_SimpleString("import gc; gc.collect(); gc.freeze()") < 0) {
        abort();
    }
    return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    PyObject *bytes = PyBytes_FromStringAndSize((const char *)data,
                                                (Py_ssize_t)size);
    PyObject *result = bytes == NULL ? NULL
                                     : PyObject_CallOneArg(target, bytes);

    if (result == NULL) {
        fail();
    }
    Py_DECREF(bytes);
    Py_DECREF(result);
    return 0;
}
