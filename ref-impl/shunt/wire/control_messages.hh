// SPDX-License-Identifier: Apache-2.0
// Bodies of control frames by which servers greet each other and say what they did not understand:
// kinds 0x01 and 0x0F (docs/protocol/system.md, "Control channel").
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "shunt/base/bytes.hh"
#include "shunt/base/counters.hh"
#include "shunt/base/result.hh"

namespace shunt::wire {

/// Bits of a hello: what its sender can do.
inline constexpr std::uint32_t kProfileEndpoint = 1;
inline constexpr std::uint32_t kProfileBlob = 2;
inline constexpr std::uint32_t kProfileHandoff = 4;
inline constexpr std::uint32_t kProfileExtended = 8;

/// Who opens or accepts a channel; the first frame in each direction (CTL-1).
struct HelloBody {
    std::uint32_t server = 0;
    /// Random per start: a changed one says that the server has lost all that it knew (CTL-7).
    std::uint64_t boot = 0;
    std::uint32_t profiles = 0;
    /// UTF-8, 255 bytes at most; of a parsed body a view on it.
    std::string_view name;

    static Result<HelloBody, Counter> parse(ByteView body);
    std::size_t size() const { return 17 + name.size(); }
    /// `bytes` has size() bytes.
    void write_to(MutableBytes bytes) const;

    bool operator==(const HelloBody&) const = default;
};

enum class ControlError : std::uint16_t {
    UnknownKind = 1,
    BodyNotUnderstood = 2,
    NotReady = 3,
};

/// The answer to a frame that could not be served (CTL-4).
struct ErrorBody {
    /// One of ControlError, or a code that we do not know.
    std::uint16_t code = 0;
    /// For people, UTF-8; of a parsed body a view on it.
    std::string_view text;

    static Result<ErrorBody, Counter> parse(ByteView body);
    std::size_t size() const { return 4 + text.size(); }
    /// `bytes` has size() bytes.
    void write_to(MutableBytes bytes) const;

    bool operator==(const ErrorBody&) const = default;
};

}  // namespace shunt::wire
