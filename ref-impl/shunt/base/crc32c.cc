// SPDX-License-Identifier: Apache-2.0
#include "shunt/base/crc32c.hh"

#include <isa-l/crc.h>

#include <limits>

namespace shunt {

std::uint32_t crc32c(ByteView bytes) {
    constexpr std::uint32_t all_ones = 0xFFFF'FFFF;
    SHUNT_ASSERT(bytes.size() <= std::size_t{std::numeric_limits<int>::max()},
                 "what is protected has a limit far below the library's");
    // The library only reads; its prototype is older than const.
    auto* const begin = const_cast<std::uint8_t*>(bytes.data());
    return ~crc32_iscsi(begin, static_cast<int>(bytes.size()), all_ones);
}

}  // namespace shunt
