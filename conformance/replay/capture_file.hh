// SPDX-License-Identifier: Apache-2.0
/// A capture file read whole, pcap or pcapng, of this program or of any other: its packets with
/// their interfaces, times, directions and comments, and the record of a case if it has one.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/bytes.hh"
#include "engine/time.hh"
#include "pdu/capture.hh"
#include "replay/capture_reader.hh"

namespace conform {

struct FilePacket {
    std::size_t interface = 0;  ///< a position in `interfaces`
    Duration time{};            ///< since 1970
    std::optional<Direction> direction;
    Bytes bytes;
    std::vector<std::string> comments;
    std::size_t offset = 0;  ///< of its block in the file
};

struct CaptureFile {
    std::string path;
    std::vector<std::string> interfaces;  ///< their names; empty where there is none
    std::vector<FilePacket> packets;
    std::string application;            ///< who wrote it, as far as it says
    std::optional<std::string> record;  ///< text of the case's record
    std::size_t record_offset = 0;      ///< of its block
};

/// Throws CaptureFileError, with the offset where the file is at fault. At most
/// `kCaptureFileMax` bytes.
constexpr std::size_t kCaptureFileMax = std::size_t{512} << 20;
CaptureFile read_capture_file(const std::string& path);

/// The file's bytes.
Bytes read_capture_bytes(const std::string& path);

/// The same of a pcapng in memory.
CaptureFile read_pcapng(ByteView file, const std::string& path);

}  // namespace conform
