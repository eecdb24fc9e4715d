// SPDX-License-Identifier: Apache-2.0
#include "cases/lasting.hh"

#include <algorithm>
#include <iterator>

#include "engine/selector.hh"

namespace conform {
namespace {

using std::chrono::seconds;

constexpr seconds kUsual{5};

struct Lasting {
    std::string_view pattern;  ///< as a selector has it
    seconds about;
};

/// The first that matches holds.
constexpr Lasting kLasting[] = {
    {"tcp/options/weeks-idle-served", seconds(25 * 86'400)},
    {"endpoint/ends/idle-owner-speaks", seconds(1'201)},
    {"tcp/closing/abandoned-forgotten", seconds(1'202)},
    {"endpoint/ends/closing-record-expires", seconds(122)},
    {"endpoint/ends/asks-before-it-forgets", seconds(120)},
    {"endpoint/base-home/tuple-not-offered-again", seconds(75)},
    {"blob/ends/closed-keeps-mapping", seconds(118)},
    {"endpoint/udp/home-forwards", seconds(73)},
    {"endpoint/udp/target-flow-ends", seconds(72)},
    {"endpoint/giving-back/unanswered-repeats", seconds(64)},
    {"blob/hosting/copy-ends", seconds(62)},
    {"endpoint/ends/swallowing-ends", seconds(62)},
    {"endpoint/ends/syn-behind-its-record", seconds(62)},
    {"endpoint/records/half-open-forgotten", seconds(62)},
    {"endpoint/ends/release-ends-forwarding", seconds(50)},
    {"endpoint/giving-back/held-goes-back", seconds(48)},
    {"endpoint/ends/closing-owner-speaks", seconds(42)},
    {"system/control-channel/reconnects-with-backoff", seconds(31)},
    {"endpoint/dead-servers/restarted-device-owns-nothing", seconds(16)},
    {"endpoint/bounds/full-table-refuses", seconds(13)},
    {"system/session-map/used-is-told-again", seconds(12)},
    {"system/objects/unanswered-call-ends", seconds(11)},
    {"endpoint/dead-servers/**", seconds(9)},
    {"system/session-map/told-session-expires", seconds(8)},
    {"system/placement/dead-keeper-replaced", seconds(8)},
    {"system/control-channel/any-byte-is-life", seconds(7)},
    {"system/selection/state-told-every-second", seconds(6)},
};

}  // namespace

seconds lasting_of(std::string_view id) {
    const auto* found =
        std::find_if(std::begin(kLasting), std::end(kLasting),
                     [id](const Lasting& each) { return glob_matches(each.pattern, id); });
    return found == std::end(kLasting) ? kUsual : found->about;
}

}  // namespace conform
