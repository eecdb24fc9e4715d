// SPDX-License-Identifier: Apache-2.0
#include "replay/capture_reader.hh"

#include <fmt/format.h>
#include <pcap/pcap.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace conform {

namespace {

/// Where a pcap's header has its link type.
constexpr long kPcapLinkType = 20;

/// The number at `offset`, in the byte order that the file's section header tells.
std::optional<std::uint32_t> read_number(std::FILE* file, long offset, bool is_swapped) {
    std::array<unsigned char, 4> bytes{};
    if (std::fseek(file, offset, SEEK_SET) != 0) return std::nullopt;
    if (std::fread(bytes.data(), 1, bytes.size(), file) != bytes.size()) return std::nullopt;
    if (is_swapped) std::reverse(bytes.begin(), bytes.end());
    return bytes[0] | std::uint32_t{bytes[1]} << 8U | std::uint32_t{bytes[2]} << 16U |
           std::uint32_t{bytes[3]} << 24U;
}

/// Where the fault of a file is that cannot be opened: pcap's header is one thing; of a pcapng it
/// is the block in which reading ended (draft-ietf-opsawg-pcapng 3.1).
long opening_offset(std::FILE* file) {
    constexpr std::uint32_t kSectionHeader = 0x0A0D0D0A;  // the same in both byte orders
    constexpr std::uint32_t kByteOrder = 0x1A2B3C4D;
    constexpr std::uint32_t kBlockMin = 12;
    const long end = std::ftell(file);
    if (read_number(file, 0, false) != kSectionHeader) return 0;
    const bool is_swapped = read_number(file, 8, false) != kByteOrder;
    long offset = 0;
    while (const auto size = read_number(file, offset + 4, is_swapped)) {
        if (*size < kBlockMin || offset + static_cast<long>(*size) >= end) break;
        offset += static_cast<long>(*size);
    }
    return offset;
}

/// As capture tools name it.
std::string link_type_name(int type) {
    const char* name = pcap_datalink_val_to_name(type);
    return name != nullptr ? name : std::to_string(type);
}

}  // namespace

void CaptureReader::Closer::operator()(pcap* handle) const {
    pcap_close(handle);
}

void CaptureReader::fail(long offset, const std::string& reason) const {
    throw CaptureFileError(fmt::format("{}: offset {}: {}", path_, offset, reason));
}

CaptureReader::CaptureReader(std::string path) : path_(std::move(path)) {
    std::FILE* file = std::fopen(path_.c_str(), "rb");
    if (file == nullptr) {
        throw CaptureFileError(fmt::format("{}: {}", path_, std::strerror(errno)));
    }
    std::array<char, PCAP_ERRBUF_SIZE> reason{};
    handle_.reset(
        pcap_fopen_offline_with_tstamp_precision(file, PCAP_TSTAMP_PRECISION_NANO, reason.data()));
    if (!handle_) {
        const long offset = opening_offset(file);
        std::fclose(file);
        fail(offset, reason.data());
    }
    if (const int type = pcap_datalink(handle_.get()); type != DLT_EN10MB) {
        const long block = opening_offset(file);
        fail(block > 0 ? block : kPcapLinkType,
             fmt::format("link type {} is not Ethernet", link_type_name(type)));
    }
}

std::size_t CaptureReader::offset() const {
    return static_cast<std::size_t>(std::ftell(pcap_file(handle_.get())));
}

std::optional<Bytes> CaptureReader::next() {
    std::optional<TimedFrame> frame = next_timed();
    if (!frame) return std::nullopt;
    return std::move(frame->bytes);
}

std::optional<TimedFrame> CaptureReader::next_timed() {
    const long offset = std::ftell(pcap_file(handle_.get()));
    pcap_pkthdr* header = nullptr;
    const u_char* bytes = nullptr;
    const int outcome = pcap_next_ex(handle_.get(), &header, &bytes);
    if (outcome == PCAP_ERROR_BREAK) return std::nullopt;
    if (outcome != 1) fail(offset, pcap_geterr(handle_.get()));
    // The precision that was asked for: what is called microseconds is nanoseconds.
    const Duration time = std::chrono::seconds(header->ts.tv_sec) + Duration(header->ts.tv_usec);
    return TimedFrame{time, Bytes(bytes, bytes + header->caplen)};
}

}  // namespace conform
