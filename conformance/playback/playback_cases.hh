// SPDX-License-Identifier: Apache-2.0
/// The connections of captures as cases of a run: ids replay/NAME/N, with NAME from the capture's
/// file and N counted from 1.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cases/registry.hh"
#include "playback/client_playback.hh"
#include "playback/move_exchange.hh"

namespace conform {

/// Whose side of a capture is played.
enum class PlayedSide : std::uint8_t { Client, Home, Target };
/// "client", "home", "target"; absent: none of them.
std::optional<PlayedSide> parse_played_side(std::string_view text);

class PlaybackCases {
  public:
    explicit PlaybackCases(PlaybackOptions options, PlayedSide side = PlayedSide::Client)
        : options_(options), side_(side) {}
    PlaybackCases(const PlaybackCases&) = delete;
    PlaybackCases& operator=(const PlaybackCases&) = delete;

    /// Throws CaptureFileError; also where the capture has nothing to play.
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
    void add_connections(const CaptureFile& file);
    void add_moves(const CaptureFile& file);
    /// The next case of the capture that was named last.
    CaseInfo& add_case(std::size_t number, const std::string& claim);

    PlaybackOptions options_;
    PlayedSide side_;
    std::vector<std::string> names_;
    std::deque<Exchange> exchanges_;
    std::deque<MoveExchange> moves_;
    std::deque<std::string> texts_;  ///< ids and claims
    std::deque<CaseInfo> cases_;
};

}  // namespace conform
