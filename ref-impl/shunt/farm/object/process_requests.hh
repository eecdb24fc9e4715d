// SPDX-License-Identifier: Apache-2.0
// What processes are asked to do for their objects, in order, and what they have not answered yet:
// bounded in number, bytes and time, so that a process that sleeps holds up its askers alone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "shunt/base/time.hh"
#include "shunt/farm/channel/request_inbox.hh"
#include "shunt/farm/object/object.hh"

namespace shunt::farm {

/// One thing to do for a process.
struct ProcessRequest {
    enum class Kind : std::uint8_t {
        Create,  // an object of that class; to be answered
        Call,    // to be answered
        Release  // the object is wanted no more; not to be answered
    };
    std::uint64_t number = 0;  // of its answer; 0: none is wanted
    Kind kind = Kind::Call;
    std::uint64_t object = 0;
    std::string class_name;
    ObjectBytes bytes;
};

class ProcessRequests {
  public:
    /// Shorter than an asker's patience, so that it hears what was wrong.
    static constexpr Duration kPatience = Duration::seconds(8);
    /// Of one process, without an answer.
    static constexpr std::size_t kUnansweredMax = 64;
    static constexpr std::size_t kBytesMax = std::size_t{8} << 20U;

    /// A request without an answer.
    struct Asked {
        ProcessId process = 0;
        RequestOrigin origin;
        ProcessRequest::Kind kind = ProcessRequest::Kind::Call;
        std::uint64_t object = 0;
        Instant patience;
        std::size_t size = 0;  // of its bytes
        bool is_fetched = false;
    };

    /// `request` has no number yet. False: too much waits for the process.
    [[nodiscard]] bool ask(ProcessId process, const RequestOrigin& origin, ProcessRequest request,
                           Instant now);
    /// What was asked before comes first: a process never hears of the end of what it has not made.
    void tell_release(ProcessId process, std::uint64_t object);
    /// The next thing that the process has not fetched.
    std::optional<ProcessRequest> next(ProcessId process);
    /// It has answered. Nothing: it was not asked that, or its answer came too late.
    std::optional<Asked> take(ProcessId process, std::uint64_t number);
    /// Those whose patience is over; what was not fetched will not be.
    std::vector<Asked> expire(Instant now);
    /// The process has ended: what it has not answered.
    std::vector<Asked> remove_of(ProcessId process);
    std::optional<Instant> deadline() const;

  private:
    struct Queue {
        std::deque<ProcessRequest> unfetched;
        std::size_t unanswered = 0;
        std::size_t bytes = 0;
    };
    void settle(std::uint64_t number, const Asked& asked);

    std::map<ProcessId, Queue> queues_;
    std::map<std::uint64_t, Asked> asked_;  // by number
    std::set<std::pair<Instant, std::uint64_t>> by_patience_;
    std::uint64_t last_number_ = 0;
};

}  // namespace shunt::farm
