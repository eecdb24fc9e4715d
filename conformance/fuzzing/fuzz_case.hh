// SPDX-License-Identifier: Apache-2.0
/// A case of the fuzzer as a value: the state that a connection is in, and the frames, each right
/// but for its mutations, that come then. Nothing in it is of one conversation: ports, numbers and
/// copies are those of whichever conversation it is played in.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "fuzzing/mutation.hh"

namespace conform::fuzzing {

/// Of the connection about which the frames are, at the device.
enum class SubjectState : std::uint8_t {
    Absent,      ///< target: no 0x01 has come
    Offered,     ///< target: answered by 0x03, not released
    Released,    ///< target: the device serves it
    Incomplete,  ///< target: its 0x01 announces a queue that has not come; ext
    Leaving,     ///< home: the device has sent 0x01, which nobody has answered
    Away,        ///< home: the device forwards to its peer
};

constexpr SubjectState kSubjectStates[] = {SubjectState::Absent,   SubjectState::Offered,
                                           SubjectState::Released, SubjectState::Incomplete,
                                           SubjectState::Leaving,  SubjectState::Away};

std::string_view to_string(SubjectState state);
constexpr bool is_home(SubjectState state) {
    return state == SubjectState::Leaving || state == SubjectState::Away;
}

/// One frame that comes `times` times.
struct Stimulus {
    EncapsulationType type = EncapsulationType::Forwarded;
    std::vector<Mutation> mutations{};
    Repairs repairs{};
    std::uint32_t times = 1;

    bool operator==(const Stimulus&) const = default;
};

struct FuzzCase {
    SubjectState state = SubjectState::Released;
    std::vector<Stimulus> stimuli{};

    bool operator==(const FuzzCase&) const = default;
};

/// The words that files have for Types: "connection", "forwarded", ..
std::string_view type_name(EncapsulationType type);
/// Those of a farm.
const std::vector<EncapsulationType>& types_of(bool has_extensions);

/// "released: 0x02 forwarded, set checksum 0x0; 0x14 go, cut 17".
std::string describe(const FuzzCase& fuzz);

/// A pure function of its arguments.
FuzzCase draw_case(std::uint64_t seed, std::uint64_t index, bool has_extensions);

}  // namespace conform::fuzzing
