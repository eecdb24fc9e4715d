// SPDX-License-Identifier: Apache-2.0
#include "agent/kernel_sockets.hh"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>

#include <nlohmann/json.hpp>

#include "agent/kernel_network.hh"
#include "attach/json_line.hh"
#include "script/addresses.hh"

namespace conform {
namespace {

constexpr int kBacklog = 16;

/// A call that failed, with the name of its errno.
struct CallFailed : std::runtime_error {
    using std::runtime_error::runtime_error;
};

[[noreturn]] void fail(int reason) {
    // EAGAIN is the same number; the name is POSIX's for sockets.
    if (reason == EAGAIN) throw CallFailed("EWOULDBLOCK");
    const char* name = ::strerrorname_np(reason);
    throw CallFailed(name == nullptr ? "EIO" : name);
}

void check(int result) {
    if (result != 0) fail(errno);
}

void set_integer(int socket, int level, int name, int value) {
    check(::setsockopt(socket, level, name, &value, sizeof value));
}

sockaddr_in address_of(Ipv4Address address, std::uint16_t port) {
    sockaddr_in internet{};
    internet.sin_family = AF_INET;
    internet.sin_addr.s_addr = htonl(address.value);
    internet.sin_port = htons(port);
    return internet;
}

Descriptor open_socket() {
    Descriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!socket.is_open()) fail(errno);
    // Listeners hand it on to what they accept.
    check(::setsockopt(socket.number(), IPPROTO_TCP, TCP_CONGESTION, "reno", 4));
    return socket;
}

/// RFC 9293's names for what TCP_INFO says.
const char* state_name(unsigned state) {
    constexpr const char* kNames[] = {"?",          "ESTABLISHED", "SYN-SENT",  "SYN-RECEIVED",
                                      "FIN-WAIT-1", "FIN-WAIT-2",  "TIME-WAIT", "CLOSED",
                                      "CLOSE-WAIT", "LAST-ACK",    "LISTEN",    "CLOSING"};
    return state < std::size(kNames) ? kNames[state] : "?";
}

}  // namespace

KernelSockets::KernelSockets() {
    KernelNetwork::set("tcp_congestion_control", "reno");
    KernelNetwork::set("tcp_ecn", "2");
    KernelNetwork::set("tcp_rmem", "4096 131072 6291456");
    KernelNetwork::set("tcp_no_metrics_save", "1");
    // Acknowledgments that are held back are no answer to the step that they were due to.
    KernelNetwork::set("tcp_invalid_ratelimit", "0");
    KernelNetwork::set("tcp_comp_sack_nr", "0");
    // Nor is text that waits for company, by the clock.
    KernelNetwork::set("tcp_tso_win_divisor", "200");
}

std::string KernelSockets::answer(std::string_view line) {
    const Json request = parse_json_line(line);
    Json answer{{"id", nullptr}, {"ok", false}, {"error", "malformed"}, {"text", ""}};
    if (request.is_object()) {
        answer["id"] = request.value("id", Json());
        try {
            answer["result"] = perform(request);
            answer["ok"] = true;
            answer.erase("error");
            answer.erase("text");
        } catch (const CallFailed& error) {
            answer["error"] = error.what();
        } catch (const std::exception& error) {
            answer["text"] = error.what();
        }
    }
    return answer.dump(-1, ' ', false, Json::error_handler_t::replace);
}

nlohmann::json KernelSockets::perform(const Json& request) {
    const std::string verb = request.at("do");
    if (verb == "hello") return {{"device", "kernel"}, {"control", 1}};
    if (verb == "configure") return configure(request);
    if (verb == "listen") return listen(request);
    if (verb == "accept") return accept(request);
    if (verb == "connect") return connect(request);
    if (verb == "send") return send(request);
    if (verb == "receive") return receive(request);
    if (verb == "shutdown") return shutdown(request);
    if (verb == "close") return close(request, false);
    if (verb == "abort") return close(request, true);
    if (verb == "option") return set_option(request);
    if (verb == "error") return take_error(request);
    if (verb == "state") return describe_state(request);
    throw CallFailed("unsupported");
}

nlohmann::json KernelSockets::configure(const Json& request) {
    const auto flag = [](const Json& value) { return value.get<bool>() ? "1" : "0"; };
    for (const auto& [key, value] : request.items()) {
        if (key == "id" || key == "do") continue;
        if (key == "timestamps") {
            KernelNetwork::set("tcp_timestamps", flag(value));
        } else if (key == "sack") {
            KernelNetwork::set("tcp_sack", flag(value));
        } else if (key == "window-scaling") {
            KernelNetwork::set("tcp_window_scaling", flag(value));
        } else if (key == "ecn") {
            KernelNetwork::set("tcp_ecn", value.get<bool>() ? "1" : "2");
        } else if (key == "receive-buffer") {
            // The kernel counts its own overhead in: half of it is the window's.
            const auto size = value.get<unsigned>() * 2;
            KernelNetwork::set("tcp_rmem", fmt::format("4096 {0} {0}", size));
        } else if (key == "keep-alive-idle") {
            keep_alive_idle_ = value.get<int>();
        } else if (key == "keep-alive-interval") {
            keep_alive_interval_ = value.get<int>();
        } else if (key == "keep-alive-probes") {
            keep_alive_probes_ = value.get<int>();
        } else {
            throw CallFailed("unsupported");
        }
    }
    return Json::object();
}

