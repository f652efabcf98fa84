/* How paths are written on this system. */
#ifndef Py_OSDEFS_H
#define Py_OSDEFS_H
#ifdef __cplusplus
extern "C" {
#endif

#define SEP L'/'
#define MAXPATHLEN 4096
#define DELIM L':'


#ifdef __cplusplus
}
#endif
#endif
