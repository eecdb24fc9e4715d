// SPDX-License-Identifier: Apache-2.0
#include "control_block/segment_script.hh"

#include <algorithm>
#include <vector>

#include "shunt/base/assert.hh"
#include "shunt/base/deadline.hh"
#include "shunt/wire/ipv4.hh"
#include "shunt/wire/tcp_header.hh"

namespace shunt::fuzz {
namespace {

/// Text of one segment at most: what fits a packet of 1,500 bytes with timestamps.
constexpr std::size_t kTextMax = 1'448;
/// Packets fetched after one step. A large queue and an MSS of one byte have many more to send.
constexpr std::size_t kPacketsPerStepMax = 64;
/// Deadlines handled while time passes.
constexpr std::size_t kDeadlinesPerStepMax = 16;

}  // namespace

Step Step::load(ByteView bytes, std::size_t offset) {
    Step step;
    step.kind = static_cast<StepKind>(load_u8(bytes, offset) % kStepKinds);
    step.flags = load_u8(bytes, offset + 1);
    step.sequence_offset = static_cast<std::int16_t>(load_u16(bytes, offset + 2));
    step.acknowledgment_back = static_cast<std::int16_t>(load_u16(bytes, offset + 4));
    step.window = load_u16(bytes, offset + 6);
    step.length = load_u16(bytes, offset + 8);
    step.wait_ms = load_u16(bytes, offset + 10);
    return step;
}

void Step::store(MutableBytes bytes, std::size_t offset) const {
    store_u8(bytes, offset, static_cast<std::uint8_t>(kind));
    store_u8(bytes, offset + 1, flags);
    store_u16(bytes, offset + 2, static_cast<std::uint16_t>(sequence_offset));
    store_u16(bytes, offset + 4, static_cast<std::uint16_t>(acknowledgment_back));
    store_u16(bytes, offset + 6, window);
    store_u16(bytes, offset + 8, length);
    store_u16(bytes, offset + 10, wait_ms);
}

wire::ControlBlock without_timers(wire::ControlBlock block) {
    block.timestamp_value = 0;
    block.epoch = 0;
    block.retransmit_timer = block.persist_timer = 0;
    block.keep_alive_timer = block.time_wait_timer = 0;
    return block;
}

bool can_move(const tcp::Connection& connection) {
    switch (connection.state()) {
        case tcp::State::Established:
        case tcp::State::FinWait1:
        case tcp::State::FinWait2:
        case tcp::State::CloseWait:
        case tcp::State::Closing:
        case tcp::State::LastAck:
            return true;
        case tcp::State::Closed:
        case tcp::State::SynSent:
        case tcp::State::SynReceived:
        case tcp::State::TimeWait:
            break;
    }
    return false;
}

tcp::Connection moved(const tcp::Config& config, const tcp::Connection& connection, Instant now) {
    const tcp::Snapshot snapshot = connection.export_snapshot(1, now);
    const wire::ControlBlock& block = snapshot.block;
    SHUNT_ASSERT(block.validate(), "what we export, every importer takes (TCB-1)");
    SHUNT_ASSERT(!snapshot.fault(), "its queues are those that the block announces");
    auto copy = tcp::Connection::import_snapshot(config, connection.identity(), snapshot, now);
    SHUNT_ASSERT(copy, "what one server holds, another one like it has room for");
    const wire::ControlBlock again = copy->export_block(2, now);
    SHUNT_ASSERT(without_timers(again) == without_timers(block),
                 "export and import give the same block, timers aside (TCB-3)");
    return std::move(*copy);
}

void ScriptedConnection::run(ByteView script) {
    const std::size_t steps = std::min(script.size() / Step::kSize, kStepsMax);
    transmit();
    for (std::size_t i = 0; i < steps && !connection_.is_closed(); ++i)
        run_step(Step::load(script, i * Step::kSize));
}

void ScriptedConnection::run_step(const Step& step) {
    pass(Duration::milliseconds(step.wait_ms));
    switch (step.kind) {
        case StepKind::Segment:
        case StepKind::SegmentWithTimestamps:
        case StepKind::SegmentWithSack:
            receive(step);
            break;
        case StepKind::Send:
            send(step.length);
            break;
        case StepKind::Read:
            read();
            break;
        case StepKind::Close:
            connection_.close();
            break;
        case StepKind::Wait:
            // Whole seconds too: retransmissions back off that far.
            pass(Duration::milliseconds(std::int64_t{step.length} * 10));
            break;
        case StepKind::Move:
            move();
            break;
        case StepKind::Abort:
            connection_.abort();
            break;
    }
    transmit();
}

void ScriptedConnection::pass(Duration span) {
    const Instant end = now_ + span;
    for (std::size_t i = 0; i < kDeadlinesPerStepMax; ++i) {
        const auto deadline = connection_.poll_deadline();
        if (!deadline || *deadline > end) break;
        now_ = std::max(now_, *deadline);
        connection_.handle_deadline(now_);
        transmit();
    }
    peer_clock_ms_ += static_cast<std::uint32_t>(span.to_milliseconds());
    now_ = std::max(now_, end);
}

namespace {

/// Odd lengths report first what was acknowledged before, as a D-SACK does (RFC 2883 4).
void add_sack_blocks(const Step& step, wire::TcpHeader& header) {
    constexpr std::uint32_t kUnit = 64;
    if (step.length % 2 == 1) {
        header.options.add_sack_block({header.acknowledgment - kUnit, header.acknowledgment});
    }
    const SequenceNumber left = header.acknowledgment + kUnit * (step.window >> 8U);
    header.options.add_sack_block({left, left + kUnit * (step.window & 0xFFU)});
    header.window = 0x7000;
}

}  // namespace

void ScriptedConnection::receive(const Step& step) {
    const tcp::Identity& identity = connection_.identity();
    Packet packet = pool_.take();
    for (std::uint8_t& byte : packet.append(std::min<std::size_t>(step.length, kTextMax)))
        byte = 0x5A;
    wire::TcpHeader header;
    header.source_port = identity.remote_port;
    header.destination_port = identity.local_port;
    const auto forwards = static_cast<std::uint32_t>(std::int32_t{step.sequence_offset});
    header.sequence = connection_.receive_next() + forwards;
    const auto back = static_cast<std::uint32_t>(std::int32_t{step.acknowledgment_back});
    header.acknowledgment = connection_.send_next() - back;
    header.flags = wire::TcpFlags::from_byte(step.flags);
    header.window = step.window;
    header.urgent_pointer = step.length;
    if (step.kind == StepKind::SegmentWithTimestamps) {
        const wire::ControlBlock block =
            can_move(connection_) ? connection_.export_block(1, now_) : wire::ControlBlock{};
        header.options.timestamps =
            wire::TcpTimestamps{block.recent_timestamp + peer_clock_ms_, block.timestamp_value};
    }
    if (step.kind == StepKind::SegmentWithSack) add_sack_blocks(step, header);
    header.prepend_to(packet, identity.remote_address, identity.local_address);
    wire::Ipv4Header ip;
    ip.source = identity.remote_address;
    ip.destination = identity.local_address;
    ip.prepend_to(packet);
    const auto view = wire::Ipv4View::parse(packet.bytes());
    SHUNT_ASSERT(view, "what we write, we read");
    const auto segment = wire::TcpView::parse(*view);
    SHUNT_ASSERT(segment, "what we write, we read");
    connection_.handle_segment(*segment, now_);
}

void ScriptedConnection::send(std::size_t count) {
    const std::vector<std::uint8_t> text(count, 0xA5);
    const std::size_t capacity = connection_.send_capacity();
    SHUNT_ASSERT(connection_.send(text) == std::min(count, capacity),
                 "send() takes what its capacity says");
}

void ScriptedConnection::read() {
    while (!connection_.readable().empty())
        connection_.consume(connection_.readable().size());
}

void ScriptedConnection::move() {
    if (!can_move(connection_)) return;
    connection_ = moved(config_, connection_, now_);
}

void ScriptedConnection::transmit() {
    for (std::size_t i = 0; i < kPacketsPerStepMax; ++i) {
        Packet packet = pool_.take();
        if (!connection_.poll_transmit(now_, packet)) break;
        SHUNT_ASSERT(packet.size() <= config_.mtu, "no packet is longer than the front link takes");
        const auto view = wire::Ipv4View::parse(packet.bytes());
        SHUNT_ASSERT(view, "what is sent has a right IPv4 header");
        SHUNT_ASSERT(wire::TcpView::parse(*view), "what is sent has a right TCP header");
    }
    while (connection_.poll_event()) {
    }
    SHUNT_ASSERT(connection_.send_queue_size() <= config_.send_buffer_max, "queues are bounded");
    // An eighth more: what a window that was rounded up to its scale may have promised.
    const std::size_t promised = config_.receive_buffer_max / 8 + (1U << config_.window_scale);
    SHUNT_ASSERT(connection_.receive_queue_size() <= config_.receive_buffer_max + promised,
                 "queues are bounded");
}

}  // namespace shunt::fuzz
