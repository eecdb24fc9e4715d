// SPDX-License-Identifier: Apache-2.0
#include "shunt/link/pcapng_writer.hh"

#include <algorithm>
#include <cstddef>
#include <vector>

#include "shunt/base/assert.hh"

namespace shunt::link {
namespace {

constexpr std::uint32_t kSectionHeaderBlock = 0x0A0D0D0A;
constexpr std::uint32_t kInterfaceDescriptionBlock = 1;
constexpr std::uint32_t kEnhancedPacketBlock = 6;
constexpr std::uint32_t kByteOrderMagic = 0x1A2B3C4D;

constexpr std::uint16_t kOptionEnd = 0;
constexpr std::uint16_t kOptionComment = 1;
constexpr std::uint16_t kOptionPacketFlags = 2;
constexpr std::uint16_t kOptionInterfaceName = 2;
constexpr std::uint16_t kOptionUserApplication = 4;
constexpr std::uint16_t kOptionTimeResolution = 9;

constexpr std::uint16_t kLinkTypeEthernet = 1;
constexpr std::uint8_t kNanoseconds = 9;  // resolution 10^-9 s
constexpr std::uint32_t kInbound = 1;
constexpr std::uint32_t kOutbound = 2;
constexpr std::size_t kCommentMax = 65'535;  // option lengths are 16 bits

/// One block in the making. pcapng lets the writer choose the byte order: little-endian here.
class Block {
  public:
    explicit Block(std::uint32_t type) {
        u32(type);
        u32(0);  // total length, filled in by finish()
    }

    void u16(std::uint16_t value) {
        bytes_.push_back(static_cast<std::uint8_t>(value));
        bytes_.push_back(static_cast<std::uint8_t>(value >> 8));
    }
    void u32(std::uint32_t value) {
        u16(static_cast<std::uint16_t>(value));
        u16(static_cast<std::uint16_t>(value >> 16));
    }
    void padded(ByteView content) {
        bytes_.insert(bytes_.end(), content.begin(), content.end());
        while (bytes_.size() % 4 != 0)
            bytes_.push_back(0);
    }
    void option(std::uint16_t code, ByteView value) {
        u16(code);
        u16(static_cast<std::uint16_t>(value.size()));
        padded(value);
    }
    void option(std::uint16_t code, std::string_view text) {
        const std::string_view cut = text.substr(0, kCommentMax);
        option(code, std::vector<std::uint8_t>(cut.begin(), cut.end()));
    }
    /// The length stands at both ends of a block, so that a file can be read backwards.
    ByteView finish() {
        const auto total = static_cast<std::uint32_t>(bytes_.size() + 4);
        u32(total);
        std::copy_n(bytes_.end() - 4, 4, bytes_.begin() + 4);
        return bytes_;
    }

  private:
    std::vector<std::uint8_t> bytes_;
};

}  // namespace

PcapngWriter::PcapngWriter(ByteSink& sink, std::string_view application) : sink_(sink) {
    Block block(kSectionHeaderBlock);
    block.u32(kByteOrderMagic);
    block.u16(1);  // version 1.0
    block.u16(0);
    block.u32(0xFFFFFFFF);  // section length: not said, the section ends with the file
    block.u32(0xFFFFFFFF);
    block.option(kOptionUserApplication, application);
    block.option(kOptionEnd, ByteView{});
    sink_.write(block.finish());
}

std::uint32_t PcapngWriter::add_interface(std::string_view name) {
    Block block(kInterfaceDescriptionBlock);
    block.u16(kLinkTypeEthernet);
    block.u16(0);
    block.u32(0);  // snap length: no limit
    block.option(kOptionInterfaceName, name);
    block.option(kOptionTimeResolution, ByteView(&kNanoseconds, 1));
    block.option(kOptionEnd, ByteView{});
    sink_.write(block.finish());
    return interface_count_++;
}

void PcapngWriter::write_packet(std::uint32_t interface, Instant at, Direction direction,
                                ByteView frame, std::string_view comment) {
    SHUNT_ASSERT(interface < interface_count_, "a packet names an interface described before it");
    const auto nanoseconds = static_cast<std::uint64_t>(at.to_nanoseconds());
    const auto length = static_cast<std::uint32_t>(frame.size());
    Block block(kEnhancedPacketBlock);
    block.u32(interface);
    block.u32(static_cast<std::uint32_t>(nanoseconds >> 32));
    block.u32(static_cast<std::uint32_t>(nanoseconds));
    block.u32(length);  // captured
    block.u32(length);  // on the wire
    block.padded(frame);
    block.u16(kOptionPacketFlags);
    block.u16(4);
    block.u32(direction == Direction::Received ? kInbound : kOutbound);
    if (!comment.empty()) block.option(kOptionComment, comment);
    block.option(kOptionEnd, ByteView{});
    sink_.write(block.finish());
}

}  // namespace shunt::link
