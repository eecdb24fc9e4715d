// SPDX-License-Identifier: Apache-2.0
/// The device as a process of ours: `-- COMMAND`.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "attach/device_output.hh"

namespace conform {

/// Which socket a path names. An inode's number is given again once it is free, so that the time
/// at which the socket came to stand there counts too.
struct SocketFile {
    dev_t device = 0;
    ino_t inode = 0;
    std::int64_t changed_s = 0;
    std::int64_t changed_ns = 0;

    bool operator==(const SocketFile&) const = default;
};

class DeviceProcess {
  public:
    static constexpr std::chrono::seconds kReadyPatience{10};

    /// Starts `command` and waits until it serves: until it has printed a line with
    /// `"event":"ready"`, or until a new socket stands at `socket_path` (empty: none is awaited).
    /// Its output goes to `log_path` too, as far as DeviceOutput says, if that is not empty. Throws
    /// AttachmentError if the command cannot be started, ends, or is not ready within `patience`.
    DeviceProcess(const std::vector<std::string>& command, const std::string& socket_path,
                  const std::string& log_path, std::chrono::nanoseconds patience = kReadyPatience);
    DeviceProcess(const DeviceProcess&) = delete;
    DeviceProcess& operator=(const DeviceProcess&) = delete;
    /// Asks it to end (SIGTERM), and makes it end (SIGKILL) where it does not within 2 s.
    ~DeviceProcess();

    bool is_running();
    /// Waits for its end, at most `patience`; true if it has ended.
    bool ends_within(std::chrono::milliseconds patience);

    /// "ended with exit code 134: .. last lines of its output", for verdicts.
    std::string describe_end();

  private:
    void start(const std::vector<std::string>& command);
    void await_ready(const std::string& socket_path, const SocketFile& before,
                     std::chrono::nanoseconds patience);
    void end();

    pid_t pid_ = -1;
    int status_ = 0;
    DeviceOutput output_;
};

}  // namespace conform
