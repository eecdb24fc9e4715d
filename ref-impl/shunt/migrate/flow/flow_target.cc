// SPDX-License-Identifier: Apache-2.0
#include "shunt/migrate/flow/flow_target.hh"

#include <algorithm>
#include <utility>
#include <vector>

#include "shunt/base/mutant.hh"
#include "shunt/wire/connection_information.hh"
#include "shunt/wire/ipv4.hh"
#include "shunt/wire/migration_copy.hh"
#include "shunt/wire/udp.hh"

namespace shunt::migrate {

using wire::EncapsulationType;
using wire::RejectReason;

namespace {

constexpr auto kUdp = wire::TransportProtocol::Udp;

wire::ConnectionTuple tuple_of(const wire::EncapsulationView& view, wire::Ipv4Address service,
                               std::uint16_t service_port) {
    return {view.source(), view.source_port(), service, service_port, view.protocol()};
}

bool is_intact(ByteView packet) {
    const auto ip = wire::Ipv4View::parse(packet);
    return ip && wire::UdpView::parse(*ip);
}

}  // namespace

FlowTarget::FlowTarget(endpoint::Context& context, FlowTable& flows, FlowDeliveries& deliveries,
                       Rng& rng)
    : context_(context),
      flows_(flows),
      deliveries_(deliveries),
      rng_(rng),
      messages_(context),
      forwarded_(context, messages_) {}

std::optional<FlowTarget::Slot> FlowTarget::handle_connection(const EncapsulatedFrame& frame,
                                                              Instant now) {
    const auto information = wire::ConnectionInformation::parse(frame.view);
    if (!information) {
        context_.counters.add(information.error());
        return std::nullopt;
    }
    if (!context_.is_home(frame.from, information->service)) {  // SEC-12
        context_.counters.add(Counter::DropEncapsulationPayload);
        return std::nullopt;
    }
    const auto tuple = tuple_of(frame.view, information->service, information->service_port);
    const wire::MigrationId id{information->service, information->service_port, SequenceNumber(0),
                               information->flow_number.value_or(0)};
    const auto slot = flows_.find(tuple);
    if (!slot) return take_over(tuple, id, frame.from, now);
    auto& flow = *flows_.at(*slot).as<MovedInFlow>();
    // A base offer has no number: of a tuple it is the same one, however often it comes (EP-51).
    if (flow.id == id) {
        flow.last_offer = now;
        context_.counters.add(Counter::OfferRepeated);
        acknowledge(flows_.at(*slot), now);
        return slot;
    }
    if (!may_replace(flow, id)) {
        context_.counters.add(Counter::OfferStale);
        messages_.reject(frame.from, tuple, id, RejectReason::TupleInUse, now);
        return std::nullopt;
    }
    flows_.erase(*slot);
    return take_over(tuple, id, frame.from, now);
}

/// EP-17, the flow number being the epoch.
bool FlowTarget::may_replace(const MovedInFlow& flow, const wire::MigrationId& offered) const {
    return !flow.is_released && SequenceNumber(offered.epoch).after(SequenceNumber(flow.id.epoch));
}

std::optional<FlowTarget::Slot> FlowTarget::take_over(const wire::ConnectionTuple& tuple,
                                                      const wire::MigrationId& id,
                                                      farm::ServerId home, Instant now) {
    if (context_.config.listen_of(context_.self, tuple.service_port, kUdp) == nullptr) {
        context_.counters.add(Counter::OfferNoListener);
        messages_.reject(home, tuple, id, RejectReason::NoListener, now);
        return std::nullopt;
    }
    if (context_.is_draining) {
        context_.counters.add(Counter::OfferDraining);
        messages_.reject(home, tuple, id, RejectReason::Draining, now);
        return std::nullopt;
    }
    if (!flows_.has_room()) {
        context_.counters.add(Counter::OfferFull);
        messages_.reject(home, tuple, id, RejectReason::Full, now);
        return std::nullopt;
    }
    const Slot slot = flows_.insert(tuple, now);
    Flow& flow = flows_.at(slot);
    auto& moved_in = flow.standing.emplace<MovedInFlow>(context_.held_budget);
    moved_in.home = home;
    moved_in.id = id;
    moved_in.copy = rng_.next_u32();
    moved_in.last_offer = now;
    moved_in.next_acknowledgement = now + acknowledgement_pause(0);
    for (Packet& packet : forwarded_.early().take(tuple, home)) {
        if (!moved_in.held.hold(std::move(packet), context_.held_limits())) {
            context_.counters.add(Counter::DropHeldFull);
        }
    }
    context_.counters.add(Counter::OfferAccepted);
    acknowledge(flow, now);
    return slot;
}

std::optional<FlowTarget::Slot> FlowTarget::handle_forwarded(EncapsulatedFrame frame, Instant now) {
    auto received = forwarded_.receive(std::move(frame), now);
    if (!received) return std::nullopt;
    // A flow moves once, and no server sends its datagrams back to the home.
    if (!context_.is_home(received->from, received->tuple.service)) {
        context_.counters.add(Counter::DropEncapsulationInnerDestination);
        return std::nullopt;
    }
    // Nothing in a quoted datagram tells that it was ours, and no application here asks (EP-26).
    if (received->is_icmp_error) {
        context_.counters.add(Counter::DropIcmpFlow);
        return std::nullopt;
    }
    const auto slot = flows_.find(received->tuple);
    if (!slot) {
        forwarded_.keep_early(std::move(*received), now);
        return std::nullopt;
    }
    Flow& flow = flows_.at(*slot);
    auto& moved_in = *flow.as<MovedInFlow>();
    if (!moved_in.is_released && context_.has_extensions()) {
        if (!moved_in.held.hold(std::move(received->packet), context_.held_limits())) {
            context_.counters.add(Counter::DropHeldFull);
        }
        return slot;
    }
    // Base: what releases is looked at closely, for the checksum of a 0x02 does not cover it.
    if (!moved_in.is_released) {
        if (!is_intact(received->packet.bytes())) {
            context_.counters.add(Counter::DropUdpChecksum);
            return std::nullopt;
        }
        release(*slot, now);
    }
    flow.last_heard = now;
    deliveries_.push(flow.tuple, std::move(received->packet));
    return slot;
}

void FlowTarget::release(Slot slot, Instant now) {
    Flow& flow = flows_.at(slot);
    auto& moved_in = *flow.as<MovedInFlow>();
    moved_in.is_released = true;
    flow.last_heard = now;
    context_.counters.add(Counter::CopyReleased);
    for (Packet& packet : moved_in.held.take_all())
        deliveries_.push(flow.tuple, std::move(packet));
}

std::optional<FlowTarget::Slot> FlowTarget::handle_go(const EncapsulatedFrame& frame, Instant now) {
    const auto go = wire::MigrationCopy::parse(frame.view);
    if (!go || !context_.is_home(frame.from, go->id.service)) {
        context_.counters.add(Counter::DropEncapsulationPayload);
        return std::nullopt;
    }
    const auto tuple = tuple_of(frame.view, go->id.service, go->id.service_port);
    const auto slot = flows_.find(tuple);
    if (!slot) {
        context_.counters.add(Counter::GoUnknown);
        messages_.reject(frame.from, tuple, go->id, RejectReason::UnknownEndpoint, now);
        return std::nullopt;
    }
    const auto& flow = *flows_.at(*slot).as<MovedInFlow>();
    if (flow.is_released) return std::nullopt;
    if (flow.id != go->id || flow.copy != go->copy) {
        context_.counters.add(Counter::GoStale);
        return std::nullopt;
    }
    release(*slot, now);
    return slot;
}

std::optional<FlowTarget::Slot> FlowTarget::handle_release(const EncapsulatedFrame& frame) {
    const auto unwanted = wire::MigrationCopy::parse(frame.view);
    if (!unwanted) {
        context_.counters.add(Counter::DropEncapsulationPayload);
        return std::nullopt;
    }
    const auto slot =
        flows_.find(tuple_of(frame.view, unwanted->id.service, unwanted->id.service_port));
    const auto* flow = slot ? flows_.at(*slot).as<MovedInFlow>() : nullptr;
    if (flow == nullptr || flow->home != frame.from || flow->id != unwanted->id ||
        flow->copy != unwanted->copy) {
        context_.counters.add(Counter::ReleaseStale);
        return std::nullopt;
    }
    context_.counters.add(Counter::CopyUnwanted);
    flows_.erase(*slot);
    return slot;
}

Duration FlowTarget::acknowledgement_pause(std::size_t repeated) const {
    const auto& timers = context_.config.timers;
    return repeated < timers.acknowledgement_repeats.size()
               ? timers.acknowledgement_repeats[repeated]
               : timers.acknowledgement_repeat_last;
}

/// A base copy that nothing has released waits as long as a flow: its home may have taken it for
/// released, and the client's next datagram is as good as the first (EP-51). It says so no longer
/// than a connection's copy does (EP-15).
Instant FlowTarget::deadline(const Flow& flow) const {
    const auto& timers = context_.config.timers;
    const auto& moved_in = *flow.as<MovedInFlow>();
    if (moved_in.is_released) {
        const bool is_kept = is_mutant(Mutant::KeepsFlows);
        return flow.last_heard + (is_kept ? timers.forward_idle : timers.flow_idle_target);
    }
    const Duration spoken = timers.unreleased_life(context_.has_extensions());
    const Duration life = context_.has_extensions() ? spoken : timers.flow_idle_target;
    const Instant end = moved_in.last_offer + life;
    const bool speaks = moved_in.next_acknowledgement < moved_in.last_offer + spoken;
    return speaks ? std::min(moved_in.next_acknowledgement, end) : end;
}

void FlowTarget::handle_deadline(Slot slot, Instant now) {
    Flow& flow = flows_.at(slot);
    if (deadline(flow) > now) return;
    auto& moved_in = *flow.as<MovedInFlow>();
    if (moved_in.is_released) return end(slot, now);
    const Duration life = context_.has_extensions() ? context_.config.timers.unreleased_life(true)
                                                    : context_.config.timers.flow_idle_target;
    if (moved_in.last_offer + life <= now) {
        context_.counters.add(Counter::CopyExpired);
        return flows_.erase(slot);
    }
    acknowledge(flow, now);
    moved_in.next_acknowledgement =
        now + acknowledgement_pause(++moved_in.acknowledgements_repeated);
}

void FlowTarget::end(Slot slot, Instant now) {
    const Flow& flow = flows_.at(slot);
    const auto& moved_in = *flow.as<MovedInFlow>();
    if (context_.has_extensions()) {
        messages_.send_copy(EncapsulationType::Release, moved_in.home, flow.tuple,
                            {moved_in.id, moved_in.copy}, now);
    }
    context_.counters.add(Counter::FlowExpired);
    flows_.erase(slot);
}

void FlowTarget::acknowledge(const Flow& flow, Instant now) {
    const auto& moved_in = *flow.as<MovedInFlow>();
    Packet payload = context_.pool.take();
    if (context_.has_extensions()) {
        wire::MigrationCopy{moved_in.id, moved_in.copy}.append_to(payload);
    }
    context_.counters.add(Counter::AcknowledgementSent);
    messages_.send(moved_in.home, flow.tuple, EncapsulationType::Acknowledgement,
                   std::move(payload), now);
}

}  // namespace shunt::migrate
