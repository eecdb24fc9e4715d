// SPDX-License-Identifier: Apache-2.0
#include "shunt/wire/control_block.hh"

#include <algorithm>

#include "shunt/base/mutant.hh"

namespace shunt::wire {
namespace {

// The one place that knows the offsets. `Access` reads or writes: access(offset, field).
template <typename Block, typename Access>
void visit_fields(Block& block, Access access) {
    access(0, block.timestamp_value);
    access(4, block.epoch);
    access(8, block.state);
    access(10, block.retransmit_timer);
    access(12, block.persist_timer);
    access(14, block.keep_alive_timer);
    access(16, block.time_wait_timer);
    access(18, block.retransmissions);
    access(20, block.retransmission_timeout_ms);
    access(22, block.duplicate_acks);
    access(24, block.mss);
    access(26, block.version);
    access(28, block.flags);
    access(30, block.out_of_order_ranges);
    access(32, block.send_queue);
    access(36, block.receive_queue);
    access(40, block.send_unacknowledged);
    access(44, block.send_next);
    access(48, block.send_urgent);
    access(52, block.window_update_sequence);
    access(56, block.window_update_acknowledgment);
    access(60, block.initial_send_sequence);
    access(64, block.send_window);
    access(68, block.receive_window);
    access(72, block.receive_next);
    access(76, block.receive_urgent);
    access(80, block.initial_receive_sequence);
    access(84, block.receive_advertised);
    access(88, block.send_max);
    access(92, block.congestion_window);
    access(96, block.slow_start_threshold);
    access(100, block.idle);
    access(102, block.path_mtu);
    access(104, block.recover);
    access(108, block.smoothed_rtt);
    access(110, block.rtt_variation);
    access(112, block.minimum_rtt_ms);
    access(114, block.sack_ranges);
    access(116, block.send_window_max);
    access(120, block.out_of_order_bytes);
    access(124, block.send_scale);
    access(125, block.receive_scale);
    access(128, block.recent_timestamp);
    access(132, block.recent_timestamp_age_ms);
    access(136, block.last_acknowledgment_sent);
}

class Reader {
  public:
    explicit Reader(ByteView bytes) : bytes_(bytes) {}
    void operator()(std::size_t at, std::uint8_t& field) const { field = load_u8(bytes_, at); }
    void operator()(std::size_t at, std::uint16_t& field) const { field = load_u16(bytes_, at); }
    void operator()(std::size_t at, std::uint32_t& field) const { field = load_u32(bytes_, at); }
    void operator()(std::size_t at, SequenceNumber& field) const {
        field = SequenceNumber(load_u32(bytes_, at));
    }
    void operator()(std::size_t at, BlockState& field) const {
        field = static_cast<BlockState>(load_u16(bytes_, at));
    }

  private:
    ByteView bytes_;
};

class Writer {
  public:
    explicit Writer(MutableBytes bytes) : bytes_(bytes) {}
    void operator()(std::size_t at, std::uint8_t field) const { store_u8(bytes_, at, field); }
    void operator()(std::size_t at, std::uint16_t field) const { store_u16(bytes_, at, field); }
    void operator()(std::size_t at, std::uint32_t field) const { store_u32(bytes_, at, field); }
    void operator()(std::size_t at, SequenceNumber field) const {
        store_u32(bytes_, at, field.value());
    }
    void operator()(std::size_t at, BlockState field) const {
        store_u16(bytes_, at, static_cast<std::uint16_t>(field));
    }

