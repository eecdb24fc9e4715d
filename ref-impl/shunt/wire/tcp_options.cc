// SPDX-License-Identifier: Apache-2.0
#include "shunt/wire/tcp_options.hh"

#include <algorithm>

#include "shunt/base/mutant.hh"

namespace shunt::wire {
namespace {

constexpr std::uint8_t kEndOfList = 0;
constexpr std::uint8_t kNoOperation = 1;
constexpr std::uint8_t kMss = 2;
constexpr std::uint8_t kWindowScale = 3;
constexpr std::uint8_t kSackPermitted = 4;
constexpr std::uint8_t kSack = 5;
constexpr std::uint8_t kTimestamps = 8;

constexpr std::size_t kMssSize = 4;
constexpr std::size_t kWindowScaleSize = 3;
constexpr std::size_t kSackPermittedSize = 2;
constexpr std::size_t kTimestampsSize = 10;
constexpr std::size_t kSackBlockSize = 8;

class OptionWriter {
  public:
    explicit OptionWriter(MutableBytes bytes) : bytes_(bytes) {}
    void u8(std::uint8_t value) { store_u8(bytes_, offset_++, value); }
    void u16(std::uint16_t value) {
        store_u16(bytes_, offset_, value);
        offset_ += 2;
    }
    void u32(std::uint32_t value) {
        store_u32(bytes_, offset_, value);
        offset_ += 4;
    }
    void head(std::uint8_t kind, std::size_t size) {
        u8(kind);
        u8(static_cast<std::uint8_t>(size));
    }
    void no_operations(int count) {
        for (int i = 0; i < count; ++i)
            u8(kNoOperation);
    }

  private:
    MutableBytes bytes_;
    std::size_t offset_ = 0;
};

}  // namespace

TcpOptions TcpOptions::parse(ByteView bytes) {
    TcpOptions options;
    std::size_t offset = 0;
    while (offset < bytes.size() && bytes[offset] != kEndOfList) {
        const std::uint8_t kind = bytes[offset];
        if (kind == kNoOperation) {
            ++offset;
            continue;
        }
        if (offset + 1 == bytes.size()) break;
        const std::size_t size = bytes[offset + 1];
        if (size < 2 || size > bytes.size() - offset) break;
        if (kind > kTimestamps && is_mutant(Mutant::StumblesAtUnknownOption)) break;
        options.read_option(kind, bytes.subspan(offset + 2, size - 2));
        offset += size;
    }
    return options;
}

void TcpOptions::read_option(std::uint8_t kind, ByteView content) {
    const std::size_t size = content.size() + 2;
    if (kind == kMss && size == kMssSize) {
        mss = load_u16(content, 0);
    } else if (kind == kWindowScale && size == kWindowScaleSize) {
        window_scale = load_u8(content, 0);
    } else if (kind == kSackPermitted && size == kSackPermittedSize) {
        sack_permitted = true;
    } else if (kind == kTimestamps && size == kTimestampsSize) {
        timestamps = TcpTimestamps{load_u32(content, 0), load_u32(content, 4)};
    } else if (kind == kSack && !content.empty() && content.size() % kSackBlockSize == 0) {
        block_count_ = 0;
        for (std::size_t at = 0; at < content.size(); at += kSackBlockSize) {
            add_sack_block(
                {SequenceNumber(load_u32(content, at)), SequenceNumber(load_u32(content, at + 4))});
        }
    }
}

bool TcpOptions::add_sack_block(SackBlock block) {
    if (block_count_ == kSackBlocksMax) return false;
    blocks_[block_count_++] = block;
    return true;
}

// SACK-permitted and timestamps together fill three words; alone each needs two NOPs in front.
std::size_t TcpOptions::size_without_sack() const {
    std::size_t size = mss ? kMssSize : 0;
    if (timestamps) {
        size += kTimestampsSize + 2;
    } else if (sack_permitted) {
        size += kSackPermittedSize + 2;
    }
    return size + (window_scale ? kWindowScaleSize + 1 : 0);
}

std::size_t TcpOptions::stored_block_count() const {
    const std::size_t room = kSizeMax - size_without_sack();
    if (room < 4 + kSackBlockSize) return 0;
    return std::min(block_count_, (room - 4) / kSackBlockSize);
}

std::size_t TcpOptions::size() const {
    const std::size_t blocks = stored_block_count();
    return size_without_sack() + (blocks > 0 ? 4 + blocks * kSackBlockSize : 0);
}

void TcpOptions::store(MutableBytes bytes) const {
    OptionWriter writer(bytes);
    if (mss) {
        writer.head(kMss, kMssSize);
        writer.u16(*mss);
    }
    if (sack_permitted) {
        if (!timestamps) writer.no_operations(2);
        writer.head(kSackPermitted, kSackPermittedSize);
    }
    if (timestamps) {
        if (!sack_permitted) writer.no_operations(2);
        writer.head(kTimestamps, kTimestampsSize);
        writer.u32(timestamps->value);
        writer.u32(timestamps->echo);
    }
    if (window_scale) {
        writer.no_operations(1);
        writer.head(kWindowScale, kWindowScaleSize);
        writer.u8(*window_scale);
    }
    const std::size_t blocks = stored_block_count();
    if (blocks == 0) return;
    writer.no_operations(2);
    writer.head(kSack, 2 + blocks * kSackBlockSize);
    for (const SackBlock& block : sack_blocks().first(blocks)) {
        writer.u32(block.left.value());
        writer.u32(block.right.value());
    }
}

}  // namespace shunt::wire
