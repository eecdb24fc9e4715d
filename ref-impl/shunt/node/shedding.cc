// SPDX-License-Identifier: Apache-2.0
#include "shunt/node/shedding.hh"

#include <algorithm>
#include <utility>

#include "shunt/base/assert.hh"
#include "shunt/base/mutant.hh"

namespace shunt::node {

void Shedding::begin_drain() {
    // What an overload could not move is looked at again, and moved whatever the load.
    forget_waiting();
    relief_ = 0;
    is_draining_ = true;
}

void Shedding::end_drain() {
    is_draining_ = false;
    forget_waiting();
}

void Shedding::limit_relief(std::size_t connections) {
    relief_ = std::min(relief_, connections);
    if (relief_ == 0 && !is_draining_) forget_waiting();
}

bool Shedding::may_begin() const {
    if (is_mutant(Mutant::DrainsAllAtOnce) && is_draining_) return true;
    const std::size_t wanted = is_draining_ ? settings_.moves_at_once : relief_;
    return under_way_ < std::min(wanted, settings_.moves_at_once);
}

bool Shedding::is_under_way(Slot slot) const {
    const auto found = trials_.find(slot);
    return found != trials_.end() && found->second.is_under_way;
}

bool Shedding::is_stuck(Slot slot) const {
    const auto found = trials_.find(slot);
    return found != trials_.end() && found->second.is_under_way && !found->second.has_place;
}

bool Shedding::was_refused_by(Slot slot, farm::ServerId server) const {
    const auto found = trials_.find(slot);
    return found != trials_.end() &&
           std::ranges::find(found->second.refusers, server) != found->second.refusers.end();
}

const char* Shedding::why(Slot slot) const {
    const auto found = trials_.find(slot);
    return found == trials_.end() ? nullptr : found->second.why;
}

void Shedding::begin(Slot slot, farm::ServerId to, bool is_return) {
    Trial& trial = trials_[slot];
    SHUNT_ASSERT(!trial.is_under_way, "what moves is not begun with");
    trial.is_under_way = trial.has_place = true;
    trial.is_return = is_return;
    trial.to = to;
    retries_.set(slot, std::nullopt);
    ++under_way_;
    if (!is_return) ++departing_;
}

void Shedding::end_attempt(Trial& trial) {
    SHUNT_ASSERT(trial.is_under_way, "what ends had begun");
    trial.is_under_way = false;
    if (std::exchange(trial.has_place, false)) --under_way_;
    if (!trial.is_return) --departing_;
}

void Shedding::free_places(farm::ServerId server, const char* why) {
    for (auto& [slot, trial] : trials_) {
        if (!trial.has_place || !trial.is_return || trial.to != server) continue;
        trial.has_place = false;
        trial.why = why;
        --under_way_;
    }
}

void Shedding::finish(Slot slot) {
    end_attempt(trials_.at(slot));
    trials_.erase(slot);
    ++moved_;
    if (relief_ > 0) limit_relief(relief_ - 1);
}

void Shedding::stay(Slot slot, const char* why, Instant now) {
    Trial& trial = trials_.at(slot);
    end_attempt(trial);
    ++refused_;
    if (!is_draining_ && relief_ == 0) {
        trials_.erase(slot);
        return;
    }
    trial.why = why;
    trial.refusers.push_back(trial.to);
    if (!is_mutant(Mutant::GivesUpAfterRefusal)) retries_.set(slot, now);
}

void Shedding::wait(Slot slot, const char* why, Instant now) {
    Trial& trial = trials_[slot];
    // Where somebody has refused it that says more than that nobody is left to be asked.
    if (trial.refusers.empty()) trial.why = why;
    trial.refusers.clear();
    if (is_draining_) retries_.set(slot, now + settings_.retry);
}

void Shedding::forget(Slot slot) {
    const auto found = trials_.find(slot);
    if (found == trials_.end()) return;
    if (found->second.is_under_way) end_attempt(found->second);
    retries_.set(slot, std::nullopt);
    trials_.erase(found);
}

void Shedding::forget_waiting() {
    for (auto trial = trials_.begin(); trial != trials_.end();) {
        if (trial->second.is_under_way) {
            ++trial;
            continue;
        }
        retries_.set(trial->first, std::nullopt);
        trials_.erase(trial++);
    }
}

}  // namespace shunt::node
