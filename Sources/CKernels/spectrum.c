#include <math.h>

#include "CKernels.h"
#include "clones.h"

// 512 real points are taken as 256 complex ones, transformed by four radix-4 Stockham passes (self-sorting,
// so that the inner loops run over contiguous values) and split into the spectrum of the real signal.
enum { HALF = CK_FFT_POINTS / 2 };

// Tables: cos and sin of 2 pi k / 256 (k < 256), then cos and sin of 2 pi k / 512 (k < 256).
void ck_fft_fill_tables(float *tables) {
    for (int k = 0; k < HALF; k++) {
        tables[k] = (float)cos(2 * M_PI * k / HALF);
        tables[HALF + k] = (float)sin(2 * M_PI * k / HALF);
        tables[2 * HALF + k] = (float)cos(M_PI * k / HALF);
        tables[3 * HALF + k] = (float)sin(M_PI * k / HALF);
    }
}

// One radix-4 pass over `groups` groups of `stride` contiguous values each (groups * stride * 4 == 256).
#define RADIX4_PASS(inRe, inIm, outRe, outIm, stride, groups)                                              \
    for (int p = 0; p < (groups); p++) {                                                                   \
        const int t = p * (stride);                                                                        \
        const float c1 = tables[t], s1 = -tables[HALF + t];                                                \
        const float c2 = tables[2 * t], s2 = -tables[HALF + 2 * t];                                        \
        const float c3 = tables[3 * t], s3 = -tables[HALF + 3 * t];                                        \
        for (int q = 0; q < (stride); q++) {                                                               \
            const int a = q + (stride) * p, b = a + (stride) * (groups);                                   \
            const int c = b + (stride) * (groups), d = c + (stride) * (groups);                            \
            const float sumRe = inRe[a] + inRe[c], sumIm = inIm[a] + inIm[c];                              \
            const float difRe = inRe[a] - inRe[c], difIm = inIm[a] - inIm[c];                              \
            const float oddRe = inRe[b] + inRe[d], oddIm = inIm[b] + inIm[d];                              \
            const float rotRe = inIm[b] - inIm[d], rotIm = inRe[d] - inRe[b];                              \
            const int o = q + (stride) * 4 * p;                                                            \
            outRe[o] = sumRe + oddRe;                                                                      \
            outIm[o] = sumIm + oddIm;                                                                      \
            const float r1 = difRe + rotRe, i1 = difIm + rotIm;                                            \
            outRe[o + (stride)] = r1 * c1 - i1 * s1;                                                       \
            outIm[o + (stride)] = r1 * s1 + i1 * c1;                                                       \
            const float r2 = sumRe - oddRe, i2 = sumIm - oddIm;                                            \
            outRe[o + 2 * (stride)] = r2 * c2 - i2 * s2;                                                   \
            outIm[o + 2 * (stride)] = r2 * s2 + i2 * c2;                                                   \
            const float r3 = difRe - rotRe, i3 = difIm - rotIm;                                            \
            outRe[o + 3 * (stride)] = r3 * c3 - i3 * s3;                                                   \
            outIm[o + 3 * (stride)] = r3 * s3 + i3 * c3;                                                   \
        }                                                                                                  \
    }

// Complex transform of the 256 values in re/im; the second pair is work space. The result is in re/im.
static inline __attribute__((always_inline)) void transform(float *restrict re, float *restrict im,
                                                            float *restrict workRe, float *restrict workIm,
                                                            const float *restrict tables) {
    RADIX4_PASS(re, im, workRe, workIm, 1, 64)
    RADIX4_PASS(workRe, workIm, re, im, 4, 16)
    RADIX4_PASS(re, im, workRe, workIm, 16, 4)
    RADIX4_PASS(workRe, workIm, re, im, 64, 1)
}

CLONES void ck_power_spectrum(const float *input, const float *tables, float *scratch, float *power) {
    float *re = scratch, *im = scratch + HALF;
    for (int n = 0; n < HALF; n++) {
        re[n] = input[2 * n];
        im[n] = input[2 * n + 1];
    }
    transform(re, im, scratch + 2 * HALF, scratch + 3 * HALF, tables);
    const float *cosine = tables + 2 * HALF, *sine = tables + 3 * HALF;
    const float dc = re[0] + im[0], nyquist = re[0] - im[0];
    power[0] = dc * dc;
    power[HALF] = nyquist * nyquist;
    for (int k = 1; k < HALF; k++) {
        const float evenRe = 0.5f * (re[k] + re[HALF - k]), evenIm = 0.5f * (im[k] - im[HALF - k]);
        const float oddRe = 0.5f * (im[k] + im[HALF - k]), oddIm = 0.5f * (re[HALF - k] - re[k]);
        const float xRe = evenRe + cosine[k] * oddRe + sine[k] * oddIm;
        const float xIm = evenIm + cosine[k] * oddIm - sine[k] * oddRe;
        power[k] = xRe * xRe + xIm * xIm;
    }
}

