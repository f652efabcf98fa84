/* Socket addresses: Python objects to C structs and back.
 *
 * A family's address is what the documentation of `socket` says: a pair for
 * IPv4, a path for AF_UNIX, and so on; two functions per family below, and
 * one switch in each direction at the end.
 */
#include "socket_private.h"

#include "audit.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>

/* ---- names ---- */

int
socket_host_converter(PyObject *object, void *argument)
{
    SocketHost *host = argument;
    Py_ssize_t size;

    if (object == NULL) {
        Py_CLEAR(host->owner);
        return 1;
    }
    host->owner = NULL;
    if (PyBytes_Check(object)) {
        host->owner = Py_NewRef(object);
        host->text = PyBytes_AS_STRING(object);
        size = PyBytes_GET_SIZE(object);
    }
    else if (PyByteArray_Check(object)) {
        /* a copy: the array may change while the name is looked up */
        host->owner = PyBytes_FromStringAndSize(PyByteArray_AS_STRING(object),
                                                PyByteArray_GET_SIZE(object));
        if (host->owner == NULL) {
            return 0;
        }
        host->text = PyBytes_AS_STRING(host->owner);
        size = PyBytes_GET_SIZE(host->owner);
    }
    else if (PyUnicode_Check(object)) {
        if (PyUnicode_READY(object) < 0) {
            return 0;
        }
        if (PyUnicode_IS_COMPACT_ASCII(object)) {
            host->owner = Py_NewRef(object);
            host->text = (const char *)PyUnicode_DATA(object);
            size = PyUnicode_GET_LENGTH(object);
        }
        else {
            host->owner = PyUnicode_AsEncodedString(object, "idna", NULL);
            if (host->owner == NULL) {
                PyErr_SetString(PyExc_TypeError,
                                "encoding of hostname failed");
                return 0;
            }
            host->text = PyBytes_AS_STRING(host->owner);
            size = PyBytes_GET_SIZE(host->owner);
        }
    }
    else {
        PyErr_Format(PyExc_TypeError,
                     "str, bytes or bytearray expected, not %s",
                     Py_TYPE(object)->tp_name);
        return 0;
    }
    if (strlen(host->text) != (size_t)size) {
        Py_CLEAR(host->owner);
        PyErr_SetString(PyExc_TypeError,
                        "host name must not contain null character");
        return 0;
    }
    return Py_CLEANUP_SUPPORTED;
}

static int
run_getaddrinfo(const char *host, const char *port,
                const struct addrinfo *hints, struct addrinfo **found)
{
    int error;

    Py_BEGIN_ALLOW_THREADS
    error = getaddrinfo(host, port, hints, found);
    Py_END_ALLOW_THREADS
    if (error != 0) {
        socket_raise_gaierror(error);
        return -1;
    }
    return 0;
}

/* "": any address. */
static int
resolve_wildcard(struct sockaddr *address, size_t size, int family)
{
    struct addrinfo hints, *found;
    int result = -1;

    memset(&hints, 0, sizeof(hints));
    hints.ai_family = family;
    hints.ai_socktype = SOCK_DGRAM;
    hints.ai_flags = AI_PASSIVE;
    if (run_getaddrinfo(NULL, "0", &hints, &found) < 0) {
        return -1;
    }
    if (found->ai_family == AF_INET) {
        result = 4;
    }
    else if (found->ai_family == AF_INET6) {
        result = 16;
    }
    else {
        PyErr_SetString(PyExc_OSError, "unsupported address family");
    }
    if (result > 0 && found->ai_next != NULL) {
        PyErr_SetString(PyExc_OSError,
                        "wildcard resolved to multiple address");
        result = -1;
    }
    if (result > 0) {
        memcpy(address, found->ai_addr, Py_MIN(size, found->ai_addrlen));
    }
    freeaddrinfo(found);
    return result;
}

static int
resolve_broadcast(struct sockaddr *address, int family)
{
    struct sockaddr_in *in = (struct sockaddr_in *)address;

    if (family != AF_INET && family != AF_UNSPEC) {
        PyErr_SetString(PyExc_OSError, "address family mismatched");
        return -1;
    }
    memset(in, 0, sizeof(*in));
    in->sin_family = AF_INET;
    in->sin_addr.s_addr = INADDR_BROADCAST;
    return sizeof(in->sin_addr);
}

