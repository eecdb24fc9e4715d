// SPDX-License-Identifier: Apache-2.0
// Fuzz target of the endpoint profile's frames. An input is what stands behind the Ethernet header.
// It is parsed in both sets and written back; then a node hears it on its back link (FRM-6, FRM-7,
// SEC-3, SEC-5).
#include <string_view>

#include "encapsulation/farm_node.hh"
#include "encapsulation/frame_oracle.hh"
#include "encapsulation/round_trip.hh"
#include "fuzz_target.hh"
#include "shunt/base/assert.hh"
#include "shunt/wire/connection_information.hh"
#include "shunt/wire/endpoint_data.hh"
#include "shunt/wire/forwarded_packet.hh"
#include "shunt/wire/missing_ranges.hh"
#include "shunt/wire/reject.hh"

namespace shunt::fuzz {
namespace {

using wire::EncapsulationType;
using wire::EncapsulationView;
using wire::ProtocolSet;

/// What one frame and the timers of 15 s may make a node send. An open connection sends at most its
/// initial window of an answer and repeats a segment of it, an unreleased one repeats 0x03 15
/// times.
constexpr std::size_t kFramesMax = 64;
/// The four connections that are there and the one that a frame may make.
constexpr std::size_t kRowsMax = 5;
constexpr std::size_t kTables = 4;

struct Change {
    std::uint64_t drops = 0;       // of all drop.* counters
    std::uint64_t others = 0;      // of all other counters
    std::optional<Counter> which;  // a drop counter that went up
};

Change change_of(const NodeState& before, const NodeState& after) {
    Change change;
    for (std::size_t i = 0; i < kCounterCount; ++i) {
        const std::uint64_t more = after.counters[i] - before.counters[i];
        if (more == 0) continue;
        const auto counter = static_cast<Counter>(i);
        const bool is_drop = counter_name(counter).starts_with("drop.");
        (is_drop ? change.drops : change.others) += more;
        if (is_drop) change.which = counter;
    }
    return change;
}

struct Fault {
    std::optional<Counter> counter;  // nothing: any drop counter is right
};

// A UDP flow has no queues.
bool is_about_flow(const EncapsulationView& view) {
    return view.protocol() == wire::TransportProtocol::Udp;
}

// Why a node must drop the frame without an answer; nothing if it may act on it. What needs the
// farm's plan is written here, what is inside a payload its parser says: check_round_trip() has its
// own opinion on the frame around it.
std::optional<Fault> find_fault(ByteView bytes, const FarmNode& farm) {
    const FrameVerdict verdict = judge_frame(bytes, farm.protocol_set());
    if (!verdict.is_good) return Fault{verdict.counter};
    const auto view = EncapsulationView::parse(bytes, farm.protocol_set());
    if (view->destination() != farm.self().forward_ips.front()) {
        return Fault{Counter::DropEncapsulationNotForwardAddress};
    }
    switch (view->type()) {
        case EncapsulationType::Connection:
            if (const auto parsed = wire::ConnectionInformation::parse(*view); !parsed)
                return Fault{parsed.error()};
            return std::nullopt;
        case EncapsulationType::Forwarded:
            if (const auto parsed = wire::ForwardedPacket::parse(*view); !parsed)
                return Fault{parsed.error()};
            return std::nullopt;
        case EncapsulationType::Reject:
            if (const auto parsed = wire::RejectMessage::parse(*view); !parsed)
                return Fault{parsed.error()};
            return std::nullopt;
        case EncapsulationType::Data:
            if (is_about_flow(*view)) return Fault{Counter::DropEncapsulationType};
            if (const auto parsed = wire::EndpointData::parse(*view); !parsed)
                return Fault{parsed.error()};
            return std::nullopt;
        case EncapsulationType::Missing:
            if (is_about_flow(*view)) return Fault{Counter::DropEncapsulationType};
            if (const auto parsed = wire::MissingRanges::parse(*view); !parsed)
                return Fault{parsed.error()};
            return std::nullopt;
        case EncapsulationType::Challenge:
            return Fault{Counter::DropEncapsulationType};
        case EncapsulationType::Acknowledgement:
        case EncapsulationType::Release:
        case EncapsulationType::Go:
            break;
    }
    return std::nullopt;
}

// FRM-7: dropped, counted once by reason, never answered, and nothing else has changed.
void check_dropped(const Fault& fault, const NodeState& before, const NodeState& after,
                   FarmNode& farm) {
    const Change change = change_of(before, after);
    SHUNT_ASSERT(change.drops == 1, "every drop increments exactly one counter");
    SHUNT_ASSERT(change.others == 0, "a dropped frame is no event of any other kind");
    SHUNT_ASSERT(!fault.counter || *fault.counter == *change.which,
                 "FRM-6: the first failure names the counter");
    SHUNT_ASSERT(after.rows == before.rows, "a dropped frame changes no table");
    SHUNT_ASSERT(after.deadline == before.deadline, "a dropped frame moves no timer");
    SHUNT_ASSERT(farm.take_sent().frames == 0, "a dropped frame is never answered");
}

void check_node(ByteView bytes, bool has_extensions) {
    FarmNode farm(has_extensions);
    const NodeState before = farm.state();
    farm.receive(bytes);
    const NodeState after = farm.state();
    if (const auto fault = find_fault(bytes, farm))
        return check_dropped(*fault, before, after, farm);
    SHUNT_ASSERT(change_of(before, after).drops <= 1, "one frame is dropped once at most");
    SHUNT_ASSERT(after.rows.size() <= kRowsMax + kTables, "one frame makes one record at most");
    const auto at_once = farm.take_sent();
    const auto later = farm.pass(Duration::seconds(15));
    SHUNT_ASSERT(at_once.frames + later.frames <= kFramesMax, "what one frame sets off is bounded");
    SHUNT_ASSERT(farm.state().rows.size() <= kRowsMax + kTables, "tables do not grow by time");
}

}  // namespace
}  // namespace shunt::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const shunt::ByteView bytes(data, size);
    shunt::fuzz::check_round_trip(bytes, shunt::wire::ProtocolSet::Base);
    shunt::fuzz::check_round_trip(bytes, shunt::wire::ProtocolSet::Extended);
    if (size > shunt::Packet::kCapacity) return 0;  // no device hands more to a node
    shunt::fuzz::check_node(bytes, false);
    shunt::fuzz::check_node(bytes, true);
    return 0;
}
