// SPDX-License-Identifier: Apache-2.0
// Drives a node in the time of a tester (unix: attachment, docs/interfaces.md): what happens
// depends on the tester's messages alone, so that a run can be repeated byte for byte.
#pragma once

#include "shunt/app/attached_tester.hh"
#include "shunt/app/control_session.hh"
#include "shunt/app/node_host.hh"
#include "shunt/base/packet.hh"
#include "shunt/runtime/event_loop.hh"

namespace shunt::app {

class VirtualRunner {
  public:
    /// All references outlive the runner.
    VirtualRunner(NodeHost& host, AttachedTester& tester, ControlSession& control,
                  runtime::EventLoop& loop, PacketPool& pool)
        : host_(host), tester_(tester), control_(control), loop_(loop), pool_(pool) {}

    /// Until the user interrupts.
    void run();

  private:
    /// A deadline that stays due after it was handled this often in a row is a defect of the node.
    static constexpr int kDeadlinesAtOnceMax = 100'000;

    void handle(const runtime::AttachmentMessage& message);
    void advance(Instant to);
    void send_frames();

    NodeHost& host_;
    AttachedTester& tester_;
    ControlSession& control_;
    runtime::EventLoop& loop_;
    PacketPool& pool_;
    Instant now_;
};

}  // namespace shunt::app
