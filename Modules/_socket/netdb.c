/* Names and numbers of the network: hosts, services, protocols, interfaces,
 * addresses as text, byte order; and the functions on descriptors. */
#include "socket_private.h"

#include "audit.h"
#include "fileutils.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

/* Room for the answers of the reentrant lookups; grown if need be. */
#define HOST_BUFFER 16384

/* ---- the host ---- */

static PyObject *
netdb_gethostname(PyObject *module, PyObject *unused)
{
    char name[1024];
    int failed;

    if (PyAudit(AUDIT_SOCKET_GETHOSTNAME, NULL) < 0) {
        return NULL;
    }
    Py_BEGIN_ALLOW_THREADS
    failed = gethostname(name, sizeof(name) - 1);
    Py_END_ALLOW_THREADS
    if (failed < 0) {
        return socket_raise_errno();
    }
    name[sizeof(name) - 1] = '\0';
    return PyUnicode_DecodeFSDefault(name);
}

static PyObject *
netdb_sethostname(PyObject *module, PyObject *args)
{
    PyObject *name;
    int failed;

    if (!PyArg_ParseTuple(args, "S:sethostname", &name)) {
        PyErr_Clear();
        if (!PyArg_ParseTuple(args, "O&:sethostname", PyUnicode_FSConverter,
                              &name)) {
            return NULL;
        }
    }
    else {
        Py_INCREF(name);
    }
    if (PyAudit(AUDIT_SOCKET_SETHOSTNAME, "(O)", name) < 0) {
        Py_DECREF(name);
        return NULL;
    }
    failed = sethostname(PyBytes_AS_STRING(name),
                         (size_t)PyBytes_GET_SIZE(name));
    Py_DECREF(name);
    if (failed) {
        return socket_raise_errno();
    }
    Py_RETURN_NONE;
}

static PyObject *
netdb_gethostbyname(PyObject *module, PyObject *args)
{
    char *name;
    SocketAddress address;
    PyObject *result = NULL;

    if (!PyArg_ParseTuple(args, "et:gethostbyname", "idna", &name)) {
        return NULL;
    }
    if (PyAudit(AUDIT_SOCKET_GETHOSTBYNAME, "O", PyTuple_GET_ITEM(args, 0)) ==
            0 &&
        socket_resolve(name, &address.any, sizeof(struct sockaddr_in),
                       AF_INET) >= 0) {
        result = socket_ipv4_text(&address.in);
    }
    PyMem_Free(name);
    return result;
}

static PyObject *
addresses_as_list(const struct hostent *host)
{
    PyObject *list = PyList_New(0);

    for (char **p = host->h_addr_list; list != NULL && *p != NULL; p++) {
        SocketAddress address;
        PyObject *text;

        memset(&address, 0, sizeof(address));
        if (host->h_addrtype == AF_INET) {
            memcpy(&address.in.sin_addr, *p, sizeof(address.in.sin_addr));
            text = socket_ipv4_text(&address.in);
        }
        else if (host->h_addrtype == AF_INET6) {
            memcpy(&address.in6.sin6_addr, *p,
                   sizeof(address.in6.sin6_addr));
            text = socket_ipv6_text(&address.in6);
        }
        else {
            PyErr_SetString(PyExc_OSError, "unsupported address family");
            text = NULL;
        }
        if (text == NULL || PyList_Append(list, text) < 0) {
            Py_CLEAR(list);
        }
        Py_XDECREF(text);
    }
    return list;
}

/* (name, aliases, addresses) */
static PyObject *
hostent_as_object(const struct hostent *host, int family)
{
    PyObject *aliases, *addresses;

    if (host->h_addrtype != family) {
        errno = EAFNOSUPPORT;
        return socket_raise_errno();
    }
    aliases = PyList_New(0);
    for (char **p = host->h_aliases;
         aliases != NULL && p != NULL && *p != NULL; p++) {
        PyObject *alias = PyUnicode_FromString(*p);
        if (alias == NULL || PyList_Append(aliases, alias) < 0) {
            Py_CLEAR(aliases);
        }
        Py_XDECREF(alias);
    }
    addresses = aliases == NULL ? NULL : addresses_as_list(host);
    if (addresses == NULL) {
        Py_XDECREF(aliases);
        return NULL;
    }
    return Py_BuildValue("(sNN)", host->h_name, aliases, addresses);
}

