/* Memory: the three domains (raw, mem, obj) behind replaceable allocators, and
 * the debug hooks.  The small-object allocator is in arena.c.
 *
 * PYTHONMALLOC names which allocators stand in the domains:
 *   malloc          raw, mem, obj: libc
 *   pymalloc        raw: libc; mem, obj: small-object allocator
 *   *_debug         the same with the debug hooks around each
 *
 * A debug block:  | size, 8 bytes big-endian | domain letter | 7 x 0xFD |
 *                 | the caller's bytes, 0xCD when new, 0xDD when freed |
 *                 | 8 x 0xFD | serial number if kept |
 */
#include "Python.h"

#include <stdio.h>

#include "internal/obmalloc.h"
#include "internal/runtime.h"

#define BYTE_NEW 0xCD
#define BYTE_DEAD 0xDD
#define BYTE_GUARD 0xFD
#define WORD sizeof(size_t)
#define DEBUG_HEAD (2 * WORD)
#define DEBUG_EXTRA (3 * WORD)

/* ---- libc --------------------------------------------------------------- */

/* The C library may give NULL for zero bytes, which would look like
 * failure. */
static void *
raw_malloc(void *context, size_t size)
{
    return malloc(size == 0 ? 1 : size);
}

static void *
raw_calloc(void *context, size_t n, size_t size)
{
    if (n == 0 || size == 0) {
        n = size = 1;
    }
    return calloc(n, size);
}

static void *
raw_realloc(void *context, void *p, size_t size)
{
    return realloc(p, size == 0 ? 1 : size);
}

static void
raw_free(void *context, void *p)
{
    free(p);
}

#define LIBC_ALLOCATOR {NULL, raw_malloc, raw_calloc, raw_realloc, raw_free}
#define SMALL_ALLOCATOR \
    {NULL, small_malloc, small_calloc, small_realloc, small_free}

/* ---- debug hooks -------------------------------------------------------- */

typedef struct {
    char letter;                     /* 'r', 'm', 'o' */
    PyMemAllocatorEx inner;
} debug_allocator;

static debug_allocator debug_allocators[3] = {
    {'r', LIBC_ALLOCATOR}, {'m', SMALL_ALLOCATOR}, {'o', SMALL_ALLOCATOR}};

static size_t
debug_read_size(const uint8_t *p)
{
    size_t result = 0;

    for (size_t i = 0; i < WORD; i++) {
        result = result << 8 | p[i];
    }
    return result;
}

static void
debug_write_size(uint8_t *p, size_t n)
{
    for (size_t i = WORD; i-- > 0; n >>= 8) {
        p[i] = (uint8_t)n;
    }
}

/* Whether n bytes are all guard bytes; if not, shows them: byte i stands at
 * `name` + first + i * step. */
static void
debug_dump_guards(const uint8_t *bytes, int n, const char *name, int first,
                  int step)
{
    int good = 1;

    for (int i = 0; i < n && good; i++) {
        good = bytes[i] == BYTE_GUARD;
    }
    if (good) {
        fputs("FORBIDDENBYTE, as expected.\n", stderr);
        return;
    }
    fprintf(stderr, "not all FORBIDDENBYTE (0x%02x):\n", BYTE_GUARD);
    for (int i = 0; i < n; i++) {
        fprintf(stderr, "        at %s%d: 0x%02x%s\n", name, first + i * step,
                bytes[i], bytes[i] == BYTE_GUARD ? "" : " *** OUCH");
    }
}

static void
debug_dump_data(const uint8_t *data, size_t size)
{
    if (size == 0) {
        return;
    }
    fprintf(stderr, "    Data at p:");
    for (size_t i = 0; i < size && i < 8; i++) {
        fprintf(stderr, " %02x", data[i]);
    }
    if (size > 8) {
        if (size > 16) {
            fputs(" ...", stderr);
        }
        for (size_t i = size > 16 ? size - 8 : 8; i < size; i++) {
            fprintf(stderr, " %02x", data[i]);
        }
    }
    fputc('\n', stderr);
}

/* Dumps what is known about a bad block, in the format that test suites and
 * people look for. */
