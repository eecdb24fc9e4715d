// SPDX-License-Identifier: Apache-2.0
// How loaded this machine is: the figures of a Server State row that a node cannot know by itself
// (SEL-6, docs/selection.md).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "shunt/base/time.hh"
#include "shunt/farm/local_load.hh"

namespace shunt::runtime {

/// "MemAvailable" of /proc/meminfo, in bytes.
std::optional<std::uint64_t> available_memory(std::string_view meminfo);
/// Resident memory of /proc/self/statm, in bytes.
std::optional<std::uint64_t> resident_memory(std::string_view statm, std::uint64_t page_size);

class LoadMeter {
  public:
    static constexpr Duration kPeriod = Duration::seconds(1);

    /// `front`: the interface of the front link; empty: there is none of this machine.
    LoadMeter(const std::string& front, Instant now);

    bool is_due(Instant now) const { return now - last_ >= kPeriod; }
    /// `sent_bytes`: what has gone out by the front link since the program began.
    farm::LocalLoad measure(std::uint64_t sent_bytes, Instant now);

  private:
    std::uint64_t speed_bps_;
    Instant last_;
    Duration last_processor_time_;
    std::uint64_t last_sent_bytes_ = 0;
};

}  // namespace shunt::runtime
