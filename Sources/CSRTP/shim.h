#ifndef ATTUNE_CSRTP_SHIM_H
#define ATTUNE_CSRTP_SHIM_H

#include <srtp2/srtp.h>

#endif
