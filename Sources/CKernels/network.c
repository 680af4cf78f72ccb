#include <string.h>

#include "CKernels.h"
#include "clones.h"

// Sixteen values at a time; the compiler splits them for processors with shorter registers. Unaligned loads,
// because nothing guarantees where a caller's buffer begins.
typedef float Lane __attribute__((vector_size(64)));
typedef float UnalignedLane __attribute__((vector_size(64), aligned(4)));
enum { LANE = 16 };

// Products are summed in parts of this many, then the parts, the bias last: rounding grows with the number of terms and
// with what they are added to (Higham 1993), and the biases outweigh the products of a quiet signal by far.
enum { PART = 64 };

// `vectors` x 16 outputs for `positions` inputs at once: eight accumulators stay in registers while the
// weights stream by once.
#define AFFINE(positions, vectors)                                                                         \
    for (size_t block = 0; block < outputCount; block += (vectors) * LANE) {                               \
        Lane total[positions][vectors] = {{{0}}};                                                          \
        const float *row = weights + block * inputCount;                                                   \
        for (size_t first = 0; first < inputCount; first += PART) {                                        \
            const size_t end = inputCount - first < PART ? inputCount : first + PART;                      \
            Lane sum[positions][vectors] = {{{0}}};                                                        \
            for (size_t j = first; j < end; j++, row += (vectors) * LANE)                                  \
                for (int v = 0; v < (vectors); v++) {                                                      \
                    const Lane weight = *(const UnalignedLane *)(row + v * LANE);                          \
                    for (int p = 0; p < (positions); p++) sum[p][v] += weight * input[p * inputStep + j];  \
                }                                                                                          \
            for (int v = 0; v < (vectors); v++)                                                            \
                for (int p = 0; p < (positions); p++) total[p][v] += sum[p][v];                            \
        }                                                                                                  \
        for (int p = 0; p < (positions); p++)                                                              \
            for (int v = 0; v < (vectors); v++)                                                            \
                *(UnalignedLane *)(output + p * outputCount + block + v * LANE) =                          \
                    total[p][v] + *(const UnalignedLane *)(bias + block + v * LANE);                       \
    }

CLONES void ck_affine(const float *weights, const float *bias, const float *input, size_t inputCount,
                      size_t inputStep, size_t positions, float *output, size_t outputCount) {
#pragma clang fp contract(fast)
    switch (positions) {
    case 4: AFFINE(4, 2) break;
    case 2: AFFINE(2, 4) break;
    default: AFFINE(1, 4) break;
    }
}

size_t ck_affine_block(size_t positions) { return positions == 4 ? 2 * LANE : 4 * LANE; }

void ck_affine_reference(const float *weights, const float *bias, const float *input, size_t inputCount,
                         size_t inputStep, size_t positions, float *output, size_t outputCount) {
    const size_t width = ck_affine_block(positions);
    for (size_t p = 0; p < positions; p++)
        for (size_t o = 0; o < outputCount; o++) {
            double sum = bias[o];
            for (size_t j = 0; j < inputCount; j++)
                sum += (double)weights[(o / width * inputCount + j) * width + o % width] *
                       input[p * inputStep + j];
            output[p * outputCount + o] = (float)sum;
        }
}

// e^x to about 2 ulp for |x| <= 87 (clamped there; what is no number becomes the least): 2^n by the exponent bits, e^r
// by its Taylor series on |r| <= ln 2 / 2.
static inline __attribute__((always_inline)) float exponential(float x) {
    x = x > -87 ? (x < 87 ? x : 87) : -87;
    const float shifted = x * 1.44269504f + 12582912.0f;  // 1.5 * 2^23 rounds to an integer
    const float n = shifted - 12582912.0f;
    const float r = (x - n * 0.693359375f) + n * 2.12194440e-4f;
    float e = 1.0f / 5040;
    e = e * r + 1.0f / 720;
    e = e * r + 1.0f / 120;
    e = e * r + 1.0f / 24;
    e = e * r + 1.0f / 6;
    e = e * r + 0.5f;
    e = e * r + 1.0f;
    e = e * r + 1.0f;
    int bits = ((int)n + 127) << 23;
    float power;
    memcpy(&power, &bits, sizeof power);
    return e * power;
}

static inline __attribute__((always_inline)) float logistic(float x) { return 1 / (1 + exponential(-x)); }
static inline __attribute__((always_inline)) float tangent(float x) { return 1 - 2 / (1 + exponential(2 * x)); }

CLONES void ck_lstm_cell(const float *restrict gates, size_t units, float *restrict cell,
                         float *restrict hidden) {
#pragma clang fp contract(fast)
    for (size_t i = 0; i < units; i++) {
        cell[i] = logistic(gates[units + i]) * cell[i] + logistic(gates[i]) * tangent(gates[2 * units + i]);
        hidden[i] = logistic(gates[3 * units + i]) * tangent(cell[i]);
    }
}

void ck_lstm_cell_reference(const float *gates, size_t units, float *cell, float *hidden) {
    for (size_t i = 0; i < units; i++) {
        const double in = 1 / (1 + __builtin_exp(-(double)gates[i]));
        const double forget = 1 / (1 + __builtin_exp(-(double)gates[units + i]));
        const double out = 1 / (1 + __builtin_exp(-(double)gates[3 * units + i]));
        const double next = forget * cell[i] + in * __builtin_tanh(gates[2 * units + i]);
        cell[i] = (float)next;
        hidden[i] = (float)(out * __builtin_tanh(next));
    }
}

CLONES void ck_rectify(float *values, size_t count) {
    for (size_t i = 0; i < count; i++) values[i] = values[i] > 0 ? values[i] : 0;
}

void ck_rectify_reference(float *values, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (!(values[i] > 0)) values[i] = 0;
}
