#include "networks.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const unsigned char mapped_prefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

static int is_mapped(const struct in6_addr *address) { return memcmp(address, mapped_prefix, 12) == 0; }

static void map(const void *four, struct in6_addr *mapped) {
    memcpy(mapped->s6_addr, mapped_prefix, 12);
    memcpy(mapped->s6_addr + 12, four, 4);
}

int attune_mapped_address(const struct sockaddr *address, struct in6_addr *mapped) {
    if (address->sa_family == AF_INET) {
        map(&((const struct sockaddr_in *)address)->sin_addr, mapped);
        return 1;
    }
    if (address->sa_family != AF_INET6) return 0;
    *mapped = ((const struct sockaddr_in6 *)address)->sin6_addr;
    return 1;
}

uint16_t attune_port(const struct sockaddr *address) {
    in_port_t port = address->sa_family == AF_INET ? ((const struct sockaddr_in *)address)->sin_port
                                                   : ((const struct sockaddr_in6 *)address)->sin6_port;
    return ntohs(port);
}

int attune_network_holds(const struct attune_network *network, const struct in6_addr *address) {
    int whole = network->bits / 8, rest = network->bits % 8;
    if (memcmp(&network->address, address, (size_t)whole) != 0) return 0;
    if (rest == 0) return 1;
    int shift = 8 - rest;
    return network->address.s6_addr[whole] >> shift == address->s6_addr[whole] >> shift;
}

int attune_parse_network(const char *text, struct attune_network *network) {
    char host[INET6_ADDRSTRLEN];
    const char *slash = strchr(text, '/');
    size_t length = slash ? (size_t)(slash - text) : strlen(text);
    if (length >= sizeof host) return 0;
    memcpy(host, text, length);
    host[length] = 0;
    struct in_addr four;
    int before = 0;
    if (inet_pton(AF_INET, host, &four) == 1) {
        map(&four, &network->address);
        before = 96;
    } else if (inet_pton(AF_INET6, host, &network->address) != 1) {
        return 0;
    }
    network->bits = 128;
    if (!slash) return 1;
    char *end;
    long bits = strtol(slash + 1, &end, 10);
    if (end == slash + 1 || *end || slash[1] < '0' || slash[1] > '9' || bits > 128 - before) return 0;
    network->bits = before + (int)bits;
    return 1;
}

// What is not public (RFC 6890 and its registries), without the networks of documentation, which nobody uses.
static const char *const reserved[] = {
    "0.0.0.0/8",   "10.0.0.0/8",     "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
    "192.0.0.0/24", "192.168.0.0/16", "198.18.0.0/15", "224.0.0.0/3", "::/127",         "fc00::/7",
    "fe80::/9",    "ff00::/8",
};

int attune_is_public(const struct in6_addr *address) {
    static const unsigned char nat64[12] = {0, 0x64, 0xff, 0x9b};
    struct in6_addr inner;
    const unsigned char *bytes = address->s6_addr;
    if (!is_mapped(address)) {
        // IPv4-compatible (obsolete), NAT64 and 6to4 lead to what they wrap.
        static const unsigned char zeros[12] = {0};
        int wraps = memcmp(bytes, nat64, 12) == 0 || (memcmp(bytes, zeros, 12) == 0 && (bytes[12] || bytes[13]));
        if (wraps || (bytes[0] == 0x20 && bytes[1] == 0x02)) {
            map(wraps ? bytes + 12 : bytes + 2, &inner);
            return attune_is_public(&inner);
        }
    }
    for (size_t index = 0; index < sizeof reserved / sizeof *reserved; index++) {
        struct attune_network network;
        if (attune_parse_network(reserved[index], &network) && attune_network_holds(&network, address)) return 0;
    }
    return 1;
}

void attune_address_text(const struct in6_addr *address, uint16_t port, char *text, size_t size) {
    char host[INET6_ADDRSTRLEN];
    if (is_mapped(address)) {
        inet_ntop(AF_INET, address->s6_addr + 12, host, sizeof host);
        snprintf(text, size, "%s:%u", host, port);
    } else {
        inet_ntop(AF_INET6, address, host, sizeof host);
        snprintf(text, size, "[%s]:%u", host, port);
    }
}

int attune_is_network(const char *text) {
    struct attune_network parsed;
    return attune_parse_network(text, &parsed);
}

int attune_is_public_address(const char *text) {
    struct attune_network parsed;
    if (strchr(text, '/') || !attune_parse_network(text, &parsed)) return -1;
    return attune_is_public(&parsed.address);
}
