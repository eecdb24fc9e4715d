// SPDX-License-Identifier: Apache-2.0
#include "fuzzing/mutation.hh"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <functional>

#include "engine/suggestion.hh"
#include "pdu/checksum.hh"
#include "pdu/reception.hh"
#include "pdu/repair.hh"

namespace conform::fuzzing {
namespace {

using Kind = Mutation::Kind;

constexpr std::size_t kSourceMac = 6;
constexpr std::size_t kType = kEthernetHeaderSize + 12;
constexpr std::size_t kInner = kEthernetHeaderSize + kEncapsulationHeaderSize;
constexpr std::size_t kIpv4HeaderSize = 20;
constexpr std::uint8_t kTcp = 6;
constexpr std::uint8_t kUdp = 17;
/// No link takes more, and no socket of the unix: attachment.
constexpr std::size_t kFrameMax = 9'000;

struct KindName {
    Kind kind;
    const char* name;
};
constexpr KindName kKinds[] = {
    {Kind::Set, "set"},   {Kind::Add, "add"}, {Kind::Address, "address"}, {Kind::Sender, "sender"},
    {Kind::Flip, "flip"}, {Kind::Cut, "cut"}, {Kind::Pad, "pad"},         {Kind::Nest, "nest"}};

struct NamedAddress {
    const char* name;
    Ipv4Address (*of)(const Iut& iut);
};
/// The last peer is not the one that plays the home.
constexpr NamedAddress kAddresses[] = {
    {"device.service", [](const Iut& iut) { return iut.device.service.front(); }},
    {"device.forward", [](const Iut& iut) { return iut.device.forward_ip.front(); }},
    {"device.control", [](const Iut& iut) { return iut.device.control_ip; }},
    {"device.front", [](const Iut& iut) { return iut.device.front_ip; }},
    {"peer.service", [](const Iut& iut) { return iut.peers.front().service.front(); }},
    {"peer.forward", [](const Iut& iut) { return iut.peers.front().forward_ip.front(); }},
    {"peer.control", [](const Iut& iut) { return iut.peers.front().control_ip; }},
    {"other.service", [](const Iut& iut) { return iut.peers.back().service.front(); }},
    {"client", [](const Iut& iut) { return iut.clients.front(); }},
    {"nobody", [](const Iut&) { return Ipv4Address{0xC0000209}; }},  // 192.0.2.9 (RFC 5737)
    {"loopback", [](const Iut&) { return Ipv4Address{0x7F000001}; }},
    {"multicast", [](const Iut&) { return Ipv4Address{0xE0000001}; }},
    {"broadcast", [](const Iut&) { return Ipv4Address{0xFFFFFFFF}; }},
    {"zero", [](const Iut&) { return Ipv4Address{0}; }},
};

struct NamedSender {
    const char* name;
    MacAddress (*of)(const Iut& iut);
};
constexpr NamedSender kSenders[] = {
    {"stranger",
     [](const Iut& iut) {
         MacAddress mac = iut.peers.front().back_mac;
         mac.octets.back() ^= 0x80;
         return mac;
     }},
    {"client", [](const Iut& iut) { return iut.client_mac; }},
    {"member", [](const Iut& iut) { return iut.peers.back().back_mac; }},
    {"itself", [](const Iut& iut) { return iut.device.back_mac; }},
};

template <class Rows>
std::vector<std::string> names_of(const Rows& rows) {
    std::vector<std::string> names;
    names.reserve(std::size(rows));
    for (const auto& row : rows)
        names.emplace_back(row.name);
    return names;
}

std::uint64_t load(ByteView frame, const WireField& field) {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < field.size; ++i)
        value = value << 8U | frame[field.offset + i];
    return value;
}

void store(Bytes& frame, const WireField& field, std::uint64_t value) {
    for (std::size_t i = field.size; i > 0; --i, value >>= 8U)
        frame[field.offset + i - 1] = static_cast<std::uint8_t>(value);
}

/// Each is a forwarded packet of the same tuple, whose inner packet is the frame before.
void nest(Bytes& frame, std::size_t depth) {
    if (frame.size() < kInner) return;
    Bytes header(frame.begin() + kEthernetHeaderSize, frame.begin() + kInner);
    header[kType - kEthernetHeaderSize] = static_cast<std::uint8_t>(EncapsulationType::Forwarded);
    for (std::size_t i = 0; i < depth && frame.size() + header.size() < kFrameMax; ++i)
        frame.insert(frame.begin() + kEthernetHeaderSize, header.begin(), header.end());
}

std::vector<std::string_view> words_of(std::string_view text) {
    std::vector<std::string_view> words;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find(' '), text.size());
        if (end > 0) words.push_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return words;
}

