// SPDX-License-Identifier: Apache-2.0
// Fuzz target of the TCP control block: 140 bytes that are read, validated (TCB-1, TCB-4), written
// back, imported into a connection and exported again (TCB-3); then the script that follows them is
// played to that connection.
#include <algorithm>
#include <vector>

#include "control_block/segment_script.hh"
#include "fuzz_target.hh"
#include "shunt/base/assert.hh"
#include "shunt/wire/control_block.hh"

namespace shunt::fuzz {
namespace {

using wire::BlockFlag;
using wire::ControlBlock;

constexpr std::size_t kReservedOffset = 126;

tcp::Config node_config() {
    tcp::Config config;
    config.send_buffer_max = config.receive_buffer_max = 256 * 1'024;
    return config;
}

tcp::Identity identity() {
    return {wire::Ipv4Address(0x0A070101), 80, wire::Ipv4Address(0x0A070009), 4711};
}

// Reading and writing are inverse; the reserved bytes are ignored and written as zero (TCB-2).
ControlBlock check_round_trip(ByteView bytes) {
    const ControlBlock block = ControlBlock::load(bytes, 0);
    std::vector<std::uint8_t> written(ControlBlock::kSize, 0xEE);
    block.store(written, 0);
    SHUNT_ASSERT(ControlBlock::load(written, 0) == block, "a block survives writing and reading");
    for (std::size_t i = 0; i < ControlBlock::kSize; ++i) {
        const bool is_reserved = i == kReservedOffset || i == kReservedOffset + 1;
        SHUNT_ASSERT(written[i] == (is_reserved ? 0 : bytes[i]), "every byte has its field");
    }
    return block;
}

// The widest window that scaling by 14 can name (RFC 7323 2.3).
constexpr std::uint32_t kWindowMax = 1U << 30;

// TCB-1 in other words than validate(): distances by subtraction in 64 bits.
void check_valid(const ControlBlock& block) {
    const auto distance = [](SequenceNumber from, SequenceNumber to) {
        return std::uint64_t{(to - from) & 0xFFFFFFFFU};
    };
    constexpr std::uint64_t window_max = kWindowMax;
    const std::uint64_t sent = distance(block.send_unacknowledged, block.send_next);
    const std::uint64_t highest = distance(block.send_unacknowledged, block.send_max);
    const std::uint64_t fin = block.is_fin_unacknowledged() ? 1 : 0;
    SHUNT_ASSERT(sent <= highest && highest <= window_max + 1, "TCB-1: snd_nxt, snd_max");
    SHUNT_ASSERT(distance(block.receive_next, block.receive_advertised) <= window_max,
                 "TCB-1: rcv_adv");
    SHUNT_ASSERT(highest <= std::uint64_t{block.send_queue} + fin, "TCB-1: snd_queue");
    const auto state = static_cast<unsigned>(block.state);
    SHUNT_ASSERT(state >= 4 && state <= 9, "TCB-1: state in the list");
    SHUNT_ASSERT(block.send_scale <= 14 && block.receive_scale <= 14, "TCB-1: scales");
    SHUNT_ASSERT(block.mss > 0, "TCB-1: MSS");
    SHUNT_ASSERT(block.version == 1 || !block.timestamps_on(), "TCB-4: no timestamps");
    const auto again = block.validate();
    SHUNT_ASSERT(again && *again == block, "what was taken as valid is so");
}

// What goes out next: an octet that a range of the scoreboard reports does not. An importer with
// fewer records than there are ranges forgets them all and begins anew.
SequenceNumber next_to_send(const tcp::Snapshot& snapshot, bool is_scoreboard_kept) {
    const ControlBlock& block = snapshot.block;
    if (!is_scoreboard_kept) return block.send_unacknowledged;
    SequenceNumber next = block.send_next;
    for (const wire::SackBlock& range : snapshot.scoreboard)
        if (next.at_or_after(range.left) && next.before(range.right)) next = range.right;
    return next;
}

// What makes it the same connection to the client (EP-25); the rest starts as the importer likes.
void check_carried(const tcp::Snapshot& snapshot, const ControlBlock& exported) {
    const ControlBlock& block = snapshot.block;
    const bool is_scoreboard_kept = exported.sack_ranges == block.sack_ranges;
    SHUNT_ASSERT(is_scoreboard_kept || exported.sack_ranges == 0, "TCB-3: the scoreboard whole");
    SHUNT_ASSERT(exported.state == block.state, "EP-25: state");
    SHUNT_ASSERT(exported.send_unacknowledged == block.send_unacknowledged, "EP-25: snd_una");
    SHUNT_ASSERT(exported.send_next == next_to_send(snapshot, is_scoreboard_kept),
                 "EP-25: snd_nxt");
    SHUNT_ASSERT(exported.send_max == block.send_max, "EP-25: snd_max");
    SHUNT_ASSERT(exported.receive_next == block.receive_next, "EP-25: rcv_nxt");
    SHUNT_ASSERT(exported.receive_advertised == block.receive_advertised, "EP-25: rcv_adv");
    SHUNT_ASSERT(exported.initial_send_sequence == block.initial_send_sequence, "EP-25: iss");
    SHUNT_ASSERT(exported.initial_receive_sequence == block.initial_receive_sequence, "EP-25: irs");
    SHUNT_ASSERT(exported.send_window == std::min(block.send_window, kWindowMax), "EP-25: snd_wnd");
    SHUNT_ASSERT(exported.send_scale == block.send_scale, "EP-25: snd_scale");
    SHUNT_ASSERT(exported.receive_scale == block.receive_scale, "EP-25: rcv_scale");
    SHUNT_ASSERT(exported.mss == block.mss, "EP-25: t_maxseg");
    SHUNT_ASSERT(exported.timestamps_on() == block.timestamps_on(), "EP-25: timestamps");
    SHUNT_ASSERT(exported.recent_timestamp == block.recent_timestamp, "EP-25: ts_recent");
    SHUNT_ASSERT(exported.timestamp_value == block.timestamp_value, "EP-25: TSval never goes back");
    SHUNT_ASSERT(exported.has(BlockFlag::SackPermitted) == block.has(BlockFlag::SackPermitted),
                 "EP-25: SACK");
    SHUNT_ASSERT(exported.send_queue == block.send_queue, "EP-48: no byte is lost");
    SHUNT_ASSERT(exported.receive_queue == block.receive_queue, "EP-48: no byte is lost");
}

// As long as the block says, every range but the last of one octet.
void fill_queues(tcp::Snapshot& snapshot, const ControlBlock& block) {
    snapshot.send.assign(block.send_queue, 'q');
    snapshot.receive.assign(block.receive_queue, 'r');
    for (std::uint32_t i = 0; i < block.out_of_order_ranges; ++i) {
        const bool is_last = i + 1U == block.out_of_order_ranges;
        const std::uint32_t size = is_last ? block.out_of_order_bytes - i : 1;
        snapshot.out_of_order.push_back(
            {.offset = 1 + 2 * i, .bytes = std::vector<std::uint8_t>(size, 'o')});
    }
    for (std::uint32_t i = 0; i < block.sack_ranges; ++i) {
        const SequenceNumber left = block.send_unacknowledged + 2 * i;
        snapshot.scoreboard.push_back({.left = left, .right = left + 1});
    }
}

void check_import(const ControlBlock& block, ByteView script) {
    const tcp::Config config = node_config();
    const Instant now = Instant() + Duration::seconds(1'000);
    tcp::Snapshot snapshot;
    snapshot.block = block;
    const auto valid = block.validate();
    if (valid && !tcp::Connection::check_block(config, block)) {
        fill_queues(snapshot, *valid);
    }
    auto connection = tcp::Connection::import_snapshot(config, identity(), snapshot, now);
    if (!connection) {
        const bool is_refused_rightly =
            connection.error() == tcp::ImportError::NoRoom || !valid || snapshot.fault();
        SHUNT_ASSERT(is_refused_rightly, "a valid snapshot is refused for lack of room alone");
        return;
    }
    SHUNT_ASSERT(valid, "no block is imported that validate() refuses");
    snapshot.block = *valid;
    check_carried(snapshot, connection->export_block(valid->epoch + 1, now));
    ScriptedConnection(config, moved(config, *connection, now), now).run(script);
}

}  // namespace
}  // namespace shunt::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using shunt::wire::ControlBlock;
    if (size < ControlBlock::kSize) return 0;
    const shunt::ByteView bytes(data, size);
    const ControlBlock block = shunt::fuzz::check_round_trip(bytes.first(ControlBlock::kSize));
    if (const auto valid = block.validate()) shunt::fuzz::check_valid(*valid);
    shunt::fuzz::check_import(block, bytes.subspan(ControlBlock::kSize));
    return 0;
}
