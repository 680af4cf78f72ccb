// Signatures with Ed25519 (RFC 8032), by the BoringSSL that swift-nio-ssl links in anyway and does not lend out.
#ifndef ATTUNE_CED25519_H
#define ATTUNE_CED25519_H

#include <stddef.h>
#include <stdint.h>

/// Signs a message.
///
/// @param signature takes 64 bytes
/// @param seed the private key, 32 bytes
/// @return 0 where it fails
int attune_ed25519_sign(uint8_t *signature, const uint8_t *message, size_t count, const uint8_t *seed);

#endif
