// SPDX-License-Identifier: Apache-2.0
// Where one crash happens: which server, at which of the events that it has handled since the world
// began, on which side of what that event did, and when it comes back. Or its control channels
// alone are lost there.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "shunt/base/result.hh"
#include "shunt/base/time.hh"

namespace shunt::sim {

/// An event is a frame handed to the server, a deadline that it handles, or an operator's call.
enum class Moment : std::uint8_t {
    Before,  ///< The event is lost with the server.
    State,   ///< Its state has changed, and nothing that it sends has left.
    Frames   ///< All that it sends has left.
};
inline constexpr Moment kMoments[] = {Moment::Before, Moment::State, Moment::Frames};

enum class Comeback : std::uint8_t {
    Short,  ///< Before anything that waits for it has given up.
    Long,   ///< When every timer that was running has expired.
    Never,
    // The server stays, and only its control channels are lost:
    ChannelsEnded,   ///< Reset at both ends.
    ChannelsSilent,  ///< Until they are given up, and not yet the servers (CTL-3).
    ChannelsDead,    ///< Until servers take each other for dead (EP-33).
};
inline constexpr Comeback kComebacks[] = {Comeback::Short, Comeback::Long, Comeback::Never};
inline constexpr Comeback kChannelLosses[] = {Comeback::ChannelsEnded, Comeback::ChannelsSilent,
                                              Comeback::ChannelsDead};
inline constexpr Comeback kAllComebacks[] = {Comeback::Short,          Comeback::Long,
                                             Comeback::Never,          Comeback::ChannelsEnded,
                                             Comeback::ChannelsSilent, Comeback::ChannelsDead};

/// How long the server is away. Short is within the repetitions of 0x01 (EP-6), so that a server
/// that begins anew hears them; long is beyond 2MSL, EP-11 and EP-46, but within what a client
/// waits.
constexpr Duration kShortAbsence = Duration::milliseconds(60);
constexpr Duration kLongAbsence = Duration::seconds(130);
/// Channels are lost after three seconds of silence, servers after six.
constexpr Duration kChannelSilence = Duration::milliseconds(3'600);
constexpr Duration kChannelDeath = Duration::seconds(12);

/// How long something is away; nothing: what was ended comes at once, or it never comes.
Duration absence_of(Comeback comeback);
bool is_channel_loss(Comeback comeback);

struct CrashPoint {
    /// Its place in the farm's configuration.
    std::size_t server = 0;
    /// Its first one is 1.
    std::uint64_t event = 0;
    Moment moment{};
    Comeback comeback{};

    bool operator==(const CrashPoint&) const = default;
};

/// "s2.17.state.short": the 17th event of the second server.
std::string to_text(const CrashPoint& point);
/// The text of a failure says what was expected.
Result<CrashPoint, std::string> parse_crash_point(std::string_view text);

}  // namespace shunt::sim
