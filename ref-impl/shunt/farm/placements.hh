// SPDX-License-Identifier: Apache-2.0
// Which server gets a connection that leaves by its own server's decision (EP-43): the least loaded
// by what all have told, and by what has gone to each since, so that a thousand that leave within a
// period do not all go to one.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>

#include "shunt/farm/farm_config.hh"
#include "shunt/wire/server_state.hh"

namespace shunt::farm {

/// True if `load` is less than `other`: by score (score.hh), of equal scores by connections.
bool is_less(const wire::ServerLoad& load, const wire::ServerLoad& other,
             const SelectionSettings& settings);

class Placements {
  public:
    /// One that could take a connection now, and the load that it has told last.
    struct Server {
        ServerId id = 0;
        wire::ServerLoad told;
    };

    /// As told, with what has gone there since.
    wire::ServerLoad expected(const Server& server) const;
    /// A connection goes there.
    void note(const Server& server);
    /// The least loaded; of equals the one with the lowest id. Nothing if there are none.
    std::optional<Server> best(std::span<const Server> servers,
                               const SelectionSettings& settings) const;

  private:
    struct Sent {
        wire::ServerLoad told;  // when the first of them went
        std::uint32_t connections = 0;
    };
    std::map<ServerId, Sent> sent_;
};

}  // namespace shunt::farm
