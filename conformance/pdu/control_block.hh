// SPDX-License-Identifier: Apache-2.0
/// The TCP control block of 140 bytes, as a value (endpoint page, "TCP control block").
#pragma once

#include <cstdint>

namespace conform {

constexpr std::size_t kControlBlockSize = 140;
constexpr std::uint16_t kControlBlockVersion = 1;

/// t_state, 4.4BSD numbers.
namespace block_state {
constexpr std::uint16_t kEstablished = 4;
}

/// t_flags.
namespace block_flag {
constexpr std::uint16_t kAckNow = 0x0001;
constexpr std::uint16_t kDelayedAck = 0x0002;
constexpr std::uint16_t kNoDelay = 0x0004;
constexpr std::uint16_t kSentFin = 0x0010;
constexpr std::uint16_t kRequestedScale = 0x0020;
constexpr std::uint16_t kReceivedScale = 0x0040;
constexpr std::uint16_t kRequestedTimestamps = 0x0080;
constexpr std::uint16_t kReceivedTimestamps = 0x0100;
constexpr std::uint16_t kSackPermitted = 0x0200;
}  // namespace block_flag

/// Every field under the name that the page gives it.
struct ControlBlock {
    std::uint32_t ts_val = 0;
    std::uint32_t epoch = 0;
    std::uint16_t t_state = 0;
    std::uint16_t t_timer_retransmit = 0;
    std::uint16_t t_timer_persist = 0;
    std::uint16_t t_timer_keepalive = 0;
    std::uint16_t t_timer_2msl = 0;
    std::uint16_t t_rxtshift = 0;
    std::uint16_t t_rxtcur = 0;
    std::uint16_t t_dupacks = 0;
    std::uint16_t t_maxseg = 0;
    std::uint16_t version = kControlBlockVersion;
    std::uint16_t t_flags = 0;
    std::uint16_t ooo_ranges = 0;
    std::uint32_t snd_queue = 0;
    std::uint32_t rcv_queue = 0;
    std::uint32_t snd_una = 0;
    std::uint32_t snd_nxt = 0;
    std::uint32_t snd_up = 0;
    std::uint32_t snd_wl1 = 0;
    std::uint32_t snd_wl2 = 0;
    std::uint32_t iss = 0;
    std::uint32_t snd_wnd = 0;
    std::uint32_t rcv_wnd = 0;
    std::uint32_t rcv_nxt = 0;
    std::uint32_t rcv_up = 0;
    std::uint32_t irs = 0;
    std::uint32_t rcv_adv = 0;
    std::uint32_t snd_max = 0;
    std::uint32_t snd_cwnd = 0;
    std::uint32_t snd_ssthresh = 0;
    std::uint16_t t_idle = 0;
    std::uint16_t path_mtu = 0;
    std::uint32_t recover = 0;
    std::uint16_t t_srtt = 0;
    std::uint16_t t_rttvar = 0;
    std::uint16_t t_rttmin = 0;
    std::uint16_t sack_ranges = 0;
    std::uint32_t max_sndwnd = 0;
    std::uint32_t ooo_bytes = 0;
    std::uint8_t snd_scale = 0;
    std::uint8_t rcv_scale = 0;
    std::uint16_t reserved = 0;
    std::uint32_t ts_recent = 0;
    std::uint32_t ts_recent_age = 0;
    std::uint32_t last_ack_sent = 0;

    bool operator==(const ControlBlock&) const = default;
};

/// The page's table: calls visit(offset, name, member) for every field, in the order of offsets.
/// Reading, writing and describing all go through it, so that an offset stands in one place.
template <class Block, class Visitor>
constexpr void visit_fields(Block& block, Visitor&& visit) {
    visit(0U, "ts_val", block.ts_val);
    visit(4U, "epoch", block.epoch);
    visit(8U, "t_state", block.t_state);
    visit(10U, "t_timer[0]", block.t_timer_retransmit);
    visit(12U, "t_timer[1]", block.t_timer_persist);
    visit(14U, "t_timer[2]", block.t_timer_keepalive);
    visit(16U, "t_timer[3]", block.t_timer_2msl);
    visit(18U, "t_rxtshift", block.t_rxtshift);
    visit(20U, "t_rxtcur", block.t_rxtcur);
    visit(22U, "t_dupacks", block.t_dupacks);
    visit(24U, "t_maxseg", block.t_maxseg);
    visit(26U, "version", block.version);
    visit(28U, "t_flags", block.t_flags);
    visit(30U, "ooo_ranges", block.ooo_ranges);
    visit(32U, "snd_queue", block.snd_queue);
    visit(36U, "rcv_queue", block.rcv_queue);
    visit(40U, "snd_una", block.snd_una);
    visit(44U, "snd_nxt", block.snd_nxt);
    visit(48U, "snd_up", block.snd_up);
    visit(52U, "snd_wl1", block.snd_wl1);
    visit(56U, "snd_wl2", block.snd_wl2);
    visit(60U, "iss", block.iss);
    visit(64U, "snd_wnd", block.snd_wnd);
    visit(68U, "rcv_wnd", block.rcv_wnd);
    visit(72U, "rcv_nxt", block.rcv_nxt);
    visit(76U, "rcv_up", block.rcv_up);
    visit(80U, "irs", block.irs);
    visit(84U, "rcv_adv", block.rcv_adv);
    visit(88U, "snd_max", block.snd_max);
    visit(92U, "snd_cwnd", block.snd_cwnd);
    visit(96U, "snd_ssthresh", block.snd_ssthresh);
    visit(100U, "t_idle", block.t_idle);
    visit(102U, "path_mtu", block.path_mtu);
    visit(104U, "recover", block.recover);
    visit(108U, "t_srtt", block.t_srtt);
    visit(110U, "t_rttvar", block.t_rttvar);
    visit(112U, "t_rttmin", block.t_rttmin);
    visit(114U, "sack_ranges", block.sack_ranges);
    visit(116U, "max_sndwnd", block.max_sndwnd);
    visit(120U, "ooo_bytes", block.ooo_bytes);
    visit(124U, "snd_scale", block.snd_scale);
    visit(125U, "rcv_scale", block.rcv_scale);
    visit(126U, "reserved", block.reserved);
    visit(128U, "ts_recent", block.ts_recent);
    visit(132U, "ts_recent_age", block.ts_recent_age);
    visit(136U, "last_ack_sent", block.last_ack_sent);
}

}  // namespace conform