/* Numeric addresses without the resolver: size, or 0. */
static int
resolve_number(const char *name, struct sockaddr *address, int family)
{
    if (family == AF_UNSPEC || family == AF_INET) {
        struct sockaddr_in *in = (struct sockaddr_in *)address;
        memset(in, 0, sizeof(*in));
        if (inet_pton(AF_INET, name, &in->sin_addr) > 0) {
            in->sin_family = AF_INET;
            return 4;
        }
    }
    if ((family == AF_UNSPEC || family == AF_INET6) &&
        strchr(name, '%') == NULL) {
        struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)address;
        memset(in6, 0, sizeof(*in6));
        if (inet_pton(AF_INET6, name, &in6->sin6_addr) > 0) {
            in6->sin6_family = AF_INET6;
            return 16;
        }
    }
    return 0;
}

int
socket_resolve(const char *name, struct sockaddr *address, size_t size,
               int family)
{
    struct addrinfo hints, *found;
    int result;

    memset(address, 0, size);
    if (name[0] == '\0') {
        return resolve_wildcard(address, size, family);
    }
    if (strcmp(name, "255.255.255.255") == 0 ||
        strcmp(name, "<broadcast>") == 0) {
        return resolve_broadcast(address, family);
    }
    result = resolve_number(name, address, family);
    if (result > 0) {
        return result;
    }
    memset(&hints, 0, sizeof(hints));
    hints.ai_family = family;
    if (PyAudit(AUDIT_LUCID_SOCKET_RESOLVE, "(y)", name) < 0 ||
        run_getaddrinfo(name, NULL, &hints, &found) < 0) {
        return -1;
    }
    memcpy(address, found->ai_addr, Py_MIN(size, found->ai_addrlen));
    freeaddrinfo(found);
    switch (address->sa_family) {
    case AF_INET:
        return 4;
    case AF_INET6:
        return 16;
    default:
        PyErr_SetString(PyExc_OSError, "unknown address family");
        return -1;
    }
}

PyObject *
socket_ipv4_text(const struct sockaddr_in *address)
{
    char text[INET_ADDRSTRLEN];

    if (inet_ntop(AF_INET, &address->sin_addr, text, sizeof(text)) == NULL) {
        return PyErr_SetFromErrno(PyExc_OSError);
    }
    return PyUnicode_FromString(text);
}

PyObject *
socket_ipv6_text(const struct sockaddr_in6 *address)
{
    char text[INET6_ADDRSTRLEN];

    if (inet_ntop(AF_INET6, &address->sin6_addr, text, sizeof(text)) ==
        NULL) {
        return PyErr_SetFromErrno(PyExc_OSError);
    }
    return PyUnicode_FromString(text);
}

/* ---- from Python: 1/0, with *len set ---- */

static int
require_tuple(PyObject *object, const char *caller, const char *family)
{
    if (PyTuple_Check(object)) {
        return 1;
    }
    PyErr_Format(PyExc_TypeError, "%s(): %s address must be tuple, not %.500s",
                 caller, family, Py_TYPE(object)->tp_name);
    return 0;
}

static int
check_port(int port, const char *caller)
{
    if (port >= 0 && port <= 0xffff) {
        return 1;
    }
    PyErr_Format(PyExc_OverflowError, "%s(): port must be 0-65535.", caller);
    return 0;
}

/* The message for a tuple of the wrong shape, where parsing has no better. */
static int
explain_shape(const char *message)
{
    if (PyErr_ExceptionMatches(PyExc_OverflowError)) {
        return 0;
    }
    if (message != NULL && !PyErr_Occurred()) {
        PyErr_SetString(PyExc_TypeError, message);
    }
    return 0;
}

