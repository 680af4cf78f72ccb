#include <math.h>

#include "CKernels.h"
#include "clones.h"

/// One plane with what it takes to sample it.
struct plane {
    const uint8_t *values;
    ptrdiff_t stride;
    int width, height, step, depth;
    float shift_x, shift_y;  ///< plane coordinate = (luma coordinate + 0.5) * shift - 0.5
};

static struct plane plane_of(const struct ck_picture *picture, int index) {
    int isChroma = index > 0;
    int across = isChroma ? picture->chroma_shift_x : 0, down = isChroma ? picture->chroma_shift_y : 0;
    struct plane plane = {
        picture->planes[index],
        picture->strides[index],
        (picture->width + (1 << across) - 1) >> across,
        (picture->height + (1 << down) - 1) >> down,
        isChroma ? picture->chroma_step : 1,
        picture->depth,
        1.0f / (float)(1 << across),
        1.0f / (float)(1 << down),
    };
    return plane;
}

static inline int32_t value_at(const struct plane *plane, int x, int y) {
    const uint8_t *line = plane->values + y * plane->stride;
    ptrdiff_t place = (ptrdiff_t)x * plane->step;
    if (plane->depth == 8) return line[place];
    return line[2 * place] | line[2 * place + 1] << 8;
}

/// Samples of a pixel, across as well as down: a plane of half the lines and columns needs half as many.
static int taps_of(const struct ck_picture *picture, const struct ck_crop *crop, int plane) {
    if (plane == 0) return crop->taps;
    int shift = picture->chroma_shift_x < picture->chroma_shift_y ? picture->chroma_shift_x : picture->chroma_shift_y;
    return (crop->taps + (1 << shift) - 1) >> shift;
}

/// Values of the four neighbours of `count` places. Most pictures have 8 bits: the loop of those has no branch.
static inline void take_corners(const struct plane *plane, const int *left, const int *top, int count,
                                int32_t corners[4][CK_CROP_COLUMNS]) {
    // Of one line, or one column, the neighbour is the place itself.
    ptrdiff_t right = plane->width > 1 ? plane->step : 0, below = plane->height > 1 ? plane->stride : 0;
    if (plane->depth == 8) {
        for (int i = 0; i < count; i++) {
            const uint8_t *place = plane->values + top[i] * plane->stride + (ptrdiff_t)left[i] * plane->step;
            corners[0][i] = place[0];
            corners[1][i] = place[right];
            corners[2][i] = place[below];
            corners[3][i] = place[below + right];
        }
        return;
    }
    for (int i = 0; i < count; i++) {
        int x = left[i] + (right != 0), y = top[i] + (below != 0);
        corners[0][i] = value_at(plane, left[i], top[i]);
        corners[1][i] = value_at(plane, x, top[i]);
        corners[2][i] = value_at(plane, left[i], y);
        corners[3][i] = value_at(plane, x, y);
    }
}

/// Adds bilinear samples of a plane (0 to the greatest value) at `count` places to `sums`.
CLONES static void add_samples(const struct plane *plane, const float *xs, const float *ys, int count,
                               float *restrict sums) {
    int left[CK_CROP_COLUMNS], top[CK_CROP_COLUMNS];
    float across[CK_CROP_COLUMNS], down[CK_CROP_COLUMNS];
    int32_t corners[4][CK_CROP_COLUMNS];
    float lastX = (float)(plane->width - 1), lastY = (float)(plane->height - 1);
    // The last place that has neighbours to its right and below it: at the edge all the weight is theirs.
    int mostLeft = plane->width > 1 ? plane->width - 2 : 0, mostTop = plane->height > 1 ? plane->height - 2 : 0;
    for (int i = 0; i < count; i++) {
        float x = (xs[i] + 0.5f) * plane->shift_x - 0.5f, y = (ys[i] + 0.5f) * plane->shift_y - 0.5f;
        x = x > 0 ? x : 0;
        y = y > 0 ? y : 0;
        x = x < lastX ? x : lastX;
        y = y < lastY ? y : lastY;
        int column = (int)x, line = (int)y;
        left[i] = column < mostLeft ? column : mostLeft;
        top[i] = line < mostTop ? line : mostTop;
        across[i] = x - (float)left[i];
        down[i] = y - (float)top[i];
    }
    take_corners(plane, left, top, count, corners);
    for (int i = 0; i < count; i++) {
        float upper = (float)corners[0][i] + (float)(corners[1][i] - corners[0][i]) * across[i];
        float lower = (float)corners[2][i] + (float)(corners[3][i] - corners[2][i]) * across[i];
        sums[i] += upper + (lower - upper) * down[i];
    }
}

