// SPDX-License-Identifier: Apache-2.0
// The links of a node as its command line names them: opened, recorded if so asked, watched.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "shunt/app/attached_tester.hh"
#include "shunt/app/frame_log.hh"
#include "shunt/app/node_options.hh"
#include "shunt/app/node_runner.hh"
#include "shunt/app/software_offload.hh"
#include "shunt/base/counters.hh"
#include "shunt/base/packet.hh"
#include "shunt/base/result.hh"
#include "shunt/link/pcapng_writer.hh"
#include "shunt/node/node.hh"
#include "shunt/runtime/event_loop.hh"
#include "shunt/runtime/file_sink.hh"
#include "shunt/runtime/setup_error.hh"

namespace shunt::app {

class NodeLinks {
  public:
    /// All references outlive the links. `encapsulation_type` is the farm's (FRM-2).
    NodeLinks(const NodeOptions& options, std::uint16_t encapsulation_type,
              runtime::EventLoop& loop, PacketPool& pool, Counters& counters)
        : options_(options),
          encapsulation_type_(encapsulation_type),
          loop_(loop),
          pool_(pool),
          counters_(counters) {}

    /// Opens everything; empty text: done. Called once.
    std::string open();

    const std::array<AttachedLink, link::kLinkCount>& links() const { return links_; }
    node::LinkMtus mtus() const { return mtus_; }
    /// Of virtual time, where there is one tester.
    AttachedTester& only_tester() { return *testers_.front(); }
    /// Why the capture is not whole; empty: it is, or there is none.
    std::string capture_trouble() const { return sink_ ? sink_->trouble() : std::string(); }

  private:
    std::string open_capture();
    std::string open_link(link::LinkId link, const runtime::DeviceAddress& address);
    std::string open_tester(link::LinkId link, const runtime::DeviceAddress& address);
    std::string open_device(link::LinkId link, const runtime::DeviceAddress& address);

    const NodeOptions& options_;
    std::uint16_t encapsulation_type_;
    runtime::EventLoop& loop_;
    PacketPool& pool_;
    Counters& counters_;
    std::unique_ptr<runtime::FileSink> sink_;
    std::unique_ptr<link::PcapngWriter> writer_;
    std::vector<std::unique_ptr<FrameLog>> logs_;
    SoftwareOffload offload_;  // for those who look on
    std::vector<std::unique_ptr<link::FramePort>> ports_;
    std::vector<std::unique_ptr<AttachedTester>> testers_;
    std::array<AttachedLink, link::kLinkCount> links_{};
    node::LinkMtus mtus_;
};

}  // namespace shunt::app