/* By name, or by the address if `name` is NULL. */
static PyObject *
lookup_host(const char *name, const SocketAddress *address, int family)
{
    struct hostent storage, *host = NULL;
    size_t size = HOST_BUFFER;
    char *buffer = NULL;
    int error = 0, status;
    PyObject *result = NULL;

    do {
        char *larger = PyMem_RawRealloc(buffer, size);
        if (larger == NULL) {
            PyMem_RawFree(buffer);
            return PyErr_NoMemory();
        }
        buffer = larger;
        Py_BEGIN_ALLOW_THREADS
        if (name != NULL) {
            status = gethostbyname_r(name, &storage, buffer, size, &host,
                                     &error);
        }
        else if (family == AF_INET6) {
            status = gethostbyaddr_r(&address->in6.sin6_addr, 16, AF_INET6,
                                     &storage, buffer, size, &host, &error);
        }
        else {
            status = gethostbyaddr_r(&address->in.sin_addr, 4, AF_INET,
                                     &storage, buffer, size, &host, &error);
        }
        Py_END_ALLOW_THREADS
        size *= 2;
    } while (status == ERANGE && size < (1 << 22));
    result = host == NULL ? socket_raise_herror(error)
                          : hostent_as_object(host, family);
    PyMem_RawFree(buffer);
    return result;
}

static PyObject *
netdb_gethostbyname_ex(PyObject *module, PyObject *args)
{
    char *name;
    SocketAddress address;
    PyObject *result = NULL;

    if (!PyArg_ParseTuple(args, "et:gethostbyname_ex", "idna", &name)) {
        return NULL;
    }
    if (PyAudit(AUDIT_SOCKET_GETHOSTBYNAME, "O", PyTuple_GET_ITEM(args, 0)) ==
            0 &&
        socket_resolve(name, &address.any, sizeof(struct sockaddr_in),
                       AF_INET) >= 0) {
        result = lookup_host(name, NULL, AF_INET);
    }
    PyMem_Free(name);
    return result;
}

static PyObject *
netdb_gethostbyaddr(PyObject *module, PyObject *args)
{
    char *ip;
    SocketAddress address;
    PyObject *result = NULL;

    if (!PyArg_ParseTuple(args, "et:gethostbyaddr", "idna", &ip)) {
        return NULL;
    }
    if (PyAudit(AUDIT_SOCKET_GETHOSTBYADDR, "O", PyTuple_GET_ITEM(args, 0)) ==
            0 &&
        socket_resolve(ip, &address.any, sizeof(address), AF_UNSPEC) >= 0) {
        result = lookup_host(NULL, &address, address.any.sa_family);
    }
    PyMem_Free(ip);
    return result;
}

/* ---- getaddrinfo, getnameinfo ---- */

/* Host: None, str (IDNA) or bytes.  *owner is to be released.  0/-1 */
static int
addrinfo_host(PyObject *object, PyObject **owner, const char **text)
{
    *owner = NULL;
    *text = NULL;
    if (object == Py_None) {
        return 0;
    }
    if (PyUnicode_Check(object)) {
        *owner = PyUnicode_AsEncodedString(object, "idna", NULL);
        if (*owner == NULL) {
            return -1;
        }
        *text = PyBytes_AS_STRING(*owner);
        return 0;
    }
    if (PyBytes_Check(object)) {
        *text = PyBytes_AsString(object);
        return *text == NULL ? -1 : 0;
    }
    PyErr_SetString(PyExc_TypeError,
                    "getaddrinfo() argument 1 must be string or None");
    return -1;
}

