// SPDX-License-Identifier: Apache-2.0
#include "shunt/tcp/identity.hh"

namespace shunt::tcp {
namespace {

/// RFC 1122 3.2.1.3: neither 0/8 nor 127/8 nor 224/4 nor 240/4.
bool is_of_one_host(wire::Ipv4Address address) {
    const std::uint32_t first_octet = address.value() >> 24;
    return first_octet != 0 && !address.is_loopback() && first_octet < 224;
}

}  // namespace

std::optional<OpenError> open_error(const Identity& identity) {
    if (!is_of_one_host(identity.remote_address)) return OpenError::RemoteAddress;
    if (!is_of_one_host(identity.local_address)) return OpenError::LocalAddress;
    if (identity.remote_port == 0 || identity.local_port == 0) return OpenError::Port;
    return std::nullopt;
}

}  // namespace shunt::tcp