void ck_power_spectrum_reference(const float *input, float *power) {
    for (int k = 0; k <= HALF; k++) {
        double re = 0, im = 0;
        for (int n = 0; n < CK_FFT_POINTS; n++) {
            re += input[n] * cos(2 * M_PI * ((k * n) % CK_FFT_POINTS) / CK_FFT_POINTS);
            im -= input[n] * sin(2 * M_PI * ((k * n) % CK_FFT_POINTS) / CK_FFT_POINTS);
        }
        power[k] = (float)(re * re + im * im);
    }
}

// Two real frames are one complex signal; the symmetry of their spectra takes them apart again.
CLONES void ck_magnitudes_pair(const float *left, const float *right, const float *window, const float *tables,
                               float *scratch, float *leftMagnitudes, float *rightMagnitudes) {
    float *re = scratch, *im = scratch + HALF;
    for (int n = 0; n < HALF; n++) {
        re[n] = left[n] * window[n];
        im[n] = right[n] * window[n];
    }
    transform(re, im, scratch + 2 * HALF, scratch + 3 * HALF, tables);
    leftMagnitudes[0] = fabsf(re[0]);
    rightMagnitudes[0] = fabsf(im[0]);
    for (int k = 1; k <= HALF / 2; k++) {
        const float evenRe = re[k] + re[HALF - k], evenIm = im[k] - im[HALF - k];
        const float oddRe = im[k] + im[HALF - k], oddIm = re[HALF - k] - re[k];
        leftMagnitudes[k] = 0.5f * sqrtf(evenRe * evenRe + evenIm * evenIm);
        rightMagnitudes[k] = 0.5f * sqrtf(oddRe * oddRe + oddIm * oddIm);
    }
}

void ck_magnitudes_reference(const float *input, const float *window, float *magnitudes) {
    for (int k = 0; k <= HALF / 2; k++) {
        double re = 0, im = 0;
        for (int n = 0; n < HALF; n++) {
            re += (double)input[n] * window[n] * cos(2 * M_PI * ((k * n) % HALF) / HALF);
            im -= (double)input[n] * window[n] * sin(2 * M_PI * ((k * n) % HALF) / HALF);
        }
        magnitudes[k] = (float)sqrt(re * re + im * im);
    }
}

// The spectrum is real and even, so its transform is real and even too: the same packing gives it.
CLONES void ck_autocorrelation(const float *spectrum, const float *tables, float *scratch, float *output) {
    float *re = scratch, *im = scratch + HALF;
    for (int n = 0; n < HALF / 2; n++) {
        re[n] = spectrum[2 * n];
        im[n] = spectrum[2 * n + 1];
    }
    for (int n = HALF / 2; n < HALF; n++) {
        re[n] = spectrum[2 * (HALF - n)];
        im[n] = spectrum[2 * (HALF - n) - 1];
    }
    transform(re, im, scratch + 2 * HALF, scratch + 3 * HALF, tables);
    const float *cosine = tables + 2 * HALF, *sine = tables + 3 * HALF;
    output[0] = re[0] + im[0];
    output[HALF] = re[0] - im[0];
    for (int k = 1; k < HALF; k++) {
        const float evenRe = 0.5f * (re[k] + re[HALF - k]);
        const float oddRe = 0.5f * (im[k] + im[HALF - k]), oddIm = 0.5f * (re[HALF - k] - re[k]);
        output[k] = evenRe + cosine[k] * oddRe + sine[k] * oddIm;
    }
}

void ck_autocorrelation_reference(const float *spectrum, float *output) {
    for (int n = 0; n <= HALF; n++) {
        double sum = spectrum[0] + (n % 2 ? -1.0 : 1.0) * spectrum[HALF];
        for (int k = 1; k < HALF; k++)
            sum += 2.0 * spectrum[k] * cos(2 * M_PI * ((k * n) % CK_FFT_POINTS) / CK_FFT_POINTS);
        output[n] = (float)sum;
    }
}