/* Port: int, str, bytes or None. */
static int
addrinfo_port(PyObject *object, PyObject **owner, const char **text)
{
    *owner = NULL;
    *text = NULL;
    if (object == Py_None) {
        return 0;
    }
    if (PyLong_CheckExact(object)) {
        long value = PyLong_AsLong(object);
        if (value == -1 && PyErr_Occurred()) {
            return -1;
        }
        *owner = PyBytes_FromFormat("%ld", value);
        *text = *owner == NULL ? NULL : PyBytes_AS_STRING(*owner);
        return *owner == NULL ? -1 : 0;
    }
    if (PyUnicode_Check(object)) {
        *text = PyUnicode_AsUTF8(object);
        return *text == NULL ? -1 : 0;
    }
    if (PyBytes_Check(object)) {
        *text = PyBytes_AS_STRING(object);
        return 0;
    }
    PyErr_SetString(PyExc_OSError, "Int or String expected");
    return -1;
}

static PyObject *
addrinfo_as_list(const struct addrinfo *found)
{
    PyObject *list = PyList_New(0);

    for (; list != NULL && found != NULL; found = found->ai_next) {
        SocketAddress address;
        size_t len = Py_MIN(found->ai_addrlen, sizeof(address));
        PyObject *item, *address_object;

        memset(&address, 0, sizeof(address));
        memcpy(&address, found->ai_addr, len);
        address_object = socket_address_as_object(-1, &address, len,
                                                  found->ai_protocol);
        item = address_object == NULL
                   ? NULL
                   : Py_BuildValue("iiisN", found->ai_family,
                                   found->ai_socktype, found->ai_protocol,
                                   found->ai_canonname != NULL
                                       ? found->ai_canonname
                                       : "",
                                   address_object);
        if (item == NULL || PyList_Append(list, item) < 0) {
            Py_CLEAR(list);
        }
        Py_XDECREF(item);
    }
    return list;
}

static PyObject *
netdb_getaddrinfo(PyObject *module, PyObject *args, PyObject *kwds)
{
    static const char *const keywords[] = {"host", "port", "family", "type",
                                           "proto", "flags", NULL};
    static _PyArg_Parser parser = {.format = "OO|iiii:getaddrinfo",
                                   .keywords = keywords};
    PyObject *host_object, *port_object, *host_owner = NULL;
    PyObject *port_owner = NULL, *result = NULL;
    const char *host, *port;
    struct addrinfo hints, *found = NULL;
    int family = AF_UNSPEC, type = 0, protocol = 0, flags = 0, error;

    if (!_PyArg_ParseTupleAndKeywordsFast(args, kwds, &parser, &host_object,
                                          &port_object, &family, &type,
                                          &protocol, &flags)) {
        return NULL;
    }
    if (addrinfo_host(host_object, &host_owner, &host) < 0 ||
        addrinfo_port(port_object, &port_owner, &port) < 0 ||
        PyAudit(AUDIT_SOCKET_GETADDRINFO, "OOiii", host_object, port_object,
                family, type, protocol) < 0) {
        goto done;
    }
    memset(&hints, 0, sizeof(hints));
    hints.ai_family = family;
    hints.ai_socktype = type;
    hints.ai_protocol = protocol;
    hints.ai_flags = flags;
    Py_BEGIN_ALLOW_THREADS
    error = getaddrinfo(host, port, &hints, &found);
    Py_END_ALLOW_THREADS
    if (error) {
        socket_raise_gaierror(error);
        goto done;
    }
    result = addrinfo_as_list(found);
    if (found != NULL) {
        freeaddrinfo(found);
    }
done:
    Py_XDECREF(host_owner);
    Py_XDECREF(port_owner);
    return result;
}

