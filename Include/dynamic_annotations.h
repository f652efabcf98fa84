/* Kept for old sources. */
#ifndef Py_DYNAMIC_ANNOTATIONS_H
#define Py_DYNAMIC_ANNOTATIONS_H
#ifdef __cplusplus
extern "C" {
#endif

#define DYNAMIC_ANNOTATIONS_ENABLED 0


#ifdef __cplusplus
}
#endif
#endif
