// SPDX-License-Identifier: Apache-2.0
// The Unix stream socket of the upper tester (docs/interfaces.md): many clients, JSON lines. Here
// a line is only a line; what it means is decided elsewhere.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
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
    /// Accepts, reads, writes what is left; returns the requests that are complete. Never blocks.
    std::vector<Request> poll();
    /// Sends a line (without its end). A client that has left meanwhile is no error.
    void answer(ClientId client, std::string_view line);

  private:
    /// Bytes read from one client per poll(), so that none starves the others or the links.
    static constexpr std::size_t kReadMax = 64 << 10;
    static constexpr ClientId kListenerToken = 0;

    struct Client {
        FileDescriptor socket;
        LineReader lines{kLineLengthMax};
        std::string unsent;
        std::size_t owed = 0;     // requests that are not answered yet
        bool is_closing = false;  // nothing more is read

        bool is_done() const { return is_closing && owed == 0 && unsent.empty(); }
    };

    ControlSocket(UnixListener listener, FileDescriptor epoll);
    void accept_clients();
    bool read_from(ClientId id, Client& client, std::vector<Request>& requests);
    bool flush(ClientId id, Client& client);
    void watch_for_room(ClientId id, const Client& client);

    UnixListener listener_;
    FileDescriptor epoll_;  // listener and clients; itself watched by the event loop
    std::map<ClientId, Client> clients_;
    ClientId next_id_ = 1;
};

}  // namespace shunt::runtime
