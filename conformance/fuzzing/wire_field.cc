// SPDX-License-Identifier: Apache-2.0
#include "fuzzing/wire_field.hh"

#include <algorithm>
#include <map>

#include "pdu/control_frame.hh"
#include "pdu/frame.hh"

namespace conform::fuzzing {
namespace {

constexpr std::size_t kPayload = kEthernetHeaderSize + kEncapsulationHeaderSize;
constexpr std::size_t kBlock = kPayload + 6;
constexpr std::size_t kInnerTransport = kPayload + 20;

struct Row {
    const char* name;
    std::size_t offset;
    std::size_t size;
};

constexpr Row kHeader[] = {
    {"source-mac", 6, 6},   {"ether-type", 12, 2}, {"source-ip", 14, 4},
    {"source-port", 18, 2}, {"dest-ip", 20, 4},    {"dest-port", 24, 2},
    {"type", 26, 1},        {"protocol", 27, 1},   {"checksum", 28, 2},
};
constexpr Row kService[] = {{"server-ip", kPayload, 4}, {"server-port", kPayload + 4, 2}};
constexpr Row kInnerIp[] = {
    {"ip.version-ihl", kPayload, 1},      {"ip.tos", kPayload + 1, 1},
    {"ip.total-length", kPayload + 2, 2}, {"ip.id", kPayload + 4, 2},
    {"ip.fragment", kPayload + 6, 2},     {"ip.ttl", kPayload + 8, 1},
    {"ip.protocol", kPayload + 9, 1},     {"ip.checksum", kPayload + 10, 2},
    {"ip.source", kPayload + 12, 4},      {"ip.destination", kPayload + 16, 4},
};
constexpr Row kSegment[] = {
    {"tcp.source-port", kInnerTransport, 2},
    {"tcp.destination-port", kInnerTransport + 2, 2},
    {"tcp.sequence", kInnerTransport + 4, 4},
    {"tcp.acknowledgment", kInnerTransport + 8, 4},
    {"tcp.offset", kInnerTransport + 12, 1},
    {"tcp.flags", kInnerTransport + 13, 1},
    {"tcp.window", kInnerTransport + 14, 2},
    {"tcp.checksum", kInnerTransport + 16, 2},
    {"tcp.urgent", kInnerTransport + 18, 2},
    {"tcp.option-kind", kInnerTransport + 20, 1},
    {"tcp.option-length", kInnerTransport + 21, 1},
};
constexpr Row kDatagram[] = {{"udp.source-port", kInnerTransport, 2},
                             {"udp.destination-port", kInnerTransport + 2, 2},
                             {"udp.length", kInnerTransport + 4, 2},
                             {"udp.checksum", kInnerTransport + 6, 2}};
constexpr Row kFlow[] = {{"flow", kPayload + 6, 4}};
constexpr Row kControlHeader[] = {
    {"length", 0, 4}, {"version", 4, 1}, {"kind", 5, 1}, {"flags", 6, 2}, {"transaction", 8, 8}};
constexpr Row kHello[] = {
    {"server", 16, 4}, {"boot", 20, 8}, {"profiles", 28, 4}, {"name-length", 32, 1}};
constexpr Row kError[] = {{"code", 16, 2}, {"text-length", 18, 2}};
constexpr Row kState[] = {
    {"server", 16, 4},         {"connections", 20, 4}, {"cpu", 24, 2},
    {"memory", 26, 8},         {"bandwidth", 34, 8},   {"sockets", 42, 2},
    {"socket.address", 44, 4}, {"socket.port", 48, 2}, {"socket.process", 50, 4},
    {"applications", 54, 2}};
constexpr Row kSession[] = {{"id-kind", 16, 1}, {"id-length", 17, 1}};
constexpr Row kObjectCreate[] = {{"class-length", 16, 1}};
constexpr Row kObjectCreated[] = {{"handle", 16, 8}, {"status", 24, 2}};
constexpr Row kObjectCall[] = {{"handle", 16, 8}, {"size", 24, 4}};
constexpr Row kObjectResult[] = {{"status", 16, 2}, {"size", 18, 4}};
constexpr Row kId[] = {{"length", kPayload, 2},
                       {"id.service-ip", kPayload + 2, 4},
                       {"id.service-port", kPayload + 6, 2},
                       {"id.iss", kPayload + 8, 4},
                       {"id.epoch", kPayload + 12, 4}};
constexpr Row kCopy[] = {{"copy", kPayload + 16, 4}};
constexpr Row kReason[] = {{"reason", kPayload + 16, 2}};
constexpr Row kData[] = {
    {"queue", kPayload + 16, 1}, {"zero", kPayload + 17, 1}, {"offset", kPayload + 18, 4}};
constexpr Row kChallenge[] = {{"length", kPayload, 2},
                              {"challenge-kind", kPayload + 2, 1},
                              {"nonce", kPayload + 3, 8},
                              {"boot", kPayload + 11, 8}};
constexpr Row kMissing[] = {{"range.queue", kPayload + 16, 1},
                            {"range.offset", kPayload + 17, 4},
                            {"range.length", kPayload + 21, 4}};

template <std::size_t N>
void add(std::vector<WireField>& fields, const Row (&rows)[N]) {
    for (const Row& row : rows)
        fields.push_back({row.name, row.offset, row.size});
}

void add_block(std::vector<WireField>& fields) {
    ControlBlock block;
    visit_fields(block, [&fields](std::size_t offset, const char* name, const auto& member) {
        fields.push_back({std::string("tcb.") + name, kBlock + offset, sizeof member});
    });
}

void add_control(std::vector<WireField>& fields, std::uint8_t kind) {
    add(fields, kControlHeader);
    if (kind == control_kind::kHello) add(fields, kHello);
    if (kind == control_kind::kError) add(fields, kError);
    if (kind == control_kind::kServerState) add(fields, kState);
    if (kind == control_kind::kSession) add(fields, kSession);
    if (kind == control_kind::kObjectCreate) add(fields, kObjectCreate);
    if (kind == control_kind::kObjectCreated) add(fields, kObjectCreated);
    if (kind == control_kind::kObjectCall) add(fields, kObjectCall);
    if (kind == control_kind::kObjectResult) add(fields, kObjectResult);
}

void add_payload(std::vector<WireField>& fields, const FrameForm& form) {
    switch (form.type) {
        case EncapsulationType::Connection:
            add(fields, kService);
            if (!form.is_of_flow) return add_block(fields);
            if (form.has_extensions) add(fields, kFlow);
            return;
        case EncapsulationType::Forwarded:
            add(fields, kInnerIp);
            if (form.is_of_flow) return add(fields, kDatagram);
            return add(fields, kSegment);
        case EncapsulationType::Challenge:
            return add(fields, kChallenge);
        case EncapsulationType::Acknowledgement:
            if (!form.has_extensions) return;
            [[fallthrough]];
        case EncapsulationType::Release:
        case EncapsulationType::Go:
            add(fields, kId);
            return add(fields, kCopy);
        case EncapsulationType::Reject:
            add(fields, kId);
            return add(fields, kReason);
        case EncapsulationType::Data:
            add(fields, kId);
            return add(fields, kData);
        case EncapsulationType::Missing:
            add(fields, kId);
            return add(fields, kMissing);
    }
}

std::vector<WireField> make_fields(const FrameForm& form) {
    std::vector<WireField> fields;
    fields.reserve(64);
    if (form.is_control()) {
        add_control(fields, form.control_kind);
        return fields;
    }
    add(fields, kHeader);
    add_payload(fields, form);
    return fields;
}

}  // namespace

std::string FrameForm::to_string() const {
    return is_control() ? describe_control_kind(control_kind)
                        : describe_encapsulation_type(static_cast<std::uint8_t>(type));
}

const std::vector<WireField>& wire_fields(const FrameForm& form) {
    // Jobs are threads, and each has few forms.
    thread_local std::map<FrameForm, std::vector<WireField>> tables;
    const auto known = tables.find(form);
    return known != tables.end() ? known->second
                                 : tables.emplace(form, make_fields(form)).first->second;
}

const WireField* find_wire_field(const FrameForm& form, std::string_view name) {
    const std::vector<WireField>& fields = wire_fields(form);
    const auto found = std::ranges::find(fields, name, &WireField::name);
    return found == fields.end() ? nullptr : &*found;
}

}  // namespace conform::fuzzing