static void
debug_dump(const void *p)
{
    const uint8_t *data = p;
    size_t size = debug_read_size(data - DEBUG_HEAD);
    const uint8_t *tail = data + size;

    fprintf(stderr, "Debug memory block at address p=%p:", p);
    fprintf(stderr, " API '%c'\n", (char)data[-(ptrdiff_t)WORD]);
    fprintf(stderr, "    %zu bytes originally requested\n", size);
    fprintf(stderr, "    The %d pad bytes at p-%d are ", (int)WORD - 1,
            (int)WORD - 1);
    debug_dump_guards(data - (WORD - 1), (int)WORD - 1, "p-", (int)WORD - 1,
                      -1);
    fprintf(stderr, "    The %d pad bytes at tail=%p are ", (int)WORD,
            (const void *)tail);
    debug_dump_guards(tail, (int)WORD, "tail+", 0, 1);
    debug_dump_data(data, size);
    fputs("\nEnable tracemalloc to get the memory block allocation "
          "traceback\n\n", stderr);
    fflush(stderr);
}

static void
debug_check(const char *function, char letter, const void *p)
{
    const uint8_t *data = p;
    char message[160];
    size_t size;

    if (p == NULL) {
        _Py_FatalErrorFunc(function, "didn't expect a NULL pointer");
    }
    if ((char)data[-(ptrdiff_t)WORD] != letter) {
        debug_dump(p);
        PyOS_snprintf(message, sizeof(message),
                      "bad ID: Allocated using API '%c', verified using API "
                      "'%c'", (char)data[-(ptrdiff_t)WORD], letter);
        _Py_FatalErrorFunc(function, message);
    }
    for (size_t i = WORD - 1; i >= 1; i--) {
        if (data[-(ptrdiff_t)i] != BYTE_GUARD) {
            debug_dump(p);
            _Py_FatalErrorFunc(function, "bad leading pad byte");
        }
    }
    size = debug_read_size(data - DEBUG_HEAD);
    for (size_t i = 0; i < WORD; i++) {
        if (data[size + i] != BYTE_GUARD) {
            debug_dump(p);
            _Py_FatalErrorFunc(function, "bad trailing pad byte");
        }
    }
}

/* The mem and obj domains need the GIL. */
static void
debug_check_gil(const char *function, debug_allocator *allocator)
{
    if (allocator->letter != 'r' && !PyGILState_Check()) {
        _Py_FatalErrorFunc(function,
                           "Python memory allocator called without holding "
                           "the GIL");
    }
}

static void *
debug_mark(debug_allocator *allocator, uint8_t *block, size_t size)
{
    uint8_t *data = block + DEBUG_HEAD;

    debug_write_size(block, size);
    block[WORD] = (uint8_t)allocator->letter;
    memset(block + WORD + 1, BYTE_GUARD, WORD - 1);
    memset(data + size, BYTE_GUARD, WORD);
    return data;
}

static void *
debug_alloc(debug_allocator *allocator, int zero, size_t size)
{
    uint8_t *block;

    if (size > (size_t)PY_SSIZE_T_MAX - DEBUG_EXTRA) {
        return NULL;
    }
    block = zero ? allocator->inner.calloc(allocator->inner.ctx, 1,
                                           size + DEBUG_EXTRA)
                 : allocator->inner.malloc(allocator->inner.ctx,
                                           size + DEBUG_EXTRA);
    if (block == NULL) {
        return NULL;
    }
    if (!zero) {
        memset(block + DEBUG_HEAD, BYTE_NEW, size);
    }
    return debug_mark(allocator, block, size);
}

static void *
debug_malloc(void *context, size_t size)
{
    debug_check_gil("_PyMem_DebugMalloc", context);
    return debug_alloc(context, 0, size);
}

static void *
debug_calloc(void *context, size_t n, size_t size)
{
    debug_check_gil("_PyMem_DebugCalloc", context);
    return debug_alloc(context, 1, n * size);
}

