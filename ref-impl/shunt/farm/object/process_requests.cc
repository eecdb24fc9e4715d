// SPDX-License-Identifier: Apache-2.0
#include "shunt/farm/object/process_requests.hh"

namespace shunt::farm {

bool ProcessRequests::ask(ProcessId process, const RequestOrigin& origin, ProcessRequest request,
                          Instant now) {
    Queue& queue = queues_[process];
    const std::size_t size = request.bytes.size();
    if (queue.unanswered >= kUnansweredMax || queue.bytes + size > kBytesMax) return false;
    request.number = ++last_number_;
    const Asked asked{process, origin, request.kind, request.object, now + kPatience, size, false};
    ++queue.unanswered;
    queue.bytes += size;
    by_patience_.emplace(asked.patience, request.number);
    asked_.emplace(request.number, asked);
    queue.unfetched.push_back(std::move(request));
    return true;
}

void ProcessRequests::tell_release(ProcessId process, std::uint64_t object) {
    queues_[process].unfetched.push_back({0, ProcessRequest::Kind::Release, object, {}, {}});
}

std::optional<ProcessRequest> ProcessRequests::next(ProcessId process) {
    const auto found = queues_.find(process);
    if (found == queues_.end() || found->second.unfetched.empty()) return std::nullopt;
    ProcessRequest request = std::move(found->second.unfetched.front());
    found->second.unfetched.pop_front();
    if (request.number != 0) asked_.at(request.number).is_fetched = true;
    return request;
}

void ProcessRequests::settle(std::uint64_t number, const Asked& asked) {
    Queue& queue = queues_[asked.process];
    --queue.unanswered;
    queue.bytes -= asked.size;
    by_patience_.erase({asked.patience, number});
    asked_.erase(number);
}

std::optional<ProcessRequests::Asked> ProcessRequests::take(ProcessId process,
                                                            std::uint64_t number) {
    const auto found = asked_.find(number);
    if (found == asked_.end() || found->second.process != process) return std::nullopt;
    const Asked asked = found->second;
    settle(number, asked);
    return asked;
}

std::vector<ProcessRequests::Asked> ProcessRequests::expire(Instant now) {
    std::vector<Asked> expired;
    while (!by_patience_.empty() && by_patience_.begin()->first <= now) {
        const std::uint64_t number = by_patience_.begin()->second;
        expired.push_back(asked_.at(number));
        settle(number, expired.back());
        std::erase_if(queues_[expired.back().process].unfetched,
                      [&](const ProcessRequest& request) { return request.number == number; });
    }
    return expired;
}

std::vector<ProcessRequests::Asked> ProcessRequests::remove_of(ProcessId process) {
    std::vector<Asked> ended;
    for (auto at = asked_.begin(); at != asked_.end();) {
        const auto [number, asked] = *at++;  // settle() erases it
        if (asked.process != process) continue;
        ended.push_back(asked);
        settle(number, asked);
    }
    queues_.erase(process);
    return ended;
}

std::optional<Instant> ProcessRequests::deadline() const {
    if (by_patience_.empty()) return std::nullopt;
    return by_patience_.begin()->first;
}

}  // namespace shunt::farm
