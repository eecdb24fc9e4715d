// SPDX-License-Identifier: Apache-2.0
#include "app/bench.hh"

#include <fmt/format.h>

#include <algorithm>

#include "app/burst.hh"
#include "app/case_run.hh"
#include "app/clean_slate.hh"
#include "app/guilty_frame.hh"
#include "app/qualify.hh"
#include "attach/stimulus_limit.hh"
#include "iut/link_of.hh"

namespace conform {
namespace {

/// For a process whose conversation has ended to be gone, so that its exit code is the reason.
constexpr std::chrono::milliseconds kEndPatience{500};
/// The same behind the last case, where nothing else would notice.
constexpr std::chrono::milliseconds kLateEndPatience{50};

/// Losing the device over and over has been shown by then, and each costs a dozen runs.
constexpr int kPinsMax = 3;
constexpr int kRerunsMax = 2;
constexpr std::size_t kMarkers = 20;
/// Between two cases that begin at one device: two hundred of them begin within 4 s. Where it was
/// late `kRecently`, by as much more.
constexpr std::chrono::milliseconds kSeatingPause{20};
constexpr std::chrono::milliseconds kRecently{200};
/// Behind all ports of cases.
constexpr std::uint16_t kQualifyPort = 64'100;
constexpr std::uint16_t kBurstPort = 64'300;

bool is_loss(Verdict verdict) {
    return verdict == Verdict::Hang || verdict == Verdict::Crash;
}

}  // namespace

Bench::Bench(Options options, Iut iut, const Evidence& evidence, std::string log_path,
             Observe observe)
    : options_(std::move(options)),
      iut_(std::move(iut)),
      evidence_(evidence),
      log_path_(std::move(log_path)),
      observe_(std::move(observe)),
      point_(iut_.front, iut_.back, *options_.time, iut_.control_address(),
             [this](ByteView frame) { return link_of(iut_, frame); }),
      may_wipe_(!point_.is_fresh_each_time()) {
    if (options_.time != TimeKind::Wall) return;
    // A beat that nobody sees, and a little that is no standstill.
    iut_.timers.tolerance = std::max<Duration>(iut_.timers.tolerance, 2 * Pulse::kBeat);
}

Qualification Bench::qualify(std::size_t jobs) {
    Qualification found;
    CaseResult trouble;
    blame_what_ends(trouble, [&] {
        start_device();
        Attachment& device = attach(1);
        found = conform::qualify(device, iut_, *options_.seed, kQualifyPort, kMarkers);
        if (jobs > 1 && options_.time == TimeKind::Wall && found.troubles.empty()) {
            found.connections = jobs;
            found.served = count_served(device, iut_, *options_.seed, kBurstPort, jobs);
        }
        found.dropped = device.dropped();
    });
    if (trouble.verdict != Verdict::Pass) found.troubles.push_back(trouble.reason);
    if (point_.is_fresh_each_time() || !found.troubles.empty()) attachment_.reset();
    // Of a device that does not qualify nothing is known: the cases begin with another.
    if (!found.troubles.empty()) let_go();
    return found;
}

void Bench::calibrate(const Qualification& qualification) {
    iut_.timers = calibrated(iut_.timers, qualification);
    if (qualification.reset != "works") may_wipe_ = false;
}

void Bench::work(CaseQueue& queue, std::size_t jobs) {
    while (!queue.is_over()) {
        std::deque<PlannedCase> company = queue.take_company();
        if (company.empty()) break;
        work_in_company(queue, std::move(company), jobs);
    }
    while (const std::optional<PlannedCase> planned = queue.take_one())
        work_alone(queue, {*planned}, true);
    blame_late_end(queue, kLateEndPatience);
}

void Bench::work_in_company(CaseQueue& queue, std::deque<PlannedCase> waiting, std::size_t jobs) {
    std::vector<Doubtful> again;
    const Company::Callbacks callbacks{
        [&queue] { return queue.next_port(); },
        [&queue](const PlannedCase& planned) { queue.start(planned); },
        [&](const PlannedCase& planned, CaseResult result, const Conversation& conversation) {
            const Noise noise = noise_during(conversation);
            if (is_doubtful(result, noise)) return again.push_back({planned, spell(result, noise)});
            tell(queue, planned, std::move(result), conversation);
        },
        [&queue] { return queue.is_over(); }, [this] { return seating_pause(); }};
    while (!waiting.empty() && !queue.is_over()) {
        Company::Loss loss;
        bool is_open = false;
        CaseResult trouble;
        blame_what_ends(trouble, [&] {
            Company company(attach_to_living(queue, waiting.size()), iut_, jobs, callbacks);
            is_open = company.open(waiting.front().seed);
            if (is_open) loss = company.run(waiting);
        });
        if (is_open && loss.suspects.empty()) continue;
        if (!is_open) {
            // Whatever is in the way, each case says it for itself.
            while (!waiting.empty() && !queue.is_over()) {
                work_alone(queue, {waiting.front()}, true);
                waiting.pop_front();
            }
            break;
        }
        find_guilty(queue, loss, waiting);
    }
    if (point_.is_fresh_each_time()) attachment_.reset();
    for (const Doubtful& each : again)
        work_alone(queue, each, false);
}

void Bench::find_guilty(CaseQueue& queue, const Company::Loss& loss,
                        std::deque<PlannedCase>& waiting) {
    CaseResult end;
    overrule(end, loss.verdict, loss.reason);
    blame_process(end);
    let_go();
    std::optional<Ended> first;
    for (std::size_t i = 0; i < loss.suspects.size(); ++i) {
        const PlannedCase& suspect = loss.suspects[i];
        const CaseResult result = work_alone(queue, {suspect}, false);
        if (!first) first = Ended{suspect, result};
        if (!is_loss(result.verdict)) continue;
        // Those behind it have not been heard yet.
        waiting.insert(waiting.begin(), loss.suspects.begin() + static_cast<std::ptrdiff_t>(i) + 1,
                       loss.suspects.end());
        return;
    }
    if (!is_loss(end.verdict)) return;
    // A device that ends has ended, whoever was there. One that was silent may have been busy.
    const bool is_end = end.verdict == Verdict::Crash;
    overrule(first->result, is_end ? Verdict::Crash : Verdict::Inconclusive,
             fmt::format("beside {} others: {}; none of them does it alone",
                         loss.suspects.size() - 1, end.reason));
    evidence_.amend(first->result);
    queue.finish(first->planned, first->result);
}

CaseResult Bench::work_alone(CaseQueue& queue, const Doubtful& doubtful, bool is_told) {
    const PlannedCase& planned = doubtful.planned;
    if (is_told) queue.start(planned);
    std::string before = doubtful.before;
    Conversation conversation;
    Noise noise;
    CaseResult result = try_alone(queue, planned, conversation, noise);
    for (int reruns = 0; reruns < kRerunsMax && is_doubtful(result, noise); ++reruns) {
        before = spell(result, noise);
        result = try_alone(queue, planned, conversation, noise);
    }
    if (is_doubtful(result, noise)) {
        overrule(result, Verdict::Inconclusive, spell(result, noise));
    } else if (!before.empty() && result.verdict <= Verdict::NonStrict) {
        // What it was doubted for stays to be read.
        result.reason = "only when it was run again; before: " + before;
    }
    tell(queue, planned, std::move(result), conversation);
    return last_->result;
}

std::string Bench::spell(const CaseResult& result, const Noise& noise) const {
    std::string text =
        fmt::format("{}; but it may have been {} ms late, and a case bears {} ms",
                    result.reason.empty() ? to_string(result.verdict) : result.reason,
                    milliseconds_of(noise.late), milliseconds_of(iut_.timers.tolerance));
    if (noise.dropped > 0) text += fmt::format("; {} frames were lost on this side", noise.dropped);
    return text;
}

CaseResult Bench::try_alone(CaseQueue& queue, const PlannedCase& planned,
                            Conversation& conversation, Noise& noise) {
    const CaseInfo& info = *planned.info;
    CaseResult result = describe(info);
    const Place place{.port = queue.next_port(), .keeps_strangers = point_.is_fresh_each_time()};
    if (!unattached_case_.empty()) {
        result.verdict = Verdict::NotRun;
        result.reason = fmt::format("not tried: {} found nothing to talk to", unattached_case_);
        return result;
    }
    blame_what_ends(result, [&] {
        Attachment* attachment = nullptr;
        try {
            attachment = &attach_to_living(queue, 1);
        } catch (const AttachmentError&) {
            unattached_case_ = info.id;
            throw;
        }
        if (may_wipe_) may_wipe_ = wipe(*attachment, iut_, planned.seed, queue.next_port());
        result = run_case(info, *attachment, iut_, planned.seed, place, conversation);
        noise = noise_during(conversation);
    });
    blame_process(result);
    pin(queue, planned, place, result, conversation);
    return result;
}

void Bench::tell(CaseQueue& queue, const PlannedCase& planned, CaseResult result,
                 const Conversation& conversation) {
    result.round = planned.round;
    result.rerun = evidence_.rerun_line(planned.info->id, planned.seed);
    observe_(result, conversation.frames);
    evidence_.write(result, conversation);
    queue.finish(planned, result);
    last_ = Ended{planned, std::move(result)};
}

Duration Bench::seating_pause() {
    if (pulse_ == nullptr) return Duration::zero();
    return kSeatingPause +
           std::min<Duration>(pulse_->noise_since(pulse_->now() - kRecently).late, kRecently);
}

Noise Bench::noise_during(const Conversation& conversation) {
    if (pulse_ == nullptr || conversation.turns.empty()) return {};
    return pulse_->noise_since(conversation.turns.front());
}

bool Bench::is_doubtful(const CaseResult& result, const Noise& noise) const {
    // Of what was lost on this side a silence may be made as well.
    const bool has_run = result.verdict <= Verdict::Fail && result.verdict != Verdict::NotRun;
    if (noise.dropped > 0) return has_run;
    return result.verdict == Verdict::Fail && noise.late > iut_.timers.tolerance;
}

bool Bench::is_lost_with(CaseQueue& queue, const PlannedCase& planned, const Place& place,
                         Verdict verdict, std::size_t limit) {
    CaseResult again = describe(*planned.info);
    Conversation conversation;
    blame_what_ends(again, [&] {
        StimulusLimit limited(attach_to_living(queue, 1), limit);
        again = run_case(*planned.info, limited, iut_, planned.seed, place, conversation);
    });
    blame_process(again);
    const bool has_ended_late = device_ && device_->ends_within(kLateEndPatience);
    let_go();
    return again.verdict == verdict || has_ended_late;
}

void Bench::pin(CaseQueue& queue, const PlannedCase& planned, const Place& place,
                CaseResult& result, Conversation& conversation) {
    if (!is_loss(result.verdict) || options_.device_command.empty() || pins_ == kPinsMax) return;
    ++pins_;
    // What ends in a rerun is no matter of the case before.
    last_.reset();
    const Verdict verdict = result.verdict;
    const std::vector<std::size_t> stimuli = stimuli_of(conversation.frames);
    const std::optional<std::size_t> guilty = first_guilty(stimuli.size(), [&](std::size_t limit) {
        return is_lost_with(queue, planned, place, verdict, limit);
    });
    std::string where = "not every time";
    if (guilty && *guilty == 0) where = "without any frame of the case";
    if (guilty && *guilty > 0) {
        CapturedFrame& frame = conversation.frames[stimuli[*guilty - 1]];
        where = fmt::format("at frame {} of the {} that the case sends ({})", *guilty,
                            stimuli.size(), describe(frame.frame));
        frame.comments.push_back(
            fmt::format("{}: the first frame without which the device lives", to_string(verdict)));
    }
    overrule(result, verdict, fmt::format("{}; {}", result.reason, where));
}

void Bench::start_device() {
    if (options_.device_command.empty() || device_) return;
    device_ = std::make_unique<DeviceProcess>(options_.device_command, point_.socket_path(),
                                              log_path_, iut_.timers.start);
}

Attachment& Bench::attach(std::size_t conversations) {
    if (point_.is_fresh_each_time()) attachment_.reset();
    if (attachment_) return *attachment_;
    attachment_ = point_.open(*options_.seed, conversations);
    pulse_ = nullptr;
    if (options_.time == TimeKind::Wall) {
        auto pulse = std::make_unique<Pulse>(std::move(attachment_), iut_);
        pulse_ = pulse.get();
        attachment_ = std::move(pulse);
    }
    return *attachment_;
}

Attachment& Bench::attach_to_living(CaseQueue& queue, std::size_t conversations) {
    blame_late_end(queue, std::chrono::milliseconds(0));
    const bool was_there = device_ != nullptr;
    start_device();
    if (!last_ || !was_there) return attach(conversations);
    try {
        return attach(conversations);
    } catch (const DeviceGone&) {
        if (!blame_late_end(queue, kEndPatience)) throw;
    } catch (const AttachmentError&) {
        if (!blame_late_end(queue, kEndPatience)) throw;
    }
    start_device();
    return attach(conversations);
}

void Bench::let_go() {
    attachment_.reset();
    device_.reset();
}

void Bench::blame_process(CaseResult& result) {
    const bool is_broken = result.verdict >= Verdict::Hang;
    if (is_broken || point_.is_fresh_each_time()) attachment_.reset();
    if (!device_) return;
    const bool is_gone = result.verdict == Verdict::Crash;
    const bool has_ended = is_gone ? device_->ends_within(kEndPatience) : !device_->is_running();
    if (has_ended) {
        overrule(result, worse(result.verdict, Verdict::Crash),
                 "the device " + device_->describe_end());
    }
    // The next case gets a new process, and an attachment to it.
    if (is_broken || has_ended) let_go();
}

bool Bench::blame_late_end(CaseQueue& queue, std::chrono::milliseconds patience) {
    if (!device_ || !last_ || !device_->ends_within(patience)) return false;
    overrule(last_->result, worse(last_->result.verdict, Verdict::Crash),
             "after the case the device " + device_->describe_end());
    evidence_.amend(last_->result);
    let_go();
    queue.finish(last_->planned, last_->result);
    return true;
}

}  // namespace conform
