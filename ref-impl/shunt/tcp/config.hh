// SPDX-License-Identifier: Apache-2.0
// What a host decides for its connections: sizes, options offered, times, limits.
#pragma once

#include <cstdint>

#include "shunt/base/time.hh"
#include "shunt/tcp/congestion/state.hh"

namespace shunt::tcp {

/// Connections keep a pointer to it: it outlives them and does not change under them.
struct Config {
    /// Largest IP packet that leaves by the front link, in bytes.
    std::uint16_t mtu = 1'500;
    /// The MSS that our SYN announces. 1,444 leaves room for the encapsulation of what a client
    /// sends to a connection that has moved (FRM-9, MTU 1,500).
    std::uint16_t advertised_mss = 1'444;
    /// Longest IP packet, in bytes, that the front link takes unfinished, as a train of segments
    /// that it cuts itself; 0: each segment is a packet of its own, and complete.
    std::uint32_t train_max = 0;
    /// Bounds of the queues, in bytes. Memory is allocated as they fill.
    std::uint32_t send_buffer_max = 512 * 1'024;
    std::uint32_t receive_buffer_max = 512 * 1'024;
    /// So many bytes are queued for sending whatever the network takes; beyond them twice the
    /// congestion window at most: a peer makes us keep more only by acknowledging much.
    std::uint32_t send_buffer_floor = 0xFFFF'FFFF;
    /// Ranges kept out of order per connection (TCP-9).
    std::uint16_t out_of_order_ranges_max = 128;
    /// Our shift, 0 to 14 (RFC 7323 2.3): windows up to 65,535 << window_scale bytes.
    std::uint8_t window_scale = 7;

    /// Options offered in a SYN, and accepted in a SYN/ACK where the peer offers them.
    bool window_scaling = true;
    bool timestamps = true;
    bool selective_acknowledgment = true;
    /// ECN (TCP-14): whether it is agreed to where a SYN asks for it, and whether our SYNs ask.
    bool explicit_congestion_notification = true;
    bool explicit_congestion_notification_asked = false;
    /// Initial setting of Connection::set_no_delay(): true switches Nagle's algorithm off.
    bool no_delay = false;

    /// RFC 6298 with Linux's floor (TCP-3). The ceiling is the lowest that 2.5 allows, so that as
    /// many tries as can be come before the user timeout; a control block can say it, too.
    Duration retransmission_timeout_initial = Duration::seconds(1);
    Duration retransmission_timeout_min = Duration::milliseconds(200);
    Duration retransmission_timeout_max = Duration::seconds(60);
    /// RFC 9293 3.8.3: R1. After this many retransmissions of the same octets the application hears
    /// of it, Event::Unanswered (3 at least, SHLD-10).
    std::uint8_t retransmissions_until_report = 3;
    /// RFC 9293 3.8.3: R2. Data is given up after this many retransmissions of the same byte (100 s
    /// at least, MUST-23), a SYN after 7 (3 min at least), a SYN/ACK after 5, about a minute, for
    /// it holds a place in the host's backlog.
    std::uint8_t retransmissions_max = 15;
    std::uint8_t syn_retransmissions_max = 7;
    std::uint8_t syn_ack_retransmissions_max = 5;
    /// RFC 9293 3.9.1: data that is not acknowledged for so long closes the connection.
    Duration user_timeout = Duration::seconds(300);
    /// Initial setting of Connection::set_keep_alive() (TCP-12; RFC 9293 3.8.4: off, two hours).
    bool keep_alive = false;
    /// Silence of the peer before it is asked, and between one question and the next.
    Duration keep_alive_idle = Duration::seconds(7'200);
    Duration keep_alive_interval = Duration::seconds(75);
    /// Questions in a row without an answer that end the connection.
    std::uint8_t keep_alive_probes_max = 9;
    /// At most 0.5 s (RFC 9293 3.8.6.3); 40 ms by TCP-5.
    Duration delayed_acknowledgment = Duration::milliseconds(40);
    /// MSL; TIME-WAIT lasts twice as long.
    Duration maximum_segment_lifetime = Duration::seconds(30);
    /// Silence of the peer in FIN-WAIT-2 that ends the connection (TCP-11). Longer than the longest
    /// pause between two retransmissions, so that a peer that still has data is heard.
    Duration fin_wait_2_timeout = Duration::seconds(180);
    /// TCP-4.
    congestion::Algorithm congestion_control = congestion::Algorithm::Cubic;
    /// RFC 6928.
    std::uint8_t initial_window_segments = 10;
    std::uint8_t time_to_live = 64;
};

}  // namespace shunt::tcp
