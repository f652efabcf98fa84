/* Files, descriptors, the locale's text encoding and paths, below the level of
 * Python objects.
 *
 * Descriptors: every function that makes one makes it non-inheritable
 * (close-on-exec), without a window between making and marking where the
 * kernel can do so.  "noraise" functions set errno and may run without the
 * GIL; the others set an exception, and release the GIL around the system
 * call.  All but the noraise ones retry after EINTR once the signal handlers
 * have run.
 *
 * Text: "locale" means the C library's current LC_CTYPE encoding; "filesystem"
 * means UTF-8 in UTF-8 mode, else the locale.  Undecodable bytes 0x80-0xff
 * become the lone surrogates U+DC80-U+DCFF under `surrogateescape`.
 */
#ifndef INTERNAL_FILEUTILS_H
#define INTERNAL_FILEUTILS_H

#include "Python.h"

#include <locale.h>
#include <stdio.h>
#include <sys/stat.h>

/* ---- text of the locale ---- */

#ifndef LUCID_ERROR_HANDLER_DEFINED
#define LUCID_ERROR_HANDLER_DEFINED
typedef enum {
    _Py_ERROR_UNKNOWN = 0,
    _Py_ERROR_STRICT,
    _Py_ERROR_SURROGATEESCAPE,
    _Py_ERROR_REPLACE,
    _Py_ERROR_IGNORE,
    _Py_ERROR_BACKSLASHREPLACE,
    _Py_ERROR_SURROGATEPASS,
    _Py_ERROR_XMLCHARREFREPLACE,
    _Py_ERROR_OTHER
} _Py_error_handler;
#endif

/* The handler named `errors`; NULL names strict.  Never fails: an unlisted
 * name is _Py_ERROR_OTHER. */
PyAPI_FUNC(_Py_error_handler) _Py_GetErrorHandler(const char *errors);

/* 0: *wstr (PyMem_RawMalloc) and *wlen are set.  -1: out of memory.  -2: the
 * bytes do not decode; *wlen is the offset, *reason a static text.  -3: the
 * handler is none of strict, surrogateescape, surrogatepass.  `wlen` and
 * `reason` may be NULL.  No exception is set; no GIL needed. */
PyAPI_FUNC(int) _Py_DecodeLocaleEx(const char *arg, wchar_t **wstr,
                                   size_t *wlen, const char **reason,
                                   int current_locale,
                                   _Py_error_handler errors);

/* As _Py_DecodeLocaleEx, the other way; *str comes from PyMem_RawMalloc. */
PyAPI_FUNC(int) _Py_EncodeLocaleEx(const wchar_t *text, char **str,
                                   size_t *error_pos, const char **reason,
                                   int current_locale,
                                   _Py_error_handler errors);

/* Py_EncodeLocale with a PyMem_RawMalloc result.  NULL: *error_pos is the
 * offset of the character, or (size_t)-1 for no memory. */
PyAPI_FUNC(char *) _Py_EncodeLocaleRaw(const wchar_t *text, size_t *error_pos);

/* UTF-8 forms of the two, same results (raw_malloc chooses the domain). */
PyAPI_FUNC(int) _Py_DecodeUTF8Ex(const char *arg, Py_ssize_t arglen,
                                 wchar_t **wstr, size_t *wlen,
                                 const char **reason,
                                 _Py_error_handler errors);
PyAPI_FUNC(int) _Py_EncodeUTF8Ex(const wchar_t *text, char **str,
                                 size_t *error_pos, const char **reason,
                                 int raw_malloc, _Py_error_handler errors);
/* NULL: no memory. */
PyAPI_FUNC(wchar_t *) _Py_DecodeUTF8_surrogateescape(const char *arg,
                                                     Py_ssize_t arglen,
                                                     size_t *wlen);

/* 1 if LC_CTYPE is the C/POSIX locale and its nominal encoding is ASCII though
 * mbstowcs() decodes high bytes; cached until _Py_ResetForceASCII(). */
PyAPI_FUNC(int) _Py_GetForceASCII(void);
PyAPI_FUNC(void) _Py_ResetForceASCII(void);

/* nl_langinfo(CODESET), "utf-8" in UTF-8 mode or when empty.  The first in
 * PyMem_RawMalloc memory (NULL: no memory), the second a new str. */
PyAPI_FUNC(wchar_t *) _Py_GetLocaleEncoding(void);
PyAPI_FUNC(PyObject *) _Py_GetLocaleEncodingObject(void);

/* Encoding of a terminal on `fd`: new str, or None if it is no terminal. */
PyAPI_FUNC(PyObject *) _Py_device_encoding(int fd);