static int
unix_from_object(PyObject *object, struct sockaddr_un *un, socklen_t *len)
{
    Py_buffer path;
    PyObject *bytes = NULL;
    int good = 0;

    if (PyUnicode_Check(object)) {
        /* as os.fsencode; an abstract name may hold NULs */
        bytes = PyUnicode_EncodeFSDefault(object);
        if (bytes == NULL) {
            return 0;
        }
    }
    else {
        bytes = Py_NewRef(object);
    }
    if (!PyArg_Parse(bytes, "y*", &path)) {
        Py_DECREF(bytes);
        return 0;
    }
    memset(un, 0, sizeof(*un));
    if (path.len == 0 || *(const char *)path.buf == '\0') {
        /* an abstract name: all bytes count, and there is no final NUL; the
         * kernel finds one itself when there are none */
        good = (size_t)path.len <= sizeof(un->sun_path);
        *len = (socklen_t)(path.len +
                           (Py_ssize_t)offsetof(struct sockaddr_un,
                                                sun_path));
    }
    else {
        good = (size_t)path.len < sizeof(un->sun_path);
        *len = sizeof(*un);
    }
    if (good) {
        un->sun_family = AF_UNIX;
        memcpy(un->sun_path, path.buf, (size_t)path.len);
    }
    else {
        PyErr_SetString(PyExc_OSError, "AF_UNIX path too long");
    }
    PyBuffer_Release(&path);
    Py_DECREF(bytes);
    return good;
}

static int
netlink_from_object(PyObject *object, struct sockaddr_nl *nl, socklen_t *len,
                    const char *caller)
{
    int pid, groups;

    if (!require_tuple(object, caller, "AF_NETLINK")) {
        return 0;
    }
    if (!PyArg_ParseTuple(object, "II;AF_NETLINK address must be a pair (pid, "
                          "groups)", &pid, &groups)) {
        return 0;
    }
    memset(nl, 0, sizeof(*nl));
    nl->nl_family = AF_NETLINK;
    nl->nl_pid = (unsigned)pid;
    nl->nl_groups = (unsigned)groups;
    *len = sizeof(*nl);
    return 1;
}

static int
qrtr_from_object(PyObject *object, struct sockaddr_qrtr *qrtr, socklen_t *len)
{
    unsigned int node, port;

    if (!PyTuple_Check(object)) {
        PyErr_Format(PyExc_TypeError, "getsockaddrarg: AF_QIPCRTR address "
                     "must be tuple, not %.500s", Py_TYPE(object)->tp_name);
        return 0;
    }
    if (!PyArg_ParseTuple(object, "II:getsockaddrarg", &node, &port)) {
        return 0;
    }
    memset(qrtr, 0, sizeof(*qrtr));
    qrtr->sq_family = AF_QIPCRTR;
    qrtr->sq_node = node;
    qrtr->sq_port = port;
    *len = sizeof(*qrtr);
    return 1;
}

static int
vsock_from_object(PyObject *object, struct sockaddr_vm *vm, socklen_t *len)
{
    int cid, port;

    if (!PyTuple_Check(object)) {
        PyErr_Format(PyExc_TypeError, "getsockaddrarg: AF_VSOCK address must "
                     "be tuple, not %.500s", Py_TYPE(object)->tp_name);
        return 0;
    }
    if (!PyArg_ParseTuple(object, "II:getsockaddrarg", &cid, &port)) {
        return 0;
    }
    memset(vm, 0, sizeof(*vm));
    vm->svm_family = AF_VSOCK;
    vm->svm_cid = (unsigned)cid;
    vm->svm_port = (unsigned)port;
    *len = sizeof(*vm);
    return 1;
}

static int
inet_from_object(PyObject *object, struct sockaddr_in *in, socklen_t *len,
                 const char *caller)
{
    SocketHost host = {NULL, NULL};
    int port, found;

    if (!require_tuple(object, caller, "AF_INET")) {
        return 0;
    }
    if (!PyArg_ParseTuple(object, "O&i;AF_INET address must be a pair (host, "
                          "port)", socket_host_converter, &host, &port)) {
        return explain_shape(NULL);
    }
    found = socket_resolve(host.text, (struct sockaddr *)in, sizeof(*in),
                           AF_INET);
    (void)socket_host_converter(NULL, &host);
    if (found < 0 || !check_port(port, caller)) {
        return 0;
    }
    in->sin_family = AF_INET;
    in->sin_port = htons((unsigned short)port);
    *len = sizeof(*in);
    return 1;
}