static PyObject *
netdb_getnameinfo(PyObject *module, PyObject *args)
{
    PyObject *sockaddr;
    const char *host;
    char port_text[16], host_buffer[NI_MAXHOST], service[NI_MAXSERV];
    int port, flags, error;
    unsigned int flowinfo = 0, scope = 0;
    struct addrinfo hints, *found = NULL;
    PyObject *result = NULL, *name;

    if (!PyArg_ParseTuple(args, "Oi:getnameinfo", &sockaddr, &flags)) {
        return NULL;
    }
    if (!PyTuple_Check(sockaddr)) {
        PyErr_SetString(PyExc_TypeError,
                        "getnameinfo() argument 1 must be a tuple");
        return NULL;
    }
    if (!PyArg_ParseTuple(sockaddr, "si|II;getnameinfo(): illegal sockaddr "
                          "argument", &host, &port, &flowinfo, &scope)) {
        return NULL;
    }
    if (flowinfo > 0xfffff) {
        PyErr_SetString(PyExc_OverflowError,
                        "getnameinfo(): flowinfo must be 0-1048575.");
        return NULL;
    }
    if (PyAudit(AUDIT_SOCKET_GETNAMEINFO, "(O)", sockaddr) < 0) {
        return NULL;
    }
    PyOS_snprintf(port_text, sizeof(port_text), "%d", port);
    memset(&hints, 0, sizeof(hints));
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_DGRAM;       /* one result is enough */
    hints.ai_flags = AI_NUMERICHOST;
    Py_BEGIN_ALLOW_THREADS
    error = getaddrinfo(host, port_text, &hints, &found);
    Py_END_ALLOW_THREADS
    if (error) {
        return socket_raise_gaierror(error);
    }
    if (found->ai_next != NULL) {
        PyErr_SetString(PyExc_OSError,
                        "sockaddr resolved to multiple addresses");
        goto done;
    }
    if (found->ai_family == AF_INET && PyTuple_GET_SIZE(sockaddr) != 2) {
        PyErr_SetString(PyExc_OSError, "IPv4 sockaddr must be 2 tuple");
        goto done;
    }
    if (found->ai_family == AF_INET6) {
        struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)found->ai_addr;
        in6->sin6_flowinfo = htonl(flowinfo);
        in6->sin6_scope_id = scope;
    }
    Py_BEGIN_ALLOW_THREADS
    error = getnameinfo(found->ai_addr, found->ai_addrlen, host_buffer,
                        sizeof(host_buffer), service, sizeof(service), flags);
    Py_END_ALLOW_THREADS
    if (error) {
        socket_raise_gaierror(error);
        goto done;
    }
    name = PyUnicode_DecodeFSDefault(host_buffer);
    result = name == NULL ? NULL : Py_BuildValue("Ns", name, service);
done:
    freeaddrinfo(found);
    return result;
}

/* ---- services, protocols ---- */

static PyObject *
netdb_getservbyname(PyObject *module, PyObject *args)
{
    const char *name, *protocol = NULL;
    struct servent *entry;

    if (!PyArg_ParseTuple(args, "s|s:getservbyname", &name, &protocol) ||
        PyAudit(AUDIT_SOCKET_GETSERVBYNAME, "ss", name, protocol) < 0) {
        return NULL;
    }
    Py_BEGIN_ALLOW_THREADS
    entry = getservbyname(name, protocol);
    Py_END_ALLOW_THREADS
    if (entry == NULL) {
        PyErr_SetString(PyExc_OSError, "service/proto not found");
        return NULL;
    }
    return PyLong_FromLong(ntohs((unsigned short)entry->s_port));
}

static PyObject *
netdb_getservbyport(PyObject *module, PyObject *args)
{
    int port;
    const char *protocol = NULL;
    struct servent *entry;

    if (!PyArg_ParseTuple(args, "i|s:getservbyport", &port, &protocol)) {
        return NULL;
    }
    if (port < 0 || port > 0xffff) {
        PyErr_SetString(PyExc_OverflowError,
                        "getservbyport: port must be 0-65535.");
        return NULL;
    }
    if (PyAudit(AUDIT_SOCKET_GETSERVBYPORT, "is", port, protocol) < 0) {
        return NULL;
    }
    Py_BEGIN_ALLOW_THREADS
    entry = getservbyport(htons((unsigned short)port), protocol);
    Py_END_ALLOW_THREADS
    if (entry == NULL) {
        PyErr_SetString(PyExc_OSError, "port/proto not found");
        return NULL;
    }
    return PyUnicode_FromString(entry->s_name);
}