/* The numeric separators of `lc` as new str, decoded in LC_NUMERIC's own
 * encoding. */
PyAPI_FUNC(int) _Py_GetLocaleconvNumeric(struct lconv *lc,
                                         PyObject **decimal_point,
                                         PyObject **thousands_sep);

/* ---- descriptors ---- */

/* Audits `open` (path, None, flags). */
PyAPI_FUNC(int) _Py_open(const char *pathname, int flags);
PyAPI_FUNC(int) _Py_open_noraise(const char *pathname, int flags);
/* Audits `open` (path, mode, 0).  NULL with an exception if a hook refused,
 * else with errno only. */
PyAPI_FUNC(FILE *) _Py_wfopen(const wchar_t *path, const wchar_t *mode);

/* Count, or -1 with an exception.  At most PY_SSIZE_T_MAX bytes at a time. */
PyAPI_FUNC(Py_ssize_t) _Py_read(int fd, void *buf, size_t count);
PyAPI_FUNC(Py_ssize_t) _Py_write(int fd, const void *buf, size_t count);
/* Retries after EINTR, needs no GIL. */
PyAPI_FUNC(Py_ssize_t) _Py_write_noraise(int fd, const void *buf,
                                         size_t count);

PyAPI_FUNC(int) _Py_fstat(int fd, struct stat *status);
PyAPI_FUNC(int) _Py_fstat_noraise(int fd, struct stat *status);
/* `path` is str.  0; -1: errno is set; -2: exception. */
PyAPI_FUNC(int) _Py_stat(PyObject *path, struct stat *status);

PyAPI_FUNC(int) _Py_get_inheritable(int fd);
/* `atomic_flag_works` (may be NULL) points to a per-caller cache: -1 unknown,
 * 1 the kernel honoured O_CLOEXEC so nothing is left to do, 0 it did not. */
PyAPI_FUNC(int) _Py_set_inheritable(int fd, int inheritable,
                                    int *atomic_flag_works);
PyAPI_FUNC(int) _Py_set_inheritable_async_safe(int fd, int inheritable,
                                               int *atomic_flag_works);
PyAPI_FUNC(int) _Py_get_blocking(int fd);
PyAPI_FUNC(int) _Py_set_blocking(int fd, int blocking);
PyAPI_FUNC(int) _Py_dup(int fd);
/* Closes first..last inclusive, ignoring errors.  No GIL needed. */
PyAPI_FUNC(void) _Py_closerange(int first, int last);

/* ---- paths as wide strings; no GIL needed, no exception ---- */

/* Length, or -1 with errno. */
PyAPI_FUNC(int) _Py_wreadlink(const wchar_t *path, wchar_t *buf,
                              size_t buflen);
/* `resolved_path`, or NULL with errno. */
PyAPI_FUNC(wchar_t *) _Py_wrealpath(const wchar_t *path,
                                    wchar_t *resolved_path,
                                    size_t resolved_path_len);
PyAPI_FUNC(wchar_t *) _Py_wgetcwd(wchar_t *buf, size_t buflen);

/* Normalises `path` in place as os.path.normpath does, except that an empty
 * result stays empty and leading "./" goes; `size` < 0 means up to the first
 * NUL.  Returns path. */
PyAPI_FUNC(wchar_t *) _Py_normpath(wchar_t *path, Py_ssize_t size);

/* The same for `len` characters, NULs included; returns how many are left. */
size_t fileutils_normalise(wchar_t *path, size_t len);

/* Starts with '/'. */
int fileutils_is_absolute(const wchar_t *path);

/* *result (PyMem_RawMalloc) is `path` made absolute against the current
 * directory; 0, or -1 without memory.  An unreadable current directory leaves
 * the path as it is. */
int fileutils_make_absolute(const wchar_t *path, wchar_t **result);

/* dirname + '/' + relative, normalised, PyMem_RawMalloc; NULL: no memory. */
wchar_t *fileutils_join(const wchar_t *dirname, const wchar_t *relative);

/* ---- randomness ---- */

/* Fill from the kernel's generator; 0/-1 with an exception.  The second does
 * not wait for the generator to be seeded. */
PyAPI_FUNC(int) _PyOS_URandom(void *buffer, Py_ssize_t size);
PyAPI_FUNC(int) _PyOS_URandomNonblock(void *buffer, Py_ssize_t size);
/* No exception, no GIL, before the runtime exists: 0, or -1 with errno. */
int fileutils_random_noraise(void *buffer, size_t size);

/* ---- O& converters shared by modules ---- */

/* int or object with fileno() to int *; 1/0. */
PyAPI_FUNC(int) _PyLong_FileDescriptor_Converter(PyObject *object, void *fd);

#endif
