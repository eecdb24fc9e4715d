// SPDX-License-Identifier: Apache-2.0
#include "shunt/app/frame_fields.hh"

#include <fmt/format.h>

#include <optional>
#include <string_view>

#include <nlohmann/json.hpp>

#include "shunt/base/counters.hh"
#include "shunt/wire/challenge.hh"
#include "shunt/wire/connection_information.hh"
#include "shunt/wire/endpoint_data.hh"
#include "shunt/wire/ethernet.hh"
#include "shunt/wire/forwarded_packet.hh"
#include "shunt/wire/migration_copy.hh"
#include "shunt/wire/missing_ranges.hh"
#include "shunt/wire/reject.hh"
#include "shunt/wire/tcp_header.hh"
#include "shunt/wire/udp.hh"

namespace shunt::app {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kCounterPrefix = "drop.frame.";

std::string to_fault(Counter counter) {
    std::string_view name = counter_name(counter);
    if (name.starts_with(kCounterPrefix)) name.remove_prefix(kCounterPrefix.size());
    return std::string(name);
}

// What a binding carries: all from the encapsulation header on.
std::optional<ByteView> encapsulated(ByteView frame) {
    const auto ethernet = wire::EthernetView::parse(frame);
    if (!ethernet) return std::nullopt;
    if (ethernet->type() == wire::kEtherTypeEncapsulation ||
        ethernet->type() == wire::kEtherTypeEncapsulationFigures) {
        return ethernet->payload();
    }
    if (ethernet->type() != wire::kEtherTypeIpv4) return std::nullopt;
    const auto packet = wire::Ipv4View::parse(ethernet->payload());
    if (!packet || packet->protocol() != wire::IpProtocol::Udp) return std::nullopt;
    const auto datagram = wire::UdpView::parse(*packet);
    if (!datagram || datagram->source_port() != wire::kEncapsulationUdpPort ||
        datagram->destination_port() != wire::kEncapsulationUdpPort) {
        return std::nullopt;
    }
    return datagram->payload();
}

void add_header(Json& fields, const wire::EncapsulationView& view, ByteView bytes) {
    fields["source_ip"] = view.source().to_string();
    fields["source_port"] = view.source_port();
    fields["destination_ip"] = view.destination().to_string();
    fields["destination_port"] = view.destination_port();
    fields["type"] = static_cast<unsigned>(view.type());
    fields["protocol"] = static_cast<unsigned>(view.protocol());
    fields["checksum"] = load_u16(bytes, 14);
}

void add_id(Json& fields, const wire::MigrationId& id) {
    fields["id.service_ip"] = id.service.to_string();
    fields["id.service_port"] = id.service_port;
    fields["id.iss"] = id.initial_send_sequence.value();
    fields["id.epoch"] = id.epoch;
}

void add_block(Json& fields, const wire::ControlBlock& block) {
    fields["tcb.ts_val"] = block.timestamp_value;
    fields["tcb.epoch"] = block.epoch;
    fields["tcb.t_state"] = static_cast<unsigned>(block.state);
    fields["tcb.t_timer_retransmit"] = block.retransmit_timer;
    fields["tcb.t_timer_persist"] = block.persist_timer;
    fields["tcb.t_timer_keep_alive"] = block.keep_alive_timer;
    fields["tcb.t_timer_2msl"] = block.time_wait_timer;
    fields["tcb.t_rxtshift"] = block.retransmissions;
    fields["tcb.t_rxtcur"] = block.retransmission_timeout_ms;
    fields["tcb.t_dupacks"] = block.duplicate_acks;
    fields["tcb.t_maxseg"] = block.mss;
    fields["tcb.version"] = block.version;
    fields["tcb.t_flags"] = block.flags;
    fields["tcb.ooo_ranges"] = block.out_of_order_ranges;
    fields["tcb.snd_queue"] = block.send_queue;
    fields["tcb.rcv_queue"] = block.receive_queue;
    fields["tcb.snd_una"] = block.send_unacknowledged.value();
    fields["tcb.snd_nxt"] = block.send_next.value();
    fields["tcb.snd_up"] = block.send_urgent.value();
    fields["tcb.snd_wl1"] = block.window_update_sequence.value();
    fields["tcb.snd_wl2"] = block.window_update_acknowledgment.value();
    fields["tcb.iss"] = block.initial_send_sequence.value();
    fields["tcb.snd_wnd"] = block.send_window;
    fields["tcb.rcv_wnd"] = block.receive_window;
    fields["tcb.rcv_nxt"] = block.receive_next.value();
    fields["tcb.rcv_up"] = block.receive_urgent.value();
    fields["tcb.irs"] = block.initial_receive_sequence.value();
    fields["tcb.rcv_adv"] = block.receive_advertised.value();
    fields["tcb.snd_max"] = block.send_max.value();
    fields["tcb.snd_cwnd"] = block.congestion_window;
    fields["tcb.snd_ssthresh"] = block.slow_start_threshold;
    fields["tcb.t_idle"] = block.idle;
    fields["tcb.path_mtu"] = block.path_mtu;
    fields["tcb.recover"] = block.recover.value();
    fields["tcb.t_srtt"] = block.smoothed_rtt;
    fields["tcb.t_rttvar"] = block.rtt_variation;
    fields["tcb.t_rttmin"] = block.minimum_rtt_ms;
    fields["tcb.sack_ranges"] = block.sack_ranges;
    fields["tcb.max_sndwnd"] = block.send_window_max;
    fields["tcb.ooo_bytes"] = block.out_of_order_bytes;
    fields["tcb.snd_scale"] = block.send_scale;
    fields["tcb.rcv_scale"] = block.receive_scale;
    fields["tcb.ts_recent"] = block.recent_timestamp;
    fields["tcb.ts_recent_age"] = block.recent_timestamp_age_ms;
    fields["tcb.last_ack_sent"] = block.last_acknowledgment_sent.value();
}

// What payloads share: parsed, or the counter of why not.
using Outcome = std::optional<Counter>;

Outcome add_connection(Json& fields, const wire::EncapsulationView& view) {
    const auto information = wire::ConnectionInformation::parse(view);
    if (!information) return information.error();
    fields["server_ip"] = information->service.to_string();
    fields["server_port"] = information->service_port;
    if (information->flow_number) fields["flow_number"] = *information->flow_number;
    if (information->block) add_block(fields, *information->block);
    return std::nullopt;
}

void add_transport(Json& fields, const wire::Ipv4View& packet) {
    const ByteView transport = packet.payload();
    if (packet.protocol() == wire::IpProtocol::Icmp) {
        fields["inner.icmp_type"] = load_u8(transport, 0);
        fields["inner.icmp_code"] = load_u8(transport, 1);
        return;
    }
    fields["inner.source_port"] = load_u16(transport, 0);
    fields["inner.destination_port"] = load_u16(transport, 2);
    if (packet.protocol() != wire::IpProtocol::Tcp || transport.size() < wire::kTcpHeaderSize) {
        return;
    }
    fields["inner.sequence"] = load_u32(transport, 4);
    fields["inner.acknowledgment"] = load_u32(transport, 8);
    fields["inner.flags"] = load_u8(transport, 13);
}

Outcome add_forwarded(Json& fields, const wire::EncapsulationView& view) {
    const auto forwarded = wire::ForwardedPacket::parse(view);
    if (!forwarded) return forwarded.error();
    const wire::Ipv4View& packet = forwarded->packet();
    fields["inner.total_length"] = packet.total_length();
    fields["inner.identification"] = packet.identification();
    fields["inner.ttl"] = packet.ttl();
    fields["inner.protocol"] = static_cast<unsigned>(packet.protocol());
    fields["inner.source_ip"] = packet.source().to_string();
    fields["inner.destination_ip"] = packet.destination().to_string();
    if (packet.is_fragment()) {
        fields["inner.fragment_offset"] = packet.fragment_offset();
    } else {
        add_transport(fields, packet);
    }
    return std::nullopt;
}

Outcome add_copy(Json& fields, const wire::EncapsulationView& view) {
    const auto copy = wire::MigrationCopy::parse(view);
    if (!copy) return std::nullopt;
    fields["length"] = load_u16(view.payload(), 0);
    add_id(fields, copy->id);
    fields["copy"] = copy->copy;
    return std::nullopt;
}

Outcome add_reject(Json& fields, const wire::EncapsulationView& view) {
    const auto rejection = wire::RejectMessage::parse(view);
    if (!rejection) return rejection.error();
    fields["length"] = load_u16(view.payload(), 0);
    add_id(fields, rejection->id);
    fields["reason"] = static_cast<unsigned>(rejection->reason);
    return std::nullopt;
}

Outcome add_data(Json& fields, const wire::EncapsulationView& view) {
    const auto data = wire::EndpointData::parse(view);
    if (!data) return data.error();
    fields["length"] = load_u16(view.payload(), 0);
    add_id(fields, data->id);
    fields["queue"] = static_cast<unsigned>(data->queue);
    fields["offset"] = data->offset;
    std::string hex;
    for (const std::uint8_t byte : data->bytes)
        hex += fmt::format("{:02x}", byte);
    fields["bytes"] = hex;
    return std::nullopt;
}

Outcome add_challenge(Json& fields, const wire::EncapsulationView& view) {
    const auto challenge = wire::Challenge::parse(view);
    if (!challenge) return challenge.error();
    fields["length"] = load_u16(view.payload(), 0);
    fields["challenge.kind"] = static_cast<unsigned>(challenge->kind);
    fields["challenge.nonce"] = fmt::format("{:016x}", challenge->nonce);
    fields["challenge.boot_index"] = challenge->boot_index;
    return std::nullopt;
}

Outcome add_missing(Json& fields, const wire::EncapsulationView& view) {
    const auto missing = wire::MissingRanges::parse(view);
    if (!missing) return missing.error();
    fields["length"] = load_u16(view.payload(), 0);
    add_id(fields, missing->id());
    for (std::size_t index = 0; index < missing->size(); ++index) {
        const wire::MissingRange range = (*missing)[index];
        fields["missing.queue"].push_back(static_cast<unsigned>(range.queue));
        fields["missing.offset"].push_back(range.offset);
        fields["missing.length"].push_back(range.length);
    }
    return std::nullopt;
}

Outcome add_payload(Json& fields, const wire::EncapsulationView& view) {
    switch (view.type()) {
        case wire::EncapsulationType::Connection:
            return add_connection(fields, view);
        case wire::EncapsulationType::Forwarded:
            return add_forwarded(fields, view);
        case wire::EncapsulationType::Acknowledgement:
        case wire::EncapsulationType::Release:
        case wire::EncapsulationType::Go:
            return add_copy(fields, view);
        case wire::EncapsulationType::Reject:
            return add_reject(fields, view);
        case wire::EncapsulationType::Data:
            return add_data(fields, view);
        case wire::EncapsulationType::Challenge:
            return add_challenge(fields, view);
        case wire::EncapsulationType::Missing:
            return add_missing(fields, view);
    }
    return std::nullopt;
}

Outcome add_fields(Json& fields, ByteView bytes, wire::ProtocolSet set) {
    const auto view = wire::EncapsulationView::parse(bytes, set);
    if (!view) return view.error();
    add_header(fields, *view, bytes);
    const Outcome fault = add_payload(fields, *view);
    fields["excess"] = bytes.size() - wire::kEncapsulationHeaderSize - view->payload().size();
    return fault;
}

}  // namespace

std::string frame_fields(std::size_t number, ByteView frame, wire::ProtocolSet set) {
    Json line;
    line["frame"] = number;
    if (const auto bytes = encapsulated(frame)) {
        Json fields;
        if (const Outcome fault = add_fields(fields, *bytes, set)) {
            line["fault"] = to_fault(*fault);
        } else {
            line["fields"] = std::move(fields);
        }
    }
    return line.dump();
}

}  // namespace shunt::app
