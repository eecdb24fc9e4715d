// SPDX-License-Identifier: Apache-2.0
// The client's end of a connection that somebody else moves: the kernel's TCP, HTTP requests of
// the kinds that the measurements make, and what became of it.
#pragma once

#include <cstdint>
#include <string>

#include "bench/moves/content_socket.hh"
#include "bench/moves/http_reader.hh"

namespace shunt::bench {

class MovedConnection {
  public:
    /// Connects. `receive_buffer_bytes`, or 0 for what the kernel finds best.
    MovedConnection(const char* address, std::uint16_t port, int receive_buffer_bytes = 0);

    /// The client's part of the tuple, as the control socket writes it.
    const std::string& name() const { return name_; }
    HttpReader& reader() { return reader_; }

    /// Asks for an object of generated content.
    void ask(std::uint64_t size);
    /// Sends content, which the server compares, and asks for as much.
    void send_and_ask(std::uint64_t size);
    /// Sends content, which the server compares; the answer is short.
    void upload(std::uint64_t size);

  private:
    void post(std::uint64_t answer_size, std::uint64_t size);

    Descriptor socket_;
    std::string name_;
    HttpReader reader_;
};

}  // namespace shunt::bench
