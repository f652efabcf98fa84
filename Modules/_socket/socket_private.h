/* What the files of Modules/_socket share. */
#ifndef SOCKET_PRIVATE_H
#define SOCKET_PRIVATE_H

#include "Python.h"

#include <sys/types.h>

#include <sys/socket.h>

#include <arpa/inet.h>
#include <linux/can.h>
#include <linux/if_alg.h>
#include <linux/if_packet.h>
#include <linux/netlink.h>
#include <linux/qrtr.h>
#include <linux/tipc.h>
#include <linux/vm_sockets.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/un.h>

/* Bluetooth's header belongs to a library: its addresses, written out. */
#define SOCKET_BTPROTO_L2CAP 0
#define SOCKET_BTPROTO_HCI 1
#define SOCKET_BTPROTO_SCO 2
#define SOCKET_BTPROTO_RFCOMM 3
typedef struct {
    unsigned char bytes[6];                  /* the last octet first */
} __attribute__((packed)) bluetooth_address;
struct bluetooth_l2 {
    sa_family_t family;
    unsigned short psm;
    bluetooth_address address;
    unsigned short cid;
    unsigned char address_type;
};
struct bluetooth_rc {
    sa_family_t family;
    bluetooth_address address;
    unsigned char channel;
};
struct bluetooth_hci {
    sa_family_t family;
    unsigned short dev;
    unsigned short channel;
};
struct bluetooth_sco {
    sa_family_t family;
    bluetooth_address address;
};

/* Layout known to extension modules (_ssl) through the capsule. */
typedef struct {
    PyObject_HEAD
    int fd;                                  /* -1: closed */
    int family;
    int type;                                /* without flags */
    int proto;
    PyObject *(*raise_error)(void);          /* from errno; returns NULL */
    _PyTime_t timeout;                       /* < 0: blocking, 0: not */
} SocketObject;

extern PyTypeObject PySocket_Type;

/* What _socket.CAPI points to. */
typedef struct {
    PyTypeObject *socket_type;
    PyObject *error;
    PyObject *timeout_error;
} SocketCapi;

typedef union {
    struct sockaddr any;
    struct sockaddr_in in;
    struct sockaddr_in6 in6;
    struct sockaddr_un un;
    struct sockaddr_nl nl;
    struct sockaddr_ll ll;
    struct sockaddr_tipc tipc;
    struct sockaddr_can can;
    struct sockaddr_alg alg;
    struct sockaddr_vm vm;
    struct sockaddr_qrtr qrtr;
    struct bluetooth_l2 l2;
    struct bluetooth_rc rc;
    struct bluetooth_hci hci;
    struct bluetooth_sco sco;
    struct sockaddr_storage storage;
} SocketAddress;

typedef struct {
    PyObject *gaierror;
    PyObject *herror;
    _PyTime_t default_timeout;               /* of new sockets; -1: none */
} socket_state;

/* The state of the module; NULL with RuntimeError at shutdown. */
socket_state *socket_get_state(void);

/* ---- errors; all return NULL ---- */

PyObject *socket_raise_errno(void);
PyObject *socket_raise_gaierror(int error);
PyObject *socket_raise_herror(int error);

/* ---- addresses ---- */

/* 1/0.  `caller` is for messages.  Runs Python. */
int socket_address_from_object(SocketObject *self, PyObject *object,
                               SocketAddress *address, socklen_t *len,
                               const char *caller);
/* How large an address of the socket's family can be; 1/0. */
int socket_address_size(SocketObject *self, socklen_t *len);
/* New object; None for no address. */
PyObject *socket_address_as_object(int fd, const SocketAddress *address,
                                   size_t len, int proto);
/* IPv4 and IPv6 addresses as text. */
PyObject *socket_ipv4_text(const struct sockaddr_in *address);
PyObject *socket_ipv6_text(const struct sockaddr_in6 *address);
/* Looks `name` up; the size of the address, or -1.  Gives up the GIL. */
int socket_resolve(const char *name, struct sockaddr *address, size_t size,
                   int family);

/* O& converter of host names: str (IDNA), bytes, bytearray to SocketHost;
 * clean-up supported. */
typedef struct {
    PyObject *owner;
    const char *text;
} SocketHost;
int socket_host_converter(PyObject *object, void *host);

/* ---- calls ---- */

/* One try of an operation: 1 done, 0 failed with errno.  No GIL. */
typedef int (*socket_function)(SocketObject *self, void *data);

/* Calls `function` as often as the timeout allows (usually the socket's own).
 * writing: it waits for room, not for data.  0/-1 */
int socket_call(SocketObject *self, int writing, socket_function function,
                void *data, _PyTime_t timeout);
int socket_set_blocking(SocketObject *self, int blocking);
/* A new socket object of exactly our type. */
SocketObject *socket_new_object(int fd, int family, int type, int proto);
/* None, or an object to a timeout in nanoseconds.  0/-1 */
int socket_parse_timeout(_PyTime_t *timeout, PyObject *object);

/* ---- methods in transfer.c ---- */

#define SOCKET_METHOD(name) \
    PyObject *socket_##name(SocketObject *self, PyObject *args)
SOCKET_METHOD(recv);
SOCKET_METHOD(recvfrom);
SOCKET_METHOD(recvmsg);
SOCKET_METHOD(recvmsg_into);
SOCKET_METHOD(send);
SOCKET_METHOD(sendall);
SOCKET_METHOD(sendto);
SOCKET_METHOD(sendmsg);
PyObject *socket_recv_into(SocketObject *self, PyObject *args,
                           PyObject *kwds);
PyObject *socket_recvfrom_into(SocketObject *self, PyObject *args,
                               PyObject *kwds);
PyObject *socket_sendmsg_afalg(SocketObject *self, PyObject *args,
                               PyObject *kwds);
/* CMSG_LEN and CMSG_SPACE with overflow checks; 1/0. */
int socket_cmsg_len(size_t length, size_t *result);
int socket_cmsg_space(size_t length, size_t *result);

/* ---- functions in netdb.c, in the order of the method table ---- */

extern PyMethodDef socket_netdb_methods[];

#endif
