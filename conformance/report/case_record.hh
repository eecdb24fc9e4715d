// SPDX-License-Identifier: Apache-2.0
/// What a case's capture says beside its packets: under what circumstances it was taken, its turns,
/// and the verdict of then, so that `judge` can have the case again and compare.
#pragma once

#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "attach/open.hh"
#include "iut/iut.hh"
#include "report/result.hh"

namespace conform {

/// The capture that a case has played, as a file beside the case's own.
struct PlayedCapture {
    std::string file;
    std::size_t connection = 0;  ///< of its connections, from 1
    std::string side;            ///< whose: client, home or target
    std::string payload;         ///< what of the answers had to be as captured
};

struct CaseRecord {
    std::string suite;
    std::string iut;
    std::string statement_sha256;  ///< of iut.toml
    std::uint64_t seed = 0;
    TimeKind time = TimeKind::Virtual;
    std::uint16_t port = 0;
    bool has_channels = true;
    Duration epoch_offset{};  ///< from the case's time to that of packets
    TestTimers timers;        ///< in force, which may be longer than iut.toml's
    std::vector<Time> turns;
    /// How many packets of the file each turn has.
    std::vector<std::size_t> turn_packets;
    /// For each line of the upper tester that came: which question got it.
    std::vector<std::size_t> questions;
    std::optional<PlayedCapture> played{};  ///< absent: a case of the suite
    /// Id, verdict, reason, findings, circumstances and how to run it again.
    CaseResult result;
    /// How many findings there were; more than `result` has if they were too many to write down.
    std::size_t findings_total = 0;
};

/// The record's text is no record: what is wrong with it.
struct CaseRecordError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// One line of JSON. At most `kFindingsMax` findings are written down.
constexpr std::size_t kFindingsMax = 1'000;
std::string to_json(const CaseRecord& record);

/// Throws CaseRecordError.
CaseRecord parse_case_record(std::string_view text);

}  // namespace conform
