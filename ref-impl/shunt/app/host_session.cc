// SPDX-License-Identifier: Apache-2.0
#include "shunt/app/host_session.hh"

#include <fmt/format.h>

#include <array>
#include <optional>

#include <nlohmann/json.hpp>

#include "shunt/app/version.hh"

namespace shunt::app {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kTextMax = 65'536;
constexpr std::uint32_t kValueMax = 1'000'000;

/// Why there is no result: a name for programs, and a text for people.
struct Refusal {
    std::string code;
    std::string text;
};
using Outcome = Result<Json, Refusal>;

struct Request {
    const Json& content;
    HostDevice& host;
    Instant now;
};

Failure<Refusal> malformed(std::string text) {
    return Failure{Refusal{"malformed", std::move(text)}};
}

Failure<Refusal> failed(SocketError error) {
    return Failure{Refusal{std::string(error), std::string()}};
}

/// A field that is a number from 0 to kValueMax; 0 where it is missing.
std::uint32_t number(const Request& request, const char* field) {
    const auto found = request.content.find(field);
    if (found == request.content.end() || !found->is_number_unsigned()) return 0;
    return static_cast<std::uint32_t>(
        std::min<std::uint64_t>(found->get<std::uint64_t>(), kValueMax));
}

std::string text(const Request& request, const char* field) {
    const auto found = request.content.find(field);
    if (found == request.content.end() || !found->is_string()) return {};
    return found->get<std::string>();
}

std::uint16_t port_of(const Request& request) {
    return static_cast<std::uint16_t>(number(request, "port"));
}

Outcome say_hello(const Request&) {
    return Json{{"device", "shunt-host"}, {"version", kVersion}, {"control", 1}};
}

Outcome configure(const Request& request) {
    if (request.host.has_sockets()) return failed("EINVAL");
    tcp::Config& config = request.host.config();
    config.advertised_mss = 1'460;
    config.congestion_control = tcp::congestion::Algorithm::NewReno;
    for (const auto& [key, value] : request.content.items()) {
        if (key == "id" || key == "do") continue;
        if (!value.is_boolean() && !value.is_number_unsigned()) return malformed(key);
        const bool is_on = value.is_boolean() && value.get<bool>();
        const std::uint64_t amount =
            value.is_number_unsigned()
                ? std::min<std::uint64_t>(value.get<std::uint64_t>(), kValueMax)
                : 0;
        const auto seconds = Duration::seconds(static_cast<std::int64_t>(amount));
        if (key == "timestamps") {
            config.timestamps = is_on;
        } else if (key == "sack") {
            config.selective_acknowledgment = is_on;
        } else if (key == "window-scaling") {
            config.window_scaling = is_on;
        } else if (key == "ecn") {
            config.explicit_congestion_notification_asked = is_on;
        } else if (key == "keep-alive-idle") {
            config.keep_alive_idle = seconds;
        } else if (key == "keep-alive-interval") {
            config.keep_alive_interval = seconds;
        } else if (key == "keep-alive-probes") {
            config.keep_alive_probes_max =
                static_cast<std::uint8_t>(std::min<std::uint64_t>(amount, 255));
        } else if (key == "receive-buffer") {
            config.receive_buffer_max = static_cast<std::uint32_t>(amount);
        } else {
            return Failure{Refusal{"unsupported", fmt::format("no setting \"{}\"", key)}};
        }
    }
    return Json::object();
}

Outcome socket_result(const Result<HostDevice::Socket, SocketError>& socket) {
    if (!socket) return failed(socket.error());
    return Json{{"socket", *socket}};
}

Outcome empty_result(const Result<bool, SocketError>& done) {
    if (!done) return failed(done.error());
    return Json::object();
}

Outcome listen(const Request& request) {
    return socket_result(request.host.listen(port_of(request)));
}
Outcome accept(const Request& request) {
    return socket_result(request.host.accept(number(request, "socket")));
}
Outcome connect(const Request& request) {
    return socket_result(request.host.connect(port_of(request), request.now));
}

Outcome send(const Request& request) {
    const std::string bytes = text(request, "text");
    if (bytes.size() > kTextMax) return malformed("text: at most 65536 octets");
    const auto data = std::vector<std::uint8_t>(bytes.begin(), bytes.end());
    const bool is_urgent = request.content.value("urgent", false);
    const auto taken = request.host.send(number(request, "socket"), data, is_urgent, request.now);
    if (!taken) return failed(taken.error());
    return Json{{"count", *taken}};
}

Outcome receive(const Request& request) {
    const auto got =
        request.host.receive(number(request, "socket"), number(request, "count"), request.now);
    if (!got) return failed(got.error());
    return Json{{"text", std::string(got->bytes.begin(), got->bytes.end())}, {"end", got->is_end}};
}

Outcome shutdown(const Request& request) {
    return empty_result(request.host.shutdown_write(number(request, "socket"), request.now));
}
Outcome close(const Request& request) {
    return empty_result(request.host.close(number(request, "socket"), request.now));
}
Outcome abort(const Request& request) {
    return empty_result(request.host.abort(number(request, "socket"), request.now));
}
Outcome set_option(const Request& request) {
    return empty_result(request.host.set_option(number(request, "socket"), text(request, "name"),
                                                number(request, "value"), request.now));
}

Outcome take_error(const Request& request) {
    const auto error = request.host.take_error(number(request, "socket"));
    if (!error) return failed(error.error());
    return Json{{"error", *error}};
}
Outcome describe_state(const Request& request) {
    const auto state = request.host.state(number(request, "socket"));
    if (!state) return failed(state.error());
    return Json{{"state", *state}};
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

std::string refuse(const Json& id, const Refusal& refusal) {
    const Json answer{{"id", id}, {"ok", false}, {"error", refusal.code}, {"text", refusal.text}};
    return answer.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

std::string answer_host_request(HostDevice& host, std::string_view line, Instant now) {
    const Json content = Json::parse(line, nullptr, false);
    if (!content.is_object()) return refuse(nullptr, {"malformed", "expected one JSON object"});
    const Json id = content.value("id", Json());
    const Request request{content, host, now};
    const std::string name = text(request, "do");
    for (const Verb& verb : kVerbs) {
        if (verb.name != name) continue;
        const Outcome outcome = verb.run(request);
        if (!outcome) return refuse(id, outcome.error());
        const Json answer{{"id", id}, {"ok", true}, {"result", *outcome}};
        return answer.dump(-1, ' ', false, Json::error_handler_t::replace);
    }
    return refuse(id, {"unsupported", fmt::format("no verb \"{}\" here", name)});
}

}  // namespace shunt::app
