// SPDX-License-Identifier: Apache-2.0
// An Ethernet interface of the kernel whose other end is this process (Linux tuntap, IFF_TAP).
#pragma once

#include <memory>
#include <string>

#include "shunt/runtime/device.hh"
#include "shunt/runtime/file_descriptor.hh"

namespace shunt::runtime {

class TapDevice : public Device {
  public:
    /// Attaches to the tap of that name, or makes one, brings it up and takes it along at the end.
    static Result<std::unique_ptr<TapDevice>, SetupError> open(const DeviceAddress& address,
                                                               PacketPool& pool,
                                                               Counters& counters);

    std::optional<Packet> receive() override;
    bool transmit(Packet frame) override;
    std::size_t mtu() const override { return mtu_; }
    int descriptor() const override { return tap_.number(); }
    std::optional<std::string> take_complaint() override;
    bool is_gone() const override { return is_gone_; }

  private:
    /// A tap that we made gets a queue long enough for a window of some megabytes.
    static constexpr int kQueueLength = 4'096;
    /// Frames dropped in a row before receive() says "nothing now".
    static constexpr int kDropsInARowMax = 64;

    TapDevice(FileDescriptor tap, const DeviceAddress& address, std::size_t mtu, PacketPool& pool,
              Counters& counters);

    FileDescriptor tap_;
    std::string name_;
    bool has_vnet_header_;
    std::size_t mtu_;
    PacketPool& pool_;
    Counters& counters_;
    bool is_down_ = false;
    bool is_gone_ = false;
    std::optional<std::string> complaint_;
};

}  // namespace shunt::runtime
