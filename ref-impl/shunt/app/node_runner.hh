// SPDX-License-Identifier: Apache-2.0
// Drives a node on the machine's clock: each link is read until empty, then what is due is
// handled, then everything is sent; only when nothing was read does the process wait.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "shunt/app/attached_tester.hh"
#include "shunt/app/control_session.hh"
#include "shunt/app/gateway.hh"
#include "shunt/app/node_host.hh"
#include "shunt/base/packet.hh"
#include "shunt/link/frame_port.hh"
#include "shunt/link/pcap_port.hh"
#include "shunt/runtime/control_socket.hh"
#include "shunt/runtime/device.hh"
#include "shunt/runtime/event_loop.hh"
#include "shunt/runtime/load_meter.hh"

namespace shunt::app {

/// One link of the node: a device of this machine, or a tester who has it. Exactly one is set,
/// or neither: the node has no such link.
struct AttachedLink {
    /// `device`, or what wraps it.
    link::FramePort* port = nullptr;
    runtime::Device* device = nullptr;
    /// If the frames are recorded: the wrapper that wants to know the time.
    link::PcapPort* capture = nullptr;
    AttachedTester* tester = nullptr;
};

class NodeRunner {
  public:
    struct Config {
        std::array<AttachedLink, link::kLinkCount> links;  // by LinkId
        runtime::ControlSocket* control_socket = nullptr;  // none: no control
        runtime::EventLoop::Token control_token = 0;
        Gateway* gateway = nullptr;                // none: no listener has a backend
        runtime::LoadMeter* load_meter = nullptr;  // none: the farm has no control channels
    };
    enum class End : std::uint8_t { Interrupted, DeviceLost };

    /// All references and pointers outlive the runner. The host has a node.
    NodeRunner(NodeHost& host, ControlSession& control, runtime::EventLoop& loop, PacketPool& pool,
               const Config& config);

    End run();

  private:
    /// Frames of one link, messages of one tester per turn: no link starves another.
    static constexpr int kReceiveBatch = 128;
    /// Frames sent per turn, so that a node with much to say still listens.
    static constexpr int kTransmitBatch = 512;
    /// Trains that are made before the first of them is sent. A client on this machine that has
    /// read all that came sleeps, and waking it is part of our system call: so it gets some trains
    /// at once. More would not stay in the cache.
    static constexpr std::size_t kTrainsTogether = 8;
    /// Turns without a look at signals and control.
    static constexpr int kTurnsPerLook = 16;

    /// While a move goes on its next frame is looked for this long, not slept for: to be woken
    /// takes as long as all that a node does for a move, and the client waits meanwhile.
    static constexpr Duration kAwake = Duration::microseconds(100);

    void set_time(Instant now);
    bool turn();
    bool expects_a_frame() const;
    int receive(link::LinkId link, AttachedLink& attached);
    int receive(AttachedTester& tester);
    void handle(AttachedTester& tester, const runtime::AttachmentMessage& message);
    bool transmit();
    void hand_over_all();
    void hand_over(link::OutgoingFrame outgoing);
    void look_around(bool may_sleep);
    void answer_control();
    void deliver_late_answers();
    void hand_out_late_answers();
    bool forget_departed();
    ControlSession::Client client_of(const AttachedTester& tester) const;
    void notice_a_fresh_node();
    void measure_load();
    bool report_complaints();

    NodeHost& host_;
    ControlSession& control_;
    runtime::EventLoop& loop_;
    PacketPool& pool_;
    Config config_;
    std::uint64_t boots_;  // of the node that the gateway works for
    Instant now_;
    std::uint64_t front_bytes_ = 0;  // sent
    std::vector<link::OutgoingFrame> trains_;
};

}  // namespace shunt::app
