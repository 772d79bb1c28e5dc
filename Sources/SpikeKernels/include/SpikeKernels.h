// The few elementwise loops that must run at the width of the machine's vectors.
// Each is compiled for several instruction sets and chosen at load time.
#ifndef SPIKESORT_SPIKE_KERNELS_H
#define SPIKESORT_SPIKE_KERNELS_H

#include <stddef.h>

/// x[i] = exp(x[i]) for i < n. At most 2 ulp from the C library's exp on [-708, 709]; below -708 it gives 0.
void sk_exp(double *x, size_t n);

/// x[i] = exp(x[i]) in single precision. Below -87 it gives 0.
void sk_expf(float *x, size_t n);

/// x[i] = log(x[i]) for finite x[i] > 0, at most 2 ulp from the C library's log.
void sk_log(double *x, size_t n);

#endif
