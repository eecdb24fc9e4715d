// SPDX-License-Identifier: Apache-2.0
// An Ethernet interface of the kernel whose other end is this process (Linux tuntap, IFF_TAP).
#pragma once

#include <sys/types.h>

#include <memory>
#include <string>

#include "shunt/runtime/device.hh"
#include "shunt/runtime/file_descriptor.hh"
#include "shunt/runtime/frame_buffer.hh"

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
    std::size_t train_max() const override { return buffer_ ? kTrainMax : 0; }
    int descriptor() const override { return tap_.number(); }
    std::optional<std::string> take_complaint() override;
    bool is_gone() const override { return is_gone_; }

  private:
    /// A tap that we made gets a queue long enough for a window of some megabytes.
    static constexpr int kQueueLength = 4'096;
    /// What an IPv4 header can say; with the Ethernet header less than the kernel takes at once.
    static constexpr std::size_t kTrainMax = 65'535 - 14;
    /// Frames dropped in a row before receive() says "nothing now".
    static constexpr int kDropsInARowMax = 64;

    TapDevice(FileDescriptor tap, const DeviceAddress& address, std::size_t mtu, PacketPool& pool,
              Counters& counters);

    std::optional<Packet> read_plain();
    std::optional<Packet> read_with_header();
    std::optional<std::size_t> note(ssize_t result);
    std::optional<Packet> drop(Counter reason);
    ssize_t write_frame(Packet& frame);

    FileDescriptor tap_;
    std::string name_;
    std::size_t mtu_;
    PacketPool& pool_;
    Counters& counters_;
    std::optional<FrameBuffer> buffer_;  // if frames come behind a vnet header
    bool was_dropped_ = false;
    bool is_down_ = false;
    bool is_gone_ = false;
    std::optional<std::string> complaint_;
};

}  // namespace shunt::runtime