  private:
    MutableBytes bytes_;
};

constexpr std::size_t kReservedOffset = 126;
/// t_flags that a base device has too (TCB-4: "up to 0x200").
constexpr std::uint16_t kBaseFlags = 0x3FF;
/// The widest window that scaling by 14 can name (RFC 7323 2.3).
constexpr std::uint32_t kWindowMax = std::uint32_t{1} << 30;

}  // namespace

std::string_view to_string(BlockFault fault) {
    switch (fault) {
        case BlockFault::State:
            return "t_state is none that can move";
        case BlockFault::SendSequence:
            return "snd_una, snd_nxt, snd_max are out of order or too far apart";
        case BlockFault::SendQueue:
            return "more is sent than snd_queue and a FIN hold";
        case BlockFault::AcknowledgedFin:
            return "snd_queue is not empty behind a FIN that is acknowledged";
        case BlockFault::ReceiveWindow:
            return "rcv_adv is before rcv_nxt or too far past it";
        case BlockFault::Scale:
            return "a window scale is above 14";
        case BlockFault::Mss:
            return "t_maxseg is 0";
        case BlockFault::NotNegotiated:
            return "a field of an option that was not negotiated is not 0";
        case BlockFault::OutOfOrder:
            return "ooo_ranges, ooo_bytes, FIN_OOO, rcv_adv contradict each other";
        case BlockFault::Scoreboard:
            return "more sack_ranges than what is outstanding has room for";
        case BlockFault::TimestampsInBaseBlock:
            return "timestamps are negotiated in a block of another version";
    }
    return "";
}

namespace {

/// Defects in what is sent.
void spoil(MutableBytes block) {
    constexpr std::size_t flags_at = 28;
    constexpr std::size_t initial_send_at = 60;
    if (is_mutant(Mutant::WritesLittleEndian)) {
        std::reverse(block.begin() + initial_send_at, block.begin() + initial_send_at + 4);
    }
    if (is_mutant(Mutant::TellsHalfAnOption)) {
        const auto received_scale = static_cast<std::uint16_t>(BlockFlag::ReceivedScale);
        const unsigned flags = load_u16(block, flags_at);
        store_u16(block, flags_at, static_cast<std::uint16_t>(flags & ~unsigned{received_scale}));
    }
}

}  // namespace

ControlBlock ControlBlock::load(ByteView bytes, std::size_t offset) {
    ControlBlock block;
    visit_fields(block, Reader(bytes.subspan(offset, kSize)));
    return block;
}

void ControlBlock::store(MutableBytes bytes, std::size_t offset) const {
    const MutableBytes room = bytes.subspan(offset, kSize);
    visit_fields(*this, Writer(room));
    store_u16(room, kReservedOffset, is_mutant(Mutant::SendsReservedBytes) ? 0xFFFF : 0);
    spoil(room);
}

bool ControlBlock::is_fin_received() const {
    return state == BlockState::CloseWait || state == BlockState::Closing ||
           state == BlockState::LastAck;
}

bool ControlBlock::is_fin_unacknowledged() const {
    return has(BlockFlag::SentFin) &&
           (state == BlockState::FinWait1 || state == BlockState::Closing ||
            state == BlockState::LastAck);
}

// snd_queue and rcv_queue are not among what TCB-4 names by "snd_*, rcv_*": a base device keeps
// pointers at their offsets, and moves with nothing outstanding (EP-18).
ControlBlock ControlBlock::without_foreign_fields() const {
    ControlBlock block;
    block.version = version;
    block.state = state;
    block.mss = mss;
    block.flags = flags & kBaseFlags;
    block.send_unacknowledged = send_unacknowledged;
    block.send_next = send_next;
    block.send_urgent = send_urgent;
    block.window_update_sequence = window_update_sequence;
    block.window_update_acknowledgment = window_update_acknowledgment;
    block.initial_send_sequence = initial_send_sequence;
    block.send_window = send_window;
    block.receive_window = receive_window;
    block.receive_next = receive_next;
    block.receive_urgent = receive_urgent;
    block.initial_receive_sequence = initial_receive_sequence;
    block.receive_advertised = receive_advertised;
    block.send_max = send_max;
    block.congestion_window = congestion_window;
    block.slow_start_threshold = slow_start_threshold;
    block.send_scale = send_scale;
    block.receive_scale = receive_scale;
    block.recent_timestamp = recent_timestamp;
    block.last_acknowledgment_sent = last_acknowledgment_sent;
    return block;
}

bool ControlBlock::is_state_listed() const {
    return state >= BlockState::Established && state <= BlockState::FinWait2;
}

bool ControlBlock::has_unnegotiated() const {
    const bool is_ecn_pending =
        has(BlockFlag::EcnEchoPending) || has(BlockFlag::CongestionWindowReducedPending);
    return (!timestamps_on() &&
            (timestamp_value != 0 || recent_timestamp != 0 || recent_timestamp_age_ms != 0)) ||
           (!scaling_on() && (send_scale != 0 || receive_scale != 0)) ||
           (!has(BlockFlag::SackPermitted) && sack_ranges != 0) ||
           (!has(BlockFlag::Ecn) && is_ecn_pending);
}

bool ControlBlock::is_out_of_order_possible() const {
    const bool has_fin = has(BlockFlag::FinOutOfOrder);
    if (out_of_order_ranges == 0) return out_of_order_bytes == 0 && !has_fin;
    // Behind the end of the peer's stream there is nothing; in front of each range is a gap.
    const std::uint64_t needed =
        std::uint64_t{out_of_order_bytes} + out_of_order_ranges + (has_fin ? 1 : 0);
    return !is_fin_received() && out_of_order_bytes >= out_of_order_ranges &&
           needed <= receive_advertised - receive_next;
}

Result<ControlBlock, BlockFault> ControlBlock::validate() const {
    const bool is_foreign = version != kVersion && !is_mutant(Mutant::ReadsForeignFields);
    if (is_foreign && timestamps_on()) return Failure{BlockFault::TimestampsInBaseBlock};
    const ControlBlock block = is_foreign ? without_foreign_fields() : *this;
    if (!block.is_state_listed()) return Failure{BlockFault::State};
    // Differences modulo 2^32: what lies before snd_una comes out as a very large one.
    const std::uint32_t unacknowledged = block.send_max - block.send_unacknowledged;
    if (block.send_next - block.send_unacknowledged > unacknowledged ||
        unacknowledged > kWindowMax + 1) {
        return Failure{BlockFault::SendSequence};
    }
    if (block.receive_advertised - block.receive_next > kWindowMax) {
        return Failure{BlockFault::ReceiveWindow};
    }
    const std::uint64_t sendable =
        std::uint64_t{block.send_queue} + (block.is_fin_unacknowledged() ? 1 : 0);
    if (unacknowledged > sendable) return Failure{BlockFault::SendQueue};
    // FIN-WAIT-2 is entered when the FIN is acknowledged, and with it all that was before it.
    if (block.state == BlockState::FinWait2 && block.send_queue != 0) {
        return Failure{BlockFault::AcknowledgedFin};
    }
    const bool is_scale_possible =
        block.send_scale <= kScaleMax && block.receive_scale <= kScaleMax;
    if (!is_scale_possible && !is_mutant(Mutant::TakesImpossibleOptions)) {
        return Failure{BlockFault::Scale};
    }
    if (block.mss == 0) return Failure{BlockFault::Mss};
    if (block.has_unnegotiated() && !is_mutant(Mutant::TakesImpossibleOptions))
        return Failure{BlockFault::NotNegotiated};
    if (!block.is_out_of_order_possible()) return Failure{BlockFault::OutOfOrder};
    // Ranges of an octet each, and one between any two.
    if (std::uint64_t{block.sack_ranges} * 2 > std::uint64_t{unacknowledged} + 1) {
        return Failure{BlockFault::Scoreboard};
    }
    return block;
}

}  // namespace shunt::wire
