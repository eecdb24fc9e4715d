// SPDX-License-Identifier: Apache-2.0
// Requests to other servers that have no answer yet. Each has exactly one outcome: its answer, the
// loss of its channel (CTL-6), or the end of the asker's patience.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "shunt/base/time.hh"
#include "shunt/farm/farm_config.hh"
#include "shunt/wire/control_frame.hh"

namespace shunt::farm {

struct TransactionOutcome {
    enum class Kind : std::uint8_t { Answered, ChannelLost, TimedOut };

    std::uint64_t transaction = 0;
    ServerId peer = 0;
    Kind kind = Kind::Answered;
    /// With Answered, and then perhaps ControlKind::Error.
    wire::ControlKind answer = wire::ControlKind::Error;
    std::vector<std::uint8_t> body;
    /// Of what has come about its subject, requests of others too: less came before more.
    std::uint64_t order = 0;
};

class Transactions {
  public:
    /// Under way and not fetched yet, together.
    static constexpr std::size_t kMax = 4'096;

    bool has_room() const { return pending_.size() + outcomes_.size() < kMax; }
    /// `channel` is the serial of the connection that carries it.
    void begin(std::uint64_t transaction, ServerId peer, std::uint64_t channel, Instant patience);
    /// False: nobody waits for it from that peer.
    /// `order` is its place among all that has come.
    [[nodiscard]] bool answer(ServerId peer, const wire::ControlFrameView& frame,
                              std::uint64_t order);
    void lose_channel(std::uint64_t channel, std::uint64_t order);
    void handle_deadline(Instant now, std::uint64_t order);
    /// Of the outcome that poll() returns next; nothing: there is none.
    std::optional<std::uint64_t> next_order() const {
        return outcomes_.empty() ? std::nullopt : std::optional(outcomes_.front().order);
    }
    std::optional<Instant> deadline() const;
    std::optional<TransactionOutcome> poll();

  private:
    struct Pending {
        ServerId peer = 0;
        std::uint64_t channel = 0;
        Instant patience;
    };
    using Position = std::map<std::uint64_t, Pending>::iterator;
    Position end(Position position, TransactionOutcome::Kind kind, std::uint64_t order);

    std::map<std::uint64_t, Pending> pending_;  // by transaction: outcomes come in a fixed order
    std::set<std::pair<Instant, std::uint64_t>> by_patience_;
    std::deque<TransactionOutcome> outcomes_;
};

}  // namespace shunt::farm
