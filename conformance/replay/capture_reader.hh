// SPDX-License-Identifier: Apache-2.0
/// Ethernet frames of a capture file, pcap or pcapng.
#pragma once

#include <cstdio>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>

#include "engine/bytes.hh"
#include "engine/time.hh"

struct pcap;

namespace conform {

/// No such file, no capture of Ethernet frames, or one that is cut or contradicts itself. The
/// message begins with the file and, where it was read, the offset.
class CaptureFileError : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

struct TimedFrame {
    Duration time{};  ///< since 1970
    Bytes bytes;
};

class CaptureReader {
  public:
    explicit CaptureReader(std::string path);

    /// Absent at the end of the file.
    std::optional<Bytes> next();
    std::optional<TimedFrame> next_timed();
    /// Where in the file the next one is.
    std::size_t offset() const;

  private:
    struct Closer {
        void operator()(pcap* handle) const;
    };
    [[noreturn]] void fail(long offset, const std::string& reason) const;

    std::string path_;
    std::unique_ptr<pcap, Closer> handle_;
};

}  // namespace conform
