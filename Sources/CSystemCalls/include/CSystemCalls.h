// System calls that Swift's view of the C library does not show.
#ifndef SPIKESORT_CSYSTEMCALLS_H
#define SPIKESORT_CSYSTEMCALLS_H

/// Exchanges two names of one file system in one step. 0, or -1 with errno where the system cannot.
int sp_exchange_names(const char *a, const char *b);

/// Takes memory of at least so many bytes from the system piece by piece, so that it goes back as soon as it is freed
/// instead of staying between pieces in use. Nothing where the C library has no such setting.
void sp_return_large_memory(int bytes);

#endif
