// SPDX-License-Identifier: Apache-2.0
/// A TCP client at packet level, under the absolute control of the case: it sends what it is told
/// to, acknowledges nothing by itself, and counts sequence numbers from the handshake.
#pragma once

#include <functional>
#include <optional>
#include <string_view>

#include "engine/random.hh"
#include "engine/task.hh"
#include "iut/iut.hh"
#include "roles/pattern.hh"
#include "roles/wire.hh"

namespace conform {

/// What the client's SYN offers.
struct ClientOffer {
    std::uint16_t mss = 1460;
    std::optional<std::uint8_t> window_scale = 7;
    bool is_sack_permitted = true;
    bool has_timestamps = true;
    /// The first number; absent: drawn.
    std::optional<std::uint32_t> initial_sequence{};
    /// What its timestamp clock shows when it is made; absent: drawn.
    std::optional<std::uint32_t> timestamp{};
    /// Of the service; absent: that of iut.toml.
    std::optional<std::uint16_t> service_port{};
};

/// A segment that came for the client.
struct ReceivedSegment {
    std::size_t frame = 0;  ///< its number in the capture
    Time at{};
    TcpSegment segment;  ///< as it came, absolute numbers
};

/// An ICMP error that came for the client, about a packet of this connection.
struct ReceivedIcmp {
    std::size_t frame = 0;
    Time at{};
    IcmpMessage message;  ///< `sequence` is the next-hop MTU of type 3 code 4 (RFC 1191 4)
};

class Client : public FrameListener {
  public:
    Client(Wire& wire, const Iut& iut, SocketAddress self, SocketAddress service,
           const ClientOffer& offer, Random& random);

    const SocketAddress& self() const { return self_; }
    const SocketAddress& service() const { return service_; }
    const ClientOffer& offer() const { return offer_; }
    std::uint32_t initial_sequence() const { return initial_sequence_; }
    std::uint32_t server_initial_sequence() const { return server_initial_sequence_; }
    std::uint32_t next_sequence() const { return next_sequence_; }
    std::uint32_t acknowledged() const { return acknowledged_; }
    /// TSval of the server's last segment that was accepted.
    std::uint32_t server_timestamp() const { return server_timestamp_; }
    /// What the window field of segments after the handshake says, and what it means in bytes.
    std::uint16_t window_field() const { return window_field_; }
    std::uint32_t window_bytes() const;
    void set_window_field(std::uint16_t field) { window_field_ = field; }

    /// The client's timestamp clock: 1 ms ticks from a random start.
    std::uint32_t timestamp_now() const;
    /// TSval of the segment made last.
    std::uint32_t timestamp_sent() const { return timestamp_sent_; }

    /// The next segment that this client would send; the case may change any field of it.
    TcpSegment make(std::uint8_t flags, Bytes payload = {});
    TcpSegment make_syn();
    /// Counts a segment as sent by other means than send(), for clients behind a home that we play.
    void count_sent(const TcpSegment& segment);
    /// So many bytes that the server has got already.
    void skip_sent(std::size_t bytes) { next_sequence_ += static_cast<std::uint32_t>(bytes); }
    /// Sends it and counts it.
    std::size_t send(const TcpSegment& segment);
    std::size_t send(std::uint8_t flags, Bytes payload = {}) {
        return send(make(flags, std::move(payload)));
    }

    /// Takes a packet to the device; the frame's number in the capture.
    using Carrier = std::function<std::size_t(const Bytes& packet)>;
    /// By default as a frame to the device's front MAC.
    void carry_by(Carrier carrier) { carrier_ = std::move(carrier); }
    /// A packet on this client's way, whatever is in it; nothing is counted.
    std::size_t carry(const Bytes& packet);
    std::size_t carry(const TcpSegment& segment);

    /// Learns sequence number and options from a SYN/ACK.
    void learn_handshake(const TcpSegment& syn_ack);
    /// For clients whose handshake was elsewhere: numbers and the last timestamp of the server.
    void assume_handshake(std::uint32_t server_initial_sequence, std::uint32_t server_timestamp);
    /// Takes in-order payload and timestamps of a received segment into the next ACK.
    void accept(const TcpSegment& segment);
    /// The same of text whose segments are counted elsewhere.
    void accept_payload(ByteView payload) {
        acknowledged_ += static_cast<std::uint32_t>(payload.size());
    }

    /// `segment` with numbers relative to the handshake.
    TcpSegment to_relative(const TcpSegment& segment) const;

    /// The next segment for this client; absent after `within`.
    Task<std::optional<ReceivedSegment>> receive(Duration within);
    /// The next segment must match; throws Violation of `requirement` otherwise.
    Task<ReceivedSegment> expect(const char* requirement, SegmentPattern pattern, Duration within);
    /// Nothing must come for this client; throws Violation of `requirement` otherwise.
    Task<> expect_silence(const char* requirement, const char* when, Duration length);
    /// An ICMP error about a packet of this connection must come.
    Task<ReceivedIcmp> expect_icmp(const char* requirement, std::uint8_t type, std::uint8_t code,
                                   Duration within);
    /// No such error must come.
    Task<> expect_no_icmp(const char* requirement, const char* when, Duration length);
    /// SYN, SYN/ACK, ACK.
    Task<ReceivedSegment> connect(const char* requirement);

    /// By default what comes to the client's port is its, whatever address it comes from (EP-24).
    void hear_service_alone() { hears_service_alone_ = true; }
    /// Another one has its address and port from now on.
    void retire() { is_retired_ = true; }
    bool hear(std::size_t number, const CapturedFrame& frame) override;

  private:
    bool hear_icmp(std::size_t number, const IcmpMessage& message);

    Wire& wire_;
    const Iut& iut_;
    SocketAddress self_;
    SocketAddress service_;
    ClientOffer offer_;
    Inbox inbox_;
    Inbox errors_;
    Carrier carrier_{};
    std::uint32_t initial_sequence_;
    std::uint32_t next_sequence_;
    std::uint32_t server_initial_sequence_ = 0;
    std::uint32_t acknowledged_ = 0;
    std::uint32_t timestamp_start_;
    std::uint32_t timestamp_sent_ = 0;
    std::uint32_t server_timestamp_ = 0;
    std::uint16_t identification_;
    std::uint16_t window_field_ = 512;
    bool hears_service_alone_ = false;
    bool is_retired_ = false;
    bool has_scaling_ = false;
    bool has_timestamps_;
};

/// The bytes of an HTTP request for `target`.
Bytes http_request(std::string_view target);

}  // namespace conform
