// SPDX-License-Identifier: Apache-2.0
// The objects that live on this server, whoever has asked for them: made, called and ended by
// messages 0x40 to 0x44, of this node itself too (OBJ-1 to OBJ-3). Messages, answers of processes
// and the time go in; answers to messages come out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "shunt/base/counters.hh"
#include "shunt/base/result.hh"
#include "shunt/base/rng.hh"
#include "shunt/base/time.hh"
#include "shunt/farm/channel/request_inbox.hh"
#include "shunt/farm/object/object.hh"
#include "shunt/farm/object/object_classes.hh"
#include "shunt/farm/object/process_requests.hh"
#include "shunt/wire/control_frame.hh"
#include "shunt/wire/object_messages.hh"

namespace shunt::farm {

/// An 0x41 or 0x43, for whoever has asked.
struct ObjectAnswer {
    RequestOrigin origin;
    wire::ControlKind kind = wire::ControlKind::ObjectResult;
    ObjectBytes body;
};

class ObjectHost {
  public:
    /// Objects, of all askers together; and of one other server.
    static constexpr std::size_t kObjectsMax = 1'024;
    static constexpr std::size_t kObjectsOfOneServerMax = 512;

    struct Row {
        std::uint64_t object = 0;
        std::string class_name;
        ServerId asker = 0;
        bool is_of_process = false;
    };

    /// `counters` outlives it; `rng` is its chance.
    ObjectHost(ServerId self, Counters& counters, Rng rng)
        : self_(self), counters_(counters), rng_(rng) {}

    /// Why the class cannot be added; nothing: it is.
    std::optional<std::string> register_class(std::string_view name, ObjectFactory factory);
    /// From now on objects of the class are made by the process.
    std::optional<std::string> serve_class(std::string_view name, ProcessId process);
    /// The process has ended, and with it its classes and objects.
    void end_process(ProcessId process);
    std::optional<ProcessRequest> next_request(ProcessId process) {
        return requests_.next(process);
    }
    /// What the process says of a request: the result (of a creation: anything), or why there is
    /// none. False: it was not asked that, or it is too late.
    [[nodiscard]] bool answer_request(ProcessId process, std::uint64_t number,
                                      Result<ObjectBytes, std::string> answer);

    /// False: the body was not understood.
    [[nodiscard]] bool handle_request(const RequestOrigin& origin, wire::ControlKind kind,
                                      ByteView body, bool is_draining, Instant now);
    /// What the server has asked for by other channels than this one is gone. Serial 0: by any.
    void keep_only(ServerId asker, std::uint64_t channel);
    void handle_deadline(Instant now);
    std::optional<Instant> poll_deadline() const { return requests_.deadline(); }
    std::optional<ObjectAnswer> poll_answer();

    const ObjectClasses& classes() const { return classes_; }
    std::vector<Row> rows() const;

  private:
    struct Hosted {
        std::string class_name;
        ServerId asker = 0;
        std::uint64_t channel = 0;
        std::unique_ptr<Object> object;  // null: of a process
        ProcessId process = 0;
        bool is_made = true;  // else its process has not said so yet
    };
    using Objects = std::map<std::uint64_t, Hosted>;

    void create(const RequestOrigin& origin, const wire::ObjectCreateBody& body, bool is_draining,
                Instant now);
    void create_here(const RequestOrigin& origin, const wire::ObjectCreateBody& body,
                     const ObjectFactory& factory);
    void create_there(const RequestOrigin& origin, const wire::ObjectCreateBody& body,
                      ProcessId process, Instant now);
    void call(const RequestOrigin& origin, const wire::ObjectCallBody& body, Instant now);
    void release(const RequestOrigin& origin, std::uint64_t handle);
    Objects::iterator find(const RequestOrigin& origin, std::uint64_t handle);
    Objects::iterator end_object(Objects::iterator at);
    bool has_room(ServerId asker) const;
    std::uint64_t draw_handle();
    void settle_creation(const ProcessRequests::Asked& asked, wire::ObjectStatus status);
    void answer_created(const RequestOrigin& origin, std::uint64_t handle,
                        wire::ObjectStatus status);
    void answer_result(const RequestOrigin& origin, wire::ObjectStatus status, ByteView bytes);
    void answer_result(const RequestOrigin& origin, wire::ObjectStatus status,
                       std::string_view reason);
    void answer_called(const RequestOrigin& origin, const Result<ObjectBytes, std::string>& done);

    const ServerId self_;
    Counters& counters_;
    Rng rng_;
    ObjectClasses classes_;
    ProcessRequests requests_;
    Objects objects_;  // by handle
    std::deque<ObjectAnswer> answers_;
};

}  // namespace shunt::farm
