/* Paths as wide strings: links, the current directory, normalisation.  No
 * exceptions, no GIL: the path configuration runs before there is either.
 */
#include "Python.h"

#include "fileutils.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wchar.h>

/* Copies the decoded `bytes` to buf; length or -1 with errno. */
static Py_ssize_t
path_decode_into(const char *bytes, wchar_t *buf, size_t buflen)
{
    size_t len;
    wchar_t *wide = Py_DecodeLocale(bytes, &len);

    if (wide == NULL) {
        errno = EINVAL;
        return -1;
    }
    if (len >= buflen) {
        PyMem_RawFree(wide);
        errno = EINVAL;
        return -1;
    }
    wcsncpy(buf, wide, len + 1);
    PyMem_RawFree(wide);
    return (Py_ssize_t)len;
}

int
_Py_wreadlink(const wchar_t *path, wchar_t *buf, size_t buflen)
{
    char target[PATH_MAX + 1];
    char *narrow = _Py_EncodeLocaleRaw(path, NULL);
    ssize_t size;

    if (narrow == NULL) {
        errno = EINVAL;
        return -1;
    }
    size = readlink(narrow, target, sizeof(target));
    PyMem_RawFree(narrow);
    if (size == -1) {
        return -1;
    }
    if (size == sizeof(target)) {
        errno = EINVAL;
        return -1;
    }
    target[size] = '\0';
    return (int)path_decode_into(target, buf, buflen);
}

wchar_t *
_Py_wrealpath(const wchar_t *path, wchar_t *resolved_path,
              size_t resolved_path_len)
{
    char resolved[PATH_MAX];
    char *narrow = _Py_EncodeLocaleRaw(path, NULL);
    char *found;

    if (narrow == NULL) {
        errno = EINVAL;
        return NULL;
    }
    found = realpath(narrow, resolved);
    PyMem_RawFree(narrow);
    if (found == NULL ||
        path_decode_into(resolved, resolved_path, resolved_path_len) < 0) {
        return NULL;
    }
    return resolved_path;
}

wchar_t *
_Py_wgetcwd(wchar_t *buf, size_t buflen)
{
    char cwd[PATH_MAX];

    if (getcwd(cwd, Py_MIN(buflen, sizeof(cwd))) == NULL ||
        path_decode_into(cwd, buf, buflen) < 0) {
        return NULL;
    }
    return buf;
}

int
fileutils_is_absolute(const wchar_t *path)
{
    return path[0] == L'/';
}

wchar_t *
fileutils_join(const wchar_t *dirname, const wchar_t *relative)
{
    size_t dir_len = wcslen(dirname), rel_len = wcslen(relative);
    int slash = dir_len > 0 && dirname[dir_len - 1] != L'/';
    wchar_t *joined = PyMem_RawMalloc((dir_len + rel_len + 2) *
                                      sizeof(wchar_t));

    if (joined == NULL) {
        return NULL;
    }
    wmemcpy(joined, dirname, dir_len);
    if (slash) {
        joined[dir_len] = L'/';
    }
    wmemcpy(joined + dir_len + slash, relative, rel_len + 1);
    return _Py_normpath(joined, -1);
}

int
fileutils_make_absolute(const wchar_t *path, wchar_t **result)
{
    wchar_t cwd[PATH_MAX + 1];

    if (fileutils_is_absolute(path) ||
        _Py_wgetcwd(cwd, Py_ARRAY_LENGTH(cwd)) == NULL) {
        *result = _PyMem_RawWcsdup(path);
        return *result != NULL ? 0 : -1;
    }
    if (path[0] == L'.' && path[1] == L'/') {
        path += 2;
    }
    size_t cwd_len = wcslen(cwd), len = wcslen(path);
    wchar_t *joined = PyMem_RawMalloc((cwd_len + len + 2) * sizeof(wchar_t));
    *result = joined;
    if (joined == NULL) {
        return -1;
    }
    wmemcpy(joined, cwd, cwd_len);
    joined[cwd_len] = L'/';
    wmemcpy(joined + cwd_len + 1, path, len + 1);
    return 0;
}

/* The write position never passes the read position, so the path shrinks in
 * place.  `floor` is what ".." must not remove: the root, or a run of ".."
 * at the start of a relative path. */
size_t
fileutils_normalise(wchar_t *path, size_t len)
{
    size_t read = 0, write = 0, floor;
    int absolute = len > 0 && path[0] == L'/';

    if (absolute) {
        /* Exactly two leading slashes mean something of their own (POSIX). */
        write = len > 1 && path[1] == L'/' && (len < 3 || path[2] != L'/')
                    ? 2
                    : 1;
        read = write;
    }
    floor = write;
    while (read < len) {
        size_t start = read, part;

        while (read < len && path[read] != L'/') {
            read++;
        }
        part = read - start;
        read++;
        if (part == 0 || (part == 1 && path[start] == L'.')) {
            continue;
        }
        if (part == 2 && path[start] == L'.' && path[start + 1] == L'.') {
            if (write > floor) {
                while (write > floor && path[write - 1] != L'/') {
                    write--;
                }
                if (write > floor) {
                    write--;                        /* the slash before it */
                }
                continue;
            }
            if (absolute) {
                continue;
            }
        }
        if (write > 0 && path[write - 1] != L'/') {
            path[write++] = L'/';
        }
        wmemmove(path + write, path + start, part);
        write += part;
        if (part == 2 && path[write - 1] == L'.' && path[write - 2] == L'.') {
            floor = write;
        }
    }
    return write;
}

wchar_t *
_Py_normpath(wchar_t *path, Py_ssize_t size)
{
    size_t len = size >= 0 ? (size_t)size : wcslen(path);
    size_t end = fileutils_normalise(path, len);

    if (end < len) {
        path[end] = L'\0';
    }
    return path;
}
