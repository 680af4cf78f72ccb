#include "CEd25519.h"

#include <string.h>

// Declared as in CNIOBoringSSL_curve25519.h of the pinned version; another version that calls them otherwise does not
// link.
int CNIOBoringSSL_ED25519_sign(uint8_t signature[64], const uint8_t *message, size_t count, const uint8_t key[64]);
void CNIOBoringSSL_ED25519_keypair_from_seed(uint8_t public_key[32], uint8_t key[64], const uint8_t seed[32]);

int attune_ed25519_sign(uint8_t *signature, const uint8_t *message, size_t count, const uint8_t *seed) {
    uint8_t public_key[32], key[64];
    CNIOBoringSSL_ED25519_keypair_from_seed(public_key, key, seed);
    int is_signed = CNIOBoringSSL_ED25519_sign(signature, message, count, key);
    // The compiler may not leave this out: the memory is looked at afterwards.
    memset(key, 0, sizeof key);
    __asm__ __volatile__("" : : "r"(key) : "memory");
    return is_signed;
}
