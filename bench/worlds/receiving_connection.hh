// SPDX-License-Identifier: Apache-2.0
// One established connection whose peer sends without end: each full-sized segment is taken, read
// by the application and acknowledged at once.
#pragma once

#include <cstdint>

#include "bench/worlds/segment_frame.hh"
#include "shunt/base/packet.hh"
#include "shunt/base/time.hh"
#include "shunt/tcp/config.hh"
#include "shunt/tcp/connection.hh"

namespace shunt::bench {

class ReceivingConnection {
  public:
    ReceivingConnection();
    ReceivingConnection(const ReceivingConnection&) = delete;
    ReceivingConnection& operator=(const ReceivingConnection&) = delete;

    /// The next frame in, and the frame that acknowledges it out. False if it was not as it has to
    /// be: the segment dropped, not read in full, not acknowledged by exactly one packet.
    [[nodiscard]] bool step();

    /// The frame that step() takes next time.
    ByteView frame() const { return frame_.bytes(); }
    tcp::Connection& connection() { return connection_; }
    const tcp::Connection& connection() const { return connection_; }
    const tcp::Config& config() const { return config_; }
    Instant now() const { return now_; }

  private:
    tcp::Connection open();
    SegmentPlace place() const;

    Instant now_ = Instant::from_nanoseconds(1'000'000'000);
    tcp::Config config_;
    PacketPool pool_;
    tcp::Connection connection_;
    SegmentFrame frame_;
    Packet answer_;
    Packet none_;
};

}  // namespace shunt::bench
