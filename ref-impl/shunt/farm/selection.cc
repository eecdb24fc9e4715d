// SPDX-License-Identifier: Apache-2.0
#include "shunt/farm/selection.hh"

#include <algorithm>

#include "shunt/base/mutant.hh"

namespace shunt::farm {

namespace {

bool is_candidate(const SelectionInput& input, ServerId id) {
    return std::any_of(input.candidates.begin(), input.candidates.end(),
                       [&](const Candidate& candidate) { return candidate.id == id; });
}

/// Of the candidates that `admits` lets pass: those that rank before this server.
template <typename Admits>
Decision best_of(const SelectionInput& input, Admits admits) {
    Decision decision{Decision::Action::Move, {}};
    for (const Candidate& candidate : input.candidates) {
        if (!admits(candidate)) continue;
        if (candidate.id == input.self) break;
        decision.servers.push_back(candidate.id);
    }
    if (!decision.servers.empty()) return decision;
    const bool listens_here = is_candidate(input, input.self);
    decision.action = listens_here ? Decision::Action::ServeLocally : Decision::Action::Reset;
    return decision;
}

Decision select_by_state(const SelectionInput& input) {
    return best_of(input, [&](const Candidate& candidate) {
        return candidate.is_state_known || candidate.id == input.self;
    });
}

Decision select_by_name(const SelectionInput& input, std::span<const ServerId> named) {
    const auto is_named = [&](const Candidate& candidate) {
        return std::find(named.begin(), named.end(), candidate.id) != named.end();
    };
    if (is_mutant(Mutant::TakesFirstNamed) && named.size() > 1)
        return {Decision::Action::Move, {named.front()}};
    const bool has_one = std::any_of(input.candidates.begin(), input.candidates.end(), is_named);
    return has_one ? best_of(input, is_named) : select_by_state(input);
}

}  // namespace

Decision select_server(const SelectionInput& input, const UrlMap& urls) {
    if (input.identified) return select_by_name(input, {&*input.identified, 1});
    if (input.target && !is_mutant(Mutant::IgnoresUrlMap)) {
        return select_by_name(input, urls.servers_for(*input.target));
    }
    return select_by_state(input);
}

std::vector<Candidate> listening_servers(const FarmConfig& config, ServerId self,
                                         std::uint16_t port, wire::TransportProtocol protocol) {
    std::vector<Candidate> candidates;
    for (const Server& server : config.servers) {
        const Listen* listen = config.listen_of(server, port, protocol);
        if (listen == nullptr || !listen->takes_new_connections()) continue;
        const auto place = server.id == self ? candidates.begin() : candidates.end();
        candidates.insert(place, Candidate{server.id, false});
    }
    return candidates;
}

std::vector<Candidate> rank(std::vector<ScoredServer> servers, ServerId self,
                            std::uint32_t hysteresis) {
    // What a server has to be better than: its own score, or with a lead that of `self`. One that
    // does not say how it is comes last.
    constexpr std::uint64_t unknown = std::uint64_t{1} << 40;
    const auto key = [&](const ScoredServer& server) -> std::uint64_t {
        if (is_mutant(Mutant::OverlooksLoad) && server.score) return server.id == self ? 1 : 0;
        if (server.id == self) {
            if (!server.score) return unknown;
            return *server.score >= hysteresis ? 2 * (*server.score - hysteresis) + 1 : 0;
        }
        return server.score ? 2 * std::uint64_t{*server.score} : unknown;
    };
    std::stable_sort(servers.begin(), servers.end(),
                     [&](const ScoredServer& a, const ScoredServer& b) {
                         if (key(a) != key(b)) return key(a) < key(b);
                         if ((a.id == self) != (b.id == self)) return a.id == self;
                         return a.score && b.score && a.id < b.id;
                     });
    std::vector<Candidate> ranked;
    ranked.reserve(servers.size());
    for (const ScoredServer& server : servers)
        ranked.push_back({server.id, server.score.has_value()});
    return ranked;
}

}  // namespace shunt::farm
