/* Finding a shared library by its name, as the dynamic linker does (ld.so(8)):
 * the folders of LD_LIBRARY_PATH, then the cache that ldconfig makes, then the
 * system's folders.  Needed where a library is to be verified before it is
 * mapped.
 *
 * The linker tells its folders in one list (RTLD_DI_SERINFO), LD_LIBRARY_PATH
 * first; those that are in the cache as well have the cache's answer. */
#include "Python.h"

#include "native.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <link.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define CACHE_FILE "/etc/ld.so.cache"
#define CACHE_MAGIC "glibc-ld.so.cache1.1"
#define CACHE_MAGIC_SIZE 20
/* ELF, libc6, 64 bits of x86-64. */
#define CACHE_FLAGS 0x0303

/* The file: a header, `count` entries, and the strings. */
typedef struct {
    char magic[CACHE_MAGIC_SIZE];
    uint32_t count;
    uint32_t strings_size;
    uint8_t flags[4];
    uint32_t extension_offset;
    uint32_t unused[3];
} CacheHeader;

typedef struct {
    int32_t flags;
    uint32_t key, value;             /* offsets from the start of the file */
    uint32_t os_version;
    uint64_t capabilities;           /* of the processor; 0: none needed */
} CacheEntry;

static int
is_readable(const char *path)
{
    return access(path, R_OK) == 0;
}

/* The string at `offset`, or NULL if none ends within the file. */
static const char *
cache_string(const char *cache, size_t size, uint32_t offset)
{
    if (offset >= size || memchr(cache + offset, '\0', size - offset) == NULL) {
        return NULL;
    }
    return cache + offset;
}

/* The path that the cache has for `name`, inside it, or NULL. */
static const char *
cache_look_up(const char *cache, size_t size, const char *name)
{
    const CacheHeader *header = (const CacheHeader *)(const void *)cache;
    const CacheEntry *entries;

    if (size < sizeof(CacheHeader) ||
        memcmp(header->magic, CACHE_MAGIC, CACHE_MAGIC_SIZE) != 0 ||
        header->count > (size - sizeof(CacheHeader)) / sizeof(CacheEntry)) {
        return NULL;
    }
    entries = (const CacheEntry *)(const void *)(cache + sizeof(CacheHeader));
    for (uint32_t i = 0; i < header->count; i++) {
        const char *key = cache_string(cache, size, entries[i].key);
        if (entries[i].flags == CACHE_FLAGS && entries[i].capabilities == 0 &&
            key != NULL && strcmp(key, name) == 0) {
            return cache_string(cache, size, entries[i].value);
        }
    }
    return NULL;
}

static int
find_in_cache(const char *name, char *path, size_t size)
{
    int fd = open(CACHE_FILE, O_RDONLY | O_CLOEXEC), found = 0;
    struct stat status;
    const char *cache, *value;

    if (fd < 0) {
        return 0;
    }
    if (fstat(fd, &status) == 0 && status.st_size > 0) {
        size_t len = (size_t)status.st_size;
        cache = mmap(NULL, len, PROT_READ, MAP_PRIVATE, fd, 0);
        if (cache != MAP_FAILED) {
            value = cache_look_up(cache, len, name);
            if (value != NULL && strlen(value) < size && is_readable(value)) {
                memcpy(path, value, strlen(value) + 1);
                found = 1;
            }
            munmap((void *)cache, len);
        }
    }
    close(fd);
    return found;
}

/* Looks into the linker's folders: those of the system if `system`, else the
 * ones before them. */
static int
find_in_folders(const Dl_serinfo *folders, int system, const char *name,
                char *path, size_t size)
{
    for (unsigned int i = 0; i < folders->dls_cnt; i++) {
        const Dl_serpath *folder = &folders->dls_serpath[i];
        int is_system = (folder->dls_flags & LA_SER_DEFAULT) != 0;
        if (is_system == system &&
            (size_t)PyOS_snprintf(path, size, "%s/%s", folder->dls_name,
                                  name) < size &&
            is_readable(path)) {
            return 1;
        }
    }
    return 0;
}

int
native_find_library(const char *name, char *path, size_t size)
{
    void *program = dlopen(NULL, RTLD_LAZY);
    Dl_serinfo needed, *folders = NULL;
    int found = 0;

    if (program != NULL && dlinfo(program, RTLD_DI_SERINFOSIZE, &needed) == 0) {
        folders = PyMem_RawMalloc(needed.dls_size);
    }
    if (folders != NULL) {
        *folders = needed;
        if (dlinfo(program, RTLD_DI_SERINFO, folders) == 0) {
            found = find_in_folders(folders, 0, name, path, size) ||
                    find_in_cache(name, path, size) ||
                    find_in_folders(folders, 1, name, path, size);
        }
        PyMem_RawFree(folders);
    }
    if (program != NULL) {
        dlclose(program);
    }
    return found;
}
