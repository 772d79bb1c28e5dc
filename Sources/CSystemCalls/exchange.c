#define _GNU_SOURCE
#include "CSystemCalls.h"

#include <errno.h>
#include <stdio.h>

#if defined(__linux__)
#include <fcntl.h>
int sp_exchange_names(const char *a, const char *b) {
  return renameat2(AT_FDCWD, a, AT_FDCWD, b, RENAME_EXCHANGE);
}
#elif defined(__APPLE__)
int sp_exchange_names(const char *a, const char *b) { return renamex_np(a, b, RENAME_SWAP); }
#else
int sp_exchange_names(const char *a, const char *b) {
  errno = ENOSYS;
  return -1;
}
#endif
