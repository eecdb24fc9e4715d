// SPDX-License-Identifier: Apache-2.0
// Drives a device in the time of a tester (unix: attachment, docs/interfaces.md): what happens
// depends on the tester's messages alone, so that a run can be repeated byte for byte.
#pragma once

#include "shunt/app/attached_tester.hh"
#include "shunt/app/virtual_device.hh"
#include "shunt/base/packet.hh"
#include "shunt/runtime/event_loop.hh"

namespace shunt::app {

class VirtualRunner {
  public:
    /// All references outlive the runner.
    VirtualRunner(VirtualDevice& device, AttachedTester& tester, runtime::EventLoop& loop,
                  PacketPool& pool)
        : device_(device), tester_(tester), loop_(loop), pool_(pool) {}

    /// Until the user interrupts.
    void run();

  private:
    /// A deadline that stays due after it was handled this often in a row is the device's defect.
    static constexpr int kDeadlinesAtOnceMax = 100'000;

    void handle(const runtime::AttachmentMessage& message);
    void advance(Instant to);
    void send_frames();

    VirtualDevice& device_;
    AttachedTester& tester_;
    runtime::EventLoop& loop_;
    PacketPool& pool_;
    Instant now_;
};

}  // namespace shunt::app