static void
debug_free(void *context, void *p)
{
    debug_allocator *allocator = context;
    uint8_t *block = (uint8_t *)p - DEBUG_HEAD;

    debug_check_gil("_PyMem_DebugFree", allocator);
    if (p == NULL) {
        return;
    }
    debug_check("_PyMem_DebugRawFree", allocator->letter, p);
    memset(block, BYTE_DEAD, debug_read_size(block) + DEBUG_EXTRA);
    allocator->inner.free(allocator->inner.ctx, block);
}

/* Always moves, so that stale pointers show. */
static void *
debug_realloc(void *context, void *p, size_t size)
{
    debug_allocator *allocator = context;
    size_t old_size;
    void *moved;

    debug_check_gil("_PyMem_DebugRealloc", allocator);
    if (p == NULL) {
        return debug_alloc(allocator, 0, size);
    }
    debug_check("_PyMem_DebugRawRealloc", allocator->letter, p);
    old_size = debug_read_size((uint8_t *)p - DEBUG_HEAD);
    moved = debug_alloc(allocator, 0, size);
    if (moved == NULL) {
        return NULL;
    }
    memcpy(moved, p, old_size < size ? old_size : size);
    debug_free(allocator, p);
    return moved;
}

/* ---- the domains -------------------------------------------------------- */

static PyMemAllocatorEx allocator_raw = LIBC_ALLOCATOR;
static PyMemAllocatorEx allocator_mem = SMALL_ALLOCATOR;
static PyMemAllocatorEx allocator_obj = SMALL_ALLOCATOR;

static const PyMemAllocatorEx libc_allocator = LIBC_ALLOCATOR;
static const PyMemAllocatorEx small_allocator = SMALL_ALLOCATOR;

static PyMemAllocatorEx *
domain_allocator(PyMemAllocatorDomain domain)
{
    switch (domain) {
    case PYMEM_DOMAIN_RAW: return &allocator_raw;
    case PYMEM_DOMAIN_MEM: return &allocator_mem;
    case PYMEM_DOMAIN_OBJ: return &allocator_obj;
    default: return NULL;
    }
}

void
PyMem_GetAllocator(PyMemAllocatorDomain domain, PyMemAllocatorEx *allocator)
{
    PyMemAllocatorEx *current = domain_allocator(domain);

    if (current != NULL) {
        *allocator = *current;
    }
    else {
        *allocator = (PyMemAllocatorEx){0};
    }
}

void
PyMem_SetAllocator(PyMemAllocatorDomain domain, PyMemAllocatorEx *allocator)
{
    PyMemAllocatorEx *current = domain_allocator(domain);

    if (current != NULL) {
        *current = *allocator;
        obmalloc_default_objects = domain == PYMEM_DOMAIN_OBJ
                                       ? allocator->malloc == small_malloc
                                       : obmalloc_default_objects;
    }
}

int obmalloc_default_objects = 1;
struct obmalloc_tracing _Py_tracemalloc_config = {.max_nframe = 1};
int (*obmalloc_new_reference)(PyObject *op);

static PyMemAllocatorEx
debug_allocator_for(int domain)
{
    return (PyMemAllocatorEx){&debug_allocators[domain], debug_malloc,
                              debug_calloc, debug_realloc, debug_free};
}

void
PyMem_SetupDebugHooks(void)
{
    for (int domain = 0; domain < 3; domain++) {
        PyMemAllocatorEx hooks = debug_allocator_for(domain), current;

        PyMem_GetAllocator(domain, &current);
        if (current.malloc == debug_malloc) {
            continue;
        }
        debug_allocators[domain].inner = current;
        PyMem_SetAllocator(domain, &hooks);
    }
}

static void
allocators_set(const PyMemAllocatorEx *objects, int debug)
{
    const PyMemAllocatorEx *wanted[3] = {&libc_allocator, objects, objects};

    for (int domain = 0; domain < 3; domain++) {
        PyMemAllocatorEx copy = *wanted[domain];

        PyMem_SetAllocator(domain, &copy);
    }
    if (debug) {
        PyMem_SetupDebugHooks();
    }
}

