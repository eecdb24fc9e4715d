// SPDX-License-Identifier: Apache-2.0
#include "shunt/runtime/control_socket.hh"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "shunt/base/assert.hh"

namespace shunt::runtime {
namespace {

void control_epoll(const FileDescriptor& epoll, int operation, int descriptor,
                   std::uint32_t interest, std::uint32_t token) {
    epoll_event event{};
    event.events = interest;
    event.data.u32 = token;
    const int result = epoll_ctl(epoll.number(), operation, descriptor, &event);
    SHUNT_ASSERT(result == 0, "open descriptors are added once and changed after that");
}

}  // namespace

ControlSocket::ControlSocket(UnixListener listener, FileDescriptor epoll)
    : listener_(std::move(listener)), epoll_(std::move(epoll)) {
    control_epoll(epoll_, EPOLL_CTL_ADD, listener_.descriptor(), EPOLLIN, kListenerToken);
}

Result<ControlSocket, SetupError> ControlSocket::open(const std::string& path) {
    auto listener = UnixListener::open(path, UnixListener::Type::Stream);
    if (!listener) return Failure{SetupError{"control socket " + listener.error().text}};
    FileDescriptor epoll(epoll_create1(EPOLL_CLOEXEC));
    if (!epoll) return Failure{SetupError{"epoll: " + system_reason(errno)}};
    return ControlSocket(std::move(*listener), std::move(epoll));
}

std::vector<ControlSocket::Request> ControlSocket::poll() {
    std::array<epoll_event, 16> events{};
    const int count =
        epoll_wait(epoll_.number(), events.data(), static_cast<int>(events.size()), 0);
    for (int index = 0; index < count; ++index) {
        const epoll_event& event = events[static_cast<std::size_t>(index)];
        if (event.data.u32 == kListenerToken) {
            accept_clients();
            continue;
        }
        const auto found = clients_.find(event.data.u32);
        if (found == clients_.end()) continue;
        Client& client = found->second;
        // Who has closed its socket reads no answer that is owed to it still.
        const bool is_left = client.is_owed && (event.events & (EPOLLHUP | EPOLLERR)) != 0;
        const bool is_connected =
            !is_left && flush(found->first, client) && read_from(found->first, client);
        if (!is_connected || client.is_done()) drop(found);
    }
    std::vector<Request> requests;
    for (auto& [id, client] : clients_) {
        if (!client.is_ready()) continue;
        requests.push_back(*std::exchange(client.next, std::nullopt));
        client.is_owed = true;
    }
    return requests;
}

bool ControlSocket::has_waiting() const {
    return std::ranges::any_of(clients_,
                               [](const auto& client) { return client.second.is_ready(); });
}

void ControlSocket::accept_clients() {
    while (FileDescriptor socket = listener_.accept()) {
        if (clients_.size() >= kClientsMax) continue;  // closed at the end of its scope
        const ClientId id = next_id_++;
        control_epoll(epoll_, EPOLL_CTL_ADD, socket.number(), EPOLLIN, id);
        clients_[id].socket = std::move(socket);
    }
}

/// False if the connection has failed.
bool ControlSocket::read_from(ClientId id, Client& client) {
    if (client.is_closing || client.next || client.is_owed || !client.unsent.empty()) return true;
    std::array<char, kReadMax> buffer;
    const ssize_t count = recv(client.socket.number(), buffer.data(), buffer.size(), 0);
    if (count < 0) return errno == EAGAIN || errno == EINTR;
    client.lines.push(std::string_view(buffer.data(), static_cast<std::size_t>(count)));
    find_next(id, client);
    // A client that has ended its side still gets the answers to what it has asked.
    if (count == 0) client.is_closing = true;
    watch(id, client);
    return true;
}

void ControlSocket::find_next(ClientId id, Client& client) {
    if (std::optional<std::string> line = client.lines.pop()) {
        client.next = Request{id, std::move(*line), false};
    } else if (client.lines.is_overlong() && !client.is_closing) {
        client.next = Request{id, {}, true};
        client.is_closing = true;
    }
}

void ControlSocket::answer(ClientId id, std::string_view line) {
    const auto found = clients_.find(id);
    if (found == clients_.end()) return;
    Client& client = found->second;
    SHUNT_ASSERT(client.is_owed, "every request is answered once");
    client.is_owed = false;
    find_next(id, client);
    client.unsent.append(line);
    client.unsent.push_back('\n');
    const bool is_connected = flush(id, client);
    if (!is_connected || client.unsent.size() > kUnsentMax || client.is_done()) drop(found);
}

void ControlSocket::drop(std::map<ClientId, Client>::iterator client) {
    departed_.push_back(client->first);
    clients_.erase(client);
}

/// False if the connection has failed.
bool ControlSocket::flush(ClientId id, Client& client) {
    if (client.unsent.empty()) return true;
    std::size_t sent = 0;
    while (sent < client.unsent.size()) {
        const ssize_t count = send(client.socket.number(), client.unsent.data() + sent,
                                   client.unsent.size() - sent, MSG_NOSIGNAL);
        if (count < 0 && (errno == EAGAIN || errno == EINTR)) break;
        if (count < 0) return false;
        sent += static_cast<std::size_t>(count);
    }
    client.unsent.erase(0, sent);
    watch(id, client);
    return true;
}

/// For input while nothing is to be answered first.
void ControlSocket::watch(ClientId id, const Client& client) {
    std::uint32_t interest = 0;
    const bool is_busy = client.next || client.is_owed || !client.unsent.empty();
    if (!client.is_closing && !is_busy) interest |= EPOLLIN;
    if (!client.unsent.empty()) interest |= EPOLLOUT;
    control_epoll(epoll_, EPOLL_CTL_MOD, client.socket.number(), interest, id);
}

}  // namespace shunt::runtime
