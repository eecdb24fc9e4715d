// SPDX-License-Identifier: Apache-2.0
#include "cases/sharing.hh"

#include <algorithm>
#include <iterator>

#include "engine/selector.hh"

namespace conform {
namespace {

using std::chrono::seconds;

constexpr std::string_view kServersDie = "a server whose channel is cut or restarts is dead to all";
constexpr std::string_view kChannels = "what it says on the control channels concerns all";
constexpr std::string_view kDrains = "a device that drains sends everything away";
constexpr std::string_view kFillsTable = "a full table refuses what others bring";
constexpr std::string_view kFloods = "others would wait behind its thousands of frames";
constexpr std::string_view kReassembles = "its fragments could be taken for those of another case";
constexpr std::string_view kAnswersArp = "it asks the device by ARP, whose answers name no case";

/// The first that matches holds, so the longer ones stand first.
constexpr Seclusion kSecluded[] = {
    {"system/control-channel/reconnects-with-backoff", kChannels, seconds(31)},
    {"endpoint/dead-servers/restarted-device-owns-nothing", kServersDie, seconds(16)},
    {"endpoint/bounds/full-table-refuses", kFillsTable, seconds(12)},
    {"system/session-map/used-is-told-again", kChannels, seconds(11)},
    {"system/objects/unanswered-call-ends", kChannels, seconds(11)},
    {"endpoint/dead-servers/**", kServersDie, seconds(6)},
    {"system/session-map/**", kChannels, seconds(2)},
    {"system/placement/**", kChannels, seconds(2)},
    {"system/selection/**", kChannels, seconds(2)},
    {"system/control-channel/**", kChannels, seconds(2)},
    {"system/objects/**", kChannels, seconds(1)},
    {"endpoint/drain/**", kDrains, seconds(2)},
    {"endpoint/bounds/unknown-tuples-harmless", kFloods, seconds(2)},
    {"system/addresses/**", kAnswersArp, seconds(3)},
    {"tcp/ip/arp-for-itself", kAnswersArp},
    {"tcp/ip/fragments-assembled", kReassembles},
};

}  // namespace

const Seclusion* seclusion_of(std::string_view id) {
    const auto* found =
        std::find_if(std::begin(kSecluded), std::end(kSecluded),
                     [id](const Seclusion& each) { return glob_matches(each.pattern, id); });
    return found == std::end(kSecluded) ? nullptr : found;
}

}  // namespace conform
