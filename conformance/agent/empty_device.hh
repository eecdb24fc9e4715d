// SPDX-License-Identifier: Apache-2.0
/// Devices that do nothing of what a statement may claim: no case may pass on one of them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "attach/attachment.hh"
#include "engine/random.hh"
#include "iut/iut.hh"

namespace conform {

enum class Emptiness : std::uint8_t {
    Silent,       ///< says nothing at all
    Echo,         ///< sends back whatever it gets, control lines too
    Reset,        ///< lives (ARP, ICMP echo), and answers every TCP segment with a reset
    Unsupported,  ///< lives, ignores TCP, and its upper tester knows no verb
    Random,       ///< lives, and answers everything else with a frame of random bytes
};

struct EmptinessText {
    Emptiness emptiness;
    std::string_view name;
    std::string_view text;
    /// Cases of what it does all the same: these pass with right.
    std::vector<std::string_view> does{};
};

/// All of them, in the order of the enumeration.
const std::vector<EmptinessText>& all_emptinesses();

class EmptyDevice {
  public:
    EmptyDevice(Emptiness emptiness, const Iut& iut, std::uint64_t seed)
        : emptiness_(emptiness), iut_(iut), random_(seed, "empty device") {}

    std::vector<LinkFrame> handle(const LinkFrame& frame);
    /// The answer to a line of the control protocol; absent: none.
    std::optional<std::string> answer(const std::string& line) const;

  private:
    /// What every host does: the answer to ARP and ICMP echo, if `frame` is one of them.
    std::optional<Bytes> sign_of_life(const LinkFrame& link_frame, const Frame& frame) const;
    Bytes random_frame(const LinkFrame& answered);

    Emptiness emptiness_;
    const Iut& iut_;
    Random random_;
};

}  // namespace conform
