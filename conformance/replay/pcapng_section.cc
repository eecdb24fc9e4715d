// SPDX-License-Identifier: Apache-2.0
#include "replay/pcapng_section.hh"

#include <fmt/format.h>

#include <limits>

#include "report/pcapng.hh"

namespace conform {
namespace {

constexpr std::uint32_t kSectionHeader = 0x0A0D0D0A;  // the same in both byte orders
constexpr std::uint32_t kInterfaceDescription = 1;
constexpr std::uint32_t kObsoletePacket = 2;
constexpr std::uint32_t kSimplePacket = 3;
constexpr std::uint32_t kEnhancedPacket = 6;
constexpr std::uint32_t kByteOrder = 0x1A2B3C4D;
constexpr std::uint32_t kBlockMin = 12;
constexpr std::size_t kInterfacesMax = 4'096;
constexpr std::size_t kPacketMax = 262'144;  // what capture tools take
constexpr std::uint16_t kEthernet = 1;
constexpr std::uint8_t kMicroseconds = 6;

constexpr std::uint16_t kEnd = 0;
constexpr std::uint16_t kComment = 1;
constexpr std::uint16_t kName = 2;
constexpr std::uint16_t kFlags = 2;
constexpr std::uint16_t kApplicationOption = 4;
constexpr std::uint16_t kResolution = 9;

constexpr std::size_t padded(std::size_t size) {
    return (size + 3) / 4 * 4;
}

std::string text_of(ByteView bytes) {
    return {bytes.begin(), bytes.end()};
}

}  // namespace

void PcapngSection::fail(std::size_t offset, const std::string& reason) const {
    throw CaptureFileError(fmt::format("{}: offset {}: {}", file_.path, offset, reason));
}

std::uint16_t PcapngSection::u16(ByteView bytes, std::size_t offset) const {
    const std::uint16_t number = load_u16(bytes, offset);
    return is_little_ ? static_cast<std::uint16_t>(number << 8U | number >> 8U) : number;
}

std::uint32_t PcapngSection::u32(ByteView bytes, std::size_t offset) const {
    const std::uint32_t number = load_u32(bytes, offset);
    return is_little_ ? __builtin_bswap32(number) : number;
}

void PcapngSection::learn_byte_order(ByteView bytes, std::size_t offset) {
    const std::uint32_t magic = load_u32(bytes, offset + 8);
    if (magic != kByteOrder && magic != __builtin_bswap32(kByteOrder))
        fail(offset + 8, "no byte order of a section");
    is_little_ = magic != kByteOrder;
    has_begun_ = true;
}

std::size_t PcapngSection::read_block(ByteView bytes, std::size_t offset) {
    const std::size_t left = bytes.size() - offset;
    if (left < kBlockMin) fail(offset, fmt::format("{} bytes are no block", left));
    const bool is_header = load_u32(bytes, offset) == kSectionHeader;
    if (is_header) learn_byte_order(bytes, offset);
    if (!has_begun_) fail(offset, "no section header");
    const std::uint32_t length = u32(bytes, offset + 4);
    if (length < kBlockMin || length % 4 != 0)
        fail(offset + 4, fmt::format("a block cannot have {} bytes", length));
    if (length > left)
        fail(offset + 4, fmt::format("a block of {} bytes, and {} are left", length, left));
    if (u32(bytes, offset + length - 4) != length)
        fail(offset + length - 4, "the block's two lengths differ");
    const ByteView body = bytes.subspan(offset + 8, length - kBlockMin);
    switch (u32(bytes, offset)) {
        case kSectionHeader:
            read_header(body, offset + 8);
            break;
        case kInterfaceDescription:
            read_interface(body, offset + 8);
            break;
        case kEnhancedPacket:
            read_packet(body, offset + 8);
            break;
        case kSimplePacket:
        case kObsoletePacket:
            fail(offset, "packets without time or direction are not read: use enhanced packets");
        case kCustomBlock:
            read_custom(body, offset + 8);
            break;
        default:  // names, statistics and what is yet to come
            break;
    }
    return offset + length;
}

std::vector<PcapngSection::Option> PcapngSection::options(ByteView body, std::size_t offset,
                                                          std::size_t begin) const {
    std::vector<Option> found;
    while (begin < body.size()) {
        if (body.size() - begin < 4) fail(offset + begin, "an option is cut");
        const std::uint16_t code = u16(body, begin);
        const std::uint16_t length = u16(body, begin + 2);
        if (code == kEnd) break;
        if (padded(length) > body.size() - begin - 4)
            fail(offset + begin + 2,
                 fmt::format("an option of {} bytes goes beyond its block", length));
        found.emplace_back(code, body.subspan(begin + 4, length));
        begin += 4 + padded(length);
    }
    return found;
}

void PcapngSection::read_header(ByteView body, std::size_t offset) {
    constexpr std::size_t kFixed = 16;
    if (body.size() < kFixed) fail(offset, "the section header is cut");
    if (u16(body, 4) != 1)
        fail(offset + 4, fmt::format("version {} of pcapng is not known", u16(body, 4)));
    first_interface_ = file_.interfaces.size();
    resolutions_.clear();
    for (const auto& [code, value] : options(body, offset, kFixed)) {
        if (code == kApplicationOption) file_.application = text_of(value);
    }
}

void PcapngSection::read_interface(ByteView body, std::size_t offset) {
    constexpr std::size_t kFixed = 8;
    if (body.size() < kFixed) fail(offset, "the interface is cut");
    if (u16(body, 0) != kEthernet)
        fail(offset, fmt::format("link type {} is not Ethernet", u16(body, 0)));
    if (file_.interfaces.size() == kInterfacesMax)
        fail(offset, fmt::format("more than {} interfaces", kInterfacesMax));
    std::string name;
    std::uint8_t resolution = kMicroseconds;
    for (const auto& [code, value] : options(body, offset, kFixed)) {
        if (code == kName) name = text_of(value);
        if (code == kResolution && !value.empty()) resolution = value[0];
    }
    file_.interfaces.push_back(name);
    resolutions_.push_back(resolution);
}

Duration PcapngSection::time_of(std::uint64_t ticks, std::uint8_t resolution,
                                std::size_t offset) const {
    constexpr std::uint8_t kOfTwo = 0x80;
    constexpr std::uint8_t kNanoseconds = 9;
    const bool is_known = (resolution & kOfTwo) == 0 && resolution <= kNanoseconds;
    if (!is_known) fail(offset, fmt::format("time resolution {} is not known", resolution));
    std::uint64_t factor = 1;
    for (std::uint8_t i = resolution; i < kNanoseconds; ++i)
        factor *= 10;
    if (ticks > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()) / factor)
        fail(offset, "a time beyond the year 2262");
    return Duration(static_cast<std::int64_t>(ticks * factor));
}

