// SPDX-License-Identifier: Apache-2.0
#include "cases/system/conversation.hh"

#include <fmt/format.h>

#include <algorithm>

#include "cases/endpoint/steps.hh"
#include "pdu/sequence.hh"

namespace conform::web {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kSegmentSize = 1'300;
/// What a device takes before it has read anything.
constexpr std::size_t kFlight = 16 * kSegmentSize;
/// How exactly a decision is timed.
constexpr milliseconds kPolling{2};

std::string lower(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) {
        return static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
    });
    return text;
}

/// What stands between semicolons, without blanks around it.
std::vector<std::string> parts_of(std::string_view text) {
    std::vector<std::string> parts;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find(';'), text.size());
        std::string_view part = text.substr(0, end);
        while (part.starts_with(' '))
            part.remove_prefix(1);
        while (part.ends_with(' '))
            part.remove_suffix(1);
        parts.emplace_back(part);
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return parts;
}

bool has_attribute(const std::vector<std::string>& parts, std::string_view wanted) {
    return std::any_of(parts.begin() + 1, parts.end(),
                       [&](const std::string& part) { return lower(part) == wanted; });
}

}  // namespace

void Conversation::send_segment(const TcpSegment& segment) {
    if (connection_ != nullptr) return connection_->forward(segment);
    client_.send(segment);
}

void Conversation::take(const ReceivedSegment& received) {
    const TcpSegment& segment = received.segment;
    if (segment.sequence == client_.acknowledged()) append(received_, segment.payload);
    client_.accept(segment);
    if (!segment.payload.empty()) last_frame_ = received.frame;
    is_over_ = is_over_ || segment.has(tcp_flag::kRst) || segment.has(tcp_flag::kFin);
    // What a device makes of bytes that are no request is its own business.
    if (segment.has(tcp_flag::kRst)) stage_.wire().capture()[received.frame].is_demanded = true;
}

void Conversation::send(ByteView bytes) {
    while (!bytes.empty()) {
        const ByteView piece = bytes.first(std::min(bytes.size(), kSegmentSize));
        send_segment(
            client_.make(tcp_flag::kPsh | tcp_flag::kAck, Bytes(piece.begin(), piece.end())));
        bytes = bytes.subspan(piece.size());
    }
}

Task<> Conversation::send_much(Bytes bytes, std::size_t size) {
    const std::uint32_t first = client_.next_sequence();
    std::size_t sent = 0;
    std::size_t acknowledged = 0;
    while (acknowledged < bytes.size()) {
        while (sent < bytes.size() && sent < acknowledged + kFlight) {
            const std::size_t length = std::min(size, bytes.size() - sent);
            const ByteView piece = ByteView(bytes).subspan(sent, length);
            send_segment(
                client_.make(tcp_flag::kPsh | tcp_flag::kAck, Bytes(piece.begin(), piece.end())));
            sent += length;
        }
        const auto received = co_await client_.receive(stage_.iut().timers.answer);
        if (!received) co_return;
        take(*received);
        if (is_over_ || !received->segment.payload.empty()) co_return;
        const std::int32_t progress = sequence_distance(first, received->segment.acknowledgment);
        acknowledged = std::max(acknowledged, static_cast<std::size_t>(std::max(progress, 0)));
    }
}

Task<Reply> Conversation::reply(const char* requirement, bool has_body) {
    std::optional<HttpResponse> head = parse_http_response(received_);
    bool has_more = false;  // since the last acknowledgment
    for (;;) {
        const std::size_t body = has_body && head ? head->content_length.value_or(0) : 0;
        if (head && received_.size() >= head->head_size + body) break;
        if (has_more) send_segment(client_.make(tcp_flag::kAck));
        const auto received = co_await client_.receive(stage_.iut().timers.answer);
        if (!received) {
            throw Violation({requirement, "a response for the client",
                             fmt::format("{} bytes: {}", received_.size(), to_hex(received_, 16))});
        }
        if (received->segment.has(tcp_flag::kRst)) {
            throw Violation({requirement, "a response for the client", "RST", received->frame});
        }
        take(*received);
        if (!head) head = parse_http_response(received_);
        has_more = !received->segment.payload.empty();
    }
    const std::size_t end =
        head->head_size + (has_body ? head->content_length.value_or(0) : std::size_t{0});
    const auto at = [this](std::size_t offset) {
        return received_.begin() + static_cast<std::ptrdiff_t>(offset);
    };
    Reply reply{*head, Bytes(at(head->head_size), at(end)), last_frame_};
    received_.erase(received_.begin(), at(end));
    send_segment(client_.make(tcp_flag::kAck));
    co_return std::move(reply);
}