static int
inet6_from_object(PyObject *object, struct sockaddr_in6 *in6, socklen_t *len,
                  const char *caller)
{
    SocketHost host = {NULL, NULL};
    int port, found;
    unsigned int flowinfo = 0, scope = 0;

    if (!require_tuple(object, caller, "AF_INET6")) {
        return 0;
    }
    if (!PyArg_ParseTuple(object, "O&i|II;AF_INET6 address must be a tuple "
                          "(host, port[, flowinfo[, scopeid]])",
                          socket_host_converter, &host, &port, &flowinfo,
                          &scope)) {
        return explain_shape(NULL);
    }
    found = socket_resolve(host.text, (struct sockaddr *)in6, sizeof(*in6),
                           AF_INET6);
    (void)socket_host_converter(NULL, &host);
    if (found < 0 || !check_port(port, caller)) {
        return 0;
    }
    if (flowinfo > 0xfffff) {
        PyErr_Format(PyExc_OverflowError, "%s(): flowinfo must be 0-1048575.",
                     caller);
        return 0;
    }
    in6->sin6_family = AF_INET6;
    in6->sin6_port = htons((unsigned short)port);
    in6->sin6_flowinfo = htonl(flowinfo);
    in6->sin6_scope_id = scope;
    *len = sizeof(*in6);
    return 1;
}

/* "XX:XX:XX:XX:XX:XX"; 1/0 */
static int
bluetooth_parse(const char *text, bluetooth_address *address)
{
    unsigned int octets[6];
    char extra;

    if (sscanf(text, "%X:%X:%X:%X:%X:%X%c", &octets[5], &octets[4],
               &octets[3], &octets[2], &octets[1], &octets[0],
               &extra) != 6) {
        PyErr_SetString(PyExc_OSError, "bad bluetooth address");
        return 0;
    }
    for (int i = 0; i < 6; i++) {
        if (octets[i] > 0xff) {
            PyErr_SetString(PyExc_OSError, "bad bluetooth address");
            return 0;
        }
        address->bytes[i] = (unsigned char)octets[i];
    }
    return 1;
}

static int
bluetooth_from_object(SocketObject *self, PyObject *object,
                      SocketAddress *address, socklen_t *len,
                      const char *caller)
{
    const char *text;
    int number;

    memset(address, 0, sizeof(*address));
    address->any.sa_family = AF_BLUETOOTH;
    switch (self->proto) {
    case SOCKET_BTPROTO_L2CAP:
        if (!PyArg_ParseTuple(object, "si", &text, &number)) {
            PyErr_Format(PyExc_OSError, "%s(): wrong format", caller);
            return 0;
        }
        address->l2.psm = (unsigned short)number;
        *len = sizeof(address->l2);
        return bluetooth_parse(text, &address->l2.address);
    case SOCKET_BTPROTO_RFCOMM:
        if (!PyArg_ParseTuple(object, "si", &text, &number)) {
            PyErr_Format(PyExc_OSError, "%s(): wrong format", caller);
            return 0;
        }
        address->rc.channel = (unsigned char)number;
        *len = sizeof(address->rc);
        return bluetooth_parse(text, &address->rc.address);
    case SOCKET_BTPROTO_HCI:
        if (!PyArg_ParseTuple(object, "i", &number)) {
            PyErr_Format(PyExc_OSError, "%s(): wrong format", caller);
            return 0;
        }
        address->hci.dev = (unsigned short)number;
        *len = sizeof(address->hci);
        return 1;
    case SOCKET_BTPROTO_SCO:
        if (!PyBytes_Check(object)) {
            PyErr_Format(PyExc_OSError, "%s(): wrong format", caller);
            return 0;
        }
        *len = sizeof(address->sco);
        return bluetooth_parse(PyBytes_AS_STRING(object),
                               &address->sco.address);
    default:
        PyErr_Format(PyExc_OSError, "%s(): unknown Bluetooth protocol",
                     caller);
        return 0;
    }
}