void PcapngSection::read_packet(ByteView body, std::size_t offset) {
    constexpr std::size_t kFixed = 20;
    if (body.size() < kFixed) fail(offset, "the packet is cut");
    const std::size_t interface = u32(body, 0);
    if (interface >= resolutions_.size())
        fail(offset, fmt::format("a packet of interface {}, and there are {}", interface,
                                 resolutions_.size()));
    const std::size_t length = u32(body, 12);
    if (length > kPacketMax || padded(length) > body.size() - kFixed)
        fail(offset + 12, fmt::format("a packet of {} bytes goes beyond its block", length));
    FilePacket packet;
    packet.interface = first_interface_ + interface;
    packet.offset = offset - 8;
    const std::uint64_t ticks = static_cast<std::uint64_t>(u32(body, 4)) << 32U | u32(body, 8);
    packet.time = time_of(ticks, resolutions_[interface], offset + 4);
    const ByteView bytes = body.subspan(kFixed, length);
    packet.bytes.assign(bytes.begin(), bytes.end());
    for (const auto& [code, value] : options(body, offset, kFixed + padded(length))) {
        if (code == kComment) packet.comments.push_back(text_of(value));
        if (code != kFlags || value.size() != 4) continue;
        // Seen from the device, as this program writes it.
        constexpr std::uint32_t kBound = 3;
        const std::uint32_t bound = u32(value, 0) & kBound;
        if (bound == 1) packet.direction = Direction::ToDevice;
        if (bound == 2) packet.direction = Direction::FromDevice;
    }
    file_.packets.push_back(std::move(packet));
}

void PcapngSection::read_custom(ByteView body, std::size_t offset) {
    if (body.size() < 4) fail(offset, "the custom block is cut");
    const std::string text = text_of(body.subspan(4));
    if (u32(body, 0) != kEnterpriseNumber || !text.starts_with(kRecordMagic)) return;
    if (file_.record) fail(offset, "a second record of a case");
    const std::size_t end = text.find_last_not_of('\0');
    file_.record = text.substr(kRecordMagic.size(), end + 1 - kRecordMagic.size());
    file_.record_offset = offset - 8;
}

}  // namespace conform
