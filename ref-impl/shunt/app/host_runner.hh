// SPDX-License-Identifier: Apache-2.0
// Drives a host in the time of a tester (unix: attachment, docs/interfaces.md).
#pragma once

#include <memory>

#include "shunt/app/attached_tester.hh"
#include "shunt/app/host_device.hh"
#include "shunt/base/packet.hh"
#include "shunt/runtime/event_loop.hh"

namespace shunt::app {

class HostRunner {
  public:
    /// All references outlive the runner.
    HostRunner(AttachedTester& tester, runtime::EventLoop& loop, PacketPool& pool)
        : tester_(tester), loop_(loop), pool_(pool) {}

    /// Until the user interrupts. Every tester gets a fresh host.
    void run();

  private:
    static constexpr int kDeadlinesAtOnceMax = 100'000;

    void handle(const runtime::AttachmentMessage& message);
    void advance(Instant to);
    void send_frames();

    AttachedTester& tester_;
    runtime::EventLoop& loop_;
    PacketPool& pool_;
    std::unique_ptr<HostDevice> host_;
    Instant now_;
};

}  // namespace shunt::app