static int
packet_from_object(SocketObject *self, PyObject *object,
                   struct sockaddr_ll *ll, socklen_t *len, const char *caller)
{
    struct ifreq request;
    const char *name;
    int protocol, hatype = 0, kind = 0;
    Py_buffer hardware = {NULL, NULL};

    if (!require_tuple(object, caller, "AF_PACKET")) {
        return 0;
    }
    if (!PyArg_ParseTuple(object, "si|iiy*;AF_PACKET address must be a tuple "
                          "of two to five elements", &name, &protocol, &kind,
                          &hatype, &hardware)) {
        return explain_shape(NULL);
    }
    memset(&request, 0, sizeof(request));
    strncpy(request.ifr_name, name, sizeof(request.ifr_name) - 1);
    if (ioctl(self->fd, SIOCGIFINDEX, &request) < 0) {
        self->raise_error();
        PyBuffer_Release(&hardware);
        return 0;
    }
    if (hardware.buf != NULL && hardware.len > 8) {
        PyErr_SetString(PyExc_ValueError, "Hardware address must be 8 bytes "
                                          "or less");
        PyBuffer_Release(&hardware);
        return 0;
    }
    if (protocol < 0 || protocol > 0xffff) {
        PyErr_Format(PyExc_OverflowError, "%s(): proto must be 0-65535.",
                     caller);
        PyBuffer_Release(&hardware);
        return 0;
    }
    memset(ll, 0, sizeof(*ll));
    ll->sll_family = AF_PACKET;
    ll->sll_protocol = htons((unsigned short)protocol);
    ll->sll_ifindex = request.ifr_ifindex;
    ll->sll_pkttype = (unsigned char)kind;
    ll->sll_hatype = (unsigned short)hatype;
    if (hardware.buf != NULL) {
        memcpy(ll->sll_addr, hardware.buf, (size_t)hardware.len);
        ll->sll_halen = (unsigned char)hardware.len;
    }
    *len = sizeof(*ll);
    PyBuffer_Release(&hardware);
    return 1;
}

static int
tipc_from_object(PyObject *object, struct sockaddr_tipc *tipc, socklen_t *len,
                 const char *caller)
{
    unsigned int kind, v1, v2, v3, scope = TIPC_CLUSTER_SCOPE;

    if (!require_tuple(object, caller, "AF_TIPC")) {
        return 0;
    }
    if (!PyArg_ParseTuple(object, "IIII|I;AF_TIPC address must be a tuple "
                          "(addr_type, v1, v2, v3[, scope])", &kind, &v1, &v2,
                          &v3, &scope)) {
        return explain_shape(NULL);
    }
    memset(tipc, 0, sizeof(*tipc));
    tipc->family = AF_TIPC;
    tipc->scope = (signed char)scope;
    switch (kind) {
    case TIPC_ADDR_NAMESEQ:
        tipc->addrtype = TIPC_ADDR_NAMESEQ;
        tipc->addr.nameseq.type = v1;
        tipc->addr.nameseq.lower = v2;
        tipc->addr.nameseq.upper = v3;
        break;
    case TIPC_ADDR_NAME:
        tipc->addrtype = TIPC_ADDR_NAME;
        tipc->addr.name.name.type = v1;
        tipc->addr.name.name.instance = v2;
        break;
    case TIPC_ADDR_ID:
        tipc->addrtype = TIPC_ADDR_ID;
        tipc->addr.id.node = v1;
        tipc->addr.id.ref = v2;
        break;
    default:
        PyErr_SetString(PyExc_TypeError, "Invalid address type");
        return 0;
    }
    *len = sizeof(*tipc);
    return 1;
}