static PyObject *
netdb_getprotobyname(PyObject *module, PyObject *args)
{
    const char *name;
    struct protoent *entry;

    if (!PyArg_ParseTuple(args, "s:getprotobyname", &name)) {
        return NULL;
    }
    if (PyAudit(AUDIT_LUCID_SOCKET_LOOKUP, "ss", "getprotobyname", name) < 0) {
        return NULL;
    }
    Py_BEGIN_ALLOW_THREADS
    entry = getprotobyname(name);
    Py_END_ALLOW_THREADS
    if (entry == NULL) {
        PyErr_SetString(PyExc_OSError, "protocol not found");
        return NULL;
    }
    return PyLong_FromLong(entry->p_proto);
}

/* ---- interfaces ---- */

static PyObject *
netdb_if_nameindex(PyObject *module, PyObject *unused)
{
    struct if_nameindex *table;
    PyObject *list;

    if (PyAudit(AUDIT_LUCID_SOCKET_LOOKUP, "sO", "if_nameindex", Py_None) <
        0) {
        return NULL;
    }
    Py_BEGIN_ALLOW_THREADS
    table = if_nameindex();
    Py_END_ALLOW_THREADS
    if (table == NULL) {
        return socket_raise_errno();
    }
    list = PyList_New(0);
    for (int i = 0; list != NULL && table[i].if_index != 0; i++) {
        PyObject *pair = Py_BuildValue("IO&", table[i].if_index,
                                       PyUnicode_DecodeFSDefault,
                                       table[i].if_name);
        if (pair == NULL || PyList_Append(list, pair) < 0) {
            Py_CLEAR(list);
        }
        Py_XDECREF(pair);
    }
    if_freenameindex(table);
    return list;
}

static PyObject *
netdb_if_nametoindex(PyObject *module, PyObject *args)
{
    PyObject *name;
    unsigned int index;

    if (!PyArg_ParseTuple(args, "O&:if_nametoindex", PyUnicode_FSConverter,
                          &name)) {
        return NULL;
    }
    if (PyAudit(AUDIT_LUCID_SOCKET_LOOKUP, "sO", "if_nametoindex", name) < 0) {
        Py_DECREF(name);
        return NULL;
    }
    index = if_nametoindex(PyBytes_AS_STRING(name));
    Py_DECREF(name);
    if (index == 0) {
        PyErr_SetString(PyExc_OSError, "no interface with this name");
        return NULL;
    }
    return PyLong_FromUnsignedLong(index);
}

static PyObject *
netdb_if_indextoname(PyObject *module, PyObject *arg)
{
    unsigned long index = PyLong_AsUnsignedLong(arg);
    char name[IF_NAMESIZE + 1];

    if (index == (unsigned long)-1 && PyErr_Occurred()) {
        return NULL;
    }
    if (index > UINT_MAX) {
        PyErr_SetString(PyExc_OverflowError, "interface index too large");
        return NULL;
    }
    if (PyAudit(AUDIT_LUCID_SOCKET_LOOKUP, "sk", "if_indextoname", index) <
        0) {
        return NULL;
    }
    if (if_indextoname((unsigned int)index, name) == NULL) {
        return socket_raise_errno();
    }
    return PyUnicode_DecodeFSDefault(name);
}

/* ---- addresses as text ---- */

static PyObject *
netdb_inet_aton(PyObject *module, PyObject *args)
{
    const char *text;
    struct in_addr address;

    if (!PyArg_ParseTuple(args, "s:inet_aton", &text)) {
        return NULL;
    }
    if (inet_aton(text, &address) == 0) {
        PyErr_SetString(PyExc_OSError,
                        "illegal IP address string passed to inet_aton");
        return NULL;
    }
    return PyBytes_FromStringAndSize((const char *)&address,
                                     sizeof(address));
}

static PyObject *
netdb_inet_ntoa(PyObject *module, PyObject *args)
{
    Py_buffer packed;
    struct sockaddr_in in;

    if (!PyArg_ParseTuple(args, "y*:inet_ntoa", &packed)) {
        return NULL;
    }
    if (packed.len != sizeof(in.sin_addr)) {
        PyErr_SetString(PyExc_OSError, "packed IP wrong length for inet_ntoa");
        PyBuffer_Release(&packed);
        return NULL;
    }
    memcpy(&in.sin_addr, packed.buf, sizeof(in.sin_addr));
    PyBuffer_Release(&packed);
    return socket_ipv4_text(&in);
}

