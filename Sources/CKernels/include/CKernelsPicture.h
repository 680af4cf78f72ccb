// Kernels that look at a decoded picture where it lies: no copy of it is made in another format.
#ifndef ATTUNE_CKERNELS_PICTURE_H
#define ATTUNE_CKERNELS_PICTURE_H

#include <stddef.h>
#include <stdint.h>

/// A picture in planes of luma and chroma, lent.
struct ck_picture {
    const uint8_t *planes[3];  ///< luma, blue and red difference; the last two NULL where there is no colour
    ptrdiff_t strides[3];      ///< bytes from one line to the next
    int width, height;         ///< of luma, 1 or more
    int chroma_shift_x, chroma_shift_y;  ///< chroma has width >> shift values in a line, rounded up
    int chroma_step;           ///< values from one chroma sample to the next: 1, or 2 where both share a plane
    int depth;                 ///< bits of a value, 8 to 16; more than 8 lie in two bytes, the lower first
    float luma_offset, luma_scale, chroma_scale;  ///< of the range: what 0 to 1 of the values become 0 to 1 with
    float red_v, green_u, green_v, blue_u;        ///< of the matrix
};

/// Where the picture is sampled: output pixel (c, r) lies at (x + c * right_x + r * down_x, y + c * right_y + r *
/// down_y) of the picture, in pixels of luma whose centres are whole numbers.
struct ck_crop {
    float x, y, right_x, right_y, down_x, down_y;
    int columns, rows;   ///< 1 to CK_CROP_COLUMNS columns
    int taps;            ///< samples of luma per output pixel and direction, 1 to 8: as many as it covers pixels
    int repeats_edges;   ///< whether the edge goes on outside the picture; else it is black there
    float scale, offset; ///< what the values 0 to 1 are multiplied with, and what is added
};

enum { CK_CROP_COLUMNS = 256 };

/// Samples a picture into `rows` lines of `columns` pixels of red, green and blue: bilinear, range and matrix honoured,
/// clamped to 0 to 1 before scale and offset.
void ck_crop_rgb(const struct ck_picture *picture, const struct ck_crop *crop, float *output);
/// Scalar twin of `ck_crop_rgb`, in double precision.
void ck_crop_rgb_reference(const struct ck_picture *picture, const struct ck_crop *crop, float *output);

/// Luma (8 bits) at the centres of a grid of cells, and how many of them lie on flat ground: where the two pixels to
/// the right and below have the same value.
void ck_luma_grid(const struct ck_picture *picture, int columns, int rows, uint8_t *values, size_t *flat);

/// Sum of the absolute differences of two rows of bytes.
uint64_t ck_absolute_difference(const uint8_t *left, const uint8_t *right, size_t count);
/// Scalar twin of `ck_absolute_difference`.
uint64_t ck_absolute_difference_reference(const uint8_t *left, const uint8_t *right, size_t count);

#endif
