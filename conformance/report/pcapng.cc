// SPDX-License-Identifier: Apache-2.0
#include "report/pcapng.hh"

#include <algorithm>
#include <functional>

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
    append_option(body, kOptionUserApplication, kApplication);
    append_option(body, kOptionEnd, ByteView{});
    append_block(file, kSectionHeaderBlock, body);
}

void append_interface(Bytes& file, std::string_view name) {
    Bytes body;
    append_u16(body, kLinkTypeEthernet);
    append_u16(body, 0);
    append_u32(body, 0);  // no snap length
    append_option(body, kOptionInterfaceName, name);
    append_option(body, kOptionTimestampResolution, ByteView(&kNanoseconds, 1));
    append_option(body, kOptionEnd, ByteView{});
    append_block(file, kInterfaceDescriptionBlock, body);
}

struct Packet {
    std::uint32_t interface = 0;
    Time at{};
    Direction direction = Direction::ToDevice;
    ByteView bytes;
};

void append_packet(Bytes& file, const Packet& packet, const std::vector<std::string>& comments) {
    Bytes body;
    const auto length = static_cast<std::uint32_t>(packet.bytes.size());
    append_u32(body, packet.interface);
    append_u64(body, static_cast<std::uint64_t>(packet.at.count()));
    append_u32(body, length);
    append_u32(body, length);
    append_padded(body, packet.bytes);
    // Seen from the device: what goes to it is inbound.
    Bytes flags;
    append_u32(flags, packet.direction == Direction::ToDevice ? kInbound : kOutbound);
    append_option(body, kOptionPacketFlags, flags);
    for (const std::string& comment : comments) {
        append_option(body, kOptionComment, comment);
    }
    append_option(body, kOptionEnd, ByteView{});
    append_block(file, kEnhancedPacketBlock, body);
}

/// What a line is cut into: within the packet sizes that every reader takes.
constexpr std::size_t kPieceMax = 60'000;

std::size_t pieces_of(const ControlLine& line) {
    return line.text.size() / kPieceMax + 1;
}

void append_control(Bytes& file, const ControlLine& line, Duration epoch_offset) {
    const std::string text = line.text + "\n";
    for (std::size_t begin = 0; begin < text.size(); begin += kPieceMax) {
        Bytes bytes(12);
        append_u16(bytes, kControlEtherType);
        append(bytes, to_bytes(std::string_view(text).substr(begin, kPieceMax)));
        append_packet(file, {2, line.at + epoch_offset, line.direction, bytes}, {});
    }
}

/// Frames and lines in the order in which they were.
void visit(const Conversation& conversation, const std::function<void(const CapturedFrame&)>& frame,
           const std::function<void(const ControlLine&)>& line) {
    auto next = conversation.control.begin();
    const auto visit_lines = [&](std::size_t frames_before) {
        for (; next != conversation.control.end() && next->frames_before <= frames_before; ++next)
            line(*next);
    };
    for (std::size_t number = 0; number < conversation.frames.size(); ++number) {
        visit_lines(number);
        frame(conversation.frames[number]);
    }
    visit_lines(conversation.frames.size());
}

}  // namespace

void append_case_record(Bytes& file, std::string_view record) {
    Bytes body;
    append_u32(body, kEnterpriseNumber);
    append(body, to_bytes(kRecordMagic));
    append_padded(body, to_bytes(record));
    append_block(file, kCustomBlock, body);
}

Bytes encode_pcapng(const Conversation& conversation, std::string_view description,
                    Duration epoch_offset, std::string_view record) {
    Bytes file;
    append_section_header(file, description);
    append_interface(file, to_string(Link::Front));
    append_interface(file, to_string(Link::Back));
    if (!conversation.control.empty()) append_interface(file, kControlInterface);
    visit(
        conversation,
        [&](const CapturedFrame& frame) {
            append_packet(file,
                          {static_cast<std::uint32_t>(frame.link), frame.at + epoch_offset,
                           frame.direction, frame.bytes},
                          frame.comments);
        },
        [&](const ControlLine& line) { append_control(file, line, epoch_offset); });
    if (!record.empty()) append_case_record(file, record);
    return file;
}

std::size_t packet_number(const Conversation& conversation, std::size_t frame) {
    std::size_t number = frame + 1;
    for (const ControlLine& line : conversation.control) {
        if (line.frames_before > frame) break;
        number += pieces_of(line);
    }
    return number;
}

std::vector<std::size_t> packets_of_turns(const Conversation& conversation) {
    std::vector<std::size_t> packets(conversation.turns.size());
    visit(
        conversation, [&](const CapturedFrame& frame) { ++packets[frame.turn]; },
        [&](const ControlLine& line) { packets[line.turn] += pieces_of(line); });
    return packets;
}

}  // namespace conform
