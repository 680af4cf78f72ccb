// The deflate format (RFC 1950, RFC 1951).
#include <zlib.h>
