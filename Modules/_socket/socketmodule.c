/* The module _socket: constants, exceptions, the capsule that _ssl uses, and
 * the definition. */
#include "socket_private.h"

#include <sys/ioctl.h>

#include <linux/can/bcm.h>
#include <linux/can/isotp.h>
#include <linux/can/j1939.h>
#include <linux/can/raw.h>
#include <linux/udp.h>
#include <netinet/tcp.h>

static PyModuleDef socket_module;

/* For other modules: never changed, never freed. */
static SocketCapi socket_capi = {&PySocket_Type, NULL, NULL};

static const struct {
    const char *name;
    long long value;
} constants[] = {
#define N(name) {#name, (long long)name},
#define V(name, value) {#name, value},
#include "constants.def"
};

socket_state *
socket_get_state(void)
{
    PyObject *module = PyState_FindModule(&socket_module);

    if (module == NULL) {
        PyErr_SetString(PyExc_RuntimeError,
                        "the module _socket is not there any more");
        return NULL;
    }
    return PyModule_GetState(module);
}

static int
socket_add_exceptions(PyObject *module, socket_state *state)
{
    state->herror = PyErr_NewException("socket.herror", PyExc_OSError, NULL);
    if (state->herror == NULL ||
        PyModule_AddObjectRef(module, "herror", state->herror) < 0) {
        return -1;
    }
    state->gaierror = PyErr_NewException("socket.gaierror", PyExc_OSError,
                                         NULL);
    if (state->gaierror == NULL ||
        PyModule_AddObjectRef(module, "gaierror", state->gaierror) < 0) {
        return -1;
    }
    return PyModule_AddObjectRef(module, "error", PyExc_OSError) < 0 ||
                   PyModule_AddObjectRef(module, "timeout",
                                         PyExc_TimeoutError) < 0
               ? -1
               : 0;
}

static int
socket_add_contents(PyObject *module)
{
    socket_state *state = PyModule_GetState(module);
    PyObject *capsule;
    int status;

    state->default_timeout = _PyTime_FromSeconds(-1);
    if (socket_add_exceptions(module, state) < 0 ||
        PyModule_AddObjectRef(module, "SocketType",
                              (PyObject *)&PySocket_Type) < 0 ||
        PyModule_AddObjectRef(module, "socket",
                              (PyObject *)&PySocket_Type) < 0 ||
        PyModule_AddObjectRef(module, "has_ipv6", Py_True) < 0 ||
        PyModule_AddStringConstant(module, "BDADDR_ANY",
                                   "00:00:00:00:00:00") < 0 ||
        PyModule_AddStringConstant(module, "BDADDR_LOCAL",
                                   "00:00:00:FF:FF:FF") < 0) {
        return -1;
    }
    socket_capi.error = PyExc_OSError;
    socket_capi.timeout_error = PyExc_TimeoutError;
    capsule = PyCapsule_New(&socket_capi, "_socket.CAPI", NULL);
    if (capsule == NULL) {
        return -1;
    }
    status = PyModule_AddObjectRef(module, "CAPI", capsule);
    Py_DECREF(capsule);
    if (status < 0) {
        return -1;
    }
    for (size_t i = 0; i < Py_ARRAY_LENGTH(constants); i++) {
        PyObject *value = PyLong_FromLongLong(constants[i].value);
        status = value == NULL ? -1
                               : PyModule_AddObjectRef(
                                     module, constants[i].name, value);
        Py_XDECREF(value);
        if (status < 0) {
            return -1;
        }
    }
    return 0;
}

static int
socket_traverse_state(PyObject *module, visitproc visit, void *arg)
{
    socket_state *state = PyModule_GetState(module);

    Py_VISIT(state->gaierror);
    Py_VISIT(state->herror);
    return 0;
}

static int
socket_clear_state(PyObject *module)
{
    socket_state *state = PyModule_GetState(module);

    Py_CLEAR(state->gaierror);
    Py_CLEAR(state->herror);
    return 0;
}

static void
socket_free_state(void *module)
{
    (void)socket_clear_state(module);
}

/* Single-phase: the static type finds the state through the definition. */
static PyModuleDef socket_module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_socket",
    .m_doc = "Sockets; use the module socket instead.",
    .m_size = sizeof(socket_state),
    .m_methods = socket_netdb_methods,
    .m_traverse = socket_traverse_state,
    .m_clear = socket_clear_state,
    .m_free = socket_free_state,
};

PyMODINIT_FUNC PyInit__socket(void);

PyMODINIT_FUNC
PyInit__socket(void)
{
    PyObject *module;

    if (PyType_Ready(&PySocket_Type) < 0) {
        return NULL;
    }
    module = PyModule_Create(&socket_module);
    if (module != NULL && socket_add_contents(module) < 0) {
        Py_CLEAR(module);
    }
    return module;
}
