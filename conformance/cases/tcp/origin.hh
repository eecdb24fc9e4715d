// SPDX-License-Identifier: Apache-2.0
/// Where the connection of a case is from: what TCP demands holds for one that the device has
/// accepted itself and for one that has just moved in. One body is about both.
#pragma once

#include <string_view>
#include <vector>

#include "cases/registry.hh"

namespace conform::tcp {

enum class Origin : std::uint8_t {
    Accepted,  ///< handshake with the device
    MovedIn,   ///< handshake with a home that we play, which forwards the client's packets
};

/// An established connection with nothing on its way; what its client sends gets to the device as
/// its origin demands. The offer has to have a window scale; the window field is that of segments
/// behind the SYN.
Task<Client*> establish(Stage& stage, Origin origin, const char* requirement,
                        const ClientOffer& offer, std::uint16_t window_field);
Task<Client*> establish(Stage& stage, Origin origin, const char* requirement,
                        const ClientOffer& offer);
Task<Client*> establish(Stage& stage, Origin origin, const char* requirement);

/// What the device asks its client for: the first service of whoever is the connection's home.
using Body = Task<> (*)(Stage& stage, Origin origin);

/// The cases of a file.
class CaseList {
  public:
    /// One about any host.
    void add(std::string_view id, std::string_view claim,
             std::vector<std::string_view> requirements, Task<> (*run)(Stage&),
             std::string_view needs = "");
    /// One about members of a farm alone: what the page demands beyond RFCs. Hosts need not claim
    /// it.
    void add_for_members(std::string_view id, std::string_view claim,
                         std::vector<std::string_view> requirements, Task<> (*run)(Stage&));
    /// One about any host, and tcp/after-migration/claim-in-words about targets.
    template <Body kBody>
    void add_both(std::string_view id, std::string_view claim,
                  std::vector<std::string_view> requirements, std::string_view needs = "") {
        add_twins(id, claim, std::move(requirements), needs, twins<kBody>());
    }
    /// Both about members of a farm alone.
    template <Body kBody>
    void add_both_for_members(std::string_view id, std::string_view claim,
                              std::vector<std::string_view> requirements) {
        add_twins(id, claim, std::move(requirements), "", twins<kBody>());
        make_of_members(cases_[cases_.size() - 2]);
    }
    std::vector<CaseInfo> take() { return std::move(cases_); }

  private:
    struct Twins {
        Task<> (*accepted)(Stage&);
        Task<> (*moved_in)(Stage&);
    };
    template <Body kBody>
    static Twins twins() {
        return {[](Stage& stage) { return kBody(stage, Origin::Accepted); },
                [](Stage& stage) { return kBody(stage, Origin::MovedIn); }};
    }
    static void make_of_members(CaseInfo& info);
    void add_twins(std::string_view id, std::string_view claim,
                   std::vector<std::string_view> requirements, std::string_view needs, Twins twins);

    std::vector<CaseInfo> cases_;
};

}  // namespace conform::tcp
