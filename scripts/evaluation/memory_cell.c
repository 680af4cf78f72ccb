// The two loops of memory_cell.py that Python is too slow for: sequences forward, and their slopes backward. Arrays are
// by hop, then by sequence, and contiguous; gates are in the order in, forget, new, out.

#include <stdint.h>
#include <string.h>

#define MOST_UNITS 64

/// e to the x: a power of two, and a polynomial for what is left (|error| < 2e-6 of the value).
static inline float power_of_e(float x) {
    x = x < -80 ? -80 : x > 80 ? 80 : x;
    const float scaled = x * 1.44269504f;
    const float whole = (float)(int32_t)(scaled + (scaled < 0 ? -0.5f : 0.5f));
    const float y = (scaled - whole) * 0.693147181f;
    const float p = 1 + y * (1 + y * (0.5f + y * (0.16666667f + y * (0.04166667f + y * 0.00833333f))));
    union { int32_t bits; float value; } power = {.bits = ((int32_t)whole + 127) << 23};
    return p * power.value;
}

/// Takes in `gates` what the inputs give to them, leaves their values there. `hidden` and `cell` have a hop more, of
/// zeros, in front. Both are forgotten after the hops where `rests` is above 0.
void cell_forward(
    int64_t hops, int64_t sequences, int64_t units, float *restrict gates,
    const float *restrict recurrent, const float *restrict rests, float *restrict hidden, float *restrict cell,
    float *restrict shown) {
    for (int64_t hop = 0; hop < hops; hop++) {
        for (int64_t sequence = 0; sequence < sequences; sequence++) {
            const int64_t at = hop * sequences + sequence, next = at + sequences;
            float sums[4 * MOST_UNITS];
            memcpy(sums, gates + at * 4 * units, 4 * units * sizeof(float));
            for (int64_t unit = 0; unit < units; unit++) {
                const float value = hidden[at * units + unit];
                const float *row = recurrent + unit * 4 * units;
                for (int64_t gate = 0; gate < 4 * units; gate++) sums[gate] += value * row[gate];
            }
            for (int64_t gate = 0; gate < 4 * units; gate++) {
                const int is_new = gate >= 2 * units && gate < 3 * units;
                const float sigmoid = 1 / (1 + power_of_e(is_new ? -2 * sums[gate] : -sums[gate]));
                sums[gate] = is_new ? 2 * sigmoid - 1 : sigmoid;
            }
            for (int64_t unit = 0; unit < units; unit++) {
                const float value = sums[units + unit] * cell[at * units + unit] + sums[unit] * sums[2 * units + unit];
                const float bent = 2 / (1 + power_of_e(-2 * value)) - 1;
                cell[next * units + unit] = value;
                shown[at * units + unit] = bent;
                hidden[next * units + unit] = sums[3 * units + unit] * bent;
            }
            memcpy(gates + at * 4 * units, sums, 4 * units * sizeof(float));
            if (rests[at] > 0) {
                memset(cell + next * units, 0, units * sizeof(float));
                memset(hidden + next * units, 0, units * sizeof(float));
            }
        }
    }
}

/// Turns `gates` into the slopes of what had been in them before `cell_forward`. `back` is `recurrent` with rows and
/// columns exchanged, `errors` the slopes of the log odds.
void cell_backward(
    int64_t hops, int64_t sequences, int64_t units, float *restrict gates, const float *restrict back,
    const float *restrict rests, const float *restrict cell, const float *restrict shown, const float *restrict output,
    const float *restrict errors) {
    for (int64_t sequence = 0; sequence < sequences; sequence++) {
        float of_hidden[MOST_UNITS] = {0}, of_cell[MOST_UNITS] = {0};
        for (int64_t hop = hops - 1; hop >= 0; hop--) {
            const int64_t at = hop * sequences + sequence;
            float *into = gates + at * 4 * units, *forget = into + units, *new = forget + units, *out = new + units;
            for (int64_t unit = 0; unit < units; unit++) {
                const float slope = rests[at] > 0 ? 0 : of_hidden[unit] + errors[at] * output[unit];
                const float bent = shown[at * units + unit];
                const float i = into[unit], f = forget[unit], n = new[unit], o = out[unit];
                const float inner = rests[at] > 0 ? 0 : of_cell[unit] + slope * o * (1 - bent * bent);
                into[unit] = inner * n * i * (1 - i);
                forget[unit] = inner * cell[at * units + unit] * f * (1 - f);
                new[unit] = inner * i * (1 - n * n);
                out[unit] = slope * bent * o * (1 - o);
                of_cell[unit] = inner * f;
                of_hidden[unit] = 0;
            }
            for (int64_t gate = 0; gate < 4 * units; gate++) {
                const float *row = back + gate * units, value = into[gate];
                for (int64_t unit = 0; unit < units; unit++) of_hidden[unit] += value * row[unit];
            }
        }
    }
}
