// SPDX-License-Identifier: Apache-2.0
// An interface that the kernel has already, shared with it: a wire, one end of a veth pair, a
// bridge (AF_PACKET).
#pragma once

#include <memory>
#include <string>

#include "shunt/runtime/device.hh"
#include "shunt/runtime/file_descriptor.hh"
#include "shunt/runtime/frame_buffer.hh"

namespace shunt::runtime {

/// Bound to ETH_P_ALL and told apart by bytes 12-13 elsewhere: a Type value below 0x0600 (FRM-2)
/// is no protocol to the kernel, and a socket bound to it hears nothing. Promiscuous, because the
/// server's MAC (farm.toml) is not the interface's.
class PacketSocket : public Device {
  public:
    static Result<std::unique_ptr<PacketSocket>, SetupError> open(const std::string& name,
                                                                  PacketPool& pool,
                                                                  Counters& counters);

    std::optional<Packet> receive() override;
    bool transmit(Packet frame) override;
    std::size_t mtu() const override { return mtu_; }
    int descriptor() const override { return socket_.number(); }
    std::optional<std::string> take_complaint() override;
    bool is_gone() const override { return is_gone_; }

  private:
    /// Frames dropped in a row before receive() says "nothing now".
    static constexpr int kDropsInARowMax = 64;

    PacketSocket(FileDescriptor socket, std::string name, std::size_t mtu, PacketPool& pool,
                 Counters& counters);
    void drop(Counter reason);

    FileDescriptor socket_;
    std::string name_;
    std::size_t mtu_;
    FrameBuffer buffer_;
    Counters& counters_;
    bool is_offload_reported_ = false;
    bool is_down_ = false;
    bool is_gone_ = false;
    std::optional<std::string> complaint_;
};

}  // namespace shunt::runtime
