// SPDX-License-Identifier: Apache-2.0
#include "attach/unix_message.hh"

namespace conform {
namespace {

constexpr std::uint8_t kFrame = 0;
constexpr std::uint8_t kAdvance = 1;
constexpr std::uint8_t kQuiet = 2;
constexpr std::uint8_t kHello = 3;
constexpr std::uint8_t kControl = 4;

struct Encoder {
    Bytes operator()(const LinkFrame& frame) const {
        return encode_frame_message(frame.link, frame.bytes);
    }
    Bytes operator()(const AdvanceMessage& advance) const {
        Bytes bytes{kAdvance};
        append_u64(bytes, advance.nanoseconds);
        return bytes;
    }
    Bytes operator()(const QuietMessage& quiet) const {
        Bytes bytes{kQuiet};
        append_u64(bytes, quiet.next_deadline);
        return bytes;
    }
    Bytes operator()(const HelloMessage& hello) const {
        Bytes bytes{kHello};
        append_u16(bytes, hello.version);
        bytes.push_back(hello.links);
        append_u64(bytes, hello.seed);
        return bytes;
    }
    Bytes operator()(const ControlMessage& control) const {
        Bytes bytes{kControl};
        append(bytes, to_bytes(control.line));
        return bytes;
    }
};

}  // namespace

Bytes encode(const UnixMessage& message) {
    return std::visit(Encoder{}, message);
}

Bytes encode_frame_message(Link link, ByteView frame) {
    Bytes bytes{kFrame, static_cast<std::uint8_t>(link)};
    append(bytes, frame);
    return bytes;
}

std::optional<UnixMessage> parse_unix_message(ByteView bytes) {
    if (bytes.empty()) return std::nullopt;
    const ByteView body = bytes.subspan(1);
    switch (bytes[0]) {
        case kFrame:
            if (body.empty() || body[0] > 1) return std::nullopt;
            return LinkFrame{static_cast<Link>(body[0]), Bytes(body.begin() + 1, body.end())};
        case kAdvance:
            if (body.size() != 8) return std::nullopt;
            return AdvanceMessage{load_u64(body, 0)};
        case kQuiet:
            if (body.size() != 8) return std::nullopt;
            return QuietMessage{load_u64(body, 0)};
        case kHello:
            if (body.size() != 11) return std::nullopt;
            return HelloMessage{load_u16(body, 0), body[2], load_u64(body, 3)};
        case kControl:
            return ControlMessage{std::string(body.begin(), body.end())};
        default:
            return std::nullopt;
    }
}

}  // namespace conform
