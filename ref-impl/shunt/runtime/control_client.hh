// SPDX-License-Identifier: Apache-2.0
// The other end of a node's control socket: one line is sent, one line comes back.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "shunt/base/result.hh"
#include "shunt/base/time.hh"
#include "shunt/runtime/file_descriptor.hh"
#include "shunt/runtime/line_reader.hh"
#include "shunt/runtime/setup_error.hh"

namespace shunt::runtime {

class ControlClient {
  public:
    /// Longest answer in bytes: the tables of a large node.
    static constexpr std::size_t kAnswerMax = std::size_t{1} << 30;

    enum class Trouble : std::uint8_t {
        Left,         // the node closed the connection without an answer
        Silent,       // no answer in time
        Interrupted,  // by a signal
        Failed        // the system or the node broke the connection
    };

    /// The error's text names the path and what helps.
    static Result<ControlClient, SetupError> open(const std::string& path);

    Result<std::string, Trouble> ask(std::string_view line, Duration patience);

  private:
    explicit ControlClient(FileDescriptor socket) : socket_(std::move(socket)) {}
    bool send_all(std::string_view bytes);

    FileDescriptor socket_;
    LineReader lines_{kAnswerMax};
};

}  // namespace shunt::runtime
