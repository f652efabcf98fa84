/* Finding a shared library by its name, as the dynamic linker does (ld.so(8)):
 * the folders of LD_LIBRARY_PATH, then the cache that ldconfig makes, then the
 * system's folders; those that the needing library names come before or behind
 * LD_LIBRARY_PATH.  Needed where a library is to be verified before it is
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
    if (offset >= size ||
        memchr(cache + offset, '\0', size - offset) == NULL) {
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
find_in_cache(const char *name, char path[PATH_MAX])
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
            if (value != NULL && strlen(value) < PATH_MAX &&
                is_readable(value)) {
                memcpy(path, value, strlen(value) + 1);
                found = 1;
            }
            munmap((void *)cache, len);
        }
    }
    close(fd);
    return found;
}

/* Is the library in this folder, of `len` bytes? */
static int
find_in_folder(const char *folder, size_t len, const char *name,
               char path[PATH_MAX])
{
    int size = PyOS_snprintf(path, PATH_MAX, "%.*s/%s", (int)len, folder,
                             name);

    return len > 0 && size > 0 && size < PATH_MAX && is_readable(path);
}

/* Looks into the linker's folders: those of the system if `system`, else the
 * ones before them. */
static int
find_in_linker_folders(const Dl_serinfo *folders, int system, const char *name,
                       char path[PATH_MAX])
{
    for (unsigned int i = 0; i < folders->dls_cnt; i++) {
        const Dl_serpath *folder = &folders->dls_serpath[i];
        int is_system = (folder->dls_flags & LA_SER_DEFAULT) != 0;
        if (is_system == system &&
            find_in_folder(folder->dls_name, strlen(folder->dls_name), name,
                           path)) {
            return 1;
        }
    }
    return 0;
}

/* Replaces $ORIGIN or ${ORIGIN} at the start of a folder; other variables mean
 * nothing here.  The length in `expanded`, 0 if it does not fit or is not
 * known. */
static size_t
expand_origin(const char *folder, size_t len, const char *origin,
              char expanded[PATH_MAX])
{
    static const char *const variables[] = {"$ORIGIN", "${ORIGIN}"};
    int size;

    if (len == 0) {
        return 0;
    }
    if (folder[0] != '$') {
        origin = "";
    }
    for (int i = 0; i < 2 && origin[0] != '\0'; i++) {
        size_t skip = strlen(variables[i]);
        if (len >= skip && strncmp(folder, variables[i], skip) == 0) {
            folder += skip;
            len -= skip;
            break;
        }
    }
    if (memchr(folder, '$', len) != NULL) {
        return 0;
    }
    size = PyOS_snprintf(expanded, PATH_MAX, "%s%.*s", origin, (int)len,
                         folder);
    return size > 0 && size < PATH_MAX ? (size_t)size : 0;
}

/* Looks into the folders that a library names itself. */
static int
find_in_own_folders(const char *folders, const char *origin, const char *name,
                    char path[PATH_MAX])
{
    char expanded[PATH_MAX];

    while (*folders != '\0') {
        size_t len = strcspn(folders, ":");
        size_t size = len < PATH_MAX
                          ? expand_origin(folders, len, origin, expanded) : 0;
        if (find_in_folder(expanded, size, name, path)) {
            return 1;
        }
        folders += len + (folders[len] == ':');
    }
    return 0;
}

/* The linker's list of folders (PyMem_RawMalloc), or NULL. */
static Dl_serinfo *
linker_folders(void *program)
{
    Dl_serinfo needed, *folders;

    if (dlinfo(program, RTLD_DI_SERINFOSIZE, &needed) < 0) {
        return NULL;
    }
    folders = PyMem_RawMalloc(needed.dls_size);
    if (folders != NULL) {
        *folders = needed;
        if (dlinfo(program, RTLD_DI_SERINFO, folders) < 0) {
            PyMem_RawFree(folders);
            folders = NULL;
        }
    }
    return folders;
}

int
native_find_library(const char *name, const char *folders,
                    int after_environment, const char *origin,
                    char path[PATH_MAX])
{
    void *program = dlopen(NULL, RTLD_LAZY);
    Dl_serinfo *linkers = program == NULL ? NULL : linker_folders(program);
    int found = 0;

    if (linkers != NULL) {
        found = (!after_environment &&
                 find_in_own_folders(folders, origin, name, path)) ||
                find_in_linker_folders(linkers, 0, name, path) ||
                (after_environment &&
                 find_in_own_folders(folders, origin, name, path)) ||
                find_in_cache(name, path) ||
                find_in_linker_folders(linkers, 1, name, path);
        PyMem_RawFree(linkers);
    }
    if (program != NULL) {
        dlclose(program);
    }
    return found;
}
