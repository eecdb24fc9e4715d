// SPDX-License-Identifier: Apache-2.0
// The frames of the control channel between two servers (docs/protocol/system.md, "Control
// channel"): 16 bytes of header, a body, and where the farm has a key an authentication trailer.
#pragma once

#include <cstddef>
#include <cstdint>

#include "shunt/base/bytes.hh"
#include "shunt/base/counters.hh"
#include "shunt/base/result.hh"

namespace shunt::wire {

/// The TCP port of every server's control IP.
inline constexpr std::uint16_t kControlPort = 7007;
/// The length field, which does not count itself.
inline constexpr std::size_t kControlLengthSize = 4;
inline constexpr std::size_t kControlHeaderSize = 16;
inline constexpr std::uint32_t kControlLengthMin = kControlHeaderSize - kControlLengthSize;
inline constexpr std::uint32_t kControlLengthMax = 16U << 20U;
inline constexpr std::uint8_t kControlVersion = 1;
/// The authentication trailer behind the body (security.md).
inline constexpr std::size_t kControlTrailerSize = 40;

/// Flags; the others are sent as 0 and ignored.
inline constexpr std::uint16_t kControlTrailerFlag = 0x01;
inline constexpr std::uint16_t kControlEagerFlag = 0x02;
inline constexpr std::uint16_t kControlAnswerFlag = 0x04;

enum class ControlKind : std::uint8_t {
    Hello = 0x01,
    Ping = 0x02,
    Pong = 0x03,
    Challenge = 0x04,
    Error = 0x0F,
    Blob = 0x10,
    BlobAcknowledgement = 0x11,
    BlobReject = 0x12,
    FlowClosed = 0x13,
    FlowUnknown = 0x14,
    Commit = 0x15,
    MovedIcmp = 0x16,
    HandoffRequest = 0x20,
    HandoffAcknowledgement = 0x21,
    HandoffReject = 0x22,
    HandoffTermination = 0x23,
    ServerState = 0x30,
    Session = 0x31,
    ObjectCreate = 0x40,
    ObjectCreated = 0x41,
    ObjectCall = 0x42,
    ObjectResult = 0x43,
    ObjectRelease = 0x44,
};

/// True if the page lists the kind (CTL-4).
bool is_known(ControlKind kind);
/// True if frames of the kind answer a request and want no answer themselves.
bool is_answer(ControlKind kind, std::uint16_t flags);

struct ControlHeader {
    ControlKind kind = ControlKind::Ping;
    std::uint16_t flags = 0;
    /// Chosen by the asker, echoed by the answer.
    std::uint64_t transaction = 0;

    /// Writes kControlHeaderSize bytes in front of a body of that size.
    void write_to(MutableBytes bytes, std::size_t body_size) const;

    bool operator==(const ControlHeader&) const = default;
};

class ControlFrameView {
  public:
    /// The size of the frame that begins with `start`, as far as that can be said: its version too
    /// is checked once it is there (CTL-5). `start` has kControlLengthSize bytes at least.
    static Result<std::size_t, Counter> size_of(ByteView start);

    /// `frame` is one whole frame, as size_of() said.
    static Result<ControlFrameView, Counter> parse(ByteView frame);

    ControlKind kind() const { return static_cast<ControlKind>(load_u8(frame_, 5)); }
    std::uint16_t flags() const { return load_u16(frame_, 6); }
    std::uint64_t transaction() const { return load_u64(frame_, 8); }
    /// Without the trailer.
    ByteView body() const;

  private:
    explicit ControlFrameView(ByteView frame) : frame_(frame) {}
    std::size_t trailer_size() const {
        return (flags() & kControlTrailerFlag) != 0 ? kControlTrailerSize : 0;
    }
    ByteView frame_;
};

}  // namespace shunt::wire
