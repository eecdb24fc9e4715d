// SPDX-License-Identifier: Apache-2.0
/// Oracle: the client sees one legal TCP connection.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "oracle/oracle.hh"
#include "pdu/flow_watch.hh"
#include "pdu/fragments.hh"
#include "pdu/sequence.hh"

namespace conform {
namespace {

/// Bytes of the server's stream that are kept to compare retransmissions with.
constexpr std::size_t kStreamKeptMax = 1 << 20;
/// RFC 7323 5.5: a clock of 1 ms ticks passes half of its numbers in so long a time, and what it
/// said before cannot be told from what it will say.
constexpr std::chrono::hours kTimestampAgeMax{24 * 24};

/// One connection, from what the client sends and gets.
class ClientView {
  public:
    explicit ClientView(std::vector<Finding>& findings) : findings_(findings) {}

    /// When what comes next was captured.
    void set_now(Time now) { now_ = now; }

    /// The client's own segment, sent to the device or inside a packet that we forward.
    void sent(const TcpSegment& segment) {
        if (segment.has(tcp_flag::kSyn)) {
            if (server_start_ && client_start_ != segment.sequence) {
                // The tuple once more; which connection is the client's the SYN/ACK tells.
                reopening_ = segment;
                return;
            }
            client_start_ = client_end_ = segment.sequence;
            client_scale_ = to_scale(segment.window_scale);
        }
        if (segment.has(tcp_flag::kRst)) is_reset_by_client_ = true;
        const std::uint32_t end = segment.sequence + segment.length();
        if (!client_end_ || sequence_before(*client_end_, end)) client_end_ = end;
        if (segment.has(tcp_flag::kAck)) {
            const bool is_scaled = is_scaled_ && !segment.has(tcp_flag::kSyn);
            const unsigned scale = is_scaled ? client_scale_.value_or(0) : 0;
            advance(window_end_,
                    segment.acknowledgment + (static_cast<std::uint32_t>(segment.window) << scale));
        }
    }

    /// A block that the judge hands to the device: the connection as its home left it.
    void handed_over(const ControlBlock& block) {
        constexpr unsigned kScaling = block_flag::kRequestedScale | block_flag::kReceivedScale;
        constexpr unsigned kTimestamps =
            block_flag::kRequestedTimestamps | block_flag::kReceivedTimestamps;
        if (server_start_) return;  // a repetition
        client_start_ = block.irs;
        // What the client has sent out of order was seen by its home alone.
        // A packet that came earlier may be held, and is the client's too (EP-23).
        advance(client_end_, block.ooo_bytes > 0 ? block.rcv_adv : block.rcv_nxt);
        client_scale_ = to_scale(block.snd_scale);
        is_scaled_ = (block.t_flags & kScaling) == kScaling;
        has_timestamps_ = (block.t_flags & kTimestamps) == kTimestamps;
        server_scale_ = is_scaled_ ? *to_scale(block.rcv_scale) : 0;
        server_start_ = block.iss;
        server_end_ = block.snd_max;
        window_end_ = block.snd_una + block.snd_wnd;
        acknowledged_ = block.last_ack_sent;
        right_edge_ = block.rcv_adv;
        if (has_timestamps_) note_timestamp(block.ts_val);
    }

    /// A block that the device hands on: its clock must not lag behind what the client has seen.
    void handed_on(const ControlBlock& block, std::size_t number) {
        if (!timestamp_) return;
        number_ = number;
        check(!goes_back(block.ts_val), "EP-25", fmt::format("ts_val {} or later", *timestamp_),
              fmt::format("{}", block.ts_val));
    }

    void received(const TcpSegment& segment, std::size_t number) {
        number_ = number;
        if (segment.has(tcp_flag::kRst)) {
            check(is_reset_by_client_ || !server_start_, "EP-48", "no reset of a living connection",
                  "RST");
            return;
        }
        if (segment.has(tcp_flag::kSyn)) return received_syn_ack(segment);
        if (!server_start_) {
            check(false, "TCP-1", "a SYN/ACK before anything else", describe(segment));
            return;
        }
        check_acknowledgment(segment);
        check_timestamps(segment);
        check_right_edge(segment.acknowledgment +
                         (static_cast<std::uint32_t>(segment.window) << server_scale_));
        check_stream(segment);
    }

  private:
    /// RFC 7323 2.3: a larger one counts as 14, here as at every receiver.
    static std::optional<unsigned> to_scale(std::optional<std::uint8_t> option) {
        if (!option) return std::nullopt;
        return std::min<unsigned>(*option, 14);
    }
    static void advance(std::optional<std::uint32_t>& edge, std::uint32_t to) {
        if (!edge || sequence_before(*edge, to)) edge = to;
    }

