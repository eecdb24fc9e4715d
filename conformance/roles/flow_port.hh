// SPDX-License-Identifier: Apache-2.0
/// The forward IP of a server that the judge plays, where clients' packets of the blob profile
/// arrive and leave: addresses of servers, a flow identifier for ports (BL-11).
#pragma once

#include "engine/task.hh"
#include "iut/iut.hh"
#include "pdu/flow_packet.hh"
#include "roles/wire.hh"

namespace conform {

/// One that came from the device.
struct ReceivedFlowPacket {
    std::size_t frame = 0;  ///< its number in the capture
    Time at{};
    Bytes packet;            ///< as it came
    std::uint32_t flow = 0;  ///< of a fragment behind the first one: whatever stands there
};

class FlowPort : public FrameListener {
  public:
    FlowPort(Wire& wire, const Iut& iut, const ServerAddresses& self);
    ~FlowPort() override;
    /// Whole packets of this flow alone from now on: by default all that come.
    void hear_only(std::uint32_t flow) { only_ = flow; }
    FlowPort(const FlowPort&) = delete;
    FlowPort& operator=(const FlowPort&) = delete;

    /// The next packet; absent after `within`.
    Task<std::optional<ReceivedFlowPacket>> receive(Duration within);
    /// The next one must be the client's `packet` with this flow and nothing else changed; throws
    /// Violation of `requirement` where none comes, of BL-11 where it is another.
    Task<ReceivedFlowPacket> expect(const char* requirement, std::uint32_t flow, Bytes packet,
                                    Duration within);
    /// Throws Violation where one comes.
    Task<> expect_silence(const char* requirement, const char* when, Duration length);
    void forget_received();

    /// The client's packet on its way to the device, as a forwarder sends it: its frame.
    Bytes make(std::uint32_t flow, ByteView packet) const;
    std::size_t send(std::uint32_t flow, ByteView packet) { return send_frame(make(flow, packet)); }
    std::size_t send_frame(Bytes frame) { return wire_.send_as_is(Link::Back, std::move(frame)); }

    bool hear(std::size_t number, const CapturedFrame& frame) override;

  private:
    Wire& wire_;
    const Iut& iut_;
    const ServerAddresses& self_;
    std::optional<std::uint32_t> only_{};
    Inbox inbox_;
};

}  // namespace conform