static PyObject *
netdb_inet_pton(PyObject *module, PyObject *args)
{
    int family, status;
    const char *text;
    char packed[sizeof(struct in6_addr)];

    if (!PyArg_ParseTuple(args, "is:inet_pton", &family, &text)) {
        return NULL;
    }
    status = inet_pton(family, text, packed);
    if (status < 0) {
        return socket_raise_errno();
    }
    if (status == 0) {
        PyErr_SetString(PyExc_OSError,
                        "illegal IP address string passed to inet_pton");
        return NULL;
    }
    if (family == AF_INET) {
        return PyBytes_FromStringAndSize(packed, sizeof(struct in_addr));
    }
    if (family == AF_INET6) {
        return PyBytes_FromStringAndSize(packed, sizeof(struct in6_addr));
    }
    PyErr_SetString(PyExc_OSError, "unknown address family");
    return NULL;
}

static PyObject *
netdb_inet_ntop(PyObject *module, PyObject *args)
{
    int family;
    Py_buffer packed;
    char text[INET6_ADDRSTRLEN];
    const char *found;
    Py_ssize_t wanted;

    if (!PyArg_ParseTuple(args, "iy*:inet_ntop", &family, &packed)) {
        return NULL;
    }
    wanted = family == AF_INET ? 4 : family == AF_INET6 ? 16 : -1;
    if (wanted < 0) {
        PyErr_Format(PyExc_ValueError, "unknown address family %d", family);
        PyBuffer_Release(&packed);
        return NULL;
    }
    if (packed.len != wanted) {
        PyErr_SetString(PyExc_ValueError,
                        "invalid length of packed IP address string");
        PyBuffer_Release(&packed);
        return NULL;
    }
    found = inet_ntop(family, packed.buf, text, sizeof(text));
    PyBuffer_Release(&packed);
    return found == NULL ? socket_raise_errno() : PyUnicode_FromString(found);
}

/* ---- byte order ---- */

/* An int of 16 bits; -1 with an exception. */
static int
short_from_args(PyObject *args, const char *format, const char *name)
{
    int value;

    if (!PyArg_ParseTuple(args, format, &value)) {
        return -1;
    }
    if (value < 0) {
        PyErr_Format(PyExc_OverflowError, "%s: can't convert negative Python "
                     "int to C 16-bit unsigned integer", name);
        return -1;
    }
    if (value > 0xffff) {
        PyErr_Format(PyExc_OverflowError, "%s: Python int too large to "
                     "convert to C 16-bit unsigned integer", name);
        return -1;
    }
    return value;
}

static PyObject *
netdb_htons(PyObject *module, PyObject *args)
{
    int value = short_from_args(args, "i:htons", "htons");

    return value < 0 ? NULL : PyLong_FromLong(htons((uint16_t)value));
}

static PyObject *
netdb_ntohs(PyObject *module, PyObject *args)
{
    int value = short_from_args(args, "i:ntohs", "ntohs");

    return value < 0 ? NULL : PyLong_FromLong(ntohs((uint16_t)value));
}

/* htonl and ntohl: the same exchange. */
static PyObject *
netdb_swap_long(PyObject *module, PyObject *arg)
{
    unsigned long value;

    if (!PyLong_Check(arg)) {
        PyErr_Format(PyExc_TypeError, "expected int, %s found",
                     Py_TYPE(arg)->tp_name);
        return NULL;
    }
    value = PyLong_AsUnsignedLong(arg);
    if (value == (unsigned long)-1 && PyErr_Occurred()) {
        return NULL;
    }
    if (value > UINT32_MAX) {
        PyErr_Format(PyExc_OverflowError, "int larger than 32 bits");
        return NULL;
    }
    return PyLong_FromUnsignedLong(htonl((uint32_t)value));
}

/* ---- descriptors, sizes, the default timeout ---- */

