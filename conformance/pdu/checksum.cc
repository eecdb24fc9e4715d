// SPDX-License-Identifier: Apache-2.0
#include "pdu/checksum.hh"

namespace conform {

std::uint16_t ones_complement_sum(ByteView bytes, std::uint32_t start) {
    std::uint64_t sum = start;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        sum += i % 2 == 0 ? static_cast<std::uint64_t>(bytes[i]) << 8 : bytes[i];
    }
    while (sum > 0xFFFF)
        sum = (sum & 0xFFFF) + (sum >> 16);
    return static_cast<std::uint16_t>(sum);
}

std::uint32_t pseudo_header_sum(Ipv4Address source, Ipv4Address destination, std::uint8_t protocol,
                                std::size_t length) {
    const auto halves = [](std::uint32_t value) { return (value >> 16) + (value & 0xFFFF); };
    return halves(source.value) + halves(destination.value) + protocol +
           static_cast<std::uint32_t>(length);
}

std::uint16_t internet_checksum(ByteView bytes, std::uint32_t start) {
    return static_cast<std::uint16_t>(~ones_complement_sum(bytes, start));
}

}  // namespace conform
