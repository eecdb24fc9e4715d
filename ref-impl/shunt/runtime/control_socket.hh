// SPDX-License-Identifier: Apache-2.0
// The Unix stream socket of the upper tester (docs/interfaces.md): many clients, JSON lines. Here
// a line is only a line; what it means is decided elsewhere.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "shunt/base/result.hh"
#include "shunt/runtime/file_descriptor.hh"
#include "shunt/runtime/line_reader.hh"
#include "shunt/runtime/setup_error.hh"
#include "shunt/runtime/unix_listener.hh"

namespace shunt::runtime {

class ControlSocket {
  public:
    /// Longest request in bytes.
    static constexpr std::size_t kLineLengthMax = 1 << 20;
    /// More clients than this are turned away: accepted and closed.
    static constexpr std::size_t kClientsMax = 64;
    /// A client that does not read its answers is closed when this many bytes wait for it.
    static constexpr std::size_t kUnsentMax = 16 << 20;

    using ClientId = std::uint32_t;
    struct Request {
        ClientId client = 0;
        std::string line;
        /// The line was too long; the client is closed once it is answered.
        bool is_overlong = false;
    };

    static Result<ControlSocket, SetupError> open(const std::string& path);

    /// Readable when poll() has something to do.
    int descriptor() const { return epoll_.number(); }
    /// Accepts, reads, writes what is left; returns one request at most of each client, so that one
    /// that asks a thousand things at once delays nobody else, the links of the node least of all.
    /// Never blocks. The next request of a client comes when this one is answered and sent.
    std::vector<Request> poll();
    /// poll() has something to do, whatever the descriptor says.
    bool has_waiting() const;
    /// Sends a line (without its end), at any time. A client that has left meanwhile is no error.
    void answer(ClientId client, std::string_view line);
    /// Clients that have left since the last call: their requests want no answer.
    std::vector<ClientId> take_departed() { return std::exchange(departed_, {}); }

  private:
    /// Bytes read from one client per poll(), so that none starves the others or the links.
    static constexpr std::size_t kReadMax = 64 << 10;
    static constexpr ClientId kListenerToken = 0;

    struct Client {
        FileDescriptor socket;
        LineReader lines{kLineLengthMax};
        std::optional<Request> next;
        std::string unsent;
        bool is_owed = false;     // an answer
        bool is_closing = false;  // nothing more is read

        bool is_ready() const { return next && !is_owed && unsent.empty(); }
        bool is_done() const { return is_closing && !next && !is_owed && unsent.empty(); }
    };

    ControlSocket(UnixListener listener, FileDescriptor epoll);
    void accept_clients();
    bool read_from(ClientId id, Client& client);
    static void find_next(ClientId id, Client& client);
    bool flush(ClientId id, Client& client);
    void watch(ClientId id, const Client& client);
    void drop(std::map<ClientId, Client>::iterator client);

    UnixListener listener_;
    FileDescriptor epoll_;  // listener and clients; itself watched by the event loop
    std::map<ClientId, Client> clients_;
    std::vector<ClientId> departed_;
    ClientId next_id_ = 1;
};

}  // namespace shunt::runtime
