/* How instructions follow each other: by tail calls, where the compiler has
 * them, or by computed jumps inside one function. */
#ifndef LUCID_CEVAL_DISPATCH_H
#define LUCID_CEVAL_DISPATCH_H

#ifndef CEVAL_TAIL_CALLS
#  if defined(__has_feature)
#    if __has_feature(address_sanitizer)
/* The sanitizer's stack frames and preserve_none do not go together. */
#      define CEVAL_TAIL_CALLS 0
#    endif
#  endif
#endif
#if !defined(CEVAL_TAIL_CALLS) && defined(__clang__) && \
    defined(__x86_64__) && defined(__has_attribute)
#  if __has_attribute(preserve_none) && __has_attribute(musttail)
#    define CEVAL_TAIL_CALLS 1
#  endif
#endif
#ifndef CEVAL_TAIL_CALLS
#  define CEVAL_TAIL_CALLS 0
#endif

#endif