    void check(bool is_so, const char* requirement, std::string expected, std::string actual) {
        if (is_so) return;
        findings_.push_back({requirement, std::move(expected), std::move(actual), number_});
    }

    /// A new connection on the tuple of one that is over.
    void reopen() {
        const TcpSegment syn = *reopening_;
        reopening_.reset();
        is_reset_by_client_ = false;
        server_start_.reset();
        window_end_.reset();
        timestamp_.reset();
        stream_.clear();
        sent(syn);
    }

    void received_syn_ack(const TcpSegment& segment) {
        if (reopening_ && segment.acknowledgment == reopening_->sequence + 1) reopen();
        check(client_start_ && segment.acknowledgment == *client_start_ + 1, "TCP-1",
              "a SYN/ACK that acknowledges the SYN", describe(segment));
        if (server_start_) {
            check(segment.sequence == *server_start_, "TCP-1",
                  fmt::format("the SYN/ACK's sequence {} again", *server_start_),
                  fmt::format("{}", segment.sequence));
            return;
        }
        server_start_ = segment.sequence;
        server_end_ = segment.sequence + 1;
        acknowledged_ = segment.acknowledgment;
        right_edge_ = segment.acknowledgment + segment.window;
        is_scaled_ = client_scale_ && segment.window_scale;
        server_scale_ = is_scaled_ ? *to_scale(segment.window_scale) : 0;
        has_timestamps_ = segment.timestamps.has_value();
        if (segment.timestamps) note_timestamp(segment.timestamps->value);
    }

    void check_acknowledgment(const TcpSegment& segment) {
        check(segment.has(tcp_flag::kAck), "TCP-1", "ACK in every segment after the SYN/ACK",
              describe_tcp_flags(segment.flags));
        check(client_end_ && sequence_at_or_before(segment.acknowledgment, *client_end_), "TCP-1",
              fmt::format("acknowledgment of what the client has sent, up to {}",
                          client_end_.value_or(0) - client_start_.value_or(0)),
              fmt::format("{}", segment.acknowledgment - client_start_.value_or(0)));
        check(!sequence_before(segment.acknowledgment, acknowledged_), "EP-25",
              "acknowledgments that do not go back", describe(segment));
        if (sequence_before(acknowledged_, segment.acknowledgment)) {
            acknowledged_ = segment.acknowledgment;
        }
    }

    void check_timestamps(const TcpSegment& segment) {
        check(segment.timestamps.has_value() == has_timestamps_, "TCP-2",
              has_timestamps_ ? "timestamps in every segment, as negotiated"
                              : "no timestamps, none were negotiated",
              segment.timestamps ? "some" : "none");
        if (!segment.timestamps || !timestamp_) return;
        const std::uint32_t value = segment.timestamps->value;
        check(!goes_back(value), "EP-25", fmt::format("TSval {} or later", *timestamp_),
              fmt::format("{}", value));
        if (!goes_back(value)) note_timestamp(value);
    }

    bool goes_back(std::uint32_t value) const {
        return now_ - timestamp_at_ < kTimestampAgeMax && sequence_before(value, *timestamp_);
    }

    void note_timestamp(std::uint32_t value) {
        timestamp_ = value;
        timestamp_at_ = now_;
    }

    void check_right_edge(std::uint32_t edge) {
        // RFC 7323 2.4: rounding to the scale may take less than one unit back.
        const std::int32_t growth = sequence_distance(right_edge_, edge);
        check(growth > -(1 << server_scale_), "TCP-5", "a window whose right edge does not shrink",
              fmt::format("{} bytes less", -growth));
        if (growth > 0) right_edge_ = edge;
    }

    void check_stream(const TcpSegment& segment) {
        const std::uint32_t end = segment.sequence + segment.length();
        // A keep-alive or window probe has a sequence number that was used before.
        check(sequence_at_or_before(segment.sequence, server_end_), "EP-25",
              fmt::format("sequence {}", server_end_ - *server_start_),
              fmt::format("{}", segment.sequence - *server_start_));
        // RFC 9293 3.8.6.1: one byte may probe a closed window.
        check(!window_end_ || sequence_at_or_before(end, *window_end_ + 1), "TCP-5",
              "no bytes past the client's window",
              fmt::format("{} bytes past it",
                          window_end_ ? sequence_distance(*window_end_, end) : 0));
        compare_payload(segment);
        if (sequence_before(server_end_, end)) server_end_ = end;
    }