int
_PyMem_SetDefaultAllocator(PyMemAllocatorDomain domain,
                           PyMemAllocatorEx *old_allocator)
{
    PyMemAllocatorEx wanted;

    if (domain_allocator(domain) == NULL) {
        return -1;
    }
    if (old_allocator != NULL) {
        PyMem_GetAllocator(domain, old_allocator);
    }
    wanted = domain == PYMEM_DOMAIN_RAW ? libc_allocator : small_allocator;
    PyMem_SetAllocator(domain, &wanted);
    return 0;
}

/* ---- PYTHONMALLOC ------------------------------------------------------- */

int
_PyMem_GetAllocatorName(const char *name, PyMemAllocatorName *allocator)
{
    static const struct {
        const char *name;
        PyMemAllocatorName allocator;
    } names[] = {
        {"default", PYMEM_ALLOCATOR_DEFAULT},
        {"debug", PYMEM_ALLOCATOR_DEBUG},
        {"pymalloc", PYMEM_ALLOCATOR_PYMALLOC},
        {"pymalloc_debug", PYMEM_ALLOCATOR_PYMALLOC_DEBUG},
        {"malloc", PYMEM_ALLOCATOR_MALLOC},
        {"malloc_debug", PYMEM_ALLOCATOR_MALLOC_DEBUG},
    };

    if (name == NULL || *name == '\0') {
        *allocator = PYMEM_ALLOCATOR_DEFAULT;
        return 0;
    }
    for (size_t i = 0; i < Py_ARRAY_LENGTH(names); i++) {
        if (strcmp(name, names[i].name) == 0) {
            *allocator = names[i].allocator;
            return 0;
        }
    }
    return -1;
}

int
_PyMem_SetupAllocators(PyMemAllocatorName allocator)
{
    switch (allocator) {
    case PYMEM_ALLOCATOR_NOT_SET:
        return 0;
    case PYMEM_ALLOCATOR_DEFAULT:
    case PYMEM_ALLOCATOR_PYMALLOC:
        allocators_set(&small_allocator, 0);
        return 0;
    case PYMEM_ALLOCATOR_DEBUG:
    case PYMEM_ALLOCATOR_PYMALLOC_DEBUG:
        allocators_set(&small_allocator, 1);
        return 0;
    case PYMEM_ALLOCATOR_MALLOC:
        allocators_set(&libc_allocator, 0);
        return 0;
    case PYMEM_ALLOCATOR_MALLOC_DEBUG:
        allocators_set(&libc_allocator, 1);
        return 0;
    default:
        return -1;
    }
}

static int
allocator_equal(const PyMemAllocatorEx *left, const PyMemAllocatorEx *right)
{
    return memcmp(left, right, sizeof(*left)) == 0;
}

const char *
_PyMem_GetCurrentAllocatorName(void)
{
    PyMemAllocatorEx debug_raw = debug_allocator_for(0);
    PyMemAllocatorEx debug_mem = debug_allocator_for(1);
    PyMemAllocatorEx debug_obj = debug_allocator_for(2);

    if (allocator_equal(&allocator_raw, &libc_allocator)) {
        if (allocator_equal(&allocator_mem, &libc_allocator) &&
            allocator_equal(&allocator_obj, &libc_allocator)) {
            return "malloc";
        }
        if (allocator_equal(&allocator_mem, &small_allocator) &&
            allocator_equal(&allocator_obj, &small_allocator)) {
            return "pymalloc";
        }
        return NULL;
    }
    if (allocator_equal(&allocator_raw, &debug_raw) &&
        allocator_equal(&allocator_mem, &debug_mem) &&
        allocator_equal(&allocator_obj, &debug_obj)) {
        PyMemAllocatorEx *mem = &debug_allocators[1].inner;
        PyMemAllocatorEx *obj = &debug_allocators[2].inner;

        if (allocator_equal(mem, &libc_allocator) &&
            allocator_equal(obj, &libc_allocator)) {
            return "malloc_debug";
        }
        if (allocator_equal(mem, &small_allocator) &&
            allocator_equal(obj, &small_allocator)) {
            return "pymalloc_debug";
        }
    }
    return NULL;
}

/* ---- API ---------------------------------------------------------------- */

