// SPDX-License-Identifier: Apache-2.0
#include "shunt/app/capture_file.hh"

#include <fmt/format.h>
#include <pcap/pcap.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace shunt::app {

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
        const long offset = opening_offset(file);
        std::fclose(file);
        return Failure{fmt::format("{}: offset {}: {}", path, offset, error.data())};
    }
    CaptureFile capture(path, handle);
    if (const int kind = pcap_datalink(handle); kind != DLT_EN10MB) {
        return Failure{fmt::format("{}: offset {}: link type {}, not Ethernet", path,
                                   std::ftell(file), name_of(kind))};
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