nlohmann::json KernelSockets::keep(Descriptor socket) {
    sockets_.emplace(next_socket_, std::move(socket));
    return {{"socket", next_socket_++}};
}

int KernelSockets::descriptor_of(const Json& request) const {
    const auto found = sockets_.find(request.value("socket", std::uint32_t{0}));
    if (found == sockets_.end()) throw CallFailed("EBADF");
    return found->second.number();
}

nlohmann::json KernelSockets::listen(const Json& request) {
    Descriptor socket = open_socket();
    set_integer(socket.number(), SOL_SOCKET, SO_REUSEADDR, 1);
    const sockaddr_in address = address_of(kDeviceAddress, request.at("port"));
    // The C interface takes every family behind one type; so does connect().
    check(::bind(socket.number(), reinterpret_cast<const sockaddr*>(&address), sizeof address));
    check(::listen(socket.number(), kBacklog));
    return keep(std::move(socket));
}

nlohmann::json KernelSockets::accept(const Json& request) {
    Descriptor socket(
        ::accept4(descriptor_of(request), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!socket.is_open()) fail(errno);
    // Its first segments would be acknowledged at once, each one, to help slow start.
    set_integer(socket.number(), IPPROTO_TCP, TCP_QUICKACK, 0);
    set_integer(socket.number(), SOL_SOCKET, SO_OOBINLINE, 1);
    return keep(std::move(socket));
}

nlohmann::json KernelSockets::connect(const Json& request) {
    Descriptor socket = open_socket();
    const sockaddr_in address = address_of(kTesterAddress, request.at("port"));
    set_integer(socket.number(), SOL_SOCKET, SO_OOBINLINE, 1);
    if (::connect(socket.number(), reinterpret_cast<const sockaddr*>(&address), sizeof address) !=
            0 &&
        errno != EINPROGRESS) {
        fail(errno);
    }
    return keep(std::move(socket));
}

nlohmann::json KernelSockets::send(const Json& request) const {
    const std::string text = request.value("text", std::string());
    const int flags = MSG_DONTWAIT | MSG_NOSIGNAL | (request.value("urgent", false) ? MSG_OOB : 0);
    const ssize_t count = ::send(descriptor_of(request), text.data(), text.size(), flags);
    if (count < 0) fail(errno);
    return {{"count", count}};
}

/// A receive of the kernel ends at an urgent octet; this one goes on behind it.
nlohmann::json KernelSockets::receive(const Json& request) const {
    const int socket = descriptor_of(request);
    std::string text;
    std::string part(request.value("count", std::size_t{0}), '\0');
    bool is_end = false;
    while (text.size() < part.size()) {
        const ssize_t count = ::recv(socket, part.data(), part.size() - text.size(), MSG_DONTWAIT);
        if (count > 0) {
            text.append(part, 0, static_cast<std::size_t>(count));
            continue;
        }
        if (count < 0 && text.empty()) fail(errno);
        is_end = count == 0 && text.empty();
        break;
    }
    return {{"text", text}, {"end", is_end}};
}

nlohmann::json KernelSockets::shutdown(const Json& request) const {
    check(::shutdown(descriptor_of(request), SHUT_WR));
    return Json::object();
}

nlohmann::json KernelSockets::close(const Json& request, bool with_reset) {
    const int socket = descriptor_of(request);
    if (with_reset) {
        const linger at_once{1, 0};
        check(::setsockopt(socket, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once));
    }
    sockets_.erase(request.at("socket").get<std::uint32_t>());
    return Json::object();
}

nlohmann::json KernelSockets::set_option(const Json& request) const {
    const int socket = descriptor_of(request);
    const std::string name = request.value("name", std::string());
    const int value = request.value("value", 0);
    if (name == "no-delay") {
        set_integer(socket, IPPROTO_TCP, TCP_NODELAY, value);
    } else if (name == "linger" && value == 0) {
        const linger at_once{1, 0};
        check(::setsockopt(socket, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once));
    } else if (name == "keep-alive") {
        set_integer(socket, IPPROTO_TCP, TCP_KEEPIDLE, keep_alive_idle_);
        set_integer(socket, IPPROTO_TCP, TCP_KEEPINTVL, keep_alive_interval_);
        set_integer(socket, IPPROTO_TCP, TCP_KEEPCNT, keep_alive_probes_);
        set_integer(socket, SOL_SOCKET, SO_KEEPALIVE, value);
    } else {
        throw CallFailed("EINVAL");
    }
    return Json::object();
}

nlohmann::json KernelSockets::take_error(const Json& request) const {
    int reason = 0;
    socklen_t size = sizeof reason;
    check(::getsockopt(descriptor_of(request), SOL_SOCKET, SO_ERROR, &reason, &size));
    const char* name = reason == 0 ? "" : ::strerrorname_np(reason);
    return {{"error", name == nullptr ? "EIO" : name}};
}

nlohmann::json KernelSockets::describe_state(const Json& request) const {
    tcp_info info{};
    socklen_t size = sizeof info;
    check(::getsockopt(descriptor_of(request), IPPROTO_TCP, TCP_INFO, &info, &size));
    return {{"state", state_name(info.tcpi_state)}};
}

}  // namespace conform
