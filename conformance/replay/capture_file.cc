// SPDX-License-Identifier: Apache-2.0
#include "replay/capture_file.hh"

#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <fstream>

#include "replay/pcapng_section.hh"

namespace conform {
namespace {

CaptureFile read_pcap(const std::string& path) {
    CaptureFile file;
    file.path = path;
    file.interfaces = {""};
    CaptureReader reader(path);
    for (;;) {
        const std::size_t offset = reader.offset();
        std::optional<TimedFrame> frame = reader.next_timed();
        if (!frame) return file;
        file.packets.push_back({0, frame->time, std::nullopt, std::move(frame->bytes), {}, offset});
    }
}

}  // namespace

Bytes read_capture_bytes(const std::string& path) {
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0)
        throw CaptureFileError(fmt::format("{}: {}", path, std::strerror(errno)));
    // What is no regular file may have no end.
    if (!S_ISREG(status.st_mode)) throw CaptureFileError(path + ": is no regular file");
    if (static_cast<std::size_t>(status.st_size) > kCaptureFileMax) {
        throw CaptureFileError(
            fmt::format("{}: has {} bytes, {} is the most", path, status.st_size, kCaptureFileMax));
    }
    std::ifstream in(path, std::ios::binary);
    Bytes bytes(static_cast<std::size_t>(status.st_size));
    in.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    if (!in) throw CaptureFileError(path + ": cannot be read");
    return bytes;
}

CaptureFile read_pcapng(ByteView bytes, const std::string& path) {
    CaptureFile file;
    file.path = path;
    PcapngSection section(file);
    std::size_t offset = 0;
    while (offset < bytes.size())
        offset = section.read_block(bytes, offset);
    return file;
}

CaptureFile read_capture_file(const std::string& path) {
    const Bytes bytes = read_capture_bytes(path);
    const bool is_pcapng = bytes.size() >= 4 && load_u32(bytes, 0) == 0x0A0D0D0A;
    return is_pcapng ? read_pcapng(bytes, path) : read_pcap(path);
}

}  // namespace conform
