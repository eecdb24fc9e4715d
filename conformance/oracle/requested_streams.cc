// SPDX-License-Identifier: Apache-2.0
#include "oracle/requested_streams.hh"

#include <algorithm>
#include <array>

namespace conform {
namespace {

/// A case has eight clients at most, and some that it plays a home for.
constexpr std::size_t kConnectionsMax = 64;

/// The line that holds the byte at `at`, as far as it is there.
std::string_view line_around(std::string_view text, std::size_t at) {
    const std::size_t before = text.rfind('\n', at);
    const std::size_t begin = before == std::string_view::npos ? 0 : before + 1;
    return text.substr(begin, std::min(text.find('\n', at), text.size()) - begin);
}

bool is_request_line(std::string_view line) {
    constexpr std::array<std::string_view, 4> kMethods = {"GET /", "POST /", "PUT /", "HEAD /"};
    return std::any_of(kMethods.begin(), kMethods.end(),
                       [line](std::string_view method) { return line.starts_with(method); });
}

}  // namespace

std::set<std::uint32_t> streams_named_in(ByteView bytes) {
    constexpr std::string_view kParameter = "stream=";
    constexpr std::size_t kDigits = 6;
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    std::set<std::uint32_t> streams;
    for (std::size_t at = text.find(kParameter); at != std::string_view::npos;
         at = text.find(kParameter, at + 1)) {
        const std::size_t digits = at + kParameter.size();
        const std::size_t end = digits + kDigits;
        const bool is_parameter = at > 0 && (text[at - 1] == '?' || text[at - 1] == '&') &&
                                  end < text.size() && (text[end] == ' ' || text[end] == '&');
        if (!is_parameter || !is_request_line(line_around(text, at))) continue;
        if (const auto stream = read_stream(bytes.subspan(digits))) streams.insert(*stream);
    }
    return streams;
}

HeardBytes* heard_of(HeardConnections& connections, const ConnectionKey& connection) {
    const auto known = connections.find(connection);
    if (known != connections.end()) return &known->second;
    return connections.size() < kConnectionsMax ? &connections[connection] : nullptr;
}

RequestedStreams::RequestedStreams(const Capture& capture) {
    HeardConnections clients;
    for (std::size_t number = 0; number < capture.size(); ++number) {
        if (capture[number].direction != Direction::ToDevice || capture[number].is_void) continue;
        const Frame& frame = capture[number].frame;
        const auto& packet = frame.inner ? frame.inner : frame.ipv4;
        if (packet && packet->tcp) {
            const TcpSegment& segment = *packet->tcp;
            const ConnectionKey connection{segment.source, segment.destination};
            HeardBytes* client = heard_of(clients, connection);
            if (client && segment.has(tcp_flag::kSyn)) {
                read(connection, *client);
                client->begin(segment.sequence + 1);
            }
            if (client) client->add(segment.sequence, segment.payload, number);
        }
        // Of what moves in, a request that nobody has read yet.
        if (!frame.encapsulation || !frame.encapsulation->is(EncapsulationType::Data)) continue;
        const auto data = parse_endpoint_data(frame.encapsulation->payload);
        if (!data || data->queue != endpoint_queue::kReceive) continue;
        read({frame.encapsulation->source, data->id.service}, data->bytes);
    }
    for (const auto& [connection, client] : clients)
        read(connection, client);
}

void RequestedStreams::read(const ConnectionKey& connection, const HeardBytes& client) {
    client.for_each_run([&](ByteView run, HeardBytes::Frames) { read(connection, run); });
}

void RequestedStreams::read(const ConnectionKey& connection, ByteView text) {
    for (const std::uint32_t stream : streams_named_in(text)) {
        streams_[connection].insert(stream);
        owners_.emplace(stream, connection.first.to_string());
    }
}

StreamOwners RequestedStreams::of(const ConnectionKey& connection) const {
    const auto own = streams_.find(connection);
    return {own == streams_.end() ? std::set<std::uint32_t>{} : own->second, owners_};
}

}  // namespace conform
