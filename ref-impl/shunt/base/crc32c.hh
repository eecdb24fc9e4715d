// SPDX-License-Identifier: Apache-2.0
// CRC-32C (Castagnoli's polynomial, as iSCSI has it: RFC 3720 B.4), which protects a blob.
#pragma once

#include <cstdint>

#include "shunt/base/bytes.hh"

namespace shunt {

/// Of "123456789" 0xE3069283.
std::uint32_t crc32c(ByteView bytes);

}  // namespace shunt