Task<Reply> Conversation::ask(const char* requirement, const HttpRequest& request) {
    send(request);
    return reply(requirement, request.method != "HEAD");
}

std::optional<unsigned> Conversation::status() const {
    const std::optional<HttpResponse> head = parse_http_response(received_);
    return head ? std::optional<unsigned>(head->status) : std::nullopt;
}

Task<Decision> Conversation::decision(Peer& peer, Duration within) {
    const Time deadline = stage_.wire().now() + within;
    const std::uint32_t first = client_.initial_sequence() + 1;
    const auto offer = endpoint::about(EncapsulationType::Connection, client_);
    for (;;) {
        const auto received = co_await client_.receive(Duration::zero());
        if (received) {
            take(*received);
            if (is_over_ || sequence_before(first, received->segment.acknowledgment)) {
                co_return Decision::Here;
            }
        }
        const auto offered = co_await peer.receive(Duration::zero());
        if (offered && compare(offer, offered->header()).empty()) co_return Decision::Elsewhere;
        if (stage_.wire().now() >= deadline) co_return Decision::None;
        if (!received && !offered) co_await stage_.sleep(kPolling);
    }
}

Task<Conversation> connect(Stage& stage, const ClientOffer& offer) {
    Client& client = stage.open_client(offer);
    co_await client.connect("EP-2");
    co_return Conversation(stage, client);
}

Task<> move_in(endpoint::MovedIn& connection) {
    connection.offer();
    co_await connection.expect_acknowledgement("EP-7");
    connection.release();
}

HttpRequest get(std::string target) {
    return {std::move(target)};
}

HttpRequest get(const Stage& stage, std::string target, const std::string& value) {
    return {std::move(target), {cookie_field(stage, value)}};
}

HttpField cookie_field(const Stage& stage, const std::string& value) {
    return {"Cookie", fmt::format("{}={}", stage.iut().sessions.cookie, value)};
}

std::optional<SessionId> session_set(Stage& stage, const Reply& reply) {
    const std::string name = stage.iut().sessions.cookie + "=";
    std::vector<std::string> ours;
    for (std::string& value : reply.head.values_of("Set-Cookie")) {
        if (value.starts_with(name)) ours.push_back(std::move(value));
    }
    stage.check_that(ours.size() <= 1, "SES-1", "one session cookie at most",
                     fmt::format("{}", ours.size()), reply.frame);
    if (ours.empty()) return std::nullopt;
    const std::vector<std::string> parts = parts_of(ours.front());
    stage.check_that(has_attribute(parts, "path=/") && has_attribute(parts, "httponly"), "SES-1",
                     "a cookie with Path=/ and HttpOnly", ours.front(), reply.frame);
    const auto session =
        read_session_value(stage.iut().sessions.key, parts.front().substr(name.size()));
    if (!session) {
        throw Violation({"SES-1",
                         "a cookie of 56 lower-case hex digits with the tag that its server id and "
                         "number have under the farm's session key",
                         ours.front(), reply.frame});
    }
    return session;
}

std::string value_naming(Stage& stage, std::uint32_t server) {
    return session_value(stage.iut().sessions.key, {server, stage.random().next_u64()});
}

ServerState listening_state(const Stage& stage, const ServerAddresses& server, bool is_idle) {
    ServerState state;
    state.server = server.id;
    state.memory = state.bandwidth = is_idle ? 1ULL << 40 : 0;
    state.cpu_per_mille = is_idle ? 0 : 1'000;
    state.connections = is_idle ? 0 : 1'000'000;
    for (const Ipv4Address service : server.service)
        state.listening.push_back({{service, stage.iut().service_port}, 1});
    return state;
}

}  // namespace conform::web
