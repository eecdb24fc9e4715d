// SPDX-License-Identifier: Apache-2.0
/// Messages of the unix: attachment (interfaces page): a kind, then its fields, big-endian.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "attach/attachment.hh"

namespace conform {

/// Kind 1: the device's clock is now this late, in ns since hello.
struct AdvanceMessage {
    std::uint64_t nanoseconds = 0;
};
/// Kind 2: everything due has been done; all ones: no further deadline.
struct QuietMessage {
    static constexpr std::uint64_t kNoDeadline = UINT64_MAX;
    std::uint64_t next_deadline = kNoDeadline;
};
/// Kind 3: begins a conversation, and a fresh device.
struct HelloMessage {
    static constexpr std::uint16_t kVersion = 1;
    std::uint16_t version = kVersion;
    std::uint8_t links = 2;
    std::uint64_t seed = 0;
};
/// Kind 4: a JSON line of the control socket.
struct ControlMessage {
    std::string line;
};

/// LinkFrame is kind 0.
using UnixMessage =
    std::variant<LinkFrame, AdvanceMessage, QuietMessage, HelloMessage, ControlMessage>;

Bytes encode(const UnixMessage& message);
Bytes encode_frame_message(Link link, ByteView frame);

/// Absent for an unknown kind, a wrong length, a link other than 0 and 1.
std::optional<UnixMessage> parse_unix_message(ByteView bytes);

}  // namespace conform
