// SPDX-License-Identifier: Apache-2.0
#include "roles/client.hh"

#include <fmt/format.h>

#include "pdu/build.hh"
#include "pdu/sequence.hh"

namespace conform {
namespace {

constexpr std::uint16_t kSynWindow = 64'240;

}  // namespace

Client::Client(Wire& wire, const Iut& iut, SocketAddress self, SocketAddress service,
               const ClientOffer& offer, Random& random)
    : wire_(wire),
      iut_(iut),
      self_(self),
      service_(service),
      offer_(offer),
      inbox_(wire.scheduler()),
      errors_(wire.scheduler()),
      initial_sequence_(random.next_u32()),
      next_sequence_(initial_sequence_),
      timestamp_start_(random.next_u32()),
      identification_(static_cast<std::uint16_t>(random.next_u32())),
      has_timestamps_(offer.has_timestamps) {
    initial_sequence_ = next_sequence_ = offer.initial_sequence.value_or(initial_sequence_);
    if (offer.timestamp) timestamp_start_ += *offer.timestamp - timestamp_now();
    wire_.add_listener(*this);
}

std::uint32_t Client::window_bytes() const {
    return static_cast<std::uint32_t>(window_field_)
           << (has_scaling_ ? offer_.window_scale.value_or(0) : 0);
}

std::uint32_t Client::timestamp_now() const {
    return timestamp_start_ + static_cast<std::uint32_t>(milliseconds_of(wire_.now()));
}

TcpSegment Client::make(std::uint8_t flags, Bytes payload) {
    TcpSegment segment;
    segment.source = self_;
    segment.destination = service_;
    segment.sequence = next_sequence_;
    segment.acknowledgment = (flags & tcp_flag::kAck) != 0 ? acknowledged_ : 0;
    segment.flags = flags;
    segment.window = window_field_;
    timestamp_sent_ = timestamp_now();
    if (has_timestamps_) segment.timestamps = TcpTimestamps{timestamp_sent_, server_timestamp_};
    segment.payload = std::move(payload);
    segment.identification = identification_++;
    return segment;
}

TcpSegment Client::make_syn() {
    TcpSegment segment = make(tcp_flag::kSyn);
    segment.sequence = initial_sequence_;
    segment.window = kSynWindow;
    segment.mss = offer_.mss;
    segment.window_scale = offer_.window_scale;
    segment.is_sack_permitted = offer_.is_sack_permitted;
    return segment;
}

void Client::count_sent(const TcpSegment& segment) {
    const std::uint32_t end = segment.sequence + segment.length();
    if (sequence_before(next_sequence_, end)) next_sequence_ = end;
}

std::size_t Client::send(const TcpSegment& segment) {
    count_sent(segment);
    return carry(segment);
}

std::size_t Client::carry(const Bytes& packet) {
    if (carrier_) return carrier_(packet);
    return wire_.send(Link::Front, encode_ethernet(iut_.device.front_mac, iut_.client_mac,
                                                   ether_type::kIpv4, packet));
}

std::size_t Client::carry(const TcpSegment& segment) {
    return carry(encode_tcp_packet(segment));
}

void Client::learn_handshake(const TcpSegment& syn_ack) {
    assume_handshake(syn_ack.sequence, syn_ack.timestamps ? syn_ack.timestamps->value : 0);
    has_scaling_ = offer_.window_scale && syn_ack.window_scale;
    has_timestamps_ = offer_.has_timestamps && syn_ack.timestamps;
}

void Client::assume_handshake(std::uint32_t server_initial_sequence,
                              std::uint32_t server_timestamp) {
    server_initial_sequence_ = server_initial_sequence;
    acknowledged_ = server_initial_sequence + 1;
    server_timestamp_ = server_timestamp;
    has_scaling_ = offer_.window_scale.has_value();
    next_sequence_ = initial_sequence_ + 1;
}

void Client::accept(const TcpSegment& segment) {
    if (segment.sequence == acknowledged_) acknowledged_ += segment.length();
    if (segment.timestamps) server_timestamp_ = segment.timestamps->value;
}

TcpSegment Client::to_relative(const TcpSegment& segment) const {
    TcpSegment relative = segment;
    relative.sequence -= server_initial_sequence_;
    if (segment.has(tcp_flag::kAck)) relative.acknowledgment -= initial_sequence_;
    return relative;
}

Task<std::optional<ReceivedSegment>> Client::receive(Duration within) {
    const std::optional<std::size_t> number = co_await inbox_.next(wire_.now() + within);
    if (!number) co_return std::nullopt;
    const CapturedFrame& captured = wire_.capture()[*number];
    co_return ReceivedSegment{*number, captured.at, *captured.frame.ipv4->tcp};
}

Task<ReceivedSegment> Client::expect(const char* requirement, SegmentPattern pattern,
                                     Duration within) {
    std::optional<ReceivedSegment> received = co_await receive(within);
    if (!received) {
        throw Violation({requirement, describe(pattern) + " for the client",
                         fmt::format("nothing within {} ms", milliseconds_of(within))});
    }
    TcpSegment relative = to_relative(received->segment);
    // Before the SYN/ACK the server's numbers have no origin yet.
    if (relative.has(tcp_flag::kSyn)) relative.sequence = 0;
    const std::vector<Mismatch> mismatches = compare(pattern, relative);
    if (!mismatches.empty()) {
        throw Violation(
            {requirement, mismatches.front().expected, mismatches.front().actual, received->frame});
    }
    // Not any longer a matter of the oracles: the case knows that the connection is over.
    const bool is_reset = pattern.flags && (*pattern.flags & tcp_flag::kRst) != 0;
    if (is_reset) wire_.capture()[received->frame].is_demanded = true;
    co_return std::move(*received);
}

Task<> Client::expect_silence(const char* requirement, const char* when, Duration length) {
    const std::optional<ReceivedSegment> received = co_await receive(length);
    if (!received) co_return;
    throw Violation({requirement, fmt::format("nothing for the client {}", when),
                     describe(to_relative(received->segment)), received->frame});
}

Task<ReceivedIcmp> Client::expect_icmp(const char* requirement, std::uint8_t type,
                                       std::uint8_t code, Duration within) {
    const std::optional<std::size_t> number = co_await errors_.next(wire_.now() + within);
    const std::string wanted = fmt::format("ICMP type {} code {} for the client", type, code);
    if (!number) {
        throw Violation(
            {requirement, wanted, fmt::format("nothing within {} ms", milliseconds_of(within))});
    }
    const CapturedFrame& captured = wire_.capture()[*number];
    const IcmpMessage& message = *captured.frame.ipv4->icmp;
    if (message.type != type || message.code != code) {
        throw Violation({requirement, wanted, describe(captured.frame), *number});
    }
    co_return ReceivedIcmp{*number, captured.at, message};
}

Task<> Client::expect_no_icmp(const char* requirement, const char* when, Duration length) {
    const std::optional<std::size_t> number = co_await errors_.next(wire_.now() + length);
    if (!number) co_return;
    throw Violation({requirement, fmt::format("no ICMP error for the client {}", when),
                     describe(wire_.capture()[*number].frame), *number});
}

Task<ReceivedSegment> Client::connect(const char* requirement) {
    send(make_syn());
    const SegmentPattern syn_ack{.flags = tcp_flag::kSyn | tcp_flag::kAck, .acknowledgment = 1};
    ReceivedSegment received = co_await expect(requirement, syn_ack, iut_.timers.answer);
    learn_handshake(received.segment);
    send(tcp_flag::kAck);
    co_return received;
}

bool Client::hear_icmp(std::size_t number, const IcmpMessage& message) {
    // The quote begins with the client's own IPv4 header, which has no options in our packets.
    constexpr std::size_t kQuotedPorts = 20;
    const bool is_error = message.type == 3 || message.type == 11 || message.type == 12;
    const ByteView quote = message.payload;
    if (!is_error || message.destination != self_.address || quote.size() < kQuotedPorts + 4) {
        return false;
    }
    const bool is_ours = load_u16(quote, kQuotedPorts) == self_.port &&
                         load_u16(quote, kQuotedPorts + 2) == service_.port &&
                         load_u32(quote, 16) == service_.address.value;
    if (is_ours) errors_.push(number);
    return is_ours;
}

bool Client::hear(std::size_t number, const CapturedFrame& captured) {
    if (is_retired_ || captured.link != Link::Front || !captured.frame.ipv4) return false;
    if (captured.frame.ipv4->icmp) return hear_icmp(number, *captured.frame.ipv4->icmp);
    if (!captured.frame.ipv4->tcp) return false;
    const TcpSegment& segment = *captured.frame.ipv4->tcp;
    if (segment.destination != self_ || segment.source.port != service_.port) return false;
    if (hears_service_alone_ && segment.source.address != service_.address) return false;
    inbox_.push(number);
    return true;
}

Bytes http_request(std::string_view target) {
    return to_bytes(fmt::format("GET {} HTTP/1.1\r\nHost: conformance\r\n\r\n", target));
}

}  // namespace conform