static PyObject *
netdb_dup(PyObject *module, PyObject *arg)
{
    int fd = _PyLong_AsInt(arg), copy;

    if (fd == -1 && PyErr_Occurred()) {
        return NULL;
    }
    if (PyAudit(AUDIT_LUCID_SOCKET_DUP, "i", fd) < 0) {
        return NULL;
    }
    copy = _Py_dup(fd);
    return copy < 0 ? NULL : PyLong_FromLong(copy);
}

static PyObject *
netdb_close(PyObject *module, PyObject *arg)
{
    int fd = _PyLong_AsInt(arg), failed;

    if (fd == -1 && PyErr_Occurred()) {
        return NULL;
    }
    Py_BEGIN_ALLOW_THREADS
    failed = close(fd);
    Py_END_ALLOW_THREADS
    if (failed < 0 && errno != ECONNRESET) {
        return socket_raise_errno();
    }
    Py_RETURN_NONE;
}

static PyObject *
netdb_socketpair(PyObject *module, PyObject *args)
{
    int family = AF_UNIX, type = SOCK_STREAM, protocol = 0, fds[2], failed;
    SocketObject *first, *second;

    if (!PyArg_ParseTuple(args, "|iii:socketpair", &family, &type,
                          &protocol) ||
        PyAudit(AUDIT_LUCID_SOCKET_SOCKETPAIR, "iii", family, type,
                protocol) < 0) {
        return NULL;
    }
    Py_BEGIN_ALLOW_THREADS
    failed = socketpair(family, type | SOCK_CLOEXEC, protocol, fds);
    Py_END_ALLOW_THREADS
    if (failed < 0) {
        return socket_raise_errno();
    }
    first = socket_new_object(fds[0], family, type, protocol);
    if (first == NULL) {
        close(fds[0]);
        close(fds[1]);
        return NULL;
    }
    second = socket_new_object(fds[1], family, type, protocol);
    if (second == NULL) {
        close(fds[1]);
        Py_DECREF(first);
        return NULL;
    }
    return Py_BuildValue("(NN)", first, second);
}

static PyObject *
netdb_getdefaulttimeout(PyObject *module, PyObject *unused)
{
    socket_state *state = socket_get_state();

    if (state == NULL) {
        return NULL;
    }
    if (state->default_timeout < 0) {
        Py_RETURN_NONE;
    }
    return PyFloat_FromDouble(_PyTime_AsSecondsDouble(
        state->default_timeout));
}

static PyObject *
netdb_setdefaulttimeout(PyObject *module, PyObject *arg)
{
    socket_state *state = socket_get_state();
    _PyTime_t timeout;

    if (state == NULL || socket_parse_timeout(&timeout, arg) < 0) {
        return NULL;
    }
    state->default_timeout = timeout;
    Py_RETURN_NONE;
}

static PyObject *
netdb_CMSG_LEN(PyObject *module, PyObject *args)
{
    Py_ssize_t length;
    size_t result;

    if (!PyArg_ParseTuple(args, "n:CMSG_LEN", &length)) {
        return NULL;
    }
    if (length < 0 || !socket_cmsg_len((size_t)length, &result)) {
        PyErr_SetString(PyExc_OverflowError,
                        "CMSG_LEN() argument out of range");
        return NULL;
    }
    return PyLong_FromSize_t(result);
}

static PyObject *
netdb_CMSG_SPACE(PyObject *module, PyObject *args)
{
    Py_ssize_t length;
    size_t result;

    if (!PyArg_ParseTuple(args, "n:CMSG_SPACE", &length)) {
        return NULL;
    }
    if (length < 0 || !socket_cmsg_space((size_t)length, &result)) {
        PyErr_SetString(PyExc_OverflowError,
                        "CMSG_SPACE() argument out of range");
        return NULL;
    }
    return PyLong_FromSize_t(result);
}

