// SPDX-License-Identifier: Apache-2.0
// The 140 byte TCP control block that moves with a connection (S004 F11D; the table and TCB-1 to
// TCB-5 in docs/protocol/endpoint.md). Each comment names the field of that table.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "shunt/base/bytes.hh"
#include "shunt/base/result.hh"
#include "shunt/base/sequence_number.hh"

namespace shunt::wire {

/// 4.4BSD's numbers; another value may be read from the wire and is refused by validate().
enum class BlockState : std::uint16_t {
    Established = 4,
    CloseWait = 5,
    FinWait1 = 6,
    Closing = 7,
    LastAck = 8,
    FinWait2 = 9,
};

/// Bits of t_flags.
enum class BlockFlag : std::uint16_t {
    AckNow = 0x01,
    DelayedAck = 0x02,
    NoDelay = 0x04,
    SentFin = 0x10,
    RequestedScale = 0x20,
    ReceivedScale = 0x40,
    RequestedTimestamps = 0x80,
    ReceivedTimestamps = 0x100,
    SackPermitted = 0x200,
    Ecn = 0x400,
    EcnEchoPending = 0x800,
    CongestionWindowReducedPending = 0x1000,
    FinOutOfOrder = 0x2000,
    Context = 0x4000,
};

/// What makes a block one that is refused with reason 5 (TCB-1, TCB-4).
enum class BlockFault : std::uint8_t {
    State,
    SendSequence,
    SendQueue,
    AcknowledgedFin,
    ReceiveWindow,
    Scale,
    Mss,
    NotNegotiated,
    OutOfOrder,
    Scoreboard,
    TimestampsInBaseBlock,
};

std::string_view to_string(BlockFault fault);

struct ControlBlock {
    static constexpr std::size_t kSize = 140;
    static constexpr std::uint16_t kVersion = 1;
    static constexpr std::uint8_t kScaleMax = 14;

    std::uint32_t timestamp_value = 0;           // ts_val: the sender's own TSval at the freeze
    std::uint32_t epoch = 0;                     // epoch: modulo 2^32
    BlockState state = BlockState::Established;  // t_state
    // t_timer[4]: remaining, in units of 500 ms, rounded up, 0 = off
    std::uint16_t retransmit_timer = 0;
    std::uint16_t persist_timer = 0;
    std::uint16_t keep_alive_timer = 0;
    std::uint16_t time_wait_timer = 0;
    std::uint16_t retransmissions = 0;              // t_rxtshift: so far
    std::uint16_t retransmission_timeout_ms = 0;    // t_rxtcur: with backoff, saturating
    std::uint16_t duplicate_acks = 0;               // t_dupacks
    std::uint16_t mss = 0;                          // t_maxseg: options not subtracted
    std::uint16_t version = kVersion;               // version
    std::uint16_t flags = 0;                        // t_flags: BlockFlag bits
    std::uint16_t out_of_order_ranges = 0;          // ooo_ranges
    std::uint32_t send_queue = 0;                   // snd_queue: data bytes from snd_una on
    std::uint32_t receive_queue = 0;                // rcv_queue: data bytes in order, not yet read
    SequenceNumber send_unacknowledged{};           // snd_una
    SequenceNumber send_next{};                     // snd_nxt
    SequenceNumber send_urgent{};                   // snd_up
    SequenceNumber window_update_sequence{};        // snd_wl1
    SequenceNumber window_update_acknowledgment{};  // snd_wl2
    SequenceNumber initial_send_sequence{};         // iss: never compared for order
    std::uint32_t send_window = 0;                  // snd_wnd: bytes, scaled up
    std::uint32_t receive_window = 0;               // rcv_wnd: bytes, scaled up
    SequenceNumber receive_next{};                  // rcv_nxt
    SequenceNumber receive_urgent{};                // rcv_up
    SequenceNumber initial_receive_sequence{};      // irs: never compared for order
    SequenceNumber receive_advertised{};            // rcv_adv: right edge advertised
    SequenceNumber send_max{};                      // snd_max
    std::uint32_t congestion_window = 0;            // snd_cwnd: bytes
    std::uint32_t slow_start_threshold = 0;         // snd_ssthresh: bytes
    std::uint16_t idle = 0;                         // t_idle: units of 500 ms
    std::uint16_t path_mtu = 0;                     // path_mtu: 0 unknown
    SequenceNumber recover{};                       // recover: 0 none
    std::uint16_t smoothed_rtt = 0;                 // t_srtt: 1/8 ms, saturating
    std::uint16_t rtt_variation = 0;                // t_rttvar: 1/4 ms, saturating
    std::uint16_t minimum_rtt_ms = 0;               // t_rttmin
    std::uint16_t sack_ranges = 0;                  // sack_ranges
    std::uint32_t send_window_max = 0;              // max_sndwnd
    std::uint32_t out_of_order_bytes = 0;           // ooo_bytes: in all ranges
    std::uint8_t send_scale = 0;                    // snd_scale
    std::uint8_t receive_scale = 0;                 // rcv_scale
    std::uint32_t recent_timestamp = 0;             // ts_recent
    std::uint32_t recent_timestamp_age_ms = 0;      // ts_recent_age
    SequenceNumber last_acknowledgment_sent{};      // last_ack_sent

    /// Reads kSize bytes at `offset`, which the caller has checked to be there. Reserved bytes are
    /// ignored (TCB-2).
    static ControlBlock load(ByteView bytes, std::size_t offset);
    /// Writes kSize bytes, reserved ones as zero (TCB-2).
    void store(MutableBytes bytes, std::size_t offset) const;

    /// The block as an importer may use it: itself, or of another version only the fields that
    /// TCB-4 names, the rest fresh (zero). A fault is answered with reason 5.
    Result<ControlBlock, BlockFault> validate() const;

    bool has(BlockFlag flag) const { return (flags & static_cast<std::uint16_t>(flag)) != 0; }
    void set(BlockFlag flag) {
        flags = static_cast<std::uint16_t>(flags | static_cast<std::uint16_t>(flag));
    }
    /// TCB-5.
    bool timestamps_on() const {
        return has(BlockFlag::RequestedTimestamps) && has(BlockFlag::ReceivedTimestamps);
    }
    /// TCB-5.
    bool scaling_on() const {
        return has(BlockFlag::RequestedScale) && has(BlockFlag::ReceivedScale);
    }
    /// True if the client's FIN has been received in order: it takes the number before rcv_nxt.
    bool is_fin_received() const;
    /// True if our FIN has been sent and the client has not acknowledged it.
    bool is_fin_unacknowledged() const;
    /// True if 0x12 frames follow that hold what the block counts (EP-41).
    bool announces_queues() const {
        return send_queue > 0 || receive_queue > 0 || out_of_order_ranges > 0 || sack_ranges > 0 ||
               has(BlockFlag::Context);
    }
    /// The number of the first byte of the receive queue.
    SequenceNumber receive_start() const {
        return receive_next - receive_queue - (is_fin_received() ? 1U : 0U);
    }

    bool operator==(const ControlBlock&) const = default;

  private:
    ControlBlock without_foreign_fields() const;
    bool is_state_listed() const;
    bool has_unnegotiated() const;
    bool is_out_of_order_possible() const;
};

}  // namespace shunt::wire
