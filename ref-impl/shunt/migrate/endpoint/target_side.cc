// SPDX-License-Identifier: Apache-2.0
#include "shunt/migrate/endpoint/target_side.hh"

#include "shunt/migrate/endpoint/client_packet.hh"
#include "shunt/migrate/endpoint/icmp_errors.hh"
#include "shunt/wire/ipv4.hh"
#include "shunt/wire/tcp_header.hh"

namespace shunt::migrate::endpoint {

using wire::EncapsulationType;

namespace {

wire::ConnectionTuple tuple_of(const wire::EncapsulationView& view, const wire::MigrationId& id) {
    return {view.source(), view.source_port(), id.service, id.service_port, view.protocol()};
}

}  // namespace

std::optional<Slot> TargetSide::handle_forwarded(EncapsulatedFrame frame, Instant now) {
    auto received = forwarded_.receive(std::move(frame), now);
    if (!received) return std::nullopt;
    if (received->is_icmp_error) return take_forwarded_error(context_, *received, now);
    const auto slot = context_.tables.find(received->tuple);
    if (!slot) {
        forwarded_.keep_early(std::move(*received), now);
        return std::nullopt;
    }
    auto& endpoint = *context_.tables.at(*slot).as<ForwardConnectEndpoint>();
    if (!endpoint.is_released) return handle_unreleased(*slot, std::move(received->packet), now);
    deliver(*slot, received->packet, now);
    return slot;
}

std::optional<Slot> TargetSide::handle_unreleased(Slot slot, Packet packet, Instant now) {
    auto& endpoint = *context_.tables.at(slot).as<ForwardConnectEndpoint>();
    const bool is_base = !context_.has_extensions();
    // A bit that flipped on the way could make a release of the home's reset (EP-10, EP-13).
    if (is_base && !is_intact(packet.bytes())) {
        context_.counters.add(Counter::DropTcpChecksum);
        return std::nullopt;
    }
    if (is_base && flags_of(packet.bytes()).reset) {
        // A reset at just the expected number ends the copy unseen (EP-10); any other is nothing.
        if (sequence_of(packet.bytes()) != endpoint.connection.receive_next()) {
            context_.counters.add(Counter::DropForwardedUnreleasedReset);
            return std::nullopt;
        }
        context_.counters.add(Counter::CopyReset);
        context_.tables.erase(slot);
        return slot;
    }
    if (!endpoint.held.hold(std::move(packet), context_.held_limits())) {
        context_.counters.add(Counter::DropHeldFull);
    }
    if (!is_base) return std::nullopt;
    release(slot, now);
    return slot;
}

void TargetSide::release(Slot slot, Instant now) {
    auto& endpoint = *context_.tables.at(slot).as<ForwardConnectEndpoint>();
    endpoint.is_released = true;
    context_.counters.add(Counter::CopyReleased);
    for (const Packet& packet : endpoint.held.take_all())
        deliver(slot, packet, now);
}

void TargetSide::deliver(Slot slot, const Packet& packet, Instant now) {
    const auto ip = wire::Ipv4View::parse(packet.bytes());
    SHUNT_ASSERT(static_cast<bool>(ip), "the inner header was verified before (FRM-6)");
    const auto segment = wire::TcpView::parse(*ip);
    if (!segment) return context_.counters.add(segment.error());
    auto& connection = *context_.tables.at(slot).connection();
    if (const auto dropped = connection.handle_segment(*segment, now)) {
        context_.counters.add(*dropped);
    }
}

std::optional<Slot> TargetSide::handle_go(const EncapsulatedFrame& frame, Instant now) {
    const auto go = wire::MigrationCopy::parse(frame.view);
    if (!go || !context_.is_home(frame.from, go->id.service)) {
        context_.counters.add(Counter::DropEncapsulationPayload);
        return std::nullopt;
    }
    const auto tuple = tuple_of(frame.view, go->id);
    const auto slot = context_.tables.find(tuple);
    if (!slot) {
        context_.counters.add(Counter::GoUnknown);
        messages_.reject(frame.from, tuple, go->id, wire::RejectReason::UnknownEndpoint, now);
        return std::nullopt;
    }
    const auto& endpoint = *context_.tables.at(*slot).as<ForwardConnectEndpoint>();
    if (endpoint.is_released || endpoint.id != go->id || endpoint.copy != go->copy) {
        if (!endpoint.is_released) context_.counters.add(Counter::GoStale);
        return std::nullopt;
    }
    release(*slot, now);
    return slot;
}

std::optional<Slot> TargetSide::handle_release(const EncapsulatedFrame& frame) {
    const auto unwanted = wire::MigrationCopy::parse(frame.view);
    if (!unwanted) {
        context_.counters.add(Counter::DropEncapsulationPayload);
        return std::nullopt;
    }
    const auto slot = context_.tables.find(tuple_of(frame.view, unwanted->id));
    const auto* endpoint = slot ? context_.tables.at(*slot).as<ForwardConnectEndpoint>() : nullptr;
    if (endpoint == nullptr || endpoint->home != frame.from || endpoint->id != unwanted->id ||
        endpoint->copy != unwanted->copy) {
        context_.counters.add(Counter::ReleaseStale);
        return std::nullopt;
    }
    context_.counters.add(Counter::CopyUnwanted);
    context_.tables.erase(*slot);
    return slot;
}

void TargetSide::announce_closed(const Record& record, Instant now) {
    if (!context_.has_extensions()) return arrivals_.remember_ended(record, now);
    const auto& endpoint = *record.as<ForwardConnectEndpoint>();
    messages_.send_copy(EncapsulationType::Release, endpoint.home, record.tuple,
                        {endpoint.id, endpoint.copy}, now);
}

}  // namespace shunt::migrate::endpoint
