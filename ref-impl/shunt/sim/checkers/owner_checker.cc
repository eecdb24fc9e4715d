// SPDX-License-Identifier: Apache-2.0
#include "shunt/sim/checkers/owner_checker.hh"

#include <fmt/format.h>

#include <algorithm>

#include "shunt/base/assert.hh"
#include "shunt/base/sequence_number.hh"

namespace shunt::sim {

void OwnerChecker::server_sent(const ServerSegment& segment) {
    const ServerRole* home = roles_.home_of(segment.tuple.service);
    if (home == nullptr) return;
    const auto [position, is_new] = ownerships_.try_emplace(segment.tuple);
    Ownership& ownership = position->second;
    if (is_new) {
        ownership.owner = home->host;
        ++connections_;
    }
    if (ownership.is_abandoned && segment.server != home->host) {
        log_.add(segment.time, "EP-33",
                 fmt::format("{} sends to the client of {}, which its home has reset",
                             roles_.name(segment.server), segment.tuple.to_string()));
        return;
    }
    if (ownership.is_lost && begins_anew(ownership, segment, home->host)) return;
    if (ownership.is_lost && !segment.segment.flags().reset) {
        log_.add(segment.time, "EP-12",
                 fmt::format("{} goes on with {}, whose newest state a crash has taken",
                             roles_.name(segment.server), segment.tuple.to_string()));
        return;
    }
    if (segment.server == ownership.owner && !ownership.let_go_to) return;
    // When its record has expired (EP-31) a home resets what is left of a connection that is over;
    // ClientView knows whether it is (EP-48).
    if (segment.server == home->host && segment.segment.flags().reset) {
        // One that has started anew resets whom it does not know; the owner hears of it later.
        ownership.is_abandoned = is_reset_final_ && !ownership.is_home_new;
        return;
    }
    if (ownership.is_orphan && begins_anew(ownership, segment, home->host)) return;
    if (segment.server == ownership.let_go_to && ownership.has_reached) {
        change_owner(ownership, segment.server);
        return;
    }
    if (segment.server == ownership.owner) {
        log_.add(segment.time, "EP-12",
                 fmt::format("{} sends to the client of {} after it released {}",
                             roles_.name(segment.server), segment.tuple.to_string(),
                             roles_.name(*ownership.let_go_to)));
        return;
    }
    if (is_late(ownership, segment)) return;
    log_.add(segment.time, "EP-12",
             fmt::format("{} sends to the client of {}, which {} owns", roles_.name(segment.server),
                         segment.tuple.to_string(), roles_.name(ownership.owner)));
}

// A home that has lost its records opens what the client opens.
bool OwnerChecker::begins_anew(Ownership& ownership, const ServerSegment& segment, HostId home) {
    if (segment.server != home || !segment.segment.flags().syn) return false;
    ownership.owner = home;
    ownership.is_abandoned = false;
    ownership.is_home_new = false;
    ownership.let_go_to.reset();
    ownership.has_reached = false;
    ownership.is_lost = false;
    return true;
}

std::vector<wire::ConnectionTuple> OwnerChecker::host_crashed(HostId host) {
    std::vector<wire::ConnectionTuple> orphans;
    for (auto& [tuple, ownership] : ownerships_) {
        const ServerRole* home = roles_.home_of(tuple.service);
        const bool is_home = home != nullptr && home->host == host;
        const bool is_perhaps_let_go = may_have_let_go_to(ownership, host);
        for (Copy& copy : ownership.copies)
            copy.is_lost = copy.is_lost || copy.holder == host;
        const bool is_with_next = ownership.let_go_to && ownership.let_go_to != host;
        ownership.is_lost = ownership.is_lost || (ownership.is_with(host) && !is_with_next);
        ownership.is_home_new = ownership.is_home_new || is_home;
        if (!is_home && !ownership.is_with(host) && !is_perhaps_let_go) continue;
        ownership.is_orphan = true;
        orphans.push_back(tuple);
    }
    std::ranges::sort(orphans);
    return orphans;
}

// A release waits in its channel, and nobody sees it, when who it is for crashes.
bool OwnerChecker::may_have_let_go_to(const Ownership& ownership, HostId host) const {
    return roles_.has_blobs && std::ranges::any_of(ownership.copies, [host](const Copy& copy) {
               return copy.holder == host && copy.is_known && !copy.is_lost;
           });
}

std::vector<wire::ConnectionTuple> OwnerChecker::hosts_parted(HostId from, HostId to) {
    parted_.emplace_back(from, to);
    std::vector<wire::ConnectionTuple> orphans;
    for (auto& [tuple, ownership] : ownerships_) {
        const ServerRole* home = roles_.home_of(tuple.service);
        const bool is_hit = home != nullptr && ((home->host == from && ownership.is_with(to)) ||
                                                (home->host == to && ownership.is_with(from)));
        if (!is_hit) continue;
        ownership.is_orphan = true;
        orphans.push_back(tuple);
    }
    std::ranges::sort(orphans);
    return orphans;
}

void OwnerChecker::hosts_joined(HostId from, HostId to) {
    const auto found = std::ranges::find(parted_, std::pair(from, to));
    if (found != parted_.end()) parted_.erase(found);
}

bool OwnerChecker::are_parted(HostId one, HostId other) const {
    return std::ranges::any_of(parted_, [&](const auto& pair) {
        return pair == std::pair(one, other) || pair == std::pair(other, one);
    });
}

void OwnerChecker::message_sent(const FarmMessage& message) {
    Ownership* ownership = find(message);
    if (ownership == nullptr) return;
    if (takes_over(*ownership, message)) {
        change_owner(*ownership, message.from);
    } else if (message.type == wire::EncapsulationType::Acknowledgement) {
        hold(*ownership, message);
    }
    if (message.from != ownership->owner || !lets_go(message)) return;
    if (is_late(*ownership, message)) return;
    if (ownership->let_go_to != message.to || !is_of(*ownership, message)) {
        ownership->has_reached = false;
    }
    ownership->let_go_to = message.to;
    ownership->let_go_by = message.epoch;
    if (ownership->is_orphan) return;
    const bool is_gone = has_lost(*ownership, message);
    if (!is_gone && !are_parted(message.from, message.to)) return;
    ownership->is_orphan = true;
    ownership->is_lost = is_gone && roles_.has_extensions;
    late_orphans_.push_back(message.tuple);
}

void OwnerChecker::hold(Ownership& ownership, const FarmMessage& message) {
    const auto present = std::ranges::find_if(ownership.copies, [&](const Copy& copy) {
        return copy.holder == message.from && !copy.is_lost;
    });
    const Copy copy{message.from, message.copy.value_or(0)};
    if (present != ownership.copies.end()) {
        *present = copy;
    } else {
        ownership.copies.push_back(copy);
    }
}

bool OwnerChecker::has_lost(const Ownership& ownership, const FarmMessage& release) {
    return std::ranges::any_of(ownership.copies, [&](const Copy& copy) {
        return copy.is_lost && copy.holder == release.to && copy.number == release.copy.value_or(0);
    });
}

// It waited in its channel, or is about an offer that was late, of an attempt before the last one.
bool OwnerChecker::is_late(const Ownership& ownership, const FarmMessage& message) const {
    return roles_.has_extensions && message.epoch != 0 &&
           SequenceNumber(ownership.let_go_by).after(SequenceNumber(message.epoch));
}

bool OwnerChecker::is_of(const Ownership& ownership, const FarmMessage& message) const {
    return !roles_.has_extensions || message.epoch == ownership.let_go_by;
}

// Who was let go to may act without a word to the client: a home accepts a return (EP-45), an owner
// offers the endpoint back that it was given (EP-46). A home's 0x11 may wait in its channel for
// what was lost there, and its next blob leave by another one before.
bool OwnerChecker::takes_over(const Ownership& ownership, const FarmMessage& message) const {
    const ServerRole* home = roles_.home_of(message.tuple.service);
    if (!roles_.has_extensions || home == nullptr || !ownership.has_reached ||
        message.from != ownership.let_go_to) {
        return false;
    }
    const bool is_acceptance = message.from == home->host &&
                               message.type == wire::EncapsulationType::Acknowledgement &&
                               is_of(ownership, message);
    if (is_acceptance) return true;
    if (message.from == home->host && !roles_.has_blobs) return false;
    return message.type == wire::EncapsulationType::Connection &&
           SequenceNumber(message.epoch).after(SequenceNumber(ownership.let_go_by));
}

void OwnerChecker::message_arrived(const FarmMessage& message) {
    Ownership* ownership = find(message);
    if (ownership == nullptr) return;
    for (Copy& copy : ownership->copies) {
        const bool is_its = copy.holder == message.from && copy.number == message.copy;
        copy.is_known = copy.is_known || is_its;
        // Nobody sees a release that waits in its channel for who has crashed since.
        const bool is_vain = roles_.has_blobs && is_its && copy.is_lost && !ownership->is_orphan;
        if (!is_vain) continue;
        ownership->is_orphan = true;
        late_orphans_.push_back(message.tuple);
    }
    // A late release by a former owner gives nothing away.
    if (message.from == ownership->owner && message.to == ownership->let_go_to &&
        is_of(*ownership, message) && lets_go(message)) {
        ownership->has_reached = true;
    }
    const ServerRole* home = roles_.home_of(message.tuple.service);
    // A home gives back by 0x10 alone: its 0x11 says that a copy is unwanted, and its 0x01 may be
    // a late one.
    const bool gives_nothing = home != nullptr && home->host == message.from &&
                               message.type != wire::EncapsulationType::Reject;
    if (message.from == ownership->let_go_to && message.to == ownership->owner && !gives_nothing &&
        is_of(*ownership, message) && gives_back(message)) {
        ownership->given_back_by = ownership->let_go_to;
        ownership->let_go_to.reset();
        ownership->has_reached = false;
    }
}

bool OwnerChecker::is_late(const Ownership& ownership, const ServerSegment& segment) const {
    const auto found = found_.find(segment.server);
    return ownership.given_back_by == segment.server && found != found_.end() &&
           found->second == segment.time;
}

// From the home to a target: a release (EP-13). From a target to the home: the endpoint has been
// closed (EP-30), is not there any more (EP-23), or returns (EP-45).
bool OwnerChecker::lets_go(const FarmMessage& message) const {
    const ServerRole* home = roles_.home_of(message.tuple.service);
    if (home == nullptr) return false;
    if (message.to == home->host) return gives_back(message);
    if (message.from != home->host) return false;
    if (roles_.has_extensions) return message.type == wire::EncapsulationType::Go;
    // A packet that is damaged behind its header is forwarded, and releases, too.
    return message.type == wire::EncapsulationType::Forwarded &&
           !(message.inner && message.inner->flags().reset);
}

bool OwnerChecker::gives_back(const FarmMessage& message) {
    switch (message.type) {
        case wire::EncapsulationType::Connection:
        case wire::EncapsulationType::Release:
            return true;
        case wire::EncapsulationType::Reject:
            // An ID of zeros asks who owns the connection and gives nothing away (EP-23).
            return message.epoch != 0;
        case wire::EncapsulationType::Forwarded:
        case wire::EncapsulationType::Acknowledgement:
        case wire::EncapsulationType::Data:
        case wire::EncapsulationType::Challenge:
        case wire::EncapsulationType::Go:
        case wire::EncapsulationType::Missing:
            return false;
    }
    return false;
}

std::vector<wire::ConnectionTuple> OwnerChecker::in_limbo() const {
    std::vector<wire::ConnectionTuple> found;
    for (const auto& [tuple, ownership] : ownerships_) {
        if (ownership.let_go_to) found.push_back(tuple);
    }
    std::ranges::sort(found);
    return found;
}

OwnerChecker::Ownership* OwnerChecker::find(const FarmMessage& message) {
    const auto position = ownerships_.find(message.tuple);
    return position == ownerships_.end() ? nullptr : &position->second;
}

void OwnerChecker::change_owner(Ownership& ownership, HostId to) {
    ownership.owner = to;
    ownership.let_go_to.reset();
    ownership.has_reached = false;
    ++migrations_;
}

}  // namespace shunt::sim