PyMethodDef socket_netdb_methods[] = {
    {"gethostbyname", netdb_gethostbyname, METH_VARARGS,
     "gethostbyname(host) -> address\n\nThe IPv4 address of a host."},
    {"gethostbyname_ex", netdb_gethostbyname_ex, METH_VARARGS,
     "gethostbyname_ex(host) -> (name, aliaslist, addresslist)\n\nAll about "
     "a host."},
    {"gethostbyaddr", netdb_gethostbyaddr, METH_VARARGS,
     "gethostbyaddr(host) -> (name, aliaslist, addresslist)\n\nAll about the "
     "host with an address."},
    {"gethostname", netdb_gethostname, METH_NOARGS,
     "gethostname() -> string\n\nThe name of this host."},
    {"sethostname", netdb_sethostname, METH_VARARGS,
     "sethostname(name)\n\nSet the name of this host."},
    {"getservbyname", netdb_getservbyname, METH_VARARGS,
     "getservbyname(servicename[, protocolname]) -> integer\n\nThe port of a "
     "service."},
    {"getservbyport", netdb_getservbyport, METH_VARARGS,
     "getservbyport(port[, protocolname]) -> string\n\nThe service at a "
     "port."},
    {"getprotobyname", netdb_getprotobyname, METH_VARARGS,
     "getprotobyname(name) -> integer\n\nThe number of a protocol."},
    {"close", netdb_close, METH_O,
     "close(integer) -> None\n\nClose a socket descriptor."},
    {"dup", netdb_dup, METH_O,
     "dup(integer) -> integer\n\nDuplicate a socket descriptor."},
    {"socketpair", netdb_socketpair, METH_VARARGS,
     "socketpair([family[, type [, proto]]]) -> (socket object, socket "
     "object)\n\nTwo sockets connected to each other."},
    {"ntohs", netdb_ntohs, METH_VARARGS,
     "ntohs(x) -> integer\n\n16 bits from network to host order."},
    {"ntohl", netdb_swap_long, METH_O,
     "ntohl(integer) -> integer\n\n32 bits from network to host order."},
    {"htons", netdb_htons, METH_VARARGS,
     "htons(x) -> integer\n\n16 bits from host to network order."},
    {"htonl", netdb_swap_long, METH_O,
     "htonl(integer) -> integer\n\n32 bits from host to network order."},
    {"inet_aton", netdb_inet_aton, METH_VARARGS,
     "inet_aton(string) -> bytes giving packed 32-bit IP representation"},
    {"inet_ntoa", netdb_inet_ntoa, METH_VARARGS,
     "inet_ntoa(packed_ip) -> ip_address_string"},
    {"inet_pton", netdb_inet_pton, METH_VARARGS,
     "inet_pton(af, ip) -> packed IP address string"},
    {"inet_ntop", netdb_inet_ntop, METH_VARARGS,
     "inet_ntop(af, packed_ip) -> string formatted IP address"},
    {"getaddrinfo", _PyCFunction_CAST(netdb_getaddrinfo),
     METH_VARARGS | METH_KEYWORDS,
     "getaddrinfo(host, port [, family, type, proto, flags]) -> list of "
     "(family, type, proto, canonname, sockaddr)\n\nAddresses of a host and "
     "service."},
    {"getnameinfo", netdb_getnameinfo, METH_VARARGS,
     "getnameinfo(sockaddr, flags) --> (host, port)\n\nHost and service at "
     "an address."},
    {"getdefaulttimeout", netdb_getdefaulttimeout, METH_NOARGS,
     "getdefaulttimeout() -> timeout\n\nThe timeout of new sockets."},
    {"setdefaulttimeout", netdb_setdefaulttimeout, METH_O,
     "setdefaulttimeout(timeout)\n\nSet the timeout of new sockets."},
    {"if_nameindex", netdb_if_nameindex, METH_NOARGS,
     "if_nameindex()\n\nList of (index, name) of the interfaces."},
    {"if_nametoindex", netdb_if_nametoindex, METH_VARARGS,
     "if_nametoindex(if_name)\n\nThe index of an interface."},
    {"if_indextoname", netdb_if_indextoname, METH_O,
     "if_indextoname(if_index)\n\nThe name of an interface."},
    {"CMSG_LEN", netdb_CMSG_LEN, METH_VARARGS,
     "CMSG_LEN(length) -> control message length"},
    {"CMSG_SPACE", netdb_CMSG_SPACE, METH_VARARGS,
     "CMSG_SPACE(length) -> buffer size"},
    {NULL, NULL, 0, NULL},
};
