// SPDX-License-Identifier: Apache-2.0
#include "report/pcapng.hh"

namespace conform {
namespace {

constexpr std::uint32_t kSectionHeaderBlock = 0x0A0D0D0A;
constexpr std::uint32_t kInterfaceDescriptionBlock = 1;
constexpr std::uint32_t kEnhancedPacketBlock = 6;
constexpr std::uint32_t kByteOrderMagic = 0x1A2B3C4D;
constexpr std::uint16_t kLinkTypeEthernet = 1;

constexpr std::uint16_t kOptionEnd = 0;
constexpr std::uint16_t kOptionComment = 1;
constexpr std::uint16_t kOptionUserApplication = 4;
constexpr std::uint16_t kOptionInterfaceName = 2;
constexpr std::uint16_t kOptionTimestampResolution = 9;
constexpr std::uint16_t kOptionPacketFlags = 2;
constexpr std::uint8_t kNanoseconds = 9;  // 10^-9
constexpr std::uint32_t kInbound = 1;
constexpr std::uint32_t kOutbound = 2;

// A section is in the byte order of its writer; big-endian here, like everything else in this
// suite.
void append_padded(Bytes& bytes, ByteView data) {
    append(bytes, data);
    while (bytes.size() % 4 != 0)
        bytes.push_back(0);
}

void append_option(Bytes& bytes, std::uint16_t code, ByteView value) {
    append_u16(bytes, code);
    append_u16(bytes, static_cast<std::uint16_t>(value.size()));
    append_padded(bytes, value);
}

void append_option(Bytes& bytes, std::uint16_t code, std::string_view text) {
    append_option(bytes, code, to_bytes(text.substr(0, UINT16_MAX)));
}

void append_block(Bytes& file, std::uint32_t type, ByteView body) {
    const auto length = static_cast<std::uint32_t>(body.size() + 12);
    append_u32(file, type);
    append_u32(file, length);
    append(file, body);
    append_u32(file, length);
}

void append_section_header(Bytes& file, std::string_view description) {
    Bytes body;
    append_u32(body, kByteOrderMagic);
    append_u16(body, 1);           // major
    append_u16(body, 0);           // minor
    append_u64(body, UINT64_MAX);  // section length: not given
    append_option(body, kOptionComment, description);
    append_option(body, kOptionUserApplication, "shunt-conform");
    append_option(body, kOptionEnd, ByteView{});
    append_block(file, kSectionHeaderBlock, body);
}

void append_interface(Bytes& file, Link link) {
    Bytes body;
    append_u16(body, kLinkTypeEthernet);
    append_u16(body, 0);
    append_u32(body, 0);  // no snap length
    append_option(body, kOptionInterfaceName, to_string(link));
    append_option(body, kOptionTimestampResolution, ByteView(&kNanoseconds, 1));
    append_option(body, kOptionEnd, ByteView{});
    append_block(file, kInterfaceDescriptionBlock, body);
}

void append_packet(Bytes& file, const CapturedFrame& captured, Duration epoch_offset) {
    Bytes body;
    const auto length = static_cast<std::uint32_t>(captured.bytes.size());
    append_u32(body, static_cast<std::uint32_t>(captured.link));
    append_u64(body, static_cast<std::uint64_t>((captured.at + epoch_offset).count()));
    append_u32(body, length);
    append_u32(body, length);
    append_padded(body, captured.bytes);
    // Seen from the device: what goes to it is inbound.
    Bytes flags;
    append_u32(flags, captured.direction == Direction::ToDevice ? kInbound : kOutbound);
    append_option(body, kOptionPacketFlags, flags);
    for (const std::string& comment : captured.comments) {
        append_option(body, kOptionComment, comment);
    }
    append_option(body, kOptionEnd, ByteView{});
    append_block(file, kEnhancedPacketBlock, body);
}

}  // namespace

Bytes encode_pcapng(const Capture& capture, std::string_view description, Duration epoch_offset) {
    Bytes file;
    append_section_header(file, description);
    append_interface(file, Link::Front);
    append_interface(file, Link::Back);
    for (const CapturedFrame& captured : capture)
        append_packet(file, captured, epoch_offset);
    return file;
}

}  // namespace conform
