#include "CKernels.h"
#include "clones.h"

CLONES void ck_add_scaled(float *restrict target, const float *restrict values, float factor, size_t count) {
#pragma clang fp contract(fast)
    for (size_t i = 0; i < count; i++) target[i] += factor * values[i];
}

void ck_add_scaled_reference(float *target, const float *values, float factor, size_t count) {
    for (size_t i = 0; i < count; i++) target[i] = (float)(target[i] + (double)factor * values[i]);
}

CLONES size_t ck_count_outside(const float *values, float low, float high, size_t count) {
    unsigned outside = 0;
    for (size_t i = 0; i < count; i++) outside += (values[i] <= low) | (values[i] >= high);
    return outside;
}

size_t ck_count_outside_reference(const float *values, float low, float high, size_t count) {
    size_t outside = 0;
    for (size_t i = 0; i < count; i++)
        if (values[i] <= low || values[i] >= high) outside++;
    return outside;
}

/// Lanes that minima and maxima are gathered in; a compiler does not reorder them by itself.
enum { RANGE_LANES = 16 };

CLONES void ck_range(const float *values, size_t count, float *low, float *high) {
    float lows[RANGE_LANES], highs[RANGE_LANES];
    for (int lane = 0; lane < RANGE_LANES; lane++) lows[lane] = highs[lane] = values[0];
    size_t i = 0;
    for (; i + RANGE_LANES <= count; i += RANGE_LANES)
        for (int lane = 0; lane < RANGE_LANES; lane++) {
            float value = values[i + (size_t)lane];
            lows[lane] = value < lows[lane] ? value : lows[lane];
            highs[lane] = value > highs[lane] ? value : highs[lane];
        }
    *low = lows[0];
    *high = highs[0];
    for (int lane = 1; lane < RANGE_LANES; lane++) {
        if (lows[lane] < *low) *low = lows[lane];
        if (highs[lane] > *high) *high = highs[lane];
    }
    for (; i < count; i++) {
        if (values[i] < *low) *low = values[i];
        if (values[i] > *high) *high = values[i];
    }
}

void ck_range_reference(const float *values, size_t count, float *low, float *high) {
    *low = *high = values[0];
    for (size_t i = 1; i < count; i++) {
        if (values[i] < *low) *low = values[i];
        if (values[i] > *high) *high = values[i];
    }
}
