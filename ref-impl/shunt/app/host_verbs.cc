// SPDX-License-Identifier: Apache-2.0
#include "shunt/app/host_verbs.hh"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <optional>
#include <vector>

#include "shunt/app/control_request.hh"
#include "shunt/app/version.hh"
#include "shunt/app/virtual_host.hh"

namespace shunt::app {
namespace {

using stack::ApiError;
using stack::SocketId;

/// Of one request: octets, seconds.
constexpr std::uint64_t kValueMax = 1'000'000;
constexpr std::size_t kBacklog = 16;

struct Request {
    const Json& content;
    VirtualHost& host;
    Instant now;

    stack::SocketSet& sockets() const { return host.sockets(); }
};

Failure<Refusal> failed(ApiError error) {
    return Failure{Refusal{std::string(posix_name(error)), std::string(describe(error))}};
}

Outcome empty_unless(const std::optional<ApiError>& error) {
    if (error) return failed(*error);
    return Json::object();
}

/// A field that is a number from 0 to `max`; 0 where it is missing.
Result<std::uint32_t, Refusal> number(const Request& request, const char* field,
                                      std::uint64_t max = kValueMax) {
    const auto found = request.content.find(field);
    if (found == request.content.end()) return 0U;
    if (!found->is_number_unsigned() || found->get<std::uint64_t>() > max) {
        return malformed(fmt::format("{}: expected a number from 0 to {}", field, max));
    }
    return found->get<std::uint32_t>();
}

/// The socket that a request is about.
Result<SocketId, Refusal> socket_of(const Request& request) {
    const auto named = number(request, "socket");
    if (!named) return Failure{named.error()};
    const auto id = request.host.find(*named);
    if (!id) return failed(ApiError::NotASocket);
    return *id;
}

Outcome say_hello(const Request&) {
    return Json{{"device", "shunt-host"}, {"version", kVersion}, {"control", 1}};
}

/// False: there is no such setting, or none that has such a value.
bool set_default(tcp::Config& config, const std::string& key, const Json& value) {
    const bool is_number = value.is_number_unsigned() && value.get<std::uint64_t>() <= kValueMax;
    const std::uint32_t amount = is_number ? value.get<std::uint32_t>() : 0;
    if (key == "receive-buffer" && is_number) {
        config.receive_buffer_max = amount;
    } else if (key == "keep-alive-idle" && is_number) {
        config.keep_alive_idle = Duration::seconds(amount);
    } else if (key == "keep-alive-interval" && is_number) {
        config.keep_alive_interval = Duration::seconds(amount);
    } else if (key == "keep-alive-probes" && is_number) {
        constexpr std::uint32_t most = std::numeric_limits<std::uint8_t>::max();
        config.keep_alive_probes_max = static_cast<std::uint8_t>(std::min(amount, most));
    } else if (key == "timestamps" && value.is_boolean()) {
        config.timestamps = value.get<bool>();
    } else if (key == "sack" && value.is_boolean()) {
        config.selective_acknowledgment = value.get<bool>();
    } else if (key == "window-scaling" && value.is_boolean()) {
        config.window_scaling = value.get<bool>();
    } else if (key == "ecn" && value.is_boolean()) {
        config.explicit_congestion_notification_asked = value.get<bool>();
    } else {
        return false;
    }
    return true;
}

Outcome configure(const Request& request) {
    tcp::Config config = VirtualHost::default_config();
    for (const auto& [key, value] : request.content.items()) {
        if (key == "id" || key == "do") continue;
        if (!set_default(config, key, value)) {
            return malformed(fmt::format("no setting \"{}\" of {}", key, value.dump()));
        }
    }
    if (!request.host.configure(config, request.now)) return failed(ApiError::InvalidArgument);
    return Json::object();
}

/// A fresh socket that `prepare` makes something of; if that fails there is none.
template <typename Prepare>
Outcome open_socket(const Request& request, Prepare prepare) {
    constexpr std::uint64_t port_max = std::numeric_limits<std::uint16_t>::max();
    const auto port = number(request, "port", port_max);
    if (!port) return Failure{port.error()};
    const auto id = request.sockets().open(stack::SocketKind::Tcp);
    if (!id) return failed(id.error());
    if (const auto error = prepare(*id, static_cast<std::uint16_t>(*port))) {
        request.sockets().close(*id, request.now);
        return failed(*error);
    }
    return Json{{"socket", request.host.keep(*id)}};
}

Outcome listen(const Request& request) {
    return open_socket(request, [&](SocketId id, std::uint16_t port) {
        stack::SocketSet& sockets = request.sockets();
        auto error = sockets.set_option(id, stack::ReuseAddress{true}, request.now);
        if (!error) error = sockets.bind(id, {VirtualHost::kAddress, port});
        if (!error) error = sockets.listen(id, kBacklog);
        return error;
    });
}

Outcome connect(const Request& request) {
    return open_socket(request, [&](SocketId id, std::uint16_t port) {
        return request.sockets().connect(id, {VirtualHost::kTesterAddress, port}, request.now);
    });
}

Outcome accept(const Request& request) {
    const auto listener = socket_of(request);
    if (!listener) return Failure{listener.error()};
    const auto id = request.sockets().accept(*listener);
    if (!id) return failed(id.error());
    return Json{{"socket", request.host.keep(*id)}};
}

Outcome send(const Request& request) {
    const auto socket = socket_of(request);
    if (!socket) return Failure{socket.error()};
    const std::string text = text_field(request.content, "text").value_or("");
    const std::vector<std::uint8_t> bytes(text.begin(), text.end());
    const auto urgent = request.content.find("urgent");
    const bool is_urgent = urgent != request.content.end() && *urgent == true;
    const auto taken = is_urgent ? request.sockets().send_urgent(*socket, bytes, request.now)
                                 : request.sockets().send(*socket, bytes, request.now);
    if (!taken) return failed(taken.error());
    return Json{{"count", *taken}};
}

Outcome receive(const Request& request) {
    const auto socket = socket_of(request);
    if (!socket) return Failure{socket.error()};
    const auto count = number(request, "count");
    if (!count) return Failure{count.error()};
    std::vector<std::uint8_t> bytes(*count);
    const auto taken = request.sockets().receive(*socket, bytes, request.now);
    if (!taken) return failed(taken.error());
    bytes.resize(*taken);
    return Json{{"text", std::string(bytes.begin(), bytes.end())},
                {"end", *count > 0 && *taken == 0}};
}

Outcome shutdown(const Request& request) {
    const auto socket = socket_of(request);
    if (!socket) return Failure{socket.error()};
    return empty_unless(request.sockets().shutdown(*socket, stack::Direction::Write, request.now));
}

/// The number is gone with the socket.
template <typename End>
Outcome end_socket(const Request& request, End end) {
    const auto socket = socket_of(request);
    if (!socket) return Failure{socket.error()};
    end(*socket);
    request.host.forget(*number(request, "socket"));
    return Json::object();
}

Outcome close(const Request& request) {
    return end_socket(request, [&](SocketId id) { request.sockets().close(id, request.now); });
}

Outcome abort(const Request& request) {
    return end_socket(request, [&](SocketId id) { request.sockets().abort(id, request.now); });
}

Outcome set_option(const Request& request) {
    const auto socket = socket_of(request);
    if (!socket) return Failure{socket.error()};
    const auto value = number(request, "value");
    if (!value) return Failure{value.error()};
    const std::string name = text_field(request.content, "name").value_or("");
    stack::SocketSet& sockets = request.sockets();
    if (name == "no-delay") {
        return empty_unless(sockets.set_option(*socket, stack::NoDelay{*value != 0}, request.now));
    }
    if (name == "linger" && *value == 0) {
        return empty_unless(sockets.set_option(*socket, stack::Linger{Duration()}, request.now));
    }
    if (name == "keep-alive") {
        stack::KeepAlive keep_alive = sockets.options(*socket)->keep_alive;
        keep_alive.is_on = *value != 0;
        return empty_unless(sockets.set_option(*socket, keep_alive, request.now));
    }
    return failed(ApiError::InvalidArgument);
}

Outcome take_error(const Request& request) {
    const auto socket = socket_of(request);
    if (!socket) return Failure{socket.error()};
    const std::optional<ApiError> fate = *request.sockets().take_error(*socket);
    return Json{{"error", fate ? posix_name(*fate) : ""}};
}

Outcome describe_state(const Request& request) {
    const auto socket = socket_of(request);
    if (!socket) return Failure{socket.error()};
    const bool is_listening = *request.sockets().is_listening(*socket);
    return Json{
        {"state", is_listening ? "LISTEN" : tcp::to_string(*request.sockets().state(*socket))}};
}

struct Verb {
    std::string_view name;
    Outcome (*run)(const Request&);
};

constexpr std::array<Verb, 13> kVerbs = {{{"hello", say_hello},
                                          {"configure", configure},
                                          {"listen", listen},
                                          {"accept", accept},
                                          {"connect", connect},
                                          {"send", send},
                                          {"receive", receive},
                                          {"shutdown", shutdown},
                                          {"close", close},
                                          {"abort", abort},
                                          {"option", set_option},
                                          {"error", take_error},
                                          {"state", describe_state}}};

}  // namespace

std::string answer_host_request(VirtualHost& host, std::string_view line, Instant now) {
    return answer_request(
        line, [&](std::string_view name, const Json& content) -> std::optional<Outcome> {
            for (const Verb& verb : kVerbs)
                if (verb.name == name) return verb.run({content, host, now});
            return std::nullopt;
        });
}

}  // namespace shunt::app
