#ifndef ATTUNE_SHA256_H
#define ATTUNE_SHA256_H

#include <stddef.h>
#include <stdint.h>

/// Writes the SHA-256 (FIPS 180-4) of `count` bytes to `digest`, which has room for 32.
void attune_sha256(const uint8_t *bytes, size_t count, uint8_t *digest);

#endif