static inline float within(float value) {
    value = value > 0 ? value : 0;
    return value < 1 ? value : 1;
}

/// Turns sums of samples into red, green and blue.
CLONES static void convert(const struct ck_picture *picture, const struct ck_crop *crop, const float *luma,
                           const float *blue, const float *red, const float *inside, float *restrict output) {
    float greatest = (float)((1 << picture->depth) - 1);
    float unit = 1.0f / (greatest * (float)(crop->taps * crop->taps));
    int taps = taps_of(picture, crop, 1);
    float chromaUnit = 1.0f / (greatest * (float)(taps * taps));
    float middle = (float)(1 << (picture->depth - 1)) / greatest;
    int hasColour = picture->planes[1] && picture->planes[2];
    for (int i = 0; i < crop->columns; i++) {
        float y = (luma[i] * unit - picture->luma_offset) * picture->luma_scale;
        float u = hasColour ? (blue[i] * chromaUnit - middle) * picture->chroma_scale : 0;
        float v = hasColour ? (red[i] * chromaUnit - middle) * picture->chroma_scale : 0;
        float r = within(y + picture->red_v * v) * inside[i];
        float g = within(y + picture->green_u * u + picture->green_v * v) * inside[i];
        float b = within(y + picture->blue_u * u) * inside[i];
        output[3 * i] = r * crop->scale + crop->offset;
        output[3 * i + 1] = g * crop->scale + crop->offset;
        output[3 * i + 2] = b * crop->scale + crop->offset;
    }
}

void ck_crop_rgb(const struct ck_picture *picture, const struct ck_crop *crop, float *output) {
    int columns = crop->columns < CK_CROP_COLUMNS ? crop->columns : CK_CROP_COLUMNS;
    int planes = picture->planes[1] && picture->planes[2] ? 3 : 1;
    float xs[CK_CROP_COLUMNS], ys[CK_CROP_COLUMNS], inside[CK_CROP_COLUMNS];
    float sums[3][CK_CROP_COLUMNS];
    float rightEdge = (float)picture->width - 0.5f, lowerEdge = (float)picture->height - 0.5f;
    for (int row = 0; row < crop->rows; row++) {
        for (int plane = 0; plane < 3; plane++) {
            for (int i = 0; i < columns; i++) sums[plane][i] = 0;
            if (plane >= planes) continue;
            struct plane sampled = plane_of(picture, plane);
            int taps = taps_of(picture, crop, plane);
            for (int tap = 0; tap < taps * taps; tap++) {
                float c = ((float)(tap % taps) + 0.5f) / (float)taps - 0.5f;
                float r = ((float)(tap / taps) + 0.5f) / (float)taps - 0.5f + (float)row;
                for (int i = 0; i < columns; i++) {
                    xs[i] = crop->x + ((float)i + c) * crop->right_x + r * crop->down_x;
                    ys[i] = crop->y + ((float)i + c) * crop->right_y + r * crop->down_y;
                }
                add_samples(&sampled, xs, ys, columns, sums[plane]);
            }
        }
        for (int i = 0; i < columns; i++) {
            float x = crop->x + (float)i * crop->right_x + (float)row * crop->down_x;
            float y = crop->y + (float)i * crop->right_y + (float)row * crop->down_y;
            int isInside = x >= -0.5f && y >= -0.5f && x < rightEdge && y < lowerEdge;
            inside[i] = crop->repeats_edges || isInside ? 1 : 0;
        }
        convert(picture, crop, sums[0], sums[1], sums[2], inside, output + (size_t)row * (size_t)columns * 3);
    }
}

static double reference_sample(const struct plane *plane, double lumaX, double lumaY) {
    double x = (lumaX + 0.5) * plane->shift_x - 0.5, y = (lumaY + 0.5) * plane->shift_y - 0.5;
    x = fmin(fmax(x, 0), plane->width - 1);
    y = fmin(fmax(y, 0), plane->height - 1);
    int left = (int)x, top = (int)y;
    int right = left + 1 < plane->width ? left + 1 : left, below = top + 1 < plane->height ? top + 1 : top;
    double across = x - left, down = y - top;
    double upper = value_at(plane, left, top) * (1 - across) + value_at(plane, right, top) * across;
    double lower = value_at(plane, left, below) * (1 - across) + value_at(plane, right, below) * across;
    return upper * (1 - down) + lower * down;
}

