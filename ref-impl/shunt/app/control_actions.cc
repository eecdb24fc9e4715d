// SPDX-License-Identifier: Apache-2.0
#include "shunt/app/control_actions.hh"

#include <cstdlib>

#include "shunt/app/control_reports.hh"
#include "shunt/app/log.hh"
#include "shunt/wire/tuple.hh"

namespace shunt::app {
namespace {

/// What a shell shows of a process that was killed.
constexpr int kExitKilled = 137;

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

struct ListenWish {
    std::uint16_t port = 0;
    wire::TransportProtocol protocol = wire::TransportProtocol::Tcp;
    bool is_close = false;
    std::optional<std::string> application;
    farm::SelectionMoment selection = farm::SelectionMoment::Connect;
};

Result<ListenWish, Refusal> read_listen(const NodeRequest& request) {
    const auto port = request.integer("port", 1, 0xFFFF);
    if (!port) return Failure{port.error()};
    if (!*port) return malformed("port: expected a whole number from 1 to 65535");
    const auto close = request.flag("close");
    if (!close) return Failure{close.error()};
    auto application = request.text("application");
    if (!application) return Failure{application.error()};
    const auto protocol = request.text("protocol");
    if (!protocol) return Failure{protocol.error()};
    const auto select = request.text("select");
    if (!select) return Failure{select.error()};
    const std::string protocol_name = protocol->value_or("tcp");
    const std::string selection_name = select->value_or("connect");
    if (protocol_name != "tcp" && protocol_name != "udp")
        return malformed("protocol: expected \"tcp\" or \"udp\"");
    if (selection_name != "connect" && selection_name != "request")
        return malformed("select: expected \"connect\" or \"request\"");
    ListenWish wish;
    wish.port = static_cast<std::uint16_t>(**port);
    if (protocol_name == "udp") wish.protocol = wire::TransportProtocol::Udp;
    wish.is_close = close->value_or(false);
    wish.application = std::move(*application);
    if (selection_name == "request") wish.selection = farm::SelectionMoment::Request;
    return wish;
}

Outcome restart_with(const NodeRequest& request, std::uint64_t seed) {
    request.host.restart(seed, request.now);
    return Json{{"boots", request.host.boots()}};
}

}  // namespace

Outcome migrate(const NodeRequest& request) {
    const auto connection = request.text("connection");
    if (!connection) return Failure{connection.error()};
    const auto to = request.text("to");
    if (!to) return Failure{to.error()};
    const auto tuple = wire::ConnectionTuple::from_string(connection->value_or(""));
    if (!tuple)
        return malformed("connection: expected a text such as \"10.7.0.9:4711>10.7.1.1:80/tcp\"");
    if (!*to) return malformed("to: expected the name of a server");
    const auto started = request.host.node().migrate(*tuple, **to, request.now);
    if (!started)
        return Failure{Refusal{std::string(code_of(started.error().error)), started.error().text}};
    return Json{{"connection", **connection}, {"to", **to}, {"epoch", started->epoch}};
}

Outcome drain(const NodeRequest& request) {
    const auto action = request.text("action");
    if (!action) return Failure{action.error()};
    const std::string wanted = action->value_or("start");
    node::Node& node = request.host.node();
    if (wanted == "start") {
        node.start_drain();
    } else if (wanted == "stop") {
        node.stop_drain();
    } else if (wanted != "report") {
        return malformed("action: expected \"start\", \"stop\" or \"report\"");
    }
    return report_drain(request);
}

Outcome listen(const NodeRequest& request) {
    const auto wish = read_listen(request);
    if (!wish) return Failure{wish.error()};
    const auto refusal = wish->is_close
                             ? request.host.close_listener(wish->port, wish->protocol)
                             : request.host.open_listener(wish->port, wish->protocol,
                                                          wish->application, wish->selection);
    if (refusal) return Failure{Refusal{"not-possible", *refusal}};
    return Json{{"port", wish->port},
                {"protocol", wish->protocol == wire::TransportProtocol::Udp ? "udp" : "tcp"},
                {"open", !wish->is_close}};
}

Outcome reset(const NodeRequest& request) {
    request.host.reopen_listeners();
    return restart_with(request, request.host.seed());
}

Outcome restart(const NodeRequest& request) {
    return restart_with(request, Rng(request.host.seed()).next_u64());
}

Outcome kill(const NodeRequest&) {
    std::_Exit(kExitKilled);
}

Outcome log_level(const NodeRequest& request) {
    const auto name = request.text("level");
    if (!name) return Failure{name.error()};
    if (*name) {
        const auto level = parse_log_level(**name);
        if (!level) return malformed("level: expected trace, debug, info, warn, error or off");
        set_log_level(*level);
    }
    return Json{{"level", name_of(current_log_level())}};
}

}  // namespace shunt::app
