// SPDX-License-Identifier: Apache-2.0
#include "shunt/app/object_desk.hh"

#include <fmt/format.h>

#include <charconv>
#include <limits>
#include <utility>

#include "shunt/app/base64.hh"

namespace shunt::app {
namespace {

constexpr std::size_t kHandleDigits = 16;

std::string_view code_of(farm::ObjectFailure failure) {
    switch (failure) {
        case farm::ObjectFailure::UnknownClass:
            return "unknown-class";
        case farm::ObjectFailure::NoServer:
            return "no-server";
        case farm::ObjectFailure::Refused:
            return "refused";
        case farm::ObjectFailure::UnknownObject:
            return "unknown-object";
        case farm::ObjectFailure::Gone:
            return "object-gone";
        case farm::ObjectFailure::Failed:
            return "call-failed";
        case farm::ObjectFailure::TimedOut:
            return "timed-out";
        case farm::ObjectFailure::Busy:
            return "busy";
    }
    return "call-failed";
}

Failure<Refusal> refusal_of(const farm::ObjectTrouble& trouble) {
    return Failure{Refusal{std::string(code_of(trouble.failure)), trouble.text}};
}

std::string_view name_of(farm::ProcessRequest::Kind kind) {
    switch (kind) {
        case farm::ProcessRequest::Kind::Create:
            return "create";
        case farm::ProcessRequest::Kind::Call:
            return "call";
        case farm::ProcessRequest::Kind::Release:
            return "release";
    }
    return "call";
}

std::string to_digits(std::uint64_t handle) {
    return fmt::format("{:016x}", handle);
}

Result<std::uint64_t, Refusal> read_handle(const NodeRequest& request) {
    const auto text = request.text("handle");
    if (!text) return Failure{text.error()};
    const std::string digits = text->value_or("");
    std::uint64_t handle = 0;
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), handle, 16);
    const bool is_whole = error == std::errc() && end == digits.data() + digits.size() &&
                          digits.size() == kHandleDigits && digits == to_digits(handle);
    if (!is_whole) return malformed("handle: expected a text of 16 hexadecimal digits");
    return handle;
}

/// Absent: none.
Result<farm::ObjectBytes, Refusal> read_bytes(const NodeRequest& request, const char* field) {
    const auto text = request.text(field);
    if (!text) return Failure{text.error()};
    auto bytes = from_base64(text->value_or(""));
    if (!bytes) return malformed(fmt::format("{}: expected bytes in base64", field));
    return *std::move(bytes);
}

Result<std::string, Refusal> read_class(const NodeRequest& request) {
    auto name = request.text("class");
    if (!name) return Failure{name.error()};
    if (!*name || !farm::ObjectClasses::is_name(**name))
        return malformed("class: expected a name of letters, digits and . _ -");
    return *std::move(*name);
}

Json request_of(const farm::ProcessRequest& request) {
    return {{"request", request.number},
            {"do", name_of(request.kind)},
            {"object", to_digits(request.object)},
            {"class", request.class_name},
            {"bytes", to_base64(request.bytes)}};
}

}  // namespace

ObjectDesk::Reply ObjectDesk::create(const NodeRequest& request, Client client) {
    notice_a_fresh_node();
    auto name = read_class(request);
    if (!name) return Outcome(Failure{name.error()});
    auto arguments = read_bytes(request, "arguments");
    if (!arguments) return Outcome(Failure{arguments.error()});
    const auto keep = request.flag("keep");
    if (!keep) return Outcome(Failure{keep.error()});
    const auto on = request.text("server");
    if (!on) return Outcome(Failure{on.error()});
    farm::ObjectWish wish{
        client, *std::move(name), *std::move(arguments), keep->value_or(false), {}};
    if (*on) {
        const farm::Server* server = host_.config().server_by_name(**on);
        if (server == nullptr)
            return Outcome(
                Failure{Refusal{"unknown-server", "no server of the farm has that name"}});
        wish.servers = {server->id};
    }
    const auto ticket = host_.node().create_object(std::move(wish), request.now);
    if (!ticket) return Outcome(refusal_of(ticket.error()));
    waiting_[*ticket] = {client, request.content.value("id", Json()), true};
    return std::nullopt;
}

ObjectDesk::Reply ObjectDesk::call(const NodeRequest& request, Client client) {
    notice_a_fresh_node();
    const auto handle = read_handle(request);
    if (!handle) return Outcome(Failure{handle.error()});
    const auto bytes = read_bytes(request, "bytes");
    if (!bytes) return Outcome(Failure{bytes.error()});
    const auto ticket = objects().call(client, *handle, *bytes, request.now);
    if (!ticket) return Outcome(refusal_of(ticket.error()));
    waiting_[*ticket] = {client, request.content.value("id", Json()), false};
    return std::nullopt;
}

ObjectDesk::Reply ObjectDesk::release(const NodeRequest& request, Client) {
    const auto handle = read_handle(request);
    if (!handle) return Outcome(Failure{handle.error()});
    if (const auto trouble = objects().release(*handle)) return Outcome(refusal_of(*trouble));
    return Outcome(Json{{"handle", to_digits(*handle)}});
}

