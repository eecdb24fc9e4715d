// SPDX-License-Identifier: Apache-2.0
#include "shunt/app/control_fields.hh"

#include <fmt/format.h>

#include <iterator>
#include <string_view>

#include <nlohmann/json.hpp>

#include "shunt/wire/control_frame.hh"
#include "shunt/wire/control_messages.hh"
#include "shunt/wire/ethernet.hh"
#include "shunt/wire/server_state.hh"
#include "shunt/wire/tcp_header.hh"

namespace shunt::app {
namespace {

using Json = nlohmann::ordered_json;

std::string to_hex(ByteView bytes) {
    std::string text;
    for (const std::uint8_t byte : bytes)
        fmt::format_to(std::back_inserter(text), "{:02x}", byte);
    return text;
}

/// For people: what is not printable ASCII is a dot.
std::string to_printable(std::string_view text) {
    std::string shown(text);
    for (char& each : shown)
        if (each < ' ' || each > '~') each = '.';
    return shown;
}

void add_hello(Json& fields, ByteView body) {
    const auto hello = wire::HelloBody::parse(body);
    if (!hello) return;
    fields["hello.server"].push_back(hello->server);
    fields["hello.boot"].push_back(hello->boot);
    fields["hello.profiles"].push_back(hello->profiles);
    fields["hello.name"].push_back(to_printable(hello->name));
}

void add_error(Json& fields, ByteView body) {
    const auto error = wire::ErrorBody::parse(body);
    if (!error) return;
    fields["error.code"].push_back(error->code);
    fields["error.text"].push_back(to_printable(error->text));
}

void add_state(Json& fields, ByteView body) {
    const auto state = wire::ServerStateView::parse(body);
    if (!state) return;
    const wire::ServerLoad load = state->load();
    fields["state.server"].push_back(state->server());
    fields["state.connections"].push_back(load.connections);
    fields["state.cpu_per_mille"].push_back(load.cpu_per_mille);
    fields["state.memory"].push_back(load.unused_memory_bytes);
    fields["state.bandwidth"].push_back(load.unused_bandwidth_bps);
    for (std::size_t row = 0; row < state->listening_count(); ++row) {
        const wire::ListeningSocket socket = state->listening(row);
        fields["state.listening"].push_back(
            fmt::format("{}:{} {}", socket.address.to_string(), socket.port, socket.process));
    }
    for (std::size_t row = 0; row < state->application_count(); ++row) {
        const wire::ApplicationLoad load_of = state->application(row);
        fields["state.applications"].push_back(
            fmt::format("{} {} {}", load_of.process, load_of.memory_bytes, load_of.cpu_per_mille));
    }
}

void add_frame(Json& fields, ByteView bytes, const wire::ControlFrameView& frame) {
    fields["control.length"].push_back(load_u32(bytes, 0));
    fields["control.kind"].push_back(static_cast<unsigned>(frame.kind()));
    fields["control.flags"].push_back(frame.flags());
    fields["control.transaction"].push_back(frame.transaction());
    fields["control.body"].push_back(to_hex(frame.body()));
    if (frame.kind() == wire::ControlKind::Hello) add_hello(fields, frame.body());
    if (frame.kind() == wire::ControlKind::Error) add_error(fields, frame.body());
    if (frame.kind() == wire::ControlKind::ServerState) add_state(fields, frame.body());
}

}  // namespace

std::optional<std::string> ControlFields::read(std::size_t number, ByteView frame) {
    const auto ethernet = wire::EthernetView::parse(frame);
    if (!ethernet || ethernet->type() != wire::kEtherTypeIpv4) return std::nullopt;
    const auto packet = wire::Ipv4View::parse(ethernet->payload());
    const auto segment = packet ? segment_of(*packet) : std::nullopt;
    if (!segment) return std::nullopt;
    Stream& stream = streams_[segment->key];
    if (!continues(stream, *segment)) return std::nullopt;
    stream.bytes.insert(stream.bytes.end(), segment->text.begin(), segment->text.end());
    return take_frames(number, stream);
}

/// The segment's checksum is not the reader's to verify: a capture on the sender may not have it.
std::optional<ControlFields::Segment> ControlFields::segment_of(const wire::Ipv4View& packet) {
    const ByteView bytes = packet.payload();
    if (packet.protocol() != wire::IpProtocol::Tcp || packet.is_fragment() ||
        bytes.size() < wire::kTcpHeaderSize) {
        return std::nullopt;
    }
    const std::size_t header_size = 4U * (load_u8(bytes, 12) >> 4U);
    if (header_size < wire::kTcpHeaderSize || header_size > bytes.size()) return std::nullopt;
    Segment segment;
    segment.key = {packet.source().value(), load_u16(bytes, 0), packet.destination().value(),
                   load_u16(bytes, 2)};
    if (segment.key.source_port != wire::kControlPort &&
        segment.key.destination_port != wire::kControlPort) {
        return std::nullopt;
    }
    const wire::TcpFlags flags = wire::TcpFlags::from_byte(load_u8(bytes, 13));
    segment.sequence = SequenceNumber(load_u32(bytes, 4));
    segment.is_first = flags.syn;
    segment.text = bytes.subspan(header_size);
    return segment;
}

/// What does not follow on what was read, a repetition or what is behind a gap, is passed over.
bool ControlFields::continues(Stream& stream, const Segment& segment) {
    if (segment.is_first) stream = Stream{};
    const SequenceNumber begin = segment.is_first ? segment.sequence + 1 : segment.sequence;
    if (stream.is_broken || (stream.next && *stream.next != begin)) return false;
    stream.next = begin + static_cast<std::uint32_t>(segment.text.size());
    return true;
}

std::optional<std::string> ControlFields::take_frames(std::size_t number, Stream& stream) {
    Json line;
    line["frame"] = number;
    Json fields;
    std::size_t begin = 0;
    while (stream.bytes.size() - begin >= wire::kControlLengthSize) {
        const ByteView rest = ByteView(stream.bytes).subspan(begin);
        const auto size = wire::ControlFrameView::size_of(rest);
        if (size && *size > rest.size()) break;
        const auto frame = size ? wire::ControlFrameView::parse(rest.first(*size))
                                : Result<wire::ControlFrameView, Counter>(Failure{size.error()});
        if (!frame) {
            stream.is_broken = true;
            line["fault"] = "format";
            return line.dump();
        }
        add_frame(fields, rest.first(*size), *frame);
        begin += *size;
    }
    stream.bytes.erase(stream.bytes.begin(),
                       stream.bytes.begin() + static_cast<std::ptrdiff_t>(begin));
    if (fields.empty()) return std::nullopt;
    line["fields"] = std::move(fields);
    return line.dump();
}

}  // namespace shunt::app
