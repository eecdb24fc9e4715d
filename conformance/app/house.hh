// SPDX-License-Identifier: Apache-2.0
/// What the cases that share a device have in common: the servers' control channels, and the
/// answers to the device's ARP requests.
#pragma once

#include <vector>

#include "app/seat.hh"
#include "engine/finding.hh"
#include "roles/stage.hh"

namespace conform {

class House {
  public:
    /// `port` is one that no case has.
    /// `keeps_strangers`: what is for no case, and none of the house's own, is judged too.
    House(Attachment& device, const Iut& iut, std::uint64_t seed, std::uint16_t port,
          bool keeps_strangers = false);

    Scheduler& scheduler() { return stage_.wire().scheduler(); }
    Seat& seat() { return seat_; }
    const Framing& framing() { return stage_.wire().framing(); }
    /// The channels are there, where there are any.
    bool is_open() { return scheduler().is_done(); }
    /// What the device has done wrong on them so far, and in every frame of theirs.
    const std::vector<Finding>& findings();

  private:
    /// There is always something to wait for, channels or not.
    Task<> stay();

    const Iut& iut_;
    Seat seat_;
    Stage stage_;
    Inbox nothing_;
    std::vector<Finding> found_;
    std::size_t frames_examined_ = 0;
};

}  // namespace conform
