/* Threads over POSIX threads: starting, identity, locks, thread-local storage.
 *
 * A lock is one word in the sense of a binary semaphore: it may be released by
 * another thread than the one that acquired it.  Waits measure monotonic
 * time. */
#include "Python.h"

#include "structseq.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define STACK_SIZE_MIN 0x8000

static size_t thread_stack_size;       /* 0: the system's */

void
PyThread_init_thread(void)
{
}

unsigned long
PyThread_get_thread_ident(void)
{
    return (unsigned long)pthread_self();
}

unsigned long
PyThread_get_thread_native_id(void)
{
    return (unsigned long)syscall(SYS_gettid);
}

struct thread_start {
    void (*func)(void *);
    void *arg;
};

static void *
thread_main(void *opaque)
{
    struct thread_start *start = opaque;
    void (*func)(void *) = start->func;
    void *arg = start->arg;

    PyMem_RawFree(start);
    func(arg);
    return NULL;
}

unsigned long
PyThread_start_new_thread(void (*func)(void *), void *arg)
{
    struct thread_start *start = PyMem_RawMalloc(sizeof(*start));
    pthread_attr_t attributes;
    pthread_t thread;
    int status;

    if (start == NULL || pthread_attr_init(&attributes) != 0) {
        PyMem_RawFree(start);
        return PYTHREAD_INVALID_THREAD_ID;
    }
    start->func = func;
    start->arg = arg;
    if (thread_stack_size != 0) {
        pthread_attr_setstacksize(&attributes, thread_stack_size);
    }
    pthread_attr_setscope(&attributes, PTHREAD_SCOPE_SYSTEM);
    status = pthread_create(&thread, &attributes, thread_main, start);
    pthread_attr_destroy(&attributes);
    if (status != 0) {
        PyMem_RawFree(start);
        return PYTHREAD_INVALID_THREAD_ID;
    }
    pthread_detach(thread);
    return (unsigned long)thread;
}

void _Py_NO_RETURN
PyThread_exit_thread(void)
{
    pthread_exit(NULL);
}

size_t
PyThread_get_stacksize(void)
{
    return thread_stack_size;
}

int
PyThread_set_stacksize(size_t size)
{
    pthread_attr_t attributes;
    int status;

    if (size == 0) {
        thread_stack_size = 0;
        return 0;
    }
    if (size < STACK_SIZE_MIN || pthread_attr_init(&attributes) != 0) {
        return -1;
    }
    status = pthread_attr_setstacksize(&attributes, size);
    pthread_attr_destroy(&attributes);
    if (status != 0) {
        return -1;
    }
    thread_stack_size = size;
    return 0;
}

/* ---- locks ---- */

PyThread_type_lock
PyThread_allocate_lock(void)
{
    sem_t *lock = PyMem_RawMalloc(sizeof(sem_t));

    if (lock != NULL && sem_init(lock, 0, 1) != 0) {
        PyMem_RawFree(lock);
        lock = NULL;
    }
    return lock;
}

void
PyThread_free_lock(PyThread_type_lock lock)
{
    if (lock != NULL) {
        sem_destroy(lock);
        PyMem_RawFree(lock);
    }
}

/* microseconds < 0: for ever; 0: not at all. */
PyLockStatus
PyThread_acquire_lock_timed(PyThread_type_lock lock, PY_TIMEOUT_T microseconds,
                            int intr_flag)
{
    struct timespec deadline;
    int status;

    if (microseconds > 0) {
        clock_gettime(CLOCK_MONOTONIC, &deadline);
        if (microseconds / 1000000 > INT64_MAX / 2 - deadline.tv_sec) {
            microseconds = -1;
        }
        else {
            deadline.tv_sec += microseconds / 1000000;
            deadline.tv_nsec += (long)(microseconds % 1000000) * 1000;
            if (deadline.tv_nsec >= 1000000000) {
                deadline.tv_sec++;
                deadline.tv_nsec -= 1000000000;
            }
        }
    }
    do {
        if (microseconds > 0) {
            status = sem_clockwait(lock, CLOCK_MONOTONIC, &deadline);
        }
        else if (microseconds == 0) {
            status = sem_trywait(lock);
        }
        else {
            status = sem_wait(lock);
        }
        if (status == 0) {
            return PY_LOCK_ACQUIRED;
        }
    } while (errno == EINTR && !intr_flag);
    return errno == EINTR ? PY_LOCK_INTR : PY_LOCK_FAILURE;
}

