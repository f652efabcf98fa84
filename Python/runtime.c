/* _PyRuntime, the state of the process; its parts are described in
 * runtime.h. */
#include "Python.h"

#include "pystate.h"
#include "runtime.h"

union runtime_object _PyRuntime_object;

/* 3.11's names for making and ending it. */
PyAPI_FUNC(PyStatus) _PyRuntimeState_Init(_PyRuntimeState *runtime);
PyAPI_FUNC(void) _PyRuntimeState_Fini(_PyRuntimeState *runtime);
PyAPI_FUNC(PyStatus) _PyRuntime_Initialize(void);
PyAPI_FUNC(void) _PyRuntime_Finalize(void);

PyStatus
_PyRuntimeState_Init(_PyRuntimeState *Py_UNUSED(runtime))
{
    return pystate_runtime_init() < 0 ? PyStatus_NoMemory() : PyStatus_Ok();
}

void
_PyRuntimeState_Fini(_PyRuntimeState *Py_UNUSED(runtime))
{
    pystate_runtime_fini();
}

PyStatus
_PyRuntime_Initialize(void)
{
    return _PyRuntimeState_Init(&_PyRuntime);
}

void
_PyRuntime_Finalize(void)
{
    _PyRuntimeState_Fini(&_PyRuntime);
}
