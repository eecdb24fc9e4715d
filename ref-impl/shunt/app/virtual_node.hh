// SPDX-License-Identifier: Apache-2.0
// A node in the time of a tester.
#pragma once

#include "shunt/app/attached_tester.hh"
#include "shunt/app/control_session.hh"
#include "shunt/app/node_host.hh"
#include "shunt/app/virtual_device.hh"

namespace shunt::app {

class VirtualNode final : public VirtualDevice {
  public:
    /// All references outlive it.
    VirtualNode(NodeHost& host, ControlSession& control, const AttachedTester& tester)
        : host_(host), control_(control), tester_(tester) {}

    void restart(std::uint64_t seed, Instant now) override {
        control_.forget(ControlSession::kFirstTester);
        host_.reopen_listeners();
        host_.restart(seed, now);
    }
    void handle_frame(link::LinkId link, Packet frame, Instant now) override;
    void handle_deadline(Instant now) override { host_.node().handle_deadline(now); }
    std::optional<Instant> poll_deadline() const override { return host_.node().poll_deadline(); }
    /// Frames for a link that the tester does not carry are lost, and counted.
    std::optional<link::OutgoingFrame> poll_transmit(Instant now) override;
    std::optional<std::string> answer(std::string_view line, Instant now) override {
        return control_.answer(line, ControlSession::kFirstTester, now);
    }
    std::optional<std::string> poll_answer() override;

  private:
    NodeHost& host_;
    ControlSession& control_;
    const AttachedTester& tester_;
};

}  // namespace shunt::app
