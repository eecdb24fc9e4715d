// SPDX-License-Identifier: Apache-2.0
// Writes a line for every frame of one connection in a world, sent and delivered, so that a
// failing seed can be read.
#pragma once

#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

#include "shunt/sim/observer.hh"

namespace shunt::app {

class FramePrinter final : public sim::Observer {
  public:
    /// Frames of connections with this client port go to `out`, which outlives the printer.
    FramePrinter(std::uint16_t client_port, std::FILE* out);

    void observe(const sim::Transmission& transmission) override;
    void observe(const sim::Arrival& arrival) override;

  private:
    void print(Instant time, const sim::PlaceNames& names, std::string_view arrow, ByteView frame);

    std::string port_text_;
    std::FILE* out_;
};

}  // namespace shunt::app
