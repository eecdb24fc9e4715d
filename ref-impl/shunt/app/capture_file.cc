// SPDX-License-Identifier: Apache-2.0
#include "shunt/app/capture_file.hh"

#include <fmt/format.h>
#include <pcap/pcap.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace shunt::app {

void CaptureFile::Closer::operator()(pcap* handle) const {
    pcap_close(handle);
}

Result<CaptureFile, std::string> CaptureFile::open(const std::string& path) {
    std::FILE* file = std::fopen(path.c_str(), "rb");
    if (file == nullptr) return Failure{fmt::format("{}: {}", path, std::strerror(errno))};
    std::array<char, PCAP_ERRBUF_SIZE> error{};
    pcap* handle = pcap_fopen_offline(file, error.data());
    if (handle == nullptr) {
        const long offset = std::ftell(file);
        std::fclose(file);
        return Failure{fmt::format("{}: offset {}: {}", path, offset, error.data())};
    }
    CaptureFile capture(path, handle);
    if (const int kind = pcap_datalink(handle); kind != DLT_EN10MB) {
        return Failure{fmt::format("{}: offset {}: link type {}, Ethernet is {}", path,
                                   std::ftell(file), kind, DLT_EN10MB)};
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