/* The interface's number by its name; "" is all of them.  1/0 */
static int
can_interface(SocketObject *self, PyObject *name, struct sockaddr_can *can)
{
    struct ifreq request;
    Py_ssize_t size = PyBytes_GET_SIZE(name);

    if (size == 0) {
        can->can_ifindex = 0;
        return 1;
    }
    if ((size_t)size >= sizeof(request.ifr_name)) {
        PyErr_SetString(PyExc_OSError, "AF_CAN interface name too long");
        return 0;
    }
    memset(&request, 0, sizeof(request));
    memcpy(request.ifr_name, PyBytes_AS_STRING(name), (size_t)size);
    if (ioctl(self->fd, SIOCGIFINDEX, &request) < 0) {
        self->raise_error();
        return 0;
    }
    can->can_ifindex = request.ifr_ifindex;
    return 1;
}

static int
can_from_object(SocketObject *self, PyObject *object,
                struct sockaddr_can *can, socklen_t *len, const char *caller)
{
    PyObject *name = NULL;
    unsigned long rx, tx;
    unsigned long long node_name;
    unsigned int pgn;
    unsigned char node;
    int good = 0;

    memset(can, 0, sizeof(*can));
    can->can_family = AF_CAN;
    *len = sizeof(*can);
    if (!require_tuple(object, caller, "AF_CAN")) {
        return 0;
    }
    switch (self->proto) {
    case CAN_RAW:
    case CAN_BCM:
        good = PyArg_ParseTuple(object, "O&;AF_CAN address must be a tuple "
                                "(interface, )", PyUnicode_FSConverter,
                                &name);
        break;
    case CAN_ISOTP:
        good = PyArg_ParseTuple(object, "O&kk;AF_CAN address must be a tuple "
                                "(interface, rx_addr, tx_addr)",
                                PyUnicode_FSConverter, &name, &rx, &tx);
        if (good) {
            can->can_addr.tp.rx_id = (canid_t)rx;
            can->can_addr.tp.tx_id = (canid_t)tx;
        }
        break;
    case CAN_J1939:
        good = PyArg_ParseTuple(object, "O&KIB;AF_CAN address must be a tuple "
                                "(ifname, j1939_name, j1939_pgn, j1939_addr)",
                                PyUnicode_FSConverter, &name, &node_name,
                                &pgn, &node);
        if (good) {
            can->can_addr.j1939.name = node_name;
            can->can_addr.j1939.pgn = pgn;
            can->can_addr.j1939.addr = node;
        }
        break;
    default:
        PyErr_Format(PyExc_OSError, "%s(): unsupported CAN protocol", caller);
        return 0;
    }
    if (!good) {
        return 0;
    }
    good = can_interface(self, name, can);
    Py_DECREF(name);
    return good;
}

static int
alg_from_object(PyObject *object, struct sockaddr_alg *alg, socklen_t *len,
                const char *caller)
{
    const char *type, *name;

    if (!require_tuple(object, caller, "AF_ALG")) {
        return 0;
    }
    memset(alg, 0, sizeof(*alg));
    alg->salg_family = AF_ALG;
    if (!PyArg_ParseTuple(object, "ss|HH;AF_ALG address must be a tuple "
                          "(type, name[, feat[, mask]])", &type, &name,
                          &alg->salg_feat, &alg->salg_mask)) {
        return explain_shape(NULL);
    }
    if (strlen(type) >= sizeof(alg->salg_type)) {
        PyErr_SetString(PyExc_ValueError, "AF_ALG type too long.");
        return 0;
    }
    if (strlen(name) >= sizeof(alg->salg_name)) {
        PyErr_SetString(PyExc_ValueError, "AF_ALG name too long.");
        return 0;
    }
    memcpy(alg->salg_type, type, strlen(type));
    memcpy(alg->salg_name, name, strlen(name));
    *len = sizeof(*alg);
    return 1;
}

