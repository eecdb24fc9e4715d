// SPDX-License-Identifier: Apache-2.0
/// The conformance statement against the wire: what a device claims, and what it lets be seen over
/// all cases of a run.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "iut/iut.hh"
#include "pdu/capture.hh"

namespace conform {

class StatementCheck {
  public:
    explicit StatementCheck(const Iut& iut) : iut_(iut) {}

    /// What the device sent in one case.
    void observe(const Capture& capture, std::string_view case_id);
    /// Its upper tester answered this case `unsupported`.
    void note_unsupported(std::string_view case_id);

    /// One line for each claim that is not so: shown and not claimed; and, where the run was of all
    /// cases, claimed and never shown. "option ext is not claimed, and the device sent 0x14 go
    /// (..)"
    std::vector<std::string> findings(bool is_whole_run) const;

    /// Which cases the upper tester could not help, in one line.
    bool has_unsupported() const { return !unsupported_.empty(); }
    std::string describe_unsupported() const;

  private:
    /// Where something was seen first.
    struct Sight {
        std::string what;
        std::string case_id;
        std::size_t frame = 0;
    };
    void see(std::string_view claim, std::string what, std::string_view case_id, std::size_t frame);
    void observe_frame(const CapturedFrame& captured, std::string_view case_id, std::size_t number);
    void observe_segment(const CapturedFrame& captured, std::string_view case_id,
                         std::size_t number);
    bool is_claimed(std::string_view claim) const;

    const Iut& iut_;
    std::map<std::string, Sight, std::less<>> sights_;  ///< by "option ext", "profile blob"
    std::vector<std::string> unsupported_;              ///< cases
    std::size_t cases_ = 0;
};

}  // namespace conform
