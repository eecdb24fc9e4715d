// SPDX-License-Identifier: Apache-2.0
/// Endpoint page, "TCP control block": blocks that a target must refuse whole (TCB-1).
#include <fmt/format.h>

#include "cases/endpoint/moved_in.hh"
#include "cases/endpoint/steps.hh"
#include "cases/registry.hh"
#include "pdu/repair.hh"

namespace conform {
namespace {

using endpoint::Fault;

constexpr std::uint16_t kMalformedState = 5;  // reasons of 0x10
constexpr std::uint32_t kHalfSpace = 1U << 30;

/// A block that is in order but for what `change` does to it.
Fault block_fault(std::string what, void (*change)(ControlBlock& block),
                  const char* requirement = "TCB-1") {
    return {requirement, "with " + what, [change](Bytes& frame) {
                constexpr std::size_t kPayload = kEthernetHeaderSize + kEncapsulationHeaderSize;
                const ByteView payload = ByteView(frame).subspan(kPayload);
                ConnectionInformation information = *parse_connection_information(payload);
                change(information.block);
                frame.resize(kPayload);
                append(frame, encode(information));
                repair_encapsulation_checksum(frame);
            }};
}

std::vector<Fault> state_faults() {
    return {block_fault("t_state 0", [](ControlBlock& block) { block.t_state = 0; }),
            block_fault("t_state 1, LISTEN", [](ControlBlock& block) { block.t_state = 1; }),
            block_fault("t_state 3, SYN-RECEIVED", [](ControlBlock& block) { block.t_state = 3; }),
            block_fault("t_state 10, TIME-WAIT", [](ControlBlock& block) { block.t_state = 10; }),
            block_fault("t_state 0x0104", [](ControlBlock& block) { block.t_state = 0x0104; })};
}

std::vector<Fault> number_faults() {
    return {block_fault("snd_nxt before snd_una", [](ControlBlock& block) { --block.snd_nxt; }),
            block_fault("snd_max before snd_nxt", [](ControlBlock& block) { --block.snd_max; }),
            block_fault("snd_una 2^30 before snd_max",
                        [](ControlBlock& block) { block.snd_una -= kHalfSpace + 2; }),
            block_fault("a byte sent that snd_queue does not hold",
                        [](ControlBlock& block) { ++block.snd_max; }),
            block_fault("rcv_adv before rcv_nxt",
                        [](ControlBlock& block) { block.rcv_adv = block.rcv_nxt - 1; }),
            block_fault("a window above 2^30", [](ControlBlock& block) {
                block.rcv_adv = block.rcv_nxt + kHalfSpace + 1;
            })};
}

std::vector<Fault> option_faults() {
    return {
        block_fault("snd_scale 15", [](ControlBlock& block) { block.snd_scale = 15; }),
        block_fault("rcv_scale 15", [](ControlBlock& block) { block.rcv_scale = 15; }),
        block_fault("t_maxseg 0", [](ControlBlock& block) { block.t_maxseg = 0; }),
        block_fault("scales that were not negotiated",
                    [](ControlBlock& block) {
                        block.t_flags &= static_cast<std::uint16_t>(~block_flag::kReceivedScale);
                    }),
        block_fault("timestamps that were not negotiated",
                    [](ControlBlock& block) {
                        block.t_flags &=
                            static_cast<std::uint16_t>(~block_flag::kReceivedTimestamps);
                        block.ts_val = block.ts_recent = 1;
                    }),
        block_fault("a scoreboard without SACK",
                    [](ControlBlock& block) {
                        block.t_flags &= static_cast<std::uint16_t>(~block_flag::kSackPermitted);
                        block.sack_ranges = 1;
                    }),
        block_fault("out-of-order bytes in no range",
                    [](ControlBlock& block) { block.ooo_bytes = 1; }),
        block_fault("more out-of-order ranges than bytes", [](ControlBlock& block) {
            block.ooo_ranges = 2;
            block.ooo_bytes = 1;
        })};
}

Task<> refuse_each(Stage& stage, const std::vector<Fault>& faults) {
    co_await endpoint::expect_connections_refused(stage, faults, kMalformedState);
}

Task<> impossible_state_refused(Stage& stage) {
    const std::vector<Fault> faults = state_faults();
    co_await refuse_each(stage, faults);
}

Task<> impossible_numbers_refused(Stage& stage) {
    const std::vector<Fault> faults = number_faults();
    co_await refuse_each(stage, faults);
}

Task<> impossible_options_refused(Stage& stage) {
    const std::vector<Fault> faults = option_faults();
    co_await refuse_each(stage, faults);
}

/// SEC-10: an unreleased endpoint gives way to a whole image alone (EP-17).
Task<> refused_block_changes_nothing(Stage& stage) {
    for (void (*const change)(ControlBlock & block) :
         {+[](ControlBlock& block) { block.t_state = 1; },
          +[](ControlBlock& block) { --block.snd_nxt; },
          +[](ControlBlock& block) { block.snd_scale = 15; }}) {
        endpoint::MovedIn connection(stage);
        connection.peer().send_frame(connection.connection_frame());
        co_await connection.expect_acknowledgement("EP-7");
        const ConnectionInformation first = connection.information();
        ++connection.information().block.epoch;
        change(connection.information().block);
        connection.peer().send_frame(connection.connection_frame());
        if (stage.has_extensions()) {
            const ReceivedEncapsulation refused = co_await connection.peer().expect(
                "SEC-10", endpoint::about(EncapsulationType::Reject, connection.client()),
                stage.iut().timers.answer, EncapsulationType::Acknowledgement);
            endpoint::check_reject(stage, "SEC-10", refused, connection.id(), kMalformedState);
        }
        connection.information() = first;
        connection.release();
        const TcpSegment request = connection.next_request();
        connection.forward(request);
        const SegmentPattern answer{.flags = tcp_flag::kAck, .sequence = 1};
        const ReceivedSegment received =
            co_await connection.client().expect("SEC-10", answer, stage.iut().timers.answer);
        connection.client().accept(received.segment);
        co_await connection.finish_response();
        co_await connection.exchange();
    }
}

/// TCB-4: what a base device leaves in the fields that it has no meaning for.
ControlBlock as_base_device(ControlBlock block) {
    constexpr std::uint16_t kPointerHalf = 0xC0DE;
    constexpr std::uint32_t kPointer = 0xF0C0DE00;
    block.version = 0;
    block.ts_val = block.ts_recent_age = block.recover = kPointer;
    block.t_timer_retransmit = block.t_timer_persist = block.t_timer_keepalive = kPointerHalf;
    block.t_timer_2msl = block.t_rxtshift = block.t_rxtcur = block.t_dupacks = kPointerHalf;
    block.ooo_ranges = block.t_idle = block.path_mtu = block.sack_ranges = kPointerHalf;
    block.t_srtt = block.t_rttvar = block.t_rttmin = block.reserved = kPointerHalf;
    block.snd_queue = block.rcv_queue = block.max_sndwnd = block.ooo_bytes = kPointer;
    return block;
}

Task<> base_device_taken(Stage& stage) {
    endpoint::MovedIn twin(stage, false);
    co_await twin.move();
    endpoint::MovedIn moved(stage, false);
    moved.information().block = as_base_device(moved.information().block);
    co_await moved.move();
    co_await moved.exchange();
    co_await twin.exchange();
}

Task<> base_device_with_timestamps_refused(Stage& stage) {
    const std::vector<Fault> faults = {block_fault(
        "version 0 and timestamps", [](ControlBlock& block) { block.version = 0; }, "TCB-4")};
    co_await refuse_each(stage, faults);
}

CaseInfo block_case(std::string_view id, std::string_view claim, Task<> (*run)(Stage& stage)) {
    return {id, claim, {"TCB-1", "SEC-3", "SEC-10"}, "endpoint", "target", run};
}

}  // namespace

std::vector<CaseInfo> endpoint_control_block_cases() {
    return {block_case("endpoint/control-block/impossible-state-refused",
                       "A block in a state that does not move is refused whole.",
                       impossible_state_refused),
            block_case("endpoint/control-block/impossible-numbers-refused",
                       "A block whose sequence numbers contradict each other is refused whole.",
                       impossible_numbers_refused),
            block_case("endpoint/control-block/impossible-options-refused",
                       "A block with scales, MSS or queues that cannot be is refused whole.",
                       impossible_options_refused),
            {"endpoint/control-block/refused-block-changes-nothing",
             "A block that is refused leaves the endpoint of the attempt before as it was.",
             {"SEC-10", "EP-17"},
             "endpoint",
             "target",
             refused_block_changes_nothing},
            {"endpoint/control-block/base-device-taken",
             "Of a block without version 1 the fields of 4.4BSD are used, and no other one.",
             {"TCB-4"},
             "endpoint",
             "target",
             base_device_taken},
            {"endpoint/control-block/base-device-with-timestamps-refused",
             "A block without version 1 has no clock, so that timestamps are a reason to refuse.",
             {"TCB-4"},
             "endpoint",
             "target",
             base_device_with_timestamps_refused}};
}

}  // namespace conform
