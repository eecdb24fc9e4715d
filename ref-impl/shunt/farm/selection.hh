// SPDX-License-Identifier: Apache-2.0
// Which server gets a new connection (SEL-2, SEL-4): a pure function of what its client has said,
// where somebody has listened, and of who could take it. Equal inputs give equal decisions.
#pragma once

#include <absl/container/inlined_vector.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "shunt/farm/farm_config.hh"
#include "shunt/farm/url_map.hh"

namespace shunt::farm {

/// A server that listens on the port and could take the connection now.
struct Candidate {
    ServerId id = 0;
    /// Its Server State row is here and not expired. Others are chosen by name only, never by the
    /// state rule (SEL-3).
    bool is_state_known = false;

    bool operator==(const Candidate&) const = default;
};

struct SelectionInput {
    ServerId self = 0;
    /// Of the client's request, where its line is here.
    std::optional<std::string_view> target;
    /// The server that a genuine session identifier of the client names (SES-2, SES-3).
    std::optional<ServerId> identified;
    /// Best first by server state; this server is one of them if an application listens here.
    std::span<const Candidate> candidates;
};

struct Decision {
    enum class Action : std::uint8_t {
        ServeLocally,  // bind to the own application (EP-3)
        Move,          // to the first of `servers` that takes it (EP-4, EP-6)
        Reset          // nobody can take it (SEL-4)
    };
    Action action = Action::Reset;
    /// With Move: best first, this server not among them.
    absl::InlinedVector<ServerId, 4> servers;

    bool operator==(const Decision&) const = default;
};

Decision select_server(const SelectionInput& input, const UrlMap& urls);

/// Who takes new connections on `port` by configuration, no state being known: `self` first, so
/// that a connection stays where nothing speaks for another server, then the others in the order of
/// the file.
std::vector<Candidate> listening_servers(
    const FarmConfig& config, ServerId self, std::uint16_t port,
    wire::TransportProtocol protocol = wire::TransportProtocol::Tcp);

/// A candidate, and its score where its state is known (score.hh).
struct ScoredServer {
    ServerId id = 0;
    std::optional<std::uint32_t> score;
};

/// Best first (SEL-3): before `self` those whose score is better than its own by `hysteresis` at
/// least, behind it all others; of equal scores the lower id. `self` stands first of those whose
/// score is unknown, which keep their order.
std::vector<Candidate> rank(std::vector<ScoredServer> servers, ServerId self,
                            std::uint32_t hysteresis);

}  // namespace shunt::farm
