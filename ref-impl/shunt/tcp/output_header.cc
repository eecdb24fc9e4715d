// SPDX-License-Identifier: Apache-2.0
// The headers of what is sent: acknowledgment, window (RFC 9293 3.8.6.2.2), options.
#include <algorithm>

#include "shunt/base/mutant.hh"
#include "shunt/tcp/connection.hh"
#include "shunt/tcp/icmp_error.hh"
#include "shunt/wire/ipv4.hh"

namespace shunt::tcp {
namespace {

constexpr std::uint32_t kWindowFieldMax = 65'535;
constexpr std::uint32_t kHeadersSize = 40;             // IPv4 and TCP without options
constexpr std::uint32_t kTimestampsSize = 12;          // aligned
constexpr std::uint32_t kInitialWindowBytes = 14'600;  // RFC 6928 2

}  // namespace

/// min(the peer's MSS, path MTU - 40), never so small that nothing fits beside options. The path
/// MTU is what a control block says, and may be anything.
std::uint32_t Connection::maximum_segment() const {
    const auto by_path = static_cast<std::uint16_t>(path_mtu() - kHeadersSize);
    if (is_mutant(Mutant::SendsBeyondMss)) return by_path;
    const std::uint16_t least =
        is_mutant(Mutant::BelievesTinyMss) ? std::uint16_t{16} : Negotiated::kMaximumSegmentMin;
    return std::max(std::min(negotiated_.maximum_segment, by_path), least);
}

/// SMSS: what a segment carries without SACK blocks (RFC 6691).
std::uint32_t Connection::segment_size() const {
    return maximum_segment() - (negotiated_.has_timestamps() ? kTimestampsSize : 0);
}

std::uint32_t Connection::text_length_max(const wire::TcpOptions& options) const {
    return maximum_segment() - static_cast<std::uint32_t>(options.size());
}

/// Segments that may go as one packet, a train that the link cuts. CWR is the first one's alone
/// (RFC 3168 6.1.2), and an urgent pointer is each one's own.
std::uint32_t Connection::segments_at_once(const wire::TcpOptions& options,
                                           const Packet& out) const {
    const std::uint32_t headers = kHeadersSize + static_cast<std::uint32_t>(options.size());
    const bool is_plain = !is_window_reduction_due_ && send_.next == send_.maximum &&
                          send_.urgent.at_or_before(send_.next);
    if (config_->train_max <= headers || !is_plain) return 1;
    const auto room = static_cast<std::uint32_t>(out.tailroom());
    const std::uint32_t most = std::min(config_->train_max - headers, room);
    return std::max(most / text_length_max(options), std::uint32_t{1});
}

/// RFC 6928 2.
std::uint32_t Connection::initial_window() const {
    const std::uint32_t size = segment_size();
    const std::uint32_t segments = config_->initial_window_segments;
    if (is_mutant(Mutant::StartsTooFast)) return 4 * segments * size;
    return std::min(segments * size, std::max(2 * size, kInitialWindowBytes));
}

/// What the network takes now beside what is in it. Limited transmit (RFC 3042 2) needs no rule of
/// its own: what left the network makes room.
std::uint32_t Connection::congestion_room() const {
    const std::uint32_t window = std::max(congestion_.window(), segment_size());
    const std::uint32_t in_network = flight_ ? flight_->in_network() : 0;
    return window - std::min(window, in_network);
}

wire::TcpOptions Connection::current_options(Instant now) const {
    wire::TcpOptions options;
    if (negotiated_.has_timestamps()) {
        options.timestamps = {.value = is_mutant(Mutant::StopsTimestampClock)
                                           ? clock_.value(Instant())
                                           : clock_.value(now),
                              .echo = is_mutant(Mutant::EchoesNoTimestamp) ? 0 : recent_timestamp_};
    }
    add_reports(options);
    return options;
}

/// A header that acknowledges all that has come, so that no other need.
wire::TcpHeader Connection::acknowledging_header(SequenceNumber sequence,
                                                 const wire::TcpOptions& options) {
    wire::TcpHeader header;
    header.sequence = sequence;
    header.flags.acknowledgment = true;
    header.flags.ecn_echo = is_ecn_echo_due_;
    header.acknowledgment = receive_.next;
    header.window = advertise_window();
    header.options = options;
    mark_urgent(header);
    if (!options.sack_blocks().empty()) duplicate_.reset();  // RFC 2883 4: reported once
    receive_.last_acknowledged = receive_.next;
    is_acknowledgment_due_ = false;
    timers_.disarm(Timer::DelayedAcknowledgment);
    return header;
}

/// The sequence number of a segment without text: the highest that the peer can find acceptable.
SequenceNumber Connection::acknowledging_sequence() const {
    if (!is_synchronized(state_) && state_ != State::Closed) return send_.maximum;
    const SequenceNumber window_end = send_.unacknowledged + send_.window;
    return send_.maximum.after(window_end) ? window_end : send_.maximum;
}

/// A SYN's window is not scaled (RFC 7323 2.2).
std::uint16_t Connection::syn_window() const {
    return static_cast<std::uint16_t>(std::min(receive_buffer_.window(), kWindowFieldMax));
}

/// RCV.WND as its field, and moves the edge. The edge goes forward by at least a segment or half
/// the buffer; it does not go back (TCP-5): what the scale cuts off is rounded up. Only where the
/// reserve for that is used up, by many small segments that nobody reads, the rounding shows
/// (RFC 7323 2.4).
std::uint16_t Connection::advertise_window() {
    const unsigned scale = negotiated_.receive_scale;
    const std::uint32_t promised = receive_.window();
    const std::uint32_t open = offered_window();
    const std::uint32_t step = std::min(segment_size(), receive_buffer_.window_limit() / 2);
    std::uint32_t field = open >> scale;
    if (open < promised + step) {
        const std::uint32_t rounded_up = (promised + (1U << scale) - 1) >> scale;
        const bool has_room = std::uint64_t{rounded_up} << scale <= receive_buffer_.room();
        field = has_room ? rounded_up : promised >> scale;
    }
    field = std::min(field, kWindowFieldMax);
    if (is_mutant(Mutant::ShrinksWindow)) {
        field -= std::min(field, (receive_.next - receive_.initial) >> scale);
        return static_cast<std::uint16_t>(field / 2);
    }
    receive_.edge = receive_.next + std::max(promised, field << scale);
    return static_cast<std::uint16_t>(field);
}

/// The window that the free buffer would make.
std::uint32_t Connection::offered_window() const {
    const unsigned scale = negotiated_.receive_scale;
    return std::min(receive_buffer_.window() >> scale, kWindowFieldMax) << scale;
}

/// The application has read so much that the peer should hear of it.
bool Connection::is_window_update_due() const {
    if (!takes_text() || is_text_held_) return false;
    const std::uint32_t step = std::min(2 * segment_size(), receive_buffer_.window_limit() / 2);
    return offered_window() >= receive_.window() + step;
}

void Connection::write(const wire::TcpHeader& header, Packet& out, wire::EcnCodepoint ecn) {
    wire::TcpHeader addressed = header;
    addressed.source_port = identity_.local_port;
    addressed.destination_port = identity_.remote_port;
    addressed.prepend_to(
        out, identity_.local_address, identity_.remote_address,
        out.unfinished().checksum ? wire::ChecksumField::Partial : wire::ChecksumField::Complete);
    wire::Ipv4Header internet;
    internet.type_of_service = static_cast<std::uint8_t>(unsigned{differentiated_services_} << 2 |
                                                         static_cast<unsigned>(ecn));
    internet.identification = identification_++;
    // What carries less than the floor has to cut packets itself.
    internet.dont_fragment = path_mtu() > kPathMtuMin;
    internet.ttl = time_to_live_;
    internet.protocol = wire::IpProtocol::Tcp;
    internet.source = identity_.local_address;
    internet.destination = identity_.remote_address;
    internet.prepend_to(out);
}

}  // namespace shunt::tcp
