/* Symbol visibility. */
#ifndef Py_EXPORTS_H
#define Py_EXPORTS_H
#ifdef __cplusplus
extern "C" {
#endif

#define Py_IMPORTED_SYMBOL __attribute__((visibility("default")))
#define Py_EXPORTED_SYMBOL __attribute__((visibility("default")))
#define Py_LOCAL_SYMBOL __attribute__((visibility("hidden")))


#ifdef __cplusplus
}
#endif
#endif