int
PyThread_acquire_lock(PyThread_type_lock lock, int wait)
{
    return PyThread_acquire_lock_timed(lock, wait ? -1 : 0, 0) ==
           PY_LOCK_ACQUIRED;
}

void
PyThread_release_lock(PyThread_type_lock lock)
{
    sem_post(lock);
}

/* In the child of fork: the lock is free, whoever held it is gone. */
int
_PyThread_at_fork_reinit(PyThread_type_lock *lock)
{
    PyThread_type_lock fresh = PyThread_allocate_lock();

    if (fresh == NULL) {
        return -1;
    }
    *lock = fresh;           /* the old one may be in use by a ghost: leaked */
    return 0;
}

/* ---- thread-local storage ---- */

int
PyThread_create_key(void)
{
    pthread_key_t key;

    if (pthread_key_create(&key, NULL) != 0) {
        return -1;
    }
    if (key > INT_MAX) {
        pthread_key_delete(key);
        return -1;
    }
    return (int)key;
}

void
PyThread_delete_key(int key)
{
    pthread_key_delete((pthread_key_t)key);
}

void
PyThread_delete_key_value(int key)
{
    pthread_setspecific((pthread_key_t)key, NULL);
}

int
PyThread_set_key_value(int key, void *value)
{
    return pthread_setspecific((pthread_key_t)key, value) != 0 ? -1 : 0;
}

void *
PyThread_get_key_value(int key)
{
    return pthread_getspecific((pthread_key_t)key);
}

void
PyThread_ReInitTLS(void)
{
}

Py_tss_t *
PyThread_tss_alloc(void)
{
    Py_tss_t *key = PyMem_RawMalloc(sizeof(Py_tss_t));

    if (key != NULL) {
        *key = (Py_tss_t)Py_tss_NEEDS_INIT;
    }
    return key;
}

void
PyThread_tss_free(Py_tss_t *key)
{
    if (key != NULL) {
        PyThread_tss_delete(key);
        PyMem_RawFree(key);
    }
}

int
PyThread_tss_is_created(Py_tss_t *key)
{
    return key->_is_initialized;
}

int
PyThread_tss_create(Py_tss_t *key)
{
    if (key->_is_initialized) {
        return 0;
    }
    if (pthread_key_create(&key->_key, NULL) != 0) {
        return -1;
    }
    key->_is_initialized = 1;
    return 0;
}

void
PyThread_tss_delete(Py_tss_t *key)
{
    if (key->_is_initialized) {
        pthread_key_delete(key->_key);
        key->_is_initialized = 0;
    }
}

int
PyThread_tss_set(Py_tss_t *key, void *value)
{
    return pthread_setspecific(key->_key, value) != 0 ? -1 : 0;
}

void *
PyThread_tss_get(Py_tss_t *key)
{
    return pthread_getspecific(key->_key);
}

/* ---- sys.thread_info ---- */

static PyStructSequence_Field thread_info_fields[] = {
    {"name", "name of the thread implementation"},
    {"lock", "name of the lock implementation"},
    {"version", "name and version of the thread library"},
    {NULL, NULL},
};

static PyStructSequence_Desc thread_info_desc = {
    "sys.thread_info",
    "sys.thread_info\n\nA named tuple holding information about the thread "
    "implementation.",
    thread_info_fields,
    3,
};

static PyTypeObject thread_info_type;

PyObject *
PyThread_GetInfo(void)
{
    PyObject *info;
    char version[255];
    size_t len;

    if (thread_info_type.tp_name == NULL &&
        PyStructSequence_InitType2(&thread_info_type, &thread_info_desc) < 0) {
        return NULL;
    }
    info = PyStructSequence_New(&thread_info_type);
    if (info == NULL) {
        return NULL;
    }
    PyStructSequence_SET_ITEM(info, 0, PyUnicode_FromString("pthread"));
    PyStructSequence_SET_ITEM(info, 1, PyUnicode_FromString("semaphore"));
    len = confstr(_CS_GNU_LIBPTHREAD_VERSION, version, sizeof(version));
    PyStructSequence_SET_ITEM(info, 2, len > 0 && len < sizeof(version)
                                           ? PyUnicode_DecodeFSDefault(version)
                                           : Py_NewRef(Py_None));
    if (PyErr_Occurred()) {
        Py_CLEAR(info);
    }
    return info;
}
