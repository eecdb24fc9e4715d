// SPDX-License-Identifier: Apache-2.0
// The formats of the farm as Python values: parse() is the node's own parser, to_bytes() its
// writer.
#include <fmt/format.h>
#include <pybind11/stl.h>

#include "bindings.hh"
#include "shunt/wire/connection_information.hh"
#include "shunt/wire/forwarded_packet.hh"
#include "shunt/wire/migration_copy.hh"
#include "shunt/wire/tuple.hh"
#include "value_class.hh"

namespace shunt::python {
namespace {

using wire::ConnectionInformation;
using wire::ControlBlock;
using wire::EncapsulationHeader;
using wire::EncapsulationType;
using wire::EncapsulationView;
using wire::MigrationCopy;
using wire::MigrationId;
using wire::ProtocolSet;
using wire::RejectMessage;

/// Header and payload of a frame, from the encapsulation header on.
struct Encapsulated {
    EncapsulationHeader header;
    Octets payload;
    bool extended = false;
};

/// What a Type 0x02 carries.
struct Forwarded {
    Octets packet;
    std::string connection;
    bool is_icmp_error = false;
};

void check_payload_size(const Encapsulated& value) {
    if (value.payload.size() > Packet::kCapacity) {
        throw py::value_error(fmt::format("payload: expected at most {} bytes, got {}",
                                          Packet::kCapacity, value.payload.size()));
    }
}

void check_one_form(const ConnectionInformation& value) {
    if (value.block && value.flow_number) {
        throw py::value_error(
            "block, flow_number: expected one at most: a block is TCP's, a flow number is UDP's");
    }
}

ProtocolSet set_of(bool extended) {
    return extended ? ProtocolSet::Extended : ProtocolSet::Base;
}

Octets encode(const Encapsulated& value) {
    PacketPool pool;
    Packet packet = pool.copy(value.payload);
    value.header.prepend_to(packet);
    return {packet.bytes().begin(), packet.bytes().end()};
}

Encapsulated decode(const Octets& bytes, bool extended) {
    const auto view = EncapsulationView::parse(bytes, set_of(extended));
    if (!view) raise_parse_error(view.error());
    const ByteView payload = view->payload();
    return {view->header(), {payload.begin(), payload.end()}, extended};
}

py::object or_parse_error(auto parsed) {
    if (!parsed) raise_parse_error(parsed.error());
    return py::cast(*parsed);
}

py::object forwarded_of(const EncapsulationView& view) {
    const auto parsed = wire::ForwardedPacket::parse(view);
    if (!parsed) raise_parse_error(parsed.error());
    const ByteView packet = parsed->packet().packet();
    return py::cast(Forwarded{
        {packet.begin(), packet.end()}, parsed->tuple().to_string(), parsed->is_icmp_error()});
}

/// The payload as what its Type says: an object of one of the classes below, or bytes.
py::object body_of(const Encapsulated& value) {
    const Octets bytes = encode(value);
    const auto view = EncapsulationView::parse(bytes, set_of(value.extended));
    if (!view) raise_parse_error(view.error());
    switch (view->type()) {
        case EncapsulationType::Connection:
            return or_parse_error(ConnectionInformation::parse(*view));
        case EncapsulationType::Forwarded:
            return forwarded_of(*view);
        case EncapsulationType::Acknowledgement:
        case EncapsulationType::Release:
        case EncapsulationType::Go: {
            const auto copy = MigrationCopy::parse(*view);
            return copy ? py::cast(*copy) : py::none();
        }
        case EncapsulationType::Reject:
            return or_parse_error(RejectMessage::parse(*view));
        case EncapsulationType::Data:
        case EncapsulationType::Challenge:
        case EncapsulationType::Missing:
            break;
    }
    return to_bytes(view->payload());
}

/// A payload alone: read as the payload of a frame that is otherwise right.
py::object parse_alone(EncapsulationType type, wire::TransportProtocol protocol, std::uint16_t port,
                       const Octets& payload) {
    Encapsulated value{{}, payload, true};
    check_payload_size(value);
    value.header.type = type;
    value.header.protocol = protocol;
    value.header.destination_port = port;
    const Octets bytes = encode(value);
    const auto view = EncapsulationView::parse(bytes, ProtocolSet::Extended);
    if (!view) raise_parse_error(view.error());
    if (view->payload().size() != payload.size() || payload.empty()) {
        raise_parse_error(Counter::DropEncapsulationLength);
    }
    return body_of(value);
}

py::object parse_information(py::handle data) {
    const Octets payload = to_octets(data, "data");
    const bool is_udp = payload.size() == ConnectionInformation::kUdpSize ||
                        payload.size() == ConnectionInformation::kUdpBaseSize;
    if (payload.size() == ConnectionInformation::kUdpBaseSize) {
        Encapsulated value{{}, payload, false};
        value.header.type = EncapsulationType::Connection;
        value.header.protocol = wire::TransportProtocol::Udp;
        value.header.destination_port = load_u16(payload, 4);
        return body_of(value);
    }
    const std::uint16_t port = payload.size() < 6 ? std::uint16_t{0} : load_u16(payload, 4);
    return parse_alone(EncapsulationType::Connection,
                       is_udp ? wire::TransportProtocol::Udp : wire::TransportProtocol::Tcp, port,
                       payload);
}

template <typename Value>
py::bytes append_alone(const Value& value) {
    PacketPool pool;
    Packet packet = pool.take();
    value.append_to(packet);
    return to_bytes(packet.bytes());
}

template <typename Value>
Value load_exactly(py::handle data) {
    const Octets bytes = to_octets(data, "data");
    if (bytes.size() != Value::kSize) raise_parse_error(Counter::DropEncapsulationLength);
    return Value::load(bytes, 0);
}

template <typename Value>
py::bytes store_alone(const Value& value) {
    Octets bytes(Value::kSize);
    value.store(bytes, 0);
    return to_bytes(bytes);
}

void bind_header(py::module_& module) {
    ValueClass<EncapsulationHeader>(
        module, "EncapsulationHeader",
        "The 16 byte encapsulation header without its checksum, which is computed (FRM-4).")
        .field("source", &EncapsulationHeader::source, "The client's address, dotted quad.")
        .field("source_port", &EncapsulationHeader::source_port, "The client's port.")
        .field("destination", &EncapsulationHeader::destination,
               "A forward address of the receiver.")
        .field("destination_port", &EncapsulationHeader::destination_port, "The service's port.")
        .field("type", &EncapsulationHeader::type, "What the payload is.")
        .field("protocol", &EncapsulationHeader::protocol, "What the connection speaks.")
        .finish();
    ValueClass<Encapsulated>(module, "Encapsulated",
                             "A frame from the encapsulation header on (FRM-1 to FRM-6).")
        .field("header", &Encapsulated::header, "All but the checksum.")
        .field("payload", &Encapsulated::payload, "Exactly what Type and Protocol demand (FRM-5).")
        .field("extended", &Encapsulated::extended,
               "Read as a receiver of the extended set reads it.")
        .finish(check_payload_size)
        .def_static(
            "parse",
            [](py::handle data, bool extended) {
                return decode(to_octets(data, "data"), extended);
            },
            py::arg("data"), py::kw_only(), py::arg("extended") = false,
            "Checks in FRM-6's order: 16 bytes, Type, length, checksum, Protocol; what follows "
            "the\n"
            "payload is padding. ParseError names the counter of the first check that failed.")
        .def(
            "to_bytes", [](const Encapsulated& self) { return to_bytes(encode(self)); },
            "Header with its checksum, then the payload.")
        .def(
            "body", &body_of,
            "The payload as its Type says: ConnectionInformation, ForwardedPacket, MigrationCopy,\n"
            "RejectMessage; None of a base acknowledgement; bytes of data, challenge, missing.\n"
            "ParseError as in parse().");
}

void bind_payloads(py::module_& module) {
    ValueClass<MigrationId>(module, "MigrationId", "The 14 bytes that name one attempt (ID).")
        .field("service", &MigrationId::service, "What the client connected to.")
        .field("service_port", &MigrationId::service_port, "Its port.")
        .field("initial_send_sequence", &MigrationId::initial_send_sequence,
               "iss of the control block; 0 for UDP.")
        .field("epoch", &MigrationId::epoch, "Which attempt; for UDP the flow number.")
        .finish()
        .def_static("parse", &load_exactly<MigrationId>, py::arg("data"),
                    "From exactly 14 bytes, else ParseError.")
        .def("to_bytes", &store_alone<MigrationId>, "14 bytes.");
    ValueClass<MigrationCopy>(module, "MigrationCopy",
                              "The extended payload of acknowledgement, release and go (20 bytes).")
        .field("id", &MigrationCopy::id, "Which attempt.")
        .field("copy", &MigrationCopy::copy, "Which endpoint was made of it.")
        .finish()
        .def_static(
            "parse",
            [](py::handle data) {
                return parse_alone(EncapsulationType::Go, wire::TransportProtocol::Tcp, 0,
                                   to_octets(data, "data"));
            },
            py::arg("data"), "From exactly 20 bytes, length field included, else ParseError.")
        .def("to_bytes", &append_alone<MigrationCopy>, "20 bytes, length field included.");
    ValueClass<RejectMessage>(module, "RejectMessage", "The payload of Type 0x10 (18 bytes).")
        .field("id", &RejectMessage::id, "Which attempt.")
        .field("reason", &RejectMessage::reason, "Why it is refused.")
        .finish()
        .def_static(
            "parse",
            [](py::handle data) {
                return parse_alone(EncapsulationType::Reject, wire::TransportProtocol::Tcp, 0,
                                   to_octets(data, "data"));
            },
            py::arg("data"), "From exactly 18 bytes, length field included, else ParseError.")
        .def("to_bytes", &append_alone<RejectMessage>, "18 bytes, length field included.");
    ValueClass<ConnectionInformation>(module, "ConnectionInformation", "The payload of Type 0x01.")
        .field("service", &ConnectionInformation::service, "What the client connected to.")
        .field("service_port", &ConnectionInformation::service_port, "Its port.")
        .field("block", &ConnectionInformation::block, "The control block; None for UDP.")
        .field("flow_number", &ConnectionInformation::flow_number,
               "The epoch of a UDP flow in the extended set, else None.")
        .finish(check_one_form)
        .def_static("parse", &parse_information, py::arg("data"),
                    "From exactly 146 (TCP), 10 or 6 (UDP) bytes, else ParseError.")
        .def("to_bytes", &append_alone<ConnectionInformation>, "146, 10 or 6 bytes.");
    ValueClass<Forwarded>(module, "ForwardedPacket", "What a Type 0x02 carries.")
        .field("packet", &Forwarded::packet, "The client's own IPv4 packet, or an ICMP error.")
        .field("is_icmp_error", &Forwarded::is_icmp_error,
               "An error about what was sent to the client (EP-26).")
        .field("connection", &Forwarded::connection,
               "10.7.0.9:4711>10.7.1.1:80/tcp: what it is looked up by.")
        .finish();
}

ValueClass<ControlBlock> control_block_fields(py::module_& module) {
    ValueClass<ControlBlock> block(module, "ControlBlock",
                                   "The 140 byte TCP control block that moves with a connection.");
    using B = ControlBlock;
    block.field("timestamp_value", &B::timestamp_value, "ts_val: ticks of 1 ms at the freeze.")
        .field("epoch", &B::epoch, "epoch: which attempt, modulo 2^32.")
        .field("state", &B::state, "t_state: a BlockState, or the int that is none.")
        .field("retransmit_timer", &B::retransmit_timer, "t_timer[0]: units of 500 ms, 0 off.")
        .field("persist_timer", &B::persist_timer, "t_timer[1]: units of 500 ms, 0 off.")
        .field("keep_alive_timer", &B::keep_alive_timer, "t_timer[2]: units of 500 ms, 0 off.")
        .field("time_wait_timer", &B::time_wait_timer, "t_timer[3]: units of 500 ms, 0 off.")
        .field("retransmissions", &B::retransmissions, "t_rxtshift: so far.")
        .field("retransmission_timeout_ms", &B::retransmission_timeout_ms,
               "t_rxtcur: ms, with backoff, saturating.")
        .field("duplicate_acks", &B::duplicate_acks, "t_dupacks.")
        .field("mss", &B::mss, "t_maxseg: bytes, options not subtracted.")
        .field("version", &B::version, "1; another number is a base device's (TCB-4).")
        .field("flags", &B::flags, "t_flags.")
        .field("out_of_order_ranges", &B::out_of_order_ranges, "ooo_ranges.")
        .field("send_queue", &B::send_queue, "snd_queue: data bytes from snd_una on.")
        .field("receive_queue", &B::receive_queue, "rcv_queue: data bytes not yet read.")
        .field("send_unacknowledged", &B::send_unacknowledged, "snd_una.")
        .field("send_next", &B::send_next, "snd_nxt.")
        .field("send_urgent", &B::send_urgent, "snd_up.")
        .field("window_update_sequence", &B::window_update_sequence, "snd_wl1.")
        .field("window_update_acknowledgment", &B::window_update_acknowledgment, "snd_wl2.")
        .field("initial_send_sequence", &B::initial_send_sequence, "iss.")
        .field("send_window", &B::send_window, "snd_wnd: bytes, scaled up.")
        .field("receive_window", &B::receive_window, "rcv_wnd: bytes, scaled up.");
    block.field("receive_next", &B::receive_next, "rcv_nxt.")
        .field("receive_urgent", &B::receive_urgent, "rcv_up.")
        .field("initial_receive_sequence", &B::initial_receive_sequence, "irs.")
        .field("receive_advertised", &B::receive_advertised, "rcv_adv: right edge advertised.")
        .field("send_max", &B::send_max, "snd_max.")
        .field("congestion_window", &B::congestion_window, "snd_cwnd: bytes.")
        .field("slow_start_threshold", &B::slow_start_threshold, "snd_ssthresh: bytes.")
        .field("idle", &B::idle, "t_idle: units of 500 ms.")
        .field("path_mtu", &B::path_mtu, "path_mtu: bytes, 0 unknown.")
        .field("recover", &B::recover, "recover: end of the recovery episode, 0 none.")
        .field("smoothed_rtt", &B::smoothed_rtt, "t_srtt: 1/8 ms, saturating.")
        .field("rtt_variation", &B::rtt_variation, "t_rttvar: 1/4 ms, saturating.")
        .field("minimum_rtt_ms", &B::minimum_rtt_ms, "t_rttmin: ms.")
        .field("sack_ranges", &B::sack_ranges, "sack_ranges.")
        .field("send_window_max", &B::send_window_max, "max_sndwnd: bytes.")
        .field("out_of_order_bytes", &B::out_of_order_bytes, "ooo_bytes: in all ranges.")
        .field("send_scale", &B::send_scale, "snd_scale: shift.")
        .field("receive_scale", &B::receive_scale, "rcv_scale: shift.")
        .field("recent_timestamp", &B::recent_timestamp, "ts_recent.")
        .field("recent_timestamp_age_ms", &B::recent_timestamp_age_ms, "ts_recent_age: ms.")
        .field("last_acknowledgment_sent", &B::last_acknowledgment_sent, "last_ack_sent.");
    return block;
}

void bind_control_block(py::module_& module) {
    control_block_fields(module)
        .finish()
        .def_static("parse", &load_exactly<ControlBlock>, py::arg("data"),
                    "From exactly 140 bytes, else ParseError. Reserved bytes are ignored (TCB-2).")
        .def("to_bytes", &store_alone<ControlBlock>, "140 bytes, reserved ones zero (TCB-2).")
        .def_property_readonly(
            "fault",
            [](const ControlBlock& self) -> std::optional<std::string> {
                const auto valid = self.validate();
                if (valid) return std::nullopt;
                return std::string(to_string(valid.error()));
            },
            "Why a target refuses it with reason 5 (TCB-1, TCB-4), or None.");
}

}  // namespace

void bind_codecs(py::module_& module) {
    bind_control_block(module);
    bind_header(module);
    bind_payloads(module);
}

}  // namespace shunt::python
