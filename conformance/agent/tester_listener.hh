// SPDX-License-Identifier: Apache-2.0
/// Where a device of ours waits for testers: the socket of a unix: attachment.
#pragma once

#include <optional>
#include <string>

#include "attach/descriptor.hh"
#include "attach/unix_message.hh"

namespace conform {

class TesterListener {
  public:
    /// Throws UsageError where nothing can be bound to `path`.
    explicit TesterListener(std::string path);
    TesterListener(const TesterListener&) = delete;
    TesterListener& operator=(const TesterListener&) = delete;
    /// The socket's name goes too.
    ~TesterListener();

    /// The next tester; waits for it. Throws Interrupted.
    Descriptor accept() const;

  private:
    std::string path_;
    Descriptor socket_;
};

/// The tester's next message; waits for it. Absent: it has left, or sent what is none.
std::optional<UnixMessage> receive_message(int tester);

/// A tester that has left is noticed when it is read from.
void send_message(int tester, const UnixMessage& message);

}  // namespace conform
