// What must happen before and beside everything else in a program that calls BLAS, where memory or threads are short.
// Only a program links it, never a library: it takes the place of malloc and starts the program a second time.
#ifndef SPIKESORT_CPROGRAMSTART_H
#define SPIKESORT_CPROGRAMSTART_H

/// Bytes of an allocation that the system refused; 0 while it refused none.
unsigned long sp_refused_bytes(void);

/// Takes the memory that BLAS needs to be called from so many threads at once, now, as later it would wait for ever for
/// what the system refuses. 1 where it got it (or needs none), 0 where the system has no room for it.
int sp_reserve_blas(int threads);

/// How many threads, of so many wanted, the system lets the program have at once beside the calling one.
int sp_threads_to_be_had(int wanted);

/// From now on a crash that follows a refused allocation ends the process with one sentence on stderr and this code.
/// To be called after whoever else handles crashes: theirs are called for all others.
void sp_out_of_memory_exit(int code);

#endif