static void reference_pixel(const struct ck_picture *picture, const struct ck_crop *crop, int column, int row,
                            double *pixel) {
    double greatest = (1 << picture->depth) - 1, middle = (1 << (picture->depth - 1)) / greatest;
    double sums[3] = {0, 0, 0};
    int planes = picture->planes[1] && picture->planes[2] ? 3 : 1;
    for (int index = 0; index < planes; index++) {
        struct plane plane = plane_of(picture, index);
        int taps = taps_of(picture, crop, index);
        for (int down = 0; down < taps; down++)
            for (int across = 0; across < taps; across++) {
                double c = column + (across + 0.5) / taps - 0.5, r = row + (down + 0.5) / taps - 0.5;
                double x = crop->x + c * crop->right_x + r * crop->down_x;
                double y = crop->y + c * crop->right_y + r * crop->down_y;
                sums[index] += reference_sample(&plane, x, y) / greatest / (taps * taps);
            }
    }
    double y = (sums[0] - picture->luma_offset) * picture->luma_scale;
    double u = planes == 3 ? (sums[1] - middle) * picture->chroma_scale : 0;
    double v = planes == 3 ? (sums[2] - middle) * picture->chroma_scale : 0;
    pixel[0] = y + picture->red_v * v;
    pixel[1] = y + picture->green_u * u + picture->green_v * v;
    pixel[2] = y + picture->blue_u * u;
}

void ck_crop_rgb_reference(const struct ck_picture *picture, const struct ck_crop *crop, float *output) {
    for (int row = 0; row < crop->rows; row++)
        for (int column = 0; column < crop->columns; column++) {
            double pixel[3];
            reference_pixel(picture, crop, column, row, pixel);
            double x = crop->x + column * crop->right_x + row * crop->down_x;
            double y = crop->y + column * crop->right_y + row * crop->down_y;
            int isInside = x >= -0.5 && y >= -0.5 && x < picture->width - 0.5 && y < picture->height - 0.5;
            for (int index = 0; index < 3; index++) {
                double value = crop->repeats_edges || isInside ? fmin(fmax(pixel[index], 0), 1) : 0;
                *output++ = (float)(value * crop->scale + crop->offset);
            }
        }
}

void ck_luma_grid(const struct ck_picture *picture, int columns, int rows, uint8_t *values, size_t *flat) {
    struct plane luma = plane_of(picture, 0);
    int shift = picture->depth - 8;
    size_t even = 0;
    for (int row = 0; row < rows; row++) {
        int y = (int)(((int64_t)row * 2 + 1) * picture->height / (2 * rows));
        int below = y + 2 < picture->height ? y + 2 : (y >= 2 ? y - 2 : y);
        for (int column = 0; column < columns; column++) {
            int x = (int)(((int64_t)column * 2 + 1) * picture->width / (2 * columns));
            int beside = x + 2 < picture->width ? x + 2 : (x >= 2 ? x - 2 : x);
            int32_t value = value_at(&luma, x, y);
            values[row * columns + column] = (uint8_t)(value >> shift);
            even += value == value_at(&luma, beside, y) && value == value_at(&luma, x, below);
        }
    }
    *flat = even;
}

CLONES uint64_t ck_absolute_difference(const uint8_t *left, const uint8_t *right, size_t count) {
    uint64_t sum = 0;
    // In pieces whose sum fits into 32 bits, which more of a register's lanes can hold.
    for (size_t begin = 0; begin < count; begin += 1u << 16) {
        size_t end = count - begin < 1u << 16 ? count : begin + (1u << 16);
        uint32_t part = 0;
        for (size_t i = begin; i < end; i++) {
            int difference = left[i] - right[i];
            part += (uint32_t)(difference < 0 ? -difference : difference);
        }
        sum += part;
    }
    return sum;
}

uint64_t ck_absolute_difference_reference(const uint8_t *left, const uint8_t *right, size_t count) {
    uint64_t sum = 0;
    for (size_t i = 0; i < count; i++) sum += (uint64_t)(left[i] > right[i] ? left[i] - right[i] : right[i] - left[i]);
    return sum;
}
