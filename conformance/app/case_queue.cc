// SPDX-License-Identifier: Apache-2.0
#include "app/case_queue.hh"

#include <fmt/format.h>

#include <algorithm>

#include "app/case_run.hh"
#include "cases/lasting.hh"
#include "cases/sharing.hh"

namespace conform {
namespace {

/// Ports of the cases of one run lie side by side; the last one's still fit below 2^16.
constexpr std::uint16_t kPortFirst = 20'000;
constexpr std::uint16_t kPortLast = 64'000;

}  // namespace

CaseQueue::CaseQueue(std::vector<PlannedCase> planned, bool is_sharing, EndsRun ends_run,
                     Started started, Progress progress)
    : ends_run_(std::move(ends_run)), started_(std::move(started)), progress_(std::move(progress)) {
    results_.resize(planned.size());
    has_ended_.resize(planned.size());
    is_left_out_.resize(planned.size());
    for (const PlannedCase& each : planned) {
        results_[each.place] = describe(*each.info);
        results_[each.place].round = each.round;
        if (!is_sharing || seclusion_of(each.info->id) != nullptr) {
            ones_.push_back(each);
            continue;
        }
        if (companies_.size() < each.round) companies_.resize(each.round);
        companies_[each.round - 1].push_back(each);
    }
    if (!is_sharing) return;
    // Who lasts longest begins first: nobody waits for a single one in the end.
    const auto is_longer = [](const PlannedCase& a, const PlannedCase& b) {
        return lasting_of(a.info->id) > lasting_of(b.info->id);
    };
    std::stable_sort(ones_.begin(), ones_.end(), is_longer);
    for (std::deque<PlannedCase>& company : companies_)
        std::stable_sort(company.begin(), company.end(), is_longer);
}

void CaseQueue::leave_out(const PlannedCase& planned, CaseResult result) {
    const std::scoped_lock lock(mutex_);
    results_[planned.place] = std::move(result);
    is_left_out_[planned.place] = true;
}

void CaseQueue::tell_of_left_out(const PlannedCase& planned) {
    started_(*planned.info);
    has_ended_[planned.place] = true;
    progress_(results_[planned.place]);
}

std::deque<PlannedCase> CaseQueue::take_company() {
    const std::scoped_lock lock(mutex_);
    for (std::deque<PlannedCase>& company : companies_) {
        std::deque<PlannedCase> taken = std::exchange(company, {});
        std::erase_if(taken, [this](const PlannedCase& each) {
            if (is_left_out_[each.place]) tell_of_left_out(each);
            return is_left_out_[each.place];
        });
        if (!taken.empty()) return taken;
    }
    return {};
}

std::optional<PlannedCase> CaseQueue::take_one() {
    const std::scoped_lock lock(mutex_);
    while (!ones_.empty() && !is_stopped_ && failed_case_.empty()) {
        const PlannedCase first = ones_.front();
        ones_.pop_front();
        if (!is_left_out_[first.place]) return first;
        tell_of_left_out(first);
    }
    return std::nullopt;
}

bool CaseQueue::is_over() const {
    const std::scoped_lock lock(mutex_);
    return is_stopped_ || !failed_case_.empty();
}

void CaseQueue::stop() {
    const std::scoped_lock lock(mutex_);
    is_stopped_ = true;
}

void CaseQueue::start(const PlannedCase& planned) {
    const std::scoped_lock lock(mutex_);
    started_(*planned.info);
}

void CaseQueue::finish(const PlannedCase& planned, const CaseResult& result) {
    const std::scoped_lock lock(mutex_);
    results_[planned.place] = result;
    has_ended_[planned.place] = true;
    if (failed_case_.empty() && ends_run_(result)) failed_case_ = result.id;
    progress_(result);
}

std::uint16_t CaseQueue::next_port() {
    const std::scoped_lock lock(mutex_);
    const std::uint16_t port = port_;
    port_ = static_cast<std::uint16_t>(port_ + Stage::kPortsPerCase);
    if (port_ > kPortLast) port_ = kPortFirst;
    return port;
}

std::vector<CaseResult> CaseQueue::take_results() {
    const std::scoped_lock lock(mutex_);
    for (std::size_t place = 0; place < results_.size(); ++place) {
        if (has_ended_[place]) continue;
        if (is_left_out_[place]) continue;
        results_[place].verdict = Verdict::NotRun;
        results_[place].reason = failed_case_.empty()
                                     ? "not tried: the run was interrupted"
                                     : fmt::format("not tried: {} failed before", failed_case_);
        progress_(results_[place]);
    }
    return std::move(results_);
}

}  // namespace conform
