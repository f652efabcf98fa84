#ifndef Lucid_EXPAT_ENCODING_H
#define Lucid_EXPAT_ENCODING_H

#include <expat.h>

/* For XML_SetUnknownEncodingHandler(): encodings beyond expat's own, one byte
 * a character, by Python's codec.  XML_STATUS_ERROR with an exception set,
 * also when one was pending.  Defined in Modules/pyexpat.c. */
int XMLCALL expat_unknown_encoding(void *data, const XML_Char *name,
                                   XML_Encoding *info);

#endif
