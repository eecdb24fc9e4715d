// SPDX-License-Identifier: Apache-2.0
/// A TCP connection in its plainest form, for the control channels of the servers that the judge
/// plays: no options but the MSS, whatever arrives in order is taken and acknowledged at once, what
/// is not acknowledged goes again (RFC 9293; RFC 6298 2.1 and 5). It carries bytes so that cases
/// can say what is in them; how a device's TCP behaves is judged by other means.
#pragma once

#include <functional>
#include <optional>

#include "engine/time.hh"
#include "pdu/tcp_segment.hh"

namespace conform {

class Stream {
  public:
    /// Takes a segment of ours to the wire.
    using Emit = std::function<void(const TcpSegment& segment)>;

    Stream(SocketAddress self, SocketAddress other, std::uint32_t initial_sequence, Emit emit);

    const SocketAddress& self() const { return self_; }
    const SocketAddress& other() const { return other_; }

    /// Sends a SYN.
    void open(Time now);
    /// Answers the SYN that the other side has sent.
    void accept(const TcpSegment& syn, Time now);
    /// A segment from the other side.
    void hear(const TcpSegment& segment, Time now);
    void send(ByteView bytes, Time now);
    /// FIN behind what was sent.
    void close(Time now);
    /// RST; the connection is gone.
    void abort();
    /// What is due: segments that nobody has acknowledged go again.
    void act(Time now);
    Time next_deadline() const { return deadline_; }

    /// Bytes can be sent: no FIN of ours is on its way.
    bool is_open() const { return phase_ == Phase::Established && !is_closing_; }
    /// Reset, or closed by the other side.
    bool is_gone() const { return phase_ == Phase::Gone; }
    /// The other side has acknowledged every byte.
    bool is_all_acknowledged() const { return unacknowledged_.empty(); }
    /// What has arrived since the last call.
    Bytes take_received();

  private:
    enum class Phase : std::uint8_t { New, SynSent, SynReceived, Established, Gone };

    TcpSegment make(std::uint8_t flags) const;
    void send_syn(Time now);
    void hear_answer_to_syn(const TcpSegment& segment, Time now);
    void take_acknowledgment(const TcpSegment& segment, Time now);
    void take_payload(const TcpSegment& segment);
    void end();
    /// Everything from the first unacknowledged byte on that the other side's window takes.
    void transmit(bool is_again, Time now);
    void restart_timer(Time now);

    SocketAddress self_;
    SocketAddress other_;
    Emit emit_;
    Phase phase_ = Phase::New;
    std::uint32_t oldest_;  ///< the first number that is not acknowledged
    std::uint32_t next_;    ///< the next to be sent for the first time
    Bytes unacknowledged_;  ///< from `oldest_` on, sent and unsent
    bool is_closing_ = false;
    bool has_fin_ = false;  ///< one follows the last byte
    std::uint32_t window_ = 0;
    std::uint32_t received_ = 0;  ///< the next number that is expected
    Bytes received_bytes_;
    unsigned repetitions_ = 0;
    Time deadline_ = kNever;
};

}  // namespace conform
