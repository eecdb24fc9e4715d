// SPDX-License-Identifier: Apache-2.0
#include "app/company.hh"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include <nlohmann/json.hpp>

#include "attach/json_line.hh"
#include "pdu/frame.hh"

namespace conform {
namespace {

/// A frame of the farm's servers among themselves, or of the link: of no case.
bool is_common(const Frame& frame, const Iut& iut) {
    if (!frame.ipv4 && !frame.encapsulation) return true;
    if (frame.encapsulation || !frame.ipv4->tcp) return false;
    return std::any_of(iut.peers.begin(), iut.peers.end(), [&](const ServerAddresses& peer) {
        return frame.ipv4->destination == peer.control_ip;
    });
}

}  // namespace

Company::Guest::Guest(const PlannedCase& who, Attachment& device, const Iut& iut,
                      std::uint16_t port)
    : planned(who),
      seat(device),
      run(*who.info, seat, iut, who.seed,
          {.port = port, .keeps_strangers = false, .has_channels = false}) {}

Company::Company(Attachment& device, const Iut& iut, std::size_t seats, Callbacks callbacks)
    : device_(device), iut_(iut), seats_(seats), callbacks_(std::move(callbacks)) {}

bool Company::open(std::uint64_t seed) {
    house_port_ = callbacks_.next_port();
    house_ = std::make_unique<House>(device_, iut_, seed, house_port_, callbacks_.keeps_strangers);
    try {
        house_->scheduler().begin();
        while (!house_->is_open()) {
            for (LinkFrame& frame : device_.progress(house_->scheduler().next_wake()))
                hand_out(std::move(frame));
            take_turns(device_.now());
        }
    } catch (const Violation&) {
        return false;
    }
    return true;
}

Company::Guest* Company::guest_of(std::uint64_t port) {
    if (port > UINT16_MAX) return nullptr;
    auto found = guests_.upper_bound(static_cast<std::uint16_t>(port));
    if (found == guests_.begin()) return nullptr;
    --found;
    return port < found->first + std::uint64_t{Stage::kPortsPerCase} ? found->second.get()
                                                                     : nullptr;
}

bool Company::has_been_named(std::uint16_t port) const {
    // What the device still says to a case that has left is nobody's.
    const auto seated = ports_seated_.upper_bound(port);
    if (seated != ports_seated_.begin() &&
        port < *std::prev(seated) + std::uint32_t{Stage::kPortsPerCase})
        return true;
    return std::any_of(guests_.begin(), guests_.end(),
                       [port](const auto& each) { return each.second->seat.has_named(port); });
}

void Company::hand_out(LinkFrame frame) {
    const Frame decoded = decode_frame(frame.bytes, house_->framing());
    const std::optional<std::uint16_t> port = client_port_of(decoded);
    // What concerns no client of anybody is everybody's matter, and the house minds it.
    if (!port || is_common(decoded, iut_) || *port == house_port_) {
        house_frames_.push_back(std::move(frame));
    } else if (Guest* guest = port ? guest_of(*port) : nullptr) {
        guest->frames.push_back(std::move(frame));
    } else if (callbacks_.keeps_strangers && !has_been_named(*port)) {
        house_frames_.push_back(std::move(frame));
    }
}

void Company::hand_out(std::string line) {
    const nlohmann::json answer = parse_json_line(line);
    const auto id = answer.is_object() ? answer.find("id") : answer.end();
    if (id != answer.end() && id->is_number_unsigned()) {
        Guest* guest = guest_of(id->get<std::uint64_t>() / Stage::kRequestsPerPort);
        if (guest != nullptr) guest->seat.add_line(std::move(line));
        return;
    }
    // What answers nobody's request is everybody's to judge.
    for (const auto& [port, guest] : guests_)
        guest->seat.add_line(line);
}

void Company::seat_more(std::deque<PlannedCase>& waiting) {
    while (guests_.size() < seats_ && !waiting.empty() && !callbacks_.is_over() &&
           device_.now() >= next_seating_) {
        next_seating_ = device_.now() + callbacks_.pause();
        const PlannedCase planned = waiting.front();
        waiting.pop_front();
        const std::uint16_t port = callbacks_.next_port();
        callbacks_.started(planned);
        auto guest = std::make_unique<Guest>(planned, device_, iut_, port);
        if (callbacks_.keeps_strangers) {
            constexpr std::size_t kClientPort = 4;
            guest->seat.note_ports_at(kEthernetHeaderSize + iut_.framing.overhead() -
                                      kEncapsulationHeaderSize + kClientPort);
        }
        ports_seated_.insert(port);
        Guest& seated = *guest;
        guests_[port] = std::move(guest);
        drive(seated, [&seated] { seated.run.scheduler().begin(); });
    }
}

void Company::drive(Guest& guest, const std::function<void()>& action) {
    const bool goes_on = guest.run.drive(action);
    guest.has_ended = !goes_on || guest.run.scheduler().is_done();
}

Time Company::next_wake(bool has_waiting) {
    Time wake = house_->scheduler().next_wake();
    if (has_waiting && guests_.size() < seats_) wake = std::min(wake, next_seating_);
    for (const auto& [port, guest] : guests_) {
        Guest& each = *guest;
        drive(each, [&] { wake = std::min(wake, each.run.scheduler().next_wake()); });
        if (each.has_ended) wake = device_.now();
    }
    return wake;
}

void Company::take_turns(Time now) {
    const auto is_due = [now](Scheduler& scheduler, const std::vector<LinkFrame>& frames) {
        return !frames.empty() || scheduler.next_wake() <= now;
    };
    house_->seat().set_now(now);
    if (is_due(house_->scheduler(), house_frames_)) {
        house_->scheduler().take_turn(std::exchange(house_frames_, {}), now);
    }
    for (const auto& [port, guest] : guests_) {
        Guest& each = *guest;
        if (each.has_ended) continue;
        each.seat.set_now(now);
        drive(each, [&] {
            if (!is_due(each.run.scheduler(), each.frames)) return;
            each.run.scheduler().take_turn(std::exchange(each.frames, {}), now);
        });
    }
}

bool Company::see_off(Loss& loss) {
    for (auto next = guests_.begin(); next != guests_.end();) {
        const auto at = next++;
        Guest& guest = *at->second;
        if (!guest.has_ended) continue;
        Conversation conversation;
        CaseResult result = guest.run.conclude(conversation);
        if (result.verdict == Verdict::Hang || result.verdict == Verdict::Crash) {
            loss.suspects.push_back(guest.planned);
            loss.verdict = worse(loss.verdict, result.verdict);
            loss.reason = result.reason;
        } else {
            // Whose doing it was nobody knows: one of them tells it, once.
            for (const Finding& finding : house_->findings()) {
                const bool has_passed = result.verdict <= Verdict::NonStrict;
                if (!has_passed || finding.level != Level::Must) continue;
                if (!told_.insert(finding.message()).second) continue;
                overrule(result, Verdict::Fail,
                         fmt::format("beside the cases at this device: {}", finding.message()));
            }
            callbacks_.ended(guest.planned, std::move(result), conversation);
        }
        guests_.erase(at);
    }
    return !loss.suspects.empty();
}

Company::Loss Company::lose(Loss loss) {
    std::vector<const Guest*> others;
    others.reserve(guests_.size());
    for (const auto& [port, guest] : guests_)
        others.push_back(guest.get());
    std::stable_sort(others.begin(), others.end(), [](const Guest* a, const Guest* b) {
        return a->seat.sent_at() > b->seat.sent_at();
    });
    for (const Guest* guest : others)
        loss.suspects.push_back(guest->planned);
    guests_.clear();
    return loss;
}

Company::Loss Company::run(std::deque<PlannedCase>& waiting) {
    Loss loss;
    CaseResult end;
    blame_what_ends(end, [&] {
        for (;;) {
            seat_more(waiting);
            if (see_off(loss)) return;
            if (guests_.empty() && (waiting.empty() || callbacks_.is_over())) return;
            if (guests_.empty() && device_.now() >= next_seating_) continue;
            const bool has_waiting = !waiting.empty() && !callbacks_.is_over();
            for (LinkFrame& frame : device_.progress(next_wake(has_waiting)))
                hand_out(std::move(frame));
            for (std::string& line : device_.take_control())
                hand_out(std::move(line));
            take_turns(device_.now());
        }
    });
    if (end.verdict == Verdict::Pass && loss.suspects.empty()) return loss;
    if (end.verdict != Verdict::Pass) {
        loss.verdict = end.verdict;
        loss.reason = end.reason;
    }
    return lose(std::move(loss));
}

}  // namespace conform