#define TOO_LARGE(SIZE) ((SIZE) > (size_t)PY_SSIZE_T_MAX)
#define PRODUCT_TOO_LARGE(N, SIZE) \
    ((SIZE) != 0 && (N) > (size_t)PY_SSIZE_T_MAX / (SIZE))

static inline void *
domain_malloc(const PyMemAllocatorEx *allocator, size_t size)
{
    return TOO_LARGE(size) ? NULL : allocator->malloc(allocator->ctx, size);
}

static inline void *
domain_calloc(const PyMemAllocatorEx *allocator, size_t n, size_t size)
{
    return PRODUCT_TOO_LARGE(n, size)
               ? NULL
               : allocator->calloc(allocator->ctx, n, size);
}

static inline void *
domain_realloc(const PyMemAllocatorEx *allocator, void *p, size_t size)
{
    return TOO_LARGE(size) ? NULL
                           : allocator->realloc(allocator->ctx, p, size);
}

#undef PyMem_Malloc
#undef PyMem_Calloc
#undef PyMem_Realloc
#undef PyMem_Free
void *
PyMem_RawMalloc(size_t size)
{
    return domain_malloc(&allocator_raw, size);
}

void *
PyMem_RawCalloc(size_t n, size_t size)
{
    return domain_calloc(&allocator_raw, n, size);
}

void *
PyMem_RawRealloc(void *p, size_t size)
{
    return domain_realloc(&allocator_raw, p, size);
}

void
PyMem_RawFree(void *p)
{
    allocator_raw.free(allocator_raw.ctx, p);
}

void *
PyMem_Malloc(size_t size)
{
    return domain_malloc(&allocator_mem, size);
}

void *
PyMem_Calloc(size_t n, size_t size)
{
    return domain_calloc(&allocator_mem, n, size);
}

void *
PyMem_Realloc(void *p, size_t size)
{
    return domain_realloc(&allocator_mem, p, size);
}

void
PyMem_Free(void *p)
{
    allocator_mem.free(allocator_mem.ctx, p);
}

/* FAST PATH: the default allocator is called directly. */
void *
PyObject_Malloc(size_t size)
{
    if (obmalloc_default_objects) {
        return TOO_LARGE(size) ? NULL : small_malloc(NULL, size);
    }
    return TOO_LARGE(size) ? NULL
                           : allocator_obj.malloc(allocator_obj.ctx, size);
}

void *
PyObject_Calloc(size_t n, size_t size)
{
    return PRODUCT_TOO_LARGE(n, size)
               ? NULL : allocator_obj.calloc(allocator_obj.ctx, n, size);
}

void *
PyObject_Realloc(void *p, size_t size)
{
    return TOO_LARGE(size) ? NULL
                           : allocator_obj.realloc(allocator_obj.ctx, p, size);
}

void
PyObject_Free(void *p)
{
    if (obmalloc_default_objects) {
        small_free(NULL, p);
    }
    else {
        allocator_obj.free(allocator_obj.ctx, p);
    }
}

wchar_t *
_PyMem_RawWcsdup(const wchar_t *text)
{
    size_t len = wcslen(text);
    wchar_t *copy;

    if (len > (size_t)PY_SSIZE_T_MAX / sizeof(wchar_t) - 1) {
        return NULL;
    }
    copy = PyMem_RawMalloc((len + 1) * sizeof(wchar_t));
    if (copy != NULL) {
        memcpy(copy, text, (len + 1) * sizeof(wchar_t));
    }
    return copy;
}

char *
_PyMem_RawStrdup(const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = PyMem_RawMalloc(size);

    if (copy != NULL) {
        memcpy(copy, text, size);
    }
    return copy;
}

char *
_PyMem_Strdup(const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = PyMem_Malloc(size);

    if (copy != NULL) {
        memcpy(copy, text, size);
    }
    return copy;
}

int
_PyMem_IsPtrFreed(const void *p)
{
    uintptr_t bits = (uintptr_t)p;

    return bits == 0 || bits == (uintptr_t)0xCDCDCDCDCDCDCDCD ||
           bits == (uintptr_t)0xDDDDDDDDDDDDDDDD ||
           bits == (uintptr_t)0xFDFDFDFDFDFDFDFD;
}