/// "-1", "17" or "0x11".
std::uint64_t parse_number(std::string_view word, bool may_be_negative) {
    const bool is_negative = may_be_negative && word.starts_with('-');
    std::string_view digits = word.substr(is_negative ? 1 : 0);
    const bool is_hex = digits.starts_with("0x");
    digits.remove_prefix(is_hex ? 2 : 0);
    std::uint64_t value = 0;
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), value, is_hex ? 16 : 10);
    if (error != std::errc{} || end != digits.data() + digits.size())
        throw MutationError(fmt::format("expected a number, got {}", word));
    return is_negative ? 0 - value : value;
}

std::string parse_name(std::string_view word, const std::vector<std::string>& names) {
    if (std::ranges::count(names, word) > 0) return std::string(word);
    throw MutationError(fmt::format("expected one of {}, got {}{}", fmt::join(names, ", "), word,
                                    did_you_mean(std::string(word), names)));
}

/// Of so many bytes.
std::uint64_t parse_value(std::string_view word, std::size_t size) {
    const std::uint64_t value = parse_number(word, false);
    if (size < sizeof value && value >> (8 * size) != 0)
        throw MutationError(fmt::format("expected {} bytes at most, got {}", size, word));
    return value;
}

const WireField& field_named(std::string_view word, const FrameForm& form) {
    const WireField* const found = find_wire_field(form, word);
    if (found != nullptr) return *found;
    std::vector<std::string> names;
    for (const WireField& field : wire_fields(form))
        names.push_back(field.name);
    throw MutationError(fmt::format("{} has no field {}{}", form.to_string(), word,
                                    did_you_mean(std::string(word), names)));
}

std::size_t parse_size(std::string_view word) {
    const std::uint64_t size = parse_number(word, false);
    if (size > kFrameMax)
        throw MutationError(fmt::format("expected {} at most, got {}", kFrameMax, word));
    return size;
}

}  // namespace

std::string Mutation::to_string() const {
    const auto* row = std::ranges::find(kKinds, kind, &KindName::kind);
    const std::string text = row->name;
    switch (kind) {
        case Kind::Set:
            return fmt::format("{} {} 0x{:x}", text, field, value);
        case Kind::Add:
            return fmt::format("{} {} {}", text, field, static_cast<std::int64_t>(value));
        case Kind::Address:
            return fmt::format("{} {} {}", text, field, name);
        case Kind::Sender:
            return fmt::format("{} {}", text, name);
        case Kind::Flip:
        case Kind::Pad:
            return fmt::format("{} {} 0x{:02x}", text, at, value);
        case Kind::Cut:
        case Kind::Nest:
            return fmt::format("{} {}", text, at);
    }
    return text;
}

Mutation parse_mutation(std::string_view text, const FrameForm& form) {
    const std::vector<std::string_view> words = words_of(text);
    const auto* row = words.empty() ? std::end(kKinds)
                                    : std::ranges::find(kKinds, words.front(), &KindName::name);
    if (row == std::end(kKinds)) {
        throw MutationError(fmt::format("expected one of {}, got {}",
                                        fmt::join(names_of(kKinds), ", "),
                                        words.empty() ? "nothing" : words.front()));
    }
    Mutation mutation{.kind = row->kind};
    const bool is_short =
        row->kind == Kind::Sender || row->kind == Kind::Cut || row->kind == Kind::Nest;
    const std::size_t wanted = is_short ? 2 : 3;
    if (words.size() != wanted)
        throw MutationError(
            fmt::format("{}: expected {} words, got {}", text, wanted, words.size()));
    const bool is_of_ethernet = row->kind == Kind::Sender || row->kind == Kind::Nest;
    if (form.is_control() && is_of_ethernet)
        throw MutationError(fmt::format("{}: {} is in no frame", text, form.to_string()));
    switch (row->kind) {
        case Kind::Set:
        case Kind::Add:
        case Kind::Address: {
            const WireField& field = field_named(words[1], form);
            mutation.field = field.name;
            if (row->kind == Kind::Address)
                mutation.name = parse_name(words[2], address_names());
            else
                mutation.value = row->kind == Kind::Add ? parse_number(words[2], true)
                                                        : parse_value(words[2], field.size);
            break;
        }
        case Kind::Sender:
            mutation.name = parse_name(words[1], sender_names());
            break;
        case Kind::Flip:
        case Kind::Pad:
            mutation.at = parse_size(words[1]);
            mutation.value = parse_value(words[2], 1);
            break;
        case Kind::Cut:
        case Kind::Nest:
            mutation.at = parse_size(words[1]);
            break;
    }
    return mutation;
}

const std::vector<std::string>& address_names() {
    static const std::vector<std::string> kNames = names_of(kAddresses);
    return kNames;
}

const std::vector<std::string>& sender_names() {
    static const std::vector<std::string> kNames = names_of(kSenders);
    return kNames;
}

