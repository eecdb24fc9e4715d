// SPDX-License-Identifier: Apache-2.0
#include "shunt/farm/object/object_host.hh"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "shunt/base/mutant.hh"

namespace shunt::farm {

using wire::ControlKind;
using wire::ObjectStatus;

namespace {

constexpr std::size_t kReasonMax = 1'024;

template <typename Body>
ObjectBytes bytes_of(const Body& body) {
    ObjectBytes bytes(body.size());
    body.write_to(bytes);
    return bytes;
}

}  // namespace

std::optional<std::string> ObjectHost::register_class(std::string_view name,
                                                      ObjectFactory factory) {
    return classes_.add(name, {std::move(factory), 0});
}

std::optional<std::string> ObjectHost::serve_class(std::string_view name, ProcessId process) {
    return classes_.add(name, {{}, process});
}

bool ObjectHost::handle_request(const RequestOrigin& origin, ControlKind kind, ByteView body,
                                bool is_draining, Instant now) {
    if (kind == ControlKind::ObjectCreate) {
        const auto create_body = wire::ObjectCreateBody::parse(body);
        if (create_body) create(origin, *create_body, is_draining, now);
        return bool(create_body);
    }
    if (kind == ControlKind::ObjectCall) {
        const auto call_body = wire::ObjectCallBody::parse(body);
        if (call_body) call(origin, *call_body, now);
        return bool(call_body);
    }
    SHUNT_ASSERT(kind == ControlKind::ObjectRelease, "no other kind is about objects");
    const auto release_body = wire::ObjectReleaseBody::parse(body);
    if (release_body) release(origin, release_body->handle);
    return bool(release_body);
}

void ObjectHost::create(const RequestOrigin& origin, const wire::ObjectCreateBody& body,
                        bool is_draining, Instant now) {
    const ObjectClasses::Class* known = classes_.find(body.class_name);
    if (known == nullptr) {
        const bool is_hidden = is_mutant(Mutant::HidesUnknownClasses);
        return answer_created(origin, 0,
                              is_hidden ? ObjectStatus::NotHosted : ObjectStatus::UnknownClass);
    }
    if (is_draining || !has_room(origin.peer)) {
        counters_.add(Counter::ObjectRefused);
        return answer_created(origin, 0, ObjectStatus::NotHosted);
    }
    if (known->factory) return create_here(origin, body, known->factory);
    create_there(origin, body, known->process, now);
}

void ObjectHost::create_here(const RequestOrigin& origin, const wire::ObjectCreateBody& body,
                             const ObjectFactory& factory) {
    auto made = factory(body.arguments);
    if (!made) return answer_created(origin, 0, ObjectStatus::Failed);
    if (is_mutant(Mutant::GivesOneObjectToAll) && !objects_.empty())
        return answer_created(origin, objects_.begin()->first, ObjectStatus::Ok);
    const std::uint64_t handle = draw_handle();
    objects_[handle] = {
        std::string(body.class_name), origin.peer, origin.channel, std::move(*made), 0, true};
    counters_.add(Counter::ObjectCreated);
    answer_created(origin, handle, ObjectStatus::Ok);
}

void ObjectHost::create_there(const RequestOrigin& origin, const wire::ObjectCreateBody& body,
                              ProcessId process, Instant now) {
    const std::uint64_t handle = draw_handle();
    ProcessRequest request{0,
                           ProcessRequest::Kind::Create,
                           handle,
                           std::string(body.class_name),
                           {body.arguments.begin(), body.arguments.end()}};
    if (!requests_.ask(process, origin, std::move(request), now)) {
        counters_.add(Counter::ObjectRefused);
        return answer_created(origin, 0, ObjectStatus::NotHosted);
    }
    objects_[handle] = {
        std::string(body.class_name), origin.peer, origin.channel, nullptr, process, false};
}

void ObjectHost::call(const RequestOrigin& origin, const wire::ObjectCallBody& body, Instant now) {
    const auto at = find(origin, body.handle);
    if (at == objects_.end() || !at->second.is_made) {
        if (is_mutant(Mutant::SilentAboutGoneObjects)) return;
        return answer_result(origin, ObjectStatus::Gone, "");
    }
    Hosted& hosted = at->second;
    if (hosted.object) return answer_called(origin, hosted.object->call(body.bytes));
    ProcessRequest request{0,
                           ProcessRequest::Kind::Call,
                           body.handle,
                           hosted.class_name,
                           {body.bytes.begin(), body.bytes.end()}};
    if (requests_.ask(hosted.process, origin, std::move(request), now)) return;
    counters_.add(Counter::ObjectRefused);
    answer_result(origin, ObjectStatus::Failed, "too many calls wait for the process of its class");
}

void ObjectHost::release(const RequestOrigin& origin, std::uint64_t handle) {
    const auto at = find(origin, handle);
    if (at != objects_.end() && !is_mutant(Mutant::KeepsReleasedObjects)) end_object(at);
}

/// End if there is none, or none of that asker.
ObjectHost::Objects::iterator ObjectHost::find(const RequestOrigin& origin, std::uint64_t handle) {
    const auto at = objects_.find(handle);
    const bool is_its = at != objects_.end() && at->second.asker == origin.peer &&
                        at->second.channel == origin.channel;
    return is_its || is_mutant(Mutant::ServesAnyAsker) ? at : objects_.end();
}

ObjectHost::Objects::iterator ObjectHost::end_object(Objects::iterator at) {
    if (at->second.is_made) counters_.add(Counter::ObjectEnded);
    if (!at->second.object) requests_.tell_release(at->second.process, at->first);
    return objects_.erase(at);
}

bool ObjectHost::has_room(ServerId asker) const {
    if (objects_.size() >= kObjectsMax) return false;
    const auto its =
        std::ranges::count_if(objects_, [&](const auto& one) { return one.second.asker == asker; });
    return asker == self_ || static_cast<std::size_t>(its) < kObjectsOfOneServerMax;
}

/// By chance, so that no handle of another start of this server, or of another one, is taken for
/// one of these.
std::uint64_t ObjectHost::draw_handle() {
    std::uint64_t handle = rng_.next_u64();
    while (handle == 0 || objects_.contains(handle))
        handle = rng_.next_u64();
    return handle;
}

bool ObjectHost::answer_request(ProcessId process, std::uint64_t number,
                                Result<ObjectBytes, std::string> answer) {
    const auto asked = requests_.take(process, number);
    if (!asked) {
        counters_.add(Counter::ObjectAnswerUnknown);
        return false;
    }
    if (asked->kind == ProcessRequest::Kind::Create) {
        settle_creation(*asked, answer ? ObjectStatus::Ok : ObjectStatus::Failed);
    } else {
        answer_called(asked->origin, answer);
    }
    return true;
}

void ObjectHost::settle_creation(const ProcessRequests::Asked& asked, ObjectStatus status) {
    const auto at = objects_.find(asked.object);
    // Its asker was lost meanwhile: its process was told, and nobody waits for the answer.
    if (at == objects_.end()) return;
    if (status == ObjectStatus::Ok) {
        at->second.is_made = true;
        counters_.add(Counter::ObjectCreated);
        return answer_created(asked.origin, asked.object, status);
    }
    objects_.erase(at);
    answer_created(asked.origin, 0, status);
}

void ObjectHost::end_process(ProcessId process) {
    classes_.remove_of(process);
    for (const ProcessRequests::Asked& asked : requests_.remove_of(process)) {
        if (asked.kind == ProcessRequest::Kind::Create) {
            settle_creation(asked, ObjectStatus::NotHosted);
        } else {
            answer_result(asked.origin, ObjectStatus::Gone, "the process of its class has ended");
        }
    }
    for (auto at = objects_.begin(); at != objects_.end();) {
        const bool is_its = !at->second.object && at->second.process == process;
        if (is_its) counters_.add(Counter::ObjectEnded);
        at = is_its ? objects_.erase(at) : std::next(at);
    }
}

void ObjectHost::keep_only(ServerId asker, std::uint64_t channel) {
    for (auto at = objects_.begin(); at != objects_.end();) {
        const bool is_lost = at->second.asker == asker && at->second.channel != channel;
        at = is_lost ? end_object(at) : std::next(at);
    }
}

void ObjectHost::handle_deadline(Instant now) {
    for (const ProcessRequests::Asked& asked : requests_.expire(now)) {
        counters_.add(Counter::ObjectOverdue);
        if (asked.kind == ProcessRequest::Kind::Create) {
            // Should it make the object yet, it hears that nobody wants it.
            if (asked.is_fetched) requests_.tell_release(asked.process, asked.object);
            settle_creation(asked, ObjectStatus::NotHosted);
        } else {
            const auto seconds = ProcessRequests::kPatience.to_nanoseconds() / 1'000'000'000;
            answer_result(
                asked.origin, ObjectStatus::Failed,
                fmt::format("the process of its class did not answer within {} s", seconds));
        }
    }
}

void ObjectHost::answer_created(const RequestOrigin& origin, std::uint64_t handle,
                                ObjectStatus status) {
    answers_.push_back(
        {origin, ControlKind::ObjectCreated, bytes_of(wire::ObjectCreatedBody{handle, status})});
}

void ObjectHost::answer_result(const RequestOrigin& origin, ObjectStatus status, ByteView bytes) {
    answers_.push_back(
        {origin, ControlKind::ObjectResult, bytes_of(wire::ObjectResultBody{status, bytes})});
}

void ObjectHost::answer_result(const RequestOrigin& origin, ObjectStatus status,
                               std::string_view reason) {
    const std::string_view kept = reason.substr(0, kReasonMax);
    // Bytes and characters share their memory, which the standard allows for char alone.
    answer_result(origin, status,
                  ByteView(reinterpret_cast<const std::uint8_t*>(kept.data()), kept.size()));
}

void ObjectHost::answer_called(const RequestOrigin& origin,
                               const Result<ObjectBytes, std::string>& done) {
    if (!done) return answer_result(origin, ObjectStatus::Failed, done.error());
    if (done->size() > wire::kObjectBytesMax)
        return answer_result(
            origin, ObjectStatus::Failed,
            fmt::format("its result is longer than {} bytes", wire::kObjectBytesMax));
    answer_result(origin, ObjectStatus::Ok, ByteView(*done));
}

std::optional<ObjectAnswer> ObjectHost::poll_answer() {
    if (answers_.empty()) return std::nullopt;
    ObjectAnswer answer = std::move(answers_.front());
    answers_.pop_front();
    return answer;
}

std::vector<ObjectHost::Row> ObjectHost::rows() const {
    std::vector<Row> rows;
    rows.reserve(objects_.size());
    for (const auto& [handle, hosted] : objects_)
        if (hosted.is_made)
            rows.push_back({handle, hosted.class_name, hosted.asker, hosted.object == nullptr});
    return rows;
}

}  // namespace shunt::farm
