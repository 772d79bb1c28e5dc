#include "CSystemCalls.h"

#include <stdlib.h>

#if defined(__GLIBC__)
#include <malloc.h>
void sp_return_large_memory(int bytes) {
  mallopt(M_MMAP_THRESHOLD, bytes);
  // Setting the one ends the C library's own adjusting of the other, which would stay at 128 kB and give every
  // buffer back at once.
  mallopt(M_TRIM_THRESHOLD, 2 * bytes);
}
#else
void sp_return_large_memory(int bytes) { (void)bytes; }
#endif
