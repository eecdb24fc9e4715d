// SPDX-License-Identifier: Apache-2.0
// A listening Unix socket at a path, which it removes again at the end unless it is another's by
// then.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "shunt/base/result.hh"
#include "shunt/runtime/file_descriptor.hh"
#include "shunt/runtime/setup_error.hh"

namespace shunt::runtime {

class UnixListener {
  public:
    enum class Type : std::uint8_t { Stream, SequencedPackets };

    /// Only the user who runs the process may connect (mode 0600). A socket that a process left
    /// behind when it died is replaced; one that is served, or another kind of file, is not.
    static Result<UnixListener, SetupError> open(const std::string& path, Type type);

    UnixListener(UnixListener&&) noexcept = default;
    UnixListener& operator=(UnixListener&&) = delete;
    ~UnixListener();

    /// The next connection, non-blocking; empty if none waits.
    FileDescriptor accept();
    int descriptor() const { return socket_.number(); }
    const std::string& path() const { return path_; }

  private:
    UnixListener(FileDescriptor socket, std::string path);

    FileDescriptor socket_;
    std::string path_;
    std::optional<std::pair<dev_t, ino_t>> file_;  // what this one has made there
};

}  // namespace shunt::runtime
