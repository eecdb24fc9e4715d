// SPDX-License-Identifier: Apache-2.0
/// Blocks of a pcapng (draft-ietf-opsawg-pcapng), one by one: libpcap hands out neither interfaces
/// nor comments nor blocks that it does not know.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "engine/bytes.hh"
#include "replay/capture_file.hh"

namespace conform {

class PcapngSection {
  public:
    /// What the blocks say goes to `file`.
    explicit PcapngSection(CaptureFile& file) : file_(file) {}

    /// Reads the block at `offset` and returns where the next one begins; throws CaptureFileError.
    std::size_t read_block(ByteView bytes, std::size_t offset);

  private:
    using Option = std::pair<std::uint16_t, ByteView>;

    [[noreturn]] void fail(std::size_t offset, const std::string& reason) const;
    std::uint16_t u16(ByteView bytes, std::size_t offset) const;
    std::uint32_t u32(ByteView bytes, std::size_t offset) const;
    void learn_byte_order(ByteView bytes, std::size_t offset);
    /// `body` begins at `offset` of the file.
    void read_header(ByteView body, std::size_t offset);
    void read_interface(ByteView body, std::size_t offset);
    void read_packet(ByteView body, std::size_t offset);
    void read_custom(ByteView body, std::size_t offset);
    std::vector<Option> options(ByteView body, std::size_t offset, std::size_t begin) const;
    Duration time_of(std::uint64_t ticks, std::uint8_t resolution, std::size_t offset) const;

    CaptureFile& file_;
    bool has_begun_ = false;
    bool is_little_ = false;
    /// The section's first interface in the file's list; those of earlier sections are before it.
    std::size_t first_interface_ = 0;
    std::vector<std::uint8_t> resolutions_;  ///< of the section's interfaces
};

}  // namespace conform
