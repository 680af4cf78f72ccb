#ifndef ATTUNE_NETWORKS_H
#define ATTUNE_NETWORKS_H

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

// Addresses of either family are held as IPv6, those of IPv4 mapped into it.

/// A network: the first `bits` bits of `address`.
struct attune_network {
    struct in6_addr address;
    int bits;
};

/// @return 1, or 0 where the address is of another family
int attune_mapped_address(const struct sockaddr *address, struct in6_addr *mapped);

uint16_t attune_port(const struct sockaddr *address);

/// Whether everybody can be meant by it: see RFC 6890. What IPv6 wraps (mapped, NAT64, 6to4) is looked at inside.
int attune_is_public(const struct in6_addr *address);

/// @return 1, or 0 where it is no network and no address
int attune_parse_network(const char *text, struct attune_network *network);

int attune_network_holds(const struct attune_network *network, const struct in6_addr *address);

/// Whether a text is a network such as `10.0.0.0/8`, or an address.
int attune_is_network(const char *text);

/// Whether an address in its usual text form is public.
/// @return 1, 0, or -1 where it is no address
int attune_is_public_address(const char *text);

/// Writes the address with its port.
void attune_address_text(const struct in6_addr *address, uint16_t port, char *text, size_t size);

#endif