int
socket_address_from_object(SocketObject *self, PyObject *object,
                           SocketAddress *address, socklen_t *len,
                           const char *caller)
{
    switch (self->family) {
    case AF_UNIX:
        return unix_from_object(object, &address->un, len);
    case AF_NETLINK:
        return netlink_from_object(object, &address->nl, len, caller);
    case AF_QIPCRTR:
        return qrtr_from_object(object, &address->qrtr, len);
    case AF_VSOCK:
        return vsock_from_object(object, &address->vm, len);
    case AF_RDS:
    case AF_INET:
        return inet_from_object(object, &address->in, len, caller);
    case AF_INET6:
        return inet6_from_object(object, &address->in6, len, caller);
    case AF_BLUETOOTH:
        return bluetooth_from_object(self, object, address, len, caller);
    case AF_PACKET:
        return packet_from_object(self, object, &address->ll, len, caller);
    case AF_TIPC:
        return tipc_from_object(object, &address->tipc, len, caller);
    case AF_CAN:
        return can_from_object(self, object, &address->can, len, caller);
    case AF_ALG:
        return alg_from_object(object, &address->alg, len, caller);
    default:
        PyErr_Format(PyExc_OSError, "%s(): bad family", caller);
        return 0;
    }
}

int
socket_address_size(SocketObject *self, socklen_t *len)
{
    switch (self->family) {
    case AF_UNIX:
        *len = sizeof(struct sockaddr_un);
        return 1;
    case AF_NETLINK:
        *len = sizeof(struct sockaddr_nl);
        return 1;
    case AF_QIPCRTR:
        *len = sizeof(struct sockaddr_qrtr);
        return 1;
    case AF_VSOCK:
        *len = sizeof(struct sockaddr_vm);
        return 1;
    case AF_RDS:
    case AF_INET:
        *len = sizeof(struct sockaddr_in);
        return 1;
    case AF_INET6:
        *len = sizeof(struct sockaddr_in6);
        return 1;
    case AF_BLUETOOTH:
    case AF_PACKET:
    case AF_TIPC:
    case AF_CAN:
    case AF_ALG:
        *len = sizeof(SocketAddress);
        return 1;
    default:
        PyErr_SetString(PyExc_OSError, "getsockaddrlen: bad family");
        return 0;
    }
}

/* ---- to Python ---- */

static PyObject *
unix_as_object(const struct sockaddr_un *un, size_t len)
{
    size_t size = len - offsetof(struct sockaddr_un, sun_path);

    if (len <= offsetof(struct sockaddr_un, sun_path)) {
        return PyUnicode_New(0, 0);
    }
    if (un->sun_path[0] == '\0') {
        return PyBytes_FromStringAndSize(un->sun_path, (Py_ssize_t)size);
    }
    return PyUnicode_DecodeFSDefaultAndSize(
        un->sun_path, (Py_ssize_t)strnlen(un->sun_path, size));
}

static PyObject *
packet_as_object(int fd, const struct sockaddr_ll *ll)
{
    struct ifreq request;
    const char *name = "";

    memset(&request, 0, sizeof(request));
    if (ll->sll_ifindex) {
        request.ifr_ifindex = ll->sll_ifindex;
        if (ioctl(fd, SIOCGIFNAME, &request) == 0) {
            name = request.ifr_name;
        }
    }
    return Py_BuildValue("O&hbhN", PyUnicode_DecodeFSDefault, name,
                         ntohs(ll->sll_protocol), ll->sll_pkttype,
                         ll->sll_hatype,
                         PyBytes_FromStringAndSize(
                             (const char *)ll->sll_addr,
                             Py_MIN(ll->sll_halen, 8)));
}

static PyObject *
tipc_as_object(const struct sockaddr_tipc *tipc)
{
    if (tipc->addrtype == TIPC_ADDR_NAMESEQ) {
        return Py_BuildValue("IIIII", tipc->addrtype, tipc->addr.nameseq.type,
                             tipc->addr.nameseq.lower,
                             tipc->addr.nameseq.upper, tipc->scope);
    }
    if (tipc->addrtype == TIPC_ADDR_NAME) {
        return Py_BuildValue("IIIII", tipc->addrtype,
                             tipc->addr.name.name.type,
                             tipc->addr.name.name.instance,
                             tipc->addr.name.name.instance, tipc->scope);
    }
    if (tipc->addrtype == TIPC_ADDR_ID) {
        return Py_BuildValue("IIIII", tipc->addrtype, tipc->addr.id.node,
                             tipc->addr.id.ref, 0, tipc->scope);
    }
    PyErr_SetString(PyExc_ValueError, "Invalid address type");
    return NULL;
}

