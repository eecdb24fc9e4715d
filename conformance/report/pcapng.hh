// SPDX-License-Identifier: Apache-2.0
/// Evidence as pcapng (draft-ietf-opsawg-pcapng): both links and the upper tester as
/// interfaces, comments on packets, and the case's record behind them.
#pragma once

#include <string_view>

#include "engine/bytes.hh"
#include "pdu/capture.hh"

namespace conform {

/// Packets of the interface "control" are lines of the upper tester behind an Ethernet header
/// without addresses, so that readers that want one link type in a file open it: IEEE's local
/// experimental Type 2, which no farm has. A line's last piece ends in a line feed.
constexpr std::uint16_t kControlEtherType = 0x88B6;
constexpr std::string_view kControlInterface = "control";

/// The case's record is a custom block that may be copied, of the enterprise number for examples
/// (RFC 5612): readers that do not know it pass it over. Its data begins with this line.
constexpr std::uint32_t kCustomBlock = 0x0BAD;
constexpr std::uint32_t kEnterpriseNumber = 32473;
constexpr std::string_view kRecordMagic = "shunt-conform case record\n";
constexpr std::string_view kApplication = "shunt-conform";

/// A whole file. `description` becomes the section's comment (which case, which seed); times are
/// those of the capture, plus `epoch_offset` (0 in virtual time, where the case begins in 1970).
/// `record` is the text of the case's record; none if it is empty.
Bytes encode_pcapng(const Conversation& conversation, std::string_view description,
                    Duration epoch_offset, std::string_view record);

/// Puts the case's record behind what a file has.
void append_case_record(Bytes& file, std::string_view record);

/// The number, from 1, of the packet that has this frame of the conversation.
std::size_t packet_number(const Conversation& conversation, std::size_t frame);

/// How many packets of the file each turn has: frames, and pieces of control lines.
std::vector<std::size_t> packets_of_turns(const Conversation& conversation);

}  // namespace conform
