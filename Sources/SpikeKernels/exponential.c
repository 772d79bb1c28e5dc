#include "SpikeKernels.h"

#include <stdint.h>
#include <string.h>

#if defined(__x86_64__) && defined(__linux__)
#define CLONED __attribute__((target_clones("default", "arch=x86-64-v3", "arch=x86-64-v4")))
#else
#define CLONED
#endif

static inline double double_of_bits(uint64_t b) {
  double d;
  memcpy(&d, &b, sizeof d);
  return d;
}

static inline uint64_t bits_of_double(double d) {
  uint64_t b;
  memcpy(&b, &d, sizeof b);
  return b;
}

// exp(x) = 2^k exp(r), k = round(x / ln 2), |r| <= ln 2 / 2 by Cody and Waite's two-part ln 2;
// exp(r) by its Taylor polynomial of degree 13 (remainder under 4e-18).
// Adding 1.5 * 2^52 rounds to an integer and leaves it in the low bits.
CLONED void sk_exp(double *x, size_t n) {
  const double magic = 6755399441055744.0;
  for (size_t i = 0; i < n; i++) {
    double v = x[i];
    double c = v < -708.0 ? -708.0 : (v > 709.0 ? 709.0 : v);
    double shifted = c * 1.4426950408889634074 + magic;
    double k = shifted - magic;
    double r = (c - k * 6.93147180369123816490e-01) - k * 1.90821492927058770002e-10;
    double p = 1.0 / 6227020800.0;
    p = p * r + 1.0 / 479001600.0;
    p = p * r + 1.0 / 39916800.0;
    p = p * r + 1.0 / 3628800.0;
    p = p * r + 1.0 / 362880.0;
    p = p * r + 1.0 / 40320.0;
    p = p * r + 1.0 / 5040.0;
    p = p * r + 1.0 / 720.0;
    p = p * r + 1.0 / 120.0;
    p = p * r + 1.0 / 24.0;
    p = p * r + 1.0 / 6.0;
    p = p * r + 0.5;
    p = p * r + 1.0;
    p = p * r + 1.0;
    uint64_t exponent = (bits_of_double(shifted) + 1023) << 52;
    double scaled = p * double_of_bits(exponent);
    x[i] = v < -708.0 ? 0.0 : (v != v ? v : scaled);
  }
}

CLONED void sk_expf(float *x, size_t n) {
  const float magic = 12582912.0f;
  for (size_t i = 0; i < n; i++) {
    float v = x[i];
    float c = v < -87.0f ? -87.0f : (v > 88.0f ? 88.0f : v);
    float shifted = c * 1.44269504f + magic;
    float k = shifted - magic;
    float r = (c - k * 6.93359375e-01f) - k * -2.12194440e-4f;
    float p = 1.0f / 5040.0f;
    p = p * r + 1.0f / 720.0f;
    p = p * r + 1.0f / 120.0f;
    p = p * r + 1.0f / 24.0f;
    p = p * r + 1.0f / 6.0f;
    p = p * r + 0.5f;
    p = p * r + 1.0f;
    p = p * r + 1.0f;
    uint32_t bits;
    memcpy(&bits, &shifted, sizeof bits);
    bits = (bits + 127u) << 23;
    float scale;
    memcpy(&scale, &bits, sizeof scale);
    x[i] = v < -87.0f ? 0.0f : (v != v ? v : p * scale);
  }
}

// log(x) = e ln 2 + log(m), sqrt(1/2) <= m < sqrt(2), log(m) = 2 atanh(s) with s = (m - 1) / (m + 1);
// coefficients of the even polynomial in s from fdlibm's e_log.c (Sun Microsystems, minimax on [0, 0.1716]).
CLONED void sk_log(double *x, size_t n) {
  for (size_t i = 0; i < n; i++) {
    double v = x[i];
    uint64_t bits = bits_of_double(v);
    // Move the mantissa's range to [sqrt(1/2), sqrt(2)).
    uint64_t moved = bits - 0x3fe6a09e667f3bcdULL;
    int64_t e = (int64_t)moved >> 52;
    double m = double_of_bits(bits - ((uint64_t)e << 52));
    double f = m - 1.0;
    double s = f / (2.0 + f);
    double z = s * s;
    double p = 1.479819860511658591e-01;
    p = p * z + 1.531383769920937332e-01;
    p = p * z + 1.818357216161805012e-01;
    p = p * z + 2.222219843214978396e-01;
    p = p * z + 2.857142874366239149e-01;
    p = p * z + 3.999999999940941908e-01;
    p = p * z + 6.666666666666735130e-01;
    double r = p * z;
    double half = 0.5 * f * f;
    double k = (double)(int32_t)e;
    x[i] = k * 6.93147180369123816490e-01 - ((half - (s * (half + r) + k * 1.90821492927058770002e-10)) - f);
  }
}
