// SPDX-License-Identifier: Apache-2.0
// The messages of the unix: attachment (docs/interfaces.md): u8 kind, then its fields, big-endian;
// one message each on a SOCK_SEQPACKET socket. The five kinds and their bytes, no socket.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>

#include "shunt/base/bytes.hh"
#include "shunt/base/packet.hh"
#include "shunt/base/time.hh"
#include "shunt/link/frame_port.hh"

namespace shunt::runtime {

inline constexpr std::uint16_t kAttachmentVersion = 1;

/// Kind 0. The frame is a view into the message.
struct FrameMessage {
    link::LinkId link = link::LinkId::Front;
    ByteView frame;
};
/// Kind 1: the time is now `to`, on a clock that began with the hello.
struct AdvanceMessage {
    Instant to;
};
/// Kind 2: nothing more happens before this time unless something comes in; nothing: ever.
struct QuietMessage {
    std::optional<Instant> next;
};
/// Kind 3: opens every connection; a device with this seed and no memory begins here.
struct HelloMessage {
    std::uint16_t version = kAttachmentVersion;
    /// How many links the socket carries: 1, the front, or 2.
    std::uint8_t links = 0;
    std::uint64_t seed = 0;
};
/// Kind 4: one line of the control protocol, without its end. A view into the message.
struct ControlMessage {
    std::string_view line;
};

using AttachmentMessage =
    std::variant<FrameMessage, AdvanceMessage, QuietMessage, HelloMessage, ControlMessage>;

/// Nothing if the kind is unknown, the length does not fit it, the link is neither 0 nor 1, a frame
/// is larger than a Packet or a time does not fit 63 bits.
std::optional<AttachmentMessage> parse_attachment_message(ByteView bytes);

/// Bytes before the frame in kind 0.
inline constexpr std::size_t kFrameMessageHeader = 2;
/// Turns a frame into the message that carries it, in place.
void prepend_frame_message(link::LinkId link, Packet& frame);

/// Appends the message to an empty packet.
void store_quiet(const QuietMessage& quiet, Packet& out);
void store_hello(const HelloMessage& hello, Packet& out);

inline constexpr std::uint8_t kControlKind = 4;

}  // namespace shunt::runtime
