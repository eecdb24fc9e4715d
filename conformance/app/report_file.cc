// SPDX-License-Identifier: Apache-2.0
#include "app/report_file.hh"

#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "attach/attachment.hh"

namespace conform {

void write_file(const std::string& path, std::string_view content) {
    if (path.empty()) return;
    std::error_code error;
    const std::filesystem::file_status status = std::filesystem::status(path, error);
    const bool is_replaced =
        !std::filesystem::exists(status) || std::filesystem::is_regular_file(status);
    const std::string place = is_replaced ? fmt::format("{}.{}.part", path, ::getpid()) : path;
    {
        std::ofstream out(place, std::ios::binary);
        out.write(content.data(), static_cast<std::streamsize>(content.size()));
        if (!out.flush()) {
            if (is_replaced) std::filesystem::remove(place, error);
            throw AttachmentError(path + ": cannot be written");
        }
    }
    if (!is_replaced) return;
    std::filesystem::rename(place, path, error);
    if (!error) return;
    const std::string reason = error.message();
    std::filesystem::remove(place, error);
    throw AttachmentError(fmt::format("{}: cannot be written: {}", path, reason));
}

void write_file(const std::string& path, ByteView content) {
    write_file(path,
               std::string_view(reinterpret_cast<const char*>(content.data()), content.size()));
}

}  // namespace conform
