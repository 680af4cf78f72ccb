// Stateless signal kernels: no allocation, no global state, nothing kept between calls.
//
// Every vectorised kernel has a plain scalar twin (`..._reference`) that is its specification; the
// tests compare the two at odd lengths and misaligned offsets.
#ifndef ATTUNE_CKERNELS_H
#define ATTUNE_CKERNELS_H

#include <stddef.h>

#include "CKernelsPicture.h"

/// Sum of `left[i] * right[i]` for i in 0..<count. No alignment is needed.
float ck_dot(const float *left, const float *right, size_t count);
/// Scalar twin of `ck_dot`, summed in double precision.
float ck_dot_reference(const float *left, const float *right, size_t count);

/// target[i] += factor * values[i] for i in 0..<count.
void ck_add_scaled(float *target, const float *values, float factor, size_t count);
/// Scalar twin of `ck_add_scaled`, in double precision.
void ck_add_scaled_reference(float *target, const float *values, float factor, size_t count);

/// Lowest and highest of `count` (1 or more) finite values.
void ck_range(const float *values, size_t count, float *low, float *high);
/// Scalar twin of `ck_range`.
void ck_range_reference(const float *values, size_t count, float *low, float *high);

/// How many of the values are `<= low` or `>= high`.
size_t ck_count_outside(const float *values, float low, float high, size_t count);
/// Scalar twin of `ck_count_outside`.
size_t ck_count_outside_reference(const float *values, float low, float high, size_t count);

/// FIR filter with decimation: output[k] = sum over j of taps[j] * input[k * step + j].
/// `input` holds `(count - 1) * step + tapCount` values.
void ck_fir_decimate(const float *input, const float *taps, size_t tapCount, size_t step, float *output,
                     size_t count);
/// Scalar twin of `ck_fir_decimate`.
void ck_fir_decimate_reference(const float *input, const float *taps, size_t tapCount, size_t step,
                               float *output, size_t count);

/// Symmetric cross-correlation for the lags `firstLag ..< firstLag + lagCount`:
/// output[k] = sum over i in 0..<width of a[i] * a[i + lag], where lag = firstLag + k and a begins
/// `(width + lag) / 2` before `center`, so that both stretches lie evenly about the centre.
/// The caller owns `(width + lag) / 2` values before and `(width + lag + 1) / 2` after `center`.
void ck_centered_correlation(const float *center, size_t width, size_t firstLag, size_t lagCount,
                             float *output);
/// Scalar twin of `ck_centered_correlation`, summed in double precision.
void ck_centered_correlation_reference(const float *center, size_t width, size_t firstLag, size_t lagCount,
                                       float *output);

/// Points of the fixed-size transform below.
enum { CK_FFT_POINTS = 512, CK_FFT_BINS = 257, CK_FFT_TABLE_FLOATS = 1024, CK_FFT_SCRATCH_FLOATS = 1024 };

/// Fills the sine tables that `ck_power_spectrum` needs (`CK_FFT_TABLE_FLOATS` values).
void ck_fft_fill_tables(float *tables);
/// Power spectrum |X[k]|^2 of `CK_FFT_POINTS` real samples (`CK_FFT_BINS` values).
/// `scratch` holds `CK_FFT_SCRATCH_FLOATS` values; nothing in it needs to survive.
void ck_power_spectrum(const float *input, const float *tables, float *scratch, float *power);
/// Direct discrete Fourier sum: the specification of `ck_power_spectrum`.
void ck_power_spectrum_reference(const float *input, float *power);
/// Cosine transform of a symmetric spectrum, i.e. the autocorrelation that belongs to a power spectrum:
/// output[n] = s[0] + (-1)^n s[256] + 2 * sum over k in 1...255 of s[k] cos(2 pi k n / 512), n in 0...256.
void ck_autocorrelation(const float *spectrum, const float *tables, float *scratch, float *output);
/// Direct sum: the specification of `ck_autocorrelation`.
void ck_autocorrelation_reference(const float *spectrum, float *output);

/// Points and bins of a frame of `ck_magnitudes_pair`.
enum { CK_FRAME_POINTS = 256, CK_FRAME_BINS = 129 };

/// Magnitudes |X[k]| of two windowed frames of `CK_FRAME_POINTS` real samples (`CK_FRAME_BINS` values each),
/// with the tables and the scratch space of `ck_power_spectrum`.
void ck_magnitudes_pair(const float *left, const float *right, const float *window, const float *tables,
                        float *scratch, float *leftMagnitudes, float *rightMagnitudes);
/// Direct Fourier sum of one frame: the specification of `ck_magnitudes_pair`.
void ck_magnitudes_reference(const float *input, const float *window, float *magnitudes);

/// Affine map applied at 1, 2 or 4 places of the same input (a layer of a network, or a convolution along
/// time): output[p][o] = bias[o] + sum over j of weight[o][j] * input[p * inputStep + j].
/// The weights lie in blocks of B = `ck_affine_block(positions)` outputs, input by input within each:
/// weight[o][j] is weights[(o / B * inputCount + j) * B + o % B]. `outputCount` is a multiple of B.
void ck_affine(const float *weights, const float *bias, const float *input, size_t inputCount,
               size_t inputStep, size_t positions, float *output, size_t outputCount);
/// Outputs per block of the weights of `ck_affine`.
size_t ck_affine_block(size_t positions);
/// Scalar twin of `ck_affine`, summed in double precision.
void ck_affine_reference(const float *weights, const float *bias, const float *input, size_t inputCount,
                         size_t inputStep, size_t positions, float *output, size_t outputCount);

/// One step of a long short-term memory cell: `gates` holds the sums of the input, forget, candidate and output
/// gates (`units` values each); `cell` and `hidden` are renewed.
void ck_lstm_cell(const float *gates, size_t units, float *cell, float *hidden);
/// Twin of `ck_lstm_cell` with the functions of libm in double precision.
void ck_lstm_cell_reference(const float *gates, size_t units, float *cell, float *hidden);

/// Sets negative values, and what is no number, to zero.
void ck_rectify(float *values, size_t count);
/// Scalar twin of `ck_rectify`.
void ck_rectify_reference(float *values, size_t count);

/// Elementary functions of libm, so that the callers need no other module.
static inline float ck_log10(float value) { return __builtin_log10f(value); }
static inline float ck_log2(float value) { return __builtin_log2f(value); }
static inline float ck_log(float value) { return __builtin_logf(value); }
static inline float ck_exp2(float value) { return __builtin_exp2f(value); }
static inline float ck_cube_root(float value) { return __builtin_cbrtf(value); }
static inline float ck_exp(float value) { return __builtin_expf(value); }
static inline double ck_sin(double radians) { return __builtin_sin(radians); }
static inline double ck_cos(double radians) { return __builtin_cos(radians); }
static inline double ck_atan2(double y, double x) { return __builtin_atan2(y, x); }
static inline double ck_exp_double(double value) { return __builtin_exp(value); }
static inline double ck_log_double(double value) { return __builtin_log(value); }

#endif
