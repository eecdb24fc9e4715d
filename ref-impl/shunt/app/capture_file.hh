// SPDX-License-Identifier: Apache-2.0
// Frames of a capture file, pcap or pcapng, one after another; what is wrong with a file is said
// with its name and the offset.
#pragma once

#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "shunt/base/bytes.hh"
#include "shunt/base/result.hh"

struct pcap;

namespace shunt::app {

class CaptureFile {
  public:
    /// Fails if there is no such file, or if it is no capture of Ethernet frames.
    static Result<CaptureFile, std::string> open(const std::string& path);

    /// The next frame, valid until the next call, or nothing at the end. Fails where the file is
    /// cut or contradicts itself; then there is no more to be had from it.
    Result<std::optional<ByteView>, std::string> next();

  private:
    struct Closer {
        void operator()(pcap* handle) const;
    };
    CaptureFile(std::string path, pcap* handle) : path_(std::move(path)), handle_(handle) {}

    std::string path_;
    std::unique_ptr<pcap, Closer> handle_;
};

}  // namespace shunt::app
