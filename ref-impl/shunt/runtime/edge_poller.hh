// SPDX-License-Identifier: Apache-2.0
// Tells when sockets become readable or writable, each change once: whoever is told reads and
// writes until the socket blocks. Its own descriptor is readable while it has something to tell.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include "shunt/base/result.hh"
#include "shunt/runtime/file_descriptor.hh"
#include "shunt/runtime/setup_error.hh"

namespace shunt::runtime {

class EdgePoller {
  public:
    struct Edge {
        std::uint64_t key = 0;
        /// Or: it has failed, or its peer has finished.
        bool is_readable = false;
        /// Or: it has failed.
        bool is_writable = false;
    };

    static Result<EdgePoller, SetupError> open();

    /// `key` says later which one it was. The kernel forgets a descriptor that is closed. False:
    /// the machine has no room for one more.
    [[nodiscard]] bool add(int descriptor, std::uint64_t key);
    /// What changed since the last call, valid until the next; at most kEdgesMax, then more.
    std::span<const Edge> poll();
    int descriptor() const { return epoll_.number(); }

    static constexpr std::size_t kEdgesMax = 128;

  private:
    explicit EdgePoller(FileDescriptor epoll) : epoll_(std::move(epoll)) {}

    FileDescriptor epoll_;
    std::array<Edge, kEdgesMax> edges_{};
};

}  // namespace shunt::runtime
