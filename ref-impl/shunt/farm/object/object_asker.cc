// SPDX-License-Identifier: Apache-2.0
#include "shunt/farm/object/object_asker.hh"

#include <fmt/format.h>

#include "shunt/base/mutant.hh"
#include "shunt/wire/control_messages.hh"
#include "shunt/wire/object_messages.hh"

namespace shunt::farm {

using wire::ControlKind;
using wire::ObjectStatus;

namespace {

template <typename Body>
ObjectBytes bytes_of(const Body& body) {
    ObjectBytes bytes(body.size());
    body.write_to(bytes);
    return bytes;
}

Failure<ObjectTrouble> trouble(ObjectFailure failure, std::string text) {
    return Failure{ObjectTrouble{failure, std::move(text)}};
}

Failure<ObjectTrouble> too_long() {
    return trouble(ObjectFailure::Busy,
                   fmt::format("more than {} bytes at once", wire::kObjectBytesMax));
}

std::string text_of(ByteView bytes) {
    return {bytes.begin(), bytes.end()};
}

}  // namespace

std::string ObjectAsker::name_of(ServerId server) const {
    const Server* known = config_.server_by_id(server);
    return known != nullptr ? known->name : fmt::format("server {}", server);
}

bool ObjectAsker::has_room(std::size_t size) const {
    return pending_.size() + completions_.size() < kPendingMax && bytes_ + size <= kBytesMax;
}

Result<ObjectTicket, ObjectTrouble> ObjectAsker::create(ObjectWish wish, Instant now) {
    if (wish.arguments.size() > wire::kObjectBytesMax) return too_long();
    if (!has_room(wish.arguments.size()) || !handles_.has_room())
        return trouble(ObjectFailure::Busy, "too many objects or calls are under way here");
    Pending pending;
    pending.asker = wish.asker;
    pending.patience = now + kPatience;
    pending.size = wish.arguments.size();
    pending.wish = std::move(wish);
    begin(std::move(pending));
    const ObjectTicket ticket = last_ticket_;
    ask_next(last_number_);
    return ticket;
}

Result<ObjectTicket, ObjectTrouble> ObjectAsker::call(AskerId asker, std::uint64_t handle,
                                                      ByteView bytes, Instant now) {
    const ObjectHandles::Handle* known = handles_.find(handle);
    if (known == nullptr)
        return trouble(ObjectFailure::UnknownObject, "no object here has that handle");
    if (!known->is_alive()) return trouble(ObjectFailure::Gone, known->end);
    if (bytes.size() > wire::kObjectBytesMax) return too_long();
    if (!has_room(bytes.size()))
        return trouble(ObjectFailure::Busy, "too many calls are under way here");
    Pending pending;
    pending.asker = asker;
    pending.patience =
        now + (is_mutant(Mutant::WaitsForEver) ? Duration::seconds(86'400) : kPatience);
    pending.handle = handle;
    pending.server = known->server;
    pending.size = bytes.size();
    begin(std::move(pending));
    messages_.push_back({last_number_, known->server, ControlKind::ObjectCall,
                         bytes_of(wire::ObjectCallBody{known->object, bytes})});
    return last_ticket_;
}

void ObjectAsker::begin(Pending pending) {
    pending.ticket = ++last_ticket_;
    bytes_ += pending.size;
    by_patience_.emplace(pending.patience, ++last_number_);
    pending_.emplace(last_number_, std::move(pending));
}

/// A creation goes to the next server that may make the object; if there is none it has failed.
void ObjectAsker::ask_next(std::uint64_t number) {
    Pending& pending = pending_.at(number);
    std::vector<ServerId>& servers = pending.wish.servers;
    if (pending.is_abandoned || servers.empty()) {
        const std::string& name = pending.wish.class_name;
        if (!pending.is_known)
            return fail(number, ObjectFailure::UnknownClass,
                        fmt::format("no server that could be asked has the class \"{}\"", name));
        return fail(number, ObjectFailure::NoServer,
                    fmt::format("no server makes an object of the class \"{}\" now", name));
    }
    pending.server = servers.front();
    servers.erase(servers.begin());
    messages_.push_back(
        {number, pending.server, ControlKind::ObjectCreate,
         bytes_of(wire::ObjectCreateBody{pending.wish.class_name, pending.wish.arguments})});
}

/// So that a late answer of one server is not taken for the next one's.
std::uint64_t ObjectAsker::renumber(std::uint64_t number) {
    auto node = pending_.extract(number);
    by_patience_.erase({node.mapped().patience, number});
    node.key() = ++last_number_;
    by_patience_.emplace(node.mapped().patience, node.key());
    pending_.insert(std::move(node));
    return last_number_;
}

void ObjectAsker::complete(std::uint64_t number,
                           Result<ObjectCompletion::Done, ObjectTrouble> outcome) {
    const auto at = pending_.find(number);
    const Pending& pending = at->second;
    if (!pending.is_abandoned)
        completions_.push_back({pending.asker, pending.ticket, std::move(outcome)});
    bytes_ -= pending.size;
    by_patience_.erase({pending.patience, number});
    pending_.erase(at);
}

void ObjectAsker::fail(std::uint64_t number, ObjectFailure failure, std::string text) {
    complete(number, trouble(failure, std::move(text)));
}

void ObjectAsker::handle_answer(ServerId server, std::uint64_t number, ControlKind kind,
                                ByteView body) {
    if (kind == ControlKind::ObjectCreated) return handle_created(server, number, body);
    const auto at = pending_.find(number);
    // Its patience is over, or it was released.
    if (at == pending_.end()) return counters_.add(Counter::ObjectAnswerLate);
    const bool is_call = at->second.handle != 0;
    if (kind == ControlKind::ObjectResult && is_call) return handle_result(number, body);
    handle_error(number, kind == ControlKind::Error ? body : ByteView{});
}

void ObjectAsker::handle_created(ServerId server, std::uint64_t number, ByteView body) {
    const auto created = wire::ObjectCreatedBody::parse(body);
    const auto at = pending_.find(number);
    const bool is_awaited = at != pending_.end() && at->second.handle == 0;
    if (!created) counters_.add(created.error());
    if (!is_awaited || at->second.is_abandoned) {
        counters_.add(Counter::ObjectAnswerLate);
        if (created && created->status == ObjectStatus::Ok) tell_release(server, created->handle);
        if (at != pending_.end()) fail(number, ObjectFailure::NoServer, "nobody wants it any more");
        return;
    }
    if (!created) return handle_error(number, {});
    switch (created->status) {
        case ObjectStatus::Ok:
            return handle_made(number, created->handle);
        case ObjectStatus::Failed:
            return fail(number, ObjectFailure::Refused,
                        fmt::format("the class \"{}\" makes no object of these arguments",
                                    at->second.wish.class_name));
        case ObjectStatus::NotHosted:
            at->second.is_known = true;
            break;
        case ObjectStatus::UnknownClass:
        case ObjectStatus::Gone:
            break;
    }
    ask_next(renumber(number));
}

void ObjectAsker::handle_made(std::uint64_t number, std::uint64_t object) {
    Pending& pending = pending_.at(number);
    const AskerId owner = pending.wish.is_kept ? 0 : pending.asker;
    const auto handle = handles_.add({pending.wish.class_name, pending.server, object, owner, {}});
    if (!handle) {
        tell_release(pending.server, object);
        return fail(number, ObjectFailure::Busy, "too many objects are in use here");
    }
    complete(number, ObjectCompletion::Done{*handle, {}});
}

void ObjectAsker::handle_result(std::uint64_t number, ByteView body) {
    const auto result = wire::ObjectResultBody::parse(body);
    if (!result) {
        counters_.add(result.error());
        return handle_error(number, {});
    }
    const std::uint64_t handle = pending_.at(number).handle;
    if (result->status == ObjectStatus::Ok || is_mutant(Mutant::TellsNoFailure))
        return complete(
            number, ObjectCompletion::Done{handle, {result->bytes.begin(), result->bytes.end()}});
    const std::string why = text_of(result->bytes);
    if (result->status == ObjectStatus::Failed)
        return fail(number, ObjectFailure::Failed, why.empty() ? "the call failed" : why);
    const std::string end = fmt::format("the object has ended{}{}", why.empty() ? "" : ": ", why);
    handles_.end(handle, end);
    fail(number, ObjectFailure::Gone, end);
}

/// 0x0F, or what is no answer to it. Nothing says whether a call was made.
void ObjectAsker::handle_error(std::uint64_t number, ByteView body) {
    Pending& pending = pending_.at(number);
    if (pending.handle == 0) {
        // A server that is not ready may have the class; one that does not know the kind has none.
        const auto error = wire::ErrorBody::parse(body);
        pending.is_known =
            pending.is_known || !error ||
            error->code != static_cast<std::uint16_t>(wire::ControlError::UnknownKind);
        return ask_next(renumber(number));
    }
    fail(number, ObjectFailure::Failed,
         fmt::format("{} did not take the call", name_of(pending.server)));
}

void ObjectAsker::handle_loss(std::uint64_t number) {
    const auto at = pending_.find(number);
    if (at == pending_.end()) return;
    if (at->second.handle == 0) {
        at->second.is_known = true;  // it may be
        return ask_next(renumber(number));
    }
    fail(number, ObjectFailure::Busy,
         fmt::format("the call could not be sent to {}", name_of(at->second.server)));
}

void ObjectAsker::lose_server(ServerId server) {
    const std::string why = fmt::format("the object's server {} is lost", name_of(server));
    std::vector<std::uint64_t> lost;
    for (const auto& [handle, known] : handles_.all())
        if (known.server == server && known.is_alive()) lost.push_back(handle);
    for (const std::uint64_t handle : lost) {
        if (!is_mutant(Mutant::KeepsObjectsOfLost)) handles_.end(handle, why);
        counters_.add(Counter::ObjectLost);
    }
    lost.clear();
    for (const auto& [number, pending] : pending_)
        if (pending.server == server) lost.push_back(number);
    for (const std::uint64_t number : lost) {
        if (pending_.at(number).handle == 0) {
            handle_loss(number);
        } else {
            fail(number, ObjectFailure::Gone, why + "; the call may have been made");
        }
    }
}

std::optional<ObjectTrouble> ObjectAsker::release(std::uint64_t handle) {
    const ObjectHandles::Handle* known = handles_.find(handle);
    if (known == nullptr)
        return ObjectTrouble{ObjectFailure::UnknownObject, "no object here has that handle"};
    if (known->is_alive()) tell_release(known->server, known->object);
    handles_.erase(handle);
    std::vector<std::uint64_t> calls;
    for (const auto& [number, pending] : pending_)
        if (pending.handle == handle) calls.push_back(number);
    for (const std::uint64_t number : calls)
        fail(number, ObjectFailure::Gone, "the object was released");
    return std::nullopt;
}

void ObjectAsker::end_asker(AskerId asker) {
    for (auto& [number, pending] : pending_)
        pending.is_abandoned = pending.is_abandoned || pending.asker == asker;
    std::vector<std::uint64_t> its;
    for (const auto& [handle, known] : handles_.all())
        if (known.asker == asker) its.push_back(handle);
    for (const std::uint64_t handle : its)
        release(handle);
    std::erase_if(completions_, [&](const auto& one) { return one.asker == asker; });
}

void ObjectAsker::tell_release(ServerId server, std::uint64_t object) {
    messages_.push_back(
        {0, server, ControlKind::ObjectRelease, bytes_of(wire::ObjectReleaseBody{object})});
}

std::optional<ObjectMessage> ObjectAsker::poll_message() {
    if (messages_.empty()) return std::nullopt;
    ObjectMessage message = std::move(messages_.front());
    messages_.pop_front();
    return message;
}

void ObjectAsker::handle_deadline(Instant now) {
    while (!by_patience_.empty() && by_patience_.begin()->first <= now) {
        const std::uint64_t number = by_patience_.begin()->second;
        const auto seconds = kPatience.to_nanoseconds() / 1'000'000'000;
        fail(number, ObjectFailure::TimedOut,
             fmt::format("{} did not answer within {} s; what was asked may have been done",
                         name_of(pending_.at(number).server), seconds));
    }
}

std::optional<Instant> ObjectAsker::poll_deadline() const {
    if (by_patience_.empty()) return std::nullopt;
    return by_patience_.begin()->first;
}

std::optional<ObjectCompletion> ObjectAsker::poll_completion() {
    if (completions_.empty()) return std::nullopt;
    ObjectCompletion completion = std::move(completions_.front());
    completions_.pop_front();
    return completion;
}

}  // namespace shunt::farm
