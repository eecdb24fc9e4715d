// SPDX-License-Identifier: Apache-2.0
#include "roles/pattern.hh"

#include <fmt/format.h>

namespace conform {
namespace {

constexpr std::uint8_t kJudgedFlags =
    tcp_flag::kSyn | tcp_flag::kAck | tcp_flag::kFin | tcp_flag::kRst;

/// Every pattern names its fields once, to whoever compares or describes.
template <class Visitor>
void visit_fields(const SegmentPattern& pattern, const TcpSegment& segment, Visitor visit) {
    const auto as_flags = [](std::uint8_t flags) {
        return "flags " + describe_tcp_flags(flags & kJudgedFlags);
    };
    const auto number = [](const char* name) {
        return [name](std::uint32_t value) { return fmt::format("{} {}", name, value); };
    };
    const auto claim = [](const char* yes, const char* no) {
        return [yes, no](bool is_so) { return std::string(is_so ? yes : no); };
    };
    visit(pattern.flags, static_cast<std::uint8_t>(segment.flags & kJudgedFlags), as_flags);
    visit(pattern.sequence, segment.sequence, number("sequence"));
    visit(pattern.acknowledgment, segment.acknowledgment, number("acknowledgment"));
    visit(pattern.payload_size, segment.payload.size(),
          [](std::size_t size) { return fmt::format("{} payload bytes", size); });
    visit(pattern.has_payload, !segment.payload.empty(), claim("payload", "no payload"));
    visit(pattern.has_timestamps, segment.timestamps.has_value(),
          claim("timestamps", "no timestamps"));
}

template <class Visitor>
void visit_fields(const EncapsulationPattern& pattern, const Encapsulation& header, Visitor visit) {
    const auto address = [](const char* name) {
        return [name](const SocketAddress& value) {
            return fmt::format("{} {}", name, value.to_string());
        };
    };
    visit(pattern.type, static_cast<EncapsulationType>(header.type), [](EncapsulationType type) {
        return describe_encapsulation_type(static_cast<std::uint8_t>(type));
    });
    visit(pattern.protocol, header.protocol,
          [](std::uint8_t protocol) { return fmt::format("protocol {}", protocol); });
    visit(pattern.source, header.source, address("source"));
    visit(pattern.destination, header.destination, address("destination"));
}

template <class Pattern, class Value>
std::vector<Mismatch> compare_fields(const Pattern& pattern, const Value& value) {
    std::vector<Mismatch> mismatches;
    visit_fields(pattern, value, [&](const auto& wanted, const auto& actual, auto describe_field) {
        if (wanted && *wanted != actual) {
            mismatches.push_back({describe_field(*wanted), describe_field(actual)});
        }
    });
    return mismatches;
}

template <class Value, class Pattern>
std::string describe_fields(const Pattern& pattern, const char* anything) {
    std::string text;
    visit_fields(pattern, Value{}, [&](const auto& wanted, const auto&, auto describe_field) {
        if (!wanted) return;
        if (!text.empty()) text += ", ";
        text += describe_field(*wanted);
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
