// SPDX-License-Identifier: Apache-2.0
#include "script/segment_reader.hh"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "pdu/tcp_segment.hh"
#include "script/event.hh"

namespace conform {
namespace {

constexpr std::uint32_t kTextMax = 8'900;  // a jumbo frame's
constexpr std::uint32_t kAfterMax = 10'000'000;
constexpr std::uint8_t kScaleMax = 255;  // RFC 7323 2.3 has a word for more than 14

struct Name {
    const char* name;
    std::uint8_t value;
};

constexpr std::array<Name, 8> kFlags = {{{"FIN", tcp_flag::kFin},
                                         {"SYN", tcp_flag::kSyn},
                                         {"RST", tcp_flag::kRst},
                                         {"PSH", tcp_flag::kPsh},
                                         {"ACK", tcp_flag::kAck},
                                         {"URG", tcp_flag::kUrg},
                                         {"ECE", tcp_flag::kEce},
                                         {"CWR", tcp_flag::kCwr}}};

struct IcmpName {
    const char* name;
    std::uint8_t type;
    std::uint8_t code;
};

constexpr std::array<IcmpName, 7> kIcmpErrors = {{{"net-unreachable", 3, 0},
                                                  {"host-unreachable", 3, 1},
                                                  {"protocol-unreachable", 3, 2},
                                                  {"port-unreachable", 3, 3},
                                                  {"fragmentation-needed", 3, 4},
                                                  {"time-exceeded", 11, 0},
                                                  {"parameter-problem", 12, 0}}};

std::uint8_t read_flags(LineWords& words) {
    const std::string text = words.take("flags such as SYN,ACK, or none");
    if (text == "none") return 0;
    std::uint8_t flags = 0;
    for (std::size_t at = 0; at <= text.size();) {
        const std::size_t comma = std::min(text.find(',', at), text.size());
        const std::string flag = text.substr(at, comma - at);
        std::vector<std::string> known;
        std::uint8_t value = 0;
        for (const Name& each : kFlags) {
            known.emplace_back(each.name);
            if (flag == each.name) value = each.value;
        }
        if (value == 0) words.refuse(flag, known);
        flags = static_cast<std::uint8_t>(flags | value);
        at = comma + 1;
    }
    return flags;
}

/// "101-201 301-401": as many as follow.
void read_sack(LineWords& words, SegmentStep& segment) {
    do {
        const std::string range = words.take("a range such as 101-201");
        const char* const end = range.data() + range.size();
        std::uint32_t left = 0;
        std::uint32_t right = 0;
        const auto first = std::from_chars(range.data(), end, left);
        const bool has_two = first.ec == std::errc() && first.ptr != end && *first.ptr == '-';
        const auto second = std::from_chars(has_two ? first.ptr + 1 : end, end, right);
        if (second.ec != std::errc() || second.ptr != end) {
            words.fail(fmt::format("expected a range such as 101-201, got {}", range));
        }
        segment.sack.emplace_back(left, right);
    } while (!words.empty() && words.peek().front() >= '0' && words.peek().front() <= '9');
}

void read_text(LineWords& words, SegmentStep& segment) {
    if (!words.peek().starts_with('"')) {
        segment.text_length = words.take_number("a number of octets", kTextMax);
        return;
    }
    const std::string quoted = words.take("a text");
    segment.text = quoted.substr(1, quoted.size() - 2);
}

void read_timestamps(LineWords& words, SegmentStep& segment) {
    if (words.take_if("off")) {
        segment.has_no_timestamps = true;
        return;
    }
    ScriptTimestamps& timestamps = segment.timestamps.emplace();
    if (words.take_if("auto")) return;
    timestamps.value = words.take_number("a TSval, auto or off", UINT32_MAX);
    if (words.take_if("ecr")) timestamps.echo = words.take_number("a TSecr", UINT32_MAX);
}

void read_ecn(LineWords& words, SegmentStep& segment) {
    const std::string name = words.take("ect0, ect1 or ce");
    if (name != "ect0" && name != "ect1" && name != "ce") {
        words.refuse(name, {"ect0", "ect1", "ce"});
    }
    segment.ecn = name == "ect1" ? 1 : name == "ect0" ? 2 : 3;
}

std::uint16_t take_u16(LineWords& words, const char* what) {
    return static_cast<std::uint16_t>(words.take_number(what, UINT16_MAX));
}

void read_field(LineWords& words, SegmentStep& segment) {
    const std::string field = words.take("a field");
    if (field == "seq") {
        segment.sequence = words.take_relative("a sequence number");
    } else if (field == "ack") {
        segment.acknowledgment = words.take_relative("an acknowledgment number");
    } else if (field == "win") {
        segment.window = take_u16(words, "a window field");
    } else if (field == "text") {
        read_text(words, segment);
    } else if (field == "urgent") {
        segment.urgent = take_u16(words, "an urgent pointer");
    } else if (field == "mss") {
        segment.mss = take_u16(words, "a maximum segment size");
    } else if (field == "scale") {
        segment.scale = static_cast<std::uint8_t>(words.take_number("a shift", kScaleMax));
    } else if (field == "sack-permitted") {
        segment.is_sack_permitted = true;
    } else if (field == "ts") {
        read_timestamps(words, segment);
    } else if (field == "sack") {
        read_sack(words, segment);
    } else if (field == "ecn") {
        read_ecn(words, segment);
    } else if (field == "bad-checksum") {
        segment.has_bad_checksum = true;
    } else {
        words.refuse(field, {"seq", "ack", "win", "text", "urgent", "mss", "scale",
                             "sack-permitted", "ts", "sack", "ecn", "bad-checksum"});
    }
}

}  // namespace

SegmentStep read_segment(LineWords& words) {
    SegmentStep segment;
    segment.flags = read_flags(words);
    while (!words.empty())
        read_field(words, segment);
    return segment;
}

IcmpStep read_icmp(LineWords& words) {
    const std::string name = words.take("an ICMP error");
    std::vector<std::string> known;
    const IcmpName* found = nullptr;
    for (const IcmpName& each : kIcmpErrors) {
        known.emplace_back(each.name);
        if (name == each.name) found = &each;
    }
    if (found == nullptr) words.refuse(name, known);
    IcmpStep icmp;
    icmp.type = found->type;
    icmp.code = found->code;
    if (words.take_if("mtu")) icmp.mtu = take_u16(words, "an MTU");
    if (words.take_if("seq")) icmp.sequence = words.take_relative("a sequence number");
    words.finish();
    return icmp;
}

Expectation read_expectation(LineWords& words) {
    Expectation expectation;
    expectation.line = words.line();
    expectation.head = words.take("flags, ok, the name of an error, or nothing");
    if (expectation.head == kNothing) words.finish();
    while (!words.empty()) {
        const std::string field = words.take("a field");
        const std::vector<std::string>& known = event_fields();
        if (std::find(known.begin(), known.end(), field) == known.end()) {
            words.refuse(field, known);
        }
        if (expectation.fields.contains(field)) words.fail(fmt::format("{} is there twice", field));
        if (field == "after") {
            expectation.fields[field] =
                std::to_string(words.take_number("milliseconds", kAfterMax));
        } else {
            expectation.fields[field] = words.take("a value");
        }
    }
    return expectation;
}

}  // namespace conform
