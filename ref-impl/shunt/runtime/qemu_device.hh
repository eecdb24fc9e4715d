// SPDX-License-Identifier: Apache-2.0
// One end of a virtual wire as QEMU's stream netdev has it: a Unix stream socket with a length
// before each frame (docs/interfaces.md, "qemu: attachment").
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "shunt/runtime/device.hh"
#include "shunt/runtime/file_descriptor.hh"

namespace shunt::runtime {

class QemuDevice : public Device {
  public:
    /// Connects to who listens on `path`, as QEMU does with server=off.
    static Result<std::unique_ptr<QemuDevice>, SetupError> open(const std::string& path,
                                                                PacketPool& pool,
                                                                Counters& counters);
    /// The same with a connected socket, for tests. It is made non-blocking.
    static std::unique_ptr<QemuDevice> with(FileDescriptor socket, const std::string& path,
                                            PacketPool& pool, Counters& counters);

    std::optional<Packet> receive() override;
    /// A frame that the socket takes in part is finished at the next call of either function: who
    /// makes room again reads, and a reader is heard from.
    bool transmit(Packet frame) override;
    std::size_t mtu() const override { return kMtu; }
    int descriptor() const override { return socket_.number(); }
    std::optional<std::string> take_complaint() override;
    bool is_gone() const override { return is_gone_; }

  private:
    /// The wire says nothing about it; that of QEMU's own cards.
    static constexpr std::size_t kMtu = 1'500;
    static constexpr std::size_t kLengthSize = 4;
    static constexpr std::size_t kReadSize = std::size_t{64} << 10;
    /// An IPv4 packet of any length behind an Ethernet header and a tag.
    static constexpr std::size_t kFrameMax = Packet::kLargeCapacity;
    /// Frames dropped in a row before receive() says "nothing now".
    static constexpr int kDropsInARowMax = 64;

    QemuDevice(FileDescriptor socket, const std::string& path, PacketPool& pool,
               Counters& counters);

    bool read_more();
    std::optional<std::size_t> whole_frame();
    void end(const std::string& reason);
    bool finish_begun();

    FileDescriptor socket_;
    std::string path_;
    PacketPool& pool_;
    Counters& counters_;
    std::vector<std::uint8_t> arrived_;  // the beginning of what was not handed out yet
    std::size_t handed_out_ = 0;         // of it
    std::vector<std::uint8_t> begun_;    // the rest of a frame that was sent in part
    bool is_gone_ = false;
    std::optional<std::string> complaint_;
};

}  // namespace shunt::runtime
