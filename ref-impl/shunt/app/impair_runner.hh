// SPDX-License-Identifier: Apache-2.0
// Two devices and what befalls frames between them, in wall time.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "shunt/app/impair_options.hh"
#include "shunt/app/segment_reader.hh"
#include "shunt/app/software_offload.hh"
#include "shunt/base/counters.hh"
#include "shunt/base/packet.hh"
#include "shunt/link/impairment_lane.hh"
#include "shunt/link/pcap_port.hh"
#include "shunt/runtime/device.hh"
#include "shunt/runtime/event_loop.hh"
#include "shunt/runtime/file_sink.hh"

namespace shunt::app {

class ImpairRunner {
  public:
    enum class End : std::uint8_t { Interrupted, DeviceLost };

    explicit ImpairRunner(const ImpairOptions& options);

    /// Opens devices and capture. Empty text: done.
    std::string open(runtime::EventLoop& loop);
    End run(runtime::EventLoop& loop);
    /// What was done, as JSON with a line end.
    std::string report() const;

  private:
    static constexpr std::size_t kSides = 2;  // left, right
    /// Frames of one side per turn.
    static constexpr int kBatch = 128;

    struct Side {
        runtime::Device* device = nullptr;
        link::PcapPort* capture = nullptr;
        std::unique_ptr<link::FramePort> port;
    };

    std::string open_side(std::size_t index, const runtime::DeviceAddress& address,
                          runtime::EventLoop& loop);
    int receive(std::size_t index, Instant now);
    void deliver(std::size_t index, Instant now);
    bool report_complaints();

    ImpairOptions options_;
    PacketPool pool_;
    Counters counters_;
    SoftwareOffload offload_;
    SegmentReader reader_;
    std::unique_ptr<runtime::FileSink> sink_;
    std::unique_ptr<link::PcapngWriter> writer_;
    std::array<Side, kSides> sides_;
    std::array<link::ImpairmentLane, kSides> lanes_;  // from that side to the other one
};

}  // namespace shunt::app
