// SPDX-License-Identifier: Apache-2.0
// What a connection remembers: the transmission control block of RFC 9293 3.3.1 and what its
// extensions add. What happens to it is connection.hh.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "shunt/base/sequence_number.hh"
#include "shunt/base/time.hh"
#include "shunt/tcp/challenge_limit.hh"
#include "shunt/tcp/config.hh"
#include "shunt/tcp/congestion/control.hh"
#include "shunt/tcp/fine_state.hh"
#include "shunt/tcp/flight.hh"
#include "shunt/tcp/identity.hh"
#include "shunt/tcp/receive_buffer.hh"
#include "shunt/tcp/receive_tuning.hh"
#include "shunt/tcp/rtt.hh"
#include "shunt/tcp/send_buffer.hh"
#include "shunt/tcp/sequence_space.hh"
#include "shunt/tcp/state.hh"
#include "shunt/tcp/timers.hh"
#include "shunt/tcp/timestamp_clock.hh"
#include "shunt/wire/ip_state.hh"
#include "shunt/wire/tcp_options.hh"

namespace shunt::tcp {

/// What the sender does about a loss.
enum class Recovery : std::uint8_t {
    None,
    /// The window has fallen; nothing has to be sent again.
    Reduced,
    /// RFC 6675 5, RFC 6582.
    Fast,
    /// RFC 6298 5.4.
    Timeout,
};

/// Text of one segment, and the FIN behind it.
struct Text {
    std::uint32_t octets() const { return length + (fin ? 1 : 0); }

    std::uint32_t offset = 0;  // from SND.UNA
    std::uint32_t length = 0;
    bool fin = false;
};

class ConnectionState {
  protected:
    ConnectionState(const Config& config, const Identity& identity, const Chance& chance);

    void restore_ip(const wire::IpState& ip);

    const Config* config_;
    Identity identity_;
    State state_ = State::Closed;
    Recovery recovery_ = Recovery::None;
    std::uint16_t events_ = 0;  // bit n: the n-th Event
    std::uint8_t retransmissions_ = 0;
    std::uint8_t duplicate_acknowledgments_owed_ = 0;
    bool is_passive_ = false;
    std::uint8_t keep_alive_probes_ = 0;
    bool is_no_delay_;
    bool is_kept_alive_;
    bool is_keep_alive_due_ = false;
    bool is_text_held_ = false;
    bool is_syn_due_ = false;
    bool is_probe_due_ = false;
    bool is_acknowledgment_due_ = false;
    bool is_abort_due_ = false;
    bool is_silly_window_overridden_ = false;
    bool is_partial_seen_ = false;
    bool is_send_blocked_ = false;
    bool is_sack_heard_ = false;  // the peer has not only agreed to SACK, but sent blocks
    bool is_syn_timed_ = false;
    bool is_ecn_echo_due_ = false;              // RFC 3168 6.1.3: on every acknowledgment
    bool is_window_reduction_due_ = false;      // 6.1.2: CWR on the next new text
    std::uint8_t differentiated_services_ = 0;  // DSCP
    std::uint8_t time_to_live_;
    std::uint32_t queues_max_ = UINT32_MAX;  // limit_queues()

    SendSpace send_;
    ReceiveSpace receive_;
    Negotiated negotiated_;
    TimestampClock clock_;
    std::uint32_t recent_timestamp_ = 0;  // TS.Recent
    Instant recent_timestamp_at_;
    std::uint16_t duplicates_ = 0;
    std::uint16_t identification_;
    std::uint16_t path_mtu_ = 0;
    std::uint16_t largest_text_ = 0;
    std::optional<SequenceNumber> recover_;          // RFC 6582 3.2
    std::optional<SequenceNumber> fin_received_at_;  // the number of the peer's FIN
    std::optional<SequenceNumber> reset_reply_;
    std::optional<wire::SackBlock> duplicate_;  // D-SACK: the next acknowledgment reports it
    Instant last_sent_at_;
    Instant last_received_at_;
    Instant progress_at_;  // since when the oldest octet waits for its acknowledgment
    TimerTable timers_;
    RttEstimator rtt_;
    congestion::Control congestion_;
    std::unique_ptr<Flight> flight_;
    ChallengeLimit challenges_;
    SendBuffer send_buffer_;
    ReceiveBuffer receive_buffer_;
    ReceiveTuning receive_tuning_;
};

}  // namespace shunt::tcp
