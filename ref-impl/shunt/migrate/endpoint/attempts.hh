// SPDX-License-Identifier: Apache-2.0
// What a home that offers an endpoint and an owner that offers it back have in common: 0x01, the
// queues behind it, and what the other side has missed (docs/protocol/endpoint.md, EP-6, EP-41).
#pragma once

#include <array>
#include <optional>
#include <vector>

#include "shunt/base/ready_queue.hh"
#include "shunt/migrate/endpoint/context.hh"
#include "shunt/migrate/endpoint/messages.hh"

namespace shunt::migrate::endpoint {

class Attempts {
  public:
    /// Frames of 0x12 that leave this server within any millisecond, whosever they are (EP-41).
    static constexpr std::size_t kDataFramesPerMillisecond = 64;
    /// Longest queues, all together, that move in 0x12 (EP-41).
    static constexpr std::uint32_t kQueuesMax = 1024 * 1024;

    Attempts(Context& context, Messages& messages) : context_(context), messages_(messages) {}

    /// What goes in 0x01, and nothing beside it: the application is not bound yet.
    Attempt make_unbound(const wire::ConnectionTuple& tuple, farm::ServerId to,
                         const wire::ControlBlock& block, Instant now);
    /// The same of an endpoint in use, whose queues go too.
    Attempt make(const wire::ConnectionTuple& tuple, farm::ServerId to, tcp::Snapshot snapshot,
                 Instant now);

    /// Longest queues of that connection, all together, with which it moves (EP-41).
    std::uint32_t queues_max(const wire::ConnectionTuple& tuple) const {
        return context_.moves_as_blob(tuple) ? blob::Carrier::kQueuesMax : kQueuesMax;
    }

    /// The record's attempt begins: its first 0x01, or the blob.
    void begin(Slot slot, Instant now);
    /// The record's attempt is one that releases the endpoint itself (BL-14).
    bool is_eager(const Record& record) const;
    /// The blob once more: the channel of the one before was lost (EP-46).
    void offer_again(Attempt& attempt, Instant now) { context_.blobs->offer(attempt, false, now); }
    /// Sends 0x01 again if that is due; one, also if several were missed. `repeats`: when it goes,
    /// counted from the attempt's clock; `last`: the pause once those are used up, if it goes on.
    void repeat(Slot slot, const std::vector<Duration>& repeats, std::optional<Duration> last,
                Instant now);
    /// When repeat() is next needed; nothing if never.
    static std::optional<Instant> next_repeat(const Attempt& attempt,
                                              const std::vector<Duration>& repeats,
                                              std::optional<Duration> last);
    /// 0x15.
    void handle_missing(const EncapsulatedFrame& frame, Instant now);

    /// Sends what the pace allows, each attempt in its turn.
    void send_queues(Instant now);
    std::optional<Instant> deadline() const;
    /// A record whose deadline has moved by progress; call until there is none. It may be gone.
    std::optional<Slot> poll_progressed() { return progressed_.pop(); }

  private:
    Attempt make_blob(const wire::ConnectionTuple& tuple, farm::ServerId to,
                      const tcp::Snapshot& snapshot, Instant now);
    void send_offer(Slot slot, Instant now);
    /// False: nothing of it is left to be sent.
    bool send_part(Slot slot, Instant now);
    bool is_paced(Instant now) const;

    Context& context_;
    Messages& messages_;
    ReadyQueue senders_;
    ReadyQueue progressed_;
    std::array<Instant, kDataFramesPerMillisecond> sent_at_{};  // a ring
    std::size_t sent_ = 0;
};

}  // namespace shunt::migrate::endpoint
