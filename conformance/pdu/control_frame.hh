// SPDX-License-Identifier: Apache-2.0
/// Frames of the control channel and their bodies, as values (system page, "Control channel").
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/bytes.hh"
#include "pdu/address.hh"

namespace conform {

/// TCP port of the control channel.
constexpr std::uint16_t kControlPort = 7007;
/// What a length field may say: the header behind it, and 16 MiB (CTL-5).
constexpr std::uint32_t kControlLengthMin = 12;
constexpr std::uint32_t kControlLengthMax = 16U << 20;
constexpr std::uint8_t kControlVersion = 1;

namespace control_kind {
constexpr std::uint8_t kHello = 0x01;
constexpr std::uint8_t kPing = 0x02;
constexpr std::uint8_t kPong = 0x03;
constexpr std::uint8_t kError = 0x0F;
constexpr std::uint8_t kBlob = 0x10;
constexpr std::uint8_t kBlobAcknowledgement = 0x11;
constexpr std::uint8_t kBlobReject = 0x12;
constexpr std::uint8_t kFlowClosed = 0x13;
constexpr std::uint8_t kFlowUnknown = 0x14;
constexpr std::uint8_t kCommit = 0x15;
constexpr std::uint8_t kMovedIcmp = 0x16;
constexpr std::uint8_t kServerState = 0x30;
constexpr std::uint8_t kSession = 0x31;
constexpr std::uint8_t kObjectCreate = 0x40;
constexpr std::uint8_t kObjectCreated = 0x41;
constexpr std::uint8_t kObjectCall = 0x42;
constexpr std::uint8_t kObjectResult = 0x43;
}  // namespace control_kind

/// Flags of a frame.
namespace control_flag {
constexpr std::uint16_t kEager = 2;   ///< of 0x10
constexpr std::uint16_t kAnswer = 4;  ///< of 0x15
}  // namespace control_flag

namespace control_error {
constexpr std::uint16_t kUnknownKind = 1;
constexpr std::uint16_t kNotUnderstood = 2;
}  // namespace control_error

/// Profile bits of a hello.
namespace control_profile {
constexpr std::uint32_t kEndpoint = 1;
constexpr std::uint32_t kBlob = 2;
constexpr std::uint32_t kExtensions = 8;
}  // namespace control_profile

struct ControlFrame {
    std::uint8_t kind = control_kind::kPing;
    std::uint64_t transaction = 0;
    Bytes body{};
    std::uint8_t version = kControlVersion;
    std::uint16_t flags = 0;
};

struct Hello {
    std::uint32_t server = 0;
    std::uint64_t boot = 0;
    std::uint32_t profiles = 0;
    std::string name{};
};

struct ControlError {
    std::uint16_t code = 0;
    std::string text{};
};

/// One row of Server State, with the listening sockets of that server.
struct ServerState {
    struct Listening {
        SocketAddress address;
        std::uint32_t process = 0;
    };
    std::uint32_t server = 0;
    std::uint32_t connections = 0;
    std::uint16_t cpu_per_mille = 0;
    std::uint64_t memory = 0;
    std::uint64_t bandwidth = 0;
    std::vector<Listening> listening{};
};

Bytes encode(const ControlFrame& frame);
Bytes encode(const Hello& hello);
Bytes encode(const ServerState& state);

/// Absent where the body has another size than its fields give it.
std::optional<Hello> parse_hello(ByteView body);
std::optional<ControlError> parse_control_error(ByteView body);
std::optional<ServerState> parse_server_state(ByteView body);

/// Cuts a stream of bytes into frames.
class ControlFrameReader {
  public:
    void add(ByteView bytes) { append(bytes_, bytes); }
    /// The next whole frame; absent until its bytes are there, and for ever once one was broken.
    std::optional<ControlFrame> next();
    /// A length or a version that no frame has (CTL-5).
    bool is_broken() const { return is_broken_; }

  private:
    Bytes bytes_;
    bool is_broken_ = false;
};

/// "0x30 server state"; "0x77 unknown kind".
std::string describe_control_kind(std::uint8_t kind);

}  // namespace conform
