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