    void compare_payload(const TcpSegment& segment) {
        const std::uint32_t offset = segment.sequence - (*server_start_ + 1);
        if (offset + segment.payload.size() > kStreamKeptMax) return;
        bool is_same = true;
        for (std::size_t i = 0; i < segment.payload.size(); ++i) {
            const auto [byte, is_new] =
                stream_.try_emplace(offset + static_cast<std::uint32_t>(i), segment.payload[i]);
            is_same = is_same && (is_new || byte->second == segment.payload[i]);
        }
        check(is_same, "EP-48", "the same bytes at the same sequence numbers", "others");
    }

    std::vector<Finding>& findings_;
    std::size_t number_ = 0;
    Time now_{};
    std::optional<TcpSegment> reopening_;
    std::optional<std::uint32_t> client_start_;
    std::optional<std::uint32_t> client_end_;
    std::optional<unsigned> client_scale_;
    std::optional<std::uint32_t> window_end_;
    bool is_reset_by_client_ = false;
    bool is_scaled_ = false;
    bool has_timestamps_ = false;
    std::optional<std::uint32_t> server_start_;
    std::uint32_t server_end_ = 0;
    unsigned server_scale_ = 0;
    std::uint32_t acknowledged_ = 0;
    std::uint32_t right_edge_ = 0;
    std::optional<std::uint32_t> timestamp_;
    Time timestamp_at_{};
    std::map<std::uint32_t, std::uint8_t> stream_;
};

/// Client first, service second, whoever sends.
using ConnectionKey = std::pair<SocketAddress, SocketAddress>;

class ClientViews {
  public:
    ClientViews(std::vector<Finding>& findings, const Capture& capture)
        : findings_(findings), flows_(capture) {}

    void add(const CapturedFrame& captured, std::size_t number) {
        const Frame& frame = captured.frame;
        if (captured.is_void) return;
        now_ = captured.at;
        moved_as_blob(captured, number);
        if (captured.direction == Direction::ToDevice) {
            if (frame.ipv4) sent(*frame.ipv4);
            if (frame.inner) sent(*frame.inner);
            if (frame.encapsulation && frame.encapsulation->is(EncapsulationType::Connection)) {
                handed_over(*frame.encapsulation);
            }
        } else if (captured.link == Link::Front && frame.ipv4 && frame.ipv4->tcp) {
            if (captured.is_demanded) return;
            const TcpSegment& segment = *frame.ipv4->tcp;
            view(segment.destination, segment.source).received(segment, number);
        } else if (frame.encapsulation && frame.encapsulation->is(EncapsulationType::Connection)) {
            handed_on(*frame.encapsulation, number);
        }
    }

  private:
    ClientView& view(const SocketAddress& client, const SocketAddress& service) {
        ClientView& found = views_.try_emplace({client, service}, findings_).first->second;
        found.set_now(now_);
        return found;
    }
    void sent(const TcpSegment& segment) {
        view(segment.source, segment.destination).sent(segment);
    }
    void sent(const Ipv4Packet& packet) {
        if (packet.tcp) return sent(*packet.tcp);
        if (fragment_place(packet).is_whole()) return;
        const std::optional<Bytes> payload = fragments_.add(packet);
        if (!payload) return;
        std::vector<Finding> of_the_client;
        const auto whole = decode_ipv4(assemble_packet(packet.bytes, *payload), of_the_client);
        if (whole && whole->tcp) sent(*whole->tcp);
    }
    void moved_as_blob(const CapturedFrame& captured, std::size_t number) {
        const FlowSight sight = flows_.look_at(captured.frame);
        const bool is_to_device = captured.direction == Direction::ToDevice;
        if (sight.restored && sight.restored->tcp && is_to_device) sent(*sight.restored->tcp);
        for (const FlowMessage& message : sight.messages) {
            const auto block = message.blob ? message.blob->block() : std::nullopt;
            if (!block || !message.connection) continue;
            ClientView& moved = view(message.connection->first, message.connection->second);
            if (is_to_device) {
                moved.handed_over(*block);
            } else {
                moved.handed_on(*block, number);
            }
        }
    }
    void handed_over(const Encapsulation& header) {
        const auto information = parse_connection_information(header.payload);
        if (information) view(header.source, information->service).handed_over(information->block);
    }

    void handed_on(const Encapsulation& header, std::size_t number) {
        const auto information = parse_connection_information(header.payload);
        if (!information) return;
        view(header.source, information->service).handed_on(information->block, number);
    }

    std::vector<Finding>& findings_;
    std::map<ConnectionKey, ClientView> views_;
    Time now_{};
    Reassembly fragments_;
    FlowWatch flows_;
};

}  // namespace

std::vector<Finding> examine_client_view(const Capture& capture) {
    std::vector<Finding> findings;
    ClientViews views(findings, capture);
    for (std::size_t number = 0; number < capture.size(); ++number) {
        views.add(capture[number], number);
    }
    return findings;
}

}  // namespace conform
