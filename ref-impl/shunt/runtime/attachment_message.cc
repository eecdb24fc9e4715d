// SPDX-License-Identifier: Apache-2.0
#include "shunt/runtime/attachment_message.hh"

#include <limits>

namespace shunt::runtime {
namespace {

enum Kind : std::uint8_t {
    kFrame = 0,
    kAdvance = 1,
    kQuiet = 2,
    kHello = 3,
    kControl = kControlKind
};

constexpr std::size_t kKindSize = 1;
constexpr std::size_t kTimeSize = 8;
constexpr std::size_t kVersionOffset = 1;
constexpr std::size_t kLinksOffset = 3;
constexpr std::size_t kSeedOffset = 4;
constexpr std::size_t kHelloSize = 12;
constexpr std::uint64_t kNever = std::numeric_limits<std::uint64_t>::max();

using Parsed = std::optional<AttachmentMessage>;

std::optional<Instant> load_time(ByteView bytes) {
    const std::uint64_t nanoseconds = load_u64(bytes, kKindSize);
    if (nanoseconds > std::uint64_t{std::numeric_limits<std::int64_t>::max()}) return std::nullopt;
    return Instant::from_nanoseconds(static_cast<std::int64_t>(nanoseconds));
}

Parsed parse_frame(ByteView bytes) {
    if (bytes.size() < kFrameMessageHeader) return std::nullopt;
    const std::uint8_t link = bytes[1];
    const ByteView frame = bytes.subspan(kFrameMessageHeader);
    if (link >= link::kLinkCount || frame.size() > Packet::kCapacity) return std::nullopt;
    return FrameMessage{static_cast<link::LinkId>(link), frame};
}

Parsed parse_advance(ByteView bytes) {
    if (bytes.size() != kKindSize + kTimeSize) return std::nullopt;
    const auto to = load_time(bytes);
    if (!to) return std::nullopt;
    return AdvanceMessage{*to};
}

Parsed parse_quiet(ByteView bytes) {
    if (bytes.size() != kKindSize + kTimeSize) return std::nullopt;
    if (load_u64(bytes, kKindSize) == kNever) return QuietMessage{};
    const auto next = load_time(bytes);
    if (!next) return std::nullopt;
    return QuietMessage{next};
}

Parsed parse_hello(ByteView bytes) {
    if (bytes.size() != kHelloSize) return std::nullopt;
    return HelloMessage{load_u16(bytes, kVersionOffset), load_u8(bytes, kLinksOffset),
                        load_u64(bytes, kSeedOffset)};
}

Parsed parse_control(ByteView bytes) {
    const ByteView line = bytes.subspan(kKindSize);
    return ControlMessage{
        std::string_view(reinterpret_cast<const char*>(line.data()), line.size())};
}

}  // namespace

Parsed parse_attachment_message(ByteView bytes) {
    if (bytes.empty()) return std::nullopt;
    switch (bytes[0]) {
        case kFrame:
            return parse_frame(bytes);
        case kAdvance:
            return parse_advance(bytes);
        case kQuiet:
            return parse_quiet(bytes);
        case kHello:
            return parse_hello(bytes);
        case kControl:
            return parse_control(bytes);
        default:
            return std::nullopt;
    }
}

void prepend_frame_message(link::LinkId link, Packet& frame) {
    const MutableBytes header = frame.prepend(kFrameMessageHeader);
    header[0] = kFrame;
    header[1] = static_cast<std::uint8_t>(link);
}

void store_quiet(const QuietMessage& quiet, Packet& out) {
    const MutableBytes bytes = out.append(kKindSize + kTimeSize);
    bytes[0] = kQuiet;
    store_u64(bytes, kKindSize,
              quiet.next ? static_cast<std::uint64_t>(quiet.next->to_nanoseconds()) : kNever);
}

void store_hello(const HelloMessage& hello, Packet& out) {
    const MutableBytes bytes = out.append(kHelloSize);
    bytes[0] = kHello;
    store_u16(bytes, kVersionOffset, hello.version);
    store_u8(bytes, kLinksOffset, hello.links);
    store_u64(bytes, kSeedOffset, hello.seed);
}

}  // namespace shunt::runtime
