// SPDX-License-Identifier: Apache-2.0
#include "fuzzing/wire_field.hh"

#include <algorithm>
#include <map>

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
constexpr Row kInner[] = {
    {"ip.version-ihl", kPayload, 1},
    {"ip.tos", kPayload + 1, 1},
    {"ip.total-length", kPayload + 2, 2},
    {"ip.id", kPayload + 4, 2},
    {"ip.fragment", kPayload + 6, 2},
    {"ip.ttl", kPayload + 8, 1},
    {"ip.protocol", kPayload + 9, 1},
    {"ip.checksum", kPayload + 10, 2},
    {"ip.source", kPayload + 12, 4},
    {"ip.destination", kPayload + 16, 4},
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

std::vector<WireField> make_fields(EncapsulationType type, bool has_extensions) {
    std::vector<WireField> fields;
    fields.reserve(64);
    add(fields, kHeader);
    switch (type) {
        case EncapsulationType::Connection:
            add(fields, kService);
            add_block(fields);
            return fields;
        case EncapsulationType::Forwarded:
            add(fields, kInner);
            return fields;
        case EncapsulationType::Challenge:
            add(fields, kChallenge);
            return fields;
        case EncapsulationType::Acknowledgement:
            if (!has_extensions) return fields;
            [[fallthrough]];
        case EncapsulationType::Release:
        case EncapsulationType::Go:
            add(fields, kId);
            add(fields, kCopy);
            return fields;
        case EncapsulationType::Reject:
            add(fields, kId);
            add(fields, kReason);
            return fields;
        case EncapsulationType::Data:
            add(fields, kId);
            add(fields, kData);
            return fields;
        case EncapsulationType::Missing:
            add(fields, kId);
            add(fields, kMissing);
            return fields;
    }
    return fields;
}

using Tables = std::map<std::pair<EncapsulationType, bool>, std::vector<WireField>>;

Tables make_tables() {
    Tables tables;
    for (const bool has_extensions : {false, true}) {
        for (const auto type :
             {EncapsulationType::Connection, EncapsulationType::Forwarded,
              EncapsulationType::Acknowledgement, EncapsulationType::Reject,
              EncapsulationType::Release, EncapsulationType::Data, EncapsulationType::Challenge,
              EncapsulationType::Go, EncapsulationType::Missing}) {
            tables[{type, has_extensions}] = make_fields(type, has_extensions);
        }
    }
    return tables;
}

}  // namespace

const std::vector<WireField>& wire_fields(EncapsulationType type, bool has_extensions) {
    static const Tables kTables = make_tables();
    return kTables.at({type, has_extensions});
}

const WireField* find_wire_field(EncapsulationType type, bool has_extensions,
                                 std::string_view name) {
    const std::vector<WireField>& fields = wire_fields(type, has_extensions);
    const auto found = std::ranges::find(fields, name, &WireField::name);
    return found == fields.end() ? nullptr : &*found;
}

}  // namespace conform::fuzzing
