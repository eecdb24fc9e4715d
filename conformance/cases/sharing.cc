// SPDX-License-Identifier: Apache-2.0
#include "cases/sharing.hh"

#include <algorithm>
#include <iterator>

#include "engine/selector.hh"

namespace conform {
namespace {

constexpr std::string_view kServersDie = "a server whose channel is cut or restarts is dead to all";
constexpr std::string_view kChannels = "what it says on the control channels concerns all";
constexpr std::string_view kDrains = "a device that drains sends everything away";
constexpr std::string_view kFillsTable = "a full table refuses what others bring";
constexpr std::string_view kFloods = "others would wait behind its many frames";
constexpr std::string_view kReassembles = "its fragments could be taken for those of another case";
constexpr std::string_view kAnswersArp = "it asks the device by ARP, whose answers name no case";

constexpr Seclusion kSecluded[] = {
    {"endpoint/bounds/full-table-refuses", kFillsTable},
    {"endpoint/dead-servers/**", kServersDie},
    {"blob/**", kChannels},
    {"system/session-map/**", kChannels},
    {"system/placement/**", kChannels},
    {"system/selection/**", kChannels},
    {"system/control-channel/**", kChannels},
    {"system/objects/**", kChannels},
    {"endpoint/promoted/channel-*", kChannels},
    {"endpoint/drain/**", kDrains},
    {"endpoint/bounds/unknown-tuples-harmless", kFloods},
    {"system/addresses/**", kAnswersArp},
    {"tcp/ip/arp-for-itself", kAnswersArp},
    {"tcp/syn-flood/**", kFloods},
    {"tcp/initial-sequence/many-spread", kFloods},
    {"tcp/uploads/single-bytes-kept", kFloods},
    {"tcp/after-migration/single-bytes-kept", kFloods},
    {"tcp/ip/tiny-first-dropped", kReassembles},
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
