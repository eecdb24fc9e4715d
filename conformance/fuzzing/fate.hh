// SPDX-License-Identifier: Apache-2.0
/// What has to become of a frame at the device, by a second reading of the pages: dropped without a
/// sign, of no consequence for the connection, or whatever its contents ask for.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "fuzzing/fuzz_case.hh"
#include "pdu/encapsulation.hh"

namespace conform::fuzzing {

struct Fate {
    /// In the order of growing freedom.
    enum class Kind : std::uint8_t {
        Dropped,   ///< FRM-7: not answered, and nothing is changed
        Harmless,  ///< it may be answered, and the connection is what it was
        Open,      ///< it may change the connection
    };
    Kind kind = Kind::Open;
    const char* requirement = "FRM-7";
    std::string_view why{};
    /// It makes no difference at all: whoever judges the conversation leaves it out.
    bool is_void = false;

    bool operator==(const Fate&) const = default;
};

/// The connection that the frames are about, as a right peer knows it.
struct Situation {
    SubjectState state = SubjectState::Absent;
    SocketAddress client;
    SocketAddress service;
    MigrationId id;
    std::uint32_t copy = 0;
    /// Of what goes back: under which it was released, which its home still uses (EP-45).
    std::optional<MigrationId> earlier{};
};

/// `frame` as it is written behind Ethernet, by somebody who seems to be the plan's first peer or
/// another one.
Fate fate_of(ByteView frame, const Situation& situation, const Iut& iut);

}  // namespace conform::fuzzing
