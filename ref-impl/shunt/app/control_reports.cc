// SPDX-License-Identifier: Apache-2.0
#include "shunt/app/control_reports.hh"

#include <fmt/format.h>

#include "shunt/app/version.hh"
#include "shunt/base/mutant.hh"

namespace shunt::app {
namespace {

constexpr int kControlVersion = 1;
/// A node does nothing else while it writes them.
constexpr std::size_t kSessionRowsMax = 4'096;

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

Json server_state_row(const NodeRequest& request) {
    const node::ServerStateRow row = request.host.node().server_state();
    return {{"server", row.server}, {"connections", row.connections}};
}

std::string_view name_of(wire::TransportProtocol protocol) {
    return protocol == wire::TransportProtocol::Udp ? "udp" : "tcp";
}

Json server_state_rows(const std::vector<node::ServerRows>& servers) {
    Json result = Json::array();
    for (const auto& [server, state] : servers)
        result.push_back({{"server", server},
                          {"connections", state.load.connections},
                          {"cpu_per_mille", state.load.cpu_per_mille},
                          {"unused_memory_bytes", state.load.unused_memory_bytes},
                          {"unused_bandwidth_bps", state.load.unused_bandwidth_bps}});
    return result;
}

Json listening_row(const node::ServerRows& told, const wire::ListeningSocket& socket,
                   std::string_view protocol, std::string_view application) {
    return {{"server", told.server},      {"ip", socket.address.to_string()},
            {"port", socket.port},        {"protocol", protocol},
            {"application", application}, {"process", socket.process}};
}

/// What a server has told has no protocol and no application: those are the configuration's, which
/// is the same on every server; of a port that its operator has opened they are not known.
void add_listening_rows(const NodeHost& host, const node::ServerRows& told, Json& result) {
    for (const wire::ListeningSocket& socket : told.state.listening) {
        const std::size_t before = result.size();
        for (const farm::Listen& listen : host.config().listens) {
            const bool is_its = listen.server == told.server && listen.port == socket.port;
            if (is_its && listen.is_open)
                result.push_back(
                    listening_row(told, socket, name_of(listen.protocol), listen.application));
        }
        if (result.size() == before) result.push_back(listening_row(told, socket, "", ""));
    }
}

Json listening_rows(const NodeHost& host, const std::vector<node::ServerRows>& servers) {
    Json result = Json::array();
    for (const node::ServerRows& told : servers)
        add_listening_rows(host, told, result);
    return result;
}

Json application_rows(const std::vector<node::ServerRows>& servers) {
    Json result = Json::array();
    for (const auto& [server, state] : servers) {
        for (const wire::ApplicationLoad& application : state.applications)
            result.push_back({{"server", server},
                              {"process", application.process},
                              {"memory_bytes", application.memory_bytes},
                              {"cpu_per_mille", application.cpu_per_mille}});
    }
    return result;
}

Json url_rows(const NodeHost& host) {
    Json result = Json::array();
    for (const farm::UrlRule& rule : host.config().urls)
        result.push_back({{"prefix", rule.prefix}, {"servers", rule.servers}});
    return result;
}

/// Ids are bytes: a client's cookie shows that of its session in its first 24 digits.
Json session_rows(const NodeRequest& request) {
    Json result = Json::array();
    const node::Sessions* sessions = request.host.node().sessions();
    if (sessions == nullptr || is_mutant(Mutant::ShowsNoSessions)) return result;
    for (const farm::SessionMap::Row& row : sessions->rows(request.now, kSessionRowsMax)) {
        std::string id;
        for (const std::uint8_t byte : row.id)
            id += fmt::format("{:02x}", byte);
        const bool is_cookie = row.kind == farm::SessionMap::Kind::Cookie;
        result.push_back({{"kind", is_cookie ? "cookie" : "tls"},
                          {"id", id},
                          {"server", request.host.config().server_by_id(row.server)->name},
                          {"expires_in_s", (row.until - request.now).to_seconds()}});
    }
    return result;
}

}  // namespace

Outcome say_hello(const NodeRequest& request) {
    return Json{{"device", "shunt-node"},
                {"version", kVersion},
                {"control", kControlVersion},
                {"name", request.host.self().name},
                {"id", request.host.self().id},
                {"farm", request.host.config().farm.id},
                {"time", request.time == TimeMode::Wall ? "wall" : "virtual"}};
}

Outcome report_tables(const NodeRequest& request) {
    const node::TablesSnapshot tables = request.host.node().tables();
    const auto servers = request.host.node().server_states(request.now);
    Json result{{"temporary", connection_rows(tables.temporary)},
                {"local", connection_rows(tables.local)},
                {"forward", connection_rows(tables.forward)},
                {"forward_connect", connection_rows(tables.forward_connect)},
                {"server_state", server_state_rows(servers)},
                {"listening_sockets", listening_rows(request.host, servers)},
                {"application_information", application_rows(servers)},
                {"url_map", url_rows(request.host)},
                {"cookie_map", session_rows(request)}};
    if (is_mutant(Mutant::HidesUrlMap)) result.erase("url_map");
    return result;
}

Outcome report_counters(const NodeRequest& request) {
    Json result = Json::object();
    for (std::size_t index = 0; index < kCounterCount; ++index) {
        const auto counter = static_cast<Counter>(index);
        const std::uint64_t value = request.host.node().counters().value(counter) +
                                    request.host.device_counters().value(counter);
        if (value != 0) result[std::string(counter_name(counter))] = value;
    }
    return result;
}

Outcome report_state(const NodeRequest& request) {
    const node::TablesSnapshot tables = request.host.node().tables();
    Json result = server_state_row(request);
    result["time_ns"] = request.now.to_nanoseconds();
    result["boots"] = request.host.boots();
    result["draining"] = request.host.node().is_draining();
    result["tables"] = {{"temporary", tables.temporary.size()},
                        {"local", tables.local.size()},
                        {"forward", tables.forward.size()},
                        {"forward_connect", tables.forward_connect.size()}};
    return result;
}

Outcome report_drain(const NodeRequest& request) {
    const node::DrainReport report = request.host.node().drain_report();
    Json rows = Json::array();
    for (const node::StayingRow& row : report.rows)
        rows.push_back({{"connection", row.connection}, {"reason", row.reason}});
    return Json{{"server", request.host.self().name},
                {"draining", report.is_draining},
                {"left", report.left},
                {"moving", report.moving},
                {"moved", report.moved},
                {"refused", report.refused},
                {"ending", report.ending},
                {"undecided", report.undecided},
                {"flows", report.flows},
                {"forwarding", report.forwarding},
                {"staying", report.staying},
                {"moves_at_once", request.host.config().drain.moves_at_once},
                {"connections", std::move(rows)}};
}

Outcome report_members(const NodeRequest& request) {
    Json result = Json::array();
    for (const node::MemberRow& member : request.host.node().members()) {
        const farm::Server& server = *request.host.config().server_by_id(member.id);
        Json services = Json::array();
        for (const wire::Ipv4Address service : server.services)
            services.push_back(service.to_string());
        result.push_back({{"server", server.name},
                          {"id", server.id},
                          {"is_self", server.id == request.host.self().id},
                          {"front_ip", server.front_ip.address.to_string()},
                          {"control_ip", server.control_ip.address.to_string()},
                          {"services", std::move(services)},
                          {"channel", member.channel},
                          {"boot", fmt::format("{:016x}", member.boot)}});
    }
    return Json{{"members", std::move(result)}};
}

Outcome report_sessions(const NodeRequest& request) {
    return Json{{"sessions", session_rows(request)}};
}

}  // namespace shunt::app
