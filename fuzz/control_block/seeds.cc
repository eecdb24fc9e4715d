// SPDX-License-Identifier: Apache-2.0
// Blocks of every state and with every option, each with a script that suits it, and golden bytes
// that hold their own offset.
#include <algorithm>
#include <functional>
#include <initializer_list>
#include <iterator>
#include <utility>

#include "control_block/segment_script.hh"
#include "fuzz_target.hh"
#include "shunt/wire/control_block.hh"

namespace shunt::fuzz {
namespace {

using wire::BlockFlag;
using wire::BlockState;
using wire::ControlBlock;

constexpr std::uint8_t kFin = 0x01;
constexpr std::uint8_t kReset = 0x04;
constexpr std::uint8_t kAcknowledgment = 0x10;

// What a home offers before an application is bound (EP-18): nothing outstanding, nothing queued.
ControlBlock idle_block() {
    ControlBlock block;
    block.epoch = 1;
    block.mss = 1'460;
    block.initial_send_sequence = SequenceNumber(0xFFFFFFFE);  // numbers are about to wrap
    block.send_unacknowledged = block.send_next = block.send_max = block.initial_send_sequence + 1;
    block.send_urgent = block.send_unacknowledged;
    block.initial_receive_sequence = SequenceNumber(7'000);
    block.receive_next = block.receive_urgent = block.last_acknowledgment_sent =
        block.initial_receive_sequence + 1;
    block.receive_advertised = block.receive_next + 65'535;
    block.window_update_sequence = block.receive_next;
    block.window_update_acknowledgment = block.send_unacknowledged;
    block.send_window = block.send_window_max = 64'240;
    block.receive_window = 65'535;
    block.congestion_window = 14'600;
    block.slow_start_threshold = 0x7FFFFFFF;
    block.retransmission_timeout_ms = 1'000;
    return block;
}

ControlBlock busy_block(BlockState state) {
    ControlBlock block = idle_block();
    block.state = state;
    block.send_queue = 3'000;
    block.receive_queue = 500;
    block.send_next = block.send_max = block.send_unacknowledged + 2'000;
    block.retransmit_timer = 2;
    block.smoothed_rtt = 160;
    block.rtt_variation = 40;
    block.minimum_rtt_ms = 10;
    return block;
}

ControlBlock closing_block(BlockState state) {
    ControlBlock block = busy_block(state);
    block.set(BlockFlag::SentFin);
    block.send_next = block.send_max = block.send_unacknowledged + block.send_queue + 1;
    return block;
}

ControlBlock fin_wait_2_block() {
    ControlBlock block = idle_block();
    block.state = BlockState::FinWait2;
    block.set(BlockFlag::SentFin);
    block.receive_queue = 100;
    return block;
}

ControlBlock with_options(ControlBlock block) {
    for (const BlockFlag flag :
         {BlockFlag::RequestedScale, BlockFlag::ReceivedScale, BlockFlag::RequestedTimestamps,
          BlockFlag::ReceivedTimestamps, BlockFlag::SackPermitted, BlockFlag::DelayedAck}) {
        block.set(flag);
    }
    block.send_scale = 7;
    block.receive_scale = 2;
    block.timestamp_value = 0xFFFFFF00;
    block.recent_timestamp = 77;
    block.recent_timestamp_age_ms = 5;
    return block;
}

ControlBlock recovering_block() {
    ControlBlock block = with_options(busy_block(BlockState::Established));
    block.duplicate_acks = 3;
    block.recover = block.send_max;
    block.slow_start_threshold = 2'920;
    block.congestion_window = 2'920 + 3 * 1'460;
    return block;
}

ControlBlock zero_window_block() {
    ControlBlock block = busy_block(BlockState::Established);
    block.send_next = block.send_max = block.send_unacknowledged;
    block.send_window = 0;
    block.persist_timer = 10;
    return block;
}

ControlBlock base_device_block() {
    ControlBlock block = idle_block();
    block.version = 0;
    block.send_queue = 0xC0DE0000;  // a pointer to it
    return block;
}

Seed seed(const char* name, const ControlBlock& block, std::initializer_list<Step> steps) {
    Seed made{name, std::vector<std::uint8_t>(ControlBlock::kSize + steps.size() * Step::kSize)};
    block.store(made.bytes, 0);
    std::size_t offset = ControlBlock::kSize;
    for (const Step& step : steps) {
        step.store(made.bytes, offset);
        offset += Step::kSize;
    }
    return made;
}

// One block for each rule of TCB-1 and TCB-4, which breaks that rule alone.
std::vector<Seed> refused_seeds() {
    std::vector<Seed> made;
    const auto add = [&](const char* name, const std::function<void(ControlBlock&)>& change) {
        ControlBlock block = with_options(busy_block(BlockState::Established));
        change(block);
        made.push_back(seed(name, block, {}));
    };
    add("refused-state", [](auto& block) { block.state = static_cast<BlockState>(10); });
    add("refused-snd-nxt", [](auto& block) { block.send_next = block.send_unacknowledged - 1; });
    add("refused-snd-queue", [](auto& block) { block.send_queue = 1'999; });
    add("refused-rcv-adv",
        [](auto& block) { block.receive_advertised = block.receive_next + (1U << 30) + 1; });
    add("refused-scale", [](auto& block) { block.send_scale = 15; });
    add("refused-mss", [](auto& block) { block.mss = 0; });
    add("refused-not-negotiated", [](auto& block) { block.set(BlockFlag::EcnEchoPending); });
    add("refused-out-of-order", [](auto& block) { block.out_of_order_ranges = 1; });
    add("refused-version-0-with-timestamps", [](auto& block) { block.version = 0; });
    add("refused-no-room", [](auto& block) { block.receive_queue = 1U << 24; });
    return made;
}

// Every 16 bit word holds its own offset in both halves.
Seed golden_offsets() {
    Seed made{"golden-offsets", std::vector<std::uint8_t>(ControlBlock::kSize)};
    for (std::size_t i = 0; i < made.bytes.size(); ++i)
        made.bytes[i] = static_cast<std::uint8_t>(i);
    return made;
}

}  // namespace

std::vector<Seed> seeds() {
    const Step acknowledges{.flags = kAcknowledgment, .window = 500};
    const Step text{.flags = kAcknowledgment, .window = 500, .length = 700};
    const Step text_ahead{
        .flags = kAcknowledgment, .sequence_offset = 700, .window = 500, .length = 700};
    const Step finishes{.flags = kFin | kAcknowledgment, .window = 500};
    const Step resets{.flags = kReset, .window = 0};
    const Step duplicate{.flags = kAcknowledgment, .acknowledgment_back = 2'000, .window = 500};
    Step stamped = text;
    stamped.kind = StepKind::SegmentWithTimestamps;
    const Step sends{.kind = StepKind::Send, .length = 5'000};
    const Step reads{.kind = StepKind::Read};
    const Step closes{.kind = StepKind::Close};
    const Step moves{.kind = StepKind::Move};
    const Step waits{.kind = StepKind::Wait, .length = 300};
    const Step aborts{.kind = StepKind::Abort};
    const auto reports = [](std::uint16_t blocks) {
        return Step{.kind = StepKind::SegmentWithSack,
                    .flags = kAcknowledgment,
                    .acknowledgment_back = 5'000,
                    .window = blocks};
    };
    std::vector<Seed> all{
        golden_offsets(),
        seed("established-idle", idle_block(), {text, reads, sends, acknowledges, closes}),
        seed("established-queues", busy_block(BlockState::Established),
             {acknowledges, text, moves, waits}),
        seed("established-options", with_options(busy_block(BlockState::Established)),
             {stamped, sends, moves, stamped, finishes, closes, waits}),
        seed("established-out-of-order", idle_block(), {text_ahead, moves, text, reads}),
        seed("established-reset", idle_block(), {resets}),
        seed("established-aborted", busy_block(BlockState::Established), {aborts}),
        seed("recovering", recovering_block(), {duplicate, duplicate, moves, stamped, waits}),
        seed("reported", with_options(busy_block(BlockState::Established)),
             {sends, acknowledges, sends, reports(0x2020), reports(0x2030), moves, reports(0x1040),
              waits, acknowledges}),
        seed("zero-window", zero_window_block(), {waits, moves, acknowledges}),
        seed("close-wait", busy_block(BlockState::CloseWait), {reads, closes, moves, acknowledges}),
        seed("fin-wait-1", closing_block(BlockState::FinWait1), {moves, acknowledges, finishes}),
        seed("fin-wait-2", fin_wait_2_block(), {moves, text, finishes, waits}),
        seed("closing", closing_block(BlockState::Closing), {moves, acknowledges, waits}),
        seed("last-ack", closing_block(BlockState::LastAck), {moves, waits, acknowledges}),
        seed("version-0", base_device_block(), {text, reads, moves}),
    };
    std::vector<Seed> refused = refused_seeds();
    std::move(refused.begin(), refused.end(), std::back_inserter(all));
    return all;
}

}  // namespace shunt::fuzz
