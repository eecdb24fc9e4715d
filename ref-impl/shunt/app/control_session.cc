// SPDX-License-Identifier: Apache-2.0
#include "shunt/app/control_session.hh"

#include <array>

#include "shunt/app/control_request.hh"
#include "shunt/app/version.hh"
#include "shunt/wire/tuple.hh"

namespace shunt::app {
namespace {

constexpr int kControlVersion = 1;

struct Request {
    const Json& content;
    NodeHost& host;
    TimeMode time;
    Instant now;
};

Json connection_rows(const std::vector<node::ConnectionRow>& rows) {
    Json result = Json::array();
    for (const node::ConnectionRow& row : rows)
        result.push_back({{"connection", row.connection},
                          {"protocol", row.protocol},
                          {"state", row.state},
                          {"epoch", row.epoch},
                          {"peer", row.peer}});
    return result;
}

Json server_state_row(const Request& request) {
    const node::ServerStateRow row = request.host.node().server_state();
    return {{"server", row.server}, {"connections", row.connections}};
}

Json listening_rows(const NodeHost& host) {
    Json result = Json::array();
    for (const farm::Listen& listen : host.config().listens) {
        if (listen.server != host.self().name) continue;
        for (const wire::Ipv4Address service : host.self().services)
            result.push_back({{"ip", service.to_string()},
                              {"port", listen.port},
                              {"application", listen.application}});
    }
    return result;
}

Json url_rows(const NodeHost& host) {
    Json result = Json::array();
    for (const farm::UrlRule& rule : host.config().urls)
        result.push_back({{"prefix", rule.prefix}, {"servers", rule.servers}});
    return result;
}

std::string_view name_of(TimeMode time) {
    return time == TimeMode::Wall ? "wall" : "virtual";
}

Outcome say_hello(const Request& request) {
    return Json{{"device", "shunt-node"},       {"version", kVersion},
                {"control", kControlVersion},   {"name", request.host.self().name},
                {"id", request.host.self().id}, {"farm", request.host.config().farm.id},
                {"time", name_of(request.time)}};
}

Outcome list_capabilities(const Request& request);

Outcome dump_tables(const Request& request) {
    const node::TablesSnapshot tables = request.host.node().tables();
    return Json{{"temporary", connection_rows(tables.temporary)},
                {"local", connection_rows(tables.local)},
                {"forward", connection_rows(tables.forward)},
                {"forward_connect", connection_rows(tables.forward_connect)},
                {"server_state", Json::array({server_state_row(request)})},
                {"listening_sockets", listening_rows(request.host)},
                {"url_map", url_rows(request.host)}};
}

Outcome dump_counters(const Request& request) {
    Json result = Json::object();
    for (std::size_t index = 0; index < kCounterCount; ++index) {
        const auto counter = static_cast<Counter>(index);
        const std::uint64_t value = request.host.node().counters().value(counter) +
                                    request.host.device_counters().value(counter);
        if (value != 0) result[std::string(counter_name(counter))] = value;
    }
    return result;
}

Outcome describe_state(const Request& request) {
    const node::TablesSnapshot tables = request.host.node().tables();
    Json result = server_state_row(request);
    result["time_ns"] = request.now.to_nanoseconds();
    result["tables"] = {{"temporary", tables.temporary.size()},
                        {"local", tables.local.size()},
                        {"forward", tables.forward.size()},
                        {"forward_connect", tables.forward_connect.size()}};
    return result;
}

std::string_view code_of(node::ApiError error) {
    switch (error) {
        case node::ApiError::UnknownConnection:
            return "unknown-connection";
        case node::ApiError::UnknownServer:
            return "unknown-server";
        case node::ApiError::NotMovable:
            return "not-movable";
    }
    return "not-movable";
}

Outcome migrate(const Request& request) {
    const auto connection = text_field(request.content, "connection");
    const auto to = text_field(request.content, "to");
    const auto tuple = wire::ConnectionTuple::from_string(connection.value_or(""));
    if (!tuple)
        return malformed("connection: expected a text such as \"10.7.0.9:4711>10.7.1.1:80/tcp\"");
    if (!to) return malformed("to: expected the name of a server");
    const auto started = request.host.node().migrate(*tuple, *to, request.now);
    if (!started)
        return Failure{Refusal{std::string(code_of(started.error().error)), started.error().text}};
    return Json{{"connection", *connection}, {"to", *to}, {"epoch", started->epoch}};
}

struct Verb {
    std::string_view name;
    Outcome (*run)(const Request&);
};

constexpr std::array<Verb, 6> kVerbs = {{{"hello", say_hello},
                                         {"capabilities", list_capabilities},
                                         {"tables", dump_tables},
                                         {"counters", dump_counters},
                                         {"migrate", migrate},
                                         {"state", describe_state}}};

Outcome list_capabilities(const Request& request) {
    const farm::FarmSettings& farm = request.host.config().farm;
    Json verbs = Json::array();
    for (const Verb& verb : kVerbs)
        verbs.push_back(verb.name);
    return Json{{"verbs", verbs},
                {"profiles", {"endpoint"}},
                {"roles", {"home", "target"}},
                {"extensions", farm.has_extensions},
                {"binding", "ethernet"},
                {"ethertype", farm.ethertype},
                {"migrate", "unbound"}};
}

}  // namespace

std::string ControlSession::answer(std::string_view line, Instant now) {
    return answer_request(
        line, [&](std::string_view name, const Json& content) -> std::optional<Outcome> {
            for (const Verb& verb : kVerbs)
                if (verb.name == name) return verb.run({content, host_, time_, now});
            return std::nullopt;
        });
}

}  // namespace shunt::app
