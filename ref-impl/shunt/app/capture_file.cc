// SPDX-License-Identifier: Apache-2.0
#include "shunt/app/capture_file.hh"

#include <fmt/format.h>
#include <pcap/pcap.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <optional>

namespace shunt::app {

namespace {

/// Offset of the link type in a pcap's header.
constexpr long kPcapLinkType = 20;

/// Where the fault of a pcapng is that cannot be opened: the last block that begins before the
/// place where reading ended. Zero for a pcap, which opens with one header.
long faulty_block(std::FILE* file) {
    struct BlockHeader {
        std::uint32_t type;
        std::uint32_t size;
        std::uint32_t byte_order;  // of a section header, which comes first
    };
    constexpr std::uint32_t kSectionHeader = 0x0A0D0D0A;
    constexpr std::uint32_t kByteOrder = 0x1A2B3C4D;
    const long end = std::ftell(file);
    const auto read = [file](long offset) {
        BlockHeader header{};
        const bool is_read = std::fseek(file, offset, SEEK_SET) == 0 &&
                             std::fread(&header, sizeof header, 1, file) == 1;
        return is_read ? std::optional(header) : std::nullopt;
    };
    const auto section = read(0);
    // A file of the other byte order is rare: its first block stands for all.
    if (!section || section->type != kSectionHeader || section->byte_order != kByteOrder) return 0;
    long offset = 0;
    for (auto block = section; block && block->size >= sizeof(BlockHeader); block = read(offset)) {
        if (offset + static_cast<long>(block->size) >= end) break;
        offset += static_cast<long>(block->size);
    }
    return offset;
}

/// Of a DLT_ value, which is not the number in the file.
std::string name_of(int link_type) {
    const char* name = pcap_datalink_val_to_name(link_type);
    return name != nullptr ? std::string(name) : std::to_string(link_type);
}

}  // namespace

void CaptureFile::Closer::operator()(pcap* handle) const {
    pcap_close(handle);
}

Result<CaptureFile, std::string> CaptureFile::open(const std::string& path) {
    std::FILE* file = std::fopen(path.c_str(), "rb");
    if (file == nullptr) return Failure{fmt::format("{}: {}", path, std::strerror(errno))};
    std::array<char, PCAP_ERRBUF_SIZE> error{};
    pcap* handle = pcap_fopen_offline(file, error.data());
    if (handle == nullptr) {
        const long offset = faulty_block(file);
        std::fclose(file);
        return Failure{fmt::format("{}: offset {}: {}", path, offset, error.data())};
    }
    CaptureFile capture(path, handle);
    if (const int kind = pcap_datalink(handle); kind != DLT_EN10MB) {
        const long block = faulty_block(file);
        return Failure{fmt::format("{}: offset {}: link type {}, not Ethernet", path,
                                   block > 0 ? block : kPcapLinkType, name_of(kind))};
    }
    return capture;
}

Result<std::optional<ByteView>, std::string> CaptureFile::next() {
    const long offset = std::ftell(pcap_file(handle_.get()));
    pcap_pkthdr* header = nullptr;
    const u_char* bytes = nullptr;
    const int outcome = pcap_next_ex(handle_.get(), &header, &bytes);
    if (outcome == PCAP_ERROR_BREAK) return std::optional<ByteView>{};
    if (outcome != 1) {
        return Failure{fmt::format("{}: offset {}: {}", path_, offset, pcap_geterr(handle_.get()))};
    }
    return std::optional<ByteView>(ByteView(bytes, header->caplen));
}

}  // namespace shunt::app
