// SPDX-License-Identifier: Apache-2.0
// The pcapng capture format (draft-ietf-opsawg-pcapng): section header, one interface description
// per link, enhanced packet blocks with direction and comment, times in nanoseconds.
#pragma once

#include <cstdint>
#include <string_view>

#include "shunt/base/bytes.hh"
#include "shunt/base/time.hh"
#include "shunt/link/byte_sink.hh"
#include "shunt/link/frame_observer.hh"

namespace shunt::link {

class PcapngWriter {
  public:
    /// Writes the section header at once. The sink outlives the writer. `application` is named in
    /// the header as the program that captured.
    PcapngWriter(ByteSink& sink, std::string_view application);

    /// Describes one Ethernet interface; returns the number that its packets carry.
    std::uint32_t add_interface(std::string_view name);

    /// Writes one frame; `interface` is a number that add_interface returned, `at` counts
    /// nanoseconds since the epoch of the capture. An empty comment is left out.
    void write_packet(std::uint32_t interface, Instant at, Direction direction, ByteView frame,
                      std::string_view comment = {});

  private:
    ByteSink& sink_;
    std::uint32_t interface_count_ = 0;
};

}  // namespace shunt::link
