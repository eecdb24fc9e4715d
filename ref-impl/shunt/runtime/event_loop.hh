// SPDX-License-Identifier: Apache-2.0
// Waiting for descriptors, for a deadline, and for the user to interrupt. No callbacks: what is
// ready comes back as values.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "shunt/base/result.hh"
#include "shunt/base/time.hh"
#include "shunt/runtime/file_descriptor.hh"
#include "shunt/runtime/setup_error.hh"

namespace shunt::runtime {

class EventLoop {
  public:
    /// Chosen by whoever watches a descriptor, to know it again.
    using Token = std::uint32_t;

    /// From now on SIGINT and SIGTERM do not end the process but make is_interrupted() true.
    static Result<EventLoop, SetupError> open();

    /// Watches for input (level-triggered). The descriptor stays the caller's, and is forgotten
    /// by the kernel when it is closed.
    void watch(int descriptor, Token token);
    /// Ends that; the descriptor is watched and open.
    void unwatch(int descriptor);

    /// Tokens of descriptors with input or a fault, valid until the next call. Returns when there
    /// is one, when the deadline (on the clock of monotonic_now) has come, or after a signal.
    std::span<const Token> wait(std::optional<Instant> deadline);

    /// SIGINT or SIGTERM has come.
    bool is_interrupted() const { return is_interrupted_; }

  private:
    static constexpr std::size_t kEventsMax = 64;
    static constexpr Token kSignalToken = 0xFFFFFFFF;
    EventLoop(FileDescriptor epoll, FileDescriptor signals);

    FileDescriptor epoll_;
    FileDescriptor signals_;
    std::array<Token, kEventsMax> ready_{};
    bool is_interrupted_ = false;
};

}  // namespace shunt::runtime
