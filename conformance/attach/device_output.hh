// SPDX-License-Identifier: Apache-2.0
/// What a device prints: read all the while, so that no device waits for its reader; of which the
/// end is kept for messages, and the beginning in a file.
#pragma once

#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include "attach/descriptor.hh"

namespace conform {

class DeviceOutput {
  public:
    /// How much of the end is kept, and how much a log file gets; of several devices together.
    static constexpr std::size_t kTailSize = std::size_t{64} << 10;
    static constexpr std::size_t kLogSizeMax = std::size_t{16} << 20;

    /// Appends to the file at `log_path`; no file if that is empty. Throws AttachmentError.
    explicit DeviceOutput(const std::string& log_path, std::size_t log_size_max = kLogSizeMax);
    DeviceOutput(const DeviceOutput&) = delete;
    DeviceOutput& operator=(const DeviceOutput&) = delete;
    ~DeviceOutput();

    /// For the device's standard output and error, until collect().
    int writing_end() const { return writing_.number(); }
    /// Begins to read; the device has its end by now.
    void collect();

    /// Whether a line with `"event":"ready"` has come.
    bool has_announced_ready();
    /// The last bytes of what has been printed until now, kTailSize of them at most.
    std::string tail();

  private:
    /// Until the device's end is closed, or ours is.
    void read_all_the_while();
    /// Whether there was something. Needs the lock.
    bool read_some();
    void keep(std::string_view text);
    void log(std::string_view text);

    Descriptor reading_;
    Descriptor writing_;
    Descriptor waker_;  ///< readable: it is time to end
    Descriptor log_;
    std::size_t log_left_ = 0;
    std::mutex mutex_;  ///< of all below
    std::string tail_;
    std::string seam_;  ///< the end of what has been searched
    bool is_ready_ = false;
    bool is_closed_ = false;
    std::thread reader_;
};

}  // namespace conform
