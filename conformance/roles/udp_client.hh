// SPDX-License-Identifier: Apache-2.0
/// A UDP client under the control of the case.
#pragma once

#include <optional>
#include <string>

#include "engine/task.hh"
#include "iut/iut.hh"
#include "roles/wire.hh"

namespace conform {

class UdpClient : public FrameListener {
  public:
    UdpClient(Wire& wire, const Iut& iut, SocketAddress self, SocketAddress service);

    const SocketAddress& self() const { return self_; }
    const SocketAddress& service() const { return service_; }

    /// The packet that carries `text`; counted by nobody.
    Bytes packet(std::string_view text) const;
    /// Sends it to the device's front MAC.
    std::size_t send(std::string_view text);
    /// A datagram that ends in `text`, from the service (EP-52); throws Violation otherwise.
    Task<> expect_answer(const char* requirement, std::string text, Duration within);
    /// Nothing must come, ICMP errors about this flow included.
    Task<> expect_silence(const char* requirement, const char* when, Duration length);
    /// Port unreachable, for a flow that nobody serves.
    Task<> expect_unreachable(const char* requirement, Duration within);

    bool hear(std::size_t number, const CapturedFrame& frame) override;

  private:
    Wire& wire_;
    const Iut& iut_;
    SocketAddress self_;
    SocketAddress service_;
    Inbox inbox_;
};

}  // namespace conform
