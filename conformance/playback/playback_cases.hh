// SPDX-License-Identifier: Apache-2.0
/// The connections of captures as cases of a run: ids replay/NAME/N, with NAME from the capture's
/// file and N counted from 1.
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "cases/registry.hh"
#include "playback/client_playback.hh"

namespace conform {

class PlaybackCases {
  public:
    explicit PlaybackCases(PlaybackOptions options) : options_(options) {}
    PlaybackCases(const PlaybackCases&) = delete;
    PlaybackCases& operator=(const PlaybackCases&) = delete;

    /// Throws CaptureFileError; also where the capture has no TCP connection.
    void add(const std::string& path);

    /// What the copy of a capture is called beside the evidence of its cases.
    static std::string copy_name(const std::string& name) { return name + ".played"; }
    /// Names of the captures in their order.
    const std::vector<std::string>& names() const { return names_; }
    /// What refers to this object, which outlives it.
    const std::deque<CaseInfo>& all() const { return cases_; }

  private:
    /// A file's name as a part of an id, which no other file has.
    std::string name_of(const std::string& path);

    PlaybackOptions options_;
    std::vector<std::string> names_;
    std::deque<Exchange> exchanges_;
    std::deque<std::string> texts_;  ///< ids and claims
    std::deque<CaseInfo> cases_;
};

}  // namespace conform
