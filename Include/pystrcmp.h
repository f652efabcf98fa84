/* Comparison of text without regard to case. */
#ifndef Py_PYSTRCMP_H
#define Py_PYSTRCMP_H
#ifdef __cplusplus
extern "C" {
#endif

PyAPI_FUNC(int) PyOS_mystrnicmp(const char *string, const char *string2,
                                Py_ssize_t n);
PyAPI_FUNC(int) PyOS_mystricmp(const char *string, const char *string2);

#define PyOS_strnicmp PyOS_mystrnicmp
#define PyOS_stricmp PyOS_mystricmp

#ifdef __cplusplus
}
#endif
#endif
