// SPDX-License-Identifier: Apache-2.0
/// Cases that share one device: each has a seat, ports and a scheduler of its own, so that waiting
/// costs nothing, and its turns are those that it would have had alone.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "app/case_run.hh"
#include "app/house.hh"
#include "app/planned_case.hh"
#include "app/seat.hh"

namespace conform {

class Company {
  public:
    struct Callbacks {
        std::function<std::uint16_t()> next_port;
        std::function<void(const PlannedCase&)> started;
        std::function<void(const PlannedCase&, CaseResult, const Conversation&)> ended;
        std::function<bool()> is_over;  ///< no case is to begin any more
        /// How long the next case waits behind one that begins: all of them at once would be more
        /// than judge and device can do in time.
        std::function<Duration()> pause;
        /// What the device sends to nobody's connection is judged too: it is all theirs, from its
        /// first frame on.
        bool keeps_strangers = false;
    };
    /// Those that were at the device when it was lost; empty: it was not.
    struct Loss {
        std::vector<PlannedCase> suspects;  ///< who noticed, then who sent last
        Verdict verdict = Verdict::Pass;
        std::string reason;
    };

    /// At most `seats` at once. Throws what the house's channels throw while they come up.
    Company(Attachment& device, const Iut& iut, std::size_t seats, Callbacks callbacks);

    /// Opens the house; false if its channels do not come up, and each case had better see that for
    /// itself.
    bool open(std::uint64_t seed);
    /// Until all of `waiting` have ended, or the device is lost: those that have not begun stay in
    /// it.
    Loss run(std::deque<PlannedCase>& waiting);

  private:
    /// One case at its seat.
    struct Guest {
        Guest(const PlannedCase& planned, Attachment& device, const Iut& iut, std::uint16_t port);

        PlannedCase planned;
        Seat seat;
        CaseRun run;
        std::vector<LinkFrame> frames{};  ///< for the next turn
        bool has_ended = false;
    };
    using Guests = std::map<std::uint16_t, std::unique_ptr<Guest>>;  // by their first port

    void seat_more(std::deque<PlannedCase>& waiting);
    /// With some still waiting for a seat, or none.
    Time next_wake(bool has_waiting);
    /// Whom it concerns gets it; what concerns nobody is nobody's evidence.
    void hand_out(LinkFrame frame);
    void hand_out(std::string line);
    void take_turns(Time now);
    void drive(Guest& guest, const std::function<void()>& action);
    /// Those that have ended leave; a loss if one of them says that the device has.
    bool see_off(Loss& loss);
    Loss lose(Loss loss);
    Guest* guest_of(std::uint64_t port);
    /// Of a case that has left, or named by a frame of one, which is about another connection.
    bool has_been_named(std::uint16_t port) const;

    Attachment& device_;
    const Iut& iut_;
    std::size_t seats_;
    Callbacks callbacks_;
    std::unique_ptr<House> house_;
    std::uint16_t house_port_ = 0;
    std::vector<LinkFrame> house_frames_;
    Time next_seating_{};
    std::set<std::string> told_;  ///< findings of the house
    Guests guests_;
    std::set<std::uint16_t> ports_seated_;  ///< the first one of each guest there has been
};

}  // namespace conform