ObjectDesk::Reply ObjectDesk::list(const NodeRequest& request, Client) {
    const farm::FarmConfig& config = request.host.config();
    Json handles = Json::array();
    for (const node::Objects::Row& row : objects().rows())
        handles.push_back({{"handle", to_digits(row.handle)},
                           {"class", row.class_name},
                           {"server", config.server_by_id(row.server)->name},
                           {"state", row.end.empty() ? "alive" : "gone"},
                           {"reason", row.end}});
    Json hosted = Json::array();
    for (const farm::ObjectHost::Row& row : objects().hosted())
        hosted.push_back({{"object", to_digits(row.object)},
                          {"class", row.class_name},
                          {"asker", config.server_by_id(row.asker)->name},
                          {"code", row.is_of_process ? "process" : "node"}});
    Json classes = Json::array();
    for (const auto& [name, known] : objects().classes().all())
        classes.push_back({{"class", name}, {"code", known.factory ? "node" : "process"}});
    return Outcome(Json{{"handles", std::move(handles)},
                        {"hosted", std::move(hosted)},
                        {"classes", std::move(classes)}});
}

ObjectDesk::Reply ObjectDesk::serve(const NodeRequest& request, Client client) {
    notice_a_fresh_node();
    const auto name = read_class(request);
    if (!name) return Outcome(Failure{name.error()});
    if (const auto why = objects().serve_class(*name, client))
        return Outcome(Failure{Refusal{"not-possible", *why}});
    servers_.insert(client);
    return Outcome(Json{{"class", *name}});
}

ObjectDesk::Reply ObjectDesk::fetch_next(const NodeRequest& request, Client client) {
    notice_a_fresh_node();
    if (!servers_.contains(client))
        return Outcome(Failure{Refusal{"not-possible", "this client serves no class"}});
    if (next_wanted_.contains(client))
        return Outcome(Failure{Refusal{"not-possible", "it is being waited for already"}});
    next_wanted_[client] = request.content.value("id", Json());
    return std::nullopt;
}

ObjectDesk::Reply ObjectDesk::take_answer(const NodeRequest& request, Client client) {
    const auto number = request.integer("request", 1, std::numeric_limits<std::int64_t>::max());
    if (!number) return Outcome(Failure{number.error()});
    if (!*number) return Outcome(malformed("request: expected the number of a request"));
    const auto error = request.text("error");
    if (!error) return Outcome(Failure{error.error()});
    auto bytes = read_bytes(request, "bytes");
    if (!bytes) return Outcome(Failure{bytes.error()});
    using Answered = Result<farm::ObjectBytes, std::string>;
    Answered answer = *error ? Answered(Failure{**error}) : Answered(*std::move(bytes));
    const auto which = static_cast<std::uint64_t>(**number);
    if (!objects().answer_request(client, which, std::move(answer)))
        return Outcome(Failure{Refusal{
            "unknown-request", "that was not asked, is answered already, or it is too late"}});
    return Outcome(Json::object());
}

void ObjectDesk::put(Client client, const Json& id, const Outcome& outcome) {
    answers_.push_back({client, write_answer(id, outcome)});
}

/// What was asked of the node before has no other answer any more.
void ObjectDesk::notice_a_fresh_node() {
    if (boots_ == host_.boots()) return;
    boots_ = host_.boots();
    const Outcome gone = Failure{Refusal{"object-gone", "the node was restarted"}};
    for (const auto& [ticket, waiting] : std::exchange(waiting_, {}))
        put(waiting.client, waiting.id, gone);
    for (const auto& [client, id] : std::exchange(next_wanted_, {}))
        put(client, id, gone);
    servers_.clear();
}

void ObjectDesk::collect() {
    notice_a_fresh_node();
    if (!host_.is_started()) return;
    while (const auto completion = objects().poll_completion()) {
        const auto node = waiting_.extract(completion->ticket);
        if (node.empty()) continue;
        const Waiting& waiting = node.mapped();
        const auto& outcome = completion->outcome;
        if (!outcome) {
            put(waiting.client, waiting.id, refusal_of(outcome.error()));
        } else if (waiting.is_creation) {
            put(waiting.client, waiting.id, Json{{"handle", to_digits(outcome->handle)}});
        } else {
            put(waiting.client, waiting.id, Json{{"bytes", to_base64(outcome->bytes)}});
        }
    }
    for (auto at = next_wanted_.begin(); at != next_wanted_.end();) {
        const auto next = objects().next_request(at->first);
        if (next) put(at->first, at->second, request_of(*next));
        at = next ? next_wanted_.erase(at) : std::next(at);
    }
}

std::optional<ObjectDesk::Answer> ObjectDesk::poll_answer() {
    if (answers_.empty()) collect();
    if (answers_.empty()) return std::nullopt;
    Answer answer = std::move(answers_.front());
    answers_.pop_front();
    return answer;
}

void ObjectDesk::forget(Client client) {
    notice_a_fresh_node();
    std::erase_if(waiting_, [&](const auto& one) { return one.second.client == client; });
    std::erase_if(answers_, [&](const Answer& one) { return one.client == client; });
    next_wanted_.erase(client);
    servers_.erase(client);
    if (host_.is_started()) objects().end_client(client);
}

}  // namespace shunt::app
