// SPDX-License-Identifier: Apache-2.0
// The send and receive sequence spaces of a connection (RFC 9293 3.3.1), in its words.
#pragma once

#include <cstdint>

#include "shunt/base/sequence_number.hh"

namespace shunt::tcp {

/// SND.*. Windows are bytes, scaled up.
struct SendSpace {
    SequenceNumber initial;         // ISS
    SequenceNumber unacknowledged;  // SND.UNA
    /// SND.NXT: after a retransmission timeout it goes back to SND.UNA.
    SequenceNumber next;
    /// What follows the highest number ever sent.
    SequenceNumber maximum;
    SequenceNumber urgent;                        // SND.UP
    SequenceNumber window_update_sequence;        // SND.WL1
    SequenceNumber window_update_acknowledgment;  // SND.WL2
    std::uint32_t window = 0;                     // SND.WND
    /// The largest window that the peer ever offered (RFC 9293 3.8.6.2.1).
    std::uint32_t window_max = 0;

    /// Octets sent and not acknowledged.
    std::uint32_t flight_size() const { return next - unacknowledged; }
};

/// RCV.*.
struct ReceiveSpace {
    SequenceNumber initial;  // IRS
    SequenceNumber next;     // RCV.NXT
    /// RCV.NXT + RCV.WND as last advertised: it never goes back (TCP-5).
    SequenceNumber edge;
    SequenceNumber urgent;             // RCV.UP
    SequenceNumber last_acknowledged;  // Last.ACK.sent (RFC 7323 4.3)

    std::uint32_t window() const { return edge - next; }
};

/// What the two SYNs agreed on.
struct Negotiated {
    /// Less would cost more in headers than it carries, and beside options would leave no room
    /// for text (CVE-2019-11479).
    static constexpr std::uint16_t kMaximumSegmentMin = 48;

    /// An option is on if we offered it and the peer did (TCB-5).
    bool scale_requested = false;
    bool scale_received = false;
    bool timestamps_requested = false;
    bool timestamps_received = false;
    bool sack_permitted = false;
    /// RFC 3168 6.1.1.
    bool ecn_requested = false;
    bool ecn_received = false;
    std::uint8_t send_scale = 0;
    std::uint8_t receive_scale = 0;
    /// The peer's MSS option, or what stands for it (RFC 9293 3.7.1); options not subtracted.
    std::uint16_t maximum_segment = 536;

    bool has_scaling() const { return scale_requested && scale_received; }
    bool has_ecn() const { return ecn_requested && ecn_received; }
    bool has_timestamps() const { return timestamps_requested && timestamps_received; }
};

}  // namespace shunt::tcp