static PyObject *
can_as_object(int fd, const struct sockaddr_can *can, int proto)
{
    struct ifreq request;
    const char *name = "";

    memset(&request, 0, sizeof(request));
    if (can->can_ifindex) {
        request.ifr_ifindex = can->can_ifindex;
        if (ioctl(fd, SIOCGIFNAME, &request) == 0) {
            name = request.ifr_name;
        }
    }
    switch (proto) {
    case CAN_ISOTP:
        return Py_BuildValue("O&kk", PyUnicode_DecodeFSDefault, name,
                             (unsigned long)can->can_addr.tp.rx_id,
                             (unsigned long)can->can_addr.tp.tx_id);
    case CAN_J1939:
        return Py_BuildValue("O&KIB", PyUnicode_DecodeFSDefault, name,
                             (unsigned long long)can->can_addr.j1939.name,
                             (unsigned int)can->can_addr.j1939.pgn,
                             can->can_addr.j1939.addr);
    default:
        return Py_BuildValue("(O&)", PyUnicode_DecodeFSDefault, name);
    }
}

static PyObject *
bluetooth_text(const bluetooth_address *address)
{
    const unsigned char *b = address->bytes;
    char text[18];

    PyOS_snprintf(text, sizeof(text), "%02X:%02X:%02X:%02X:%02X:%02X", b[5],
                  b[4], b[3], b[2], b[1], b[0]);
    return PyUnicode_FromString(text);
}

static PyObject *
bluetooth_as_object(const SocketAddress *address, int proto)
{
    switch (proto) {
    case SOCKET_BTPROTO_L2CAP:
        return Py_BuildValue("Ni", bluetooth_text(&address->l2.address),
                             (int)address->l2.psm);
    case SOCKET_BTPROTO_RFCOMM:
        return Py_BuildValue("Ni", bluetooth_text(&address->rc.address),
                             (int)address->rc.channel);
    case SOCKET_BTPROTO_HCI:
        return Py_BuildValue("i", (int)address->hci.dev);
    case SOCKET_BTPROTO_SCO:
        return bluetooth_text(&address->sco.address);
    default:
        PyErr_SetString(PyExc_ValueError, "Unknown Bluetooth protocol");
        return NULL;
    }
}

PyObject *
socket_address_as_object(int fd, const SocketAddress *address, size_t len,
                         int proto)
{
    if (len == 0) {
        Py_RETURN_NONE;                    /* connection-oriented sockets */
    }
    switch (address->any.sa_family) {
    case AF_INET:
        return Py_BuildValue("Ni", socket_ipv4_text(&address->in),
                             ntohs(address->in.sin_port));
    case AF_INET6:
        return Py_BuildValue("NiII", socket_ipv6_text(&address->in6),
                             ntohs(address->in6.sin6_port),
                             ntohl(address->in6.sin6_flowinfo),
                             address->in6.sin6_scope_id);
    case AF_UNIX:
        return unix_as_object(&address->un, len);
    case AF_NETLINK:
        return Py_BuildValue("II", address->nl.nl_pid, address->nl.nl_groups);
    case AF_QIPCRTR:
        return Py_BuildValue("II", address->qrtr.sq_node,
                             address->qrtr.sq_port);
    case AF_VSOCK:
        return Py_BuildValue("II", address->vm.svm_cid, address->vm.svm_port);
    case AF_BLUETOOTH:
        return bluetooth_as_object(address, proto);
    case AF_PACKET:
        return packet_as_object(fd, &address->ll);
    case AF_TIPC:
        return tipc_as_object(&address->tipc);
    case AF_CAN:
        return can_as_object(fd, &address->can, proto);
    case AF_ALG:
        return Py_BuildValue("sss", address->alg.salg_type,
                             address->alg.salg_name, "");
    default:
        /* a family that is not known here: its number and raw bytes */
        return Py_BuildValue("iN", address->any.sa_family,
                             PyBytes_FromStringAndSize(
                                 address->any.sa_data,
                                 (Py_ssize_t)sizeof(address->any.sa_data)));
    }
}
