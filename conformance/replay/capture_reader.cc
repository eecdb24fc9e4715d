// SPDX-License-Identifier: Apache-2.0
#include "replay/capture_reader.hh"

#include <fmt/format.h>
#include <pcap/pcap.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace conform {

namespace {

/// Where the fault of a file is that cannot be opened: pcap's header is one thing, pcapng is read
/// block by block.
long opening_offset(std::FILE* file) {
    constexpr std::array<unsigned char, 4> kPcapng = {0x0A, 0x0D, 0x0D, 0x0A};
    const long behind = std::ftell(file);
    std::array<unsigned char, 4> magic{};
    std::rewind(file);
    const bool is_pcapng =
        std::fread(magic.data(), 1, magic.size(), file) == magic.size() && magic == kPcapng;
    return is_pcapng ? behind : 0;
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
    handle_.reset(pcap_fopen_offline(file, reason.data()));
    if (!handle_) {
        const long offset = opening_offset(file);
        std::fclose(file);
        fail(offset, reason.data());
    }
    if (pcap_datalink(handle_.get()) != DLT_EN10MB) {
        fail(std::ftell(file), "a link type that is not Ethernet");
    }
}

std::optional<Bytes> CaptureReader::next() {
    const long offset = std::ftell(pcap_file(handle_.get()));
    pcap_pkthdr* header = nullptr;
    const u_char* bytes = nullptr;
    const int outcome = pcap_next_ex(handle_.get(), &header, &bytes);
    if (outcome == PCAP_ERROR_BREAK) return std::nullopt;
    if (outcome != 1) fail(offset, pcap_geterr(handle_.get()));
    return Bytes(bytes, bytes + header->caplen);
}

}  // namespace conform
