// SPDX-License-Identifier: Apache-2.0
// Keys out of the farm's secret, one for each purpose (docs/protocol/security.md, "Derived keys"):
// HKDF-SHA-256 (RFC 5869) with the farm id as salt.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "shunt/base/bytes.hh"
#include "shunt/base/siphash.hh"
#include "shunt/farm/farm_config.hh"

namespace shunt::farm {

/// The info string of the key of SYN cookies (TCP-8).
inline constexpr std::string_view kSynCookieKeyInfo = "shunt-syn-cookie-1";

/// Fills `key` with the key whose purpose is `info`.
void derive_key(ByteView secret, std::uint64_t farm_id, ByteView info, MutableBytes key);

/// The 16 byte key that every member derives from the farm's secret, its two halves read as
/// SipHash reads a key (little-endian); nothing where the farm has no secret.
std::optional<SipKey> derive_sip_key(const FarmConfig& config, std::string_view info);

}  // namespace shunt::farm
