#include "CSystemCalls.h"

#include <stdlib.h>

#if defined(__GLIBC__)
#include <malloc.h>
void sp_return_large_memory(int bytes) { mallopt(M_MMAP_THRESHOLD, bytes); }
#else
void sp_return_large_memory(int bytes) { (void)bytes; }
#endif
