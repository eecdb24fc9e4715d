// SPDX-License-Identifier: Apache-2.0
/// A segment script: one behaviour as a list of stimuli (segments, ICMP errors, calls of the
/// application), each with the time since the one before, and what may be expected of a device.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "engine/time.hh"

namespace conform {

/// Numbers of sequence space relative to their side's SYN, which is 0.
using RelativeNumber = std::int64_t;

/// What the sender of a segment puts into its timestamps option.
struct ScriptTimestamps {
    std::optional<std::uint32_t> value{};  ///< absent: the tester's clock, 1,000 at the start
    std::optional<std::uint32_t> echo{};   ///< absent: the device's last TSval
};

/// A segment that the tester sends. What is absent is what a correct peer would send now.
struct SegmentStep {
    std::uint8_t flags = 0;
    std::optional<RelativeNumber> sequence{};
    std::optional<RelativeNumber> acknowledgment{};
    std::optional<std::uint16_t> window{};  ///< the field; absent: that of the segment before
    std::string text{};                     ///< where it is given letter by letter
    std::size_t text_length = 0;            ///< else so many octets of the pattern
    std::optional<std::uint16_t> urgent{};
    std::optional<std::uint16_t> mss{};
    std::optional<std::uint8_t> scale{};
    bool is_sack_permitted = false;
    std::optional<ScriptTimestamps> timestamps{};
    bool has_no_timestamps = false;
    std::vector<std::pair<RelativeNumber, RelativeNumber>> sack{};
    std::uint8_t ecn = 0;  ///< codepoint of the IP header
    bool has_bad_checksum = false;
};

/// An ICMP error that quotes a segment of the device.
struct IcmpStep {
    std::uint8_t type = 3;
    std::uint8_t code = 0;
    std::uint16_t mtu = 0;
    std::optional<RelativeNumber> sequence{};  ///< absent: of the segment heard last
};

/// A call of the application on the device.
struct CallStep {
    std::string verb;
    bool is_of_listener = false;
    bool is_urgent = false;
    std::uint32_t count = 0;
    std::string name{};  ///< of an option
};

struct WaitStep {};

/// What has to be heard, or to come back from a call: a head, and the fields that matter.
struct Expectation {
    std::size_t line = 0;
    std::string head;  ///< "SYN,ACK", "ok", "EPIPE"; "nothing" stands alone
    std::map<std::string, std::string> fields{};
};

struct Step {
    std::size_t line = 0;
    std::string text;  ///< as it stands in the file, without the time
    Duration delay{};
    std::variant<SegmentStep, IcmpStep, CallStep, WaitStep> what;
    /// All that has to happen before the next step, in order; empty: anything may.
    std::vector<Expectation> expectations{};
};

struct Script {
    std::string file;
    std::string name;
    std::string about;
    /// Switches and sizes of the device, by the names of `configure`.
    std::map<std::string, std::variant<bool, std::uint32_t>> settings{};
    std::vector<Step> steps{};
};

}  // namespace conform
