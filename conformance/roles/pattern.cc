// SPDX-License-Identifier: Apache-2.0
#include "roles/pattern.hh"

#include <fmt/format.h>

namespace conform {
namespace {

constexpr std::uint8_t kJudgedFlags =
    tcp_flag::kSyn | tcp_flag::kAck | tcp_flag::kFin | tcp_flag::kRst;

// Every pattern names its fields once, to whoever compares or describes: the name with a blank
// behind it, and how a value of it is printed.
template <class Visitor>
void visit_fields(const SegmentPattern& pattern, const TcpSegment& segment, Visitor visit) {
    const auto as_flags = [](std::uint8_t flags) { return describe_tcp_flags(flags); };
    const auto as_number = [](std::size_t number) { return fmt::format("{}", number); };
    const auto as_presence = [](bool is_there) { return is_there ? "some" : "none"; };
    visit("flags ", pattern.flags, static_cast<std::uint8_t>(segment.flags & kJudgedFlags),
          as_flags);
    visit("sequence ", pattern.sequence, segment.sequence, as_number);
    visit("acknowledgment ", pattern.acknowledgment, segment.acknowledgment, as_number);
    visit("payload size ", pattern.payload_size, segment.payload.size(), as_number);
    visit("payload ", pattern.has_payload, !segment.payload.empty(), as_presence);
    visit("timestamps ", pattern.has_timestamps, segment.timestamps.has_value(), as_presence);
}

template <class Visitor>
void visit_fields(const EncapsulationPattern& pattern, const Encapsulation& header, Visitor visit) {
    const auto as_address = [](const SocketAddress& address) { return address.to_string(); };
    visit("", pattern.type, static_cast<EncapsulationType>(header.type),
          [](EncapsulationType type) {
              return describe_encapsulation_type(static_cast<std::uint8_t>(type));
          });
    visit("Protocol ", pattern.protocol, header.protocol,
          [](std::uint8_t protocol) { return fmt::format("{}", protocol); });
    visit("Source ", pattern.source, header.source, as_address);
    visit("Dest. ", pattern.destination, header.destination, as_address);
}

template <class Pattern, class Value>
std::vector<Mismatch> compare_fields(const Pattern& pattern, const Value& value) {
    std::vector<Mismatch> mismatches;
    visit_fields(pattern, value,
                 [&](const std::string& name, const auto& wanted, const auto& actual, auto print) {
                     if (!wanted || *wanted == actual) return;
                     mismatches.push_back({name + print(*wanted), print(actual)});
                 });
    return mismatches;
}

template <class Value, class Pattern>
std::string describe_fields(const Pattern& pattern, const char* anything) {
    std::string text;
    visit_fields(pattern, Value{},
                 [&](const std::string& name, const auto& wanted, const auto&, auto print) {
                     if (!wanted) return;
                     text += (text.empty() ? "" : ", ") + name + print(*wanted);
                 });
    return text.empty() ? anything : text;
}

}  // namespace

std::vector<Mismatch> compare(const SegmentPattern& pattern, const TcpSegment& segment) {
    return compare_fields(pattern, segment);
}

std::vector<Mismatch> compare(const EncapsulationPattern& pattern, const Encapsulation& header) {
    return compare_fields(pattern, header);
}

std::string describe(const SegmentPattern& pattern) {
    return describe_fields<TcpSegment>(pattern, "a segment");
}

std::string describe(const EncapsulationPattern& pattern) {
    return describe_fields<Encapsulation>(pattern, "an encapsulated frame");
}

}  // namespace conform
