#include "CKernels.h"
#include "clones.h"

CLONES float ck_dot(const float *left, const float *right, size_t count) {
#pragma clang fp reassociate(on) contract(fast)
    float sum = 0;
    for (size_t i = 0; i < count; i++) sum += left[i] * right[i];
    return sum;
}

float ck_dot_reference(const float *left, const float *right, size_t count) {
    double sum = 0;
    for (size_t i = 0; i < count; i++) sum += (double)left[i] * right[i];
    return (float)sum;
}

CLONES void ck_fir_decimate(const float *input, const float *taps, size_t tapCount, size_t step,
                            float *output, size_t count) {
    for (size_t k = 0; k < count; k++) {
#pragma clang fp reassociate(on) contract(fast)
        const float *window = input + k * step;
        float sum = 0;
        for (size_t j = 0; j < tapCount; j++) sum += taps[j] * window[j];
        output[k] = sum;
    }
}

void ck_fir_decimate_reference(const float *input, const float *taps, size_t tapCount, size_t step,
                               float *output, size_t count) {
    for (size_t k = 0; k < count; k++) output[k] = ck_dot_reference(input + k * step, taps, tapCount);
}

CLONES void ck_centered_correlation(const float *center, size_t width, size_t firstLag, size_t lagCount,
                                    float *output) {
    for (size_t k = 0; k < lagCount; k++) {
#pragma clang fp reassociate(on) contract(fast)
        size_t lag = firstLag + k;
        const float *early = center - (width + lag) / 2;
        const float *late = early + lag;
        float sum = 0;
        for (size_t i = 0; i < width; i++) sum += early[i] * late[i];
        output[k] = sum;
    }
}

void ck_centered_correlation_reference(const float *center, size_t width, size_t firstLag, size_t lagCount,
                                       float *output) {
    for (size_t k = 0; k < lagCount; k++) {
        const float *early = center - (width + firstLag + k) / 2;
        output[k] = ck_dot_reference(early, early + firstLag + k, width);
    }
}
