// SPDX-License-Identifier: Apache-2.0
#include "report/control_fields.hh"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "pdu/frame.hh"

namespace conform {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::uint16_t kTrailerFlag = 1;
constexpr std::size_t kTrailerSize = 40;
constexpr std::size_t kListeningAt = 28;
constexpr std::size_t kListeningSize = 10;
constexpr std::size_t kApplicationSize = 14;

/// The body as the page lays it out, without the trailer; absent where there is no room for one.
std::optional<ByteView> body_of(const ControlFrame& frame) {
    const ByteView bytes(frame.body);
    if ((frame.flags & kTrailerFlag) == 0) return bytes;
    if (bytes.size() < kTrailerSize) return std::nullopt;
    return bytes.first(bytes.size() - kTrailerSize);
}

/// Text for people, as far as it is printable ASCII; dots for the rest.
std::string shown(std::string_view text) {
    std::string out;
    for (const char each : text)
        out.push_back(each >= 0x20 && each <= 0x7E ? each : '.');
    return out;
}

void add_hello(Json& fields, ByteView body) {
    const std::optional<Hello> hello = parse_hello(body);
    if (!hello) return;
    fields["hello.server"].push_back(hello->server);
    fields["hello.boot"].push_back(hello->boot);
    fields["hello.profiles"].push_back(hello->profiles);
    fields["hello.name"].push_back(shown(hello->name));
}

void add_error(Json& fields, ByteView body) {
    const std::optional<ControlError> error = parse_control_error(body);
    if (!error) return;
    fields["error.code"].push_back(error->code);
    fields["error.text"].push_back(shown(error->text));
}

void add_state(Json& fields, ByteView body) {
    const std::optional<ServerState> state = parse_server_state(body);
    if (!state) return;
    fields["state.server"].push_back(state->server);
    fields["state.connections"].push_back(state->connections);
    fields["state.cpu_per_mille"].push_back(state->cpu_per_mille);
    fields["state.memory"].push_back(state->memory);
    fields["state.bandwidth"].push_back(state->bandwidth);
    for (const ServerState::Listening& row : state->listening) {
        fields["state.listening"].push_back(
            fmt::format("{} {}", row.address.to_string(), row.process));
    }
    // The judge itself has no use for Application Information.
    const std::size_t from = kListeningAt + state->listening.size() * kListeningSize + 2;
    for (std::size_t at = from; at < body.size(); at += kApplicationSize) {
        fields["state.applications"].push_back(fmt::format(
            "{} {} {}", load_u32(body, at), load_u64(body, at + 4), load_u16(body, at + 12)));
    }
}

void add_frame(Json& fields, const ControlFrame& frame, ByteView body) {
    fields["control.length"].push_back(kControlLengthMin + frame.body.size());
    fields["control.kind"].push_back(frame.kind);
    fields["control.flags"].push_back(frame.flags);
    fields["control.transaction"].push_back(frame.transaction);
    fields["control.body"].push_back(to_hex(body));
    if (frame.kind == control_kind::kHello) add_hello(fields, body);
    if (frame.kind == control_kind::kError) add_error(fields, body);
    if (frame.kind == control_kind::kServerState) add_state(fields, body);
}

std::string fault_line(std::size_t number) {
    return Json{{"frame", number}, {"fault", "format"}}.dump();
}

}  // namespace

std::optional<std::string> ControlFields::read(std::size_t number, ByteView bytes) {
    const Frame frame = decode_frame(bytes, Framing{});
    if (!frame.ipv4 || !frame.ipv4->tcp) return std::nullopt;
    const TcpSegment& segment = *frame.ipv4->tcp;
    if (segment.source.port != kControlPort && segment.destination.port != kControlPort) {
        return std::nullopt;
    }
    Direction& direction = directions_[{segment.source, segment.destination}];
    if (segment.has(tcp_flag::kSyn)) direction = Direction{};
    const std::uint32_t begin = segment.sequence + (segment.has(tcp_flag::kSyn) ? 1 : 0);
    const bool is_next = !direction.has_begun || direction.next_sequence == begin;
    if (direction.is_over || !is_next) return std::nullopt;
    direction.has_begun = true;
    direction.next_sequence = begin + static_cast<std::uint32_t>(segment.payload.size());
    direction.frames.add(segment.payload);

    Json fields;
    while (const std::optional<ControlFrame> content = direction.frames.next()) {
        const std::optional<ByteView> body = body_of(*content);
        direction.is_over = !body;
        if (!body) return fault_line(number);
        add_frame(fields, *content, *body);
    }
    direction.is_over = direction.frames.is_broken();
    if (direction.is_over) return fault_line(number);
    if (fields.empty()) return std::nullopt;
    return Json{{"frame", number}, {"fields", fields}}.dump();
}

}  // namespace conform
