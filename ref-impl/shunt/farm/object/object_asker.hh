// SPDX-License-Identifier: Apache-2.0
// What the processes of this node ask of objects, wherever these live (OBJ-1, OBJ-2): a creation
// goes from server to server until one makes the object, a call to the object's server. Each has
// exactly one completion. Wishes, answers, losses and the time go in; messages and completions out.
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

#include "shunt/base/counters.hh"
#include "shunt/base/result.hh"
#include "shunt/base/rng.hh"
#include "shunt/base/time.hh"
#include "shunt/farm/farm_config.hh"
#include "shunt/farm/object/object.hh"
#include "shunt/farm/object/object_handles.hh"
#include "shunt/farm/object/object_trouble.hh"
#include "shunt/wire/control_frame.hh"

namespace shunt::farm {

/// A creation that a process asks for.
struct ObjectWish {
    AskerId asker = 0;
    std::string class_name;
    ObjectBytes arguments;
    /// The object outlives its asker, until it is released.
    bool is_kept = false;
    /// Where it may be made, best first.
    std::vector<ServerId> servers;
};

/// Which wish or call a completion is of.
using ObjectTicket = std::uint64_t;

struct ObjectCompletion {
    struct Done {
        std::uint64_t handle = 0;
        ObjectBytes bytes;  // of a call
    };
    AskerId asker = 0;
    ObjectTicket ticket = 0;
    Result<Done, ObjectTrouble> outcome;
};

/// A message that is to go to a server, perhaps this one.
struct ObjectMessage {
    /// Of its answer; 0: it has none.
    std::uint64_t number = 0;
    ServerId server = 0;
    wire::ControlKind kind = wire::ControlKind::ObjectCall;
    ObjectBytes body;
};

class ObjectAsker {
  public:
    /// From the wish, or the call, to its completion.
    static constexpr Duration kPatience = Duration::seconds(10);
    /// Wishes and calls under way, and the bytes of them.
    static constexpr std::size_t kPendingMax = 256;
    static constexpr std::size_t kBytesMax = std::size_t{16} << 20U;

    /// Both outlive it. `rng` is its chance.
    ObjectAsker(const FarmConfig& config, Counters& counters, Rng rng)
        : config_(config), counters_(counters), handles_(rng) {}

    Result<ObjectTicket, ObjectTrouble> create(ObjectWish wish, Instant now);
    Result<ObjectTicket, ObjectTrouble> call(AskerId asker, std::uint64_t handle, ByteView bytes,
                                             Instant now);
    /// The object ends, and with it the handle. Its calls under way fail.
    std::optional<ObjectTrouble> release(std::uint64_t handle);
    /// Nothing that it has asked for is completed any more; its objects that are not kept end.
    void end_asker(AskerId asker);

    std::optional<ObjectMessage> poll_message();
    /// An 0x41, 0x43 or 0x0F has come from the server that the message went to.
    void handle_answer(ServerId server, std::uint64_t number, wire::ControlKind kind,
                       ByteView body);
    /// The message, or its answer, was lost on the way, or nobody could take it.
    void handle_loss(std::uint64_t number);
    /// The channel to it is lost: all that lived there for us is gone.
    void lose_server(ServerId server);
    void handle_deadline(Instant now);
    std::optional<Instant> poll_deadline() const;
    std::optional<ObjectCompletion> poll_completion();

    const ObjectHandles& handles() const { return handles_; }

  private:
    struct Pending {
        AskerId asker = 0;
        ObjectTicket ticket = 0;
        Instant patience;
        std::uint64_t handle = 0;  // of a call; 0: a creation
        ServerId server = 0;       // that is asked now
        ObjectWish wish;           // of a creation; its servers are those not asked yet
        std::size_t size = 0;      // in bytes
        bool is_known = false;     // some server has the class
        bool is_abandoned = false;
    };
    using PendingMap = std::map<std::uint64_t, Pending>;

    bool has_room(std::size_t size) const;
    void begin(Pending pending);
    void ask_next(std::uint64_t number);
    std::uint64_t renumber(std::uint64_t number);
    void complete(std::uint64_t number, Result<ObjectCompletion::Done, ObjectTrouble> outcome);
    void fail(std::uint64_t number, ObjectFailure failure, std::string text);
    void handle_created(ServerId server, std::uint64_t number, ByteView body);
    void handle_made(std::uint64_t number, std::uint64_t object);
    void handle_result(std::uint64_t number, ByteView body);
    void handle_error(std::uint64_t number, ByteView body);
    void tell_release(ServerId server, std::uint64_t object);
    std::string name_of(ServerId server) const;

    const FarmConfig& config_;
    Counters& counters_;
    ObjectHandles handles_;
    PendingMap pending_;  // by the number of the message that waits for an answer
    std::set<std::pair<Instant, std::uint64_t>> by_patience_;
    std::size_t bytes_ = 0;  // of what is pending
    std::deque<ObjectMessage> messages_;
    std::deque<ObjectCompletion> completions_;
    std::uint64_t last_number_ = 0;
    ObjectTicket last_ticket_ = 0;
};

}  // namespace shunt::farm
