/* Kept for old sources: both do nothing. */
#ifndef Py_CPYTHON_PYFPE_H
#define Py_CPYTHON_PYFPE_H
#ifdef __cplusplus
extern "C" {
#endif

#define PyFPE_START_PROTECT(err_string, leave_stmt)
#define PyFPE_END_PROTECT(v)


#ifdef __cplusplus
}
#endif
#endif
