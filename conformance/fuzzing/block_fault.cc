// SPDX-License-Identifier: Apache-2.0
#include "fuzzing/block_fault.hh"

namespace conform::fuzzing {
namespace {

constexpr std::uint32_t kReachMax = 1U << 30;
constexpr std::uint8_t kScaleMax = 14;
constexpr std::uint16_t kEcn = 0x0400;
constexpr std::uint16_t kEcnPending = 0x0800 | 0x1000;
constexpr std::uint16_t kFinOutOfOrder = 0x2000;
constexpr std::uint16_t kFinWait2 = 9;

bool has_all(const ControlBlock& block, unsigned flags) {
    return (block.t_flags & flags) == flags;
}

/// The client's FIN has come.
bool is_fin_received(std::uint16_t state) {
    return state == 5 || state == 7 || state == 8;
}
/// Our FIN is on its way, or about to be.
bool is_fin_due(std::uint16_t state) {
    return state == 6 || state == 7 || state == 8;
}

std::optional<std::string_view> find_number_fault(const ControlBlock& block) {
    const std::uint32_t next = block.snd_nxt - block.snd_una;
    const std::uint32_t most = block.snd_max - block.snd_una;
    if (next > most || most > kReachMax + 1) return "snd_una, snd_nxt, snd_max";
    if (block.rcv_adv - block.rcv_nxt > kReachMax) return "rcv_nxt, rcv_adv";
    const bool has_fin = is_fin_due(block.t_state) && has_all(block, block_flag::kSentFin);
    if (most > std::uint64_t{block.snd_queue} + (has_fin ? 1 : 0)) return "snd_queue";
    if (block.t_state == kFinWait2 && block.snd_queue > 0) return "snd_queue in FIN-WAIT-2";
    return std::nullopt;
}

std::optional<std::string_view> find_option_fault(const ControlBlock& block) {
    const bool has_scaling =
        has_all(block, block_flag::kRequestedScale | block_flag::kReceivedScale);
    const bool has_timestamps =
        has_all(block, block_flag::kRequestedTimestamps | block_flag::kReceivedTimestamps);
    if (block.snd_scale > kScaleMax || block.rcv_scale > kScaleMax) return "scales above 14";
    if (!has_scaling && (block.snd_scale | block.rcv_scale) != 0) return "scales without scaling";
    if (!has_timestamps && (block.ts_val | block.ts_recent | block.ts_recent_age) != 0)
        return "clocks without timestamps";
    if (!has_all(block, block_flag::kSackPermitted) && block.sack_ranges > 0)
        return "a scoreboard without SACK";
    if (!has_all(block, kEcn) && (block.t_flags & kEcnPending) != 0) return "echoes without ECN";
    return std::nullopt;
}

std::optional<std::string_view> find_range_fault(const ControlBlock& block) {
    const bool has_fin = has_all(block, kFinOutOfOrder);
    if ((block.ooo_ranges == 0) != (block.ooo_bytes == 0)) return "ooo_ranges, ooo_bytes";
    if (block.ooo_ranges > block.ooo_bytes) return "more ranges than bytes";
    if (block.ooo_ranges > 0 && is_fin_received(block.t_state)) return "ranges behind a FIN";
    if (has_fin && block.ooo_ranges == 0) return "FIN_OOO without ranges";
    const std::uint64_t room =
        std::uint64_t{block.ooo_bytes} + block.ooo_ranges + (has_fin ? 1 : 0);
    if (room > block.rcv_adv - block.rcv_nxt) return "ranges past the window";
    if (2U * block.sack_ranges > std::uint64_t{block.snd_max - block.snd_una} + 1)
        return "more sack_ranges than were sent";
    return std::nullopt;
}

}  // namespace

std::optional<std::string_view> find_block_fault(const ControlBlock& block) {
    if (block.version != kControlBlockVersion) return std::nullopt;
    if (block.t_state < block_state::kEstablished || block.t_state > kFinWait2) return "t_state";
    if (block.t_maxseg == 0) return "t_maxseg";
    if (const auto fault = find_number_fault(block)) return fault;
    if (const auto fault = find_option_fault(block)) return fault;
    return find_range_fault(block);
}

}  // namespace conform::fuzzing
