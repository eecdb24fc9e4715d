// SPDX-License-Identifier: Apache-2.0
#include "cases/tcp/origin.hh"

#include <fmt/format.h>

#include <deque>

#include "cases/endpoint/moved_in.hh"

namespace conform::tcp {
namespace {

constexpr std::string_view kProfile = "tcp";
constexpr std::string_view kMembers = "endpoint";
/// As that of clients which say nothing else.
constexpr std::uint16_t kWindowField = 512;

/// Texts that are made here, for as long as the program runs.
std::string_view keep(std::string text) {
    static std::deque<std::string> kept;
    return kept.emplace_back(std::move(text));
}

/// Moved, released, and used once.
Task<Client*> move_in(Stage& stage, const ClientOffer& offer, std::uint16_t window_field) {
    endpoint::MovedIn connection(stage, offer);
    Client& client = connection.client();
    Peer& home = connection.peer();
    co_await connection.move();
    client.set_window_field(window_field);
    client.carry_by(
        [&home](const Bytes& packet) { return home.send(EncapsulationType::Forwarded, packet); });
    co_return &client;
}

}  // namespace

Task<Client*> establish(Stage& stage, Origin origin, const char* requirement,
                        const ClientOffer& offer, std::uint16_t window_field) {
    if (origin == Origin::MovedIn) {
        Client* const client = co_await move_in(stage, offer, window_field);
        co_return client;
    }
    Client& client = stage.open_client(offer);
    client.set_window_field(window_field);
    co_await client.connect(requirement);
    co_return &client;
}

Task<Client*> establish(Stage& stage, Origin origin, const char* requirement,
                        const ClientOffer& offer) {
    Client* const client = co_await establish(stage, origin, requirement, offer, kWindowField);
    co_return client;
}

Task<Client*> establish(Stage& stage, Origin origin, const char* requirement) {
    const ClientOffer offer;
    Client* const client = co_await establish(stage, origin, requirement, offer);
    co_return client;
}

void CaseList::add(std::string_view id, std::string_view claim,
                   std::vector<std::string_view> requirements, Task<> (*run)(Stage&),
                   std::string_view needs) {
    cases_.push_back({id, claim, std::move(requirements), kProfile, "", run, needs, false});
}

void CaseList::add_for_members(std::string_view id, std::string_view claim,
                               std::vector<std::string_view> requirements, Task<> (*run)(Stage&)) {
    add(id, claim, std::move(requirements), run);
    make_of_members(cases_.back());
}

/// Of a profile that any host may claim it would be a case that could not run.
void CaseList::make_of_members(CaseInfo& info) {
    info.profile = kMembers;
    info.role = "home";  // who accepts is that
    info.needs_back = true;
}

void CaseList::add_twins(std::string_view id, std::string_view claim,
                         std::vector<std::string_view> requirements, std::string_view needs,
                         Twins twins) {
    cases_.push_back({id, claim, requirements, kProfile, "", twins.accepted, needs, false});
    const std::string_view words = id.substr(id.rfind('/') + 1);
    cases_.push_back({keep(fmt::format("tcp/after-migration/{}", words)),
                      keep(fmt::format("Right after a migration: {}", claim)),
                      std::move(requirements), kMembers, "target", twins.moved_in, needs, true});
}

}  // namespace conform::tcp