Ipv4Address address_named(std::string_view name, const Iut& iut) {
    const auto* row = std::ranges::find(kAddresses, name, &NamedAddress::name);
    return row == std::end(kAddresses) ? Ipv4Address{} : row->of(iut);
}

MacAddress sender_named(std::string_view name, const Iut& iut) {
    const auto* row = std::ranges::find(kSenders, name, &NamedSender::name);
    return row == std::end(kSenders) ? MacAddress{} : row->of(iut);
}

void apply(const Mutation& mutation, const FrameForm& form, const Iut& iut, Bytes& frame) {
    const WireField* field =
        mutation.field.empty() ? nullptr : find_wire_field(form, mutation.field);
    const bool is_there = field != nullptr && field->offset + field->size <= frame.size();
    const std::size_t begin = form.is_control() ? 0 : kEthernetHeaderSize;
    switch (mutation.kind) {
        case Kind::Set:
            if (is_there) store(frame, *field, mutation.value);
            return;
        case Kind::Add:
            if (is_there) store(frame, *field, load(frame, *field) + mutation.value);
            return;
        case Kind::Address:
            if (is_there) store(frame, *field, address_named(mutation.name, iut).value);
            return;
        case Kind::Sender: {
            const MacAddress mac = sender_named(mutation.name, iut);
            std::ranges::copy(mac.octets, frame.begin() + kSourceMac);
            return;
        }
        case Kind::Flip:
            if (mutation.at < frame.size() - begin)
                frame[begin + mutation.at] ^= static_cast<std::uint8_t>(mutation.value);
            return;
        case Kind::Cut:
            frame.resize(std::min(frame.size(), begin + mutation.at));
            return;
        case Kind::Pad:
            frame.resize(std::min(frame.size() + mutation.at, kFrameMax),
                         static_cast<std::uint8_t>(mutation.value));
            return;
        case Kind::Nest:
            return nest(frame, mutation.at);
    }
}

namespace {

/// Behind its IPv4 header, as far as that says where it begins and the packet where it ends.
void repair_transport(Bytes& frame) {
    const std::size_t header = std::max<std::size_t>(kIpv4HeaderSize, (frame[kInner] & 0x0FU) * 4U);
    const std::size_t total =
        std::min<std::size_t>(load_u16(frame, kInner + 2), frame.size() - kInner);
    const std::uint8_t protocol = frame[kInner + 9];
    const std::size_t place = protocol == kTcp ? 16 : 6;
    if (total < header + place + 2 || (protocol != kTcp && protocol != kUdp)) return;
    const std::size_t begin = kInner + header;
    store_u16(frame, begin + place, 0);
    const ByteView segment = ByteView(frame).subspan(begin, total - header);
    const std::uint32_t pseudo = pseudo_header_sum(
        {load_u32(frame, kInner + 12)}, {load_u32(frame, kInner + 16)}, protocol, segment.size());
    const std::uint16_t sum = internet_checksum(segment, pseudo);
    // RFC 768: 0 says that there is none.
    store_u16(frame, begin + place, sum == 0 && protocol == kUdp ? 0xFFFF : sum);
}

/// Over the payload that Type and lengths give, padding left out.
void repair_header(bool has_extensions, Bytes& frame) {
    const ByteView behind = ByteView(frame).subspan(kEthernetHeaderSize);
    const std::size_t rest = behind.size() - kEncapsulationHeaderSize;
    const bool is_forwarded = behind[12] == static_cast<std::uint8_t>(EncapsulationType::Forwarded);
    const std::size_t stated = stated_payload_size(behind, has_extensions).value_or(rest);
    const std::size_t covered = is_forwarded ? 0 : std::min(stated, rest);
    constexpr std::size_t kChecksum = kEthernetHeaderSize + kEncapsulationChecksumOffset;
    store_u16(frame, kChecksum, 0);
    store_u16(frame, kChecksum,
              internet_checksum(behind.first(kEncapsulationHeaderSize + covered)));
}

}  // namespace

void repair(const Repairs& repairs, bool has_extensions, Bytes& frame) {
    const bool has_inner = frame.size() >= kInner + kIpv4HeaderSize &&
                           frame[kType] == static_cast<std::uint8_t>(EncapsulationType::Forwarded);
    if (has_inner && repairs.transport) repair_transport(frame);
    if (has_inner && repairs.inner) repair_ipv4_checksum(frame, kInner);
    if (frame.size() >= kInner && repairs.header) repair_header(has_extensions, frame);
}

void repair_control(const Repairs& repairs, Bytes& frame) {
    constexpr std::size_t kLength = 4;
    if (repairs.header && frame.size() >= kLength)
        store_u32(frame, 0, static_cast<std::uint32_t>(frame.size() - kLength));
}

}  // namespace conform::fuzzing
