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
#include "fuzzing/wire_field.hh"
#include "iut/iut.hh"

namespace conform::fuzzing {

/// Of the connection about which the frames are, at the device.
enum class SubjectState : std::uint8_t {
    Absent,      ///< target: no 0x01 has come
    Offered,     ///< target: answered by 0x03, not released
    Released,    ///< target: the device serves it
    Incomplete,  ///< target: its 0x01 announces a queue that has not come; ext
    Leaving,     ///< home: the device has sent 0x01, which nobody has answered
    Away,        ///< home: the device forwards to its peer
    Returning,   ///< owner: it has sent 0x01 to its home, which has not answered; ext
    Returned,    ///< former owner: its home has taken it back; ext
    FlowHere,    ///< target of a UDP flow, which the device serves
    FlowAway,    ///< home of a UDP flow, which the device forwards to its peer
    Channel,     ///< no connection of a client's: the control channel with a peer
};

constexpr SubjectState kSubjectStates[] = {
    SubjectState::Absent,     SubjectState::Offered,  SubjectState::Released,
    SubjectState::Incomplete, SubjectState::Leaving,  SubjectState::Away,
    SubjectState::Returning,  SubjectState::Returned, SubjectState::FlowHere,
    SubjectState::FlowAway,   SubjectState::Channel};

std::string_view to_string(SubjectState state);
constexpr bool is_flow(SubjectState state) {
    return state == SubjectState::FlowHere || state == SubjectState::FlowAway;
}
constexpr bool is_home(SubjectState state) {
    return state == SubjectState::Leaving || state == SubjectState::Away ||
           state == SubjectState::FlowAway;
}
constexpr bool is_given_back(SubjectState state) {
    return state == SubjectState::Returning || state == SubjectState::Returned;
}

/// What a device lets be tried: cases are drawn of that alone.
struct FuzzFarm {
    bool has_extensions = false;
    bool has_flows = false;         ///< a UDP service
    bool has_upper_tester = false;  ///< which makes it give connections back, and move flows
    bool has_channels = false;

    bool operator==(const FuzzFarm&) const = default;
};
FuzzFarm fuzz_farm(const Iut& iut);
/// States of connections and flows, without the channel.
std::vector<SubjectState> states_of(const FuzzFarm& farm);

/// One frame that comes `times` times.
struct Stimulus {
    EncapsulationType type = EncapsulationType::Forwarded;
    std::vector<Mutation> mutations{};
    Repairs repairs{};
    std::uint32_t times = 1;
    /// Of the channel: the kind of the control frame that it is instead.
    std::uint8_t control_kind = 0;

    bool operator==(const Stimulus&) const = default;
};

struct FuzzCase {
    SubjectState state = SubjectState::Released;
    std::vector<Stimulus> stimuli{};

    bool operator==(const FuzzCase&) const = default;
};

/// The words that files have for Types: "connection", "forwarded", ..
std::string_view type_name(EncapsulationType type);
/// The same of kinds of control frames: "ping", "server-state", ..
std::string_view control_name(std::uint8_t kind);
std::string_view name_of(const Stimulus& stimulus);
/// Those of a farm.
const std::vector<EncapsulationType>& types_of(bool has_extensions);
const std::vector<std::uint8_t>& control_kinds();
FrameForm form_of(const Stimulus& stimulus, SubjectState state, bool has_extensions);

/// "released: 0x02 forwarded, set checksum 0x0; 0x14 go, cut 17".
std::string describe(const FuzzCase& fuzz);

/// Cases of the channel stand together, for they cannot be beside others: so many from a multiple
/// of it on are of the same sort.
constexpr std::uint64_t kCasesOfASort = 64;
bool is_of_channel(std::uint64_t index, const FuzzFarm& farm);
/// A pure function of its arguments.
FuzzCase draw_case(std::uint64_t seed, std::uint64_t index, const FuzzFarm& farm);

}  // namespace conform::fuzzing
