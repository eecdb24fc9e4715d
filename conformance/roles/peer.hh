// SPDX-License-Identifier: Apache-2.0
/// A server of the farm that the judge plays: target of what the device moves away, home of what
/// is moved to the device.
#pragma once

#include "engine/task.hh"
#include "iut/iut.hh"
#include "roles/pattern.hh"
#include "roles/wire.hh"

namespace conform {

struct ReceivedEncapsulation {
    std::size_t frame = 0;  ///< its number in the capture
    Time at{};
    Frame content;

    const Encapsulation& header() const { return *content.encapsulation; }
};

class Peer : public FrameListener {
  public:
    /// Hears what the device sends to this peer about `client` of `service`.
    Peer(Wire& wire, const Iut& iut, const ServerAddresses& self, SocketAddress client,
         SocketAddress service, std::uint8_t protocol);

    const ServerAddresses& self() const { return self_; }

    /// The next frame about the client; absent after `within`.
    Task<std::optional<ReceivedEncapsulation>> receive(Duration within);
    /// The next frame must match, repetitions of `repeated` apart; throws Violation otherwise.
    Task<ReceivedEncapsulation> expect(const char* requirement, EncapsulationPattern pattern,
                                       Duration within,
                                       std::optional<EncapsulationType> repeated = {});
    /// Nothing must come but repetitions of `repeated`; throws Violation otherwise.
    Task<> expect_silence(const char* requirement, const char* when, Duration length,
                          std::optional<EncapsulationType> repeated = {});

    /// The frame that carries `type` with `payload` to the device's forward IP for its first
    /// service.
    Bytes make(EncapsulationType type, Bytes payload = {}) const;
    /// Sends it, or what a case has made of it.
    std::size_t send_frame(Bytes frame) { return wire_.send(Link::Back, std::move(frame)); }
    /// Both.
    std::size_t send(EncapsulationType type, Bytes payload = {});

    bool hear(std::size_t number, const CapturedFrame& frame) override;

  private:
    Wire& wire_;
    const Iut& iut_;
    const ServerAddresses& self_;
    SocketAddress client_;
    SocketAddress service_;
    std::uint8_t protocol_;
    Inbox inbox_;
};

}  // namespace conform
