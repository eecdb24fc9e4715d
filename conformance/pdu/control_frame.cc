// SPDX-License-Identifier: Apache-2.0
#include "pdu/control_frame.hh"

#include <fmt/format.h>

namespace conform {
namespace {

constexpr std::size_t kLengthSize = 4;
constexpr std::size_t kHelloSize = 17;  // up to and with the length of the name
constexpr std::size_t kStateSize = 28;  // up to and with the number of listening sockets
constexpr std::size_t kListeningSize = 10;
constexpr std::size_t kApplicationSize = 14;

}  // namespace

Bytes encode(const ControlFrame& frame) {
    Bytes bytes;
    append_u32(bytes, static_cast<std::uint32_t>(kControlLengthMin + frame.body.size()));
    bytes.push_back(frame.version);
    bytes.push_back(frame.kind);
    append_u16(bytes, frame.flags);
    append_u64(bytes, frame.transaction);
    append(bytes, frame.body);
    return bytes;
}

Bytes encode(const Hello& hello) {
    Bytes body;
    append_u32(body, hello.server);
    append_u64(body, hello.boot);
    append_u32(body, hello.profiles);
    body.push_back(static_cast<std::uint8_t>(hello.name.size()));
    append(body, to_bytes(hello.name));
    return body;
}

Bytes encode(const ServerState& state) {
    Bytes body;
    append_u32(body, state.server);
    append_u32(body, state.connections);
    append_u16(body, state.cpu_per_mille);
    append_u64(body, state.memory);
    append_u64(body, state.bandwidth);
    append_u16(body, static_cast<std::uint16_t>(state.listening.size()));
    for (const ServerState::Listening& listening : state.listening) {
        append_u32(body, listening.address.address.value);
        append_u16(body, listening.address.port);
        append_u32(body, listening.process);
    }
    append_u16(body, 0);  // Application Information: no rows
    return body;
}

std::optional<Hello> parse_hello(ByteView body) {
    if (body.size() < kHelloSize || body.size() != kHelloSize + body[kHelloSize - 1]) {
        return std::nullopt;
    }
    const ByteView name = body.subspan(kHelloSize);
    return Hello{load_u32(body, 0), load_u64(body, 4), load_u32(body, 12),
                 std::string(name.begin(), name.end())};
}

std::optional<ControlError> parse_control_error(ByteView body) {
    if (body.size() < 4 || body.size() != 4U + load_u16(body, 2)) return std::nullopt;
    const ByteView text = body.subspan(4);
    return ControlError{load_u16(body, 0), std::string(text.begin(), text.end())};
}

std::optional<ServerState> parse_server_state(ByteView body) {
    if (body.size() < kStateSize) return std::nullopt;
    ServerState state{load_u32(body, 0),  load_u32(body, 4),  load_u16(body, 8),
                      load_u64(body, 10), load_u64(body, 18), {}};
    const std::size_t listening = load_u16(body, kStateSize - 2);
    const std::size_t applications_at = kStateSize + listening * kListeningSize;
    if (body.size() < applications_at + 2) return std::nullopt;
    const std::size_t applications = load_u16(body, applications_at);
    if (body.size() != applications_at + 2 + applications * kApplicationSize) return std::nullopt;
    for (std::size_t at = kStateSize; at < applications_at; at += kListeningSize) {
        state.listening.push_back(
            {{{load_u32(body, at)}, load_u16(body, at + 4)}, load_u32(body, at + 6)});
    }
    return state;
}

std::optional<ControlFrame> ControlFrameReader::next() {
    if (is_broken_ || bytes_.size() < kLengthSize) return std::nullopt;
    const std::uint32_t length = load_u32(bytes_, 0);
    const bool has_version = bytes_.size() > kLengthSize;
    is_broken_ = length < kControlLengthMin || length > kControlLengthMax ||
                 (has_version && bytes_[kLengthSize] != kControlVersion);
    if (is_broken_ || bytes_.size() < kLengthSize + length) return std::nullopt;
    ControlFrame frame;
    frame.kind = bytes_[5];
    frame.flags = load_u16(bytes_, 6);
    frame.transaction = load_u64(bytes_, 8);
    const auto end = bytes_.begin() + static_cast<std::ptrdiff_t>(kLengthSize + length);
    frame.body.assign(bytes_.begin() + kLengthSize + kControlLengthMin, end);
    bytes_.erase(bytes_.begin(), end);
    return frame;
}

std::string describe_control_kind(std::uint8_t kind) {
    const char* name = "unknown kind";
    if (kind == control_kind::kHello) name = "hello";
    if (kind == control_kind::kPing) name = "ping";
    if (kind == control_kind::kPong) name = "pong";
    if (kind == control_kind::kError) name = "error";
    if (kind == control_kind::kBlob) name = "blob";
    if (kind == control_kind::kBlobAcknowledgement) name = "blob ack";
    if (kind == control_kind::kBlobReject) name = "blob reject";
    if (kind == control_kind::kFlowClosed) name = "flow closed";
    if (kind == control_kind::kFlowUnknown) name = "flow unknown";
    if (kind == control_kind::kCommit) name = "commit";
    if (kind == control_kind::kMovedIcmp) name = "ICMP about a moved connection";
    if (kind == control_kind::kServerState) name = "server state";
    if (kind == control_kind::kSession) name = "session";
    if (kind == control_kind::kObjectCreate) name = "object create";
    if (kind == control_kind::kObjectCreated) name = "object created";
    if (kind == control_kind::kObjectCall) name = "object call";
    if (kind == control_kind::kObjectResult) name = "object result";
    return fmt::format("0x{:02x} {}", kind, name);
}

}  // namespace conform
